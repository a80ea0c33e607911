#!/bin/bash
# SPDX-License-Identifier: MIT
# Time and memory of samples with every table, against a raw dump of the same sockets that
# throws its data away. Interleaved; the medians of the rounds, and of their ratios.
#
#   SOCKETS  in the namespace (default: "10000 200000")
#   ROUNDS   of each kind (default: 9); RUNS samples in each (default: 5)
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
. "$SRC/tests/lib-crowd.sh"

ROUNDS=${ROUNDS:-9} RUNS=${RUNS:-5}
KINDS="floor requests full fast listeners"

bench() { # KIND
	in_server "$BUILD/tests/bench/sample" "$1" "$RUNS" "$SRC/profiles/modern.conf"
}

value() { # KEY: of the line on stdin
	tr ' ' '\n' | sed -n "s/^$1=//p"
}

median() { # NUMBERS on stdin
	sort -n | awk '{ n[NR] = $1 } END { print n[int((NR + 1) / 2)] }'
}

run_rounds() {
	local round kind line
	rm -f "$T"/r.*
	for ((round = 0; round < ROUNDS; round++)); do
		for kind in $KINDS; do
			line=$(bench "$kind") || die "bench $kind"
			echo "$line" >>"$T/r.$kind"
		done
	done
}

median_of() { # KIND KEY
	value "$2" <"$T/r.$1" | median
}

ratio() { # KIND KEY AGAINST
	paste <(value "$2" <"$T/r.$1") <(value "$2" <"$T/r.$3") |
		awk '{ printf "%.2f\n", $1 / $2 }' | median
}

printf '%s, %s cores, %s\n' "$(uname -sr)" "$(nproc)" "$(date +%F)"
for sockets in ${SOCKETS:-10000 200000}; do
	make_sockets "$sockets"
	run_rounds
	printf '\n%s\n' "$(tail -n 1 "$T/r.full" | sed 's/.*sockets=/sockets=/')"
	printf '%-10s %10s %10s %8s %10s %9s\n' kind 'wall us' 'CPU us' 'to floor' 'requests' 'RSS kB'
	for kind in $KINDS; do
		printf '%-10s %10s %10s %8s %10s %9s\n' "$kind" "$(median_of "$kind" wall_us)" \
			"$(median_of "$kind" cpu_us)" "$(ratio "$kind" cpu_us floor)" \
			"$(ratio "$kind" cpu_us requests)" "$(median_of "$kind" rss_kb)"
	done
	printf 'the first full sample, which finds the owners: %s us\n' \
		"$(median_of full first_wall_us)"
	check "no sample failed at $sockets sockets" 0 "$(median_of full errors)"
	stop_all
done
