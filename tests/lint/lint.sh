#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lint.sh [STEP...] - check that the module is the C that is also C++, and its style.
#
# Without arguments all steps run. Each prints "ok STEP" or "FAIL STEP" with the
# findings below it; the exit code is 1 if any failed.
#
#	core		ccm/core compiles: gcc (C), g++ and clang++ (C++20), all warnings
#	cxx-compat	the module with -Wc++-compat -Wjump-misses-init, kernel headers real
#	kstub		the module parsed as C++20 against the declarations in tests/kstub, with pages
#			of 4 and of 64 KiB
#	sparse		the module built by Kbuild under sparse, with endianness checks
#	layers		the objects' order in Kbuild is the order of the house: a file calls, and
#			includes the header of, only what stands above it; core and transport
#			want nothing of the rest
#	checkpatch	the kernel's style check
#	format		the C++ has the style of .clang-format
#	tidy		clang-tidy has nothing to say of the C++ (see .clang-tidy)
#	headers		every header of ours compiles alone, as C and as C++
#	keywords	no C++ keyword is a name
#	netlink		the numbers in the netlink header are those of its specification
#	spdx		every file says its licence
#	whitespace	no trailing blanks, no CR, a newline at the end
#
# Variables: KDIR, the kernel build directory (default: the newest of
# /usr/src/linux-headers-6.1*-amd64); CHECKPATCH, a checkpatch.pl; JOBS (default 2);
# LINT_TOP, the tree to look at (default: the one this script is in).
set -u
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
own_top=$(cd "$here/../.." && pwd)
top=$(cd "${LINT_TOP:-$own_top}" && pwd)
jobs=${JOBS:-2}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ccm/lint
kdir=${KDIR:-$(printf '%s\n' /usr/src/linux-headers-6.1*-amd64 | sort -V | tail -n 1)}
build=			# build_objects
work=$(mktemp -d "${TMPDIR:-/tmp}/ccm-lint.XXXXXX")
trap 'rm -rf "$work"' EXIT

all_steps="core cxx-compat kstub sparse layers checkpatch format tidy headers keywords netlink spdx whitespace"
cd "$top" || exit 1

# Files of the tree, relative to it, as far as they exist
files()
{
	local f
	for f in "$@"; do
		[ -f "$f" ] && printf '%s\n' "$f"
	done
}
core_sources()   { files ccm/core/*.c; }
core_headers()   { files ccm/core/*.h include/uapi/linux/*.h; }
module_sources() { files ccm/*.c ccm/rdma/*.c ccm/clients/*.c tests/kunit/suites/*.c tests/modules/*/*.c tests/*/modules/*.c; }
module_headers()
{
	local f
	files ccm/*.h ccm/rdma/*.h ccm/clients/*.h tests/kunit/suites/*.h include/linux/*.h
	# beside test modules there are also headers of the tests that use them
	for f in $(files tests/modules/*/*.h tests/*/modules/*.h); do
		grep -Eqs "^#include \"(\.\./.*/)?${f##*/}\"" "${f%/*}"/*.c "${f%/*}"/../*/*.c &&
			printf '%s\n' "$f"
	done
}
kernel_files()   { core_sources; core_headers; module_sources; module_headers; }

# Everything that is, or would be, in the repository
tree_files()
{
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1 &&
	   [ "$(git rev-parse --show-toplevel)" = "$top" ]; then
		git ls-files -co --exclude-standard
	else
		find . -type f | sed 's,^\./,,'
	fi | sort -u | while read -r f; do [ -f "$f" ] && printf '%s\n' "$f"; done
}

need()    # COMMAND PACKAGE
{
	command -v "$1" >/dev/null && return
	echo "$1 is missing: install the Debian package $2"
	return 1
}

need_kdir()
{
	[ -f "$kdir/Makefile" ] && return
	echo "no kernel headers at $kdir: install linux-headers-amd64, or set KDIR"
	return 1
}

