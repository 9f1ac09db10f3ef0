// SPDX-License-Identifier: GPL-2.0-only
#include "switch.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "error.h"

namespace ccm::lab {
namespace {

constexpr std::size_t max_frame = 65536;
constexpr std::size_t max_queue = 1024;   // frames that wait for one node
constexpr std::size_t max_parked = 65536; // frames under way because of a delay
constexpr std::uint64_t key_timer = ~0ULL;
constexpr std::uint64_t key_wakeup = ~1ULL;

std::uint64_t mac_at(const std::string &frame, std::size_t offset)
{
    std::uint64_t mac = 0;
    for (std::size_t i = 0; i < 6; i++)
        mac = mac << 8 | static_cast<unsigned char>(frame[offset + i]);
    return mac;
}

template <typename T> void put(std::ofstream &out, T value)
{
    out.write(reinterpret_cast<const char *>(&value), sizeof(value));
}

} // namespace

Cable::Cable(Switch &owner, std::string name, unsigned index, std::uint64_t seed)
    : owner_(owner), name_(std::move(name)), index_(index)
{
    side(Direction::from_node).dice = Dice(seed * 2);
    side(Direction::to_node).dice = Dice(seed * 2 + 1);
}

void Cable::set(Direction direction, const Faults &faults)
{
    std::lock_guard lock(owner_.mutex_);
    side(direction).faults = faults;
}

void Cable::set(const Faults &faults)
{
    std::lock_guard lock(owner_.mutex_);
    for (Side &s : sides_)
        s.faults = faults;
}

Faults Cable::faults(Direction direction) const
{
    std::lock_guard lock(owner_.mutex_);
    return side(direction).faults;
}

Counters Cable::counters(Direction direction) const
{
    std::lock_guard lock(owner_.mutex_);
    return side(direction).counters;
}

void Cable::seed(Direction direction, std::uint64_t seed)
{
    std::lock_guard lock(owner_.mutex_);
    side(direction).dice = Dice(seed);
}

void Cable::cut()
{
    std::lock_guard lock(owner_.mutex_);
    for (Side &s : sides_)
        s.faults.cut = true;
}

void Cable::cut_from_node()
{
    std::lock_guard lock(owner_.mutex_);
    side(Direction::from_node).faults.cut = true;
}

void Cable::cut_to_node()
{
    std::lock_guard lock(owner_.mutex_);
    side(Direction::to_node).faults.cut = true;
}

void Cable::restore()
{
    std::lock_guard lock(owner_.mutex_);
    for (Side &s : sides_)
        s.faults.cut = false;
}

void Cable::heal()
{
    set(Faults{});
}

void Cable::loss(double probability)
{
    std::lock_guard lock(owner_.mutex_);
    for (Side &s : sides_)
        s.faults.loss = probability;
}

void Cable::longest(std::size_t bytes)
{
    std::lock_guard lock(owner_.mutex_);
    for (Side &s : sides_)
        s.faults.longest = bytes;
}

void Cable::delay(Duration delay, Duration jitter)
{
    std::lock_guard lock(owner_.mutex_);
    for (Side &s : sides_) {
        s.faults.delay = delay;
        s.faults.jitter = jitter;
    }
}

void Cable::plug(Fd fd, Framing framing)
{
    std::lock_guard lock(owner_.mutex_);
    owner_.detach(*this);
    int flags = fcntl(fd.get(), F_GETFL);
    fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK);
    fd_ = std::move(fd);
    framing_ = framing;
    owner_.watch(*this);
}

void Cable::unplug()
{
    std::lock_guard lock(owner_.mutex_);
    owner_.detach(*this);
}

Switch::Switch(std::uint64_t seed)
    : seed_(seed), epoll_(epoll_create1(EPOLL_CLOEXEC)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    if (!epoll_ || !timer_ || !wakeup_)
        throw Error("switch: {}", strerror(errno));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = key_timer;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event);
    event.data.u64 = key_wakeup;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event);
    thread_ = std::thread([this] { run(); });
}

Switch::~Switch()
{
    {
        std::lock_guard lock(mutex_);
        leaving_ = true;
    }
    std::uint64_t one = 1;
    [[maybe_unused]] ssize_t n = write(wakeup_.get(), &one, sizeof(one));
    thread_.join();
}

Cable &Switch::add_cable(const std::string &name)
{
    std::lock_guard lock(mutex_);
    auto index = static_cast<unsigned>(cables_.size());
    // The same cable of the same seed always meets the same dice.
    cables_.emplace_back(new Cable(*this, name, index, seed_ * 1000003 + index));
    return *cables_.back();
}

void Switch::set_all(const Faults &faults)
{
    std::lock_guard lock(mutex_);
    for (auto &cable : cables_)
        for (auto &side : cable->sides_)
            side.faults = faults;
}

