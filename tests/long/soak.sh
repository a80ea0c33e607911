#!/bin/bash
# SPDX-License-Identifier: MIT
# What goes wrong on hosts, for an hour, all of it at once: `make soak`. Each section has a daemon, an
# snmpd and sockets of its own. tests/long/soak.sh SECTION runs one; MINUTES=N makes it N minutes in
# place of 60. Whatever is done: an answer has the right counts, or there is none; afterwards all is
# right, and neither memory nor descriptors have grown.
#
#   master       snmpd is killed, 100 times in an hour, at any moment of walks and notifications
#   stopped      each process stands still for 30 s
#   killed       sampler and agent are killed, 100 times each in an hour
#   churn        connections, processes and listeners come and go
#   descriptors  the sampler may open nothing more
#   memory       the sampler gets no more memory
#   full         the place of the snapshot is full, then read-only
#   clock        the clock jumps back and forth by an hour (needs faketime)
#   hostile      a master that sends nonsense, endless lengths, a byte at a time
#   flaky        half of the calls to sock_diag fail
set -u
SRC=${SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${BUILD:-$SRC/build}
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2119
. "$SRC/tests/e2e/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"
require python3 strace

# All of them together need more than one core has: the interval is not stretched here.
CONFIG="interval 1
detail-interval 1
agentx-retry 1
condition sampling warning 3 critical 1000 hold 5"

rounds() { # AN-HOUR: as many in the time that is given
	local n=$(($1 * ${MINUTES:-60} / 60))
	echo $((n > 3 ? n : 3))
}

# --- what must be right ------------------------------------------------------------------

COUNTS=(tcpStateCount.ipv4.{listen,established,closeWait})
RIGHT='3 40 14'

soak_start() { # [OPTION...] of tcpstated
	namespaces_start
	mkdir -p "$T/place"
	chmod 777 "$T/place"
	trapd_start
	snmpd_configure
	snmpd_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	for i in 1 2 3; do
		tell server listen "l$i" "$SERVER4" "8$i" 64
	done
	tell client connect c "$SERVER4" 81 40
	tell server accept a l1 40
	tell client connect h "$SERVER4" 82 14
	tell server accept b l2 14
	tell client shutdown h
	tcpstated_start "$CONFIG
snapshot $T/place/snapshot
events $T/place/events" "$@"
	next_sample
	BEFORE=$(figures)
}

# "RSS-KB DESCRIPTORS" of each process.
figures() {
	local pid
	for pid in $(daemon_pids); do
		echo "$(sed -n 's/^VmRSS:\s*\([0-9]*\) kB/\1/p' "/proc/$pid/status") $(
			find "/proc/$pid/fd" -mindepth 1 | wc -l)"
	done
}

counts() { # what is answered, in a line; "" if nothing is
	get -t 1 -r 0 -OQUv "${COUNTS[@]/#/TCPSTATE-MIB::}" 2>/dev/null | xargs
}

# Asks on and on, in the background: lines "RIGHT", "NONE" or what was wrong.
watch_start() {
	(while [ ! -e "$T/watched" ]; do
		case $(counts) in
		"$RIGHT") echo RIGHT ;;
		'' | *'No Such'*) echo NONE ;;
		*) counts ;;
		esac
		sleep 0.3
	done) >"$T/seen" 2>&1 &
	WATCH=$!
}

watch_stop() {
	touch "$T/watched"
	wait "$WATCH"
	printf '%s right answers, %s times none\n' "$(grep -c RIGHT "$T/seen")" "$(grep -c NONE "$T/seen")"
	check "no answer is wrong" "" "$(grep -vE '^(RIGHT|NONE)$' "$T/seen" | sort | uniq -c)"
	check_run "there were answers" grep -q RIGHT "$T/seen"
}

check_recovered() {
	check_run "it serves" wait_until 60 tcpstated_sampled
	next_sample
	check "the counts" "$RIGHT" "$(counts)"
	check "as ss has them" "$(in_server ss -Htan state close-wait | wc -l)" \
		"$(get -OQUv TCPSTATE-MIB::tcpStateCount.ipv4.closeWait)"
	printf 'log: %s lines\n' "$(wc -l <"$T/tcpstated.log")"
}

# A megabyte is what malloc() may keep in holes.
check_growth() {
	local after
	after=$(figures)
	printf 'memory (kB) and descriptors before: %s, after: %s\n' "$(xargs <<<"$BEFORE")" \
		"$(xargs <<<"$after")"
	check "nothing has grown" "" "$(paste -d ' ' <(printf '%s\n' "$BEFORE") <(printf '%s\n' "$after") |
		awk '$3 > $1 + 1024 || $4 > $2 + 2')"
}

