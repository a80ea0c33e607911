#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 400 s; plain
# The sampler's memory: it does not grow, and it does not depend on how many sockets there
# are, but for the rows that are kept and the owners that are known.
#
#   SOCKETS  how many are many (default: 100000); 1000000 take a minute and 5 GB

# The owners of sockets are looked for among the processes of this test alone. Its pid is 1
# there, so the names of its network namespaces are its own as well.
if [ "${1:-}" = growth ] && [ $$ != 1 ]; then
	mkdir -p /run/netns
	# shellcheck disable=SC2016
	exec unshare --pid --fork --kill-child=TERM --mount-proc sh -c \
		'mount -t tmpfs none /run/netns && exec bash "$0" growth' "$0"
fi

# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"
# shellcheck source=tests/e2e/lib/crowd.sh
. "$SRC/tests/e2e/lib/crowd.sh"
# shellcheck source=tests/e2e/lib/sampling.sh
. "$SRC/tests/e2e/lib/sampling.sh"

SOCKETS=${SOCKETS:-100000}

# malloc counts as in use what a thread keeps for itself, and a large piece in whole pages if
# it happens to get a mapping of its own; without both its figures are exact.
EXACT=(env GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.mmap_threshold=33554432)

# --- growth ------------------------------------------------------------------------------

# From 20 to 200 connections that work, as many that the server forgets to close, some that
# it does not accept, each time from other addresses; a process that was not there before,
# with listeners of its own. 100 samples: 50 while they are there and 50 when they are gone.
batch() { # NUMBER
	local i=$1 n=$((20 * ($1 % 10 + 1)))
	tell client connect c 127.0.0.1 80 $n from "127.1.$i.1*100"
	tell server accept a l $n
	tell client connect h 127.0.0.1 80 $n from "127.2.$i.1*100"
	tell server accept b l $n
	tell client shutdown h
	sockets_start worker "${SERVER[@]}"
	tell worker listen w "127.3.$i.1*20" 81 2
	tell client connect q "127.3.$i.1" 81 6 nowait
	sampling mixed 50
	tell client reset c
	tell client reset h
	tell client reset q
	tell server close a
	tell server close b
	sockets_stop worker
	sampling mixed 50
}

# 10,000 samples, one a second by the sampler's clock: what is kept for some minutes or an
# hour is forgotten many times. Compared after the same batch, so that the sockets are as
# many.
test_growth() {
	local i early late
	make_own_table 16384
	sockets_start server "${SERVER[@]}"
	sockets_start client "${SERVER[@]}"
	tell server listen l 127.0.0.1 80 1024
	sampling_start "${EXACT[@]}" <<<'conn-states all'
	for ((i = 0; i < 100; i++)); do
		batch $i
		((i % 10 == 9)) || continue
		sampling memory
		printf '%5d samples: %s' $((100 * (i + 1))) "$REPLY"
		((i > 9)) || early=$REPLY
	done
	late=$REPLY
	# The counters of the last minute are kept for each 5 s of it: 14 times some 2 KiB, soon or late.
	# A piece that each sample loses would be 200 KiB.
	check_less "memory in use has not grown from 1,000 samples to 10,000" $((32 * 1024)) \
		$(($(value_of allocated <<<"$late") - $(value_of allocated <<<"$early")))
	check_less "nor has the resident set" $((512 * 1024)) \
		$(($(value_of resident <<<"$late") - $(value_of resident <<<"$early")))
}

check_less() { # NAME BOUND NUMBER
	if (($3 < $2)); then
		ok "$1 ($3 bytes)"
	else
		fail "$1" "$3 bytes, to be less than $2"
	fi
}

# --- peak --------------------------------------------------------------------------------

# The memory of a sampler that has taken samples of each kind.
memory_with() { # LINES OF tcpstate.conf [PREFIX...]
	sampling_start "${@:2}" <<<"$1"
	sampling full
	sampling mixed 30
	sampling memory
	sockets_stop sampling
	printf '%s: %s' "${1//$'\n'/, }" "$REPLY"
}

# All that the defaults keep: owners, remotes, rows.
test_rows() {
	make_sockets "$SOCKETS"
	# As tcpstated sets it for itself (subagent/daemon.c).
	memory_with 'processes on' env GLIBC_TUNABLES=glibc.malloc.mmap_threshold=131072
	check_run "the sockets are there" test "$(value_of sockets <<<"$REPLY")" -ge "$SOCKETS"
	check_less "peak with $SOCKETS sockets: 12 MB and 96 bytes a row" \
		$((12 * 1024 * 1024 + 96 * $(value_of conns <<<"$REPLY"))) \
		"$(value_of peak <<<"$REPLY")"
}

# Without owners and rows a socket takes no memory of its own.
test_aggregates() {
	local few=10000 aggregates=$'processes off\nconn-states none' small
	make_more $((few / 2))
	memory_with "$aggregates" "${EXACT[@]}"
	small=$REPLY
	make_more $(((SOCKETS - few) / 2))
	memory_with "$aggregates" "${EXACT[@]}"
	check_run "the sockets are there" test "$(value_of sockets <<<"$REPLY")" -ge "$SOCKETS"
	check "the remotes are as many" "$(value_of remotes <<<"$small")" \
		"$(value_of remotes <<<"$REPLY")"
	# The local ports in use are kept as bit maps, 256 for a local address at the most: these
	# grow with the ports, not with the sockets.
	check_less "allocated with $SOCKETS sockets, more than with $few" $((256 * 1024)) \
		$(($(value_of allocated <<<"$REPLY") - $(value_of allocated <<<"$small")))
	check_less "peak with $SOCKETS sockets, more than with $few" $((256 * 1024)) \
		$(($(value_of peak <<<"$REPLY") - $(value_of peak <<<"$small")))
	# For whoever reads it: what the owners take.
	memory_with $'processes on\nconn-states none'
}

side_by_side "$@" -- growth rows aggregates
