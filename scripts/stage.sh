#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Copies what the kernel modules are built from into DIR, so that one source can be
# built for several kernels side by side (Kbuild of 6.1 builds where the source is).
# What has not changed keeps its time, and is not built again.
#
#     stage.sh DIR
set -eu
mkdir -p "$1"
target=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
find Kbuild ccm include tests/kunit/suites tests/modules \( -name '*.[chS]' -o -name '*.bin' -o -name Kbuild \) \
	-exec cp -pu --parents -t "$target" {} +

# What the tree has no more, the copy must not have: an include of it would still compile.
# *.mod.c are the kernel's build's own.
(cd "$target" && find . -type f \( -name '*.[chS]' -o -name '*.bin' -o -name Kbuild \) ! -name '*.mod.c') |
while read -r file; do
	[ -e "$file" ] || rm "$target/$file"
done
