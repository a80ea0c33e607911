#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# The main thread answers whatever else goes on: while full samples of many sockets are
# taken, over the pings of the master, and while it waits awake (busy-poll).
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/crowd.sh
. "$SRC/tests/e2e/lib/crowd.sh"

SOCKETS=${SOCKETS:-50000}
CONFIG='interval 1
detail-interval 1
agentx-retry 1
conn-states all
conn-rows 1000000'
OBJECTS=(TCPSTATE-MIB::tcpStateSample{s,Age,Duration}.0)

# --- while samples are taken -------------------------------------------------------------

# One answer: "ASKED ANSWERED SAMPLES AGE DURATION", the first two in microseconds of
# $EPOCHREALTIME.
answer_line() { # OID...
	local asked=${EPOCHREALTIME/./} values
	values=$(MIBS='' get -OQUv -r 0 "$@" | xargs) || return
	echo "$asked ${EPOCHREALTIME/./} $values"
}

# From lines of answer_line: "WORD COUNT" of answers; "late" are those that were asked for and
# came after the next sample had begun and before it ended. Where a sample began is known
# from the ages of its own answers: not later than the answer less the age, not earlier than
# the question less the age. Ages are whole milliseconds.
judge_answers() {
	awk '
		{
			asked[NR] = $1; answered[NR] = $2; sample[NR] = $3
			latest = $2 - $4 * 1000
			earliest = $1 - ($4 + 1) * 1000
			if (!($3 in begun) || latest < begun[$3])
				begun[$3] = latest
			if (!($3 in lasted) || earliest + $5 > lasted[$3])
				lasted[$3] = earliest + $5
			if (NR > 1 && $3 == last && $4 < age || NR > 1 && $3 < last)
				back++
			last = $3
			age = $4
		}
		END {
			for (i = 1; i <= NR; i++)
				for (next_one = sample[i] + 1; next_one <= last; next_one++)
					if (asked[i] > begun[next_one] && next_one in begun &&
					    answered[i] < lasted[next_one])
						within++
			print "answers", NR
			print "back", back + 0
			print "within", within + 0
		}' "$T/answers"
}

judged() { # WORD
	judge_answers | sed -n "s/^$1 //p"
}

test_sampling() {
	local oids lost=0 end
	mapfile -t oids < <(snmptranslate -On "${OBJECTS[@]}" | sed '/^$/d')
	end=$((SECONDS + 30))
	: >"$T/answers"
	# Some seconds, and longer if no answer fell into a sample.
	while ((SECONDS < end - 24 || SECONDS < end && $(judged within) == 0)); do
		answer_line "${oids[@]}" >>"$T/answers" || lost=$((lost + 1))
	done
	check "each GET is answered while samples are taken" 0 "$lost"
	check "the age grows until there is a new sample" 0 "$(judged back)"
	check_run "there were many answers" test "$(judged answers)" -gt 50
	check_run "there were samples meanwhile" test \
		"$(cut -d ' ' -f 3 "$T/answers" | sort -u | wc -l)" -gt 3
	check_run "some were asked and answered within a sample" test "$(judged within)" -gt 0
}

# --- a long walk -------------------------------------------------------------------------
# The master is asked each second whether it lives; its requests come before the answer.

uids_by_ss() { # root's are not shown
	in_server ss -Htne state established state close-wait state fin-wait-2 |
		awk '{ print match($0, / uid:[0-9]+/) ? substr($0, RSTART + 5, RLENGTH - 5) : 0 }' |
		sort | uniq -c
}

uids_by_walk() {
	bulkwalk -OQUv TCPSTATE-MIB::tcpStateConnUid | sort | uniq -c
}

test_walk() {
	local sessions
	sessions=$(log_lines 'snmpd')
	check "a walk of all connections" "$(uids_by_ss)" "$(uids_by_walk)"
	check "the session lasts" "$sessions" "$(log_lines 'snmpd')"
}

# --- system calls ------------------------------------------------------------------------

trace_start() { # SYSTEM-CALL: the agent's, into $T/calls
	rm -f "$T/strace.log"
	spawn strace strace -xx -e "trace=$1" -o "$T/calls" -p "$(agent_pid)"
	wait_until 10 grep -q attached "$T/strace.log" || die "strace" "$(cat "$T/strace.log")"
}

trace_stop() {
	stop strace INT
}

sent() { # TYPE: how many AgentX PDUs of this type (RFC 2741, 6.1)
	grep -cF "\"\\x01\\x$1" "$T/calls"
}

# A cell of a walk takes no more than to be received and sent.
test_calls() {
	local cells
	trace_start read,write,recvfrom,sendto
	cells=$(bulkwalk -OQUv TCPSTATE-MIB::tcpStateTuningStatus | wc -l)
	trace_stop
	check_run "a walk is answered" test "$cells" -gt 50
	check_run "with an AgentX answer for each cell" test "$(sent 12)" -ge "$cells"
	check_run "and none goes through a pipe" test "$(grep -cE '^(read|write)' "$T/calls")" -lt "$cells"
}

# --- busy-poll ---------------------------------------------------------------------------

polls_awake() { # those that did not sleep
	grep -c '^poll(.*, 0)' "$T/calls"
}

poll_with() { # MICROSECONDS
	local before
	before=$(log_lines 'configuration read again')
	tcpstated_configure "$CONFIG"$'\n'"busy-poll $1"
	kill -s HUP "${PIDS[tcpstated]}"
	wait_until 10 eval "((\$(log_lines 'configuration read again') > $before))" ||
		fail "SIGHUP with busy-poll $1"
}

# What it does while it answers: before the last answer, it has waited for that request.
polls_of_requests() {
	trace_start poll
	for _ in 1 2 3; do
		get -OQv TCPSTATE-MIB::tcpStateSamples.0 >/dev/null
	done
	trace_stop
	polls_awake
}

test_busy_poll() {
	poll_with 1000
	trace_start poll
	sleep 3
	trace_stop
	check_run "the main thread polls" grep -q '^poll(' "$T/calls"
	check "who is not asked sleeps" 0 "$(polls_awake)"
	check_run "after an answer it waits awake" test "$(polls_of_requests)" -gt 0
	bulkwalk -OQUv TCPSTATE-MIB::tcpStateConnUid >"$T/walked" &
	poll_with 0
	ok "signals are taken during a walk"
	wait "$!"
	check "and nothing of it is missed" "$SOCKETS" "$(wc -l <"$T/walked")"
	check "busy-poll 0 sleeps at once" 0 "$(polls_of_requests)"
}

# --- the session -------------------------------------------------------------------------

test_registration() {
	trace_start sendto
	snmpd_stop
	snmpd_start
	wait_until 20 tcpstated_sampled || die "tcpstated does not serve again"
	trace_stop
	check "a session is opened" 1 "$(sent 01)"
	check "the whole MIB is registered at once" 1 "$(sent 03)"
}

require strace
make_sockets "$SOCKETS"
snmpd_start
TCPSTATED_AS=()
tcpstated_start "$CONFIG"
test_sampling
test_walk
test_calls
test_busy_poll
test_registration
