/*
 * The types of `args`: from the C declarations of a format file to a struct.
 */
#include <ctype.h>
#include <string.h>

#include "base/compiler.h"
#include "runtime/host/btf_types.h"
#include "runtime/probes/tracepoint.h"
#include "sema/arch.h"

/* Integer types of the kernel's C that are narrower than the place a system call's format file
 * gives them. */
static const struct {
	const char *name;
	uint8_t size;
	bool is_signed;
} c_integers[] = {
	{ "char", 1, true },	    { "signed char", 1, true },	   { "unsigned char", 1, false },
	{ "short", 2, true },	    { "unsigned short", 2, false }, { "int", 4, true },
	{ "unsigned", 4, false },   { "unsigned int", 4, false },  { "long", 8, true },
	{ "unsigned long", 8, false }, { "long long", 8, true },   { "unsigned long long", 8, false },
	{ "u8", 1, false },	    { "u16", 2, false },	   { "u32", 4, false },
	{ "u64", 8, false },	    { "s8", 1, true },		   { "s16", 2, true },
	{ "s32", 4, true },	    { "s64", 8, true },		   { "__u32", 4, false },
	{ "__u64", 8, false },	    { "__s32", 4, true },	   { "bool", 1, false },
	{ "pid_t", 4, true },	    { "uid_t", 4, false },	   { "gid_t", 4, false },
	{ "qid_t", 4, false },	    { "mode_t", 4, false },	   { "umode_t", 2, false },
	{ "key_t", 4, true },	    { "clockid_t", 4, true },	   { "timer_t", 4, true },
	{ "mqd_t", 4, true },	    { "key_serial_t", 4, true },   { "rwf_t", 4, true },
	{ "size_t", 8, false },	    { "loff_t", 8, true },	   { "off_t", 8, true },
	{ "aio_context_t", 8, false },
};

/* Drops words that say nothing about the layout. */
static const char *without_qualifiers(struct arena *arena, const char *c_type)
{
	static const char *const words[] = { "const ", "volatile ", "__data_loc ", "__rel_loc " };
	char *text = arena_strdup(arena, c_type);
	bool found = true;
	size_t i;

	while (found) {
		found = false;
		for (i = 0; i < ARRAY_SIZE(words); i++)
			if (!strncmp(text, words[i], strlen(words[i]))) {
				text += strlen(words[i]);
				found = true;
			}
	}
	return text;
}

/* "struct task_struct *": the tag. */
static const char *tag_of(struct arena *arena, const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	return arena_strndup(arena, text, length);
}

static const struct type *integer_type(struct types *types, const char *name, uint32_t size,
				       bool is_signed)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(c_integers); i++)
		if (!strcmp(c_integers[i].name, name) && c_integers[i].size <= size)
			return type_int(types, c_integers[i].size, c_integers[i].is_signed);
	return type_int(types, size, is_signed);
}

/* What a pointer of the declaration `text` (qualifiers dropped, up to its last '*') points to. */
static const struct type *pointed_type(struct types *types, const char *text, size_t length,
				       enum space space)
{
	struct arena *arena = types->arena;
	const char *name = arena_strndup(arena, text, length);
	const char *star;

	while (length && isspace((unsigned char)name[length - 1]))
		name = arena_strndup(arena, name, --length);
	if (length > 6 && !strcmp(name + length - 6, " const"))
		name = arena_strndup(arena, name, length -= 6);
	star = strrchr(name, '*');
	if (star)
		return type_pointer(types, pointed_type(types, name, (size_t)(star - name), space),
				    space);
	if (!strncmp(name, "struct ", 7))
		return kernel_struct(types, tag_of(arena, name + 7), false);
	if (!strncmp(name, "union ", 6))
		return kernel_struct(types, tag_of(arena, name + 6), true);
	if (!strcmp(name, "void"))
		return types->void_type;
	return integer_type(types, name, 8, false);
}

static const struct type *array_type(struct types *types, const char *element_name,
				     const struct tracepoint_field *field)
{
	uint32_t length = field->length, element_size;
	const struct type *element;

	if (!strcmp(element_name, "char"))
		return type_chars(types, field->size);
	if (!length || field->size % length) /* the length is an expression: by the element */
		element_size = integer_type(types, element_name, 1, false)->size;
	else
		element_size = field->size / length;
	if (element_size != 1 && element_size != 2 && element_size != 4 && element_size != 8)
		element_size = 1;
	element = integer_type(types, element_name, element_size, field->is_signed);
	return type_array(types, element, field->size / element->size);
}

