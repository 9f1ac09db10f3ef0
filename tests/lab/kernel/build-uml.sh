#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the kernel of the User-Mode Linux nodes from Debian's linux-source and keeps it
# under ${XDG_CACHE_HOME:-~/.cache}/ccm. Prints the build directory, and nothing else, on
# standard output; modules build against it with
#     make -C BUILD M=DIR ARCH=um modules
#
#     build-uml.sh plain|debug [6.1|6.12|newest]
#
# A source that is not installed is fetched (fetch.sh), from whatever release of Debian has
# it; newest is the newest that is in the backports.
#
# The cache belongs to every checkout of the user: what another one built stays as long as
# somebody uses it (see forget_old).
set -eu

# How a kernel is built, apart from its source, configuration and compiler. Another number
# builds all kernels anew.
recipe=3
keep_days=21

die() {
	echo "build-uml.sh: $*" >&2
	exit 1
}

# Room for a process's extended state: what this host needs, and at least what every
# processor of today does (11008 bytes with AMX), so that one kernel serves them all. A
# processor that needs more has a kernel of its own.
xstate_room() {
	program=$(mktemp)
	gcc -O1 -o "$program" "$here/xstate_size.c" && need=$("$program") || need=
	rm -f "$program"
	[ -n "$need" ] || die "cannot tell how large a process's registers are here (is ptrace() allowed?)"
	room=16384
	while [ "$room" -lt "$need" ]; do
		room=$((room * 2))
	done
	echo "$room"
}

# in_use DIRECTORY: a node runs its kernel, or a build works in it
in_use() {
	for link in /proc/[0-9]*/exe /proc/[0-9]*/cwd; do
		case $(readlink "$link" 2>/dev/null) in
		"$1" | "$1"/*) return 0 ;;
		esac
	done
	return 1
}

# A kernel that nobody has asked for in the last weeks, and that nobody runs, goes; so does
# a source that no kernel there was built from.
forget_old() {
	flock 8
	for old in "$cache"/uml-*-*; do
		[ -e "$old/built" ] || continue
		[ -z "$(find "$old/built" -mtime "-$keep_days")" ] || continue
		in_use "$old" || rm -rf "$old"
	done
	for old in "$cache"/linux-source-*; do
		used=
		for kernel in "$cache"/uml-*; do
			[ "$(readlink "$kernel/source")" != "$old" ] || used=yes
		done
		[ -n "$used" ] || [ "$old" = "$source" ] || rm -rf "$old"
	done
	flock -u 8
}

# found: the kernel is there, and now counts as used. Under the lock of forget_old, so that
# it cannot go between the look and the mark.
found() {
	flock 8
	status=1
	if [ -e "$build/built" ] && [ -d "$source" ]; then
		touch "$build/built"
		status=0
	fi
	flock -u 8
	return $status
}

# Sets archive and version: of the installed package, or of one that is fetched.
find_archive() {
	package=linux-source-$kernel
	archive=/usr/src/$package.tar.xz
	if [ -r "$archive" ] && version=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null); then
		return
	fi
	[ "$kernel" != newest ] || package='linux-source-*'
	directory=$("$here/fetch.sh" "$suite" "$package") || die "there is no source of kernel $kernel"
	archive=$(echo "$directory"/usr/src/linux-source-*.tar.xz)
	[ -r "$archive" ] || die "$directory has no linux-source"
	version=${directory##*_}
}

# unknown: those of the options that are read which no Kconfig of the source has
unknown() {
	sed -n 's/^CONFIG_\([A-Z0-9_]*\)=.*/\1/p' | sort -u >"$temporary/options"
	find "$source" -name 'Kconfig*' -exec sed -nE 's/^[[:space:]]*(menu)?config ([A-Z0-9_]+)[[:space:]]*$/\2/p' {} + |
		sort -u | comm -23 "$temporary/options" -
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
kernel=${2:-6.1}
case $kernel in
6.1) suite=bookworm ;;
6.12) suite=trixie ;;
newest) suite=trixie-backports ;;
*) die "version '$kernel': it is one of 6.1, 6.12, newest" ;;
esac

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ccm
mkdir -p "$cache"
find_archive
# 6.1 keeps the name that it has in the cache.
name=$variant
[ "$kernel" = 6.1 ] || name=$variant-$kernel
mend=$here/mend-source.sh
room=$(xstate_room)

