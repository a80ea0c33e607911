#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 120 s; plain,sanitizers; quick
# Where sock_diag is refused, as in strict containers, the counts come from /proc/net/tcp and
# are right all the same, but for the state that it does not show.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

shown() {
	grep -v CLOSED
}

namespaces_start
snmpd_start
TCPSTATED_AS+=("$BIN/nodiag")
tcpstated_start 'interval 1'
make_all_states
next_sample
check "the walk has the known numbers" "$(want_table | shown)" "$(walk_states | shown)"
check "/proc/net/tcp and tcp6 have the same" "$(want_table | shown)" "$(proc_table | shown)"
check "the total" "$(want_table | shown | awk '{ n += $3 } END { print n }')" \
	"$(get -OQUv TCPSTATE-MIB::tcpStateSampleSockets.0)"
check "the source" procNet "$(get -OQv TCPSTATE-MIB::tcpStateSampleSource.0)"
check "no error" 0 "$(get -OQUv TCPSTATE-MIB::tcpStateSampleErrors.0)"
check "the listeners" "$(in_server ss -Htln | awk '{ print $4 }' | sort -u | wc -l)" \
	"$(bulkwalk -On TCPSTATE-MIB::tcpStateListenerSockets | wc -l)"
check "one line in the log" 1 "$(log_lines 'sock_diag is refused here')"
check "33 rows" 33 "$(bulkwalk -On TCPSTATE-MIB::tcpStateCount | wc -l)"
tcpstated_stop
check "ends with exit code" 0 $?

# --- other answers than EPERM -------------------------------------------------------------

once() { # ERRNO OPTION...
	in_server "$BIN/nodiag" -e "$1" "$BIN/tcpstated" --once -c "$T/tcpstate.conf" "${@:2}" 2>&1
}

check "refused as an unknown system call" procNet \
	"$(once 38 --json | jq -r .sampler.sampleSource)"

# ENOBUFS is no refusal: there is nothing to serve, and the log says so, once.
check_match "no sample, and why" 'no sample: reading the sockets: No buffer space available' \
	"$(once 105)"
TCPSTATED_AS+=(-e 105)
tcpstated_spawn 'interval 1'
check_run "the log tells that nothing is served" \
	wait_until 10 grep -q 'no sample (reading the sockets: No buffer space' "$T/tcpstated.log"
sleep 3
check "once, though it tries again each second" 1 "$(log_lines 'no sample')"
check "only the one before has served" 1 "$(log_lines 'serving')"
tcpstated_stop
check "it ends with exit code" 0 $?
