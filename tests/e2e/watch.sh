#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 150 s; plain,sanitizers; quick
# tcpstated --watch on a terminal, in a pipe, with a running daemon and without: what is drawn, what
# is marked, and that the terminal is as it was afterwards.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/snmp.sh
. "$SRC/tests/e2e/lib/snmp.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"
require python3 ss

CONFIG=$T/tcpstate.conf
CONDITIONS='condition tuningDrift off
condition tuningHarmful off'

on_terminal() { # SIZE ACTION...: what is written in $T/screen, how it ended in $ENDED
	local size=$1
	shift
	in_server python3 "$SRC/tests/e2e/lib/terminal.py" "$size" "$@" -- \
		env TERM="${TERM_IS-xterm}" "$BIN/tcpstated" -c "$CONFIG" --watch \
		>"$T/screen" 2>"$T/ended"
	ENDED=$(paste -sd ' ' "$T/ended")
}

# The last screen that was drawn whole, as a person sees it.
last_screen() {
	python3 -c '
import re, sys
text = open(sys.argv[1], "rb").read().decode().replace("\r", "")
frames = [f.split("\x1b[J")[0] for f in text.split("\x1b[H")[1:] if "\x1b[J" in f]
print(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", frames[-1]))' "$T/screen"
}

check_size() { # NAME COLUMNS ROWS: of the last screen
	check "$1" "$3 lines, none wider" "$(last_screen |
		awk -v most="$2" 'length > most { wide = 1 } END { print NR " lines, " (wide ? "a" : "none") " wider" }')"
}

test_terminal() {
	printf 'interval 1\n%s\n' "$CONDITIONS" >"$CONFIG"
	namespaces_start
	sockets_start server "${SERVER[@]}"
	tell server listen l "$SERVER4" 8080 16
	on_terminal 100x60 "see q: end" "type q"
	check "q ends it" "modes: same exit: 0" "$ENDED"
	check "the screen is a second one, and the cursor comes back" "1 1 1 1" \
		"$(for s in '[?1049h' '[?1049l' '[?25l' '[?25h'; do grep -Fc $'\033'"$s" "$T/screen"; done |
			sed 's/^[1-9][0-9]*$/1/' | paste -sd ' ')"
	check_match "whose it is" "^A sample of this command's own\.$" "$(last_screen)"
	check_match "the states" '^  LISTEN  +1 +1 +0$' "$(last_screen)"
	check_match "the listener" "^  $SERVER4:8080 +1 +0 / 16 .* sockets\[${PIDS[server]}\]" "$(last_screen)"
	check_size "as large as the window" 100 60
	on_terminal 80x24 "see q: end" 'type \x03'
	check "Ctrl-C" "modes: same exit: 0" "$ENDED"
	check_size "cut to the window" 80 24
	check_match "how much is below" '[1-9][0-9]* lines below   space, b: move   q: end$' \
		"$(last_screen | tail -n 1)"
	for signal in TERM HUP; do
		on_terminal 80x24 "see q: end" "kill $signal"
		check "SIG$signal" "modes: same exit: 0" "$ENDED"
		check_match "SIG$signal: the first screen is back" '\[\?1049l$' "$(tr '\033' '\n' <"$T/screen")"
	done
	on_terminal 80x24 "see q: end" "size 60x12" "see q: end" "type q"
	check_size "a smaller window" 60 12
	on_terminal 60x12 "see q: end" 'type \x20' "see 11 above" "type q"
	check_match "moved down by a window" '(^|   )11 above   ' "$(last_screen | tail -n 1)"
	on_terminal 60x12 "see q: end" 'type \x1b[Bjj' "see 3 above" "type q"
	check_match "each of several keys" '(^|   )3 above   ' "$(last_screen | tail -n 1)"
	on_terminal 60x12 "see q: end" 'type \x1b[B' "see 1 above" "type k" "see q: end" "type q"
	check "and up again" 0 "$(last_screen | tail -n 1 | grep -c above)"
	on_terminal 80x24 "see q: end" 'type \x1a' stopped "kill CONT" "see q: end" "type q"
	check "stopped the terminal is given back, then taken again" "modes: same modes: same exit: 0" \
		"$ENDED"
	on_terminal 80x24 "see q: end" "see gone since" "type q"
	check_match "what the marks mean" '^\+ new  \^ grown  - gone since [0-9:]{8} ' \
		"$(last_screen | tail -n 1)"
	TERM_IS=dumb on_terminal 80x24 "see \n---- " 'type \x03'
	check "a dumb terminal gets pages" "modes: same exit: 0, no escapes" "$ENDED, $(
		grep -q $'\033' "$T/screen" || echo no) escapes"
}

