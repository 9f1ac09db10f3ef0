#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Prints the release of the kernel that QEMU nodes boot, and that modules for them are
# built for: the newest of the distribution's that is installed with its headers, has its
# image in /boot, and soft-RoCE among its modules (cloud kernels have none).
# CCM_LAB_QEMU_RELEASE names another.
set -eu
if [ -n "${CCM_LAB_QEMU_RELEASE:-}" ]; then
	echo "$CCM_LAB_QEMU_RELEASE"
	exit 0
fi
for tree in /lib/modules/*; do
	release=${tree##*/}
	[ -e "$tree/build/Makefile" ] && [ -e "$tree/modules.dep" ] &&
		[ -e "/boot/vmlinuz-$release" ] &&
		grep -q '/rdma_rxe\.ko' "$tree/modules.dep" && echo "$release"
done | sort -V | tail -n 1 | grep . || {
	echo 'there is no kernel for QEMU nodes: install linux-image-amd64 and linux-headers-amd64 of the same release' >&2
	exit 1
}
