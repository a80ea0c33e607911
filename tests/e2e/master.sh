#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 300 s; plain,sanitizers; quick
# snmpd is absent, stops, dies, hangs, does not let tcpstated in: tcpstated says so in one
# line, serves again as soon as it can, and ends when it is told to, in each situation.
#
#   SHORT  not empty: snmpd hangs for 8 seconds instead of 30
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

CONFIG='interval 1
agentx-retry 1'
WENT='snmpd at ADDRESS went away; trying again every 1 s'
BACK='snmpd is back after N s'
HANG=${SHORT:+8}

# All that the log tells of snmpd. Nothing else may be in it but what is constant.
told() {
	sed -E 's/^tcpstated: //; s/(unix:)[^ ]*/ADDRESS/; s/after [0-9]+ s/after N s/' \
		"$T/tcpstated.log" | grep -vE '^(version|no permission to read)'
}

check_told() { # NAME LINE...
	local name=$1
	shift
	check "$name: the log" "$(printf '%s\n' "$@")" "$(told)"
}

has_told() { # LINE
	told | grep -qxF "$1"
}

check_serves() { # NAME
	wait_until 15 tcpstated_sampled
	check "$1: it serves" 33 "$(bulkwalk -On TCPSTATE-MIB::tcpStateCount | wc -l)"
}

check_ends() { # NAME
	tcpstated_stop
	check "$1: ends at SIGTERM with exit code" 0 $?
	rm -f "$T/tcpstated.log"
}

test_absent() {
	local missing='cannot reach snmpd at ADDRESS (no such socket: snmpd is not running, or has '
	missing+='no "master agentx" line); trying again every 1 s'
	tcpstated_spawn "$CONFIG"
	wait_until 10 has_told "$missing"
	sleep 3
	check_told absent "$missing"
	check_ends absent

	tcpstated_spawn "$CONFIG"
	wait_until 10 has_told "$missing"
	snmpd_start
	check_serves "absent, then there"
	check_told "absent, then there" "$missing" "$BACK"
	check_ends "absent, then there"
}

# Twice, so that it ends in the situation as well.
lose() { # NAME HOW-IT-GOES HOW-IT-COMES-BACK [SECONDS]
	local name=$1 go=$2 come=$3 seconds=${4:-3}
	tcpstated_start "$CONFIG"
	"$go"
	wait_until 15 has_told "$WENT"
	sleep "$seconds"
	check_told "$name" "$WENT"
	"$come"
	check_serves "$name, then back"
	sleep 3
	check_serves "$name, then back, and after a while"
	check_told "$name, then back" "$WENT" "$BACK"
	"$go"
	wait_until 15 has_gone_again
	check_told "$name again" "$WENT" "$BACK" "$WENT"
	check_ends "$name"
	"$come"
}

has_gone_again() {
	[ "$(told | tail -n 1)" = "$WENT" ]
}

thaw() {
	snmpd_thaw
	wait_until 10 snmpd_ready || die "snmpd does not go on" "$(cat "$T/snmpd.log")"
}

test_refused() {
	local refused='cannot reach snmpd at ADDRESS (not permitted: see agentXPerms in snmpd.conf(5)); '
	refused+='trying again every 1 s'
	local TCPSTATED_AS=(setpriv --reuid=1001 --regid=1001 --clear-groups)
	chmod 600 "$AGENTX"
	tcpstated_spawn "$CONFIG"
	wait_until 10 has_told "$refused"
	sleep 3
	check_told "not permitted" "$refused"
	check_ends "not permitted"

	tcpstated_spawn "$CONFIG"
	wait_until 10 has_told "$refused"
	chmod 777 "$AGENTX"
	check_serves "not permitted, then permitted"
	check_told "not permitted, then permitted" "$refused" "$BACK"
	check_ends "not permitted, then permitted"
}

namespaces_start
snmpd_configure
test_absent
lose "restarted" snmpd_stop snmpd_start
lose "killed" snmpd_kill snmpd_start
lose "stopped" snmpd_freeze thaw "${HANG:-30}"
test_refused