void Switch::on_frame(FrameHook hook)
{
    std::lock_guard lock(mutex_);
    hook_ = std::move(hook);
}

void Switch::lose(FrameFilter filter)
{
    std::lock_guard lock(mutex_);
    filter_ = std::move(filter);
}

void Switch::capture_to(const std::filesystem::path &file)
{
    std::lock_guard lock(mutex_);
    capture_.open(file, std::ios::binary | std::ios::trunc);
    if (!capture_)
        throw Error("switch: cannot write {}", file.string());
    put<std::uint32_t>(capture_, 0xA1B23C4DU); // pcap with nanoseconds
    put<std::uint16_t>(capture_, 2);
    put<std::uint16_t>(capture_, 4);
    put<std::uint32_t>(capture_, 0);
    put<std::uint32_t>(capture_, 0);
    put<std::uint32_t>(capture_, max_frame);
    put<std::uint32_t>(capture_, 1); // Ethernet
    capture_.flush();
}

void Switch::watch(Cable &cable)
{
    epoll_event event{};
    event.events = EPOLLIN | (cable.waits_for_room_ ? EPOLLOUT : 0U);
    event.data.u64 = cable.plugging_ << 32 | cable.index_;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, cable.fd_.get(), &event) < 0)
        epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, cable.fd_.get(), &event);
}

void Switch::detach(Cable &cable)
{
    if (cable.fd_)
        epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, cable.fd_.get(), nullptr);
    cable.fd_.reset();
    cable.plugging_ = (cable.plugging_ + 1) & 0x7FFFFFFF;
    cable.input_.clear();
    cable.queue_.clear();
    cable.sent_of_front_ = 0;
    cable.waits_for_room_ = false;
    std::erase_if(stations_, [&](const auto &entry) { return entry.second == cable.index_; });
}

void Switch::run()
{
    std::array<epoll_event, 32> events;
    for (;;) {
        int n = epoll_wait(epoll_.get(), events.data(), events.size(), -1);
        std::lock_guard lock(mutex_);
        if (leaving_)
            return;
        for (int i = 0; i < n; i++) {
            std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
            std::uint32_t what = events[static_cast<std::size_t>(i)].events;
            if (key == key_timer || key == key_wakeup) {
                std::uint64_t count;
                [[maybe_unused]] ssize_t got =
                    read(key == key_timer ? timer_.get() : wakeup_.get(), &count, sizeof(count));
                continue;
            }
            Cable &cable = *cables_[key & 0xFFFFFFFF];
            if (cable.plugging_ != key >> 32)
                continue;
            if (what & EPOLLOUT)
                drain(cable);
            if (what & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
                if (cable.framing_ == Framing::packet)
                    read_packets(cable);
                else
                    read_stream(cable);
            }
        }
        while (!parked_.empty() && parked_.top().due <= Clock::now()) {
            Parked frame = parked_.top();
            parked_.pop();
            emerge(*cables_[frame.cable], frame.direction, frame.frame);
        }
        arm_timer();
    }
}

