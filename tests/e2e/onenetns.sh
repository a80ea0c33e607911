#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 120 s; plain,sanitizers
# --namespace: what the running daemon has seen of it, or a sample of its own; the host's page with
# all of them without a daemon.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/snmp.sh
. "$SRC/tests/e2e/lib/snmp.sh"
require_root
require jq ss

N=o$$ # other tests have namespaces as well
CONFIG="interval 1
detail-interval 1
namespaces on
namespace include \"$N-*\"
snapshot $T/snapshot"
HINT='; "namespaces on" in tcpstate.conf has tcpstated sample them all'

inside() { # NUMBER COMMAND...
	nsenter "--net=/run/netns/$N-$1" -- "${@:2}"
}

# Each has a server and as many connections as its number, of which the server has closed none.
busy_namespace() { # NUMBER
	make_namespace "$N-$1"
	sockets_start "in$1" nsenter "--net=/run/netns/$N-$1" --
	tell "in$1" listen l 127.0.0.1 80 64
	tell "in$1" connect c 127.0.0.1 80 "$1"
	tell "in$1" accept a l "$1"
	tell "in$1" connect h 127.0.0.1 80 2
	tell "in$1" accept k l 2
	tell "in$1" shutdown h
}

tcpstated() { # OPTION...: output in $OUTPUT, errors in $ERRORS, the exit code in $CODE
	OUTPUT=$("${AS[@]}" "$BIN/tcpstated" -c "$T/tcpstate.conf" "$@" 2>"$T/errors")
	CODE=$?
	ERRORS=$(<"$T/errors")
}
AS=()

# "ORIGIN ESTABLISHED CLOSE_WAIT"
shown() { # NUMBER OPTION...
	tcpstated --once --json --namespace "$N-$1" "${@:2}"
	jq -r '.origin + ([.states[] | select(.ipVersion == "total" and
		(.state == "ESTABLISHED" or .state == "CLOSE_WAIT")) | " \(.count)"] | join(""))' <<<"$OUTPUT"
}

by_ss() { # NUMBER
	inside "$1" ss -Htan | awk '{ n[$1]++ } END { print n["ESTAB"] + 0, n["CLOSE-WAIT"] + 0 }'
}

has_seen() { # NUMBER
	[ "$(shown "$1")" = "daemon $(by_ss "$1")" ]
}

# The same options, whoever has sampled. by: what the page says of it.
check_outputs() { # NAME BY
	tcpstated --once --namespace "$N-4"
	check_match "$1: the page names it" ", namespace $N-4 " "$OUTPUT"
	check_match "$1: and says who has sampled" "^$2" "$OUTPUT"
	tcpstated --check --namespace "$N-4"
	check_match "$1: --check" '^TCPSTATE OK - .* established=8;;;0 .* close_wait=2;' "$OUTPUT"
	check "$1: its exit code" 0 "$CODE"
	tcpstated --connections close-wait --json --namespace "$N-4"
	check "$1: --connections" "$(printf '80 %s\n' "${PIDS[in4]}" "${PIDS[in4]}")" \
		"$(jq -r '.connections[] | "\(.localPort) \(.processId)"' <<<"$OUTPUT")"
	tcpstated --explain closeWaitStale --namespace "$N-4"
	check_match "$1: --explain" '^closeWaitStale' "$OUTPUT"
	tcpstated --prometheus --namespace "$N-4"
	check_match "$1: --prometheus" '^tcpstate_[a-z_]*\{.*state="CLOSE_WAIT".*\} 2$' "$OUTPUT"
	OUTPUT=$(timeout 4 "$BIN/tcpstated" -c "$T/tcpstate.conf" --watch --namespace "$N-4" </dev/null)
	check_match "$1: --watch" ", namespace $N-4 " "$OUTPUT"
}

check_none() { # NAME HINT OPTION...
	tcpstated --once --namespace "$N-9" "${@:3}"
	check "$1: which there are" "tcpstated: no sample: no other network namespace has the name \
\"$N-9\"; there are $N-1, $N-4$2" "$ERRORS"
	check "$1: the exit code" 3 "$CODE"
	tcpstated --check --namespace "$N-9" "${@:3}"
	check_match "$1: --check says it" "^TCPSTATE UNKNOWN - no sample: .* \"$N-9\"; there are" "$OUTPUT"
}

test_own() {
	check "a sample of its own" "own $(by_ss 4)" "$(shown 4)"
	check "another one" "own $(by_ss 1)" "$(shown 1)"
	check_outputs "its own" "(Two samples|A sample) of this command's own"
	check_none "its own" ""
	tcpstated --once --json
	check "the host's has them all" "$N-1 2 2 $N-4 8 2" "$(jq -r '.namespaces |
		map("\(.name) \(.established) \(.closeWait)") | join(" ")' <<<"$OUTPUT")"
	AS=(setpriv --bounding-set=-sys_admin)
	tcpstated --once --namespace "$N-4"
	check "without the capability" "tcpstated: no sample: the namespace $N-4 cannot be entered: it \
takes CAP_SYS_ADMIN, as root has it" "$ERRORS"
	AS=()
	tcpstated --tuning --namespace "$N-4"
	check_match "--tuning has none" '--namespace goes with' "$ERRORS"
}

test_running() {
	snmpd_start
	TCPSTATED_AS=()
	touch "$T/snapshot-1" # left by a daemon that was killed
	tcpstated_start "$CONFIG"
	check_run "the daemon's" wait_until 20 has_seen 4
	check_run "the daemon's of another one" wait_until 20 has_seen 1
	check "one that was left is removed" gone "$([ -e "$T/snapshot-1" ] || echo gone)"
	check_outputs "the daemon's" "From the running tcpstated, [0-9.]+ s ago\."
	check_none "the daemon's" ""
	check "--sample" "own $(by_ss 4)" "$(shown 4 --sample)"
	# An inode is used again: the snapshot says whose it is.
	daemon_signal STOP
	cp "$T/snapshot-$(stat -Lc %i "/run/netns/$N-1")" "$T/snapshot-$(stat -Lc %i "/run/netns/$N-4")"
	check "not that of another one" "own $(by_ss 4)" "$(shown 4)"
	daemon_signal CONT
	tcpstated_stop
	check "when the daemon has gone" "own $(by_ss 4)" "$(shown 4)"
}

test_off() {
	tcpstated_configure "${CONFIG/namespaces on/namespaces off}"
	check "where they are off" "own $(by_ss 4)" "$(shown 4)"
	check_none "where they are off" "$HINT"
	tcpstated --once
	check "the host's page has none" 0 "$(grep -c "$N" <<<"$OUTPUT")"
}

busy_namespace 1
busy_namespace 4
tcpstated_configure "$CONFIG"
test_own
test_running
test_off
