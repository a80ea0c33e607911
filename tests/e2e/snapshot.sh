#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 90 s; plain,sanitizers; quick
# --once and --check show what the running tcpstated has seen, where it may be shown; else their
# own samples.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/snmp.sh
. "$SRC/tests/e2e/lib/snmp.sh"
require jq ss

FILE=$T/snmpd/snapshot
CONFIG="interval 1
detail-interval 1
condition tuningDrift off
condition tuningHarmful off
state LISTEN warning 3 critical off hold 8
snapshot $FILE"

tcpstated() { # OPTION...: output in $OUTPUT, errors in $ERRORS, the exit code in $CODE
	OUTPUT=$(in_server "${AS[@]}" "$BIN/tcpstated" -c "$T/tcpstate.conf" "$@" 2>"$T/errors")
	CODE=$?
	ERRORS=$(<"$T/errors")
}
AS=()

check_origin() { # NAME WANTED [ERRORS]
	tcpstated --once --json
	check "$1" "$2" "$(jq -r .origin <<<"$OUTPUT")"
	check "$1: errors" "${3:-}" "$ERRORS"
}

daemon_says() { # CODE: of --check
	tcpstated --check
	[ "$CODE" = "$1" ] && grep -q ' sample_age=' <<<"$OUTPUT"
}

origin_is() { # WANTED
	tcpstated --once --json
	[ "$(jq -r .origin <<<"$OUTPUT")" = "$1" ]
}

count() { # STATE
	jq --arg state "$1" '.states[] | select(.ipVersion == "total" and .state == $state)'
}

# What only time tells: a threshold that has to be reached for eight seconds, a count that was
# higher, a change.
test_running() {
	tell server listen a "$SERVER4" 8081 8
	tell server listen b "$SERVER4" 8082 8
	tell server listen c "$SERVER4" 8083 8
	check_run "written with the next sample" wait_until 5 daemon_says 0
	tcpstated --check --sample
	check "a look of its own knows no holding" 1 "$CODE"
	check_match "and has no age" 'descriptors=[^ ]*$' "$OUTPUT"
	tcpstated --explain stateCount
	check_match "--explain: its rule" '^  rule +warning at [23], never critical' "$OUTPUT"
	check_match "--explain: what is missing" '^  missing +it has been there for [0-7] s of 8$' "$OUTPUT"
	check_run "raised when it has held" wait_until 20 daemon_says 1
	tcpstated --check
	check_match "a line as ever, and its age" \
		'^TCPSTATE WARNING - stateCount.LISTEN 3, unknown: orphans, memory \| closed=.* sample_age=[0-9]+ms;;;0$' "$OUTPUT"
	tell server close b
	tell server close c
	tcpstated --check --sample
	check "gone, for a look of its own" 0 "$CODE"
	sleep 2
	tcpstated --check
	check "held by the running one" 1 "$CODE"
	tcpstated --once
	check_match "the page says whose it is" \
		'^From the running tcpstated, [0-3]\.[0-9] s ago\.$' "$OUTPUT"
	check_match "and what has changed" 'WARNING +stateCount.LISTEN' "$OUTPUT"
	tcpstated --once --json
	check "origin" daemon "$(jq -r .origin <<<"$OUTPUT")"
	check "the sockets are those of ss" "$(in_server ss -Htnl | wc -l) 3" \
		"$(count LISTEN <<<"$OUTPUT" | jq -r '"\(.count) \(.peak15Min)"')"
	tcpstated --once --sample
	check_match "--sample says so" "^Two samples of this command's own" "$OUTPUT"
	check "the file's mode and owner" "640 65534 65534" "$(stat -c '%a %u %g' "$FILE")"
}

# Where it may not be shown.
test_own() {
	AS=(setpriv --reuid=65533 --regid=65533 --clear-groups)
	check_origin "a user who may not read it" own
	AS=(setpriv --reuid=65533 --regid=65534 --clear-groups)
	check_origin "a member of the group" daemon
	AS=()
	check "another namespace" own "$(in_client "$BIN/tcpstated" -c "$T/tcpstate.conf" --once \
		--json | jq -r .origin)"
	cp "$T/tcpstate.conf" "$T/other.conf"
	check "another configuration" own "$(in_server "$BIN/tcpstated" -c "$T/other.conf" --once \
		--json | jq -r .origin)"
	ln -s "$T/tcpstate.conf" "$T/link.conf"
	check "the same one by another name" daemon "$(in_server "$BIN/tcpstated" \
		-c "$T/link.conf" --once --json | jq -r .origin)"
	tcpstated --tuning --sample
	check_match "--sample alone" '^tcpstated: --sample goes with --once, --watch, --check, --connections, --explain or --prometheus$' "$ERRORS"

	check_origin "before it hangs" daemon
	daemon_signal STOP
	cp "$FILE" "$T/good"
	check_run "one that hangs" wait_until 10 origin_is own
	check_origin "after three intervals" own
	printf X | dd of="$FILE" bs=1 seek=24 conv=notrunc status=none
	check_origin "another version" own
	head -c 4096 /dev/urandom >"$FILE"
	check_origin "garbage" own "tcpstated: $FILE: not a snapshot; sampling"
	head -c -1 "$T/good" >"$FILE"
	check_origin "one that was cut" own "tcpstated: $FILE: not a snapshot; sampling"
	daemon_signal CONT
	check_run "the next one takes its place" wait_until 5 origin_is daemon
	tcpstated_configure "${CONFIG%$'\n'*}"$'\nsnapshot ""'
	kill -s HUP "${PIDS[tcpstated]}"
	check_run "it goes when it is not wanted" wait_until 5 test ! -e "$FILE"
}

test_end() {
	local prom=$T/snmpd/tcpstate.prom
	tcpstated_start "$CONFIG"$'\n'"prometheus-textfile $prom"
	check_run "there again" wait_until 5 test -s "$FILE"
	check_run "and the node exporter's" test -s "$prom"
	tcpstated_stop
	check "they go with the daemon" "" "$(ls "$T"/snmpd/snapshot* "$prom" 2>/dev/null)"
	: >"$T/tcpstated.log"
	tcpstated_start "${CONFIG%$'\n'*}"$'\n'"snapshot $T/none/snapshot"
	sleep 3
	check "no directory for it: one line" \
		"tcpstated: $T/none/snapshot: No such file or directory: --once and --check do not see this daemon" \
		"$(grep snapshot "$T/tcpstated.log")"
	check_origin "without the file" own
}

namespaces_start
sockets_start server "${SERVER[@]}"
snmpd_start
tcpstated_start "$CONFIG"
test_running
test_own
tcpstated_stop
test_end
