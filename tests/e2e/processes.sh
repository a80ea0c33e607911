#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# Who owns the sockets: tcpStateProcessTable and the process columns against ss, /proc and what
# was made.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"

LISTENER4=1.4.$SERVER4
NONE="No Such Instance currently exists at this OID"

scene() { # [CONFIGURATION]
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tables_start "${1:-}"
}

# Lines "PID.STATE COUNT" of the server's sockets, by ss; none of CLOSED, which is not shown.
ss_processes() {
	ss_awk '
		match($0, /pid=[0-9]+/) {
			count[substr($0, RSTART + 4, RLENGTH - 4) "." state_number($1)]++
		}
		END {
			for (i in count)
				print i, count[i]
		}' -ap | by_index
}

table_processes() {
	column tcpStateProcessCount | by_index
}

same_processes() {
	[ "$(ss_processes)" = "$(table_processes)" ]
}

# 60,000 sockets, some half-closed, over twelve processes of four users.
test_crowd() {
	local i expected
	namespaces_start
	for i in 0 1 2 3; do
		crowd_of_user $((1001 + i)) $((3 * i))
	done
	tell client4 shutdown c
	tell client7 shutdown c
	wait_ss 10000 state close-wait
	TCPSTATED_AS=()
	tables_start
	expected=$(for ((i = 0; i < 12; i++)); do
		echo "${PIDS[server$i]}.2 1"
		case $i in
		4 | 7) echo "${PIDS[server$i]}.8 5000" ;;
		*) echo "${PIDS[server$i]}.5 5000" ;;
		esac
	done | by_index)
	check_cell "60,000 sockets are there" tcpStateCount.3.5 50000
	check "every process has its own number" "$expected" "$(table_processes)"
	check "processes with connections" 10 "$(cell tcpStateSpreadProcesses.5)"
	check "processes in CLOSE_WAIT" 2 "$(cell tcpStateSpreadProcesses.8)"
	check "processes that listen" 12 "$(cell tcpStateSpreadProcesses.2)"
	check "nobody is unreadable" 0 "$(cell tcpStateSampleOwnersUnreadable.0)"
	check "each row of a connection has its process" \
		"$(printf '%s\n' "${PIDS[server4]}" "${PIDS[server7]}" | sort |
			sed 's/$/ 5000/')" \
		"$(column tcpStateConnProcessId 8 | cut -d ' ' -f 2 | sort | uniq -c |
			awk '{ print $2, $1 }')"
	check "and its user" "$(printf '%s 5000\n' 1002 1003)" \
		"$(column tcpStateConnUid 8 | cut -d ' ' -f 2 | sort | uniq -c |
			awk '{ print $2, $1 }')"

	expected=$(grep -v "^${PIDS[server7]}\." <<<"$expected")
	sockets_stop server7
	next_sample
	check "a process ends" "$expected" "$(table_processes)"
	flood "$expected"
}

# 20,000 new sockets between two samples: more than may wait for their owners in one.
flood() { # EXPECTED, SO FAR
	local i expected=$1 pid
	daemon_signal STOP
	for i in 0 1 2 3; do
		ask "server$i" accept b l 5000
		ask "client$i" connect d "$SERVER4" $((8000 + i)) 5000 from "$CROWD4*250"
		pid=${PIDS[server$i]}
		expected=${expected/"$pid.5 5000"/"$pid.5 10000"}
	done
	for i in 0 1 2 3; do
		answer "client$i" && answer "server$i" || die "a flood" "$REPLY"
	done
	daemon_signal CONT
	check_cell "20,000 sockets more" tcpStateCount.3.5 70000
	next_sample
	check "and every process has its own number" "$expected" "$(table_processes)"
}

