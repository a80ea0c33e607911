#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 120 s; plain; quick
# Sockets bound to devices, held against ss: listeners that share address and port, connections
# that share all four, link-local addresses.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
require_root
require python3 jq ss ip

HOST=tcpstate-$$-host
PEERS=(tcpstate-$$-one tcpstate-$$-two)
: >"$T/conf"

# listen.py NAME BACKLOG DEVICE ADDRESS PORT: accepts each connection and keeps it.
cat >"$T/listen.py" <<'END'
import socket, sys
name, backlog, device, address, port = sys.argv[1:]
open("/proc/self/comm", "w").write(name)
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if s.family == socket.AF_INET6:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
if device != "-":
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
s.bind((address, int(port)))
s.listen(int(backlog))
held = []
while True:
    held.append(s.accept())
END
# connect.py ADDRESS PORT LOCALPORT: half-closes its connection, and stays.
cat >"$T/connect.py" <<'END'
import socket, sys, time
info = socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), 0, socket.SOCK_STREAM)[0]
s = socket.socket(info[0])
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
	ip netns add "$HOST" && in_host ip link set lo up || die "no namespace"
	in_host sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	for i in 0 1; do
		peer=${PEERS[i]}
		ip netns add "$peer" && ip netns exec "$peer" sysctl -qw net.ipv6.conf.default.accept_dad=0 &&
			in_host ip link add "d$i" type veth peer name eth0 netns "$peer" ||
			die "no veth"
		in_host sh -c "ip addr add 10.9.0.1/24 dev d$i; ip addr add fe80::1/64 dev d$i nodad
			ip link set d$i up"
		ip netns exec "$peer" sh -c 'ip link set lo up; ip addr add 10.9.0.2/24 dev eth0
			ip link set eth0 up'
	done
}

listener() { # NAME BACKLOG DEVICE ADDRESS PORT
	spawn "$1" ip netns exec "$HOST" python3 "$T/listen.py" "$@"
}

connection() { # PEER ADDRESS PORT LOCALPORT
	spawn "client-$1-$3-$4" ip netns exec "${PEERS[$1]}" python3 "$T/connect.py" "$2" "$3" "$4"
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

test_same() {
	listener one 16 d0 10.9.0.1 8080
	listener two 32 d1 10.9.0.1 8080
	listener any 64 - 10.9.0.1 8082
	listener local-one 16 d0 fe80::1%d0 8081
	listener local-two 32 d1 fe80::1%d1 8081
	wait_until 10 has_listeners 5 || die "the listeners are not there" "$(in_host ss -tlnp)"
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

trap 'ip netns del "$HOST"; ip netns del "${PEERS[0]}"; ip netns del "${PEERS[1]}"; cleanup' EXIT
scene
test_same
