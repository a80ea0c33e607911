#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain
# Several faults at the same time, as on a bad day: each is told within 30 s of its hold, names who
# does it and not who does something else, and nothing is told besides.
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2119
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"

LATE_S=30 # after the hold
AGE_S=60  # of what counts only when it has lasted so long

hosts_start() { # PROCESS...: namespaces, and processes of these names on the host under test
	local name
	namespaces_start
	sockets_start client "${CLIENT[@]}"
	for name; do
		sockets_start "$name" "${SERVER[@]}"
		tell "$name" name "$name"
	done
}

check_fault() { # CONDITION SEVERITY SECONDS VALUE OFFENDER: the last two as regular expressions
	check_told "$3" Raised "$1" "$2"
	check_match "$1: the value" "^($4)\$" "$(varbind Raised "$1" ConditionValue)"
	check_match "$1: the offender" "^$5" "$(varbind Raised "$1" ConditionOffender)"
}

pid() { # PROCESS
	echo "$1\\[${PIDS[$1]}\\]"
}

# --- peers -------------------------------------------------------------------------------

# Small buffers: what is sent to those who do not read is soon as much as fits.
PEERS=(upstreamSilent peerSilent peerNotReading closingStuck notReading)

test_peers() {
	local name
	hosts_start dialing pooling serving leaving sleeping
	sysctl_server "tcp_wmem=4096 16384 65536"
	sysctl_client "tcp_rmem=4096 16384 65536"
	tell client listen database "$CLIENT4" 5432 256
	tell client serve database
	daemons_start ""

	begin
	connections unread 8081 150 serving
	tell serving fill unread
	connections gone 8082 130 leaving
	tell leaving fill gone
	tell leaving close gone
	connections request 8083 60 sleeping
	tell client send request 100
	tell pooling connect pool "$CLIENT4" 5432 120
	in_client nft add rule inet tcpstate input tcp dport 5432 drop
	tell pooling send pool 100
	tell dialing connect up "$DEAD4" 443 200 nowait

	check_fault upstreamSilent critical $((20 + LATE_S)) 200 \
		"$DEAD4:443, $(pid dialing), 200 of 200\$"
	check_fault peerSilent critical $((20 + LATE_S)) 120 \
		"$CLIENT4:5432, $(pid pooling), 120 of 120\$"
	check_fault closingStuck warning $((15 + 30 + LATE_S)) 130 "$CLIENT4, 130 of 130\$"
	check_fault peerNotReading warning $((AGE_S + 30 + LATE_S)) 150 \
		"$(pid serving), local port 8081, 150 of 150"
	check_fault notReading warning $((AGE_S + 30 + LATE_S)) 60 \
		"$(pid sleeping), local port 8083, 60 of 60"
	check_raised "nothing else" "${PEERS[@]}"

	begin
	tell client reset unread
	tell client reset gone
	tell client reset request
	tell dialing close up
	tell pooling reset pool
	tell sleeping reset request
	for name in "${PEERS[@]}"; do
		check_told $((30 + 15 + LATE_S)) Cleared "$name"
	done
	check_raised "nothing afterwards"
}

# --- processes ---------------------------------------------------------------------------

# A server that stands still for a moment each ten seconds, and each time one client more comes
# than its backlog has room for.
burst() {
	local group=$1
	kill -s STOP "${PIDS[bursting]}"
	tell client connect "$group" "$SERVER4" 8093 3
	tell client connect "$group" "$SERVER4" 8093 1 nowait
	kill -s CONT "${PIDS[bursting]}"
	tell client close "$group"
}

overflows() {
	in_server nstat -asz TcpExtListenOverflows | awk '$1 ~ /Overflows/ { print $2 }'
}

test_processes() {
	local i open
	hosts_start proxying leaking bursting deferring
	sockets_start full "${SERVER[@]}" prlimit --nofile=64:64
	tell full name full
	sysctl_server "ip_local_port_range=40000 40199"
	tell client listen upstream "$CROWD4*4" 80 256
	tell client serve upstream
	tell bursting listen l "$SERVER4" 8093 2
	tell bursting serve l
	tell full listen l "$SERVER4" 8091 128
	tell full serve l
	tell leaking listen l "$SERVER4" 8092 64 keepalive 15
	tell leaking leak l
	tell deferring listen l "$SERVER4" 8094 128 defer 3600
	daemons_start ""

	begin
	tell client connect deferred "$SERVER4" 8094 100
	tell client connect leak "$SERVER4" 8092 40
	tell client shutdown leak
	tell proxying connect up "$CROWD4*4" 80 300 from "$SERVER4" early most
	check "bind() takes each port of the range once" 200 "$REPLY"
	tell client connect full "$SERVER4" 8091 180
	# Each ten seconds, for as long as a rate of a minute needs.
	for i in {0..6}; do
		wait_until 60 elapsed $((i * 10))
		burst "burst$i"
	done
	# More, where the server was still when a SYN was sent again.
	check_run "the kernel counts the overflows" test "$(overflows)" -ge 7

	check_fault synQueue warning $((10 + LATE_S)) 78 \
		"$SERVER4:8094 $(pid deferring), 100 of 128, no flood: TCP_DEFER_ACCEPT"
	check_fault acceptDrops warning $LATE_S "[6-$(overflows)]" "$SERVER4:8093 $(pid bursting)"
	check_fault ephemeralPorts critical $((30 + LATE_S)) 100 \
		"bound on $SERVER4, for all remote addresses, $(pid proxying)"
	open=$(find "/proc/${PIDS[full]}/fd" -mindepth 1 | wc -l)
	check_fault descriptors critical $((30 + LATE_S)) $((open * 100 / 64)) \
		"$(pid full), $open of 64"
	check_fault acceptQueue critical $LATE_S '9[0-9]' \
		"$SERVER4:8091 $(pid full).*, the process is at its limit of descriptors"
	check_fault closeWaitStale warning $((AGE_S + 15 + LATE_S)) 40 \
		"$(pid leaking), local port 8092, 40 of 40"
	check_raised "nothing else" synQueue acceptDrops ephemeralPorts descriptors acceptQueue \
		closeWaitStale
}

side_by_side "$@" -- peers processes
