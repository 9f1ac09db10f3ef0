// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints how many bytes of extended state (x87, vector and tile registers) this host's
 * kernel keeps for a process, as ptrace() gives them: the size that PTRACE_SETREGSET
 * insists on, and so what a User-Mode Linux kernel must have room for.
 */
#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	static char room[1 << 20];
	struct iovec state = { room, sizeof(room) };
	pid_t child = fork();
	int failed;

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	if (child < 0 || waitpid(child, NULL, 0) != child) {
		perror("xstate_size");
		return 1;
	}
	failed = ptrace(PTRACE_GETREGSET, child, NT_X86_XSTATE, &state);
	if (failed)
		perror("xstate_size: PTRACE_GETREGSET");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (failed)
		return 1;
	printf("%zu\n", state.iov_len);
	return 0;
}
