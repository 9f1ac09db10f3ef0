// SPDX-License-Identifier: GPL-2.0-only
#include "device.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace ccmadm {

namespace {

// The first character of a file; 0 if there is none
char first_of(const char *file)
{
    char first = 0;
    const int fd = ::open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, &first, 1) != 1)
        first = 0;
    if (fd >= 0)
        close(fd);
    return first;
}

class FdControl final : public Control {
public:
    explicit FdControl(int fd) : fd_(fd) {}
    ~FdControl() override { close(fd_); }
    FdControl(const FdControl &) = delete;
    FdControl &operator=(const FdControl &) = delete;

    int info(ccm_info &info) override { return call(CCM_IOC_INFO, &info); }
    int set_stage(std::uint32_t stage) override { return call(CCM_IOC_SET_STAGE, &stage); }
    int hold_stage(std::uint32_t stage, int &fd) override
    {
        fd = fd_;
        if (const int number = call(CCM_IOC_HOLD_STAGE, &stage))
            return number;
        return fcntl(fd_, F_SETFD, 0) < 0 ? errno : 0;
    }
    int peek(ccm_peek &peek) override { return call(CCM_IOC_PEEK, &peek); }
    bool panics_silently() override
    {
        return first_of("/sys/kernel/kexec_crash_loaded") == '1' &&
               first_of("/sys/module/kernel/parameters/crash_kexec_post_notifiers") == 'N';
    }

private:
    int call(unsigned long request, void *argument)
    {
        int result;
        do
            result = ioctl(fd_, request, argument);
        while (result < 0 && errno == EINTR);
        return result < 0 ? errno : 0;
    }

    int fd_;
};

Error open_error(const std::string &path, int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return {fmt::format("{} does not exist: is the module loaded? try `modprobe rdma_ccm`", path)};
    case ENXIO:
    case ENODEV:
        return {fmt::format("{} has no driver: is the module loaded? try `modprobe rdma_ccm`", path)};
    case EACCES:
    case EPERM:
        return {fmt::format("{}: permission denied: run ccmadm as root (`sudo ccmadm ...`)", path)};
    default:
        return {fmt::format("{}: cannot open: {}", path, strerror(number))};
    }
}

Error unloaded(const std::string &path)
{
    return {fmt::format("{}: the module was unloaded; `modprobe rdma_ccm` loads it again", path)};
}

} // namespace

Device::Device(std::string path, std::unique_ptr<Control> control, std::unique_ptr<RecordSource> records)
    : path_(std::move(path)), control_(std::move(control)), records_(std::move(records))
{
}

Result<Device> Device::open(const std::string &path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return open_error(path, errno);
    return Device(path, std::make_unique<FdControl>(fd), std::make_unique<FdSource>(fd, path));
}

Result<ccm_info> Device::info()
{
    ccm_info info{};
    const int number = control_->info(info);
    switch (number) {
    case 0:
        return info;
    case ENOTTY:
    case EINVAL:
        return Error{fmt::format("{} is not a CCM device: check --device", path_)};
    case ENODEV:
        return unloaded(path_);
    default:
        return Error{fmt::format("{}: cannot ask the module for its version: {}", path_, strerror(number))};
    }
}

Result<ccm_info> Device::check()
{
    const auto answer = info();
    if (!answer)
        return answer.error();
    const ccm_info &info = answer.value();
    if (info.uapi_version != CCM_UAPI_VERSION)
        return Error{fmt::format("{}: the module has interface version {}, this ccmadm knows {}: "
                                 "use the ccmadm that belongs to the loaded module",
                                 path_, info.uapi_version, CCM_UAPI_VERSION)};
    if (info.record_size != sizeof(ccm_record))
        return Error{fmt::format("{}: the module's records have {} bytes, this ccmadm knows {}: "
                                 "use the ccmadm that belongs to the loaded module",
                                 path_, info.record_size, sizeof(ccm_record))};
    return info;
}

Error Device::stage_error(std::string_view verb, std::uint32_t stage, int number) const
{
    const std::string what = fmt::format("cannot {} the stage {}", verb, stages.text(stage));
    switch (number) {
    case EPERM:
    case EACCES:
        return {fmt::format("{}: it needs CAP_SYS_ADMIN: run ccmadm as root", what)};
    case EINVAL:
    case ENOTTY:
        return {
            fmt::format("{}: the module does not accept it: use the ccmadm that belongs to the loaded module", what)};
    case EBUSY:
        return {fmt::format("{}: a program holds a higher one (`ccmadm hold`); stop it first", what)};
    case ESHUTDOWN:
        return {fmt::format("{}: this node is going down, or is a crash kernel", what)};
    case ENODEV:
        return unloaded(path_);
    default:
        return {fmt::format("{}: {}", what, strerror(number))};
    }
}

Result<Nothing> Device::set_stage(std::uint32_t stage)
{
    if (const int number = control_->set_stage(stage))
        return stage_error("set", stage, number);
    return Nothing{};
}

Result<int> Device::hold_stage(std::uint32_t stage)
{
    int fd = -1;
    if (const int number = control_->hold_stage(stage, fd))
        return stage_error("hold", stage, number);
    return fd;
}

Result<ccm_peek> Device::peek(std::uint32_t node, std::uint32_t timeout_ms)
{
    ccm_peek peek{};
    peek.node = node;
    peek.timeout_ms = timeout_ms;
    const int number = control_->peek(peek);
    switch (number) {
    case 0:
        return peek;
    case ENOENT:
        return Error{fmt::format("partner {} is not configured; `ccmadm status` lists those that "
                                 "are",
                                 node)};
    case ENOTCONN:
        return Error{fmt::format("partner {} has no session whose status page can be read; "
                                 "`ccmadm wait --partner {}` waits for one",
                                 node, node),
                     ExitCode::not_ready};
    case ETIMEDOUT:
        return Error{fmt::format("partner {} did not answer the read of its status page within "
                                 "{} ms",
                                 node, timeout_ms),
                     ExitCode::timed_out};
    case EINVAL:
        return Error{fmt::format("partner {}: the module does not accept a timeout of {} ms", node, timeout_ms)};
    case EPERM:
    case EACCES:
        return Error{fmt::format("cannot read the status page of partner {}: it needs "
                                 "CAP_SYS_ADMIN: run ccmadm as root",
                                 node)};
    case ENODEV:
        return unloaded(path_);
    default:
        return Error{fmt::format("cannot read the status page of partner {}: {}", node, strerror(number))};
    }
}

} // namespace ccmadm