# What a compiler finds in a file follows from the file, every header that it could include,
# and the tools. A file without findings is remembered by these, for a month.
export GOOD=$cache/good
export GOOD_KEY=		# set: remember
good_key()
{
	mkdir -p "$GOOD" && find "$GOOD" -type f -mtime +30 -delete
	{
		tree_files | grep '\.h$' | xargs -r cat
		find "$own_top/tests/kstub" -name '*.h' -exec cat {} +
		cat "$here/lint.sh" .clang-format
		gcc --version; g++ --version; clang++ --version; clang-format --version; sparse --version
		cat "$kdir/include/config/kernel.release"
	} 2>/dev/null | sha256sum | cut -c 1-40
}

good_name()    # COMMAND FILE
{
	{ echo "$GOOD_KEY $1 $2"; cat "$2"; } | sha256sum | sed "s,^,$GOOD/,; s, .*,,"
}

run_one()    # COMMAND FILE
{
	local name said result
	[ -z "$GOOD_KEY" ] || { name=$(good_name "$@"); [ ! -e "$name" ] || return 0; }
	said=$("$@" 2>&1)
	result=$?
	[ -z "$said" ] || printf '%s\n' "$said"
	[ $result -eq 0 ] || echo "$2: $1 failed"
	[ -n "$said" ] || [ $result -ne 0 ] || [ -z "$GOOD_KEY" ] || touch "$name"
}

# each COMMAND: run "COMMAND FILE" for the files on stdin, some at a time. Findings are what
# is printed; a command that fails and prints nothing has its say, too.
each()
{
	# shellcheck disable=SC2163
	export -f "$1" run_one good_name
	# shellcheck disable=SC2016
	xargs -r -P "$jobs" -I{} bash -c 'run_one "$@"' each "$1" {} >"$work/each" 2>&1
	awk '!seen[$0]++' "$work/each"	# a header's finding once
	[ ! -s "$work/each" ]
}

# --- core ---------------------------------------------------------------------

compile_core()
{
	gcc -std=gnu11 -O1 -Wall -Wextra -Wc++-compat -Wjump-misses-init -Werror \
		-Iinclude -c -o /dev/null "$1" &&
	g++ -x c++ -std=c++20 -O1 -Wall -Wextra -Wpedantic -Werror \
		-Iinclude -c -o /dev/null "$1" &&
	clang++ -x c++ -std=c++20 -O1 -Wall -Wextra -Wpedantic -Werror \
		-Iinclude -c -o /dev/null "$1"
}

step_core()
{
	need gcc gcc && need g++ g++ && need clang++ clang || return 1
	GOOD_KEY=$(good_key)
	core_sources | each compile_core
}

# --- with the kernel's own headers ----------------------------------------------

# The kernel's compile command, as Kbuild uses it for an empty module, without what
# names that module; its include directories as system directories, so that only our
# lines are warned of.
kernel_flags()
{
	mkdir -p "$work/probe" || return 1
	echo 'obj-m := probe.o' >"$work/probe/Kbuild"
	echo '#include <linux/types.h>' >"$work/probe/probe.c"
	if ! make -s -C "$kdir" M="$work/probe" probe.o >"$work/probe/log" 2>&1; then
		cat "$work/probe/log"
		return 1
	fi
	sed -n '1s/^[^=]*:= *//p' "$work/probe/.probe.o.cmd" |
		sed 's/ ;.*//; s/-Wp,-MMD,[^ ]*//; s/ -c -o .*//; s/ -I/ -isystem /g' \
		>"$work/kernel_flags"
	[ -s "$work/kernel_flags" ]
}

# The kernel defines bool, true and false itself, which is reported at every use; and
# it has structures with a member "private", which cannot be named otherwise (that no
# name of ours is a keyword is step keywords).
compile_compat()
{
	local flags log result
	log=$LINT_WORK/compat.$BASHPID
	flags=$(cat "$LINT_WORK/kernel_flags")
	(cd "$LINT_KDIR" && eval "$flags" -I"'$LINT_TREE/include'" -I"'$LINT_TREE/ccm'" \
		-Wc++-compat -Wjump-misses-init -fno-diagnostics-show-caret \
		-fsyntax-only "'$LINT_TREE/$1'") >"$log" 2>&1
	result=$?
	sed -n "s,^$LINT_TREE/,,; /: warning: \|: error: \|: fatal error: /p" "$log" |
		grep -vE "identifier '(bool|true|false|private)' conflicts with C\+\+ keyword"
	[ $result -eq 0 ] || ! { grep -q 'error: ' "$log" || cat "$log"; }
}

