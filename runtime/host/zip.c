/*
 * The directory at the end of a zip archive, read with distrust.
 */
#include "runtime/host/zip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"

enum {
	END_SIZE = 22, /* of the record at the end, without its comment */
	COMMENT_MAX = 65535,
	ENTRY_SIZE = 46, /* of one in the directory, without its texts */
	LOCAL_SIZE = 30, /* of what stands before the member's bytes */
	DIRECTORY_MAX = 1 << 26,
};

static uint32_t number(const uint8_t *at, unsigned size)
{
	uint32_t value = 0;

	while (size--)
		value = value << 8 | at[size];
	return value;
}

/* Bytes of a part of the file, or NULL; to be freed. */
static uint8_t *read_part(int fd, uint64_t file_size, uint64_t offset, uint64_t size)
{
	uint8_t *bytes;

	if (offset > file_size || size > file_size - offset || size > DIRECTORY_MAX)
		return NULL;
	bytes = malloc(size + 1);
	if (bytes && pread(fd, bytes, size, (off_t)offset) != (ssize_t)size) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

/* The directory by the record that ends the file; NULL: there is none. */
static uint8_t *read_directory(int fd, uint64_t size, uint32_t *ret_size)
{
	uint64_t length = MIN(size, (uint64_t)END_SIZE + COMMENT_MAX), at;
	uint8_t *end = read_part(fd, size, size - length, length), *directory = NULL;

	for (at = length - MIN(length, (uint64_t)END_SIZE); end && length >= END_SIZE; at--) {
		if (!memcmp(end + at, "PK\5\6", 4)) {
			*ret_size = number(end + at + 12, 4);
			directory = read_part(fd, size, number(end + at + 16, 4), *ret_size);
			break;
		}
		if (!at)
			break;
	}
	free(end);
	return directory;
}

/* Its bytes follow a header of its own, whose texts may be others than the directory's. */
static int find_bytes(int fd, uint64_t size, const uint8_t *entry, uint64_t *ret_offset,
		      uint64_t *ret_size)
{
	uint64_t offset = number(entry + 42, 4), length = number(entry + 24, 4);
	uint8_t *local = read_part(fd, size, offset, LOCAL_SIZE);
	int err = 0;

	if (!local || memcmp(local, "PK\3\4", 4) != 0)
		err = -EBADMSG;
	else if (number(entry + 10, 2) != 0)
		err = -EPROTONOSUPPORT;
	else
		offset += LOCAL_SIZE + number(local + 26, 2) + number(local + 28, 2);
	free(local);
	if (!err && (offset > size || length > size - offset))
		err = -EBADMSG;
	if (err)
		return err;
	*ret_offset = offset;
	*ret_size = length;
	return 0;
}

int zip_find(int fd, uint64_t size, const char *name, uint64_t *ret_offset, uint64_t *ret_size)
{
	uint32_t length = 0, at = 0, name_size;
	uint8_t *directory = read_directory(fd, size, &length);
	int err = directory ? -ENOENT : -EBADMSG;

	while (directory && length - at >= ENTRY_SIZE) {
		const uint8_t *entry = directory + at;

		name_size = number(entry + 28, 2);
		if (memcmp(entry, "PK\1\2", 4) != 0 || name_size > length - at - ENTRY_SIZE) {
			err = -EBADMSG;
			break;
		}
		if (name_size == strlen(name) && !memcmp(entry + ENTRY_SIZE, name, name_size)) {
			err = find_bytes(fd, size, entry, ret_offset, ret_size);
			break;
		}
		name_size += ENTRY_SIZE + number(entry + 30, 2) + number(entry + 32, 2);
		at += MIN(name_size, length - at);
	}
	free(directory);
	return err;
}
