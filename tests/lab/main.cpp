// SPDX-License-Identifier: GPL-2.0-only
#include <cstdio>
#include <csignal>
#include <exception>

#include <gtest/gtest.h>

#include "settings.h"

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    ::testing::InitGoogleTest(&argc, argv);
    try {
        ccm::lab::settings().take_arguments(argc, argv);
    } catch (const std::exception &e) {
        std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
        return 1;
    }
    if (argc > 1) {
        std::fprintf(
            stderr,
            "%s: %s: unknown argument; the lab's are --kernel=plain|debug[-VERSION] --run-dir=DIR --uml-plain=DIR "
            "--uml-debug=DIR --uml-modules=PATH --qemu-modules=PATH --ccmadm=FILE --program=FILE --capture "
            "--verbose\n",
            argv[0], argv[1]);
        return 1;
    }
    return RUN_ALL_TESTS();
}
