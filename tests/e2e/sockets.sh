#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# Is what the other tests stand on true? tests/tools/sockets makes what it says, and the independent
# counts of states.sh agree on it.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

check_tables() { # NAME
	check "$1: ss and sock_diag" "$(want_table)" "$(ss_table)"
	check "$1: /proc/net/tcp and tcp6" "$(want_table | grep -v CLOSED)" \
		"$(proc_table | grep -v CLOSED)"
}

number_of() { # SS-ARGUMENT...: sockets in the server's namespace
	in_server ss -Htn "$@" | wc -l
}

is_number_of() { # NUMBER SS-ARGUMENT...
	local number=$1
	shift
	[ "$(number_of "$@")" = "$number" ]
}

check_number() { # NAME NUMBER SS-ARGUMENT...: it comes to be and is what is told at the end
	local name=$1 number=$2
	shift 2
	wait_until 10 is_number_of "$number" "$@"
	check "$name" "$number" "$(number_of "$@")"
}

test_states() {
	namespaces_start
	check_tables "nothing yet"
	make_all_states
	check_tables "all states"
	check "a single count" "$(want_table | awk '/^CLOSE_WAIT ipv4/ { print $3 }')" \
		"$(ss_count CLOSE_WAIT ipv4)"
	check "a single count of /proc" "$(ss_count SYN_RECV ipv6)" "$(proc_count SYN_RECV ipv6)"
}

test_crowd() {
	namespaces_start
	make_crowd 4 5000 8000 setpriv --reuid=1001
	check_tables "20,000 connections"
	check "their remotes are 250" 250 "$(in_server ss -Htn state established |
		awk '{ sub(":.*", "", $4); print $4 }' | sort -u | wc -l)"
	check "another user has them" "20000" "$(in_server ss -Htne state established |
		grep -c 'uid:1001')"
	for i in 0 1 2 3; do
		tell "client$i" reset c
	done
	check_number "a reset leaves nothing behind" 0 state connected
}

test_syns() {
	local most
	most=$(syn_queue_most 128)
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	sysctl_server tcp_syncookies=1
	tell server listen l :: 80 128
	tell server serve l
	tell client flood "$SERVER4" 80 300 0 "$DEAD4*250+256"
	check_number "a flood fills the SYN queue" "$most" state syn-recv
	check_match "the rest get cookies" "^TcpExtSyncookiesSent +$((300 - most)) " \
		"$(in_server nstat -asz TcpExtSyncookiesSent)"
	tell client honest "$SERVER6" 80 500 2
	check_match "honest connections come through a flood" '^[1-9][0-9]*$' "$REPLY"
	tell server connect s "$DEAD4*300" 80 300 nowait
	check "SYN_SENT to 300 addresses" 300 "$(in_server ss -Htn state syn-sent |
		awk '{ print $4 }' | sort -u | wc -l)"
}

test_close_wait() {
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen leaky "$SERVER4" 80 64
	tell server leak leaky
	tell client connect c "$SERVER4" 80 40
	tell client shutdown c
	check_number "a leak of CLOSE_WAIT" 40 state close-wait sport = :80

	tell server listen l "$SERVER4" 81 64
	tell client connect half "$SERVER4" 81 20
	tell server accept half l 20
	tell client shutdown half
	tell server talk half 50
	tell client drain half
	check_number "half-closed, talking" 20 state close-wait sport = :81
	wait_until 5 talks_on
	check_run "they talk, and the peers listen" talks_on

	tell server listen slow "$SERVER4" 82 2
	tell client connect q "$SERVER4" 82 5 nowait
	wait_until 5 queue_overfull
	check_run "a full accept queue has one more than its limit" queue_overfull
}

queue_overfull() {
	in_server ss -Htln sport = :82 | grep -Eq '^LISTEN 3 +2 '
}

# Each connection has had ten bytes acknowledged, and nothing is waiting.
talks_on() {
	in_server ss -Htni state close-wait sport = :81 | awk '
		match($0, /bytes_acked:[0-9]+/) && substr($0, RSTART + 12, RLENGTH - 12) > 10 { n++ }
		END { exit n != 20 }'
}