step_cxx_compat()
{
	need gcc gcc && need_kdir && kernel_flags || return 1
	export LINT_WORK=$work LINT_KDIR=$kdir LINT_TREE=$top
	GOOD_KEY=$(good_key)
	module_sources | each compile_compat
}

# --- stubs ----------------------------------------------------------------------

# Also as on a machine whose pages are 64 KiB
parse_kstub()
{
	parse_with_pages 12 "$1" && { [[ $1 != ccm/* ]] || parse_with_pages 16 "$1"; }
}

parse_with_pages()    # SHIFT FILE
{
	g++ -x c++ -DPAGE_SHIFT="$1" -std=c++20 -fsyntax-only -fno-diagnostics-show-caret -fmax-errors=20 \
		-nostdinc -D__KERNEL__ -DMODULE -DKBUILD_MODNAME='"rdma_ccm"' \
		-Dprivate=kstub_private -Wall -Wextra -Werror -Wno-unused-parameter \
		-Wno-missing-field-initializers -Wno-unused-function -Wno-sign-compare \
		-Wno-unused-variable -Wno-unused-const-variable \
		-isystem "$KSTUB" -Iinclude -Iccm "$2"
}

step_kstub()
{
	need g++ g++ || return 1
	export KSTUB=$own_top/tests/kstub/include
	GOOD_KEY=$(good_key)
	export -f parse_with_pages
	module_sources | each parse_kstub
}

# --- sparse ---------------------------------------------------------------------

# build_objects ARGUMENT...: make them in $build, a copy, so that no build output gets into the
# tree; objects only, since modules and KUnit suites do not belong into one module. Of what one
# step has built the next one builds nothing anew. The copy has the same name each time, for
# ccache; who comes while another lint builds has one of his own.
build_objects()
{
	local f cc=gcc
	need cpio cpio && need_kdir || return 1
	if [ -z "$build" ]; then
		mkdir -p "$cache"
		exec 7>"$cache/build.lock"
		build=$work/build
		if flock -n 7; then
			build=$cache/build
			rm -rf "$build"
		fi
	fi
	command -v ccache >/dev/null && cc="ccache gcc"
	if [ ! -d "$build" ]; then
		mkdir -p "$build"
		kernel_files | cpio -pdm --quiet "$build" || return 1
		{
			echo "ccflags-y := -I\$(src)/include"
			echo "CFLAGS_ccm/trace.o := -I\$(src)/ccm"
			echo "obj-m := lint.o"
			{ core_sources; module_sources; } | while read -r f; do
				echo "lint-y += ${f%.c}.o"
			done
		} >"$build/Kbuild"
	fi
	CCACHE_DIR=${CCACHE_DIR:-${cache%/lint}/ccache} \
		make -s -k -j "$jobs" -C "$kdir" M="$build" CC="$cc" "$@"
}

step_sparse()
{
	local obj="" names="" f
	need sparse sparse || return 1
	GOOD_KEY=$(good_key)
	for f in $(core_sources; module_sources); do
		[ -e "$(good_name sparse "$f")" ] || obj="$obj ${f%.c}.o" names="$names $(good_name sparse "$f")"
	done
	[ -n "$obj" ] || return 0
	# shellcheck disable=SC2086
	build_objects C=2 CF=-D__CHECK_ENDIAN__ $obj >"$work/sparse.log" 2>&1
	local result=$?
	sed "s,$build/,,g" "$work/sparse.log" |
		grep -E '^(ccm|include|tests)/[^ ]*: ' |
		grep -vE 'note: ' | sort -u >"$work/sparse.findings"
	cat "$work/sparse.findings"
	[ -s "$work/sparse.findings" ] && return 1
	# shellcheck disable=SC2086
	[ $result -eq 0 ] && touch $names && return 0
	tail -n 20 "$work/sparse.log"
	return 1
}

# --- layers ---------------------------------------------------------------------

# Of each object named: what it defines, what of ours it calls, which of our headers the
# compiler saw. Tracepoints, whose names begin with "__", can be anywhere.
describe_objects()
{
	local o
	for o in "$@"; do
		echo "object $o"
		nm -g --defined-only "$o" | sed 's/.* /defines /'
		nm -u "$o" | sed -nE 's/.* ((ccm|fm)_)/calls \1/p'
		sed -nE "s,^ *($PWD/[^ ]*\.h).*,\1,p" "${o%/*}/.${o##*/}.cmd" |
			xargs -r realpath --relative-to=. | sed 's/^/includes /'
	done
}

step_layers()
{
	local objects
	need nm binutils && need realpath coreutils || return 1
	objects=$(files Kbuild | xargs -r sed -n 's/^[a-z_]*-y *[:+]=//p' | grep -o 'ccm/[^ ]*\.o')
	[ -n "$objects" ] || { echo "Kbuild: no objects"; return 1; }
	# shellcheck disable=SC2086
	build_objects $objects >"$work/layers.log" 2>&1 || { tail -n 20 "$work/layers.log"; return 1; }
	# shellcheck disable=SC2086
	judge_layers $objects
}

judge_layers()    # OBJECT...
(
	local objects below
	objects=$(printf '%s\n' "$@")
	cd "$build" || return 1
	# shellcheck disable=SC2086
	describe_objects $objects | awk '
		$1 == "object" { object = $2; at[object] = ++count; next }
		$1 == "defines" { owner[$2] = object; next }
		{ from[++uses] = object; how[uses] = $1; what[uses] = $2 }
		END {
			for (i = 1; i <= uses; i++) {
				whose = owner[what[i]]
				if (how[i] == "includes") {
					whose = what[i]
					sub(/h$/, "o", whose)
					if (!(whose in at))
						continue	# no .c has this header
				}
				if (at[whose] && at[whose] <= at[from[i]])
					continue
				print from[i] " " how[i] " " what[i] ": " \
				      (whose ? whose " stands below it" : "nobody has it")
			}
		}' >"$work/layers"
	below=$(grep -E '^ccm/(core/|rdma/|trace\.o)' <<<"$objects")
	# shellcheck disable=SC2086
	[ -z "$below" ] || ld -r -o below.o $below || return 1
	[ -z "$below" ] || nm -u below.o |
		sed -nE 's/.* ((ccm|fm)_)/core and transport together call \1/p' >>"$work/layers"
	cat "$work/layers"
	[ ! -s "$work/layers" ]
)

# --- checkpatch -----------------------------------------------------------------

# Not in Debian's header packages: taken out of the kernel's source package, once.
find_checkpatch()
{
	local tarball name dir
	if [ -n "${CHECKPATCH:-}" ]; then
		echo "$CHECKPATCH"
		return
	fi
	for name in "$kdir"/scripts/checkpatch.pl "$kdir"/source/scripts/checkpatch.pl; do
		[ -f "$name" ] && echo "$name" && return
	done
	tarball=$(printf '%s\n' /usr/src/linux-source-*.tar.*z | sort -V | tail -n 1)
	if [ ! -f "$tarball" ]; then
		echo "no checkpatch.pl: install linux-source-6.1 or a newer one, or set CHECKPATCH" >&2
		return 1
	fi
	dir=$cache/checkpatch-$(stat -c %Y-%s "$tarball")
	if [ ! -f "$dir/checkpatch.pl" ]; then
		rm -rf "$dir.new" && mkdir -p "$dir.new" &&
			tar -xf "$tarball" -C "$dir.new" --strip-components=2 --wildcards \
				'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
				'*/scripts/const_structs.checkpatch' &&
			rm -rf "$dir" && mv "$dir.new" "$dir" || return 1
	fi
	echo "$dir/checkpatch.pl"
}

# In a copy, because checkpatch may leave a cache where it runs. It takes a second for
# a file: files without findings are remembered, by their content.
run_checkpatch()
{
	local known found
	cd "$LINT_WORK/checkpatch" || return 1
	known=$CHECKPATCH_OK/$(sha256sum "$1" "$CHECKPATCH_PL" "$LINT_WORK/checkpatch.not" |
		sed "s, .*/, ," | sha256sum | cut -c 1-64)
	[ -e "$known" ] && return
	found=$(perl "$CHECKPATCH_PL" --no-tree --strict --terse --no-summary --show-types \
		--max-line-length=100 -f "$1" 2>&1 |
		grep -vE '^(No structs|No typos)' | grep -vE -f "$LINT_WORK/checkpatch.not")
	if [ -n "$found" ]; then
		printf '%s\n' "$found"
	else
		touch "$known"
	fi
}

# checkpatch.ignore: "TYPE" or "TYPE FILE" on each line, made into patterns of lines
step_checkpatch()
{
	need perl perl && need cpio cpio && CHECKPATCH_PL=$(find_checkpatch) || return 1
	perl -c "$CHECKPATCH_PL" >/dev/null 2>&1 || { echo "$CHECKPATCH_PL: not a program"; return 1; }
	export CHECKPATCH_PL LINT_WORK=$work CHECKPATCH_OK=$cache/checkpatch-ok
	mkdir -p "$CHECKPATCH_OK"
	find "$CHECKPATCH_OK" -type f -mtime +30 -delete
	sed 's/#.*//' "$here/checkpatch.ignore" | while read -r type file; do
		[ -n "$type" ] && echo "^${file:-[^:]*}:[0-9]+: [A-Z]+:$type:"
	done >"$work/checkpatch.not"
	mkdir -p "$work/checkpatch"
	kernel_files | cpio -pdm --quiet "$work/checkpatch" || return 1
	kernel_files | each run_checkpatch
}

# --- C++ ------------------------------------------------------------------------

# Headers are C++ where no kernel code is
cxx_sources() { tree_files | grep '\.cpp$'; }
cxx_headers()
{
	tree_files | grep -E '^(demo|tests|userspace-tools)/.*\.h$' |
		grep -vE '^tests/(kstub|kunit/suites|lab/modules)/|^tests/modules/([^l]|l[^a])'
}

run_format()
{
	clang-format --style=file --dry-run -Werror --ferror-limit=3 "$1" 2>&1 | grep 'error:'
	[ "${PIPESTATUS[0]}" -eq 0 ]
}

step_format()
{
	need clang-format clang-format || return 1
	GOOD_KEY=$(good_key)
	{ cxx_sources; cxx_headers; } | each run_format
}

# Targets are compiled by CMake's unity builds, here all sources of a target as one: what
# clang-tidy looks at are these units, so that json, GoogleTest and CLI11, of which it looks at every
# line, too, come once for a target, not for each file. They are configured apart: nothing needs to be
# built, and no build is waited for.
# Leaves units, those with C++ in them that no other one has, and seen, the files that are in one.
configure_tidy()
{
	local list dir
	mkdir -p "$work/tidy"
	for list in $(files CMakeLists.txt tests/fuzz/CMakeLists.txt); do
		dir=$work/tidy/$(dirname "$list")
		if ! CMAKE_CXX_COMPILER_LAUNCHER='' cmake -S "$(dirname "$list")" -B "$dir" \
			-DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0 \
			-DCMAKE_EXPORT_COMPILE_COMMANDS=ON >"$work/cmake.log" 2>&1; then
			tail -n 20 "$work/cmake.log"
			return 1
		fi
		sed -n 's/^ *"file": "\(.*\)",*$/\1/p' "$dir/compile_commands.json" >>"$work/tidy/all"
	done
	sort -u "$work/tidy/all" |
		xargs -r awk -v seen="$work/tidy/seen" '
			function file(name) {
				if (name in known)
					return
				known[name]
				print name >seen
				print FILENAME
			}
			FILENAME ~ /\.cpp$/ { file(FILENAME); nextfile }
			/^#include ".*\.cpp"$/ { split($0, part, "\""); file(part[2]) }' |
		sort -u >"$work/tidy/units"
}

# The newest few of what is remembered of a unit, KEY.*: the tree's files that it was compiled
# from, as sha256sum lists them. One that still holds says that there is no finding.
remembered()    # KEY
{
	local known
	# shellcheck disable=SC2012
	ls -t "$TIDY_OK/$1".* 2>/dev/null | head -n 8 | while read -r known; do
		sha256sum --status -c "$known" 2>/dev/null && touch "$known" && echo yes && break
	done | grep -q yes
}

# A unit takes up to half a minute: those without findings are remembered, by their command,
# .clang-tidy and all of the tree's files in them.
run_tidy()
{
	local unit=$1 dir command key now log result found
	dir=$(dirname "$(grep -rlF --include=compile_commands.json -- " -c $unit\"," "$LINT_WORK/tidy" | head -n 1)")
	command=$(grep -F -- " -c $unit\"," "$dir/compile_commands.json" | head -n 1 |
		sed -E 's/^ *"command": "//; s/",$//; s/\\(["\\])/\1/g')
	key=$({ clang-tidy --version; cat .clang-tidy "$unit"; echo "$command"; } |
		sed "s,$LINT_WORK/,,g; s,$LINT_TREE/,,g" | sha256sum | cut -c 1-64)
	remembered "$key" && return

	now=$(mktemp "$LINT_WORK/tidy/now.XXXXXX")
	log=$now.log
	(cd "$LINT_WORK/tidy" && eval "${command% -o *} -MM '$unit'") 2>/dev/null | tr -s ' \\' '\n' |
		sed -n "s,^$LINT_TREE/,,p" | sort -u | xargs -r sha256sum >"$now"
	clang-tidy --quiet -p "$dir" --config-file=.clang-tidy "$unit" >"$log" 2>&1
	result=$?
	found=$(grep -E '(error|warning): ' "$log" | sed -n "s,^$LINT_TREE/,,p")
	if [ -n "$found" ]; then
		printf '%s\n' "$found"
	elif [ $result -ne 0 ]; then
		tail -n 20 "$log"
		return 1
	else
		mv "$now" "$TIDY_OK/$key.$(sha256sum <"$now" | cut -c 1-16)"
	fi
}

step_tidy()
{
	local bad=0
	need clang-tidy clang-tidy && need cmake cmake && need g++ g++ || return 1
	export LINT_WORK=$work LINT_TREE=$top TIDY_OK=$cache/tidy-ok
	export -f remembered
	mkdir -p "$TIDY_OK"
	find "$TIDY_OK" -type f -mtime +30 -delete
	configure_tidy || return 1
	sed -n "s,^$top/,,p" "$work/tidy/seen" | sort -u | comm -13 - <(cxx_sources) |
		sed 's/$/: in no target of CMake, so clang-tidy does not see it/' >"$work/tidy/unseen"
	cat "$work/tidy/unseen"
	[ ! -s "$work/tidy/unseen" ] || bad=1
	each run_tidy <"$work/tidy/units" || bad=1
	return $bad
}

# --- headers --------------------------------------------------------------------

header_alone()    # as user space sees it
{
	gcc -x c -std=gnu11 -Wall -Wextra -Werror -Iinclude -fsyntax-only \
		-include "$1" /dev/null &&
	g++ -x c++ -std=c++20 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only \
		-include "$1" /dev/null
}

kernel_header_alone()
{
	local flags
	flags=$(cat "$LINT_WORK/kernel_flags")
	(cd "$LINT_KDIR" && eval "$flags" -I"$LINT_TREE/include" -I"$LINT_TREE/ccm" -x c \
		-fsyntax-only -include "'$LINT_TREE/$1'" /dev/null) &&
	g++ -x c++ -std=c++20 -fsyntax-only -nostdinc -D__KERNEL__ -DMODULE \
		-DKBUILD_MODNAME='"rdma_ccm"' -Dprivate=kstub_private -isystem "$KSTUB" \
		-Iinclude -Iccm -include "$1" /dev/null
}

step_headers()
{
	local bad=0
	need gcc gcc && need g++ g++ && need_kdir && kernel_flags || return 1
	export LINT_WORK=$work LINT_KDIR=$kdir LINT_TREE=$top
	export KSTUB=$own_top/tests/kstub/include
	GOOD_KEY=$(good_key)
	core_headers | each header_alone || bad=1
	{ core_headers; module_headers; } | each kernel_header_alone || bad=1
	return $bad
}

# --- text -----------------------------------------------------------------------

cxx_keywords='and and_eq asm bitand bitor catch char16_t char32_t char8_t class co_await
co_return co_yield compl concept const_cast consteval constexpr constinit decltype delete
dynamic_cast explicit export friend mutable namespace new noexcept not not_eq nullptr
operator or or_eq private protected public reinterpret_cast requires static_cast template
this thread_local throw try typeid typename using virtual wchar_t xor xor_eq'

# Comments go by way of the preprocessor, strings by sed; then a name is a word. Only
# the kernel has a member "private" (struct seq_file) that we cannot name otherwise.
step_keywords()
{
	local f bad=0 words
	need gcc gcc || return 1
	words=$(printf '%s' "$cxx_keywords" | tr -s ' \n' '|')
	for f in $(kernel_files); do
		gcc -fpreprocessed -dD -E "$f" 2>/dev/null |
			sed -E 's/"([^"\\]|\\.)*"//g; s/^[ \t]*#[ \t]*include.*//; s/->private\>//g' |
			awk -v file="$f" '/^# [0-9]+ / { line = $2 - 1; next }
				{ line++; print file ":" line ": " $0 }' |
			grep -E "^[^ ]* (.*[^A-Za-z0-9_])?($words)([^A-Za-z0-9_]|\$)" && bad=1
	done
	return $bad
}

step_netlink()
{
	local spec
	for spec in $(files Documentation/netlink/specs/*.yaml); do
		python3 "$own_top/tests/lint/netlink_numbers.py" "$spec" \
			"include/uapi/linux/$(basename "$spec" .yaml)_netlink.h" || return 1
	done
}

step_spdx()
{
	local f want bad=0
	while read -r f; do
		case $f in
		*/corpus/* | LICENSES/* | *.md | *.json | .gitignore | */.gitignore | \
		COPYING | LICENSE | *.png | *.svg | *.bin | debian/* | packaging/debian/*) continue ;;
		esac
		case $f in
		include/uapi/*) want='GPL-2\.0-only WITH Linux-syscall-note' ;;
		*) want='GPL-2\.0-only' ;;
		esac
		if ! head -n 3 "$f" | grep -qE "SPDX-License-Identifier: $want( \*/|-->)?[ ]*\$"; then
			echo "$f: no SPDX-License-Identifier: ${want//\\/} in its first three lines"
			bad=1
		fi
	done < <(tree_files)
	return $bad
}

step_whitespace()
{
	local f bad=0
	while read -r f; do
		case $f in */corpus/*) continue ;; esac
		grep -Iq . "$f" || continue	# empty or binary
		if grep -nHP '[ \t]+$|\r' "$f"; then
			bad=1
		fi
		if [ -n "$(tail -c 1 "$f")" ]; then
			echo "$f: no newline at its end"
			bad=1
		fi
	done < <(tree_files)
	return $bad
}

# --- main -----------------------------------------------------------------------

steps=${*:-$all_steps}
for step in $steps; do
	case " $all_steps " in
	*" $step "*) ;;
	*)
		echo "lint: there is no step '$step'; there are: $all_steps" >&2
		exit 1
		;;
	esac
done

failed=0
count=0
for step in $steps; do
	count=$((count + 1))
	GOOD_KEY=
	if "step_${step//-/_}" >"$work/out" 2>&1; then
		echo "ok $step"
	else
		echo "FAIL $step"
		sed 's/^/    /' "$work/out" | head -n "${LINT_LINES:-60}"
		failed=$((failed + 1))
	fi
done
echo "lint: $count steps, $failed failed"
[ $failed -eq 0 ]
