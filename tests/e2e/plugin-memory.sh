#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 300 s; plain
# A minute of many reads, while listeners and connections come and go: no leak under
# valgrind, no growth without it.
. "$(dirname "$0")/lib/lib.sh"
. "$SRC/tests/e2e/lib/collectd.sh"
require collectd collectdctl setpriv valgrind

SECONDS_TO_RUN=${SECONDS_TO_RUN:-60}

configure() { # NAME: ten reads a second
	collectd_writing "$1"
	plugin_configure "$1" 0.1 <<-'END'
		ReportTuning true
		TuningInterval 10
		MaxListeners 8
		MaxRemotes 5
		RemotePort 1024
		ListeningPorts true
		Condition acceptQueue warning 20 critical 50 hold 0
	END
}

# Twenty listeners with connections that nobody accepts, and none again.
come_and_go() {
	local i
	for ((i = 0; i < 20; i++)); do
		tell server listen "l$i" "$SERVER4" $((8001 + i)) 8
		tell client connect "c$i" "$SERVER4" $((8001 + i)) $((i % 8 + 1)) \
			from "$CROWD4*50"
	done
	sleep 1
	for ((i = 0; i < 20; i++)); do
		tell server close "l$i"
		tell client close "c$i"
	done
	sleep 0.5
}

keep_busy() { # SECONDS
	local end=$((SECONDS + $1))
	while ((SECONDS < end)); do
		come_and_go
	done
}

resident() { # NAME: kB
	awk '/^VmRSS:/ { print $2 }' "/proc/${PIDS[$1]}/status"
}

descriptors() { # NAME
	find "/proc/${PIDS[$1]}/fd" -mindepth 1 | wc -l
}

namespaces_start
COLLECTD_IN=("${SERVER[@]}")
sockets_start server "${SERVER[@]}"
sockets_start client "${CLIENT[@]}"

configure plain
configure checked
# One arena: ten threads that each have one of their own take a while to fill them.
collectd_start plain env MALLOC_ARENA_MAX=1
collectd_start checked valgrind --quiet --leak-check=full --keep-debuginfo=yes \
	--log-file="$T/checked/valgrind"
keep_busy 20
memory=$(resident plain) files=$(least descriptors plain)
keep_busy "$SECONDS_TO_RUN"
grown=$(($(resident plain) - memory))
printf 'resident: %s kB, grown by %s kB\n' "$memory" "$grown"
check "no growth" yes "$( ((grown < 1024)) && echo yes || echo "$grown kB")"
check "no descriptor is lost" "$files" "$(least descriptors plain)"
check "reads took place" yes "$(
	reads=$(cat "$T"/plain/csv/plain/tcpstate-all/tcp_connections-LISTEN-* | wc -l)
	((reads > SECONDS_TO_RUN * 5)) && echo yes || echo "$reads"
)"
stop plain
check "collectd ends" 0 $?
stop checked
check "collectd ends under valgrind" 0 $?

# Whatever valgrind says of collectd itself, no record may name a file of ours.
ours=$(cd "$SRC" && printf '%s\n' core/*/*.c plugin/*.c | sed 's,.*/,,; s/\./\\./' | paste -sd '|')
check "valgrind" '' "$(awk -v RS='==[0-9]+== \n' -v ours="[(]($ours):[0-9]" '$0 ~ ours' \
	"$T/checked/valgrind")"
