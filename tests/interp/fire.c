/*
 * Makes an event happen: finds the programs that are attached to the place and
 * gives each the context that the kernel would.
 */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "runtime/session_internal.h"
#include "sema/arch.h"
#include "sema/probe_type.h"
#include "tests/interp/events.h"
#include "tests/interp/task.h"

enum { REGISTERS_SIZE = 512, RAW_WORDS = 12, PERF_CONTEXT_SIZE = 4096, WORD = 8, FIELDS_AT = 16 };

struct firing {
	struct kernel *kernel;
	struct event *event;
	const char *category, *name; /* of a tracepoint; category NULL: raw */
	const char *raw; /* name of the raw tracepoint, or NULL */
	struct tracepoint_format format;
	bool has_format;
};

static uint64_t text_address(struct kernel *kernel, const char *text, unsigned access)
{
	size_t size = strlen(text) + 1;

	return memory_map(&kernel->memory, arena_dup(kernel->arena, text, size), size, access);
}

/* A field's value in a register: a number, the current task, or the address of a text. */
static uint64_t field_word(struct firing *firing, struct event_field *field)
{
	bool is_user = firing->category && !strcmp(firing->category, "syscalls");

	field->is_used = true;
	if (!field->is_text)
		return field->number;
	if (!strcmp(field->text, "task"))
		return firing->kernel->task;
	return text_address(firing->kernel, field->text, is_user ? MEMORY_USER : MEMORY_KERNEL);
}

static struct event_field *field_named(struct firing *firing, const char *name)
{
	size_t i;

	for (i = 0; i < firing->event->fields.count; i++)
		if (!strcmp(firing->event->fields.items[i].name, name))
			return &firing->event->fields.items[i];
	return NULL;
}

/* What a format has is known, even where a context does not show it. */
static void use_format_fields(struct firing *firing)
{
	struct event_field *field;
	size_t i;

	for (i = 0; i < firing->format.count; i++) {
		field = field_named(firing, firing->format.fields[i].name);
		if (field)
			field->is_used = true;
	}
}

/* --- contexts --------------------------------------------------------------------- */

/* The registers that a system call was made with. */
static uint64_t system_call_registers(struct firing *firing, uint64_t number)
{
	struct kernel *kernel = firing->kernel;
	const struct arch *arch = kernel->target->arch;
	char *regs = arena_alloc(kernel->arena, REGISTERS_SIZE);
	size_t i;

	memcpy(regs + arch->syscall_number, &number, arch->syscall_number_size);
	for (i = 0; i < firing->format.count; i++) {
		const struct tracepoint_field *field = &firing->format.fields[i];
		struct event_field *given = field_named(firing, field->name);
		uint32_t index = (field->offset - FIELDS_AT) / WORD;
		uint64_t word;

		if (!given || field->offset < FIELDS_AT || index >= 6)
			continue;
		word = field_word(firing, given);
		memcpy(regs + arch->syscall_args[index], &word, sizeof(word));
	}
	return memory_map(&kernel->memory, regs, REGISTERS_SIZE, MEMORY_KERNEL | MEMORY_LOAD);
}

static uint64_t number_of(struct firing *firing, const char *name, uint64_t otherwise)
{
	struct event_field *field = field_named(firing, name);

	return field ? field_word(firing, field) : otherwise;
}

static void system_call_words(struct firing *firing, uint64_t *words)
{
	const struct target *target = firing->kernel->target;
	const char *call = strncmp(firing->name, "sys_enter_", 10) ? firing->name + 9 :
								       firing->name + 10;
	int known = -1;
	uint64_t number;

	if (firing->category && !strcmp(firing->category, "syscalls"))
		known = target->syscall_number(target, call);
	number = number_of(firing, "id", known < 0 ? 0 : (uint64_t)known);
	words[0] = system_call_registers(firing, number);
	words[1] = strcmp(firing->raw, "sys_exit") ? number : number_of(firing, "ret", 0);
}

static void raw_words(struct firing *firing, uint64_t *words)
{
	const struct target *target = firing->kernel->target;
	const struct type *args;
	size_t i;

	if (!strcmp(firing->raw, "sys_enter") || !strcmp(firing->raw, "sys_exit")) {
		system_call_words(firing, words);
		return;
	}
	args = target->raw_tracepoint_args(target, &firing->kernel->types, firing->raw);
	for (i = 0; args && i < args->record.count; i++) {
		const struct field *field = &args->record.fields[i];

		if (field->name && field->offset / WORD < RAW_WORDS)
			words[field->offset / WORD] = number_of(firing, field->name, 0);
	}
}

static uint64_t map_context(struct kernel *kernel, const void *bytes, size_t size)
{
	return memory_map(&kernel->memory, arena_dup(kernel->arena, bytes, size), size,
			  MEMORY_LOAD | MEMORY_KERNEL);
}

static uint64_t raw_context(struct firing *firing)
{
	uint64_t words[RAW_WORDS] = { 0 };

	raw_words(firing, words);
	use_format_fields(firing);
	return map_context(firing->kernel, words, sizeof(words));
}

/* Puts a field into a tracepoint's record; data of variable length goes behind the fields. */
static void put_field(struct firing *firing, struct strbuf *record,
		      const struct tracepoint_field *field, struct event_field *given)
{
	uint64_t word;
	size_t size;

	given->is_used = true;
	if (field->is_data_loc) {
		size = strlen(given->text) + 1;
		word = size << 16 | record->length;
		memcpy(record->text + field->offset, &word, 4);
		strbuf_add(record, given->text, size);
	} else if (field->is_array && given->is_text) {
		size = MIN(strlen(given->text) + 1, (size_t)field->size);
		memcpy(record->text + field->offset, given->text, size);
	} else {
		word = field_word(firing, given);
		memcpy(record->text + field->offset, &word, MIN(field->size, (uint32_t)WORD));
	}
}

