/*
 * Writes BTF.
 *
 * Types 1 and 2 are int and the prototype int () of every program; each program
 * then has a FUNC of static linkage.  The prototype leaves the context out: the
 * verifier knows it by the program's type, and older ones complain about others.
 */
#include "codegen/debug_info.h"

#include <linux/btf.h>
#include <string.h>

#include "base/compiler.h"

enum {
	TYPE_ID_INT = 1,
	TYPE_ID_PROTOTYPE,
	LINE_TEXT_MAX = 256, /* a script on one long line is not kept once for each program */
	COLUMN_BITS = 10,
};

static uint32_t add_string(struct debug_info *info, const char *text, size_t length)
{
	uintptr_t place = (uintptr_t)table_get(&info->offsets, text, length);

	if (!place) {
		place = info->strings.length + 1;
		table_set(&info->offsets, arena_dup(info->arena, text, length), length, (void *)place);
		strbuf_add(&info->strings, text, length);
		strbuf_putc(&info->strings, '\0');
	}
	return (uint32_t)place - 1;
}

static uint32_t add_name(struct debug_info *info, const char *name)
{
	return add_string(info, name, strlen(name));
}

static uint32_t add_type(struct debug_info *info, const struct btf_type *type, const void *more,
			 size_t more_size)
{
	strbuf_add(&info->types, (const char *)type, sizeof(*type));
	strbuf_add(&info->types, more, more_size);
	return ++info->type_count;
}

static uint32_t kind_info(uint32_t kind, uint32_t length)
{
	return kind << 24 | length;
}

void debug_info_init(struct debug_info *info, struct arena *arena, struct sources *sources)
{
	uint32_t int_data = BTF_INT_SIGNED << 24 | 32;
	struct btf_type type;

	*info = (struct debug_info){ .arena = arena, .sources = sources };
	strbuf_init(&info->types, arena);
	strbuf_init(&info->strings, arena);
	table_init(&info->offsets, arena);
	strbuf_putc(&info->strings, '\0');

	type = (struct btf_type){ .name_off = add_name(info, "int"),
				  .info = kind_info(BTF_KIND_INT, 0), .size = 4 };
	add_type(info, &type, &int_data, sizeof(int_data));
	type = (struct btf_type){ .info = kind_info(BTF_KIND_FUNC_PROTO, 0), .type = TYPE_ID_INT };
	add_type(info, &type, NULL, 0);
}

static struct bpf_line_info line_info(struct debug_info *info, const struct code_line *line,
				      struct span fallback)
{
	struct span span = line->span.start ? line->span : fallback;
	struct position position = sources_position(info->sources, span.start);
	size_t length;
	const char *text = source_line(info->sources, (struct source *)position.source, position.line,
				       &length);

	return (struct bpf_line_info){
		.insn_off = line->insn,
		.file_name_off = add_name(info, position.source->name),
		.line_off = add_string(info, text, strnlen(text, MIN(length, LINE_TEXT_MAX))),
		.line_col = position.line << COLUMN_BITS |
			    MIN(position.column, (1u << COLUMN_BITS) - 1),
	};
}

static uint32_t add_function(struct debug_info *info, const char *name, uint32_t linkage,
			     uint32_t prototype)
{
	struct btf_type type = { .name_off = add_name(info, name),
				 .info = kind_info(BTF_KIND_FUNC, linkage), .type = prototype };

	return add_type(info, &type, NULL, 0);
}

static uint32_t add_pointer(struct debug_info *info, uint32_t to)
{
	struct btf_type type = { .info = kind_info(BTF_KIND_PTR, 0), .type = to };

	return add_type(info, &type, NULL, 0);
}

/* What the verifier is told of argument `index` of a function. */
static void add_tag(struct debug_info *info, uint32_t function, const char *text, int index)
{
	struct btf_decl_tag tag = { .component_idx = index };
	struct btf_type type = { .name_off = add_name(info, text),
				 .info = kind_info(BTF_KIND_DECL_TAG, 0), .type = function };

	add_type(info, &type, &tag, sizeof(tag));
}

/* int f(int (*memory)[N], void *context) */
static uint32_t add_global_function(struct debug_info *info, const struct code *code)
{
	struct btf_array ints = { .type = TYPE_ID_INT, .index_type = TYPE_ID_INT,
				  .nelems = code->memory_size / (uint32_t)sizeof(int) };
	struct btf_type array = { .info = kind_info(BTF_KIND_ARRAY, 0) }, prototype;
	struct btf_param params[2] = { { .name_off = add_name(info, "memory") },
				       { .name_off = add_name(info, "context") } };
	uint32_t count = code->takes_context ? 2 : 1, function;

	params[0].type = add_pointer(info, add_type(info, &array, &ints, sizeof(ints)));
	if (code->takes_context)
		params[1].type = add_pointer(info, 0);
	prototype = (struct btf_type){ .info = kind_info(BTF_KIND_FUNC_PROTO, count),
				       .type = TYPE_ID_INT };
	function = add_function(info, code->name, BTF_FUNC_GLOBAL,
				add_type(info, &prototype, params, count * sizeof(*params)));
	add_tag(info, function, "arg:nonnull", 0);
	if (code->takes_context)
		add_tag(info, function, "arg:ctx", 1);
	return function;
}

static uint32_t add_callee(struct debug_info *info, const struct code *code)
{
	return code->memory_size ? add_global_function(info, code) :
				   add_function(info, code->name, BTF_FUNC_STATIC, TYPE_ID_PROTOTYPE);
}

static void add_functions(struct debug_info *info, struct object_program *program, const char *own,
			  const struct code *const *others, const uint32_t *starts, size_t count)
{
	size_t i;

	program->func_info_count = (uint32_t)count + 1;
	program->func_infos =
		arena_new_array(info->arena, struct bpf_func_info, program->func_info_count);
	program->func_infos[0].type_id = add_function(info, own, BTF_FUNC_STATIC, TYPE_ID_PROTOTYPE);
	for (i = 0; i < count; i++)
		program->func_infos[i + 1] = (struct bpf_func_info){
			.insn_off = starts[i], .type_id = add_callee(info, others[i]) };
}

void debug_info_add(struct debug_info *info, struct object_program *program, const char *own,
		    const struct code *const *others, const uint32_t *starts, size_t other_count)
{
	uint32_t count = 0;
	size_t i;

	add_functions(info, program, own, others, starts, other_count);
	program->line_infos = arena_new_array(info->arena, struct bpf_line_info, program->lines.count);
	for (i = 0; i < program->lines.count; i++) {
		struct bpf_line_info line = line_info(info, &program->lines.items[i], program->span);

		/* The kernel wants them strictly ascending. */
		if (count && program->line_infos[count - 1].insn_off == line.insn_off)
			count--;
		program->line_infos[count++] = line;
	}
	program->line_info_count = count;
}

void debug_info_finish(struct debug_info *info, struct object *object)
{
	struct btf_header header = { .magic = BTF_MAGIC, .version = BTF_VERSION,
				     .hdr_len = sizeof(header),
				     .type_len = (uint32_t)info->types.length,
				     .str_off = (uint32_t)info->types.length,
				     .str_len = (uint32_t)info->strings.length };
	struct strbuf blob;

	strbuf_init(&blob, info->arena);
	strbuf_add(&blob, (const char *)&header, sizeof(header));
	strbuf_add(&blob, info->types.text, info->types.length);
	strbuf_add(&blob, info->strings.text, info->strings.length);
	object->btf = blob.text;
	object->btf_size = (uint32_t)blob.length;
	object->btf_type_count = info->type_count;
}
