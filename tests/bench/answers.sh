# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What SNMP yields: tests/bench/snmp.sh makes sockets of its own and says in KEY=VALUE how fast
# connections are walked, in our table and in snmpd's, and how soon a GET is answered while
# full samples are taken. A walk of very many would take minutes and tell nothing more.

WALKED_MOST=10000

# $T/snmp.PART has what it says.
answers_of() { # walk|get SOCKETS ROUNDS SECONDS-OF-GETS
	SOCKETS=$2 ROUNDS=$3 PARTS=$1 SECONDS_OF_GETS=$4 bash "$SRC/tests/bench/snmp.sh" \
		>"$T/snmp.$1" 2>&1 || die "tests/bench/snmp.sh fails" "$(tail -n 30 "$T/snmp.$1")"
	printf 'SNMP: %s of %s sockets\n' "$1" "$(thousands "$2")"
}

answers_run() { # SOCKETS
	WALKED=$(($1 < WALKED_MOST ? $1 : WALKED_MOST))
	answers_of walk "$WALKED" "${ROUNDS:-3}" 0
	answers_of get "$1" "${ROUNDS:-2}" 5
}

answer_value() { # KEY
	cat "$T/snmp.walk" "$T/snmp.get" | sed -n "s/^$1=//p" | tail -n 1
}
