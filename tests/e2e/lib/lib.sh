# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the tests in shell share: checks, processes, network namespaces, tests/tools/sockets; with
# snmp.sh the private snmpd, snmptrapd and tcpstated; with states.sh all TCP states
# and what ss and /proc/net/tcp say of them.
#
# A test sources this file and makes its checks. When it ends, however it ends, its processes
# and namespaces are removed, a summary is printed, and the exit code is 0 only if there were
# checks and none failed.
#
#   BUILD  the build directory (default: the current one)
#   SRC    the source directory (default: the one that this file is in)
#   BIN    (made here) copies of tcpstated, sockets, nodiag that any user can run
#   T      (made here) the temporary directory
#   KEEP   not empty: keep the temporary directory, for its logs

set -u
SRC=${SRC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)}
BUILD=${BUILD:-$PWD}
LC_ALL=C
export LC_ALL
PATH=$PATH:/usr/sbin:/sbin

T=$(mktemp -d "${TMPDIR:-/tmp}/tcpstate-test.XXXXXX") || exit 1
chmod 755 "$T"

# Copies, because users without privilege may not reach the directories of the one who builds.
BIN=$T/bin
mkdir "$BIN" "$T/mibs"
for file in tcpstated tests/tools/{freeze,inject,nodiag,sockets}; do
	[ ! -x "$BUILD/$file" ] || cp "$BUILD/$file" "$BIN/"
done
cp "$BUILD"/mib/*.txt "$SRC"/mib/base/*.txt "$T/mibs/" 2>/dev/null
cp -r "$SRC/profiles" "$SRC/tests/lsan.supp" "$T/"
chmod -R a+rX "$BIN" "$T/mibs" "$T/profiles" "$T/lsan.supp"

# The functions that lsan.supp names are found by whole stacks only.
export ASAN_OPTIONS=fast_unwind_on_malloc=0
export LSAN_OPTIONS=suppressions=$T/lsan.supp:print_suppressions=0

# --- checks ------------------------------------------------------------------------------

PASSED=0
FAILED=0

ok() { # NAME
	PASSED=$((PASSED + 1))
	printf 'ok - %s\n' "$1"
}

fail() { # NAME [WHY]
	FAILED=$((FAILED + 1))
	printf 'FAILED - %s\n' "$1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/    /'
}

check() { # NAME EXPECTED ACTUAL: equal, several lines allowed
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		fail "$1" "$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") |
			sed -n 's/^</expected:/p; s/^>/actual:  /p')"
	fi
}

check_match() { # NAME EXTENDED-REGEX ACTUAL: one line of ACTUAL matches
	if grep -Eq -- "$2" <<<"$3"; then
		ok "$1"
	else
		fail "$1" "no match for: $2"$'\n'"in: $3"
	fi
}

check_run() { # NAME COMMAND...: the command succeeds
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		ok "$name"
	else
		fail "$name" "$*: exit code $?"$'\n'"$output"
	fi
}

# The test cannot go on: a failure.
die() { # WHY
	fail "$1" "${2:-}"
	exit 1
}

# What a test needs and does not have is a failure, not a reason to skip it.
require_root() {
	[ "$(id -u)" = 0 ] || die "needs root (network namespaces)"
}

require() { # COMMAND...
	local command
	for command; do
		command -v "$command" >/dev/null || die "needs $command"
	done
}

wait_until() { # SECONDS COMMAND...: polls; 1 if it did not come true
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@"; do
		((${EPOCHREALTIME/./} < end)) || return 1
		sleep "${WAIT_STEP:-0.05}"
	done
}

# The lowest number of forty looks: what is open for a moment is not in all of them, what was
# forgotten is.
least() { # COMMAND...
	local i
	for i in {1..40}; do
		"$@"
		sleep 0.05
	done | sort -n | head -n 1
}

# What git knows of the source, as it is now; a fresh clone, but for what is not committed. A
# source that is no clone (a release) is copied whole, without builds.
copy_source() { # DIRECTORY
	local files
	mkdir -p "$1"
	if files=$(git -C "$SRC" -c safe.directory='*' ls-files 2>/dev/null); then
		tar -C "$SRC" -cf - -T - <<<"$files" | tar -C "$1" -xf -
	else
		tar -C "$SRC" --exclude=./build --exclude=./build-tests -cf - . | tar -C "$1" -xf -
	fi
}

# The links of README.md and of the pages in doc/ beside it that lead nowhere: "FILE LINK".
dead_links() { # DIRECTORY
	local file link to
	for file in "$1"/README.md "$1"/doc/*.md; do
		grep -o '](\([^)]*\))' "$file" | tr -d '()]' | grep -v '^http' |
			while read -r link; do
				to=$(dirname "$file")/${link%%#*}
				[ "${link%%#*}" ] || to=$file
				case $link in
				*#*) headings "$to" 2>/dev/null | grep -qx -- "${link#*#}" ;;
				*) [ -f "$to" ] ;;
				esac || echo "${file#"$1"/} $link"
			done
	done
}

# As a link names them.
headings() { # FILE
	sed -n 's/^##* *//p' "$1" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-'
}

