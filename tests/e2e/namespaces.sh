#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 400 s; plain
# The host's other network namespaces: 200 of them with 20 that are busy, counts as ss has them in
# each; the same address and port in two; SNMP contexts; a leak, a flood and a full accept queue in
# one each, told of that one only; one that comes and goes 20 times a second; walks meanwhile; no
# capability.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/snmp.sh
. "$SRC/tests/e2e/lib/snmp.sh"
# shellcheck source=tests/e2e/lib/states.sh
. "$SRC/tests/e2e/lib/states.sh"

MANY=200 BUSY=20
N=n$$ # all names begin with it: other tests have namespaces as well
STATES_OF_TABLE=(Closed Listen SynSent SynReceived Established FinWait1 FinWait2 CloseWait LastAck
	Closing TimeWait)

name() { # NUMBER
	printf '%s-%03d' "$N" "$1"
}

inside() { # NAMESPACE COMMAND...
	nsenter "--net=/run/netns/$1" -- "${@:2}"
}

# The host under test, where snmpd and tcpstated are: a namespace as well.
make_host() {
	require_root
	require ip nft nsenter ss sysctl unshare
	make_namespace "$N-host"
	SERVER=(nsenter "--net=/run/netns/$N-host" --)
}

# Each busy one has a listener at the same address and port, and as many connections as its number,
# a few of which the server has not closed.
make_many() {
	local i
	for ((i = 1; i <= MANY; i++)); do
		make_namespace "$(name "$i")"
	done
	for ((i = 1; i <= BUSY; i++)); do
		sockets_start "b$i" nsenter "--net=/run/netns/$(name "$i")" --
		tell "b$i" listen l 127.0.0.1 80 64
		tell "b$i" connect c 127.0.0.1 80 "$i"
		tell "b$i" accept a l "$i"
		tell "b$i" connect h 127.0.0.1 80 3
		tell "b$i" accept k l 3
		tell "b$i" shutdown h
	done
}

# --- counts ------------------------------------------------------------------------------

# "STATE COUNT" of each state, as ss has it.
ss_counts() { # NAMESPACE
	inside "$1" ss -Htan | awk -v states="${STATE_NAMES[*]}" '
		BEGIN {
			word["UNCONN"] = "CLOSED"; word["ESTAB"] = "ESTABLISHED"
			n = split(states, state, " ")
		}
		{
			s = $1 in word ? word[$1] : $1
			gsub(/-/, "_", s)
			count[s]++
		}
		END { for (i = 1; i <= n; i++) print state[i], count[state[i]] + 0 }'
}

# A column of all rows: "NAME VALUE".
column() { # COLUMN
	bulkwalk -OQ "TCPSTATE-MIB::tcpStateNamespace$1" | sed -n "s/^[^']*'\(.*\)' = /\1 /p" | sed 's/ sockets$//'
}

table_counts() { # NAMESPACE: from files that keep_columns made
	local i
	for ((i = 0; i < 11; i++)); do
		awk -v name="$1" -v state="${STATE_NAMES[i]}" '$1 == name { print state, $2 }' \
			"$T/column.${STATES_OF_TABLE[i]}"
	done
}

keep_columns() {
	local column
	for column in "${STATES_OF_TABLE[@]}"; do
		column "$column" >"$T/column.$column"
	done
}

# Each row is younger than this moment (microseconds of $EPOCHREALTIME).
all_seen_since() {
	local now=${EPOCHREALTIME/./}
	[ "$(column Age | awk -v most=$(((now - $1) / 1000)) '$2 < most { n++ } END { print n }')" = $MANY ]
}

