#!/bin/bash
# SPDX-License-Identifier: MIT
# Is what the other tests stand on true? tests/sockets makes what it says, and the two
# independent counts of lib-states.sh agree.
. "$(dirname "$0")/lib.sh"

namespaces_start
make_all_states
check "all states: ss and sock_diag" "$(want_table)" "$(ss_table)"
check "all states: /proc/net/tcp and tcp6" "$(want_table | grep -v CLOSED)" \
	"$(proc_table | grep -v CLOSED)"
