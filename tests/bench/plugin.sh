#!/bin/bash
# SPDX-License-Identifier: MIT
# CPU time of a read: tcpconns, tcpstate, and tcpstate without its budget (every sample
# full), each in a collectd of its own, at the same time, on the same sockets.
#
#   SOCKETS  established connections in the namespace under test (default: 100000); their
#            other ends are as many again, and a dump walks both
#   READS    of each (default: 30)
. "$(dirname "$0")/../lib.sh"
. "$SRC/tests/lib-collectd.sh"
require collectd collectdctl setpriv

SOCKETS=${SOCKETS:-100000} READS=${READS:-30} INTERVAL=${INTERVAL:-1}
A_PROCESS=10000

ticks() { # NAME: CPU time of the process so far
	local stat
	read -r stat <"/proc/${PIDS[$1]}/stat"
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	echo $((${12} + ${13}))
}

reads() { # NAME
	wc -l <"$(find "$T/$1/csv" -name 'tcp_connections-LISTEN-*' -path '*-all*')"
}

has_read() { # NAME: at least once
	[ -n "$(find "$T/$1/csv" -name 'tcp_connections-LISTEN-*' -path '*-all*' 2>/dev/null)" ]
}

configure() { # NAME
	collectd_configure "$1" <<-END
		LoadPlugin csv
		<Plugin csv>
		  DataDir "$T/$1/csv"
		</Plugin>
	END
}

namespaces_start
COLLECTD_IN=("${SERVER[@]}")
make_crowd $((SOCKETS / A_PROCESS)) "$A_PROCESS"

configure tcpconns
cat >>"$T/tcpconns.conf" <<-END
	<LoadPlugin tcpconns>
	  Interval $INTERVAL
	</LoadPlugin>
	<Plugin tcpconns>
	  AllPortsSummary true
	  ListeningPorts true
	</Plugin>
END
configure tcpstate
plugin_configure tcpstate "$INTERVAL" <<<''
configure unbounded
plugin_configure unbounded "$INTERVAL" <<<'CpuBudget 100'

declare -A TICKS=() COUNT=() COST=()
for name in tcpconns tcpstate unbounded; do
	spawn "$name" "${COLLECTD_IN[@]}" "${COLLECTD_AS[@]}" collectd -f -C "$T/$name.conf"
	wait_until 30 has_read "$name" || die "$name does not read" "$(cat "$T/$name.log")"
done
# Past the first samples, when nothing is known of what one costs.
sleep 5
for name in tcpconns tcpstate unbounded; do
	TICKS[$name]=$(ticks "$name") COUNT[$name]=$(reads "$name")
done
sleep "$(awk -v n="$READS" -v s="$INTERVAL" 'BEGIN { print n * s }')"
# A dump walks the sockets of all namespaces, those of other programs as well.
printf '%s established connections, %s sockets on the whole machine, a read every %s s\n' \
	"$SOCKETS" "$(awk '$1 == "TCP:" { print $9 }' /proc/net/sockstat)" "$INTERVAL"
for name in tcpconns tcpstate unbounded; do
	TICKS[$name]=$(($(ticks "$name") - TICKS[$name]))
	COUNT[$name]=$(($(reads "$name") - COUNT[$name]))
	COST[$name]=$((TICKS[$name] * 1000000 / $(getconf CLK_TCK) / COUNT[$name]))
	printf '%-10s %7d us of CPU a read, %d reads\n' "$name" "${COST[$name]}" \
		"${COUNT[$name]}"
done
check "tcpstate takes at most half of what tcpconns takes" yes \
	"$( ((2 * COST[tcpstate] <= COST[tcpconns])) && echo yes || echo no)"
check "and counts the same" "$(value tcpstate all/tcp_connections-ESTABLISHED)" \
	"$(ctl tcpconns getval tcpconns/tcpconns-all/tcp_connections-ESTABLISHED |
		awk -F= '{ print $2 + 0 }')"
