#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain,sanitizers; quick
# tcpstated --tuning: the report, its JSON, the fragment for sysctl.d(5) applied to a host, the
# user's own profiles; and that nothing is ever opened for writing.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tuning.sh
. "$SRC/tests/e2e/lib/tuning.sh"
require jq strace

FRAGMENT=/etc/sysctl.d/90-tcpstate.conf

audit() { # OPTION...
	in_server "$BIN/tcpstated" --tuning "$@"
}

audit_jq() { # PROFILE PROGRAM
	audit --profile "$1" --json | jq -r "$2"
}

# A host with something of everything to tell.
make_host() {
	host_start
	sysctl_server tcp_sack=0 tcp_fin_timeout=17 tcp_retries2=10 tcp_syncookies=0 \
		'tcp_rmem=4096 131072 500000'
	in_server sysctl -qw net.core.somaxconn=128
	cat >"$HOST/sysctl.d/50-web.conf" <<-'END'
		net.ipv4.tcp_fin_timeout = 15
		net.ipv4.tcp_tw_recycle = 1
		net.core.somaxconn = 128
		nonsense
	END
	ln -s nowhere "$HOST/sysctl.d/60-gone.conf"
}

longest_line() {
	awk 'length > n { n = length } END { print n + 0 }'
}

test_report() {
	make_host
	local look all
	look=$(audit)
	check "the report can be had" 0 $?
	check_match "it says what it is made of" '^profile modern; next boot as procps' "$look"
	check_match "a harmful value" '^tcp_sack +0 +1 1 ' "$look"
	check_match "and what harm it does" '^    HARMFUL: without selective' "$look"
	check_match "a value that differs" '^net\.core\.somaxconn +128 +4096 at least 4096 +128$' \
		"$look"
	check_match "a drift with file and line" \
		'^    drift: the next boot sets "15" \(/etc/sysctl\.d/50-web\.conf:1\)' "$look"
	check_match "a value in no file" '^    drift: no file sets it' "$look"
	check_match "a parameter that is set and not there" \
		'^    absent: /etc/sysctl\.d/50-web\.conf:2 sets what this kernel' "$look"
	check_match "a file that cannot be read" '^1 files that the next boot reads could not be read' "$look"
	check_match "a line that nobody understands" '^1 lines in sysctl\.d are neither' "$look"
	check "nothing that is well" "" "$(grep -E '^(tcp_dsack|tcp_window_scaling) ' <<<"$look")"
	check_match "the sums" "values: 2 harmful, 2 differ from the profile, 1 differ from the" \
		"$look"

	all=$(audit --all)
	check "--all has every parameter of the kernel" "" \
		"$(comm -23 <(kernel_rows "${SERVER[@]}" | cut -d ' ' -f 1 | sort -u) \
			<(sed -n 's/^\([a-z][a-z0-9_.]*\).*/\1/p' <<<"$all" | sort -u))"
	check_match "with its meaning" '^    tell the peer of duplicate segments' "$all"
	check "nothing is wider than 100 columns" "yes yes" \
		"$(for text in "$look" "$all"; do
			(($(longest_line <<<"$text") <= 100)) && echo yes
		done | paste -sd ' ')"
}

test_json() {
	make_host
	check "the JSON has the kernel's values" "$(kernel_rows "${SERVER[@]}")" \
		"$(audit_jq modern '.parameters[] | select(.status != "absent")
			| "\(.name) \(.element) \(.value)"' | by_name)"
	check "and the sums" "modern procps  1 1 2 1" "$(audit_jq modern '"\(.profile)
		\(.persistedBy) \(.persistedError) \(.persistedUnreadable) \(.persistedBadLines)
		\(.harmful) \(.drifted)"' | tr -d '\t' | paste -sd ' ')"
	check "one row, whole" "$(jq -n '{name: "tcp_fin_timeout", element: 1, value: "17",
		number: 17, default: "60", recommended: "", persisted: "15",
		persistedIn: "/etc/sysctl.d/50-web.conf:1", status: "noRecommendation",
		drift: "differsFromPersisted", reason: "", note: "",
		meaning: "seconds that a connection without an owner waits in FIN_WAIT_2 for the peer'"'"'s FIN"}')" \
		"$(audit_jq modern '.parameters[] | select(.name == "tcp_fin_timeout")')"
	check "what is harmful" "tcp_sack tcp_syncookies" "$(audit_jq modern '
		.parameters[] | select(.status == "harmful") | .name' | paste -sd ' ')"
}

