#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain
# tcpstated's three processes: what each may do, tried from inside; that each is started again when
# it dies; that all end together; and what systemd is told.
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2119
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"
require python3

CONFIG='interval 1
detail-interval 1
agentx-retry 1'

status_of() { # PID FIELD
	sed -n "s/^$2:\t//p" "/proc/$1/status"
}

start() { # as root, so that there is something to give up
	namespaces_start
	snmpd_configure
	snmpd_start
	TCPSTATED_AS=("${@}")
	tcpstated_start "$CONFIG
snapshot $T/snapshot"
}

# --- what each may do --------------------------------------------------------------------

test_rights() {
	local pid
	start
	check "two processes of the first one" "tcpstate-agent tcpstate-sample" \
		"$(ps --ppid "${PIDS[tcpstated]}" -o comm= | sort | xargs)"
	check "the sampler's capabilities" "0000000000080004 0000000000000000" \
		"$(status_of "$(sampler_pid)" CapEff) $(status_of "$(sampler_pid)" CapBnd)"
	check "the agent has none" "0000000000000000 0000000000000000 0000000000000000" \
		"$(status_of "$(agent_pid)" CapPrm) $(status_of "$(agent_pid)" CapEff) $(
			status_of "$(agent_pid)" CapBnd)"
	for pid in $(daemon_pids); do
		check "no new privileges" 1 "$(status_of "$pid" NoNewPrivs)"
		check "one thread" 1 "$(status_of "$pid" Threads)"
	done
	if [ -n "${SANITIZERS:-}" ]; then
		echo "not measured in a build with sanitizers: the filter of system calls"
		return
	fi
	check "and system calls are filtered" "2 2" \
		"$(status_of "$(sampler_pid)" Seccomp) $(status_of "$(agent_pid)" Seccomp)"
}

# As each has it for itself: what they share with each other and with snmpd is counted twice, so that
# it does not matter who else runs. (Of the first process almost all is shared.)
test_memory() {
	local pid sum=0
	start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen l "127.1.0.1*40" 81 64
	tell server listen m "$SERVER4" 80 4096
	tell client connect c "$SERVER4" 80 900
	tell client connect d "$SERVER4" 80 100
	tell client shutdown d
	next_sample
	check_run "the MIB is walked" bulkwalk -On TCPSTATE-MIB::tcpStateMIB
	next_sample
	for pid in $(sampler_pid) $(agent_pid); do
		sum=$((sum + $(awk '$1 == "Rss:" { print $2 }' "/proc/$pid/smaps_rollup")))
	done
	printf 'resident: %s kB\n' $sum
	check_run "sampler and agent take less than 14 MB" test $sum -lt 14000
}

# --- broken from inside ------------------------------------------------------------------

attack() { # EXPECTED WHO CALL [ARGUMENT...]
	local expected=$1 who=$2 got
	shift 2
	got=$(timeout 20 "$BIN/inject" "$("${who}_pid")" "$@" 2>&1)
	check "the $who: $*" "$expected" "$got"
	# A dead one is there again before the next attack.
	[ "$got" != killed ] || wait_until 40 eval "${who}_pid >/dev/null"
}

test_attacks() {
	local who fd=-100 new=193 # AT_FDCWD; O_WRONLY, O_CREAT and O_EXCL
	if [ "$(uname -m)" != x86_64 ] || [ -n "${SANITIZERS:-}" ]; then
		echo "skipped - attacks from inside: only written for x86_64, without sanitizers"
		return
	fi
	start
	echo precious >"$T/precious"
	chmod 666 "$T/precious"
	for who in sampler agent; do
		attack EPERM $who openat $fd "$T/precious" 1
		attack EPERM $who openat $fd "$T/precious" 2
		attack EPERM $who openat $fd "$T/precious" 0x200
		attack EPERM $who truncate "$T/precious" 0
		attack EPERM $who symlink /etc "$T/link"
		attack EPERM $who chmod "$T/precious" 0
		attack EPERM $who clone 17 0 0 0 0
		attack EPERM $who fork
		attack EPERM $who kill 1 0
		attack EPERM $who setuid 0
		attack EPERM $who mmap 0 4096 7 0x22 -1 0
		attack EPERM $who prctl 22 0
	done
	attack EPERM sampler socket 2 1 0
	attack EPERM sampler socket 1 1 0
	attack EPERM sampler connect 0 0 0
	attack EPERM agent openat $fd /etc/hostname 0
	attack EPERM agent openat $fd "$T/new" $new 384
	attack EPERM agent socket 16 3 4
	attack EPERM agent unlink "$T/precious"
	for who in sampler agent; do
		attack killed $who execve /bin/true 0 0
		attack killed $who ptrace 16 1 0 0
		attack killed $who process_vm_writev 1 0 0 0 0 0
		attack killed $who mount none "$T" tmpfs 0 0
		attack killed $who bpf 0 0 0
		attack killed $who setns -1 0x40000000
	done
	check "nothing has come to harm" precious "$(<"$T/precious")"
	check "no new file" "" "$(find "$T" -maxdepth 1 -name new -o -maxdepth 1 -name link)"
	check_run "and it serves again" wait_until 30 tcpstated_sampled
}

