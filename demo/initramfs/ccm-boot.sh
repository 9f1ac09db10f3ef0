#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# All that a node's initramfs does for CCM; modprobe runs it to load rdma_ccm. Parameters
# come from the kernel command line (rdma_ccm.node=1 and so on), which modprobe reads.
#
# The module is loaded before there is an RDMA device: it waits for one. Its
# tracepoints exist from then on and are switched on before anything can connect,
# so that the trace holds the handshake from its first step. Its clients are loaded
# right behind it; what they need is in the first catalog then.
set -e
modprobe -q rdma_rxe || : # built into some kernels; `rdma link add` will tell
modprobe --ignore-install rdma_ccm
# both nodes have it; nobody else is let in
cat /etc/ccm/psk | ccmadm key add - >/dev/kmsg 2>&1
modprobe ccm_fm
modprobe ccm_pattern
ccmadm stage initramfs

# A client "pattern" with 2 ports and 4 MiB on each side, more than one registration
# of soft-RoCE holds.
echo register pattern 2 2 0x400000 0x400000 idle >/sys/kernel/debug/ccm_pattern/run

cd /sys/kernel/tracing
echo mono >trace_clock
for event in step action state; do
	echo 1 >events/ccm/ccm_$event/enable
done

for dev in eth0 vec0; do
	[ ! -e "/sys/class/net/$dev" ] || rdma link add rxe0 type rxe netdev "$dev"
done
