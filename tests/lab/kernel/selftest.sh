#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Does build-uml.sh keep what it must keep in the cache, and let go of the rest? With a
# source and a compiler of straw, so that it takes a second. Prints "ok NAME" or
# "not ok NAME" for each check.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/ccm-kernel.XXXXXX")
running=
trap '[ -z "$running" ] || kill "$running" 2>/dev/null; rm -rf "$work"' EXIT

export XDG_CACHE_HOME=$work/cache
cache=$XDG_CACHE_HOME/ccm
mkdir -p "$work/bin" "$cache"

# A source that mend-source.sh takes for one
cat >"$work/bin/tar" <<'EOF'
#!/bin/sh
[ "$1" = -C ] || exit 1
mkdir -p "$2/arch/x86/um" "$2/arch/um/kernel" "$2/arch/um/drivers" "$2/mm" \
	"$2/drivers/infiniband/core" "$2/drivers/infiniband/sw/siw" "$2/kernel/locking" "$2/lib"
printf 'static int ib_mad_port_close(void)\n{\n\tdestroy_workqueue(port_priv->wq);\n}\n' \
	>"$2/drivers/infiniband/core/mad.c"
echo 'void siw_cm_exit(void);' >"$2/drivers/infiniband/sw/siw/siw_cm.h"
echo 'static struct workqueue_struct *siw_cm_wq;' >"$2/drivers/infiniband/sw/siw/siw_cm.c"
printf 'static void siw_device_cleanup(void)\n{\n\txa_destroy(&sdev->qp_xa);\n}\n' \
	>"$2/drivers/infiniband/sw/siw/siw_main.c"
case $* in
*linux-source-6.12.tar*) printf 'VERSION = 6\nPATCHLEVEL = 12\n' ;;
*) printf 'VERSION = 6\nPATCHLEVEL = 1\n' ;;
esac >"$2/Makefile"
printf 'void dump_trace(void)\n\tif (__kernel_text_address(addr)) {\n' >"$2/arch/um/kernel/stacktrace.c"
echo '#define MSECS_MIN_AGE	5000' >"$2/mm/kmemleak.c"
printf 'static char *drop_buffer;\nspin_lock(&vp->rx_queue->head_lock);\n' >"$2/arch/um/drivers/vector_kern.c"
for object in mm/kmemleak kernel/locking/lockdep kernel/stacktrace arch/um/kernel/stacktrace lib/debugobjects; do
	echo "obj-y += ${object##*/}.o" >>"$2/${object%/*}/Makefile"
done
echo 'DEFINE_LONGS(HOST_FP_SIZE, 2696)' >"$2/arch/x86/um/user-offsets.c"
echo 'select ARCH_NO_PREEMPT' >"$2/arch/um/Kconfig"
printf 'void force_flush_all(void)\n{\n\tfor_each_vma(vmi, vma)\n}\n' >"$2/arch/um/kernel/tlb.c"
EOF
cat >"$work/bin/make" <<'EOF'
#!/bin/sh
for word; do
	case $word in
	O=*) out=${word#O=} ;;
	esac
	[ -z "${previous:-}" ] || source=$word
	previous=
	[ "$word" != -C ] || previous=yes
done
cp "$out/wanted.config" "$out/.config"
ln -sfn "$source" "$out/source"
cp /bin/sleep "$out/linux"
EOF
# No source is installed, whatever this machine has.
printf '#!/bin/sh\nexit 1\n' >"$work/bin/dpkg-query"
# A mirror that cannot be reached
cat >"$work/bin/apt-get" <<'EOF'
#!/bin/sh
[ "$1" = indextargets ] || exit 100
. /etc/os-release
echo "http://mirror.invalid/debian/ $VERSION_CODENAME main"
EOF
chmod +x "$work"/bin/*

build() { # VARIANT [VERSION]
	PATH=$work/bin:$PATH "$here/build-uml.sh" "$@" 2>"$work/errors" || {
		echo "not ok build-uml.sh $*"
		sed 's/^/    /' "$work/errors"
		exit 1
	}
}

failed=0
check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then
		echo "ok $name"
	else
		echo "not ok $name"
		failed=1
	fi
}

# A source that has been fetched
fetched() { # SUITE KERNEL VERSION
	local name=linux-source-$2
	mkdir -p "$cache/debian/$1" "$cache/debian/${name}_$3/usr/src"
	touch "$cache/debian/${name}_$3/usr/src/$name.tar.xz"
	echo "${name}_$3" >"$cache/debian/$1/$name"
}

# What another checkout built, with another key, DAYS ago
other() { # NAME DAYS
	mkdir -p "$cache/uml-plain-$1" "$cache/linux-source-$1"
	ln -sfn "$cache/linux-source-$1" "$cache/uml-plain-$1/source"
	cp /bin/sleep "$cache/uml-plain-$1/linux"
	touch -d "$2 days ago" "$cache/uml-plain-$1/built"
}

other recent 10
other old 40
other running 40
"$cache/uml-plain-running/linux" 60 &
running=$!

fetched bookworm 6.1 6.1.9-1
plain=$(build plain)
check "the kernel is where it says" test -e "$plain/built"
check "it has room for this host's registers" \
	grep -qE 'HOST_FP_SIZE, (16384|[3-9][0-9]{4}|[0-9]{6,})\)' "$plain/source/arch/x86/um/user-offsets.c"
check "kernel stacks have room for them, too" grep -qE '^CONFIG_KERNEL_STACK_ORDER=([4-9]|10)$' "$plain/.config"
check "what another checkout used lately stays" test -d "$cache/uml-plain-recent"
check "... with its source" test -d "$cache/linux-source-recent"
check "what a node runs stays, however old" test -d "$cache/uml-plain-running"
check "... with its source" test -d "$cache/linux-source-running"
check "what nobody has used for weeks goes" test ! -e "$cache/uml-plain-old"
check "... with its source" test ! -e "$cache/linux-source-old"

touch -d '40 days ago' "$plain/built"
check "a second call builds nothing" test "$(build plain)" = "$plain"
check "... and counts as a use" test -n "$(find "$plain/built" -mtime -1)"

debug=$(build debug)
check "the other variant leaves it alone" test -d "$plain"
check "both have one source" test "$(readlink "$plain/source")" = "$(readlink "$debug/source")"

# One that has not been fetched yet
PATH=$work/bin:$PATH "$here/build-uml.sh" debug 6.12 >"$work/said" 2>"$work/errors"
check "without a mirror it fails" test $? -ne 0 -a ! -s "$work/said"
check "... and says what is missing" grep -q "linux-source-6.12 is missing.*trixie cannot be reached" "$work/errors"
fetched trixie 6.12 6.12.9-1
further=$(build debug 6.12)
check "what was fetched before is built without a mirror" test -e "$further/built"
check "... from a source of its own" test "$(readlink "$further/source")" != "$(readlink "$debug/source")"
check "... where vec=0 takes no lock that is not there" \
	grep -q 'if (vp->rx_queue)' "$further/source/arch/um/drivers/vector_kern.c"
touch -d '40 days ago' "$cache/debian/trixie/linux-source-6.12" "$further/built"
check "when it is old, and there is no mirror, it stays" test "$(build debug 6.12)" = "$further"
check "the kernels of 6.1 are left alone" test -d "$plain" -a -d "$debug"
exit $failed
