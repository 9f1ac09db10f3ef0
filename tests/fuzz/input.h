// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fuzzer's input as a stream of bytes; zeroes when it has run dry. Byte by byte, so
 * that the corpus generator can write the same.
 */
#ifndef CCM_TESTS_FUZZ_INPUT_H
#define CCM_TESTS_FUZZ_INPUT_H

#include <cstddef>
#include <vector>

#include "ccm/core/types.h"

class Input {
public:
    Input(const u8 *data, size_t size) : data_(data), size_(size) {}

    bool empty() const { return size_ == 0; }

    u8 byte()
    {
        if (size_ == 0)
            return 0;
        size_--;
        return *data_++;
    }

    std::vector<u8> bytes(size_t count)
    {
        std::vector<u8> result;
        for (; count > 0 && !empty(); count--)
            result.push_back(byte());
        result.shrink_to_fit();
        return result;
    }

private:
    const u8 *data_;
    size_t size_;
};

#endif
