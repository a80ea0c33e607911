#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 200 s; plain; quick
# The commands of the documents work: each one of doc/*.md that only looks at the host is run as it
# stands there, against a real snmpd, tcpstated and a process with sockets; programs, options and
# objects that are named exist. (README.md's own are run by readme.sh.)
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"
# shellcheck source=tests/e2e/lib/tuning.sh
. "$SRC/tests/e2e/lib/tuning.sh"
require jq nstat ss sysctl

DOCUMENTS=("$SRC"/README.md "$SRC"/CONTRIBUTING.md "$SRC"/doc/*.md "$SRC"/integrations/*/README.md)
# What a command begins with that is run here. Others change the host, or need another one, a
# journal, a privilege that a container has not.
RUN='tcpstated|snmpget|snmpwalk|snmptable|ss|nstat|sysctl|grep|ls|ps|tr|cat /proc/4321/limits'

commands() { # the lines of blocks of commands, from "FILE:LINE: " on
	awk -v run="^($RUN) " '
		/^ *```/ { block = !block; next }
		(block || /^    /) && sub(/^ */, "") >= 0 && $0 ~ run { print FILENAME ":" FNR ": " $0 }' \
		"$SRC"/doc/*.md
}

# The host, the community and the process of the documents are those of this test.
as_here() { # COMMAND
	sed -E -e "s/-c (public|SECRET)/-c $COMMUNITY/; s/ (HOST|web-03|127\.0\.0\.1) / 127.0.0.1:$SNMP_PORT /" \
		-e "s/\b4321\b/${PIDS[server]}/g" <<<"$1"
}

# A pipe ends with what its last command says; grep and a severity of --once may say 1 and 2.
run_line() { # FILE:LINE: COMMAND
	local where=${1%%: *} command
	command=$(as_here "${1#*: }")
	case $command in
	*tcp_mem* | *tcp_max_orphans*) bash -c "$command" ;; # parameters of the first namespace only
	*) in_server bash -c "cd $T && $command" ;;
	esac >"$T/out" 2>"$T/err" </dev/null
	local code=$?
	case $command in
	tcpstated\ --once* | tcpstated\ --check*) [ $code -gt 2 ] || code=0 ;;
	*\ grep\ * | grep\ *) code=0 ;; # nothing found
	esac
	check "${where#"$SRC"/}: ${1#*: }" "0 " "$code $(cat "$T/err")"
	! grep -E 'No Such Object|Unknown Object|^Timeout' "$T/out" || fail "$where: no answer"
}

test_commands() {
	host_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tables_start "namespaces on
namespace include sockets-${PIDS[client]}"
	tell server listen l "$SERVER4" 8080 16
	tell client connect c "$SERVER4" 8080 3
	tell server accept a l 3
	next_sample
	mkdir "$T/path"
	ln -s "$BIN/tcpstated" "$T/path/tcpstated"
	export PATH=$T/path:$PATH MIBS=TCPSTATE-MIB MIBDIRS=$SRC/mib/base:$BUILD/mib
	local line count=0
	while read -r line; do
		run_line "$line"
		count=$((count + 1))
	done < <(commands)
	check "there are commands" "many" "$([ $count -gt 60 ] && echo many || echo $count)"
}

test_names() {
	local word
	while read -r word; do
		check_run "tcpstated has $word" grep -qwe "$word" <("$BIN/tcpstated" --help)
	done < <(grep -ohE 'tcpstated( -[-a-z]+)+' "${DOCUMENTS[@]}" 2>/dev/null |
		grep -oE -- '--[a-z-]+' | sort -u)
	check "objects are those of the MIB" "" "$(
		cat "${DOCUMENTS[@]}" "$SRC"/*/*.[1578] 2>/dev/null | grep -oE 'TCPSTATE-MIB::tcpState[A-Za-z0-9]+' |
			sort -u | while read -r word; do
			grep -qw "${word#*::}" "$BUILD/mib/TCPSTATE-MIB.txt" || echo "$word"
		done)"
	check "paths of the source are there" "" "$(
		cat "${DOCUMENTS[@]}" 2>/dev/null | grep -oE '`(tests|core|subagent|plugin|integrations)/[a-z0-9_./-]+`' |
			tr -d '\`' | sort -u | while read -r word; do
			[ -e "$SRC/$word" ] || compgen -G "$SRC/$word*" >/dev/null || echo "$word"
		done)"
}

# Lines of tcpstate.conf in the documents are read without a complaint, all of them together.
test_configuration() {
	cat "${DOCUMENTS[@]}" 2>/dev/null | awk '
		/^ *```/ { block = !block; next }
		block && /^(ignore|condition|state) / && !/NAME|CONDITION/' >"$T/recipes.conf"
	check "there are lines of configuration" many \
		"$([ "$(wc -l <"$T/recipes.conf")" -gt 10 ] && echo many)"
	"$BIN/tcpstated" --check --sample -c "$T/recipes.conf" >"$T/out" 2>"$T/err" </dev/null
	check "they are read" "" "$(cat "$T/err")"
}

test_names
test_configuration
test_commands
