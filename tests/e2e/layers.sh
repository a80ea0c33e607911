#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 60 s; plain; quick
# Is the code in the order that doc/architecture.md describes? module/ -> subagent/ -> core/ <- plugin/,
# each library in its own place, and core/ neither prints nor logs.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

# Who may include whom, besides itself.
LAYERS='
core/base:
core/model: core/base
core/kernel: core/model core/base
core/tuning: core/model core/base
core/diagnosis: core/model core/base
core/config: core/diagnosis core/model core/base
core/count: core/kernel core/diagnosis core/config core/model core/base
core/figures: core/count core/kernel core/diagnosis core/model core/base
core/sample: core/figures core/count core/kernel core/tuning core/diagnosis core/config core/model core/base
subagent: core/sample core/config core/diagnosis core/model core/base
plugin: core/sample core/config core/diagnosis core/model core/base
module: subagent core/model core/base
'

# Whose headers only some files may include: a pattern of headers, and one of files.
LIBRARIES='
<libmnl/libmnl\.h> ^core/kernel/diag\.c$
<jansson\.h> ^subagent/
<(seccomp|cap-ng)\.h> ^subagent/sandbox\.c$
<net-snmp/.*> ^(subagent/agent[a-z_]*\.[ch]|module/tcpstate_snmp\.c)$
"(collectd|globals|plugin|utils/.*)\.h" ^plugin/tcpstate\.c$
'

# "FILE HEADER" for each #include below some directories or in some files; the header in its
# quotes or brackets.
includes() {
	grep -rE '^[[:space:]]*#[[:space:]]*include' --include='*.[ch]' "$@" |
		sed -E 's/^([^:]*):[^"<]*(["<][^">]*[">]).*/\1 \2/'
}

LIBC='<[a-z0-9_]+\.h>|<(sys|netinet|arpa|net|linux|asm)/[a-z0-9_/]+\.h>'

# Each function prints what is wrong below the current directory.

wrong_layers() { # the project's own headers
	includes core subagent plugin module | sed 's/"\(.*\)\/[a-z0-9_]*\.h"$/\1/' |
		grep -E ' (core|subagent|plugin|module)(/[a-z]+)?$' | awk -v layers="$LAYERS" '
		BEGIN {
			n = split(layers, lines, "\n")
			for (i = 1; i <= n; i++) {
				m = split(lines[i], words, /[: ]+/)
				for (j = 2; j <= m; j++)
					may[words[1], words[j]] = 1
			}
		}
		{
			from = $1
			sub(/\/[^\/]*$/, "", from)
			if (from != $2 && !((from, $2) in may))
				print $1, $2
		}'
}

wrong_libraries() { # all others
	local header file
	includes core subagent plugin module | grep -vE ' "(core|subagent|plugin|module)/[a-z0-9_/]+\.h"$' |
		while read -r file header; do
			while read -r headers files; do
				[ -n "$headers" ] || continue
				[[ $header =~ ^$headers$ ]] || continue
				[[ $file =~ $files ]] || echo "$file $header"
				continue 2
			done <<<"$LIBRARIES"
			[[ $header =~ ^($LIBC)$ ]] || echo "$file $header"
		done
}

# A module is a path without its ending and without "_private".
wrong_circles() {
	includes core subagent plugin module | grep '"' |
		sed -E 's/^([^ ]*)\.[ch] "(.*)\.h"$/\1 \2/; s/_private//g' |
		awk '$1 != $2' | sort -u | tsort 2>&1 >/dev/null | sed -n 's/^tsort: \([^-]\)/\1/p'
}

wrong_paths() {
	includes core subagent plugin module tests | grep -E '[<"](\./|.*\.\./)'
}

