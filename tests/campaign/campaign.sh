#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# campaign.sh BUILD faults CYCLES	every kind of fault: two and three nodes, both kernels, both
#					transports, so many cycles each
# campaign.sh BUILD fencing CYCLES	cables cut and healed, machines stopped, with a node that writes on
#					when the other has given it up: both transports
# campaign.sh BUILD overload SECONDS	two busy threads and 1 % loss, detection by the default
#
# Options of ccm_campaign that follow go to each run (--seed 4711, say). Each leaves its output and
# tables in BUILD/campaign/NAME, and one line says how each has ended.
set -u
build=$1 mode=$2 amount=$3
shift 3
failed=0
summary=

# one NAME KERNEL OPTION...
one() {
	local name=$1 kernel=$2 report=$build/campaign/$1 modules=$build/module/$2
	shift 2
	mkdir -p "$report"
	"$build/host/tests/campaign/ccm_campaign" --run-dir="$build/run/$name" --kernel="$kernel" \
		--ccmadm="$build/host/userspace-tools/ccmadm/ccmadm" \
		--uml-modules="$modules/rdma_ccm.ko:$modules/ccm_fm.ko:$modules/tests/modules" \
		--report "$report" "$@" 2>&1 | tee "$report/log"
	if [ "${PIPESTATUS[0]}" -eq 0 ]; then
		summary+="ok $name"$'\n'
	else
		summary+="FAIL $name"$'\n'
		failed=1
	fi
}

for transport in rxe siw; do
	case $mode in
	faults)
		for kernel in plain debug; do
			for nodes in 2 3; do
				one "faults-$nodes-$kernel-$transport" $kernel --nodes $nodes --transport $transport \
					--cycles "$amount" "$@"
			done
		done
		;;
	fencing)
		one "fencing-$transport" plain --transport $transport --kinds cable,hang --writer-ms 2000 \
			--longest 1 --cycles "$amount" "$@"
		;;
	overload)
		one "overload-$transport" plain --transport $transport --kinds worn --longest 30 \
			--cycles 1000000 --until "$amount" "$@"
		;;
	*)
		echo "campaign.sh: $mode: it is faults, fencing or overload" >&2
		exit 1
		;;
	esac
done
printf '\n%s' "$summary"
exit $failed