# One source for both variants. Its own key: a change of configuration does not
# unpack it again.
source_key=$(
	{
		echo "$version $room"
		cat "$mend"
	} | sha256sum | cut -c1-12
)
source=$cache/linux-source-$source_key
key=$(
	{
		echo "$source_key $variant $recipe"
		gcc -dumpfullversion
		# shellcheck disable=SC2086
		cd "$here" && grep -h '^CONFIG_' $fragments	# a comment builds nothing anew
	} | sha256sum | cut -c1-12
)
build=$cache/uml-$name-$key

exec 8>"$cache/use.lock" 9>"$cache/lock"

# The common case does not wait for somebody's build.
if found; then
	echo "$build"
	exit 0
fi

flock 9

# Someone else may have built it while we waited.
if found; then
	echo "$build"
	exit 0
fi
# Called from a makefile, its flags and job server are not ours.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES ARCH O KBUILD_OUTPUT KCONFIG_CONFIG
export LC_ALL=C

forget_old
if [ ! -d "$source" ]; then
	echo "build-uml.sh: unpacking $archive" >&2
	temporary=$cache/unpack-tmp
	rm -rf "$temporary"
	mkdir "$temporary"
	# Large parts that no ARCH=um build reads.
	tar -C "$temporary" --strip-components=1 -xf "$archive" \
		--exclude='*/drivers/gpu/drm/amd/include' --exclude='*/boot/dts' \
		--exclude='*/Documentation/devicetree' --exclude='*/tools/testing' ||
		die "cannot unpack $archive"
	sh "$mend" "$temporary" "$room" || exit 1
	mv "$temporary" "$source"
fi

temporary=$cache/uml-$name-tmp
rm -rf "$temporary"
mkdir "$temporary"
(cd "$here" && cat $fragments) >"$temporary/wanted.config"
# 6.1 has every option that is asked for; what a newer kernel has no more is not asked of it.
if [ "$kernel" != 6.1 ]; then
	for option in $(unknown <"$temporary/wanted.config"); do
		sed -i "/^CONFIG_$option=/d" "$temporary/wanted.config"
	done
fi
# A copy of that state lies on kernel stacks (a signal's frame, a process's first switch):
# 64 KiB for 16 KiB of it. They are also enough for KASAN's frames on the interrupt stack,
# which overflow 16 KiB on a node that is busy with soft-RoCE.
order=4
while [ $((4096 << order)) -lt $((room * 4)) ]; do
	order=$((order + 1))
done
echo "CONFIG_KERNEL_STACK_ORDER=$order" >>"$temporary/wanted.config"

run() {
	make -C "$source" ARCH=um O="$temporary" "$@" >>"$temporary/build.log" 2>&1 || {
		tail -n 30 "$temporary/build.log" >&2
		die "'make ARCH=um $*' failed; the whole log is $temporary/build.log"
	}
}

echo "build-uml.sh: building the $variant kernel $version, some minutes, once" >&2
run KCONFIG_ALLCONFIG="$temporary/wanted.config" allnoconfig
lost=$(grep '^CONFIG_' "$temporary/wanted.config" | sort -u | while read -r line; do
	grep -qxF "$line" "$temporary/.config" || echo "$line"
done)
[ -z "$lost" ] || die "these options did not survive (a dependency is missing in the configuration?):
$lost"
run -s -j"${JOBS:-$(nproc)}" linux modules
rm -f "$temporary/vmlinux.o" "$temporary"/.tmp_vmlinux* "$temporary/options"

# In newer kernels (7.3) the build directory's Makefile names it.
[ ! -e "$temporary/Makefile" ] || sed -i "s|$temporary|$build|" "$temporary/Makefile"
touch "$temporary/built"
rm -rf "$build"
mv "$temporary" "$build"
echo "$build"
exit 0
}
