/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mail about changes of state: see mail.h. */
#include "front/mail.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "front/front.h"
#include "front/json_text.h"
#include "front/log.h"

#define PROGRAM "vigiad-mail"

static bool is_configured(const struct conf_mail *mail)
{
	return mail->server && mail->recipient_count > 0;
}

static void set_due(struct front *front, dur_t in);

static void drop_item(struct mail_queue *queue, size_t index)
{
	struct mail_kept *kept = queue->kept;

	kept->count--;
	memmove(&kept->items[index], &kept->items[index + 1], (kept->count - index) * sizeof(kept->items[0]));
}

/* ---- what waits ---- */

/* The guard's memory, or our own where there is none. */
static struct mail_kept *map(int fd)
{
	void *memory = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(struct mail_kept)) == 0)
		memory = mmap(NULL, sizeof(struct mail_kept), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	return memory != MAP_FAILED ? memory : calloc(1, sizeof(struct mail_kept));
}

static bool is_sound(const struct mail_kept *kept)
{
	if (kept->size != sizeof(*kept) || kept->count > MAIL_QUEUE_MAX)
		return false;
	for (size_t i = 0; i < kept->count; i++)
		if (kept->items[i].news.state > MAIL_FAULT || !memchr(kept->items[i].name, '\0', sizeof(kept->items[i].name)))
			return false;
	return true;
}

/* Beside this program, or where it is installed. */
static void program_path(char path[PATH_MAX + sizeof(PROGRAM) + 1])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
	char *slash = length > 0 ? memrchr(path, '/', (size_t)length) : NULL;

	if (slash) {
		memcpy(slash + 1, PROGRAM, sizeof(PROGRAM));
		if (access(path, X_OK) == 0)
			return;
	}
	strcpy(path, VIGIA_LIBEXECDIR "/" PROGRAM);
}

