# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What one look at all sockets costs, ours and others', by turns; medians and ratios of it.

# KEY|what it is|how it is done: a command that prints wall_us=N cpu_us=N. Ours stand beside
# their floors, so that they find the caches alike.
LOOKS='
listeners|listener sample|sample listeners
fast|fast sample|sample fast
masked|raw dump of its states|sample masked
full|full sample, all tables|sample full
requests|raw dumps, those that it asks for|sample requests
floor|raw dump of all sockets|sample floor
tcpconns|collectd tcpconns|tcpconns_read
ss|ss -tan|cost - ss -tan
proc|cat /proc/net/tcp{,6}|cost - cat /proc/net/tcp /proc/net/tcp6
exporter|node exporter, tcpstat|exporter_scrape
'
# shellcheck disable=SC2034 # read by the others
PEERS='tcpconns ss proc exporter'

look_keys() {
	cut -d '|' -f 1 <<<"$LOOKS" | sed '/^$/d'
}

look_field() { # KEY FIELD
	awk -F '|' -v key="$1" -v field="$2" '$1 == key { print $field }' <<<"$LOOKS"
}

# --- how they are done -------------------------------------------------------------------

cost() { # -|PID COMMAND...
	in_server "$BUILD/tests/bench/cost" "$@" 2>>"$T/cost.log"
}

# One process answers for all kinds, because a sampler's first sample costs more.
sample_start() {
	coproc SAMPLE {
		"${SERVER[@]}" "$BUILD/tests/bench/sample" "$SRC/profiles/modern.conf" \
			2>>"$T/sample.log"
	}
}

sample() { # KIND
	local line
	echo "$1" >&"${SAMPLE[1]}"
	read -r -t 60 line <&"${SAMPLE[0]}" || return
	echo "$line"
}

sample_stop() {
	local in=${SAMPLE[1]} pid=$SAMPLE_PID
	exec {in}>&-
	wait "$pid"
}

# collectd -T reads once and ends. What it takes without the plugin is not the read's: the
# least of several runs, microseconds.
NONE_WALL=0 NONE_CPU=0 NONE_RUNS=9

collectd_once() { # NAME
	local line
	line=$(cost - collectd -T -C "$T/$1.conf") || return
	line=${line#wall_us=}
	echo "${line/ cpu_us=/ }"
}

measure_none() {
	local i
	for ((i = 0; i < NONE_RUNS; i++)); do
		collectd_once none || die "collectd -T fails" "$(cat "$T/cost.log")"
	done >"$T/none.runs"
	NONE_WALL=$(cut -d ' ' -f 1 "$T/none.runs" | sort -n | head -n 1)
	NONE_CPU=$(cut -d ' ' -f 2 "$T/none.runs" | sort -n | head -n 1)
}

tcpconns_read() {
	local wall cpu
	read -r wall cpu < <(collectd_once once) &&
		echo "wall_us=$((wall - NONE_WALL)) cpu_us=$((cpu - NONE_CPU))"
}

exporter_answers() {
	in_server curl -sf -o /dev/null "http://127.0.0.1:9100/metrics"
}

exporter_start() {
	spawn exporter "${SERVER[@]}" "${UNPRIVILEGED[@]}" prometheus-node-exporter \
		--web.listen-address=127.0.0.1:9100 --web.disable-exporter-metrics \
		--collector.disable-defaults --collector.tcpstat
	wait_until 20 exporter_answers || die "node exporter does not answer" \
		"$(cat "$T/exporter.log")"
}

exporter_scrape() {
	cost "${PIDS[exporter]}" curl -sf -o /dev/null "http://127.0.0.1:9100/metrics"
}

looks_begin() {
	collectd_writing none
	collectd_writing once
	tcpconns_configure once
	measure_none
	exporter_start
}

# --- by turns ----------------------------------------------------------------------------
# $T/looks has lines "SOCKETS ROUND KEY WALL-MICROSECONDS CPU-MICROSECONDS".

look() { # SOCKETS ROUND KEY
	local command line wall cpu
	read -r -a command <<<"$(look_field "$3" 3)"
	"${command[@]}" >"$T/look" || die "$3 cannot be measured" "$(tail -n 5 "$T"/*.log)"
	line=$(<"$T/look")
	wall=${line#*wall_us=} cpu=${line#*cpu_us=}
	echo "$1 $2 $3 ${wall%% *} ${cpu%% *}" >>"$T/looks"
}

# Every other round goes backwards, so that nothing always comes behind the same other thing.
look_rounds() { # SOCKETS ROUNDS
	local round key order="cat"
	sample_start
	sample full >/dev/null || die "no sample is taken" "$(cat "$T/sample.log")"
	for ((round = 1; round <= $2; round++)); do
		passing_fill
		for key in $(look_keys | "$order"); do
			look "$1" "$round" "$key"
		done
		[ "$order" = cat ] && order=tac || order="cat"
	done
	sample_stop
	printf '%s rounds\n' "$2"
}

# --- statistics --------------------------------------------------------------------------

median() { # numbers on stdin, one a line
	sort -g | awk '{ n[NR] = $1 } END { if (NR) print (n[int((NR + 1) / 2)] + n[int(NR / 2) + 1]) / 2 }'
}

look_median() { # SOCKETS KEY wall|cpu: microseconds
	awk -v sockets="$1" -v key="$2" -v what="$3" '
		$1 == sockets && $3 == key { print what == "wall" ? $4 : $5 }' "$T/looks" | median
}

# How many times the CPU time of AGAINST: the median of the rounds' ratios.
look_ratio() { # SOCKETS KEY AGAINST
	awk -v sockets="$1" -v a="$2" -v b="$3" '
		$1 == sockets { cpu[$3, $2] = $5; rounds[$2] }
		END {
			for (round in rounds)
				if (cpu[b, round] > 0)
					print cpu[a, round] / cpu[b, round]
		}' "$T/looks" | median
}
