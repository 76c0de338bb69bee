/*
 * Helper functions of the kernel that programs call.
 */
#include <errno.h>
#include <string.h>

#include "tests/interp/fake_map.h"
#include "tests/interp/machine.h"

enum { COMM_SIZE = 16, TICK_NS = 100, JIFFY_NS = 4000000, LOOPS_MAX = 1 << 23 };

/* --- maps ------------------------------------------------------------------------- */

static const void *key_at(struct machine *machine, const struct fake_map *map, uint64_t address)
{
	return map ? machine_at(machine, address, map->spec.key_size, MEMORY_LOAD, "a key") : NULL;
}

static uint64_t map_lookup(struct machine *machine, const uint64_t *args)
{
	struct fake_map *map = map_of_handle(machine, args[0]);
	const void *key = key_at(machine, map, args[1]);

	return key ? fake_map_value(map, key, machine->kernel->now.cpu) : 0;
}

static uint64_t map_lookup_percpu(struct machine *machine, const uint64_t *args)
{
	struct fake_map *map = map_of_handle(machine, args[0]);
	const void *key = key_at(machine, map, args[1]);

	return key ? fake_map_value(map, key, (uint32_t)args[2]) : 0;
}

static uint64_t map_update(struct machine *machine, const uint64_t *args)
{
	struct fake_map *map = map_of_handle(machine, args[0]);
	const void *key = key_at(machine, map, args[1]), *value;

	if (!key)
		return 0;
	value = machine_at(machine, args[2], map->spec.value_size, MEMORY_LOAD, "a value");
	if (!value)
		return 0;
	return (uint64_t)fake_map_update(map, key, value, args[3], machine->kernel->now.cpu);
}

static uint64_t map_delete(struct machine *machine, const uint64_t *args)
{
	struct fake_map *map = map_of_handle(machine, args[0]);
	const void *key = key_at(machine, map, args[1]);

	return key ? (uint64_t)fake_map_delete(map, key) : 0;
}

/* --- callbacks ---------------------------------------------------------------------- */

static bool callback_of(struct machine *machine, uint64_t value, uint32_t *ret_entry)
{
	if (is_function_handle(value, ret_entry))
		return true;
	machine_fail(machine, "a callback is wanted");
	return false;
}

static uint64_t loop(struct machine *machine, const uint64_t *args)
{
	uint64_t i = 0;
	uint32_t entry;

	if (!callback_of(machine, args[1], &entry))
		return 0;
	if ((uint32_t)args[0] > LOOPS_MAX)
		return (uint64_t)-E2BIG;
	while (i < (uint32_t)args[0] && !machine->error) {
		const uint64_t inner[5] = { i++, args[2] };

		if (machine_call(machine, entry, inner))
			break;
	}
	return i;
}

static uint64_t for_each_element(struct machine *machine, const uint64_t *args)
{
	struct fake_map *map = map_of_handle(machine, args[0]);
	struct memory *memory = &machine->kernel->memory;
	const struct element *element;
	uint64_t count = 0, stop = 0;
	uint32_t entry;

	if (!map || !callback_of(machine, args[1], &entry))
		return 0;
	for (element = map->first; element && !stop && !machine->error; element = element->next) {
		uint32_t cpu = map->cpus > 1 ? machine->kernel->now.cpu : 0;
		uint64_t inner[5] = { args[0], 0, element->addresses[cpu], args[2] };

		if (element->is_gone)
			continue;
		inner[1] = memory_map(memory, element->key, map->spec.key_size, MEMORY_LOAD);
		stop = machine_call(machine, entry, inner);
		memory_unmap(memory, inner[1]);
		count++;
	}
	return count;
}

/* --- the ring buffer ------------------------------------------------------------------ */

static uint64_t ring_reserve(struct machine *machine, const uint64_t *args)
{
	struct fake_map *map = map_of_handle(machine, args[0]);

	return map ? fake_ring_reserve(map, args[1]) : 0;
}

