# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A private collectd with the plugin of the build directory, without privilege, in the server's
# namespace unless COLLECTD_IN says otherwise. No system service and none of its files is
# touched.

COLLECTD_AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
COLLECTD_IN=("${SERVER[@]}")

# Copies a file of the source to $T, because a clone below /root is not for collectd's user.
readable() { # FILE
	install -m 644 "$SRC/$1" "$T/"
}

# Writes $T/NAME.conf: log, socket, and what comes from standard input.
collectd_configure() { # NAME
	mkdir -p "$T/$1" "$T/plugins"
	chmod 777 "$T/$1"
	[ -e "$T/plugins/tcpstate.so" ] || cp "$BUILD/.libs/tcpstate.so" "$T/plugins/"
	{
		cat <<-END
			Hostname "$1"
			FQDNLookup false
			BaseDir "$T/$1"
			PIDFile "$T/$1/pid"
			Interval 1
			TypesDB "/usr/share/collectd/types.db"
			LoadPlugin logfile
			<Plugin logfile>
			  LogLevel info
			  File STDOUT
			  Timestamp false
			</Plugin>
			LoadPlugin unixsock
			<Plugin unixsock>
			  SocketFile "$T/$1/socket"
			  DeleteSocket true
			</Plugin>
		END
		cat
	} >"$T/$1.conf"
}

# The same for one that writes its values to files.
collectd_writing() { # NAME
	collectd_configure "$1" <<-END
		LoadPlugin csv
		<Plugin csv>
		  DataDir "$T/$1/csv"
		</Plugin>
	END
}

# Appends the plugin; the lines of its block come from standard input. The default profile,
# which is not installed here, is in $T.
plugin_configure() { # NAME [SECONDS]
	{
		cat <<-END
			PluginDir "$T/plugins"
			<LoadPlugin tcpstate>
			  Interval ${2:-1}
			</LoadPlugin>
			<Plugin tcpstate>
			  Profile "$T/profiles/modern.conf"
		END
		cat
		echo '</Plugin>'
	} >>"$T/$1.conf"
}

ctl() { # NAME COMMAND...
	collectdctl -s "$T/$1/socket" "${@:2}" 2>/dev/null
}

# A value as a whole number if it is one; nothing if collectd does not have it.
value() { # NAME IDENTIFIER-BEHIND-tcpstate-
	ctl "$1" getval "$1/tcpstate-$2" | sed -n 's/^value=//p' | awk '{ print $1 + 0 }'
}

has_value() { # NAME IDENTIFIER-BEHIND-tcpstate-
	ctl "$1" listval | grep -Fqx "$1/tcpstate-$2"
}

value_is() { # NAME IDENTIFIER NUMBER
	[ "$(value "$1" "$2")" = "$3" ]
}

in_log() { # NAME EXTENDED-REGEX
	grep -Eq -- "$2" "$T/$1.log"
}

# Starts it and waits until it has the values of a read: this is the last one of each.
collectd_start() { # NAME [PREFIX...]
	local name=$1
	shift
	spawn "$name" "${COLLECTD_IN[@]}" "${COLLECTD_AS[@]}" "$@" \
		collectd -f -C "$T/$name.conf"
	wait_until 15 has_value "$name" sampler/tcpstate_duration-detail_age ||
		die "collectd $name sends no values" "$(cat "$T/$name.log")"
}
