/*
 * Reads lists of events.
 */
#include "tests/interp/events.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

struct reader {
	struct arena *arena;
	const char *path;
	const char *at;
	unsigned line;
};

static bool complain(const struct reader *reader, const char *what)
{
	fprintf(stderr, "INTERPRETER: %s:%u: %s\n", reader->path, reader->line, what);
	return false;
}

static void skip_blanks(struct reader *reader)
{
	while (*reader->at == ' ' || *reader->at == '\t')
		reader->at++;
}

static bool at_end(const struct reader *reader)
{
	return *reader->at == '\0' || *reader->at == '\n' || *reader->at == '#';
}

static const char *read_word(struct reader *reader, const char *stops)
{
	size_t length = strcspn(reader->at, stops);
	const char *word = arena_strndup(reader->arena, reader->at, length);

	reader->at += length;
	return word;
}

/* "text", with \" and \\ for themselves. */
static bool read_quoted(struct reader *reader, const char **ret_text)
{
	char *text = arena_alloc(reader->arena, strlen(reader->at));
	size_t length = 0;

	for (reader->at++; *reader->at != '"'; reader->at++) {
		if (*reader->at == '\\')
			reader->at++;
		if (!*reader->at || *reader->at == '\n')
			return complain(reader, "the text does not end");
		text[length++] = *reader->at;
	}
	reader->at++;
	*ret_text = text;
	return true;
}

static bool read_field(struct reader *reader, struct event_field *ret_field)
{
	struct event_field field = { .name = read_word(reader, "= \t\n") };
	char *end;

	if (*reader->at != '=')
		return complain(reader, "NAME=VALUE is wanted");
	reader->at++;
	if (*reader->at == '"') {
		field.is_text = true;
		if (!read_quoted(reader, &field.text))
			return false;
	} else {
		field.text = read_word(reader, " \t\n");
		errno = 0;
		field.number = field.text[0] == '-' ? (uint64_t)strtoll(field.text, &end, 0) :
						      strtoull(field.text, &end, 0);
		field.is_text = *end || !*field.text || errno;
	}
	*ret_field = field;
	return true;
}

/* Who runs where; false when the field is not about that. */
static bool take_happening(struct event *event, const struct event_field *field)
{
	struct happening *now = &event->happening;
	const struct {
		const char *name;
		uint32_t *number;
	} numbers[] = {
		{ "cpu", &now->cpu },	{ "pid", &now->pid }, { "tid", &now->tid },
		{ "ppid", &now->ppid }, { "uid", &now->uid }, { "gid", &now->gid },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(field->name, numbers[i].name)) {
			*numbers[i].number = (uint32_t)field->number;
			if (numbers[i].number == &now->pid)
				now->tid = now->pid;
			return true;
		}
	if (!strcmp(field->name, "comm"))
		now->comm = field->text;
	else if (!strcmp(field->name, "pcomm"))
		now->pcomm = field->text;
	else if (!strcmp(field->name, "cgroup"))
		now->cgroup = field->number;
	else if (!strcmp(field->name, "time"))
		event->time = field->number;
	else if (!strcmp(field->name, "times"))
		event->times = field->number;
	else
		return false;
	return true;
}

static bool read_event(struct reader *reader, struct events *events)
{
	struct event event = { .line = reader->line, .times = 1,
			       .happening = happening_default() };
	struct event_field field;

	event.name = read_word(reader, " \t\n");
	for (skip_blanks(reader); !at_end(reader); skip_blanks(reader)) {
		if (!read_field(reader, &field))
			return false;
		if (!strcmp(event.name, "machine")) {
			if (strcmp(field.name, "cpus") != 0)
				return complain(reader, "of the machine only cpus can be set");
			events->cpus = (uint32_t)field.number;
		} else if (!take_happening(&event, &field)) {
			field.name += strncmp(field.name, "args.", 5) ? 0 : 5;
			vec_push(reader->arena, &event.fields, field);
		}
	}
	if (strcmp(event.name, "machine") != 0)
		vec_push(reader->arena, &events->items, event);
	return true;
}

static bool read_all(struct arena *arena, const char *path, char **ret_text)
{
	FILE *file = fopen(path, "re");
	char buffer[4096];
	struct strbuf text;
	size_t size;

	if (!file)
		return false;
	strbuf_init(&text, arena);
	while ((size = fread(buffer, 1, sizeof(buffer), file)) > 0)
		strbuf_add(&text, buffer, size);
	fclose(file);
	*ret_text = text.text;
	return true;
}

bool events_read(struct arena *arena, const char *path, struct events *ret_events)
{
	struct reader reader = { .arena = arena, .path = path };
	char *text;

	*ret_events = (struct events){ .path = path };
	if (!read_all(arena, path, &text))
		return true;
	for (reader.at = text; *reader.at; reader.at += *reader.at == '\n') {
		reader.line++;
		skip_blanks(&reader);
		if (!at_end(&reader) && !read_event(&reader, ret_events))
			return false;
		reader.at += strcspn(reader.at, "\n");
	}
	return true;
}
