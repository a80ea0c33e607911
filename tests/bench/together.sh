# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# collectd with tcpconns, the same collectd with our plugin, and tcpstated with its default
# configuration run at the same time on the same sockets. Each collectd is a process of its
# own, because inside one nobody can tell whose CPU time it was.

TOGETHER=(tcpconns tcpstate tcpstated)
COLLECTD_INTERVAL=10 # collectd's default
SETTLE=5             # seconds, for what the start still has to do

tcpconns_configure() { # NAME
	cat >>"$T/$1.conf" <<-END
		<LoadPlugin tcpconns>
		  Interval $COLLECTD_INTERVAL
		</LoadPlugin>
		<Plugin tcpconns>
		  AllPortsSummary true
		  ListeningPorts true
		</Plugin>
	END
}

reads() { # PLUGIN: how many so far
	cat "$T/$1/csv/$1/$1"-all/tcp_connections-LISTEN-* 2>/dev/null | grep -vc '^epoch'
}

has_read() { # PLUGIN: often enough to know what a read costs
	(($(reads "$1") >= 2))
}

# As root, as Debian starts all of them.
together_start() {
	local name
	collectd_writing tcpconns
	tcpconns_configure tcpconns
	collectd_writing tcpstate
	plugin_configure tcpstate "$COLLECTD_INTERVAL" <<<''
	printf 'profile "%s"\n' "$T/profiles/modern.conf" >"$T/tcpstated.conf"

	snmpd_start
	spawn tcpstated "${SERVER[@]}" "$BIN/tcpstated" -f -c "$T/tcpstated.conf" -x "unix:$AGENTX"
	for name in tcpconns tcpstate; do
		spawn "$name" "${SERVER[@]}" collectd -f -C "$T/$name.conf"
	done
	wait_until 60 tcpstated_sampled || die "tcpstated does not serve" "$(cat "$T/tcpstated.log")"
	for name in tcpconns tcpstate; do
		wait_until 60 has_read "$name" || die "$name does not read" "$(cat "$T/$name.log")"
	done
	sleep "$SETTLE"
}

# --- how old the counts are --------------------------------------------------------------
# Each second one more connection is half-closed, and tcpstated is asked how many there are.
# What it answers was counted after the last of them was made, which tells how old its count
# is at the most.

ages_begin() {
	sockets_start marked-server "${SERVER[@]}"
	sockets_start marked-client "${SERVER[@]}"
	tell marked-server listen l 192.0.2.1 7998 1024
	tell marked-server leak l
}

sleep_until() { # MICROSECONDS of $EPOCHREALTIME
	local us=$(($1 - ${EPOCHREALTIME/./}))
	((us <= 0)) || sleep "$(printf '%d.%06d' $((us / 1000000)) $((us % 1000000)))"
}

# $T/ages: the age in microseconds, one a line.
ages_watch() { # SECONDS
	local begun=${EPOCHREALTIME/./} made=() count oid i first=${WANT[CLOSE_WAIT.all]}
	oid=$(snmptranslate -On TCPSTATE-MIB::tcpStateCount.total.closeWait)
	: >"$T/ages"
	made[first]=$begun
	for ((i = 1; i <= $1; i++)); do
		sleep_until $((begun + i * 1000000))
		made[first + i]=${EPOCHREALTIME/./}
		tell marked-client connect "m$i" 192.0.2.1 7998 1
		tell marked-client shutdown "m$i"
		count=$(MIBS='' get -Oqv "$oid") && [ -n "${made[count]:-}" ] ||
			die "tcpstated counts wrongly" "CLOSE_WAIT: $count of $((first + i))"
		echo $((${EPOCHREALTIME/./} - made[count])) >>"$T/ages"
	done
	want CLOSE_WAIT all "$1"
	want FIN_WAIT_2 all "$1"
}

# --- the measurement ---------------------------------------------------------------------
# $T/together has lines "NAME CPU-MICROSECONDS READS", and one for the process of tcpstated that
# samples, which is what its budget is about; their reads are not told.

together_run() { # SECONDS
	local name pids=() line before=() sampling answering
	ages_begin
	passing_keep "$1"
	sampling=$(cpu_ns "$(sampler_pid)") answering=$(cpu_ns "$(agent_pid)")
	for name in "${TOGETHER[@]}"; do
		before+=("$(reads "$name")")
		cost "${PIDS[$name]}" sleep "$1" >"$T/together.$name" &
		pids+=($!)
	done
	ages_watch "$1"
	wait "${pids[@]}"
	answer passing-client || die "short connections" "$REPLY"
	sampling=$((($(cpu_ns "$(sampler_pid)") - sampling) / 1000))
	answering=$((($(cpu_ns "$(agent_pid)") - answering) / 1000))
	for name in "${TOGETHER[@]}"; do
		line=$(<"$T/together.$name")
		line=${line#*cpu_us=}
		[ "$name" != tcpstated ] || line=$((line + sampling + answering))
		echo "$name $line $(($(reads "$name") - before[0]))"
		before=("${before[@]:1}")
	done >"$T/together"
	echo "sampling $sampling 0" >>"$T/together"
}

together_value() { # NAME FIELD
	awk -v name="$1" -v field="$2" '$1 == name { print $field }' "$T/together"
}

# A state of which no more were made meanwhile.
together_check() {
	local want=${WANT[SYN_SENT.all]}
	check "tcpstated, our plugin and tcpconns count what was made" "$want $want $want" "$(
		printf '%s %s %s\n' "$(get -OQUv TCPSTATE-MIB::tcpStateCount.total.synSent)" \
			"$(value tcpstate all/tcp_connections-SYN_SENT)" \
			"$(ctl tcpconns getval tcpconns/tcpconns-all/tcp_connections-SYN_SENT |
				awk -F= '{ print $2 + 0 }')"
	)"
}
