#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# `make check`: everything that proves the project, from the bottom of the ladder to
# its top. Tests on nodes mostly wait, so they run in four rows side by side; what needs
# no nodes runs beside them, at low priority. Each step's output is in
# build/check/STEP.log; a step that fails shows the end of it, and the others go on.
# Ends with one line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=build/check
host=build/host
rm -rf "$logs"
mkdir -p "$logs"

TIMEFORMAT='%U %S'	# of `time`: what a step used of the processors

# Lines that report one test, as GoogleTest, CTest and scripts print them.
count() {
	grep -aEc "$2" "$1"
}

# step NAME COMMAND...: run it, count its tests. A step without tests of its own (a
# build) counts as one.
step() {
	local name=$1 log=$logs/$1.log status start ok bad skip
	shift
	start=$SECONDS
	{ time "$@" >"$log" 2>&1 </dev/null; } 2>"$logs/$name.cpu"
	status=$?
	ok=$(count "$log" '^(\[       OK \]|ok )|^ *[0-9]+/[0-9]+ Test .* Passed ')
	bad=$(count "$log" '^(\[  FAILED  \] .*\([0-9]+ ms\)$|not ok |FAIL )|^ *[0-9]+/[0-9]+ Test .*\*\*\*')
	skip=$(count "$log" '^(\[  SKIPPED \] .*\([0-9]+ ms\)$|SKIP )')
	if [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	elif [ $status -eq 0 ] && [ $((ok + bad + skip)) -eq 0 ]; then
		ok=1
	fi
	echo "$ok $bad $skip" >"$logs/$name.count"
	# one write, so that two steps that end together do not mix
	echo "$(
		printf '%-12s %4d passed %3d failed %3d skipped %5d s, %4.0f s of processors' \
			"$name" "$ok" "$bad" "$skip" $((SECONDS - start)) \
			"$(awk '{ print $1 + $2 }' "$logs/$name.cpu")"
		grep -aE '^(\[  SKIPPED \].*ms\)$|SKIP )' "$log" | sort -u | sed 's/^/\n/'
		if [ "$bad" -ne 0 ]; then
			printf '\n--- %s:\n' "$log"
			grep -aE '^(\[  FAILED  \]|not ok |FAIL )' "$log" | sort -u | head -n 40
			grep -aE -A 8 ': Failure$' "$log" | head -n 60
			echo '--- its end:'
			tail -n 60 "$log"
			echo '---'
		fi
	)"
	return $status
}

# lab STEP PROGRAM KERNEL ARGUMENT...: a step that is a program of tests on nodes
lab() {
	local name=$1 program=$2 kernel=$3
	shift 3
	step "$name" "$program" --run-dir="build/run/$name" --ccmadm=build/host/userspace-tools/ccmadm/ccmadm \
		--kernel="$kernel" \
		--uml-modules="build/module/$kernel/rdma_ccm.ko:build/module/$kernel/ccm_fm.ko:build/module/$kernel/tests/modules" "$@"
}

# Rows of tests on nodes, about equally long. Suites of the cluster tests that are named here
# are in the second to fourth; all others, also those still to be written, in the first.
second='EverySite.*:Load.*:Network.*:Refusal.*:Misconfigured.*:Siw.*'
third='Clients.*:Crowd.*:Failover.*:Fencing.*:Hostile.*:ThreeWithClients.*'
mixed='Mixed*.*'
# Of the cluster tests, what also runs on the kernels newer than 6.1: connecting, the rows of
# the table in Documentation/liveness.rst, clients under load, fencing, a device that leaves.
further='Load.SecondLoad*:Siw.Ready:Failure.*:Pair.TracepointsFire:Clients.ReadAndWrite*:Clients.LoadSurvives*:Fencing.*'
first_row() {
	step kunit $host/tests/kunit/ccm_kunit --run-dir=build/run/kunit --kernel=debug \
		--uml-modules=build/module/debug/tests/kunit/suites
	lab lab $host/tests/lab/lab_selftest plain --gtest_filter='-*Debug*'
	lab labdebug $host/tests/lab/lab_selftest debug --gtest_filter='*Debug*'
	lab cluster $host/tests/cluster/cluster_test debug --gtest_filter="-$second:$third:$mixed"
}
second_row() {
	lab cluster2 $host/tests/cluster/cluster_test debug --gtest_filter="$second"
}
third_row() {
	lab cluster3 $host/tests/cluster/cluster_test debug --gtest_filter="$third"
}

fourth_row() {
	for kernel in debug-6.12 debug-newest; do
		step "kunit${kernel#debug}" $host/tests/kunit/ccm_kunit --run-dir="build/run/kunit${kernel#debug}" \
			--kernel=$kernel --uml-modules=build/module/$kernel/tests/kunit/suites
		lab "on${kernel#debug}" $host/tests/cluster/cluster_test $kernel --gtest_filter="$further"
	done
	lab mixed $host/tests/cluster/cluster_test debug --gtest_filter="$mixed" \
		$(for kernel in debug-6.12 debug-newest; do
			modules=build/module/$kernel
			echo "--uml-modules=$kernel=$modules/rdma_ccm.ko:$modules/ccm_fm.ko:$modules/tests/modules"
		done)
}

# What needs no node
beside() {
	step lint tests/lint/lint.sh
	step lintself tests/lint/selftest.sh
	step docs Documentation/check.sh build/docs
	step install tests/install/install_test.sh build/module/stock
	step ccmadm ctest --test-dir $host/userspace-tools --output-on-failure
	step core $host/tests/core/core_test
	step sim $host/tests/sim/sim_test
	step ktap $host/tests/kunit/ktap_test
	step fuzz make -s fuzz
	step kernels tests/lab/kernel/selftest.sh
}

# All tools and modules first; without them the rest makes no sense.
built=no
step build make -s module-stock module-plain module-kunit module-failing host && built=yes
further_built=no
step further make -s module-kunit-6.12 module-kunit-newest && further_built=yes
if [ $built = yes ]; then
	(renice -n 10 -p "$BASHPID" >/dev/null && beside) &
	first_row &
	second_row &
	third_row &
	[ $further_built = no ] || fourth_row &
	wait
	# last and alone: it emulates two whole machines
	step demo make -s demo
fi

read -r passed failed skipped < <(cat "$logs"/*.count |
	awk '{ p += $1; f += $2; s += $3 } END { print p, f, s }')
printf '%d s in all\n' $SECONDS
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
