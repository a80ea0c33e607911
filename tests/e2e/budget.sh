#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 600 s; plain
# What sampling many sockets takes: the CPU budget is kept, the suspicious states stay as fresh
# as the interval shown, and all comes back when the sockets have gone. The CPU time is the
# kernel's account in /proc.
#
#   SOCKETS    in the namespace (default: 100000)
#   MEASURE_S  seconds that are measured (default: 120)
#   INTERVAL   configured, in seconds (default: 2); BUDGET: in percent (default: 0.4)
#
# As on a large host, by hand: SOCKETS=400000 MEASURE_S=300 INTERVAL=5 BUDGET=1.
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2119
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"
# shellcheck source=tests/e2e/lib/crowd.sh
. "$SRC/tests/e2e/lib/crowd.sh"

SOCKETS=${SOCKETS:-100000} MEASURE_S=${MEASURE_S:-120} INTERVAL=${INTERVAL:-2} BUDGET=${BUDGET:-0.4}
TICK_US=$((1000000 / $(getconf CLK_TCK)))
SHOWN="tcpStateCount.3.8 tcpStateSampleInterval.0 tcpStateDetailInterval.0
	tcpStateSampleDuration.0 tcpStateSampleCpu.0"

# --- the kernel's account ----------------------------------------------------------------

cpu_us() { # STAT: CPU time of a process, microseconds
	local stat
	read -r stat <"$1" || return
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	echo $(((${12} + ${13}) * TICK_US))
}

sampler_us() {
	cpu_us "/proc/$(sampler_pid)/stat"
}

percent() { # MICROSECONDS SECONDS
	awk -v us="$1" -v s="$2" 'BEGIN { printf "%.2f", us / s / 10000 }'
}

# --- what is shown -----------------------------------------------------------------------

interval_is() { # TEST-OPERATOR MILLISECONDS
	test "$(cell tcpStateSampleInterval.0)" "$1" "$2"
}

# Counts are taken as configured, and full samples several times as often as they were.
back() {
	interval_is -eq $((INTERVAL * 1000)) && (($(cell tcpStateDetailInterval.0) <= DETAIL / 4))
}

severity() {
	cell tcpStateConditionSeverity.19.0
}

close_waits_are() { # COUNT
	[ "$(cell tcpStateCount.3.8)" = "$1" ]
}

# --- measuring ---------------------------------------------------------------------------

