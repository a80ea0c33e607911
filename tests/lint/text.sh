#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# Shell scripts and spelling: shellcheck and codespell find nothing.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/../e2e/lib/lib.sh"
require shellcheck codespell

cd "$SRC" || die "no source directory"

# The files of the source without those that configure or make have written.
files() {
	find README.md ./*.md quickstart .ci core doc mib/template module plugin profiles subagent tests \
		-type f ! -path 'tests/data/*' ! -name '*.png' ! -name '*.o' ! -name '*.lo' \
		! -path '*/.libs/*' ! -path '*/.deps/*' -exec grep -Il . {} + | sort -u
}

scripts() {
	files | xargs -d '\n' awk 'FNR == 1 && /^#!.*sh$/ || /^# shellcheck shell=/ {
		print FILENAME
		nextfile
	}' | sort -u
}

check "shellcheck finds nothing" "" "$(scripts |
	xargs -d '\n' -P "$(nproc)" -n 3 shellcheck -f gcc)"
check "codespell finds nothing" "" "$(files | xargs -d '\n' codespell)"
