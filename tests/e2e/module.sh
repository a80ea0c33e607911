#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 300 s; plain
# tcpstate_snmp.so inside a real snmpd: the same answers as over AgentX, from the daemon's file.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/snmp.sh
. "$SRC/tests/e2e/lib/snmp.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"
require snmpd ss valgrind

# --- snmpd with the module, and the daemon -------------------------------------------------

FILE=$T/tcpstated/snapshot
export TCPSTATE_SNAPSHOT=$FILE
DLMOD="dlmod tcpstate_snmp $BIN/tcpstate_snmp.so"
BASE=.1.3.6.1.4.1.8072.9999.9999.4022
CONN=$BASE.1.6.1
# One sample, of everything.
ONE="interval 3600
detail-interval 3600
conn-states all
snapshot $FILE"

install -m 644 "$BUILD/.libs/tcpstate_snmp.so" "$BIN/" || die "no module in $BUILD"
daemon_folder tcpstated

module_start() { # [CONFIGURATION OF tcpstated [LINES OF snmpd.conf]]
	namespaces_start
	make_all_states
	snmpd_configure "$DLMOD
${2:-}"
	snmpd_start
	tcpstated_start "${1:-$ONE}"
}

daemon_stops() {
	kill -s STOP "${PIDS[tcpstated]}"
}

daemon_goes_on() {
	kill -s CONT "${PIDS[tcpstated]}"
}

sample_now() { # tcpstated takes a full one
	kill -s HUP "${PIDS[tcpstated]}"
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
	sample_now
	wait_until 10 more_samples "$before" || die "no sample" "$(cat "$T/tcpstated.log")"
}

told() { # EXTENDED-REGEX: how many lines of snmpd's log
	grep -cE -- "$1" "$T/snmpd.log"
}

# --- the same as AgentX --------------------------------------------------------------------

# Every OID, and the values but those that each look at the listeners changes: what is told of the
# sample, counters, conditions, rates.
CHANGING="1\.(2|3|4|7|10|13)\.0|11\.1\.2\.[0-9.]*|13\.1\.(4|8|9|10)\.[0-9.]*|21\.1\.6\.[0-9]*"
steady() {
	sed -E "s/^($BASE\.1\.($CHANGING)) = .*/\1/; s/^(.1.3.6.1.6.3.10.2.1.3.0) = .*/\1/"
}

# What several views show: one without a column, one without tables, one of some rows only.
VIEWS="view column included $BASE
view column excluded $CONN.10
view tables included $BASE
view tables excluded $BASE.1.6
view tables excluded $BASE.1.12
view rows included $CONN.0.5 ff:fb
rocommunity column 127.0.0.1 -V column
rocommunity tables 127.0.0.1 -V tables
rocommunity rows 127.0.0.1 -V rows"

as() { # COMMUNITY COMMAND...
	local SNMP_AUTH=(-v2c -c "$1")
	"${@:2}"
}

as_v1() {
	local SNMP_AUTH=(-v1 -c "$COMMUNITY")
	"$@"
}

# Each way to ask.
ask_all() {
	local community
	bulkwalk -On "$BASE"
	echo "--- GETNEXT"
	walk -On "$CONN"
	echo "--- GETBULK of 3 rows, of 10,000"
	bulkwalk -On -Cr3 "$CONN.10"
	bulkwalk -On -Cr10000 "$BASE.1.12"
	echo "--- columns, two of them once, one that ends, one behind the last"
	bulkget -On -Cn2 -Cr7 "$BASE.1.2.1.3" "$BASE.1.1.1" "$CONN".{8,10,11,17} "$BASE.1.14" "$BASE.1.21.1.6"
	bulkget -On -Cr9 "$BASE.1.14.4" "$BASE.1.21.1.5.9" "$BASE.2" .1.3.6.1.6.3.16.1.5.2.1
	bulkget -On -Cn3 -Cr0 "$BASE.1.2.1.3" "$BASE.1.1.1" "$CONN.8" "$CONN.9"
	echo "--- GETNEXT of several, from before and behind"
	getnext -On .1.3.6.1.4.1.8072 "$BASE" "$CONN.99" "$BASE.1.14.4.0" "$BASE.99"
	echo "--- GET of what is there and what is not"
	get -On "$BASE.1.2.1.3.3.8" "$BASE.1.14.1.0" "$BASE.1.2.1.3.9.9" "$BASE.1.99.0" "$BASE"
	for community in column tables rows; do
		echo "--- the view \"$community\""
		as $community bulkwalk -On "$BASE.1"
		as $community walk -On "$CONN"
		as $community bulkget -On -Cr20 "$CONN".{8,9,10,11}
		as $community get -On "$CONN.10.5.1.4" "$BASE.1.14.1.0"
	done
	echo "--- SNMPv1, which has no Counter64; SNMPv3"
	as_v1 walk -On "$BASE.1.4"
	as_v3 bulkwalk -On "$CONN"
	echo "--- SET"
	as writer snmp_set "$BASE.1.2.1.3.3.8" u 1
}

test_same() {
	module_start "$ONE" "$VIEWS
rwcommunity writer 127.0.0.1"
	sample_anew
	daemon_stops
	ask_all 2>&1 | steady >"$T/module"
	check "snmpd answers by itself" "$(want_table)" "$(walk_states)"
	daemon_goes_on
	snmpd_reload "$VIEWS
rwcommunity writer 127.0.0.1"
	ask_all 2>&1 | steady >"$T/agentx"
	check_run "$(wc -l <"$T/agentx") lines" test "$(wc -l <"$T/agentx")" -gt 5000
	check_match "the view of some rows has some" "^$CONN.17.5" \
		"$(sed -n '/view "rows"/,/SNMPv1/p' "$T/module")"
	check "are the same over AgentX" "$(cat "$T/agentx")" "$(cat "$T/module")"
	snmpd_reload "$DLMOD"
	daemon_stops
	check "and again in snmpd" "$(want_table)" "$(walk_states)"
	daemon_goes_on
	check "tcpstated has nothing to say" 0 "$(log_lines 'refused|cannot reach|went away')"
	check "snmpd: of the time before tcpstated ran" 2 "$(told TCPSTATE-MIB)"
}

# --- a file that changes, or is none -------------------------------------------------------

# Whoever stays connected is in each walk, in order, whatever comes and goes meanwhile.
test_changing() {
	local before walks=0
	module_start "${ONE/3600/1}"
	tell server listen steady "$SERVER4" 9000 512
	ask server accept s steady 200
	tell client connect s "$SERVER4" 9000 200
	answer server || die "server accepts" "$REPLY"
	sample_now
	wait_until 10 all_steady || die "200 connections" "$(conns | wc -l)"
	spawn churn bash -c 'while kill -s HUP "$1"; do sleep 0.1; done' - "${PIDS[tcpstated]}"
	spawn passing "${CLIENT[@]}" bash -c 'while :; do exec 3<>"/dev/tcp/$1/9000"; exec 3>&-; done' \
		- "$SERVER4"
	before=$(samples)
	: >"$T/walks"
	for ((walks = 0; walks < 40; walks++)); do
		conns >"$T/walk"
		grep -c '^[^ ]*\.9000\.1\.4\.[0-9.]* = INTEGER: 5$' "$T/walk" >>"$T/walks"
	done
	check "40 walks meet all 200, in order" "40 200" "$(uniq -c <"$T/walks" | xargs)"
	check_run "while $(($(samples) - before)) samples were taken" more_samples $((before + 30))
	stop churn
	stop passing
}

side_by_side "$@" -- same
