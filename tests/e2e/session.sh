#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 300 s; plain,sanitizers; quick
# What may happen to the AgentX session: snmpd hangs until it takes no more connections, dies
# while it hangs, takes the MIB from somebody else, is asked for more than fits into a PDU.
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2034,SC2119
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"

CONFIG='interval 1
agentx-retry 1'
TCP_PORT=7705

# What the log tells of snmpd, a word a line: away, back, refused, taken, unreachable.
words() { # [DAEMON]
	sed -nE '/net-snmp:/p; s/^.* went away;.*/away/p; s/^.* is back after .*/back/p
		s/^.*refused by snmpd .*another subagent serves it.*/refused/p
		s/^.* takes TCPSTATE-MIB after .*/taken/p; s/^.*cannot reach snmpd.*/unreachable/p' \
		"$T/${1:-tcpstated}.log" | xargs
}

has_words() { # WORDS [DAEMON]
	[ "$(words "${2:-}")" = "$1" ]
}

check_serves() { # NAME
	check_run "$1: it serves" wait_until 30 tcpstated_sampled
}

check_ends() { # NAME
	local STOP_S=5
	tcpstated_stop
	check "$1: ends at SIGTERM with exit code" 0 $?
}

# The newest outage in the log has about the length that it had.
check_lasted() { # NAME SECONDS
	local told
	told=$(sed -n 's/.*is back after \([0-9]*\) s/\1/p' "$T/tcpstated.log" | tail -n 1)
	check_run "$1: away for $2 s, and the log says $told s" test \
		"$told" -ge $(($2 - 8)) -a "$told" -le $(($2 + 3))
}

# Each attempt leaves a connection that snmpd does not accept; the sixth fills the queue, and
# connect() waits.
queue_full() { # SS-OPTION...
	[ "$(in_server ss -Hln "$@" | awk '{ print ($2 ~ /^[0-9]+$/) ? $2 : $3 }')" -gt 5 ]
}

fill_queue() { # NAME SS-OPTION...
	local name=$1
	shift
	check_run "$name: snmpd takes no more connections" wait_until 90 queue_full "$@"
	sleep 3
}

check_reads_again() { # NAME
	kill -s HUP "${PIDS[tcpstated]}"
	check_run "$1: takes SIGHUP" wait_until 5 grep -q 'configuration read again' "$T/tcpstated.log"
}

test_hung() {
	local away
	namespaces_start
	snmpd_start
	tcpstated_start "$CONFIG"
	snmpd_freeze
	wait_until 20 has_words "away"
	away=$SECONDS
	fill_queue hung -x src "$AGENTX"
	check_reads_again hung
	check "hung: one line" "away" "$(words)"
	snmpd_thaw
	wait_until 30 has_words "away back"
	check_lasted "hung, then back" $((SECONDS - away))
	check_serves "hung, then back"
	sleep 5
	check "hung, then back: two lines" "away back" "$(words)"

	snmpd_freeze
	wait_until 20 has_words "away back away"
	fill_queue "hung again" -x src "$AGENTX"
	check_ends "hung again"
	rm "$T/tcpstated.log"
	tcpstated_spawn "$CONFIG"
	wait_until 10 has_words "unreachable"
	check_reads_again "hung from the start"
	snmpd_thaw
	check_serves "hung from the start, then not"
	check "hung from the start, then not: two lines" "unreachable back" "$(words)"
	check_ends "hung from the start, then not"
}

# The same where the master has a port.
test_tcp() {
	namespaces_start
	snmpd_configure
	sed -i "s/^agentXSocket .*/&,tcp:127.0.0.1:$TCP_PORT/" "$T/snmpd.conf"
	snmpd_start
	tcpstated_start "$CONFIG" -x "tcp:127.0.0.1:$TCP_PORT"
	check "a connection to the port" 1 \
		"$(in_server ss -Htn state established "dport = :$TCP_PORT" | wc -l)"
	snmpd_kill
	wait_until 20 has_words "away"
	snmpd_start
	check_serves "killed, then back"
	check "killed, then back: two lines" "away back" "$(words)"
	snmpd_freeze
	wait_until 20 has_words "away back away"
	fill_queue hung -t "sport = :$TCP_PORT"
	check_reads_again hung
	check_ends hung
}

