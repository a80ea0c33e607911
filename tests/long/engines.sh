#!/bin/bash
# SPDX-License-Identifier: MIT
# Real container engines, by hand, as root on a host with systemd: a container each, and in it a
# program with connections. It must be found and named as its engine names it, with the processes
# and states that are there, and who holds them.
#   docker podman pod containerd nspawn lxc service   which of them (all)
# BUILD=DIRECTORY bash tests/long/engines.sh [ENGINE...]
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/../e2e/lib/lib.sh"

N=tcpstate-test-$$
ROOT=$T/root IMAGE=$N:1 HELD=20
declare -A DROP=() # what ends the container of an engine

# A busybox, and tests/tools/sockets without libraries.
make_root() {
	local applet
	mkdir -p "$ROOT"/{bin,sbin,dev,etc,proc,root,run,sys,tmp,usr,var}
	cp "$(command -v busybox)" "$ROOT/bin/" || die "needs busybox-static"
	for applet in ip sh sleep; do
		ln -s busybox "$ROOT/bin/$applet"
	done
	gcc -static -D_GNU_SOURCE -I"$SRC" "$SRC"/tests/tools/sockets*.c -o "$ROOT/bin/shop-api" ||
		die "needs a static libc"
	echo 'ID=test' >"$ROOT/etc/os-release"
	echo 'root:x:0:0::/root:/bin/sh' >"$ROOT/etc/passwd"
	cat >"$ROOT/bin/shop" <<-END
		#!/bin/sh
		ip link set lo up 2>/dev/null
		{
			echo "listen l 127.0.0.1 8080 64"
			echo "connect c 127.0.0.1 8080 $HELD"
			echo "accept a l $HELD"
			exec sleep 3600
		} | exec \${ROOT:-}/bin/shop-api
	END
	chmod 755 "$ROOT/bin/shop"
}

copy_root() { # prints it
	local copy
	copy=$(mktemp -d "$T/root.XXXXXX") && cp -a "$ROOT/." "$copy" && chmod 755 "$copy" && echo "$copy"
}

# --- engines: each sets NAME ------------------------------------------------------------------

start_docker() {
	local id
	tar -C "$ROOT" -c . | docker import - "$IMAGE" >/dev/null || return
	DROP[docker]="docker rm -f $N; docker rmi $IMAGE"
	id=$(docker run -d --name "$N" --network none "$IMAGE" /bin/shop) && NAME=docker-${id:0:12}
}

podman_image() {
	podman image exists "$IMAGE" || tar -C "$ROOT" -c . | podman import -q - "$IMAGE" >/dev/null
}

start_podman() {
	local id
	podman_image || return
	DROP[podman]="podman rm -f -t 0 $N; podman rmi -f $IMAGE"
	id=$(podman run -d --name "$N" --network none "$IMAGE" /bin/shop) && NAME=podman-${id:0:12}
}

start_pod() {
	local id
	podman_image || return
	DROP[pod]="podman pod rm -f -t 0 $N-pod; podman rmi -f $IMAGE"
	id=$(podman pod create --name "$N-pod" --network none) &&
		podman run -d --pod "$N-pod" "$IMAGE" /bin/shop >/dev/null && NAME=podman-pod-${id:0:12}
}

# Without limits: not every host has all controllers.
start_containerd() {
	local root
	root=$(copy_root) || return
	ctr oci spec | jq --arg root "$root" --arg cgroup "/default/$N" 'del(.linux.resources) |
		.root = {path: $root} | .process.args = ["/bin/shop"] | .linux.cgroupsPath = $cgroup' \
		>"$T/spec.json" || return
	DROP[containerd]="ctr tasks kill -s KILL $N; sleep 1; ctr containers rm $N"
	ctr run -d --config "$T/spec.json" "$N" && NAME=containerd-$N
}

start_nspawn() {
	local root
	root=$(copy_root) || return
	DROP[nspawn]="systemctl stop $N-nspawn"
	systemd-run -q --unit="$N-nspawn" systemd-nspawn -q -D "$root" --private-network \
		--machine="$N" /bin/shop && NAME=$N
}

start_lxc() {
	mkdir -p "$T/lxc/$N-lxc"
	cat >"$T/lxc/$N-lxc/config" <<-END
		lxc.rootfs.path = dir:$(copy_root)
		lxc.uts.name = $N
		lxc.net.0.type = empty
		lxc.include = /usr/share/lxc/config/common.conf
	END
	DROP[lxc]="lxc-stop -k -P $T/lxc -n $N-lxc"
	lxc-execute -d -P "$T/lxc" -n "$N-lxc" -- /bin/shop && NAME=$N-lxc
}

start_service() {
	DROP[service]="systemctl stop $N"
	systemd-run -q --unit="$N" -p PrivateNetwork=yes -E "ROOT=$ROOT" "$ROOT/bin/shop" &&
		NAME=$N.service
}

# --- what is seen -----------------------------------------------------------------------------

declare -A KINDS=([docker]=docker [podman]=podman [pod]=podman [containerd]=containerd
	[nspawn]=nspawn [lxc]=lxc [service]=service)

seen() { # "KIND PROCESSES LISTEN ESTABLISHED" of NAME
	"$BIN/tcpstated" --once --json -c "$T/tcpstate.conf" >"$T/json" 2>"$T/once.log"
	jq -r --arg name "$NAME" '.namespaces[] | select(.name == $name) |
		"\(.kind) \(.processes) \(.listen) \(.established)"' "$T/json"
}

there() { # the same by the namespace's inode, /proc and ss
	local inode pids
	inode=$(jq --arg name "$NAME" '.namespaces[] | select(.name == $name) | .inode' "$T/json")
	mapfile -t pids < <(find -L /proc/[0-9]*/ns/net -inum "$inode" 2>/dev/null | cut -d/ -f3)
	[ ${#pids[@]} -gt 0 ] || return
	echo "${KINDS[$ENGINE]} ${#pids[@]} $(in_it ss -Htln | wc -l) $(in_it ss -Htn state established | wc -l)"
}

in_it() { # COMMAND...
	nsenter "--net=/proc/${pids[0]}/ns/net" -- "$@"
}

holder() { # of the listener: the program, and that its PID is the host's
	local row pid
	row=$("$BIN/tcpstated" --once --json -c "$T/tcpstate.conf" --namespace "$NAME" |
		jq -r '.listeners[] | "\(.processId) \(.processName)"')
	pid=${row% *}
	echo "${row#* } $(cat "/proc/$pid/comm")"
}

is_ready() {
	[[ $(seen) == *" 1 $((2 * HELD))" ]]
}

try() {
	NAME=
	"start_$ENGINE" >"$T/$ENGINE.log" 2>&1 || { fail "$ENGINE: started" "$(tail -n 5 "$T/$ENGINE.log")" && return; }
	WAIT_STEP=0.5 wait_until 20 is_ready || fail "$ENGINE: $NAME is found" "$(jq -c '.namespaces[]' "$T/json")"
	check "$ENGINE: $NAME, as /proc and ss have it" "$(there)" "$(seen)"
	check "$ENGINE: who listens" "shop-api shop-api" "$(holder)"
}

drop_all() {
	local drop
	for drop in "${DROP[@]}"; do
		eval "$drop" >/dev/null 2>&1
	done
	cleanup
}

require_root
require jq ss nsenter gcc
trap drop_all EXIT
make_root
echo "namespaces on" >"$T/tcpstate.conf"
[ $# -gt 0 ] || set -- docker podman pod containerd nspawn lxc service
for ENGINE; do
	try
done
