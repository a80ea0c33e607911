#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 120 s; plain,sanitizers; quick
# tcpstated --connections against ss: every state, each column, and what a running daemon lists.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/snmp.sh
. "$SRC/tests/e2e/lib/snmp.sh"
# shellcheck source=tests/e2e/lib/states.sh
. "$SRC/tests/e2e/lib/states.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"
require jq python3 ss

CONFIG=$T/tcpstate.conf

connections() { # [STATE] [OPTION...]
	in_server "$BIN/tcpstated" -c "$CONFIG" --connections "$@"
}

# Reads that table: lines "STATE.LOCAL.REMOTE RECVQ SENDQ PID PROGRAM", as the MIB has states and
# addresses.
rows() {
	awk -v veth0="$(zone)" "$AWK_INDEX"'
		NF == 0 { exit }
		$1 == "STATE" { next }
		{
			state = $1
			gsub("_", "-", state)
			sub("ESTABLISHED", "ESTAB", state)
			sub("CLOSED", "UNCONN", state)
			remote = $6 == "-" ? "" : "." index_of($6)
			print state_number(state) "." index_of($5) remote, $7, $8, $4, $3
		}' | by_index
}

# The same by ss. Listening sockets of one address are one row.
ss_rows() { # [EXTENDED-REGEX]
	ss_awk '
		{
			remote = $1 == "LISTEN" ? "" : "." index_of($5)
			pid = program = "-"
			if (match($0, /\(\("[^"]*",pid=[0-9]+/)) {
				split(substr($0, RSTART + 3, RLENGTH - 3), who, /",pid=/)
				program = who[1]
				pid = who[2]
			}
			print state_number($1) "." index_of($4) remote, $2, $3, pid, program
		}' -ap | grep -E "${1:-.}" | by_index
}

same_rows() { # EXTENDED-REGEX STATE
	ss_rows "$1" >"$T/rows.ss"
	connections "$2" | rows >"$T/rows"
	cmp -s "$T/rows.ss" "$T/rows"
}

check_rows() { # NAME EXTENDED-REGEX STATE
	wait_until 5 same_rows "$2" "$3"
	check "$1" "$(<"$T/rows.ss")" "$(<"$T/rows")"
	check_run "$1: there are some" test -s "$T/rows"
}

test_states() {
	local state number=0 name
	: >"$CONFIG"
	namespaces_start
	make_all_states
	for state in "${STATE_NAMES[@]}"; do
		number=$((number + 1))
		case $state in
		CLOSED)
			check "bound ones" "$((${WANT[CLOSED.ipv4]} + ${WANT[CLOSED.ipv6]}))" \
				"$(connections closed | rows | wc -l)"
			;;
		LISTEN)
			check "listening ones: their addresses" "$(ss_rows '^2\.' | cut -d ' ' -f 1 | uniq)" \
				"$(connections listen | rows | cut -d ' ' -f 1)"
			;;
		*) check_rows "$state, by ss" "^$number\." "$state" ;;
		esac
	done
	for name in close-wait CLOSE_WAIT closeWait CloseWAIT; do
		check "$name" "$(ss_rows '^8\.')" "$(connections $name | rows)"
	done
	check "several, and names of ss" "$(ss_rows '^(5|8|11)\.' | wc -l)" \
		"$(connections ESTAB,close-wait,time-wait | rows | wc -l)"
	check "without a state all" "$(ss_table | awk '{ sum += $3 } END { print sum }')" \
		"$(($(connections | grep -vc '^LISTEN ') + $(ss_number -l) - 3))"
	check_match "how many there are" '^33 rows\. A sample of this command.s own\.$' \
		"$(connections fin-wait-2,closing | tail -n 1)"
	check "the longest silent first" sorted "$(connections | awk '
		NF == 0 { exit }
		$1 == "STATE" { next }
		{ age = $2 == "-" ? -1 : $2 }
		$1 == state && age > last { print "not" }
		{ state = $1; last = age }
		END { print "sorted" }')"
	local names="${STATE_NAMES[*]}"
	connections established,nonsense >"$T/out" 2>"$T/err"
	check "a wrong state" 3 $?
	check "is named, with the right ones" \
		"tcpstated: \"nonsense\" is no state; there are ${names// /, }" \
		"$(head -n 1 "$T/err")"
	test_json
}

