/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lab.dep: "device: other another" starts device after the others; as in Kathará it orders the starts and
 * waits for no script. */
#include <stdlib.h>
#include <string.h>

#include "lab/conf_internal.h"
#include "lab/memory.h"

struct edges {
	bool *needs; /* device_count x device_count: needs[a * n + b]: a starts after b */
	size_t count;
};

static size_t index_of(const struct lab_conf *conf, const char *name)
{
	size_t i = 0;
	while (i < conf->device_count && strcmp(conf->devices[i].name, name) != 0)
		i++;
	return i;
}

static void read_dependency(struct lab_conf *conf, struct edges *edges, char *text, unsigned line)
{
	char *colon = strchr(text, ':');
	if (colon == NULL) {
		conf_report(conf, CONF_ERROR, "lab.dep", line, 1, "expected device: device device...");
		return;
	}
	*colon = '\0';
	size_t device = index_of(conf, text);
	if (!conf_is_word(text) || device == conf->device_count) {
		conf_report(conf, conf_is_word(text) ? CONF_WARNING : CONF_ERROR, "lab.dep", line, 1,
			"there is no device '%s' in lab.conf", text);
		return;
	}
	char *rest = colon + 1, *save = NULL;
	size_t found = 0;
	for (char *name = strtok_r(rest, " \t", &save); name != NULL;
		name = strtok_r(NULL, " \t", &save), found++) {
		size_t other = index_of(conf, name);
		unsigned column = (unsigned)(name - text) + 1;
		if (!conf_is_word(name))
			conf_report(conf, CONF_ERROR, "lab.dep", line, column, "bad device name '%s'", name);
		else if (other == conf->device_count)
			conf_report(conf, CONF_WARNING, "lab.dep", line, column,
				"there is no device '%s' in lab.conf", name);
		else
			edges->needs[device * edges->count + other] = true;
	}
	if (found == 0)
		conf_report(conf, CONF_ERROR, "lab.dep", line, 1, "'%s' depends on nobody", text);
}

static void read_lines(struct lab_conf *conf, struct edges *edges, const char *dep)
{
	char *copy = must_dup(dep), *rest = copy;
	unsigned line = 0;
	while (rest != NULL) {
		char *text = strsep(&rest, "\n");
		line++;
		text += strspn(text, " \t\r");
		size_t length = strlen(text);
		while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
			text[--length] = '\0';
		if (length > 0 && text[0] != '#')
			read_dependency(conf, edges, text, line);
	}
	free(copy);
}

/* Always the first device whose needs are met: without lab.dep that is the order of mention. */
static void order(struct lab_conf *conf, const struct edges *edges)
{
	bool *placed = must_alloc(edges->count);
	size_t done = 0;
	while (done < edges->count) {
		size_t next = 0;
		for (; next < edges->count; next++) {
			bool ready = !placed[next];
			for (size_t other = 0; other < edges->count && ready; other++)
				ready = !edges->needs[next * edges->count + other] || placed[other];
			if (ready)
				break;
		}
		if (next == edges->count) {
			conf_report(conf, CONF_ERROR, "lab.dep", 0, 0,
				"devices depend on each other in a circle");
			break;
		}
		placed[next] = true;
		conf->start_order[done++] = next;
	}
	free(placed);
}

void conf_read_dependencies(struct lab_conf *conf, const char *dep)
{
	struct edges edges = {must_alloc(conf->device_count * conf->device_count), conf->device_count};
	conf->start_order = must_alloc(conf->device_count * sizeof *conf->start_order);
	if (dep != NULL && dep[strspn(dep, " \t\r\n")] == '\0')
		conf_report(conf, CONF_WARNING, "lab.dep", 0, 0, "is empty");
	else if (dep != NULL)
		read_lines(conf, &edges, dep);
	order(conf, &edges);
	free(edges.needs);
}
