# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119,SC2120
# Many real sockets in one namespace, for what is measured: memory here, time in tests/bench.

A_PROCESS=10000 # sockets at the most, for limits of 20,000 descriptors

# A namespace with a hash table of its own, as large as the host's unless it is told, where
# sockets of other namespaces are not walked: net.ipv4.tcp_child_ehash_entries is for the
# children.
make_own_table() { # [BUCKETS]
	local outer=tcpstate-o-$$ inner=tcpstate-s-$$
	require_root
	make_namespace "$outer"
	SERVER=(nsenter "--net=/run/netns/$outer" --)
	in_server sysctl -qw net.ipv4.tcp_child_ehash_entries="${1:-$(
		sysctl -n net.ipv4.tcp_ehash_entries)}" || die "needs Linux 6.1"
	in_server ip netns add "$inner" || die "cannot make a network namespace"
	NAMESPACES+=("$inner")
	ip -n "$inner" link set lo up
	SERVER=(nsenter "--net=/run/netns/$inner" --)
}

# Both ends of each connection are in the namespace; each client of 125 talks to one of the
# servers. One in 40 is half-closed: one end in CLOSE_WAIT, one in FIN_WAIT_2; at 200,000
# sockets they fill the table of connections.
make_sockets() { # COUNT
	local count=$1 i port each=$((A_PROCESS / 2)) left
	make_own_table
	in_server sysctl -qw "net.ipv4.ip_local_port_range=1024 65535"
	for ((i = 0, left = count / 2; left > 0; i++, left -= each)); do
		((each < left)) || each=$left
		port=$((20000 + i))
		sockets_start "s$i" "${SERVER[@]}" setpriv "--reuid=$((1001 + i % 5))"
		tell "s$i" listen l 127.0.0.1 "$port" 4096
		ask "s$i" accept a l "$each"
		sockets_start "c$i" "${SERVER[@]}"
		ask "c$i" connect c 127.0.0.1 "$port" $((each - each / 20)) from "127.9.$i.1*100"
		ask "c$i" connect h 127.0.0.1 "$port" $((each / 20)) from "127.8.$i.1*25"
		ask "c$i" shutdown h
		answer "c$i" && answer "c$i" && answer "c$i" && answer "s$i" || die "sockets" "$REPLY"
	done
}

# COUNT more connections, both ends in the namespace, from the same 50 addresses to the same
# 50 listeners: however many there are, no remote end is new. The first call makes the
# namespace.
make_more() { # COUNT
	local i each=$(($1 / 50))
	((${#NAMESPACES[@]} > 0)) || make_own_table
	for ((i = 0; i < 50; i++)); do
		if [ -z "${PIDS[s$i]:-}" ]; then
			sockets_start "s$i" "${SERVER[@]}"
			sockets_start "c$i" "${SERVER[@]}"
			tell "s$i" listen l 127.0.0.1 $((20000 + i)) 4096
		fi
		ask "s$i" accept a l "$each"
		ask "c$i" connect c 127.0.0.1 $((20000 + i)) "$each" from "127.9.0.1*50"
	done
	for ((i = 0; i < 50; i++)); do
		answer "c$i" && answer "s$i" || die "sockets" "$REPLY"
	done
}
