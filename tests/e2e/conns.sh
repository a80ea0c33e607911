#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# tcpStateConnTable against ss: what is listed, what is left out, what each column says; and
# walks while rows come and go.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"

AS_1001=(setpriv --reuid=1001 --inh-caps=+net_bind_service --ambient-caps=+net_bind_service)

scene() {
	namespaces_start
	sockets_start server "${SERVER[@]}" "${AS_1001[@]}"
	sockets_start client "${CLIENT[@]}"
}

# COUNT connections in CLOSE_WAIT that the server has accepted, at PORT; the groups' name is
# the port's.
make_close_wait() { # PORT COUNT
	tell server listen "l$1" "$SERVER4" "$1" 1024
	tell client connect "c$1" "$SERVER4" "$1" "$2"
	tell server accept "a$1" "l$1" "$2"
	tell client shutdown "c$1"
	wait_ss "$2" state close-wait sport = ":$1"
}

# The indexes of connections, by ss; all or those that match.
ss_conns() { # [EXTENDED-REGEX]
	ss_awk '$1 != "LISTEN" { print state_number($1) "." index_of($4) "." index_of($5) }' -a |
		grep -E "${1:-.}" | by_index
}

# Those that ss shows, too: not the ones that are only bound.
table_conns() { # [STATE]
	column tcpStateConnSummary "$@" | cut -d ' ' -f 1 | grep -v '^1\.' | by_index
}

same_conns() {
	[ "$(ss_conns "$1")" = "$(table_conns)" ]
}

check_conns() { # NAME [EXTENDED-REGEX]
	wait_until 10 same_conns "${2:-.}"
	check "$1" "$(ss_conns "${2:-.}")" "$(table_conns)"
}

# Requests that snmpd has received: GETNEXT, all.
requests() {
	get -Oqv .1.3.6.1.2.1.11.16.0 .1.3.6.1.2.1.11.1.0 | paste -sd ' '
}

