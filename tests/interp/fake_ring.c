/*
 * The ring buffer in a file in memory, so that runtime/drain.c can map it.
 *
 * Layout: a page with the reader's position, one with the writer's, the data
 * twice.  A program writes a record beside it, where every access beyond the
 * record is seen; committing copies it in.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/vec.h"
#include "tests/interp/fake_map.h"

struct record {
	uint64_t address, position;
	uint32_t size;
	char *bytes;
};

struct fake_ring {
	char *shared;
	size_t page, size, length;
	VEC(struct record) pending;
};

static uint64_t *reader_position(const struct fake_ring *ring)
{
	return (uint64_t *)ring->shared;
}

static uint64_t *writer_position(const struct fake_ring *ring)
{
	return (uint64_t *)(ring->shared + ring->page);
}

int fake_ring_open(struct fake_map *map)
{
	struct fake_ring *ring = arena_new_struct(map->memory->arena, struct fake_ring);
	int fd = memfd_create("ring", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	ring->size = map->spec.max_entries;
	ring->length = 2 * ring->page + 2 * ring->size;
	if (ftruncate(fd, (off_t)ring->length) < 0)
		goto fail;
	ring->shared = mmap(NULL, ring->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring->shared == MAP_FAILED)
		goto fail;
	map->ring = ring;
	return fd;

fail:
	close(fd);
	return -errno;
}

void fake_ring_close(struct fake_map *map)
{
	if (map->ring)
		munmap(map->ring->shared, map->ring->length);
}

/* Into both copies of the data. */
static void put(struct fake_ring *ring, uint64_t position, const void *bytes, size_t size)
{
	char *data = ring->shared + 2 * ring->page;
	size_t i, at;

	for (i = 0; i < size; i++) {
		at = (position + i) & (ring->size - 1);
		data[at] = data[at + ring->size] = ((const char *)bytes)[i];
	}
}

static void put_header(struct fake_ring *ring, uint64_t position, uint32_t length)
{
	const uint32_t header[2] = { length, 0 };

	put(ring, position, header, sizeof(header));
}

uint64_t fake_ring_reserve(struct fake_map *map, uint64_t size)
{
	struct fake_ring *ring = map->ring;
	struct record record = { .position = *writer_position(ring), .size = (uint32_t)size };
	uint64_t length = ALIGN_UP(size + BPF_RINGBUF_HDR_SZ, (uint64_t)8);

	if (size > UINT32_MAX / 4 || record.position + length - *reader_position(ring) > ring->size - 1)
		return 0;
	record.bytes = memory_bytes(map->memory, size);
	record.address = memory_map(map->memory, record.bytes, size, MEMORY_OURS);
	put_header(ring, record.position, record.size | BPF_RINGBUF_BUSY_BIT);
	*writer_position(ring) += length;
	vec_push(map->memory->arena, &ring->pending, record);
	return record.address;
}

bool fake_ring_commit(struct memory *memory, struct fake_ring *ring, uint64_t address, bool discard)
{
	size_t i;

	for (i = 0; i < ring->pending.count; i++) {
		struct record *record = &ring->pending.items[i];

		if (record->address != address)
			continue;
		put(ring, record->position + BPF_RINGBUF_HDR_SZ, record->bytes, record->size);
		put_header(ring, record->position, record->size | (discard ? BPF_RINGBUF_DISCARD_BIT : 0));
		memory_unmap(memory, address);
		*record = ring->pending.items[--ring->pending.count];
		return true;
	}
	return false;
}

unsigned fake_ring_pending(const struct fake_map *map)
{
	return map->ring ? (unsigned)map->ring->pending.count : 0;
}
