/*
 * What an object is in an ELF file: a section for each way to attach with its
 * programs, .text with the functions they call, .maps and sections of data.
 *
 * Maps whose values programs address become data, since a relocation is either
 * to a map or into data.  libbpf knows a program's type by its section's name.
 */
#include "codegen/object_elf.h"

#include <string.h>

#include "base/compiler.h"
#include "codegen/elf_btf.h"
#include "codegen/elf_writer.h"
#include "sema/probe_type.h"

enum { INSN = sizeof(struct bpf_insn) };

struct linker {
	struct arena *arena;
	const struct object *object;
	struct elf_writer file;
	struct elf_btf btf;
	struct written_symbol **maps; /* what stands for each */
	bool *is_data;
	struct table map_names;
	VEC(struct elf_infos) infos; /* by section, as they came */
	const char *trouble;
};

/* --- maps --------------------------------------------------------------------------------- */

/* An identifier that no other map has: "@m" as m, our own as they are called. */
static const char *map_name(struct linker *linker, const struct object_map *map)
{
	bool is_script = map->role == OBJECT_MAP_SCRIPT || map->role == OBJECT_MAP_SHORT;
	const char *own = map->name[0] == '@' ? map->name + 1 : map->name;
	char *name = arena_printf(linker->arena, "%s%s", is_script ? "" : "bpfline_", *own ? own : "anonymous"), *p;

	for (p = name; *p; p++)
		if (*p == '.')
			*p = '_';
	while (table_get_str(&linker->map_names, name))
		name = arena_printf(linker->arena, "%s_", name);
	table_set_str(&linker->map_names, name, linker);
	return name;
}

static void find_data(struct linker *linker)
{
	const struct object *object = linker->object;
	size_t i, j;

	for (i = 0; i < object->programs.count; i++)
		for (j = 0; j < object->programs.items[i].relocs.count; j++) {
			const struct code_reloc *reloc = &object->programs.items[i].relocs.items[j];

			if (reloc->kind == RELOC_MAP_VALUE)
				linker->is_data[reloc->map] = true;
		}
}

static struct written_symbol *add_data(struct linker *linker, const struct object_map *map, const char *name)
{
	bool is_constant = map->flags & BPF_F_RDONLY_PROG;
	struct written_section *section = elf_writer_section(
		&linker->file, arena_printf(linker->arena, ".%s.%s", is_constant ? "rodata" : "data", name),
		SHT_PROGBITS, SHF_ALLOC | (is_constant ? 0u : (uint32_t)SHF_WRITE));

	if (map->contents)
		strbuf_add(&section->bytes, map->contents, map->value_size);
	else
		strbuf_fill(&section->bytes, '\0', map->value_size);
	return elf_writer_begin(&linker->file, section);
}

static struct written_symbol *add_map(struct linker *linker, const struct object_map *map, const char *name)
{
	struct written_section *section =
		elf_writer_section(&linker->file, ".maps", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE);
	struct written_symbol *symbol = elf_writer_symbol(&linker->file, section, name, STT_OBJECT, true);

	symbol->size = elf_btf_add_map(&linker->btf, linker->arena, map, name, (uint32_t)symbol->value);
	strbuf_fill(&section->bytes, '\0', symbol->size);
	return symbol;
}

static void add_maps(struct linker *linker)
{
	const struct object *object = linker->object;
	size_t i;

	table_init(&linker->map_names, linker->arena);
	linker->maps = arena_new_array(linker->arena, struct written_symbol *, object->maps.count);
	linker->is_data = arena_new_array(linker->arena, bool, object->maps.count);
	find_data(linker);
	for (i = 0; i < object->maps.count; i++) {
		const struct object_map *map = &object->maps.items[i];
		const char *name = map_name(linker, map);

		linker->maps[i] = linker->is_data[i] ? add_data(linker, map, name)
						     : add_map(linker, map, name);
	}
}

/* --- where programs go -------------------------------------------------------------------- */

static const struct object_attachment *attachment_of(const struct object *object, uint32_t program)
{
	size_t i;

	for (i = 0; i < object->attachments.count; i++)
		if (object->attachments.items[i].program == program)
			return &object->attachments.items[i];
	return NULL;
}

