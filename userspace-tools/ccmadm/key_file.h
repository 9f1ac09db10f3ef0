// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "key_text.h"
#include "result.h"

#include <string>

namespace ccmadm {

// The key in a file that nobody else can read; in @input if @path is "-".
Result<Key> read_key(const std::string &path, int input);
// A new file with the key, for its owner alone, on the disk when it returns. What is there
// already is never touched.
Result<Nothing> create_key(const std::string &path, const Key &key);
// 32 bytes from the kernel.
Result<Nothing> draw_key(Key &key);

} // namespace ccmadm
