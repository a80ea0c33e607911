/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_CONNTEXT_H
#define TCPSTATE_TESTS_CONNTEXT_H

/*
 * This module compares sockets with the lines of a fixture, one line a socket with every member:
 * "LISTEN ipv6 [::]:80 [::]:0 dual retrans 0 recvq 0 sendq 128 age 0 ...".
 */

#include <stdio.h>

#include "core/model/conn.h"

/* The fixture's lines that are still to come, and how many did not agree. */
struct conntext {
	FILE *file;
	unsigned lines;
	unsigned wrong;
};

/* name: as for suite_data(). A file that cannot be opened is a failed assertion. */
void conntext_open(struct conntext *text, const char *name);

/* A diag_cb: compares the socket with the next line; arg: the struct conntext. */
int conntext_compare(const struct conn *conn, void *arg);

/* Asserts that all lines were used, there were any, and all agreed. */
void conntext_close(struct conntext *text);

#endif
