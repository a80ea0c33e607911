#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 120 s; plain,sanitizers; quick
# tcpstated's command line and configuration, right and wrong, at the start and at SIGHUP.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

FILE=$T/wrong.conf

run() { # ARGUMENT...: output and "exit CODE"
	"${UNPRIVILEGED[@]}" timeout 20 "$BIN/tcpstated" "$@" 2>&1
	echo "exit $?"
}

check_wrong() { # NAME CONTENT EXPECTED-MESSAGE
	printf '%s\n' "$2" >"$FILE"
	check "$1" "tcpstated: $FILE$3"$'\nexit 1' "$(run -f -c "$FILE" -x "unix:$T/none")"
}

test_wrong_files() {
	check_wrong "an unknown key" $'interval 5\nintervall 5' ":2: unknown option \"intervall\";\
 known are $(options)"
	check_wrong "a number too small" 'interval 0' \
		':1: interval: "0" is no whole number from 1 to 3600'
	check_wrong "a number too big" $'# a comment\n\ninterval 3601' \
		':3: interval: "3601" is no whole number from 1 to 3600'
	check_wrong "a number that is none" 'interval 5s' \
		':1: interval: "5s" is no whole number from 1 to 3600'
	check_wrong "a word that is none" 'sysctl-order runit' \
		':1: sysctl-order: "runit" is none of auto systemd procps'
	check_wrong "an option of the plugin" 'local-port 80' \
		":1: unknown option \"local-port\"; known are $(options)"
	check_wrong "a quote that is open" 'profile "x' ':1: a quote is not closed'
	check_wrong "a control byte" $'interval\e5' ':1: control byte 0x1b'

	: >"$FILE"
	chmod 0 "$FILE"
	check "a file that may not be read" "tcpstated: $FILE: Permission denied"$'\nexit 1' \
		"$(run -f -c "$FILE")"
	rm "$FILE"
	check "a file that is not there" "tcpstated: $FILE: No such file or directory"$'\nexit 1' \
		"$(run -f -c "$FILE")"
	check "a directory" "tcpstated: $T: Is a directory"$'\nexit 1' "$(run -f -c "$T")"
}

# The options in the order of the example.
options() {
	awk '/^#[a-z]/ { print substr($1, 2) } example { print $2 } { example = /^# For example:/ }' \
		"$SRC/subagent/tcpstate.conf.example" | uniq | xargs
}

test_command_line() {
	local version help
	version=$(sed -n 's/^AC_INIT(\[tcpstate\], \[\(.*\)\])$/\1/p' "$SRC/configure.ac")
	for option in -V --version; do
		check "$option" "tcpstated $version"$'\nexit 0' "$(run $option)"
	done
	help=$(run --help)
	check_match "--help" '^exit 0$' "$help"
	for word in '-f ' '-c FILE' '-x ADDRESS' --once --tuning --json --check -V -h; do
		check_match "--help tells of $word" "^ +$word|, $word| $word " "$help"
	done
	check "-h is --help" "$help" "$(run -h)"
	check "an unknown option" "tcpstated: unrecognized option '--bogus'
Try 'tcpstated --help'.
exit 1" "$(run --bogus | sed "s#^$BIN/##")"
	check "an argument" "tcpstated: no argument expected: extra
Try 'tcpstated --help'.
exit 1" "$(run extra)"
	check "an option without its argument" "tcpstated: option requires an argument -- 'c'
Try 'tcpstated --help'.
exit 1" "$(run -c | sed "s#^$BIN/##")"
	check "--json alone" "tcpstated: --json goes with --once, --connections or --tuning
Try 'tcpstated --help'.
exit 1" "$(run --json)"
}

interval() {
	get -OQUv TCPSTATE-MIB::tcpStateSampleInterval.0
}

interval_is() {
	[ "$(interval)" = "$1" ]
}

reload() { # CONTENT REGEX-THAT-THE-LOG-GETS
	tcpstated_configure "$1"
	kill -s HUP "${PIDS[tcpstated]}"
	wait_until 10 log_has "$2"
	check_match "SIGHUP with \"${1%%$'\n'*}\"" "$2" "$(cat "$T/tcpstated.log")"
}

log_has() {
	(($(log_lines "$1") > 0))
}