test_owners() {
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server name 'a%1b[2J%ff%0a%20b'
	check "a hostile name" $'a\033[2J\xff\n b' "$(cat "/proc/${PIDS[server]}/comm")"
	tell server listen l "$SERVER4" 80 16 reuseport 8
	check "eight sockets share a port" 8 "$(number_of -l sport = :80)"
	tell server listen many "127.1.0.1*1000" 81 16
	check "1,000 listeners" 1000 "$(number_of -l sport = :81)"
	tell server fork 2
	local pids=$REPLY
	for pid in $pids; do
		check "process $pid holds the same sockets" \
			"$(find "/proc/${PIDS[server]}/fd" -lname 'socket:*' | wc -l)" \
			"$(find "/proc/$pid/fd" -lname 'socket:*' | wc -l)"
	done

	sysctl_server "ip_local_port_range=40000 40027"
	tell client listen l "$CLIENT4" 90 4096
	tell client serve l
	tell server connect e "$CLIENT4" 90 100 most
	check "all 28 local ports towards one remote" 28 "$REPLY"

	sockets_stop server
	for pid in $pids; do
		check_run "process $pid ends with the one that made it" wait_until 5 gone "$pid"
	done
}

test_errors() {
	namespaces_start
	sockets_start client "${CLIENT[@]}"
	ask client connect c "$SERVER4" 1 1
	answer client && fail "a refused connection is no success"
	check_match "an error says why" '^error connect c: Connection refused' "$REPLY"
	ask client nonsense
	answer client && fail "an unknown command is no success"
	check_match "an unknown command" '^error no such command: nonsense' "$REPLY"
}

test_nodiag() {
	namespaces_start
	check_match "sock_diag is refused" 'error bound : Operation not permitted' \
		"$(in_server "$BIN/nodiag" "$BIN/sockets" bound </dev/null)"
	check_run "other netlink sockets are not" "${SERVER[@]}" "$BIN/nodiag" ip link
	check_run "and it is not without nodiag" "${SERVER[@]}" "$BIN/sockets" bound
}

test_snmp() {
	namespaces_start
	trapd_start
	snmpd_start
	local uptime=.1.3.6.1.2.1.1.3.0
	check_match "GET" '^[0-9]+$' "$(get -Oqvt "$uptime" 2>/dev/null)"
	check_match "GET by SNMPv3 authPriv" '^[0-9]+$' "$(as_v3 get -Oqvt "$uptime" 2>/dev/null)"
	check "GETNEXT" "$uptime" \
		"$(getnext -Oqn .1.3.6.1.2.1.1.3 2>/dev/null | cut -d ' ' -f 1)"
	check "GETBULK" 3 "$(bulkget -Oqn -Cr3 .1.3.6.1.2.1.1 2>/dev/null | wc -l)"
	check_match "SET is refused" 'noAccess' "$(snmp_set .1.3.6.1.2.1.1.5.0 s x 2>&1)"
	snmpd_freeze
	check_match "a stopped snmpd does not answer" 'Timeout' \
		"$(get -t 0.3 -r 0 "$uptime" 2>&1)"
	snmpd_thaw
	snmpd_kill
	check_match "a killed one neither" 'Timeout' "$(get -t 0.3 -r 0 "$uptime" 2>&1)"
	snmpd_start
	check_match "started again" '^[0-9]+$' "$(get -Oqvt "$uptime" 2>/dev/null)"
	wait_until 5 traps 'SNMP v3, user tester' >/dev/null
	check_run "a trap by SNMPv3" traps 'SNMP v3, user tester'
	check_run "a trap by SNMPv2c" traps "SNMP v2c, community $COMMUNITY"
	check "without privilege" 65534 "$(stat -c %u "/proc/${PIDS[snmpd]}")"
}

# After all others: has a test left a process or a namespace?
test_end() {
	check "no namespace is left" "" "$(ip netns | grep -e "-$$\b")"
	pgrep -P $$ >"$T/left"
	check "no process is left" "" "$(cat "$T/left")"
}

for section in states crowd syns close_wait owners errors nodiag snmp; do
	"test_$section"
	stop_all
done
test_end
