// SPDX-License-Identifier: GPL-2.0-only
// ccm_causes_rst: prints Documentation/troubleshooting.rst.
#include "explain/causes_rst.h"

#include <cstdio>

int main()
{
    const std::string text = ccmadm::causes_rst();

    return fwrite(text.data(), 1, text.size(), stdout) == text.size() && !fflush(stdout) ? 0 : 1;
}
