#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 900 s; plain
# From a fresh clone to a package: autoreconf, configure, make, install, uninstall, distcheck;
# the parts that can be left out; another base of the MIB.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
require autoreconf make man

COPY=$T/copy
PREFIX=/opt/tcpstate

# What users and packagers count on. More may be there.
EXPECTED='
bin/tcpstate-graph
lib/collectd/tcpstate.so
lib/snmp/dlmod/tcpstate_snmp.so
lib/systemd/system/tcpstated.service
lib/sysusers.d/tcpstate.conf
sbin/tcpstated
share/doc/tcpstate/README.md
share/doc/tcpstate/doc/diagnosis.md
share/doc/tcpstate/examples/snmpd.conf.example
share/doc/tcpstate/examples/tcpstate.conf.example
share/man/man1/tcpstate-graph.1
share/man/man5/collectd-tcpstate.5
share/man/man5/tcpstate.conf.5
share/man/man7/tcpstate-diagnosis.7
share/man/man7/tcpstate-namespaces.7
share/man/man8/tcpstated.8
share/snmp/mibs/TCPSTATE-MIB.txt
share/tcpstate/collectd/types.tcpstate.db
share/tcpstate/integrations/grafana/tcpstate.json
share/tcpstate/integrations/icinga2/tcpstate.conf
share/tcpstate/integrations/librenms/tcpstate.yaml
share/tcpstate/integrations/nagios/tcpstate.cfg
share/tcpstate/integrations/prometheus/snmp-0.21.yml
share/tcpstate/integrations/prometheus/snmp.yml
share/tcpstate/integrations/prometheus/tcpstate.rules.yml
share/tcpstate/integrations/zabbix/tcpstate.yaml
share/tcpstate/mibs/INET-ADDRESS-MIB.txt
share/tcpstate/mibs/NET-SNMP-MIB.txt
share/tcpstate/mibs/SNMPv2-CONF.txt
share/tcpstate/mibs/SNMPv2-SMI.txt
share/tcpstate/mibs/SNMPv2-TC.txt
share/tcpstate/namespaces.conf
share/tcpstate/profiles/modern.conf
'

step() { # NAME COMMAND...: in the copy; the test ends if it fails
	local name=$1
	shift
	(cd "$COPY" && "$@") >"$T/step.log" 2>&1 || die "$name" "$(tail -n 40 "$T/step.log")"
	ok "$name"
}

installed() { # DIRECTORY
	(cd "$1" && find . ! -type d | sed 's/^\.//' | sort)
}

test_install() {
	local file missing=
	copy_source "$COPY"
	step "autoreconf" autoreconf -fi
	step "configure, in the source directory" ./configure "--prefix=$PREFIX" --enable-werror
	step "make" make
	step "make install" make install "DESTDIR=$T/dest"
	check "nothing is installed outside of the prefix" "" \
		"$(installed "$T/dest" | grep -v "^$PREFIX/")"
	for file in $EXPECTED; do
		[ -f "$T/dest$PREFIX/$file" ] || missing+=" $file"
	done
	check "what is expected is installed" "" "$missing"
	check "links of the installed pages lead somewhere" "" \
		"$(dead_links "$T/dest$PREFIX/share/doc/tcpstate")"
	check "the unit names the installed program" "$PREFIX/sbin/tcpstated" \
		"$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' \
			"$T/dest$PREFIX/lib/systemd/system/tcpstated.service")"
	check "the installed program runs" "exit 0" \
		"$("$T/dest$PREFIX/sbin/tcpstated" -V >/dev/null; echo "exit $?")"
	for file in "$T/dest$PREFIX"/share/man/man*/*; do
		check "$(basename "$file") can be set without a warning" "" \
			"$(man --warnings -Tutf8 -Z -l "$file" 2>&1 >/dev/null)"
	done
	step "make uninstall" make uninstall "DESTDIR=$T/dest"
	check "nothing is left" "" "$(installed "$T/dest")"
}

test_dist() {
	step "make distcheck" make distcheck
	check "one archive, with the tests" "tests/run" "$(tar -tf "$COPY"/tcpstate-*.tar.xz |
		sed -n 's#^[^/]*/\(tests/run\)$#\1#p')"
	step "make distclean" make distclean
}

configure_other() { # NAME OPTION...: in $T/NAME
	local name=$1
	shift
	mkdir "$T/$name"
	step "configure $*" sh -c 'cd "$0" && exec "$@"' "$T/$name" "$COPY/configure" \
		--enable-werror "$@"
}

test_parts() {
	configure_other plugin-only --disable-subagent
	step "make, the plugin only" make -C "$T/plugin-only"
	check_run "there is a plugin" test -e "$T/plugin-only/.libs/tcpstate.so"
	check_run "there is no tcpstated" test ! -e "$T/plugin-only/tcpstated"
	check_match "a base that is none is refused" 'want numbers below 1.3.6.1.4.1' \
		"$(cd "$T/plugin-only" && "$COPY/configure" --with-mib-base=1.3.6.1.2.1 2>&1)"
}

# Both move: what the MIB's text says, and where tcpstated answers.
test_base() {
	configure_other base --disable-plugin --with-mib-base=1.3.6.1.4.1.99999
	step "make, with another base" make -C "$T/base"
	check_run "there is no plugin" test ! -e "$T/base/.libs/tcpstate.so"
	cp "$T/base/tcpstated" "$BIN/"
	cp "$T/base/mib/TCPSTATE-MIB.txt" "$T/mibs/"
	chmod -R a+rX "$BIN" "$T/mibs"
	namespaces_start
	snmpd_start
	tcpstated_start 'interval 1'
	sockets_start server "${SERVER[@]}"
	tell server listen l "$SERVER4" 80 16
	next_sample
	check "another base, by name" "TCPSTATE-MIB::tcpStateCount.total.listen = Gauge32: 1 connections" \
		"$(get TCPSTATE-MIB::tcpStateCount.total.listen)"
	check "another base, in numbers" ".1.3.6.1.4.1.99999.1.2.1.3.3.2 = Gauge32: 1" \
		"$(MIBS='' get -On .1.3.6.1.4.1.99999.1.2.1.3.3.2)"
	check "33 rows" 33 "$(walk -On TCPSTATE-MIB::tcpStateCount | grep -c '^\.1\.3\.6\.1\.4\.1\.99999\.')"
	check "nothing is left at the default base" "" \
		"$(walk -On .1.3.6.1.4.1.8072.9999.9999 | grep -v 'No Such')"
	check "the log names the base" 1 "$(log_lines 'at \.1\.3\.6\.1\.4\.1\.99999,')"
}

test_install
test_dist
test_parts
test_base
