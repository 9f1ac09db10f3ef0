#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# All that a node's initramfs does for CCM; modprobe runs it to load ccm. Parameters
# come from the kernel command line (ccm.node=1 and so on), which modprobe reads.
#
# The module is loaded before there is an RDMA device: it waits for one. Its
# tracepoints exist from then on and are switched on before anything can connect,
# so that the trace holds the handshake from its first step.
set -e
modprobe -q rdma_rxe || : # built into some kernels; `rdma link add` will tell
modprobe --ignore-install ccm
ccmadm stage initramfs

cd /sys/kernel/tracing
echo mono >trace_clock
for event in step action state; do
	echo 1 >events/ccm/ccm_$event/enable
done

for dev in eth0 vec0; do
	[ ! -e "/sys/class/net/$dev" ] || rdma link add rxe0 type rxe netdev "$dev"
done
