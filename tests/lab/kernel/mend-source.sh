#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Changes an unpacked linux-source so that its User-Mode Linux runs here, with every check
# that debug.config asks for, and not slower than need be. A change of this file unpacks the
# sources anew.
#
#     mend-source.sh SOURCE XSTATE_ROOM
set -eu

cd "$1"
room=$2
release=$(sed -n 's/^\(VERSION\|PATCHLEVEL\) = //p' Makefile | paste -sd .)

# mended FILE TEXT: the change is there, or the source is not as expected
mended() {
	grep -qF "$2" "$1" || {
		echo "mend-source.sh: $1 is not as expected" >&2
		exit 1
	}
}

# A process's extended state is saved in an array of this size, and PTRACE_SETREGSET wants
# all that the host has: 2696 bytes are too few where the processor has AMX (11008). From 6.16
# on the kernel asks the host for the size.
offsets=arch/x86/um/user-offsets.c
if grep -q HOST_FP_SIZE "$offsets"; then
	sed -i "s/DEFINE_LONGS(HOST_FP_SIZE, 2696)/DEFINE_LONGS(HOST_FP_SIZE, $room)/" "$offsets"
	mended "$offsets" "DEFINE_LONGS(HOST_FP_SIZE, $room)"
fi

if [ "$release" = 6.1 ]; then
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
else
	# Since 6.12 the driver takes the locks of its queues for the statistics, also with vec=0,
	# where there are no queues. Without lockdep that does nothing, with it the node ends.
	driver=arch/um/drivers/vector_kern.c
	sed -i 's/^\(\t*\)\(spin_\(un\)\?lock(&\(vp->[rt]x_queue\)->head_lock);\)/\1if (\4)\n\1\t\2/' "$driver"
	mended "$driver" 'if (vp->rx_queue)'
fi

# A datagram that is being received when the device leaves is given its buffer back after its
# queue pair was freed: wait for who has passed the check that the port is still there.
mad=drivers/infiniband/core/mad.c
sed -i '/^static int ib_mad_port_close/,/^}/ s/^\tdestroy_workqueue(port_priv->wq);$/\tflush_work(\&port_priv->cq->work);\n&/' "$mad"
mended "$mad" 'flush_work(&port_priv->cq->work)'

# The last that siw has of a connection uses its device's lock when it goes, in a work item that the
# device does not wait for.
siw=drivers/infiniband/sw/siw
sed -i 's/^void siw_cm_exit(void);$/&\nvoid siw_cm_flush(void);/' $siw/siw_cm.h
printf '\nvoid siw_cm_flush(void)\n{\n\tflush_workqueue(siw_cm_wq);\n}\n' >>$siw/siw_cm.c
sed -i '/^static void siw_device_cleanup/,/^}/ s/^\txa_destroy(&sdev->qp_xa);$/\tsiw_cm_flush();\n&/' $siw/siw_main.c
mended $siw/siw_cm.h siw_cm_flush
mended $siw/siw_main.c siw_cm_flush
mended $siw/siw_cm.c 'static struct workqueue_struct *siw_cm_wq;'

# Each allocation and each lock saves a stack trace, for which every word of the stack is
# looked up. Only what a frame pointer leads to is saved: look up nothing else.
trace=arch/um/kernel/stacktrace.c
sed -i -e 's/^void dump_trace(/static void save_addr(void *data, unsigned long address, int reliable);\n\n&/' \
	-e 's/if (__kernel_text_address(addr))/if ((ops->address != save_addr || (unsigned long) sp == bp + sizeof(long)) \&\&\n\t\t    __kernel_text_address(addr))/' "$trace"
mended "$trace" 'ops->address != save_addr'

# What looks after the kernel is not itself looked after by KASAN and UBSAN: leak scans are a third
# of what a node does, and lockdep and saved stack traces are most of the rest. Newer kernels do so
# for some of them.
unchecked() {
	mended "$1/Makefile" "$2.o"
	printf '\nKASAN_SANITIZE_%s.o := n\nUBSAN_SANITIZE_%s.o := n\n' "$2" "$2" >>"$1/Makefile"
}
unchecked mm kmemleak
unchecked kernel/locking lockdep
unchecked kernel stacktrace
unchecked arch/um/kernel stacktrace
unchecked lib debugobjects

# Where memory is short, a frame is read into a buffer that nobody allocates, and the device takes
# the error for its end.
sed -i 's/^static char \*drop_buffer;$/static char drop_buffer[DROP_BUFFER_SIZE];/' arch/um/drivers/vector_kern.c
mended arch/um/drivers/vector_kern.c 'static char drop_buffer[DROP_BUFFER_SIZE];'

# A leak is told when it is this old, in milliseconds. Nodes wait for that at their end.
sed -i 's/^#define MSECS_MIN_AGE.*/#define MSECS_MIN_AGE 1000/' mm/kmemleak.c
mended mm/kmemleak.c 'MSECS_MIN_AGE 1000'