static uint64_t commit(struct machine *machine, uint64_t address, bool discard)
{
	struct kernel *kernel = machine->kernel;
	size_t i;

	for (i = 0; i < kernel->descriptors.count; i++) {
		struct fake_map *map = kernel->descriptors.items[i].map;

		if (map && map->ring && fake_ring_commit(&kernel->memory, map->ring, address, discard))
			return 0;
	}
	machine_fail(machine, "what is submitted was never reserved");
	return 0;
}

static uint64_t ring_submit(struct machine *machine, const uint64_t *args)
{
	return commit(machine, args[0], false);
}

static uint64_t ring_discard(struct machine *machine, const uint64_t *args)
{
	return commit(machine, args[0], true);
}

static uint64_t ring_output(struct machine *machine, const uint64_t *args)
{
	struct fake_map *map = map_of_handle(machine, args[0]);
	const void *from = machine_at(machine, args[1], args[2], MEMORY_LOAD, "a record");
	uint64_t address;
	void *to;

	if (!map || !from)
		return 0;
	address = fake_ring_reserve(map, args[2]);
	if (!address)
		return (uint64_t)-EAGAIN;
	to = machine_at(machine, address, args[2], MEMORY_STORE, "a record");
	if (to)
		memcpy(to, from, args[2]);
	return commit(machine, address, false);
}

/* --- memory ---------------------------------------------------------------------------- */

static uint64_t read_bytes(struct machine *machine, const uint64_t *args, unsigned access)
{
	uint64_t size = (uint32_t)args[1];
	void *to = machine_at(machine, args[0], size, MEMORY_STORE, "a buffer");
	const void *from = memory_at(&machine->kernel->memory, args[2], size, access);

	if (!to)
		return 0;
	if (from) {
		memcpy(to, from, size);
		return 0;
	}
	memset(to, 0, size);
	return (uint64_t)-EFAULT;
}

/* Up to the NUL, which a text that is too long gets as its last byte. */
static uint64_t read_text(struct machine *machine, const uint64_t *args, unsigned access)
{
	uint64_t size = (uint32_t)args[1], length;
	char *to = machine_at(machine, args[0], size, MEMORY_STORE, "a buffer");
	const char *from;

	if (!to || !size)
		return 0;
	for (length = 0; length < size; length++) {
		from = memory_at(&machine->kernel->memory, args[2] + length, 1, access);
		if (!from) {
			memset(to, 0, size);
			return (uint64_t)-EFAULT;
		}
		to[length] = *from;
		if (!*from)
			return length + 1;
	}
	to[size - 1] = '\0';
	return size;
}

static uint64_t read_kernel(struct machine *machine, const uint64_t *args)
{
	return read_bytes(machine, args, MEMORY_KERNEL);
}

static uint64_t read_user(struct machine *machine, const uint64_t *args)
{
	return read_bytes(machine, args, MEMORY_USER);
}

static uint64_t read_kernel_text(struct machine *machine, const uint64_t *args)
{
	return read_text(machine, args, MEMORY_KERNEL);
}

static uint64_t read_user_text(struct machine *machine, const uint64_t *args)
{
	return read_text(machine, args, MEMORY_USER);
}

static uint64_t compare_texts(struct machine *machine, const uint64_t *args)
{
	uint32_t size = (uint32_t)args[1], i;
	const uint8_t *a = machine_at(machine, args[0], size, MEMORY_LOAD, "a text"), *b;

	for (i = 0; a && i < size; i++) {
		b = machine_at(machine, args[2] + i, 1, MEMORY_LOAD, "a text");
		if (!b || a[i] != *b)
			return b ? (uint64_t)((int64_t)a[i] - *b) : 0;
		if (!a[i])
			break;
	}
	return 0;
}

/* --- the present -------------------------------------------------------------------------- */

static uint64_t clock_now(struct machine *machine, const uint64_t *args UNUSED)
{
	return machine->kernel->clock += TICK_NS;
}

static uint64_t jiffies(struct machine *machine, const uint64_t *args UNUSED)
{
	return machine->kernel->clock / JIFFY_NS;
}

