// SPDX-License-Identifier: GPL-2.0-only
#ifndef CCM_TESTS_FUZZ_REQUIRE_H
#define CCM_TESTS_FUZZ_REQUIRE_H

#include <cstdio>
#include <cstdlib>

/* An invariant: what breaks it is a finding, as a sanitizer's report is. */
#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);                               \
            std::abort();                                                                                              \
        }                                                                                                              \
    } while (false)

#endif
