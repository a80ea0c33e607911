#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 400 s; plain
# What was built is hardened and runs with older C libraries; other compilers and C libraries take
# the source without a warning.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
require readelf objdump clang musl-gcc

# --- hardening ----------------------------------------------------------------------------

hardened() { # FILE: what protects it
	readelf -hldW "$1" | awk '
		/Type: +DYN/ { print "position independent" }
		/GNU_RELRO/ { print "RELRO" }
		/GNU_STACK/ && $7 == "RW" { print "no code on the stack" }
		/FLAGS_1.* NOW/ { print "BIND_NOW" }' | sort
	objdump -T "$1" | grep -o '__stack_chk_fail'
	objdump -T "$1" | grep -qE '__[a-z]+_chk$' && echo FORTIFY
}

ALL=$'BIND_NOW\nRELRO\nno code on the stack\nposition independent\n__stack_chk_fail\nFORTIFY'
check "tcpstated is hardened" "$ALL" "$(hardened "$BUILD/tcpstated")"
check "tcpstate.so is hardened" "$ALL" "$(hardened "$BUILD/.libs/tcpstate.so")"
check "tcpstate_snmp.so is hardened" "$ALL" "$(hardened "$BUILD/.libs/tcpstate_snmp.so")"
check_match "tcpstated is a program with a random address" 'FLAGS_1.* PIE' \
	"$(readelf -dW "$BUILD/tcpstated")"

# --- the C library ------------------------------------------------------------------------

# Functions that have another version since glibc 2.28 because they moved or were made anew, and
# that a build on an older one takes from there.
MOVED='__libc_start_main fstat fstatat lstat stat pthread_[a-z_]* sem_[a-z]*'

newer() { # FILE: functions that glibc 2.28 does not have
	objdump -T "$1" | grep -E 'GLIBC_2\.(29|[3-9][0-9])\)' | awk '{ print $NF }' |
		grep -vxE "${MOVED// /|}"
}

check "tcpstated needs no glibc after 2.28" "" "$(newer "$BUILD/tcpstated")"
check "tcpstate.so needs no glibc after 2.28" "" "$(newer "$BUILD/.libs/tcpstate.so")"
check "tcpstate_snmp.so needs no glibc after 2.28" "" "$(newer "$BUILD/.libs/tcpstate_snmp.so")"

# The kernel's headers and libmnl's are those of the system: behind musl's own.
with_musl() {
	musl-gcc -fsyntax-only -Werror -Wall -Wextra -std=gnu11 -D_GNU_SOURCE \
		-DTCPSTATE_VERSION='"0"' -DTCPSTATE_SYSCONFDIR='"/etc"' -DTCPSTATE_DATADIR='"/usr/share"' -I"$SRC" -I"$BUILD" \
		-idirafter /usr/include -idirafter "/usr/include/$(gcc -print-multiarch)" "$@"
}

check_run "musl takes core/" with_musl "$SRC"/core/*/*.c
echo 'const char *f(void); const char *f(void) { return strerrordesc_np(1); }' >"$T/glibc.c"
check "and would not take what only glibc has" 1 \
	"$(with_musl -include string.h "$T/glibc.c" >/dev/null 2>&1; echo $?)"

# --- the other compiler -------------------------------------------------------------------

with_clang() {
	mkdir -p "$T/clang" && cd "$T/clang" && "$SRC/configure" --enable-werror CC=clang &&
		make "-j$(nproc)" all && make "-j$(nproc)" check TESTS=
}

check_run "clang takes all, without a warning" with_clang