# Names of files may hold anything. Nothing of it reaches a terminal, a script, or becomes a line
# of the fragment.
test_names() {
	local odd=$'1\xe9\e[31m\nnet.ipv4.tcp_dsack = 0' own=$'own\xe9\e\nx = 1.conf'
	local shown='1??[31m?net.ipv4.tcp_dsack = 0'
	make_host
	echo 'net.ipv4.tcp_sack = 1' >"$HOST/sysctl.d/$odd.conf"
	echo 'tcp_sack = 1 ours' >"$T/$own"
	check "the JSON of odd names" "own???x = 1.conf /etc/sysctl.d/$shown.conf:1" \
		"$(audit_jq "$T/$own" '"\(.profile | sub(".*/"; "")) \(.parameters[]
			| select(.name == "tcp_sack") | .persistedIn)"')"
	check "the report of odd names" "" "$(audit --all --profile "$T/$own" |
		tr -d '\n -~' | od -An -c)"
	check "the fragment has the setting only" "net.ipv4.tcp_sack = 1" \
		"$(audit --sysctl --profile "$T/$own" | grep -v '^#' | grep .)"
	check "an error about an odd name" "tcpstated: /no??: No such file or directory" \
		"$(audit -c $'/no\xe9\n' 2>&1)"
	audit --json >/dev/full 2>"$T/output"
	check "output that cannot be written: exit code" 1 $?
	check "and why" "tcpstated: the output cannot be written" "$(cat "$T/output")"
}

# --- the fragment ------------------------------------------------------------------------

apply() { # PROFILE: as the fragment itself says
	audit --profile "$1" --sysctl >"$T/fragment"
	cp "$T/fragment" "$HOST/sysctl.d/90-tcpstate.conf"
	in_server sysctl -qp "$FRAGMENT"
}

# What the profile still has a word on.
left() { # PROFILE
	audit_jq "$1" '.parameters[] | select(.status == "differs" or .status == "harmful")
		| "\(.name) \(.status)"'
}

test_modern() {
	make_host
	sysctl_server tcp_abort_on_overflow=1 tcp_timestamps=2 tcp_tw_reuse=1
	check "there is something to do" 7 "$(left modern | wc -l)"
	check_run "the fragment for modern can be applied" apply modern
	check "then the host is at the profile" "" "$(left modern)"
	check "and stays there" "" "$(audit_jq modern '.parameters[]
		| select(.recommended != "" and .drift != "none" and .status != "absent") | .name')"
	check "what the profile has no word on is as it was" 17 \
		"$(in_server sysctl -n net.ipv4.tcp_fin_timeout)"
	check_match "the values beside an element stay" $'^4096\t131072\t[0-9]+$' \
		"$(in_server sysctl -n net.ipv4.tcp_rmem)"
	check_match "the fragment says why" '^# Every listen\(\) backlog is cut to it\.' \
		"$(cat "$T/fragment")"
	check_match "or what harm it does" '^# without selective acknowledgements' \
		"$(cat "$T/fragment")"
	check_match "and where the old setting is" \
		'^# running 128, recommended at least 4096, set to 128 in /etc/sysctl\.d/50-web' \
		"$(cat "$T/fragment")"
	check "run again, nothing differs" "# There is nothing to change." \
		"$(audit --sysctl | tail -n 1)"
	in_server sysctl --system >/dev/null 2>&1
	check "nor does the next boot change it" "15 " \
		"$(in_server sysctl -n net.ipv4.tcp_fin_timeout) $(left modern)"
}

# The profiles of old times recommend what is known to do harm: that is left out.
test_founding() {
	local profile
	host_start
	sockets_start server "${SERVER[@]}"
	tell server listen l "$SERVER4" 8080 16
	for profile in web-server http-client; do
		check_run "the fragment for $profile can be applied" apply "$profile"
		check "nothing in it does harm" 0 "$(audit_jq "$profile" .harmful)"
		check "and what is left is just that ($profile)" \
			"$(sed -n 's/^# \(net\.ipv4\.\)\{0,1\}\([a-z0-9_]*\) = .*(left out: known to do harm)$/\2/p' \
				"$T/fragment" | sort -u)" \
			"$(left "$profile" | cut -d ' ' -f 1 | sort -u)"
		check_run "that is not nothing" grep -q 'left out' "$T/fragment"
	done
}

# --- profiles ----------------------------------------------------------------------------

check_refused() { # NAME PROFILE EXTENDED-REGEX
	local message
	message=$(audit --profile "$2" 2>&1 >"$T/output")
	check "$1: exit code" 1 $?
	check_match "$1: why" "^tcpstated: $3" "$message"
	check "$1: nothing is printed" "" "$(cat "$T/output")"
}

