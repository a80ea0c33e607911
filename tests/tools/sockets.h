/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_SOCKETS_H
#define TCPSTATE_TESTS_SOCKETS_H

/*
 * This module is shared by the parts of tests/tools/sockets, the program that makes real TCP
 * sockets for the tests in shell. It keeps sockets in groups that have names, and runs commands on
 * them.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { WAIT_S = 30 }; /* no command waits longer for its peer, in seconds */

struct group {
	char name[32];
	int *fds;
	size_t n;
	size_t size;
	uint64_t talk_ms; /* a byte is sent on each socket so often; 0: never */
	uint64_t talk_at; /* when next, milliseconds of CLOCK_MONOTONIC */
};

struct world {
	int epoll;
	struct group *groups;
	size_t n_groups;
	char reply[512]; /* what the command has to tell, on success and on failure */
};

/*
 * A command. argv[0] is its name, argv ends with NULL and has the arguments that the table in
 * sockets.c demands. 0 or -errno.
 */
typedef int command_fn(struct world *w, char **argv);

command_fn cmd_listen, cmd_bind, cmd_connect, cmd_accept, cmd_eof, cmd_shutdown, cmd_close,
    cmd_reset, cmd_send, cmd_fill;                               /* sockets_make.c */
command_fn cmd_serve, cmd_leak, cmd_drain, cmd_talk, cmd_honest; /* sockets_traffic.c */
command_fn cmd_flood, cmd_bound;                                 /* sockets_raw.c */

/* The group of this name; NULL if there is none and it shall not be made. */
struct group *group_get(struct world *w, const char *name, bool make);
void group_add(struct group *group, int fd);

/* A whole decimal number between min and max, which ends the program if it is not one. */
uint32_t number(const char *text, uint32_t min, uint32_t max);

/* The arguments behind a key word of argv, NULL if it is not there. */
char **option(char **argv, const char *word);

/*
 * A range of addresses: ADDR, ADDR*COUNT or ADDR*COUNT+STEP ("198.18.0.1*256+256": one of each
 * /24). The last 32 bits of an address are counted up. A link-local address needs its zone:
 * "fe80::1%veth0".
 */
struct range {
	struct sockaddr_storage first;
	uint32_t count;
	uint32_t step;
};

/* 0 or -EINVAL. */
int range_parse(const char *text, struct range *ret_range);

/* The address number i, starting again behind the last one, with the port (host order). Returns
 * the length of *ret_addr. */
socklen_t range_at(const struct range *range, uint32_t i, uint16_t port,
		   struct sockaddr_storage *ret_addr);

uint64_t now_ns(void);

/* Sleeps until it is time for number i at a rate of `rate` a second; 0: no limit. */
void pace(uint64_t start_ns, uint32_t i, uint32_t rate);

/* A stream socket bound to `from` (NULL: not bound) that connects to `to`; early: bind() chooses
 * the port, for all peers. -errno or fd. */
int connect_socket(const struct range *to, const struct range *from, uint32_t i, uint16_t port,
		   int flags, bool early);

/* What an event of w->epoll is about. */
enum watch { WATCH_STDIN, WATCH_SERVE, WATCH_LEAK, WATCH_DRAIN, WATCH_KEEP };

void watch_add(struct world *w, int fd, enum watch watch);

/* Deals with what is watched besides stdin. */
void traffic_event(struct world *w, int fd, enum watch watch);

/* Sends what is due. Returns how long to wait for the next, in milliseconds; -1: for ever. */
int traffic_talk(struct world *w);

#endif
