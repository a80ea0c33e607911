# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2054,SC2119,SC2120
# What the tests of the diagnosis share: conditions as snmpd and snmptrapd tell them.

# As the packages run it: no root, but every process's sockets can be told. (In lib.sh's
# order, after snmp.sh.)
TCPSTATED_AS=(setpriv --reuid=65534 --regid=65534 --clear-groups
	--inh-caps=+sys_ptrace,+dac_read_search --ambient-caps=+sys_ptrace,+dac_read_search)

# Several sections poll at the same time.
WAIT_STEP=0.3

# Runs each section, a function test_SECTION, in a process of its own, all at once (ONE_BY_ONE not
# empty: one after the other); they have namespaces and daemons of their own. Called with the
# script's arguments: with a section's name there it is such a process, or a person who wants no
# other.
side_by_side() { # "$@" -- SECTION...
	local section
	while [ "$1" != -- ]; do
		"test_$1"
		return
	done
	shift
	# On a busy machine it takes a section a while to remove what it has made.
	STOP_S=60
	export SRC BUILD
	for section; do
		spawn "$section" bash "$0" "$section"
		[ -z "${ONE_BY_ONE:-}" ] || wait "${PIDS[$section]}"
	done
	for section; do
		wait "${PIDS[$section]}"
		take_section "$section" $?
	done
}

take_section() { # SECTION EXIT-CODE
	local log=$T/$1.log
	unset "PIDS[$1]"
	sed "s/^\(ok\|FAILED\) - /&$1: /" "$log"
	PASSED=$((PASSED + $(grep -c '^ok - ' "$log")))
	FAILED=$((FAILED + $(grep -c '^FAILED - ' "$log")))
	[ "$2" = 0 ] || grep -q '^FAILED - ' "$log" || fail "$1 ends with exit code $2"
	rm "$log"
}

# Nothing happens, which is what is tested. A signal ends it at once, unlike a sleep.
pause() { # SECONDS
	sleep "$1" &
	wait $!
}

# --- the host under test -----------------------------------------------------------------

# The default intervals and rules, whatever else this machine is busy with. What the files
# of this host set for the kernel's parameters is not what is tested.
CONFIG='cpu-budget 100
condition tuningDrift off'

daemons_start() { # LINES OF tcpstate.conf [FURTHER LINES OF snmpd.conf]
	trapd_start
	snmpd_configure "${2:-}"
	snmpd_start
	tcpstated_start "$CONFIG"$'\n'"$1"
}

diagnosis_start() { # [LINES OF tcpstate.conf]: in new namespaces, with sockets on both sides
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	daemons_start "${1:-}"
}

# --- conditions --------------------------------------------------------------------------

condition() { # COLUMN NAME [ELEMENT]
	get -OQUv "TCPSTATE-MIB::tcpStateCondition$1.$2.${3:-0}" | tr -d '"'
}

# The names of all that are raised, in one line. Without an answer: "?".
raised() {
	local rows
	rows=$(bulkwalk -OQs TCPSTATE-MIB::tcpStateConditionSeverity) || rows=
	[[ $rows == tcpStateConditionSeverity.* ]] || rows='tcpStateConditionSeverity.?.0 = warning'
	sed -nE 's/^tcpStateConditionSeverity\.(.*)\.[0-9]+ = (warning|critical)$/\1/p' <<<"$rows" |
		sort -u | xargs
}

check_raised() { # NAME CONDITION...: these and no others
	local name=$1
	shift
	check "$name" "$(printf '%s\n' "$@" | sort | xargs)" "$(raised)"
}

check_within() { # NAME CONDITION...: of these some or all, and no others
	local name=$1
	shift
	check "$name" "" "$(raised | tr ' ' '\n' | grep -vxF "$(printf '%s\n' "$@")")"
}

# --- what snmptrapd was told -------------------------------------------------------------

told() { # VERSION EVENT CONDITION [SEVERITY]: the traps; EVENT: Raised, Cleared
	local tab=$'\t'
	traps "SNMP $1,.*tcpStateCondition$2${tab}.*\
tcpStateConditionName[^$tab]* = STRING: \"?$3\"?${tab}.*\
tcpStateConditionSeverity[^$tab]* = INTEGER: ${4:-}"
}

is_told() { # EVENT CONDITION [SEVERITY]
	[ -n "$(told v2c "$@")" ] && [ -n "$(told v3 "$@")" ]
}

# Waits until both versions of the trap are there; $SECONDS_TOLD: how long that took, since
# the moment in $SINCE (microseconds).
check_told() { # SECONDS EVENT CONDITION [SEVERITY]
	local limit=$1
	shift
	if wait_until "$limit" is_told "$@"; then
		SECONDS_TOLD=$(((${EPOCHREALTIME/./} - SINCE) / 1000000))
		ok "$2 is $1 (after $SECONDS_TOLD s)"
	else
		fail "$2 is $1 within $limit s" "$(traps)"$'\n'"$(bulkwalk -OQs \
			TCPSTATE-MIB::tcpStateConditionOffender)"
	fi
}

# The value of a varbind in the newest trap of a condition.
varbind() { # EVENT CONDITION OBJECT
	told v2c "$1" "$2" | tail -n 1 | tr '\t' '\n' |
		sed -nE "s/^TCPSTATE-MIB::tcpState$3[^ ]* = [A-Z0-9a-z-]+: //p" | tr -d '"'
}

begin() { # from now on check_told counts
	SINCE=${EPOCHREALTIME/./}
}

elapsed() { # SECONDS since begin
	((${EPOCHREALTIME/./} >= SINCE + $1 * 1000000))
}

# --- connections -------------------------------------------------------------------------

connections() { # GROUP PORT COUNT [PROCESS]: from the client, that "server" or PROCESS has accepted
	local process=${4:-server}
	tell "$process" listen "l$1" "$SERVER4" "$2" 4096
	ask "$process" accept "$1" "l$1" "$3"
	tell client connect "$1" "$SERVER4" "$2" "$3"
	answer "$process" || die "$process accepts" "$REPLY"
}
