#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 60 s; plain; quick
# tests/release takes what agrees, and sees each thing that does not.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
require git

COPY=$T/copy
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t \
	GIT_COMMITTER_EMAIL=t@t

in_copy() { # COMMAND...
	(cd "$COPY" && "$@")
}

commit() {
	in_copy git add -A && in_copy git commit -q --allow-empty -m "$1"
}

release() { # VERSION: its output and exit code
	OUTPUT=$(in_copy tests/release --quick "$1" 2>&1)
	CODE=$?
}

# What a release changes, by a date that no revision of the MIB is after.
prepare() {
	copy_source "$COPY"
	in_copy git init -q
	sed -i 's/^AC_INIT.*/AC_INIT([tcpstate], [7.8.9])/' "$COPY/configure.ac"
	sed -i '0,/^## .*/s//## 7.8.9 (2099-01-02)/' "$COPY/NEWS.md"
	sed -i -e '1s/(.*)/(7.8.9-1)/; s/^\( -- .*>  \).*/\1Fri, 02 Jan 2099 12:00:00 +0000/' \
		"$COPY/debian/changelog"
	commit "Version 7.8.9"
}

check_wrong() { # WHAT FILE SED-PROGRAM: that it is seen, and nothing else
	sed -i "$3" "$COPY/$2"
	in_copy git diff --quiet && fail "$1: $2 is changed"
	commit "wrong"
	release 7.8.9
	check "$1: exit code" 1 "$CODE"
	check "$1" "FAILED - $1" "$(grep ^FAILED <<<"$OUTPUT")"
	in_copy git reset -q --hard HEAD^
}

prepare
release 7.8.9
check "what agrees: exit code" 0 "$CODE"
check "what agrees" "" "$(grep ^FAILED <<<"$OUTPUT")"
check_match "it says what is left" 'git tag -s v7.8.9' "$OUTPUT"
release 7.8
check "no version: exit code" 1 "$CODE"
check_match "no version" '^usage' "$OUTPUT"
release 7.9.0
check "another version" "configure.ac NEWS.md debian/changelog" \
	"$(sed -n 's/^FAILED - \(.*\): version$/\1/p' <<<"$OUTPUT" | xargs)"
check_wrong "configure.ac: version" configure.ac 's/7\.8\.9/7.8.8/'
check_wrong "NEWS.md: version" NEWS.md 's/^## 7\.8\.9/## 7.8.8/'
check_wrong "debian/changelog: version" debian/changelog '1s/7\.8\.9/7.8.8/'
check_wrong "debian/changelog: suite" debian/changelog '1s/unstable/UNRELEASED/'
check_wrong "debian/changelog: the date of NEWS.md" debian/changelog 's/02 Jan/03 Jan/; s/Fri,/Sat,/'
check_wrong "MIB: LAST-UPDATED is the newest REVISION" mib/template/TCPSTATE-MIB.txt.in \
	's/LAST-UPDATED "20/LAST-UPDATED "19/'
check_wrong "debian/watch: finds tcpstate-7.8.9.tar.xz" debian/watch 's/tcpstate-@/other-@/'
: >"$COPY/new"
release 7.8.9
check "a file that is not committed" "FAILED - nothing is uncommitted" "$(grep ^FAILED <<<"$OUTPUT")"
rm "$COPY/new"
in_copy git tag v7.8.9
release 7.8.9
check "a tag that is there" "FAILED - no tag v7.8.9 yet" "$(grep ^FAILED <<<"$OUTPUT")"
in_copy git tag -d v7.8.9 >/dev/null
in_copy git tag v7.8.8
check_wrong "MIB: changed since v7.8.8, and so is its revision" mib/template/TCPSTATE-MIB.txt.in \
	'0,/tcpStateMIB/s//tcpStateMIB /'
