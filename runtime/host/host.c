/*
 * The one implementation of struct target: where its facts lie is all that
 * differs between the running kernel and a folder of files.  What is never
 * asked for is never opened.
 */
#include "runtime/cgroups.h"
#include "runtime/host/program_functions.h"
#include "runtime/host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/version.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/table.h"
#include "base/vec.h"
#include "runtime/host/abi.h"
#include "runtime/host/btf_text.h"
#include "runtime/host/btf_types.h"
#include "runtime/host/c_object.h"
#include "runtime/host/clang.h"
#include "runtime/host/features.h"
#include "runtime/host/functions.h"
#include "runtime/host/kallsyms.h"
#include "runtime/host/syscalls.h"
#include "runtime/host/tracefs.h"
#include "runtime/host/user_files.h"
#include "sema/arch.h"

#define RAW_TRACEPOINT_PREFIX "btf_trace_"

struct facts {
	struct target target;
	struct arena *arena;
	const char *folder; /* NULL: the running kernel */
	const char *btf_path;
	const char *functions; /* file to read instead of tracefs's list, or NULL */
	struct btf *btf;
	struct btf *c_btf; /* what a C compiler told; it is asked once */
	struct clang_options clang;
	struct module_btfs modules;
	struct function_list function_list;
	int events; /* descriptor of the folder of events/, or -errno */
	struct table formats; /* those of tracepoints that were read */
	bool btf_is_tried, events_is_tried;
	uint32_t known, present; /* bits of features */
};

static struct facts *facts_of(const struct target *target)
{
	return target->data;
}

/* --- hooks -------------------------------------------------------------- */

static struct btf *get_btf(struct facts *facts)
{
	if (!facts->btf_is_tried) {
		facts->btf_is_tried = true;
		if (btf_open(facts->arena, facts->btf_path, &facts->btf))
			facts->btf = NULL;
		facts->modules = (struct module_btfs){
			.arena = facts->arena,
			.folder = facts->folder ?
					  arena_printf(facts->arena, "%s/btf", facts->folder) :
					  "/sys/kernel/btf",
			.base = facts->btf,
		};
	}
	return facts->btf;
}

static int get_events(struct facts *facts)
{
	if (!facts->events_is_tried) {
		facts->events_is_tried = true;
		facts->events = facts->folder ?
					open(facts->folder, O_PATH | O_DIRECTORY | O_CLOEXEC) :
					tracefs_open();
		if (facts->folder && facts->events < 0)
			facts->events = -errno;
	}
	return facts->events;
}

static bool facts_has(const struct target *target, enum target_feature feature)
{
	struct facts *facts = facts_of(target);
	uint32_t bit = 1u << feature;

	if (!(facts->known & bit)) {
		facts->known |= bit;
		if (facts->folder ? feature_of_version(feature, target->kernel_version) :
				    feature_of_host(feature, target))
			facts->present |= bit;
	}
	return facts->present & bit;
}

static int facts_tracepoint_format(const struct target *target, const char *category,
				   const char *event, struct tracepoint_format *ret_format)
{
	struct facts *facts = facts_of(target);
	int folder = get_events(facts);

	return folder < 0 ? folder :
			    tracefs_format(folder, &facts->formats, category, event, ret_format);
}

static int facts_each_tracepoint(const struct target *target, const char *category,
				 bool (*callback)(void *context, const char *category,
						  const char *event),
				 void *context)
{
	int folder = get_events(facts_of(target));

	return folder < 0 ? folder : tracefs_each(folder, category, callback, context);
}

static const struct type *facts_find_type(const struct target *target, struct types *types,
					  const char *what, const char *name)
{
	struct btf *btf = get_btf(facts_of(target));

	return btf ? btf_find_type(btf, types, what, name) : NULL;
}

static int facts_each_type(const struct target *target, const char *what,
			   bool (*callback)(void *context, uint32_t number, const char *name),
			   void *context)
{
	struct btf *btf = get_btf(facts_of(target));

	if (!btf)
		return -ENODEV;
	btf_each(btf, btf_kinds_of(what), "", callback, context);
	return 0;
}

static const char *facts_type_definition(const struct target *target, struct arena *arena,
					 uint32_t number)
{
	struct strbuf text;

	strbuf_init(&text, arena);
	btf_definition(get_btf(facts_of(target)), arena, number, &text);
	return text.text;
}

static bool facts_has_types(const struct target *target)
{
	return get_btf(facts_of(target)) != NULL;
}

