#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 300 s; plain
# What runs out, and connections that hang in opening and in closing: each raises its own
# condition and no other that is not true.
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2119
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"

offender() { # CONDITION
	varbind Raised "$1" ConditionOffender
}

# The server closes first.
test_time_wait() {
	local n
	diagnosis_start
	sysctl_server tcp_max_tw_buckets=1000
	connections g 8080 700
	begin
	tell server shutdown g
	tell client eof g
	tell client close g
	tell server eof g
	tell server close g
	check_told 45 Raised timeWait warning
	# As many as the kernel has: where a FIN is late, a reset may take one away.
	n=$(in_server ss -Htn state time-wait | wc -l)
	check "the percentage" $((n / 10)) "$(varbind Raised timeWait ConditionValue)"
	check "it names the remote" "$CLIENT4, $n of $n" "$(offender timeWait)"
	# The limit that was set here is far too low, and that is told as well.
	check_within "nothing else" timeWait tuningHarmful
	check_told 120 Cleared timeWait
	check_within "nothing afterwards" tuningHarmful
}

test_ports() {
	diagnosis_start
	sysctl_server "ip_local_port_range=40000 40099"
	tell server name connecting
	tell client listen l "$CLIENT4" 5432 512
	tell client serve l
	# Another process has a few, whichever the kernel tells last.
	sockets_start beside "${SERVER[@]}"
	tell beside connect g "$CLIENT4" 5432 2
	begin
	tell server connect g "$CLIENT4" 5432 91
	tell beside connect g "$CLIENT4" 5432 2
	check_told 45 Raised ephemeralPorts critical
	check "the percentage" 95 "$(varbind Raised ephemeralPorts ConditionValue)"
	check "it names remote and process" \
		"from $SERVER4 towards $CLIENT4:5432, connecting[${PIDS[server]}]" \
		"$(offender ephemeralPorts)"
	check_raised "nothing else" ephemeralPorts
	begin
	tell server reset g
	check_told 75 Cleared ephemeralPorts
	check_raised "nothing afterwards"
}

# Orphans and memory are the machine's, and only its own network namespace tells their limits:
# the daemons run there, and the trouble is made in other ones. One percent of the limit has to
# do, and whatever else the machine has may raise further conditions.
machine_start() { # LINES OF tcpstate.conf
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	SERVER=()
	daemons_start "$1"
}

test_orphans() {
	local max n
	max=$(cat /proc/sys/net/ipv4/tcp_max_orphans)
	n=$((max / 100 + 50))
	((n <= 20000)) || die "tcp_max_orphans is $max: too many connections for a test"
	machine_start "condition orphans warning 1 critical off"
	connections g 8080 "$n"
	mute 8080
	begin
	tell server close g
	check_told 60 Raised orphans warning
	check_run "the percentage" test "$(varbind Raised orphans ConditionValue)" -ge 1
}

# Bytes that nobody reads.
test_memory() {
	local max n
	read -r _ _ max </proc/sys/net/ipv4/tcp_mem
	n=$((max * 4096 / 100 / 50000 + 20))
	((n <= 4000)) || die "tcp_mem is $max: too much memory for a test"
	machine_start "condition memory warning 1 critical off"
	connections g 8080 "$n"
	begin
	tell client send g 60000
	check_told 60 Raised memory warning
	check_run "the percentage" test "$(varbind Raised memory ConditionValue)" -ge 1
}

# Many to one address are an upstream, many addresses are a scan.
test_fanout() {
	diagnosis_start
	tell server name scanning
	begin
	tell server connect one "$DEAD4" 22 300 nowait
	check_told 35 Raised upstreamSilent critical
	check "300 attempts" 300 "$(varbind Raised upstreamSilent ConditionValue)"
	check "it names the remote and the process" \
		"$DEAD4:22, scanning[${PIDS[server]}], 300 of 300" "$(offender upstreamSilent)"
	check_raised "nothing else" upstreamSilent
	begin
	tell server connect all "$DEAD4*256+256" 22 300 nowait
	check_told 25 Raised synSentFanout warning
	check "the addresses" 256 "$(varbind Raised synSentFanout ConditionValue)"
	check_match "it names the process and the port" \
		"^scanning\[${PIDS[server]}\], remote port 22, 600 of 600" "$(offender synSentFanout)"
	check_raised "nothing else" synSentFanout upstreamSilent
	begin
	tell server close all
	check_told 75 Cleared synSentFanout
	check_raised "nothing afterwards" upstreamSilent
}

test_stuck() {
	diagnosis_start
	connections last 8081 40
	connections closing 8082 50
	connections fin 8083 60
	tell client shutdown last
	tell server eof last
	mute 8081 8082 8083
	begin
	tell server close last
	tell server shutdown closing
	tell client shutdown closing
	tell server shutdown fin
	check_told 60 Raised closingStuck warning
	check "LAST_ACK, CLOSING and FIN_WAIT_1 are counted" 150 \
		"$(varbind Raised closingStuck ConditionValue)"
	check "it names the remote" "$CLIENT4, 150 of 150" "$(offender closingStuck)"
	check_raised "nothing else" closingStuck
	begin
	unmute
	check_told 150 Cleared closingStuck
	check_raised "nothing afterwards"
}

# As many others get data from their peer.
test_half_closed() {
	diagnosis_start
	sysctl_server tcp_fin_timeout=5
	tell server name waiting
	connections silent 8080 120
	connections talking 8081 120
	tell client talk talking 1000
	tell server drain talking
	begin
	tell server shutdown silent
	tell server shutdown talking
	check_told 150 Raised finWait2Stale warning # 60 s, and as long a hold
	check "the talking ones are not counted" 120 \
		"$(varbind Raised finWait2Stale ConditionValue)"
	check "it names the process" "waiting[${PIDS[server]}], local port 8080, 120 of 120" \
		"$(offender finWait2Stale)"
	check_raised "nothing else" finWait2Stale
	begin
	tell client close silent
	check_told 90 Cleared finWait2Stale
	check_raised "nothing afterwards"
}

side_by_side "$@" -- time_wait ports orphans memory fanout stuck half_closed
