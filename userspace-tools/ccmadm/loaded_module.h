// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "key_calls.h"
#include "result.h"

#include <string>

namespace ccmadm {

// What the module, if it is loaded, says of its cluster and of its keyring.
class LoadedModule {
public:
    // @parameters: the directory
    explicit LoadedModule(std::string parameters) : parameters_(std::move(parameters)) {}

    bool loaded() const;
    // Empty if it is not configured.
    Result<std::string> cluster() const;
    // 0 with auth=none.
    Result<KeySerial> keyring() const;

private:
    std::string parameters_;
};

} // namespace ccmadm
