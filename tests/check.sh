#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# `make check`: everything that proves the project, from the bottom of the ladder to
# its top. Tests on nodes mostly wait, so some suites run side by side; what needs no nodes
# runs beside them, at low priority. Each step's output is in
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

# Nodes go before whatever else runs, here or beside `make check`: a machine that is busy must not
# look like a partner that has died. The kernel shares processors out by sessions; where it does
# not, or it may not be asked, nothing is different.
urgent() {
	setsid -w bash -c 'echo -10 2>/dev/null >/proc/self/autogroup; exec "$@"' urgent "$@"
}

# lab STEP PROGRAM KERNEL ARGUMENT...: a step that is a program of tests on nodes
lab() {
	local name=$1 program=$2 kernel=$3
	shift 3
	step "$name" urgent "$program" --run-dir="build/run/$name" --ccmadm=build/host/userspace-tools/ccmadm/ccmadm \
		--kernel="$kernel" \
		--uml-modules="build/module/$kernel/rdma_ccm.ko:build/module/$kernel/ccm_fm.ko:build/module/$kernel/tests/modules" "$@"
}

# Of the cluster tests, what also runs on the kernels newer than 6.1: connecting, the rows of
# the table in Documentation/liveness.rst, clients under load, fencing, a device that leaves.
further='Load.SecondLoad*:Siw.Ready:Failure.*:Pair.TracepointsFire:Clients.ReadAndWrite*:Clients.LoadSurvives*:Fencing.*:LastWord.IsHeard'

# cluster SUITE KERNEL FILTER [ARGUMENT...]
cluster() {
	local name=$1 kernel=$2 filter=$3
	shift 3
	lab "$name" $host/tests/cluster/cluster_test "$kernel" --gtest_filter="$filter" "$@"
}

# kunit NAME KERNEL
kunit() {
	step "$1" urgent $host/tests/kunit/ccm_kunit --run-dir="build/run/$1" --kernel="$2" \
		--uml-modules="build/module/$2/tests/kunit/suites"
}

# The longest suites of the cluster tests, which begin first; all others, also those still to be
# written, follow.
long='Load EverySite Clients RogueKeyed Failover Crowd Hostile Parameter Network Siw'

# Nodes mostly wait: so many programs that have some run side by side, beside the rows of what
# needs none.
at_once=4
rows=
nodes() {
	while [ "$(jobs -rp | grep -cvxE "${rows:-none}")" -ge $at_once ]; do
		wait -n
	done
	"$@" &
}

on_nodes() {
	local suite others kernel modules
	others=$($host/tests/cluster/cluster_test --gtest_list_tests | sed -n 's/^\([^ ]*\)\.$/\1/p' |
		grep -vxE "${long// /|}|Endurance|Mixed.*|.*Stock.*")
	for suite in $long; do
		nodes cluster "$suite" debug "$suite.*"
	done
	nodes lab lab $host/tests/lab/lab_selftest plain --gtest_filter='-*Debug*'
	if [ $further_built = yes ]; then
		for kernel in 6.12 newest; do
			nodes cluster "on-$kernel" "debug-$kernel" "$further"
			nodes kunit "kunit-$kernel" "debug-$kernel"
		done
		nodes cluster Mixed debug 'Mixed*.*' \
			$(for kernel in debug-6.12 debug-newest; do
				modules=build/module/$kernel
				echo "--uml-modules=$kernel=$modules/rdma_ccm.ko:$modules/ccm_fm.ko:$modules/tests/modules"
			done)
	fi
	nodes kunit kunit debug
	nodes lab labdebug $host/tests/lab/lab_selftest debug --gtest_filter='*Debug*'
	nodes cluster Endurance plain 'Endurance.*'
	# A glance at random faults, a dozen kinds and always the same; beside others nodes are slow.
	nodes lab campaign $host/tests/campaign/ccm_campaign debug --seed 786 --cycles 24 --until 60 --detect-ms 1000 --longest 2
	for suite in $others; do
		nodes cluster "${suite/\//-}" debug "$suite.*"
	done
}

# What needs no node, in two rows
style() {
	step lint tests/lint/lint.sh
	step lintself tests/lint/selftest.sh
}

beside() {
	step docs Documentation/check.sh build/docs
	step install tests/install/install_test.sh build/module/stock
	step ccmadm ctest --test-dir $host/userspace-tools --output-on-failure
	step core $host/tests/core/core_test
	step judge $host/tests/campaign/campaign_test
	step sim $host/tests/sim/sim_test
	# a few worlds, for most of the time there goes into their own memory, and all of the rest
	step sanitized $host/tests/sim/sim_sanitized --gtest_filter='-Worlds.*:Run.ManySeeds:Table.EveryEvent*'
	step seeds $host/tests/sim/ccm_sim --mixed --runs 12000 --jobs 2 --coverage --shrink
	step model tests/model/run.sh build/model
	step ktap $host/tests/kunit/ktap_test
	step fuzz make -s fuzz FUZZ_RUNS=50000
	step mutantself $host/tests/mutants/mutants_test
	step mutants $host/tests/mutants/ccm_mutants run --sample 60 --quick --spare 15 --work "$logs/mutants.work"
	step kernels tests/lab/kernel/selftest.sh
}

# All tools and modules first; without them the rest makes no sense.
built=no
step build make -s module-stock module-plain module-kunit module-failing host && built=yes
if [ $built = yes ]; then
	# a kernel's build does not keep both processors busy
	for row in style beside; do
		(renice -n 10 -p "$BASHPID" >/dev/null && $row) &
		rows+=${rows:+|}$!
	done
fi
further_built=no
step further make -s module-kunit-6.12 module-kunit-newest && further_built=yes
if [ $built = yes ]; then
	on_nodes
	wait
	# last and alone: it emulates two whole machines
	step demo make -s demo
fi

read -r passed failed skipped < <(cat "$logs"/*.count |
	awk '{ p += $1; f += $2; s += $3 } END { print p, f, s }')
printf '%d s in all\n' $SECONDS
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
