#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# endurance.sh BUILD SECONDS - the tests of Endurance, each for so long, all side by side
set -u
build=$1
export CCM_ENDURE_SECONDS=$2 GTEST_TOTAL_SHARDS GTEST_SHARD_INDEX
program=$build/host/tests/cluster/cluster_test
modules=$build/module/plain
GTEST_TOTAL_SHARDS=$("$program" --gtest_list_tests --gtest_filter='Endurance.*' | grep -c '^ ')

running=
for ((GTEST_SHARD_INDEX = 0; GTEST_SHARD_INDEX < GTEST_TOTAL_SHARDS; GTEST_SHARD_INDEX++)); do
	"$program" --run-dir="$build/run/endurance.$GTEST_SHARD_INDEX" --kernel=plain \
		--ccmadm="$build/host/userspace-tools/ccmadm/ccmadm" \
		--uml-modules="$modules/rdma_ccm.ko:$modules/ccm_fm.ko:$modules/tests/modules" \
		--gtest_filter='Endurance.*' >"$build/run/endurance.$GTEST_SHARD_INDEX.log" 2>&1 &
	running="$running $!"
done
failed=0
for process in $running; do
	wait "$process" || failed=1
done
cat "$build"/run/endurance.*.log | grep -vE '^(Note|\[[-=]|$)'
exit $failed
