#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh DIR - check the documentation; its HTML is built into DIR
#
# Prints "ok NAME" or "FAIL NAME", with what is wrong below it; the exit code is 1 if
# any failed. That what the documents say is what the code says is check_facts.py's.
set -u
export LC_ALL=C.UTF-8
[ $# -eq 1 ] || { echo "check.sh: give the directory for the HTML" >&2; exit 1; }
mkdir -p "$1" || exit 1
out=$(cd "$1" && pwd)
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/ccm-docs.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

check()    # NAME COMMAND...
{
	name=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		echo "ok $name"
	else
		echo "FAIL $name"
		sed 's/^/    /' "$work/said"
		failed=1
	fi
}

html()
{
	# Without -E an unchanged page would not be read again, and its warnings not be seen.
	sphinx-build -q -E -W --keep-going -b html . "$out"
}

# The output of ccmadm in the documents stays as it was; what can be run is tried.
shell_examples()
{
	for file in examples/initramfs-hook examples/initramfs-premount examples/initramfs-bottom; do
		sh -n "$file" || return 1
		[ "$(sh "$file" prereqs)" = "" ] || { echo "$file prereqs: says something"; return 1; }
	done
}

c_examples()
{
	for file in examples/*.c; do
		"${CC:-cc}" -Wall -Wextra -Werror -isystem ../include/uapi -o "$work/example" "$file" ||
			return 1
	done
}

# Units that systemd takes; and the one that says "stopping" is stopped before the network is,
# and after all that serves: units stop in the opposite order of their start.
units()
{
	for unit in After=network.target "Before=.*storage.service" "Before=.*ccm-running.service"; do
		grep -q "^$unit" examples/ccm-stopping.service ||
			{ echo "ccm-stopping.service: not $unit"; return 1; }
	done
	grep -q '^ExecStop=/usr/sbin/ccmadm stage stopping$' examples/ccm-stopping.service || return 1
	command -v systemd-analyze >/dev/null || return 0
	mkdir -p "$work/units" || return 1
	for file in examples/*.service; do
		sed 's,/usr/sbin/ccmadm,/bin/true,' "$file" >"$work/units/${file##*/}" || return 1
	done
	printf '[Service]\nExecStart=/bin/true\n' >"$work/units/storage.service"
	SYSTEMD_UNIT_PATH="$work/units:" systemd-analyze verify --man=no "$work"/units/*.service 2>&1 |
		grep -E '^(/tmp|.*(ccm-|storage))' && return 1
	return 0
}

check html html
check units units
check shell-examples shell_examples
check c-examples c_examples
python3 check_facts.py || failed=1
check selftest python3 check_facts.py --selftest
exit $failed