static bool facts_member_offset(const struct target *target, const char *tag, const char *member,
				uint32_t *ret_offset)
{
	struct btf *btf = get_btf(facts_of(target));
	uint32_t id = btf ? btf_find(btf, BTF_KIND_BIT(BTF_KIND_STRUCT), tag) : 0;

	return id && btf_member_offset(btf, id, member, ret_offset);
}

static const struct type *facts_find_enumerator(const struct target *target, struct types *types,
						const char *name, int64_t *ret_value)
{
	struct btf *btf = get_btf(facts_of(target));

	return btf ? btf_find_constant(btf, types, name, ret_value) : NULL;
}

/* The kernel's headers, where the distribution keeps those of the running one. */
static const char *kernel_folder(struct facts *facts, const char *name)
{
	struct utsname uts;
	const char *path;

	if (facts->folder)
		return NULL;
	uname(&uts);
	path = arena_printf(facts->arena, "/lib/modules/%s/%s", uts.release, name);
	return access(path, R_OK) ? NULL : path;
}

static struct clang_options *clang_options(const struct target *target)
{
	struct facts *facts = facts_of(target);
	struct clang_options *options = &facts->clang;

	options->arch = target->arch->name;
	if (!options->kernel_source)
		options->kernel_source = kernel_folder(facts, "source");
	if (!options->kernel_build)
		options->kernel_build = kernel_folder(facts, "build");
	return options;
}

static int facts_ask_c(const struct target *target, struct types *types,
		       const struct c_question *question, struct c_reply *ret_reply)
{
	struct facts *facts = facts_of(target);

	return clang_ask(facts->arena, clang_options(target), types, question, ret_reply,
			 &facts->c_btf);
}

static int facts_read_c(const struct target *target, struct types *types,
			const struct c_source *source, struct c_object *ret_object,
			const char **ret_errors)
{
	struct arena *arena = facts_of(target)->arena;
	size_t length = strlen(source->path);
	int fd, err;

	if (length > 2 && !strcmp(source->path + length - 2, ".o"))
		return c_object_read(arena, types, source->path, ret_object);
	err = clang_compile(arena, clang_options(target), source, &fd, ret_errors);
	if (err)
		return err;
	err = c_object_read(arena, types, arena_printf(arena, "/proc/self/fd/%d", fd), ret_object);
	close(fd);
	return err;
}

void target_set_headers(struct target *target, const struct clang_options *options)
{
	facts_of(target)->clang = *options;
}

static bool facts_abi_constant(const struct target *target UNUSED, const char *name,
			       int64_t *ret_value)
{
	return abi_constant(name, ret_value);
}

static void facts_complete_type(const struct target *target, struct types *types,
				struct type *record)
{
	struct facts *facts = facts_of(target);

	get_btf(facts);
	btf_complete(module_btfs_of(&facts->modules, types, record), types, record);
}

static int facts_each_function(const struct target *target,
			       bool (*callback)(void *context, const char *module, const char *name),
			       void *context)
{
	struct facts *facts = facts_of(target);
	int folder = facts->functions ? AT_FDCWD : get_events(facts);

	if (folder < 0 && !facts->functions)
		return folder;
	return functions_each(&facts->function_list, facts->arena, folder,
			      facts->functions ? facts->functions : "available_filter_functions",
			      callback, context);
}

static int host_each_program_function(const struct target *target UNUSED, struct types *types,
				      program_function_visitor *visitor, void *context)
{
	return program_functions_each(types, visitor, context);
}

static int facts_each_typed_function(const struct target *target, const char *module,
				     bool (*callback)(void *context, const char *module,
						      const char *name),
				     void *context)
{
	struct facts *facts = facts_of(target);

	get_btf(facts);
	return functions_each_typed(&facts->modules, module, callback, context);
}

static int facts_find_function(const struct target *target, struct types *types, const char *module,
			       const char *name, struct kernel_function *ret_function)
{
	struct facts *facts = facts_of(target);

	get_btf(facts);
	return function_find(&facts->modules, types, module, name, ret_function);
}

static const struct type *facts_raw_tracepoint_args(const struct target *target,
						    struct types *types, const char *event)
{
	struct btf *btf = get_btf(facts_of(target));

	return btf ? btf_raw_tracepoint_args(btf, types, event) : NULL;
}

struct name_list {
	struct arena *arena;
	VEC(const char *) names;
};

