/*
 * Facts about a kernel, the only place the compiler gets them from.
 *
 * The running kernel, a BTF file with a folder of tracepoint formats, and the
 * canned one of the tests each fill in this struct (runtime/host).  Every
 * answer is found when it is asked for: nothing is read that no script needs.
 */
#ifndef SEMA_TARGET_H
#define SEMA_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct type;
struct types;

/* What a kernel can do.  id, name in --info. */
/* clang-format off */
#define TARGET_FEATURES(X) \
	X(ISA_V4,	"isa_v4")	/* movsx, bswap, sdiv, gotol */ \
	X(ATOMIC_FETCH,	"atomic_fetch") \
	X(RINGBUF,	"ringbuf") \
	X(LAZY_ALLOC,	"lazy_alloc")	/* hash maps without preallocation from any program */ \
	X(TASK_BTF,	"get_current_task_btf") \
	X(RAW_TP_COOKIE,	"raw_tp_cookie") \
	X(PERF_LINK,	"perf_link")	/* perf events through bpf_link, with cookies */ \
	X(TEST_RUN,	"test_run")	/* raw_tp programs by BPF_PROG_TEST_RUN */ \
	X(LOOP,		"bpf_loop") \
	X(FUNC_ARG,	"get_func_arg")	/* what a traced function was given and returned, by helpers */ \
	X(FOR_EACH,	"for_each_map_elem") \
	X(MAY_GOTO,	"may_goto")	/* loops whose end the verifier cannot see */ \
	X(PERCPU_LOOKUP,	"lookup_percpu_elem") \
	X(UPROBE_MULTI,	"uprobe_multi") \
	X(KPROBE_MULTI,	"kprobe_multi") \
	X(KPROBE_SESSION,	"kprobe_session")	/* entry and return by one link */ \
	X(TP_BTF,	"tp_btf")	/* tracepoints with arguments typed by the kernel's BTF */ \
	X(COMPAT_SYSCALLS,	"compat_syscalls")	/* 32-bit tasks may run beside 64-bit ones */
/* clang-format on */

enum target_feature {
#define X(id, name) FEATURE_##id,
	TARGET_FEATURES(X)
#undef X
	FEATURE_COUNT
};

/* One line of a tracepoint's format file. */
struct tracepoint_field {
	const char *c_type; /* "const char *", "pid_t", "char", "__data_loc char[]" */
	const char *name;
	uint32_t offset, size;
	uint32_t length; /* of an array in the declaration, else 0 */
	bool is_array, is_signed, is_data_loc;
};

struct tracepoint_format {
	uint32_t id;
	struct tracepoint_field *fields; /* the common_ ones left out */
	size_t count;
};

/* A function as BTF describes it. */
struct kernel_function {
	const char *module; /* "vmlinux" for the kernel proper */
	uint32_t btf_id;    /* of its FUNC, in the module's BTF */
	const struct type *args;   /* a struct, each argument in words of its own */
	const struct type *result; /* NULL: returns nothing */
	bool is_variadic;
};

/* A function of a BPF program that is loaded. */
struct program_function {
	uint32_t program; /* its id */
	const char *name;
	struct kernel_function function; /* of "bpf:ID"; its number is of the program's BTF */
	bool is_tracing; /* of a program that traces, as ours would do */
};

typedef bool program_function_visitor(void *context, const struct program_function *function);

struct arch; /* sema/arch.h */

/* What of C the compiler did not find, or cannot read, itself. */
struct c_question {
	const char *text; /* C: #include lines and what else the names come from */
	size_t length;
	const char *folder;	  /* where #include "..." looks first, or NULL */
	const char *const *types; /* "struct foo", "pid_t" */
	size_t type_count;
	const char *const *names; /* identifiers: members of enums, #defines */
	size_t name_count;
};

struct c_reply {
	const struct type **types; /* of each type, complete; NULL: C has none */
	bool *has_value; /* of each name: is it an integer constant? */
	int64_t *values;
	bool *is_unsigned; /* of each value */
	const char *defines; /* "#define ..." lines of all that is defined */
	size_t defines_length;
	const char *errors; /* what the C compiler said when it refused the text */
};
struct user_files;
struct c_source; /* sema/c_object.h */
struct c_object;

struct target {
	const char *name; /* "running kernel", "tests/canned" */
	uint32_t hidden_features; /* bits: to be taken for missing */
	const struct arch *arch;
	uint32_t cpu_count;    /* possible CPUs */
	uint32_t cpu_end;      /* the highest number of one, and 1 more */
	uint64_t pid_namespace, pid_namespace_device; /* of the tracer; 0: the initial one */
	uint32_t kernel_version; /* KERNEL_VERSION(6, 18, 0) as in linux/version.h */
	void *data;	       /* of the implementation */

	bool (*has)(const struct target *target, enum target_feature feature);

	/* 0, -ENOENT when there is no such event, -EACCES, or -ENODEV without tracefs.  What it
	 * gives stays as long as the target. */
	int (*tracepoint_format)(const struct target *target, const char *category,
				 const char *event, struct tracepoint_format *ret_format);

