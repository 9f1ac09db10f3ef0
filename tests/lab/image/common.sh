# SPDX-License-Identifier: GPL-2.0-only
# Shared by the init programs of a lab node; sourced by dash. A process costs
# ten milliseconds on some nodes: the shell does itself what it can.
export PATH=/usr/bin HOME=/root TERM=dumb

# The "lab." words of the kernel command line as variables: lab.addr=X is $lab_addr.
read_command_line() {
	local word
	read -r cmdline </proc/cmdline
	for word in $cmdline; do
		case $word in
		lab.agent=* | lab.name=* | lab.pre=* | lab.addr=* | lab.rdma=* | lab.load=*)
			word=${word#lab.}
			eval "lab_${word%%=*}=\${word#*=}"
			;;
		esac
	done
}

# A trouble is printed to the kernel log and reported in the agent's hello.
trouble() {
	echo "lab: $*" >/dev/kmsg
	echo "$*" >>/run/lab-errors
}

try() {
	"$@" >/run/lab-said 2>&1 || trouble "$*: $(cat /run/lab-said)"
}

# Runs the agent until it asks for a switch_root. WHERE: initramfs or root.
serve() {
	while :; do
		ccm-lab-agent "$lab_agent" "$1"
		[ $? -eq 42 ] && return
		echo "lab: the agent ended, starting it again" >/dev/kmsg
		sleep 1
	done
}