test_counts() {
	local i wrong=''
	wait_until 200 all_seen_since "${EPOCHREALTIME/./}" ||
		fail "all namespaces are sampled" "$(column Age | sort -k 2n | tail -3)"
	check "all are listed" "$MANY" "$(get -OQUv TCPSTATE-MIB::tcpStateNamespacesCount.0)"
	keep_columns
	for ((i = 1; i <= MANY; i++)); do
		[ "$(ss_counts "$(name $i)")" = "$(table_counts "$(name $i)")" ] || wrong+=" $i"
	done
	check "the counts are those of ss, in each of $MANY" "" "$wrong"
	check "their kind" named "$(column Kind | awk '{ print $2 }' | sort -u)"
	check "what is in the host is not counted in them" \
		"$(inside "$N-host" ss -Htan | wc -l)" \
		"$(get -OQUv TCPSTATE-MIB::tcpStateSampleSockets.0)"
	check "one process in each of the busy ones" "$(seq "$BUSY" | sed 's/.*/1/')" \
		"$(column Processes | head -n "$BUSY" | awk '{ print $2 }')"
}

# --- contexts ----------------------------------------------------------------------------

in_context() { # NAMESPACE COMMAND...: SNMPv3
	local SNMP_AUTH=("${SNMP_V3[@]}" -n "$1")
	"${@:2}"
}

as_community() { # COMMUNITY COMMAND...
	local SNMP_AUTH=(-v2c -c "$1")
	"${@:2}"
}

test_contexts() {
	local established=TCPSTATE-MIB::tcpStateCount.total.established
	check "the same address and port in two, v3" \
		"$(in_context "$(name 1)" walk_listeners)" "$(in_context "$(name 2)" walk_listeners)"
	check_match "it is theirs" "127.0.0.1.*80 = 1 sockets" "$(in_context "$(name 2)" walk_listeners)"
	check "ESTABLISHED in the seventh" \
		"$(inside "$(name 7)" ss -Htan state established | wc -l)" \
		"$(in_context "$(name 7)" get -OQUv "$established")"
	check "by a community of its own, v2c" \
		"$(inside "$(name 9)" ss -Htan state established | wc -l)" \
		"$(as_community "$COMMUNITY-9" get -OQUv "$established")"
	check_match "its process" "b9\$|sockets" \
		"$(in_context "$(name 9)" walk -OQv TCPSTATE-MIB::tcpStateProcessName)"
	check "the tuning is the host's" 0 \
		"$(in_context "$(name 9)" walk -OQn TCPSTATE-MIB::tcpStateTuningValue | grep -vc 'No Such')"
	check_match "a context that is none" "Unknown|Timeout|No Such" \
		"$(in_context "$N-none" get -t 1 -r 0 -OQUv "$established" 2>&1)"
}

walk_listeners() {
	walk -OQ TCPSTATE-MIB::tcpStateListenerSockets
}

# A new agent has no snapshot, and most namespaces nothing new to tell.
test_agent() {
	local established=TCPSTATE-MIB::tcpStateCount.total.established
	kill -s KILL "$(agent_pid)"
	sleep 1
	check_run "an agent that was started again has the contexts" \
		wait_until 30 in_context "$(name 7)" get -t 1 -r 0 -OQUv "$established"
}

# --- what is wrong in one ----------------------------------------------------------------

# Connections that their client has closed, in the 21st; a listener whose queue is full, in the
# 22nd; half-open connections from false addresses, in the 23rd.
make_faults() {
	sockets_start leaky nsenter "--net=/run/netns/$(name 21)" --
	tell leaky listen l 127.0.0.1 8080 64
	tell leaky leak l
	sockets_start leakc nsenter "--net=/run/netns/$(name 21)" --
	tell leakc connect c 127.0.0.1 8080 40
	tell leakc close c
	sockets_start full nsenter "--net=/run/netns/$(name 22)" --
	tell full listen l 127.0.0.1 8081 8
	tell full connect c 127.0.0.1 8081 9
	join_namespaces "$(name 23)" "$(name 24)"
	inside "$(name 23)" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.tcp_syncookies=0
	sockets_start flooded nsenter "--net=/run/netns/$(name 23)" --
	tell flooded listen l "$SERVER4" 8082 64
	sockets_start flooding nsenter "--net=/run/netns/$(name 24)" --
	ask flooding flood "$SERVER4" 8082 100000 200 "$DEAD4*250"
}

