#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 300 s; plain
# The README's commands, as they stand there, on a throwaway copy of this system: /usr, /etc and
# /var are overlaid in a mount namespace, so that "make install" and the changes of snmpd's
# configuration are real and gone afterwards. There is no systemd in there: systemctl does what
# the units say.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

README=$SRC/README.md
COPY=$T/copy

commands() { # HEADING: the lines of its blocks of commands
	awk -v heading="$1" '
		/^##* / { inside = ($0 == heading) }
		/^```/ { block = ($0 == "```sh"); next }
		inside && block' "$README"
}

test_first_commands() {
	check "the two commands" "./quickstart"$'\n'"tests/run" \
		"$(sed -n '/^## See it now/,/^## /s/^    //p' "$README")"
	check_run "they are there" test -x "$SRC/quickstart" -a -x "$SRC/tests/run"
	check "links lead somewhere" "" "$(dead_links "$SRC")"
	check "tables are those of the MIB" "" "$(grep -o 'tcpState[A-Z][A-Za-z0-9]*' "$README" |
		sort -u | while read -r name; do
			grep -qw "$name" "$SRC/mib/template/TCPSTATE-MIB.txt.in" || echo "$name"
		done)"
}

# The script that runs inside: what systemctl, sudo and apt-get do there, then the README's.
inside() {
	cat <<-'END'
		sudo() { "$@"; }
		apt-get() {
			for package in "${@:2}"; do
				[ "$(dpkg-query -Wf '${db:Status-Status}' "$package")" = installed ] ||
					echo "apt-get would install $package" >>"$T/missing"
			done
		}
		unit() { sed -n "s/^$2=//p" "$(ls /lib/systemd/system/$1.service \
			/usr/lib/systemd/system/$1.service 2>/dev/null | head -n 1)" | head -n 1; }
		systemctl() {
			case $* in
			"restart snmpd") $(unit snmpd ExecStart) >"$T/snmpd.log" 2>&1 & ;;
			"enable --now tcpstated")
				install -d -o "$(unit tcpstated User)" "/run/$(unit tcpstated RuntimeDirectory)" \
					"/var/lib/$(unit tcpstated StateDirectory)"
				setpriv --reuid="$(unit tcpstated User)" --regid="$(unit tcpstated Group)" \
					--init-groups --inh-caps=-all,+dac_read_search,+sys_ptrace \
					--ambient-caps=-all,+dac_read_search,+sys_ptrace \
					$(unit tcpstated ExecStart) >"$T/tcpstated.log" 2>&1 &
				TCPSTATED=$! ;;
			*) return 1 ;;
			esac
		}
		overlay() {
			mkdir -p "$T/over/$1/upper" "$T/over/$1/work" &&
				mount -t overlay overlay -o \
					"lowerdir=/$1,upperdir=$T/over/$1/upper,workdir=$T/over/$1/work" "/$1"
		}
		mkdir "$T/over" && mount -t tmpfs none "$T/over" &&
			overlay usr && overlay etc && overlay var && mount -t tmpfs none /run || exit 1
		unset MIBS MIBDIRS SNMPCONFPATH SNMP_PERSISTENT_DIR BUILD
		export HOME=$T/home
		mkdir "$HOME"
		cd "$COPY" || exit 1
	END
	echo 'set -ex'
	commands "### From source"
	commands "### Names instead of numbers"
	cat <<-'END'
		set +x
		for i in $(seq 100); do
			snmpget -t 1 -r 0 -Oqv -v2c -c SECRET 127.0.0.1 TCPSTATE-MIB::tcpStateSamples.0 2>/dev/null |
				grep -q samples && break
			sleep 0.2
		done
		stat -c '%a %U %G' /var/agentx/master >"$T/socket"
		ps -o user= -p "$TCPSTATED" >"$T/user"
		set -x
		exec >"$T/answers" 2>&1
	END
	commands "## Ask"
	cat <<-'END'
		exec >"$T/collectd.out" 2>&1
		{ sed -n '/^### collectd/,/^## /p' "$README" | sed -n '/^```text/,/^```/p' | grep -v '^```'
			printf 'LoadPlugin csv\n<Plugin csv>\nDataDir "%s"\n</Plugin>\n' "$T/csv"
		} >"$T/collectd.conf"
		collectd -f -C "$T/collectd.conf" &
		COLLECTD=$!
		for ((i = 0; i < 150; i++)); do
			VALUES=$(find "$T/csv" -name 'tcp_connections-CLOSE_WAIT*' -path '*tcpstate-all*' -exec tail -n 1 {} + 2>/dev/null || true)
			[[ $VALUES == *[0-9],* ]] && break
			sleep 0.2
		done
		kill "$COLLECTD"
		wait "$COLLECTD"
		printf '%s\n' "$VALUES"
		MANWIDTH=80 man -P cat 8 tcpstated >"$T/man"
		exec >"$T/uninstall.out" 2>&1
		# First, as the unit would be: a daemon whose files go tells of them in its log.
		kill "$TCPSTATED"
		wait "$TCPSTATED"
		make uninstall
		[ ! -e /usr/sbin/tcpstated ]
	END
}

