# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# Real programs of Prometheus in the server's namespace; what tcpstated writes for them.

FILE=$T/state/tcpstate.prom

node_exporter_start() { # its textfile collector only; asks for $FILE
	mkdir "$T/textfile"
	ln -s "$FILE" "$T/textfile/tcpstate.prom"
	spawn node "${SERVER[@]}" setpriv --reuid=65534 --regid=65534 --clear-groups \
		prometheus-node-exporter --collector.disable-defaults --collector.textfile \
		--collector.textfile.directory="$T/textfile" --web.listen-address=127.0.0.1:9100
}

NODE_JOB='  - job_name: node
    static_configs:
      - targets: ["127.0.0.1:9100"]'

prometheus_start() { # with $T/prometheus.yml
	mkdir -m 777 "$T/prometheus"
	spawn prometheus "${SERVER[@]}" setpriv --reuid=65534 --regid=65534 --clear-groups \
		prometheus --config.file="$T/prometheus.yml" --storage.tsdb.path="$T/prometheus" \
		--web.listen-address=127.0.0.1:9090
}

query() { # EXPRESSION: the answer
	in_server curl -sG --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query
}
