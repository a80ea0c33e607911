#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain
# integrations/prometheus and integrations/grafana with the real programs: the same series by the
# node exporter's textfile collector and by snmp_exporter, equal to what the test made and to each
# other; rules and the dashboard's queries on them.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"
# shellcheck source=tests/e2e/lib/prometheus.sh
. "$SRC/tests/e2e/lib/prometheus.sh"
require prometheus promtool prometheus-node-exporter prometheus-snmp-exporter \
	prometheus-snmp-generator curl jq python3

HERE=$SRC/integrations/prometheus

# --- what is shipped -----------------------------------------------------------------------

test_files() {
	check_run "the rules are valid" promtool check rules "$HERE/tcpstate.rules.yml"
	check_run "the rules do what they are to" promtool test rules "$HERE/tcpstate.rules.test.yml"
	mkdir "$T/generator"
	cp "$HERE/generator.yml" "$T/generator/"
	check_run "the generator takes generator.yml" env "MIBDIRS=$BUILD/mib:$SRC/mib/base" MIBS= \
		bash -c "cd '$T/generator' && prometheus-snmp-generator generate"
	# What the generators make differs by the modules: above it, and where lines are folded.
	check "snmp.yml is what it makes" "$(as_json "$T/generator/snmp.yml" | jq '.modules // .')" \
		"$(as_json "$HERE/snmp.yml" | jq .modules)"
	check "snmp-0.21.yml is the same without modules:" "$(as_json "$HERE/snmp.yml" | jq .modules)" \
		"$(as_json "$BUILD/integrations/prometheus/snmp-0.21.yml" | jq .)"
}

as_json() { # FILE
	python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' <"$1"
}

# As the page says, for the exporter that is here.
snmp_yml() {
	if grep -q '^modules:' "$T/generator/snmp.yml"; then
		cat "$HERE/snmp.yml"
		printf 'auths:\n  tcpstate:\n    version: 2\n    community: %s\n' "$COMMUNITY"
	else
		cat "$BUILD/integrations/prometheus/snmp-0.21.yml"
		printf '  version: 2\n  auth:\n    community: %s\n' "$COMMUNITY"
	fi
}

# --- from the host to Prometheus ------------------------------------------------------------

prometheus_configure() {
	snmp_yml >"$T/snmp.yml"
	{
		printf 'global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\nrule_files: ["%s"]\nscrape_configs:\n' \
			"$HERE/tcpstate.rules.yml"
		sed "s/^/  /; s/web-03/\"127.0.0.1:$SNMP_PORT\"/" "$HERE/scrape-snmp.yml"
		echo "$NODE_JOB"
	} >"$T/prometheus.yml"
	check_run "prometheus.yml is valid" promtool check config "$T/prometheus.yml"
}

value() { # EXPRESSION: of one series
	query "$1" | jq -r '.data.result | if length == 1 then .[0].value[1] else "series: \(length)" end'
}

is_value() { # NUMBER EXPRESSION: sets VALUE
	VALUE=$(value "$2")
	[ "$VALUE" = "$1" ]
}

check_value() { # NAME NUMBER EXPRESSION: it comes to be
	wait_until 30 is_value "$2" "$3"
	# Asked again it could be another: the requests are connections as well.
	check "$1" "$2" "$VALUE"
}

# What stands still: names, labels and values of a job, but not what its own requests change.
series() { # JOB
	query "{__name__=~\"tcpstate_(connections|namespace_(connections|severity)|listener_|limit|condition|remotes|processes|worst).*\",job=\"$1\",limit!~\"openFiles|timeWaitBuckets|ephemeralPorts\",condition!~\"timeWait|ephemeralPorts\",state!~\"TIME_WAIT|ESTABLISHED\"}" |
		jq -r '.data.result[] | (.metric | del(.instance, .job) | tostring) + " " + .value[1]' | sort
}

same_series() {
	series node >"$T/series.node"
	series tcpstate-snmp >"$T/series.snmp"
	cmp -s "$T/series.node" "$T/series.snmp"
}

