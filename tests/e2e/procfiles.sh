#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 180 s; plain; quick
# Kernels tell different things in /proc/net: CurrEstab has had two meanings, and some leave out
# files, lines or figures. What is served is right or not there.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/crowd.sh
. "$SRC/tests/e2e/lib/crowd.sh"
# shellcheck source=tests/e2e/lib/sampling.sh
. "$SRC/tests/e2e/lib/sampling.sh"

OTHER=(env "LD_PRELOAD=$BUILD/tests/tools/.libs/procfiles.so" "PROCFILES=$T/files")

# Of a sample on stdin: "STATE COUNT" of all families.
total_of() { # STATE
	awk -v state="$1" '$1 == "state" && $2 == state && $3 == "total" { print $4 }'
}

ss_count() { # STATE
	in_server ss -Htn state "$1" | wc -l
}

# A snmp file whose CurrEstab is this number.
curr_estab() { # NUMBER
	in_server cat /proc/net/snmp | awk -v number="$1" '
		/^Tcp:/ && !names { for (i = 1; i <= NF; i++) if ($i == "CurrEstab") at = i; names = 1; print; next }
		/^Tcp:/ { $at = number }
		{ print }' >"$T/files/snmp.new"
	mv "$T/files/snmp.new" "$T/files/snmp"
}

check_fast() { # NAME
	sample fast
	check "$1" "$(ss_count established)" "$(total_of ESTABLISHED <<<"$REPLY")"
}

# As it was before July 2024: ESTABLISHED alone.
test_curr_estab() {
	local alone both
	tell client listen l "$CLIENT4" 90 64
	tell server connect e "$CLIENT4" 90 26
	tell client accept a l 26
	tell server connect w "$CLIENT4" 90 18
	tell client accept b l 18
	tell client shutdown b
	wait_until 5 test "$(ss_count close-wait)" -eq 18 || sleep 1
	alone=$(ss_count established)
	both=$((alone + $(ss_count close-wait)))
	check "CLOSE_WAIT is there" 18 $((both - alone))
	curr_estab "$alone"
	sampling_start "${OTHER[@]}" <<<'conn-states all'
	sample full
	check_fast "a kernel that counts ESTABLISHED alone"
	curr_estab "$both"
	sample full
	check_fast "moved to a kernel that counts CLOSE_WAIT as well"
	curr_estab 3
	sample full
	check_fast "a total that agrees with nothing is not used"
	rm "$T/files/snmp"
	sample full
	check_fast "the real one"
}

once() {
	in_server "${OTHER[@]}" "$BIN/tcpstated" --once --json -c "$T/tcpstate.conf" 2>>"$T/once.err"
}

states() {
	jq -r '.states[] | select(.ipVersion == "total" and .count > 0) | "\(.state) \(.count)"' | sort
}

check_lacks() { # NAME TEXT LIMITS CONDITIONS
	local json all
	json=$(once)
	all=$(rm -rf "$T/aside" && mv "$T/files" "$T/aside" && mkdir "$T/files" && once | states
		rm -rf "$T/files" && mv "$T/aside" "$T/files")
	check "$1: the states" "$all" "$(states <<<"$json")"
	check "$1: what is missing" "$2" "$(jq -r .sampler.sampleMissing <<<"$json")"
	check "$1: limits that are not there" "" \
		"$(jq -r --arg no "$3" '.limits[].limit | select(inside($no))' <<<"$json")"
	check "$1: unknown conditions" "$4" \
		"$(jq -r --arg all "$4" '[.conditions[] | select(.severity == "unknown") | .name |
			select(inside($all))] | sort | join(" ")' <<<"$json")"
	rm -f "$T"/files/*
}

test_missing() {
	local full='all samples are full ones'
	: >"$T/tcpstate.conf"
	touch "$T/files/sockstat.absent"
	check_lacks "no sockstat" "/proc/net lacks sockstat's tw (timeWait unknown, $full), sockstat's orphan (orphans unknown), sockstat's mem (memory unknown)" \
		"timeWaitBuckets orphans memory" "memory orphans timeWait"
	in_server cat /proc/net/sockstat | sed 's/ mem [0-9]*//' >"$T/files/sockstat"
	check_lacks "no mem" "/proc/net lacks sockstat's mem (memory unknown)" memory memory
	in_server cat /proc/net/netstat | grep '^TcpExt' | head -1 >"$T/files/netstat"
	check_lacks "names without values" \
		"/proc/net lacks netstat's TcpExt (acceptDrops, synCookies unknown)" "" \
		"acceptDrops synCookies"
	touch "$T/files/snmp.absent"
	check_lacks "no snmp" "/proc/net lacks snmp's Tcp ($full)" "" ""
	: >"$T/files/snmp"
	: >"$T/files/netstat"
	check_lacks "empty files" "/proc/net lacks snmp's Tcp ($full), netstat's TcpExt (acceptDrops, synCookies unknown)" \
		"" "acceptDrops synCookies"
}

test_log() {
	snmpd_start
	touch "$T/files/sockstat.absent"
	TCPSTATED_AS+=("${OTHER[@]}")
	tcpstated_start 'interval 1'
	next_sample
	next_sample
	check "one line in the log" 1 "$(log_lines '/proc/net lacks')"
	check "no overflow is told as 0" "" "$(bulkwalk -OQv TCPSTATE-MIB::tcpStateLimitOverflows.timeWaitBuckets |
		grep -v 'No Such')"
	rm "$T/files/sockstat.absent"
	check_run "and one that it is over" wait_until 10 grep -q 'lacks nothing any more' "$T/tcpstated.log"
	tcpstated_stop
}

mkdir "$T/files"
namespaces_start
sockets_start server "${SERVER[@]}"
sockets_start client "${CLIENT[@]}"
test_curr_estab
test_missing
test_log
