#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 120 s; plain; quick
# Sockets that address and port do not tell apart, held against ss: bound to devices and in VRFs,
# connections that share all four, link-local addresses; groups whose connections a program or the
# CPU steers to one socket; a transparent proxy.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"
require_root
require python3 jq ss ip nft taskset

HOST=tcpstate-$$-host
PEERS=(tcpstate-$$-one tcpstate-$$-two)
: >"$T/conf"

# listen.py NAME BACKLOG DEVICE ADDRESS PORT [OPTION...]: accepts each connection and keeps it.
# Options: stalled (accepts none), transparent, group, and of one in a group: cpu=N, steer=N, by
# which all connections go to the group's socket N.
cat >"$T/listen.py" <<'END'
import ctypes, socket, struct, sys, time
name, backlog, device, address, port = sys.argv[1:6]
options = dict((o + "=0").split("=")[:2] for o in sys.argv[6:])
open("/proc/self/comm", "w").write(name)
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if s.family == socket.AF_INET6:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
if device != "-":
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
if "transparent" in options:
    s.setsockopt(socket.SOL_IP, 19, 1)
if "group" in options:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
if "cpu" in options:
    s.setsockopt(socket.SOL_SOCKET, 49, int(options["cpu"]))  # SO_INCOMING_CPU
s.bind((address, int(port)))
s.listen(int(backlog))
if "steer" in options:  # SO_ATTACH_REUSEPORT_CBPF: "return N"
    program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, int(options["steer"])), 8)
    s.setsockopt(socket.SOL_SOCKET, 51, struct.pack("HP", 1, ctypes.addressof(program)))
held = []
while True:
    if "stalled" in options:
        time.sleep(300)
    held.append(s.accept())
END
# connect.py ADDRESS PORT LOCALPORT: half-closes its connection, and stays.
cat >"$T/connect.py" <<'END'
import socket, sys, time
info = socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), 0, socket.SOCK_STREAM)[0]
s = socket.socket(info[0])
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", int(sys.argv[3])))
s.connect(info[4])
s.shutdown(socket.SHUT_WR)
time.sleep(300)
END

in_host() {
	ip netns exec "$HOST" "$@"
}

# Two links, the same addresses on both: only the device tells their connections apart.
scene() {
	local i peer
	make_namespace "$HOST"
	in_host sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	for i in 0 1; do
		peer=${PEERS[i]}
		make_namespace "$peer"
		ip netns exec "$peer" sysctl -qw net.ipv6.conf.default.accept_dad=0 &&
			in_host ip link add "d$i" type veth peer name eth0 netns "$peer" ||
			die "no veth"
		in_host sh -c "ip addr add 10.9.0.1/24 dev d$i; ip addr add fe80::1/64 dev d$i nodad
			ip link set d$i up"
		ip netns exec "$peer" sh -c 'ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up'
	done
}

listener() { # NAME BACKLOG DEVICE ADDRESS PORT [OPTION...]
	spawn "$1" ip netns exec "$HOST" python3 "$T/listen.py" "$@"
}

connection() { # PEER ADDRESS PORT LOCALPORT
	spawn "client-${*//[!0-9a-z.]/-}" ip netns exec "${PEERS[$1]}" python3 "$T/connect.py" "$2" "$3" "$4"
}

look() {
	in_host "$BIN/tcpstated" --once --json -c "$T/conf" >"$T/json"
}

# "ADDRESS PORT BACKLOG PROCESS" of each listening socket.
ss_listeners() {
	in_host ss -Htlnp | awk '{
		port = $4; sub(/.*:/, "", port); address = $4; sub(/:[0-9]+$/, "", address)
		process = $6; sub(/^[^"]*"/, "", process); sub(/".*/, "", process)
		print address, port, $3, process
	}' | tr -d '[]' | sort
}

our_listeners() {
	jq -r '.listeners[] | "\(.address) \(.port) \(.acceptQueueLimit) \(.processName)"' "$T/json" | sort
}

# "LOCAL PORT REMOTE PORT" of each connection in CLOSE_WAIT.
ss_connections() {
	in_host ss -Htn state close-wait | awk '{
		for (i = 3; i <= 4; i++) {
			port = $i; sub(/.*:/, "", port); address = $i; sub(/:[0-9]+$/, "", address)
			printf "%s %s%s", address, port, i == 3 ? " " : "\n"
		}
	}' | tr -d '[]' | sort
}

our_connections() {
	jq -r '.connections[] | select(.state == "CLOSE_WAIT") |
		"\(.localAddress) \(.localPort) \(.remoteAddress) \(.remotePort)"' "$T/json" | sort
}

# The connections that a listener's row counts.
counted() { # ADDRESS PORT
	jq -r --arg address "$1" --argjson port "$2" '.listenerStates[] | select(.listenerAddress == $address and
		.listenerPort == $port and .state == "CLOSE_WAIT") | .count' "$T/json"
}

