// SPDX-License-Identifier: GPL-2.0-only
//
// ccm-demo: two machines boot, their kernels connect before user space, one of them
// dies twice. Exit code: 0 if everything was observed, 1 if not or on an error.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "demo.h"
#include "error.h"

namespace fs = std::filesystem;
using namespace ccm;

namespace {

bool wants_colour()
{
    const char *terminal = std::getenv("TERM");
    return isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR") && terminal && std::string_view(terminal) != "dumb";
}

std::size_t terminal_width()
{
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 90;
    return std::min<std::size_t>(std::max<std::size_t>(size.ws_col, 60), 100);
}

fs::path existing(const fs::path &file, const std::string &option)
{
    if (!fs::is_regular_file(file))
        throw lab::Error("{} {}: there is no such file: build it first", option, file.string());
    return fs::absolute(file);
}

// Debug information makes a module ten times as large, and the initramfs with it.
fs::path without_debug_info(const fs::path &module, const fs::path &run_dir)
{
    fs::path slim = fs::absolute(run_dir) / module.filename();
    if (fs::exists(slim) && fs::equivalent(slim, module))
        return module;
    fs::create_directories(run_dir);
    std::string command = fmt::format("strip --strip-debug -o '{}' '{}'", slim.string(), module.string());
    if (std::system(command.c_str()) != 0)
        throw lab::Error("cannot strip {}: is binutils installed?", module.string());
    return slim;
}

} // namespace

int main(int argc, char **argv)
try {
    demo::Options options;
    lab::Settings &settings = options.settings;
    settings = lab::Settings::from_environment();

    CLI::App app{"Shows CCM's main job on two machines: their kernels connect before user space."};
    std::vector<std::string> module_files;
    std::string ccmadm, run_dir = settings.run_dir.string(), uml_plain = settings.uml_plain.string();
    app.add_flag("--uml", options.uml, "User-Mode Linux nodes instead of QEMU: quicker, not the stock kernel");
    app.add_option("--module", module_files, "rdma_ccm.ko, ccm_fm.ko and ccm_pattern.ko, built for the nodes' kernel");
    app.add_option("--ccmadm", ccmadm, "ccmadm; its shared libraries come along");
    app.add_option("--run-dir", run_dir, "where console logs and images go")->capture_default_str();
    app.add_option("--uml-plain", uml_plain, "a built User-Mode Linux kernel, for --uml");
    app.add_option("--detect-ms", options.detect_ms, "the nodes' detect_ms; without: the module's default");
    app.add_flag("--verbose", settings.verbose, "show the consoles, on standard error");
    app.add_flag("--capture", settings.capture, "write the network's frames to network.pcap");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &e) {
        return app.exit(e) == 0 ? 0 : 1; // --help is no error
    }

    settings.run_dir = run_dir;
    settings.uml_plain = uml_plain;
    auto &modules = options.uml ? settings.uml_modules : settings.qemu_modules;
    if (!module_files.empty())
        modules.clear();
    for (const std::string &file : module_files)
        modules.push_back(existing(file, "--module"));
    if (modules.empty())
        throw lab::Error("no modules to load: give --module FILE for each, or set {}",
                         options.uml ? "CCM_LAB_UML_MODULES" : "CCM_LAB_QEMU_MODULES");
    if (!ccmadm.empty())
        settings.programs["usr/bin/ccmadm"] = existing(ccmadm, "--ccmadm");
    if (!settings.programs.count("usr/bin/ccmadm"))
        throw lab::Error("no ccmadm for the nodes: give --ccmadm FILE, or set CCM_LAB_CCMADM");
    for (fs::path &file : modules)
        file = without_debug_info(file, settings.run_dir);
    options.colour = wants_colour();
    options.width = terminal_width();
    return demo::Demo(options).run();
} catch (const std::exception &e) {
    std::fflush(stdout);
    std::fprintf(stderr, "ccm-demo: %s\n", e.what());
    return 1;
}
