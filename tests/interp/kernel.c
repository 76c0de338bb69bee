/*
 * The functions of runtime/bpf.h for the interpreter's kernel: what a link puts
 * in the place of the real system call.
 *
 * Descriptors are real ones, of files in memory, so that whoever holds them may close them.
 */
#include "tests/interp/kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/compiler.h"
#include "runtime/bpf.h"
#include "tests/interp/fake_map.h"
#include "tests/interp/machine.h"
#include "tests/interp/task.h"

enum { CONTEXT_WORDS = 12 };

/* runtime/bpf.h stands for the one kernel of the machine, and so does this. */
static struct kernel *the_kernel;

struct happening happening_default(void)
{
	return (struct happening){ .pid = 1000, .tid = 1000, .ppid = 1, .comm = "bpfline",
				   .pcomm = "init", .cgroup = 1 };
}

struct kernel *kernel_new(const struct target *target)
{
	struct arena *arena = arena_new();
	struct kernel *kernel = arena_new_struct(arena, struct kernel);
	struct interner *interner = arena_new_struct(arena, struct interner);
	struct happening nobody = happening_default();
	unsigned i;

	kernel->arena = arena;
	kernel->target = target;
	kernel->clock = 1000ull * 1000000000;
	kernel->random = 88172645463325252ull;
	interner_init(interner, arena);
	types_init(&kernel->types, arena, interner, target);
	memory_init(&kernel->memory, arena);
	for (i = 0; i < FRAMES_MAX; i++)
		kernel->frames[i] = memory_map(&kernel->memory, arena_alloc(arena, STACK_SIZE),
					       STACK_SIZE, MEMORY_OURS);
	kernel_set_present(kernel, &nobody);
	the_kernel = kernel;
	return kernel;
}

void kernel_free(struct kernel *kernel)
{
	size_t i;

	for (i = 0; i < kernel->descriptors.count; i++)
		if (kernel->descriptors.items[i].map)
			fake_ring_close(kernel->descriptors.items[i].map);
	the_kernel = NULL;
	arena_free(kernel->arena);
}

void kernel_set_present(struct kernel *kernel, const struct happening *happening)
{
	kernel->now = *happening;
	kernel->task = task_new(kernel, happening);
}

static struct descriptor *find(const struct kernel *kernel, int fd)
{
	size_t i;

	for (i = 0; i < kernel->descriptors.count; i++)
		if (kernel->descriptors.items[i].fd == fd)
			return &kernel->descriptors.items[i];
	return NULL;
}

struct fake_map *kernel_map(const struct kernel *kernel, int fd)
{
	struct descriptor *descriptor = find(kernel, fd);

	return descriptor ? descriptor->map : NULL;
}

static int add(struct kernel *kernel, struct descriptor descriptor)
{
	struct descriptor *old;

	if (descriptor.fd < 0)
		descriptor.fd = memfd_create("fake", MFD_CLOEXEC);
	if (descriptor.fd < 0)
		return -errno;
	old = find(kernel, descriptor.fd); /* closed since */
	if (old)
		old->fd = -1;
	vec_push(kernel->arena, &kernel->descriptors, descriptor);
	return descriptor.fd;
}

/* --- running ------------------------------------------------------------------------------- */

static unsigned pending_records(const struct kernel *kernel)
{
	unsigned count = 0;
	size_t i;

	for (i = 0; i < kernel->descriptors.count; i++)
		if (kernel->descriptors.items[i].map)
			count += fake_ring_pending(kernel->descriptors.items[i].map);
	return count;
}

bool kernel_run(struct kernel *kernel, int program, uint64_t context, uint64_t *ret_value)
{
	const uint64_t args[5] = { context };
	struct machine machine = { .kernel = kernel, .program = find(kernel, program)->program };
	uint64_t result = machine_call(&machine, 0, args);

	if (!machine.error && pending_records(kernel))
		machine_fail(&machine, "a reserved record was not submitted");
	if (machine.error) {
		fprintf(stderr, "INTERPRETER: %s, instruction %u: %s\n", machine.program->name,
			machine.error_at, machine.error);
		kernel->has_failed = true;
		return false;
	}
	*ret_value = result;
	return true;
}

/* --- runtime/bpf.h --------------------------------------------------------------------------- */

int bpf_create_map(const struct bpf_map_spec *spec)
{
	struct descriptor descriptor = { .fd = -1 };

	descriptor.map = fake_map_new(&the_kernel->memory, spec, the_kernel->target->cpu_count);
	if (spec->type == BPF_MAP_TYPE_RINGBUF) {
		descriptor.fd = fake_ring_open(descriptor.map);
		if (descriptor.fd < 0)
			return descriptor.fd;
	}
	return add(the_kernel, descriptor);
}

int bpf_lookup(int map, const void *key, void *value)
{
	const struct fake_map *fake = kernel_map(the_kernel, map);
	const struct element *element = fake_map_find(fake, key);

	if (!element)
		return -ENOENT;
	memcpy(value, element->value, fake->cpus > 1 ? fake->cpus * fake->stride : fake->spec.value_size);
	return 0;
}

