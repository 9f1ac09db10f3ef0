// SPDX-License-Identifier: GPL-2.0-only
#ifndef CCM_SIM_STATES_RST_H
#define CCM_SIM_STATES_RST_H

#include <string>

namespace sim {

// Documentation/states.rst, from the state x event table
std::string states_rst();

} // namespace sim

#endif
