#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# tcpstate_snmp.so inside a real snmpd: the same answers as over AgentX, from the daemon's file.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/snmp.sh
. "$SRC/tests/e2e/lib/snmp.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"
require snmpd ss

FILE=$T/tcpstated/snapshot
MODULE=$BIN/tcpstate_snmp.so
DLMOD="dlmod tcpstate_snmp $MODULE"
BASE=.1.3.6.1.4.1.8072.9999.9999.4022
CONN=$BASE.1.6.1
# One sample, of everything.
ONE="interval 3600
detail-interval 3600
conn-states all
snapshot $FILE"

cp "$BUILD/.libs/tcpstate_snmp.so" "$BIN/" || die "no module in $BUILD"
chmod a+r "$MODULE"
daemon_folder tcpstated
SNMPD_AS+=(env "TCPSTATE_SNAPSHOT=$FILE")

# Every OID, and the values but those that each look at the listeners changes: what is told of the
# sample, counters, conditions, rates.
CHANGING="1\\.(2|3|4|7|10|13)\\.0|11\\.1\\.2\\.[0-9.]*|13\\.1\\.(4|8|9|10)\\.[0-9.]*|21\\.1\\.6\\.[0-9]*"
whole() {
	bulkwalk -On "$BASE" | sed -E "s/^($BASE\.1\.($CHANGING)) = .*/\1/"
}

daemon_stops() {
	kill -s STOP "${PIDS[tcpstated]}"
}

daemon_goes_on() {
	kill -s CONT "${PIDS[tcpstated]}"
}

samples() {
	get -OQUv TCPSTATE-MIB::tcpStateSamples.0
}

more_samples() { # THAN
	(($(samples) > $1))
}

# One more full sample, which the file has as well. It is not the first: that has no rates.
sample_anew() {
	local before
	sleep 1.2
	before=$(samples)
	kill -s HUP "${PIDS[tcpstated]}"
	wait_until 10 more_samples "$before" || die "no sample" "$(cat "$T/tcpstated.log")"
}

test_same() {
	namespaces_start
	make_all_states
	snmpd_configure "$DLMOD"
	snmpd_start
	tcpstated_start "$ONE"
	sample_anew
	daemon_stops
	whole >"$T/module"
	check "snmpd answers by itself" "$(want_table)" "$(walk_states)"
	walk -On "$CONN" >"$T/next"
	check "GETNEXT and GETBULK" "$(cat "$T/next")" "$(bulkwalk -On "$CONN")"
	check "GETBULK of 3 rows at a time" "$(cat "$T/next")" "$(bulkwalk -On -Cr3 "$CONN")"
	daemon_goes_on
	snmpd_reload ""
	whole >"$T/agentx"
	check_run "a walk of $(wc -l <"$T/agentx") values" test "$(wc -l <"$T/agentx")" -gt 1000
	check "is the same over AgentX" "$(cat "$T/agentx")" "$(cat "$T/module")"
	snmpd_reload "$DLMOD"
	daemon_stops
	check "and in snmpd again" "$(cat "$T/agentx")" "$(whole)"
	daemon_goes_on
	check "tcpstated has nothing to say" 0 "$(log_lines 'refused|cannot reach|went away')"
}

side_by_side "$@" -- same