test_commands() {
	copy_source "$COPY"
	namespaces_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen l "$SERVER4" 80 16
	tell client connect c "$SERVER4" 80 7
	tell server accept a l 7
	tell client shutdown c
	inside >"$T/inside"
	export T COPY README
	in_server unshare --mount --propagation private bash "$T/inside" </dev/null \
		>"$T/inside.log" 2>&1
	local code=$?
	check "the README's commands work" 0 $code
	[ $code = 0 ] || die "they stop here" "$(tail -n 5 "$T/inside.log" "$T"/{answers,*.out} 2>/dev/null)"
	check "no package is missing in its list" "" "$(cat "$T/missing" 2>/dev/null)"
	check "the AgentX socket" "660 Debian-snmp tcpstate" "$(cat "$T/socket")"
	check "tcpstated's user" "tcpstate" "$(tr -d ' ' <"$T/user")"
	for line in 'TCPSTATE-MIB::tcpStateWorstSeverity.0 = INTEGER: normal\(1\)' \
		'TCPSTATE-MIB::tcpStateCount.total.closeWait = Gauge32: 7 connections' \
		'TCPSTATE-MIB::tcpStateCount.total.listen = Gauge32: 1 connections' \
		'TCPSTATE-MIB::tcpStateListenerAcceptQueueFullest.ipv4."192.0.2.1".80 = Gauge32: 0 percent' \
		'TCPSTATE-MIB::tcpStateConnSummary.closeWait.ipv4."192.0.2.1".80.ipv4."192.0.2.2".[0-9]+ = STRING: sockets\[[0-9]+\], silent' \
		'TCPSTATE-MIB::tcpStateTuningStatus."tcp_sack".1 = INTEGER: asRecommended' \
		'\+--tcpStateMIB\(4022\)|TCPSTATE-MIB::tcpStateMIB' \
		'^CLOSE_WAIT +7 +7 +0' '^TCPSTATE (OK|WARNING)'; do
		check_match "an answer: ${line%% =*}" "$line" "$(cat "$T/answers")"
	done
	check "the log has no complaint" "" "$(grep -v 'version\|is back\|cannot reach' "$T/tcpstated.log")"
	check "collectd takes its block" "" "$(grep -i 'error\|unable\|fail' "$T/collectd.out")"
	check_match "and writes what it counts" '^[0-9.]+,7\.0+$' "$(cat "$T/collectd.out")"
	check_match "the manual is found" 'tcpstated' "$(cat "$T/man")"
	check "the system is as it was" "" "$(command -v tcpstated; getent passwd tcpstate)"
}

test_first_commands
test_commands
