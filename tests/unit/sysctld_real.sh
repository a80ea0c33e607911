#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Lets the real systemd-sysctl and `sysctl --system` loose on the same trees of files as
# core/tuning, each in a new network namespace, and compares what the kernel has afterwards with
# what was said to come. Trees are put over the host's directories in a mount namespace of their
# own; all of /proc/sys but net is read-only there, and net is the namespace's own: nothing of the
# host is written, whatever the programs do. Needs root.
set -eu

trees=${SYSCTLD_TREES:-40}
winners=$PWD/tests/tools/sysctld_winners
systemd=/lib/systemd/systemd-sysctl
directories='etc/sysctl.d run/sysctl.d usr/local/lib/sysctl.d usr/lib/sysctl.d'

# What is missing is a failure where all of it should be there.
skip()
{
	echo "$*"
	[ -z "${CI:-}" ] || exit 1
	exit 77
}

if [ "${1:-}" != inside ]; then
	[ "$(id -u)" -eq 0 ] || skip "needs root, for namespaces of its own"
	for tool in sysctl unshare awk; do
		command -v "$tool" >/dev/null || skip "missing: $tool"
	done
	[ -x "$systemd" ] || skip "missing: $systemd"
	[ -e /etc/sysctl.conf ] || skip "missing: /etc/sysctl.conf, to put another over"
	for directory in $directories; do
		case $directory in
		run/* | usr/local/*) ;;
		*) [ -d "/$directory" ] || skip "missing: /$directory, to put another over" ;;
		esac
	done
	unshare -n -m --propagation private true 2>/dev/null || skip "may not make namespaces"
	exec unshare -n -m --propagation private bash "$0" inside
fi

work=$(mktemp -d)
mount -t tmpfs none "$work"
trap 'cd /; umount -l "$work"; rmdir "$work"' EXIT
mkdir "$work/root" "$work/out"
cd "$work"

mount -t tmpfs none /run
mount -t tmpfs none /usr/local/lib
mkdir /run/sysctl.d /usr/local/lib/sysctl.d
for f in $directories etc/sysctl.conf; do
	mkdir -p "root/${f%/*}"
	case $f in
	*.conf) : >"root/$f" ;;
	*) mkdir -p "root/$f" ;;
	esac
	mount --bind "root/$f" "/$f"
done
for part in /proc/sys/*/; do
	[ "$part" = /proc/sys/net/ ] || {
		mount --bind "$part" "$part"
		mount -o remount,bind,ro "$part"
	}
done

