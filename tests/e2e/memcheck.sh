#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 300 s; plain
# tcpstated under valgrind: all states, a whole walk, a SET, a new configuration, snmpd away
# and back, SIGTERM. No error, and no memory lost.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
require valgrind jq

namespaces_start
snmpd_configure "rwcommunity writer 127.0.0.1"
snmpd_start
# shellcheck disable=SC2054 # valgrind's commas
TCPSTATED_AS+=(valgrind --leak-check=full --show-leak-kinds=definite,indirect,possible
	--errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99
	"--log-file=$T/snmpd/valgrind.%p")
tcpstated_start "interval 1
agentx-retry 1
conn-states all
snapshot $T/snmpd/snapshot" --no-filter
first=${PIDS[tcpstated]}
make_all_states
next_sample
check "its snapshot" daemon "$(in_server "$BIN/tcpstated" --once --json -c "$T/tcpstate.conf" |
	jq -r .origin)"
check "the counts" "$(want_table)" "$(walk_states)"
walk -On TCPSTATE-MIB::tcpStateMIB >"$T/walk"
bulkwalk -On TCPSTATE-MIB::tcpStateMIB >"$T/bulkwalk"
check_run "a whole walk: $(wc -l <"$T/walk") lines" test "$(wc -l <"$T/walk")" -gt 1000
check "GETBULK meets as many" "$(wc -l <"$T/walk")" "$(wc -l <"$T/bulkwalk")"
(
	SNMP_AUTH=(-v2c -c writer)
	snmp_set TCPSTATE-MIB::tcpStateCount.ipv4.listen u 1 >/dev/null 2>&1
)
check_match "no such instance" 'No Such' "$(get .1.3.6.1.4.1.8072.9999.9999.4022.1.2.1.3.7.7)"
tcpstated_configure 'interval 2'
kill -s HUP "${PIDS[tcpstated]}"
wait_until 20 log_lines 'configuration read again' >/dev/null
snmpd_kill
wait_until 20 log_lines 'went away' >/dev/null
snmpd_start
check_run "back" wait_until 30 tcpstated_sampled
# Each in its own time, which valgrind needs for its report; and then the first one, before it has
# started them again.
both_gone() {
	gone "$sampler" && gone "$agent"
}
sampler=$(sampler_pid) agent=$(agent_pid)
kill -s TERM "$sampler" "$agent"
check_run "both end" wait_until 60 both_gone
tcpstated_stop
code=$?
check "valgrind's verdict on the first process" 0 "$code"
for name in tcpstated sampler agent; do
	pid=${!name:-}
	report=$(cat "$T/snmpd/valgrind.${pid:-$first}")
	check_match "no error in the $name" 'ERROR SUMMARY: 0 errors' "$report"
	grep -q 'ERROR SUMMARY: 0 errors' <<<"$report" || printf '%s\n' "$report"
done
