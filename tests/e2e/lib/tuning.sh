# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2034
# A host whose kernel parameters and files are the test's own: the server's network namespace,
# and a mount namespace where the directories of sysctl.d(5), /etc/sysctl.conf, /run and the
# directory of the installed profiles are those below $HOST. Nothing of the real host is written.

HOST=$T/host

# Each sample a full one; the parameters are read at the start and when they are to be.
SAMPLING='interval 1
detail-interval 1
cpu-budget 100'
SELDOM='tuning-interval 86400'

# Where this build looks for profiles that are named.
installed_profiles() {
	"$BIN/tcpstated" --tuning --profile no-such 2>&1 |
		sed -n 's,^tcpstated: \(.*\)/no-such\.conf: .*,\1,p'
}

host_start() { # before all daemons
	local directory
	require unshare mount
	namespaces_start
	mkdir -p "$HOST"/{sysctl.d,usr-sysctl.d,run,local,profiles}
	: >"$HOST/sysctl.conf"
	cp "$SRC"/profiles/*.conf "$HOST/profiles/"
	chmod -R a+rX "$HOST"
	for directory in /etc/sysctl.d /usr/lib/sysctl.d /usr/local/lib /etc/sysctl.conf; do
		[ -e "$directory" ] || die "$directory is missing, to put another over"
	done
	cat >"$T/host.sh" <<-'END'
		set -e
		mount --bind "$HOST/sysctl.d" /etc/sysctl.d
		mount --bind "$HOST/sysctl.conf" /etc/sysctl.conf
		mount --bind "$HOST/usr-sysctl.d" /usr/lib/sysctl.d
		mount --bind "$HOST/local" /usr/local/lib
		mount --bind "$HOST/run" /run
		there=$PROFILES
		while [ ! -d "$there" ]; do there=${there%/*}; done
		if [ "$there" != "$PROFILES" ]; then
			mount -t tmpfs none "$there"
			mkdir -p "$PROFILES"
		fi
		mount --bind "$HOST/profiles" "$PROFILES"
		: >"$HOST/ready"
		exec sleep infinity
	END
	spawn host "${SERVER[@]}" env "HOST=$HOST" "PROFILES=$(installed_profiles)" \
		unshare -m --propagation private sh "$T/host.sh"
	wait_until 10 test -e "$HOST/ready" || die "no mount namespace" "$(cat "$T/host.log")"
	rm "$HOST/ready"
	SERVER=(nsenter "--net=/run/netns/${NAMESPACES[0]}" "--mount=/proc/${PIDS[host]}/ns/mnt" --)
}

scene() { # CONFIGURATION
	host_start
	snmpd_start
	tcpstated_start "$SAMPLING
$1"
}

host_stop() {
	stop_all
	rm -rf "$HOST"
}

# What the kernel says in the host: lines "NAME ELEMENT VALUE" as tcpStateTuningTable has them,
# of every tcp_* (but the secret one) and the others that it shows.
kernel_rows() { # COMMAND...: how to get there
	"$@" sh -c '
		cd /proc/sys/net/ipv4
		for name in tcp_* ip_local_port_range ip_local_reserved_ports net.core.somaxconn; do
			case $name in
			tcp_fastopen_key) continue ;;
			net.*) path=/proc/sys/$(echo $name | tr . /) ;;
			*) path=$name ;;
			esac
			printf "%s\t" "$name"
			cat "$path"
		done' | awk -F '\t' '
		# Numbers with tabs between them are a vector.
		{ for (i = 2; i <= NF; i++) print $1, i - 1, $i }' | by_name
}

by_name() { # the order does not matter here
	sort
}

# One cell; enumerations by name.
tuning() { # COLUMN NAME [ELEMENT]
	get -OQUv "TCPSTATE-MIB::tcpStateTuning$1.\"$2\".${3:-1}" | unquoted
}

unquoted() {
	sed 's/^"\(.*\)"$/\1/'
}

# Several cells of one row.
cells() { # NAME ELEMENT COLUMN...
	local column line=()
	for column in "${@:3}"; do
		line+=("$(tuning "$column" "$1" "$2")")
	done
	echo "${line[*]}"
}

# All cells of a column, as kernel_rows.
tuning_rows() { # COLUMN
	bulkwalk -OQUX "TCPSTATE-MIB::tcpStateTuning$1" |
		sed -n 's/^[^[]*\["\{0,1\}\([^]"]*\)"\{0,1\}\]\[\([0-9]*\)\] = /\1 \2 /p' |
		sed 's/ "\(.*\)"$/ \1/' | by_name
}

is_tuning() { # VALUE COLUMN NAME [ELEMENT]
	[ "$(tuning "${@:2}")" = "$1" ]
}

# Cells of a row of the newest diagnosis.
condition() { # NAME COLUMN...
	local column line=()
	for column in "${@:2}"; do
		line+=("$(get -OQUv "TCPSTATE-MIB::tcpStateCondition$column.$1.0" | unquoted)")
	done
	echo "${line[*]}"
}

is_condition() { # VALUE NAME COLUMN
	[ "$(condition "${@:2}")" = "$1" ]
}

reread() { # tells tcpstated to
	kill -s HUP "${PIDS[tcpstated]}"
}
