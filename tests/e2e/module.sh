#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 400 s; plain
# tcpstate_snmp.so inside a real snmpd: the same answers as over AgentX, from the daemon's files.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/snmp.sh
. "$SRC/tests/e2e/lib/snmp.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"
require snmpd ss valgrind

# --- snmpd with the module, and the daemon -------------------------------------------------

FILE=$T/tcpstated/snapshot
export TCPSTATE_SNAPSHOT=$FILE
DLMOD="dlmod tcpstate_snmp $BIN/tcpstate_snmp.so"
BASE=.1.3.6.1.4.1.8072.9999.9999.4022
CONN=$BASE.1.6.1
# One sample, of everything.
ONE="interval 3600
detail-interval 3600
conn-states all
snapshot $FILE"

install -m 644 "$BUILD/.libs/tcpstate_snmp.so" "$BIN/" || die "no module in $BUILD"
daemon_directory tcpstated

module_start() { # [CONFIGURATION OF tcpstated [LINES OF snmpd.conf]]
	namespaces_start
	make_all_states
	snmpd_configure "$DLMOD
${2:-}"
	snmpd_start
	tcpstated_start "${1:-$ONE}"
}

daemon_stops() {
	kill -s STOP "${PIDS[tcpstated]}" "$(sampler_pid)" "$(agent_pid)"
}

daemon_goes_on() {
	kill -s CONT "$(sampler_pid)" "$(agent_pid)" "${PIDS[tcpstated]}"
}

sample_now() { # tcpstated takes a full one
	kill -s HUP "${PIDS[tcpstated]}"
}

samples() {
	get -OQUv TCPSTATE-MIB::tcpStateSamples.0
}

more_samples() { # THAN
	(($(samples) > $1))
}

# One more full sample, which the file has as well. It is not the first: that has no rates.
sample_anew() {
	local before
	sleep 1.2
	before=$(samples)
	sample_now
	wait_until 10 more_samples "$before" || die "no sample" "$(cat "$T/tcpstated.log")"
}

told() { # EXTENDED-REGEX: how many lines of snmpd's log
	grep -cE -- "$1" "$T/snmpd.log"
}

# --- the same as AgentX --------------------------------------------------------------------

# Every OID, and the values but those that each look at the listeners changes: what is told of the
# sample, counters, conditions, rates.
CHANGING="1\.(2|3|4|7|10|13|22)\.0|11\.1\.2\.[0-9.]*|13\.1\.(4|8|9|10)\.[0-9.]*|21\.1\.6\.[0-9]*"
steady() {
	sed -E "s/^($BASE\.1\.($CHANGING)) = .*/\1/; s/^(.1.3.6.1.6.3.10.2.1.3.0) = .*/\1/"
}

# What several views show: one without a column, one without tables, one of some rows only.
VIEWS="view column included $BASE
view column excluded $CONN.10
view tables included $BASE
view tables excluded $BASE.1.6
view tables excluded $BASE.1.12
view rows included $CONN.0.5 ff:fb
rocommunity column 127.0.0.1 -V column
rocommunity tables 127.0.0.1 -V tables
rocommunity rows 127.0.0.1 -V rows"

as() { # COMMUNITY COMMAND...
	local SNMP_AUTH=(-v2c -c "$1")
	"${@:2}"
}

as_v1() {
	local SNMP_AUTH=(-v1 -c "$COMMUNITY")
	"$@"
}

