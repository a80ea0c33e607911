#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain,sanitizers; quick
# Known numbers of real sockets through a real snmpd: each cell of tcpStateTable, and every
# way to ask for it.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

BASE=.1.3.6.1.4.1.8072.9999.9999.4022
ENTRY=$BASE.1.2.1
# Every sample full: a fast one only estimates how ESTABLISHED and TIME_WAIT divide between
# IPv4 and IPv6.
CONFIG='interval 1
detail-interval 1'

start() { # [FURTHER-LINES-OF-SNMPD.CONF]
	namespaces_start
	snmpd_configure "${1:-}"
	snmpd_start
	tcpstated_start "$CONFIG"
}

# "VERSION STATE NUMBER" for each of the 33 rows in the order of the MIB, from lines of
# want_table.
in_order_of_mib() {
	awk -v states="${STATE_NAMES[*]}" '
		{ count[$2 " " $1] = $3; count["total " $1] += $3 }
		END {
			n = split(states, state, " ")
			split("ipv4 ipv6 total", version, " ")
			for (v = 1; v <= 3; v++)
				for (i = 1; i <= n; i++)
					print version[v], state[i], count[version[v] " " state[i]] + 0
		}'
}

# The same from a column of tcpStateTable.
column() { # NAME
	walk -OQn "TCPSTATE-MIB::$1" | awk -v states="${STATE_NAMES[*]}" '
		BEGIN { split(states, state, " "); split("ipv4 ipv6 total", version, " ") }
		{ n = split($1, arc, "."); print version[arc[n - 1]], state[arc[n]], $3 }'
}

