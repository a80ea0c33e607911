/* SPDX-License-Identifier: MIT */
#include "subagent/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "core/base/timing.h"
#include "subagent/look.h"
#include "subagent/report.h"
#include "subagent/screen.h"

/* How often the running daemon's file is looked at; for how long a mark stays at the least. A
 * sample of its own costs a tenth of the time at the most. */
enum { LOOK_MS = 1000, MARKED_MS = 10000, COST_FACTOR = 10 };

struct watch {
	struct look look;
	bool sample;
	struct seen now;    /* what is shown */
	struct seen before; /* what it is held against: MARKED_MS to twice as old */
	struct seen later;  /* what it will be held against next */
	uint64_t own_due_ms;
	char error[ONENETNS_ERROR_MAX]; /* why there is nothing new; "" */
	bool on_screen;
	struct screen screen;
	int signals;
	char *page;
	size_t top; /* the first line that is shown */
	bool ended;
};

/* --- what is shown --- */

static bool is_newer(const struct seen *seen, const struct seen *than)
{
	const struct sample_info *a, *b;

	if (!than->snapshot)
		return true;
	a = &seen->snapshot->info;
	b = &than->snapshot->info;
	return timing_us(&a->attempted_at) != timing_us(&b->attempted_at) ||
	       timing_us(&a->monotonic) != timing_us(&b->monotonic);
}

static bool is_old(const struct watch *w, const struct seen *seen)
{
	return timing_ms(&w->now.snapshot->info.monotonic) -
		   timing_ms(&seen->snapshot->info.monotonic) >=
	       MARKED_MS;
}

/* Takes what was seen over. What was shown is kept as long as something is held against it. */
static void show(struct watch *w, const struct seen *seen)
{
	struct seen last = w->now;

	w->now = *seen;
	if (!last.snapshot)
		return;
	if (!w->before.snapshot) {
		w->before = last;
	} else if (!w->later.snapshot) {
		w->later = last;
	} else if (is_old(w, &w->later)) {
		look_drop(&w->before);
		w->before = w->later;
		w->later = last;
	} else {
		look_drop(&last);
	}
}

static int take_own(struct watch *w, struct seen *ret_seen)
{
	const struct snapshot *last = w->now.own;
	uint64_t began = timing_now_ms(), took, interval = w->look.own.interval_s * 1000ull;
	int ret = look_own(&w->look, last, ret_seen);

	if (ret == 0)
		ret = look_others(&w->look, ret_seen);
	if (ret < 0)
		look_drop(ret_seen);
	took = timing_now_ms() - began;
	w->own_due_ms = began + (interval > took * COST_FACTOR ? interval : took * COST_FACTOR);
	snprintf(w->error, sizeof(w->error), "%s", ret < 0 ? look_error(&w->look) : "");
	return ret;
}

/* Is there something new to show? */
static bool look_again(struct watch *w)
{
	struct seen seen = {.snapshot = NULL};
	int ret = w->sample ? -ENOENT : look_running(&w->look, &seen);

	if (ret == -ENXIO) {
		snprintf(w->error, sizeof(w->error), "%s", look_error(&w->look));
		return false;
	}
	if (ret == 0) {
		w->error[0] = '\0';
		if (w->now.block && !is_newer(&seen, &w->now)) {
			look_drop(&seen);
			return false;
		}
		/* One that samples no more would go on from a sample long ago. */
		look_end(&w->look);
	} else if (timing_now_ms() < w->own_due_ms || take_own(w, &seen) < 0) {
		return false;
	}
	show(w, &seen);
	return true;
}

/* --- how it is shown --- */

enum { DATE_LEN = 11, TIME_MAX = 24 };

/* "2026-11-21 03:12:07"; the time of day begins at DATE_LEN. */
static void format_time(const struct snapshot *s, char buf[TIME_MAX])
{
	struct tm tm;

	memset(buf, 0, TIME_MAX);
	if (localtime_r(&s->info.time.tv_sec, &tm))
		strftime(buf, TIME_MAX, "%Y-%m-%d %H:%M:%S", &tm);
}

static char *make_page(const struct watch *w)
{
	char host[256] = "", origin[LOOK_ORIGIN_MAX] = "A sample of this command's own",
	     *page = NULL;
	struct report_options options = {
	    .host = host,
	    .origin = origin,
	    .colour = w->on_screen,
	    .watched = true,
	    .before = w->before.snapshot,
	};
	size_t size;
	FILE *out = open_memstream(&page, &size);

	if (!out)
		return NULL;
	gethostname(host, sizeof(host) - 1);
	if (w->now.block)
		look_origin(w->now.snapshot, origin);
	report_print(out, w->now.snapshot, &options);
	return fclose(out) == 0 ? page : NULL;
}

/* What the marks mean, and what is not in the window. */
static void make_foot(const struct watch *w, size_t above, size_t below, char *buf, size_t size)
{
	struct text text = text_begin(buf, size);
	char since[TIME_MAX];

	if (w->error[0])
		text_add(&text, "", "no sample: %s", w->error);
	if (w->before.snapshot) {
		format_time(w->before.snapshot, since);
		text_add(&text, "   ", "+ new  ^ grown  - gone since %s", since + DATE_LEN);
	}
	if (above > 0)
		text_add(&text, "   ", "%zu above", above);
	if (below > 0)
		text_add(&text, "   ", "%zu line%s below", below, below == 1 ? "" : "s");
	if (w->on_screen)
		text_add(&text, "   ", "%s",
			 above + below > 0 ? "space, b: move   q: end" : "q: end");
}

