// SPDX-License-Identifier: GPL-2.0-only
//
// The network of the lab: a learning Ethernet switch in a thread of its own,
// with a cable to each node. Each cable has two directions, and faults can be
// set on each while frames flow.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <queue>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "clock.h"
#include "fault.h"
#include "process.h"

namespace ccm::lab {

enum class Direction { from_node, to_node };

// How frames travel on a cable's descriptor.
enum class Framing {
    packet, // SOCK_SEQPACKET, one message a frame (User-Mode Linux, fd transport)
    length, // stream, 4-byte big-endian length first (QEMU, -netdev stream)
};

struct Counters {
    std::uint64_t frames = 0; // offered to this direction
    std::uint64_t bytes = 0;
    std::uint64_t dropped = 0; // by loss, a cut, or for their length
    std::uint64_t delayed = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t delivered = 0;  // went on to the switch, or into the node's socket
    std::uint64_t unplugged = 0;  // to a cable with no node on it
    std::uint64_t overflowed = 0; // the node did not take its frames (stopped, slow)
};

class Switch;

// One cable. Stays when its node goes, with its faults and counters, and the
// node's next life is plugged in again.
class Cable {
public:
    const std::string &name() const { return name_; }

    void set(Direction direction, const Faults &faults);
    void set(const Faults &faults); // both directions
    Faults faults(Direction direction) const;
    Counters counters(Direction direction) const;
    // The direction's dice start again from SEED.
    void seed(Direction direction, std::uint64_t seed);

    void cut();                                       // both ways; other faults stay set
    void cut_from_node();                             // what the node sends is lost
    void cut_to_node();                               // what is sent to the node is lost
    void restore();                                   // the cut is mended; other faults stay set
    void heal();                                      // no faults at all
    void loss(double probability);                    // each direction
    void delay(Duration delay, Duration jitter = {}); // each direction
    void longest(std::size_t bytes);                  // each direction; 0: frames of any length pass

    // Used by the nodes. The descriptor's other end belongs to the node.
    void plug(Fd fd, Framing framing);
    void unplug();

private:
    friend class Switch;
    struct Side {
        Faults faults;
        Counters counters;
        Dice dice{0};
    };
    Cable(Switch &owner, std::string name, unsigned index, std::uint64_t seed);
    Side &side(Direction direction) { return sides_[direction == Direction::to_node]; }
    const Side &side(Direction direction) const { return sides_[direction == Direction::to_node]; }

    Switch &owner_;
    std::string name_;
    unsigned index_;
    std::array<Side, 2> sides_;
    Fd fd_;
    Framing framing_ = Framing::packet;
    std::uint64_t plugging_ = 0; // tells epoll events of an earlier descriptor apart
    std::string input_;
    std::deque<std::string> queue_; // waits for room in the node's socket
    std::size_t sent_of_front_ = 0;
    bool waits_for_room_ = false;
};

// A frame as it comes in from a node, before any fault. Called in the switch's
// thread with its lock held: look and return, call nothing of the switch.
using FrameHook = std::function<void(const Cable &from, std::string_view frame, TimePoint at)>;

// Is this frame lost? Called as a FrameHook is, behind it.
using FrameFilter = std::function<bool(const Cable &from, std::string_view frame)>;

class Switch {
public:
    explicit Switch(std::uint64_t seed = 1);
    ~Switch();
    Switch(const Switch &) = delete;

    Cable &add_cable(const std::string &name);
    void set_all(const Faults &faults); // every direction of every cable
    void on_frame(FrameHook hook);
    void lose(FrameFilter filter); // {}: nothing by this
    // Writes every frame that comes in from a node, for tcpdump or Wireshark.
    void capture_to(const std::filesystem::path &file);

private:
    friend class Cable;
    struct Parked {
        TimePoint due;
        std::uint64_t order;
        unsigned cable;
        Direction direction;
        std::shared_ptr<const std::string> frame;
        bool operator<(const Parked &other) const { return due != other.due ? due > other.due : order > other.order; }
    };

    void run();
    void watch(Cable &cable);
    void detach(Cable &cable);
    void read_packets(Cable &cable);
    void read_stream(Cable &cable);
    void arrive(Cable &cable, const std::shared_ptr<const std::string> &frame);
    void travel(Cable &cable, Direction direction, const std::shared_ptr<const std::string> &frame);
    void emerge(Cable &cable, Direction direction, const std::shared_ptr<const std::string> &frame);
    void park(Cable &cable, Direction direction, Duration delay, const std::shared_ptr<const std::string> &frame);
    void forward(Cable &from, const std::shared_ptr<const std::string> &frame);
    void deliver(Cable &to, const std::string &frame);
    bool push(Cable &to, std::string_view wire, std::size_t &sent);
    void drain(Cable &cable);
    void arm_timer();

    mutable std::mutex mutex_;
    std::uint64_t seed_;
    std::vector<std::unique_ptr<Cable>> cables_;
    std::map<std::uint64_t, unsigned> stations_; // MAC address -> cable
    std::priority_queue<Parked> parked_;
    std::uint64_t order_ = 0;
    FrameHook hook_;
    FrameFilter filter_;
    std::ofstream capture_;
    Fd epoll_, timer_, wakeup_;
    bool leaving_ = false;
    std::thread thread_;
};

} // namespace ccm::lab
