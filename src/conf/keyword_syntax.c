/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file looks like, beside its keywords: nobody reads by these rows; they tell the manual and doc/compat.md what
 * there is, and where it is otherwise than in keepalived. The words of include_check are here too.
 */
#include "conf/keyword_rows.h"

#define SAME(name, text)                                                                                     \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_FILLER, MEANING(text)                                          \
	}
#define DIFFERS(name, text, how)                                                                             \
	{                                                                                                    \
		.word = name, .kind = KEYWORD_FILLER, MEANING(text), .differs = how                          \
	}

static const struct keyword syntax_rows[] = {
	SAME("# comment", "A comment to the end of the line, outside quotes."),
	SAME("! comment", "The same."),
	SAME("\\# and \\!", "The characters themselves."),
	SAME("{ }", "A block; the braces may stand anywhere outside quotes."),
	DIFFERS("\"...\"", "One word with blanks, comment marks or braces in it.",
		"It may stand in the middle of a word, or directly after another quoted part, as "
		"keepalived's "
		"manual says; keepalived cuts the word there. \\\" is a quotation mark, as far as another "
		"one "
		"follows."),
	DIFFERS("'...' and mixed quoting", "Quoted words in the arguments of scripts, also mixed.",
		"A word of any keyword may begin with ', as keepalived's manual says. Inside other words ' "
		"is an "
		"ordinary character, as in keepalived."),
	DIFFERS("backslash escapes",
		"\\a \\b \\e \\E \\f \\n \\r \\t \\v \\NNN \\xHH \\cC in the arguments of scripts.",
		"\\xHH has one or two digits; an escape that stands for NUL or no character is an error."),
	DIFFERS("backslash line end", "Goes on with the next line of a definition.",
		"An ordinary line that ends so is an error of its value; keepalived takes the \\ as text "
		"too."),
	DIFFERS("$NAME=value", "A definition.",
		"The names that are built in cannot be defined. At most 65536 definitions."),
	DIFFERS("$NAME= \\", "A definition of several lines.",
		"An empty line does not end it inside a block, as in an example of keepalived's manual; "
		"keepalived "
		"2.2.7 ends there. A value in the first line is an error."),
	DIFFERS("$NAME", "A reference.",
		"A warning says so when a defined one is not replaced because of what follows, or when an "
		"unknown "
		"one is nearly a defined one. \\$NAME is kept; keepalived replaces it and leaves the \\."),
	DIFFERS("${NAME}", "The same, with an end of its own.",
		"An unknown one outside quotes is an error, where keepalived would take its braces for a "
		"block. One "
		"of several lines in the middle of a line is an error."),
	SAME("${NAME args}", "A reference to something built in, with values."),
	DIFFERS("${_PWD}", "The folder of the file that is read.", "Always absolute."),
	SAME("${_INSTANCE}", "The name given by instance or -i; without them, the host's."),
	SAME("${_RANDOM [MIN [MAX]]}", "A number by chance, 0 to 32767 without values."),
	DIFFERS("${_ENV NAME}", "A variable of the environment.", "One that is not set is an error."),
	SAME("${_HASH}", "A '#'."),
	SAME("${_BANG}", "A '!'."),
	DIFFERS("~SEQ(var,[start,[step,]]end) text", "The rest of the line for each number.",
		"The variable may be one that is defined already, and is afterwards what it was. A loop of "
		"more than "
		"1000000 turns, or one that never gets to its end, is an error; so are more than 2000000 "
		"lines in "
		"sum. Numbers with leading zeros are decimal."),
	SAME("~SEQx(...)", "The same in hexadecimal."),
	SAME("~LST(var,v1,v2,...) text", "The rest of the line for each value."),
	DIFFERS("~LST({a,b},{1,2},{3,4}) text", "The same with several variables.",
		"More values than variables are an error."),
	DIFFERS("@ID line", "A line for one machine.",
		"A warning says so when it leaves out a brace, because the rest of the block stays. '@' "
		"alone is an "
		"error."),
	SAME("@^ID line", "A line for all machines but one."),
	DIFFERS("include PATTERN", "Reads files in its place.",
		"A file that is there and cannot be read is an error; one that is missing is a warning. It "
		"may stand "
		"behind @ID, have references in it, and be part of a definition."),
	DIFFERS("includer PATTERN", "The same; what cannot be read is an error.", "include is as strict."),
	SAME("includem PATTERN", "A name that does not exist is an error."),
	SAME("includew PATTERN", "So is a pattern that matches nothing."),
	SAME("includeb PATTERN", "So is one of the names in braces that does not exist."),
	SAME("includea PATTERN", "All of these."),
	SAME("include path base", "Relative names begin at the folder of the file the line stands in."),
	DIFFERS("included file checks", "A regular file that may not be executed.",
		"Anything else is an error, where keepalived passes over it with a message. The first file "
		"may be a "
		"pipe."),
	DIFFERS("line length", "The longest line.",
		"4096 bytes. A longer line is an error, and so is one with NUL in it."),
	SAME("line endings", "LF or CRLF."),
	DIFFERS("one keyword per line", "A keyword and its values.",
		"Words that are too many are an error, and so is a semicolon at the end of one."),
	DIFFERS("unknown keyword", "An error.",
		"Nothing of the configuration is used. keepalived uses what it understands."),
	SAME("boolean", "on, yes, true, off, no, false; the keyword alone is on."),
	DIFFERS("number out of range", "An error.",
		"Nothing of the configuration is used. keepalived keeps the default, or takes the nearest."),
	DIFFERS("missing parameter", "An error.",
		"It ends a test with 5, after all other errors; keepalived's test ends at once, with 2."),
	SAME("timer", "Seconds with up to six decimals."),
	DIFFERS("duplicate block", "A second block of the same name.", "An error. keepalived leaves it out."),
	SAME("config file glob", "-f takes a pattern; more than one match is a warning, and all are read."),
	SAME("forward references", "What is tracked is defined above what tracks it."),
};

const struct keyword_table syntax_keywords = {.context = "syntax", .title = "the syntax", TABLE(syntax_rows)};

static const struct keyword include_check_rows[] = {
	SAME("read", "What cannot be read is an error; always so here."),
	SAME("match", "A name that does not exist is an error."),
	SAME("wildcard_match", "A pattern that matches nothing is an error."),
	SAME("brace_match", "One of the names in braces that does not exist is an error."),
};

const struct keyword_table include_check_keywords = {
	.context = "include_check-args", .title = "include_check", TABLE(include_check_rows)};

static const struct keyword link_delay_rows[] = {
	SAME("IFNAME DOWN [UP]", "An interface, and its delays in seconds."),
};

const struct keyword_table link_delay_keywords = {.context = "interface_up_down_delays-entry",
	.title = "a line of interface_up_down_delays",
	TABLE(link_delay_rows)};

static const struct keyword linkbeat_rows[] = {
	SAME("IFNAME", "An interface, which stands there once."),
	SAME("MII", "Asked by the registers of its PHY."),
	SAME("ETHTOOL", "Asked as ethtool does."),
	SAME("IOCTL", "Asked for IFF_RUNNING."),
};

const struct keyword_table linkbeat_keywords = {.context = "linkbeat_interfaces-entry",
	.title = "a line of linkbeat_interfaces",
	TABLE(linkbeat_rows)};
