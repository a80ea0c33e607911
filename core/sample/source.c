/* SPDX-License-Identifier: MIT */
#include "core/sample/source.h"

#include <errno.h>

#include "core/base/array.h"
#include "core/kernel/procnet.h"
#include "core/model/state.h"

enum { DUMP_TRIES = 3 };

void source_close(struct source *s)
{
	diag_close(s->diag);
	s->diag = NULL;
}

static bool is_refusal(int error)
{
	return error == -EPERM || error == -EACCES || error == -EPROTONOSUPPORT ||
	       error == -EAFNOSUPPORT || error == -ENOENT || error == -EOPNOTSUPP ||
	       error == -ENOSYS || error == -EINVAL;
}

static void add_stats(struct source *s, const struct diag_stats *stats)
{
	s->unknown_states += stats->unknown_states;
	s->malformed += stats->malformed;
}

struct pass {
	uint32_t states;
	unsigned want;
};

/* Reads those of the states of a pass that are wanted. */
static int dump_pass(struct source *s, const struct pass *pass,
		     const struct builder_options *options, struct builder *b)
{
	struct diag_stats stats;
	int ret;

	if (!(pass->states & options->states))
		return 0;
	ret = diag_dump(s->diag, pass->states & options->states, pass->want, builder_socket, b,
			&stats);
	if (ret == 0)
		add_stats(s, &stats);
	return ret;
}

/* Listeners first, as the kernel has them in one pass as well: the builder finds a connection's
 * listener among them. tcp_info is asked for only where a column or a condition shows it, unless
 * that takes another walk which costs more. */
static int dump_diag(struct source *s, const struct builder_options *options, struct builder *b)
{
	bool info = options->conn_states & STATE_BIT(STATE_ESTABLISHED) || builder_wants_info(b);
	const struct pass all = {STATE_MASK_ALL, DIAG_WANT_MEMINFO | DIAG_WANT_INFO};
	const struct pass passes[] = {
	    {STATE_BIT(STATE_LISTEN), DIAG_WANT_MEMINFO},
	    {STATES_FAST & ~STATE_BIT(STATE_LISTEN), DIAG_WANT_INFO},
	    {STATE_MASK_ALL & ~STATES_FAST, info ? DIAG_WANT_INFO : 0},
	};
	int ret = s->diag ? 0 : diag_open(&s->diag);

	if (ret == 0 && s->one_pass)
		ret = dump_pass(s, &all, options, b);
	for (size_t i = 0; ret == 0 && !s->one_pass && i < COUNT_OF(passes); i++)
		ret = dump_pass(s, &passes[i], options, b);
	if (is_refusal(ret))
		source_close(s);
	return ret;
}

/* One pass: both files begin with their listeners, and the connections of an IPv6 listener,
 * v4-mapped ones included, are in its file. */
static int dump_procnet(struct source *s, int net_fd, uint32_t states, struct builder *b)
{
	struct diag_stats stats;
	int ret = procnet_dump(net_fd, states, builder_socket, b, &stats);

	if (ret == 0)
		add_stats(s, &stats);
	return ret;
}

static int begin(struct builder *b, const struct builder_options *options, bool limits_known)
{
	struct builder_options o = *options;

	o.limits_known = limits_known;
	return builder_begin(b, &o);
}

int source_read(struct source *s, int net_fd, const struct builder_options *options,
		struct builder *b, enum sample_source *ret_source)
{
	int ret = -EINTR;

	*ret_source = SOURCE_SOCK_DIAG;
	for (int i = 0; ret == -EINTR && i < DUMP_TRIES; i++) {
		ret = begin(b, options, true);
		if (ret == 0)
			ret = dump_diag(s, options, b);
	}
	if (!is_refusal(ret))
		return ret;
	*ret_source = SOURCE_PROC_NET;
	ret = begin(b, options, false);
	return ret < 0 ? ret : dump_procnet(s, net_fd, options->states, b);
}