# "NAME CONDITION" of each that has one.
raised() {
	column Condition | awk 'NF > 1 { print $1, $2 }'
}

is_raised() { # NUMBER CONDITION
	raised | grep -q "^$(name "$1") $2"
}

test_faults() {
	wait_until 100 is_raised 22 acceptQueue || fail "a full accept queue is told" "$(raised)"
	wait_until 100 is_raised 23 syn || fail "a flood is told" "$(raised)"
	wait_until 120 is_raised 21 closeWaitStale || fail "a leak is told" "$(raised)"
	check "nothing is told of the others" "$(printf '%s\n' "$(name 21)" "$(name 22)" "$(name 23)")" \
		"$(raised | awk '{ print $1 }' | sort -u)"
	check_match "the leak's offender" "sockets\[${PIDS[leaky]}\]" \
		"$(column Offender | grep "^$(name 21) ")"
	check "the host is as bad as they are" critical \
		"$(get -OQv TCPSTATE-MIB::tcpStateWorstSeverity.0)"
	check "its own conditions are not" "" \
		"$(bulkwalk -OQ TCPSTATE-MIB::tcpStateConditionSeverity | grep -E 'warning|critical')"
	check_match "the log names the namespace" "$(name 21): closeWaitStale" "$(cat "$T/tcpstated.log")"
	check_match "a notification names the namespace" \
		"tcpStateConditionName.*closeWaitStale.*tcpStateNotificationNamespace.0 = .*$(name 21)" \
		"$(traps)"
	check_match "an event does" "$(name 21)" \
		"$(bulkwalk -OQv TCPSTATE-MIB::tcpStateEventNamespace)"
	check_match "--check does" "$(name 21): closeWaitStale" \
		"$(in_server "$BIN/tcpstated" -c "$T/tcpstate.conf" --check)"
	check_match "the page does" "^WARNING +$(name 21): closeWaitStale" \
		"$(in_server "$BIN/tcpstated" -c "$T/tcpstate.conf" --once)"
}

# --- one that comes and goes -------------------------------------------------------------

churn() {
	while :; do
		ip netns add "$N-churn" && sleep 0.02 && ip netns del "$N-churn"
		sleep 0.03
	done
}

memory() { # of all of the daemon's processes, kB
	local pid
	for pid in $(daemon_pids); do
		sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status"
	done | awk '{ n += $1 } END { print n }'
}

descriptors() {
	local pid
	for pid in $(daemon_pids); do
		ls "/proc/$pid/fd"
	done | wc -l
}

has_bound() { # NAMESPACE COUNT
	[ "$(column Closed | awk -v name="$1" '$1 == name { print $2 }')" = "$2" ]
}

test_churn() {
	local before grown lines fds walks=0 bad=0 until
	lines=$(wc -l <"$T/tcpstated.log")
	tell b7 bind bound 127.0.0.1 5
	before=$(memory) fds=$(least descriptors)
	spawn churn bash -c "$(declare -f churn); N=$N; churn"
	until=$((SECONDS + 60))
	while ((SECONDS < until)); do
		bulkwalk -OQ TCPSTATE-MIB::tcpStateNamespaceTable >"$T/walk" 2>&1 || bad=$((bad + 1))
		grep -q "not increasing" "$T/walk" && bad=$((bad + 1))
		in_context "$(name 5)" bulkwalk -OQ TCPSTATE-MIB::tcpStateTable >"$T/walk" 2>&1 ||
			bad=$((bad + 1))
		grep -q "not increasing" "$T/walk" && bad=$((bad + 1))
		walks=$((walks + 2))
	done
	stop churn
	ip netns del "$N-churn" 2>/dev/null
	if kernel_shows_bound; then
		check_run "bound sockets, where there were none" wait_until 60 has_bound "$(name 7)" 5
		tell b7 close bound
		check_run "and their end" wait_until 30 has_bound "$(name 7)" 0
	fi
	grown=$(($(memory) - before))
	check "walks meanwhile are in order, all of $walks" 0 "$bad"
	check "no line of the log tells of it" "" \
		"$(tail -n "+$((lines + 1))" "$T/tcpstated.log" | grep churn)"
	check "no sample failed" 0 "$(get -OQUv TCPSTATE-MIB::tcpStateSampleErrors.0)"
	check "no descriptor is left open" "$fds" "$(least descriptors)"
	if ((grown < 1024)); then
		ok "memory has not grown"
	else
		fail "memory has not grown" "$before kB, and $grown more"
	fi
}

