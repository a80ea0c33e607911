#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Lets the real systemd-sysctl and `sysctl --system` loose on the same trees of files as
# core/sysctld, and compares what each sets. Trees are put over the host's folders in mount
# and network namespaces of their own, they name parameters of the network namespace only,
# systemd-sysctl finds /proc/sys read-only and sysctl makes a dry run: nothing of the host is
# written. Needs root.
set -eu

trees=${SYSCTLD_TREES:-120}
winners=$PWD/tests/tools/sysctld_winners
systemd=/lib/systemd/systemd-sysctl

if [ "${1:-}" != inside ]; then
	if [ "$(id -u)" -ne 0 ]; then
		echo "needs root, for namespaces of its own"
		exit 77
	fi
	for tool in sysctl unshare "$systemd" "$winners"; do
		command -v "$tool" >/dev/null || { echo "missing: $tool"; exit 1; }
	done
	unshare -n -m true || { echo "may not make namespaces"; exit 77; }
	exec unshare -n -m --propagation private sh "$0" inside
fi

work=$(mktemp -d)
mount -t tmpfs none "$work"
trap 'cd /; umount -l "$work"; rmdir "$work"' EXIT
mkdir "$work/root" "$work/out"
cd "$work"
folders='etc/sysctl.d run/sysctl.d usr/local/lib/sysctl.d usr/lib/sysctl.d'

mount -t tmpfs none /run
mount -t tmpfs none /usr/local/lib
mkdir /run/sysctl.d /usr/local/lib/sysctl.d
[ -e /etc/sysctl.conf ] || { echo "missing: /etc/sysctl.conf to put another over"; exit 1; }
for f in $folders etc/sysctl.conf; do
	mkdir -p "root/${f%/*}"
	case $f in
	*.conf) : >"root/$f" ;;
	*) mkdir -p "root/$f" ;;
	esac
	mount --bind "root/$f" "/$f"
done
mount --bind /proc/sys /proc/sys

# What is compared: parameters that take the small numbers below, for a setting that the
# kernel refuses is not reported by sysctl.
names='tcp_sack tcp_dsack tcp_retries1 tcp_retries2 tcp_rmem tcp_wmem tcp_keepalive_time
tcp_keepalive_probes ip_default_ttl'
printf '%s\n' $names net.core.somaxconn >out/names

# Makes tree number $1: three files in any folder, with lines of all kinds.
make_tree()
{
	awk -v seed="$1" -v folders="$folders" -v names="$(echo $names)" '
	function pick(list,  parts) { return parts[1 + int(rand() * split(list, parts, " "))] }
	function number() { return 1 + int(rand() * 8) }
	function pattern() {
		return pick("tcp_* tcp_?ack tcp_[r-s]* tcp_retries[12] tcp_keepalive_* *ack " \
		    "tcp_{sack,dsack}* tcp_[!r]*mem ip_* tcp_r*{1,2} tcp_rmem* * tcp_{s,ds}?ck")
	}
	function key(what,  k, r) {
		r = rand()
		if (r < 0.1) return "net/ipv4/" what
		if (r < 0.15) return "net.ipv4/" what
		if (r < 0.25) return "net.*." what
		if (r < 0.28) return what
		return "net.ipv4." what
	}
	function line(  r, k) {
		r = rand()
		k = key(rand() < 0.6 ? pick(names) : pattern())
		if (r < 0.5) return k "=" number()
		if (r < 0.6) return " \t" k " = \t" number() " " 9 " \r"
		if (r < 0.7) return "-" k "=" number()
		if (r < 0.85) return "-" k
		if (r < 0.88) return "#" k "=8"
		if (r < 0.91) return " ; " k "=8"
		if (r < 0.94) return k
		return "net.core.somaxconn=" number()
	}
	BEGIN {
		srand(seed)
		for (f = 0; f < 5; f++) {
			r = rand()
			path = pick(folders) "/" pick("10-a 20-b 90-c 99-d .hid") \
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

# Of several settings of a parameter the last one holds.
last_of_each()
{
	sed -n -e 's,^net/ipv4/,,p' -e 's,^net\.ipv4\.,,p' -e 's,^net/core/,net.core.,p' \
		-e '/^net\.core\./p' |
		awk -F= '{ name = $1; sub(/^[^=]*=/, ""); v[name] = $0 }
			END { for (n in v) print n "=" v[n] }' |
		grep -F -f out/prefixes | sort || true
}
sed 's/$/=/' out/names >out/prefixes

failed=0
compared=0
for i in $(seq "$trees"); do
	for f in $folders; do
		find "root/$f" -mindepth 1 -delete
	done
	: >root/etc/sysctl.conf
	make_tree "$i"
	mount -o remount,bind,ro /proc/sys
	SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_COLOR=0 "$systemd" 2>&1 |
		sed -n "s,^Setting '/proc/sys/\(.*\)' to '\(.*\)'\.*\$,\1=\2,p" |
		last_of_each >out/systemd.real
	# Some versions open the files even for a dry run.
	mount -o remount,bind,rw /proc/sys
	sysctl --system --dry-run 2>/dev/null | grep -v '^\*' | sed 's/ = /=/' |
		last_of_each >out/procps.real
	for order in systemd procps; do
		"$winners" root "$order" <out/names | sort >"out/$order.ours"
		compared=$((compared + $(wc -l <"out/$order.real")))
		if ! diff -u "out/$order.real" "out/$order.ours"; then
			echo "tree $i, $order: another winner in"
			find root \( -type f -o -type l \) | sort | while read -r f; do
				printf '== %s %s\n' "$f" "$(readlink "$f" || true)"
				[ -L "$f" ] || cat "$f"
			done
			failed=$((failed + 1))
		fi
	done
done
echo "$trees trees, $compared settings compared, $failed trees differ"
[ "$failed" -eq 0 ] && [ "$compared" -gt "$trees" ]
