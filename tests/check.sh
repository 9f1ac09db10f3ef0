#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# `make check`: everything that proves the project, from the bottom of the ladder to
# its top. Each step's output is in build/check/STEP.log; a step that fails shows the
# end of it, and the others go on. Ends with one line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=build/check
host=build/host
mkdir -p "$logs"
passed=0
failed=0
skipped=0

# Lines that report one test, as GoogleTest, ctest-like scripts and KTAP print them.
count() {
	local n
	n=$(grep -aEc "$2" "$1")
	echo "$n"
}

# step NAME COMMAND...: run it, count its tests. A step without tests of its own (a
# build) counts as one.
step() {
	local name=$1 log=$logs/$1.log status start ok bad skip
	shift
	start=$SECONDS
	printf '%-10s ' "$name"
	"$@" >"$log" 2>&1 </dev/null
	status=$?
	ok=$(count "$log" '^(\[       OK \]|ok )')
	bad=$(count "$log" '^(\[  FAILED  \] .*\([0-9]+ ms\)$|not ok |FAIL )')
	skip=$(count "$log" '^(\[  SKIPPED \] .*\([0-9]+ ms\)$|SKIP )')
	if [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	elif [ $status -eq 0 ] && [ $((ok + bad + skip)) -eq 0 ]; then
		ok=1
	fi
	passed=$((passed + ok))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
	printf '%4d passed %3d failed %3d skipped %5d s\n' "$ok" "$bad" "$skip" $((SECONDS - start))
	grep -aE '^(\[  SKIPPED \]|SKIP )' "$log" | sort -u
	if [ "$bad" -ne 0 ]; then
		echo "--- the end of $log:"
		grep -aE '^(\[  FAILED  \]|not ok |FAIL )' "$log" | sort -u | head -n 40
		tail -n 60 "$log"
		echo "---"
	fi
	return $status
}

lab_arguments() {
	echo "--run-dir=build/run --ccmadm=build/node/ccmadm/ccmadm --kernel=$1" \
		"--uml-modules=build/module/$1/ccm.ko:build/module/$1/tests/modules"
}

# What the steps are made of; without it the rest makes no sense.
built=yes
step stock make -s module-stock || built=no
step plain make -s module-plain || built=no
step debug make -s module-debug || built=no
step host make -s host node || built=no

step lint tests/lint/lint.sh
step lintself tests/lint/selftest.sh
step docs Documentation/check.sh build/docs
if [ $built = yes ]; then
	step ccmadm $host/userspace-tools/ccmadm/test/ccmadm-test
	step core $host/tests/core/core_test
	step sim $host/tests/sim/sim_test
	step fuzz make -s fuzz
	step kunit $host/tests/kunit/ccm_kunit --run-dir=build/run --kernel=debug \
		--uml-modules=build/module/debug/kunit
	# shellcheck disable=SC2046
	step lab $host/tests/lab/lab_selftest $(lab_arguments debug)
	# shellcheck disable=SC2046
	step cluster $host/tests/cluster/cluster_test $(lab_arguments debug)
	step demo make -s demo
fi

printf '%d s in all\n' $SECONDS
printf '%d passed, %d failed, %d skipped\n' $passed $failed $skipped
[ $failed -eq 0 ] && [ $passed -gt 0 ]