test_json() {
	connections --json >"$T/json"
	check "as JSON, the same rows" "$(connections | awk 'NF == 0 { exit } { print $1 }' |
		grep -v '^STATE\|^LISTEN' | sort | uniq -c)" \
		"$(jq -r '.connections[].state' "$T/json" | sort | uniq -c)"
	check "listeners" "$(connections listen | rows | wc -l)" "$(jq '.listeners | length' "$T/json")"
	check "whose, and that it is all" "own 0" "$(jq -r '"\(.origin) \(.omitted)"' "$T/json")"
	echo "conn-states all" >"$T/all.conf"
	in_server "$BIN/tcpstated" -c "$T/all.conf" --once --json >"$T/once"
	for member in connections listeners; do
		check "$member have the members of --once --json" \
			"$(jq -c ".${member}[0] | keys" "$T/once")" \
			"$(jq -c ".${member}[0] | keys" "$T/json")"
	done
}

# A row has the ends of a connection as its name: of several it can only show one.
test_same_ends() {
	kernel_shows_bound || return 0
	in_server python3 -c '
import socket, sys
s = [socket.socket() for i in range(3)]
for i in s:
    i.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    i.bind(("127.0.0.1", 77))
print("bound", flush=True)
sys.stdin.read()' < <(sleep 20) >"$T/bound" &
	wait_until 5 grep -q bound "$T/bound"
	check "one of three" "1 row. A sample of this command's own.
Not shown: 2 with the same two ends as one that is." "$(connections closed | tail -n 2)"
	kill $!
}

narrow() { # COLUMNSxROWS: how wide a table gets there
	in_server python3 "$SRC/tests/e2e/lib/terminal.py" "$1" -- "$BIN/tcpstated" \
		-c "$CONFIG" --connections established 2>/dev/null | tr -d '\r'
}

test_widths() {
	: >"$CONFIG"
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen l "$SERVER6" 8080 16
	tell client connect c "$SERVER6" 8080 3
	tell server accept a l 3
	check_match "in a pipe everything" ' RECV-Q +SEND-Q +SERVICE +RETRANS +RTT ms +UID$' \
		"$(connections established)"
	check_match "in a wide window, too" ' UID$' "$(narrow 200x24)"
	check "in a narrower one less" "" "$(narrow 100x24 | grep UID)"
	for size in 120x24 100x24 80x24; do
		check "nothing is wider: $size" "" "$(narrow $size |
			awk -v most="${size%x*}" '/^ESTABLISHED|^STATE/ && length > most')"
	done
	check "all are there" 3 "$(narrow 80x24 | grep -c '^ESTABLISHED ')"
	test_same_ends
}

check_origin() { # NAME WANTED [ARGUMENT...]
	check "$1" "$2" "$(connections "${@:3}" --json | jq -r '"\(.origin) \(.connections | length)"')"
}

test_daemon() {
	: >"$T/none.conf"
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen l "$SERVER4" 8080 64
	tell client connect c "$SERVER4" 8080 30
	tell server accept a l 30
	tell client shutdown c
	tell client connect d "$SERVER4" 8080 7
	tell server accept b l 7
	wait_ss 30 state close-wait
	tables_start "snapshot $T/snmpd/snapshot"
	wait_until 10 is_cell tcpStateCount.3.8 30
	check_origin "what the daemon lists" "daemon 30" close-wait
	check "of the same rows as ss" "$(ss_rows '^8\.')" "$(connections close-wait | rows)"
	check_match "it says so" '^30 rows\. From the running tcpstated, [0-3]\.[0-9] s ago\.$' \
		"$(connections close-wait | tail -n 1)"
	check_origin "what it does not list is looked for" "own 7" established
	check_origin "all, as well" "own 37"
	check_origin "if it is not wanted" "own 30" close-wait --sample
	tcpstated_stop
	tcpstated_start "$SAMPLING"$'\nconn-rows 10\nconn-states all\nsnapshot '"$T/snmpd/snapshot"
	wait_until 10 is_cell tcpStateCount.3.8 30
	check_origin "what it has no room for, too" "own 30" close-wait
	tcpstated_stop
	check_origin "without a daemon" "own 30" close-wait
}

for section in ${1:-states widths daemon}; do
	"test_$section"
	stop_all
done
