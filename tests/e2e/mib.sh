#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 120 s; plain; quick
# Is TCPSTATE-MIB right by smilint's standard, and do net-snmp's tools read it on a host that
# has no other modules than the project's own and net-snmp's? The IETF's real modules, which
# are held against ours, come from Debian's erlang-snmp package; nothing of it is installed.
#
#   TCPSTATE_CACHE  where the package is kept (default: a directory of the build)
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

CACHE=${TCPSTATE_CACHE:-$BUILD/cache}
BASE=$SRC/mib/base
NETSNMP=/usr/share/snmp/mibs
CLOSE_WAIT=.1.3.6.1.4.1.8072.9999.9999.4022.1.2.1.3.3.8
CONN=.1.3.6.1.4.1.8072.9999.9999.4022.1.6.1.8.8.1.4.10.0.3.7.8080.1.4.10.0.9.1.51022
CONN_NAME='TCPSTATE-MIB::tcpStateConnSummary.closeWait.ipv4."10.0.3.7".8080.ipv4."10.0.9.1".51022'

# A person's account on a fresh Debian: the MIB where net-snmp looks, no configuration.
export HOME=$T/home SNMP_PERSISTENT_DIR=$T/persistent SNMPCONFPATH=$T/conf
unset MIBS MIBDIRS
mkdir -p "$HOME/.snmp/mibs" "$SNMP_PERSISTENT_DIR/cert_indexes" "$SNMPCONFPATH" "$CACHE"

real_modules() { # sets REAL
	local deb
	if ! compgen -G "$CACHE/erlang-snmp_*.deb" >/dev/null; then
		(cd "$CACHE" && apt-get download erlang-snmp) >"$T/download.log" 2>&1 ||
			die "cannot download erlang-snmp" "$(cat "$T/download.log")"
	fi
	deb=$(compgen -G "$CACHE/erlang-snmp_*.deb" | tail -n 1)
	dpkg -x "$deb" "$T/erlang" || die "cannot unpack $deb"
	REAL=$(compgen -G "$T/erlang/usr/lib/erlang/lib/snmp-*/mibs")
	[ -f "$REAL/SNMPv2-SMI.mib" ] || die "no SNMPv2-SMI in $deb"
}

lint() { # FILE
	SMIPATH=$REAL:$NETSNMP smilint -l 6 -s "$1" 2>&1
}

translate() { # ARGUMENT...: what it says, errors included
	snmptranslate "$@" 2>&1
}

# The hint is one of our InetAddress, the RFC has none: so it tells whose module was read.
whose() { # ARGUMENT...
	if translate "$@" -Td TCPSTATE-MIB::tcpStateConnLocalAddress | grep -q DISPLAY-HINT; then
		echo ours
	else
		echo real
	fi
}

test_lint() {
	check "smilint, as configured" "" "$(lint "$BUILD/mib/TCPSTATE-MIB.txt")"
	(mkdir "$T/other" && cd "$T/other" && "$SRC/configure" \
		--with-mib-base=1.3.6.1.4.1.99999 --disable-plugin) >"$T/configure.log" 2>&1 ||
		die "configure --with-mib-base" "$(tail "$T/configure.log")"
	check "smilint, below another enterprise" "" "$(lint "$T/other/mib/TCPSTATE-MIB.txt")"
	check "net-snmp, below another enterprise" .1.3.6.1.4.1.99999.1.2.1.3.3.8 "$(translate \
		-M "$BASE:$T/other/mib" -m TCPSTATE-MIB -On TCPSTATE-MIB::tcpStateCount.total.closeWait)"
	# A linter that is always silent would do the same.
	sed 's/closeWait(8)/closeWait(7)/' "$BUILD/mib/TCPSTATE-MIB.txt" >"$T/TCPSTATE-MIB.txt"
	check_match "smilint sees a mistake" "redefinition of number" "$(lint "$T/TCPSTATE-MIB.txt")"
}

check_translations() { # NAME ARGUMENT...
	local name=$1
	shift
	check "$name: a count" $CLOSE_WAIT \
		"$(translate "$@" -On TCPSTATE-MIB::tcpStateCount.total.closeWait)"
	check "$name: a connection's name" "$CONN_NAME" "$(translate "$@" $CONN)"
	check "$name: IPv6 with zone" \
		'TCPSTATE-MIB::tcpStateListenerDrops.ipv6z."fe:80:00:00:00:00:00:00:00:00:00:00:00:00:00:01%2".53' \
		"$(translate "$@" "${CLOSE_WAIT%.2.1.3.3.8}.4.1.12.4.20.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.2.53")"
	check "$name: the whole tree" "" "$(snmptranslate "$@" -Tp TCPSTATE-MIB::tcpStateMIB 2>&1 >"$T/tree")"
	check_match "$name: its last object" 'tcpStateNotificationGroup\(13\)' "$(cat "$T/tree")"
}

