// SPDX-License-Identifier: GPL-2.0-only
// ccm_states_rst: prints Documentation/states.rst.
#include <cstdio>

#include "states_rst.h"

int main()
{
    std::string text = sim::states_rst();

    return fwrite(text.data(), 1, text.size(), stdout) == text.size() && !fflush(stdout) ? 0 : 1;
}
