#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain
# Some seconds of `make fuzz`: what each parser has to hold it holds, whatever it is given.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
require clang

make -C "$BUILD" fuzz >"$T/fuzz.log" 2>&1 || fail "make fuzz" "$(cat "$T/fuzz.log")"
for target in "$SRC"/tests/fuzz/fuzz_*.c; do
	target=$(basename "$target" .c)
	target=${target#fuzz_}
	check_match "$target" "^$target: [1-9][0-9]* inputs" "$(cat "$T/fuzz.log")"
done
