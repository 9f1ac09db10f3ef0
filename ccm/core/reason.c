// SPDX-License-Identifier: GPL-2.0-only
/* What the reason of a DOWN proves, and asks for: see reason.h. */
#include <uapi/linux/ccm.h>

#include "reason.h"

static const char *const remedies[] = {
	"nothing has been tried yet",
	"no answer, can be a partition; see its console, and the cables and switches between",
	"its memory answers, its kernel does not schedule; see its console",
	"its kernel panicked; see its console",
	"it shuts down or reboots; start it when it is needed",
	"its kernel was started anew, and will connect",
	"no protocol version in common; update the older of the two",
	"it is not configured as this node expects; compare node=, cluster= and partners= of both",
	"a pre-shared key is missing here or there, or they are not the same; see `ccmadm key list` on both",
	"unloaded, or disabled, by an administrator; load rdma_ccm where it is missing",
	"no RDMA device here has a way to it; see `rdma link` and the interface's addresses",
	"its module was loaded anew, and will connect; its kernel ran on",
	"two machines have this node id; give one of them another (node=)",
	"its address is not what partners= says, here or there; compare both",
	"large frames do not pass; compare the MTU of both interfaces and of the switch",
};

bool ccm_reason_certain(u32 reason)
{
	switch (reason) {
	case CCM_REASON_PANICKED:
	case CCM_REASON_RESTARTED:
		return true;
	default:
		return false;
	}
}

const char *ccm_reason_remedy(u32 reason)
{
	return reason < sizeof(remedies) / sizeof(remedies[0]) ?
		remedies[reason] : "see `ccmadm status`";
}
