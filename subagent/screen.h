/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_SCREEN_H
#define TCPSTATE_SUBAGENT_SCREEN_H

/*
 * This module is the terminal: how large its window is, and a screen on it that is drawn again and
 * again. The screen uses only what every terminal since the VT100 and xterm understands, so that
 * no library and no data base of terminals is needed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

/* How many columns fit; SIZE_MAX: fd is no terminal, or does not tell. */
size_t screen_width(int fd);

/* True if stdout is a terminal that obeys escape sequences. */
bool screen_is_possible(void);

/* Zeroed at first. */
struct screen {
	bool entered;
	bool has_keys; /* stdin is a terminal: keys are read one by one, and not echoed */
	struct termios modes;
};

/* Takes the terminal, or takes it again after somebody else has had it. */
void screen_enter(struct screen *s);

/* Gives it back as it was. */
void screen_leave(struct screen *s);

/* How many lines of a page the window shows, above the foot. */
size_t screen_lines(void);

/* Draws lines that end with a newline, as many and as much of each as the window has room for, and
 * a foot below them. Of a line that begins with a mark of report.h that has its colour. */
void screen_draw(const char *lines, const char *foot);

#endif
