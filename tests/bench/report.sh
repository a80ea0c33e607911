# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What was measured, as a page of Markdown.

# Lines "a|b|c", the first of them the heading, as a table: text left, numbers right.
table() {
	awk -F '|' '
		{
			for (i = 1; i <= NF; i++) {
				cell[NR, i] = $i
				if (length($i) > width[i])
					width[i] = length($i)
			}
			columns = NF
		}
		function rule(n,  s) {
			while (length(s) < n)
				s = s "-"
			return s
		}
		END {
			for (row = 1; row <= NR; row++) {
				line = rules = "|"
				for (i = 1; i <= columns; i++) {
					line = line sprintf(i == 1 ? " %-*s |" : " %*s |", width[i], cell[row, i])
					rules = rules (i == 1 ? rule(width[i] + 2) : rule(width[i] + 1) ":") "|"
				}
				print line
				if (row == 1)
					print rules
			}
			print ""
		}'
}

thousands() { # NUMBER
	sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta' <<<"$1"
}

milliseconds() { # MICROSECONDS
	awk -v us="$1" 'BEGIN { printf("%.*f", us < 10000 ? 2 : us < 100000 ? 1 : 0, us / 1000) }'
}

quotient() { # A B
	awk -v a="$1" -v b="$2" 'BEGIN { printf("%.2f", a / b) }'
}

joined() { # words as cells
	local IFS='|'
	echo "$*"
}

# A line of cells: a title, and what FUNCTION prints for each number of sockets.
by_size() { # TITLE FUNCTION [ARGUMENT...]
	local title=$1 function=$2 size cells=()
	shift 2
	for size in "${SIZES[@]}"; do
		cells+=("$("$function" "$size" "$@")")
	done
	joined "$title" "${cells[@]}"
}

look_ms() { # SOCKETS KEY wall|cpu
	milliseconds "$(look_median "$@")"
}

look_times() { # SOCKETS KEY AGAINST
	printf %.2f "$(look_ratio "$@")"
}

made() { # SOCKETS FIELD
	thousands "$(awk -v sockets="$1" -v field="$2" '$1 == sockets { print $field }' "$T/made")"
}

# --- parts of the page -------------------------------------------------------------------

versions() { # as Debian has them
	# shellcheck disable=SC2086
	dpkg-query -Wf '${Package} ${Version}\n' $PACKAGES 2>/dev/null | paste -sd , | sed 's/,/, /g'
}

table_size() { # of the namespace's own; the kernel shows it with a minus if it is another's
	thousands "$(in_server sysctl -n net.ipv4.tcp_ehash_entries)"
}

