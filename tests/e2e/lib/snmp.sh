# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2119,SC2120
# A private snmpd, snmptrapd and tcpstated, on loopback in the server's namespace (or the
# host's, if no namespaces were made). No system service and none of its files is touched.

# Without privilege, unless the test empties it before the start.
UNPRIVILEGED=(setpriv --reuid=65534 --regid=65534 --clear-groups)
[ "$(id -u)" = 0 ] || UNPRIVILEGED=()
SNMPD_AS=("${UNPRIVILEGED[@]}")
SNMPD_OPTIONS=()
TCPSTATED_AS=("${UNPRIVILEGED[@]}") # also a place for valgrind or $BIN/nodiag

random_word() {
	od -An -N8 -tx1 /dev/urandom | tr -d ' \n'
}

COMMUNITY=$(random_word)
V3_AUTH=$(random_word) V3_PRIV=$(random_word)
ENGINE_ID=0x80001f88ff$(random_word)
SNMP_V2=(-v2c -c "$COMMUNITY")
SNMP_V3=(-v3 -l authPriv -u tester -a SHA-256 -A "$V3_AUTH" -x AES -X "$V3_PRIV")
SNMP_AUTH=("${SNMP_V2[@]}")
AGENTX=$T/snmpd/agentx
SNMP_PORT='' TRAP_PORT=''

mkdir -p "$T/client"
export MIBDIRS=$T/mibs:/usr/share/snmp/mibs MIBS=TCPSTATE-MIB
export SNMPCONFPATH=$T/client SNMP_PERSISTENT_DIR=$T/client

free_udp_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 20000))
		[ -n "$(in_server ss -Huan "sport = :$port")" ] || break
	done
	echo "$port"
}

# A directory of a daemon that it may write to itself.
daemon_directory() { # NAME
	mkdir -p "$T/$1"
	chmod 777 "$T/$1"
}

# --- snmpd -------------------------------------------------------------------------------

snmpd_configure() { # [FURTHER-LINES]: before snmpd_start, with trap sinks if snmptrapd runs
	: "${SNMP_PORT:=$(free_udp_port)}"
	daemon_directory snmpd
	cat >"$T/snmpd.conf" <<-END
		agentAddress udp:127.0.0.1:$SNMP_PORT
		rocommunity $COMMUNITY 127.0.0.1
		createUser tester SHA-256 $V3_AUTH AES $V3_PRIV
		rouser tester authPriv
		exactEngineID $ENGINE_ID
		master agentx
		agentXSocket unix:$AGENTX
		agentXPerms 0777 0755
		dontLogTCPWrappersConnects yes
		${1:-}
	END
	[ -z "$TRAP_PORT" ] || cat >>"$T/snmpd.conf" <<-END
		trap2sink 127.0.0.1:$TRAP_PORT $COMMUNITY
		trapsess ${SNMP_V3[*]} 127.0.0.1:$TRAP_PORT
	END
}

snmpd_ready() {
	[ -S "$AGENTX" ] && get -t 0.5 -r 0 -On .1.3.6.1.2.1.1.3.0 >/dev/null 2>&1
}

snmpd_start() { # starts it, also again after it was stopped
	[ -e "$T/snmpd.conf" ] || snmpd_configure
	rm -f "$AGENTX"
	spawn snmpd "${SERVER[@]}" "${SNMPD_AS[@]}" env "SNMP_PERSISTENT_DIR=$T/snmpd" MIBS= \
		snmpd -f -C -c "$T/snmpd.conf" -Lo -I -smux "${SNMPD_OPTIONS[@]}"
	wait_until "${SNMPD_S:-20}" snmpd_ready || die "snmpd does not answer" "$(cat "$T/snmpd.log")"
}

# It reads its configuration again: modules are unloaded and loaded.
snmpd_reload() { # [FURTHER-LINES]
	local before
	before=$(grep -c '^NET-SNMP version' "$T/snmpd.log")
	snmpd_configure "${1:-}"
	kill -s HUP "${PIDS[snmpd]}"
	wait_until "${SNMPD_S:-20}" snmpd_reloaded "$before" || die "snmpd does not come back" "$(cat "$T/snmpd.log")"
}

snmpd_reloaded() { # TIMES
	(($(grep -c '^NET-SNMP version' "$T/snmpd.log") > $1)) && snmpd_ready
}

snmpd_stop() {
	stop snmpd
}

snmpd_kill() { # it has no time to say goodbye
	stop snmpd KILL
}

snmpd_freeze() {
	kill -s STOP "${PIDS[snmpd]}"
}

snmpd_thaw() {
	kill -s CONT "${PIDS[snmpd]}"
}

# --- asking ------------------------------------------------------------------------------

snmp_tool() { # TOOL [OPTION...] OID...; each option one word (-OQv) or -X VALUE
	local tool=$1 options=()
	shift
	while [[ ${1:-} == -* ]]; do
		options+=("$1")
		case $1 in
		-t | -r) options+=("$2") && shift ;;
		esac
		shift
	done
	in_server "$tool" "${SNMP_AUTH[@]}" -t 3 -r 1 "${options[@]}" "127.0.0.1:$SNMP_PORT" "$@"
}

get() { snmp_tool snmpget "$@"; }
getnext() { snmp_tool snmpgetnext "$@"; }
walk() { snmp_tool snmpwalk "$@"; }
bulkget() { snmp_tool snmpbulkget "$@"; }
bulkwalk() { snmp_tool snmpbulkwalk "$@"; }
snmp_set() { snmp_tool snmpset "$@"; } # OID TYPE VALUE

