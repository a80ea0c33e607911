#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# A fast sample and one of the listeners tell what a full one tells: on a still host the same
# numbers, which are those of ss; on a busy one no count is off by more than what changed.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"
# shellcheck source=tests/e2e/lib/crowd.sh
. "$SRC/tests/e2e/lib/crowd.sh"
# shellcheck source=tests/e2e/lib/sampling.sh
. "$SRC/tests/e2e/lib/sampling.sh"

# --- still -------------------------------------------------------------------------------

# Of a sample on stdin: lines "STATE FAMILY COUNT".
counts() {
	awk '$1 == "state" && $3 != "total" { print $2, $3, $4 }' | sort
}

# Of a table on stdin: lines "STATE COUNT".
totals() {
	awk '{ n[$1] += $3 } END { for (state in n) print state, n[state] }' | sort
}

# Of a table on stdin, what a fast sample reads.
read_by_fast() {
	grep -vE '^(ESTABLISHED|TIME_WAIT|CLOSED) '
}

# Of a sample on stdin: lines "LISTENER QUEUE LIMIT".
queues() {
	awk '$1 == "listener" { print $2, $8, $9 }' | sort
}

ss_queues() {
	in_server ss -Htln | awk '
		{
			sub(/^\[::ffff:/, "", $4)
			if ($4 ~ /^[0-9.]*\]/)
				sub(/\]/, "", $4)
			sub(/^\*/, "[::]", $4)
			queue[$4] += $2
			limit[$4] += $3
		}
		END { for (i in queue) print i, queue[i], limit[i] }' | sort
}

suspects() { # KIND: of a sample on stdin, how many
	awk -v kind="$1" '$1 == "suspects" && $2 == kind { print $3 }'
}

# Sockets in one of the states whose segment has been sent again.
ss_sent_again() { # TIMES STATE...: so many times or more
	local times=$1 state filter=()
	shift
	for state; do
		filter+=(state "$state")
	done
	in_server ss -Htno "${filter[@]}" | grep -cE "timer:\(on,[^,]*,([$times-9]|[1-9][0-9])\)"
}

all_sent_again() {
	[ "$(ss_sent_again 1 syn-recv)" = "$(want_of SYN_RECV)" ] &&
		[ "$(ss_sent_again 3 fin-wait-1 last-ack closing)" = \
			"$(want_of FIN_WAIT_1 LAST_ACK CLOSING)" ]
}

want_of() { # STATE...
	want_table | awk -v states=" $* " 'index(states, " " $1 " ") { n += $3 } END { print n }'
}

check_counts() { # NAME SAMPLE: against what was made, ss and /proc
	check "$1: the known numbers" "$(want_table | sort)" "$(counts <<<"$2")"
	check "$1: those of ss" "$(ss_table | sort)" "$(counts <<<"$2")"
	check "$1: those of /proc/net/tcp" "$(proc_table | grep -v CLOSED | sort)" \
		"$(counts <<<"$2" | grep -v CLOSED)"
}

CONFIG='conn-states all'

# CLOSE_WAIT that nobody has accepted and whose peer has been silent for so long.
ss_unaccepted() { # MILLISECONDS
	in_server ss -HOtnei state close-wait | awk -v least="$1" '
		/ ino:0 / && match($0, /lastack:[0-9]+/) && substr($0, RSTART + 8, RLENGTH - 8) + 0 >= least + 0 { n++ }
		END { print n + 0 }'
}

all_waited() {
	[ "$(ss_unaccepted 10500)" = "$(ss_unaccepted 0)" ]
}

# Until what changes by itself has done so: segments that nobody answers are sent again.
still_start() {
	namespaces_start
	make_all_states
	wait_until 10 all_sent_again || die "not all segments are sent again" "$(in_server ss -tano)"
	wait_until 15 all_waited || die "CLOSE_WAIT is younger than it can be" "$(in_server ss -tani)"
}

