#!/bin/bash
# SPDX-License-Identifier: MIT
# Time and memory of samples with every table, against a raw dump of the same sockets that
# throws its data away. Interleaved; the medians of the rounds, and of their ratios.
#
#   SOCKETS  in the namespace (default: "10000 200000")
#   ROUNDS   of each kind (default: 9); RUNS samples in each (default: 5)
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

ROUNDS=${ROUNDS:-9} RUNS=${RUNS:-5}
KINDS="floor requests full fast listeners"
A_PROCESS=10000 # sockets at the most, for limits of 20,000 descriptors

# A namespace with a hash table of its own, as large as the host's, where sockets of other
# namespaces are not walked: net.ipv4.tcp_child_ehash_entries is for the children.
make_own_table() {
	local outer=tcpstate-o-$$ inner=tcpstate-s-$$
	require_root
	make_namespace "$outer"
	SERVER=(nsenter "--net=/run/netns/$outer" --)
	in_server sysctl -qw net.ipv4.tcp_child_ehash_entries="$(
		sysctl -n net.ipv4.tcp_ehash_entries)" || die "needs Linux 6.1"
	in_server ip netns add "$inner" || die "cannot make a network namespace"
	NAMESPACES+=("$inner")
	ip -n "$inner" link set lo up
	SERVER=(nsenter "--net=/run/netns/$inner" --)
}

# Both ends of each connection are in the namespace; each client of 125 talks to one of 20
# servers. One in 40 is half-closed: one end in
# CLOSE_WAIT, one in FIN_WAIT_2; at 200,000 sockets they fill the table of connections.
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

bench() { # KIND
	in_server "$BUILD/tests/bench/sample" "$1" "$RUNS" "$SRC/profiles/modern.conf"
}

value() { # KEY: of the line on stdin
	tr ' ' '\n' | sed -n "s/^$1=//p"
}

median() { # NUMBERS on stdin
	sort -n | awk '{ n[NR] = $1 } END { print n[int((NR + 1) / 2)] }'
}

run_rounds() {
	local round kind line
	rm -f "$T"/r.*
	for ((round = 0; round < ROUNDS; round++)); do
		for kind in $KINDS; do
			line=$(bench "$kind") || die "bench $kind"
			echo "$line" >>"$T/r.$kind"
		done
	done
}

median_of() { # KIND KEY
	value "$2" <"$T/r.$1" | median
}

ratio() { # KIND KEY AGAINST
	paste <(value "$2" <"$T/r.$1") <(value "$2" <"$T/r.$3") |
		awk '{ printf "%.2f\n", $1 / $2 }' | median
}

printf '%s, %s cores, %s\n' "$(uname -sr)" "$(nproc)" "$(date +%F)"
for sockets in ${SOCKETS:-10000 200000}; do
	make_sockets "$sockets"
	run_rounds
	printf '\n%s\n' "$(tail -n 1 "$T/r.full" | sed 's/.*sockets=/sockets=/')"
	printf '%-10s %10s %10s %8s %10s %9s\n' kind 'wall us' 'CPU us' 'to floor' 'requests' 'RSS kB'
	for kind in $KINDS; do
		printf '%-10s %10s %10s %8s %10s %9s\n' "$kind" "$(median_of "$kind" wall_us)" \
			"$(median_of "$kind" cpu_us)" "$(ratio "$kind" cpu_us floor)" \
			"$(ratio "$kind" cpu_us requests)" "$(median_of "$kind" rss_kb)"
	done
	printf 'the first full sample, which finds the owners: %s us\n' \
		"$(median_of full first_wall_us)"
	check "no sample failed at $sockets sockets" 0 "$(median_of full errors)"
	stop_all
done
