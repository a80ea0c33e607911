#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 120 s; plain; quick
# The C sources: the formatter changes nothing, clang has no warning (gcc has none because the
# tests' builds make them errors), cppcheck has no finding.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/../e2e/lib/lib.sh"
require clang cppcheck

cd "$SRC" || die "no source directory"
FORMATTER=clang-format-14 # another version breaks other lines
EACH=(xargs -d '\n' -P "$(nproc)" -n 15)

sources() { # [GREP-OPTION...]: those whose path is, or is not, so
	find core subagent plugin module tests -name '*.c' | grep "${@:-.}" | sort
}

# The flags that configure has found.
flags() { # VARIABLE...
	local name
	for name; do
		sed -n "s/^$name = //p" "$BUILD/Makefile"
	done
}

FLAGS=(-std=gnu11 -D_GNU_SOURCE -DTCPSTATE_VERSION='""' -DTCPSTATE_SYSCONFDIR='""'
	-DTCPSTATE_DATADIR='""' -DTCPSTATE_MIB_BASE=1 -I. "-I$BUILD")
read -r -d '' -a FOUND < <(flags MNL_CFLAGS NETSNMP_CFLAGS JANSSON_CFLAGS CUNIT_CFLAGS)
read -r -d '' -a WARNINGS < <(flags WARN_CFLAGS)

test_format() {
	if command -v $FORMATTER >/dev/null; then
		check "$FORMATTER changes nothing" "" "$(find core subagent plugin module tests -name '*.[ch]' |
			"${EACH[@]}" $FORMATTER --dry-run 2>&1 | grep warning: | cut -d : -f 1,2)"
	elif [ "${CI:-}" = true ]; then
		fail "the formatter" "needs $FORMATTER"
	else
		echo "skipped - the formatter: needs $FORMATTER (Debian 12)"
	fi
}

# What an initializer leaves out is zero; collectd's headers are not ours to mend.
test_clang() {
	check "clang has no warning" "" "$(sources -Ev '^(plugin/tcpstate|tests/fuzz/fuzz_block)\.c$' |
		"${EACH[@]}" clang -fsyntax-only "${WARNINGS[@]}" -Wno-error \
			-Wno-missing-field-initializers "${FLAGS[@]}" "${FOUND[@]}" 2>&1 | grep -E 'warning:|error:')"
}

test_cppcheck() {
	check "cppcheck has no finding" "" "$(cppcheck --quiet --std=c11 -D_GNU_SOURCE -I. \
		--enable=warning,performance,portability --inline-suppr --template=gcc \
		core subagent plugin module tests/tools tests/bench 2>&1 | grep -E 'warning:|error:|style:')"
}

# What is not named is not in a release.
test_named() {
	check "Makefile.am names each file" "" "$(find core subagent plugin module tests/support -name '*.[ch]' |
		while read -r file; do grep -qw "$file" Makefile.am || echo "$file"; done)"
}

test_format
test_named
test_clang
test_cppcheck
