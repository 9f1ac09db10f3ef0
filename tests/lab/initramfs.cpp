// SPDX-License-Identifier: GPL-2.0-only
#include "initramfs.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <set>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

#include "cpio.h"
#include "error.h"
#include "paths.h"

namespace fs = std::filesystem;

namespace ccm::lab {
namespace {

std::string quoted(const std::string &text)
{
    std::string out = "'";
    for (char c : text)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

// The standard output of a host command.
std::string output_of(const std::string &command)
{
    FILE *pipe = popen(("LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH; " + command).c_str(), "re");
    if (!pipe)
        throw Error("initramfs: cannot run {}", command);
    std::string out;
    char buffer[4096];
    for (std::size_t n; (n = fread(buffer, 1, sizeof(buffer), pipe)) > 0;)
        out.append(buffer, n);
    int status = pclose(pipe);
    if (status != 0)
        throw Error("initramfs: `{}` failed with status {}: {}", command, status, out);
    return out;
}

fs::path host_program(const std::string &name, const std::string &package)
{
    for (const char *dir : {"/usr/bin", "/bin", "/usr/sbin", "/sbin"}) {
        fs::path path = fs::path(dir) / name;
        if (access(path.c_str(), X_OK) == 0)
            return path;
    }
    throw Error("initramfs: {} is not installed: apt-get install {}", name, package);
}

void add_libraries(Cpio &image, const fs::path &program)
{
    static std::map<std::string, std::string> known;
    auto [it, fresh] = known.try_emplace(program.string() + content_of(program).substr(0, 64));
    if (fresh)
        it->second = output_of("ldd " + quoted(program) + " 2>/dev/null || true");
    std::istringstream lines(it->second);
    for (std::string line; std::getline(lines, line);) {
        if (line.find("not found") != std::string::npos)
            throw Error("initramfs: {}: a shared library is missing: {}", program.string(), line);
        std::size_t slash = line.find('/');
        if (slash == std::string::npos)
            continue;
        std::string path = line.substr(slash, line.find(' ', slash) - slash);
        std::string inside = path.substr(1);
        // Everything lives under usr; /lib and /lib64 are links in the image.
        if (inside.rfind("usr/", 0) != 0)
            inside = "usr/" + inside;
        if (!image.contains(inside))
            image.copy(inside, path);
    }
}

void add_program(Cpio &image, const std::string &inside, const fs::path &program)
{
    image.copy(inside, program);
    add_libraries(image, program);
}

void add_busybox(Cpio &image)
{
    fs::path busybox = host_program("busybox", "busybox-static");
    image.copy("usr/bin/busybox", busybox);
    static const std::string applets = output_of(quoted(busybox) + " --list");
    // These come from iproute2, kmod and dash: busybox has lesser ones.
    static const std::set<std::string> others{"busybox", "ip",     "ipneigh", "modprobe", "insmod", "rmmod",
                                              "lsmod",   "depmod", "modinfo", "sh",       "init",   "linuxrc"};
    std::istringstream list(applets);
    for (std::string name; std::getline(list, name);)
        if (!others.count(name))
            image.symlink("usr/bin/" + name, "busybox");
}

std::string module_name(const fs::path &file)
{
    std::string name = file.filename().string();
    name = name.substr(0, name.find(".ko"));
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

// modules.dep: module name -> its file and those it needs, relative to the tree.
std::map<std::string, std::vector<std::string>> read_dependencies(const fs::path &tree)
{
    std::map<std::string, std::vector<std::string>> table;
    std::ifstream in(tree / "modules.dep");
    if (!in)
        throw Error("initramfs: {}/modules.dep is missing: is that kernel installed?", tree.string());
    for (std::string line; std::getline(in, line);) {
        std::size_t colon = line.find(':');
        std::vector<std::string> files{line.substr(0, colon)};
        std::istringstream rest(line.substr(colon + 1));
        for (std::string file; rest >> file;)
            files.push_back(file);
        table[module_name(files.front())] = files;
    }
    return table;
}

void add_modules(Cpio &image, const ImageSpec &spec)
{
    std::string tree = "usr/lib/modules/" + spec.kernel_release;
    std::map<std::string, fs::path> chosen; // path below the tree -> file
    std::set<std::string> ours;
    for (const fs::path &file : spec.modules) {
        ours.insert(module_name(file));
        chosen["extra/" + file.filename().string()] = file;
        image.symlink("modules/" + file.filename().string(),
                      "/lib/modules/" + spec.kernel_release + "/extra/" + file.filename().string());
    }
    if (!spec.module_tree.empty()) {
        auto table = read_dependencies(spec.module_tree);
        std::string builtin = content_of(spec.module_tree / "modules.builtin");
        std::replace(builtin.begin(), builtin.end(), '-', '_');
        std::deque<std::string> wanted(spec.kernel_modules.begin(), spec.kernel_modules.end());
        for (const fs::path &file : spec.modules) {
            std::istringstream depends(output_of("modinfo -F depends " + quoted(file) + " | tr , '\\n'"));
            for (std::string name; depends >> name;)
                wanted.push_back(name);
        }
        for (std::string name : wanted) {
            std::replace(name.begin(), name.end(), '-', '_');
            if (ours.count(name) || builtin.find("/" + name + ".ko") != std::string::npos)
                continue;
            auto it = table.find(name);
            if (it == table.end())
                throw Error("initramfs: kernel {} has no module {}", spec.kernel_release, name);
            for (const std::string &file : it->second)
                chosen[file] = spec.module_tree / file;
        }
    }

    char staging[] = "/tmp/ccm-lab-depmod.XXXXXX";
    if (!mkdtemp(staging))
        throw Error("initramfs: cannot make a temporary directory");
    struct Remover {
        fs::path path;
        ~Remover()
        {
            std::error_code ignored;
            fs::remove_all(path, ignored);
        }
    } remover{staging};
    fs::path root = fs::path(staging) / "lib/modules" / spec.kernel_release;
    fs::create_directories(root);
    for (const auto &[inside, file] : chosen) {
        fs::create_directories((root / inside).parent_path());
        fs::create_symlink(fs::absolute(file), root / inside);
        image.copy(tree + "/" + inside, file, 0644);
    }
    for (const char *name : {"modules.order", "modules.builtin", "modules.builtin.modinfo"}) {
        fs::path from = spec.module_tree / name;
        std::ofstream to(root / name, std::ios::binary);
        if (!spec.module_tree.empty() && fs::exists(from))
            to << content_of(from);
    }
    output_of("depmod -b " + quoted(staging) + " " + quoted(spec.kernel_release) + " 2>&1");
    for (const auto &entry : fs::directory_iterator(root)) {
        std::string name = entry.path().filename().string();
        if (entry.is_regular_file() && name.rfind("modules.", 0) == 0)
            image.copy(tree + "/" + name, entry.path(), 0644);
    }
}

} // namespace

ImageSpec uml_image(const fs::path &build_dir)
{
    ImageSpec spec;
    std::ifstream in(build_dir / "include/config/kernel.release");
    if (!(in >> spec.kernel_release))
        throw Error("{} is not a built User-Mode Linux kernel (no include/config/kernel.release)", build_dir.string());
    return spec;
}

ImageSpec qemu_image(const StockKernel &kernel)
{
    ImageSpec spec;
    spec.kernel_release = kernel.release;
    spec.module_tree = kernel.modules;
    spec.kernel_modules = {"virtio_pci", "virtio_net", "rdma_rxe", "rdma_cm", "ib_uverbs", "rdma_ucm"};
    // Where there is one, soft-RoCE cannot register its device without it: it asks for the
    // algorithm by name, and modules.dep does not know. Newer kernels have it built in.
    if (read_dependencies(spec.module_tree).count("crc32_generic"))
        spec.kernel_modules.push_back("crc32_generic");
    return spec;
}

StockKernel stock_kernel(const std::string &version)
{
    const auto first_line = [](const std::string &text) { return text.substr(0, text.find('\n')); };
    if (version.empty()) {
        std::string release = first_line(output_of(quoted(lab_source_dir() / "kernel/stock-release.sh") + " 2>&1"));
        return {release, "/boot/vmlinuz-" + release, "/lib/modules/" + release};
    }
    fs::path dir = first_line(output_of(quoted(lab_source_dir() / "kernel/stock.sh") + " " + quoted(version)));
    return {first_line(content_of(dir / "release")), dir / "vmlinuz", dir / "modules"};
}

std::string make_initramfs(const ImageSpec &spec)
{
    Cpio image;
    for (const char *dir : {"proc", "sys", "dev", "run", "tmp", "root", "etc", "modules", "usr/bin", "usr/lib"})
        image.directory(dir);
    image.symlink("bin", "usr/bin");
    image.symlink("sbin", "usr/bin");
    image.symlink("lib", "usr/lib");
    image.symlink("lib64", "usr/lib64");
    image.symlink("usr/sbin", "bin");
    image.device("dev/console", 0600, 5, 1);
    image.device("dev/null", 0666, 1, 3);
    image.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    image.file("etc/group", "root:x:0:\n");
    add_busybox(image);
    // dash, not busybox, is the shell: busybox's runs its own `ip` before any file on the path.
    add_program(image, "usr/bin/dash", host_program("dash", "dash"));
    image.symlink("usr/bin/sh", "dash");
    add_program(image, "usr/bin/ip", host_program("ip", "iproute2"));
    add_program(image, "usr/bin/rdma", host_program("rdma", "iproute2"));
    add_program(image, "usr/bin/kmod", host_program("kmod", "kmod"));
    for (const char *name : {"modprobe", "insmod", "rmmod", "lsmod", "modinfo"})
        image.symlink(std::string("usr/bin/") + name, "kmod");
    image.copy("usr/bin/ccm-lab-agent", agent_program());
    image.copy("init", lab_source_dir() / "image/init.sh");
    image.copy("usr/bin/lab-root-init", lab_source_dir() / "image/root-init.sh");
    image.copy("etc/lab/fstab", lab_source_dir() / "image/fstab", 0644);
    image.copy("etc/lab/common.sh", lab_source_dir() / "image/common.sh", 0644);
    for (const auto &[inside, file] : spec.programs)
        add_program(image, inside, file);
    for (const auto &[inside, file] : spec.files)
        image.copy(inside, file, 0644);
    add_modules(image, spec);
    return image.bytes();
}

} // namespace ccm::lab
