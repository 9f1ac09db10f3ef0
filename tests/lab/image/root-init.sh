#!/usr/bin/dash
# SPDX-License-Identifier: GPL-2.0-only
# Process 1 of the root that a lab node has switched to.
. /etc/lab/common.sh
read_command_line
echo "lab: running from the new root" >/dev/kmsg
while :; do
	serve root
	echo "lab: this node has already switched its root" >/dev/kmsg
done
