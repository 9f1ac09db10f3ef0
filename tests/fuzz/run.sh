#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh BUILD [RUNS] - build the fuzzers in BUILD and let each make RUNS runs (default
# 200000) from its committed seeds. Prints "ok fuzz.NAME" or "FAIL fuzz.NAME" and what
# the fuzzer said; the input of a finding is in BUILD/artifacts.
set -eu

[ $# -ge 1 ] || { echo "usage: run.sh BUILD [RUNS]" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
runs=${2:-200000}
mkdir -p "$1"
build=$(cd "$1" && pwd)

cmake -S "$here" -B "$build" -DCCM_FUZZ_RUNS="$runs" >"$build/cmake.log" 2>&1 ||
	{ cat "$build/cmake.log"; exit 1; }
cmake --build "$build" -j 2 >"$build/make.log" 2>&1 ||
	{ cat "$build/make.log"; exit 1; }

failed=0
for name in corpus wire liveness local failover session; do
	if (cd "$build" && ctest -V -R "^fuzz\.$name\$") >"$build/$name.log" 2>&1; then
		echo "ok fuzz.$name"
		sed -nE 's/^[0-9]+: (#[0-9]+.*DONE.*|READY reached.*|a candidate.*)/    \1/p' "$build/$name.log"
	else
		echo "FAIL fuzz.$name"
		grep -vE '^[0-9]+: #[0-9]+' "$build/$name.log" | tail -n 60 | sed 's/^/    /'
		failed=$((failed + 1))
	fi
done
echo "fuzz: $runs runs each, $failed failed"
[ $failed -eq 0 ]
