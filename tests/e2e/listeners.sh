#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# tcpStateListenerTable and tcpStateListenerStateTable against ss, on real queues.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"

LISTENER4=1.4.$SERVER4 # index of a listener at the server's address, its port missing
ANY4=1.4.0.0.0.0
ANY6=2.16.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0

scene() {
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tables_start
}

# Sums over the listening sockets of a port: queue, limit, drops.
ss_listener() { # PORT
	in_server ss -Htlnm "sport = :$1" | awk '
		$1 == "LISTEN" { queue += $2; limit += $3 }
		match($0, /,d[0-9]+\)/) { drops += substr($0, RSTART + 2, RLENGTH - 3) }
		END { print queue, limit, drops + 0 }'
}

# The same of our row.
listener() { # INDEX
	echo "$(cell "tcpStateListenerAcceptQueue.$1")" \
		"$(cell "tcpStateListenerAcceptQueueLimit.$1")" "$(cell "tcpStateListenerDrops.$1")"
}

same_listener() { # INDEX PORT
	[ "$(listener "$1")" = "$(ss_listener "$2")" ]
}

check_listener() { # NAME INDEX PORT
	wait_until 10 same_listener "$2" "$3"
	check "$1: queue, limit and drops are those of ss" "$(ss_listener "$3")" "$(listener "$2")"
}

check_rising() { # NAME NUMBER...: none is less than the one before
	local name=$1
	shift
	check "$name" "$*" "$(printf '%s\n' "$@" | sort -n | paste -sd ' ')"
}

test_full() {
	scene
	tell server listen full "$SERVER4" 81 128
	tell client connect q "$SERVER4" 81 200 nowait
	wait_until 10 is_cell "tcpStateListenerAcceptQueue.$LISTENER4.81" 129
	check "full: the queue has one more than its limit" "129 128" \
		"$(listener "$LISTENER4.81" | cut -d ' ' -f 1-2)"
	check "full: 100 %" 100 "$(cell "tcpStateListenerAcceptQueueFullest.$LISTENER4.81")"

	local before after drops=() i
	before=$(ss_listener 81 | cut -d ' ' -f 3)
	for ((i = 0; i < 8; i++)); do
		next_sample
		drops+=("$(cell "tcpStateListenerDrops.$LISTENER4.81")")
	done
	after=$(ss_listener 81 | cut -d ' ' -f 3)
	check_rising "full: the drops rise, between what ss says before and after" \
		"$before" "${drops[@]}" "$after"
	check_run "full: they have risen" test "${drops[0]}" -lt "${drops[7]}"
	tell client reset q
	check_listener "full, the clients gone" "$LISTENER4.81" 81

	tell server listen tiny "$SERVER4" 82 2
	tell client connect t "$SERVER4" 82 5 nowait
	check_cell "tiny: 3 of 2" "tcpStateListenerAcceptQueue.$LISTENER4.82" 3
	check "tiny: 100 %, not more" 100 \
		"$(cell "tcpStateListenerAcceptQueueFullest.$LISTENER4.82")"
	check "its process" "${PIDS[server]} sockets" \
		"$(cell "tcpStateListenerProcessId.$LISTENER4.81") $(
			cell "tcpStateListenerProcessName.$LISTENER4.81")"
	tell server name worker
	check_cell "its new name" "tcpStateListenerProcessName.$LISTENER4.81" worker
}

# Half-open connections to a port whose SYN-ACK has been sent again.
ss_unanswered() { # PORT
	in_server ss -Htno state syn-recv "sport = :$1" | grep -c 'timer:(on,[^,]*,[1-9]'
}

all_unanswered() { # PORT NUMBER
	[ "$(ss_unanswered "$1")" = "$2" ]
}