static bool add_raw_tracepoint(void *context, uint32_t id UNUSED, const char *name)
{
	struct name_list *list = context;

	vec_push(list->arena, &list->names, name + strlen(RAW_TRACEPOINT_PREFIX));
	return true;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int facts_each_raw_tracepoint(const struct target *target,
				     bool (*callback)(void *context, const char *event),
				     void *context)
{
	struct facts *facts = facts_of(target);
	struct btf *btf = get_btf(facts);
	struct name_list list = { .arena = arena_new() };
	size_t i;

	if (!btf) {
		arena_free(list.arena);
		return -ENODEV;
	}
	btf_each(btf, BTF_KIND_BIT(BTF_KIND_TYPEDEF), RAW_TRACEPOINT_PREFIX, add_raw_tracepoint,
		 &list);
	if (list.names.count)
		qsort(list.names.items, list.names.count, sizeof(*list.names.items), compare_names);
	for (i = 0; i < list.names.count; i++)
		if (!callback(context, list.names.items[i]))
			break;
	arena_free(list.arena);
	return 0;
}

static int facts_kernel_symbols(const struct target *target, const char *const *names,
				size_t count, uint64_t *ret_addresses)
{
	const struct facts *facts = facts_of(target);
	const char *path = "/proc/kallsyms";

	if (facts->folder)
		path = arena_printf(facts->arena, "%s/kallsyms", facts->folder);
	return kallsyms_find(path, names, count, ret_addresses);
}

static const char *facts_syscall_name(const struct target *target UNUSED, int number)
{
	return syscall_name(number);
}

static int facts_syscall_number(const struct target *target UNUSED, const char *name)
{
	return syscall_number(name);
}

static uint32_t find_id(const struct target *target, unsigned kind, const char *name)
{
	struct btf *btf = get_btf(facts_of(target));

	return btf ? btf_find(btf, BTF_KIND_BIT(kind), name) : 0;
}

uint32_t target_typedef_id(const struct target *target, const char *name)
{
	return find_id(target, BTF_KIND_TYPEDEF, name);
}

uint32_t target_function_id(const struct target *target, const char *name)
{
	return find_id(target, BTF_KIND_FUNC, name);
}

/* --- making ------------------------------------------------------------- */

static struct facts *facts_new(struct arena *arena)
{
	struct facts *facts = arena_new_struct(arena, struct facts);

	facts->arena = arena;
	facts->events = -1;
	table_init(&facts->formats, arena);
	facts->target.data = facts;
	facts->target.has = facts_has;
	facts->target.tracepoint_format = facts_tracepoint_format;
	facts->target.each_tracepoint = facts_each_tracepoint;
	facts->target.find_type = facts_find_type;
	facts->target.raw_tracepoint_args = facts_raw_tracepoint_args;
	facts->target.syscall_number = facts_syscall_number;
	facts->target.syscall_name = facts_syscall_name;
	facts->target.complete_type = facts_complete_type;
	facts->target.each_raw_tracepoint = facts_each_raw_tracepoint;
	facts->target.each_type = facts_each_type;
	facts->target.type_definition = facts_type_definition;
	facts->target.has_types = facts_has_types;
	facts->target.ask_c = facts_ask_c;
	facts->target.read_c = facts_read_c;
	facts->target.abi_constant = facts_abi_constant;
	facts->target.find_enumerator = facts_find_enumerator;
	facts->target.member_offset = facts_member_offset;
	facts->target.each_function = facts_each_function;
	facts->target.each_typed_function = facts_each_typed_function;
	facts->target.find_function = facts_find_function;
	facts->target.kernel_symbols = facts_kernel_symbols;
	return facts;
}

static uint32_t parse_version(const char *text)
{
	unsigned major = 0, minor = 0, patch = 0;

	if (sscanf(text, "%u.%u.%u", &major, &minor, &patch) < 2)
		return 0;
	return KERNEL_VERSION(major, minor, MIN(patch, 255u));
}

/* Reads a list of CPUs, "0-3,8": up to `max` go to `cpus` (may be NULL); gives how many. */
static unsigned read_cpu_list(const char *path, uint32_t *cpus, unsigned max, uint32_t *ret_end)
{
	char text[1024], *at = text;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned count = 0;
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	while (*at >= '0' && *at <= '9') {
		unsigned long first = strtoul(at, &at, 10), last = first;

		if (*at == '-')
			last = strtoul(at + 1, &at, 10);
		for (; first <= last && count < max; first++, count++)
			if (cpus)
				cpus[count] = (uint32_t)first;
		*ret_end = (uint32_t)first;
		if (*at == ',')
			at++;
	}
	return count;
}

unsigned online_cpus(uint32_t *cpus, unsigned max)
{
	uint32_t end;
	unsigned count = read_cpu_list("/sys/devices/system/cpu/online", cpus, max, &end);

	if (!count && max) {
		cpus[0] = 0;
		count = 1;
	}
	return count;
}

/* Process ids are those of our namespace.  The initial one has a number of its own. */
static void find_pid_namespace(struct target *target)
{
	const ino_t initial = 0xeffffffc;
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) < 0 || st.st_ino == initial)
		return;
	target->pid_namespace = st.st_ino;
	target->pid_namespace_device = st.st_dev;
}

