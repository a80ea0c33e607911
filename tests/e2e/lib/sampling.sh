# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Samples taken by tests/tools/sampling, in the server's namespace, and what it prints of them.

# The lines of tcpstate.conf come from standard input.
sampling_start() { # [PREFIX...]
	cat >"$T/sampling.conf"
	talker_start sampling "${SERVER[@]}" "$@" "$BUILD/tests/tools/sampling" "$T/sampling.conf"
}

# What it answers is in $REPLY.
sampling() { # COMMAND [NUMBER]
	local line
	REPLY=
	printf '%s\n' "$*" >&"${SOCKETS_IN[sampling]}"
	while read -r -t 120 -u "${SOCKETS_OUT[sampling]}" line; do
		[ "$line" != end ] || return 0
		REPLY+=$line$'\n'
	done
	die "sampling $*" "$REPLY$(cat "$T/sampling.log")"
}

# Takes a sample; all that it has counted is in $REPLY.
sample() { # KIND
	sampling "$1"
	sampling show
}

# Of the answer on stdin, the value of a KEY=VALUE.
value_of() { # KEY
	tr ' ' '\n' | sed -n "s/^$1=//p"
}
