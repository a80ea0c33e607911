# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Installs Debian packages that are missing; for quickstart and tests/run.

# install_packages yes|'' PACKAGE...: 1, with one line that says why and what to do, if they
# are not there in the end. Starts no service.
install_packages() {
	local may=$1 missing=() package sudo=
	shift

	command -v dpkg-query >/dev/null || {
		printf 'no dpkg here: install what Debian calls %s\n' "$*" >&2
		return 0
	}
	for package; do
		[ "$(dpkg-query -Wf '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ -z "$may" ]; then
		printf 'missing packages: apt-get install %s\n' "${missing[*]}" >&2
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			printf 'missing packages: as root, apt-get install %s\n' "${missing[*]}" >&2
			return 1
		}
		sudo=sudo
	fi
	printf 'installing %s ...\n' "${missing[*]}"
	apt_quietly $sudo update && apt_quietly $sudo install "${missing[@]}"
}

# A package's service must not start: policy-rc.d(8) answers for the time of the installation.
apt_quietly() { # [sudo] update|install PACKAGE...
	local sudo='' log policy=/usr/sbin/policy-rc.d made='' status

	if [ "$1" = sudo ]; then
		sudo=sudo
		shift
	fi
	log=$(mktemp) || return
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null &&
			$sudo chmod 755 "$policy" && made=yes
	fi
	if [ "$1" = update ]; then
		$sudo apt-get update -q >"$log" 2>&1
	else
		shift
		$sudo env DEBIAN_FRONTEND=noninteractive \
			apt-get install -q -y --no-install-recommends "$@" >"$log" 2>&1
	fi
	status=$?
	[ -z "$made" ] || $sudo rm -f "$policy"
	[ $status = 0 ] || tail -n 5 "$log" >&2
	rm -f "$log"
	return $status
}