head_part() {
	local size field
	cat <<-END
		<!-- SPDX-License-Identifier: MIT -->
		# Benchmark

		Written by \`make bench\`: $(uname -sr), $(nproc) cores$(
			sed -n 's/^model name[^:]*: /, /p' /proc/cpuinfo | head -n 1), $(date +%F).
		$(versions | fold -s -w 95 | sed 's/ *$//').
		It took $SECONDS s. Why the figures are what they are: [performance.md](performance.md).

		## Sockets

		Real ones, both ends of each connection in one network namespace with a hash table of its
		own, $(table_size) buckets. One in ten is in CLOSE_WAIT, FIN_WAIT_2, SYN_RECV or SYN_SENT;
		a fifth is IPv6. TIME_WAIT comes on top.

	END
	{
		joined sockets ESTABLISHED "${SUSPECTS[@]}" TIME_WAIT processes 'made in, s'
		for size in "${SIZES[@]}"; do
			joined "$(thousands "$size")" "$(for field in 2 3 4 5 6 7 8 9; do
				made "$size" $field
			done | paste -sd '|')"
		done
	} | table
}

# The rows of all looks.
looks_table() { # cpu|wall
	local key
	{
		by_size '' thousands
		for key in $(look_keys); do
			by_size "$(look_field "$key" 2)" look_ms "$key" "$1"
		done
	} | table
}

against() { # KEY TITLE: the peers' ratios to it
	local key
	for key in $PEERS; do
		by_size "$(look_field "$key" 2) to $2" look_times "$key" "$1"
	done
}

looks_part() {
	cat <<-END
		## One look at all sockets

		CPU time in milliseconds, medians of $(rounds_of_all) rounds in which all took turns. What
		the raw dumps, ss and cat yield is thrown away: a raw dump is the least that reading these
		sockets can cost. collectd starts, reads once and ends, less the least that it takes
		without tcpconns: a millisecond or two of its start remain. The node exporter has no other
		collector.

	END
	looks_table cpu
	printf 'Time by the clock, in milliseconds:\n\n'
	looks_table wall
	printf 'CPU time as ratio, medians of the ratios of each round:\n\n'
	{
		by_size '' thousands
		by_size 'fast sample to the raw dump of its states' look_times fast masked
		by_size 'full sample to the raw dump of all' look_times full floor
		against fast 'the fast sample'
		against masked 'the raw dump of its states'
		against full 'the full sample'
	} | table
}

together_part() {
	local name
	cat <<-END
		## $SECONDS_TOGETHER seconds at the same time, $(thousands "$CROWD") sockets

		collectd with tcpconns, the same collectd with our plugin (both every $COLLECTD_INTERVAL s, a process of
		its own for each, or nobody could tell whose CPU time it was), and tcpstated with its
		default configuration: all of it, answers to one request a second included, and the process
		that samples, which is held to \`cpu-budget\` (1 %).

	END
	{
		joined '' 'CPU, s' '% of a core' 'to tcpconns' reads 'CPU a read, ms'
		for name in "${TOGETHER[@]}"; do
			together_line "$name" "$(together_value "$name" 2)" "$(together_value "$name" 3)"
		done
		together_line sampling "$(together_value sampling 2)" 0
	} | table
	cat <<-END
		tcpstated's counts of suspicious states, asked each second: at most $(age max) s old, half the
		time no more than $(age median) s. In the end it counted them every $(seconds_of tcpStateSampleInterval) s and read everything
		every $(seconds_of tcpStateDetailInterval) s.

	END
}

together_line() { # NAME CPU READS
	joined "$1" "$(quotient "$2" 1000000)" "$(cpu_percent "$1")" \
		"$(quotient "$2" "$(together_value tcpconns 2)")" \
		"$( (($3 > 0)) && echo "$3" || echo -)" \
		"$( (($3 > 0)) && milliseconds "$(($2 / $3))" || echo -)"
}

cpu_percent() { # NAME
	quotient "$(together_value "$1" 2)" $((SECONDS_TOGETHER * 10000))
}

age() { # max|median: seconds
	local us
	case $1 in
	max) us=$(sort -n "$T/ages" | tail -n 1) ;;
	median) us=$(median <"$T/ages") ;;
	esac
	awk -v us="$us" 'BEGIN { printf "%.1f", us / 1000000 }'
}

seconds_of() { # SCALAR of milliseconds
	awk -v ms="$(get -OQUv "TCPSTATE-MIB::$1.0")" 'BEGIN { printf "%.1f", ms / 1000 }'
}

rounds_of_all() {
	local size rounds=()
	for size in "${SIZES[@]}"; do
		rounds+=("$(rounds_of "$size")")
	done
	paste -sd , <<<"$(printf '%s\n' "${rounds[@]}")" | sed 's/,/, /g'
}

# KEY|what it is
WALKS='
plain_1|tcpStateConnTable, a column at a time
busy_1|the same, with busy-poll
module_1|the same, by tcpstate_snmp.so
netsnmp_1|tcpConnectionTable of snmpd, a column
plain_8|tcpStateConnTable, 8 columns in a request
busy_8|the same, with busy-poll
module_8|the same, by tcpstate_snmp.so
netsnmp_2|tcpConnectionTable of snmpd, both columns
'

answers_part() {
	local key title size cells
	cat <<-END
		## Answers over SNMP

		snmpd, tcpstated and the client all run at nice -15 here. Cells a second, walks of so many
		connections by GETBULK:

	END
	{
		cells=()
		for size in "${WALKED[@]}"; do
			cells+=("$(thousands "$size")")
		done
		joined '' "${cells[@]}"
		while IFS='|' read -r key title; do
			[ -n "$key" ] || continue
			cells=()
			for size in "${WALKED[@]}"; do
				cells+=("$(thousands "$(printf %.0f "$(walked "$size" "$key")")")")
			done
			joined "$title" "${cells[@]}"
		done <<<"$WALKS"
	} | table
	cat <<-END
		Time until a GET of a count is answered, in milliseconds, at $(thousands "${SIZES[-1]}") sockets:

	END
	{
		joined '' median '99th percentile' longest 'sampling process, % of a core'
		answers_line quiet 'no full samples'
		answers_line sampling 'full samples, one a second'
	} | table
}

walked() { # SOCKETS KEY: cells a second
	answer_value walk "$1" "walk_$2_cells_per_s"
}

got() { # KEY
	answer_value get "${SIZES[-1]}" "get_$1"
}

answers_line() { # KEY TITLE
	joined "$2" "$(milliseconds "$(got "$1_p50_us")")" "$(milliseconds "$(got "$1_p99_us")")" \
		"$(milliseconds "$(got "$1_max_us")")" "$(got "$1_sampling_percent")"
}

walks_times() { # SOCKETS KEY KEY
	quotient "$(walked "$1" "$2")" "$(walked "$1" "$3")"
}

# --- aims --------------------------------------------------------------------------------

aim() { # TEXT VALUE least|most LIMIT
	joined "$1" "at $3 $4" "${2:?no number}" "$(awk -v value="$2" -v what="$3" -v limit="$4" '
		BEGIN { print((what == "least" ? value >= limit : value <= limit) ? "met" : "missed") }')"
}

aims_part() {
	local last=${SIZES[-1]}
	printf '## Aims, at %s sockets\n\n' "$(thousands "$last")"
	{
		joined aim wanted measured ''
		aim 'fast sample, times its floor' "$(look_times "$last" fast masked)" most 1.25
		aim 'full sample, times its floor' "$(look_times "$last" full floor)" most 1.30
		aim 'tcpconns, times the fast sample' "$(look_times "$last" tcpconns fast)" least 4
		aim 'ss, times the fast sample' "$(look_times "$last" ss fast)" least 15
		aim '/proc, times the fast sample' "$(look_times "$last" proc fast)" least 15
		aim 'node exporter, times the fast sample' "$(look_times "$last" exporter fast)" least 15
		aim 'our plugin, times tcpconns' "$(quotient "$(together_value tcpstate 2)" \
			"$(together_value tcpconns 2)")" most 0.25
		aim 'sampling, % of a core' "$(cpu_percent sampling)" most 1
		aim 'suspicious states, age in s' "$(age max)" most 15
		aim 'GET during full samples, 99th percentile in ms' \
			"$(milliseconds "$(got sampling_p99_us)")" most 5
		aim "tcpstate_snmp.so, times snmpd's own table, $(thousands "${WALKED[0]}")" \
			"$(walks_times "${WALKED[0]}" module_1 netsnmp_1)" least 5
		aim "tcpstate_snmp.so, times snmpd's own table, $(thousands "${WALKED[-1]}")" \
			"$(walks_times "${WALKED[-1]}" module_1 netsnmp_1)" least 1
		aim "8 columns over AgentX, times snmpd's own table, $(thousands "${WALKED[0]}")" \
			"$(walks_times "${WALKED[0]}" plain_8 netsnmp_2)" least 0.5
	} | table
}

report() {
	local -
	set -o pipefail
	head_part
	looks_part
	together_part
	answers_part
	aims_part
}
