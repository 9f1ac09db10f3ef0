// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "command.h"
#include "process.h"

namespace ccm::lab {

enum class Root { none, initramfs, root };

// The lab's end of one node's agent, for one boot.
class AgentChannel : public std::enable_shared_from_this<AgentChannel> {
public:
    AgentChannel(std::string node, int fd);

    // The agent's latest word on where it runs; none before its first hello.
    Root root() const;
    // Waits for a hello from that root. Throws Timeout, or Error when the node
    // ends first or has troubles to report from its init.
    void wait_root(Root root, Duration timeout);
    std::string kernel() const;

    Command start(const std::string &command);
    void put(const std::string &path, std::string_view content, int mode, Duration timeout);
    // Another kernel begins on the same line: nothing counts before its agent's hello.
    void begin_anew();
    void switch_root();
    void signal(int id, int number);
    std::vector<Command> running() const; // commands that have not ended

    // From the node's reader thread: bytes that came, and the end of the boot.
    void received(std::string_view bytes, TimePoint at);
    void lost(const std::string &why);

private:
    void handle(std::unique_lock<std::mutex> &lock, const nlohmann::json &message, TimePoint at);
    void garbled(const std::string &what);
    void fail_commands(const std::string &why);
    void send(std::unique_lock<std::mutex> &lock, nlohmann::json message);

    std::string node_;
    int fd_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::mutex writing_;
    std::string input_;
    bool greeted_ = false;
    Root root_ = Root::none;
    std::string kernel_;
    std::vector<std::string> troubles_;
    std::string lost_; // why there will be no more answers
    long long sent_ = 0, received_ = 0;
    int next_id_ = 1;
    std::map<int, std::shared_ptr<Command::State>> commands_;
    std::map<int, std::string> done_;
};

} // namespace ccm::lab
