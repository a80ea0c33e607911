/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_SDNOTIFY_H
#define TCPSTATE_SUBAGENT_SDNOTIFY_H

/*
 * This module tells systemd how the daemon stands: sd_notify(3). Without systemd it does nothing.
 */

#include <stdint.h>

/* One or more lines: "READY=1", "WATCHDOG=1", "STOPPING=1". */
void sdnotify(const char *state);

/* How often "WATCHDOG=1" has to be told, milliseconds: sd_watchdog_enabled(3). 0: not at all. */
uint32_t sdnotify_watchdog_ms(void);

#endif
