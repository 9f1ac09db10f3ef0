// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clock.h"

namespace ccm::lab {

struct ConsoleLine {
    TimePoint at; // when the line's end reached the lab
    std::string text;
    int boot = 0;        // which boot of the node it belongs to, from 1
    bool remark = false; // written by the lab, not by the node
};

// A node's whole console, over all its boots, in memory and in a file.
class Console {
public:
    explicit Console(const std::filesystem::path &file);

    std::size_t size() const;
    // A copy of the lines from number FROM on.
    std::vector<ConsoleLine> lines(std::size_t from = 0) const;
    // The last lines, for a failure message.
    std::string tail(std::size_t count = 30) const;
    // The first line from number FROM on that holds TEXT; throws Timeout.
    ConsoleLine wait_for(const std::string &text, Duration timeout, std::size_t from = 0) const;
    // Called for each new line, in the node's reader thread.
    void on_line(std::function<void(const ConsoleLine &)> callback);
    const std::filesystem::path &file() const { return file_; }

    // Used by the node.
    void append(std::string_view bytes, TimePoint at);
    void flush_partial(TimePoint at);
    void remark(const std::string &text);
    void begin_boot(int boot);

private:
    void add(std::unique_lock<std::mutex> &lock, ConsoleLine line);

    std::filesystem::path file_;
    std::unique_ptr<FILE, int (*)(FILE *)> out_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<ConsoleLine> lines_;
    std::string partial_;
    int boot_ = 0;
    std::function<void(const ConsoleLine &)> callback_;
};

// The moment that console timestamps count from: the start of the lab.
TimePoint lab_epoch();

} // namespace ccm::lab
