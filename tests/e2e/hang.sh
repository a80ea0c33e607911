#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 120 s; plain
# A sampler that hangs: the agent says so and goes on answering, and all end when they are told to.
# (It is stopped as a debugger stops it.)
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2119
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"

is_frozen() {
	grep -q '^frozen$' "$T/freeze.log"
}

freeze() {
	spawn freeze "$BIN/freeze" "$(sampler_pid)"
	wait_until 10 is_frozen || die "the sampler is not stopped" "$(cat "$T/freeze.log")"
}

test_told() {
	local age
	diagnosis_start 'interval 1
detail-interval 1
condition sampling warning 5 critical 15 hold 2'
	next_sample
	check "all is well" normal "$(condition Severity sampling)"
	freeze
	begin
	sleep 4
	check "not yet" normal "$(condition Severity sampling)"
	check_told 20 Raised sampling warning
	check_run "after threshold and hold" test "$SECONDS_TOLD" -ge 6
	check "why" "the sampler gives no samples" "$(varbind Raised sampling ConditionOffender)"
	check "with the threshold of the table" 5 "$(varbind Raised sampling NotificationThreshold)"
	check_told 25 Raised sampling critical
	age=$(get -OQUv TCPSTATE-MIB::tcpStateDetailAge.0)
	check_match "the value is the age in intervals" "^($((age / 1000))|$((age / 1000 - 1)))$" \
		"$(condition Value sampling)"
	check "one GET says so" critical "$(get -OQUv TCPSTATE-MIB::tcpStateWorstSeverity.0)"
	check "it is in the log" 1 "$(log_lines 'CRITICAL sampling')"
	check_raised "nothing else" sampling
	stop freeze
	begin
	check_told 90 Cleared sampling
	check_raised "nothing afterwards"
}

# The whole daemon stands still: afterwards nothing has hung.
test_asleep() {
	diagnosis_start 'interval 1
detail-interval 1
condition sampling warning 3 critical 5 hold 0'
	next_sample
	daemon_signal STOP
	sleep 10
	daemon_signal CONT
	sleep 3
	check "nothing is told" "" "$(traps tcpStateCondition)"
}

test_ends() {
	local begun
	diagnosis_start
	next_sample
	freeze
	begun=${EPOCHREALTIME/./}
	tcpstated_stop
	check "it ends" 0 $?
	check_run "within two seconds" test $((${EPOCHREALTIME/./} - begun)) -lt 2000000
	check "and says why it does so" 1 "$(log_lines 'the sampler does not end: it is killed')"
	stop freeze
}

side_by_side "$@" -- told asleep ends
