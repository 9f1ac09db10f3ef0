// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "record_source.h"
#include "result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ccmadm {

// The ioctls of /dev/ccm. Each returns 0 or a (positive) errno. And what only the kernel knows.
class Control {
public:
    virtual ~Control() = default;

    virtual int info(ccm_info &info) = 0;
    virtual int set_stage(std::uint32_t stage) = 0;
    // Until the descriptor is closed; from then on programs that are run inherit it.
    virtual int hold_stage(std::uint32_t stage, int &fd) = 0;
    virtual int peek(ccm_peek &peek) = 0;
    // A crash kernel is loaded, and will be started in front of the panic notifiers.
    virtual bool panics_silently() = 0;
};

// An open CCM device whose interface is the one this tool knows.
class Device {
public:
    Device(std::string path, std::unique_ptr<Control> control, std::unique_ptr<RecordSource> records);

    static Result<Device> open(const std::string &path);

    // Asks the module what it is.
    Result<ccm_info> info();
    // The same, and whether this tool knows that; records must not be read before this succeeds.
    Result<ccm_info> check();
    Result<Nothing> set_stage(std::uint32_t stage);
    // The descriptor that holds it.
    Result<int> hold_stage(std::uint32_t stage);
    Result<ccm_peek> peek(std::uint32_t node, std::uint32_t timeout_ms);
    bool panics_silently() { return control_->panics_silently(); }
    RecordSource &records() { return *records_; }

private:
    Error stage_error(std::string_view verb, std::uint32_t stage, int number) const;

    std::string path_;
    // Before records_: it owns the descriptor that records_ reads.
    std::unique_ptr<Control> control_;
    std::unique_ptr<RecordSource> records_;
};

using DeviceOpener = std::function<Result<Device>(const std::string &path)>;

} // namespace ccmadm
