#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Do the README's two commands (and `make mixed`) work on a bare Debian? Makes a minimal root of Debian 12 or 13
# with debootstrap, puts this tree's last commit there, and types the README's commands into it. Needs
# root, and the mirror that this machine has its own release from. Not part of `make check`.
#
#     tests/fresh/run.sh 12|13 [COMMAND...]       COMMAND: demo (the default), check, mixed
#
# The root is below ${TMPDIR:-/tmp}, a new one each time, and goes away at the end. Its cache is empty, or
# has what is in CCM_FRESH_CACHE, a copy of another one of the same release: test kernels are most of the time.
set -eu

die() {
	echo "run.sh: $*" >&2
	exit 1
}

case ${1:-} in
12) suite=bookworm ;;
13) suite=trixie ;;
*) die "which Debian? It is one of 12, 13" ;;
esac
shift
[ $# -gt 0 ] || set -- demo
for command; do
	case $command in
	demo | check | mixed) ;;
	*) die "'$command' is none of the commands: demo, check, mixed" ;;
	esac
done
[ "$(id -u)" = 0 ] || die "only root can make a root"
command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"
tree=$(cd "$(dirname "$0")/../.." && pwd)
git -C "$tree" rev-parse HEAD >/dev/null || die "$tree is no clone"
mirror=$("$tree/tests/lab/kernel/fetch.sh" --mirror)

root=$(mktemp -d "${TMPDIR:-/tmp}/ccm-fresh-$suite.XXXXXX")
mounted=
# One file system, so that nothing goes that a mount which could not be taken away shows.
clean() {
	for mount in $mounted; do
		umount --recursive --lazy "$mount"
	done
	rm -rf --one-file-system "$root"
}
trap clean EXIT
trap 'exit 1' INT TERM

chmod 755 "$root"
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" 2>&1 || {
	tail -n 20 "$root.log" >&2
	die "debootstrap failed: $root.log has all of it"
}
rm "$root.log"
for mount in proc sys dev; do
	mount --rbind "/$mount" "$root/$mount"
	mount --make-rslave "$root/$mount"
	mounted="$root/$mount $mounted"
done
git clone -q --bare "$tree" "$root/root/ccm.git"
if [ -n "${CCM_FRESH_CACHE:-}" ]; then
	mkdir "$root/root/.cache"
	cp -a "$CCM_FRESH_CACHE" "$root/root/.cache/ccm"
fi

typed() {
	echo "# $*"
	chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb sh -c "$*" </dev/null
}

typed apt-get -qq update
typed 'apt-get -qq install -y make git >/dev/null 2>&1'
typed git clone -q /root/ccm.git /root/ccm
status=0
for command; do
	start=$(date +%s)
	typed "cd /root/ccm && make $command" || status=$?
	echo "# make $command on Debian $suite: status $status, $(($(date +%s) - start)) s"
done
exit $status
