#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 400 s; plain,sanitizers
# Notifications from the condition to snmptrapd: what stands in them, that each change is
# told exactly once whatever happens to snmpd, and how often one may be told.
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2119
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"

CONFIG="$CONFIG
interval 1
detail-interval 1
agentx-retry 1"

# stateCount of a state as it stands in varbinds: its row and its name.
LISTENING=stateCount.LISTEN

listeners() { # COUNT PORT: further ones
	tell server listen "l$2" "127.1.0.1*$1" "$2" 16
}

# "OBJECT = VALUE" for each varbind of ours.
varbinds() { # TRAP
	tr '\t' '\n' <<<"$1" | sed -nE 's/^TCPSTATE-MIB::([^ ]+) = [A-Za-z0-9-]+: /\1 = /p' |
		tr -d '"'
}

check_once() { # NAME EVENT CONDITION [SEVERITY]: by each version, and stays so
	local name=$1 version
	shift
	wait_until 20 is_told "$@"
	sleep 3
	for version in v2c v3; do
		check "$name, $version" 1 "$(told $version "$@" | wc -l)"
	done
}

test_words() {
	local trap version expected
	namespaces_start
	sockets_start server "${SERVER[@]}"
	TRAP_PORT=$(free_udp_port)
	daemons_start 'state LISTEN warning 4 critical 8 hold 0' \
		"informsink 127.0.0.1:$TRAP_PORT $COMMUNITY"
	check "all is well" normal "$(get -OQUv TCPSTATE-MIB::tcpStateWorstSeverity.0)"
	tell server name 'loud"name'
	listeners 5 8000
	begin
	check_told 20 Raised $LISTENING warning
	expected="tcpStateConditionName.stateCount.2 = $LISTENING
tcpStateNotificationElement.0 = 2
tcpStateConditionSeverity.stateCount.2 = warning(2)
tcpStateConditionValue.stateCount.2 = 5
tcpStateNotificationThreshold.0 = 4
tcpStateConditionUnit.stateCount.2 = connections
tcpStateConditionOffender.stateCount.2 = loudname[${PIDS[server]}], 5 of 5
tcpStateConditionAdvice.stateCount.2 = $(condition Advice stateCount 2)
tcpStateConditionSince.stateCount.2 = $(condition Since stateCount 2)
tcpStateNotificationTold.0 = 1 notifications
tcpStateNotificationNamespace.0 = "
	for version in v2c v3; do
		trap=$(told $version Raised $LISTENING)
		check "each varbind by its name, $version" "$expected" "$(varbinds "$trap")"
	done
	wait_until 10 is_informed
	check "an inform as well" 1 "$(grep -ac "^INFORM.*$LISTENING" "$T/traps")"

	check "one GET says how the host is" "warning 1 0 0" "$(get -OQUv \
		TCPSTATE-MIB::tcpStateWorstSeverity.0 TCPSTATE-MIB::tcpStateConditionsWarning.0 \
		TCPSTATE-MIB::tcpStateConditionsCritical.0 \
		TCPSTATE-MIB::tcpStateNotificationsLost.0 | xargs)"
	check_table

	listeners 5 8001
	wait_until 10 is_severity critical
	check "critical now" "critical 0 1" "$(get -OQUv \
		TCPSTATE-MIB::tcpStateWorstSeverity.0 TCPSTATE-MIB::tcpStateConditionsWarning.0 \
		TCPSTATE-MIB::tcpStateConditionsCritical.0 | xargs)"
	check_told 10 Raised $LISTENING critical
	check "with that threshold" 8 "$(varbind Raised $LISTENING NotificationThreshold)"
	sockets_stop server
	check_told 75 Cleared $LISTENING normal
	for version in v2c v3; do
		check "two raised, one cleared, $version" "2 1" "$(told $version Raised $LISTENING |
			wc -l) $(told $version Cleared $LISTENING | wc -l)"
	done
	check "all is well again" normal "$(get -OQUv TCPSTATE-MIB::tcpStateWorstSeverity.0)"
}

is_informed() {
	grep -aq "^INFORM.*$LISTENING" "$T/traps"
}

is_severity() {
	[ "$(condition Severity stateCount 2)" = "$1" ]
}