# --- one page after the other ---

has() { # EXTENDED-REGEX: in the newest page
	tac "$T/watch.log" | awk '{ print } /^---- / { exit }' | grep -Eq -- "$1"
}

check_page() { # NAME EXTENDED-REGEX
	wait_until 30 has "$2"
	if has "$2"; then ok "$1"; else fail "$1" "$2"$'\n'"$(tail -n 45 "$T/watch.log")"; fi
}

# A mark stays for ten seconds at the least.
test_marks() {
	tell server listen b "$SERVER4" 8081 16
	check_page "a listener that is new" "^\+ $SERVER4:8081 "
	check_page "the state has more" '^\^ LISTEN  +2 '
	tell client connect c "$SERVER4" 8080 5
	check_page "a queue that has grown" "^\^ $SERVER4:8080 +1 +5 / 16 "
	check_page "a state that is new" '^\+ ESTABLISHED +5 '
	tell server accept a l 5
	tell client shutdown c
	check_page "a process that is new" "^\+ CLOSE_WAIT +5  sockets\[${PIDS[server]}\]"
	tell server listen d "$SERVER4" 8082 16
	check_page "a condition that is raised" '^\+ WARNING +stateCount.LISTEN  3 '
	check_page "its mark goes" '^  WARNING +stateCount.LISTEN  3 '
	tell server close b
	tell server close d
	check_page "a listener that is gone" "^- $SERVER4:8081 "
	check_page "a condition that is gone" '^- WARNING +stateCount.LISTEN  3 '
	tell server close a
	check_page "a process that has none any more" "^- CLOSE_WAIT +5  sockets\[${PIDS[server]}\]"
	check_page "a state that nothing is in" '^- CLOSE_WAIT +0 '
	check "no escapes in a pipe" 0 "$(grep -c $'\033' "$T/watch.log")"
}

test_pipe() {
	printf 'interval 1\n%s\nstate LISTEN warning 3 critical off hold 60\n' "$CONDITIONS" >"$CONFIG"
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen l "$SERVER4" 8080 16
	spawn watch "${SERVER[@]}" "$BIN/tcpstated" -c "$CONFIG" --watch
	check_page "a page" '^---- 20[0-9-]{8} [0-9:]{8}$'
	check_page "of its own samples" "^A sample of this command's own\.$"
	test_marks
	stop watch
	check "SIGTERM ends it" 0 $?
	in_server timeout 20 "$BIN/tcpstated" -c "$CONFIG" --watch | head -n 3 >"$T/head"
	check "so does a pipe that nobody reads" "141 3" "${PIPESTATUS[0]} $(wc -l <"$T/head")"
}

test_daemon() {
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen l "$SERVER4" 8080 16
	local config="$CONDITIONS
state LISTEN warning 3 critical off hold 0
snapshot $T/snmpd/snapshot"
	tables_start "$config"
	wait_until 10 test -s "$T/snmpd/snapshot"
	: >"$T/watch.log"
	spawn watch "${SERVER[@]}" "$BIN/tcpstated" -c "$CONFIG" --watch
	check_page "of the daemon" '^From the running tcpstated, [0-3]\.[0-9] s ago\.$'
	test_marks
	check "each page is another snapshot" "" "$(grep '^---- ' "$T/watch.log" | cut -c 1-24 | uniq -d)"
	tcpstated_stop
	check_page "without the daemon it samples" "^A sample of this command's own\.$"
	check_page "and goes on" "^  $SERVER4:8080 "
	tcpstated_start "$SAMPLING
$config"
	check_page "the daemon is back" '^From the running tcpstated, '
	stop watch INT
	check "SIGINT ends it" 0 $?
	in_server "$BIN/tcpstated" -c "$T/nothing.conf" --watch 2>/dev/null
	check "a wrong configuration" 3 $?
}

for section in ${1:-terminal pipe daemon}; do
	"test_$section"
	stop_all
done
