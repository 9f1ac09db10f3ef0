// SPDX-License-Identifier: GPL-2.0-only
#include "qemu_node.h"

#include <sys/socket.h>
#include <unistd.h>

namespace ccm::lab {

QemuNode::QemuNode(const Setup &setup, std::filesystem::path kernel) : Node(setup), kernel_(std::move(kernel)) {}

QemuNode::~QemuNode()
{
    end_process();
}

int QemuNode::network_socket() const
{
    return SOCK_STREAM;
}

std::vector<std::string> QemuNode::command_line()
{
    std::string program = "/usr/bin/qemu-system-x86_64";
    if (access(program.c_str(), X_OK) != 0)
        throw Error("{}: {} is not installed: apt-get install qemu-system-x86", name(), program);
    if (access(kernel_.c_str(), R_OK) != 0)
        throw Error("{}: cannot read {}: run as a user who may, or set CCM_LAB_QEMU_RELEASE", name(), kernel_.string());
    std::string words =
        fmt::format("console=ttyS0 lab.pre=virtio_pci,virtio_net {}", fmt::join(kernel_words("/dev/ttyS1"), " "));
    if (spec().crash_kernel_mb)
        words += fmt::format(" crashkernel={}M", spec().crash_kernel_mb);
    std::vector<std::string> line{
        program,
        "ccm-lab-" + name(),
        // Never kvm: a nested hypervisor may offer the device and then hang.
        "-accel",
        "tcg,thread=multi",
        "-cpu",
        "max",
        "-smp",
        std::to_string(spec().cpus),
        "-m",
        std::to_string((spec().memory_mb ? spec().memory_mb : 384) + 2 * spec().crash_kernel_mb),
        "-nodefaults",
        "-display",
        "none",
        // A reboot ends the process, and the lab starts it afresh.
        "-no-reboot",
        "-name",
        name(),
        "-kernel",
        kernel_.string(),
        "-initrd",
        image().string(),
        "-append",
        words,
        "-chardev",
        "stdio,id=console,signal=off",
        "-serial",
        "chardev:console",
        "-chardev",
        fmt::format("socket,id=agent,fd={}", agent_fd),
        "-serial",
        "chardev:agent",
    };
    if (spec().network_device) {
        line.insert(line.end(),
                    {"-netdev", fmt::format("stream,id=net,server=off,addr.type=fd,addr.str={}", network_fd), "-device",
                     fmt::format("virtio-net-pci,netdev=net,romfile=,mac={}", mac())});
    }
    return line;
}

} // namespace ccm::lab