# Each way to ask.
ask_all() {
	local community
	bulkwalk -On "$BASE"
	echo "--- GETNEXT"
	walk -On "$CONN"
	echo "--- GETBULK of 3 rows, of 10,000"
	bulkwalk -On -Cr3 "$CONN.10"
	bulkwalk -On -Cr10000 "$BASE.1.12"
	echo "--- columns, two of them once, one that ends, one behind the last"
	bulkget -On -Cn2 -Cr7 "$BASE.1.2.1.3" "$BASE.1.1.1" "$CONN".{8,10,11,17} "$BASE.1.14" "$BASE.1.21.1.6"
	bulkget -On -Cr9 "$BASE.1.14.4" "$BASE.1.21.1.5.9" "$BASE.2" .1.3.6.1.6.3.16.1.5.2.1
	bulkget -On -Cn3 -Cr0 "$BASE.1.2.1.3" "$BASE.1.1.1" "$CONN.8" "$CONN.9"
	echo "--- GETNEXT of several, from before and behind"
	getnext -On .1.3.6.1.4.1.8072 "$BASE" "$CONN.99" "$BASE.1.14.4.0" "$BASE.99"
	echo "--- GET of what is there and what is not"
	get -On "$BASE.1.2.1.3.3.8" "$BASE.1.14.1.0" "$BASE.1.2.1.3.9.9" "$BASE.1.99.0" "$BASE"
	for community in column tables rows; do
		echo "--- the view \"$community\""
		as $community bulkwalk -On "$BASE.1"
		as $community walk -On "$CONN"
		as $community bulkget -On -Cr20 "$CONN".{8,9,10,11}
		as $community get -On "$CONN.10.5.1.4" "$BASE.1.14.1.0"
	done
	echo "--- SNMPv1, which has no Counter64; SNMPv3"
	as_v1 walk -On "$BASE.1.4"
	as_v3 bulkwalk -On "$CONN"
	echo "--- SET"
	as writer snmp_set "$BASE.1.2.1.3.3.8" u 1
}

test_same() {
	module_start "$ONE" "$VIEWS
rwcommunity writer 127.0.0.1"
	sample_anew
	daemon_stops
	ask_all 2>&1 | steady >"$T/module"
	check "snmpd answers by itself" "$(want_table)" "$(walk_states)"
	daemon_goes_on
	snmpd_reload "$VIEWS
rwcommunity writer 127.0.0.1"
	ask_all 2>&1 | steady >"$T/agentx"
	check_run "$(wc -l <"$T/agentx") lines" test "$(wc -l <"$T/agentx")" -gt 5000
	check_match "the view of some rows has some" "^$CONN.17.5" \
		"$(sed -n '/view "rows"/,/SNMPv1/p' "$T/module")"
	check "are the same over AgentX" "$(cat "$T/agentx")" "$(cat "$T/module")"
	snmpd_reload "$DLMOD"
	daemon_stops
	check "and again in snmpd" "$(want_table)" "$(walk_states)"
	daemon_goes_on
	check "tcpstated has nothing to say" 0 "$(log_lines 'refused|cannot reach|went away')"
	check "snmpd: of the time before tcpstated ran" 2 "$(told TCPSTATE-MIB)"
}

# --- contexts ------------------------------------------------------------------------------

N=m$$ # of this test's namespaces; the machine has those of other tests as well
OTHERS="interval 1
detail-interval 1
conn-states all
namespaces on
namespace include \"$N-*\"
snapshot $FILE"
ACCESS='access grptester "" any priv prefix everything none none
group grptester usm tester
view everything included .1'

netns_of() { # NAMESPACE: where its snapshot is
	echo "$FILE-$(stat -Lc %i "/run/netns/$1")"
}

delete_namespace() { # the newest
	ip netns del "${NAMESPACES[-1]}"
	unset 'NAMESPACES[-1]'
}

in_context() { # NAMESPACE COMMAND...
	local SNMP_AUTH=("${SNMP_V3[@]}" -n "$1")
	"${@:2}"
}

established_in() { # NAMESPACE
	in_context "$1" get -OQUv -t 2 -r 0 TCPSTATE-MIB::tcpStateCount.total.established 2>&1
}

has_established() { # NAMESPACE COUNT
	[ "$(established_in "$1")" = "$2" ]
}

is_nothing() { # NAMESPACE: its context has nothing of this MIB
	[[ $(established_in "$1") == *"No Such"* ]]
}