/* From user space a value comes for every CPU. */
int bpf_update(int map, const void *key, const void *value)
{
	struct fake_map *fake = kernel_map(the_kernel, map);
	uint32_t cpu;
	int err = 0;

	for (cpu = 0; cpu < fake->cpus && !err; cpu++)
		err = fake_map_update(fake, key, (const char *)value + cpu * fake->stride, BPF_ANY, cpu);
	return err;
}

int bpf_delete(int map, const void *key)
{
	return fake_map_delete(kernel_map(the_kernel, map), key);
}

int bpf_next_key(int map, const void *key, void *next_key)
{
	const struct fake_map *fake = kernel_map(the_kernel, map);
	const struct element *element = key ? fake_map_find(fake, key) : NULL;

	element = element ? element->next : fake->first;
	while (element && element->is_gone)
		element = element->next;
	if (!element)
		return -ENOENT;
	memcpy(next_key, element->key, fake->spec.key_size);
	return 0;
}

/* The place is the number of elements passed. */
int bpf_lookup_batch(int map, const void *in, void *out, void *keys, void *values, uint32_t *count)
{
	const struct fake_map *fake = kernel_map(the_kernel, map);
	size_t value_size = fake->cpus > 1 ? fake->cpus * fake->stride : fake->spec.value_size;
	uint32_t wanted = *count, at = 0, passed = 0, start = 0;
	const struct element *element;

	if (!fake->index)
		return -EINVAL;
	if (in)
		memcpy(&start, in, sizeof(start));
	for (element = fake->first; element && at < wanted; element = element->next, passed++) {
		if (element->is_gone || passed < start)
			continue;
		memcpy((char *)keys + at * fake->spec.key_size, element->key, fake->spec.key_size);
		memcpy((char *)values + at * value_size, element->value, value_size);
		at++;
	}
	memcpy(out, &passed, sizeof(passed));
	*count = at;
	return element ? 0 : -ENOENT;
}

int bpf_load_btf(const void *btf UNUSED, uint32_t size UNUSED)
{
	return add(the_kernel, (struct descriptor){ .fd = -1 });
}

int bpf_load_program(const struct bpf_program_spec *spec)
{
	struct arena *arena = the_kernel->arena;
	struct fake_program *program = arena_new_struct(arena, struct fake_program);

	*program = (struct fake_program){
		.name = spec->name,
		.insns = arena_dup(arena, spec->insns, spec->insn_count * sizeof(*spec->insns)),
		.count = spec->insn_count,
	};
	return add(the_kernel, (struct descriptor){ .fd = -1, .program = program });
}

int bpf_run_here(int program, uint32_t *ret_value)
{
	uint64_t words[CONTEXT_WORDS] = { 0 }, value;
	uint64_t context = memory_map(&the_kernel->memory, words, sizeof(words),
				      MEMORY_LOAD | MEMORY_KERNEL);
	bool is_fine = kernel_run(the_kernel, program, context, &value);

	memory_unmap(&the_kernel->memory, context);
	if (!is_fine)
		return -EFAULT;
	*ret_value = (uint32_t)value;
	return 0;
}

/* Events come from the case's list, so nothing is attached. */
int bpf_attach_raw_tracepoint(int program UNUSED, const char *name UNUSED, uint64_t cookie UNUSED)
{
	return -EOPNOTSUPP;
}

int bpf_attach_perf_event(int program UNUSED, int perf_event UNUSED, uint64_t cookie UNUSED)
{
	return -EOPNOTSUPP;
}

int bpf_attach_kprobes(int program UNUSED, const struct bpf_kprobe_spec *spec UNUSED)
{
	return -EOPNOTSUPP;
}

int bpf_attach_uprobes(int program UNUSED, const struct bpf_uprobe_spec *spec UNUSED)
{
	return -EOPNOTSUPP;
}

int bpf_attach_iterator(int program UNUSED, const struct bpf_iterator_spec *spec UNUSED)
{
	return -EOPNOTSUPP;
}

int bpf_pin(int fd UNUSED, const char *path UNUSED)
{
	return -EOPNOTSUPP;
}

/* No other programs are loaded. */
int bpf_next_program(uint32_t *id UNUSED)
{
	return -ENOENT;
}

int bpf_program_by_id(uint32_t id UNUSED)
{
	return -ENOENT;
}

int bpf_program_facts(int program UNUSED, struct bpf_program_facts *facts UNUSED)
{
	return -ENOENT;
}

uint32_t bpf_program_code(int program UNUSED, uint64_t *starts UNUSED, uint32_t *sizes UNUSED,
			  uint32_t most UNUSED)
{
	return 0;
}

int bpf_read_btf(uint32_t id UNUSED, void *data UNUSED, uint32_t *size UNUSED)
{
	return -ENOENT;
}

int bpf_open_iterator(int link UNUSED)
{
	return -EOPNOTSUPP;
}

int bpf_module_btf(const char *module UNUSED)
{
	return -EOPNOTSUPP;
}

int bpf_enable_stats(void)
{
	return -EOPNOTSUPP;
}

uint64_t bpf_run_time(int program UNUSED)
{
	return 0;
}

uint64_t bpf_missed_runs(int program UNUSED)
{
	return 0;
}

uint64_t bpf_missed_by_link(int link UNUSED)
{
	return 0;
}
