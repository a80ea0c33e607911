# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# What the tests share that want to hear nothing. (After diagnosis.sh.)

quiet_start() {
	namespaces_start
	# The kernel's own number of attempts.
	sysctl_server tcp_syn_retries=6 tcp_synack_retries=5
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
}

# So many of the packets from the server that match get lost. (netem is not in every kernel.)
lose() { # MANY OF NFT-MATCH
	in_client nft add rule inet tcpstate input "$3" numgen random mod "$2" "< $1" drop ||
		die "nftables cannot lose packets"
}

# What a command of tests/tools/sockets does may take longer than answer waits.
finish() { # SOCKETS SECONDS
	pause "$2"
	answer "$1" || die "$1" "$REPLY"
}

# Also what was raised and is over.
check_quiet() {
	next_sample
	check_raised "nothing is raised"
	check "and nothing was told" "" "$(traps tcpStateCondition)"
}