# What a sample does not change while nothing happens, as snmpd and as tcpstated answer it.
ask_context() {
	in_context "$1" bulkwalk -On "$BASE.1.2"
	in_context "$1" walk -On "$CONN.14"
	in_context "$1" getnext -On "$BASE" "$BASE.99"
	in_context "$1" get -On "$BASE.1.2.1.3.3.8" "$BASE.1.99.0"
}

# Each has a server and as many connections as its number.
busy_namespace() { # NUMBER
	make_namespace "$N-$1"
	sockets_start "in$1" nsenter "--net=/run/netns/$N-$1" --
	tell "in$1" listen l 127.0.0.1 80 64
	tell "in$1" connect c 127.0.0.1 80 "$1"
	tell "in$1" accept a l "$1"
}

test_contexts() {
	local i before
	TCPSTATED_AS=() SNMPD_AS=()
	for i in 3 5; do
		busy_namespace $i
	done
	module_start "$OTHERS" "$ACCESS"
	check_run "the third" wait_until 20 has_established "$N-3" 6
	check_run "the fifth" wait_until 20 has_established "$N-5" 10
	ask_context "$N-5" | steady >"$T/module"
	snmpd_reload "$ACCESS"
	check_run "over AgentX" wait_until 20 has_established "$N-5" 10
	check "is the same" "$(ask_context "$N-5" | steady)" "$(cat "$T/module")"
	snmpd_reload "$DLMOD
$ACCESS"
	check "at once, when snmpd has loaded it" 10 "$(established_in "$N-5")"
	daemon_stops
	check "from the file" 6 "$(established_in "$N-3")"
	cp "$(netns_of "$N-3")" "$FILE.other"
	mv "$FILE.other" "$(netns_of "$N-5")"
	check_run "a file that is of another one is not shown" is_nothing "$N-5"
	daemon_goes_on
	make_namespace "$N-7"
	check_run "a new one" wait_until 30 has_established "$N-7" 0
	delete_namespace
	check_run "goes" wait_until 30 is_nothing "$N-7"
	for i in {100..180}; do
		make_namespace "$N-$i"
	done
	check_run "many" wait_until 60 has_established "$N-180" 0
	check_run "and the first of them" wait_until 60 has_established "$N-100" 0
	before=$(told 'TCPSTATE-MIB is empty')
	tcpstated_stop
	check_run "they go with the daemon" is_nothing "$N-3"
	check_run "the host's as well" is_nothing ""
	check "the log says so once" $((before + 1)) "$(told 'TCPSTATE-MIB is empty')"
	tcpstated_start "$OTHERS"
	check_run "and come back" wait_until 30 has_established "$N-3" 6
	check "snmpd has nothing to say of them" 0 "$(told "$N|TCPSTATE.*(uplicate|rror)")"
}

# --- a file that changes, or is none -------------------------------------------------------

# A full sample each 100 ms, and as often a connection that comes and goes.
churn_start() {
	spawn churn bash -c 'while kill -s HUP "$1"; do sleep 0.1; done' - "${PIDS[tcpstated]}"
	tell server listen passing "$SERVER4" 9001 512
	tell server serve passing
	spawn passing "${CLIENT[@]}" bash -c \
		'while :; do exec 3<>"/dev/tcp/$1/9001" && exec 3>&-; sleep 0.05; done' - "$SERVER4"
}

churn_stop() {
	stop passing
	stop churn
}

# Those on port 9000 that stay, as tcpStateConnUid: INDEX.
steady_conns() {
	bulkwalk -On "$CONN.14.5" | grep -oE "^$CONN\.14\.5\.1\.4\.192\.0\.2\.1\.9000\.[0-9.]*"
}

has_steady() { # COUNT
	[ "$(steady_conns | wc -l)" = "$1" ]
}

make_steady() { # COUNT
	tell server listen steady "$SERVER4" 9000 512
	ask server accept s steady "$1"
	tell client connect s "$SERVER4" 9000 "$1"
	answer server || die "server accepts" "$REPLY"
	sample_now
	wait_until 10 has_steady "$1" || die "$1 connections" "$(steady_conns | wc -l)"
}

