/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linkbeat_interfaces: once a second the driver of each is asked whether there is a link, by a thread, since a driver
 * may take its time. The thread has a list of its own, made anew for each configuration, and says what it finds by a pipe:
 * the two share nothing else, and the thread is not waited for. When an interface is not there, or cannot be asked, its
 * last answer stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error_name.h"
#include "linux/turn_clock.h"
#include "runner/link_poll.h"
#include "runner/runner.h"

#define EVERY DUR_S
#define END_PATIENCE DUR_S /* for the thread, that a driver may hold */

/* What the thread asks, and what it has said of it. */
struct asked {
	char *name;
	enum link_poll first;
	enum link_poll method;
	bool said;
	bool link;
	int error;
};

struct asked_list {
	unsigned generation;
	size_t count;
	struct asked links[];
};

/* One answer, other than the last one, by the pipe. */
struct answer {
	unsigned generation;
	unsigned place;
	enum link_poll method;
	bool link;
	int error;
};

struct poller {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int socket;
	int pipe; /* write end; closed by the thread */
	/* Under the lock. */
	struct asked_list *next; /* NULL: the thread has the newest one */
	bool ending;
};

struct polled_link {
	char *name;
	enum link_poll first;
	enum link_poll method; /* LINK_POLL_COUNT: it has not been asked */
	bool known;
	bool link;
	int error;
	mono_t since; /* of link */
};

struct links {
	struct runner *runner;
	struct poller *poller; /* frees itself with its thread; NULL: there is none */
	struct event_source answers;
	unsigned generation;
	struct polled_link *list; /* by name */
	size_t count;
	size_t capacity;
	bool complete;
};

static void free_asked(struct asked_list *list)
{
	for (size_t i = 0; list && i < list->count; i++)
		free(list->links[i].name);
	free(list);
}

/* false: nobody hears it any more. */
static bool ask_one(const struct poller *poller, const struct asked_list *list, struct asked *asked)
{
	const struct asked before = *asked;
	struct answer answer;
	bool link = asked->link;

	asked->error = link_poll_ask(poller->socket, asked->name, asked->first, &asked->method, &link);
	if (!asked->error)
		asked->link = link;
	if (asked->said && before.link == asked->link && before.error == asked->error &&
		before.method == asked->method)
		return true;
	asked->said = true;
	answer = (struct answer){.generation = list->generation,
		.place = (unsigned)(asked - list->links),
		.method = asked->method,
		.link = asked->link,
		.error = asked->error};
	return write(poller->pipe, &answer, sizeof(answer)) == sizeof(answer);
}

/* Until `at`, a new list, or the end. The list to go on with. */
static struct asked_list *wait_for_turn(struct poller *poller, struct asked_list *list, mono_t at, bool *ending)
{
	const struct timespec until = {at.ns / DUR_S, at.ns % DUR_S};
	int error = 0;

	pthread_mutex_lock(&poller->lock);
	while (!poller->next && !poller->ending && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&poller->changed, &poller->lock, &until);
	if (poller->next) {
		free_asked(list);
		list = poller->next;
		poller->next = NULL;
	}
	*ending = poller->ending;
	pthread_mutex_unlock(&poller->lock);
	return list;
}

static void poller_free(struct poller *poller)
{
	close(poller->pipe);
	close(poller->socket);
	free_asked(poller->next);
	pthread_cond_destroy(&poller->changed);
	pthread_mutex_destroy(&poller->lock);
	free(poller);
}

static void *poll_links(void *user)
{
	struct poller *poller = user;
	struct asked_list *list = NULL;
	bool ending = false;

	while (!ending) {
		const mono_t begun = mono_now();

		for (size_t i = 0; list && !ending && i < list->count; i++)
			ending = !ask_one(poller, list, &list->links[i]);
		if (!ending)
			list = wait_for_turn(poller, list, mono_add(begun, EVERY), &ending);
	}
	free_asked(list);
	poller_free(poller);
	return NULL;
}

static struct poller *poller_new(int pipe)
{
	struct poller *poller = calloc(1, sizeof(*poller));
	pthread_condattr_t attributes;
	sigset_t all, before;
	int error;

