// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

namespace ccmadm {

// Where lines go. Once a write has not worked, later ones do nothing.
class Output {
public:
    enum class State {
        open,
        stopped, // a signal asked to stop while the reader was slow
        closed,  // nobody reads it any more
        failed,  // number() says why
    };

    virtual ~Output() = default;

    // Writes all of the text at once, with nothing kept back in a buffer.
    virtual void write(std::string_view text) = 0;
    // Lets a write that waits for a slow reader end when @fd is readable.
    virtual void stop_on(int) {}
    // To notice a reader that goes away; -1 if there is none to notice.
    virtual int fd() const { return -1; }

    State state() const { return state_; }
    int number() const { return number_; }

protected:
    void end(State state, int number = 0)
    {
        state_ = state;
        number_ = number;
    }

private:
    State state_ = State::open;
    int number_ = 0;
};

// A descriptor, which it does not own. SIGPIPE must be ignored.
class FdOutput final : public Output {
public:
    explicit FdOutput(int fd) : fd_(fd) {}

    void write(std::string_view text) override;
    void stop_on(int fd) override { stop_fd_ = fd; }
    int fd() const override { return fd_; }

private:
    int fd_;
    int stop_fd_ = -1;
};

} // namespace ccmadm