# Makes tree number $1: five files in any directory, with lines of all kinds.
make_tree()
{
	awk -v seed="$1" -v directories="$directories" '
	function pick(list,  parts) { return parts[1 + int(rand() * split(list, parts, " "))] }
	function number() { return 1 + int(rand() * 8) }
	function any(list,  parts) { return parts[1 + int(rand() * split(list, parts, "|"))] }
	function value() {
		if (rand() < 0.5)
			return number()
		return any("3 # why|3# why|\"3\"|3s|3;|0x3|010|08|+3|-1|256|99999999999|4 5|3,4|" \
		    "yes||3.5|00003|0x|4000000|1e3|3 x|- 3|-0|8589934592|000000000000000000000003")
	}
	function pattern() {
		return pick("tcp_* tcp_?ack tcp_[r-s]* tcp_retries[12] tcp_keepalive_* *ack " \
		    "tcp_{sack,dsack}* tcp_[!r]*mem ip_* tcp_r*{1,2} tcp_rmem* * tcp_{s,ds}?ck")
	}
	function key(what,  r) {
		r = rand()
		if (r < 0.1) return "net/ipv4/" what
		if (r < 0.15) return "net.ipv4/" what
		if (r < 0.25) return "net.*." what
		if (r < 0.28) return what
		return "net.ipv4." what
	}
	function special() {
		return any("ip_local_port_range=20000 50000|ip_local_port_range=50000 20000|" \
		    "ip_local_port_range=100 60000|ip_local_port_range=40000|" \
		    "ip_local_port_range=61000|ip_local_port_range=20000 50000 # wide|" \
		    "ip_local_port_range=20000-50000|ip_local_port_range=20000|" \
		    "ip_local_port_range=0x4e20 0xc350|ip_local_port_range=20000 70000|" \
		    "ip_local_reserved_ports=80,8080-8090|ip_local_reserved_ports=80, 90|" \
		    "ip_local_reserved_ports=\"80\"|ip_local_reserved_ports=90-80|" \
		    "ip_local_reserved_ports=|ip_local_reserved_ports=80,90 # two|" \
		    "ip_local_reserved_ports=70000|ip_local_reserved_ports=80-|" \
		    "tcp_rmem=5000 6000 7000|tcp_rmem=5001|tcp_rmem=5002 6002|tcp_rmem=5003 x|" \
		    "tcp_rmem=5004 0 7004|tcp_rmem=5005 6005 7005 8005|tcp_rmem=5006,6006,7006|" \
		    "tcp_rmem=\"5007 6007 7007\"|tcp_wmem=5008 6008 # c|tcp_wmem=5009 6009 7009 # c|" \
		    "tcp_congestion_control=reno # c|tcp_congestion_control=reno|" \
		    "tcp_congestion_control=\"reno\"|tcp_tw_reuse=2|tcp_tw_reuse=3|" \
		    "tcp_ehash_entries=5|tcp_min_snd_mss=40|tcp_notsent_lowat=4294967295|" \
		    "tcp_reordering=301|tcp_available_congestion_control=reno")
	}
	function line(  r, k) {
		r = rand()
		if (r < 0.25) return "net.ipv4." special()
		r = rand()
		k = key(rand() < 0.6 ? pick("tcp_sack tcp_dsack tcp_retries1 tcp_retries2 tcp_rmem " \
		    "tcp_wmem tcp_keepalive_time tcp_keepalive_probes tcp_fin_timeout " \
		    "tcp_syn_retries tcp_max_syn_backlog tcp_comp_sack_delay_ns") : pattern())
		if (r < 0.5) return k "=" value()
		if (r < 0.6) return " \t" k " = \t" number() " " 9 " \r"
		if (r < 0.7) return "-" k "=" value()
		if (r < 0.85) return "-" k
		if (r < 0.88) return "#" k "=8"
		if (r < 0.91) return " ; " k "=8"
		if (r < 0.94) return k
		return "net.core.somaxconn=" value()
	}
	BEGIN {
		srand(seed)
		for (f = 0; f < 5; f++) {
			r = rand()
			path = pick(directories) "/" pick("10-a 20-b 90-c 99-d .hid") \
			    pick(".conf .conf .conf .conf .txt")
			if (f == 0)
				path = "etc/sysctl.conf"
			else if (r < 0.08) {
				system("ln -sf /dev/null root/" path)
				continue
			} else if (r < 0.14) {
				system("ln -sf ../sysctl.conf root/etc/sysctl.d/99-sysctl.conf")
				continue
			} else if (r < 0.18) {
				system("ln -sf nowhere root/" path)
				continue
			} else
				system("rm -f root/" path)
			for (n = int(rand() * 7); n > 0; n--)
				print line() >("root/" path)
			close("root/" path)
		}
	}'
}

# What the kernel has, of the rows on standard input: "NAME ELEMENT VALUE".
kernel_rows()
{
	awk '{
		path = $1
		gsub(/\./, "/", path)
		path = (path ~ /\// ? "/proc/sys/" : "/proc/sys/net/ipv4/") path
		value = ""
		getline value <path
		close(path)
		n = split(value, words, "\t")
		print $1, $2, (n > 1 ? words[$2] : value)
	}'
}

# One program on the tree, in a new network namespace: what was said, what came, what was before.
try_program()
{
	"$winners" root "$1" >out/said
	kernel_rows <out/said >out/before
	case $1 in
	systemd) "$systemd" >/dev/null 2>&1 || true ;;
	procps) sysctl --system >/dev/null 2>&1 || true ;;
	esac
	kernel_rows <out/said >out/came
}
export -f try_program kernel_rows
export winners systemd

failed=0
changed=0
for i in $(seq "$trees"); do
	for f in $directories; do
		find "root/$f" -mindepth 1 -delete
	done
	: >root/etc/sysctl.conf
	make_tree "$i"
	for order in systemd procps; do
		unshare -n bash -euc "try_program $order"
		changed=$((changed + $(comm -13 <(sort out/before) <(sort out/came) | wc -l)))
		if ! diff -u out/came out/said; then
			echo "tree $i, $order: something else came of"
			find root \( -type f -o -type l \) | sort | while read -r f; do
				printf '== %s %s\n' "$f" "$(readlink "$f" || true)"
				[ -L "$f" ] || cat "$f"
			done
			failed=$((failed + 1))
		fi
	done
done
echo "$trees trees, $changed values changed, $failed trees differ"
[ "$failed" -eq 0 ] && [ "$changed" -gt "$trees" ]
