#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 300 s; plain; quick
# ./quickstart from a fresh copy, as a user without privilege: what it shows, that it leaves
# nothing, that it says in one line why it cannot.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

NOBODY=(setpriv --reuid=65534 --regid=65534 --clear-groups)
COPY=$T/copy

# In the server's namespace, where its ports and the sockets it sees are the test's own.
quickstart() { # ARGUMENT...
	in_server "${NOBODY[@]}" env -u SNMPCONFPATH -u SNMP_PERSISTENT_DIR -u MIBS -u MIBDIRS \
		"TMPDIR=$T/tmp" "HOME=$T/tmp" "$COPY/quickstart" "$@" 2>&1
}

check_nothing_left() { # NAME
	check "$1: no temporary file is left" "" "$(ls -A "$T/tmp")"
	check "$1: no process is left" "" "$(pgrep -u 65534 -af "$T/(tmp|copy)/")"
}

start() {
	copy_source "$COPY"
	mkdir "$T/tmp"
	chown -R 65534:65534 "$COPY" "$T/tmp"
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen l "$SERVER4" 80 16
	tell client connect c "$SERVER4" 80 7
	tell server accept a l 7
	tell client shutdown c
}

test_once() {
	local output
	output=$(cd / && quickstart --once)
	check "exit code" 0 $?
	[ "$FAILED" = 0 ] || die "quickstart does not work" "$output"
	for row in 'STATE +IPV4 +IPV6 +TOTAL +PEAK 15 MIN' 'listen +1 +0 +1 +1' \
		'closeWait +7 +0 +7 +7' 'timeWait +0 +0 +0 +0' 'tcp_rmem 2 +[0-9]+' \
		'tcpStateSampleSource.0 = sockDiag' 'tcpStateSampleSockets.0 = 8 sockets'; do
		check_match "it shows $row" "^$row" "$output"
	done
	check "a line for each state" 11 \
		"$(grep -cE '^[a-zA-Z0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+$' <<<"$output")"
	check_nothing_left "--once"
	quickstart --once >"$T/second"
	check "a second start builds nothing" 0 "$(grep -cE '^ +(CC|CCLD) ' "$COPY/build/quickstart.log")"
}

stays() {
	grep -q '^  snmpwalk' "$T/quickstart.log" 2>/dev/null
}

test_staying() { # SIGNAL
	local command
	rm -f "$T/quickstart.log"
	# As a terminal would: a group of its own, to which Ctrl-C goes as a whole.
	spawn quickstart setsid env --default-signal=INT "${SERVER[@]}" "${NOBODY[@]}" \
		env "TMPDIR=$T/tmp" "HOME=$T/tmp" "$COPY/quickstart"
	wait_until 60 stays || die "quickstart does not come up" "$(cat "$T/quickstart.log")"
	command=$(sed -n '/^  snmpwalk/,/^$/p' "$T/quickstart.log")
	check_match "the command that it tells works" \
		'^TCPSTATE-MIB::tcpStateCount.ipv4.closeWait = Gauge32: 7' \
		"$(in_server env -u MIBS -u MIBDIRS bash -c "$command" 2>&1)"
	kill -s "$1" -- "-${PIDS[quickstart]}"
	wait_until 10 gone "${PIDS[quickstart]}"
	stop quickstart
	check "SIG$1: exit code" 0 $?
	check_nothing_left "SIG$1"
}

test_refusals() {
	snmpd_start
	check "a port that is taken" \
		"quickstart: UDP port $SNMP_PORT is in use: choose another one with --port" \
		"$(quickstart --once --port "$SNMP_PORT" | grep -v '^building')"
	check "a port that is none" "quickstart: --port wants a number from 1 to 65535" \
		"$(quickstart --port 65536)"
	check "an unknown option" "quickstart: unknown option --bogus (see ./quickstart --help)" \
		"$(quickstart --bogus)"
	quickstart --port x >/dev/null
	check "exit code of a refusal" 1 $?
	check_match "--help" '^usage: ./quickstart' "$(quickstart --help)"

	# dpkg's own database, without one package.
	mkdir -p "$T"/dpkg/{info,updates}
	awk -v RS= -v ORS='\n\n' '!/^Package: (snmp|libmnl-dev)\n/' /var/lib/dpkg/status \
		>"$T/dpkg/status"
	check "missing packages" "missing packages: apt-get install snmp libmnl-dev" \
		"$(DPKG_ADMINDIR=$T/dpkg quickstart --once --no-install)"
	check_nothing_left "a refusal"
}

start
test_once
test_staying INT
test_staying TERM
test_refusals