# --- deaths ------------------------------------------------------------------------------

is_another() { # NAME PID
	local now
	now=$("${1}_pid") && [ "$now" != "$2" ]
}

# shellcheck disable=SC2317
samples_again() {
	next_sample
}

test_deaths() {
	local who pid
	start
	for who in sampler agent; do
		pid=$("${who}_pid")
		kill -s KILL "$pid"
		check_run "a killed $who is started again" wait_until 10 is_another $who "$pid"
		check_run "and all works" samples_again
		check "it is told once" 1 \
			"$(log_lines "the $who was ended by signal 9 \(Killed\): starting it again in 1 s")"
	done
	for ((i = 0; i < 3; i++)); do
		pid=$(sampler_pid)
		kill -s SEGV "$pid"
		wait_until 30 is_another sampler "$pid" || break
	done
	check "in a row the pauses grow" 1 "$(log_lines 'signal 11 .* again in 8 s')"
	next_sample
	tcpstated_stop
	check "the end" 0 $?
}

all_gone() { # PID...
	local pid
	for pid in "$@"; do
		gone "$pid" || return
	done
}

# Who reads the configuration again is the sampler; who reloads by name signals all of them.
test_hangup() {
	local pids
	start
	pids=$(daemon_pids)
	daemon_signal HUP
	check_run "it is read again" wait_until 10 eval '(($(log_lines "configuration read again") > 0))'
	next_sample
	check "by the same processes" "$pids" "$(daemon_pids)"
	check "of which none has ended" 0 "$(log_lines 'has ended|was ended')"
	tcpstated_stop
	check "the end" 0 $?
}

# Whoever starts it with its standard files closed does not have the log in a socket.
test_closed() {
	local pid fd
	start "$(command -v bash)" -c 'exec "$@" <&- >&- 2>&-' -
	for pid in $(daemon_pids); do
		for fd in 0 1 2; do
			check "$(<"/proc/$pid/comm"): $fd" /dev/null "$(readlink "/proc/$pid/fd/$fd")"
		done
	done
}

test_end() {
	local pids who begun
	for who in sampler agent; do
		[ -n "${PIDS[snmpd]:-}" ] || start
		[ -n "${PIDS[tcpstated]:-}" ] || tcpstated_start "$CONFIG"
		# shellcheck disable=SC2207
		pids=($(daemon_pids))
		kill -s STOP "$("${who}_pid")"
		begun=${EPOCHREALTIME/./}
		kill -s TERM "${PIDS[tcpstated]}"
		check_run "with a stopped $who all end" wait_until 5 all_gone "${pids[@]}"
		check_run "within two seconds" test $((${EPOCHREALTIME/./} - begun)) -lt 2000000
		check "its log says why it was killed" 1 "$(log_lines "the $who does not end: it is killed")"
		stop tcpstated
	done
	tcpstated_start "$CONFIG"
	# shellcheck disable=SC2207
	pids=($(daemon_pids))
	kill -s KILL "${PIDS[tcpstated]}"
	check_run "without the first one the others end as well" wait_until 5 all_gone "${pids[@]}"
}

# --- what the agent has to open besides, and when ----------------------------------------