	/*
	 * Calls back with every "category", "event" in the order of their names
	 * whose category matches (NULL: any); a callback that returns false stops.
	 * 0, or an error as above.
	 */
	int (*each_tracepoint)(const struct target *target, const char *category,
			       bool (*callback)(void *context, const char *category,
						const char *event),
			       void *context);

	/*
	 * The kernel's struct, union, enum or typedef of that name from BTF, with
	 * its fields; NULL when there is none.  `what` is "struct", "union", "enum"
	 * or "" for a plain type name.
	 */
	const struct type *(*find_type)(const struct target *target, struct types *types,
					const char *what, const char *name);

	/* Parameters of a raw tracepoint as a struct type (offsets 0, 8, ...), or NULL. */
	const struct type *(*raw_tracepoint_args)(const struct target *target, struct types *types,
						  const char *event);

	/* Number of a system call ("openat"), -1 if there is none of that name. */
	int (*syscall_number)(const struct target *target, const char *name);

	/* The other way round; NULL if there is none of that number. */
	const char *(*syscall_name)(const struct target *target, int number);

	/* Fills in the fields of an incomplete struct type; type_complete() calls it. */
	void (*complete_type)(const struct target *target, struct types *types, struct type *record);

	/* Calls back with every raw tracepoint, sorted by name, until false.  -ENODEV without BTF. */
	int (*each_raw_tracepoint)(const struct target *target,
				   bool (*callback)(void *context, const char *event),
				   void *context);

	/*
	 * Programs and libraries of user space: what a probe's binary, as written, means, and the
	 * file of a path, opened once (runtime/host/user_files.h, binary.h).
	 */
	struct user_files *user_files;

	/* Addresses of symbols of the kernel, 0 for what it has not.  0, or -errno. */
	int (*kernel_symbols)(const struct target *target, const char *const *names, size_t count,
			      uint64_t *ret_addresses);

	/* Calls back with the tag of every struct, union or enum (`what`), in no order, and a number
	 * for type_definition().  -ENODEV: no types. */
	int (*each_type)(const struct target *target, const char *what,
			 bool (*callback)(void *context, uint32_t number, const char *name),
			 void *context);

	/* As C would define it: "struct foo {\n\tint bar;\n}". */
	const char *(*type_definition)(const struct target *target, struct arena *arena,
				       uint32_t number);

	/* Does it tell types at all: has it BTF? */
	bool (*has_types)(const struct target *target);

	/* Where a direct member of a struct lies, found without looking at the other types. */
	bool (*member_offset)(const struct target *target, const char *tag, const char *member,
			      uint32_t *ret_offset);

	/* The enum that has a member of that name, and the member's value; NULL: none. */
	const struct type *(*find_enumerator)(const struct target *target, struct types *types,
					      const char *name, int64_t *ret_value);

	/* The value of a #define of the kernel's ABI such as AF_INET; false: not known. */
	bool (*abi_constant)(const struct target *target, const char *name, int64_t *ret_value);

	/*
	 * Asks a C compiler.  0; -ENOENT: there is none; -EINVAL: it refused the
	 * text and `errors` says why; another -errno when it could not be run.
	 */
	int (*ask_c)(const struct target *target, struct types *types,
		     const struct c_question *question, struct c_reply *ret_reply);

	/*
	 * Reads functions in C; the results as of ask_c, and what reading the file gives: -ENOEXEC
	 * when it is no object for BPF, -EBADMSG when it is damaged.
	 */
	int (*read_c)(const struct target *target, struct types *types,
		      const struct c_source *source, struct c_object *ret_object,
		      const char **ret_errors);

	/*
	 * Calls back with every function that a kprobe can be set on, in no order, until false; the
	 * names last as long as the target.  -errno: there is no list of them.
	 */
	int (*each_function)(const struct target *target,
			     bool (*callback)(void *context, const char *module, const char *name),
			     void *context);

	/*
	 * The same of functions that BTF describes, in modules whose name matches (NULL: any);
	 * traceable or not.  -ENODEV: no BTF.
	 */
	int (*each_typed_function)(const struct target *target, const char *module,
				   bool (*callback)(void *context, const char *module,
						    const char *name),
				   void *context);

	/* -ENOENT: none of that name; -EEXIST: several modules have it (`module` NULL: any). */
	int (*find_function)(const struct target *target, struct types *types, const char *module,
			     const char *name, struct kernel_function *ret_function);

	/* Calls back with every function of every BPF program that is loaded, until false.  -EPERM;
	 * NULL: there are no programs. */
	int (*each_program_function)(const struct target *target, struct types *types,
				     program_function_visitor *visitor, void *context);

	/* May programs of this type call the kernel's function?  NULL: by the kernel's version. */
	bool (*may_call)(const struct target *target, uint32_t prog_type, uint32_t function);

	/* Id of the control group with this folder.  0, or -errno; NULL: the target does not tell. */
	int (*cgroup_id)(const struct target *target, const char *path, uint64_t *ret_id);
};

static inline bool target_has(const struct target *target, enum target_feature feature)
{
	return !(target->hidden_features & 1u << feature) && target->has(target, feature);
}

#endif
