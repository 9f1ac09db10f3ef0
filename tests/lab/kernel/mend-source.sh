#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Changes an unpacked linux-source-6.1 so that its User-Mode Linux runs here, and with
# every check that debug.config asks for. A change of this file unpacks the source anew.
#
#     mend-source.sh SOURCE XSTATE_ROOM
set -eu

cd "$1"
room=$2

# mended FILE TEXT: the change is there, or the source is not as expected
mended() {
	grep -qF "$2" "$1" || {
		echo "mend-source.sh: $1 is not as expected" >&2
		exit 1
	}
}

# A process's extended state is saved in an array of this size, and PTRACE_SETREGSET wants
# all that the host has: 2696 bytes are too few where the processor has AMX (11008).
sed -i "s/DEFINE_LONGS(HOST_FP_SIZE, 2696)/DEFINE_LONGS(HOST_FP_SIZE, $room)/" \
	arch/x86/um/user-offsets.c
mended arch/x86/um/user-offsets.c "DEFINE_LONGS(HOST_FP_SIZE, $room)"

# It only keeps preempt counting, and so DEBUG_ATOMIC_SLEEP, from being selected;
# preemption itself stays off.
sed -i '/select ARCH_NO_PREEMPT$/d' arch/um/Kconfig

# Walks the address space without a lock, which PROVE_RCU reports at the first fork.
# Interrupts are off there: the lock that upstream takes would sleep.
sed -i '/^void force_flush_all/,/^}/ {
	s/^\tfor_each_vma(vmi, vma)$/\trcu_read_lock();\n&/
	s/^}$/\trcu_read_unlock();\n}/
}' arch/um/kernel/tlb.c
mended arch/um/kernel/tlb.c 'rcu_read_unlock'