# Each cell that a walk met, asked for by GET.
get_each() {
	local oids
	mapfile -t oids < <(cut -d ' ' -f 1 "$1")
	while ((${#oids[@]})); do
		get -On "${oids[@]:0:40}"
		oids=("${oids[@]:40}")
	done
}

# Each cell again, by GETNEXT of the one before.
getnext_each() {
	local oids
	mapfile -t oids < <(cut -d ' ' -f 1 "$1")
	oids=("$ENTRY" "${oids[@]}")
	unset 'oids[-1]'
	while ((${#oids[@]})); do
		getnext -On "${oids[@]:0:40}"
		oids=("${oids[@]:40}")
	done
}

# The table is asked for in each way while its 33 rows stand still.
check_ways() {
	local ways='GETNEXT and GETBULK'
	walk -On "$ENTRY" >"$T/walk"
	check "33 rows of 5 columns" 165 "$(wc -l <"$T/walk")"
	check "$ways" "$(cat "$T/walk")" "$(bulkwalk -On "$ENTRY")"
	check "$ways of 3 rows at a time" "$(cat "$T/walk")" "$(bulkwalk -On -Cr3 "$ENTRY")"
	check "GETNEXT of several at once" "$(cat "$T/walk")" "$(getnext_each "$T/walk")"
	check "GET" "$(cat "$T/walk")" "$(get_each "$T/walk")"
	check "GETBULK of 4 columns at once" "$(grep -E '\.[3457]\.[12]\.[0-9]+ =' "$T/walk" | sort)" \
		"$(bulkget -On -Cr22 "$ENTRY".{3,4,5,7} | sort)"
	check "SNMPv3 authPriv" "$(cat "$T/walk")" "$(as_v3 walk -On "$ENTRY")"
	check "SNMPv3 authPriv, GETBULK" "$(cat "$T/walk")" "$(as_v3 bulkwalk -On "$ENTRY")"
}

check_fixed_oids() {
	local number
	number=$(want_table | awk '$1 == "CLOSE_WAIT" { n += $3 } END { print n }')
	check "GET of a fixed OID" "$ENTRY.3.3.8 = Gauge32: $number" \
		"$(MIBS='' get -On "$ENTRY.3.3.8")"
	check "the same by name" \
		"TCPSTATE-MIB::tcpStateCount.total.closeWait = Gauge32: $number connections" \
		"$(get TCPSTATE-MIB::tcpStateCount.total.closeWait)"
}

test_states() {
	start
	make_all_states
	next_sample
	local want
	want=$(want_table | in_order_of_mib)
	check "the walk has the known numbers" "$want" "$(column tcpStateCount)"
	check "ss has the same" "$want" "$(ss_table | in_order_of_mib)"
	check "/proc/net/tcp and tcp6 have the same" "$(grep -v CLOSED <<<"$want")" \
		"$(proc_table | in_order_of_mib | grep -v CLOSED)"
	check "their sum" "$(want_table | awk '{ n += $3 } END { print n }')" \
		"$(get -OQUv TCPSTATE-MIB::tcpStateSampleSockets.0)"
	check "the source" sockDiag "$(get -OQv TCPSTATE-MIB::tcpStateSampleSource.0)"
	check_ways
	check_fixed_oids
	check "no error" 0 "$(get -OQUv TCPSTATE-MIB::tcpStateSampleErrors.0)"
	tcpstated_stop
	check "tcpstated ends at SIGTERM" 0 $?
}

test_empty() {
	start
	check "33 rows of zeros" "$(in_order_of_mib </dev/null)" "$(column tcpStateCount)"
	for peak in 1 5 15; do
		check "and of peaks, $peak min" "$(in_order_of_mib </dev/null)" \
			"$(column "tcpStatePeak${peak}Min")"
	done
}

test_wrong() {
	start "rwcommunity writer 127.0.0.1"
	check_match "a state that is none" 'No Such Instance' "$(get -On "$ENTRY.3.1.12")"
	check_match "an IP version that is none" 'No Such Instance' "$(get -On "$ENTRY.3.4.1")"
	check_match "half of an index" 'No Such Instance' "$(get -On "$ENTRY.3.1")"
	check_match "too much of an index" 'No Such Instance' "$(get -On "$ENTRY.3.1.1.1")"
	check_match "an index beyond 32 bits of sign" 'No Such Instance' \
		"$(get -On "$ENTRY.3.4294967295.4294967295")"
	check_match "a scalar without .0" 'No Such (Instance|Object)' "$(get -On "$BASE.1.1.1")"
	check_match "a column that is none" 'No Such Object' "$(get -On "$ENTRY.99.1.1")"
	check_match "an index that may not be read" 'No Such Object' "$(get -On "$ENTRY.1.1.1")"
	check_match "a table that is none" 'No Such Object' "$(get -On "$BASE.1.99.1.1.1")"
	check_match "the base itself" 'No Such Object' "$(get -On "$BASE")"
	check_match "behind the end comes what is not ours" '^' "$(getnext -On "$BASE.9")"
	check "nothing of ours is behind the end" "" "$(getnext -On "$BASE.9" | grep -F "$BASE.")"

	local before
	before=$(get -On "$ENTRY.3.1.2")
	check_match "SET by who may only read" 'noAccess' \
		"$(snmp_set "$ENTRY.3.1.2" u 7 2>&1)"
	local SNMP_AUTH=(-v2c -c writer)
	check_match "SET by who may write" 'notWritable' "$(snmp_set "$ENTRY.3.1.2" u 7 2>&1)"
	check_match "SET of what is not there" 'notWritable|noCreation|noAccess' \
		"$(snmp_set "$ENTRY.3.9.9" u 7 2>&1)"
	SNMP_AUTH=("${SNMP_V2[@]}")
	check "nothing was set" "$before" "$(get -On "$ENTRY.3.1.2")"

	SNMP_AUTH=(-v2c -c wrong)
	check_match "a wrong community" 'Timeout' "$(get -t 0.3 -r 0 "$ENTRY.3.1.2" 2>&1)"
	SNMP_AUTH=("${SNMP_V3[@]}" -A wrong-password)
	check_match "a wrong password" 'Authentication failure' "$(get "$ENTRY.3.1.2" 2>&1)"
	SNMP_AUTH=(-v3 -l noAuthNoPriv -u tester)
	check_match "without authentication" 'authorizationError' "$(get "$ENTRY.3.1.2" 2>&1)"
}

# The daemon's other constant parts: names of states, the kernel's parameters, time.
test_texts() {
	start
	check "eleven names of states" "$(printf '%s\n' "${STATE_NAMES[@]}")" \
		"$(walk -OQv TCPSTATE-MIB::tcpStateName | tr -d '"')"
	for column in Meaning Advice; do
		check "$column of each" 11 "$(walk -OQv "TCPSTATE-MIB::tcpState$column" |
			tr -d '"' | grep -cE '.{20}')"
	done
	check_match "the time can be read" '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2},[0-9:.]+,[+-]' \
		"$(get -OQv TCPSTATE-MIB::tcpStateSampleTime.0)"
	local time
	time=$(get -OQv TCPSTATE-MIB::tcpStateSampleTime.0 | sed 's/,[+-].*//; s/,/ /')
	check_run "and is now" test "$(($(date +%s) - $(date -d "$time" +%s)))" -le 600
	check_match "the version" '^[0-9]+\.[0-9]+\.[0-9]+' \
		"$(get -OQv TCPSTATE-MIB::tcpStateVersion.0 | tr -d '"')"
}

# tcpStateTuningTable as lines "NAME WORD...".
tuning_values() { # NAME OF COLUMN
	bulkwalk -OQs "TCPSTATE-MIB::$1" | sed 's/"//g' | awk '
		{
			name = $1
			sub(/^[^.]*\./, "", name)
			sub(/\.[0-9]+$/, "", name)
			$1 = $2 = ""
			if (!(name in value))
				names[++n] = name
			value[name] = value[name] $0
		}
		END { for (i = 1; i <= n; i++) print names[i] value[names[i]] }' |
		tr -s ' \t' ' ' | sed 's/ $//' | sort
}

tuning_file() { # NAME
	case $1 in
	net.* | fs.* | vm.* | kernel.*) echo "/proc/sys/${1//.//}" ;;
	*) echo "/proc/sys/net/ipv4/$1" ;;
	esac
}

kernel_values() { # NAME...
	local name
	for name; do
		echo "$name $(in_server cat "$(tuning_file "$name")")"
	done | tr -s ' \t' ' ' | sed 's/ $//' | sort
}

test_tuning() {
	namespaces_start
	sysctl_server tcp_fin_timeout=31 tcp_syn_retries=3 "tcp_rmem=4096 65536 1048576" \
		"ip_local_port_range=20000 50000"
	snmpd_start
	tcpstated_start "$CONFIG"
	local names all
	tuning_values tcpStateTuningStatus >"$T/status"
	mapfile -t names < <(grep -vE ' (absent|unreadable)' "$T/status" | cut -d ' ' -f 1)
	check "each value is the kernel's" "$(kernel_values "${names[@]}")" \
		"$(tuning_values tcpStateTuningValue | grep -vxFf <(grep -E \
			' (absent|unreadable)' "$T/status" | cut -d ' ' -f 1))"
	all=$(in_server sh -c 'cd /proc/sys/net/ipv4 && ls -d tcp_*' | grep -vx tcp_fastopen_key)
	check "each tcp_ file has its row" "$all" \
		"$(grep -E '^tcp_' "$T/status" | grep -v absent | cut -d ' ' -f 1 | LC_ALL=C sort)"
	check "absent is what has no file" "" "$(grep ' absent' "$T/status" | while read -r name _; do
		in_server test ! -e "$(tuning_file "$name")" || echo "$name"
	done)"
	check_run "some are absent" grep -q ' absent' "$T/status"
	check_match "a value of this namespace" '^tcp_fin_timeout 31$' \
		"$(tuning_values tcpStateTuningValue)"
	check "the elements of a vector" "4096 65536 1048576" "$(get -OQv \
		TCPSTATE-MIB::tcpStateTuningNumber.\"tcp_rmem\".{1,2,3} | xargs)"
	check "no secret" "" "$(bulkwalk -OQ TCPSTATE-MIB::tcpStateMIB | grep -a fastopen_key)"
}

test_crowd() {
	start
	make_crowd 4 5000
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen l6 "$SERVER6" 8100 1024
	tell server listen mapped :: 8101 1024
	ask server accept a6 l6 700
	tell client connect c6 "$SERVER6" 8100 700 from "$CROWD6*100"
	answer server || die "the server accepts" "$REPLY"
	ask server accept am mapped 300
	tell client connect cm "$SERVER4" 8101 300 from "$CROWD4*100"
	answer server || die "the server accepts" "$REPLY"
	want LISTEN ipv6 2
	want ESTABLISHED ipv6 700
	want ESTABLISHED ipv4 300
	next_sample
	local want
	want=$(want_table | in_order_of_mib)
	check "21,000 connections of five processes" "$want" "$(column tcpStateCount)"
	check "ss has the same" "$want" "$(ss_table | in_order_of_mib)"
	check "/proc/net/tcp has the same" "$want" "$(proc_table | in_order_of_mib)"

	for i in 0 1 2 3; do
		tell "client$i" reset c
	done
	tell client reset c6
	tell client reset cm
	WANT=([LISTEN.ipv4]=4 [LISTEN.ipv6]=2)
	wait_until 10 states_as_wanted || die "not all connections are reset"
	next_sample
	check "they are gone" "$(want_table | in_order_of_mib)" \
		"$(column tcpStateCount)"
	# A sample that was taken while they connected may have seen one half-open.
	for peak in 1 5 15; do
		check "the peak of $peak min remembers them" "$(grep -v SYN_RECV <<<"$want")" \
			"$(column "tcpStatePeak${peak}Min" | grep -v SYN_RECV)"
	done
}

for section in states empty wrong texts tuning crowd; do
	"test_$section"
	stop_all
	rm -f "$T/snmpd.conf"
done
