/*
 * What files the code of processes is mapped from, also of those that have
 * ended.
 */
#ifndef RUNTIME_MAPPINGS_H
#define RUNTIME_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mappings;

/* A file, or something without one: "[vdso]", "//anon".  Lives as long as the mappings. */
struct mapped_file {
	const char *path; /* as the process sees it */
	uint64_t inode;
	uint32_t id;   /* from 1 */
	/* Of user_symbols.c: which start of the helper knows it; it was the end of one; it was looked
	 * for in the file systems of all processes. */
	unsigned opened_by;
	bool is_bad, is_searched;
};

/* Executable memory [start, end), from this offset of the file on. */
struct mapping {
	uint64_t start, end, offset;
	struct mapped_file *file;
};

struct mappings *mappings_new(void);
void mappings_free(struct mappings *mappings);

void mappings_add(struct mappings *mappings, uint32_t pid, uint64_t start, uint64_t length,
		  uint64_t offset, const char *path, uint64_t inode);
void mappings_fork(struct mappings *mappings, uint32_t parent, uint32_t child);
void mappings_exit(struct mappings *mappings, uint32_t pid);

/* Adds what /proc/PID/maps shows now.  0 or -errno. */
int mappings_read(struct mappings *mappings, uint32_t pid);
void mappings_read_all(struct mappings *mappings);

/* The mapping an address is in, the latest of several there were; NULL: none known. */
const struct mapping *mappings_find(const struct mappings *mappings, uint32_t pid,
				    uint64_t address);

/* Is anything known of the process? */
bool mappings_know(const struct mappings *mappings, uint32_t pid);

#endif
