// SPDX-License-Identifier: GPL-2.0-only
#include "console.h"

#include <cerrno>
#include <cstring>

#include "error.h"

namespace ccm::lab {

TimePoint lab_epoch()
{
    static const TimePoint epoch = Clock::now();
    return epoch;
}

Console::Console(const std::filesystem::path &file) : file_(file), out_(std::fopen(file.c_str(), "we"), &std::fclose)
{
    if (!out_)
        throw Error("cannot write {}: {}", file.string(), std::strerror(errno));
    lab_epoch();
}

std::size_t Console::size() const
{
    std::lock_guard lock(mutex_);
    return lines_.size();
}

std::vector<ConsoleLine> Console::lines(std::size_t from) const
{
    std::lock_guard lock(mutex_);
    if (from >= lines_.size())
        return {};
    return {lines_.begin() + static_cast<std::ptrdiff_t>(from), lines_.end()};
}

std::string Console::tail(std::size_t count) const
{
    std::lock_guard lock(mutex_);
    std::string text;
    for (std::size_t i = lines_.size() > count ? lines_.size() - count : 0; i < lines_.size(); i++)
        text += fmt::format("    [{:10.6f}] {}\n", seconds(lines_[i].at - lab_epoch()), lines_[i].text);
    return text;
}

ConsoleLine Console::wait_for(const std::string &text, Duration timeout, std::size_t from) const
{
    TimePoint limit = deadline_after(timeout);
    std::unique_lock lock(mutex_);
    for (;;) {
        for (; from < lines_.size(); from++)
            if (!lines_[from].remark && lines_[from].text.find(text) != std::string::npos)
                return lines_[from];
        if (changed_.wait_until(lock, limit) == std::cv_status::timeout && from >= lines_.size())
            break;
    }
    lock.unlock();
    throw Timeout("{}: no line with \"{}\" on the console in {:.1f} s; its end:\n{}", file_.stem().string(), text,
                  seconds(timeout), tail());
}

void Console::on_line(std::function<void(const ConsoleLine &)> callback)
{
    std::lock_guard lock(mutex_);
    callback_ = std::move(callback);
}

void Console::add(std::unique_lock<std::mutex> &lock, ConsoleLine line)
{
    std::fprintf(out_.get(), "[%10.6f] %s%s\n", seconds(line.at - lab_epoch()), line.remark ? "-- lab: " : "",
                 line.text.c_str());
    std::fflush(out_.get());
    if (line.remark)
        line.text.insert(0, "-- lab: ");
    line.boot = boot_;
    lines_.push_back(line);
    changed_.notify_all();
    if (callback_) {
        auto callback = callback_;
        lock.unlock();
        callback(line);
        lock.lock();
    }
}

void Console::append(std::string_view bytes, TimePoint at)
{
    std::unique_lock lock(mutex_);
    for (char c : bytes) {
        if (c == '\n') {
            ConsoleLine line{at, std::move(partial_), 0, false};
            partial_.clear();
            add(lock, std::move(line));
        } else if (c != '\r' && c != '\0') {
            partial_ += c;
        }
    }
}

void Console::flush_partial(TimePoint at)
{
    std::unique_lock lock(mutex_);
    if (partial_.empty())
        return;
    ConsoleLine line{at, std::move(partial_), 0, false};
    partial_.clear();
    add(lock, std::move(line));
}

void Console::remark(const std::string &text)
{
    std::unique_lock lock(mutex_);
    add(lock, {Clock::now(), text, 0, true});
}

void Console::begin_boot(int boot)
{
    std::lock_guard lock(mutex_);
    boot_ = boot;
}

} // namespace ccm::lab
