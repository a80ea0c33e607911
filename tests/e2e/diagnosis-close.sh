#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 300 s; plain
# Programs that do not close, or do not accept, and one that merely looks like it.
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2119
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"

# A server that does not accept: the queue fills, further clients are turned away, the first
# ones give up. Then it goes on.
test_hang() {
	local name
	diagnosis_start
	tell server name hanging
	tell server listen l "$SERVER4" 8080 32
	tell client connect c "$SERVER4" 8080 33
	next_sample # knows the listener's process
	begin
	tell client connect late "$SERVER4" 8080 20 nowait
	check_told 25 Raised acceptDrops
	check_told 25 Raised acceptQueue critical
	begin
	tell client shutdown c
	check_told 45 Raised closeWaitUnaccepted
	for name in acceptDrops acceptQueue closeWaitUnaccepted; do
		check_match "$name names the listener and the process" \
			"^$SERVER4:8080 hanging\[${PIDS[server]}\]" \
			"$(varbind Raised $name ConditionOffender)"
	done
	check_match "how full the queue is" '100|103' "$(varbind Raised acceptQueue ConditionValue)"
	check "how many gave up" 33 "$(varbind Raised closeWaitUnaccepted ConditionValue)"
	check_within "nothing else" acceptDrops acceptQueue closeWaitUnaccepted

	begin
	tell server serve l
	for name in acceptQueue closeWaitUnaccepted; do
		check_told 90 Cleared $name
	done
	# It takes five minutes without any.
	check_within "nothing else afterwards" acceptDrops
}

test_leak() {
	diagnosis_start
	tell server name leaking
	tell server listen l "$SERVER4" 8081 64
	tell server leak l
	tell client connect c "$SERVER4" 8081 40
	begin
	tell client shutdown c
	check_told 100 Raised closeWaitStale warning
	check_run "within 90 s of the leak" test "$SECONDS_TOLD" -le 90
	check "it names the process" "leaking[${PIDS[server]}], local port 8081, 40 of 40" \
		"$(varbind Raised closeWaitStale ConditionOffender)"
	check_raised "nothing else" closeWaitStale
	begin
	sockets_stop server
	check_told 90 Cleared closeWaitStale
	check_raised "nothing afterwards"
}

# 500 connections that the client has closed for its part and on which the server sends on.
test_talk() {
	diagnosis_start
	tell server listen l "$SERVER4" 8082 512
	ask server accept a l 500
	tell client connect c "$SERVER4" 8082 500
	answer server || die "the server accepts" "$REPLY"
	tell client shutdown c
	tell server talk a 1000
	tell client drain c
	pause 100
	check "500 connections in CLOSE_WAIT" 500 \
		"$(get -OQUv TCPSTATE-MIB::tcpStateCount.total.closeWait)"
	check_raised "they raise nothing"
	check "and have raised nothing" "" "$(traps tcpStateCondition)"
}

side_by_side "$@" -- hang leak talk
