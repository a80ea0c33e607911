#!/bin/bash
# SPDX-License-Identifier: MIT
# A quarter of an hour of a host with troubles, and the Grafana dashboard's queries about it, drawn:
#
#   tests/long/dashboard.sh PICTURE.png
#
# Needs gnuplot-nox and a build with its tests (make check TESTS=).
set -u
PICTURE=$(realpath "${1:?usage: tests/long/dashboard.sh PICTURE.png}") || exit
SRC=${SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${BUILD:-$SRC/build}
# shellcheck source=tests/e2e/lib/lib.sh disable=SC2119
. "$SRC/tests/e2e/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"
# shellcheck source=tests/e2e/lib/prometheus.sh
. "$SRC/tests/e2e/lib/prometheus.sh"
require prometheus prometheus-node-exporter gnuplot python3 curl

MINUTES=15
namespaces_start
for name in site api batch; do sockets_start $name "${SERVER[@]}"; done
for name in visitors users late; do sockets_start $name "${CLIENT[@]}"; done
tell site listen l "$SERVER4" 443 1024
tell site serve l
tell api listen l "$SERVER4" 8080 128
tell api leak l
tell batch listen l "$SERVER4" 9000 32

# Two more namespaces of the host: in one a service never closes.
for name in shop-1 shop-2; do
	make_namespace $name
	sockets_start $name nsenter "--net=/run/netns/$name" --
	sockets_start $name-users nsenter "--net=/run/netns/$name" --
	tell $name listen l 127.0.0.1 8080 128
done
tell shop-1 serve l
tell shop-2 leak l

mkdir "$T/state"
tables_start "prometheus-textfile $FILE
namespaces on
namespace include shop-[12]"
printf 'global:\n  scrape_interval: 5s\nscrape_configs:\n%s\n' "$NODE_JOB" >"$T/prometheus.yml"
node_exporter_start
prometheus_start
START=$(date +%s)

# Visitors all the time; a service that never closes, so that it comes nearer to its limit of
# descriptors; then one that does not accept, and SYNs that nobody answers for.
ask visitors honest "$SERVER4" 443 50 $((60 * MINUTES))
ask shop-1-users honest 127.0.0.1 8080 10 $((60 * MINUTES))
ask shop-2-users honest 127.0.0.1 8080 1 $((60 * MINUTES))
sleep 60
ask users honest "$SERVER4" 8080 1 $((60 * MINUTES - 60))
sleep 240
tell late connect c "$SERVER4" 9000 25
sleep 60
tell late connect d "$SERVER4" 9000 60 nowait
sleep 120
tell late close d
tell late close c
sockets_stop batch
sleep 90
ask late flood "$SERVER4" 443 3000 50 "198.51.100.0*250"
sleep $((60 * MINUTES + START - $(date +%s)))

check_run "it is drawn" in_server python3 "$SRC/tests/tools/dashboard.py" \
	"$SRC/integrations/grafana/tcpstate.json" http://127.0.0.1:9090 127.0.0.1:9100 \
	"$START" "$(date +%s)" "$PICTURE"
