// SPDX-License-Identifier: GPL-2.0-only
#include "stop_signals.h"
#include "verb.h"

namespace ccmadm {

namespace {

bool is_change(const ccm_record &record, bool synced)
{
    return synced && record.type != CCM_RECORD_SYNC && record.type != CCM_RECORD_OVERFLOW;
}

} // namespace

Result<ExitCode> run_watch(const Context &context, const WatchOptions &options)
{
    const StopSignals signals;
    Output &output = context.printer.output();
    const Until until{.deadline = {}, .stop_fd = signals.fd(), .output_fd = output.fd()};
    std::uint64_t changes = 0;
    bool synced = false;

    output.stop_on(signals.fd());
    for (;;) {
        const ReadResult result = context.device.records().read(until);
        if (const auto *error = std::get_if<Error>(&result))
            return *error;
        const auto *batch = std::get_if<Batch>(&result);
        if (batch == nullptr) // a signal, or nobody listens any more
            return ExitCode::ready;
        for (const auto &record : *batch) {
            context.printer.record(record);
            if (output.state() != Output::State::open)
                return ExitCode::ready;
            if (is_change(record, synced) && ++changes == options.count)
                return ExitCode::ready;
            if (record.type == CCM_RECORD_OVERFLOW)
                synced = false;
            if (record.type == CCM_RECORD_SYNC)
                synced = true;
            if (synced && options.until_sync)
                return ExitCode::ready;
        }
    }
}

} // namespace ccmadm