has_listeners() { # NUMBER
	[ "$(ss_listeners | wc -l)" = "$1" ]
}

has_connections() { # NUMBER
	[ "$(ss_connections | wc -l)" = "$1" ]
}

reaches() { # PEER: the link is up, which its own address tells
	ip netns exec "${PEERS[$1]}" ip -6 route get fe80::1 oif eth0 2>/dev/null | grep -q ' src fe80'
}

test_same() {
	listener one 16 d0 10.9.0.1 8080
	listener two 32 d1 10.9.0.1 8080
	listener any 64 - 10.9.0.1 8082
	listener local-one 16 d0 fe80::1%d0 8081
	listener local-two 32 d1 fe80::1%d1 8081
	wait_until 10 has_listeners 5 || die "the listeners are not there" "$(in_host ss -tlnp)"
	wait_until 10 reaches 0 && wait_until 10 reaches 1 || die "no link-local address"
	connection 0 10.9.0.1 8080 40000
	connection 1 10.9.0.1 8080 40000
	connection 0 10.9.0.1 8082 40002
	connection 0 fe80::1%eth0 8081 40001
	connection 1 fe80::1%eth0 8081 40001
	wait_until 10 has_connections 5 || die "the connections are not there" "$(in_host ss -tan)"
	look
	check "the listeners are those of ss" "$(ss_listeners)" "$(our_listeners)"
	check "no connection is missing: 5" 5 "$(our_connections | wc -l)"
	# ss shows no device at a link-local remote address; that of the local one says it.
	check "the connections are those of ss" "$(ss_connections)" \
		"$(our_connections | sed 's/%d[01]\( [0-9]*\)$/\1/')"
	check "each listener counts its own connection" "1 1 1 1 1" "$(counted 10.9.0.1%d0 8080) $(
		counted 10.9.0.1%d1 8080) $(counted 10.9.0.1 8082) $(counted fe80::1%d0 8081) $(
		counted fe80::1%d1 8081)"
	check "each connection has its own process" "any local-one local-two one two" "$(jq -r \
		'.connections[] | select(.state == "CLOSE_WAIT") | .processName' "$T/json" | sort | xargs)"
}

# --- half-open connections ---------------------------------------------------------------

drop_syn_ack() { # HOOK PREFIX...
	local hook=$1
	shift
	"$@" nft -f - <<-END
		table inet half {
			chain c {
				type filter hook $hook priority 0
				tcp flags & (syn|ack) == (syn|ack) drop
			}
		}
	END
}

half_open() { # NUMBER [FILTER...]
	[ "$(in_host ss -Htn state syn-recv "${@:2}" | wc -l)" = "$1" ]
}

syn_queue() { # ADDRESS PORT
	jq -r --arg address "$1" --argjson port "$2" '.listeners[] | select(.address == $address and
		.port == $port) | .synQueue' "$T/json"
}

# --- steered groups ----------------------------------------------------------------------

group() { # OPTION-OF-EACH...: so many processes, started one after the other
	local i=0 option
	for option; do
		listener "member$i" 16 - 10.9.0.1 8083 group stalled "$option"
		i=$((i + 1))
		wait_until 10 has_listeners "$i" || die "no member $i" "$(cat "$T/member$i.log")"
	done
}

# "QUEUE LIMIT PROCESS" of the socket whose queue is fullest.
ss_fullest() {
	in_host ss -Htlnp | sort -k 2n | tail -n 1 |
		sed 's/^LISTEN *\([0-9]*\) *\([0-9]*\) .*"\(.*\)".*/\1 \2 \3/'
}

has_full() {
	[[ $(ss_fullest) == "17 "* ]]
}

# The third one's queue takes all connections, and no more: what is tried again may go elsewhere.
check_group() { # NAME OPTION-OF-EACH...
	local name=$1
	shift
	group "$@"
	sockets_start client ip netns exec "${PEERS[0]}" taskset -c 0
	tell client connect a 10.9.0.1 8083 17 nowait
	wait_until 10 has_full
	look
	check "$name: ss shows the full socket" "17 16 member2" "$(ss_fullest)"
	check "$name: so does its row" "4 17 64 17 16 member2" "$(jq -r '.listeners[] |
		"\(.sockets) \(.acceptQueue) \(.acceptQueueLimit) \(
		.fullestQueue) \(.fullestLimit) \(.fullestProcessName)"' "$T/json")"
	check_match "$name: the condition names its process" member2 "$(jq -r \
		'.conditions[] | select(.name == "acceptQueue") | .offender' "$T/json")"
}

test_program() {
	check_group "steered by a program" steer=2 steer=2 steer=2 steer=2
}

