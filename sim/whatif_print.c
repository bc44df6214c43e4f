/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answers, for people as tables and for programs as one JSON object. */
#include <stdlib.h>
#include <string.h>

#include "sim/whatif.h"

#define FAILURES_FIRST 64
#define LINE_SIZE 512
#define JSON_SIZE 4096

struct printer {
	const struct whatif_plan *plan;
	FILE *out;
	bool json;
	unsigned problems;
	bool first; /* of the JSON array that is open */
};

static const char *router_name(const struct printer *printer, int router)
{
	if (router == WHATIF_NOBODY)
		return "nobody";
	if (router == WHATIF_SEVERAL)
		return "several";
	return printer->plan->routers[router].name;
}

static const struct vr_config *config_of(const struct whatif_set *set)
{
	for (unsigned i = 0; i < SIM_ROUTERS_MAX; i++)
		if (set->members[i] != NULL)
			return &set->members[i]->vr;
	return NULL;
}

static const char *state_word(const struct whatif_view *view, unsigned router)
{
	return view->state[router] == VR_MASTER   ? "master"
	       : view->state[router] == VR_BACKUP ? "backup"
						  : "not in service";
}

static void failure_text(
	const struct printer *printer, const struct whatif_failure *failure, struct text *text)
{
	text_str(text, printer->plan->routers[failure->router].name);
	switch (failure->type) {
	case WHATIF_DIES:
		text_str(text, " dies");
		break;
	case WHATIF_STOPS:
		text_str(text, " is stopped");
		break;
	case WHATIF_INTERFACE:
		text_str(text, " loses ");
		text_str(text, failure->name);
		if (failure->tracked)
			text_str(text, " (tracked");
		if (failure->weight != 0) {
			text_str(text, ", weight ");
			text_i64(text, failure->weight);
		}
		if (failure->tracked)
			text_char(text, ')');
		break;
	case WHATIF_OBJECT:
		text_str(text, ": ");
		track_text(text, &(struct tracked_object){.name = failure->name, .kind = failure->kind},
			failure->value);
		if (failure->weight != 0 || failure->reverse) {
			text_str(text, " (weight ");
			text_i64(text, failure->weight);
			text_str(text, failure->reverse ? " reverse)" : ")");
		}
		break;
	}
}

static const char *failure_word(const struct whatif_failure *failure)
{
	switch (failure->type) {
	case WHATIF_DIES:
		return "dies";
	case WHATIF_STOPS:
		return "stops";
	case WHATIF_INTERFACE:
		return "interface";
	case WHATIF_OBJECT:
		return track_kind_name(failure->kind);
	}
	return "";
}

/* "gw1 is master with priority 100, gw2 backup with 99" */
static void print_head(
	struct printer *printer, const struct whatif_set *set, const struct whatif_outcome *outcome)
{
	const struct vr_config *config = config_of(set);
	const char *separator = "";

	fprintf(printer->out, "%s (VRID %u, IPv%u): ", config->name, config->vrid, config->family);
	for (unsigned i = 0; i < printer->plan->router_count; i++) {
		if (set->members[i] == NULL)
			continue;
		fprintf(printer->out, "%s%s %s", separator, router_name(printer, (int)i),
			state_word(&outcome->before, i));
		if (outcome->before.state[i] != VR_INITIALIZE)
			fprintf(printer->out, " with priority %u", outcome->before.priority[i]);
		separator = ", ";
	}
	fputc('\n', printer->out);
	if (outcome->problem[0] != '\0')
		fprintf(printer->out, "  ! %s\n", outcome->problem);
	if (outcome->before.master >= 0)
		fprintf(printer->out, "\n  %-42s %-16s %s\n", "if", "master is then", "after");
}

static void print_row(
	struct printer *printer, const struct whatif_failure *failure, const struct whatif_outcome *outcome)
{
	char what[LINE_SIZE], after[64];
	struct text text;

	text_init(&text, what, sizeof(what));
	failure_text(printer, failure, &text);
	text_init(&text, after, sizeof(after));
	if (outcome->after.master == outcome->before.master)
		text_str(&text, "stays");
	else if (outcome->after.master >= 0)
		text_duration(&text, outcome->took);
	fprintf(printer->out, after[0] != '\0' ? "  %-42s %-16s %s\n" : "  %-42s %s\n", what,
		router_name(printer, outcome->after.master), after);
	if (outcome->problem[0] != '\0')
		fprintf(printer->out, "    ! %s\n", outcome->problem);
}

static void json_router(const struct printer *printer, struct json_out *json, const char *key, int router)
{
	json_out_string(json, key, router == WHATIF_NOBODY ? NULL : router_name(printer, router));
}

static void json_emit(struct printer *printer, const char *line)
{
	fprintf(printer->out, "%s\n%s", printer->first ? "" : ",", line);
	printer->first = false;
}

