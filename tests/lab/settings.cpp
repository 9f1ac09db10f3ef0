// SPDX-License-Identifier: GPL-2.0-only
#include "settings.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sstream>

#include "error.h"
#include "paths.h"

namespace fs = std::filesystem;

namespace ccm::lab {
namespace {

const char *variable(const char *name)
{
    const char *value = std::getenv(name);
    return value && *value ? value : nullptr;
}

std::vector<fs::path> module_list(const std::string &text)
{
    std::vector<fs::path> files;
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ':');) {
        if (part.empty())
            continue;
        if (fs::is_directory(part)) {
            for (const auto &entry : fs::recursive_directory_iterator(part))
                if (entry.path().extension() == ".ko")
                    files.push_back(fs::absolute(entry.path()));
        } else if (fs::exists(part)) {
            files.push_back(fs::absolute(part));
        } else {
            throw Error("module {} does not exist: build it first, or name another", part);
        }
    }
    return files;
}

// Which versions there are, build-uml.sh knows.
std::string checked_kernel(const std::string &name)
{
    std::string variant = name.substr(0, name.find('-'));
    if (variant != "plain" && variant != "debug")
        throw Error("kernel {}: it is plain or debug, and then perhaps a version, as debug-6.12", name);
    return name;
}

// [KERNEL=]PATH[:PATH...]: those of the run's kernel, MODULES, or of another
void take_modules(Settings &s, std::vector<fs::path> &modules, const std::string &text)
{
    std::size_t end = text.find('=');
    if (end == std::string::npos)
        modules = module_list(text);
    else
        s.other_modules[text.substr(0, end)] = module_list(text.substr(end + 1));
}

fs::path checked_program(const std::string &path)
{
    if (!fs::exists(path))
        throw Error("program {} does not exist: build it first, or name another", path);
    return fs::absolute(path);
}

} // namespace

Settings Settings::from_environment()
{
    Settings s;
    s.run_dir = default_run_dir();
    s.programs["usr/bin/lab-loaded"] = lab_source_dir() / "image/loaded.sh";
    s.programs["etc/ccm/psk"] = lab_source_dir() / "image/psk";
    if (const char *v = variable("CCM_LAB_KERNEL"))
        s.kernel = checked_kernel(v);
    if (const char *v = variable("CCM_LAB_UML_PLAIN"))
        s.uml_plain = v;
    if (const char *v = variable("CCM_LAB_UML_DEBUG"))
        s.uml_debug = v;
    if (const char *v = variable("CCM_LAB_UML_MODULES"))
        s.uml_modules = module_list(v);
    if (const char *v = variable("CCM_LAB_QEMU_MODULES"))
        s.qemu_modules = module_list(v);
    if (const char *v = variable("CCM_LAB_CCMADM"))
        s.programs["usr/bin/ccmadm"] = checked_program(v);
    s.capture = variable("CCM_LAB_PCAP") != nullptr;
    s.verbose = variable("CCM_LAB_VERBOSE") != nullptr;
    return s;
}

void Settings::take_arguments(int &argc, char **argv)
{
    int kept = 1;
    for (int i = 1; i < argc; i++) {
        std::string argument = argv[i];
        std::string value;
        auto is = [&](const char *option) {
            std::string prefix = std::string(option) + "=";
            if (argument.rfind(prefix, 0) != 0)
                return false;
            value = argument.substr(prefix.size());
            return true;
        };
        if (is("--kernel"))
            kernel = checked_kernel(value);
        else if (is("--run-dir"))
            run_dir = value;
        else if (is("--uml-plain"))
            uml_plain = value;
        else if (is("--uml-debug"))
            uml_debug = value;
        else if (is("--uml-modules"))
            take_modules(*this, uml_modules, value);
        else if (is("--qemu-modules"))
            take_modules(*this, qemu_modules, value);
        else if (is("--ccmadm"))
            programs["usr/bin/ccmadm"] = checked_program(value);
        else if (is("--program"))
            programs["usr/bin/" + fs::path(value).filename().string()] = checked_program(value);
        else if (argument == "--capture")
            capture = true;
        else if (argument == "--verbose")
            verbose = true;
        else
            argv[kept++] = argv[i];
    }
    argc = kept;
    argv[argc] = nullptr;
}

fs::path Settings::uml_build(const std::string &name) const
{
    checked_kernel(name);
    if (name == "debug" && !uml_debug.empty())
        return uml_debug;
    if (name == "plain" && !uml_plain.empty())
        return uml_plain;
    static std::mutex mutex;
    static std::map<std::string, fs::path> found;
    std::lock_guard lock(mutex);
    fs::path &path = found[name];
    if (!path.empty())
        return path;
    std::string script = lab_source_dir() / "kernel/build-uml.sh";
    std::string words = name; // VARIANT VERSION
    if (std::size_t end = words.find('-'); end != std::string::npos)
        words[end] = ' ';
    FILE *pipe = popen(("'" + script + "' " + words).c_str(), "re");
    if (!pipe)
        throw Error("cannot run {}", script);
    char buffer[4096] = "";
    bool got = std::fgets(buffer, sizeof(buffer), pipe) != nullptr;
    if (pclose(pipe) != 0 || !got)
        throw Error("{} {} failed: there is no kernel for the nodes", script, words);
    buffer[std::strcspn(buffer, "\n")] = 0;
    return path = buffer;
}

Settings &settings()
{
    static Settings current = Settings::from_environment();
    return current;
}

} // namespace ccm::lab