# Who stays connected is in each walk. snmpbulkwalk itself refuses rows that go back.
test_changing() {
	local before
	module_start
	make_steady 200
	steady_conns >"$T/stay"
	before=$(samples)
	churn_start
	for ((SECONDS = 0; SECONDS < 60;)); do
		steady_conns | grep -cxFf "$T/stay" >>"$T/walks"
		((SECONDS < 5)) || ! more_samples $((before + 30)) || break
	done
	churn_stop
	check_run "30 samples, and $(wc -l <"$T/walks") walks" more_samples $((before + 30))
	check "each of them meets all 200" 200 "$(sort -u "$T/walks")"
}

gone_with() { # EXTENDED-REGEX: nothing is answered, and the log says it once
	local lines
	: >"$T/snmpd.log"
	lines=$(get -On "$BASE.1.14.1.0"; getnext -On "$BASE"; get -On "$BASE.1.2.1.3.3.8"
		bulkwalk -On "$BASE")
	check "$1: nothing is answered" 0 "$(grep "^$BASE" <<<"$lines" | grep -vc 'No Such Object')"
	check "$1: the log says it once" 1 "$(told "^TCPSTATE-MIB is empty: $FILE: .*$1")"
	check "$1: and nothing else" 1 "$(told TCPSTATE-MIB)"
}

comes_back() { # NAME: after gone_with
	check "$1" "$(want_table)" "$(walk_states)"
	check "$1, says the log" 1 "$(told "^TCPSTATE-MIB is answered from $FILE again")"
}

put_file() { # NAME COMMAND...: in one step, what the command makes of the good one
	"${@:2}" <"$T/good" >"$T/tcpstated/new"
	mv "$T/tcpstated/new" "$FILE"
	gone_with "$1"
	put_good
}

put_good() {
	install -m 644 "$T/good" "$FILE"
	comes_back "a good one"
}

another_version() {
	sed '1s/\(TCPSTATE.\{16\}\)0\.[0-9]\.[0-9]/\19.9.9/'
}

nothing() {
	:
}

scrambled() { # but for the beginning
	head -c 200
	tr '\0' x
}

test_files() {
	module_start "${ONE/interval 3600/interval 1}"
	daemon_stops
	cp "$FILE" "$T/good"
	sleep 3.2
	gone_with 'too old'
	daemon_goes_on
	wait_until 5 tcpstated_sampled
	comes_back "a new one"
	tcpstated_stop
	gone_with 'no such file'
	tcpstated_start "$ONE"
	comes_back "another daemon's"
	daemon_stops
	cp "$FILE" "$T/good"
	put_file damaged head -c 1000
	put_file damaged nothing
	put_file damaged tail -c +2
	put_file damaged scrambled
	put_file 'another version' another_version
	rm "$FILE"
	mkdir "$FILE"
	gone_with damaged
	rmdir "$FILE"
	put_good
	rm "$FILE"
	mkfifo "$FILE"
	gone_with damaged
	rm "$FILE"
	install -m 600 "$T/good" "$FILE"
	gone_with 'not permitted: .*in the group tcpstate'
	chmod 644 "$FILE"
	comes_back "one that may be read"
	daemon_goes_on
}

# --- snmpd itself --------------------------------------------------------------------------

# snmpd's user is a member of the group, as "adduser Debian-snmp tcpstate" makes it.
test_group() {
	local user=Debian-snmp group=tcpstate
	id $user >/dev/null 2>&1 || die "needs the user $user of Debian's snmpd"
	grep -v "^$group:" /etc/group >"$T/group"
	echo "$group:x:65534:$user" >>"$T/group"
	chmod 644 "$T/group"
	# shellcheck disable=SC2016 # for the inner shell
	SNMPD_AS=(unshare -m sh -c 'mount --bind "$0" /etc/group && exec "$@"' "$T/group")
	SNMPD_OPTIONS=(-u "$user" -g "$user")
	module_start
	check "snmpd runs as $user" "$(id -u $user)" \
		"$(awk '$1 == "Uid:" { print $2 }' "/proc/${PIDS[snmpd]}/status")"
	check "and may read a file of mode" 640 "$(stat -c %a "$FILE")"
	check "which it shows" "$(want_table)" "$(walk_states)"
}

