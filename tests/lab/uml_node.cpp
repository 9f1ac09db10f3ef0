// SPDX-License-Identifier: GPL-2.0-only
#include "uml_node.h"

#include <fstream>
#include <string>

#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ccm::lab {

UmlNode::UmlNode(const Setup &setup, std::filesystem::path build_dir) : Node(setup), build_(std::move(build_dir))
{
    std::ifstream config(build_ / ".config");
    for (std::string line; std::getline(config, line);)
        if (line == "CONFIG_PROVE_LOCKING=y")
            debug_ = true;
}

UmlNode::~UmlNode()
{
    end_process();
}

int UmlNode::network_socket() const
{
    return SOCK_SEQPACKET;
}

std::string UmlNode::start_trouble(const std::vector<ConsoleLine> &printed) const
{
    // The panic that follows says no more than that a signal came.
    for (const ConsoleLine &line : printed)
        if (line.text.find("ptrace set fp regs failed") != std::string::npos)
            return "it has no room for all registers of this host's processor (" + line.text +
                   "): it was built on another machine; remove " + build_.string() + ", and it is built for this one";
    return Node::start_trouble(printed);
}

// Whatever a process of the node does, it stops for the node's kernel, and goes on when that has
// done it: on two processors each wakes the other one up, which takes a quarter more of both. Nodes of
// a cluster have different ones, as far as there are.
int UmlNode::processor() const
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return -1;
    std::vector<int> allowed;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set))
            allowed.push_back(cpu);
    return allowed[static_cast<std::size_t>(getpid() + id()) % allowed.size()];
}

std::vector<std::string> UmlNode::command_line()
{
    std::filesystem::path state = dir() / (name() + ".uml");
    std::error_code ignored;
    std::filesystem::remove_all(state, ignored);
    std::filesystem::create_directories(state);
    unsigned memory = spec().memory_mb ? spec().memory_mb : debug_ ? 384 : 256;
    std::vector<std::string> line{
        build_ / "linux",
        // On reboot the kernel executes its own argv[0] again, with descriptors
        // in an unknown state. No program has this name, so it ends instead, and
        // the lab starts it afresh.
        "ccm-lab-" + name(),
        fmt::format("mem={}M", memory),
        "initrd=" + image().string(),
        "uml_dir=" + state.string() + "/",
        "umid=" + name(),
        "con=null",
        "con0=fd:0,fd:1",
        fmt::format("con1=fd:{}", agent_fd),
        "ssl=null",
        // measuring it is a tenth of a boot
        "lpj=30000000",
    };
    // Without vec=0 the driver trips lockdep by itself, which then goes off.
    if (spec().network_device)
        line.push_back(fmt::format("vec0:transport=fd,fd={},vec=0,mac={}", network_fd, mac()));
    for (const std::string &word : kernel_words("/dev/tty1"))
        line.push_back(word);
    return line;
}

} // namespace ccm::lab
