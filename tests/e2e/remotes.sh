#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# tcpStateRemoteTable and tcpStateSpreadTable: exact counts of remotes in the thousands, held
# against ss.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"

# Lines "STATE.ADDRESS COUNT" of all remotes, by ss.
ss_remotes() {
	ss_awk '
		$1 != "LISTEN" {
			remote = index_of($5)
			sub(/[.][0-9]+$/, "", remote)
			count[state_number($1) "." remote]++
		}
		END {
			for (i in count)
				print i, count[i]
		}' -a
}

# Of each state, the N with the most connections, the lower address first. The lines of
# ss_remotes on stdin.
top_remotes() { # N
	sed 's/[.]/ /' | sort -k 1,1n -k 3,3nr -k 2,2V |
		awk -v n="$1" '{ if ($1 != state) seen = 0; state = $1 } ++seen <= n { print $1 "." $2, $3 }' |
		by_index
}

# Lines "STATE NUMBER" of different remotes, zeros included.
spread_remotes() {
	sed 's/[.].*//' | awk '
		{ count[$1]++ }
		END {
			for (i = 1; i <= 11; i++)
				print i, count[i] + 0
		}'
}

table_remotes() {
	column tcpStateRemoteCount | by_index
}

# Thousands of remotes in three states, some of them with many connections.
make_remotes() {
	local port
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen l :: 80 4096
	ask server accept a l 5207
	tell client connect c "$SERVER4" 80 3000 from "$CROWD4*2000"
	tell client connect c "$SERVER4" 80 1500 from "198.18.7.1*30+7"
	tell client connect c "$SERVER4" 80 256 from "$CROWD4*256+256"
	# The first one finds the neighbour.
	tell client connect c "$SERVER6" 80 1
	tell client connect c "$SERVER6" 80 450 from "$CROWD6*40"
	answer server || die "server accepts" "$REPLY"
	tell server listen half "$SERVER4" 81 1024
	ask server accept h half 700
	tell client connect h "$SERVER4" 81 700 from "198.18.9.1*300"
	answer server || die "server accepts" "$REPLY"
	tell client shutdown h
	# A remote in each /24, of more than 5,000 of them.
	for port in 90 91 92; do
		tell server listen "f$port" "$SERVER4" "$port" 4096
		tell client flood "$SERVER4" "$port" 1800 3000 "1.0.0.1*1800+256"
		tell client flood "$SERVER4" "$port" 100 3000 "1.$port.0.1*100+256"
	done
	wait_ss 5700 state syn-recv
	wait_ss 700 state close-wait
	wait_ss 5207 state established
}

check_remotes() { # NAME N
	local all
	all=$(ss_remotes)
	check "$1" "$(top_remotes "$2" <<<"$all")" "$(table_remotes)"
	check "$1: how many different ones" "$(spread_remotes <<<"$all")" \
		"$(column tcpStateSpreadRemotes)"
}

configure() {
	tcpstated_stop
	tcpstated_start "$SAMPLING
$1"
}

make_remotes
tables_start
check_remotes "the top 20 of each state" 20
check_run "there are thousands in SYN_RECV" test "$(cell tcpStateSpreadRemotes.4)" -gt 2000
check_run "and in ESTABLISHED" test "$(cell tcpStateSpreadRemotes.5)" -gt 2000
check "in the order of their index" "$(column tcpStateRemoteCount)" "$(table_remotes)"
configure "remotes 5"
check_remotes "five" 5
configure "remotes 1000"
check_remotes "a thousand" 1000
configure "remotes 0"
check_remotes "none" 0

tell client reset c
wait_ss 0 state established
configure "remotes 20"
check_remotes "a state that nobody is in any more" 20
