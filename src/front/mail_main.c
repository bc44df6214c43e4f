/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vigiad-mail: sends one batch of mail and ends. The front starts it when mail is due, so that neither libcurl nor what
 * it loads is in a process that lives on, a server or a name service that does not answer holds up nobody else, and a
 * fault in any of that costs one batch.
 *
 * Standard input is one JSON object: {"server":..,"port":..,"helo":.. or null,"timeout":seconds,"from":..,"to":[..],
 * "mails":[..]}. Standard output is one line for each mail, in order: "S" it was sent, "F TEXT" it was refused for good,
 * "T TEXT" it may be tried again, which is the last line.
 */
#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TALK_SECONDS 60 /* for a mail, once there is a connection */
#define BATCH_SECONDS 300 /* for all of it, come what may */

struct mail {
	const char *at;
	size_t left;
	bool begun;
};

static size_t give_text(char *buffer, size_t size, size_t count, void *user)
{
	struct mail *mail = user;
	size_t length = size * count < mail->left ? size * count : mail->left;

	memcpy(buffer, mail->at, length);
	mail->at += length;
	mail->left -= length;
	mail->begun = true;
	return length;
}

/* keepalived's: the full name of this host, as far as anybody knows it. */
static void own_name(char *name, size_t size)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_flags = AI_CANONNAME};
	struct addrinfo *found = NULL;

	if (gethostname(name, size - 1) < 0 || name[0] == '\0')
		snprintf(name, size, "localhost");
	if (getaddrinfo(name, NULL, &hints, &found) == 0 && found->ai_canonname)
		snprintf(name, size, "%s", found->ai_canonname);
	if (found)
		freeaddrinfo(found);
}

static void say(char result, const char *text)
{
	printf("%c", result);
	if (text) {
		putchar(' ');
		for (; *text; text++)
			putchar((unsigned char)*text < ' ' ? ' ' : *text);
	}
	putchar('\n');
	fflush(stdout);
}

/* Whether the server refused this mail, and not to talk to us. */
static bool refused(CURL *curl, CURLcode result, const struct mail *mail)
{
	long code = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	return code >= 500 && code < 600 && (result == CURLE_SEND_ERROR || mail->begun);
}

/* false: the rest has to wait. */
static bool send_one(CURL *curl, const char *text)
{
	static char problem[CURL_ERROR_SIZE];
	struct mail mail = {text, strlen(text), false};
	CURLcode result;
	bool final;

	problem[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
	curl_easy_setopt(curl, CURLOPT_READDATA, &mail);
	result = curl_easy_perform(curl);
	if (result == CURLE_OK) {
		say('S', NULL);
		return true;
	}
	final = refused(curl, result, &mail);
	say(final ? 'F' : 'T', problem[0] ? problem : curl_easy_strerror(result));
	return final;
}

static void set_server(CURL *curl, const json_t *batch)
{
	const char *server = json_string_value(json_object_get(batch, "server"));
	const char *helo = json_string_value(json_object_get(batch, "helo"));
	char name[256] = "";
	char url[2048];
	char *escaped;

	if (!helo) {
		own_name(name, sizeof(name));
		helo = name;
	}
	escaped = curl_easy_escape(curl, helo, 0);
	snprintf(url, sizeof(url), strchr(server, ':') ? "smtp://[%s]:%lld/%s" : "smtp://%s:%lld/%s", server,
		(long long)json_integer_value(json_object_get(batch, "port")), escaped ? escaped : "");
	curl_free(escaped);
	curl_easy_setopt(curl, CURLOPT_URL, url);
}

static struct curl_slist *recipients_of(const json_t *batch)
{
	struct curl_slist *list = NULL;
	const json_t *address;
	size_t i;

	json_array_foreach(json_object_get(batch, "to"), i, address)
	{
		struct curl_slist *longer = curl_slist_append(list, json_string_value(address));

		if (longer)
			list = longer;
	}
	return list;
}

static void send_all(CURL *curl, const json_t *batch)
{
	long timeout = (long)json_integer_value(json_object_get(batch, "timeout"));
	struct curl_slist *recipients = recipients_of(batch);
	const json_t *text;
	size_t i;

	set_server(curl, batch);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp");
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* whatever the environment says */
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, timeout);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout + TALK_SECONDS);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_text);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, json_string_value(json_object_get(batch, "from")));
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L); /* the others shall get it all the same */
	alarm((unsigned)timeout + BATCH_SECONDS);
	json_array_foreach(
		json_object_get(batch, "mails"), i, text) if (!send_one(curl, json_string_value(text))) break;
	curl_easy_cleanup(curl);
	curl_slist_free_all(recipients);
}

int main(int count, char **arguments)
{
	json_t *batch;
	CURL *curl;

	if (count == 2 && strcmp(arguments[1], "--version") == 0) {
		puts("vigiad-mail " VIGIA_VERSION);
		return 0;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "vigiad-mail");
	batch = json_loadf(stdin, 0, NULL);
	if (!json_is_string(json_object_get(batch, "server"))) {
		fputs("vigiad-mail: this program is for vigiad alone, which starts it when there is mail to "
		      "send\n",
			stderr);
		json_decref(batch);
		return 1;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	curl = curl_easy_init();
	if (curl)
		send_all(curl, batch);
	curl_global_cleanup();
	json_decref(batch);
	return 0;
}