test_profiles() {
	host_start
	local installed
	installed=$(installed_profiles)
	cat >"$HOST/profiles/mine.conf" <<-'END'
		# What we want.
		tcp_fin_timeout        <= 30       ours
		net.core.somaxconn     >= 8192     ours, too
		tcp_congestion_control one-of no-such-one,neither  there is none
		tcp_wmem[3]            = 1000000   small
		tcp_max_tw_buckets     >= default  as the kernel has it
		net.ipv6.ip_nonlocal_bind = 1      not only IPv4
	END
	cp "$HOST/profiles/mine.conf" "$T/ours.conf"
	check "a profile of one's own by name" "net.core.somaxconn at least 8192
net.ipv6.ip_nonlocal_bind 1
tcp_congestion_control no-such-one or neither
tcp_fin_timeout at most 30
tcp_wmem 1000000" \
		"$(audit_jq mine '.parameters[] | select(.status == "differs")
			| "\(.name) \(.recommended)"' | by_name)"
	check "the same by path" "$(audit_jq mine '.parameters')" \
		"$(audit_jq "$T/ours.conf" '.parameters')"
	printf 'profile mine\n' >"$T/mine-tcpstate.conf"
	check "and by the configuration" "$(audit --profile mine)" \
		"$(audit -c "$T/mine-tcpstate.conf")"
	check "--profile goes before it" "$(audit --profile modern)" \
		"$(audit -c "$T/mine-tcpstate.conf" --profile modern)"

	printf '# one\n\ntcp_sack yes why\n' >"$HOST/profiles/wrong.conf"
	check_refused "a wrong line" wrong \
		"$installed/wrong\.conf:3: \"yes\" where =, >=, <= or one-of is allowed$"
	echo 'tcp_fastopen_key = 1 why' >"$T/secret.conf"
	check_refused "a secret" "$T/secret.conf" \
		"$T/secret\.conf:1: \"tcp_fastopen_key\" is no parameter"
	echo 'tcp_sack = 1' >"$T/no-reason.conf"
	check_refused "no reason" "$T/no-reason.conf" \
		"$T/no-reason\.conf:1: no reason after the value$"
	check_refused "no such profile" no-such "$installed/no-such\.conf: No such file or directory$"
	check_refused "a directory" "$T/" "$T/: Is a directory$"
}

# --- never a write -----------------------------------------------------------------------

# A program under strace, which steps aside (-D) so that the process is the program's. Leaks
# cannot be looked for there.
STRACE=(env "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0"
	strace -D -f -qq -y -o "$T/trace" -e trace=%file)

trace_ended() {
	! pgrep -f "^strace .* -o $T/trace " >/dev/null
}

check_trace() { # NAME [A-FILE-OF-ITS-OWN]
	check_run "$1: strace ends" wait_until 10 trace_ended
	check_run "$1: the trace has the parameters" \
		grep -q '"net/ipv4/tcp_sack", O_RDONLY' "$T/trace"
	check_run "$1: and sysctl.d" grep -q '"etc/sysctl.d/50-web.conf", O_RDONLY' "$T/trace"
	grep -vF -e "\"${2:-none}.new\"" -e "\"${2:-none}.lock\"" "$T/trace" >"$T/trace.host"
	check "$1: nothing is opened for writing" "" \
		"$(grep -E 'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND' "$T/trace.host")"
	check "$1: nothing is changed" "" "$(grep -E \
		' (creat|truncate|unlink|rename|(mk|rm)dir|(sym)?link|mknod|[fl]?ch(mod|own)|mount|f?utime)[a-z0-9]*\(' \
		"$T/trace.host")"
}

test_readonly() {
	make_host
	local option
	for option in --all --json --sysctl; do
		in_server "${STRACE[@]}" "$BIN/tcpstated" --tuning $option >/dev/null
		check_trace "--tuning $option"
	done
	snmpd_start
	local TCPSTATED_AS=("${STRACE[@]}")
	tcpstated_start "$SAMPLING
$SELDOM
events $T/events"
	echo 'net.ipv4.tcp_fin_timeout = 16' >"$HOST/sysctl.d/50-web.conf"
	check_run "the daemon reads again" wait_until 10 is_tuning 16 Persisted tcp_fin_timeout
	tcpstated_stop
	check_trace "the daemon" "$T/events"
}

for section in report json names modern founding profiles readonly; do
	"test_$section"
	host_stop
done
