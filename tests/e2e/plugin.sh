#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# The collectd plugin on known sockets: what unixsock, csv and rrdtool receive.
. "$(dirname "$0")/lib/lib.sh"
. "$SRC/tests/e2e/lib/collectd.sh"
require cc collectd collectdctl rrdtool setpriv prlimit

# tcpconns' spelling of a table's states.
spelling() {
	sed 's/FIN_WAIT_/FIN_WAIT/'
}

# "INSTANCE STATE COUNT" for both families and their sum, from lines "STATE FAMILY COUNT".
want_values() {
	want_table | spelling | awk '
		{ print $2, $1, $3; all[$1] += $3 }
		END { for (state in all) print "all", state, all[state] }' | sort
}

# By local port, for the ports that have a listener; counted by ss.
want_ports() {
	in_server ss -Htan | awk '
		{
			sub(".*:", "", $4)
			gsub("-", "_", $1)
			sub("ESTAB", "ESTABLISHED", $1)
			count[$4 "-local " $1]++
			if ($1 == "LISTEN")
				listens[$4 "-local"] = 1
		}
		END {
			for (key in count) {
				split(key, part, " ")
				if (part[1] in listens)
					print key, count[key]
			}
		}' | spelling | sort
}

# The same from collectd.
collectd_table() { # NAME REGEX-OF-INSTANCES
	local id
	ctl "$1" listval | grep -E "/tcpstate-($2)/tcp_connections-" | while read -r id; do
		id=${id#*/tcpstate-}
		echo "${id%%/*} ${id##*/tcp_connections-} $(value "$1" "$id")"
	done | sort
}

csv_table() { # NAME
	local file id
	for file in "$T/$1/csv/$1"/tcpstate-{all,ipv4,ipv6}/tcp_connections-*; do
		id=${file##*/tcpstate-}
		id=${id%-????-??-??}
		echo "${id%%/*} ${id##*/tcp_connections-} $(tail -n 1 "$file" |
			awk -F, '{ print $2 + 0 }')"
	done | sort
}

rrd_table() { # NAME
	local file id
	for file in "$T/$1/rrd/$1"/tcpstate-{all,ipv4,ipv6}/tcp_connections-*; do
		id=${file##*/tcpstate-}
		id=${id%.rrd}
		echo "${id%%/*} ${id##*/tcp_connections-} $(rrdtool lastupdate "$file" |
			awk 'END { print $2 + 0 }')"
	done | sort
}

all_as_wanted() { # NAME
	[ "$(collectd_table "$1" 'all|ipv4|ipv6')" = "$(want_values)" ]
}

namespaces_start
COLLECTD_IN=("${SERVER[@]}")

collectd_configure host <<-END
	LoadPlugin csv
	<Plugin csv>
	  DataDir "$T/host/csv"
	</Plugin>
	LoadPlugin rrdtool
	<Plugin rrdtool>
	  DataDir "$T/host/rrd"
	  CacheTimeout 1
	</Plugin>
END
plugin_configure host </dev/null
make_all_states
collectd_start host
wait_until 5 all_as_wanted host
check "unixsock: all states" "$(want_values)" "$(collectd_table host 'all|ipv4|ipv6')"
check "unixsock: ports of listeners" "$(want_ports)" \
	"$(collectd_table host '[0-9]+-local' | awk '$3 != 0')"
check "one series for each state of a port" 11 \
	"$(ctl host listval | grep -c /tcpstate-5007-local/tcp_connections-)"
sleep 1.2
check "csv" "$(want_values)" "$(csv_table host)"
check "rrdtool" "$(want_values)" "$(rrd_table host)"

# Listeners with connections in the SYN queue and in the accept queue (the tenth line of
# ALL_STATES), and one of both families.
check "a listener: SYN queue" 5 "$(value host "listener-5007-$SERVER4/tcpstate_queue-syn")"
check "a listener: limit" 64 \
	"$(value host "listener-5007-$SERVER4/tcpstate_queue-accept_limit")"
check "a listener of IPv6: accept queue" 5 \
	"$(value host "listener-5029-$SERVER6/tcpstate_queue-accept")"
check "a listener of IPv6: percent of its limit" 7 \
	"$(value host "listener-5029-$SERVER6/tcpstate_percent-accept_queue")"
check "a listener of both families" 4 "$(value host "listener-5030-::/tcpstate_queue-accept")"
check "remote addresses of a state" \
	"$(in_server ss -Htan state syn-sent | awk '{ sub(":[0-9]*$", "", $4); print $4 }' |
		sed 's/\[::ffff:\(.*\)\]/\1/' | sort -u | wc -l)" \
	"$(value host all/tcpstate_remotes-SYN_SENT)"
# tcp_mem and tcp_max_orphans are in the first namespace only.
check "limits" "accept_backlog ephemeral_ports files syn_backlog time_wait_buckets" \
	"$(ctl host listval | sed -n 's/.*limits.tcpstate_percent-//p' | sort | xargs)"
check "the source is sock_diag" 1 "$(value host sampler/tcpstate_sampler-source)"
check "nothing in the log" '' "$(grep -E 'tcpstate plugin|types.db' "$T/host.log")"

