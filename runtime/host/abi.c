/*
 * Constants of the kernel's ABI that scripts take from headers of the system
 * and that are in no BTF, because they are #defines: with them most scripts
 * that include such a header need no C compiler.
 *
 * They are what the headers say that we are compiled with; only those are
 * listed that are the same on all processors.
 */
#include "runtime/host/abi.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/compiler.h"

/* clang-format off */
#define CONSTANTS(X) \
	X(AF_UNSPEC) X(AF_UNIX) X(AF_LOCAL) X(AF_INET) X(AF_INET6) X(AF_NETLINK) X(AF_PACKET) \
	X(AF_BLUETOOTH) X(AF_VSOCK) X(AF_XDP) X(AF_ALG) X(AF_KEY) \
	X(PF_UNIX) X(PF_INET) X(PF_INET6) X(PF_NETLINK) X(PF_PACKET) \
	X(O_RDONLY) X(O_WRONLY) X(O_RDWR) X(O_ACCMODE) X(O_CREAT) X(O_EXCL) X(O_NOCTTY) X(O_TRUNC) \
	X(O_APPEND) X(O_NONBLOCK) X(O_CLOEXEC) X(O_SYNC) X(O_DSYNC) \
	X(S_IFMT) X(S_IFDIR) X(S_IFCHR) X(S_IFBLK) X(S_IFREG) X(S_IFIFO) X(S_IFLNK) X(S_IFSOCK) \
	X(PROT_NONE) X(PROT_READ) X(PROT_WRITE) X(PROT_EXEC) \
	X(MAP_SHARED) X(MAP_PRIVATE) X(MAP_FIXED) X(MAP_ANONYMOUS) \
	X(SIGHUP) X(SIGINT) X(SIGQUIT) X(SIGILL) X(SIGTRAP) X(SIGABRT) X(SIGBUS) X(SIGFPE) X(SIGKILL) \
	X(SIGUSR1) X(SIGSEGV) X(SIGUSR2) X(SIGPIPE) X(SIGALRM) X(SIGTERM) X(SIGCHLD) X(SIGCONT) \
	X(SIGSTOP) X(SIGTSTP)
/* clang-format on */

static const struct {
	const char *name;
	int64_t value;
} constants[] = {
#define X(name) { #name, (name) },
	CONSTANTS(X)
#undef X
	/* States of tasks: no header for programs has them, but ps and sched_switch show them. */
	{ "TASK_RUNNING", 0 },
	{ "TASK_INTERRUPTIBLE", 1 },
	{ "TASK_UNINTERRUPTIBLE", 2 },
};

bool abi_constant(const char *name, int64_t *ret_value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(constants); i++)
		if (!strcmp(constants[i].name, name)) {
			*ret_value = constants[i].value;
			return true;
		}
	return false;
}
