/*
 * Constants of the ABI, as the headers have them that we are compiled with;
 * only those that are the same on all processors.
 */
#include "sema/c_abi.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/compiler.h"
#include "sema/c_reader.h"

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
	uint64_t value;
} constants[] = {
#define X(name) { #name, (uint64_t)(name) },
	CONSTANTS(X)
#undef X
};

bool c_abi_define(struct program *program, const char *name)
{
	struct diags unheard;
	struct c_reader reader = { .program = program, .names = program->c, .diags = &unheard };
	const struct source *source;
	const char *text;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(constants) && strcmp(constants[i].name, name) != 0; i++)
		;
	if (i == ARRAY_SIZE(constants))
		return false;
	diags_init(&unheard, program->arena, program->sources);
	text = arena_printf(program->arena, "#define %s %llu\n", name,
			    (unsigned long long)constants[i].value);
	source = sources_add(program->sources, "abi", text, strlen(text));
	c_read_text(&reader, (struct span){ source->base, source->base + source->size });
	return true;
}
