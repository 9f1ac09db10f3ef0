// SPDX-License-Identifier: GPL-2.0-only
// A work item: a coroutine, since time passes while it runs, and much else happens then.
#ifndef CCM_SIM_WORK_H
#define CCM_SIM_WORK_H

#include <coroutine>
#include <utility>

namespace sim {

class Work {
public:
    struct promise_type {
        Work get_return_object() { return Work(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        [[noreturn]] void unhandled_exception() { throw; } // out of go_on()
    };

    Work() = default;
    Work(Work &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Work &operator=(Work &&other) noexcept
    {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Work()
    {
        if (handle_)
            handle_.destroy();
    }

    // Until it wants time to pass, or to its end
    void go_on() { handle_.resume(); }

private:
    explicit Work(std::coroutine_handle<promise_type> handle) : handle_(handle) {}

    std::coroutine_handle<promise_type> handle_;
};

} // namespace sim

#endif
