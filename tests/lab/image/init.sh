#!/usr/bin/dash
# SPDX-License-Identifier: GPL-2.0-only
# /init of a lab node's initramfs. Reads "lab." words of the kernel command line:
#   lab.agent=TTY         where the agent talks to the lab
#   lab.name=NAME         host name
#   lab.pre=M,M           modules without which there is no network device
#   lab.addr=A/LEN,...    addresses; without it the device stays down
#   lab.rdma=rxe|siw|none link to add on the network device
#   lab.load=M,M          modules to load at the end; then lab-loaded is run, if there is one
. /etc/lab/common.sh

# one process for all; a kernel without tracefs says so, and that is all
mount -a -T /etc/lab/fstab 2>/run/lab-said
read_command_line

echo "$lab_name" >/proc/sys/kernel/hostname
echo 1 >/proc/sys/kernel/sysrq
IFS=' ,'
for module in $lab_pre; do
	try modprobe "$module"
done

dev=
for name in eth0 vec0; do
	[ -e "/sys/class/net/$name" ] && dev=$name
done
# Duplicate address detection would leave an IPv6 address unusable for a second.
for conf in all default $dev; do
	echo 0 >/proc/sys/net/ipv6/conf/$conf/accept_dad
	echo 0 >/proc/sys/net/ipv6/conf/$conf/dad_transmits
done
echo "link set lo up" >/run/lab-ip
if [ -n "$lab_addr" ] && [ -n "$dev" ]; then
	echo "link set $dev up" >>/run/lab-ip
	for address in $lab_addr; do
		case $address in
		*:*) echo "addr add $address dev $dev nodad" ;;
		*) echo "addr add $address dev $dev" ;;
		esac
	done >>/run/lab-ip
elif [ -n "$lab_addr" ]; then
	trouble "lab.addr is given but there is no network device"
fi
try ip -batch /run/lab-ip

case $lab_rdma in
rxe | siw)
	# Built in or a module, of either name.
	[ -d "/sys/module/rdma_$lab_rdma" ] || [ -d "/sys/module/$lab_rdma" ] ||
		modprobe -q "rdma_$lab_rdma" || modprobe -q "$lab_rdma"
	try rdma link add "${lab_rdma}0" type "$lab_rdma" netdev "$dev"
	;;
none | '') ;;
*) trouble "lab.rdma=$lab_rdma: it is one of rxe, siw, none" ;;
esac

for module in $lab_load; do
	try modprobe "$module"
done
unset IFS
[ -x /usr/bin/lab-loaded ] && try lab-loaded

serve initramfs

# A real switch_root into a root made on the spot. What runs in the initramfs
# goes on running; its files are deleted by switch_root.
mkdir -p /newroot
mount -t tmpfs -o mode=755 root /newroot
for dir in bin sbin lib lib64 usr etc modules; do
	[ -e "/$dir" ] && cp -a "/$dir" /newroot/
done
mkdir -p /newroot/proc /newroot/sys /newroot/dev /newroot/run /newroot/tmp /newroot/root
for dir in proc sys dev run; do
	mount --move "/$dir" "/newroot/$dir"
done
exec switch_root /newroot /usr/bin/lab-root-init
