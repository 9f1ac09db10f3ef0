// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "clock.h"
#include "record.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ccmadm {

using Batch = std::vector<ccm_record>; // never empty
struct TimedOut {};                    // the deadline has passed
struct Stopped {};                     // a signal asks to stop
struct OutputClosed {};                // nobody reads the output any more
using ReadResult = std::variant<Batch, TimedOut, Stopped, OutputClosed, Error>;

// What ends a read besides records. A descriptor of -1 is not looked at.
struct Until {
    std::optional<Instant> deadline{};
    int stop_fd = -1;   // readable: Stopped
    int output_fd = -1; // hung up: OutputClosed
};

class RecordSource {
public:
    virtual ~RecordSource() = default;

    // Waits for records. A deadline in the past still takes what is there.
    virtual ReadResult read(const Until &until) = 0;
};

// Records from a descriptor, which it does not own. It may block or not.
class FdSource final : public RecordSource {
public:
    FdSource(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

    ReadResult read(const Until &until) override;

private:
    // Nothing: there was no record after all.
    std::optional<ReadResult> take(bool gone);

    int fd_;
    std::string path_; // for messages
};

} // namespace ccmadm
