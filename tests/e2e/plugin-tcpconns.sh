#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 60 s; plain; quick
# doc/collectd.md, "Instead of tcpconns": with the options that stand there, the plugin sends what the
# real tcpconns sends on the same host, by the same names, and nothing else.
. "$(dirname "$0")/lib/lib.sh"
. "$SRC/tests/e2e/lib/collectd.sh"
require collectd collectdctl

# The options of the page that switch off what tcpconns has not.
only_the_old() {
	awk '/^## / { inside = ($0 == "## Instead of tcpconns") }
		inside && /^  (Report|AllPorts|Notifications)/' "$SRC/doc/collectd.md" |
		grep -v AllPortsSummary
}

identifiers() { # NAME PLUGIN: without the plugin's own name
	ctl "$1" listval | sed -n "s#^$1/$2-##p" | sort
}

# "IDENTIFIER VALUE" of the old set.
table() { # NAME PLUGIN
	local id
	identifiers "$1" "$2" | while read -r id; do
		echo "$id $(ctl "$1" getval "$1/$2-$id" | sed -n 's/^value=//p' | awk '{ print $1 + 0 }')"
	done
}

same_table() {
	[ "$(table new tcpstate)" = "$(table old tcpconns)" ]
}

sends() { # NAME PLUGIN
	[ -n "$(identifiers "$1" "$2")" ]
}

check_same() { # NAME TCPCONNS-OPTIONS TCPSTATE-OPTIONS
	local name=$1
	collectd_configure old <<-END
		LoadPlugin tcpconns
		<Plugin tcpconns>
		$2
		</Plugin>
	END
	collectd_configure new </dev/null
	plugin_configure new <<-END
		$(only_the_old)
		$3
	END
	for daemon in old new; do
		spawn $daemon "${COLLECTD_IN[@]}" "${COLLECTD_AS[@]}" collectd -f -C "$T/$daemon.conf"
	done
	wait_until 15 sends old tcpconns || die "tcpconns sends nothing" "$(cat "$T/old.log")"
	wait_until 15 sends new tcpstate || die "tcpstate sends nothing" "$(cat "$T/new.log")"
	wait_until 15 same_table
	check "$name: identifiers and values" "$(table old tcpconns)" "$(table new tcpstate)"
	check_run "$name: there are some" test "$(identifiers old tcpconns | wc -l)" -ge 11
	stop old
	stop new
}

namespaces_start
COLLECTD_IN=("${SERVER[@]}")
sockets_start server "${SERVER[@]}"
sockets_start client "${CLIENT[@]}"
tell server listen a "$SERVER4" 80 64
tell server listen b "$SERVER6" 443 64
tell client connect c "$SERVER4" 80 20
tell server accept x a 20
tell client shutdown c
tell client connect d "$SERVER6" 443 5
tell client listen e "$CLIENT4" 5432 64
tell server connect f "$CLIENT4" 5432 7

check "the page has the options" 9 "$(only_the_old | wc -l)"
check_same "as tcpconns is by default" "" "AllPortsSummary false"
check_same "AllPortsSummary" "AllPortsSummary true" "AllPortsSummary true
ListeningPorts false"
check_same "ports" "LocalPort 80
RemotePort 5432" "AllPortsSummary false
LocalPort 80
RemotePort 5432"
check_same "all of it" "AllPortsSummary true
ListeningPorts true
RemotePort 5432" "ListeningPorts true
RemotePort 5432"