static uint64_t tracepoint_context(struct firing *firing)
{
	const struct tracepoint_format *format = &firing->format;
	uint32_t end = FIELDS_AT;
	struct event_field *given;
	struct strbuf record;
	size_t i;

	for (i = 0; i < format->count; i++)
		end = MAX(end, format->fields[i].offset + format->fields[i].size);
	strbuf_init(&record, firing->kernel->arena);
	strbuf_fill(&record, '\0', end);
	for (i = 0; i < format->count; i++) {
		given = field_named(firing, format->fields[i].name);
		if (given)
			put_field(firing, &record, &format->fields[i], given);
	}
	strbuf_fill(&record, '\0', -record.length & 7);
	return map_context(firing->kernel, record.text, record.length);
}

/* Registers by their names in struct pt_regs, for what interrupts: probes of functions, timers. */
static uint64_t register_context(struct firing *firing)
{
	struct kernel *kernel = firing->kernel;
	const struct target *target = kernel->target;
	char *bytes = arena_alloc(kernel->arena, PERF_CONTEXT_SIZE);
	const struct type *regs = target->find_type(target, &kernel->types, "struct", "pt_regs");
	size_t i;

	for (i = 0; regs && i < firing->event->fields.count; i++) {
		struct event_field *given = &firing->event->fields.items[i];
		uint32_t offset;
		uint64_t word;

		if (!type_field(&kernel->types, regs, given->name, &offset))
			continue;
		word = field_word(firing, given);
		memcpy(bytes + offset, &word, sizeof(word));
	}
	return memory_map(&kernel->memory, bytes, PERF_CONTEXT_SIZE, MEMORY_LOAD | MEMORY_KERNEL);
}

/* --- who is meant ----------------------------------------------------------------------- */

/* "sys_enter" for all calls, else the event's own name. */
static const char *raw_name(const char *category, const char *name)
{
	if (category && !strcmp(category, "syscalls"))
		return strncmp(name, "sys_exit", 8) ? "sys_enter" : "sys_exit";
	return name;
}

static bool is_raw(const struct object_program *program)
{
	return program->prog_type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
	       (program->prog_type == BPF_PROG_TYPE_TRACING &&
		program->attach_type == BPF_TRACE_RAW_TP);
}

static bool raw_matches(const struct firing *firing, const struct object_attachment *attachment)
{
	const char *target = attachment->target, *name = strrchr(target, ':');
	bool is_call = !strncmp(target, "syscalls:", 9);

	if (!firing->raw)
		return false;
	return !strcmp(raw_name(is_call ? "syscalls" : NULL, name ? name + 1 : target), firing->raw);
}

/* Address of the context for the attachment, 0 when it is attached elsewhere. */
static uint64_t context_for(struct firing *firing, const struct object *object,
			    const struct object_attachment *attachment)
{
	const struct object_program *program = &object->programs.items[attachment->program];

	if (attachment->type->flags & PROBE_RUNS_HERE)
		return 0;
	if (is_raw(program))
		return raw_matches(firing, attachment) ? raw_context(firing) : 0;
	if (program->prog_type == BPF_PROG_TYPE_TRACEPOINT)
		return firing->has_format && !strcmp(attachment->name, firing->event->name) ?
			       tracepoint_context(firing) : 0;
	return !strcmp(attachment->name, firing->event->name) ? register_context(firing) : 0;
}

static void look_at_name(struct firing *firing)
{
	struct kernel *kernel = firing->kernel;
	const char *type = firing->event->name, *rest = strchr(type, ':');
	const char *name = rest ? strrchr(rest, ':') + 1 : NULL;
	bool is_tracepoint = !strncmp(type, "tracepoint:", 11);

	if (!name || (!is_tracepoint && strncmp(type, "rawtracepoint:", 14) != 0))
		return;
	firing->name = name;
	if (is_tracepoint && name > rest + 1) {
		firing->category = arena_strndup(kernel->arena, rest + 1, (size_t)(name - rest) - 2);
		firing->has_format = !kernel->target->tracepoint_format(
			kernel->target, firing->category, name, &firing->format);
	}
	firing->raw = raw_name(firing->category, name);
}

static bool complain(const struct events *events, const struct event *event, const char *what,
		     const char *name)
{
	fprintf(stderr, "INTERPRETER: %s:%u: %s %s\n", events->path, event->line, what, name);
	return false;
}

bool event_fire(struct kernel *kernel, struct session *session, const struct events *events,
		struct event *event)
{
	struct firing firing = { .kernel = kernel, .event = event };
	const struct object *object = session->object;
	bool has_fired = false;
	uint64_t context, result;
	size_t i;

	kernel_set_present(kernel, &event->happening);
	if (event->happening.cpu >= kernel->target->cpu_count)
		return complain(events, event, "the machine has no such CPU for", event->name);
	look_at_name(&firing);
	for (i = 0; i < object->attachments.count; i++) {
		const struct object_attachment *attachment = &object->attachments.items[i];

		context = context_for(&firing, object, attachment);
		if (!context)
			continue;
		has_fired = true;
		kernel->now.cookie = attachment->cookie;
		if (!kernel_run(kernel, session->programs[attachment->program], context, &result))
			return false;
		memory_unmap(&kernel->memory, context);
	}
	if (!has_fired)
		return complain(events, event, "nothing is attached to", event->name);
	for (i = 0; i < event->fields.count; i++)
		if (!event->fields.items[i].is_used)
			return complain(events, event, "the event has no field", event->fields.items[i].name);
	return true;
}
