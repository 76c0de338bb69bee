/*
 * Functions of the BPF programs that are loaded, as the BTF that came with them
 * describes them.
 */
#include "runtime/host/program_functions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/bpf.h"
#include "runtime/host/btf.h"
#include "runtime/host/btf_types.h"

enum { WORD = 8, FUNCTIONS_MAX = 256, BTF_SIZE_MAX = 16 << 20 };

/* What a program is said to be given is not what the kernel gives it: the verifier exchanges the
 * reads.  Who looks from outside sees the kernel's. */
static const struct { const char *told, *real; } contexts[] = {
	{ "__sk_buff", "sk_buff" },
	{ "xdp_md", "xdp_buff" },
	{ "sk_msg_md", "sk_msg" },
	{ "bpf_perf_event_data", "bpf_perf_event_data_kern" },
	{ "bpf_sock", "sock" },
	{ "bpf_sock_addr", "bpf_sock_addr_kern" },
	{ "bpf_sock_ops", "bpf_sock_ops_kern" },
	{ "bpf_sockopt", "bpf_sockopt_kern" },
	{ "bpf_sysctl", "bpf_sysctl_kern" },
	{ "bpf_sk_lookup", "bpf_sk_lookup_kern" },
	{ "sk_reuseport_md", "sk_reuseport_kern" },
};

static const char *real_tag(const char *tag)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(contexts); i++)
		if (!strcmp(contexts[i].told, tag))
			return contexts[i].real;
	return tag;
}

/* Structs are the kernel's of that name: the program's own BTF does not stay. */
static const struct type *convert(struct btf *btf, struct types *types, uint32_t id)
{
	bool is_user = false;
	const struct btf_type *type = btf_type(btf, btf_skip_modifiers(btf, id, &is_user));
	uint32_t kind = type ? BTF_INFO_KIND(type->info) : BTF_KIND_UNKN;

	if (!type)
		return types->void_type;
	if (kind == BTF_KIND_PTR)
		return type_pointer(types, convert(btf, types, type->type), SPACE_KERNEL);
	if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION || kind == BTF_KIND_FWD)
		return kernel_struct(types, real_tag(btf_name(btf, type->name_off)),
				     kind == BTF_KIND_UNION);
	return kind == BTF_KIND_INT || kind == BTF_KIND_ENUM ? btf_convert(btf, types, id) :
							       types->void_type;
}

/* False when the number is no function's. */
static bool describe(struct btf *btf, struct types *types, uint32_t id,
		     struct program_function *ret_function)
{
	const struct btf_type *type = btf_type(btf, id), *prototype = NULL;
	const struct btf_param *params;
	struct type *args;
	uint32_t count, i;

	if (type && BTF_INFO_KIND(type->info) == BTF_KIND_FUNC)
		prototype = btf_type(btf, type->type);
	if (!prototype || BTF_INFO_KIND(prototype->info) != BTF_KIND_FUNC_PROTO)
		return false;
	ret_function->name = arena_strdup(types->arena, btf_name(btf, type->name_off));
	params = btf_type_data(prototype);
	count = BTF_INFO_VLEN(prototype->info);
	args = type_struct(types, ARENA_JOIN(types->arena, ret_function->name, "_args"), false);
	args->align = WORD;
	args->size = count * WORD;
	args->record.fields = arena_new_array(types->arena, struct field, count);
	args->record.count = count;
	args->record.is_complete = args->record.is_context = args->record.is_printable = true;
	for (i = 0; i < count; i++) {
		const char *name = btf_name(btf, params[i].name_off);

		args->record.fields[i] = (struct field){
			.name = *name ? intern_str(types->interner, name) :
					arena_printf(types->arena, "arg%u", i),
			.type = convert(btf, types, params[i].type),
			.offset = i * WORD,
		};
	}
	ret_function->function = (struct kernel_function){
		.module = arena_printf(types->arena, "bpf:%u", ret_function->program),
		.btf_id = id,
		.args = args,
		.result = prototype->type ? convert(btf, types, prototype->type) : NULL,
	};
	return true;
}

/* The BTF with that number, in memory that the caller frees; NULL: it is not to be had. */
static struct btf *read_btf(struct arena *arena, uint32_t id, void **ret_data)
{
	uint32_t size = 0;
	struct btf *btf = NULL;
	void *data;

	if (bpf_read_btf(id, NULL, &size) || size > BTF_SIZE_MAX)
		return NULL;
	data = malloc(MAX(size, 1u));
	if (data && !bpf_read_btf(id, data, &size) && !btf_of_data(arena, data, size, &btf))
		*ret_data = data;
	else
		free(data);
	return btf;
}

/* False to stop. */
static bool visit_program(struct types *types, uint32_t id, int fd,
			  program_function_visitor *visitor, void *context)
{
	struct bpf_func_info infos[FUNCTIONS_MAX];
	struct bpf_program_facts facts = { .functions = infos, .function_count = FUNCTIONS_MAX };
	bool goes_on = true;
	void *data = NULL;
	struct btf *btf;
	uint32_t i;

	if (bpf_program_facts(fd, &facts) || !facts.btf)
		return true;
	btf = read_btf(types->arena, facts.btf, &data);
	for (i = 0; btf && goes_on && i < MIN(facts.function_count, (uint32_t)FUNCTIONS_MAX); i++) {
		struct program_function function = {
			.program = id, .is_tracing = facts.type == BPF_PROG_TYPE_TRACING,
		};

		if (describe(btf, types, infos[i].type_id, &function))
			goes_on = visitor(context, &function);
	}
	free(data);
	return goes_on;
}

int program_functions_each(struct types *types, program_function_visitor *visitor, void *context)
{
	bool goes_on = true;
	uint32_t id = 0;
	int err, fd;

	while (goes_on && !(err = bpf_next_program(&id))) {
		fd = bpf_program_by_id(id);
		if (fd == -EPERM)
			return fd;
		if (fd < 0)
			continue; /* gone meanwhile */
		goes_on = visit_program(types, id, fd, visitor, context);
		close(fd);
	}
	return goes_on && err != -ENOENT ? err : 0;
}