/* While this process is root still, and may reach it wherever it stands. A descriptor or -errno. */
static int open_program(void)
{
	char path[PATH_MAX + sizeof(PROGRAM) + 1];
	int fd;

	program_path(path);
	fd = open(path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool mail_open(struct front *front, int fd)
{
	struct mail_kept *kept = map(fd);

	front->mail.kept = kept;
	front->mail.program = open_program();
	if (!kept)
		return false;
	/* Not all of it: what nobody writes to takes no room. */
	if (!is_sound(kept)) {
		kept->count = 0;
		kept->size = sizeof(*kept);
	}
	if (kept->count > 0)
		set_due(front, MAIL_GATHER);
	return true;
}

/* ---- what there is to say ---- */

static bool same_name(const char *configured, const char *told)
{
	json_t *text;
	bool same;

	if (strcmp(configured, told) == 0)
		return true;
	if (!strstr(told, "\xef\xbf\xbd"))
		return false;
	text = json_text(configured); /* what is not UTF-8 in it, the engine writes so, too */
	same = text && strcmp(json_string_value(text), told) == 0;
	json_decref(text);
	return same;
}

static bool wants_mail(const struct conf *conf, const char *name, bool is_group)
{
	if (is_group) {
		for (size_t i = 0; i < conf->sync_group_count; i++)
			if (same_name(conf->sync_groups[i].name, name))
				return conf->sync_groups[i].mail;
		return false;
	}
	for (size_t i = 0; i < conf->instance_count; i++)
		if (same_name(conf->instances[i].vr.name, name))
			return conf->instances[i].vr.extra->mail;
	return false;
}

/* While mail goes out as it comes, each change is told; once it has to wait, the newest alone. */
static bool replace_waiting(struct mail_queue *queue, const struct mail_news *news)
{
	if (queue->answers.fd < 0 && queue->wait == 0)
		return false;
	for (size_t i = queue->under_way; i < queue->kept->count; i++) {
		struct mail_item *old = &queue->kept->items[i];

		if (old->news.is_group == news->is_group && strcmp(old->name, news->name) == 0) {
			old->news.state = news->state;
			old->news.at = news->at;
			old->tries = 0;
			queue->replaced++;
			return true;
		}
	}
	return false;
}

static void add(struct front *front, const struct mail_news *news)
{
	struct mail_queue *queue = &front->mail;
	struct mail_item *item;

	if (replace_waiting(queue, news))
		return;
	if (queue->kept->count == MAIL_QUEUE_MAX) {
		drop_item(queue, queue->under_way);
		queue->lost++;
		queue->lost_unsaid++;
	}
	item = &queue->kept->items[queue->kept->count];
	*item = (struct mail_item){.news = *news};
	snprintf(item->name, sizeof(item->name), "%s", news->name);
	item->news.name = NULL;
	queue->kept->count++; /* now it is whole */
	if (queue->answers.fd < 0 && !timer_is_set(&queue->due))
		set_due(front, MAIL_GATHER);
}

void mail_event(struct front *front, const char *line, size_t length)
{
	const struct conf *conf = front->config->conf;
	json_t *event;
	const char *vr, *group, *from, *to;
	struct mail_news news = {.at = time(NULL)};

	if (!is_configured(&conf->global.mail))
		return;
	event = json_loadb(line, length, 0, NULL);
	vr = json_string_value(json_object_get(event, "vr"));
	group = json_string_value(json_object_get(event, "group"));
	from = json_string_value(json_object_get(event, "from"));
	to = json_string_value(json_object_get(event, "to"));
	news.is_group = group != NULL;
	news.name = group ? group : vr;
	if (news.name && from && to && strcmp(from, to) != 0 && mail_state_of(to, &news.state) &&
		!(news.state == MAIL_FAULT && conf->global.mail.no_faults) &&
		wants_mail(conf, news.name, news.is_group))
		add(front, &news);
	json_decref(event);
}

/* ---- a batch ---- */

static json_t *mails_of(const struct front *front, const char *sender, const char *host)
{
	const struct mail_queue *queue = &front->mail;
	const struct conf_global *global = &front->config->conf->global;
	json_t *mails = json_array();

	for (size_t i = 0; i < queue->under_way; i++) {
		struct mail_news news = queue->kept->items[i].news;
		char *text;

		news.name = queue->kept->items[i].name;
		text = mail_compose(&news, &global->mail, sender, global->router_id ? global->router_id : host);

		json_array_append_new(mails, json_text(text ? text : ""));
		free(text);
	}
	return mails;
}

static json_t *batch_of(const struct front *front)
{
	const struct conf_mail *mail = &front->config->conf->global.mail;
	json_t *batch = json_object();
	json_t *to = json_array();
	char host[256] = "localhost";
	char sender[300];

	gethostname(host, sizeof(host) - 1);
	snprintf(sender, sizeof(sender), "root@%s", host);
	for (size_t i = 0; i < mail->recipient_count; i++)
		json_array_append_new(to, json_string(mail->recipients[i].address));
	json_object_set_new(batch, "server", json_string(mail->server));
	json_object_set_new(batch, "port", json_integer(mail->port));
	json_object_set_new(batch, "helo", mail->helo ? json_string(mail->helo) : json_null());
	json_object_set_new(batch, "timeout", json_integer(mail->connect_timeout));
	json_object_set_new(batch, "from", json_string(mail->from.address ? mail->from.address : sender));
	json_object_set_new(batch, "to", to);
	json_object_set_new(
		batch, "mails", mails_of(front, mail->from.address ? mail->from.address : sender, host));
	return batch;
}

/* A memory file with the batch; or -errno. */
static int batch_file(const struct front *front)
{
	json_t *batch = batch_of(front);
	int fd = memfd_create("mail", MFD_CLOEXEC);

	if (fd >= 0 && (json_dumpfd(batch, fd, JSON_COMPACT) < 0 || lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		fd = -1;
		errno = ENOMEM;
	}
	json_decref(batch);
	return fd < 0 ? -errno : fd;
}

/* 0 or -errno. */
static int spawn(struct mail_queue *queue, int input, int output)
{
	char path[32];
	char name[] = PROGRAM;
	char *arguments[] = {name, NULL};
	posix_spawn_file_actions_t actions;
	int error;

	if (queue->program < 0)
		return queue->program;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", queue->program);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	error = posix_spawn(&queue->sender, path, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

static void answered(struct mail_queue *queue, const char *line)
{
	const struct mail_item *first = &queue->kept->items[0];
	const char *text = line[0] && line[1] ? line + 2 : "";

	if (queue->under_way == 0 || queue->problem)
		return;
	if (line[0] == 'T') {
		queue->problem = strdup(text);
		return;
	}
	if (line[0] == 'S') {
		queue->sent++;
		queue->sent_in_batch++;
	} else {
		queue->failed++;
		log_line(LOG_LEVEL_WARNING, "the mail about %s and %s was refused: %s", first->name,
			mail_state_word(first->news.state), text);
		free(queue->last_error);
		queue->last_error = strdup(text);
	}
	queue->under_way--;
	drop_item(queue, 0);
}

static void take_lines(struct mail_queue *queue)
{
	char *end;

	queue->answer[queue->answer_length] = '\0';
	while ((end = strchr(queue->answer, '\n')) != NULL) {
		size_t used = (size_t)(end + 1 - queue->answer);

		*end = '\0';
		answered(queue, queue->answer);
		queue->answer_length -= used;
		memmove(queue->answer, end + 1, queue->answer_length + 1);
	}
	if (queue->answer_length == sizeof(queue->answer) - 1)
		queue->answer_length = 0; /* no line is so long */
}

static char *how_it_ended(int status)
{
	char text[64];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		snprintf(text, sizeof(text), PROGRAM " cannot be run");
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		snprintf(text, sizeof(text), "the server took too long");
	else
		snprintf(text, sizeof(text), PROGRAM " ended with %s %d",
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return strdup(text);
}

static void close_sender(struct front *front, int *status)
{
	struct mail_queue *queue = &front->mail;

	loop_remove(&front->loop, &queue->answers);
	close(queue->answers.fd);
	queue->answers.fd = -1;
	while (waitpid(queue->sender, status, 0) < 0 && errno == EINTR)
		;
}

/* What was tried often enough is given up. */
static void count_tries(struct mail_queue *queue, size_t tried, const char *problem)
{
	for (size_t i = tried; i-- > 0;) {
		const struct mail_item *item = &queue->kept->items[i];

		if (++queue->kept->items[i].tries < MAIL_TRIES)
			continue;
		log_line(LOG_LEVEL_ERROR, "the mail about %s and %s was given up after %d attempts: %s",
			item->name, mail_state_word(item->news.state), MAIL_TRIES, problem);
		drop_item(queue, i);
		queue->failed++;
	}
}

static void batch_ended(struct front *front)
{
	struct mail_queue *queue = &front->mail;
	const char *problem = queue->problem;
	const char *server = front->config->conf->global.mail.server;
	size_t tried = queue->under_way;

	queue->under_way = 0;
	if (queue->sent_in_batch > 0) {
		log_line(LOG_LEVEL_NOTICE, "%zu mail%s sent through %s", queue->sent_in_batch,
			queue->sent_in_batch == 1 ? "" : "s", server ? server : "the server there was");
		queue->wait = 0;
	}
	if (queue->lost_unsaid > 0)
		log_line(LOG_LEVEL_WARNING, "%zu mails were lost: more than %d would have to wait",
			queue->lost_unsaid, MAIL_QUEUE_MAX);
	queue->lost_unsaid = 0;
	if (problem) {
		queue->wait = queue->wait == 0                      ? MAIL_FIRST_WAIT
			      : queue->wait * 2 < MAIL_LONGEST_WAIT ? queue->wait * 2
								    : MAIL_LONGEST_WAIT;
		log_line(LOG_LEVEL_WARNING, "mail cannot be sent, %zu wait%s; next attempt in %lld s: %s",
			(size_t)queue->kept->count, queue->kept->count == 1 ? "s" : "", (long long)(queue->wait / DUR_S),
			problem);
		count_tries(queue, tried, problem);
		free(queue->last_error);
		queue->last_error = queue->problem;
		queue->problem = NULL;
	} else if (queue->sent_in_batch > 0) {
		free(queue->last_error);
		queue->last_error = NULL;
	}
	if (queue->kept->count > 0)
		set_due(front, queue->wait);
}

static void answers_ready(struct watch *watch, uint32_t events)
{
	struct front *front = container_of(watch, struct front, mail.answers);
	struct mail_queue *queue = &front->mail;
	ssize_t length = read(watch->fd, queue->answer + queue->answer_length,
		sizeof(queue->answer) - 1 - queue->answer_length);
	int status = 0;

	(void)events;
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length > 0) {
		queue->answer_length += (size_t)length;
		take_lines(queue);
		return;
	}
	/* Its end of the pipe is closed: it has ended, so that it is not waited for. */
	close_sender(front, &status);
	if (!queue->problem && queue->under_way > 0)
		queue->problem = how_it_ended(status);
	batch_ended(front);
}

/* 0 or -errno. */
static int start_sender(struct front *front)
{
	struct mail_queue *queue = &front->mail;
	int ends[2];
	int input = batch_file(front);
	int error;

	if (input < 0)
		return input;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		error = -errno;
		close(input);
		return error;
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	error = spawn(queue, input, ends[1]);
	close(input);
	close(ends[1]);
	if (error < 0) {
		close(ends[0]);
		return error;
	}
	queue->answers = (struct watch){.fd = ends[0], .ready = answers_ready};
	queue->answer_length = 0;
	error = loop_add(&front->loop, &queue->answers, EPOLLIN);
	if (error < 0) {
		kill(queue->sender, SIGKILL);
		close_sender(front, &(int){0});
	}
	return error;
}

static void batch_due(struct timer *timer)
{
	struct front *front = container_of(timer, struct front, mail.due);
	struct mail_queue *queue = &front->mail;
	int error;

	/* A reload may have taken the server away. */
	if (!is_configured(&front->config->conf->global.mail))
		while (queue->kept->count > 0) {
			drop_item(queue, 0);
			queue->lost++;
		}
	if (queue->kept->count == 0 || queue->answers.fd >= 0)
		return;
	queue->under_way = queue->kept->count < MAIL_BATCH_MAX ? queue->kept->count : MAIL_BATCH_MAX;
	queue->sent_in_batch = 0;
	error = start_sender(front);
	if (error < 0) {
		queue->problem = strdup(strerror(-error));
		batch_ended(front);
	}
}

static void set_due(struct front *front, dur_t in)
{
	front->mail.due.fire = batch_due;
	loop_set_timer(&front->loop, &front->mail.due, mono_add(clock_now(), in));
}

json_t *mail_status(const struct front *front)
{
	const struct mail_queue *queue = &front->mail;
	json_t *status;

	if (!is_configured(&front->config->conf->global.mail))
		return json_null();
	status = json_object();
	json_object_set_new(status, "queued", json_integer((json_int_t)queue->kept->count));
	json_object_set_new(status, "sent", json_integer((json_int_t)queue->sent));
	json_object_set_new(status, "failed", json_integer((json_int_t)queue->failed));
	json_object_set_new(status, "lost", json_integer((json_int_t)queue->lost));
	json_object_set_new(status, "replaced", json_integer((json_int_t)queue->replaced));
	json_object_set_new(status, "last_error", json_text(queue->last_error));
	return status;
}

void mail_stop(struct front *front)
{
	struct mail_queue *queue = &front->mail;

	if (!queue->kept)
		return;
	if (queue->answers.fd >= 0) {
		kill(queue->sender, SIGKILL);
		close_sender(front, &(int){0});
	}
	queue->under_way = 0;
	if (queue->kept->count > 0)
		log_line(LOG_LEVEL_WARNING, "%zu mail%s not sent before the end", (size_t)queue->kept->count,
			queue->kept->count == 1 ? " was" : "s were");
	while (queue->kept->count > 0)
		drop_item(queue, 0);
	free(queue->problem);
	queue->problem = NULL;
	free(queue->last_error);
	queue->last_error = NULL;
}