test_still() {
	local full kind
	still_start
	sampling_start <<<"$CONFIG"
	sample full
	full=$REPLY
	check_counts full "$full"
	check "full: queues and limits are those of ss" "$(ss_queues)" "$(queues <<<"$full")"
	check "full: half-open connections" "$(want_of SYN_RECV)" \
		"$(suspects SYN_RECV <<<"$full")"
	check "full: unanswered ones" "$(ss_sent_again 1 syn-recv)" \
		"$(suspects SYN_UNANSWERED <<<"$full")"
	check "full: stuck ones" "$(ss_sent_again 3 fin-wait-1 last-ack closing)" \
		"$(suspects CLOSING_STUCK <<<"$full")"
	check "full: closed by the peer and not accepted for 10 s" "$(ss_unaccepted 10000)" \
		"$(suspects CLOSE_WAIT_UNACCEPTED <<<"$full")"
	check "full: a row for each connection" \
		"$(want_table | grep -v LISTEN | awk '{ n += $3 } END { print n }')" \
		"$(grep -c '^conn ' <<<"$full")"
	# Also one after the other, as they build on each other.
	for kind in fast listeners full listeners fast fast full; do
		sample "$kind"
		check "$kind: all numbers are those of the full sample" "$full" "$REPLY"
	done
	change_all "$full"
}

# Of a sample on stdin: connections that have no row, as it says and as its rows say.
omitted() {
	awk '$1 == "sample" { said = $7 }
		$1 == "state" && $2 != "LISTEN" && $3 == "total" { n += $4 }
		$1 == "conn" { n-- }
		END { print said, (n > 0 ? n : 0) }'
}

# The same listener's row, its queue alone.
queue_at() { # ENDPOINT
	queues | awk -v at="$1" '$1 == at { print $2, $3 }'
}

# Twelve connections go to TIME_WAIT, others come, some of them into an accept queue.
change_all() { # FULL SAMPLE BEFORE
	local before=$1 group=g5010 number=12 said without_row
	tell server shutdown $group
	tell client eof $group
	tell client close $group
	tell server eof $group
	tell server close $group
	want ESTABLISHED ipv4 -$number
	want TIME_WAIT ipv4 $number
	tell server listen late "$SERVER4" 6001 16
	tell client connect late "$SERVER4" 6001 9
	tell server accept late late 5
	tell server listen late6 "$SERVER6" 6002 16
	tell client connect late6 "$SERVER6" 6002 3
	tell server accept late6 late6 3
	tell server bind more "$SERVER4" 5
	want LISTEN ipv4 1
	want LISTEN ipv6 1
	want ESTABLISHED ipv4 9
	want ESTABLISHED ipv6 3
	! kernel_shows_bound || want CLOSED ipv4 5
	wait_until 10 states_as_wanted || die "not changed" "$(diff <(want_table) <(ss_table))"

	sample listeners
	check "listeners, changed: queues are those of ss" "$(ss_queues)" "$(queues <<<"$REPLY")"
	check "listeners, changed: a queue as it is now" "4 16" \
		"$(queue_at "$SERVER4:6001" <<<"$REPLY")"
	check "listeners, changed: other states are those of the sample before" \
		"$(counts <<<"$before" | grep -v LISTEN)" "$(counts <<<"$REPLY" | grep -v LISTEN)"
	tell client connect late2 "$SERVER4" 6001 2
	want ESTABLISHED ipv4 2
	wait_until 10 states_as_wanted
	sample listeners
	check "listeners: a queue as it is after two more" "6 16" \
		"$(queue_at "$SERVER4:6001" <<<"$REPLY")"

	sample fast
	check "fast, changed: the totals" "$(ss_table | totals | grep -v CLOSED)" \
		"$(counts <<<"$REPLY" | totals | grep -v CLOSED)"
	check "fast, changed: both families of what it reads" "$(ss_table | sort | read_by_fast)" \
		"$(counts <<<"$REPLY" | read_by_fast)"
	check "fast, changed: bound sockets are those of the full sample before" \
		"$(counts <<<"$before" | grep CLOSED)" "$(counts <<<"$REPLY" | grep CLOSED)"
	read -r said without_row <<<"$(omitted <<<"$REPLY")"
	check "fast, changed: connections without a row" "$without_row" "$said"
	check_run "fast, changed: there are some" test "$without_row" -gt 0
	sample full
	before=$REPLY
	check_counts "full, changed" "$before"
	sample fast
	check "fast, changed: all numbers are those of the full sample" "$before" "$REPLY"
}

# Every sample of the states is a full one then; CLOSED is not shown.
test_refused() {
	local full kind
	still_start
	sampling_start "$BIN/nodiag" <<<"$CONFIG"
	sample full
	full=$REPLY
	check "the source is /proc/net/tcp" 2 "$(awk '$1 == "sample" { print $3 }' <<<"$full")"
	check "full: those of ss" "$(ss_table | sort | grep -v CLOSED)" \
		"$(counts <<<"$full" | grep -v CLOSED)"
	for kind in fast listeners full; do
		sample "$kind"
		check "$kind: all numbers are those of the full sample" "$full" "$REPLY"
	done
	tell server listen late "$SERVER4" 6001 16
	tell client connect late "$SERVER4" 6001 3
	sample fast
	check "fast, changed: those of ss" "$(ss_table | sort | grep -v CLOSED)" \
		"$(counts <<<"$REPLY" | grep -v CLOSED)"
}