	if (!poller) {
		close(pipe);
		return NULL;
	}
	poller->pipe = pipe;
	poller->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	pthread_mutex_init(&poller->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&poller->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	/* Signals are for the other thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = poller->socket < 0 ? errno : pthread_create(&poller->thread, NULL, poll_links, poller);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		return poller;
	poller_free(poller);
	return NULL;
}

static void say_how(struct links *links, const struct polled_link *link)
{
	const bool as_wished = link->first == link->method;

	report_line(links->runner, as_wished ? REPORT_DETAIL : REPORT_NOTICE,
		"the link of %s is asked for by %s once a second%s%s", link->name, conf_link_poll_name(link->method),
		as_wished ? "" : ": its driver does not know ", as_wished ? "" : conf_link_poll_name(link->first));
}

static void take_answer(struct links *links, const struct answer *answer)
{
	struct polled_link *link = &links->list[answer->place];
	const bool is_news = !answer->error && (!link->known || link->link != answer->link);

	if (answer->method != link->method) {
		link->method = answer->method;
		if (link->method != LINK_POLL_COUNT)
			say_how(links, link);
	}
	if (answer->error && answer->error != link->error && answer->error != -ENODEV)
		report_line(links->runner, REPORT_WARNING, "the driver of %s does not say whether there is a link: %s; %s",
			link->name, error_name(answer->error),
			link->known ? "its last answer counts" : "what the kernel says of its carrier counts");
	link->error = answer->error;
	if (!is_news)
		return;
	if (link->known)
		report_line(links->runner, REPORT_NOTICE, "the driver of %s says that there is %s link", link->name,
			answer->link ? "a" : "no");
	link->known = true;
	link->link = answer->link;
	link->since = links->runner->loop.now;
	object_set(links->runner, TRACK_INTERFACE, link->name, link->link ? TRACK_UP : TRACK_DOWN, 0);
}

static void hear_answers(void *user, uint32_t epoll_events)
{
	struct links *links = user;
	struct answer answer;

	(void)epoll_events;
	while (read(links->answers.fd, &answer, sizeof(answer)) == sizeof(answer))
		if (answer.generation == links->generation)
			take_answer(links, &answer);
}

static void end_poller(struct links *links)
{
	struct timespec until;
	pthread_t thread;

	if (!links->poller)
		return;
	event_loop_remove(&links->runner->loop.events, &links->answers);
	close(links->answers.fd);
	thread = links->poller->thread;
	pthread_mutex_lock(&links->poller->lock);
	links->poller->ending = true;
	pthread_cond_signal(&links->poller->changed);
	pthread_mutex_unlock(&links->poller->lock);
	links->poller = NULL;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += END_PATIENCE / DUR_S;
	if (pthread_timedjoin_np(thread, NULL, &until) != 0)
		pthread_detach(thread);
}

static bool begin_poller(struct links *links)
{
	int ends[2];

	if (links->poller)
		return true;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	links->answers = (struct event_source){ends[0], hear_answers, links};
	if (event_loop_add(&links->runner->loop.events, &links->answers, EPOLLIN) < 0) {
		close(ends[1]);
	} else {
		links->poller = poller_new(ends[1]);
		if (links->poller)
			return true;
		event_loop_remove(&links->runner->loop.events, &links->answers);
	}
	close(ends[0]);
	return false;
}

/* false: no memory. */
static bool hand_over(struct links *links)
{
	struct asked_list *list = calloc(1, sizeof(*list) + links->count * sizeof(list->links[0]));

	if (!list)
		return false;
	list->generation = ++links->generation;
	for (; list->count < links->count; list->count++) {
		const struct polled_link *link = &links->list[list->count];
		char *name = strdup(link->name);

		if (!name) {
			free_asked(list);
			return false;
		}
		list->links[list->count] = (struct asked){.name = name, .first = link->first, .method = link->method};
	}
	pthread_mutex_lock(&links->poller->lock);
	free_asked(links->poller->next);
	links->poller->next = list;
	pthread_cond_signal(&links->poller->changed);
	pthread_mutex_unlock(&links->poller->lock);
	return true;
}

static int compare(const void *left, const void *right)
{
	return strcmp(((const struct polled_link *)left)->name, ((const struct polled_link *)right)->name);
}

static struct polled_link *find(const struct links *links, const char *name)
{
	const struct polled_link key = {.name = (char *)(uintptr_t)name};

	return links->count > 0 ? bsearch(&key, links->list, links->count, sizeof(key), compare) : NULL;
}

/* Keeps the order of names; the first line of a name counts. */
static void add(void *user, const struct conf_polled_link *from)
{
	struct links *links = user;
	size_t place = links->count;

	if (find(links, from->interface))
		return;
	if (links->count == links->capacity) {
		const size_t capacity = links->capacity ? 2 * links->capacity : 16;
		struct polled_link *grown = realloc(links->list, capacity * sizeof(*grown));

		if (!grown) {
			links->complete = false;
			return;
		}
		links->list = grown;
		links->capacity = capacity;
	}
	for (; place > 0 && strcmp(links->list[place - 1].name, from->interface) > 0; place--)
		links->list[place] = links->list[place - 1];
	links->list[place] = (struct polled_link){.name = strdup(from->interface),
		.first = (enum link_poll)from->method,
		.method = LINK_POLL_COUNT};
	if (links->list[place].name) {
		links->count++;
		return;
	}
	for (; place < links->count; place++)
		links->list[place] = links->list[place + 1];
	links->complete = false;
}

/* Those that are asked as before keep what is known of them. */
static void take_over(struct links *links, struct links *old)
{
	for (size_t i = 0; i < old->count; i++) {
		struct polled_link *same = find(links, old->list[i].name);
		char *name = same ? same->name : NULL;

		if (!same) {
			object_forget(links->runner, TRACK_INTERFACE, old->list[i].name);
		} else if (same->first == old->list[i].first) {
			*same = old->list[i];
			same->name = name;
		} else {
			same->known = old->list[i].known;
			same->link = old->list[i].link;
			same->since = old->list[i].since;
		}
	}
}

static void free_list(struct links *links)
{
	for (size_t i = 0; i < links->count; i++)
		free(links->list[i].name);
	free(links->list);
	links->list = NULL;
	links->count = links->capacity = 0;
}

bool links_load(struct runner *runner, const struct conf *conf)
{
	struct links *links = runner->links;
	struct links old;

	if (!links && !conf->global.poll_links && conf->polled_link_count == 0)
		return true;
	if (!links)
		links = runner->links = calloc(1, sizeof(*links));
	if (!links)
		return false;
	links->runner = runner;
	old = *links;
	links->list = NULL;
	links->count = links->capacity = 0;
	links->complete = true;
	conf_list_polled_links(conf, add, links);
	take_over(links, &old);
	free_list(&old);
	if (links->count == 0)
		end_poller(links);
	else if (!begin_poller(links) || !hand_over(links))
		links->complete = false;
	return links->complete;
}

void links_status(struct runner *runner)
{
	const struct links *links = runner->links;
	char buffer[1024];
	struct text line;
	struct json_out json;

	for (size_t i = 0; links && i < links->count; i++) {
		const struct polled_link *link = &links->list[i];

		text_init(&line, buffer, sizeof(buffer));
		json_out_begin(&json, &line);
		json_out_object(&json, NULL);
		json_out_string(&json, "list", "links");
		json_out_string(&json, "name", link->name);
		json_out_string(&json, "method",
			link->method == LINK_POLL_COUNT ? NULL : conf_link_poll_name(link->method));
		if (link->known)
			json_out_bool(&json, "link", link->link);
		else
			json_out_null(&json, "link");
		json_out_mono(&json, "since", link->known ? link->since : MONO_NEVER);
		json_out_string(&json, "problem", link->error ? error_name(link->error) : NULL);
		json_out_end(&json);
		report_status(runner, &line);
	}
}

void links_free(struct runner *runner)
{
	struct links *links = runner->links;

	if (!links)
		return;
	end_poller(links);
	free_list(links);
	free(links);
	runner->links = NULL;
}
