/*
 * Writes BTF as libbpf wants it.
 *
 * A map is a variable in section .maps; its type is a struct with a pointer for
 * each number: that of an array of so many ints.
 */
#include "codegen/elf_btf.h"

#include <assert.h>
#include <linux/btf.h>
#include <stddef.h>
#include <string.h>

#include "base/compiler.h"

enum { TYPE_ID_INT = 1 /* codegen/debug_info.c */, POINTER = 8, INSN = sizeof(struct bpf_insn) };

/* --- types -------------------------------------------------------------------------------- */

void elf_btf_init(struct elf_btf *btf, struct arena *arena, const struct object *object)
{
	const struct btf_header *header = object->btf;
	const char *types = (const char *)object->btf + header->hdr_len + header->type_off;
	const char *strings = (const char *)object->btf + header->hdr_len + header->str_off;

	*btf = (struct elf_btf){ .type_count = object->btf_type_count };
	strbuf_init(&btf->types, arena);
	strbuf_init(&btf->strings, arena);
	strbuf_add(&btf->types, types, header->type_len);
	strbuf_add(&btf->strings, strings, header->str_len);
}

static uint32_t add_string(struct elf_btf *btf, const char *text)
{
	uint32_t offset = (uint32_t)btf->strings.length;

	strbuf_add(&btf->strings, text, strlen(text) + 1);
	return offset;
}

static uint32_t add_type(struct elf_btf *btf, const struct btf_type *type, const void *more, size_t size)
{
	strbuf_add(&btf->types, (const char *)type, sizeof(*type));
	strbuf_add(&btf->types, more, size);
	return ++btf->type_count;
}

static uint32_t kind_info(uint32_t kind, uint32_t length)
{
	return kind << 24 | length;
}

/* int (*)[number] */
static uint32_t add_number(struct elf_btf *btf, uint32_t number)
{
	const struct btf_array array = { TYPE_ID_INT, TYPE_ID_INT, number };
	const struct btf_type type = { .info = kind_info(BTF_KIND_ARRAY, 0) };
	const struct btf_type pointer = { .info = kind_info(BTF_KIND_PTR, 0),
					  .type = add_type(btf, &type, &array, sizeof(array)) };

	return add_type(btf, &pointer, NULL, 0);
}

uint32_t elf_btf_add_map(struct elf_btf *btf, struct arena *arena, const struct object_map *map,
			 const char *name, uint32_t offset)
{
	const struct {
		const char *name;
		uint32_t number;
	} fields[] = {
		{ "type", map->type },
		{ "key_size", map->key_size },
		{ "value_size", object_map_value_size(map) },
		{ "max_entries", map->max_entries },
		{ "map_flags", map->flags },
	};
	const struct btf_var global = { BTF_VAR_GLOBAL_ALLOCATED };
	struct btf_member members[ARRAY_SIZE(fields)];
	struct btf_type type = { .name_off = 0 };
	struct elf_map_type entry = { .offset = offset };
	uint32_t count = 0, i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!fields[i].number)
			continue;
		members[count] = (struct btf_member){ .name_off = add_string(btf, fields[i].name),
						      .type = add_number(btf, fields[i].number),
						      .offset = count * POINTER * 8 };
		count++;
	}
	entry.size = type.size = count * POINTER;
	type.info = kind_info(BTF_KIND_STRUCT, count);
	type = (struct btf_type){ .name_off = add_string(btf, name), .info = kind_info(BTF_KIND_VAR, 0),
				  .type = add_type(btf, &type, members, count * sizeof(*members)) };
	entry.variable = add_type(btf, &type, &global, sizeof(global));
	vec_push(arena, &btf->maps, entry);
	return entry.size;
}

/* Which variables are in the section of maps, and where. */
static void add_section(struct elf_btf *btf)
{
	struct btf_type type = { .name_off = add_string(btf, ".maps"),
				 .info = kind_info(BTF_KIND_DATASEC, (uint32_t)btf->maps.count) };
	size_t i;

	for (i = 0; i < btf->maps.count; i++)
		type.size += btf->maps.items[i].size;
	add_type(btf, &type, btf->maps.items, btf->maps.count * sizeof(*btf->maps.items));
}

void elf_btf_finish(struct elf_btf *btf, struct strbuf *out)
{
	struct btf_header header = { .magic = BTF_MAGIC, .version = BTF_VERSION,
				     .hdr_len = sizeof(header) };

	static_assert(sizeof(struct elf_map_type) == sizeof(struct btf_var_secinfo),
		      "the list of maps is written as it is");
	if (btf->maps.count)
		add_section(btf);
	header.type_len = header.str_off = (uint32_t)btf->types.length;
	header.str_len = (uint32_t)btf->strings.length;
	strbuf_add(out, (const char *)&header, sizeof(header));
	strbuf_add(out, btf->types.text, btf->types.length);
	strbuf_add(out, btf->strings.text, btf->strings.length);
}

/* --- functions and lines ------------------------------------------------------------------ */

/* As libbpf reads it; offsets are from the header's end. */
struct ext_header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t header_length;
	uint32_t functions_offset, functions_length;
	uint32_t lines_offset, lines_length;
};

static void put_head(struct strbuf *out, uint32_t name, size_t count)
{
	const uint32_t head[2] = { name, (uint32_t)count };

	strbuf_add(out, (const char *)head, sizeof(head));
}

/* In files offsets count bytes. */
static void put_functions(const struct elf_infos *infos, uint32_t name, struct strbuf *out)
{
	size_t i;

	put_head(out, name, infos->functions.count);
	for (i = 0; i < infos->functions.count; i++) {
		struct bpf_func_info info = infos->functions.items[i];

		info.insn_off *= INSN;
		strbuf_add(out, (const char *)&info, sizeof(info));
	}
}

static void put_lines(const struct elf_infos *infos, uint32_t name, struct strbuf *out)
{
	size_t i;

	put_head(out, name, infos->lines.count);
	for (i = 0; i < infos->lines.count; i++) {
		struct bpf_line_info info = infos->lines.items[i];

		info.insn_off *= INSN;
		strbuf_add(out, (const char *)&info, sizeof(info));
	}
}

void elf_btf_ext(struct elf_btf *btf, const struct elf_infos *infos, size_t count, struct strbuf *out)
{
	const uint32_t function_size = sizeof(struct bpf_func_info);
	const uint32_t line_size = sizeof(struct bpf_line_info);
	struct ext_header header = { .magic = BTF_MAGIC, .version = BTF_VERSION,
				     .header_length = sizeof(header) };
	struct strbuf functions, lines;
	size_t i;

	strbuf_init(&functions, out->arena);
	strbuf_init(&lines, out->arena);
	strbuf_add(&functions, (const char *)&function_size, sizeof(function_size));
	strbuf_add(&lines, (const char *)&line_size, sizeof(line_size));
	for (i = 0; i < count; i++) {
		uint32_t name = add_string(btf, infos[i].section);

		if (infos[i].functions.count)
			put_functions(&infos[i], name, &functions);
		if (infos[i].lines.count)
			put_lines(&infos[i], name, &lines);
	}
	header.functions_length = header.lines_offset = (uint32_t)functions.length;
	header.lines_length = (uint32_t)lines.length;
	strbuf_add(out, (const char *)&header, sizeof(header));
	strbuf_add(out, functions.text, functions.length);
	strbuf_add(out, lines.text, lines.length);
}
