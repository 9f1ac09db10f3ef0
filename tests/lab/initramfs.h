// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ccm::lab {

// What goes into a node's initramfs besides busybox, iproute2, kmod, dash and the agent.
struct ImageSpec {
    // The release the image is for, as `uname -r` prints it on the node.
    std::string kernel_release;
    // Out-of-tree modules, as files: installed for modprobe under extra/, and
    // linked from /modules/NAME.ko for insmod.
    std::vector<std::filesystem::path> modules;
    // The kernel's own modules to take along, by name, with all they depend on.
    std::vector<std::string> kernel_modules;
    // Where modules.dep and the kernel's own modules are; empty when it has none.
    std::filesystem::path module_tree;
    // Programs: path in the image -> file; their shared libraries come along.
    std::map<std::string, std::filesystem::path> programs;
    // Other files: path in the image -> file.
    std::map<std::string, std::filesystem::path> files;
};

// For a User-Mode Linux kernel built in BUILD_DIR.
ImageSpec uml_image(const std::filesystem::path &build_dir);
// A kernel of the distribution
struct StockKernel {
    std::string release; // as `uname -r` prints it
    std::filesystem::path image;
    std::filesystem::path modules; // where modules.dep is
};
// The one that is installed (kernel/stock-release.sh), or for a VERSION one that is fetched
// (kernel/stock.sh).
StockKernel stock_kernel(const std::string &version = "");
// Its virtio network, soft-RoCE and RDMA CM modules
ImageSpec qemu_image(const StockKernel &kernel);

// The image as an uncompressed cpio archive. The same input gives the same bytes.
std::string make_initramfs(const ImageSpec &spec);

} // namespace ccm::lab
