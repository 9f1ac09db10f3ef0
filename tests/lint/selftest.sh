#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# selftest.sh - shows that lint.sh can fail: small trees with one fault each, and for
# each the step that must find it. A tree without a fault must pass every step.
set -u
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/ccm-lint-selftest.XXXXXX")
trap 'rm -rf "$work"' EXIT
count=0
failed=0

# A good tree: one file of the core, one of the module, the headers they want, and the
# order of both.
new_tree()
{
	rm -rf "$work/tree"
	mkdir -p "$work/tree/ccm/core" "$work/tree/include/uapi/linux"
	cp "$top/ccm/core/types.h" "$work/tree/ccm/core/"
	cat >"$work/tree/Kbuild" <<-'END'
	# SPDX-License-Identifier: GPL-2.0-only
	good-y := ccm/core/good.o
	good-y += ccm/good.o
	END
	cat >"$work/tree/ccm/core/good.c" <<-'END'
	// SPDX-License-Identifier: GPL-2.0-only
	/* A class of its own: a keyword in a comment, or "new" in a string, is no name. */
	#include "types.h"

	const char *good_name(u32 value);

	const char *good_name(u32 value)
	{
		return value ? "new" : "delete";
	}
	END
	cat >"$work/tree/ccm/good.c" <<-'END'
	// SPDX-License-Identifier: GPL-2.0-only
	#include <linux/module.h>
	#include <linux/slab.h>

	static u8 *memory;

	static int __init good_init(void)
	{
		memory = (u8 *)kzalloc(16, GFP_KERNEL);
		return memory ? 0 : -ENOMEM;
	}

	static void __exit good_exit(void)
	{
		kfree(memory);
	}

	module_init(good_init);
	module_exit(good_exit);

	MODULE_DESCRIPTION("Nothing");
	MODULE_LICENSE("GPL");
	END
	mkdir -p "$work/tree/demo"
	cp "$top/.clang-format" "$top/.clang-tidy" "$work/tree/"
	cat >"$work/tree/demo/good.h" <<-'END'
	// SPDX-License-Identifier: GPL-2.0-only
	#pragma once
	inline int good(int value)
	{
	    return value + 1;
	}
	END
	cat >"$work/tree/demo/good.cpp" <<-'END'
	// SPDX-License-Identifier: GPL-2.0-only
	#include "good.h"
	int better(int value)
	{
	    return good(value) + 1;
	}
	END
	cat >"$work/tree/CMakeLists.txt" <<-'END'
	# SPDX-License-Identifier: GPL-2.0-only
	cmake_minimum_required(VERSION 3.25)
	project(good LANGUAGES CXX)
	file(GLOB sources demo/*.cpp)
	add_library(good ${sources})
	END
}

# check ok|FAIL STEP WHAT [FINDING]: the step on the tree as it is
check()
{
	local want=$1 step=$2 what=$3 finding=${4:-} got
	count=$((count + 1))
	got=$(LINT_TOP=$work/tree "$here/lint.sh" "$step" 2>&1)
	if grep -q "^$want $step\$" <<<"$got" && grep -qF -- "$finding" <<<"$got"; then
		echo "ok $step: $what"
	else
		echo "FAIL $step: $what: wanted \"$want\", got:"
		sed 's/^/    /' <<<"$got"
		failed=$((failed + 1))
	fi
}

# bad FILE WHAT STEP...: a good tree plus FILE from stdin; each step must fail
bad()
{
	local file=$1 what=$2 step
	shift 2
	new_tree
	mkdir -p "$(dirname "$work/tree/$file")"
	cat >"$work/tree/$file"
	for step in "$@"; do
		check FAIL "$step" "$what"
	done
}

new_tree
for step in core cxx-compat kstub sparse layers checkpatch format tidy headers keywords netlink spdx whitespace; do
	check ok "$step" "a good tree"
done

bad ccm/core/bad.c "uncast void * in the core" core <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#include "types.h"

u8 *bad_bytes(void *memory);

u8 *bad_bytes(void *memory)
{
	u8 *bytes = memory;

	return bytes;
}
END

bad ccm/core/bad.c "a signed and an unsigned number compared in the core" core <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#include "types.h"

bool bad_less(int a, u32 b);

bool bad_less(int a, u32 b)
{
	return a < b;
}
END

bad ccm/bad.c "uncast void * in the module" cxx-compat kstub <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

u8 *bad_bytes(void);

u8 *bad_bytes(void)
{
	u8 *bytes = kzalloc(16, GFP_KERNEL);

	return bytes;
}
END

bad ccm/bad.c "class as a name" cxx-compat kstub keywords <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/types.h>

int bad_twice(int class);

int bad_twice(int class)
{
	return class + class;
}
END

bad ccm/bad.h "new as a member in a header" headers keywords <<'END'
/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAD_H
#define BAD_H

struct bad {
	int new;
};

#endif
END

bad ccm/bad.c "designators out of order" kstub <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/notifier.h>

extern struct notifier_block bad_block;

struct notifier_block bad_block = {
	.priority = 1,
	.notifier_call = NULL,
};
END

bad ccm/bad.c "goto over an initialiser" cxx-compat kstub <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/types.h>

int bad_jump(int a);

int bad_jump(int a)
{
	if (a)
		goto out;
	{
		a++;
	}
	int b = a + 1;

	a = b;
out:
	return a;
}
END

bad ccm/bad.c "a number assigned to an enum" cxx-compat kstub <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/types.h>

enum bad_state { BAD_OFF, BAD_ON };

enum bad_state bad_next(int a);

enum bad_state bad_next(int a)
{
	enum bad_state state = a;

	return state;
}
END

bad ccm/bad.c "another argument list than the kernel's" kstub <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

void *bad_bytes(void);

void *bad_bytes(void)
{
	return kzalloc(16);
}
END

bad ccm/bad.c "a number stored as little-endian without conversion" sparse <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/types.h>

extern __le32 bad_word;
__le32 bad_word;

void bad_store(u32 value);

void bad_store(u32 value)
{
	bad_word = value;
}
END

bad ccm/bad.c "a user pointer that is followed" sparse <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/types.h>

int bad_read(const int __user *p);

int bad_read(const int __user *p)
{
	return *p;
}
END

bad ccm/bad.c "not the kernel's style" checkpatch <<'END'
// SPDX-License-Identifier: GPL-2.0-only
int bad_style( int a ){
    if(a) { return 1; }
    return 0;
}
END

bad demo/bad.cpp "C++ with tabs" format \
	< <(printf '// SPDX-License-Identifier: GPL-2.0-only\nint bad()\n{\n\treturn 1;\n}\n')

bad demo/bad.h "another style in a header of C++" format <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#pragma once
inline int bad() {
    return 1;
}
END

# good.cpp and bad.cpp are one unit
bad demo/bad.cpp "moved, then used" tidy <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#include <utility>

struct Text {
    Text(Text &&other) noexcept;
    int size;
};

int bad(Text a)
{
    Text b = std::move(a);
    return b.size + a.size;
}
END
check FAIL tidy "where it was found" "demo/bad.cpp:12:21: warning: 'a' used after it was moved"

bad demo/bad.cpp "C++ that does not compile" tidy <<'END'
// SPDX-License-Identifier: GPL-2.0-only
int bad(no_such_type a);
END

# What was without findings is not looked at again, until a file that it was compiled from
# is another.
new_tree
export XDG_CACHE_HOME=$work/cache
check ok tidy "a tree that is not known"
mkdir -p "$work/bin"
printf '#!/bin/sh\n[ "$1" != --version ] || exec %s --version\nexit 1\n' \
	"$(command -v clang-tidy)" >"$work/bin/clang-tidy"
chmod +x "$work/bin/clang-tidy"
PATH=$work/bin:$PATH check ok tidy "a tree that is known"
sed -i 's/return value + 1/long wide = static_cast<long>(value * 2);\n    return wide > 2 ? 1 : 0/' "$work/tree/demo/good.h"
check FAIL tidy "a finding in a header of a unit that was known" "demo/good.h:5:17: warning: either cast from"
PATH=$work/bin:$PATH check FAIL tidy "a clang-tidy that does not work"
unset XDG_CACHE_HOME

new_tree
mkdir "$work/tree/userspace-tools"
cp "$work/tree/demo/good.cpp" "$work/tree/userspace-tools/alone.cpp"
check FAIL tidy "C++ that belongs to no target" "userspace-tools/alone.cpp: in no target"

bad ccm/bad.h "a header that needs another before it" headers <<'END'
/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BAD_H
#define BAD_H

struct bad {
	struct list_head entry;
};

#endif
END

bad ccm/bad.c "no SPDX line" spdx <<'END'
int bad;
END

bad ccm/bad.c "another licence" spdx <<'END'
// SPDX-License-Identifier: GPL-2.0-or-later
int bad;
END

bad include/uapi/linux/bad.h "a UAPI header without the syscall note" spdx <<'END'
/* SPDX-License-Identifier: GPL-2.0-only */
END

bad ccm/bad.c "a trailing blank" whitespace \
	< <(printf '// SPDX-License-Identifier: GPL-2.0-only\nint bad; \n')
bad ccm/bad.c "no newline at the end" whitespace \
	< <(printf '// SPDX-License-Identifier: GPL-2.0-only\nint bad;')

# A house of two: ccm/high.c calls ccm/rdma/low.c
new_house()
{
	new_tree
	mkdir -p "$work/tree/ccm/rdma"
	cat >"$work/tree/Kbuild" <<-'END'
	# SPDX-License-Identifier: GPL-2.0-only
	good-y := ccm/core/good.o
	good-y += ccm/rdma/low.o
	good-y += ccm/high.o
	END
	cat >"$work/tree/ccm/rdma/low.h" <<-'END'
	/* SPDX-License-Identifier: GPL-2.0-only */
	int ccm_low(void);
	END
	cat >"$work/tree/ccm/rdma/low.c" <<-'END'
	// SPDX-License-Identifier: GPL-2.0-only
	#include "low.h"

	int ccm_low(void)
	{
		return 1;
	}
	END
	cat >"$work/tree/ccm/high.h" <<-'END'
	/* SPDX-License-Identifier: GPL-2.0-only */
	int ccm_high(void);
	END
	cat >"$work/tree/ccm/high.c" <<-'END'
	// SPDX-License-Identifier: GPL-2.0-only
	#include "high.h"
	#include "rdma/low.h"

	int ccm_high(void)
	{
		return ccm_low();
	}
	END
}

new_house
check ok layers "a call and an include downward"

sed -i '3h;3d;4G' "$work/tree/Kbuild"
check FAIL layers "two lines of Kbuild swapped: the include" "ccm/high.o includes ccm/rdma/low.h"
check FAIL layers "two lines of Kbuild swapped: the call" "ccm/high.o calls ccm_low"

new_house
sed -i '2i #include "../high.h"' "$work/tree/ccm/rdma/low.c"
check FAIL layers "an include upward" "ccm/rdma/low.o includes ccm/high.h"

new_house
echo '#include "../nouns.h"' >>"$work/tree/ccm/rdma/low.h"
echo '#include "high.h"' >"$work/tree/ccm/nouns.h"
check FAIL layers "an include upward, through a header of no file" "ccm/rdma/low.o includes ccm/high.h"

new_house
sed -i 's/return 1/return ccm_high()/; s/^int/int ccm_high(void);\n\n&/' "$work/tree/ccm/rdma/low.c"
check FAIL layers "a call upward" "ccm/rdma/low.o calls ccm_high"

# The specification stands for itself; the header has one attribute of it too late.
new_tree
mkdir -p "$work/tree/Documentation/netlink/specs"
cp "$top/Documentation/netlink/specs/ccm.yaml" "$work/tree/Documentation/netlink/specs/"
cp "$top/include/uapi/linux/ccm_netlink.h" "$work/tree/include/uapi/linux/"
check ok netlink "a specification and its header"
sed -i 's/^\tCCM_A_PARTNER_STATE,$/\tCCM_A_PARTNER_MORE,\n&/' "$work/tree/include/uapi/linux/ccm_netlink.h"
check FAIL netlink "an attribute that is not specified" "CCM_A_PARTNER_STATE is 4 in the header, 3 in the specification"
cp "$top/include/uapi/linux/ccm_netlink.h" "$work/tree/include/uapi/linux/"
sed -i 's/"monitor"/"monitors"/' "$work/tree/include/uapi/linux/ccm_netlink.h"
check FAIL netlink "a multicast group of another name" "CCM_MCGRP_MONITOR is monitors in the header, monitor in the specification"

# the order alone does not say that core and transport need nothing else
new_house
cd "$work/tree/ccm" && mv high.[ch] rdma/ && mv rdma/low.[ch] . && cd "$top" || exit 1
sed -i 's,"rdma/low.h","../low.h",' "$work/tree/ccm/rdma/high.c"
sed -i 's,rdma/low,low,; s,ccm/high,ccm/rdma/high,' "$work/tree/Kbuild"
check FAIL layers "the transport calls the runtime" "core and transport together call ccm_low"

echo "lint selftest: $count checks, $failed failed"
[ $failed -eq 0 ]
