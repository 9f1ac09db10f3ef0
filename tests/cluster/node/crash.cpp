// SPDX-License-Identifier: GPL-2.0-only
#include "node.h"

#include <cstdio>

#include <fcntl.h>
#include <linux/kexec.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

int open_file(const std::string &name)
{
    const int fd = open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        std::perror(name.c_str());
    return fd;
}

} // namespace

int crash_kernel(const Words &words)
{
    if (words.size() != 3) {
        std::fputs("usage: crash-kernel KERNEL INITRD WORDS\n", stderr);
        return 1;
    }
    const int kernel = open_file(words[0]);
    const int initrd = open_file(words[1]);
    if (kernel < 0 || initrd < 0)
        return 1;
    if (syscall(SYS_kexec_file_load, kernel, initrd, words[2].size() + 1, words[2].c_str(), KEXEC_FILE_ON_CRASH)) {
        std::perror("kexec_file_load");
        return 1;
    }
    return 0;
}
