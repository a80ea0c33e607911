#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain
# make bench, with few sockets and little time: it measures all that it says, and writes a page
# whose every table has all of its numbers. What they are is no matter here.
. "$(dirname "$0")/lib/lib.sh"
require make

PAGE=$T/page/bench.md

run_bench() {
	SOCKETS='1000 3000' ROUNDS=1 SECONDS_TOGETHER=10 OUTPUT=$PAGE make -s -C "$BUILD" bench
}

# The rows below a heading, without that of the titles: cells apart by "|", no blanks around.
rows() { # HEADING-REGEX
	awk -v heading="^## $1" '
		/^## / { here = $0 ~ heading; next }
		!/^\|/ { row = 0; next }
		here && ++row > 2 { gsub(/ *\| */, "|"); print }' "$PAGE"
}

titles() { # HEADING-REGEX
	rows "$1" | cut -d '|' -f 2 | sort -u
}

# Cells that are no number above 0; a dash stands where there can be none.
not_numbers() { # HEADING-REGEX CELLS
	rows "$1" | cut -d '|' -f "$2" | tr '|' '\n' | tr -d , |
		awk '$0 != "-" && !(/^[0-9.]+$/ && $1 > 0)'
}

# Every line of a table has as many cells as its first.
uneven() {
	awk -F '|' '
		!/^\|/ { columns = 0; next }
		columns == 0 { columns = NF }
		NF != columns' "$PAGE"
}

check_run "make bench" run_bench
cat "$PAGE"

check "1,000 and 3,000 sockets, as they were made" '1,000|900|40|40|10|10
3,000|2,700|120|120|30|30' "$(rows Sockets | cut -d '|' -f 2-7)"
check "every look was taken" "$(sed -n "/^LOOKS='/,/^'/p" "$SRC/tests/bench/measure.sh" |
	awk -F '|' 'NF == 3 { print $2 }' | sort)" "$(titles 'One look' | grep -v ' to the ')"
check "and set against the others" 14 "$(titles 'One look' | grep -c ' to the ')"
check "all times and ratios are numbers" '' "$(not_numbers 'One look' 3-4)"
check "three processes ran together" 'sampling tcpconns tcpstate tcpstated' \
	"$(titles '10 seconds' | paste -sd ' ')"
check "all of theirs are numbers" '' "$(not_numbers '10 seconds' 3-7)"
check "walks of two tables" '' "$(not_numbers 'Answers' 3)"
check "every aim has a number" '' "$(not_numbers Aims 4)"
check "each is met or missed" 13 "$(rows Aims | grep -cE '\|(met|missed)\|$')"
check "the tables are even" '' "$(uneven)"

check_match "without root it says so" 'needs root' \
	"$("${UNPRIVILEGED[@]}" bash "$SRC/tests/bench/run" 2>&1)"