test_syn_queue() {
	local before shown after most
	most=$(syn_queue_most 100)
	scene
	# The kernel drops half-open connections early where the backlog is half full.
	tell server listen l "$SERVER4" 80 128
	tell server serve l
	tell client flood "$SERVER4" 80 40 0 "$DEAD4*40"
	check_cell "SYN queue" "tcpStateListenerSynQueue.$LISTENER4.80" 40
	wait_until 10 all_unanswered 80 40
	check_cell "all of them unanswered" "tcpStateListenerSynUnanswered.$LISTENER4.80" 40

	tell client flood "$SERVER4" 80 20 0 "198.19.1.1*20"
	before=$(ss_unanswered 80)
	next_sample
	shown=$(cell "tcpStateListenerSynUnanswered.$LISTENER4.80")
	after=$(ss_unanswered 80)
	check_rising "some unanswered, between what ss says before and after" \
		"$before" "$shown" "$after"
	check_cell "SYN queue" "tcpStateListenerSynQueue.$LISTENER4.80" 60
	check "its peak" 60 "$(cell "tcpStateListenerSynQueuePeak.$LISTENER4.80")"
	check "half-open by state" 60 "$(cell "tcpStateListenerStateCount.$LISTENER4.80.4")"

	tell server listen small "$SERVER4" 81 100
	tell client flood "$SERVER4" 81 300 0 "198.19.2.1*250"
	check_cell "a flood fills the SYN queue" "tcpStateListenerSynQueue.$LISTENER4.81" "$most"
	check "its peak" "$most" "$(cell "tcpStateListenerSynQueuePeak.$LISTENER4.81")"
}

# Twelve clients whose first data came with the SYN, which our SYN-ACK does not reach; four of them
# have been accepted.
test_fast_open() {
	local index=$LISTENER4.80
	scene
	in_server sysctl -qw net.ipv4.tcp_fastopen=0x602
	in_client sysctl -qw net.ipv4.tcp_fastopen=0x5
	mute 80
	tell server listen l "$SERVER4" 80 16
	spawn fast-open "${CLIENT[@]}" python3 -c '
import socket, sys, time
sockets = [socket.socket() for i in range(12)]
for s in sockets:
    s.setblocking(False)
    try:
        s.sendto(b"first", socket.MSG_FASTOPEN, (sys.argv[1], 80))
    except BlockingIOError:
        pass
time.sleep(300)' "$SERVER4"
	check_cell "TCP Fast Open: the accept queue has them" "tcpStateListenerAcceptQueue.$index" 12
	tell server accept a l 4
	check_cell "four are accepted" "tcpStateListenerAcceptQueue.$index" 8
	check "half-open by state" 12 "$(cell "tcpStateListenerStateCount.$index.4")"
	check "none is in the SYN queue" 0 "$(cell "tcpStateListenerSynQueue.$index")"
}

# The queue and limit of the socket whose queue is fullest.
ss_fullest() { # PORT
	in_server ss -Htln "sport = :$1" | sort -k 2n | awk 'END { print $2, $3 }'
}

# Without SYN cookies tcp_max_syn_backlog bounds a SYN queue before the backlog does: everybody
# tells the same.
test_syn_limit() {
	local index=$LISTENER4.80 once
	scene
	in_server sysctl -qw net.ipv4.tcp_syncookies=0 net.ipv4.tcp_max_syn_backlog=32
	tell server listen l "$SERVER4" 80 512
	tell client flood "$SERVER4" 80 24 0 "$DEAD4*24"
	check_cell "no cookies: SYN queue" "tcpStateListenerSynQueue.$index" 24
	check "no cookies: the listener" "24 100" \
		"$(cell "tcpStateListenerSynQueueLimit.$index") $(
			cell "tcpStateListenerSynQueuePercent.$index")"
	check "no cookies: the limit" "24 24 100 net.ipv4.tcp_max_syn_backlog" \
		"$(cell tcpStateLimitUsage.synBacklog) $(
			cell tcpStateLimitCapacity.synBacklog) $(
			cell tcpStateLimitPercent.synBacklog) $(
			cell tcpStateLimitBound.synBacklog)"
	check "no cookies: the condition" "100" "$(cell tcpStateConditionValue.synQueue.0)"
	once=$(in_server "$BUILD/tcpstated" --once --json -c /dev/null)
	check "no cookies: JSON" "24 100 100 100" "$(jq -r '[.listeners[] | select(.port == 80) |
		.synQueueLimit, .synQueuePercent] + [.limits[] | select(.limit == "synBacklog") |
		.percent] + [.conditions[] | select(.name == "synQueue") | .value] |
		join(" ")' <<<"$once")"
	check "no cookies: page" "! 24 / 24" "$(in_server "$BUILD/tcpstated" --once \
		-c /dev/null | grep -F "$SERVER4:80" | grep -o '! 24 / 24')"
}

