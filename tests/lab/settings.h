// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ccm::lab {

// What a run of lab tests is given from outside. Each has an option of the test
// program and an environment variable; the option wins.
struct Settings {
    std::string kernel = "plain";                   // --kernel=plain|debug[-VERSION], CCM_LAB_KERNEL: without
                                                    // a version 6.1; VERSION as kernel/build-uml.sh takes it
    std::filesystem::path run_dir;                  // --run-dir=DIR, CCM_LAB_DIR: logs, images, captures
    std::filesystem::path uml_plain, uml_debug;     // --uml-plain=DIR, --uml-debug=DIR (CCM_LAB_UML_PLAIN, _DEBUG);
                                                    // without: kernel/build-uml.sh builds or finds it
    std::vector<std::filesystem::path> uml_modules; // --uml-modules=PATH[:PATH...], CCM_LAB_UML_MODULES:
    std::map<std::string, std::vector<std::filesystem::path>> other_modules; // either with KERNEL=PATH[:PATH...]:
                                                                             // for nodes whose spec names KERNEL
    std::vector<std::filesystem::path> qemu_modules;       // --qemu-modules=, CCM_LAB_QEMU_MODULES: .ko files, or
                                                           // directories to take all of them from
    std::map<std::string, std::filesystem::path> programs; // --ccmadm=FILE, CCM_LAB_CCMADM: usr/bin/ccmadm;
                                                           // --program=FILE (repeated): usr/bin/NAME; always
                                                           // a key, and usr/bin/lab-loaded, which adds it
    bool capture = false; // --capture, CCM_LAB_PCAP=1: every cluster writes network.pcap
    bool verbose = false; // --verbose, CCM_LAB_VERBOSE=1: consoles are shown as they come

    static Settings from_environment();
    // Takes the lab's options out of the arguments. Throws Error for a bad one.
    void take_arguments(int &argc, char **argv);
    std::filesystem::path uml_build(const std::string &name) const;
};

// The settings that new clusters use: those of the environment, until main() changes them.
Settings &settings();

} // namespace ccm::lab
