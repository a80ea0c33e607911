#!/bin/bash
# SPDX-License-Identifier: MIT
# integrations/zabbix in a real Zabbix server 7.0, of Debian 13's packages in a root of their own: the
# template is imported, a host is asked, a fault is made with real sockets, there and in another
# namespace; the problem names who causes it, and ends; a daemon that is gone is one. Some fifteen
# minutes and 1.5 GB.
#
#   BUILD  the build directory
#   ROOT   where the root is kept (default: zabbix-root in the build directory)
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/../e2e/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tables.sh
. "$SRC/tests/e2e/lib/tables.sh"
require curl debootstrap jq

ROOT=${ROOT:-$BUILD/zabbix-root}
TEMPLATE=$SRC/integrations/zabbix/tcpstate.yaml
TOKEN=''
PACKAGES="curl php-bcmath php-cli php-gd php-ldap php-mbstring php-pgsql php-xml postgresql
	zabbix-frontend-php zabbix-server-pgsql"

# --- the server ------------------------------------------------------------------------------

make_root() {
	local mirror
	[ ! -e "$ROOT/usr/sbin/zabbix_server" ] || return 0
	mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m 1 '/debian/*$')
	debootstrap --variant=minbase --include=ca-certificates trixie "$ROOT" "$mirror" || return
	cp -L /etc/resolv.conf "$ROOT/etc/"
	cp /etc/apt/apt.conf.d/*proxy* "$ROOT/etc/apt/apt.conf.d/" 2>/dev/null
	printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
	chmod +x "$ROOT/usr/sbin/policy-rc.d"
	# shellcheck disable=SC2086
	chroot "$ROOT" sh -c 'apt-get update && exec env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends "$@"' - $PACKAGES
}

# Database, server and the API of its frontend, all below one process that ends them.
zabbix_start() {
	cat >"$ROOT/start" <<-'END'
		set -e
		rm -rf /tmp/db /run/zabbix && mkdir -p /run/zabbix /run/postgresql
		chown zabbix /run/zabbix && chown postgres /run/postgresql
		bin=$(echo /usr/lib/postgresql/*/bin)
		su postgres -c "$bin/initdb -D /tmp/db -A trust -E UTF8 --locale=C.UTF-8"
		su postgres -c "$bin/pg_ctl -D /tmp/db -w -o '-c fsync=off -c listen_addresses=' -l /tmp/db.log start"
		su postgres -c "createuser zabbix; createdb -O zabbix -E UTF8 zabbix"
		for part in schema images data; do
			gzip -dc /usr/share/zabbix-server-pgsql/$part.sql.gz | psql -q -U zabbix zabbix
		done
		printf '%s\n' LogType=console DBHost= DBName=zabbix DBUser=zabbix CacheUpdateFrequency=5 \
			StartReportWriters=0 PidFile=/run/zabbix/pid SocketDir=/run/zabbix >/tmp/server.conf
		cat >/etc/zabbix/zabbix.conf.php <<'PHP'
		<?php
		$DB['TYPE'] = 'POSTGRESQL'; $DB['SERVER'] = ''; $DB['PORT'] = '0';
		$DB['DATABASE'] = 'zabbix'; $DB['USER'] = 'zabbix'; $DB['PASSWORD'] = ''; $DB['SCHEMA'] = '';
		PHP
		su -s /bin/sh zabbix -c "zabbix_server -f -c /tmp/server.conf" &
		exec php -d memory_limit=512M -d max_execution_time=300 -d post_max_size=16M \
			-S 127.0.0.1:8080 -t /usr/share/zabbix
	END
	spawn zabbix "${SERVER[@]}" unshare -m -p -f --kill-child sh -c "
		mount --make-rprivate / && mount -t proc proc '$ROOT/proc' &&
		mount -t tmpfs -o mode=1777 tmpfs '$ROOT/tmp' &&
		mount -t tmpfs -o mode=755 tmpfs '$ROOT/run' &&
		mount --bind /dev '$ROOT/dev' &&
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 chroot '$ROOT' sh /start"
	wait_until 180 logged_in || die "Zabbix does not start"
}

api() { # METHOD PARAMETERS: the result
	in_server curl -sS -H 'Content-Type: application/json-rpc' \
		${TOKEN:+-H "Authorization: Bearer $TOKEN"} --data-binary @- \
		http://127.0.0.1:8080/api_jsonrpc.php < <(
		jq -n --arg method "$1" --argjson params "$2" \
			'{jsonrpc: "2.0", id: 1, method: $method, params: $params}') >"$T/answer" || return
	jq -e 'if .error then error(.error.data) else .result end' "$T/answer"
}

logged_in() {
	TOKEN=''
	TOKEN=$(api user.login '{"username": "Admin", "password": "zabbix"}' 2>/dev/null | jq -r .)
	[ -n "$TOKEN" ]
}