test_reuseport() {
	local index=$LISTENER4.80 drops i
	scene
	# The worker that does not accept is a process of its own.
	sockets_start stalled "${SERVER[@]}"
	for i in 1 2 3 4 5 6 7; do
		tell server listen "w$i" "$SERVER4" 80 16 reuseport 1
		tell server serve "w$i"
	done
	tell stalled listen w8 "$SERVER4" 80 16 reuseport 1
	tell client connect c "$SERVER4" 80 800 nowait from "$CROWD4*200"
	wait_until 10 test "$(ss_fullest 80)" = "17 16"
	check_cell "8 sockets are one row" "tcpStateListenerSockets.$index" 8
	check "there is one row only" "$index 8" "$(column tcpStateListenerSockets)"
	check_cell "the stalled worker shows" "tcpStateListenerAcceptQueueFullest.$index" 100
	check "the sums look well" "17 128" "$(listener "$index" | cut -d ' ' -f 1-2)"
	check "the limit is that one socket's" "17 16 100" \
		"$(cell tcpStateLimitUsage.acceptBacklog) $(
			cell tcpStateLimitCapacity.acceptBacklog) $(
			cell tcpStateLimitPercent.acceptBacklog)"
	check "the process is the lower pid" \
		"$(printf '%s\n' "${PIDS[server]}" "${PIDS[stalled]}" | sort -n | head -n 1)" \
		"$(cell "tcpStateListenerProcessId.$index")"
	check "the fullest socket, and who holds it" "17 16 ${PIDS[stalled]}" \
		"$(cell "tcpStateListenerFullestQueue.$index") $(
			cell "tcpStateListenerFullestLimit.$index") $(
			cell "tcpStateListenerFullestProcessId.$index")"
	check "of the sums" 13 "$(cell "tcpStateListenerAcceptQueuePercent.$index")"
	check "the condition names it" "[${PIDS[stalled]}]" \
		"$(cell tcpStateConditionOffender.acceptQueue.0 | grep -o '\[[0-9]*\]')"
	tell client reset c
	check_listener "the group" "$index" 80
	drops=$(cell "tcpStateListenerDrops.$index")
	check_run "it has dropped" test "$drops" -gt 0

	sockets_stop stalled
	wait_ss 7 -l sport = :80
	check_cell "one of the group closes" "tcpStateListenerSockets.$index" 7
	check_run "what ss tells of the drops goes back" \
		test "$(ss_listener 80 | cut -d ' ' -f 3)" -lt "$drops"
	check "ours do not" "$drops" "$(cell "tcpStateListenerDrops.$index")"
	sockets_stop server
	check_cell "all close" "tcpStateListenerSockets.$index" \
		"No Such Instance currently exists at this OID"
	sockets_start server "${SERVER[@]}"
	tell server listen again "$SERVER4" 80 16
	check_cell "a new one listens there" "tcpStateListenerSockets.$index" 1
	check "its drops go on from there" "$drops" "$(cell "tcpStateListenerDrops.$index")"
}

# Lines "INDEX.STATE COUNT" of all listeners, zeros left out, as the connections' addresses
# and ports assign them.
ss_listener_states() {
	ss_awk '
		$1 == "LISTEN" {
			listens[index_of($4)]
			dual[index_of($4)] = $4 ~ /^\*/
			count[index_of($4) ".2"]++
			next
		}
		{ state[++n] = state_number($1); at[n] = $4 }
		END {
			any6 = address("[::]") "."
			for (i = 1; i <= n; i++) {
				port = at[i]
				sub(/.*:/, "", port)
				own = index_of(at[i])
				any = (own ~ /^1/ ? "1.4.0.0.0.0." : any6) port
				if (!(own in listens))
					own = any
				if (!(own in listens) && own ~ /^1/ && dual[any6 port])
					own = any6 port
				if (own in listens)
					count[own "." state[i]]++
			}
			for (i in count)
				print i, count[i]
		}' -a | by_index
}

same_listener_states() {
	[ "$(ss_listener_states)" = "$(column tcpStateListenerStateCount | grep -v ' 0$' | by_index)" ]
}