# --- one without a name, and the end of some ---------------------------------------------

is_listed() { # NAME
	column Label | grep -q "^$1 "
}

delete() { # NAMESPACE
	local i
	ip netns del "$1"
	for i in "${!NAMESPACES[@]}"; do
		[ "${NAMESPACES[i]}" != "$1" ] || unset "NAMESPACES[i]"
	done
}

test_unnamed() {
	local label
	cp "$(command -v sleep)" "$BIN/$N-job"
	spawn job unshare --net "$BIN/$N-job" 1000
	label=$N-job-${PIDS[job]}
	wait_until 30 is_listed "$label" || fail "a process without a name for its namespace" "$(column Label | tail -3)"
	check "its kind" process "$(column Kind | awk -v name="$label" '$1 == name { print $2 }')"
	stop job
	check_run "it ends" wait_until 30 eval "! is_listed $label"
	delete "$(name "$MANY")"
	check_run "one is deleted" wait_until 30 eval "! is_listed $(name "$MANY")"
	check_match "and with it its context" "Unknown|Timeout|No Such" \
		"$(in_context "$(name "$MANY")" get -t 1 -r 0 -OQUv TCPSTATE-MIB::tcpStateCount.total.listen 2>&1)"
}

# The condition of one that has gone is over.
test_gone() {
	sockets_stop full
	delete "$(name 22)"
	check_run "what was raised in one that has gone is over" \
		wait_until 90 grep "NORMAL $(name 22): acceptQueue" "$T/tcpstated.log"
	check_match "and that is an event" "normal +$(name 22): acceptQueue not looked at any more" \
		"$("$BIN/tcpstated" --once -c "$T/tcpstate.conf" 2>&1)"
}

# --- no capability -----------------------------------------------------------------------

test_no_capability() {
	stop tcpstated
	TCPSTATED_AS=(setpriv --bounding-set=-sys_admin)
	tcpstated_start "$CONFIGURATION"
	sleep 4
	check "one line says that it takes a capability" 1 "$(grep -c 'CAP_SYS_ADMIN' "$T/tcpstated.log")"
	check "the host's own is as before" "$(inside "$N-host" ss -Htan | wc -l)" \
		"$(get -OQUv TCPSTATE-MIB::tcpStateSampleSockets.0)"
	check_match "a scalar says it as well" CAP_SYS_ADMIN \
		"$(get -OQv TCPSTATE-MIB::tcpStateNamespacesError.0)"
	check "the worst is the host's own" normal "$(get -OQv TCPSTATE-MIB::tcpStateWorstSeverity.0)"
}

make_host
make_many
trapd_start
snmpd_configure "
	com2sec -Cn $(name 9) ninth default $COMMUNITY-9
	group ninth v2c ninth
	view everything included .1
	access ninth $(name 9) any noauth exact everything none none
	access grptester \"\" any priv prefix everything none none
	group grptester usm tester"
snmpd_start
TCPSTATED_AS=()
CONFIGURATION="interval 1
namespaces on
namespaces-max 300
namespace include \"$N*\"
condition acceptQueue hold 2
condition synQueue hold 2
events $T/events
snapshot $T/snapshot"
tcpstated_start "$CONFIGURATION"
make_faults
test_counts
test_contexts
test_agent
test_faults
test_churn
test_unnamed
test_gone
test_no_capability
