#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain
# The plugin in a collectd with five read and five write threads, in turns: no data race that
# ThreadSanitizer would see, while it reads, notifies and ends.
. "$(dirname "$0")/lib/lib.sh"
. "$SRC/tests/e2e/lib/collectd.sh"
require gcc collectd collectdctl setpriv setarch

# The plugin with all of core, instrumented; collectd itself is not.
build() {
	local flags=()
	read -r -d '' -a flags < <(sed -nE 's/^(MNL_CFLAGS|COLLECTD_CPPFLAGS) = //p' "$BUILD/Makefile")
	mkdir -p "$T/plugins"
	gcc -fsanitize=thread -g -O1 -fPIC -shared -std=gnu11 -D_GNU_SOURCE -DHAVE_CONFIG_H \
		'-DTCPSTATE_DATADIR=""' '-DTCPSTATE_VERSION=""' "-I$SRC" "-I$BUILD" "${flags[@]}" \
		-o "$T/plugins/tcpstate.so" "$SRC"/core/*/*.c "$SRC"/plugin/*.c -lmnl
}

races() {
	grep -h 'WARNING: ThreadSanitizer' -A 12 "$T"/host/tsan.* 2>/dev/null
}

build || die "the instrumented plugin"
namespaces_start
COLLECTD_IN=("${SERVER[@]}")
collectd_writing host
plugin_configure host 0.05 <<-'END'
	ReportTuning true
	TuningInterval 10
	MaxRemotes 5
	State ESTABLISHED warning 3 critical 5 hold 0
END
sed -i 's/^Interval .*/&\nReadThreads 5\nWriteThreads 5/' "$T/host.conf"
sockets_start server "${SERVER[@]}"
sockets_start client "${CLIENT[@]}"
# Addresses that are the same in each process, as ThreadSanitizer needs them.
collectd_start host setarch -R env "LD_PRELOAD=$(gcc -print-file-name=libtsan.so)" \
	"TSAN_OPTIONS=log_path=$T/host/tsan ignore_noninstrumented_modules=1 halt_on_error=0"
for ((i = 0; i < 10; i++)); do
	tell server listen "l$i" "$SERVER4" $((8001 + i)) 64
	tell client connect "c$i" "$SERVER4" $((8001 + i)) 10
	sleep 1
	tell client close "c$i"
done
check_match "it runs under ThreadSanitizer" libtsan "$(cat "/proc/${PIDS[host]}/maps")"
check_match "it notifies" 'Notification: severity = FAILURE' "$(cat "$T/host.log")"
stop host
check "it ends" 0 $?
check "no race" "" "$(races)"
