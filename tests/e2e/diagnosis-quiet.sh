#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain
# What looks like trouble and is none: a host with all sorts of it, a crawler, a site whose clients
# lose a tenth of their packets. Not a word is sent.
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2119
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"
# shellcheck source=tests/e2e/lib/quiet.sh
. "$SRC/tests/e2e/lib/quiet.sh"

WATCH_S=100 # longer than an age of 60 s, a hold of 30 s and a full sample

# As the guides on the net say, with a service within the range of local ports.
tune_as_guides_say() {
	sysctl_server "ip_local_port_range=1024 65535" tcp_fin_timeout=2 tcp_tw_reuse=1 \
		tcp_max_syn_backlog=8192 tcp_syncookies=1 tcp_keepalive_time=600
	in_server sysctl -qw net.core.somaxconn=4096
}

test_host() {
	quiet_start
	tune_as_guides_say
	daemons_start ""

	# One load balancer has all connections.
	connections balanced 8080 800
	# Half-closed, and the client still sends.
	connections half 8081 200
	tell client talk half 1000
	tell server drain half
	tell server shutdown half
	# A client that does not answer, at a backlog of 1.
	tell server listen small "$SERVER4" 8082 1
	tell client flood "$SERVER4" 8082 1 0 "$DEAD4"
	# Clients that have not sent yet, below half of the backlog.
	tell server listen deferring "$SERVER4" 8083 128 defer 3600
	tell client connect deferred "$SERVER4" 8083 50
	# Noise of the Internet.
	tell server listen public "$SERVER4" 8084 4096
	tell server serve public
	sockets_start noise "${CLIENT[@]}"
	ask noise flood "$SERVER4" 8084 $((WATCH_S * 10)) 10 "$DEAD4*250"

	pause $((WATCH_S / 2))
	check "the half-closed ones" 200 "$(in_server ss -Htn state fin-wait-2 | wc -l)"
	check_run "half-open ones" test "$(in_server ss -Htn state syn-recv | wc -l)" -ge 300
	# A deploy: all are asked to go, and go little by little.
	tell server shutdown balanced
	check "800 are draining" 1000 "$(in_server ss -Htn state fin-wait-2 | wc -l)"
	pause $((WATCH_S / 4))
	tell client close balanced
	finish noise $((WATCH_S / 4))
	check_quiet
}

# 120 new hosts a second. Two SYNs in three get lost: most of the hosts answer a second later or
# more; after eight the crawler gives up.
test_crawler() {
	local second late
	quiet_start
	sysctl_server tcp_max_tw_buckets=65536
	tell server name crawling
	tell client listen hosts 0.0.0.0 80 4096
	tell client serve hosts
	lose 2 3 'tcp flags & (syn | ack) == syn'
	daemons_start ""
	begin
	for ((second = 0; second < WATCH_S; second++)); do
		tell server connect "new$second" "$(crowd_address $((second * 120)))*120" 80 120 nowait
		((second < 8)) || tell server close "new$((second - 8))"
		if ((second == WATCH_S / 2)); then
			late=$(in_server ss -Htno state syn-sent | grep -cE 'timer:\(on,[^,]*,[1-9]')
			check_run "$late SYNs were sent again: more than the floor" test "$late" -ge 100
		fi
		wait_until 5 elapsed $((second + 1))
	done
	check_quiet
}

crowd_address() { # NUMBER
	echo "${CROWD4%.*.*}.$((1 + $1 / 256)).$(($1 % 256))"
}

test_lossy() {
	local i
	quiet_start
	tell server listen site "$SERVER4" 443 1024
	tell server serve site
	connections talking 8080 300
	tell client talk talking 1000
	tell server drain talking
	lose 1 10 'meta l4proto tcp'
	daemons_start ""
	for i in {1..8}; do
		sockets_start "visitor$i" "${CLIENT[@]}"
		ask "visitor$i" honest "$SERVER4" 443 5 "$WATCH_S" from "$CROWD4*250"
	done
	for i in {1..8}; do
		finish "visitor$i" $((i == 1 ? WATCH_S : 0))
		check "visits" $((5 * WATCH_S)) "$REPLY"
	done
	check_run "segments were sent again" test "$(in_server nstat -asz TcpRetransSegs |
		awk '$1 == "TcpRetransSegs" { print $2 }')" -ge 100
	check_quiet
}

side_by_side "$@" -- host crawler lossy
