# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What SNMP yields: tests/bench/snmp.sh makes sockets of its own and says in KEY=VALUE how fast
# connections are walked, in our table over AgentX and by the module, and in snmpd's, and how soon a
# GET is answered while full samples are taken. A walk of more would take minutes and tell nothing
# new.

WALKED_MOST='10000 100000'

# $T/snmp.PART.SOCKETS has what it says.
answers_of() { # walk|get SOCKETS ROUNDS SECONDS-OF-GETS
	SOCKETS=$2 ROUNDS=$3 PARTS=$1 SECONDS_OF_GETS=$4 bash "$SRC/tests/bench/snmp.sh" \
		>"$T/snmp.$1.$2" 2>&1 ||
		die "tests/bench/snmp.sh fails" "$(tail -n 30 "$T/snmp.$1.$2")"
	printf 'SNMP: %s of %s sockets\n' "$1" "$(thousands "$2")"
}

answers_run() { # SOCKETS
	local most size
	WALKED=()
	for most in $WALKED_MOST; do
		size=$(($1 < most ? $1 : most))
		[[ " ${WALKED[*]} " == *" $size "* ]] || WALKED+=("$size")
	done
	for size in "${WALKED[@]}"; do
		answers_of walk "$size" "${ROUNDS:-3}" 0
	done
	answers_of get "$1" "${ROUNDS:-2}" 5
}

answer_value() { # walk|get SOCKETS KEY
	sed -n "s/^$3=//p" "$T/snmp.$1.$2" | tail -n 1
}