# One SYN queue of the group is full, the kernel does not tell which.
test_half() {
	group steer=2 steer=2 steer=2 steer=2
	drop_syn_ack input ip netns exec "${PEERS[0]}"
	sockets_start client ip netns exec "${PEERS[0]}"
	tell client connect a 10.9.0.1 8083 30 nowait
	wait_until 10 half_open "$(syn_queue_most 16)" || die "not half-open" "$(in_host ss -tan)"
	look
	check "steered, half-open: one socket is full, not known whose" \
		"100 % 10.9.0.1:8083, $(syn_queue_most 16) of 64, perhaps most at one of its 4 sockets" \
		"$(jq -r '.conditions[] | select(.name == "synQueue") | "\(.value) % \(.offender)"' "$T/json")"
}

# The client's process is on the first CPU, and so are its segments.
test_cpu() {
	check_group "steered by the CPU" cpu=1 cpu=1 cpu=0 cpu=1
}

# --- a transparent proxy -----------------------------------------------------------------

test_proxy() {
	ip netns exec "${PEERS[0]}" ip route add default via 10.9.0.1
	in_host ip rule add fwmark 1 lookup 100
	in_host ip route add local default dev lo table 100
	in_host nft -f - <<-'END' || die "no tproxy"
		table ip proxy {
			chain c {
				type filter hook prerouting priority mangle
				iifname d0 tcp dport 80 tproxy to :15006 meta mark set 1 accept
			}
		}
	END
	listener proxy 64 - 0.0.0.0 15006 transparent
	listener other 64 - 10.9.0.1 8080
	wait_until 10 has_listeners 2 || die "the listeners are not there"
	connection 0 198.18.5.1 80 40000
	connection 0 198.18.5.2 80 40000
	connection 0 10.9.0.1 8080 40001
	wait_until 10 has_connections 3 || die "the connections are not there"
	drop_syn_ack output ip netns exec "$HOST"
	sockets_start client ip netns exec "${PEERS[0]}"
	tell client connect a '198.18.6.1*12' 80 12 nowait
	tell client connect b 10.9.0.1 8080 3 nowait
	wait_until 10 half_open 15 || die "not half-open" "$(in_host ss -tan)"
	look
	check "a proxy: the connections are those of ss" "$(ss_connections)" "$(our_connections)"
	check "a proxy: each has its process" "other proxy proxy" "$(jq -r '.connections[] |
		select(.state == "CLOSE_WAIT") | .processName' "$T/json" | sort | xargs)"
	check "a proxy: half-open ones are in its queue, others in theirs" "12 3" \
		"$(syn_queue 0.0.0.0 15006) $(syn_queue 10.9.0.1 8080)"
}

# --- VRFs --------------------------------------------------------------------------------

# The same addresses and ports in both; "any" is bound to none and takes connections of all.
test_vrf() {
	local i vrf=(red blue)
	for i in 0 1; do
		in_host ip link add "${vrf[i]}" type vrf table "$((10 + i))" 2>"$T/error" || {
			# Also in CI: whether there are VRFs is the kernel's, and tests/kernels runs this
			# on those that have them.
			echo "skipped - VRFs: $(cat "$T/error")"
			return
		}
		in_host ip link set "${vrf[i]}" up
		in_host ip link set "d$i" master "${vrf[i]}"
	done
	in_host sysctl -qw net.ipv4.tcp_l3mdev_accept=1
	listener red 16 red 10.9.0.1 8080
	listener blue 32 blue 10.9.0.1 8080
	listener any 64 - 0.0.0.0 8082
	wait_until 10 has_listeners 3 || die "the listeners are not there" "$(in_host ss -tlnp)"
	for i in 0 1; do
		connection $i 10.9.0.1 8080 40000
		connection $i 10.9.0.1 8082 40002
	done
	wait_until 10 has_connections 4 || die "the connections are not there" "$(in_host ss -tan)"
	for i in 0 1; do
		drop_syn_ack input ip netns exec "${PEERS[i]}"
		sockets_start "client$i" ip netns exec "${PEERS[i]}"
		tell "client$i" connect a 10.9.0.1 8080 $((3 + i)) nowait
		tell "client$i" connect b 10.9.0.1 8082 $((5 + i)) nowait
	done
	wait_until 10 half_open 18 || die "not half-open" "$(in_host ss -tan)"
	look
	check "VRFs: the listeners are those of ss" "$(ss_listeners)" "$(our_listeners)"
	check "VRFs: the connections are those of ss" "$(ss_connections)" "$(our_connections)"
	check "VRFs: each listener counts its own connections" "1 1 2" "$(counted 10.9.0.1%red 8080) $(
		counted 10.9.0.1%blue 8080) $(counted 0.0.0.0 8082)"
	check "VRFs: each listener has its own half-open ones" "3 4 11" "$(
		syn_queue 10.9.0.1%red 8080) $(syn_queue 10.9.0.1%blue 8080) $(syn_queue 0.0.0.0 8082)"
	check "VRFs: each connection has its own process" "any any blue red" "$(jq -r \
		'.connections[] | select(.state == "CLOSE_WAIT") | .processName' "$T/json" | sort | xargs)"
}

for section in ${1:-same program half cpu proxy vrf}; do
	scene
	"test_$section"
	stop_all
done
