#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 60 s; plain; quick
# Is the code in the order that doc/architecture.md describes? subagent/ -> core/ <- plugin/,
# each library in its own place, and core/ neither prints nor logs.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

# "FILE HEADER" for each #include below some folders or in some files; the header in its
# quotes or brackets.
includes() {
	grep -rE '^[[:space:]]*#[[:space:]]*include' --include='*.[ch]' "$@" |
		sed -E 's/^([^:]*):[^"<]*(["<][^">]*[">]).*/\1 \2/'
}

LIBC='<[a-z0-9_]+\.h>|<(sys|netinet|arpa|net)/[a-z0-9_/]+\.h>'
KERNEL='<(linux|asm)/[a-z0-9_/]+\.h>'

# Each function prints what is wrong below the current folder.

wrong_core() { # libc, the kernel's headers, libmnl and core/ itself
	includes core | grep -vE " ($LIBC|$KERNEL|<libmnl/libmnl\.h>|\"core/[a-z0-9_/]+\.h\")$"
	includes core | grep -E ' <(jansson|collectd)\.h>$'
}

wrong_subagent() {
	includes subagent | grep -E '"plugin/'
	includes subagent | grep -E '[<"]net-snmp/' | grep -vE '^subagent/agent[a-z_]*\.[ch] '
	includes subagent | grep -E '"' | grep -vE ' "(core|subagent)/[a-z0-9_/]+\.h"$'
}

wrong_plugin() {
	includes plugin | grep -E '"subagent/|[<"]net-snmp/|<jansson'
	includes plugin | grep -E '"' | grep -v '^plugin/tcpstate\.c ' |
		grep -vE ' "(core|plugin)/[a-z0-9_/]+\.h"$'
	includes plugin | grep -E '[<"](collectd|plugin)\.h[">]' | grep -v '^plugin/tcpstate\.c '
}

wrong_paths() {
	includes core subagent plugin tests | grep -E '[<"](\./|.*\.\./)'
}

wrong_licence() {
	local file
	find core subagent plugin tests mib profiles doc -type f \( -name '*.[ch]' -o \
		-name '*.sh' -o -name '*.am' -o -name '*.in' -o -name '*.md' -o -name '*.awk' \
		-o -name '*.conf' -o -name '*.txt' \) ! -path '*/data/*' |
		while read -r file; do
			head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
		done
}

wrong_output() {
	grep -nrE --include='*.c' \
		'(^|[^a-z_])(v?printf|puts|putchar|perror|v?syslog|v?warnx?|v?errx?) ?\(|std(out|err)' \
		core
}

RULES='core subagent plugin paths licence output'

check_tree() {
	check "core/ includes libc, the kernel, libmnl and core/ only" "" "$(wrong_core)"
	check "subagent/ knows core/ only, net-snmp is in agent*.c" "" "$(wrong_subagent)"
	check "plugin/ knows core/ only, collectd is in tcpstate.c" "" "$(wrong_plugin)"
	check "includes are written from the root" "" "$(wrong_paths)"
	check "each file names its licence" "" "$(wrong_licence)"
	check "core/ neither prints nor logs" "" "$(wrong_output)"
}

# A rule that finds nothing in a wrong tree is none.
plant() { # RULE FILE LINE
	local first='/* SPDX-License-Identifier: MIT */'
	[ "$1" != licence ] || first='/* nothing */'
	rm -rf "$T/tree"
	mkdir -p "$T"/tree/{core,subagent,plugin,tests,mib,profiles,doc}
	printf '%s\n' "$first" "$3" >"$T/tree/$2"
	for rule in $RULES; do
		if [ "$rule" = "$1" ]; then
			check_match "$2: $3" "^$2" "$(cd "$T/tree" && "wrong_$rule")"
		elif [ "$1" = none ]; then
			check "$2: $3 is not against \"$rule\"" "" "$(cd "$T/tree" && "wrong_$rule")"
		fi
	done
}

check_rules() {
	plant core core/a.c '#include "subagent/tables.h"'
	plant core core/a.h '#include <net-snmp/net-snmp-config.h>'
	plant core core/a.c '#include <jansson.h>'
	plant core core/a.c '#include "collectd.h"'
	plant core core/a.c ' # include "b.h"'
	plant subagent subagent/tables.c '#include <net-snmp/net-snmp-config.h>'
	plant subagent subagent/agent.c '#include "plugin/metrics.h"'
	plant subagent subagent/daemon.c '#include "daemon.h"'
	plant plugin plugin/metrics.c '#include "plugin.h"'
	plant plugin plugin/metrics.c '#include "utils/common/common.h"'
	plant plugin plugin/tcpstate.c '#include "subagent/index.h"'
	plant paths tests/a.c '#include "../core/model/state.h"'
	plant licence core/a.c 'int a;'
	plant output core/a.c '	printf("%d", 1);'
	plant output core/a.c '	fprintf(stderr, "x");'
	plant output core/a.c '	syslog(LOG_ERR, "x");'
	plant none core/a.c '	snprintf(buf, size, "%d", 1);'
	plant none subagent/agent_loop.c '#include <net-snmp/net-snmp-config.h>'
	plant none plugin/tcpstate.c '#include "plugin.h"'
}

# doc/architecture.md names each file of the three rooms, and none that is not there.
documented() { # ROOM
	sed -n "/^### $1\//,/^##/p" doc/architecture.md | sed -n 's/^| \(.*\) | .*/\1/p' |
		grep -o '`[a-z_]*`' | tr -d '\`' | sort
}

check_document() {
	local room
	for room in core subagent plugin; do
		check "doc/architecture.md has each module of $room/" \
			"$(find "$room" -name '*.[ch]' -exec basename {} \; | sed 's/\..*//' | sort -u)" \
			"$(documented "$room")"
	done
}

cd "$SRC" || die "no source folder"
check_tree
check_rules
check_document