# --- processes ---------------------------------------------------------------------------

declare -A PIDS=()

spawn() { # NAME COMMAND...: in the background, output to $T/NAME.log, pid in ${PIDS[NAME]}
	local name=$1 fd
	shift
	(
		for fd in "${SOCKETS_IN[@]}" "${SOCKETS_OUT[@]}"; do
			exec {fd}>&-
		done
		exec "$@"
	) </dev/null >>"$T/$name.log" 2>&1 &
	PIDS[$name]=$!
}

gone() { # PID: ended, waited for or not
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	[[ ${stat##*) } == Z* ]]
}

stop() { # NAME [SIGNAL]: ends it (TERM), waits; its exit code, 124 if it did not end
	local name=$1 pid=${PIDS[$1]:-}
	[ -n "$pid" ] || return 0
	unset "PIDS[$name]"
	# The shell has a word to say on processes that a signal ended.
	{
		kill -s "${2:-TERM}" "$pid"
		kill -s CONT "$pid"
		if ! wait_until "${STOP_S:-10}" gone "$pid"; then
			kill -s KILL "$pid"
			wait "$pid"
			return 124
		fi
		wait "$pid"
	} 2>/dev/null
}

# --- tests/tools/sockets: one process each -----------------------------------------------------

declare -A SOCKETS_IN=() SOCKETS_OUT=()

# A process that is told on its stdin what to do and answers on its stdout.
talker_start() { # NAME COMMAND...
	local name=$1 in out fd
	shift
	mkfifo "$T/$name.in" "$T/$name.out" || return 1
	(
		for fd in "${SOCKETS_IN[@]}" "${SOCKETS_OUT[@]}"; do
			exec {fd}>&-
		done
		exec "$@" <"$T/$name.in" >"$T/$name.out" 2>>"$T/$name.log"
	) &
	PIDS[$name]=$!
	exec {in}>"$T/$name.in" {out}<"$T/$name.out"
	rm "$T/$name.in" "$T/$name.out"
	SOCKETS_IN[$name]=$in SOCKETS_OUT[$name]=$out
}

sockets_start() { # NAME [PREFIX...]: PREFIX such as "${SERVER[@]}" setpriv --reuid=1001
	talker_start "$@" "$BIN/sockets"
	answer "$1" || die "sockets $1 does not start" "$(cat "$T/$1.log")"
}

# A server on port 80 that has 20 connections in CLOSE_WAIT. (After namespaces_start.) The client
# shuts them down and keeps them: if the answer to a FIN arrives while close() is still at it, the
# client's kernel ends the connection with a RST after tcp_fin_timeout, and CLOSE_WAIT is gone.
forgetful_server() {
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen a "$SERVER4" 80 64
	tell client connect c "$SERVER4" 80 20
	tell server accept x a 20
	tell client shutdown c
}

ask() { # NAME COMMAND...: does not wait
	local fd=${SOCKETS_IN[$1]}
	shift
	printf '%s\n' "$*" >&"$fd"
}

answer() { # NAME: waits for the answer, which is then in $REPLY; 1 if it is an error
	REPLY=
	read -r -t 90 -u "${SOCKETS_OUT[$1]}" REPLY
	case $REPLY in
	ok* | ready) REPLY=${REPLY#ok} REPLY=${REPLY# } ;;
	*) return 1 ;;
	esac
}

tell() { # NAME COMMAND...: does and waits; an error ends the test
	ask "$@"
	answer "$1" || die "sockets $*" "$REPLY"
}

sockets_stop() { # NAME...: the kernel closes what it held
	local name fd
	for name; do
		stop "$name"
		for fd in "${SOCKETS_IN[$name]}" "${SOCKETS_OUT[$name]}"; do
			exec {fd}>&-
		done
		unset "SOCKETS_IN[$name]" "SOCKETS_OUT[$name]"
	done
}

# --- network namespaces ------------------------------------------------------------------
# A server, the host under test, and a client, joined by a veth pair. The client has each
# address of CROWD4 and CROWD6, so that it can be thousands of remotes. Whatever the server
# sends to other addresses goes to the client, which drops it without a word: nobody answers
# at DEAD4 and DEAD6.

SERVER4=192.0.2.1 CLIENT4=192.0.2.2 CROWD4=198.18.0.1 DEAD4=198.19.0.1
SERVER6=2001:db8::1 CLIENT6=2001:db8::2 CROWD6=2001:db8:1::1 DEAD6=2001:db8:2::1
SERVER=() CLIENT=() NAMESPACES=()
declare -A WANT=() # the sockets that were made: states.sh

in_server() { # COMMAND...
	"${SERVER[@]}" "$@"
}

in_client() {
	"${CLIENT[@]}" "$@"
}

sysctl_server() { # NAME=VALUE...: below net.ipv4, in the server's namespace only
	in_server sysctl -qw "${@/#/net.ipv4.}"
}

sysctl_client() {
	in_client sysctl -qw "${@/#/net.ipv4.}"
}

make_namespace() { # NAME
	ip netns add "$1" || die "cannot make a network namespace"
	NAMESPACES+=("$1")
	ip -n "$1" link set lo up
}

# The addresses of the link are known beforehand: no test waits for ARP or for a duplicate
# address to be detected.
MAC_SERVER=02:00:00:00:00:01 MAC_CLIENT=02:00:00:00:00:02

join_namespaces() {
	local server=$1 client=$2
	ip -n "$server" link add name veth0 address $MAC_SERVER type veth \
		peer name veth0 address $MAC_CLIENT netns "$client" &&
		ip -n "$server" addr add "$SERVER4/24" dev veth0 &&
		ip -n "$server" addr add "$SERVER6/64" dev veth0 nodad &&
		ip -n "$client" addr add "$CLIENT4/24" dev veth0 &&
		ip -n "$client" addr add "$CLIENT6/64" dev veth0 nodad &&
		ip -n "$server" link set veth0 up && ip -n "$client" link set veth0 up &&
		ip -n "$server" neigh replace "$CLIENT4" lladdr $MAC_CLIENT dev veth0 &&
		ip -n "$server" neigh replace "$CLIENT6" lladdr $MAC_CLIENT dev veth0 &&
		ip -n "$client" neigh replace "$SERVER4" lladdr $MAC_SERVER dev veth0 &&
		ip -n "$client" neigh replace "$SERVER6" lladdr $MAC_SERVER dev veth0 &&
		ip -n "$server" route add default via "$CLIENT4" &&
		ip -n "$server" -6 route add default via "$CLIENT6" &&
		ip -n "$client" route add local "${CROWD4%.*.*}.0.0/16" dev lo &&
		ip -n "$client" -6 route add local "${CROWD6%1}/64" dev lo &&
		ip -n "$client" route add blackhole default &&
		ip -n "$client" -6 route add blackhole default
}

# The client drops what comes from the server's ports in the set "mute": loss of packets.
make_mute() {
	in_client nft -f - <<-'END'
		table inet tcpstate {
			set mute { type inet_service; }
			chain input {
				type filter hook input priority 0;
				tcp sport @mute drop
			}
		}
	END
}

mute() { # PORT...
	local IFS=,
	in_client nft add element inet tcpstate mute "{ $* }"
}

unmute() {
	in_client nft flush set inet tcpstate mute
}

namespaces_start() {
	require_root
	require ip nft nsenter ss sysctl
	local server=tcpstate-s-$$ client=tcpstate-c-$$
	make_namespace "$server"
	make_namespace "$client"
	SERVER=(nsenter "--net=/run/netns/$server" --)
	CLIENT=(nsenter "--net=/run/netns/$client" --)
	join_namespaces "$server" "$client" || die "cannot join the namespaces"
	make_mute || die "nftables does not work in a namespace"
	# A segment that is sent again because the machine had no time meets a closed socket, whose
	# reset would take a TIME_WAIT away: not with RFC 1337.
	sysctl_server conf.all.rp_filter=0 conf.veth0.rp_filter=0 tcp_rfc1337=1 \
		tcp_syn_retries=7 tcp_synack_retries=7 tcp_orphan_retries=12
	sysctl_client "ip_local_port_range=1024 65535" tcp_rfc1337=1 tcp_orphan_retries=12
	# A local route is enough to bind to an IPv4 address, and not to an IPv6 one.
	in_client sysctl -qw net.ipv6.ip_nonlocal_bind=1
}

# Ends all processes and removes the namespaces; a test can go on with new ones.
stop_all() {
	local name namespace pids
	for name in "${!PIDS[@]}"; do
		kill -s TERM "${PIDS[$name]}" 2>/dev/null
	done
	sockets_stop "${!SOCKETS_IN[@]}"
	for name in "${!PIDS[@]}"; do
		stop "$name"
	done
	for namespace in "${NAMESPACES[@]}"; do
		# Only this test's processes can be in there.
		pids=$(ip netns pids "$namespace")
		# shellcheck disable=SC2086
		[ -z "$pids" ] || kill -s KILL $pids
		ip netns del "$namespace"
	done
	SERVER=() CLIENT=() NAMESPACES=() WANT=()
}

# --- the end -----------------------------------------------------------------------------

# A program built with sanitizers tells of a bug in its log.
check_sanitizers() {
	local reports
	reports=$(grep -aE 'Sanitizer|runtime error:' "$T"/*.log 2>/dev/null) &&
		fail "the sanitizers are silent" "$reports"
}

show_logs() {
	local log
	for log in "$T"/*.log; do
		[ ! -s "$log" ] || printf -- '--- %s, its end:\n%s\n' "${log##*/}" "$(tail -n 40 "$log")"
	done
}

cleanup() {
	local code=$?
	trap '' HUP INT TERM
	stop_all
	check_sanitizers
	((code == 0 && FAILED == 0)) || show_logs
	if [ -n "${KEEP:-}" ]; then
		printf 'kept: %s\n' "$T"
	else
		rm -rf "$T"
	fi
	printf '%s: %d passed, %d failed\n' "$(basename "$0")" "$PASSED" "$FAILED"
	((code != 0)) || ((PASSED > 0 && FAILED == 0)) || code=1
	exit "$code"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# shellcheck source=tests/e2e/lib/snmp.sh
. "$SRC/tests/e2e/lib/snmp.sh"
# shellcheck source=tests/e2e/lib/states.sh
. "$SRC/tests/e2e/lib/states.sh"