# Row by row by name: the same conditions in each column.
check_table() {
	local column rows
	bulkwalk -OQs TCPSTATE-MIB::tcpStateConditionName | sed -n 's/^tcpStateConditionName\.//p' |
		tr -d '"' >"$T/names"
	check "the names are the index's" "" "$(sed -E 's/^([^.]+)\.(0|[0-9]+) = /\1 /' "$T/names" |
		awk '{ sub(/\..*/, "", $2) } $1 != $2')"
	check "all but tuningDrift, and a row a state" 24 "$(wc -l <"$T/names")"
	rows=$(sed 's/ = .*//' "$T/names")
	# What cannot be known in this namespace has no value.
	check "but one: the values, of those that are known" "$(
		bulkwalk -OQs TCPSTATE-MIB::tcpStateConditionSeverity |
			sed -n '/ = unknown$/d; s/^tcpStateConditionSeverity\.\(.*\) = .*/\1/p')" \
		"$(bulkwalk -OQs TCPSTATE-MIB::tcpStateConditionValue |
			sed -n 's/^tcpStateConditionValue\.\(.*\) = .*/\1/p')"
	for column in Unit Warning Critical Severity Since Offender Advice; do
		check "tcpStateCondition$column has these rows" "$rows" \
			"$(bulkwalk -OQs "TCPSTATE-MIB::tcpStateCondition$column" |
				sed -n "s/^tcpStateCondition$column\.\(.*\) = .*/\1/p")"
	done
}

# The count goes over the threshold and back every three seconds.
test_flapping() {
	local i version ticks seen=()
	namespaces_start
	sockets_start server "${SERVER[@]}"
	daemons_start 'state LISTEN warning 4 clear 100 hold 0'
	for ((i = 0; i < 20; i++)); do
		listeners 5 8000
		sleep 3
		seen+=("$(condition Severity stateCount 2)")
		tell server close l8000
		sleep 3
		seen+=("$(condition Severity stateCount 2)")
	done
	check_run "it flaps" test "$(printf '%s\n' "${seen[@]}" | uniq | wc -l)" -gt 20
	for version in v2c v3; do
		ticks=$(told $version '(Raised|Cleared)' $LISTENING | sed 's/.*Timeticks: (\([0-9]*\)).*/\1/')
		check_match "three to five in two minutes, $version" '^[345]$' "$(wc -l <<<"$ticks")"
		check "better a minute later, $version" "" "$(awk 'NR % 2 == 0 && $1 - last < 5000 { print }
			{ last = $1 }' <<<"$ticks")"
	done
}

# snmpd is away, dies with the notification in its socket, or is merely slow.
test_restart() {
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	daemons_start 'state LISTEN warning 4 hold 0
state CLOSED warning 4 hold 0
state SYN_SENT warning 4 hold 0
state ESTABLISHED warning 4 hold 0'

	snmpd_stop
	listeners 5 8000
	sleep 4
	check "nobody to tell it to" "" "$(traps tcpState)"
	snmpd_start
	check_once "snmpd was away" Raised $LISTENING

	snmpd_freeze
	tell server bind b "$SERVER4" 5
	sleep 1.5
	snmpd_kill
	sleep 2
	snmpd_start
	check_once "snmpd was killed before it read it" Raised stateCount.CLOSED

	snmpd_kill
	tell server connect s "$DEAD4*5" 22 5 nowait
	snmpd_start
	check_once "it was raised while snmpd started" Raised stateCount.SYN_SENT

	connect_some
	wait_until 10 is_told Raised stateCount.ESTABLISHED
	snmpd_kill
	snmpd_start
	sleep 4
	check_once "it was told before snmpd was killed" Raised stateCount.ESTABLISHED

	# The minute is over for the first ones.
	snmpd_stop
	tell server close l8000
	tell server close b
	pause 62
	snmpd_start
	check_once "two at the same time" Cleared $LISTENING
	check_once "two at the same time" Cleared stateCount.CLOSED
	check "nothing was lost" 0 "$(get -OQUv TCPSTATE-MIB::tcpStateNotificationsLost.0)"
	check "nothing else was told" "8 4" \
		"$(traps 'ConditionRaised' | wc -l) $(traps 'ConditionCleared' | wc -l)"
}

connect_some() {
	tell client listen e "$CLIENT4" 90 16
	tell server connect e "$CLIENT4" 90 5
}

agent_kill() { # and wait for the next one
	local pid
	pid=$(agent_pid)
	kill -s KILL "$pid"
	wait_until 30 is_another_agent "$pid" || die "the agent is not started again"
}

is_another_agent() { # PID
	local now
	now=$(agent_pid) && [ "$now" != "$1" ]
}