# One connection more in CLOSE_WAIT, and since when: a count that does not know it is older.
make_close_wait() {
	local group=more${#MADE[@]}
	ask s0 accept "$group" more 1
	tell c0 connect "$group" 127.0.0.1 19999 1
	answer s0 || die "accept" "$REPLY"
	tell c0 shutdown "$group"
	MADE+=("${EPOCHREALTIME/./}")
}

# Lines "NOW SAMPLER INTERVAL DETAIL DURATION CPU LEAST MOST": the sampler's CPU time, what is
# shown, and between which two the age of the counts lies, in microseconds.
look() { # SECONDS
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000)) now count least most
	tell s0 listen more 127.0.0.1 19999 4096
	while ((${EPOCHREALTIME/./} < end)); do
		make_close_wait
		# shellcheck disable=SC2046,SC2086
		set -- $(get -OQUv $(printf 'TCPSTATE-MIB::%s ' $SHOWN))
		now=${EPOCHREALTIME/./}
		count=$(($1 - HALF_CLOSED))
		((count >= 0 && count <= ${#MADE[@]})) || die "$1 in CLOSE_WAIT" "of ${#MADE[@]} new ones"
		least=0 most=$((now - (count > 0 ? MADE[count - 1] : BEGUN)))
		((count == ${#MADE[@]})) || least=$((now - MADE[count]))
		echo "$now $(sampler_us) $2 $3 $4 $5 $least $most" >>"$T/looks"
		sleep 0.25
	done
}

check_budget() { # MICROSECONDS SECONDS
	local allowed
	allowed=$(awk -v s="$2" -v percent="$BUDGET" 'BEGIN { print int(s * percent * 10000) }')
	if (($1 <= allowed + TICK_US)); then
		ok "sampling keeps to $BUDGET %"
	else
		fail "sampling keeps to $BUDGET %" "$1 us of CPU time, $allowed us allowed"
	fi
}

# The figure shown is of the last minute by the clock's seconds: it may have one sample more or
# less than the account of the last sixty seconds, a full one at the most.
check_shown() {
	awk -v tick="$TICK_US" '
		{ at[NR] = $1; us[NR] = $2; cpu = $6 }
		NR > 1 && $2 - us[NR - 1] > most { most = $2 - us[NR - 1] }
		END {
			for (from = NR; from > 1 && at[NR] - at[from] < 60000000; from--);
			took = us[NR] - us[from]
			shown = cpu * (at[NR] - at[from]) / 10000
			printf "of the last minute: %d us shown, %d us accounted\n", shown, took
			exit took <= 0 || !(shown - took < most + 2 * tick && took - shown < most + 2 * tick)
		}' "$T/looks" >"$T/shown"
	check "tcpStateSampleCpu agrees with /proc" 0 $?
	cat "$T/shown"
}

# No sample of the suspicious states was left out: no count is two intervals old.
check_ages() {
	check "counts are never older than the interval says" '' \
		"$(awk '$7 >= 2000 * $3' "$T/looks")"
}

show_looks() {
	awk '
		NR == 1 { low = high = $3; detail = $4 }
		$7 > least { least = $7; most = $8 }
		$3 > high { high = $3 }
		$3 < low { low = $3 }
		$4 > detail { detail = $4 }
		$5 > duration { duration = $5 }
		END {
			printf "counts at most %.1f to %.1f s old, interval %.1f to %.1f s, ",
				least / 1e6, most / 1e6, low / 1e3, high / 1e3
			printf "full samples each %.1f s, longest sample %.0f ms\n", detail / 1e3,
				duration / 1e3
		}' "$T/looks"
}

# --- the test ----------------------------------------------------------------------------

make_sockets "$SOCKETS"
TCPSTATED_AS=()
snmpd_start
tcpstated_start "interval $INTERVAL
detail-interval $((3 * INTERVAL))
cpu-budget $BUDGET
condition sampling warning 2 critical 1000 hold 5"

# From here on the cost of each kind of sample is known; the first one is nobody's.
wait_until 90 interval_is -ge $((2 * INTERVAL * 1000)) || die "the budget does not bind"
HALF_CLOSED=$(cell tcpStateCount.3.8) MADE=()
BEGUN=${EPOCHREALTIME/./}
sampler=$(sampler_us) agent=$(cpu_us "/proc/$(agent_pid)/stat")
look "$MEASURE_S"
took=$(((${EPOCHREALTIME/./} - BEGUN) / 1000000))
sampler=$(($(sampler_us) - sampler))
agent=$(($(cpu_us "/proc/$(agent_pid)/stat") - agent))

printf '%s sockets, interval %s s, budget %s %%, %s s\n' "$(cell tcpStateSampleSockets.0)" \
	"$INTERVAL" "$BUDGET" "$took"
printf 'CPU: sampling %s %%, answering %s %%\n' "$(percent "$sampler" "$took")" \
	"$(percent "$agent" "$took")"
show_looks
check_budget "$sampler" "$took"
check_shown
check_ages
check "a stretched interval is a figure, no fault" 1 "$(severity)"
wait_until 60 close_waits_are $((HALF_CLOSED + ${#MADE[@]}))
check "all that went into CLOSE_WAIT meanwhile is counted" "0 $(in_server ss -Htn state close-wait |
	wc -l)" "$? $(cell tcpStateCount.3.8)"

# They go at once, also those that would stay in TIME_WAIT.
sysctl_server tcp_max_tw_buckets=0
sockets_stop "${!SOCKETS_IN[@]}"
DETAIL=$(awk '$4 > most { most = $4 } END { print most }' "$T/looks")
BEGUN=${EPOCHREALTIME/./}
wait_until 90 back
check "the intervals come back" 0 $?
printf 'after %s ms: %s ms, full samples %s ms\n' $(((${EPOCHREALTIME/./} - BEGUN) / 1000)) \
	"$(cell tcpStateSampleInterval.0)" "$(cell tcpStateDetailInterval.0)"