import() { # again gives the same
	api configuration.import "$(jq -n --rawfile source "$TEMPLATE" '
		{createMissing: true, updateExisting: true} as $both |
		{format: "yaml", source: $source, rules: {
			template_groups: {createMissing: true}, templates: $both, items: $both,
			valueMaps: $both, triggers: $both, discoveryRules: $both}}')"
}

make_host() {
	api host.create "$(jq -n --arg port "$SNMP_PORT" --arg community "$COMMUNITY" \
		--argjson template "$(api template.get '{"filter": {"host": "tcpstate by SNMP"}}' |
			jq '[.[] | {templateid}]')" '
		{host: "web-03", groups: [{groupid: "2"}], templates: $template,
			macros: [{macro: "{$SNMP_COMMUNITY}", value: $community}],
			interfaces: [{type: 2, main: 1, useip: 1, ip: "127.0.0.1", dns: "", port: $port,
				details: {version: 2, community: "{$SNMP_COMMUNITY}"}}]}')"
}

# --- what it sees ----------------------------------------------------------------------------

item() { # NAME: its newest value
	api item.get "$(jq -n --arg name "$1" '{filter: {name: $name}, host: "web-03",
		output: ["lastvalue", "lastclock"]}')" | jq -r '.[] | select(.lastclock != "0").lastvalue'
}

item_is() { # NAME VALUE
	[ "$(item "$1")" = "$2" ]
}

check_item() { # NAME VALUE
	WAIT_STEP=2 wait_until 240 item_is "$1" "$2"
	check "item: $1" "$2" "$(item "$1")"
}

problems() {
	api problem.get '{"output": ["name", "severity"]}' |
		jq -r '.[] | select(.name | startswith("tcpstate")) | "\(.severity) \(.name)"'
}

problem_is() { # REGEX
	problems | grep -qE -- "$1"
}

no_problem() {
	[ -z "$(problems)" ]
}

unsupported() {
	api item.get '{"host": "web-03", "filter": {"state": 1}, "output": ["name", "error"]}' |
		jq -r '.[] | "\(.name): \(.error)"'
}

test_quiet() {
	check_item "tcpstate: worst severity" 1
	check_item "TCP: CLOSE_WAIT" 20
	check_item "TCP limit acceptBacklog: used" 0
	check_item "acceptQueue: severity" 1
	check_item "$SERVER4:80 (sockets): accept queue" 0
	check "no item is unsupported" "" "$(unsupported)"
	check "no problem" "" "$(problems)"
}

test_fault() {
	tell server listen b "$SERVER4" 81 32
	tell client connect d "$SERVER4" 81 33
	WAIT_STEP=2 wait_until 150 problem_is 'critical'
	problems
	check_match "the problem names who" \
		"^4 tcpstate: acceptQueue 10[03], $SERVER4:81 sockets\[[0-9]+\], 33 of 32 \(critical\)$" "$(problems)"
	check "it is the only one" 1 "$(problems | wc -l)"
	check_item "$SERVER4:81 (sockets): accept queue" 33
	tell server accept y b 33
	WAIT_STEP=2 wait_until 200 no_problem
	check "it ends" "" "$(problems)"
}

# The client's namespace, which is a container's as far as the host knows.
test_namespace() {
	local name=${NAMESPACES[1]}
	tcpstated_stop
	tcpstated_start "$CONFIGURATION
namespaces on
namespace include $name"
	tell client listen n 127.0.0.1 82 16
	tell client connect m 127.0.0.1 82 17
	WAIT_STEP=2 wait_until 240 problem_is "$name"
	check_match "the problem names the namespace and who" \
		"^4 tcpstate: $name: acceptQueue, 127.0.0.1:82 sockets\[[0-9]+\].*, 17 of 16 \(critical\)$" \
		"$(problems)"
	check "it is the only one" 1 "$(problems | wc -l)"
	check_item "$name: condition" acceptQueue
	check_item "$name: CLOSE_WAIT" 0
	tell client accept o n 17
	WAIT_STEP=2 wait_until 200 no_problem
	check "it ends" "" "$(problems)"
	check "no item is unsupported" "" "$(unsupported)"
}

test_gone() {
	tcpstated_stop
	WAIT_STEP=5 wait_until 420 problem_is 'no answer for 5 minutes'
	check "a daemon that is gone is a problem" "3 tcpstate: no answer for 5 minutes" "$(problems)"
}

make_root >"$T/root.log" 2>&1 || die "no root" "$(tail -n 20 "$T/root.log")"
namespaces_start
forgetful_server
snmpd_start
TCPSTATED_AS=()
CONFIGURATION="$SAMPLING
condition tuningDrift off
condition tuningHarmful off
condition closeWaitStale off"
tcpstated_start "$CONFIGURATION"
zabbix_start
check_run "the template is imported" import
check_run "and once more" import
check_run "a host has it" make_host
test_quiet
test_fault
test_namespace
test_gone