test_series() {
	local job
	for job in node tcpstate-snmp; do
		check_value "$job: CLOSE_WAIT" 23 \
			"tcpstate_connections{job=\"$job\",state=\"CLOSE_WAIT\",ip_version=\"ipv4\"}"
		check_value "$job: sum() counts each once" 23 \
			"sum(tcpstate_connections{job=\"$job\",state=\"CLOSE_WAIT\"})"
		check_value "$job: an accept queue" 7 \
			"tcpstate_listener_accept_queue{job=\"$job\",listener=\"$SERVER4:81\",process=\"sockets\"}"
		check_value "$job: its limit" 64 \
			"tcpstate_listener_accept_queue_limit{job=\"$job\",listener=\"$SERVER4:81\"}"
		check_value "$job: a condition" 1 \
			"tcpstate_condition_severity{job=\"$job\",condition=\"synQueue\"}"
		check_value "$job: processes of another namespace" 1 \
			"tcpstate_namespace_processes{job=\"$job\",namespace=\"${NAMESPACES[1]}\"}"
		check_value "$job: FIN_WAIT_2 of it" 23 \
			"tcpstate_namespace_connections{job=\"$job\",namespace=\"${NAMESPACES[1]}\",state=\"FIN_WAIT_2\"}"
	done
	for job in node tcpstate-snmp; do
		check_value "$job: a listener with a zone" 16 \
			"tcpstate_listener_accept_queue_limit{job=\"$job\",listener=\"[$LINK%veth0]:82\"}"
	done
	check_value "a sum of the rules" 23 \
		'instance_state:tcpstate_connections:sum{job="node",state="CLOSE_WAIT"}'
	# The requests of the test's own programs pass through all states.
	wait_until 20 same_series
	check "both ways give the same series" "$(cat "$T/series.node")" "$(cat "$T/series.snmp")"
	check "there are many" yes "$([ "$(wc -l <"$T/series.node")" -gt 150 ] && echo yes)"
	check "no alert is pending" '[]' "$(query 'ALERTS{alertstate="firing"}' | jq -c .data.result)"
}

has_series() { # EXPRESSION
	query "$1" | jq -e '.status == "success" and (.data.result | length > 0)' >/dev/null
}

# Every query is answered; what a quiet host has gives series. Nothing has filled for ten minutes.
test_dashboard() {
	local expression instance
	check_run "the dashboard is JSON with panels" jq -e '.panels | length > 5' \
		"$SRC/integrations/grafana/tcpstate.json"
	while read -r expression; do
		[[ $expression != tcpstate_limit_time_left_seconds* ]] || continue
		expression=${expression//\$__rate_interval/1m}
		for instance in "127.0.0.1:9100" "127.0.0.1:$SNMP_PORT"; do
			# A rate takes two scrapes.
			check_run "dashboard: ${expression//\$instance/$instance}" \
				wait_until 20 has_series "${expression//\$instance/$instance}"
		done
	done < <(jq -r '.panels[].targets[].expr' "$SRC/integrations/grafana/tcpstate.json")
}

# --- by itself --------------------------------------------------------------------------------

test_once() {
	in_server "$BIN/tcpstated" --prometheus -c "$T/tcpstate.conf" >"$T/once.prom"
	check "--prometheus: exit code" 0 $?
	check "promtool has nothing to say" "" "$(promtool check metrics <"$T/once.prom" 2>&1)"
	# A look of its own is not long enough for other namespaces.
	check "the same families as in the file" "$(grep '^#' "$FILE" | grep -v _namespace_)" \
		"$(grep '^#' "$T/once.prom" | grep -v _namespace_)"
	check_match "CLOSE_WAIT" '^tcpstate_connections\{state="CLOSE_WAIT",ip_version="ipv4"\} 23$' \
		"$(cat "$T/once.prom")"
	check "readable by everybody" 644 "$(stat -c %a "$FILE")"
	check "nothing is left beside it" tcpstate.prom "$(ls "$T/state")"
	check_match "a wrong name" 'tcpstated: .*:1: prometheus-textfile: "x.txt" is no absolute path that ends in .prom' \
		"$(echo 'prometheus-textfile x.txt' >"$T/wrong.conf"
		"$BIN/tcpstated" --once -c "$T/wrong.conf" 2>&1)"
}

# A directory that goes and comes: one line each in the log.
test_gone() {
	rm -r "$T/state"
	check_run "it is said" wait_until 10 has_line \
		"$FILE: No such file or directory: Prometheus sees nothing new"
	check "once" 1 "$(sleep 3 && log_lines "$FILE: No such file")"
	mkdir "$T/state"
	check_run "and its end" wait_until 10 has_line "$FILE can be written again"
}

has_line() { # TEXT
	[ "$(log_lines "$1")" -gt 0 ]
}

test_files
namespaces_start
sockets_start server "${SERVER[@]}"
sockets_start client "${CLIENT[@]}"
tell server listen a "$SERVER4" 80 64
tell server listen b "$SERVER4" 81 64
tell client connect c "$SERVER4" 80 23
tell client connect d "$SERVER4" 81 7
tell server accept x a 23
# An address that has a zone, which snmp_exporter does not know.
link_local() {
	ip -n "${NAMESPACES[0]}" -o -6 addr show dev veth0 scope link -tentative |
		awk '{ sub("/.*", "", $4); print $4 }' | grep .
}
wait_until 10 link_local >/dev/null
LINK=$(link_local)
tell server listen link "$LINK%veth0" 82 16
tell client shutdown c
mkdir "$T/state"
tables_start "prometheus-textfile $FILE
namespaces on
namespace include ${NAMESPACES[1]}"
prometheus_configure
spawn exporter "${SERVER[@]}" prometheus-snmp-exporter --config.file="$T/snmp.yml" \
	--web.listen-address=127.0.0.1:9116
node_exporter_start
prometheus_start
test_series
test_dashboard
test_once
test_gone