test_hangup() {
	snmpd_start
	tcpstated_start 'interval 1'
	check "the interval" 1000 "$(interval)"
	reload 'interval 0' "tcpstate.conf:1: interval: \"0\" is no whole number from 1 to 3600; \
keeping the configuration as it was$"
	reload $'interval 2\nbogus 1' 'tcpstate.conf:2: unknown option "bogus"; known are .*; keeping'
	next_sample
	check "a wrong file changes nothing" 1000 "$(interval)"
	reload 'interval 3' 'configuration read again, sampling every 3 s$'
	wait_until 20 interval_is 3000
	check "a right one is taken over" 3000 "$(interval)"
	rm "$T/tcpstate.conf"
	kill -s HUP "${PIDS[tcpstated]}"
	wait_until 10 log_has 'tcpstate.conf: No such file or directory; keeping'
	check "no file" 1 "$(log_lines 'No such file or directory; keeping the configuration')"
	check "and goes on" 3000 "$(interval)"
	tcpstated_stop
	check "ends with exit code" 0 $?
}

test_fragments() {
	mkdir "$T/f.conf.d"
	echo 'interval 5' >"$T/f.conf"
	echo 'interval x' >"$T/f.conf.d/host.conf"
	check "an error in a fragment" "tcpstated: $T/f.conf.d/host.conf:1: interval: \"x\" is no whole \
number from 1 to 3600"$'\nexit 1' "$(run -f -c "$T/f.conf" | sed 's/  */ /g')"
	tcpstated_start 'interval 2'
	mkdir "$T/tcpstate.conf.d"
	echo 'interval 4' >"$T/tcpstate.conf.d/host.conf"
	reload 'interval 2' 'configuration read again, sampling every 4 s$'
	rm -r "$T/tcpstate.conf.d"
	tcpstated_stop
}

# As systemd starts a service: stderr is a stream, and JOURNAL_STREAM says which one.
with_journal() { # ARGUMENT...
	# shellcheck disable=SC2016 # expanded by that shell
	timeout 4 bash -c 'export JOURNAL_STREAM=$(stat -Lc %d:%i /dev/fd/2); exec "$@"' bash \
		"$BIN/tcpstated" "$@" 2>&1 >/dev/null | cat
}

test_priorities() {
	local log
	printf '%s\n' 'state LISTEN critical 1 hold 0' 'condition tuningHarmful off' >"$FILE"
	log=$(with_journal -f -c "$FILE" -x "unix:$T/none")
	check_match "the journal: an ordinary line" '^<5>tcpstated: version ' "$log"
	check_match "the journal: CRITICAL" '^<2>tcpstated: CRITICAL stateCount.LISTEN' "$log"
	check "the journal: each line has its priority" "" "$(grep -v '^<[2-6]>tcpstated: ' <<<"$log")"
	echo 'state LISTEN warning 1 hold 0' >"$FILE"
	log=$(with_journal -f -c "$FILE" -x "unix:$T/none")
	check_match "the journal: WARNING" '^<4>tcpstated: WARNING stateCount.LISTEN' "$log"
	echo 'interval x' >"$FILE"
	check_match "the journal: a wrong file" '^<3>tcpstated: .*:1: interval: ' \
		"$(with_journal -f -c "$FILE")"
	check_match "another stream than the journal's" '^tcpstated: .*:1: interval: ' \
		"$(JOURNAL_STREAM=1:1 run -f -c "$FILE")"
}

# Without -c, in a mount namespace where the default's directory is empty or has the file.
test_default_file() {
	local directory
	directory=$(run --help | sed -n 's#^ *-c FILE.*\[\(.*\)/tcpstate.conf\]$#\1#p')
	[ -d "$directory" ] || die "no directory $directory, to put another over"
	for seconds in 5 2; do
		rm -f "$T/tcpstated.log"
		spawn tcpstated "${SERVER[@]}" unshare --mount sh -c '
			mount -t tmpfs none "$1" &&
			{ [ "$2" = 5 ] || echo "interval $2" >"$1/tcpstate.conf"; } && shift 2 &&
			exec "$@"' sh "$directory" "$seconds" "${UNPRIVILEGED[@]}" \
			"$BIN/tcpstated" -f -x "unix:$AGENTX"
		wait_until 30 tcpstated_settled
		check "the default file, interval $seconds" $((seconds * 1000)) "$(interval)"
		stop tcpstated
	done
}

namespaces_start
test_wrong_files
test_command_line
test_hangup
test_fragments
test_priorities
test_default_file
