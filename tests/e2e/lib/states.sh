# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Known numbers of real sockets in each of the eleven states, and independent counts of them.

# In the order of tcpConnectionState (RFC 4022), from 1.
STATE_NAMES=(CLOSED LISTEN SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT
	LAST_ACK CLOSING TIME_WAIT)

# --- independent counts, in the server's namespace ---------------------------------------
# Tables have a line "STATE FAMILY COUNT" for each state and family, zeros included.

# Reads lines "STATE FAMILY".
count_states() {
	awk -v states="${STATE_NAMES[*]}" '
		{ count[$1 " " $2]++ }
		END {
			n = split(states, state, " ")
			for (i = 1; i <= n; i++) {
				print state[i], "ipv4", count[state[i] " ipv4"] + 0
				print state[i], "ipv6", count[state[i] " ipv6"] + 0
			}
		}'
}

# Linux 6.8 and newer show sockets that are bound and neither listening nor connected.
kernel_shows_bound() {
	local major minor
	IFS=.- read -r major minor _ < <(uname -r)
	((major > 6 || (major == 6 && minor >= 8)))
}

# The half-open connections at which a SYN queue is full: one above the backlog; in older kernels the
# backlog (5.10.218, not 5.10.262). Those take no connection at all where it is 0 and there are no
# SYN cookies.
syn_queue_most() { # BACKLOG
	unshare --net bash -c 'ip link set lo up; sysctl -qw net.ipv4.tcp_syncookies=0
		exec python3 -c "
import socket
s = socket.create_server((\"127.0.0.1\", 80), backlog=0)
socket.create_connection((\"127.0.0.1\", 80), 3)"' 2>/dev/null
	echo $(($1 + ($? == 0)))
}

# Lines "CLOSED FAMILY": ss before 6.8 and /proc/net/tcp have no word of them.
bound_rows() {
	local v4 v6
	kernel_shows_bound || return 0
	read -r _ v4 v6 < <(in_server "$BIN/sockets" bound </dev/null)
	yes 'CLOSED ipv4' | head -n "$v4"
	yes 'CLOSED ipv6' | head -n "$v6"
}

# ss prints [::ffff:192.0.2.1]:80 for IPv4 over an IPv6 socket, and *:80 for a listener of
# both families.
ss_table() {
	{
		bound_rows
		in_server ss -Htan | awk '
			{
				state = $1
				gsub("-", "_", state)
				if (state == "ESTAB")
					state = "ESTABLISHED"
				print state, $4 ~ /^(\[::ffff:|[0-9])/ ? "ipv4" : "ipv6"
			}'
	} | count_states
}

ss_count() { # STATE FAMILY
	ss_table | awk -v state="$1" -v family="$2" '$1 == state && $2 == family { print $3 }'
}

# The kernel prints each of the four words of an IPv6 address in its own byte order.
proc_table() {
	in_server cat /proc/net/tcp /proc/net/tcp6 | awk '
		BEGIN {
			split("ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED " \
				"CLOSE_WAIT LAST_ACK LISTEN CLOSING SYN_RECV", state, " ")
		}
		$1 != "sl" {
			mapped = $2 ~ /^0000000000000000(FFFF0000|0000FFFF)/
			number = index("123456789ABC", substr($4, 2))
			print state[number], length($2) < 32 || mapped ? "ipv4" : "ipv6"
		}' | count_states
}

proc_count() { # STATE FAMILY
	proc_table | awk -v state="$1" -v family="$2" '$1 == state && $2 == family { print $3 }'
}

# --- what was made -----------------------------------------------------------------------

want() { # STATE FAMILY NUMBER: so many more
	WANT[$1.$2]=$((${WANT[$1.$2]:-0} + $3))
}

want_table() {
	local state family
	for state in "${STATE_NAMES[@]}"; do
		for family in ipv4 ipv6; do
			echo "$state $family ${WANT[$state.$family]:-0}"
		done
	done
}

states_as_wanted() {
	[ "$(ss_table)" = "$(want_table)" ]
}

# --- all states --------------------------------------------------------------------------
# All numbers differ within a family's column where a mix-up could hide. "orphan": the server
# has closed its side; "waiting": it has not accepted. The order is that of the ports.

ALL_STATES='
LISTEN       -        1  2  3
SYN_SENT     -        4  7  2
SYN_RECV     -        5  3  4
ESTABLISHED  -       12 10  6
FIN_WAIT_1   -        2  1  3
FIN_WAIT_1   orphan   1  3  1
FIN_WAIT_2   -        3  5  2
FIN_WAIT_2   orphan   4  1  2
CLOSE_WAIT   -        6  3  2
CLOSE_WAIT   waiting  2  5  4
LAST_ACK     -        7  6  3
CLOSING      -        3  8  5
TIME_WAIT    -        8  9  7
CLOSED       -        2  4  1
'

# Calls FUNCTION STATE KIND HOW NUMBER PORT for each number; HOW: ipv4, ipv6, mapped.
each_state() { # FUNCTION
	local state kind numbers counts how i port=5000
	while read -r state kind numbers; do
		[ -n "$state" ] || continue
		read -r -a counts <<<"$numbers"
		i=0
		for how in ipv4 ipv6 mapped; do
			port=$((port + 1))
			"$1" "$state" "$kind" "$how" "${counts[i]}" "$port"
			i=$((i + 1))
		done
	done <<<"$ALL_STATES"
}

# Sets FAMILY that it counts to, HERE the server's address as it binds it, TO as the client
# connects to it, DEAD an address nobody answers at, SPOOF where false SYNs come from.
addresses() { # HOW
	case $1 in
	ipv4) FAMILY=ipv4 HERE=$SERVER4 TO=$SERVER4 DEAD=$DEAD4 SPOOF=$DEAD4 ;;
	ipv6) FAMILY=ipv6 HERE=$SERVER6 TO=$SERVER6 DEAD=$DEAD6 SPOOF=$DEAD6 ;;
	mapped) FAMILY=ipv4 HERE=:: TO=$SERVER4 DEAD=::ffff:$DEAD4 SPOOF=$DEAD4 ;;
	esac
}

# Up to an established connection, or all of it for what the peer has no part in.
state_begin() { # STATE KIND HOW NUMBER PORT
	local state=$1 kind=$2 how=$3 n=$4 port=$5 FAMILY HERE TO DEAD SPOOF
	addresses "$how"
	want "$state" "$FAMILY" "$n"
	case $state in
	LISTEN)
		[ "$how" != mapped ] || HERE=::ffff:$SERVER4
		tell server listen "g$port" "$HERE" "$port" 16 reuseport "$n"
		return
		;;
	CLOSED)
		[ "$how" != mapped ] || HERE=::ffff:$SERVER4
		tell server bind "g$port" "$HERE" "$n"
		kernel_shows_bound || WANT[$state.$FAMILY]=0
		return
		;;
	SYN_SENT)
		tell server connect "g$port" "$DEAD*$n" "$port" "$n" nowait
		return
		;;
	esac

	tell server listen "l$port" "$HERE" "$port" 64
	if [ "$state" = SYN_RECV ] || [ "$kind" = waiting ]; then
		# The listener has to stay, and that of "::" is one of IPv6.
		[ "$how" != mapped ] || FAMILY=ipv6
		want LISTEN "$FAMILY" 1
	fi
	if [ "$state" = SYN_RECV ]; then
		tell client flood "$TO" "$port" "$n" 0 "$SPOOF*$n"
		return
	fi
	tell client connect "g$port" "$TO" "$port" "$n"
	[ "$kind" != waiting ] || return 0
	tell server accept "g$port" "l$port" "$n"
	tell server close "l$port"
}

