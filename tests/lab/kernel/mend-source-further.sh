#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Changes an unpacked linux-source newer than 6.1 so that its User-Mode Linux runs here, and
# with every check that debug.config asks for. A change of this file unpacks these sources anew.
#
#     mend-source-further.sh SOURCE XSTATE_ROOM
set -eu

cd "$1"
room=$2

# See mend-source.sh. From 6.16 on the kernel asks the host for the size.
offsets=arch/x86/um/user-offsets.c
if grep -q HOST_FP_SIZE "$offsets"; then
	sed -i "s/DEFINE_LONGS(HOST_FP_SIZE, 2696)/DEFINE_LONGS(HOST_FP_SIZE, $room)/" "$offsets"
	grep -qF "DEFINE_LONGS(HOST_FP_SIZE, $room)" "$offsets" || {
		echo "mend-source-further.sh: $offsets is not as expected" >&2
		exit 1
	}
fi

# Since 6.12 the driver takes the locks of its queues for the statistics, also with vec=0,
# where there are no queues. Without lockdep that does nothing, with it the node ends.
driver=arch/um/drivers/vector_kern.c
sed -i 's/^\(\t*\)\(spin_\(un\)\?lock(&\(vp->[rt]x_queue\)->head_lock);\)/\1if (\4)\n\1\t\2/' "$driver"
grep -qF 'if (vp->rx_queue)' "$driver" || {
	echo "mend-source-further.sh: $driver is not as expected" >&2
	exit 1
}
