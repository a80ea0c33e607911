#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# Notifications: those of the plugin's conditions, and those of collectd's threshold plugin
# with the thresholds that are installed.
. "$(dirname "$0")/lib/lib.sh"
. "$SRC/tests/e2e/lib/collectd.sh"
readable plugin/thresholds.conf
require collectd collectdctl setpriv

# Each notification becomes a file: header lines, an empty line, the message.
cat >"$T/note" <<-END
	#!/bin/sh
	file=\$(mktemp "$T/notes/.XXXXXX")
	cat >"\$file"
	mv "\$file" "$T/notes/\$(date +%s.%N)"
END
chmod 755 "$T/note"
mkdir "$T/notes"
chmod 777 "$T/notes"

# The notifications of SEVERITY (OKAY, WARNING, FAILURE) about an identifier.
notes() { # SEVERITY PLUGIN-INSTANCE TYPE-INSTANCE
	local file
	for file in "$T"/notes/*; do
		[ -e "$file" ] && grep -qx "Severity: $1" "$file" &&
			grep -qx "PluginInstance: $2" "$file" &&
			grep -qx "TypeInstance: $3" "$file" && cat "$file"
	done
}

noted() { # SEVERITY PLUGIN-INSTANCE TYPE-INSTANCE
	[ -n "$(notes "$@")" ]
}

check_noted() { # SECONDS SEVERITY PLUGIN-INSTANCE TYPE-INSTANCE
	if wait_until "$1" noted "${@:2}"; then
		ok "$2: $3 $4"
	else
		fail "$2: $3 $4" "$(cat "$T"/notes/* 2>/dev/null)"
	fi
}

namespaces_start
COLLECTD_IN=("${SERVER[@]}")
sockets_start server "${SERVER[@]}"
sockets_start client "${CLIENT[@]}"
tell server listen full "$SERVER4" 8001 16
tell server listen flooded "$SERVER4" 8002 512
tell server listen leaking "$SERVER4" 8003 512
FULL=listener-8001-$SERVER4 FLOODED=listener-8002-$SERVER4

collectd_configure host <<-END
	LoadPlugin csv
	LoadPlugin exec
	<Plugin exec>
	  NotificationExec "nobody" "$T/note"
	</Plugin>
	Include "$T/thresholds.conf"
END
plugin_configure host <<-'END'
	Condition acceptQueue warning 50 critical 90 hold 1
	State SYN_RECV warning 100 critical 240 hold 0
END
collectd_configure quiet <<-END
	LoadPlugin csv
END
plugin_configure quiet <<-'END'
	Notifications false
	Condition acceptQueue warning 50 critical 90 hold 1
END
collectd_start host
collectd_start quiet

check_noted 10 OKAY all SYN_RECV
check "the threshold plugin begins with OKAY for what is well" \
	"All data sources are within range again" \
	"$(notes OKAY all SYN_RECV | grep -o 'All data sources are within range again')"
check "a condition does not begin with OKAY" '' "$(notes OKAY conditions acceptQueue)"

# Connections that nobody accepts: seventeen fit into a backlog of 16, and that is full.
ask client connect c "$SERVER4" 8001 30 nowait
answer client
check_noted 15 FAILURE conditions acceptQueue
note=$(notes FAILURE conditions acceptQueue)
check_match "acceptQueue: type" '^Type: tcpstate_condition$' "$note"
check_match "acceptQueue: host" '^Host: host$' "$note"
check_match "acceptQueue: value" '^CurrentValue: 1\.0*e\+02$' "$note"
check_match "acceptQueue: threshold" '^Threshold: 9\.0*e\+01$' "$note"
check_match "acceptQueue: thresholds" '^WarningMax: 5\.0*e\+01$' "$note"
check_match "acceptQueue: unit" '^Unit: %$' "$note"
check_match "acceptQueue: offender" "^Offender: .*$SERVER4:8001" "$note"
check_match "acceptQueue: advice" '^Advice: .*accept\(\)' "$note"
check_match "acceptQueue: message" "^CRITICAL acceptQueue: .*$SERVER4:8001" "$note"
check "the severity as a value" 3 "$(value host conditions/tcpstate_severity-acceptQueue)"
check "the value of the condition" 100 \
	"$(value host conditions/tcpstate_condition-acceptQueue)"
check_noted 5 FAILURE "$FULL" accept_queue
check_noted 5 WARNING conditions acceptDrops

# 250 half-open connections; with "Hits 2" it is the fourth value that tells.
tell client flood "$SERVER4" 8002 250 0 "$DEAD4*250"
check_noted 10 FAILURE conditions stateCount.SYN_RECV
check_noted 10 WARNING all SYN_RECV
check "one notification of a threshold" 1 "$(notes WARNING all SYN_RECV | grep -c ^Severity)"

# 120 connections that the peer closed and the server does not.
tell client connect c3 "$SERVER4" 8003 120
tell server accept a3 leaking 120
tell client shutdown c3
check_noted 10 WARNING all CLOSE_WAIT

# All of it ends.
tell server accept a1 full 17
tell server close a1
tell client close c
tell server close a3
tell server close flooded
# A condition is told once a minute at the most.
check_noted 75 OKAY conditions acceptQueue
check_noted 10 OKAY "$FULL" accept_queue
check_match "OKAY: message" '^NORMAL acceptQueue: ' "$(notes OKAY conditions acceptQueue)"

# The listener of port 8002 is gone: its values are, too, and nobody complains of that.
gone_listener() {
	! has_value host "$FLOODED/tcpstate_percent-syn_queue"
}
wait_until 15 gone_listener
check_run "the values of a listener that is gone" gone_listener
check "nobody misses them" '' "$(cat "$T"/notes/* | grep -i missing)"

check "Notifications false: none" '' \
	"$(grep -l '^Host: quiet' "$T"/notes/* 2>/dev/null)"
check "Notifications false: the severity is sent" 1 \
	"$(value quiet conditions/tcpstate_severity-acceptQueue)"
stop host
check "it ends" 0 $?