static size_t count_lines(const char *page)
{
	size_t count = 0;

	for (; (page = strchr(page, '\n')); page++)
		count++;
	return count;
}

static const char *skip_lines(const char *page, size_t count)
{
	while (count-- > 0)
		page = strchr(page, '\n') + 1;
	return page;
}

static void draw(struct watch *w)
{
	size_t lines = count_lines(w->page), room = screen_lines();
	size_t last = lines > room ? lines - room : 0;
	char foot[320];

	if (w->top > last)
		w->top = last;
	make_foot(w, w->top, last - w->top, foot, sizeof(foot));
	screen_draw(skip_lines(w->page, w->top), foot);
}

static void print_page(struct watch *w)
{
	char foot[320], when[TIME_MAX];

	format_time(w->now.snapshot, when);
	make_foot(w, 0, 0, foot, sizeof(foot));
	printf("---- %s%s%s\n%s\n", when, foot[0] ? "   " : "", foot, w->page);
	w->ended |= fflush(stdout) == EOF || ferror(stdout);
}

static void show_page(struct watch *w)
{
	char *page = make_page(w);

	if (!page)
		return;
	free(w->page);
	w->page = page;
	if (w->on_screen)
		draw(w);
	else
		print_page(w);
}

/* --- whoever ends it, or moves --- */

static void move(struct watch *w, long lines)
{
	w->top = lines < 0 && w->top < (size_t)-lines ? 0 : w->top + (size_t)lines;
	draw(w);
}

/* Returns how many bytes the key has. */
static size_t obey_key(struct watch *w, const char *key, size_t len)
{
	long window = (long)screen_lines();

	if (len >= 3 && key[0] == '\033' && key[1] == '[') {
		move(w, key[2] == 'A' ? -1 : key[2] == 'B' ? 1 : 0);
		return 3;
	}
	switch (key[0]) {
	case 'q':
	case 'Q':
		w->ended = true;
		break;
	case ' ':
		move(w, window);
		break;
	case 'b':
		move(w, -window);
		break;
	case 'j':
		move(w, 1);
		break;
	case 'k':
		move(w, -1);
		break;
	}
	return 1;
}

static void read_keys(struct watch *w)
{
	char keys[16];
	ssize_t len = read(STDIN_FILENO, keys, sizeof(keys));

	if (len == 0 || (len < 0 && errno != EINTR))
		w->ended = true;
	for (ssize_t at = 0; at < len && !w->ended;)
		at += (ssize_t)obey_key(w, keys + at, (size_t)(len - at));
}

/* The terminal is given back before anybody else gets it. */
static void obey_signal(struct watch *w, uint32_t number)
{
	switch (number) {
	case SIGTSTP:
		if (w->on_screen)
			screen_leave(&w->screen);
		raise(SIGSTOP);
		break;
	case SIGCONT:
	case SIGWINCH:
		break;
	default:
		w->ended = true;
		return;
	}
	if (!w->on_screen)
		return;
	if (number != SIGWINCH)
		screen_enter(&w->screen);
	draw(w);
}

static void wait_for(struct watch *w, int timeout_ms)
{
	struct pollfd fds[] = {
	    {.fd = w->signals, .events = POLLIN},
	    {.fd = w->screen.has_keys ? STDIN_FILENO : -1, .events = POLLIN},
	};
	struct signalfd_siginfo info;

	if (poll(fds, 2, timeout_ms) <= 0)
		return;
	if (fds[0].revents && read(w->signals, &info, sizeof(info)) == sizeof(info))
		obey_signal(w, info.ssi_signo);
	if (fds[1].revents && !w->ended)
		read_keys(w);
}

static void run(struct watch *w)
{
	uint64_t due = timing_now_ms() + LOOK_MS, now;

	while (!w->ended) {
		now = timing_now_ms();
		if (now < due) {
			wait_for(w, (int)(due - now));
			continue;
		}
		due = now + LOOK_MS;
		if (look_again(w))
			show_page(w);
		else if (w->error[0] && w->on_screen)
			draw(w);
	}
}

static int open_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		sigaddset(&set, numbers[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int watch_run(const struct daemon_config *config, const char *config_path, bool sample,
	      const char *netns)
{
	struct watch w = {.sample = sample, .signals = open_signals()};
	int ret = EXIT_UNKNOWN;

	look_begin(&w.look, config, config_path);
	w.look.netns.name = netns;
	if (w.signals < 0) {
		perror("tcpstated: signalfd");
	} else if (!look_again(&w)) {
		fprintf(stderr, "tcpstated: no sample: %s\n", w.error);
	} else {
		w.on_screen = screen_is_possible();
		if (w.on_screen)
			screen_enter(&w.screen);
		show_page(&w);
		run(&w);
		screen_leave(&w.screen);
		ret = ferror(stdout) ? EXIT_UNKNOWN : 0;
	}
	look_drop(&w.now);
	look_drop(&w.before);
	look_drop(&w.later);
	look_end(&w.look);
	free(w.page);
	if (w.signals >= 0)
		close(w.signals);
	return ret;
}
