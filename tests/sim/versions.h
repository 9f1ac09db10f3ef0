// SPDX-License-Identifier: GPL-2.0-only
// Modules of several versions in one cluster. Until one is released there is one core, and what
// others do is put around it, as Documentation/protocol.rst says under "Versions":
//
//	oldest	this core, which offers the lowest version alone
//	head	this core
//	later	offers one version more; appends fields to every message that has room, offers more
//		memory, has a capability, a flag of the page, a stage, a ring, and reasons that this
//		one does not know
#ifndef CCM_SIM_VERSIONS_H
#define CCM_SIM_VERSIONS_H

#include <array>
#include <cstdint>

#include "../../ccm/core/session.h"
#include "fabric.h"

namespace sim {

class Cluster;

enum class Core { oldest, head, later, count };

uint16_t version_max(Core core);

// What a later version makes of what an action sends
Bytes later_message(Rng &rng, const ccm_session_action &action, Bytes message);

// ... and of the status page
void later_page(std::array<uint8_t, CCM_PAGE_LEN> &page);

// @conn has said it: what is proven later is what was sent.
void later_said(ccm_session &s, const ccm_session_action &action, const Bytes &message);

// Another module is loaded on this host.
void change_core(Cluster &c, uint32_t a);

} // namespace sim

#endif
