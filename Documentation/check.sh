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

check html html
check shell-examples shell_examples
check c-examples c_examples
python3 check_facts.py || failed=1
check selftest python3 check_facts.py --selftest
exit $failed
