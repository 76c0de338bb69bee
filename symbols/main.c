/*
 * bpfline-symbols: answers the tracer's questions about symbols in files of
 * user space until the tracer closes the socket.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "runtime/host/binary.h"
#include "runtime/symbol_protocol.h"
#include "symbols/demangle.h"
#include "symbols/source_places.h"
#include "symbols/symbol_table.h"

/* No request is larger: a stack has 1024 frames at most, a path 4096 bytes. */
enum { REQUEST_MAX = 1 << 20 };

struct known_file {
	struct symbol_file about;
	struct symbol_table *table;
	struct arena *arena;
	struct binary *binary;	       /* NULL: it is none */
	struct source_places *sources; /* NULL: not wanted, or there are none */
};

struct server {
	const char *debug_folders; /* "DIR:DIR", or NULL */
	struct known_file *files; /* by id */
	size_t count;
	char *answers;
	size_t length, capacity;
};

/* 1, 0 at the end, -1. */
static int receive(void *bytes, size_t size)
{
	while (size) {
		ssize_t n = recv(SYMBOL_SOCKET, bytes, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		bytes = (char *)bytes + n;
		size -= (size_t)n;
	}
	return 1;
}

static bool reply(const void *bytes, size_t size)
{
	while (size) {
		ssize_t n = send(SYMBOL_SOCKET, bytes, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes = (const char *)bytes + n;
		size -= (size_t)n;
	}
	return true;
}

static int compare_ids(const void *a, const void *b)
{
	const struct known_file *left = a, *right = b;

	return left->about.id < right->about.id ? -1 : left->about.id > right->about.id;
}

static struct known_file *find_file(struct server *server, uint32_t id)
{
	const struct known_file key = { .about.id = id };

	return server->count ? bsearch(&key, server->files, server->count, sizeof(key), compare_ids)
			     : NULL;
}

static void forget(struct known_file *file)
{
	symbol_table_free(file->table);
	if (file->binary)
		binary_close(file->binary);
	arena_free(file->arena);
}

/* At once: the path may be one that ends with its process. */
static void read_file(const struct server *server, struct known_file *file, const char *path,
		      const char *home)
{
	file->arena = arena_new();
	if (file->about.kind == SYMBOL_FILE_ELF && !binary_open(file->arena, path, &file->binary)) {
		file->binary->debug_folders = server->debug_folders;
		file->binary->home = arena_strdup(file->arena, home);
	}
	file->table = symbol_table_read((enum symbol_file_kind)file->about.kind, path, file->binary);
	if (file->binary && file->about.lines)
		file->sources = source_places_read(file->binary);
}

static bool take_file(struct server *server, const char *request, size_t size)
{
	const char *path = request + sizeof(struct symbol_file), *home;
	struct symbol_file about;
	struct known_file *file, *files;

	if (size <= sizeof(about) || request[size - 1])
		return false;
	home = path + strlen(path) + 1;
	if (home >= request + size)
		return false;
	memcpy(&about, request, sizeof(about));
	file = find_file(server, about.id);
	if (file) {
		forget(file);
	} else {
		files = realloc(server->files, (server->count + 1) * sizeof(*files));
		if (!files)
			return false;
		server->files = files;
		file = &files[server->count++];
	}
	*file = (struct known_file){ .about = about };
	read_file(server, file, path, home);
	qsort(server->files, server->count, sizeof(*server->files), compare_ids);
	return true;
}

static bool add_bytes(struct server *server, const void *bytes, size_t size)
{
	if (server->length + size > server->capacity) {
		size_t capacity = 2 * (server->length + size) + 4096;
		char *answers = realloc(server->answers, capacity);

		if (!answers)
			return false;
		server->answers = answers;
		server->capacity = capacity;
	}
	memcpy(server->answers + server->length, bytes, size);
	server->length += size;
	return true;
}

/* One function: what is not in `answer` yet goes there. */
static bool add_answer(struct server *server, const struct known_file *file,
		       struct symbol_answer answer, const char *name, const struct source_frame *source)
{
	char *plain = name && file->about.demangle ? demangle(name) : NULL, *line = NULL;
	bool is_added;

	if (plain)
		name = plain;
	if (source && source->file && asprintf(&line, "%s:%" PRIu64, source->file, source->line) < 0)
		line = NULL;
	answer.length = name ? (uint32_t)strlen(name) : 0;
	answer.source_length = line ? (uint32_t)strlen(line) : 0;
	is_added = add_bytes(server, &answer, sizeof(answer)) &&
		   add_bytes(server, name ? name : "", answer.length) &&
		   add_bytes(server, line ? line : "", answer.source_length);
	free(plain);
	free(line);
	return is_added;
}

static bool answer_place(struct server *server, const struct symbol_place *place)
{
	const struct known_file *file = find_file(server, place->file);
	struct source_frame frames[INLINED_MAX + 1];
	struct symbol_answer answer = { 0 };
	const char *name = NULL;
	size_t count = 0, i;
	bool is_added;

	if (file && file->table)
		name = symbol_table_find(file->table, place->offset, &answer.offset);
	if (name && file->sources)
		count = source_places_find(file->sources, place->offset, answer.offset,
					   place->is_return, frames);
	answer.inlined_count = count ? (uint32_t)count - 1 : 0;
	is_added = add_answer(server, file, answer, name, count ? &frames[count - 1] : NULL);
	for (i = 0; i + 1 < count && is_added; i++)
		is_added = add_answer(server, file, (struct symbol_answer){ 0 }, frames[i].function,
				      &frames[i]);
	return is_added;
}

static bool take_places(struct server *server, const char *request, size_t size)
{
	struct symbol_header header = { 0 };
	struct symbol_place place;
	size_t at;

	server->length = 0;
	for (at = 0; at + sizeof(place) <= size; at += sizeof(place)) {
		memcpy(&place, request + at, sizeof(place));
		if (!answer_place(server, &place))
			return false;
	}
	header.size = (uint32_t)server->length;
	return reply(&header, sizeof(header)) && reply(server->answers, server->length);
}

static bool serve(struct server *server, char *request)
{
	struct symbol_header header;

	if (receive(&header, sizeof(header)) <= 0 || header.size > REQUEST_MAX ||
	    receive(request, header.size) <= 0)
		return false;
	if (header.kind == SYMBOL_REQUEST_FILE)
		return take_file(server, request, header.size);
	return header.kind == SYMBOL_REQUEST_PLACES && take_places(server, request, header.size);
}

/* Its argument: more folders with files of debug information. */
int main(int argc, char **argv)
{
	struct server server = { .debug_folders = argc > 1 ? argv[1] : NULL };
	char *request = malloc(REQUEST_MAX);
	int type;
	socklen_t size = sizeof(type);

	if (getsockopt(SYMBOL_SOCKET, SOL_SOCKET, SO_TYPE, &type, &size) < 0) {
		fputs("bpfline-symbols is started by bpfline, which asks it for the names of "
		      "functions\n",
		      stderr);
		return 1;
	}
	while (request && serve(&server, request))
		;
	return 0; /* the kernel takes the memory back */
}