static const struct type *data_loc_type(struct types *types, const char *text, enum space space,
					uint32_t max_string)
{
	const char *bracket = strchr(text, '[');
	size_t length = bracket ? (size_t)(bracket - text) : strlen(text);

	if (length == 4 && !strncmp(text, "char", 4))
		return type_string(types, max_string);
	return type_pointer(types, pointed_type(types, text, length, space), space);
}

static const struct type *field_type(struct types *types, const struct tracepoint_field *field,
				     enum space space, uint32_t max_string)
{
	const char *text = without_qualifiers(types->arena, field->c_type);
	const char *star = strrchr(text, '*');

	if (field->is_data_loc)
		return data_loc_type(types, text, SPACE_KERNEL, max_string);
	if (star && !field->is_array)
		return type_pointer(types, pointed_type(types, text, (size_t)(star - text), space),
				    space);
	if (field->is_array)
		return array_type(types, text, field);
	if (field->size != 1 && field->size != 2 && field->size != 4 && field->size != 8)
		return type_array(types, type_int(types, 1, false), field->size);
	if (!strncmp(text, "enum ", 5)) {
		const struct type *type =
			types->target->find_type(types->target, types, "enum", tag_of(types->arena, text + 5));

		if (type && type->size == field->size)
			return type;
	}
	return integer_type(types, text, field->size, field->is_signed);
}

static struct type *new_args(struct types *types, const char *name, size_t capacity)
{
	struct type *args = type_struct(types, arena_printf(types->arena, "%s_args", name), false);

	args->record.fields = arena_new_array(types->arena, struct field, capacity);
	args->record.is_complete = true;
	args->record.is_context = true;
	args->align = 8;
	return args;
}

static struct field *add_field(struct types *types, struct type *args, const char *name,
			       const struct type *type, uint32_t offset, bool in_register)
{
	struct field *field = &args->record.fields[args->record.count++];

	*field = (struct field){ .name = intern_str(types->interner, name), .type = type,
				 .offset = offset, .in_register = in_register };
	args->size = MAX(args->size, offset + type->size);
	return field;
}

const struct type *raw_syscall_args(struct types *types, bool is_exit)
{
	const struct type *number = type_int(types, 8, true), *word = type_int(types, 8, false);
	struct type *args;

	args = new_args(types, is_exit ? "tracepoint:raw_syscalls:sys_exit" : "tracepoint:raw_syscalls:sys_enter", 2);
	add_field(types, args, "id", number, SYSCALL_FIELD_NUMBER, true);
	if (is_exit)
		add_field(types, args, "ret", number, SYSCALL_FIELD_RESULT, true);
	else
		add_field(types, args, "args", type_array(types, word, 6), SYSCALL_FIELD_ARGS, true);
	return args;
}

/* The place of a field among the registers; the arguments come in their order. */
static uint32_t syscall_place(const char *name, uint32_t *arg)
{
	if (!strcmp(name, "__syscall_nr") || !strcmp(name, "nr"))
		return SYSCALL_FIELD_NUMBER;
	if (!strcmp(name, "ret"))
		return SYSCALL_FIELD_RESULT;
	return SYSCALL_FIELD_ARG + (*arg)++ % SYSCALL_ARGS; /* there are no calls with more */
}

const struct type *format_args(struct types *types, const char *name,
			       const struct tracepoint_format *format, enum space space,
			       uint32_t max_string, bool is_syscall)
{
	struct type *args = new_args(types, name, format->count);
	uint32_t arg = 0;
	size_t i;

	for (i = 0; i < format->count; i++) {
		const struct tracepoint_field *from = &format->fields[i];
		const struct type *type = field_type(types, from, space, max_string);

		if (is_syscall)
			add_field(types, args, from->name, type, syscall_place(from->name, &arg), true);
		else
			add_field(types, args, from->name, type, from->offset, false)->is_data_loc =
				from->is_data_loc;
	}
	return args;
}