# What a walk takes: its lines, its GETNEXTs without the one of the end.
walk_cost() { # TOOL COLUMN INDEX
	local before after lines
	before=$(requests)
	lines=$("$1" -On "TCPSTATE-MIB::$2.$3" | grep -c '= STRING:')
	after=$(requests)
	# Behind the walk: one request for the end, one of the counter itself.
	echo "$lines" $((${after% *} - ${before% *} - 1)) $((${after#* } - ${before#* } - 2))
}

test_state_first() {
	local rows next all
	scene
	make_crowd 3 4000
	make_close_wait 80 150
	TCPSTATED_AS=()
	tables_start $'conn-states all\nconn-rows 20000'
	read -r rows next _ < <(walk_cost walk tcpStateConnSummary closeWait)
	check "one row each, beside 12,000 ESTABLISHED" 150 "$rows"
	check "and one GETNEXT" 150 "$next"
	read -r rows _ all < <(walk_cost bulkwalk tcpStateConnSummary closeWait)
	check "by GETBULK as many rows" 150 "$rows"
	check_run "and fewer requests" test "$all" -lt 30
	check "nothing is left out" 0 "$(cell tcpStateSampleRowsOmitted.0)"
	check "all of ESTABLISHED can be listed" 12000 "$(table_conns 5 | wc -l)"

	tables_configure ""
	check_conns "without a configuration what is not ESTABLISHED is listed" '^8\.'
}

# Another configuration for the same snmpd.
tables_configure() {
	tcpstated_stop
	tcpstated_start "$SAMPLING
$1"
}

test_bound() {
	scene
	make_close_wait 80 300
	tell server listen l81 "$SERVER4" 81 64
	tell client connect c81 "$SERVER4" 81 40
	tell server accept a81 l81 40
	tell server shutdown a81
	wait_ss 40 state fin-wait-2
	tables_start "conn-rows 100"
	check "as many rows as configured" 100 "$(table_conns | wc -l)"
	check "the others are counted" 240 "$(cell tcpStateSampleRowsOmitted.0)"
	check_run "either state has its share" test "$(table_conns 7 | wc -l)" -ge 9
	check_run "either state has its share" test "$(table_conns 8 | wc -l)" -ge 9
	check "what is shown is there" "" \
		"$(comm -13 <(ss_conns | sort) <(table_conns | sort))"
	tell client reset c81
	check_cell "fewer are left out" tcpStateSampleRowsOmitted.0 200
	tables_configure "conn-rows 300"
	check_conns "as many as there is room for" '^8\.'
	check "none left out" 0 "$(cell tcpStateSampleRowsOmitted.0)"
	tables_configure "conn-rows 0"
	check "no rows" "" "$(table_conns)"
	check "all left out" 300 "$(cell tcpStateSampleRowsOmitted.0)"
	tables_configure "conn-states none"
	check "no states" "" "$(table_conns)"
	check "nothing is meant to be listed" 0 "$(cell tcpStateSampleRowsOmitted.0)"
}

test_flood() {
	local port
	scene
	# The kernel drops half-open connections early where the backlog is half full, and those
	# whose SYN-ACK it cannot send again because too many are due at once.
	for port in 90 91 92; do
		tell server listen "f$port" "$SERVER4" "$port" 4096
		tell client flood "$SERVER4" "$port" 1900 3000 "$DEAD4*250"
	done
	wait_ss 5700 state syn-recv
	make_close_wait 80 80
	tables_start "conn-rows 1000"
	check "a flood of half-open ones fills the table" 1000 "$(table_conns | wc -l)"
	check "and hides no CLOSE_WAIT" "$(ss_conns '^8\.')" "$(table_conns 8)"
	check "what is left out" 4780 "$(cell tcpStateSampleRowsOmitted.0)"
}

test_states() {
	namespaces_start
	make_all_states
	tables_start "conn-states all"
	check_conns "all states, IPv4, IPv6 and mapped"
	check "bound ones are listed as well" "$((${WANT[CLOSED.ipv4]} + ${WANT[CLOSED.ipv6]}))" \
		"$(column tcpStateConnUid 1 | wc -l)"
	tables_configure "conn-states ESTABLISHED CLOSE_WAIT"
	check_conns "two states" '^[58]\.'
	tables_configure ""
	check_conns "all but ESTABLISHED and TIME_WAIT" '^([2-46-9]|10)\.'
	make_close_wait 80 5
	tell client connect g1 ::ffff:"$SERVER4" 80 2
	check_conns "they come" '^([2-46-9]|10)\.'
	tell client reset c80
	check_conns "they go" '^([2-46-9]|10)\.'
}

# Lines "INDEX RECVQ SENDQ RETRANSMITS UID RTT" of what is not LISTEN.
ss_cells() {
	ss_awk '
		function word(name, line) {
			if (!match(line, name "[0-9.]+"))
				return 0
			return substr(line, RSTART + length(name), RLENGTH - length(name))
		}
		/^[A-Z]/ {
			row = state_number($1) "." index_of($4) "." index_of($5) " " $2 " " $3
			retrans = 0
			if (match($0, /timer:\(on,[^,]*,[0-9]+/)) {
				retrans = substr($0, RSTART, RLENGTH)
				sub(/.*,/, "", retrans)
			}
			uid = word("uid:", $0) + 0
			next
		}
		{ print row, retrans, uid, int(word(" rtt:", $0) * 1000 + 0.5) }' \
		-oei state connected exclude time-wait exclude syn-recv exclude syn-sent | by_index
}

table_cells() {
	local column list=$T/cells
	column tcpStateConnRecvQueue | sort >"$list"
	for column in SendQueue Retransmits Uid Rtt; do
		column "tcpStateConn$column" | sort | join "$list" - >"$list.joined"
		mv "$list.joined" "$list"
	done
	by_index <"$list"
}

# Both of one moment: a segment may be sent again at any time.
same_cells() {
	ss_cells >"$T/cells.ss"
	table_cells >"$T/cells.table"
	cmp -s "$T/cells.ss" "$T/cells.table"
}

# Lines "INDEX AGE" of CLOSE_WAIT.
ss_ages() {
	ss_awk '
		/^[A-Z0-9]/ { row = "8." index_of($3) "." index_of($4); next }
		{
			match($0, /lastack:[0-9]+/)
			ack = substr($0, RSTART + 8, RLENGTH - 8)
			match($0, /lastrcv:[0-9]+/)
			rcv = substr($0, RSTART + 8, RLENGTH - 8)
			print row, int((ack + 0 < rcv + 0 ? ack : rcv) / 1000)
		}' -i state close-wait | by_index
}

test_columns() {
	local before after
	scene
	tables_start "conn-states all"
	make_close_wait 80 3
	tell client connect c6 "$SERVER4" 80 4
	tell client send c6 700
	tell server accept a6 l80 4
	make_close_wait 81 5
	tell server shutdown a81
	make_close_wait 82 2
	mute 82
	tell server send a82 1448
	wait_until 15 same_cells
	check "queues, retransmissions, users and round trip times come to be those of ss" \
		"$(<"$T/cells.ss")" "$(<"$T/cells.table")"
	check_match "with bytes unread" ' 700 0 0 1001 [0-9]+$' "$(table_cells)"
	check_match "with bytes unacknowledged, sent again" ' 1 1448 [1-9][0-9]* 1001 [0-9]+$' \
		"$(table_cells)"

	sleep 3
	before=$(ss_ages)
	next_sample
	column tcpStateConnAge 8 | by_index >"$T/ages"
	after=$(ss_ages)
	check "ages lie between what ss says before and after" "" "$(
		join <(sort <<<"$before") <(sort "$T/ages") | join - <(sort <<<"$after") |
			awk '$3 < $2 || $3 > $4')"
	check "of all that are in CLOSE_WAIT" "$(cut -d ' ' -f 1 <<<"$before")" \
		"$(cut -d ' ' -f 1 "$T/ages")"
	check_match "the oldest is silent for 3 s and more" ' ([3-9]|[1-9][0-9])$' "$(cat "$T/ages")"
}

# Where a full sample costs more than its budget, fast ones bring the states of trouble up to
# date and the rest stays as it was.
test_fast() {
	local pid
	namespaces_start
	make_crowd 4 5000
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	pid=${PIDS[server]}
	make_close_wait 80 30
	tell server listen l81 "$SERVER4" 81 64
	tell client connect c81 "$SERVER4" 81 50
	tell server accept a81 l81 50
	TCPSTATED_AS=()
	SAMPLING=$'interval 1\ndetail-interval 3600\ncpu-budget 0.5' tables_start \
		$'conn-states all\nconn-rows 30000'
	wait_until 30 is_cell tcpStateDetailInterval.0 3600000
	check_cell "full samples are rare" tcpStateDetailInterval.0 3600000
	tell client shutdown c81
	tell server connect dead "$DEAD4*5" 90 5 nowait
	wait_until 30 is_cell tcpStateCount.3.8 80
	check_cell "CLOSE_WAIT is counted" tcpStateCount.3.8 80
	check "ESTABLISHED is derived" 20000 "$(cell tcpStateCount.3.5)"
	check "the connections' rows are new" "$(ss_conns '^[38]\.')" \
		"$(column tcpStateConnSummary | cut -d ' ' -f 1 | grep '^[38]\.' | by_index)"
	check "their process" 80 "$(cell "tcpStateProcessCount.$pid.8")"
	check "its ESTABLISHED ones, as of the full sample" 50 "$(cell "tcpStateProcessCount.$pid.5")"
	check "their listener" "50 50" "$(cell "tcpStateListenerStateCount.1.4.$SERVER4.81.8") $(
		cell "tcpStateListenerStateCount.1.4.$SERVER4.81.5")"
	check "their remotes" "5 1 251" "$(cell tcpStateSpreadRemotes.3) $(
		cell tcpStateSpreadRemotes.8) $(cell tcpStateSpreadRemotes.5)"
	check "the rows are in order, each there once" "" \
		"$(column tcpStateConnSummary | cut -d ' ' -f 1 | sort -C -V -u || echo not)"
	check "as many as there were" 20050 "$(column tcpStateConnUid 5 | wc -l)"
	tell client reset c80
	wait_until 30 is_cell tcpStateCount.3.8 50
	check_cell "they go" tcpStateCount.3.8 50
	check "no full sample was taken" "" "$(awk '$1 < 3000' <<<"$(cell tcpStateDetailAge.0)")"
}

# --- walks while rows come and go --------------------------------------------------------

# Opens and closes for as long as the file exists: connections that are in CLOSE_WAIT for a
# moment, from many remotes; listeners; processes.
churn() {
	local i
	# Those of the test itself are not this subshell's to end.
	PIDS=() SOCKETS_IN=() SOCKETS_OUT=() NAMESPACES=()
	trap stop_all EXIT
	sockets_start opener "${CLIENT[@]}"
	sockets_start host "${SERVER[@]}"
	sockets_start visitor "${CLIENT[@]}"
	tell host listen l "$SERVER4" 85 1024
	tell host serve l
	ask visitor honest "$SERVER4" 85 300 3600 from "$CROWD4*3000"
	for ((i = 0; ; i++)); do
		sockets_start "p$i" "${SERVER[@]}"
		tell "p$i" listen l "$SERVER4" $((2000 + i % 1000)) 128
		tell "p$i" leak l
		tell opener connect "c$i" "$SERVER4" $((2000 + i % 1000)) $((10 + RANDOM % 60)) from \
			"198.18.$((RANDOM % 200)).1*250"
		tell opener shutdown "c$i"
		tell host listen "l$i" "127.3.$((i % 200)).1*$((1 + RANDOM % 20))" 87 8
		[ -e "$T/churn" ] || break
		((i > 2)) || continue
		tell opener reset "c$((i - 3))"
		tell host close "l$((i - 3))"
		sockets_stop "p$((i - 3))"
	done
}

# One walk of everything; prints what is wrong with it.
walk_whole() { # TOOL NUMBER
	local out=$T/walk.$2 samples
	samples=$(cell tcpStateSamples.0)
	"$1" -On TCPSTATE-MIB::tcpStateMIB >"$out" 2>"$out.err" || echo "exit code $? of $1"
	((samples == $(cell tcpStateSamples.0))) || echo >>"$T/spanned"
	cat "$out.err"
	grep -E '^(Error|Timeout|Reason)|not increasing' "$out"
	comm -23 "$T/survivors" <(summaries "$out" | sort) | sed 's/^/skipped: /'
	cut -d ' ' -f 1 "$out" | sort | uniq -d | sed 's/^/twice: /'
}

summaries() { # FILE...
	cat "$@" | sed -n "s/^$SUMMARY\.\([0-9.]*\) = .*/\1/p"
}

test_churn() {
	local i wrong pid
	scene
	make_close_wait 80 800
	tables_start
	SUMMARY=$(snmptranslate -On TCPSTATE-MIB::tcpStateConnSummary)
	ss_conns "^8\.1\.4\.$SERVER4\.80\." | sort >"$T/survivors"
	check "connections that stay" 800 "$(wc -l <"$T/survivors")"
	: >"$T/churn"
	churn >"$T/churn.log" 2>&1 &
	pid=$!
	for ((i = 0; i < 8; i++)); do
		wrong+=$(walk_whole walk "$i")
		wrong+=$(walk_whole bulkwalk "bulk$i")
	done
	rm "$T/churn"
	wait "$pid"
	check "16 walks end, without an error, and skip nothing that stays" "" "$wrong"
	check_run "rows came and went" test "$(summaries "$T"/walk.*[0-9] | sort -u | wc -l)" -gt 1500
	check_run "the sample changed within walks" test "$(wc -l <"$T/spanned")" -ge 8
	check "no sample failed" 0 "$(cell tcpStateSampleErrors.0)"
}

for section in ${1:-state_first bound flood states columns fast churn}; do
	"test_$section"
	stop_all
done
