/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_TRIAL_H
#define TCPSTATE_SUBAGENT_TRIAL_H

/*
 * This module tries the way of a notification before one is needed.
 */

/* Sends tcpStateTestNotification through the master at this address, "" for net-snmp's default,
 * and waits until the master has confirmed it. Says on stdout or stderr what came of it. 0, or 1.
 */
int trial_run(const char *address);

#endif