# A master that is known by name is looked up at each attempt.
test_names() {
	local port
	namespaces_start
	port=$(free_udp_port)
	AGENTX=localhost:$port
	snmpd_configure
	sed -i "s/^agentXSocket .*/agentXSocket tcp:localhost:$port/" "$T/snmpd.conf"
	names_snmpd
	printf '%s\n' "$CONFIG" >"$T/tcpstate.conf"
	spawn tcpstated "${SERVER[@]}" "${TCPSTATED_AS[@]}" "$BIN/tcpstated" -f -c "$T/tcpstate.conf" \
		-x "localhost:$port"
	check_run "a master by its name" wait_until 30 tcpstated_sampled
	snmpd_kill
	names_snmpd
	check_run "and again, after it was away" wait_until 30 tcpstated_sampled
	check "it is told to be back" 1 "$(log_lines 'snmpd is back')"
}

names_snmpd() {
	spawn snmpd "${SERVER[@]}" "${SNMPD_AS[@]}" env "SNMP_PERSISTENT_DIR=$T/snmpd" MIBS= \
		snmpd -f -C -c "$T/snmpd.conf" -Lo -I -smux
	wait_until 20 get -t 0.5 -r 0 -On .1.3.6.1.2.1.1.3.0 >/dev/null 2>&1 ||
		die "snmpd does not answer" "$(cat "$T/snmpd.log")"
}

# Dates have the host's own time zone, a file that is read once.
test_zone() {
	echo 'Zone Test 5:45 - TST' >"$T/zone.txt"
	/usr/sbin/zic -d "$T" "$T/zone.txt" || die "zic"
	chmod 644 "$T/Test"
	start env "TZ=:$T/Test"
	check_match "in the host's time zone" ',\+5:45$' "$(get -OQUv TCPSTATE-MIB::tcpStateSampleTime.0)"
}

# --- systemd -----------------------------------------------------------------------------

told() { # LINE: how often systemd was told so
	grep -cx "$1" "$T/notified.log"
}

# shellcheck disable=SC2317
told_twice() {
	(($(told WATCHDOG=1) >= 2))
}

test_notify() {
	local pings
	spawn notified python3 -uc '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(1000).decode())' "$T/notify"
	wait_until 10 test -S "$T/notify" || die "a place for notifications"
	start env "NOTIFY_SOCKET=$T/notify" WATCHDOG_USEC=1500000
	check_run "it says when it is ready" wait_until 10 eval '(($(told READY=1) == 1))'
	check_run "and that it lives" wait_until 10 told_twice
	kill -s STOP "$(sampler_pid)"
	sleep 4
	pings=$(told WATCHDOG=1)
	sleep 4
	check "not while the sampler hangs" "$pings" "$(told WATCHDOG=1)"
	kill -s CONT "$(sampler_pid)"
	check_run "but afterwards" wait_until 10 eval "((\$(told WATCHDOG=1) > $pings))"
	tcpstated_stop
	check "the end" "0 1" "$? $(told STOPPING=1)"
}

# With namespaces the sampler has one capability more and may enter network namespaces, no others
# (EBADF: the filter has let it through); the agent has and may no more than without.
test_netns() {
	local CONFIG=$CONFIG$'\nnamespaces on\nnamespace include none'
	if [ "$(uname -m)" != x86_64 ] || [ -n "${SANITIZERS:-}" ]; then
		echo "skipped - attacks from inside: only written for x86_64, without sanitizers"
		return
	fi
	start
	check "the sampler's capabilities" "0000000000280004 0000000000000000" \
		"$(status_of "$(sampler_pid)" CapEff) $(status_of "$(sampler_pid)" CapBnd)"
	check "the agent has none" "0000000000000000 0000000000000000" \
		"$(status_of "$(agent_pid)" CapEff) $(status_of "$(agent_pid)" CapBnd)"
	attack EBADF sampler setns -1 0x40000000
	attack EPERM sampler setns -1 0x00020000
	attack EPERM sampler setns -1 0
	attack killed sampler unshare 0x40000000
	attack killed sampler mount none "$T" tmpfs 0 0
	attack killed agent setns -1 0x40000000
	check_run "and it serves again" wait_until 30 tcpstated_sampled
}

side_by_side "$@" -- rights memory attacks netns deaths hangup closed end names zone notify
