/* SPDX-License-Identifier: MIT */
#include "subagent/window.h"

#include <stdint.h>
#include <sys/ioctl.h>

size_t window_width(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : SIZE_MAX;
}