void Switch::arm_timer()
{
    itimerspec when{};
    if (!parked_.empty()) {
        auto at = parked_.top().due.time_since_epoch();
        auto whole = std::chrono::duration_cast<std::chrono::seconds>(at);
        when.it_value.tv_sec = whole.count();
        when.it_value.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(at - whole).count();
    }
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void Switch::read_packets(Cable &cable)
{
    // A bounded batch: no node can keep the others waiting.
    for (int i = 0; i < 64 && cable.fd_; i++) {
        static thread_local char buffer[max_frame];
        ssize_t n = recv(cable.fd_.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            detach(cable);
            return;
        }
        arrive(cable, std::make_shared<const std::string>(buffer, static_cast<std::size_t>(n)));
    }
}

void Switch::read_stream(Cable &cable)
{
    static thread_local char buffer[max_frame];
    ssize_t n = recv(cable.fd_.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        detach(cable);
        return;
    }
    cable.input_.append(buffer, static_cast<std::size_t>(n));
    std::size_t at = 0;
    while (cable.input_.size() - at >= 4) {
        std::size_t length = 0;
        for (std::size_t i = 0; i < 4; i++)
            length = length << 8 | static_cast<unsigned char>(cable.input_[at + i]);
        if (length > max_frame) { // out of step: nothing that follows can be trusted
            detach(cable);
            return;
        }
        if (cable.input_.size() - at - 4 < length)
            break;
        arrive(cable, std::make_shared<const std::string>(cable.input_, at + 4, length));
        at += 4 + length;
    }
    cable.input_.erase(0, at);
}

void Switch::arrive(Cable &cable, const std::shared_ptr<const std::string> &frame)
{
    if (frame->size() < 14)
        return;
    TimePoint now = Clock::now();
    if (capture_.is_open()) {
        auto wall = std::chrono::system_clock::now().time_since_epoch();
        auto whole = std::chrono::duration_cast<std::chrono::seconds>(wall);
        put<std::uint32_t>(capture_, static_cast<std::uint32_t>(whole.count()));
        put<std::uint32_t>(capture_, static_cast<std::uint32_t>(
                                         std::chrono::duration_cast<std::chrono::nanoseconds>(wall - whole).count()));
        put<std::uint32_t>(capture_, static_cast<std::uint32_t>(frame->size()));
        put<std::uint32_t>(capture_, static_cast<std::uint32_t>(frame->size()));
        capture_.write(frame->data(), static_cast<std::streamsize>(frame->size()));
        capture_.flush();
    }
    if (hook_)
        hook_(cable, *frame, now);
    if (filter_ && filter_(cable, *frame))
        return;
    travel(cable, Direction::from_node, frame);
}

void Switch::travel(Cable &cable, Direction direction, const std::shared_ptr<const std::string> &frame)
{
    Cable::Side &side = cable.side(direction);
    side.counters.frames++;
    side.counters.bytes += frame->size();
    Fate fate = side.dice.roll(side.faults, frame->size());
    if (fate.dropped) {
        side.counters.dropped++;
        return;
    }
    if (fate.delay > Duration::zero()) {
        side.counters.delayed++;
        park(cable, direction, fate.delay, frame);
    } else {
        emerge(cable, direction, frame);
    }
    if (fate.duplicated) {
        side.counters.duplicated++;
        if (fate.duplicate_delay > Duration::zero())
            park(cable, direction, fate.duplicate_delay, frame);
        else
            emerge(cable, direction, frame);
    }
}

void Switch::park(Cable &cable, Direction direction, Duration delay, const std::shared_ptr<const std::string> &frame)
{
    if (parked_.size() >= max_parked) {
        cable.side(direction).counters.overflowed++;
        return;
    }
    parked_.push({Clock::now() + delay, order_++, cable.index_, direction, frame});
}

void Switch::emerge(Cable &cable, Direction direction, const std::shared_ptr<const std::string> &frame)
{
    // The cable may have been cut while the frame was under way.
    if (cable.side(direction).faults.cut) {
        cable.side(direction).counters.dropped++;
        return;
    }
    if (direction == Direction::from_node) {
        cable.side(direction).counters.delivered++;
        forward(cable, frame);
    } else {
        deliver(cable, *frame);
    }
}

void Switch::forward(Cable &from, const std::shared_ptr<const std::string> &frame)
{
    constexpr std::uint64_t multicast = 1ULL << 40;
    std::uint64_t source = mac_at(*frame, 6);
    if (!(source & multicast))
        stations_[source] = from.index_;
    std::uint64_t destination = mac_at(*frame, 0);
    if (!(destination & multicast)) {
        if (auto it = stations_.find(destination); it != stations_.end()) {
            if (it->second != from.index_)
                travel(*cables_[it->second], Direction::to_node, frame);
            return;
        }
    }
    for (auto &cable : cables_)
        if (cable.get() != &from)
            travel(*cable, Direction::to_node, frame);
}

// Writes what is left of WIRE from SENT on; true when all of it is out.
bool Switch::push(Cable &to, std::string_view wire, std::size_t &sent)
{
    while (sent < wire.size()) {
        ssize_t n = send(to.fd_.get(), wire.data() + sent, wire.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
            return false;
        sent += static_cast<std::size_t>(n);
    }
    return true;
}

void Switch::deliver(Cable &to, const std::string &frame)
{
    Counters &counters = to.side(Direction::to_node).counters;
    if (!to.fd_) {
        counters.unplugged++;
        return;
    }
    if (to.queue_.size() >= max_queue) {
        counters.overflowed++;
        return;
    }
    std::string wire;
    if (to.framing_ == Framing::length) {
        auto length = static_cast<std::uint32_t>(frame.size());
        for (int shift = 24; shift >= 0; shift -= 8)
            wire += static_cast<char>(length >> shift & 0xFF);
    }
    wire += frame;
    counters.delivered++;
    std::size_t sent = 0;
    if (to.queue_.empty() && push(to, wire, sent))
        return;
    if (to.queue_.empty())
        to.sent_of_front_ = sent;
    to.queue_.push_back(std::move(wire));
    if (!to.waits_for_room_) {
        to.waits_for_room_ = true;
        watch(to);
    }
}

void Switch::drain(Cable &cable)
{
    while (!cable.queue_.empty()) {
        if (!push(cable, cable.queue_.front(), cable.sent_of_front_))
            return;
        cable.queue_.pop_front();
        cable.sent_of_front_ = 0;
    }
    cable.waits_for_room_ = false;
    watch(cable);
}

} // namespace ccm::lab