# Three servers with 5,000 connections each, from FIRST on.
crowd_of_user() { # UID FIRST
	local i
	for ((i = $2; i < $2 + 3; i++)); do
		sockets_start "server$i" "${SERVER[@]}" setpriv "--reuid=$1"
		sockets_start "client$i" "${CLIENT[@]}"
		tell "server$i" listen l "$SERVER4" $((8000 + i)) 4096
		ask "server$i" accept a l 5000
		ask "client$i" connect c "$SERVER4" $((8000 + i)) 5000 from "$CROWD4*250"
	done
	for ((i = $2; i < $2 + 3; i++)); do
		answer "client$i" || die "client$i connects" "$REPLY"
		answer "server$i" || die "server$i accepts" "$REPLY"
	done
}

test_names() {
	local pid view
	scene "conn-states all"
	pid=${PIDS[server]}
	tell server listen l "$SERVER4" 80 16
	tell server name 'a%1b[2J%ff%0a%20b'
	check_cell "control bytes and invalid UTF-8" "tcpStateProcessName.$pid.2" 'a?[2J?? b'
	check "in the listener's row" 'a?[2J?? b' "$(cell "tcpStateListenerProcessName.$LISTENER4.80")"
	tell server name 'a%e2%80%aeb%ef%bb%bf%c2%9bc'
	check_cell "what cannot be seen" "tcpStateProcessName.$pid.2" 'a???b?????c'
	for view in --once "--once --json" --prometheus; do
		# shellcheck disable=SC2086
		check_match "$view as well" 'a\?\?\?b\?{5}c' \
			"$(in_server "$BIN/tcpstated" -c "$T/tcpstate.conf" --sample $view)"
	done
	tell server name 'caf%c3%a9'
	check_cell "UTF-8 as it is" "tcpStateProcessName.$pid.2" $'caf\xc3\xa9'

	tell client connect c "$SERVER4" 80 4
	tell client shutdown c
	tell client connect d "$SERVER4" 80 3
	wait_ss 4 state close-wait
	wait_until 10 is_cell tcpStateCount.3.5 3
	check "nobody owns what was not accepted" "$(printf '0\n%.0s' 1 2 3 4 5 6 7)" \
		"$(column tcpStateConnProcessId | cut -d ' ' -f 2)"
	check_match "the summary says so" '^[0-9.]+ no process, silent [0-9]+ s, recvq 1,' \
		"$(column tcpStateConnSummary 8)"
	tell server accept a l 7
	check_cell "accepted: they have an owner" "tcpStateProcessCount.$pid.8" 4
	check "all processes are as ss tells them" "$(ss_processes)" "$(table_processes)"
	check "of each connection, too" "$(printf "$pid\n%.0s" 1 2 3 4 5 6 7)" \
		"$(column tcpStateConnProcessId | cut -d ' ' -f 2)"
}

test_come_and_go() {
	local old pids
	scene
	old=${PIDS[server]}
	tell server listen l "$SERVER4" 80 16
	tell client connect c "$SERVER4" 80 6
	tell server accept a l 6
	check_cell "there" "tcpStateProcessCount.$old.5" 6
	tell server fork 2
	pids=$REPLY
	next_sample
	check "sockets that three processes hold count for the first one" \
		"$old.2 1"$'\n'"$old.5 6" "$(table_processes)"

	sockets_start second "${SERVER[@]}"
	tell second listen l "$SERVER4" 81 16
	tell client connect d "$SERVER4" 81 2
	tell second accept a l 2
	check_cell "a new process" "tcpStateProcessCount.${PIDS[second]}.5" 2
	check "its listener's owner" "${PIDS[second]}" \
		"$(cell "tcpStateListenerProcessId.$LISTENER4.81")"

	sockets_stop server
	check_cell "a process has gone" "tcpStateProcessCount.$old.5" "$NONE"
	for pid in $pids; do
		wait_until 5 gone "$pid"
	done
	next_sample
	check "with all of its sockets" "$(ss_processes)" "$(table_processes)"
	check "its listener, too" "$NONE" "$(cell "tcpStateListenerProcessId.$LISTENER4.80")"
}

