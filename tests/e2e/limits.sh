#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# tcpStateLimitTable and tcpStateCounterTable against the kernel's own figures: sockstat,
# sysctl, nstat; with limits that are reached.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"

NONE="No Such Instance currently exists at this OID"

scene() { # [CONFIGURATION]
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tables_start "${1:-}"
}

# "USAGE of CAPACITY, PERCENT %, by BOUND: DETAIL", all of one sample
limit() { # NAME
	local values
	mapfile -t values < <(get -OQUve \
		"TCPSTATE-MIB::tcpStateLimit"{Usage,Capacity,Percent,Bound,Detail}".$1")
	printf '%s of %s, %s %%, by %s: %s\n' "${values[@]}"
}

is_limit() { # NAME LIMIT
	[ "$(limit "$1")" = "$2" ]
}

check_limit() { # TEXT NAME LIMIT
	wait_until 10 is_limit "$2" "$3"
	check "$1" "$3" "$(limit "$2")"
}

counters() { # NAME...: their sum in the server's namespace
	in_server nstat -asz "$@" | awk '!/^#/ { sum += $2 } END { print sum }'
}

check_overflows() { # TEXT NAME COUNTER...: there are some, as many as the kernel counts
	local name=$1 limit=$2
	shift 2
	wait_until 10 is_cell "tcpStateLimitOverflows.$limit" "$(counters "$@")"
	check "$name" "$(counters "$@")" "$(cell "tcpStateLimitOverflows.$limit")"
	check_run "$name, and there are some" test "$(counters "$@")" -gt 0
}

sockstat() { # FIELD
	awk -v field="$1" '$1 == "TCP:" { for (i = 2; i < NF; i += 2) if ($i == field) print $(i + 1) }'
}

# N connections that the server closes first.
make_time_wait() { # PORT COUNT
	tell server listen "l$1" "$SERVER4" "$1" 256
	tell client connect "c$1" "$SERVER4" "$1" "$2"
	tell server accept "a$1" "l$1" "$2"
	tell server shutdown "a$1"
	tell client eof "c$1"
	tell client close "c$1"
	tell server eof "a$1"
	tell server close "a$1"
}

test_time_wait() {
	scene
	sysctl_server tcp_max_tw_buckets=50
	make_time_wait 80 40
	check_limit "TIME_WAIT" timeWaitBuckets "40 of 50, 80 %, by net.ipv4.tcp_max_tw_buckets: "
	check "as sockstat says" 40 "$(in_server cat /proc/thread-self/net/sockstat | sockstat tw)"
	check "it has not overflowed" 0 "$(cell tcpStateLimitOverflows.timeWaitBuckets)"
	make_time_wait 81 30
	check_limit "TIME_WAIT, full" timeWaitBuckets \
		"$(in_server cat /proc/thread-self/net/sockstat | sockstat tw) of 50, 100 %, by net.ipv4.tcp_max_tw_buckets: "
	check_overflows "what did not fit" timeWaitBuckets TcpExtTCPTimeWaitOverflow
	sysctl_server tcp_max_tw_buckets=5000
	check_cell "another limit is seen" tcpStateLimitCapacity.timeWaitBuckets 5000
	check_cell "percent" tcpStateLimitPercent.timeWaitBuckets 1
	check "the peak stays" 100 "$(cell tcpStateLimitPeakPercent.timeWaitBuckets)"
}

