// SPDX-License-Identifier: GPL-2.0-only
//
// One node of the lab, whatever runs it: a kernel with a console, an agent that
// obeys the lab, and a cable to the switch.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "agent_channel.h"
#include "clock.h"
#include "command.h"
#include "console.h"
#include "error.h"
#include "process.h"
#include "switch.h"

namespace ccm::lab {

enum class Kind { uml, qemu };
enum class Rdma { rxe, siw, none };

// A node as a test wants it. Made with designated initializers.
struct NodeSpec {
    int id = 0; // 0: the next free one, from 1
    Kind kind = Kind::uml;
    std::string kernel;            // User-Mode Linux: as Settings::kernel; empty: as the run says. QEMU: a version, as
                                   // kernel/stock.sh takes it; empty: the one that is installed
    std::vector<std::string> load; // modules that init loads with modprobe
    std::vector<std::string> parameters;               // words for the kernel command line, as "rdma_ccm.node=1"
    Rdma rdma = Rdma::rxe;                             // the RDMA link that init adds
    std::optional<std::vector<std::string>> addresses; // default: 192.0.2.ID/24 and 2001:db8::ID/64
    bool network_device = true;
    int wire_kib = 0;             // what its cable takes in each direction before frames are dropped; User-Mode
                                  // Linux drops what does not fit at once. 0: what the system gives (some 90 frames)
    unsigned memory_mb = 0;       // 0: what suits the kernel
    unsigned crash_kernel_mb = 0; // QEMU: room for a crash kernel; /boot/vmlinuz and /boot/initrd are the node's own
    unsigned cpus = 1;            // QEMU
    bool unload_at_finish = true; // the verdict unloads what `load` names
};

class Node {
public:
    virtual ~Node();
    Node(const Node &) = delete;

    const std::string &name() const { return name_; }
    int id() const { return spec_.id; }
    const NodeSpec &spec() const { return spec_; }
    // The network device, as the node's kernel calls it.
    virtual std::string netdev() const = 0;
    virtual bool debug_kernel() const = 0;
    std::string mac() const;
    std::string ipv4() const; // without the prefix length
    std::string ipv6() const;
    Console &console() { return *console_; }
    const Console &console() const { return *console_; }
    Cable &cable() { return cable_; }
    int boots() const { return boots_; }

    // --- life ---
    void start();                             // power on; returns at once
    void wait_ready(Duration timeout = 120s); // init is through, the agent answers
    void boot(Duration timeout = 120s);       // both
    TimePoint kill();                         // power loss; the moment of it
    TimePoint stop();                         // the machine hangs: no instruction is executed
    TimePoint cont();                         // and goes on
    // The kernel panics. UML ends then; a QEMU node is left standing (kill it).
    TimePoint panic(Duration timeout = 20s);
    // The same by a command of its own, which first says something, in one line: that.
    std::string panic_at(const std::string &command, Duration timeout = 20s);
    // The kernel panics, and its crash kernel takes over: wait_ready() waits for that one.
    TimePoint crash(Duration timeout = 20s);
    // Through the kernel's reboot path, and a new boot up to its hello.
    void reboot(Duration timeout = 120s);
    void power_off(Duration timeout = 20s);   // through the kernel's power-off path
    void wait_end(Duration timeout = 20s);    // until the process is gone (after a reboot or power-off by command)
    void switch_root(Duration timeout = 30s); // from the initramfs into a new root
    bool running() const;
    bool stopped() const { return stopped_; }
    bool panicked() const { return panicked_; }
    Root root() const;
    pid_t pid() const; // of the process that is the machine; 0 when off

    // --- commands ---
    Result run(const std::string &command, Duration timeout = 20s);
    // The output; throws Error when the exit code is not 0.
    std::string must(const std::string &command, Duration timeout = 20s);
    Command start_command(const std::string &command);
    // Ends what is still running: SIGTERM, and SIGKILL for what does not obey.
    // Returns the commands that needed that.
    std::vector<std::string> end_commands(Duration timeout = 10s);
    void put(const std::string &path, std::string_view content, int mode = 0644, Duration timeout = 20s);
    // Polls with a command until it exits with 0; for state that has no event to wait for.
    void until(const std::string &command, Duration timeout = 20s, Duration interval = 100ms);

    // --- network, for nodes that boot without ---
    void add_address(const std::string &address_and_length);
    void add_addresses(); // the device up, and the standard addresses
    void add_rdma_link(Rdma kind = Rdma::rxe);

    // --- the kernel log ---
    // The verdict tolerates COUNT lines that hold TEXT, with the call trace
    // behind each, and fails when there are fewer.
    void expect_in_log(const std::string &text, int count = 1);
    struct Expected {
        std::string text;
        int count;
    };
    const std::vector<Expected> &expected_in_log() const { return expected_; }

protected:
    struct Setup {
        NodeSpec spec;
        std::filesystem::path dir;   // of this cluster's files
        std::filesystem::path image; // initramfs
        Cable *cable = nullptr;
        bool verbose = false;
    };
    explicit Node(const Setup &setup);

    // Program, argv[0], arguments. Descriptors in the process: 0 console in,
    // 1 and 2 console out, agent_fd and network_fd (socket ends).
    static constexpr int agent_fd = 4;
    static constexpr int network_fd = 5;
    virtual std::vector<std::string> command_line() = 0;
    // The only processor of the host's that the node runs on; -1: any
    virtual int processor() const { return -1; }
    virtual int network_socket() const = 0; // socket type
    virtual Framing framing() const = 0;
    virtual bool ends_on_panic() const = 0;
    // The "lab." words of the kernel command line, and the spec's parameters.
    std::vector<std::string> kernel_words(const std::string &tty) const;
    const std::filesystem::path &image() const { return image_; }
    const std::filesystem::path &dir() const { return dir_; }
    // Why the node's kernel ended before its agent came, from what it printed in this boot; the lab
    // says it in one line. Empty: nothing that explains it.
    virtual std::string start_trouble(const std::vector<ConsoleLine> &printed) const;
    // Derived classes call this first in their destructor.
    void end_process();

private:
    struct Boot;
    std::shared_ptr<Boot> current() const;
    std::shared_ptr<AgentChannel> channel() const;
    void read_all(const std::shared_ptr<Boot> &boot);

    NodeSpec spec_;
    std::string name_;
    std::filesystem::path dir_, image_;
    Cable &cable_;
    std::unique_ptr<Console> console_;
    std::vector<Expected> expected_;
    int boots_ = 0;
    std::atomic<bool> stopped_{false}, panicked_{false};
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<Boot> boot_;

    friend class Cluster;
};

} // namespace ccm::lab
