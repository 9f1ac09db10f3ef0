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

# What is called after a version in each release. A source of the test kernels that the release
# does not have is fetched (tests/lab/kernel/fetch.sh).
case $(. /etc/os-release && echo "${VERSION_ID:-}") in
12) source=linux-source-6.1 sanitizers=libclang-rt-14-dev ;;
*) source=linux-source-6.12 sanitizers=libclang-rt-19-dev ;;
esac

packages=
for set in "$@"; do
	case $set in
	module) packages="$packages gcc make linux-headers-amd64" ;;
	tools) packages="$packages g++ make cmake libcli11-dev libfmt-dev libmnl-dev nlohmann-json3-dev" ;;
	lab)
		packages="$packages g++ make cmake libfmt-dev nlohmann-json3-dev libgtest-dev
			busybox-static iproute2 kmod cpio $source gcc bc bison flex
			libelf-dev libssl-dev xz-utils"
		;;
	demo)
		packages="$packages g++ make cmake libfmt-dev nlohmann-json3-dev libgtest-dev
			busybox-static iproute2 kmod cpio qemu-system-x86 linux-image-amd64
			linux-headers-amd64 binutils"
		;;
	check)
		packages="$packages ccache clang clang-format clang-tidy llvm $sanitizers sparse perl git libgmock-dev
			python3-sphinx graphviz man-db spin"
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
