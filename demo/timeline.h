// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "clock.h"

namespace ccm::demo {

// Who says a line. The demo says what it does to the nodes from outside.
enum class Who { demo, node1, node2 };
enum class Tone { plain, good, bad };

// What is printed: sections of lines in columns, each line at once.
class Timeline {
public:
    // COLOUR: with escape sequences, for a terminal. WIDTH: columns for prose.
    Timeline(bool colour, std::size_t width);

    // Lines count their seconds from ZERO.
    void begin(lab::TimePoint zero);
    double seconds(lab::TimePoint at) const { return lab::seconds(at - zero_); }
    void title(const std::string &text);
    void paragraph(const std::string &text);
    void section(const std::string &text);
    void say(lab::TimePoint at, Who who, const std::string &text, Tone tone = Tone::plain);
    void say(Who who, const std::string &text, Tone tone = Tone::plain);
    // A step of the protocol, its name in a column of its own.
    void step(lab::TimePoint at, Who who, const std::string &name, const std::string &text);
    // What a line said in detail: names and values below it.
    void details(const std::vector<std::pair<std::string, std::string>> &rows);
    // Without a time: the end of the report.
    void note(const std::string &text, Tone tone = Tone::plain);

private:
    std::string painted(const char *code, const std::string &text) const;
    std::string painted(Tone tone, const std::string &text) const;
    std::string front(lab::TimePoint at, Who who) const;
    void print(const std::string &text);

    // Lines come from the nodes' reader threads too.
    std::mutex mutex_;
    bool colour_;
    std::size_t width_;
    lab::TimePoint zero_{};
};

} // namespace ccm::demo