anonymous_kb() { # memory of snmpd's own
	awk '$1 == "RssAnon:" { print $2 }' "/proc/${PIDS[snmpd]}/status"
}

walk_often() { # TIMES
	local i
	for ((i = 0; i < $1; i++)); do
		MIBS='' in_server "$BUILD/tests/bench/walk" walk "udp:127.0.0.1:$SNMP_PORT" "$COMMUNITY" \
			"$CONN".{8,10,14} >>"$T/often" || die "a walk fails"
	done
}

test_memory() {
	local before after
	module_start
	make_steady 200
	churn_start
	walk_often 100
	before=$(anonymous_kb)
	walk_often 1000
	after=$(anonymous_kb)
	churn_stop
	check_run "1,000 walks: $before kB before, $after kB after" \
		test "$after" -le $((before + 256))
}

# What it loses itself, as its modules begin, and of a subagent.
cat >"$T/valgrind.supp" <<'END'
{
   snmpd's own modules
   Memcheck:Leak
   ...
   fun:init_mib_modules
}
{
   a subagent's session
   Memcheck:Leak
   fun:malloc
   fun:register_agentx_list
}
END

# A namespace that is there for a few seconds, again and again.
come_and_go() {
	while ip netns add "$N-go"; do
		sleep 8
		ip netns del "$N-go" || break
		sleep 5
	done
}

test_valgrind() {
	local i
	TCPSTATED_AS=() SNMPD_AS=()
	make_namespace "$N-stay"
	spawn go bash -c "N=$N; $(declare -f come_and_go); come_and_go"
	SNMPD_S=90 STOP_S=60
	# shellcheck disable=SC2054 # valgrind's commas
	SNMPD_AS+=(valgrind --trace-children=yes --leak-check=full --show-leak-kinds=definite,indirect
		--errors-for-leak-kinds=definite,indirect "--suppressions=$T/valgrind.supp"
		"--log-file=$T/snmpd/valgrind.%p")
	module_start "${OTHERS/interval 1/interval 5}" "$ACCESS"
	make_steady 50
	churn_start
	for i in 1 2 3; do
		{
			bulkwalk -t 10 -On "$BASE"
			in_context "$N-stay" bulkwalk -t 10 -On "$BASE"
			in_context "$N-go" bulkwalk -t 10 -On "$BASE"
			walk -t 10 -On "$BASE.1.2"
			get -t 10 -On "$BASE.1.2.1.3.3.8" "$BASE.7"
		} >"$T/walk"
		snmpd_reload "$DLMOD
$ACCESS"
	done
	churn_stop
	check_run "a context" wait_until 30 has_established "$N-stay" 0
	check_run "that comes" wait_until 60 has_established "$N-go" 0
	check_run "and goes" wait_until 60 is_nothing "$N-go"
	stop go
	ip netns del "$N-go" 2>/dev/null
	check_run "walks of $(wc -l <"$T/walk") values" test "$(wc -l <"$T/walk")" -gt 500
	snmpd_reload
	check "unloaded" 0 "$(grep -c tcpstate_snmp "/proc/${PIDS[snmpd]}/maps")"
	snmpd_reload "$DLMOD"
	steady_conns >/dev/null
	snmpd_stop
	check_match "no error, and nothing is lost" 'ERROR SUMMARY: 0 errors' \
		"$(cat "$T"/snmpd/valgrind.*)"
}

side_by_side "$@" -- same contexts changing files group memory valgrind