is_another() { # NAME PID
	local now
	now=$("${1}_pid") && [ "$now" != "$2" ]
}

a_moment() { # MOST-MILLISECONDS
	local ms=$((RANDOM % $1))
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
}

# --- sections ----------------------------------------------------------------------------

test_master() {
	local i n
	CONFIG+=$'\nstate LISTEN warning 10 hold 0'
	soak_start
	n=$(rounds 100)
	for ((i = 0; i < n; i++)); do
		tell server listen "m$i" "127.1.0.1*10" 99 2
		(bulkwalk -On TCPSTATE-MIB::tcpStateMIB >/dev/null 2>&1) &
		a_moment 3000
		snmpd_kill
		a_moment 1000
		snmpd_start
		tell server close "m$i"
		a_moment $((MINUTES * 60000 / n))
	done
	wait_until 30 tcpstated_sampled
	sleep 65
	check_recovered
	check "no notification is lost" 0 "$(get -OQUv TCPSTATE-MIB::tcpStateNotificationsLost.0)"
	check "what was logged was told, each once" "$(log_lines 'stateCount.LISTEN')" \
		"$(traps 'SNMP v2c,.*tcpStateConditionName[^\t]*stateCount' | wc -l)"
	check_growth
}

test_stopped() {
	local who pid
	soak_start
	watch_start
	for who in sampler agent tcpstated; do
		pid=$([ $who = tcpstated ] && echo "${PIDS[tcpstated]}" || "${who}_pid")
		kill -s STOP "$pid"
		sleep 30
		[ $who != sampler ] ||
			check "a sampler that stands still is told" warning "$(condition Severity sampling)"
		kill -s CONT "$pid"
		sleep 10
	done
	watch_stop
	check_recovered
	check_growth
}

test_killed() {
	local i n who
	soak_start
	n=$(rounds 100)
	watch_start
	for who in sampler agent; do
		for ((i = 0; i < n; i++)); do
			pid=$("${who}_pid")
			a_moment 2000
			kill -s KILL "$pid"
			wait_until 60 is_another $who "$pid" || fail "$who $i does not come back"
		done >"$T/$who" &
		PIDS[killer-$who]=$!
	done
	wait "${PIDS[killer-sampler]}" "${PIDS[killer-agent]}"
	unset "PIDS[killer-sampler]" "PIDS[killer-agent]"
	cat "$T/sampler" "$T/agent"
	watch_stop
	check_recovered
	check_run "the log was not flooded" test "$(log_lines 'was ended by signal')" -le 40
	check_growth
}

test_churn() {
	local i end
	soak_start
	sockets_start others "${CLIENT[@]}"
	end=$((SECONDS + ${MINUTES:-60} * 60))
	for ((i = 0; SECONDS < end; i++)); do
		sockets_start worker "${SERVER[@]}"
		tell worker listen w "127.3.0.1*20" 81 64
		tell worker listen v "$SERVER4" 84 4096
		tell others connect o "$SERVER4" 84 $((20 + i % 10 * 20))
		tell worker accept x v $((20 + i % 10 * 20))
		a_moment 2000
		sockets_stop worker
		tell others close o
		# The first figures were those of a host without all that.
		if ((i == 10)); then
			next_sample
			BEFORE=$(figures)
		fi
		((i % 20 == 19)) || continue
		next_sample
		[ "$(counts)" = "$RIGHT" ] || fail "round $i" "$(counts)"
	done
	printf '%s rounds, %s samples\n' "$i" "$(get -OQUv TCPSTATE-MIB::tcpStateSamples.0)"
	sockets_stop others
	check_recovered
	check_growth
}

limit_sampler() { # RESOURCE SOFT-LIMIT
	# As its own user: there are roots that may not do that to others.
	"${UNPRIVILEGED[@]}" prlimit --pid "$(sampler_pid)" "--$1=$2:" || die "prlimit"
}

# Not even the file in memory that goes to the agent can be made: it tells by the clock.
test_descriptors() {
	soak_start
	watch_start
	limit_sampler nofile 3
	sleep 30
	check "old figures are told" warning "$(condition Severity sampling)"
	check "and the reason, in the log" 1 "$(log_lines 'a sample failed .*Too many open files')"
	limit_sampler nofile 1024
	sleep 10
	watch_stop
	check_recovered
	check_growth
}

