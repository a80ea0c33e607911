#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 120 s; plain; quick
# The collectd plugin with other network namespaces: counts as ss has them, notifications that name
# the namespace, so many series and no more, and none without the capability.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/collectd.sh
. "$SRC/tests/e2e/lib/collectd.sh"
require collectd collectdctl nsenter setpriv ss

N=c$$ # all names begin with it: other tests have namespaces as well

make_all() {
	local name
	require_root
	for name in host a b c; do
		make_namespace "$N-$name"
	done
	COLLECTD_IN=(nsenter "--net=/run/netns/$N-host" --)
	for name in a b; do
		sockets_start "$name" nsenter "--net=/run/netns/$N-$name" --
		tell "$name" listen l 127.0.0.1 80 16
		tell "$name" connect c 127.0.0.1 80 16
	done
	tell a accept x l 16
	tell a shutdown c
	tell b connect d 127.0.0.1 80 1
}

ss_count() { # NAMESPACE STATE
	nsenter "--net=/run/netns/$N-$1" -- ss -Htan state "$2" | wc -l
}

check_states() { # COLLECTD
	check "CLOSE_WAIT of the first" "$(ss_count a close-wait)" \
		"$(value "$1" "$N-a:all/tcp_connections-CLOSE_WAIT")"
	check "ESTABLISHED of the second" "$(ss_count b established)" \
		"$(value "$1" "$N-b:all/tcp_connections-ESTABLISHED")"
	check "an empty one" 0 "$(value "$1" "$N-c:all/tcp_connections-LISTEN")"
	check "the host's own are not theirs" 0 "$(value "$1" "all/tcp_connections-ESTABLISHED")"
}

COLLECTD_AS=()
make_all
collectd_configure all </dev/null
plugin_configure all <<-END
	Namespaces true
	Namespace include "$N-?"
	Condition acceptQueue warning 50 critical 90 hold 0
END
collectd_configure few </dev/null
plugin_configure few <<-END
	Namespaces true
	Namespace include "$N-?"
	MaxNamespaces 1
END
collectd_configure none </dev/null
plugin_configure none <<-END
	Namespaces true
	Namespace include "$N-?"
END
collectd_start all
collectd_start few
COLLECTD_AS=(setpriv --bounding-set=-sys_admin)
collectd_start none

wait_until 15 has_value all "$N-c:all/tcp_connections-LISTEN" ||
	fail "values of three namespaces" "$(cat "$T/all.log")"
check_states all
check_run "a notification names the namespace" \
	wait_until 15 in_log all "$N-b:conditions.*CRITICAL $N-b: acceptQueue"
check "and is about no other one" "" "$(grep -E "$N-[ac]: " "$T/all.log")"
wait_until 10 value_is all "$N-b:conditions/tcpstate_severity-worst" 3 ||
	fail "the worst severity" "$(value all "$N-b:conditions/tcpstate_severity-worst")"
check "one has series of its own, where no more are wanted" 1 \
	"$(ctl few listval | grep -c ':all/tcp_connections-LISTEN')"
check "the others are counted" 2 "$(value few sampler/tcpstate_sampler-namespaces_omitted)"
ip netns del "$N-c"
NAMESPACES=("$N-host" "$N-a" "$N-b")
sleep 3
check "one that has gone is not missed" "" "$(grep -iE 'error|warning: .*namespace' "$T/all.log")"
check_run "without the capability the log says so" wait_until 10 in_log none CAP_SYS_ADMIN
check "once" 1 "$(grep -c CAP_SYS_ADMIN "$T/none.log")"
check "and there are no values" "" "$(ctl none listval | grep "$N-")"
check "but the host's own" 0 "$(value none all/tcp_connections-ESTABLISHED)"