wrong_diagnosis() { # neither file nor clock
	grep -nE '(clock_gettime|timing_now[a-z_]*|timing_cpu_us|[^a-z_]time|f?open(at)?|file_read[a-z_]*) ?\(' \
		core/diagnosis/*.[ch] /dev/null 2>/dev/null
}

wrong_edges() { # core's options know nothing of what their readers do with the figures
	grep -nriE 'agentx|snmp|trap|collectd|series|tcpstated|subagent|plugin' core/config
}

wrong_licence() {
	local file
	find core subagent plugin module tests mib profiles doc -type f \( -name '*.[ch]' -o \
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

RULES='layers libraries circles paths diagnosis edges licence output'

check_tree() {
	check "each directory includes those below it only" "" "$(wrong_layers)"
	check "each library is included in its own place" "" "$(wrong_libraries)"
	check "no modules include each other" "" "$(wrong_circles)"
	check "includes are written from the root" "" "$(wrong_paths)"
	check "core/diagnosis has no file and no clock" "" "$(wrong_diagnosis)"
	check "core/config has no word of the edges" "" "$(wrong_edges)"
	check "each file names its licence" "" "$(wrong_licence)"
	check "core/ neither prints nor logs" "" "$(wrong_output)"
}

# A rule that finds nothing in a wrong tree is none. Besides the line, the tree has that of MORE.
plant() { # RULE FILE LINE [FILE LINE]...
	local rule=$1 file=$2 line=$3 first='/* SPDX-License-Identifier: MIT */' each
	[ "$rule" != licence ] || first='/* nothing */'
	rm -rf "$T/tree"
	mkdir -p "$T"/tree/{core/{base,model,kernel,tuning,diagnosis,config,count,figures,sample},subagent,plugin,module} \
		"$T"/tree/{tests,mib,profiles,doc}
	shift
	while [ $# -gt 0 ]; do
		printf '%s\n' "$first" "$2" >>"$T/tree/$1"
		shift 2
	done
	for each in $RULES; do
		if [ "$each" = "$rule" ]; then
			check_match "$file: $line" "^${file%.[ch]}" "$(cd "$T/tree" && "wrong_$each")"
		elif [ "$rule" = none ]; then
			check "$file: $line is not against \"$each\"" "" \
				"$(cd "$T/tree" && "wrong_$each")"
		fi
	done
}

# Each arrow that is not in the table, and each that is.
check_arrows() {
	local from to arrows
	while IFS=: read -r from arrows; do
		[ -n "$from" ] || continue
		for to in core/{base,model,kernel,tuning,diagnosis,config,count,figures,sample} subagent plugin module; do
			if [ "$from" = "$to" ] || [[ " $arrows " = *" $to "* ]]; then
				plant none "$from/a.c" "#include \"$to/b.h\""
			else
				plant layers "$from/a.c" "#include \"$to/b.h\""
			fi
		done
	done <<<"$LAYERS"
}

check_rules() {
	plant layers core/model/a.h ' # include "core/kernel/b.h"'
	plant layers core/a.c '#include "core/base/b.h"'
	plant libraries core/kernel/a.h '#include <libmnl/libmnl.h>'
	plant libraries core/base/a.h '#include <net-snmp/net-snmp-config.h>'
	plant libraries core/base/a.c '#include <jansson.h>'
	plant libraries core/base/a.c '#include "collectd.h"'
	plant libraries core/base/a.c '#include "b.h"'
	plant libraries core/base/a.c '#include <curl/curl.h>'
	plant libraries subagent/tables.c '#include <net-snmp/net-snmp-config.h>'
	plant libraries subagent/daemon.c '#include "daemon.h"'
	plant libraries plugin/metrics.c '#include "plugin.h"'
	plant libraries plugin/metrics.c '#include "utils/common/common.h"'
	plant libraries plugin/metrics.c '#include <jansson.h>'
	plant circles core/base/a.c '#include "core/base/b.h"' core/base/b.c '#include "core/base/a.h"'
	plant circles core/base/a.h '#include "core/base/b.h"' core/base/b.h '#include "core/base/c.h"' \
		core/base/c.h '#include "core/base/a.h"'
	plant circles core/base/a.c '#include "core/base/b_private.h"' \
		core/base/b_private.h '#include "core/base/a.h"'
	plant paths tests/a.c '#include "../core/model/state.h"'
	plant diagnosis core/diagnosis/a.c '	clock_gettime(CLOCK_MONOTONIC, &now);'
	plant diagnosis core/diagnosis/a.c '	now = timing_now_ms();'
	plant diagnosis core/diagnosis/a.c '	f = fopen("x", "re");'
	plant edges core/config/a.h '	char agentx[128];'
	plant edges core/config/a.c '/* The collectd plugin has it. */'
	plant licence core/base/a.c 'int a;'
	plant output core/base/a.c '	printf("%d", 1);'
	plant output core/base/a.c '	fprintf(stderr, "x");'
	plant output core/base/a.c '	syslog(LOG_ERR, "x");'
	plant none core/base/a.c '	snprintf(buf, size, "%d", 1);'
	plant none core/diagnosis/a.c '	ms = timing_ms(&s->info.monotonic);'
	plant none core/base/a.c '#include "core/base/a.h"' core/base/a_more.c '#include "core/base/a_private.h"'
	plant none core/kernel/diag.c '#include <libmnl/libmnl.h>'
	plant none module/tcpstate_snmp.c '#include <net-snmp/net-snmp-config.h>'
	plant none subagent/agent_loop.c '#include <net-snmp/net-snmp-config.h>'
	plant none subagent/json.h '#include <jansson.h>'
	plant none plugin/tcpstate.c '#include "plugin.h"'
}

# The modules of a directory, as doc/architecture.md has them: below its name in bold in the table
# of core/, or in a table of its own.
documented() { # DIRECTORY
	awk -v directory="$1" '
		/^### / { at = $0 == "### " directory "/" }
		/^## / { at = 0 }
		/^\| \*\*/ { at = $0 ~ "^\\| \\*\\*" directory "\\*\\* " }
		at && /^\| `/ { split($0, cells, "|"); print cells[2] }' doc/architecture.md |
		grep -o '`[a-z_]*`' | tr -d '\`' | sort
}

check_document() {
	local from arrows
	while IFS=: read -r from arrows; do
		[ -n "$from" ] || continue
		check "doc/architecture.md has each module of $from/" \
			"$(find "$from" -maxdepth 1 -name '*.[ch]' -exec basename {} \; |
				sed 's/\..*//' | sort -u)" \
			"$(documented "$from")"
		arrows=${arrows//core\//} arrows=${arrows# }
		check_match "doc/architecture.md says what $from may include" \
			"^\| .$from/?. \|.*\| (${arrows:--}|all of core/)(, jansson)? \|" \
			"$(grep "^| .$from/\?. " doc/architecture.md)"
	done <<<"$LAYERS"
}

cd "$SRC" || die "no source directory"
check_tree
check_arrows
check_rules
check_document