# What RFC 4181 asks and smilint does not: a manager that takes differences of a counter is told
# which object says that it began anew.
counters_without_time() { # MODULE
	awk '
		$2 == "OBJECT-TYPE" { object = $1; time = object ~ /(DiscontinuityTime|StartTime)$/ }
		$1 == "SYNTAX" && $2 ~ /^Counter/ { counters[object] }
		time { gsub(/[^A-Za-z0-9]/, " "); for (i = 1; i <= NF; i++) named[$i] }
		END { for (c in counters) if (!(c in named)) print c }' "$1"
}

test_counters() {
	check "each counter has a time since when it counts" "" \
		"$(counters_without_time "$BUILD/mib/TCPSTATE-MIB.txt")"
	sed '/^tcpStateStartTime OBJECT/,/::=/s/tcpStateSampleErrors/nothing/' \
		"$BUILD/mib/TCPSTATE-MIB.txt" >"$T/without.txt"
	check "one that has none is seen" tcpStateSampleErrors "$(counters_without_time "$T/without.txt")"
}

# A fresh Debian has none of the IETF's modules. With ours in front of the list the later
# directories come first, so that real ones win wherever they are.
test_fresh() {
	local args=(-M "-$BASE" -m TCPSTATE-MIB)
	cp "$BUILD/mib/TCPSTATE-MIB.txt" "$HOME/.snmp/mibs"
	check "without our modules" "" "$(snmptranslate -m TCPSTATE-MIB -On \
		TCPSTATE-MIB::tcpStateCount.total.closeWait 2>/dev/null)"
	check_translations "fresh host" "${args[@]}"
	check "fresh host: a connection as it is printed" $CONN \
		"$(translate "${args[@]}" -On "$CONN_NAME")"
	check "fresh host: whose modules" ours "$(whose "${args[@]}")"
	printf 'mibs :\nmibdirs -%s\nmibs +TCPSTATE-MIB\n' "$BASE" >"$SNMPCONFPATH/snmp.conf"
	check_translations "fresh host, by snmp.conf"
	rm "$SNMPCONFPATH/snmp.conf"
}

test_real() {
	local args=(-M "-$BASE" -m TCPSTATE-MIB)
	cp "$REAL"/*.mib "$HOME/.snmp/mibs"
	check_translations "with real modules" "${args[@]}"
	check "with real modules: whose" real "$(whose "${args[@]}")"
	check "with real modules: a connection in numbers" $CONN "$(translate "${args[@]}" -On \
		TCPSTATE-MIB::tcpStateConnSummary.closeWait.ipv4.4.10.0.3.7.8080.ipv4.4.10.0.9.1.51022)"
}

# What the documents tell a manager without net-snmp to copy: nothing else may be needed.
test_manager() {
	local files=$T/manager
	mkdir "$files" "$T/compiled"
	cp "$BUILD/mib/TCPSTATE-MIB.txt" "$BASE"/*.txt "$files"
	check "a manager: net-snmp" $CLOSE_WAIT "$(translate -M "$files" -m TCPSTATE-MIB -On \
		TCPSTATE-MIB::tcpStateCount.total.closeWait)"
	check "a manager: libsmi" "" "$(SMIPATH=$files smilint -l 6 "$files/TCPSTATE-MIB.txt" 2>&1)"
	check_match "a manager: pysmi" 'Created/updated MIBs: .*TCPSTATE-MIB' "$(mibdump \
		"--mib-source=file://$files" --mib-stub= --mib-borrower= --destination-format=json \
		"--destination-directory=$T/compiled" TCPSTATE-MIB 2>&1)"
	check "a manager: the generator of snmp_exporter" "" "$(MIBDIRS=$files \
		prometheus-snmp-generator parse_errors 2>&1 | grep -Ev 'msg="(Loading MIBs|No parse errors)')"
	rm "$files/NET-SNMP-MIB.txt"
	check_match "a manager: a module that is missing is seen" 'NET-SNMP-MIB' \
		"$(SMIPATH=$files smilint -l 6 "$files/TCPSTATE-MIB.txt" 2>&1)"
}

require smilint snmptranslate mibdump prometheus-snmp-generator apt-get dpkg
real_modules
test_manager
test_lint
test_counters
test_fresh
test_real
