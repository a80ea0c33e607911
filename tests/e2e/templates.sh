#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 60 s; plain; quick
# integrations/zabbix and integrations/librenms without the programs: each OID is that of the
# object that is named beside it, and a real snmpd answers it; what refers to something finds it.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"
require python3

templates() { # zabbix|librenms [FILE]: "OID OBJECT ..." in $T/objects, what is wrong in $T/wrong
	python3 "$SRC/tests/e2e/lib/templates.py" "$1" "${2:-$SRC/integrations/$1/tcpstate.yaml}" \
		>"$T/objects" 2>"$T/wrong"
}

test_zabbix() {
	local oid object
	templates zabbix
	check "Zabbix: all is found" "0 " "$? $(cat "$T/wrong")"
	check "Zabbix: there are objects" yes "$([ "$(wc -l <"$T/objects")" -gt 40 ] && echo yes)"
	sort -u "$T/objects" >"$T/zabbix"
	while read -r oid object; do
		check "Zabbix: $oid" "TCPSTATE-MIB::$object" \
			"$(snmptranslate -OS ".$oid" | sed 's/\..*//')"
		check_match "Zabbix: $object is answered" "^TCPSTATE-MIB::$object\." "$(walk ".$oid" | head -n 1)"
	done <"$T/zabbix"
	# A check that finds nothing would pass as well.
	sed '0,/uuid: ./s//uuid: x/' "$SRC/integrations/zabbix/tcpstate.yaml" >"$T/wrong.yaml"
	templates zabbix "$T/wrong.yaml"
	check_match "Zabbix: a wrong uuid is seen" 'no UUID of version 4' "$(cat "$T/wrong")"
	sed 's/13\.1\.8\.{#SNMPINDEX}/13.1.7.{#SNMPINDEX}/' "$SRC/integrations/zabbix/tcpstate.yaml" >"$T/wrong.yaml"
	templates zabbix "$T/wrong.yaml"
	check_match "Zabbix: a column that is not walked is seen" 'does not walk' "$(cat "$T/wrong")"
}

# What LibreNMS does by its documentation: the value's column is walked by name, what is behind it
# is the index, and num_oid with that index is polled.
test_librenms() {
	local oid object class index value
	templates librenms
	check "LibreNMS: its form" "0 " "$? $(cat "$T/wrong")"
	check "LibreNMS: its classes" "count percent state" "$(cut -d ' ' -f 3 "$T/objects" | sort -u | xargs)"
	while read -r oid object class <&3; do
		walk -OteQUsb "TCPSTATE-MIB::$object" >"$T/walk"
		check_match "LibreNMS: $class, $object" "^$object\.[0-9.]+ = ." "$(cat "$T/walk")"
		[ "$oid" = - ] && continue
		IFS=$'= ' read -r index value < <(sed -n "1s/^$object\.//p" "$T/walk")
		check_cell_is "LibreNMS: $object is polled" "$oid.$index" "$value"
	done 3<"$T/objects"
}

check_cell_is() { # NAME OID VALUE
	check "$1" "$3" "$(get -OQUve ".$2")"
}

namespace_is_counted() {
	[ -n "$(column tcpStateNamespaceSynReceived)" ]
}

namespaces_start
sockets_start server "${SERVER[@]}"
tell server listen a "$SERVER4" 80 64
tables_start "namespaces on
namespace include ${NAMESPACES[1]}"
next_sample
check_run "another namespace is counted" wait_until 30 namespace_is_counted
test_zabbix
test_librenms