/* xorshift: the same numbers each time. */
static uint64_t random_number(struct machine *machine, const uint64_t *args UNUSED)
{
	uint64_t *state = &machine->kernel->random;

	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)*state;
}

static uint64_t this_cpu(struct machine *machine, const uint64_t *args UNUSED)
{
	return machine->kernel->now.cpu;
}

static uint64_t numa_node(struct machine *machine UNUSED, const uint64_t *args UNUSED)
{
	return 0;
}

static uint64_t pid_tgid(struct machine *machine, const uint64_t *args UNUSED)
{
	return (uint64_t)machine->kernel->now.pid << 32 | machine->kernel->now.tid;
}

static uint64_t uid_gid(struct machine *machine, const uint64_t *args UNUSED)
{
	return (uint64_t)machine->kernel->now.gid << 32 | machine->kernel->now.uid;
}

static uint64_t cgroup_id(struct machine *machine, const uint64_t *args UNUSED)
{
	return machine->kernel->now.cgroup;
}

static uint64_t attach_cookie(struct machine *machine, const uint64_t *args UNUSED)
{
	return machine->kernel->now.cookie;
}

static uint64_t current_task(struct machine *machine, const uint64_t *args UNUSED)
{
	return machine->kernel->task;
}

static uint64_t current_comm(struct machine *machine, const uint64_t *args)
{
	uint32_t size = (uint32_t)args[1];
	char *to = machine_at(machine, args[0], size, MEMORY_STORE, "a buffer");

	if (to && size) {
		memset(to, 0, size);
		strncpy(to, machine->kernel->now.comm, MIN(size, (uint32_t)COMM_SIZE) - 1);
	}
	return 0;
}

static const struct {
	int32_t number;
	uint64_t (*call)(struct machine *machine, const uint64_t *args);
} helpers[] = {
	{ BPF_FUNC_map_lookup_elem, map_lookup },
	{ BPF_FUNC_map_lookup_percpu_elem, map_lookup_percpu },
	{ BPF_FUNC_map_update_elem, map_update },
	{ BPF_FUNC_map_delete_elem, map_delete },
	{ BPF_FUNC_for_each_map_elem, for_each_element },
	{ BPF_FUNC_loop, loop },
	{ BPF_FUNC_ringbuf_reserve, ring_reserve },
	{ BPF_FUNC_ringbuf_submit, ring_submit },
	{ BPF_FUNC_ringbuf_discard, ring_discard },
	{ BPF_FUNC_ringbuf_output, ring_output },
	{ BPF_FUNC_probe_read_kernel, read_kernel },
	{ BPF_FUNC_probe_read_user, read_user },
	{ BPF_FUNC_probe_read_kernel_str, read_kernel_text },
	{ BPF_FUNC_probe_read_user_str, read_user_text },
	{ BPF_FUNC_strncmp, compare_texts },
	{ BPF_FUNC_ktime_get_ns, clock_now },
	{ BPF_FUNC_ktime_get_boot_ns, clock_now },
	{ BPF_FUNC_jiffies64, jiffies },
	{ BPF_FUNC_get_prandom_u32, random_number },
	{ BPF_FUNC_get_smp_processor_id, this_cpu },
	{ BPF_FUNC_get_numa_node_id, numa_node },
	{ BPF_FUNC_get_current_pid_tgid, pid_tgid },
	{ BPF_FUNC_get_current_uid_gid, uid_gid },
	{ BPF_FUNC_get_current_comm, current_comm },
	{ BPF_FUNC_get_current_cgroup_id, cgroup_id },
	{ BPF_FUNC_get_attach_cookie, attach_cookie },
	{ BPF_FUNC_get_current_task, current_task },
	{ BPF_FUNC_get_current_task_btf, current_task },
};

uint64_t helper_call(struct machine *machine, int32_t number, const uint64_t *args)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(helpers); i++)
		if (helpers[i].number == number)
			return helpers[i].call(machine, args);
	machine_fail(machine, "helper %d is not known here", number);
	return 0;
}
