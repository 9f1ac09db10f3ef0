// SPDX-License-Identifier: GPL-2.0-only
#include "timeline.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include <fmt/format.h>

namespace ccm::demo {
namespace {

constexpr const char *bold = "1", *dim = "2", *red = "1;31", *green = "1;32", *blue = "36", *yellow = "33";
// Where the text of a line begins: "%9.3f  node 1  ".
constexpr std::size_t text_column = 19;

const char *name_of(Who who)
{
    return who == Who::node1 ? "node 1" : who == Who::node2 ? "node 2" : "demo";
}

const char *colour_of(Who who)
{
    return who == Who::node1 ? blue : who == Who::node2 ? yellow : dim;
}

std::vector<std::string> wrapped(const std::string &text, std::size_t width)
{
    std::vector<std::string> lines{""};
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width)
            lines.emplace_back();
        lines.back() += (lines.back().empty() ? "" : " ") + word;
    }
    return lines;
}

} // namespace

Timeline::Timeline(bool colour, std::size_t width) : colour_(colour), width_(width) {}

std::string Timeline::painted(const char *code, const std::string &text) const
{
    return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string Timeline::painted(Tone tone, const std::string &text) const
{
    return tone == Tone::good ? painted(green, text) : tone == Tone::bad ? painted(red, text) : text;
}

void Timeline::print(const std::string &text)
{
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

void Timeline::print_at(lab::TimePoint at, const std::string &text)
{
    if (holding_)
        held_.emplace(at, text); // behind those of the same time
    else
        print(text);
}

Timeline::InOrder::InOrder(Timeline &timeline) : timeline_(timeline)
{
    std::lock_guard lock(timeline_.mutex_);
    timeline_.holding_ = true;
}

Timeline::InOrder::~InOrder()
{
    std::lock_guard lock(timeline_.mutex_);
    timeline_.holding_ = false;
    for (const auto &[at, text] : timeline_.held_)
        timeline_.print(text);
    timeline_.held_.clear();
}

void Timeline::begin(lab::TimePoint zero)
{
    std::lock_guard lock(mutex_);
    zero_ = zero;
}

void Timeline::title(const std::string &text)
{
    std::lock_guard lock(mutex_);
    print("\n" + painted(bold, text) + "\n\n");
}

void Timeline::paragraph(const std::string &text)
{
    std::lock_guard lock(mutex_);
    for (const std::string &line : wrapped(text, width_))
        print(line + "\n");
}

void Timeline::section(const std::string &text)
{
    std::lock_guard lock(mutex_);
    print("\n" + painted(bold, text) + "\n");
}

std::string Timeline::front(lab::TimePoint at, Who who) const
{
    return painted(dim, fmt::format("{:9.3f}", lab::seconds(at - zero_))) + "  " +
           painted(colour_of(who), fmt::format("{:<8}", name_of(who)));
}

void Timeline::say(lab::TimePoint at, Who who, const std::string &text, Tone tone)
{
    std::lock_guard lock(mutex_);
    // Long lines go on below their beginning.
    std::string start = front(at, who), all;
    for (const std::string &line : wrapped(text, std::max<std::size_t>(width_, 60) - text_column)) {
        all += start + painted(tone, line) + "\n";
        start.assign(text_column, ' ');
    }
    print_at(at, all);
}

void Timeline::say(Who who, const std::string &text, Tone tone)
{
    say(lab::Clock::now(), who, text, tone);
}

void Timeline::step(lab::TimePoint at, Who who, const std::string &name, const std::string &text)
{
    std::lock_guard lock(mutex_);
    print_at(at, front(at, who) + painted(bold, fmt::format("{:<7}", name)) + text + "\n");
}

void Timeline::details(const std::vector<std::pair<std::string, std::string>> &rows)
{
    std::lock_guard lock(mutex_);
    std::size_t widest = 0;
    for (const auto &[name, value] : rows)
        widest = std::max(widest, name.size());
    for (const auto &[name, value] : rows)
        print(fmt::format("{:{}}{}  {}\n", "", text_column + 4, painted(dim, fmt::format("{:<{}}", name, widest)),
                          value));
}

void Timeline::note(const std::string &text, Tone tone)
{
    std::lock_guard lock(mutex_);
    print(painted(tone, text) + "\n");
}

} // namespace ccm::demo
