#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs the Debian packages that a target needs and that are not there yet.
#
#     packages.sh SET...       SET is one of: module tools lab demo check
set -eu

die() {
	echo "packages.sh: $*" >&2
	exit 1
}

packages=
for set in "$@"; do
	case $set in
	module) packages="$packages gcc make linux-headers-amd64" ;;
	tools) packages="$packages g++ make cmake libcli11-dev libfmt-dev nlohmann-json3-dev" ;;
	lab)
		packages="$packages g++ make cmake libfmt-dev nlohmann-json3-dev libgtest-dev
			busybox-static iproute2 kmod cpio linux-source-6.1 gcc bc bison flex
			libelf-dev libssl-dev xz-utils"
		;;
	demo)
		packages="$packages g++ make cmake libfmt-dev nlohmann-json3-dev libgtest-dev
			busybox-static iproute2 kmod cpio qemu-system-x86 linux-image-amd64
			linux-headers-amd64 binutils"
		;;
	check)
		packages="$packages ccache clang clang-format clang-tidy llvm libclang-rt-14-dev sparse perl git libgmock-dev
			python3-sphinx graphviz man-db"
		;;
	*) die "'$set' is no set of packages" ;;
	esac
done

missing=
for package in $packages; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

become=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || die "these packages are missing, and only root can install them:$missing"
	become=sudo
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$become apt-get -qq install -y --no-install-recommends $missing >/dev/null 2>&1 || {
	# an old or empty package list is the usual cause
	$become apt-get -qq update
	$become apt-get -qq install -y --no-install-recommends $missing >/dev/null
}