static int host_cgroup_id(const struct target *target UNUSED, const char *path, uint64_t *ret_id)
{
	return cgroup_id(path, ret_id);
}

struct target *host_target_new(struct arena *arena, const struct host_options *options)
{
	struct facts *facts = facts_new(arena);
	struct utsname uts;
	unsigned cpus;

	uname(&uts);
	facts->target.name = "running kernel";
	facts->target.arch = arch_find(uts.machine);
	facts->target.kernel_version = parse_version(uts.release);
	facts->target.user_files = user_files_new(arena, "");
	facts->target.cgroup_id = host_cgroup_id;
	facts->target.each_program_function = host_each_program_function;
	facts->target.may_call = host_may_call;
	find_pid_namespace(&facts->target);
	cpus = read_cpu_list("/sys/devices/system/cpu/possible", NULL, 65536, &facts->target.cpu_end);
	if (!cpus)
		cpus = facts->target.cpu_end = (uint32_t)sysconf(_SC_NPROCESSORS_CONF);
	facts->target.cpu_count = cpus;
	facts->functions = options->functions;
	facts->btf_path = options->btf ? options->btf : "/sys/kernel/btf/vmlinux";
	return facts->target.arch ? &facts->target : NULL;
}

static const char *set_features(struct facts *facts, char *list)
{
	char *name;

	facts->known = UINT32_MAX;
	while ((name = strsep(&list, ", "))) {
		enum target_feature feature = feature_find(name);

		if (!*name)
			continue;
		if (feature == FEATURE_COUNT)
			return arena_printf(facts->arena, "unknown feature '%s'", name);
		facts->present |= 1u << feature;
	}
	return NULL;
}

/* One line of target.conf; NULL or what is wrong with it. */
static const char *set_fact(struct facts *facts, const char *key, char *value)
{
	if (!strcmp(key, "kernel_version")) {
		facts->target.kernel_version = parse_version(value);
		return facts->target.kernel_version ? NULL : "kernel_version is not like 6.12.0";
	}
	if (!strcmp(key, "cpus")) {
		facts->target.cpu_count = facts->target.cpu_end = (uint32_t)strtoul(value, NULL, 10);
		return facts->target.cpu_count ? NULL : "cpus is not a number";
	}
	if (!strcmp(key, "arch")) {
		facts->target.arch = arch_find(value);
		return facts->target.arch ? NULL : "arch is none that is supported";
	}
	if (!strcmp(key, "features"))
		return set_features(facts, value);
	return arena_printf(facts->arena, "unknown key '%s'", key);
}

static const char *read_conf(struct facts *facts, FILE *file)
{
	char line[1024];

	while (fgets(line, sizeof(line), file)) {
		char *value = strchr(line, '=');
		const char *error;

		line[strcspn(line, "\r\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		if (!value)
			return arena_printf(facts->arena, "no '=' in \"%s\"", line);
		*value++ = '\0';
		error = set_fact(facts, line, value);
		if (error)
			return error;
	}
	if (!facts->target.kernel_version || !facts->target.cpu_count || !facts->target.arch)
		return "kernel_version, cpus and arch have to be given";
	return NULL;
}

struct target *file_target_new(struct arena *arena, const char *folder, const char **ret_error)
{
	struct facts *facts = facts_new(arena);
	const char *path = arena_printf(arena, "%s/target.conf", folder), *error;
	FILE *file = fopen(path, "re");

	if (!file) {
		*ret_error = arena_printf(arena, "failed to open '%s': %s", path, strerror(errno));
		return NULL;
	}
	facts->target.name = facts->folder = folder;
	facts->target.user_files = user_files_new(arena, arena_printf(arena, "%s/root", folder));
	facts->btf_path = arena_printf(arena, "%s/vmlinux.btf", folder);
	error = read_conf(facts, file);
	fclose(file);
	if (error) {
		*ret_error = arena_printf(arena, "%s: %s", path, error);
		return NULL;
	}
	return &facts->target;
}

void target_close(struct target *target)
{
	struct facts *facts = target ? facts_of(target) : NULL;

	if (!facts)
		return;
	module_btfs_close(&facts->modules);
	function_list_close(&facts->function_list);
	btf_close(facts->btf);
	user_files_free(target->user_files);
	if (facts->events >= 0)
		close(facts->events);
}
