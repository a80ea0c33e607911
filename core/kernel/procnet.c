/* SPDX-License-Identifier: MIT */
#include "core/kernel/procnet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/number.h"
#include "core/kernel/diag_private.h"

enum {
	/* A line has some 150 bytes. */
	BUFFER_SIZE = 16 * 1024,
	WORD_DIGITS = 8,
};

/* Of TCP_TIMEWAIT_LEN in USER_HZ, what is left when tcp_tw_reuse may apply. */
enum { REUSE_TICKS = 5900 };

/* A number and the character that must follow it. */
static bool take(const char **at, unsigned base, uint64_t max, char end, uint64_t *ret_number)
{
	while (**at == ' ')
		++*at;
	if (!number_take(at, base, max, ret_number) || **at != end)
		return false;
	++*at;
	return true;
}

/* "0100007F:0016": the words of the address, each as a number in the host's byte order of what
 * lies in network order in memory; the port as a plain number. */
static bool take_endpoint(const char **at, size_t n_words, uint32_t ret_words[4],
			  uint16_t *ret_port)
{
	uint64_t number;

	if (strspn(*at, "0123456789ABCDEF") != n_words * WORD_DIGITS)
		return false;
	for (size_t i = 0; i < n_words; i++) {
		char digits[WORD_DIGITS + 1] = "";
		const char *digit = digits;

		memcpy(digits, *at, WORD_DIGITS);
		if (!number_take(&digit, 16, UINT32_MAX, &number))
			return false;
		ret_words[i] = (uint32_t)number;
		*at += WORD_DIGITS;
	}
	if (*(*at)++ != ':' || !take(at, 16, UINT16_MAX, ' ', &number))
		return false;
	*ret_port = (uint16_t)number;
	return true;
}

/* Both columns of addresses. */
static bool take_endpoints(const char **at, int family, struct conn *c)
{
	size_t n_words = family == AF_INET ? 1 : 4;
	uint32_t local[4], remote[4];

	if (!take_endpoint(at, n_words, local, &c->local_port) ||
	    !take_endpoint(at, n_words, remote, &c->remote_port))
		return false;
	if (family == AF_INET) {
		inet_addr_from_v4(local, &c->local);
		inet_addr_from_v4(remote, &c->remote);
	} else {
		inet_addr_pair_from_v6(local, remote, 0, &c->local, &c->remote);
	}
	return true;
}

int procnet_parse(const char *line, int family, struct conn *ret_conn)
{
	struct conn c = {.flags = 0};
	uint64_t number, kernel_state, send_queue, recv_queue, timer, when, retransmits, uid,
	    probes, inode;
	enum tcp_state state;

	if (!take(&line, 10, UINT32_MAX, ':', &number) || *line++ != ' ' ||
	    !take_endpoints(&line, family, &c) || !take(&line, 16, UINT8_MAX, ' ', &kernel_state) ||
	    !take(&line, 16, UINT32_MAX, ':', &send_queue) ||
	    !take(&line, 16, UINT32_MAX, ' ', &recv_queue) ||
	    !take(&line, 16, UINT8_MAX, ':', &timer) || !take(&line, 16, UINT64_MAX, ' ', &when) ||
	    !take(&line, 16, UINT32_MAX, ' ', &retransmits) ||
	    !take(&line, 10, UINT32_MAX, ' ', &uid) || !take(&line, 10, UINT32_MAX, ' ', &probes) ||
	    !take(&line, 10, UINT32_MAX, ' ', &inode))
		return -EBADMSG;
	if (!state_from_kernel((unsigned)kernel_state, &state))
		return -ENOTSUP;

	c.state = (uint8_t)state;
	c.ip_version = c.local.type == INET_IPV4 ? IP_V4 : IP_V6;
	c.recv_queue = (uint32_t)recv_queue;
	c.send_queue = (uint32_t)send_queue;
	/* As sock_diag: probes take the place of retransmissions while they are what is sent. */
	if (timer == TIMER_KEEPALIVE || timer == TIMER_PROBE)
		retransmits = probes;
	c.retransmits = (uint8_t)(retransmits < UINT8_MAX ? retransmits : UINT8_MAX);
	c.inode = (uint32_t)inode;
	c.id = inode;
	/* A half-open connection has its listener's uid here, sock_diag gives none. */
	c.uid = state == STATE_SYN_RECV ? 0 : (uint32_t)uid;
	c.flags = diag_timer_flags(state, (unsigned)timer, c.retransmits, when <= REUSE_TICKS);
	/* IPV6_V6ONLY is not told; off is the system's default. */
	if (state == STATE_LISTEN && c.local.type == INET_IPV6 && inet_addr_is_any(&c.local))
		c.flags |= CONN_DUAL_STACK;
	*ret_conn = c;
	return 0;
}

struct pass {
	uint32_t state_bits;
	diag_cb cb;
	void *arg;
	struct diag_stats stats;
};

static int take_line(struct pass *pass, const char *line, int family)
{
	struct conn conn;
	int error = procnet_parse(line, family, &conn);

	if (error == -ENOTSUP) {
		pass->stats.unknown_states++;
	} else if (error) {
		pass->stats.malformed++;
	} else if (pass->state_bits & STATE_BIT(conn.state)) {
		pass->stats.sockets++;
		error = pass->cb(&conn, pass->arg);
		return error < 0 ? error : 0;
	}
	return 0;
}

/* Line after line through one buffer: a busy host's file has tens of megabytes. */
static int read_lines(struct pass *pass, int fd, int family)
{
	char buffer[BUFFER_SIZE];
	size_t len = 0;
	bool headed = false;

	for (;;) {
		ssize_t n = read(fd, buffer + len, sizeof(buffer) - len);
		char *line = buffer, *end;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		while ((end = memchr(line, '\n', len - (size_t)(line - buffer)))) {
			int error = 0;

			*end = '\0';
			if (headed)
				error = take_line(pass, line, family);
			else if (!strstr(line, "local_address"))
				error = -EBADMSG;
			if (error)
				return error;
			headed = true;
			line = end + 1;
		}
		len -= (size_t)(line - buffer);
		memmove(buffer, line, len);
		if (len == sizeof(buffer))
			return -EBADMSG;
	}
	if (len > 0)
		pass->stats.malformed++;
	return headed ? 0 : -EBADMSG;
}

static int read_file(struct pass *pass, int net_fd, const char *name, int family)
{
	int fd = openat(net_fd, name, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = read_lines(pass, fd, family);
	close(fd);
	return error;
}

int procnet_dump(int net_fd, uint32_t state_bits, diag_cb cb, void *arg,
		 struct diag_stats *ret_stats)
{
	struct pass pass = {.state_bits = state_bits, .cb = cb, .arg = arg};
	int error = read_file(&pass, net_fd, "tcp", AF_INET);

	if (error)
		return error;
	error = read_file(&pass, net_fd, "tcp6", AF_INET6);
	/* A kernel without IPv6 has neither file. Where one is hidden, IPv4 would be wrong as well:
	 * that of IPv6 sockets is in it. */
	if (error && (error != -ENOENT || faccessat(net_fd, "if_inet6", F_OK, 0) == 0))
		return error;
	*ret_stats = pass.stats;
	return 0;
}
