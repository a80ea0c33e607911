#!/bin/bash
# SPDX-License-Identifier: MIT
# What SNMP costs, with a private snmpd. Walks of every connection by GETBULK: our table as
# it is, with busy-poll, by the module inside snmpd, and net-snmp's own tcpConnectionTable of the
# same sockets. GETs of a count at a fixed rhythm: while full samples are taken as often as can
# be, and while there are none. All by turns; the medians of the rounds, for people and then as KEY=VALUE.
#
#   SOCKETS  in the namespace (default: 10000)
#   ROUNDS   of each (default: 5)
#   PARTS    "walk get", or one of them; a walk of 400,000 sockets takes a minute a round
#   RATE, SECONDS_OF_GETS  GETs a second, and how long in each round (default: 200, 8)
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/../e2e/lib/lib.sh"
# shellcheck source=tests/e2e/lib/crowd.sh
. "$SRC/tests/e2e/lib/crowd.sh"

SOCKETS=${SOCKETS:-10000} ROUNDS=${ROUNDS:-5} PARTS=${PARTS:-walk get}
RATE=${RATE:-200} SECONDS_OF_GETS=${SECONDS_OF_GETS:-8}
BUSY_POLL=50

ENTRY=.1.3.6.1.4.1.8072.9999.9999.4022.1.6.1 # tcpStateConnEntry
NETSNMP_ENTRY=.1.3.6.1.2.1.6.19.1            # tcpConnectionEntry
COUNT=TCPSTATE-MIB::tcpStateCount.total.closeWait

# What else the machine does shall not be what is measured. They are all equal among
# themselves.
renice -n -15 -p $$ >/dev/null 2>&1

client() { # walk|get ARGUMENT...
	in_server "$BUILD/tests/bench/walk" "$1" "udp:127.0.0.1:$SNMP_PORT" "$COMMUNITY" "${@:2}"
}

value() { # KEY: of the line on stdin
	tr ' ' '\n' | sed -n "s/^$1=//p"
}

median() { # FILE KEY
	value "$2" <"$T/$1" | sort -g | awk '{ n[NR] = $1 } END { print n[int((NR + 1) / 2)] }'
}

# The newest full sample is not older than that; it may be as old.
sampled_after() { # MICROSECONDS of $EPOCHREALTIME
	local age
	age=$(get -OQUv TCPSTATE-MIB::tcpStateDetailAge.0) &&
		((${EPOCHREALTIME/./} - age * 1000 > $1))
}

# SIGHUP has a full sample taken at once.
reconfigure() { # CONFIGURATION
	local now=${EPOCHREALTIME/./}
	tcpstated_configure "$1"
	kill -s HUP "${PIDS[tcpstated]}"
	wait_until 30 sampled_after "$now" || die "no sample" "$(cat "$T/tcpstated.log")"
}

# --- walks -------------------------------------------------------------------------------

SELDOM=$'interval 3600\ndetail-interval 3600'
FILE=$T/snapshot
LISTED="$SELDOM"$'\n'"snapshot $FILE"$'\nconn-states all\nconn-rows 1000000'

# A column, and what it cost a process.
walk_column() { # FILE OID PID
	local before cells
	before=$(cpu_ns "$3")
	client walk "$2" >>"$T/$1.1" || die "walk"
	cells=$(tail -n 1 "$T/$1.1" | value cells)
	awk -v ns=$(($(cpu_ns "$3") - before)) -v cells="$cells" \
		'BEGIN { printf "cpu_us=%.2f\n", ns / cells / 1000 }' >>"$T/$1.1"
}

walk_ours() { # FILE
	walk_column "$1" "$ENTRY.10" "$(agent_pid)"
	client walk "$ENTRY".{8,10,11,12,14,15,16,17} >>"$T/$1.8" || die "walk"
}

# The file is that of the newest configuration; a first request reads it.
walk_module() {
	snmpd_reload "dlmod tcpstate_snmp $BUILD/.libs/tcpstate_snmp.so"
	getnext "$ENTRY" >/dev/null
	walk_column module "$ENTRY.10" "${PIDS[snmpd]}"
	client walk "$ENTRY".{8,10,11,12,14,15,16,17} >>"$T/module.8" || die "walk"
	snmpd_reload
}

walk_rounds() {
	local round
	reconfigure "$LISTED"
	for ((round = 0; round < ROUNDS; round++)); do
		walk_ours plain
		reconfigure "$LISTED"$'\n'"busy-poll $BUSY_POLL"
		walk_ours busy
		reconfigure "$LISTED"
		walk_column netsnmp "$NETSNMP_ENTRY.7" "${PIDS[snmpd]}"
		client walk "$NETSNMP_ENTRY".{7,8} >>"$T/netsnmp.2" || die "walk"
		walk_module
	done
	check "our table has a row for each socket" "$SOCKETS" "$(median plain.1 cells)"
	check "so has the module's" "$SOCKETS" "$(median module.1 cells)"
	check "so has net-snmp's" "$SOCKETS" "$(median netsnmp.1 cells)"
}