test_ports() {
	local who bound towards="192.0.2.1 towards $CLIENT4"
	scene
	who="sockets[${PIDS[server]}]"
	sysctl_server "ip_local_port_range=40000 40027" ip_local_reserved_ports=40003,40010-40012,50000
	tell client listen l "$CLIENT4" 90 4096
	tell client listen l "$CLIENT4" 91 4096
	tell client serve l
	check_limit "no local port is in use" ephemeralPorts \
		"0 of 24, 0 %, by net.ipv4.ip_local_port_range: "
	tell server connect e "$CLIENT4" 90 100 most
	check "all ports but the reserved ones" 24 "$REPLY"
	check_limit "towards one remote, all" ephemeralPorts \
		"24 of 24, 100 %, by net.ipv4.ip_local_port_range: from $towards:90, $who"
	tell server connect f "$CLIENT4" 91 10
	next_sample
	check_limit "a second remote does not add" ephemeralPorts \
		"24 of 24, 100 %, by net.ipv4.ip_local_port_range: from $towards:90, $who"
	tell server reset e
	check_limit "the fullest is another one" ephemeralPorts \
		"10 of 24, 41 %, by net.ipv4.ip_local_port_range: from $towards:91, $who"

	# What clients of a listener use of the range takes no port from anybody.
	tell server listen h "$SERVER4" 40005 64
	tell client connect h "$SERVER4" 40005 20
	tell server accept h h 20
	next_sample
	check_cell "connections of a listener do not count" tcpStateLimitUsage.ephemeralPorts 10

	# bind() finds what connect() left, but for the listener's own.
	tell server bind b "$SERVER4" 13
	next_sample
	bound="23 of 24, 95 %, by net.ipv4.ip_local_port_range: bound on $SERVER4, for all remote addresses, $who"
	# Linux before 6.8 does not show them.
	kernel_shows_bound ||
		bound="10 of 24, 41 %, by net.ipv4.ip_local_port_range: from $towards:91, $who"
	check_limit "ports that are bound are taken for all remotes" ephemeralPorts "$bound"
	tell server close b
	next_sample

	# Known in the first sample.
	tcpstated_stop
	tcpstated_start "$SAMPLING"
	check "the process is known at once" \
		"10 of 24, 41 %, by net.ipv4.ip_local_port_range: from $towards:91, $who" \
		"$(limit ephemeralPorts)"

	# The kernel is the judge of what tcp_tw_reuse gives back: connect() takes it, but for the one
	# port that a listener has.
	tell client listen lt "$CLIENT4" 92 64
	tell server connect t "$CLIENT4" 92 14
	tell client accept t lt 14
	tell server shutdown t
	tell client eof t
	tell client close t
	tell server eof t
	tell server close t
	check_limit "TIME_WAIT takes ports" ephemeralPorts \
		"14 of 24, 58 %, by net.ipv4.ip_local_port_range: from $towards:92"
	sysctl_server tcp_tw_reuse=1
	check_limit "not where they are used again" ephemeralPorts \
		"10 of 24, 41 %, by net.ipv4.ip_local_port_range: from $towards:91, $who"
	tell server connect u "$CLIENT4" 92 100 most
	check "and so they are" 23 "$REPLY"
}

test_backlogs() {
	local who most
	most=$(syn_queue_most 16)
	scene
	who="sockets[${PIDS[server]}]"
	in_server sysctl -qw net.core.somaxconn=64
	tell server listen most "$SERVER4" 80 1000
	tell server listen own "$SERVER4" 81 8
	tell server listen idle 0.0.0.0 82 16
	tell client connect a "$SERVER4" 81 4
	check_limit "accept queue: a backlog of its own" acceptBacklog \
		"4 of 8, 50 %, by listen() backlog: $SERVER4:81 $who"
	tell client connect b "$SERVER4" 80 90 nowait
	check_limit "accept queue: somaxconn" acceptBacklog \
		"65 of 64, 100 %, by net.core.somaxconn: $SERVER4:80 $who"
	tell client reset b
	check_overflows "connections turned away" acceptBacklog TcpExtListenOverflows

	tell client flood "$SERVER4" 82 4 0 "$DEAD4*4"
	check_limit "SYN queue" synBacklog "4 of 16, 25 %, by listen() backlog: 0.0.0.0:82 $who"
	tell client flood "$SERVER4" 82 60 0 "$DEAD4*60"
	check_limit "SYN queue, full" synBacklog \
		"$most of 16, 100 %, by listen() backlog: 0.0.0.0:82 $who"
	check_overflows "answered with cookies" synBacklog TcpExtTCPReqQFullDoCookies \
		TcpExtTCPReqQFullDrop
}

# Without SYN cookies another limit comes first.
test_no_cookies() {
	local shown
	scene
	sysctl_server tcp_syncookies=0 tcp_max_syn_backlog=32
	tell server listen l "$SERVER4" 80 512
	tell client flood "$SERVER4" 80 100 0 "$DEAD4*100"
	wait_until 10 is_cell tcpStateLimitCapacity.synBacklog 24
	shown=$(ss_number state syn-recv)
	check_limit "SYN queue without cookies" synBacklog \
		"$shown of 24, 100 %, by net.ipv4.tcp_max_syn_backlog: $SERVER4:80 sockets[${PIDS[server]}]"
	check_run "it is full" test "$shown" -ge 24
}

# Lines "NAME VALUE" of these counters, by nstat, which leaves out what is no counter.
nstat_counters() { # NAME...
	in_server nstat -asz | awk -v names="$*" '
		BEGIN {
			n = split(names, list, " ")
			for (i = 1; i <= n; i++)
				wanted[list[i]]
		}
		$1 in wanted { print $1, $2 }' | sort
}

table_counters() {
	bulkwalk -OQUs TCPSTATE-MIB::tcpStateCounterValue |
		sed -n "s/^tcpStateCounterValue\.'\([A-Za-z0-9]*\)' = /\1 /p" | sort
}

same_counters() {
	local names
	names=$(table_counters | cut -d ' ' -f 1)
	# shellcheck disable=SC2086
	[ "$(nstat_counters $names)" = "$(table_counters)" ]
}

