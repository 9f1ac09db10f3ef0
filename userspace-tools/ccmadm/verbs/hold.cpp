// SPDX-License-Identifier: GPL-2.0-only
#include "record.h"
#include "verb.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <unistd.h>

namespace ccmadm {

// The command takes this process's place and inherits the descriptor. With a parent that
// held it, the stage would fall when that is killed, though the command serves on; and when
// a command that forks returns, though its children serve. So it falls when the last
// process that has it is gone, whatever ends it, and exit status and signals are the command's.
Result<ExitCode> run_hold(const Context &context, const HoldOptions &options)
{
    const auto stage = stage_named(options.stage, CCM_STAGE_RUNNING);
    if (!stage)
        return stage.error();
    const auto fd = context.device.hold_stage(stage.value());
    if (!fd)
        return fd.error();

    // For a command that wants to close it, or keep it from programs that it runs itself.
    setenv("CCM_HOLD_FD", std::to_string(fd.value()).c_str(), 1);
    std::vector<char *> words;
    for (const std::string &word : options.command)
        words.push_back(const_cast<char *>(word.c_str()));
    words.push_back(nullptr);
    std::signal(SIGPIPE, SIG_DFL); // main() has changed it
    execvp(words[0], words.data());
    return Error{fmt::format("cannot run {}: {}", name_text(options.command[0]), strerror(errno))};
}

} // namespace ccmadm