# An agent that is killed has told what it has told; the next one tells what it has not.
test_killed() {
	namespaces_start
	sockets_start server "${SERVER[@]}"
	daemons_start 'state LISTEN warning 4 critical 8 hold 0
state CLOSED warning 4 hold 0'

	listeners 5 8000
	check_once "before" Raised $LISTENING
	agent_kill
	wait_until 10 is_severity warning
	sleep 3
	check_once "and not by the next agent" Raised $LISTENING
	check "nor in the log" 1 "$(log_lines "WARNING $LISTENING")"

	snmpd_stop
	tell server bind b "$SERVER4" 5
	wait_until 10 eval '(($(log_lines "WARNING stateCount.CLOSED") > 0))'
	agent_kill
	snmpd_start
	check_once "nobody was told it by the one before" Raised stateCount.CLOSED

	listeners 5 8001
	check_once "it is worse than what was told" Raised $LISTENING critical
	tell server close l8000
	tell server close l8001
	agent_kill
	check_once "over while there was no agent" Cleared $LISTENING
	agent_kill
	wait_until 10 is_severity normal
	sleep 3
	check_once "once" Cleared $LISTENING
	tcpstated_configure "$CONFIG
state LISTEN warning 4 critical 8 hold 0"
	kill -s HUP "${PIDS[tcpstated]}"
	check_once "what is judged no more is over" Cleared stateCount.CLOSED
	check "nothing else was told" "6 4" \
		"$(traps 'ConditionRaised' | wc -l) $(traps 'ConditionCleared' | wc -l)"
}

# As long as the session lives, a slow master is not told twice. (A retry is a ping.)
test_slow() {
	CONFIG=${CONFIG/agentx-retry 1/agentx-retry 30}
	namespaces_start
	sockets_start server "${SERVER[@]}"
	daemons_start 'state LISTEN warning 4 hold 0'
	next_sample
	snmpd_freeze
	listeners 5 8000
	sleep 7
	snmpd_thaw
	check_once "snmpd was slow" Raised $LISTENING
}

test_off() {
	namespaces_start
	sockets_start server "${SERVER[@]}"
	daemons_start 'traps off
state LISTEN warning 4 hold 0'
	listeners 5 8000
	wait_until 10 is_severity warning
	check_raised "the table tells it" stateCount
	check "and the daemon's log" 1 "$(log_lines "WARNING $LISTENING")"
	sleep 3
	check "no trap is sent" "" "$(traps tcpState)"

	tell server bind b "$SERVER4" 1
	tcpstated_configure "$CONFIG
state LISTEN warning 4 hold 0
state CLOSED warning 1 hold 0"
	kill -s HUP "${PIDS[tcpstated]}"
	check_once "a new configuration, with traps" Raised stateCount.CLOSED
	check "what was raised before is no news" "" "$(told v2c Raised $LISTENING)"
}

# net-snmp's own way to watch an object (snmpd.conf(5), DisMan Event MIB).
test_monitor() {
	local worst=.1.3.6.1.4.1.8072.9999.9999.4022.1.14.1.0
	namespaces_start
	sockets_start server "${SERVER[@]}"
	daemons_start 'traps off
state LISTEN warning 4 hold 0' \
		"createUser watcher SHA-256 $V3_AUTH AES $V3_PRIV
rouser watcher
iquerySecName watcher
monitor -I -r 1 -i $worst tcpstate $worst > 1"
	sleep 3
	check "nothing while all is well" "" "$(traps '2\.88\.2\.0\.1|mteTriggerFired')"
	listeners 5 8000
	wait_until 20 traps '2\.88\.2\.0\.1|mteTriggerFired' >/dev/null
	check "one trap of each version" "v2c v3" "$(traps '2\.88\.2\.0\.1|mteTriggerFired' |
		sed 's/.*SNMP \(v[^,]*\),.*/\1/' | sort | xargs)"
	check_match "with the severity" "tcpStateWorstSeverity.0 = INTEGER: warning" \
		"$(traps '2\.88\.2\.0\.1|mteTriggerFired')"
}

event_column() { # COLUMN: of all events, in one line
	bulkwalk -OQUv "TCPSTATE-MIB::tcpStateEvent$1" | tr -d '"' | xargs
}

once() {
	in_server "${TCPSTATED_AS[@]}" "$BIN/tcpstated" --once -c "$T/tcpstate.conf" 2>&1
}

