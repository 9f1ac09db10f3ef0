#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Another of Debian's kernels for QEMU nodes than the one that is installed: fetches its image,
# modules and headers (fetch.sh), and puts them together, with links, under
# ${XDG_CACHE_HOME:-~/.cache}/ccm. Nothing is installed. Prints the directory, and nothing else,
# on standard output, which has
#
#     release             as uname -r prints it
#     vmlinuz
#     modules             with modules.dep
#     build               what modules are built against: make -C DIRECTORY/build M=DIR modules
#
#     stock.sh 6.1|6.12|newest
#
# newest is the newest that is in the backports, as for build-uml.sh.
set -eu

die() {
	echo "stock.sh: $*" >&2
	exit 1
}

case ${1:-} in
6.1) suite=bookworm images=linux-image ;;
6.12) suite=bookworm-backports images=linux-image ;;
newest) suite=trixie-backports images="linux-base linux-binary linux-modules" ;;
*) die "version '${1:-}': it is one of 6.1, 6.12, newest" ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ccm
export LC_ALL=C

fetch() {
	"$here/fetch.sh" "$suite" "$1" || die "there is no stock kernel $kernel"
}

# Of Debian 13's kernels, modules are compiled with a gcc that knows more than Debian 12's.
older_gcc() {
	cat <<'EOF'
#!/bin/sh
for word; do
	shift
	case $word in
	-fmin-function-alignment=*) word=-falign-functions=${word#*=} ;;
	-fstrict-flex-arrays=*) continue ;;
	esac
	set -- "$@" "$word"
done
exec gcc "$@"
EOF
}

kernel=$1
packages=
for name in linux-headers-*-amd64 linux-headers-*-common linux-kbuild-*; do
	packages="$packages $(fetch "$name")"
done
for name in $images; do
	packages="$packages $(fetch "$name-*-amd64")"
done
release=$(echo "$packages" | sed 's|.*/linux-headers-\([^_ ]*-amd64\)_.*|\1|')
stock=$cache/stock-$release
if [ -e "$stock/done" ]; then
	echo "$stock"
	exit 0
fi

echo "stock.sh: putting $release together" >&2
temporary=$cache/stock-tmp
rm -rf "$temporary"
mkdir -p "$temporary/usr/lib"
ln -s usr/lib "$temporary/lib"
for package in $packages; do
	for part in boot usr lib; do
		[ ! -d "$package/$part" ] || cp -al "$package/$part/." "$temporary/$part/"
	done
done
echo "$release" >"$temporary/release"
image=$(find "$temporary" -name "vmlinuz*" | grep .) || die "there is no image in$packages"
ln "$image" "$temporary/vmlinuz"
depmod -b "$temporary" "$release" 2>/dev/null
ln -s "lib/modules/$release" "$temporary/modules"
ln -s "usr/src/linux-headers-$release" "$temporary/build"
rm -f "$temporary/build/vmlinux" # types for BTF, which would want pahole
gcc=gcc
if ! echo | gcc -fmin-function-alignment=16 -E - >/dev/null 2>&1; then
	older_gcc >"$temporary/gcc"
	chmod +x "$temporary/gcc"
	gcc=$stock/gcc
fi
# The packages expect to be in /usr/src, and to be compiled with the gcc of their release.
for file in Makefile .kernelvariables; do
	sed "s|/usr/src/|$stock/usr/src/|; s|[^ ]*gcc-[0-9]*|$gcc|" "$temporary/build/$file" >"$temporary/changed"
	rm "$temporary/build/$file"
	mv "$temporary/changed" "$temporary/build/$file"
done
! ldd "$temporary"/build/tools/objtool/objtool* 2>&1 | grep -q "not found" ||
	die "the tools of $suite's headers do not run here: they want a newer glibc (Debian 13's)"
touch "$temporary/done"
rm -rf "$stock"
mv "$temporary" "$stock"
echo "$stock"