state_port_to_mute() {
	case $1 in
	FIN_WAIT_1 | LAST_ACK | CLOSING) MUTE+=("$5") ;;
	esac
}

# What both sides do before the server's packets are lost.
state_before_loss() {
	local state=$1 kind=$2 port=$5
	case $state in
	LAST_ACK) tell client shutdown "g$port" && tell server eof "g$port" ;;
	CLOSE_WAIT) tell client shutdown "g$port" ;;
	TIME_WAIT)
		tell server shutdown "g$port"
		tell client eof "g$port"
		tell client close "g$port"
		tell server eof "g$port"
		tell server close "g$port"
		;;
	FIN_WAIT_2)
		if [ "$kind" = orphan ]; then
			tell server close "g$port"
		else
			tell server shutdown "g$port"
		fi
		;;
	esac
}

state_after_loss() {
	local state=$1 kind=$2 port=$5
	case $state in
	LAST_ACK) tell server close "g$port" ;;
	CLOSING) tell server shutdown "g$port" && tell client shutdown "g$port" ;;
	FIN_WAIT_1)
		if [ "$kind" = orphan ]; then
			tell server close "g$port"
		else
			tell server shutdown "g$port"
		fi
		;;
	esac
}

# Makes all of ALL_STATES in the server's namespace and waits until ss sees them. They stay
# for 50 seconds at least (TIME_WAIT and orphaned FIN_WAIT_2 last 60).
make_all_states() {
	local MUTE=()
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	each_state state_begin
	each_state state_port_to_mute
	each_state state_before_loss
	mute "${MUTE[@]}" || die "nftables refuses the set of ports"
	each_state state_after_loss
	wait_until 10 states_as_wanted || die "not all states came to be" \
		"$(diff <(want_table) <(ss_table))"
}

# COUNT established connections in each of PROCESSES pairs of processes, server0, client0 ...,
# to ports from PORT on; the server's side is what is counted.
make_crowd() { # PROCESSES COUNT [PORT] [PREFIX OF SERVERS...]
	local processes=$1 count=$2 port=${3:-8000} i
	shift $(($# < 3 ? $# : 3))
	for ((i = 0; i < processes; i++)); do
		sockets_start "server$i" "${SERVER[@]}" "$@"
		sockets_start "client$i" "${CLIENT[@]}"
		tell "server$i" listen l "$SERVER4" $((port + i)) 4096
		ask "server$i" accept a l "$count"
		ask "client$i" connect c "$SERVER4" $((port + i)) "$count" from "$CROWD4*250"
	done
	for ((i = 0; i < processes; i++)); do
		answer "client$i" || die "client$i connects" "$REPLY"
		answer "server$i" || die "server$i accepts" "$REPLY"
	done
	want LISTEN ipv4 "$processes"
	want ESTABLISHED ipv4 $((processes * count))
}
