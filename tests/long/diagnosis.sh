#!/bin/bash
# SPDX-License-Identifier: MIT
# What takes too long for tests/run: an hour, side by side. tests/long/diagnosis.sh SECTION runs one
# of them; MINUTES=N makes each N minutes long at the most.
#
#   noise       10 minutes of 10 SYNs a second from addresses that do not answer: not a word
#   deploy      800 connections are drained while the next process takes over: not a word
#   batch       an idle host, then thousands of connections at once, and idle again: not a word
#   flapping    10 minutes of a queue that fills and empties: told ten times at the most
#   pool        40 connections in CLOSE_WAIT that a pool has not looked at for a quarter of an hour,
#               then the daemon starts: not a word
#   handshakes  half an hour of 2000 handshakes a second: not a word
#   hour        an hour of noise, visitors and a load balancer: not a word
set -u
SRC=${SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${BUILD:-$SRC/build}
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2119
. "$SRC/tests/e2e/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"
# shellcheck source=tests/e2e/lib/quiet.sh
. "$SRC/tests/e2e/lib/quiet.sh"

minutes() { # MINUTES: in seconds, cut to what the caller wants
	local most=${MINUTES:-60}
	echo $((60 * ($1 < most ? $1 : most)))
}

site_start() { # PORT: a server that serves
	tell server listen site "$SERVER4" "$1" 4096
	tell server serve site
	daemons_start ""
}

test_noise() {
	local seconds
	seconds=$(minutes 10)
	quiet_start
	site_start 443
	ask client flood "$SERVER4" 443 $((seconds * 10)) 10 "$DEAD4*250"
	finish client "$seconds"
	check_run "half-open ones" test "$(in_server ss -Htn state syn-recv | wc -l)" -ge 300
	check_quiet
}

# Forty groups of 20 are asked to go, one a second; their clients go two seconds later and come back
# to the next process.
test_deploy() {
	local i
	quiet_start
	sockets_start next "${SERVER[@]}"
	daemons_start ""
	tell server listen l "$SERVER4" 8080 1024
	for ((i = 0; i < 40; i++)); do
		ask server accept "old$i" l 20
		tell client connect "old$i" "$SERVER4" 8080 20
		answer server || die "the server accepts" "$REPLY"
	done
	pause 60
	tell server close l
	tell next listen l "$SERVER4" 8080 1024
	tell next serve l
	begin
	for ((i = 0; i < 42; i++)); do
		((i >= 40)) || tell server shutdown "old$i"
		wait_until 5 elapsed "$i"
		((i >= 2)) || continue
		tell client close "old$((i - 2))"
		tell server close "old$((i - 2))"
		tell client connect new "$SERVER4" 8080 20
	done
	pause 120
	check "all are with the next process" 800 "$(in_server ss -Htn state established \
		'( sport = :8080 )' | wc -l)"
	check_quiet
}

test_batch() {
	local i
	quiet_start
	tell client listen database "$CLIENT4" 5432 4096
	tell client serve database
	site_start 443
	pause "$(minutes 10)"
	for i in 1 2 3 4 5; do
		tell server connect "job$i" "$CLIENT4" 5432 3000
		pause 5
		tell server close "job$i"
		tell client connect "report$i" "$SERVER4" 443 1000
		pause 5
		tell client close "report$i"
	done
	pause 120
	check_quiet
}

test_flapping() {
	local i told passed=0
	quiet_start
	tell server listen site "$SERVER4" 443 32
	tell server serve site
	daemons_start "condition acceptQueue warning 50 critical 90 hold 1"
	begin
	for ((i = 0; passed < $(minutes 10); i++)); do
		kill -s STOP "${PIDS[server]}"
		tell client connect "wave$i" "$SERVER4" 443 25
		pause 8
		kill -s CONT "${PIDS[server]}"
		tell client close "wave$i"
		pause 8
		passed=$(((${EPOCHREALTIME/./} - SINCE) / 1000000))
	done
	told=$(traps 'SNMP v2c,.*tcpStateConditionName[^\t]*acceptQueue' | wc -l)
	check_run "$i waves are told: $told times" test "$told" -ge 2
	check_run "and ten times at the most" test "$told" -le 10
	check_match "which says that it flaps" 'flaps' "$(traps)$(cat "$T/tcpstated.log")"
}

test_pool() {
	quiet_start
	tell client listen database "$CLIENT4" 5432 64
	tell server connect pool "$CLIENT4" 5432 40
	tell client accept database database 40
	tell client shutdown database
	pause "$(minutes 17)"
	daemons_start ""
	pause 120
	check "the pool is in CLOSE_WAIT" 40 "$(in_server ss -Htn state close-wait | wc -l)"
	check_quiet
}

test_handshakes() {
	local seconds visitor
	seconds=$(minutes 30)
	quiet_start
	site_start 443
	for visitor in visitor1 visitor2; do
		sockets_start $visitor "${CLIENT[@]}"
		ask $visitor honest "$SERVER4" 443 1000 "$seconds" from "$CROWD4*250"
	done
	pause "$seconds"
	for visitor in visitor1 visitor2; do
		finish $visitor 0
		check "$visitor's handshakes" $((1000 * seconds)) "$REPLY"
	done
	check_quiet
}

# Noise, visitors, one load balancer.
test_hour() {
	local seconds
	seconds=$(minutes 60)
	quiet_start
	connections balanced 8080 500
	tell client talk balanced 10000
	tell server drain balanced
	site_start 443
	sockets_start noise "${CLIENT[@]}"
	sockets_start visitor "${CLIENT[@]}"
	ask noise flood "$SERVER4" 443 "$seconds" 1 "$DEAD4*250"
	ask visitor honest "$SERVER4" 443 20 "$seconds" from "$CROWD4*250"
	finish noise "$seconds"
	finish visitor 0
	check_quiet
}

side_by_side "$@" -- noise deploy batch flapping pool handshakes hour