# Without room for another descriptor no file can be opened: samples fail.
"${COLLECTD_AS[@]}" prlimit --pid "${PIDS[host]}" --nofile=4:
wait_until 10 in_log host 'tcpstate plugin: no sample: '
sleep 2.5
"${COLLECTD_AS[@]}" prlimit --pid "${PIDS[host]}" --nofile=1024:
wait_until 10 in_log host 'tcpstate plugin: samples succeed again'
check "a failure is logged once, and its end" 2 \
	"$(grep -c 'tcpstate plugin: .*sample' "$T/host.log")"
check_match "a failure says why" 'no sample: .*: Too many open files; no counts are sent' \
	"$(cat "$T/host.log")"
check "collectd was not told to pause" 0 "$(grep -c 'Will suspend it' "$T/host.log")"

stop host
check "it ends" 0 $?

# Where sock_diag is refused. Sockets may have timed out by now: as ss counts them.
collectd_configure refused </dev/null
plugin_configure refused <<<'LocalPort 5007'
collectd_start refused "$BUILD/tests/tools/nodiag"
check "sock_diag refused: said once" 1 "$(grep -c 'sock_diag is refused' "$T/refused.log")"
check "sock_diag refused: the source" 2 "$(value refused sampler/tcpstate_sampler-source)"
check "sock_diag refused: LISTEN" \
	"$(ss_table | awk '$1 == "LISTEN" { n += $3 } END { print n }')" \
	"$(value refused all/tcp_connections-LISTEN)"
check "the named port only" "$(want_ports | grep ^5007)" \
	"$(collectd_table refused '[0-9]+-(local|remote)' | awk '$3 != 0')"
stop refused
check "it ends, too" 0 $?

# Options. A wrong one costs a line in the log and its own effect, nothing else.
collectd_configure options <<<'LoadPlugin csv'
plugin_configure options <<-'END'
	Bogus 1
	MaxListeners "many"
	LocalPort 70000
	RemotePort 5432.5
	ListeningPorts maybe
	AgentX "tcp:1"
	Condition "synQueue" "warning"
	<State "SYN_RECV">
	  Warning 10
	</State>
	LocalPort "5007" 5010
	ReportIpVersions false
	ReportSpread no
	State SYN_RECV warning 10 critical 100
END
collectd_start options
check "wrong options" "\
unknown option \"Bogus\"
max-listeners: \"many\" is no whole number from 0 to 1000
local-port: \"70000\" is no whole number from 1 to 65535
remote-port: \"5432.5\" is no whole number from 1 to 65535
listening-ports: \"maybe\" is neither on nor off
unknown option \"AgentX\"
condition synQueue: wants \"off\" or pairs of a word and its value
State: is no block" "$(sed -n 's/; known are .*; /; /
	s/^tcpstate plugin: \(.*\); the option is ignored$/\1/p' "$T/options.log")"
check "right options beside them" "5007-local 5010-local all" \
	"$(ctl options listval | sed -n 's/.*tcpstate-\(.*\).tcp_connections-.*/\1/p' |
		sort -u | xargs)"
wait_until 5 has_value options conditions/tcpstate_severity-worst
check_run "a condition of one's own" has_value options \
	conditions/tcpstate_condition-stateCount.SYN_RECV
stop options
check_run "collectd -T" "${SERVER[@]}" "${COLLECTD_AS[@]}" collectd -T -C "$T/host.conf"

# A profile that cannot be read, however often it is tried: each text once, and its end.
profile_becomes() { # LINE
	echo "$1" >"$T/new.conf"
	mv "$T/new.conf" "$T/own.conf"
}
collectd_configure profile <<<'LoadPlugin csv'
plugin_configure profile <<-END
	Profile "$T/own.conf"
	DetailInterval 1
	CpuBudget 100
END
collectd_start profile
profile_becomes 'tcp_sack yes why'
wait_until 10 in_log profile 'own.conf:1: '
touch "$T/own.conf"
sleep 2.2
profile_becomes 'tcp_sack = 1 why'
wait_until 10 in_log profile 'read again'
check "the log tells of the profile" "\
tcpstate plugin: $T/own.conf: No such file or directory: nothing is recommended
tcpstate plugin: $T/own.conf:1: \"yes\" where =, >=, <= or one-of is allowed: nothing is recommended
tcpstate plugin: the tuning profile can be read again" \
	"$(grep 'tcpstate plugin' "$T/profile.log")"
stop profile

# Somebody else has our name already: collectd refuses to register, and frees what it was
# given. Freed memory is overwritten here, so that whoever uses it is found.
cc -shared -fPIC -o "$T/plugins/first.so" -x c - <<-'END'
	int plugin_register_complex_read(const char *, const char *, int (*)(void *),
					 unsigned long, const void *);
	static int nothing(void *data)
	{
		return data != 0;
	}
	void module_register(void)
	{
		plugin_register_complex_read(0, "tcpstate", nothing, 0, 0);
	}
END
collectd_configure second <<<"PluginDir \"$T/plugins\"
LoadPlugin first"
plugin_configure second </dev/null
"${SERVER[@]}" "${COLLECTD_AS[@]}" env MALLOC_PERTURB_=170 \
	collectd -T -C "$T/second.conf" >"$T/second.log" 2>&1
check "the name is taken: collectd goes on" 1 $?
check_match "and has said why" '"tcpstate" is already registered' "$(cat "$T/second.log")"
check_match "and ends" '^Exiting normally' "$(cat "$T/second.log")"
