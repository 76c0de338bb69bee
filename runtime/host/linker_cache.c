/*
 * /etc/ld.so.cache: which file a library's name means.
 *
 * The file is glibc's: 48 bytes of header, entries, strings; before it there
 * may be one of an older form with entries of 12 bytes.  It is read with the
 * same distrust as everything else that is not ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/host/user_files.h"

#define OLD_MAGIC "ld.so-1.7.0"
#define NEW_MAGIC "glibc-ld.so.cache1.1"

enum {
	CACHE_MAX = 16 << 20,
	OLD_HEADER = 16,
	OLD_ENTRY = 12,
	OLD_COUNT = 12, /* offset of the number of entries */
	NEW_HEADER = 48,
	NEW_COUNT = 20,
	ABI_MASK = 0xffff,
#if defined(__x86_64__)
	OUR_ABI = 0x0303, /* glibc's libraries of 64 bits */
#elif defined(__aarch64__)
	OUR_ABI = 0x0a03,
#else
	OUR_ABI = 0x0003,
#endif
};

struct entry {
	int32_t flags;
	uint32_t key, value; /* offsets of the names, from the header's start */
	uint32_t os_version;
	uint64_t hwcap;
};

struct cache {
	const char *bytes; /* from the new header on, a NUL at the end */
	size_t size;
	uint32_t count;
};

static char *read_file(struct arena *arena, const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *bytes = NULL;
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size <= CACHE_MAX) {
		bytes = arena_alloc(arena, (size_t)st.st_size + 1);
		n = pread(fd, bytes, (size_t)st.st_size, 0);
	}
	close(fd);
	*ret_size = n < 0 ? 0 : (size_t)n;
	return n < 0 ? NULL : bytes;
}

static bool open_cache(struct arena *arena, const char *path, struct cache *ret_cache)
{
	size_t size, skip = 0;
	const char *bytes = read_file(arena, path, &size);
	uint32_t count;

	if (!bytes)
		return false;
	if (size >= OLD_HEADER && !memcmp(bytes, OLD_MAGIC, strlen(OLD_MAGIC))) {
		memcpy(&count, bytes + OLD_COUNT, sizeof(count));
		skip = ALIGN_UP(OLD_HEADER + (size_t)count * OLD_ENTRY, (size_t)8);
	}
	if (skip > size || size - skip < NEW_HEADER ||
	    memcmp(bytes + skip, NEW_MAGIC, strlen(NEW_MAGIC)) != 0)
		return false;
	memcpy(&count, bytes + skip + NEW_COUNT, sizeof(count));
	*ret_cache = (struct cache){ bytes + skip, size - skip, count };
	return (size - skip - NEW_HEADER) / sizeof(struct entry) >= count;
}

static const char *name_at(const struct cache *cache, uint32_t offset)
{
	return offset < cache->size ? cache->bytes + offset : "";
}

static bool is_meant(const char *name, const char *file)
{
	size_t length = strlen(name);

	return !strncmp(name, file, length) && (!file[length] || !strncmp(file + length, ".so", 3));
}

const char *linker_cache_find(struct arena *arena, const char *root, const char *name)
{
	const char *best = NULL;
	struct cache cache;
	uint32_t i;

	if (!open_cache(arena, arena_printf(arena, "%s/etc/ld.so.cache", root), &cache))
		return NULL;
	for (i = 0; i < cache.count; i++) {
		struct entry entry;

		memcpy(&entry, cache.bytes + NEW_HEADER + i * sizeof(entry), sizeof(entry));
		if ((entry.flags & ABI_MASK) != OUR_ABI || !is_meant(name, name_at(&cache, entry.key)))
			continue;
		/* Plain ones before those for some processors only, which the linker may prefer. */
		if (!best || !entry.hwcap)
			best = name_at(&cache, entry.value);
		if (!entry.hwcap)
			break;
	}
	return best && *best ? best : NULL;
}
