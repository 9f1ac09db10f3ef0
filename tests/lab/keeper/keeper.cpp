// SPDX-License-Identifier: GPL-2.0-only
//
// The keeper stands between the lab and one node's process and sees to it that
// nothing of the node outlives the lab, even when the lab is killed. User-Mode
// Linux runs its guest's processes as traced children: when the kernel process
// dies alone, they would run on as ordinary programs of the host.
//
//     ccm-lab-keeper CONTROL_FD PROGRAM NAME [ARGUMENT...]
//
// NAME is what the program sees as its own name (argv[0]).
//
// Writes "pid N\n" and, when the node has ended, "exit STATUS\n" to the control
// descriptor. End of file there means: kill everything and go. The node leads a
// process group of its own, with its pid as id, and stays a zombie until the
// end of file, so that the lab can signal it by that id without a race.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include <fcntl.h>
#include <poll.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// The kernel shares processors out by sessions (sched(7), autogroup), and a new session is like any
// other: it would lose what whoever runs the lab has given it.
const char *const autogroup = "/proc/self/autogroup";

int processor_share()
{
    int nice = 0;
    if (FILE *file = std::fopen(autogroup, "re")) {
        if (std::fscanf(file, "/autogroup-%*d nice %d", &nice) != 1)
            nice = 0;
        std::fclose(file);
    }
    return nice;
}

void take_processor_share(int nice)
{
    FILE *file = nice ? std::fopen(autogroup, "we") : nullptr;
    if (!file)
        return;
    std::fprintf(file, "%d", nice);
    std::fclose(file);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    int control = atoi(argv[1]);
    fcntl(control, F_SETFD, FD_CLOEXEC);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    const int share = processor_share();
    setsid();
    take_processor_share(share);
    prctl(PR_SET_CHILD_SUBREAPER, 1);

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    int children = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);

    pid_t keeper = getpid();
    pid_t node = fork();
    if (node < 0)
        return 1;
    if (node == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != keeper)
            _exit(1);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        for (int sig : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
            signal(sig, SIG_DFL);
        // User-Mode Linux has pages, which leak scans go through, for the hole in front of a heap that
        // begins anywhere: some hundred megabytes.
        personality(ADDR_NO_RANDOMIZE);
        execv(argv[2], argv + 3);
        dprintf(2, "ccm-lab-keeper: %s: %s\n", argv[2], strerror(errno));
        _exit(127);
    }
    setpgid(node, node);
    // Only the node itself holds its descriptors from here on, so that the lab
    // sees their end when the node ends.
    for (int fd = 3; fd < 256; fd++)
        if (fd != control && fd != children)
            close(fd);
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
    dprintf(control, "pid %d\n", node);

    bool ended = false;
    for (;;) {
        pollfd fds[2] = {{control, POLLIN, 0}, {children, POLLIN, 0}};
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[1].revents) {
            signalfd_siginfo info;
            while (read(children, &info, sizeof(info)) > 0) {
            }
            siginfo_t state{};
            if (!ended && waitid(P_PID, static_cast<id_t>(node), &state, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                state.si_pid == node) {
                ended = true;
                kill(-node, SIGKILL);
                dprintf(control, "exit %d\n", state.si_code == CLD_EXITED ? state.si_status : 128 + state.si_status);
            }
            // Adopted orphans, but never the node: its id must stay taken.
            while (waitid(P_ALL, 0, &state, WEXITED | WNOHANG | WNOWAIT) == 0 && state.si_pid > 0 &&
                   state.si_pid != node)
                waitpid(state.si_pid, nullptr, WNOHANG);
        }
        if (fds[0].revents) {
            char buffer[64];
            if (read(control, buffer, sizeof(buffer)) <= 0)
                break;
        }
    }
    kill(-node, SIGKILL);
    while (waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
    }
    return 0;
}