# What happened is known after a restart, and to --once; a file that cannot be used is told once.
test_events() {
	local file=$T/state/events config
	config="events $file
state LISTEN warning 4 hold 0"
	namespaces_start
	sockets_start server "${SERVER[@]}"
	daemons_start "$config"
	check "a directory that is not there is no trouble" 0 "$(log_lines "$file")"
	install -d -o 65534 -g 65534 "$T/state"
	listeners 5 8000
	wait_until 10 is_severity warning
	check "an event" "$LISTENING warning normal 5 4" "stateCount.$(bulkwalk -OQUv \
		TCPSTATE-MIB::tcpStateEventElement | sed s/^2$/LISTEN/) $(event_column Severity) \
$(event_column Was) $(event_column Value) $(event_column Threshold)"
	check_match "whose" "^[^ ]+\[${PIDS[server]}\], 5 of 5$" "$(event_column Offender)"
	check_match "--once shows it" "WARNING +$LISTENING 5 " "$(once | tr -s ' \n' ' ')"
	chmod 600 "$file"
	chown 0:0 "$file"
	check "--once does not, where it may not read it" "" \
		"$(in_server setpriv --reuid=65534 --regid=65534 --clear-groups \
			"$BIN/tcpstated" --once -c "$T/tcpstate.conf" 2>&1 | grep 'LAST 24 HOURS')"
	chown 65534:65534 "$file"

	# A second daemon, as beside it in another namespace, leaves the file alone.
	in_server timeout 4 "${TCPSTATED_AS[@]}" "$BIN/tcpstated" -f -c "$T/tcpstate.conf" \
		-x "unix:$T/none" >"$T/second.log" 2>&1
	check "another daemon says so" 2 "$(grep -c "$file: another tcpstated keeps it" "$T/second.log")"
	check "and has not written it" 1 "$(bulkwalk -OQUv \
		TCPSTATE-MIB::tcpStateEventValue | wc -l)"

	tcpstated_stop
	check "it ends" 0 $?
	tell server close l8000
	tcpstated_start "$CONFIG"$'\n'"$config"
	check "after a restart" "warning" "$(event_column Severity)"
	listeners 6 8001
	wait_until 10 is_severity warning
	check "the next one behind it" "warning warning 5 6" \
		"$(event_column Severity) $(event_column Value)"
	check "numbered on" "1 2" "$(bulkwalk -OQUs TCPSTATE-MIB::tcpStateEventValue |
		sed 's/^tcpStateEventValue\.\([0-9]*\) .*/\1/' | xargs)"

	tcpstated_stop
	check "it ends again" 0 $?
	head -c 30 /dev/urandom >"$file"
	chmod 555 "$T/state"
	chown 0:0 "$T/state"
	tcpstated_start "$CONFIG"$'\n'"$config"
	wait_until 10 is_severity warning
	tell server close l8001
	wait_until 10 is_severity normal
	check "garbage is told once" 1 "$(log_lines "$file: not a file of events")"
	check "so is what cannot be written" 1 "$(log_lines "$file: Permission denied")"
	check "and both are in the table" "warning normal" "$(event_column Severity)"
}

trial() {
	in_server "${TCPSTATED_AS[@]}" "$BIN/tcpstated" --test-notification \
		-c "$T/tcpstate.conf" -x "unix:$AGENTX" 2>&1
}

# The way of a notification is tried beside the daemon, and alone.
test_trial() {
	local version out
	namespaces_start
	sockets_start server "${SERVER[@]}"
	daemons_start 'traps off'
	out=$(trial)
	check "snmpd takes it" 0 $?
	check_match "and it says so" '^snmpd has taken tcpStateTestNotification' "$out"
	wait_until 10 traps tcpStateTestNotification >/dev/null
	sleep 2
	check "one of each version" "v2c v3" "$(traps tcpStateTestNotification |
		sed 's/.*SNMP \(v[^,]*\),.*/\1/' | sort | xargs)"
	check "from which version of tcpstate" "tcpStateVersion.0 = $("$BIN/tcpstated" -V |
		sed 's/.* //')" "$(varbinds "$(traps tcpStateTestNotification | head -1)")"
	check "nothing else is sent" "" "$(traps tcpStateCondition)"
	check "the daemon answers on" normal "$(get -OQUv TCPSTATE-MIB::tcpStateWorstSeverity.0)"
	tcpstated_stop
	check_match "without a daemon as well" '^snmpd has taken' "$(trial)"
	snmpd_stop
	out=$(trial)
	check "nobody takes it" 1 $?
	check_match "and it says so" 'has not confirmed' "$out"
}

# With the sanitizers, what waits in memory.
[ -z "${SHORT:-}" ] || [ $# -gt 0 ] || set -- restart
side_by_side "$@" -- trial words flapping restart killed slow off monitor events
