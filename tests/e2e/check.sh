#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 120 s; plain; quick
# tcpstated --once and --check as a plugin of Nagios or Icinga, on real sockets: exit codes,
# what the line says, performance data that a parser takes.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

# What the files of this host set for the kernel's parameters is not what is tested.
CONFIG='condition tuningDrift off'

once() { # OPTION...: its output and errors in $OUTPUT, its exit code in $CODE
	OUTPUT=$(in_server "$BIN/tcpstated" -c "$T/tcpstate.conf" "$@" 2>&1)
	CODE=$?
}

# The plugin guidelines: 'label'=value[UOM];[warn];[crit];[min];[max], apart by spaces.
check_line() { # NAME CODE TEXT-REGEX
	once --check
	check "$1: exit code" "$2" "$CODE"
	check "$1: one line" 1 "$(wc -l <<<"$OUTPUT")"
	check_match "$1: the text" "^TCPSTATE $3" "${OUTPUT%%|*}"
	check "$1: performance data" "" "$(tr ' ' '\n' <<<"${OUTPUT#*|}" |
		grep -vE '^([a-z_0-9]+=[0-9]+%?(;[0-9]*){0,4})?$')"
	check_run "$1: each state and each limit" test "$(perf '' | wc -l)" -ge 14
	check "$1: each label once" "" "$(perf '' | cut -d = -f 1 | sort | uniq -d)"
}

perf() { # LABEL: its datum in $OUTPUT
	tr ' ' '\n' <<<"${OUTPUT#*|}" | grep "^$1."
}

sent_again() { # COUNT: so many SYNs have been
	[ "$(in_server ss -Htno state syn-sent | grep -c 'timer:(on,[^,]*,[1-9]')" = "$1" ]
}

check_once() { # NAME CODE REGEX
	once --once
	check "$1, --once: exit code" "$2" "$CODE"
	check_match "$1, --once: the diagnosis" "$3" "$OUTPUT"
	once --once --json
	check "$1, --json: exit code" "$2" "$CODE"
	check_run "$1, --json" jq -e . <<<"$OUTPUT"
}

test_exit_codes() {
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tcpstated_configure "$CONFIG"
	tell server name serving
	tell server listen l "$SERVER4" 8080 32

	check_line quiet 0 'OK - nothing abnormal, 1 sockets, unknown: orphans, memory $'
	check_once quiet 0 '^Nothing abnormal'

	tell client connect c "$SERVER4" 8080 20
	check_line "half full" 1 \
		"WARNING - acceptQueue 62% \($SERVER4:8080 serving\[${PIDS[server]}\]\), unknown: orphans, memory $"
	check "half full: the limit and its thresholds" 'accept_backlog=62%;50;90;0' \
		"$(perf accept_backlog)"
	check "half full: a state" 'established=20;;;0' "$(perf established)"
	check_once "half full" 1 "^WARNING +acceptQueue"

	tell client connect c "$SERVER4" 8080 13
	tell server connect s "$DEAD4*120+256" 22 120 nowait
	wait_until 5 sent_again 120 || die "the SYNs are not sent again"
	check_line full 2 "CRITICAL - acceptQueue 1(00|03)% .*, synSentFanout 120 \(serving\["
	check "full: the worst first" "acceptQueue synSentFanout" \
		"$(grep -oE 'acceptQueue|synSentFanout' <<<"$OUTPUT" | xargs)"
	check_once full 2 "^CRITICAL +acceptQueue"

	tcpstated_configure "$CONFIG
ignore acceptQueue process serving
ignore synSentFanout network $DEAD4/16"
	check_line "left out" 0 'OK - nothing abnormal'
	check_once "left out" 0 '^Ignored, as configured: acceptQueue 1, synSentFanout 120\.'
	check "left out, --json" 'acceptQueue 1 synSentFanout 120' "$(jq -r \
		'.conditions[] | select(.ignored > 0) | "\(.name) \(.ignored)"' <<<"$OUTPUT" | xargs)"
	tcpstated_configure "$CONFIG
ignore acceptQueue port 8081
ignore synSentFanout remote $SERVER4"
	check_line "others are left out" 2 "CRITICAL - acceptQueue 1(00|03)% .*, synSentFanout 120"

	tcpstated_configure "$CONFIG
state LISTEN warning 1 critical 5
condition acceptQueue off
condition synSentFanout off"
	check_line "a threshold of one's own" 1 'WARNING - stateCount.LISTEN 1 '
	check "its thresholds" 'listen=1;1;5;0' "$(perf listen=)"
}

# What cannot be told is not well.
test_unknown() {
	namespaces_start
	tcpstated_configure "$CONFIG"
	once --check --nonsense
	check "a wrong option" 3 "$CODE"
	once --nonsense --check
	check "before --check as well" 3 "$CODE"
	once --check -c "$T/none.conf"
	check "no configuration" 3 "$CODE"
	check_match "and why" '^TCPSTATE UNKNOWN - .*none.conf: No such file' "$OUTPUT"
	tcpstated_configure 'condition nonsense off'
	once --check
	check "a wrong configuration" 3 "$CODE"
	check_match "with file and line" '^TCPSTATE UNKNOWN - .*tcpstate.conf:1: ' "$OUTPUT"
	tcpstated_configure "$CONFIG"
	for option in --check --once; do
		# (The sanitizers cannot do without: this test is for the plain build.)
		OUTPUT=$(in_server unshare --mount sh -c "mount -t tmpfs none /proc &&
			exec '$BIN/tcpstated' -c '$T/tcpstate.conf' $option" 2>&1)
		check "without /proc, $option" 3 $?
		check_match "and why" 'no sample: No such file' "$OUTPUT"
	done
	for option in --check:3 --watch:3 --version:1 --help:1; do
		in_server timeout 9 "$BIN/tcpstated" -c "$T/tcpstate.conf" ${option%:*} >/dev/full 2>&1
		check "a full disk, ${option%:*}" ${option#*:} $?
		in_server timeout 9 "$BIN/tcpstated" -c "$T/tcpstate.conf" ${option%:*} >&-
		check "no stdout, ${option%:*}" ${option#*:} $?
	done
	SERVER+=("$BIN/nodiag")
	check_line "without sock_diag" 0 'OK - nothing abnormal'
}

require jq
for section in exit_codes unknown; do
	"test_$section"
	stop_all
done
