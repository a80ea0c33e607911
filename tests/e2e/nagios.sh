#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 200 s; plain
# integrations/nagios and integrations/icinga2 with the real programs: what is shipped is valid; a
# fault of real sockets has the same severity and offender by --check and by SNMP; their own parsers
# take the performance data.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"
require icinga2 nagios4 /usr/lib/nagios/plugins/check_snmp python3

NAGIOS=$T/nagios ICINGA=$T/icinga GRAPHITE=$T/graphite.log

# The program of this build, a port of the test's own, NRPE without a network.
as_here() { # FILE
	sed -e "s#/usr/sbin/tcpstated#$BIN/tcpstated -c $T/tcpstate.conf#" \
		-e "s#-P 2c#-P 2c -p $SNMP_PORT#" \
		-e "s#/usr/lib/nagios/plugins/check_nrpe .*#$(nrpe_command)#" "$1"
}

nrpe_command() {
	sed -n "s#^command\[check_tcpstate\]=/usr/sbin/tcpstated#$BIN/tcpstated -c $T/tcpstate.conf#p" \
		"$SRC/integrations/nagios/nrpe.cfg"
}

# --- Nagios ----------------------------------------------------------------------------------

nagios_configure() {
	mkdir -p "$NAGIOS/results"
	as_here "$SRC/integrations/nagios/tcpstate.cfg" >"$NAGIOS/tcpstate.cfg"
	as_here "$SRC/integrations/nagios/services.cfg" >"$NAGIOS/services.cfg"
	cat >"$NAGIOS/hosts.cfg" <<-END
		define timeperiod {
		    timeperiod_name 24x7
		    alias always
		$(printf '    %s 00:00-24:00\n' sunday monday tuesday wednesday thursday friday saturday)
		}
		define contact {
		    contact_name nobody
		    host_notifications_enabled 0
		    service_notifications_enabled 0
		    host_notification_period 24x7
		    service_notification_period 24x7
		    host_notification_commands none
		    service_notification_commands none
		}
		define command {
		    command_name none
		    command_line /bin/true
		}
		define host {
		    name here
		    address 127.0.0.1
		    max_check_attempts 1
		    check_period 24x7
		    check_command none
		    contacts nobody
		    _SNMP_COMMUNITY $COMMUNITY
		    register 0
		}
		define host {
		    use here
		    host_name localhost
		}
		define host {
		    use here
		    host_name web-03
		}
	END
	cat >"$NAGIOS/nagios.cfg" <<-END
		cfg_file=$NAGIOS/tcpstate.cfg
		cfg_file=$NAGIOS/services.cfg
		cfg_file=$NAGIOS/hosts.cfg
		log_file=$NAGIOS/nagios.log
		object_cache_file=$NAGIOS/objects.cache
		precached_object_file=$NAGIOS/objects.precache
		status_file=$NAGIOS/status.dat
		status_update_interval=1
		temp_file=$NAGIOS/temp
		temp_path=$NAGIOS
		check_result_path=$NAGIOS/results
		command_file=$NAGIOS/command
		query_socket=$NAGIOS/query
		lock_file=$NAGIOS/lock
		state_retention_file=$NAGIOS/retention
		nagios_user=nagios
		nagios_group=nagios
		interval_length=2
		service_inter_check_delay_method=n
		max_service_check_spread=1
		check_for_updates=0
		illegal_object_name_chars=\`~!$%^&*|'"<>?,=
		illegal_macro_output_chars=\`~$&|'"<>
	END
	chown -R nagios: "$NAGIOS"
}

# Of a service as Nagios has it: plugin_output, performance_data, current_state.
nagios_has() { # SERVICE FIELD
	awk -v service="$1" -v field="$2" '
		/^servicestatus/ { mine = 0 }
		$0 == "\tservice_description=" service { mine = 1 }
		mine && index($0, "\t" field "=") == 1 { print substr($0, length(field) + 3) }' \
		"$NAGIOS/status.dat"
}

nagios_is() { # SERVICE STATE
	[ "$(nagios_has "$1" has_been_checked)" = 1 ] && [ "$(nagios_has "$1" current_state)" = "$2" ]
}

check_nagios() { # NAME SERVICE STATE REGEX
	wait_until 30 nagios_is "$2" "$3"
	check "Nagios, $1: $2: state" "$3" "$(nagios_has "$2" current_state)"
	check_match "Nagios, $1: $2: text" "$4" "$(nagios_has "$2" plugin_output)"
}

# --- Icinga ----------------------------------------------------------------------------------

icinga_configure() {
	mkdir -p "$ICINGA"/{data,log,cache,spool,run}
	sed 's/_interval = 1m/_interval = 2s/' "$SRC/integrations/icinga2/tcpstate.conf" |
		sed "s#\"/usr/sbin/tcpstated\"#\"$BIN/tcpstated\", \"-c\", \"$T/tcpstate.conf\"#" >"$ICINGA/tcpstate.conf"
	cat >"$ICINGA/icinga2.conf" <<-END
		const PluginDir = "/usr/lib/nagios/plugins"
		const ManubulonPluginDir = PluginDir
		const PluginContribDir = PluginDir
		const NodeName = "monitor"
		include <itl>
		include <plugins>
		object CheckerComponent "checker" { }
		object FileLogger "log" { path = "$ICINGA/log/icinga2.log" }
		object GraphiteWriter "graphite" {
			host = "127.0.0.1"
			port = 2003
			enable_send_thresholds = true
			enable_send_metadata = true
		}
		template Host "here" {
			check_command = "dummy"
			address = "127.0.0.1"
			vars.snmp_community = "$COMMUNITY"
			vars.snmp_port = $SNMP_PORT
		}
		object Host "local" {
			import "here"
			vars.tcpstate = "agent"
		}
		object Host "remote" {
			import "here"
			vars.tcpstate = "snmp"
		}
		include "$ICINGA/tcpstate.conf"
	END
	chown -R nagios: "$ICINGA"
}

icinga() { # OPTION...
	in_server icinga2 daemon -c "$ICINGA/icinga2.conf" -D "DataDir=$ICINGA/data" \
		-D "LogDir=$ICINGA/log" -D "CacheDir=$ICINGA/cache" -D "SpoolDir=$ICINGA/spool" \
		-D "InitRunDir=$ICINGA/run" -D "Configuration.DataDir=$ICINGA/data" \
		-D "Configuration.LogDir=$ICINGA/log" -D "Configuration.CacheDir=$ICINGA/cache" \
		-D "Configuration.SpoolDir=$ICINGA/spool" -D "Configuration.InitRunDir=$ICINGA/run" \
		-D "Configuration.PidPath=$ICINGA/run/pid" \
		-D "Configuration.StatePath=$ICINGA/data/state" \
		-D "Configuration.ModAttrPath=$ICINGA/data/modified" \
		-D "Configuration.ObjectsPath=$ICINGA/cache/objects" \
		-D "Configuration.VarsPath=$ICINGA/cache/vars" "$@"
}

# Whatever it is sent, as Graphite would have it: NAME VALUE TIME.
graphite_start() {
	spawn graphite "${SERVER[@]}" python3 -c '
import socket, sys
server = socket.create_server(("127.0.0.1", 2003))
while True:
    peer = server.accept()[0]
    for line in peer.makefile():
        print(line, end="", flush=True)'
}

graphite() { # SERIES: its newest value
	awk -v series="icinga2.$1" '$1 == series { value = $2 } END { print value }' "$GRAPHITE"
}

graphite_is() { # SERIES VALUE
	[ "$(graphite "$1")" = "$2" ]
}

check_graphite() { # NAME SERIES VALUE
	wait_until 30 graphite_is "$2" "$3"
	check "Icinga, $1" "$3" "$(graphite "$2")"
}

# ---------------------------------------------------------------------------------------------

test_quiet() {
	check_nagios quiet TCP 0 '^TCPSTATE OK - nothing abnormal'
	check_nagios quiet "TCP (NRPE)" 0 '^TCPSTATE OK - nothing abnormal'
	check_nagios quiet "TCP (SNMP)" 0 '^SNMP OK - worst_severity 1'
	check_nagios quiet "TCP accept queue" 0 '^SNMP OK - accept_queue 1'
	check_nagios quiet "TCP sample age" 0 '^SNMP OK - sample_age [0-9]+ ms'
	check_graphite "quiet, --check" local.services.tcp.tcpstate.metadata.state 0
	check_graphite "quiet, SNMP" remote.services.tcp.tcpstate-snmp.metadata.state 0
	check_graphite "quiet, its age" \
		remote.services.tcp-sample-age.tcpstate-snmp.metadata.state 0
}

test_fault() {
	local offender="$SERVER4:81"
	tell server listen b "$SERVER4" 81 32
	tell client connect d "$SERVER4" 81 20
	check_nagios fault TCP 1 "^TCPSTATE WARNING - acceptQueue 62% \($offender"
	check_nagios fault "TCP (NRPE)" 1 "^TCPSTATE WARNING - acceptQueue 62% \($offender"
	check_nagios fault "TCP (SNMP)" 1 '^SNMP WARNING - worst_severity \*2\*'
	check_nagios fault "TCP accept queue" 1 "^SNMP WARNING - accept_queue \*2\* .*offender.*$offender"
	check_match "Nagios: performance data" '(^| )close_wait=20;;;0 .*accept_backlog=62%;50;90;0.* sample_age=' \
		"$(nagios_has TCP performance_data)"
	check_graphite "fault, --check" local.services.tcp.tcpstate.metadata.state 1
	check_graphite "fault, SNMP" remote.services.tcp.tcpstate-snmp.metadata.state 1
	check_graphite "a count" local.services.tcp.tcpstate.perfdata.close_wait.value 20
	check_graphite "a percentage" local.services.tcp.tcpstate.perfdata.accept_backlog.value 62
	check_graphite "its threshold" local.services.tcp.tcpstate.perfdata.accept_backlog.warn 50
	check_graphite "the severity's number" \
		remote.services.tcp.tcpstate-snmp.perfdata.worst_severity.value 2
	tell client connect e "$SERVER4" 81 13
	check_nagios worse TCP 2 '^TCPSTATE CRITICAL - acceptQueue'
	check_nagios worse "TCP (SNMP)" 2 '^SNMP CRITICAL - worst_severity \*3\*'
	check_graphite "worse, SNMP" remote.services.tcp.tcpstate-snmp.metadata.state 2
}

# It is not there: no OK by SNMP.
test_gone() {
	tcpstated_stop
	check_nagios gone "TCP (SNMP)" 3 'No Such Object'
	check_graphite "gone, SNMP" remote.services.tcp.tcpstate-snmp.metadata.state 3
}

namespaces_start
forgetful_server
tables_start
tcpstated_stop
TCPSTATED_AS=(setpriv --reuid=65534 --regid=nagios --clear-groups)
tcpstated_start "$SAMPLING
snapshot $T/snmpd/snapshot
condition tuningDrift off
condition tuningHarmful off
condition closeWaitStale off"
nagios_configure
check_match "Nagios takes the files without a warning" 'Total Warnings: 0' \
	"$(nagios4 -v "$NAGIOS/nagios.cfg")"
icinga_configure
check_run "Icinga takes the file" icinga -C
spawn nagios "${SERVER[@]}" nagios4 "$NAGIOS/nagios.cfg"
graphite_start
icinga >"$T/icinga.log" 2>&1 &
PIDS[icinga]=$!
test_quiet
test_fault
test_gone