tell_walk() { # FILE WHAT
	printf '%-46s %10s\n' "$2" "$(median "$1" cells_per_s)"
}

tell_walks() {
	printf '\n%-46s %10s\n' "walk of $SOCKETS connections by GETBULK" 'cells/s'
	tell_walk plain.1 'tcpstated, a column at a time'
	tell_walk busy.1 "... busy-poll $BUSY_POLL"
	tell_walk module.1 '... tcpstate_snmp.so in snmpd'
	tell_walk netsnmp.1 'net-snmp tcpConnectionTable'
	tell_walk plain.8 'tcpstated, 8 columns in a request'
	tell_walk busy.8 "... busy-poll $BUSY_POLL"
	tell_walk module.8 '... tcpstate_snmp.so in snmpd'
	tell_walk netsnmp.2 'net-snmp tcpConnectionTable, 2 columns (all)'
	printf 'CPU time of a cell of one column: tcpstated %s us, with busy-poll %s us; snmpd %s us' \
		"$(median plain.1 cpu_us)" "$(median busy.1 cpu_us)" "$(median module.1 cpu_us)"
	printf ' with the module, %s us of its own table\n' "$(median netsnmp.1 cpu_us)"
}

walk_values() {
	local file
	for file in plain.1 busy.1 module.1 netsnmp.1 plain.8 busy.8 module.8 netsnmp.2; do
		echo "walk_${file/./_}_cells_per_s=$(median "$file" cells_per_s)"
	done
	for file in plain busy module netsnmp; do
		echo "walk_${file}_cpu_us=$(median $file.1 cpu_us)"
	done
}

# --- GETs --------------------------------------------------------------------------------

OFTEN=$'interval 1\ndetail-interval 1'

# As often as can be: each second, where a sample takes less.
get_round() { # FILE
	local before
	before=$(cpu_ns "$(sampler_pid)")
	client get "$COUNT_OID" "$RATE" "$SECONDS_OF_GETS" >>"$T/$1" || die "get"
	awk -v ns=$(($(cpu_ns "$(sampler_pid)") - before)) -v seconds="$SECONDS_OF_GETS" \
		'BEGIN { printf "sampling_percent=%.2f\n", ns / seconds / 1e7 }' >>"$T/$1"
}

get_rounds() {
	local round COUNT_OID
	COUNT_OID=$(snmptranslate -On "$COUNT") || die "no OID" "$COUNT"
	for ((round = 0; round < ROUNDS; round++)); do
		reconfigure "$SELDOM"
		get_round quiet
		reconfigure "$OFTEN"
		get_round sampling
	done
	check "no GET is lost" 0 "$(value lost <"$T/sampling" | awk '{ n += $1 } END { print n }')"
	check "full samples were taken meanwhile" 1 "$(
		awk -v sampling="$(median sampling sampling_percent)" \
			-v quiet="$(median quiet sampling_percent)" 'BEGIN { print(sampling > quiet) }')"
}

tell_gets() {
	local file
	printf '\n%s GETs a second of a count, at %s sockets\n%-24s %10s %8s %8s %8s\n' "$RATE" \
		"$SOCKETS" '' 'sampling' 'p50 us' 'p99 us' 'max us'
	for file in quiet sampling; do
		printf '%-24s %8s %% %8s %8s %8s\n' \
			"$([ $file = quiet ] && echo 'no full samples' || echo 'full samples')" \
			"$(median $file sampling_percent)" "$(median $file p50_us)" \
			"$(median $file p99_us)" "$(median $file max_us)"
	done
}

get_values() {
	local file key
	for file in quiet sampling; do
		for key in p50_us p99_us max_us sampling_percent; do
			echo "get_${file}_$key=$(median $file $key)"
		done
	done
}

# --- all of it ---------------------------------------------------------------------------

require snmpd snmptranslate
make_sockets "$SOCKETS"
TCPSTATED_AS=() SNMPD_AS=()
export TCPSTATE_SNAPSHOT=$FILE
snmpd_start
tcpstated_start "$SELDOM"
for part in $PARTS; do
	"${part}_rounds"
done
printf '\n%s, %s cores, %s\n' "$(uname -sr)" "$(nproc)" "$(date +%F)"
for part in $PARTS; do
	"tell_${part}s"
done
printf '\nsockets=%s\nrounds=%s\n' "$SOCKETS" "$ROUNDS"
for part in $PARTS; do
	"${part}_values"
done