as_v3() { # as_v3 walk ...: as the user of SNMPv3 with authentication and privacy
	local SNMP_AUTH=("${SNMP_V3[@]}")
	"$@"
}

# tcpStateTable of IPv4 and IPv6 as lines "STATE FAMILY COUNT", in the order of ss_table.
walk_states() {
	bulkwalk -OQn TCPSTATE-MIB::tcpStateCount | awk -v states="${STATE_NAMES[*]}" '
		{
			n = split($1, arc, ".")
			count[arc[n] "." arc[n - 1]] = $3
		}
		END {
			n = split(states, state, " ")
			for (i = 1; i <= n; i++) {
				print state[i], "ipv4", count[i ".1"]
				print state[i], "ipv6", count[i ".2"]
			}
		}'
}

# --- snmptrapd ---------------------------------------------------------------------------

trapd_ready() {
	[ -n "$(in_server ss -Huln "sport = :$TRAP_PORT")" ]
}

# Before snmpd_configure. One line a notification in $T/traps: community or user, then the
# varbinds, all apart by tabs.
trapd_start() {
	: "${TRAP_PORT:=$(free_udp_port)}"
	daemon_directory snmptrapd
	: >"$T/traps"
	chmod 666 "$T/traps"
	cat >"$T/snmptrapd.conf" <<-END
		authCommunity log $COMMUNITY
		createUser -e $ENGINE_ID tester SHA-256 $V3_AUTH AES $V3_PRIV
		authUser log tester authPriv
		format2 %P\t%v\n
	END
	spawn snmptrapd "${SERVER[@]}" "${UNPRIVILEGED[@]}" \
		env "SNMP_PERSISTENT_DIR=$T/snmptrapd" \
		snmptrapd -f -C -c "$T/snmptrapd.conf" -Lf "$T/traps" -n "udp:127.0.0.1:$TRAP_PORT"
	wait_until 20 trapd_ready || die "snmptrapd does not start" "$(cat "$T/snmptrapd.log")"
}

trapd_stop() {
	stop snmptrapd
}

traps() { # [EXTENDED-REGEX]: the notifications received so far
	grep -aE -- "^TRAP.*${1:-}" "$T/traps"
}

# --- tcpstated ---------------------------------------------------------------------------

tcpstated_sampled() {
	local samples
	samples=$(get -OQUv -t 0.5 -r 0 TCPSTATE-MIB::tcpStateSamples.0 2>/dev/null) &&
		[[ $samples =~ ^[0-9]+$ ]] && ((samples > 0))
}

tcpstated_settled() {
	gone "${PIDS[tcpstated]}" || tcpstated_sampled
}

# The newest full sample is younger than this moment (microseconds of $EPOCHREALTIME).
sampled_since() {
	local now=${EPOCHREALTIME/./} age
	age=$(get -OQUv -t 0.5 -r 0 TCPSTATE-MIB::tcpStateDetailAge.0 2>/dev/null) &&
		[[ $age =~ ^[0-9]+$ ]] && ((now - age * 1000 > $1))
}

next_sample() { # waits for a full sample that begins after this call
	wait_until 30 sampled_since "${EPOCHREALTIME/./}" ||
		die "no sample is taken" "$(cat "$T/tcpstated.log")"
}

# What a configuration does not say: the default profile, which is not installed here, is in
# this build; and samples come when they are due, however many sockets other namespaces have
# (the kernel's table is one).
tcpstated_configure() { # CONFIGURATION
	printf '%s\n' "$1" >"$T/tcpstate.conf"
	grep -qE '^[[:space:]]*profile' "$T/tcpstate.conf" ||
		printf 'profile "%s"\n' "$T/profiles/modern.conf" >>"$T/tcpstate.conf"
	# Only a test that asks for it sees the running daemon with --once.
	grep -qE '^[[:space:]]*snapshot' "$T/tcpstate.conf" || echo 'snapshot ""' >>"$T/tcpstate.conf"
	grep -qE '^[[:space:]]*cpu-budget' "$T/tcpstate.conf" || echo 'cpu-budget 100' >>"$T/tcpstate.conf"
}

tcpstated_spawn() { # CONFIGURATION [OPTION...]: starts it and does not wait
	tcpstated_configure "$1"
	shift
	spawn tcpstated "${SERVER[@]}" "${TCPSTATED_AS[@]}" \
		"$BIN/tcpstated" -f -c "$T/tcpstate.conf" -x "unix:$AGENTX" "$@"
}

tcpstated_start() { # CONFIGURATION [OPTION...]: until its first sample can be read
	tcpstated_spawn "$@"
	wait_until 30 tcpstated_settled
	tcpstated_sampled || die "tcpstated does not serve" "$(cat "$T/tcpstated.log")"
}

# Of the daemon's three processes, ${PIDS[tcpstated]} is the first.
sampler_pid() { pgrep -P "${PIDS[tcpstated]}" -x tcpstate-sample; }
agent_pid() { pgrep -P "${PIDS[tcpstated]}" -x tcpstate-agent; }

daemon_pids() { # all of them
	echo "${PIDS[tcpstated]} $(sampler_pid) $(agent_pid)"
}

daemon_signal() { # SIGNAL: to all of them
	# shellcheck disable=SC2046 # numbers
	kill -s "$1" $(daemon_pids)
}

# CPU time of a process of one thread so far, nanoseconds.
cpu_ns() { # PID
	cut -d ' ' -f 1 "/proc/$1/schedstat"
}

tcpstated_stop() { # its exit code
	stop tcpstated
}

log_lines() { # EXTENDED-REGEX: how many lines of tcpstated's log match
	grep -cE -- "$1" "$T/tcpstated.log"
}