ss_drops() {
	in_server ss -Htlnm 'sport = :81' | sed -n 's/.*,d\([0-9]*\)).*/\1/p'
}

has_dropped() {
	[ "$(ss_drops)" -gt 0 ]
}

# The drops of the listener at port 81, and the severity of acceptQueue.
drops_and_severity() {
	local drops
	sampling show
	drops=$(awk -v at="$SERVER4:81" '$1 == "listener" && $2 == at' <<<"$REPLY" |
		sed 's/.* drops \([0-9]*\) .*/\1/')
	sampling conditions
	echo "$drops $(sed -n 's/^acceptQueue //p' <<<"$REPLY")"
}

# To one sample sock_diag is refused: what /proc/net does not tell stands as it was.
test_once() {
	local drops
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen full "$SERVER4" 81 16
	tell client connect q "$SERVER4" 81 30 nowait
	wait_until 10 has_dropped
	tell client reset q
	sampling_start <<<'condition acceptQueue warning 50 critical 100 hold 1 clear 80'
	sample full
	sleep 1.1
	sample full
	drops=$(ss_drops)
	check "once: a full queue" "$drops critical" "$(drops_and_severity)"
	sampling refused
	check "once: refused" "$drops unknown" "$(drops_and_severity)"
	sample listeners
	check "once: no longer refused" "$drops critical" "$(drops_and_severity)"
}

# --- busy --------------------------------------------------------------------------------

# A slow machine takes fewer samples, and is less busy: else more changes within each sample than
# stands.
SAMPLES=${SAMPLES:-150}
RATE=${RATE:-300} # connections each second, of each of three processes

# Three processes open and close connections as fast as they are told; their ports are used
# again while the old ones are in TIME_WAIT. A small table is read quickly, so that little
# changes meanwhile.
busy_start() {
	local i
	make_own_table 16384
	sysctl_server "ip_local_port_range=30000 30599" tcp_tw_reuse=1
	sockets_start server "${SERVER[@]}"
	for ((i = 0; i < 3; i++)); do
		tell server listen "l$i" "127.0.0.$((1 + i))" 80 1024
		tell server serve "l$i"
		sockets_start "client$i" "${SERVER[@]}"
		ask "client$i" honest "127.0.0.$((1 + i))" 80 "$RATE" 3600
	done
}

# What stays: established ones, CLOSE_WAIT, FIN_WAIT_2 with and without a process.
STANDING=150
stand() {
	local group
	sockets_start standing "${SERVER[@]}"
	tell standing listen l 127.0.0.9 90 1024
	for group in established half orphan; do
		tell standing connect "$group" 127.0.0.9 90 $STANDING
		tell standing accept "a$group" l $STANDING
	done
	tell standing shutdown half
	tell standing close orphan
}

check_watched() { # NAME
	sampling watch "$SAMPLES"
	printf '%s: %s' "$1" "$REPLY"
	check "$1: no count is off by more than what changed" 0 "$(value_of wrong <<<"$REPLY")"
	check_run "$1: connections came and went all the while" \
		test "$(value_of opened <<<"$REPLY")" -ge $((SAMPLES * 10))
}

# To look for owners among all processes of the machine takes time in which more changes.
test_busy() {
	local i
	busy_start
	sampling_start <<<'processes off'
	check_watched "busy"
	stand
	check_watched "busy, and some stand"
	# Otherwise a derivation that forgets CLOSE_WAIT or FIN_WAIT_2 would pass.
	check_run "less changed than stands: the bound tells something" \
		test "$(value_of least_changed <<<"$REPLY")" -lt $STANDING
	sockets_stop sampling
	sampling_start "$BIN/nodiag" <<<'processes off'
	check_watched "sock_diag is refused"
	for ((i = 0; i < 3; i++)); do
		! gone "${PIDS[client$i]}" || fail "client$i has ended" "$(cat "$T/client$i.log")"
	done
}

# The busy part takes all the time that the machine has, and what is still stands for a minute
# only: it comes after. It needs a connection table of its own, which Linux has since 6.1.
side_by_side "$@" -- still refused once
[ $# -gt 0 ] || [ ! -e /proc/sys/net/ipv4/tcp_child_ehash_entries ] || side_by_side -- busy