static void json_head(
	struct printer *printer, const struct whatif_set *set, const struct whatif_outcome *outcome)
{
	const struct vr_config *config = config_of(set);
	char buffer[JSON_SIZE];
	struct json_out json;
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	json_out_begin(&json, &text);
	json_out_object(&json, NULL);
	json_out_string(&json, "name", config->name);
	json_out_u64(&json, "vrid", config->vrid);
	json_out_u64(&json, "family", config->family);
	json_router(printer, &json, "master", outcome->before.master);
	json_out_array(&json, "routers");
	for (unsigned i = 0; i < printer->plan->router_count; i++) {
		if (set->members[i] == NULL)
			continue;
		json_out_object(&json, NULL);
		json_out_string(&json, "router", router_name(printer, (int)i));
		json_out_string(&json, "state", state_word(&outcome->before, i));
		json_out_u64(&json, "priority", outcome->before.priority[i]);
		json_out_end(&json);
	}
	json_out_end(&json);
	json_out_string(&json, "problem", outcome->problem[0] != '\0' ? outcome->problem : NULL);
	json_out_array(&json, "failures");
	json_emit(printer, buffer);
	printer->first = true;
}

static void json_row(
	struct printer *printer, const struct whatif_failure *failure, const struct whatif_outcome *outcome)
{
	char buffer[JSON_SIZE];
	struct json_out json;
	struct text text;
	bool moved = outcome->after.master != outcome->before.master;
	bool is_script = failure->type == WHATIF_OBJECT && failure->kind == TRACK_SCRIPT;

	text_init(&text, buffer, sizeof(buffer));
	json_out_begin(&json, &text);
	json_out_object(&json, NULL);
	json_out_string(&json, "router", router_name(printer, (int)failure->router));
	json_out_string(&json, "failure", failure_word(failure));
	json_out_string(&json, "interface", failure->type == WHATIF_INTERFACE ? failure->name : NULL);
	json_out_string(&json, "script", is_script ? failure->name : NULL);
	json_out_string(&json, "object", failure->type == WHATIF_OBJECT ? failure->name : NULL);
	if (is_script)
		json_out_seconds(&json, "noticed", failure->noticed);
	else
		json_out_null(&json, "noticed");
	json_out_bool(&json, "tracked", failure->tracked);
	json_router(printer, &json, "master", outcome->after.master);
	json_out_bool(&json, "moved", moved);
	if (moved && outcome->after.master >= 0)
		json_out_seconds(&json, "after", outcome->took);
	else
		json_out_null(&json, "after");
	json_out_string(&json, "problem", outcome->problem[0] != '\0' ? outcome->problem : NULL);
	json_out_end(&json);
	json_emit(printer, buffer);
}

/* All that concern it, malloc'd; NULL without memory. */
static struct whatif_failure *list_failures(
	const struct whatif_plan *plan, const struct whatif_set *set, size_t *count)
{
	for (size_t most = FAILURES_FIRST;; most *= 2) {
		struct whatif_failure *failures = calloc(most, sizeof(*failures));

		if (failures == NULL)
			return NULL;
		*count = whatif_failures(plan, set, failures, most);
		if (*count < most)
			return failures;
		free(failures);
	}
}

static bool print_failures(struct printer *printer, const struct whatif_set *set)
{
	size_t count;
	struct whatif_failure *failures = list_failures(printer->plan, set, &count);
	bool good = failures != NULL;

	for (size_t i = 0; good && i < count; i++) {
		struct whatif_outcome outcome;

		good = whatif_try(printer->plan, set, &failures[i], &outcome);
		if (!good)
			break;
		printer->problems += outcome.problem[0] != '\0';
		if (printer->json)
			json_row(printer, &failures[i], &outcome);
		else
			print_row(printer, &failures[i], &outcome);
	}
	free(failures);
	return good;
}

static bool print_set(struct printer *printer, const struct whatif_set *set)
{
	struct whatif_outcome outcome;

	if (!whatif_try(printer->plan, set, NULL, &outcome))
		return false;
	printer->problems += outcome.problem[0] != '\0';
	if (printer->json)
		json_head(printer, set, &outcome);
	else
		print_head(printer, set, &outcome);
	/* Two masters already: nothing that fails says more. */
	if (outcome.before.master >= 0 && !print_failures(printer, set))
		return false;
	fputs(printer->json ? "]}" : "\n", printer->out);
	printer->first = false;
	return true;
}

bool whatif_print(const struct whatif_plan *plan, bool json, FILE *out, unsigned *problems)
{
	struct printer printer = {plan, out, json, 0, true};
	bool good = true;

	if (json)
		fputs("{\"virtual_routers\":[", out);
	for (size_t i = 0; i < plan->set_count && good; i++)
		good = print_set(&printer, &plan->sets[i]);
	*problems = printer.problems;
	if (json)
		fprintf(out, "],\"problems\":%u}\n", printer.problems);
	else if (printer.problems > 0)
		fprintf(out, "%u problem%s, marked with !\n", printer.problems,
			printer.problems == 1 ? "" : "s");
	return good && fflush(out) == 0 && !ferror(out);
}
