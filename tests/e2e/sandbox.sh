#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain
# In a sandbox: sock_diag allowed or refused, the files of /proc/net missing or empty one by one, as
# in containers and where something else stands in for Linux. Every combination gives right counts
# or none, and one line in the log.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
require jq unshare

FILES='if_inet6 netstat snmp sockstat sockstat6 tcp tcp6'

# Sets SANDBOX: what runs a command on a /proc that has just these files, one of them missing or
# empty. The files are the kernel's own.
# shellcheck disable=SC2016
sandbox() { # allowed|refused FILE missing|empty|whole
	SANDBOX=("${SERVER[@]}" unshare --mount --propagation private bash -c '
		mount -t tmpfs sandbox "$1" && mkdir -p "$1"/{sys,thread-self/net} || exit 125
		mount --bind /proc/sys "$1/sys" || exit 125
		ln -s thread-self/net "$1/net"
		for file in $2; do
			[ "$file $4" != "$3 missing" ] || continue
			: >"$1/net/$file"
			[ "$file $4" != "$3 empty" ] || continue
			mount --bind "/proc/net/$file" "$1/net/$file" || exit 125
		done
		mount --move "$1" /proc || exit 125
		shift 4
		exec "$@"' sandbox "$T/proc" "$FILES" "$2" "$3")
	[ "$1" = allowed ] || SANDBOX+=("$BIN/nodiag")
}

once() { # allowed|refused FILE HOW: the rows that are counted, and why none are
	sandbox "$@"
	"${SANDBOX[@]}" "$BIN/tcpstated" --once --json -c "$T/tcpstate.conf" >"$T/once.json" 2>"$T/once.err"
	jq -r '.states[] | select(.ipVersion != "total") | "\(.state) \(.ipVersion) \(.count)"' \
		"$T/once.json"
}

# /proc/net/tcp does not show CLOSED.
shown() { # allowed|refused
	if [ "$1" = allowed ]; then sort; else sort | grep -v CLOSED; fi
}

# The counts come from sock_diag, else from tcp and tcp6: nothing else can take them away.
can_count() { # allowed|refused FILE HOW
	[ "$1" = allowed ] || [ "$3" = whole ] || [[ $2 != tcp && $2 != tcp6 ]]
}

# What a combination costs, once in the log of a daemon that tries again each second.
expected_line() { # allowed|refused FILE HOW
	if ! can_count "$@"; then
		echo "no sample (reading the sockets"
	elif [ "$3" != whole ] && [[ $2 == snmp || $2 == netstat || $2 == sockstat ]]; then
		echo "/proc/net lacks $2's"
	fi
}

combinations() { # FUNCTION: calls it for each
	local diag file how
	for diag in allowed refused; do
		"$1" "$diag" snmp whole
		for file in $FILES; do
			for how in missing empty; do
				"$1" "$diag" "$file" "$how"
			done
		done
	done
}

check_counts() {
	local name="sock_diag $1, $2 $3" rows
	rows=$(once "$@" | shown "$1")
	if can_count "$@"; then
		check "$name: the counts are right" "$(want_table | shown "$1")" "$rows"
	else
		check "$name: no counts" "" "$rows"
		check_match "$name: and why" 'no sample: reading the sockets: ' "$(cat "$T/once.err")"
	fi
}

start_daemon() {
	sandbox "$@"
	spawn "daemon-$1-$2-$3" "${SANDBOX[@]}" "$BIN/tcpstated" -f -c "$T/tcpstate.conf" \
		-x "unix:$T/none"
}

has_line() { # LOG TEXT
	[ -z "$2" ] || grep -qF "$2" "$1"
}

check_log() {
	local log=$T/daemon-$1-$2-$3.log line
	line=$(expected_line "$@")
	wait_until 30 has_line "$log" "$line"
	sleep 0.2
	check "sock_diag $1, $2 $3: the log says it once" "${line:+1 }$line" \
		"$(grep -oE '/proc/net lacks [a-z]*.s|no sample \(reading the sockets' "$log" |
			uniq -c | sed 's/^ *//')"
	stop "daemon-$1-$2-$3"
}

namespaces_start
make_all_states
mkdir "$T/proc"
printf '%s\n' 'interval 1' 'detail-interval 1' 'processes off' >"$T/tcpstate.conf"
combinations check_counts
combinations start_daemon
sleep 3
combinations check_log
