/* SPDX-License-Identifier: MIT */
/* The kernel's answer to a dump of sockets. */
#include <errno.h>
#include <string.h>

#include "core/kernel/diag_private.h"
#include "core/model/state.h"
#include "tests/fuzz/fuzz.h"

static int take(const struct conn *conn, void *arg)
{
	uint32_t *count = arg;

	fuzz_check_conn(conn);
	REQUIRE(conn->state != STATE_TIME_WAIT);
	++*count;
	return 0;
}

/* The header of a first message says which request it answers: this one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct nlmsghdr *first;
	uint32_t count = 0;
	struct diag_reply reply = {
	    .state_bits = STATE_MASK_ALL & ~STATE_BIT(STATE_TIME_WAIT), .cb = take, .arg = &count};
	void *datagram = malloc(size ? size : 1);
	int ret;

	REQUIRE(datagram);
	if (size)
		memcpy(datagram, data, size);
	first = datagram;
	if (size >= sizeof(*first)) {
		reply.seq = first->nlmsg_seq;
		reply.port_id = first->nlmsg_pid;
	}
	ret = diag_reply_take(&reply, datagram, size);
	REQUIRE(ret == 0 || ret == -EPROTO);
	REQUIRE(reply.stats.sockets == count);
	free(datagram);
	return 0;
}

/* A length that is wrong hides all that follows: lengths are put right in most of the inputs. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	struct nlmsghdr header, first;

	size = LLVMFuzzerMutate(data, size, max_size);
	if (size < sizeof(first) || seed % 8 == 0)
		return size;
	memcpy(&first, data, sizeof(first));
	for (size_t at = 0; size - at >= sizeof(header);) {
		memcpy(&header, data + at, sizeof(header));
		header.nlmsg_seq = first.nlmsg_seq;
		header.nlmsg_pid = first.nlmsg_pid;
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > size - at)
			header.nlmsg_len = (uint32_t)(size - at);
		memcpy(data + at, &header, sizeof(header));
		if (NLMSG_ALIGN((size_t)header.nlmsg_len) > size - at)
			break;
		at += NLMSG_ALIGN((size_t)header.nlmsg_len);
	}
	return size;
}