# It dies while tcpstated waits for its answer.
test_killed() {
	local round away expected=()
	namespaces_start
	snmpd_start
	tcpstated_start "$CONFIG"
	for round in 1 2 3; do
		snmpd_freeze
		wait_until 20 has_words "${expected[*]}${expected:+ }away"
		away=$SECONDS
		sleep 14
		snmpd_kill
		snmpd_start
		expected+=(away back)
		wait_until 30 has_words "${expected[*]}"
		check_lasted "round $round" $((SECONDS - away))
		check_serves "round $round"
	done
	sleep 5
	check "two lines a round" "${expected[*]}" "$(words)"
	check "one connection" 1 "$(in_server ss -Hx state established src "$AGENTX" | wc -l)"
	check_ends "three rounds"
}

test_second() {
	namespaces_start
	snmpd_start
	tcpstated_start "$CONFIG"
	spawn second "${SERVER[@]}" "${TCPSTATED_AS[@]}" \
		"$BIN/tcpstated" -f -c "$T/tcpstate.conf" -x "unix:$AGENTX"
	wait_until 20 has_words refused second
	sleep 5
	check "a second one says who serves, once" "refused" "$(words second)"
	check "and the first one nothing" "" "$(words)"
	check_serves "the first one"
	check_ends "the first one"
	check_serves "the second one, without the first"
	check "and says so" "refused taken" "$(words second)"
	stop second
	check "ends at SIGTERM with exit code" 0 $?
}

# --- requests ----------------------------------------------------------------------------

ber() { # TAG HEX
	local len=$((${#2} / 2))
	if ((len < 128)); then
		printf '%s%02x%s' "$1" "$len" "$2"
	else
		printf '%s82%04x%s' "$1" "$len" "$2"
	fi
}

ber_oid() { # .1.3.ARC...
	local arcs arc hex=2b digits
	IFS=. read -ra arcs <<<"${1#.1.3.}"
	for arc in "${arcs[@]}"; do
		digits=$(printf %02x $((arc & 127)))
		while ((arc >>= 7)); do
			digits=$(printf %02x $((arc & 127 | 128)))$digits
		done
		hex+=$digits
	done
	ber 06 "$hex"
}

hex() {
	od -An -v -tx1 | tr -d ' \n'
}

# Nothing in net-snmp asks for more than 128 variables. Prints the answer's error-status, and
# nothing if there is no answer.
ask_many() { # COUNT OID
	local vb vbs
	vb=$(ber 30 "$(ber_oid "$2")0500")
	vbs=$(printf "$vb%.0s" $(seq "$1"))
	ber 30 "020101$(ber 04 "$(printf %s "$COMMUNITY" | hex)")$(ber a0 \
		"02012a020100020100$(ber 30 "$vbs")")" | sed 's/../\\x&/g' >"$T/request"
	# One write, one datagram.
	printf %b "$(<"$T/request")" >"$T/request"
	# shellcheck disable=SC2016
	in_server bash -c 'exec 3<>"/dev/udp/127.0.0.1/$1" && dd bs=65536 <"$2" >&3 &&
		timeout 15 dd bs=65536 count=1 <&3' - "$SNMP_PORT" "$T/request" 2>/dev/null | hex |
		sed -n 's/.*02012a0201\(..\).*/\1/p'
}

# A pause of half a minute: a session that snmpd has closed is not opened again meanwhile.
test_large() {
	local advice
	namespaces_start
	snmpd_start
	tcpstated_start "${CONFIG/retry 1/retry 30}"
	advice=$(snmptranslate -On TCPSTATE-MIB::tcpStateConditionAdvice.closeWaitStale.0)
	check "100 variables" 00 "$(ask_many 100 "$advice")"
	check "what does not fit into an answer is too big" 01 "$(ask_many 500 "$advice")"
	check_run "and the MIB is still there" tcpstated_sampled
	check "nor what does not fit into a request" 01 "$(ask_many 2000 "$advice")"
	check_run "and the MIB is still there" tcpstated_sampled
	check "the session lasts" "" "$(words)"
}

side_by_side "$@" -- hung tcp killed second large
