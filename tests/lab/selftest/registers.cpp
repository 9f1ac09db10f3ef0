// SPDX-License-Identifier: GPL-2.0-only
//
//     ccm-lab-registers SEED ROUNDS
//
// Fills the widest vector registers that this processor lets a program use, gives the CPU
// away ROUNDS times, and looks whether they are still what they were. Run beside another with
// another SEED, it shows whether the kernel saves and restores all of them.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/syscall.h>

namespace {

struct Kind {
    const char *name;
    unsigned registers, bytes;
};

constexpr unsigned most = 32 * 64;
alignas(64) unsigned char filled[most];
alignas(64) unsigned char found[most];
std::uint64_t masks_filled[8], masks_found[8];

// One statement each: between filling and looking no instruction of the compiler's may use them.
// %rcx and %r11 are the system call's.
#define FILL(insn, reg, width, n) insn " " #n "*" width "(%[in]), %%" reg #n "\n\t"
#define KEEP(insn, reg, width, n) insn " %%" reg #n ", " #n "*" width "(%[out])\n\t"
#define EIGHT(what, insn, reg, width, a, b, c, d, e, f, g, h)                                                          \
    what(insn, reg, width, a) what(insn, reg, width, b) what(insn, reg, width, c) what(insn, reg, width, d)            \
        what(insn, reg, width, e) what(insn, reg, width, f) what(insn, reg, width, g) what(insn, reg, width, h)
#define SIXTEEN(what, insn, reg, width)                                                                                \
    EIGHT(what, insn, reg, width, 0, 1, 2, 3, 4, 5, 6, 7) EIGHT(what, insn, reg, width, 8, 9, 10, 11, 12, 13, 14, 15)
#define THIRTYTWO(what, insn, reg, width)                                                                              \
    SIXTEEN(what, insn, reg, width)                                                                                    \
    EIGHT(what, insn, reg, width, 16, 17, 18, 19, 20, 21, 22, 23)                                                      \
    EIGHT(what, insn, reg, width, 24, 25, 26, 27, 28, 29, 30, 31)
#define YIELD "mov %[rounds], %%r12\n1:\n\tmov %[nr], %%eax\n\tsyscall\n\tdec %%r12\n\tjnz 1b\n\t"
#define OPERANDS                                                                                                       \
    : : [in] "r"(filled), [out] "r"(found), [rounds] "r"(rounds), [nr] "i"(SYS_sched_yield)                            \
    : "rax", "rcx", "r11", "r12", "cc", "memory"

void zmm(std::uint64_t rounds)
{
    // mask registers too; 16 bits of each are there with every AVX-512
    asm volatile(
        "kmovw 0(%0), %%k1\n\tkmovw 8(%0), %%k2\n\tkmovw 16(%0), %%k3\n\tkmovw 24(%0), %%k4\n\t" ::"r"(masks_filled)
        : "memory");
    asm volatile(THIRTYTWO(FILL, "vmovdqa64", "zmm", "64") YIELD THIRTYTWO(KEEP, "vmovdqa64", "zmm", "64") OPERANDS);
    asm volatile(
        "kmovw %%k1, 0(%0)\n\tkmovw %%k2, 8(%0)\n\tkmovw %%k3, 16(%0)\n\tkmovw %%k4, 24(%0)\n\t" ::"r"(masks_found)
        : "memory");
}

void ymm(std::uint64_t rounds)
{
    asm volatile(SIXTEEN(FILL, "vmovdqa", "ymm", "32") YIELD SIXTEEN(KEEP, "vmovdqa", "ymm", "32") OPERANDS);
}

void xmm(std::uint64_t rounds)
{
    asm volatile(SIXTEEN(FILL, "movdqa", "xmm", "16") YIELD SIXTEEN(KEEP, "movdqa", "xmm", "16") OPERANDS);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::fprintf(stderr, "usage: ccm-lab-registers SEED ROUNDS\n");
        return 2;
    }
    const auto seed = static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10));
    const std::uint64_t rounds = std::strtoull(argv[2], nullptr, 10);
    if (!rounds)
        return 2;
    for (unsigned i = 0; i < most; i++)
        filled[i] = static_cast<unsigned char>(seed * 131 + i * 7 + i / 256);
    for (unsigned i = 0; i < 4; i++)
        masks_filled[i] = (seed * 257 + i * 4099) & 0xFFFF;

    Kind kind{"xmm", 16, 16};
    if (__builtin_cpu_supports("avx512f")) {
        kind = {"zmm", 32, 64};
        zmm(rounds);
    } else if (__builtin_cpu_supports("avx")) {
        kind = {"ymm", 16, 32};
        ymm(rounds);
    } else {
        xmm(rounds);
    }
    const bool same = std::memcmp(filled, found, kind.registers * kind.bytes) == 0 &&
                      (kind.bytes != 64 || std::memcmp(masks_filled, masks_found, sizeof(masks_found)) == 0);
    std::printf("%u %s registers of %u bytes: %s\n", kind.registers, kind.name, kind.bytes, same ? "kept" : "changed");
    return same ? 0 : 1;
}
