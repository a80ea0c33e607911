/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SYSNAME_H
#define TCPSTATE_CORE_SYSNAME_H

/*
 * This module names kernel parameters. A name is what tcpStateTuningName shows: the file's name
 * for those of net.ipv4 ("tcp_fin_timeout"), else all of it ("net.core.somaxconn").
 */

#include <stdbool.h>
#include <stddef.h>

enum { SYSNAME_MAX = 64 }; /* bytes of a name, the NUL included */
enum { SYSNAME_KEY_MAX = SYSNAME_MAX + 9 };

/*
 * Takes a name, a key ("net.ipv4.tcp_fin_timeout") or a path below /proc/sys with slashes. False:
 * no parameter below net, too long, or one that is never shown because it holds a secret
 * (tcp_fastopen_key).
 */
bool sysname_parse(const char *text, char ret_name[SYSNAME_MAX]);

/* The path below /proc/sys of a name that sysname_parse() gave: "net/ipv4/tcp_fin_timeout". */
void sysname_path(const char *name, char ret_path[SYSNAME_KEY_MAX]);

/* The same with dots, as sysctl(8) writes it. */
void sysname_key(const char *name, char ret_key[SYSNAME_KEY_MAX]);

/* <0, 0, >0, in the order that SNMP gives to a string of variable length: by length, then by
 * bytes. */
int sysname_cmp(const char *a, const char *b);

#endif
