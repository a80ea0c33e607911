#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# tcpstated as nobody, without any capability: the counts are exact, only whose the sockets of
# others are stays unknown, and the log says so once. Its memory on an ordinary host.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

MEMORY_KB=12288
OTHERS=(setpriv --reuid=1001 --regid=1001 --clear-groups)

# "PORT PID NAME" of each listener.
listeners() {
	bulkwalk -OQn TCPSTATE-MIB::tcpStateListenerProcessId | awk '
		{ n = split($1, arc, "."); print arc[n], $3 }' | sort -n
}

owners_told() {
	(($(log_lines 'no permission to read') > 0))
}

make_listeners() {
	sockets_start own "${SERVER[@]}" "${UNPRIVILEGED[@]}"
	sockets_start other "${SERVER[@]}" "${OTHERS[@]}"
	tell own listen l "$SERVER4" 8001 16
	tell other listen l "$SERVER4" 8002 16
}

test_nobody() {
	tcpstated_start 'interval 1'
	check "it has no capability" 0000000000000000 \
		"$(sed -n 's/^CapEff:\t//p' "/proc/${PIDS[tcpstated]}/status")"
	check "and is nobody" 65534 "$(stat -c %u "/proc/${PIDS[tcpstated]}")"
	make_all_states
	make_listeners
	want LISTEN ipv4 2
	next_sample
	check "the counts are exact" "$(want_table)" "$(walk_states)"
	check "the source" sockDiag "$(get -OQv TCPSTATE-MIB::tcpStateSampleSource.0)"
	wait_until 10 owners_told
	check "its user's processes are known, others' are not" \
		"8001 ${PIDS[own]}"$'\n'"8002 0" "$(listeners | grep -E '^800[12] ')"
	check "it says so once" 1 "$(log_lines 'no permission to read /proc/PID/fd')"
	check_match "and how many there are" '^[1-9][0-9]*$' \
		"$(get -OQUv TCPSTATE-MIB::tcpStateSampleOwnersUnreadable.0)"
	next_sample
	next_sample
	check "and not again" 1 "$(log_lines 'no permission to read')"
	check_memory
	tcpstated_stop
	check "ends with exit code" 0 $?
	sockets_stop server client own other
}

# With some thousand connections, as an ordinary host has.
check_memory() {
	local peak
	make_crowd 1 3000
	next_sample
	bulkwalk -On TCPSTATE-MIB::tcpStateMIB >"$T/walk"
	peak=$(sed -n 's/^VmHWM:\s*\([0-9]*\) kB/\1/p' "/proc/${PIDS[tcpstated]}/status")
	if [ -n "${SANITIZERS:-}" ]; then
		echo "not measured in a build with sanitizers: its memory"
	else
		check_run "peak memory: $peak kB, not above $MEMORY_KB" test "$peak" -le "$MEMORY_KB"
	fi
}

# The same with the privilege that it lacked, so that the test above could fail.
test_root() {
	local TCPSTATED_AS=()
	rm "$T/tcpstated.log"
	make_listeners
	tcpstated_start 'interval 1'
	next_sample
	check "root knows all" "8001 ${PIDS[own]}"$'\n'"8002 ${PIDS[other]}" \
		"$(listeners | grep -E '^800[12] ')"
	check "and says nothing" 0 "$(log_lines 'no permission to read')"
}

namespaces_start
snmpd_start
test_nobody
test_root
