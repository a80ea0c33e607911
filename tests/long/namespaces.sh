#!/bin/bash
# SPDX-License-Identifier: MIT
# What other network namespaces cost, by hand: the tables of doc/performance.md. As root.
#   cost    a look at 1, 10, 50 and 200 of them, with 1,000 and with 100,000 sockets in all, beside
#           reading /proc/PID/net/tcp and tcp6 of each
#   budget  SECONDS (300) of tcpstated at its default budget, with 100,000 sockets in 50 of them,
#           each of which has traffic: CPU time, and how old a row is
# BUILD=DIRECTORY bash tests/long/namespaces.sh [cost] [budget]
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/../e2e/lib/lib.sh"
# shellcheck source=tests/e2e/lib/snmp.sh
. "$SRC/tests/e2e/lib/snmp.sh"

N=p$$
A_PROCESS=4000 # connections, both ends of each, for limits of 20,000 descriptors

# Namespaces with so many sockets in all, ends of connections but for the listeners.
make_crowd() { # NAMESPACES SOCKETS
	local i j each=$(($2 / $1 / 2)) left some name
	for ((i = 0; i < $1; i++)); do
		name=$(printf '%s-%03d' "$N" "$i")
		make_namespace "$name"
		ip netns exec "$name" sysctl -qw "net.ipv4.ip_local_port_range=1024 65535"
		for ((j = 0, left = each; left > 0; j++, left -= some)); do
			some=$((left < A_PROCESS ? left : A_PROCESS))
			sockets_start "s$i.$j" ip netns exec "$name"
			tell "s$i.$j" listen l 127.0.0.1 $((8000 + j)) 4096
			tell "s$i.$j" connect c 127.0.0.1 $((8000 + j)) "$some" from "127.9.$j.1*100"
			tell "s$i.$j" accept a l "$some"
		done
	done
}

drop_crowd() {
	local name
	sockets_stop "${!SOCKETS_IN[@]}"
	for name in "${NAMESPACES[@]}"; do
		ip netns del "$name"
	done
	NAMESPACES=()
}

cost() {
	local namespaces sockets
	echo "| namespaces | sockets | nothing new, ms | all sampled, ms | /proc read, ms | ratio | ratio |"
	echo "|---|---|---|---|---|---|---|"
	for sockets in ${SIZES:-1000 100000}; do
		for namespaces in ${COUNTS:-1 10 50 200}; do
			make_crowd "$namespaces" "$sockets"
			"$BUILD/tests/bench/namespaces" "$N-*" "$namespaces" ||
				fail "$namespaces namespaces, $sockets sockets"
			drop_crowd
		done
	done
	ok "cost"
}

ages() { # the oldest one, ms
	bulkwalk -OQUv TCPSTATE-MIB::tcpStateNamespaceAge | sort -n | tail -1
}

cpu_ms() { # of the sampler
	awk '{ print ($14 + $15) * 1000 / '"$(getconf CLK_TCK)"' }' "/proc/$(sampler_pid)/stat"
}

budget() {
	local seconds=${SECONDS_OF_BUDGET:-300} i before oldest=0 age end
	make_crowd 50 100000
	make_namespace "$N-host"
	SERVER=(nsenter "--net=/run/netns/$N-host" --)
	snmpd_configure
	snmpd_start
	TCPSTATED_AS=()
	tcpstated_start "namespaces on
		namespace include \"$N-*\"
		cpu-budget 1"
	for i in "${!SOCKETS_IN[@]}"; do
		[[ $i != *.0 ]] || tell "$i" talk c 1000
	done
	sleep 30
	before=$(cpu_ms)
	end=$((SECONDS + seconds))
	while ((SECONDS < end)); do
		age=$(ages)
		((age <= oldest)) || oldest=$age
		sleep 1
	done
	awk -v ms="$(($(cpu_ms) - before))" -v s="$seconds" -v age="$oldest" -v sampled="$(column_count)" \
		'BEGIN { printf "%d namespaces, %d s: the sampler took %.2f %% of a core, the oldest row was %.1f s old\n",
			sampled, s, ms / s / 10, age / 1000 }'
	((oldest < 300000)) && ok "no row was older than five minutes" || fail "the oldest row" "$oldest ms"
	(($(cpu_ms) - before <= seconds * 11)) && ok "the budget was kept" || fail "the budget was kept"
}

column_count() {
	bulkwalk -OQUv TCPSTATE-MIB::tcpStateNamespaceAge | wc -l
}

require_root
[ $# -gt 0 ] || set -- cost budget
for part; do
	"$part"
done