static const char *section_name(struct linker *linker, uint32_t number)
{
	enum { ITER_PREFIX = sizeof("bpf_iter_") - 1 }; /* of the functions that iterators are loaded for */
	const struct object_attachment *attachment = attachment_of(linker->object, number);
	const char *section = attachment ? attachment->mechanism->section : "raw_tp" /* our own */;
	char *name, *p;

	if (!section) {
		linker->trouble = arena_printf(linker->arena, "%s as it is attached (%s)", attachment->name,
					       attachment->mechanism->name);
		return "";
	}
	if (section[strlen(section) - 1] != '/')
		return section;
	name = arena_strdup(linker->arena, attachment->target);
	if (attachment->mechanism->prog_type == BPF_PROG_TYPE_TRACEPOINT) {
		for (p = name; *p; p++)
			*p = *p == ':' ? '/' : *p;
	} else {
		name = strrchr(name, ':') ? strrchr(name, ':') + 1 : name;
	}
	if (attachment->mechanism->attach_type == BPF_TRACE_ITER)
		name += ITER_PREFIX;
	return ARENA_JOIN(linker->arena, section, name);
}

/* --- code --------------------------------------------------------------------------------- */

static struct elf_infos *infos_of(struct linker *linker, const struct written_section *section)
{
	struct elf_infos infos = { .section = section->name };
	size_t i;

	for (i = 0; i < linker->infos.count; i++)
		if (linker->infos.items[i].section == section->name)
			return &linker->infos.items[i];
	vec_push(linker->arena, &linker->infos, infos);
	return &vec_last(&linker->infos);
}

/* A program's functions: its own, and those it calls, which go to .text. */
struct part {
	struct written_section *section;
	uint32_t start, end; /* instructions of the program */
	uint32_t at;	     /* and of the section, where it begins */
};

struct layout {
	const struct object_program *program;
	struct part *parts;
	uint32_t count;
};

static const struct part *part_at(const struct layout *layout, uint32_t insn)
{
	uint32_t i = layout->count;

	while (i-- > 1)
		if (insn >= layout->parts[i].start)
			break;
	return &layout->parts[i];
}

static void add_reloc(struct linker *linker, const struct part *part, uint32_t insn, uint32_t type,
		      const struct written_symbol *symbol)
{
	const struct written_reloc reloc = { (uint64_t)(part->at + insn - part->start) * INSN, type, symbol };

	vec_push(linker->arena, &part->section->relocs, reloc);
}

/* Calls and addresses of functions. */
static void link_functions(struct linker *linker, const struct layout *layout, struct bpf_insn *insns)
{
	uint32_t i;

	for (i = 0; i < layout->program->insn_count; i++) {
		struct bpf_insn *insn = &insns[i];
		bool is_call = insn->code == (BPF_JMP | BPF_CALL);
		bool is_address = insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC;
		const struct part *callee;

		if (is_call && insn->src_reg == BPF_PSEUDO_KFUNC_CALL)
			linker->trouble = "calls of functions of the kernel";
		if (!is_address && !(is_call && insn->src_reg == BPF_PSEUDO_CALL))
			continue;
		callee = part_at(layout, (uint32_t)((int32_t)i + insn->imm + 1));
		insn->imm = is_call ? (int32_t)callee->at - 1 : (int32_t)(callee->at * INSN);
		add_reloc(linker, part_at(layout, i), i, is_call ? R_BPF_64_32 : R_BPF_64_64,
			  elf_writer_begin(&linker->file, callee->section));
	}
}

/* What stands in the second half of the instruction for the runtime stands in the first in files. */
static void link_maps(struct linker *linker, const struct layout *layout, struct bpf_insn *insns)
{
	size_t i;

	for (i = 0; i < layout->program->relocs.count; i++) {
		const struct code_reloc *reloc = &layout->program->relocs.items[i];
		struct bpf_insn *insn = &insns[reloc->insn];

		if (linker->is_data[reloc->map] != (reloc->kind == RELOC_MAP_VALUE))
			linker->trouble = "maps that are looked up and addressed";
		insn[0].src_reg = 0;
		insn[0].imm = reloc->kind == RELOC_MAP_VALUE ? insn[1].imm : 0;
		insn[1].imm = 0;
		add_reloc(linker, part_at(layout, reloc->insn), reloc->insn, R_BPF_64_64,
			  linker->maps[reloc->map]);
	}
}

