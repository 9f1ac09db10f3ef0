// SPDX-License-Identifier: GPL-2.0-only
// What a runtime has carried out for the links of one session, and what must hold of
// that after every step: fenced before told, READY and DOWN in turn, places that stay.
#ifndef CCM_SIM_LINK_WATCH_H
#define CCM_SIM_LINK_WATCH_H

#include <array>
#include <cstdint>
#include <string>

#include "../../ccm/core/session.h"

namespace sim {

class LinkWatch {
public:
    struct Place {
        uint64_t instance = 0; // whom the memory below is for
        uint64_t peer = 0;
        uint32_t epoch = 0;
        bool open = false; // PREPARE was carried out, and no CLOSE since
        bool told_ready = false;
    };

    // Around the actions of a step. Each says what is wrong, or nothing.
    std::string step(const ccm_session &before, const ccm_session &after, const ccm_session_event &event,
                     const ccm_session_actions &actions);
    std::string act(const ccm_session &s, const ccm_link_action &action);
    // When ccm_links_next() has nothing more
    std::string rest(const ccm_session &s);

    const Place &place(uint32_t index) const { return places_.at(index); }

private:
    std::array<Place, CCM_CLIENTS_MAX> places_{};
    bool catalog_out_ = false; // written, and not taken
    bool links_out_ = false;
    bool drained_ = true;
};

std::string describe(const ccm_link_action &action);

} // namespace sim

#endif
