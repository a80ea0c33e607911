#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# Farther than one host: two agents send over collectd's network plugin to one server, which
# writes RRDs and is scraped by Prometheus. The server does not load the plugin, it has its
# types.
. "$(dirname "$0")/lib/lib.sh"
. "$SRC/tests/e2e/lib/collectd.sh"
readable plugin/types.tcpstate.db
require collectd collectdctl rrdtool setpriv prometheus curl

NETWORK_PORT=25826 EXPORTER_PORT=9103 PROMETHEUS_PORT=9090

agent_configure() { # NAME ADDRESS-OF-THE-SERVER
	collectd_configure "$1" <<-END
		LoadPlugin network
		<Plugin network>
		  Server "$2" "$NETWORK_PORT"
		</Plugin>
	END
	plugin_configure "$1" <<<''
}

# The server is in the client's namespace, so that its own connections are not counted in
# that of agent-a.
namespaces_start
sockets_start server "${SERVER[@]}"
sockets_start client "${CLIENT[@]}"
tell server listen l "$SERVER4" 8001 64
tell server listen l6 "::" 8002 64
tell client connect c "$SERVER4" 8001 40
tell client connect c6 "$SERVER6" 8002 7
tell server accept a l 33
tell server accept a6 l6 7

collectd_configure central <<-END
	TypesDB "$T/types.tcpstate.db"
	LoadPlugin network
	<Plugin network>
	  Listen "$CLIENT4" "$NETWORK_PORT"
	</Plugin>
	LoadPlugin rrdtool
	<Plugin rrdtool>
	  DataDir "$T/central/rrd"
	  CacheTimeout 1
	</Plugin>
	LoadPlugin write_prometheus
	<Plugin write_prometheus>
	  Host "127.0.0.1"
	  Port "$EXPORTER_PORT"
	</Plugin>
END
cat >"$T/prometheus.yml" <<-END
	global:
	  scrape_interval: 1s
	scrape_configs:
	  - job_name: collectd
	    honor_labels: true
	    static_configs:
	      - targets: ["127.0.0.1:$EXPORTER_PORT"]
END
mkdir -m 777 "$T/prometheus"

spawn central "${CLIENT[@]}" "${COLLECTD_AS[@]}" collectd -f -C "$T/central.conf"
spawn prometheus "${CLIENT[@]}" "${COLLECTD_AS[@]}" prometheus \
	--config.file="$T/prometheus.yml" --storage.tsdb.path="$T/prometheus" \
	--web.listen-address="127.0.0.1:$PROMETHEUS_PORT"
agent_configure agent-a "$CLIENT4"
agent_configure agent-b "$CLIENT4"
COLLECTD_IN=("${SERVER[@]}")
collectd_start agent-a
COLLECTD_IN=("${CLIENT[@]}")
collectd_start agent-b

# --- RRDs --------------------------------------------------------------------------------

rrd() { # HOST IDENTIFIER-BEHIND-tcpstate-
	rrdtool lastupdate "$T/central/rrd/$1/tcpstate-$2.rrd" 2>/dev/null |
		awk 'END { print $2 + 0 }'
}

rrd_is() { # HOST IDENTIFIER NUMBER
	[ "$(rrd "$1" "$2")" = "$3" ]
}

check_rrd() { # NAME HOST IDENTIFIER NUMBER
	wait_until 30 rrd_is "${@:2}"
	check "$1" "$4" "$(rrd "$2" "$3")"
}

check_rrd "agent-a: ESTABLISHED" agent-a all/tcp_connections-ESTABLISHED 47
check_rrd "agent-a: IPv6" agent-a ipv6/tcp_connections-ESTABLISHED 7
check_rrd "agent-a: accept queue" agent-a "listener-8001-$SERVER4/tcpstate_queue-accept" 7
check_rrd "agent-a: a port" agent-a 8001-local/tcp_connections-ESTABLISHED 40
check_rrd "agent-b has its own" agent-b ipv6/tcp_connections-ESTABLISHED 7
check "agent-b has none of agent-a's listeners" '' \
	"$(find "$T/central/rrd/agent-b" -path '*listener-8001*')"
check "the server knows the types" '' "$(grep -i 'types.db\|Unknown type' "$T/central.log")"

# --- pictures ----------------------------------------------------------------------------

check_run "tcpstate-graph" "$SRC/plugin/tcpstate-graph" -d "$T/central/rrd" -H agent-a \
	-o "$T/pictures" -s end-5min
check "pictures" "limits.png listener-8001-$SERVER4.png listener-8002-::.png states.png" \
	"$(cd "$T/pictures" && echo *.png)"
check "tcpstate-graph wants to know which host" \
	"tcpstate-graph: several hosts below $T/central/rrd: choose one with -H" \
	"$("$SRC/plugin/tcpstate-graph" -d "$T/central/rrd" 2>&1)"

# --- Prometheus --------------------------------------------------------------------------

query() { # EXPRESSION: its value
	in_client curl -sG "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query" \
		--data-urlencode "query=$1" |
		sed -n 's/.*"value":\[[^,]*,"\([^"]*\)"\].*/\1/p'
}

query_is() { # EXPRESSION NUMBER
	[ "$(query "$1")" = "$2" ]
}

connections() { # HOST INSTANCE STATE
	echo "collectd_tcpstate_tcp_connections{instance=\"$1\",tcpstate=\"$2\",type=\"$3\"}"
}

check_query() { # NAME EXPRESSION NUMBER
	wait_until 30 query_is "$2" "$3"
	check "$1" "$3" "$(query "$2")"
}

check_query "Prometheus: ESTABLISHED" "$(connections agent-a all ESTABLISHED)" 47
check_query "Prometheus: a zero" "$(connections agent-a all CLOSE_WAIT)" 0
check_query "Prometheus: agent-b" "$(connections agent-b ipv6 ESTABLISHED)" 7
check_query "Prometheus: all states of both" \
	'count(collectd_tcpstate_tcp_connections{tcpstate=~"all|ipv4|ipv6"})' 66
# As the page has them: what is counted once, and what several times.
only='instance="agent-a",type="ESTABLISHED"'
check_query "Prometheus: sum() over one of them" \
	"sum by (type) (collectd_tcpstate_tcp_connections{$only,tcpstate=\"all\"})" 47
check_query "Prometheus: sum() over a port" \
	"sum by (tcpstate) (collectd_tcpstate_tcp_connections{$only,tcpstate=~\"8001-local\"})" 40
check_run "Prometheus: sum() over all counts twice and more" \
	test "$(query "sum(collectd_tcpstate_tcp_connections{$only})")" -ge 94
check_query "Prometheus: accept queue" \
	"collectd_tcpstate_tcpstate_queue{instance=\"agent-a\",tcpstate=\"listener-8001-$SERVER4\",type=\"accept\"}" 7
check_query "Prometheus: a counter" \
	'collectd_tcpstate_tcpstate_counter_total{instance="agent-a",tcpstate="counters",type="TcpExtListenOverflows"}' 0

# A listener that is gone.
exported() {
	in_client curl -s "http://127.0.0.1:$EXPORTER_PORT/metrics" | grep -q listener-8002
}
no_longer_exported() {
	! exported
}
check_run "exported while it listens" exported
tell server close l6
wait_until 20 no_longer_exported
check_run "no longer exported when it is gone" no_longer_exported

stop agent-a
check "agent-a ends" 0 $?