# No privilege, other users' processes.
test_unprivileged() {
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen l "$SERVER4" 80 16
	tell client connect c "$SERVER4" 80 6
	tell server accept a l 6
	tell client shutdown c
	snmpd_start
	TCPSTATED_AS=("${UNPRIVILEGED[@]}")
	tcpstated_start "$SAMPLING"
	check "no process is known" "" "$(table_processes)"
	check "6 connections are, with their users" "$(printf '0\n%.0s' 1 2 3 4 5 6)" \
		"$(column tcpStateConnUid 8 | cut -d ' ' -f 2)"
	check_match "a summary says it" '^[0-9.]+ unknown process' \
		"$(column tcpStateConnSummary 8)"
	check_match "how many processes may not be read" '^[1-9]' \
		"$(cell tcpStateSampleOwnersUnreadable.0)"
	check "the log says so once" 1 "$(log_lines 'no permission to read /proc/PID/fd')"
	next_sample
	next_sample
	check "and no more" 1 "$(log_lines 'no permission to read /proc/PID/fd')"

	tcpstated_stop
	TCPSTATED_AS=(setpriv --reuid=65534 --regid=65534 --clear-groups
		"--inh-caps=+sys_ptrace,+dac_read_search"
		"--ambient-caps=+sys_ptrace,+dac_read_search")
	tcpstated_start "$SAMPLING"
	next_sample
	check "two capabilities are enough" "$(ss_processes)" "$(table_processes)"
	check "then nothing is unreadable" 0 "$(cell tcpStateSampleOwnersUnreadable.0)"

	tcpstated_stop
	# shellcheck disable=SC2016
	TCPSTATED_AS=(unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc && exec "$@"' -
		"${UNPRIVILEGED[@]}")
	tcpstated_start "$SAMPLING"
	check "a /proc that hides processes: none is known" "" "$(table_processes)"
	check "hidden ones count as one" 1 "$(cell tcpStateSampleOwnersUnreadable.0)"
}

CGROUP=
cgroup2_mount() {
	awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts
}

test_service() {
	local mount pid
	scene
	pid=${PIDS[server]}
	mount=$(cgroup2_mount)
	CGROUP=$mount/tcpstate-$$.service
	if [ -z "$mount" ] || ! mkdir "$CGROUP" || ! echo "$pid" >"$CGROUP/cgroup.procs"; then
		not_here "the names of services" "no cgroup2 where a cgroup can be made"
		return
	fi
	tell server listen l "$SERVER4" 80 16
	tell client connect c "$SERVER4" 80 6
	tell server accept a l 6
	tell client shutdown c
	check_cell "a listener's service" "tcpStateListenerService.$LISTENER4.80" "tcpstate-$$.service"
	check_cell "a process's" "tcpStateProcessService.$pid.8" "tcpstate-$$.service"
	check "its connections'" "$(printf "tcpstate-$$.service\n%.0s" 1 2 3 4 5 6)" \
		"$(column tcpStateConnService 8 | cut -d ' ' -f 2)"

	# By the sockets' cgroup id, without a look at any process.
	tcpstated_stop
	TCPSTATED_AS=("${UNPRIVILEGED[@]}")
	tcpstated_start "$SAMPLING"
	check "without permission: the service of the connections" \
		"$(printf "tcpstate-$$.service\n%.0s" 1 2 3 4 5 6)" \
		"$(column tcpStateConnService 8 | cut -d ' ' -f 2)"
	check "and of the listener" "0 tcpstate-$$.service" \
		"$(cell "tcpStateListenerProcessId.$LISTENER4.80") $(
			cell "tcpStateListenerService.$LISTENER4.80")"
	check_match "the summary says as much" "unknown process of tcpstate-$$.service" \
		"$(column tcpStateConnSummary 8)"
	sockets_stop server
	wait_until 5 rmdir "$CGROUP" && CGROUP=
}

drop_cgroup() {
	[ -z "$CGROUP" ] || wait_until 5 rmdir "$CGROUP" || fail "a cgroup is left" "$CGROUP"
	CGROUP=
}

for section in ${1:-crowd names come_and_go unprivileged service}; do
	"test_$section"
	stop_all
done
drop_cgroup
