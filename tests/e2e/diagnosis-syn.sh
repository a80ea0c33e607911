#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 300 s; plain
# SYN floods from false addresses on a small and on a large backlog, and as many honest
# connections: the first raise what they should, and name who; the second raise nothing.
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2119
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/diagnosis.sh
. "$SRC/tests/e2e/lib/diagnosis.sh"

# Longer than synUnanswered holds; stateSurge is raised by then as well.
FLOOD_S=50

flood() { # ADDRESS BACKLOG RATE RETRIES FALSE-ADDRESSES NETWORK
	local address=$1 backlog=$2 rate=$3 retries=$4 from=$5 network=$6 name
	diagnosis_start
	sysctl_server "tcp_synack_retries=$retries"
	tell server name flooded
	tell server listen l "$address" 8443 "$backlog"
	tell server serve l
	tell server listen other "$address" 8444 "$backlog"
	next_sample
	check_raised "nothing before"

	begin
	ask client flood "$address" 8443 $((FLOOD_S * rate)) "$rate" "$from"
	check_told 10 Raised synCookies
	check_told 25 Raised synQueue
	check_told 55 Raised synUnanswered
	for name in synQueue synUnanswered synCookies; do
		check_match "$name names the listener" "[^0-9]8443 flooded\[${PIDS[server]}\]" \
			"$(varbind Raised $name ConditionOffender)"
	done
	for name in synQueue synUnanswered; do
		check_match "$name names the network" "most from $network" \
			"$(varbind Raised $name ConditionOffender)"
	done
	check_within "nothing else" synQueue synUnanswered synCookies stateSurge

	answer client || die "the flood" "$REPLY"
	begin
	for name in synQueue synUnanswered; do
		check_told 100 Cleared $name
	done
	# Which takes five minutes without any.
	check_within "nothing else afterwards" synCookies
}

# So many retries that none goes while the flood lasts: on a small backlog they all came at the same
# time, would go so, and a sample between them and the next ones would see none sent again.
test_small() {
	flood "$SERVER4" 128 1000 5 "$DEAD4*250" "${DEAD4%.*}.0/24"
}

test_large() {
	flood "$SERVER6" 4096 2000 2 "$DEAD6*250" "${DEAD6%1}/64"
}

test_honest() {
	diagnosis_start
	tell server listen l "$SERVER4" 8443 4096
	tell server serve l
	tell client honest "$SERVER4" 8443 1000 20 from "$CROWD4*250"
	check "honest connections" 20000 "$REPLY"
	next_sample
	check_raised "they raise nothing"
	check "and have raised nothing" "" "$(traps tcpStateCondition)"
}

side_by_side "$@" -- small large honest
