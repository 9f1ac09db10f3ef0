#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# install_test.sh DIR - the modules built in DIR, installed beside those of Debian's kernel
#
# In a copy of that kernel's module tree `make install-modules` and depmod find a place for
# ours, and everything of the kernel's is found as before. Prints "ok NAME" or "not ok NAME",
# with what is wrong below it; the exit code is 1 if any failed.
#
# modprobe looks for a module by its name alone: "-" and "_" are the same, the directory does
# not matter, and what is in updates/ or extra/ hides the kernel's own of that name. On Debian
# 13 they are compressed.
set -uo pipefail
export LC_ALL=C
[ $# -eq 1 ] || { echo "install_test.sh: give the directory that the modules were built in" >&2; exit 1; }
built=$(cd "$1" && pwd) || exit 1
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/ccm-install.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

check()    # NAME COMMAND...
{
	local name=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		echo "ok $name"
	else
		echo "not ok $name"
		head -n 20 "$work/said" | sed 's/^/    /'
		failed=1
	fi
}

# The kernel's modules themselves stay where they are: depmod follows the link.
copy_tree()    # DIR
{
	mkdir -p "$1/lib/modules/$kver" &&
		ln -s "/lib/modules/$kver/kernel" "$1/lib/modules/$kver/kernel" &&
		cp "/lib/modules/$kver/"modules.{order,builtin,builtin.modinfo} "$1/lib/modules/$kver"
}

installed()    # TREE: the files of modules that are not the kernel's
{
	find "$1/lib/modules/$kver" -name '*.ko*' -type f
}

names()    # lines with files of modules: their names
{
	sed 's,.*/,,; s/\.ko.*//' | tr - _ | sort
}

uncompressed()    # lines with files of modules: as if they were not
{
	sed 's/\.ko\.[xzgst]*/.ko/'
}

# Where modprobe finds it, and what it needs, below the tree; without a tree, on this machine
found()    # TREE MODULE...
{
	local tree=$1
	shift
	modprobe ${tree:+-d "$tree"} -C "$work/no-config" -S "$kver" -D -a "$@" |
		sed "s,/[^ ]*modules/$kver/,,; s/ *\$//" | uncompressed
}

crypto_ccm()    # TREE: the module that the kernel's crypto calls for by the name of the algorithm
{
	modprobe ${1:+-d "$1"} -C "$work/no-config" -S "$kver" -R crypto-ccm
	found "$1" crypto-ccm
}

crypto_stays()    # TREE
{
	local before after
	before=$(crypto_ccm "") && [ -n "$before" ] || { echo "the kernel has no crypto-ccm"; return 1; }
	after=$(crypto_ccm "$1")
	[ "$before" = "$after" ] && return
	printf 'crypto-ccm was\n%s\nand is\n%s\n' "$before" "$after"
	return 1
}

# Nothing of the kernel's is hidden or needs ours.
kernel_stays()    # TREE
{
	diff <(grep '^kernel/' "/lib/modules/$kver/modules.dep" | sort) \
		<(grep '^kernel/' "$1/lib/modules/$kver/modules.dep" | sort)
}

names_are_free()    # TREE
{
	local taken
	taken=$(comm -12 <(installed "$1" | names) \
		<({ find "/lib/modules/$kver/kernel/" -name '*.ko*'
		    cat "/lib/modules/$kver/modules.builtin"; } | names))
	[ -z "$taken" ] || { echo "the kernel has modules of its own called: $taken"; return 1; }
}

ours_is_found()    # TREE
{
	local all
	[ "$(modprobe -d "$1" -C "$work/no-config" -S "$kver" -R rdma_ccm)" = rdma_ccm ] || return 1
	all=$(found "$1" ccm_fm) || return 1
	printf '%s\n' "$all"
	grep -q '^insmod [a-z]*/rdma_ccm\.ko$' <<<"$all" && grep -q '^insmod [a-z]*/ccm_fm\.ko$' <<<"$all"
}

# The examples for a server are for modules that are there.
example_options()    # TREE
{
	mkdir -p "$work/config" &&
		cp "$top/Documentation/examples/modprobe.conf" "$work/config/ccm.conf" || return 1
	modprobe -d "$1" -C "$work/config" -S "$kver" -D rdma_ccm | tee /dev/stderr | uncompressed |
		grep -q '/rdma_ccm\.ko .*node=1 cluster=blue '
}

example_modules()    # TREE
{
	local all
	all=$(sed -n 's/^[[:space:]]*manual_add_modules //p' "$top/Documentation/examples/initramfs-hook"
		grep -ohE 'modprobe [a-z0-9_]+' "$top/Documentation/examples/initramfs-premount" | cut -d ' ' -f 2)
	grep -q rdma_ccm <<<"$all" || { echo "no rdma_ccm in the examples"; return 1; }
	# shellcheck disable=SC2086
	found "$1" $all >/dev/null
}

# That a module called ccm, in either directory, would not go unnoticed
mistake_is_noticed()    # DIR
{
	local tree=$work/$1 finds
	copy_tree "$tree" && mkdir "$tree/lib/modules/$kver/$1" &&
		cp "$built/rdma_ccm.ko" "$tree/lib/modules/$kver/$1/ccm.ko" &&
		depmod -b "$tree" "$kver" || return 1
	for finds in crypto_stays kernel_stays names_are_free; do
		"$finds" "$tree" && { echo "$finds says nothing"; return 1; }
	done
	return 0
}

kver=$(modinfo -F vermagic "$built/ccm_fm.ko" | cut -d ' ' -f 1)
[ -n "$kver" ] && [ -d "/lib/modules/$kver/kernel" ] || {
	echo "not ok kernel: the modules are for ${kver:-no kernel}, and linux-image-$kver is not installed"
	exit 1
}
mkdir "$work/no-config"
tree=$work/tree
copy_tree "$tree" || exit 1

check install make -s install-modules MODULES="$built" KDIR="/lib/modules/$kver/build" DESTDIR="$tree"
check depmod depmod -b "$tree" "$kver"
check crypto-ccm-stays crypto_stays "$tree"
check kernel-stays kernel_stays "$tree"
check names-are-free names_are_free "$tree"
check ours-is-found ours_is_found "$tree"
check example-options example_options "$tree"
check example-modules example_modules "$tree"
check mistake-in-updates mistake_is_noticed updates
check mistake-in-extra mistake_is_noticed extra
exit $failed