test_memory() {
	local sampler
	soak_start
	watch_start
	sampler=$(sampler_pid)
	limit_sampler data 1
	# What it has is enough for what it knows. These it would list; they are of another family, so
	# that the counts that are watched stay right.
	tell server listen six "$SERVER6" 85 4096
	tell client connect more "$SERVER6" 85 4000
	tell client shutdown more
	sleep 30
	tell client reset more
	tell server close six
	# If it lives: one that was started again has no such limit.
	! is_another sampler "$sampler" && limit_sampler data unlimited
	sleep 10
	# A failed allocation ends a sample, or the sampler: either is told.
	watch_stop
	check_match "it is told" 'a sample failed|was ended by|out of memory' "$(cat "$T/tcpstated.log")"
	check_recovered
	check_growth
}

test_full() {
	soak_start
	mount -t tmpfs -o size=16k,mode=777 place "$T/place" || die "a small tmpfs"
	head -c 16384 /dev/zero >"$T/place/other"
	watch_start
	sleep 10
	check "a full place is told once" 1 "$(log_lines 'No space left on device')"
	mount -o remount,size=16m "$T/place"
	check_run "and its end" wait_until 10 eval "((\$(log_lines 'snapshot can be written again') == 1))"
	mount -o remount,ro "$T/place"
	sleep 10
	check "read-only is told once" 1 "$(log_lines 'Read-only file system')"
	mount -o remount,rw "$T/place"
	sleep 5
	watch_stop
	check_recovered
	check "there is one" daemon "$(in_server "$BIN/tcpstated" -c "$T/tcpstate.conf" --once --json |
		jq -r .origin)"
	check_growth
	tcpstated_stop
	umount "$T/place"
}

test_clock() {
	local i n samples before
	if ! command -v faketime >/dev/null; then
		die "needs faketime (apt-get install faketime)"
	fi
	echo +0 >"$T/faked"
	chmod 644 "$T/faked"
	TCPSTATED_AS+=(env "LD_PRELOAD=$(find /usr/lib -name libfaketime.so.1 | head -n 1)"
		"FAKETIME_TIMESTAMP_FILE=$T/faked" FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1)
	# It reads a file, which the agent may not.
	soak_start --no-filter
	watch_start
	before=$(get -OQUv TCPSTATE-MIB::tcpStateSamples.0) samples=$SECONDS
	n=$(rounds 60)
	for ((i = 0; i < n; i++)); do
		printf "%+d\n" $((i % 2 * 7200 - 3600)) >"$T/faked"
		sleep 10
	done
	watch_stop
	samples=$(((SECONDS - samples) * 8 / 10))
	check_run "it has sampled each second" test \
		$(($(get -OQUv TCPSTATE-MIB::tcpStateSamples.0) - before)) -ge $samples
	check "nothing is told" "" "$(traps tcpStateCondition)"
	check_run "the age is one of seconds" test "$(get -OQUv TCPSTATE-MIB::tcpStateSampleAge.0)" -lt 10000
	check_recovered
	check_growth
}

test_hostile() {
	soak_start
	snmpd_stop
	rm -f "$AGENTX"
	spawn hostile "${SERVER[@]}" python3 -u "$SRC/tests/tools/hostile_master.py" "$AGENTX"
	sleep $((${MINUTES:-60} * 60))
	stop hostile
	printf '%s\n' "$(tail -n 1 "$T/hostile.log")"
	check_run "it was spoken to" test "$(grep -c 'session' "$T/hostile.log")" -gt 2
	check "the agent has not died" 0 "$(log_lines 'was ended by')"
	snmpd_start
	check_recovered
	check_growth
}

test_flaky() {
	local errors
	soak_start
	errors=$(get -OQUv TCPSTATE-MIB::tcpStateSampleErrors.0)
	watch_start
	spawn strace strace -qq -o /dev/null -e inject=sendto:error=ENOBUFS:when=1+2 -p "$(sampler_pid)"
	sleep $((${MINUTES:-60} * 10))
	stop strace INT
	watch_stop
	check_run "failures are counted" test "$(get -OQUv TCPSTATE-MIB::tcpStateSampleErrors.0)" -gt "$errors"
	check_recovered
	check_growth
}

MINUTES=${MINUTES:-60}
side_by_side "$@" -- master stopped killed churn descriptors memory full clock hostile flaky