test_addresses() {
	local link index
	scene
	ip -n "${NAMESPACES[0]}" addr add 192.0.2.3/24 dev veth0
	tell server listen l4 0.0.0.0 84 64 reuseport 1
	tell server listen l4 "$SERVER4" 84 64 reuseport 1
	tell client connect a "$SERVER4" 84 5
	tell client connect b 192.0.2.3 84 3
	check_cell "the address has its own" "tcpStateListenerStateCount.$LISTENER4.84.5" 5
	check "the wildcard has the others" 3 "$(cell "tcpStateListenerStateCount.$ANY4.84.5")"

	tell server listen l6 :: 85 64
	tell server serve l6
	tell client connect c "$SERVER4" 85 4
	tell client connect d "$SERVER6" 85 6
	check_cell ":: has IPv4 and IPv6" "tcpStateListenerStateCount.$ANY6.85.5" 10
	tell client close c
	check_cell "IPv4 clients close" "tcpStateListenerStateCount.$ANY6.85.5" 6

	tell server listen l6only :: 86 64 v6only
	tell server listen l4only 0.0.0.0 86 64
	tell client connect e "$SERVER4" 86 2
	tell client connect f "$SERVER6" 86 7
	check_cell "v6only has IPv6" "tcpStateListenerStateCount.$ANY6.86.5" 7
	check "IPv4 is with 0.0.0.0" 2 "$(cell "tcpStateListenerStateCount.$ANY4.86.5")"
	tell server listen alone :: 87 64 v6only

	wait_until 10 link_local_ready
	link=$(link_local)
	tell server listen link "$link%veth0" 88 64
	tell client connect g "$link%veth0" 88 3
	index=$(ss_awk '{ print index_of($4) }' -l sport = :88)
	check_match "a link-local listener: ipv6z, 20 octets, its zone" \
		"^4\.20\.254\.128(\.[0-9]+){14}\.0\.0\.0\.$(zone)\.88$" "$index"
	check_cell "it has its connections" "tcpStateListenerStateCount.$index.5" 3

	tell client flood "$SERVER4" 84 9 0 "$DEAD4*9"
	tell client flood "$SERVER6" 85 8 0 "$DEAD6*8"
	tell client flood "$SERVER4" 85 7 0 "$DEAD4*7"
	tell client close e
	tell client shutdown g
	wait_until 10 same_listener_states
	check "every listener's states are as ss tells them" "$(ss_listener_states)" \
		"$(column tcpStateListenerStateCount | grep -v ' 0$' | by_index)"
	check "eleven rows for each listener" $((11 * $(ss_number -l))) \
		"$(column tcpStateListenerStateCount | wc -l)"
}

link_local() {
	ip -n "${NAMESPACES[0]}" -o -6 addr show dev veth0 scope link -tentative |
		awk '{ sub("/.*", "", $4); print $4 }'
}

link_local_ready() {
	[ -n "$(link_local)" ]
}

# Rows "INDEX QUEUE LIMIT".
ss_listeners() {
	ss_awk '{ print index_of($4), $2, $3 }' -l | by_index
}

table_listeners() {
	join <(column tcpStateListenerAcceptQueue | sort) \
		<(column tcpStateListenerAcceptQueueLimit | sort) | by_index
}

test_many() {
	scene
	tell server listen many "127.1.0.1*1000" 81 16
	tell server listen other "127.2.0.1*40+256" 82 7
	check_cell "the last one is there" tcpStateListenerSockets.1.4.127.1.3.232.81 1
	check "1,000 listeners are as ss tells them" "$(ss_listeners)" "$(table_listeners)"
	check "their names are those of ss" "$(in_server ss -Hltn | awk '{ print $4 }' | sort)" \
		"$(column tcpStateListenerName | cut -d ' ' -f 2 | tr -d '"' | sort)"
	check "in the order of their index" "$(column tcpStateListenerSockets | cut -d ' ' -f 1)" \
		"$(column tcpStateListenerSockets | cut -d ' ' -f 1 | by_index)"
	tell server close many
	wait_ss 40 -l
	check_cell "they close" tcpStateListenerSockets.1.4.127.1.3.232.81 \
		"No Such Instance currently exists at this OID"
	check "40 stay" "$(ss_listeners)" "$(table_listeners)"
}

# With samples of connections once a minute only.
test_burst() {
	SAMPLING=$'interval 60\ndetail-interval 60' scene
	tell server listen l "$SERVER4" 80 64
	tell client connect c "$SERVER4" 80 50
	sleep 2
	tell server accept a l 50
	check_cell "the burst is over" "tcpStateListenerAcceptQueue.$LISTENER4.80" 0
	check "its peak shows" 50 "$(cell "tcpStateListenerAcceptQueuePeak.$LISTENER4.80")"
	check "no other sample was taken" 60000 "$(cell tcpStateDetailInterval.0)"
}

for section in ${1:-full syn_queue fast_open syn_limit reuseport addresses many burst}; do
	"test_$section"
	stop_all
done