static void place_infos(struct linker *linker, const struct layout *layout)
{
	const struct object_program *program = layout->program;
	uint32_t i;

	for (i = 0; i < program->func_info_count; i++) {
		struct bpf_func_info info = program->func_infos[i];
		const struct part *part = part_at(layout, info.insn_off);

		info.insn_off = info.insn_off - part->start + part->at;
		vec_push(linker->arena, &infos_of(linker, part->section)->functions, info);
	}
	for (i = 0; i < program->line_info_count; i++) {
		struct bpf_line_info info = program->line_infos[i];
		const struct part *part = part_at(layout, info.insn_off);

		info.insn_off = info.insn_off - part->start + part->at;
		vec_push(linker->arena, &infos_of(linker, part->section)->lines, info);
	}
}

/* Programs may share a name that was cut. */
static const char *symbol_name(struct linker *linker, const char *name, uint32_t program, uint32_t part)
{
	return part ? arena_printf(linker->arena, "%s_%u_%u", name, program, part)
		    : arena_printf(linker->arena, "%s_%u", name, program);
}

static void place_parts(struct linker *linker, uint32_t number, struct layout *layout)
{
	const struct object_program *program = layout->program;
	struct written_section *text = NULL;
	uint32_t i;

	layout->count = MAX(program->func_info_count, 1u);
	layout->parts = arena_new_array(linker->arena, struct part, layout->count);
	if (layout->count > 1)
		text = elf_writer_section(&linker->file, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR);
	for (i = 0; i < layout->count; i++) {
		struct part *part = &layout->parts[i];
		struct written_symbol *symbol;

		part->start = i ? program->func_infos[i].insn_off : 0;
		part->end = i + 1 < layout->count ? program->func_infos[i + 1].insn_off : program->insn_count;
		part->section = i ? text : elf_writer_section(&linker->file, section_name(linker, number),
							      SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR);
		part->at = (uint32_t)part->section->bytes.length / INSN;
		symbol = elf_writer_symbol(&linker->file, part->section,
					symbol_name(linker, program->name, number, i), STT_FUNC, !i);
		symbol->size = (uint64_t)(part->end - part->start) * INSN;
		strbuf_fill(&part->section->bytes, '\0', symbol->size);
	}
}

static void add_program(struct linker *linker, uint32_t number)
{
	const struct object_program *program = &linker->object->programs.items[number];
	struct bpf_insn *insns = arena_dup(linker->arena, program->insns,
					   program->insn_count * sizeof(*insns));
	struct layout layout = { .program = program };
	uint32_t i;

	place_parts(linker, number, &layout);
	if (linker->trouble)
		return;
	link_functions(linker, &layout, insns);
	link_maps(linker, &layout, insns);
	place_infos(linker, &layout);
	for (i = 0; i < layout.count; i++) {
		const struct part *part = &layout.parts[i];

		memcpy(part->section->bytes.text + part->at * INSN, insns + part->start,
		       (part->end - part->start) * INSN);
	}
}

/* --- the whole ---------------------------------------------------------------------------- */

static void add_section(struct linker *linker, const char *name, const struct strbuf *bytes)
{
	strbuf_add(&elf_writer_section(&linker->file, name, SHT_PROGBITS, 0)->bytes, bytes->text, bytes->length);
}

const char *object_elf(struct arena *arena, const struct object *object, struct strbuf *out)
{
	struct linker linker = { .arena = arena, .object = object };
	struct strbuf bytes;
	uint32_t i;

	elf_writer_init(&linker.file, arena);
	elf_btf_init(&linker.btf, arena, object);
	add_maps(&linker);
	for (i = 0; i < object->programs.count && !linker.trouble; i++)
		add_program(&linker, i);
	if (linker.trouble)
		return linker.trouble;
	strbuf_init(&bytes, arena);
	strbuf_add(&bytes, object->config.license, strlen(object->config.license) + 1);
	add_section(&linker, "license", &bytes);
	strbuf_init(&bytes, arena);
	elf_btf_ext(&linker.btf, linker.infos.items, linker.infos.count, &bytes);
	add_section(&linker, ".BTF.ext", &bytes);
	strbuf_init(&bytes, arena);
	elf_btf_finish(&linker.btf, &bytes);
	add_section(&linker, ".BTF", &bytes);
	elf_writer_finish(&linker.file, out);
	return NULL;
}
