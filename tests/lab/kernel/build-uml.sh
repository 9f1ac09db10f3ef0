#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the kernel of the User-Mode Linux nodes from Debian's linux-source-6.1
# and keeps it under ${XDG_CACHE_HOME:-~/.cache}/ccm. Prints the build directory,
# and nothing else, on standard output; modules build against it with
#     make -C BUILD M=DIR ARCH=um modules
#
#     build-uml.sh plain|debug
set -eu

die() {
	echo "build-uml.sh: $*" >&2
	exit 1
}

# In braces, so that the shell reads all of it before it starts: it may be edited
# during the minutes that it runs.
{
variant=${1:-}
case $variant in
plain) fragments="base.config" ;;
debug) fragments="base.config debug.config" ;;
*) die "variant '$variant': it is one of plain, debug" ;;
esac

here=$(cd "$(dirname "$0")" && pwd)
archive=/usr/src/linux-source-6.1.tar.xz
[ -r "$archive" ] || die "$archive is missing: apt-get install linux-source-6.1"
version=$(dpkg-query -W -f '${Version}' linux-source-6.1) || die "linux-source-6.1 is not installed"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/ccm
mkdir -p "$cache"

# One source for both variants. Its own key: a change of configuration does not
# unpack it again.
source_key=$(printf '%s\n' "$version" "source 2" | sha256sum | cut -c1-12)
source=$cache/linux-source-$source_key
key=$(
	{
		echo "$version $variant $source_key"
		gcc -dumpfullversion
		cd "$here" && cat build-uml.sh $fragments
	} | sha256sum | cut -c1-12
)
build=$cache/uml-$variant-$key

# The common case needs no lock: a finished build has its final name.
if [ -e "$build/built" ] && [ -d "$source" ]; then
	echo "$build"
	exit 0
fi

exec 9>"$cache/lock"
flock 9

# Someone else may have built it while we waited.
if [ -e "$build/built" ] && [ -d "$source" ]; then
	echo "$build"
	exit 0
fi
# Called from a makefile, its flags and job server are not ours.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES ARCH O KBUILD_OUTPUT KCONFIG_CONFIG
export LC_ALL=C

if [ ! -d "$source" ]; then
	echo "build-uml.sh: unpacking $archive" >&2
	# Nothing that was built against another source can be used with this one.
	rm -rf "$cache"/linux-source-* "$cache"/uml-*
	mkdir "$cache/linux-source-tmp"
	# Large parts that no ARCH=um build reads.
	tar -C "$cache/linux-source-tmp" --strip-components=1 -xf "$archive" \
		--exclude='*/drivers/gpu/drm/amd/include' --exclude='*/boot/dts' \
		--exclude='*/Documentation/devicetree' --exclude='*/tools/testing' ||
		die "cannot unpack $archive"
	# It only keeps preempt counting, and so DEBUG_ATOMIC_SLEEP, from being
	# selected; preemption itself stays off.
	sed -i '/select ARCH_NO_PREEMPT$/d' "$cache/linux-source-tmp/arch/um/Kconfig"
	# Walks the address space without a lock, which PROVE_RCU reports at the first
	# fork. Interrupts are off there: the lock that upstream takes would sleep.
	sed -i '/^void force_flush_all/,/^}/ {
		s/^\tfor_each_vma(vmi, vma)$/\trcu_read_lock();\n&/
		s/^}$/\trcu_read_unlock();\n}/
	}' "$cache/linux-source-tmp/arch/um/kernel/tlb.c"
	grep -q 'rcu_read_unlock' "$cache/linux-source-tmp/arch/um/kernel/tlb.c" ||
		die "arch/um/kernel/tlb.c is not as expected"
	mv "$cache/linux-source-tmp" "$source"
fi

temporary=$cache/uml-$variant-tmp
rm -rf "$temporary"
mkdir "$temporary"
(cd "$here" && cat $fragments) >"$temporary/wanted.config"

run() {
	make -C "$source" ARCH=um O="$temporary" "$@" >>"$temporary/build.log" 2>&1 || {
		tail -n 30 "$temporary/build.log" >&2
		die "'make ARCH=um $*' failed; the whole log is $temporary/build.log"
	}
}

echo "build-uml.sh: building the $variant kernel, some minutes, once" >&2
run KCONFIG_ALLCONFIG="$temporary/wanted.config" allnoconfig
lost=$(grep '^CONFIG_' "$temporary/wanted.config" | sort -u | while read -r line; do
	grep -qxF "$line" "$temporary/.config" || echo "$line"
done)
[ -z "$lost" ] || die "these options did not survive (a dependency is missing in the configuration?):
$lost"
run -s -j"$(nproc)" linux modules
rm -f "$temporary/vmlinux.o" "$temporary"/.tmp_vmlinux*

touch "$temporary/built"
for old in "$cache/uml-$variant"-*; do
	[ "$old" = "$temporary" ] || rm -rf "$old"
done
mv "$temporary" "$build"
echo "$build"
exit 0
}
