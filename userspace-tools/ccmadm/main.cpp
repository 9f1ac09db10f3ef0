// SPDX-License-Identifier: GPL-2.0-only
#include "app.h"

#include <csignal>
#include <exception>
#include <unistd.h>

int main(int argc, char **argv)
{
    using namespace ccmadm;

    // A reader that goes away is an error of write(), which says what to do about it.
    std::signal(SIGPIPE, SIG_IGN);
    FdOutput output(STDOUT_FILENO);
    FdOutput errors(STDERR_FILENO);
    try {
        const auto count = static_cast<std::size_t>(argc > 0 ? argc - 1 : 0);
        return static_cast<int>(
            run(std::span<const char *const>(argv + 1, count), Device::open, output, errors, SystemClock()));
    } catch (const std::exception &error) { // out of memory, or a bug
        errors.write(std::string("ccmadm: ") + error.what() + "\n");
        return static_cast<int>(ExitCode::error);
    }
}