test_counters() {
	local names name
	scene "counter TcpExtTCPPureAcks TcpInSegs"
	make_time_wait 80 20
	tell server listen full "$SERVER4" 81 1
	tell client connect f "$SERVER4" 81 10 nowait
	tell server connect dead "$DEAD4*5" 90 5 nowait
	sleep 1.5
	tell client reset f
	tell server reset dead
	tell server listen est "$SERVER4" 82 32
	tell client connect e "$SERVER4" 82 12
	check_run "the counters come to be nstat's" wait_until 10 same_counters
	check "none goes down again" "" "$(table_counters | grep -E '^Tcp(CurrEstab|MaxConn|Rto)')"
	names=$(table_counters | cut -d ' ' -f 1)
	# shellcheck disable=SC2086
	check "they are" "$(nstat_counters $names)" "$(table_counters)"
	check_run "there are more than 20" test "$(wc -l <<<"$names")" -gt 20
	for name in TcpActiveOpens TcpPassiveOpens TcpExtListenOverflows \
		TcpExtListenDrops TcpExtSyncookiesSent TcpExtTCPSynRetrans TcpExtTCPTimeWaitOverflow \
		TcpExtTCPAbortOnMemory TcpExtTCPReqQFullDrop TcpExtTCPReqQFullDoCookies; do
		check_match "$name is there" "^$name$" "$names"
	done
	check_match "one that the configuration names" '^TcpExtTCPPureAcks [1-9]' "$(table_counters)"
	check_match "and another" '^TcpInSegs [1-9]' "$(table_counters)"
	check_match "64 bits" '= Counter64: [0-9]+' \
		"$(get "TCPSTATE-MIB::tcpStateCounterValue.'TcpInSegs'")"
	tcpstated_stop
	tcpstated_start "$SAMPLING"
	check "they are not there without" "" "$(table_counters | grep -E '^(TcpInSegs|TcpExtTCPPureAcks) ')"
}

host_sockstat() { # FIELD
	sockstat "$1" </proc/net/sockstat
}

is_host_sockstat() { # FIELD LIMIT
	[ "$(host_sockstat "$1")" = "$(cell "tcpStateLimitUsage.$2")" ]
}

# What the machine had open while the newest sample was taken: other programs open and close files
# all the time, so the number lies between the least and the most that were seen.
is_file_nr() {
	local used
	while sleep 0.01; do cut -f 1 /proc/sys/fs/file-nr; done >"$T/file-nr" &
	local watcher=$!
	next_sample
	used=$(cell tcpStateLimitUsage.openFiles)
	kill $watcher
	wait $watcher 2>/dev/null
	[ "$(sort -n "$T/file-nr" | head -n 1)" -le "$used" ] &&
		[ "$used" -le "$(sort -n "$T/file-nr" | tail -n 1)" ]
}

latch() { # NUMBER: as Gauge32 has it
	echo "$(($1 < 4294967295 ? $1 : 4294967295))"
}

# What is the machine's, and not the namespace's.
test_machine() {
	scene
	check_run "open files" wait_until 20 is_file_nr
	check "file-max" "$(latch "$(cut -f 3 /proc/sys/fs/file-nr)")" \
		"$(cell tcpStateLimitCapacity.openFiles)"
	check "a namespace has no limit of orphans" "$NONE" "$(cell tcpStateLimitUsage.orphans)"
	check "nor of memory" "$NONE" "$(cell tcpStateLimitUsage.memory)"

	# The machine's own namespace, which must show the orphans of this one.
	tell server listen l "$SERVER4" 80 256
	tell client connect c "$SERVER4" 80 120
	tell server accept a l 120
	mute 80
	tell server close a
	tcpstated_stop
	TCPSTATED_AS=(nsenter "--net=/proc/$$/ns/net" --)
	tcpstated_start "$SAMPLING"
	check_run "orphans are sockstat's" wait_until 20 is_host_sockstat orphan orphans
	check_run "those of all namespaces" test "$(cell tcpStateLimitUsage.orphans)" -ge 120
	check "their limit" "$(cat /proc/sys/net/ipv4/tcp_max_orphans)" \
		"$(cell tcpStateLimitCapacity.orphans)"
	check_run "memory is sockstat's" wait_until 20 is_host_sockstat mem memory
	check "its limit" "$(awk '{ print $3 }' /proc/sys/net/ipv4/tcp_mem)" \
		"$(cell tcpStateLimitCapacity.memory)"
	check_match "it says so" 'whole machine' "$(cell tcpStateLimitDetail.orphans)"
	check_match "it says so" 'whole machine' "$(cell tcpStateLimitDetail.memory)"
}

for section in ${1:-time_wait ports backlogs no_cookies counters machine}; do
	"test_$section"
	stop_all
done
