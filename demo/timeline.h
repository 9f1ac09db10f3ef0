// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "clock.h"

namespace ccm::demo {

// Who says a line. The demo says what it does to the nodes from outside.
enum class Who { demo, node1, node2 };
enum class Tone { plain, good, bad };

inline Who who_of(int node)
{
    return node == 1 ? Who::node1 : Who::node2;
}

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
    // What a line said in detail: names and values below it. Not within InOrder.
    void details(const std::vector<std::pair<std::string, std::string>> &rows);
    // Holds lines back as long as it lives, then prints them in the order of their times:
    // for what comes from several sources.
    class InOrder {
    public:
        explicit InOrder(Timeline &timeline);
        ~InOrder();
        InOrder(const InOrder &) = delete;

    private:
        Timeline &timeline_;
    };
    // Without a time: the end of the report.
    void note(const std::string &text, Tone tone = Tone::plain);

private:
    std::string painted(const char *code, const std::string &text) const;
    std::string painted(Tone tone, const std::string &text) const;
    std::string front(lab::TimePoint at, Who who) const;
    void print(const std::string &text);
    void print_at(lab::TimePoint at, const std::string &text);

    // Lines come from the nodes' reader threads too.
    std::mutex mutex_;
    bool colour_;
    std::size_t width_;
    lab::TimePoint zero_{};
    bool holding_ = false;
    std::multimap<lab::TimePoint, std::string> held_;
};

} // namespace ccm::demo
