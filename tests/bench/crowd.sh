# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A growing crowd of real sockets, both ends of each connection, in one namespace with a hash
# table of its own. Nine of ten are ESTABLISHED; the rest is where trouble shows. A fifth is
# IPv6. Listeners and TIME_WAIT come on top.

. "$SRC/tests/e2e/lib/crowd.sh"

BLOCK=36000 # sockets of two processes, 18,000 descriptors each

# Of each family: its share in percent, a server's address, where clients come from, where
# nobody answers. The middle of client addresses is the number of the block.
FAMILIES='
80 192.0.2.1       198.18.%d.1     198.19.0.1
20 2001:db8::1     2001:db8:1:%x:: 2001:db8:2::1
'
SUSPECTS=(CLOSE_WAIT FIN_WAIT_2 SYN_RECV SYN_SENT)
CROWD=0  # sockets made so far
BLOCKS=0 # pairs of processes

# Everything is on lo, but for the packets that nobody answers: the far end drops them, since
# they are not addressed to it.
crowd_begin() {
	local inner outer
	make_own_table
	outer=${NAMESPACES[0]} inner=${NAMESPACES[1]}
	ip -n "$inner" link add name veth0 type veth peer name veth0 netns "$outer" &&
		ip -n "$inner" link set veth0 arp off up && ip -n "$outer" link set veth0 up &&
		ip -n "$inner" route add local 192.0.2.0/24 dev lo &&
		ip -n "$inner" route add local 198.18.0.0/16 dev lo &&
		ip -n "$inner" route add 198.19.0.0/16 dev veth0 &&
		ip -n "$inner" addr add 192.0.2.1/32 dev veth0 &&
		ip -n "$inner" addr add 2001:db8::1/128 dev veth0 nodad &&
		ip -n "$inner" -6 route add local 2001:db8:1::/48 dev lo &&
		ip -n "$inner" -6 route add 2001:db8:2::/48 dev veth0 ||
		die "cannot set up the namespace"
	in_server sysctl -qw net.core.somaxconn=65535 net.ipv6.ip_nonlocal_bind=1
	sysctl_server "ip_local_port_range=1024 65535" tcp_max_syn_backlog=65535 \
		tcp_syncookies=0 tcp_syn_retries=30 tcp_synack_retries=30
	sockets_start passing-server "${SERVER[@]}"
	sockets_start passing-client "${SERVER[@]}"
	tell passing-server listen l 192.0.2.1 7999 16384
	tell passing-server serve l
}

# Asks a pair of processes for COUNT sockets of one family; the answers are still to come.
ask_family() { # BLOCK COUNT SERVER CLIENTS DEAD
	local server=s$1 client=c$1 port=$((8000 + $1)) count=$2 to=$3 from dead=$5 half few pairs
	# shellcheck disable=SC2059
	printf -v from "$4*100" "$1"
	half=$((count / 25)) few=$((count / 100))
	pairs=$(((count - 2 * half - 2 * few) / 2))
	ask "$server" listen "l$to" "$to" "$port" 16384
	answer "$server" || die "sockets $server" "$REPLY"
	ask "$server" accept a "l$to" $((pairs + half))
	ask "$client" connect e "$to" "$port" "$pairs" from "$from"
	ask "$client" connect "h$to" "$to" "$port" "$half" from "$from"
	ask "$client" shutdown "h$to"
	ask "$client" flood "$to" "$port" "$few" 0 "$dead*$few"
	ask "$client" connect n "$dead*$few" "$port" "$few" from "$from" nowait
	ASKED+=("$server" "$client" "$client" "$client" "$client" "$client")
	want ESTABLISHED all $((2 * pairs))
	want CLOSE_WAIT all "$half"
	want FIN_WAIT_2 all "$half"
	want SYN_RECV all "$few"
	want SYN_SENT all "$few"
	want LISTEN all 1
}

ask_block() { # COUNT: a multiple of 500
	local count=$1 share to from dead
	sockets_start "s$BLOCKS" "${SERVER[@]}" setpriv "--reuid=$((1001 + BLOCKS % 5))"
	sockets_start "c$BLOCKS" "${SERVER[@]}"
	while read -r share to from dead; do
		[ -z "$share" ] || ask_family "$BLOCKS" $((count * share / 100)) "$to" "$from" "$dead"
	done <<<"$FAMILIES"
	BLOCKS=$((BLOCKS + 1))
}

crowd_grow() { # TO: sockets in all
	local ASKED=() name left=$(($1 - CROWD)) count
	for (( ; left > 0; left -= count)); do
		count=$((left < BLOCK ? left : BLOCK))
		ask_block "$count"
	done
	for name in "${ASKED[@]}"; do
		answer "$name" || die "sockets $name" "$REPLY"
	done
	CROWD=$1
}

passing_count() { # sockets in TIME_WAIT
	in_server awk '$1 == "TCP:" { print $7 }' /proc/net/sockstat
}

# Short connections, RATE a second for SECONDS: the client's end stays in TIME_WAIT for a
# minute.
ask_passing() { # RATE SECONDS
	ask passing-client honest 192.0.2.1 7999 "$1" "$2" from '198.18.255.1*100'
}

# One in ten more has passed.
passing_fill() {
	local missing
	while missing=$((CROWD / 10 - $(passing_count))) && ((missing > 0)); do
		ask_passing $((missing < 20000 ? missing : 20000)) 1
		answer passing-client || die "short connections" "$REPLY"
	done
}

# The same, for as long as a measurement lasts.
passing_keep() { # SECONDS
	ask_passing $(((CROWD / 10 + 59) / 60)) "$1"
}

# What ss counts in the namespace, "STATE all COUNT" of the states that were made.
crowd_counted() {
	in_server ss -Htan | awk -v states="ESTABLISHED ${SUSPECTS[*]}" '
		{
			sub("ESTAB", "ESTABLISHED", $1)
			gsub("-", "_", $1)
			count[$1]++
		}
		END {
			n = split(states, state, " ")
			for (i = 1; i <= n; i++)
				print state[i], count[state[i]] + 0
		}'
}

crowd_wanted() {
	local state
	for state in ESTABLISHED "${SUSPECTS[@]}"; do
		echo "$state $((${WANT[$state.all]}))"
	done
}

crowd_is_there() {
	[ "$(crowd_wanted)" = "$(crowd_counted)" ]
}
