/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end: first the commands that were told the last states, for up to STOP_PATIENCE; then the pipes are closed, and their readers
 * ended; then the shutdown_script runs. The engine has ended by then, and its adverts with priority 0 are long out.
 */
#include "runner/stop.h"

#include "linux/channel.h"
#include "runner/notify.h"

#define STOP_PATIENCE (5 * DUR_S)
/* SIGTERM, SIGKILL, and a little for the process to be gone. */
#define STOP_ENDING (JOB_GRACE + DUR_S)

/* The step took too long. */
static void step_ended(struct run_timer *timer)
{
	struct runner *runner = container_of(timer, struct runner, stop_timer);

	if (runner->step == STOP_NOTIFICATIONS)
		notify_end(runner);
}

bool stop_init(struct runner *runner)
{
	return run_timer_init(&runner->loop, &runner->stop_timer, step_ended);
}

static void begin_step(struct runner *runner, enum stop_step step, dur_t longest)
{
	runner->step = step;
	run_timer_set(&runner->loop, &runner->stop_timer, mono_add(runner->loop.now, longest));
}

static void tell_guard(struct runner *runner)
{
	const struct message_wait wait = {
		.longest = STOP_PATIENCE + 3 * STOP_ENDING + (runner->shutdown.command ? runner->shutdown.timeout : 0)};

	if (runner->guard.fd >= 0 && !runner->stop_now)
		channel_send(runner->guard.fd, MESSAGE_RUNNER_WAITS, &wait, sizeof(wait), -1);
}

void stop_begin(struct runner *runner, bool now)
{
	runner->stop_now |= now;
	if (!runner->stopping) {
		runner->stopping = true;
		scripts_stop(runner);
		begin_step(runner, STOP_NOTIFICATIONS, STOP_PATIENCE);
		tell_guard(runner);
	}
	if (runner->stop_now) {
		notify_end(runner);
		fifos_close(runner);
		job_end(&runner->startup.job, false);
		job_end(&runner->shutdown.job, false);
	}
}

/* The engine closes its end when it has said everything. */
static bool notifications_are_done(const struct runner *runner)
{
	return (runner->engine.fd < 0 || runner->stop_now) && notify_is_idle(runner);
}

bool stop_is_done(struct runner *runner)
{
	if (!runner->stopping)
		return false;
	if (runner->step == STOP_NOTIFICATIONS && notifications_are_done(runner)) {
		if (runner->replaced)
			fifos_hand_over(runner);
		fifos_close(runner);
		begin_step(runner, STOP_READERS, STOP_ENDING);
	}
	if (runner->step == STOP_READERS && runner->jobs.count == 0) {
		runner->step = STOP_LAST;
		if (!runner->stop_now && !runner->replaced)
			once_start(&runner->shutdown);
	}
	return runner->step == STOP_LAST && runner->jobs.count == 0;
}
