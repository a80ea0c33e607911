# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# The tables over SNMP beside what ss says: indexes in numbers on both sides, so that lines of
# one and the other can be compared.

# All of the host is seen, and each sample is a full one.
SAMPLING='interval 1
detail-interval 1
cpu-budget 100'

tables_start() { # [CONFIGURATION]
	TCPSTATED_AS=()
	snmpd_start
	tcpstated_start "$SAMPLING
${1:-}"
}

# What this machine does not allow to be shown: tests/run counts it as skipped. In CI it is a
# failure.
not_here() { # WHAT WHY
	[ "${CI:-}" != true ] || fail "$1" "$2"
	printf 'skipped - %s: %s\n' "$1" "$2"
}

# One cell, its enumeration as a number and without its unit.
cell() { # COLUMN.INDEX
	get -OQUve "TCPSTATE-MIB::$1"
}

# The cells of a column, or those whose index begins so, as lines "INDEX VALUE".
column() { # COLUMN [INDEX]
	local oid
	oid=$(snmptranslate -On "TCPSTATE-MIB::$1") || return
	bulkwalk -OQUne "$oid${2:+.$2}" | sed -n "s/^$oid\.\([0-9.]*\) = \{0,1\}/\1 /p"
}

sum_column() { # COLUMN [INDEX]
	column "$@" | awk '{ sum += $2 } END { print sum + 0 }'
}

is_cell() { # COLUMN.INDEX VALUE
	[ "$(cell "$1")" = "$2" ]
}

check_cell() { # NAME COLUMN.INDEX VALUE: it comes to be within some samples
	wait_until 10 is_cell "$2" "$3"
	check "$1" "$3" "$(cell "$2")"
}

# The index that the MIB gives to an address and port, for awk: index_of("[::1]:80").
# veth0 is the number of that interface.
AWK_INDEX='
	function hex(text,  i, n) {
		for (i = 1; i <= length(text); i++)
			n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
		return n + 0
	}
	function words(part, n,  i, text) {
		for (i = 1; i <= n; i++)
			text = text "." int(hex(part[i]) / 256) "." hex(part[i]) % 256
		return text
	}
	function octets(addr,  half, head, tail, n, m, i, gap) {
		split(addr, half, "::")
		n = split(half[1], head, ":")
		m = split(half[2], tail, ":")
		for (i = n + m; i < 8; i++)
			gap = gap ".0.0"
		return words(head, n) gap words(tail, m)
	}
	function address(addr,  zone) {
		if (addr == "*")
			addr = "[::]"
		zone = sub(/%veth0$/, "", addr)
		gsub(/[][]/, "", addr)
		sub(/^::ffff:/, "", addr)
		if (addr !~ /:/)
			return "1.4." addr
		return zone ? "4.20" octets(addr) ".0.0.0." veth0 : "2.16" octets(addr)
	}
	function index_of(endpoint,  port) {
		port = endpoint
		sub(/.*:/, "", port)
		return address(substr(endpoint, 1, length(endpoint) - length(port) - 1)) "." port
	}
	function state_number(name,  state, i) {
		split("UNCONN LISTEN SYN-SENT SYN-RECV ESTAB FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT " \
			"LAST-ACK CLOSING TIME-WAIT", state, " ")
		for (i = 1; state[i] != name && i < 12; i++)
			;
		return i
	}
'

# The number of the server's interface.
zone() {
	ip -n "${NAMESPACES[0]}" -o link show dev veth0 | cut -d : -f 1
}

# Runs an awk program that may use these on what ss tells of the server.
ss_awk() { # PROGRAM SS-ARGUMENT...
	local program=$1
	shift
	in_server ss -Htn "$@" | awk -v veth0="$(zone)" "$AWK_INDEX$program"
}

# In the order of the MIB's indexes.
by_index() {
	sort -t . -V
}

ss_number() { # SS-ARGUMENT...: sockets in the server's namespace
	in_server ss -Htn "$@" | wc -l
}

is_ss_number() { # NUMBER SS-ARGUMENT...
	local number=$1
	shift
	[ "$(ss_number "$@")" = "$number" ]
}

wait_ss() { # NUMBER SS-ARGUMENT...: until there are so many sockets
	wait_until 15 is_ss_number "$@" || die "ss $*" "$(ss_number "${@:2}") sockets"
}
