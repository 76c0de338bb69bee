/*
 * A C compiler as a separate program, for headers and for what the compiler
 * cannot read itself.
 */
#ifndef RUNTIME_HOST_CLANG_H
#define RUNTIME_HOST_CLANG_H

#include "runtime/host/btf.h"
#include "sema/target.h"

struct clang_options {
	const char *const *include_dirs; /* -I */
	size_t include_dir_count;
	const char *kernel_source, *kernel_build; /* folders of kernel headers, or NULL */
	const char *arch;                         /* as uname -m */
	const char *header_arch;		  /* the kernel's folder of it, arch/x86; NULL: by `arch` */
};

/*
 * As target->ask_c.  *ret_btf is what the types of the reply were made from:
 * it has to be kept as long as they are (NULL: none was needed).
 */
int clang_ask(struct arena *arena, const struct clang_options *options, struct types *types,
	      const struct c_question *question, struct c_reply *ret_reply, struct btf **ret_btf);

/*
 * Compiles a file of C for BPF.  *ret_fd is the object file; the results are
 * those of ask_c.
 */
struct c_source;
int clang_compile(struct arena *arena, const struct clang_options *options,
		  const struct c_source *source, int *ret_fd, const char **ret_errors);

#endif
