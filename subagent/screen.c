/* SPDX-License-Identifier: MIT */
#include "subagent/screen.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "subagent/page.h"
#include "subagent/report.h"

/* The alternate screen keeps what was on the terminal before. */
#define ENTER    "\033[?1049h\033[?25l"
#define LEAVE    "\033[?25h\033[?1049l"
#define HOME     "\033[H"
#define LINE_END "\033[K\n"
#define REST     "\033[J"
#define PLAIN    "\033[0m"
#define REVERSE  "\033[7m"

/* Of a terminal that does not tell. */
enum { ROWS = 24, COLUMNS = 80 };

static struct winsize size_of(int fd)
{
	struct winsize size = {.ws_row = 0};

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		size = (struct winsize){.ws_row = 0};
	return size;
}

size_t screen_width(int fd)
{
	struct winsize size = size_of(fd);

	return size.ws_col > 0 ? size.ws_col : SIZE_MAX;
}

size_t screen_lines(void)
{
	struct winsize size = size_of(STDOUT_FILENO);
	size_t rows = size.ws_row > 0 ? size.ws_row : ROWS;

	return rows > 1 ? rows - 1 : 1;
}

bool screen_is_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

void screen_enter(struct screen *s)
{
	struct termios modes;

	if (!s->entered)
		s->has_keys = tcgetattr(STDIN_FILENO, &s->modes) == 0;
	s->entered = true;
	if (s->has_keys) {
		modes = s->modes;
		modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		modes.c_cc[VMIN] = 1;
		modes.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
	}
	fputs(ENTER, stdout);
	fflush(stdout);
}

void screen_leave(struct screen *s)
{
	if (!s->entered)
		return;
	fputs(LEAVE, stdout);
	fflush(stdout);
	/* What was typed and not read is not for the shell. */
	if (s->has_keys)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &s->modes);
	s->entered = false;
}

static const char *colour_of(const char *line)
{
	if (line[1] != ' ')
		return "";
	switch (line[0]) {
	case REPORT_NEW:
		return "\033[32m";
	case REPORT_GROWN:
		return "\033[33m";
	case REPORT_GONE:
		return "\033[2m";
	default:
		return "";
	}
}

static void put_line(const char *line, size_t len, size_t columns)
{
	fputs(colour_of(line), stdout);
	fwrite(line, 1, page_fitting(line, len, columns), stdout);
	fputs(PLAIN LINE_END, stdout);
}

void screen_draw(const char *lines, const char *foot)
{
	size_t columns = screen_width(STDOUT_FILENO), room = screen_lines();

	if (columns == SIZE_MAX)
		columns = COLUMNS;
	fputs(HOME, stdout);
	for (const char *end; room > 0 && (end = strchr(lines, '\n')); lines = end + 1, room--)
		put_line(lines, (size_t)(end - lines), columns);
	while (room-- > 0)
		fputs(LINE_END, stdout);
	fputs(REVERSE, stdout);
	fwrite(foot, 1, page_fitting(foot, strlen(foot), columns), stdout);
	fputs(PLAIN REST, stdout);
	fflush(stdout);
}
