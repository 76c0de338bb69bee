/*
 * Reads the functions of .text out of an object file for BPF, with distrust:
 * all that the file says is checked against its size.
 *
 * A function that uses what cannot be had (maps, functions of the kernel,
 * places that move from kernel to kernel) keeps that as its flaw: others of
 * the file may be fine.
 */
#include "runtime/host/c_object.h"

#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "runtime/host/btf.h"
#include "runtime/host/btf_types.h"
#include "runtime/host/elf_file.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

enum { INSN_SIZE = sizeof(struct bpf_insn), STACK_MAX = 512, REG_FRAME = 10, NONE = UINT32_MAX };

struct reader {
	struct arena *arena;
	struct types *types;
	struct elf_file *elf;
	struct btf *btf; /* NULL: the file has none */
	struct c_object *object;
	const Elf64_Sym *symbols;
	size_t symbol_count;
	const char *names; /* of symbols, ends in a NUL */
	uint64_t names_size;
	size_t text; /* section */
	const struct bpf_insn *insns;
	uint32_t insn_count;
	uint32_t *symbol_of;   /* by instruction: symbol of its relocation + 1 */
	uint32_t *function_at; /* by instruction: the function that begins there + 1 */
};

/* --- the file ------------------------------------------------------------------------ */

static const char *symbol_name(const struct reader *reader, const Elf64_Sym *symbol)
{
	return symbol->st_name < reader->names_size ? reader->names + symbol->st_name : "";
}

static const Elf64_Shdr *section_at(const struct reader *reader, size_t index)
{
	return index < reader->elf->section_count ? &reader->elf->sections[index] : NULL;
}

static int read_symbols(struct reader *reader)
{
	const Elf64_Shdr *section = elf_section(reader->elf, NULL, SHT_SYMTAB), *names;

	names = section ? section_at(reader, section->sh_link) : NULL;
	if (!names)
		return -EBADMSG;
	reader->symbols = elf_bytes(reader->elf, section);
	reader->symbol_count = section->sh_size / sizeof(*reader->symbols);
	reader->names = elf_bytes(reader->elf, names);
	reader->names_size = names->sh_size;
	return reader->symbols && reader->names ? 0 : -EBADMSG;
}

static int read_text(struct reader *reader)
{
	const Elf64_Shdr *text = elf_section(reader->elf, ".text", 0);

	if (!text || text->sh_type != SHT_PROGBITS)
		return 0; /* no functions at all */
	reader->text = (size_t)(text - reader->elf->sections);
	reader->insns = elf_bytes(reader->elf, text);
	if (!reader->insns || text->sh_size % INSN_SIZE || text->sh_size / INSN_SIZE >= NONE)
		return -EBADMSG;
	reader->insn_count = (uint32_t)(text->sh_size / INSN_SIZE);
	reader->symbol_of = arena_new_array(reader->arena, uint32_t, reader->insn_count);
	reader->function_at = arena_new_array(reader->arena, uint32_t, reader->insn_count);
	return 0;
}

static const Elf64_Shdr *relocations_of(const struct reader *reader, size_t section)
{
	size_t i;

	for (i = 0; i < reader->elf->section_count; i++)
		if (reader->elf->sections[i].sh_type == SHT_REL &&
		    reader->elf->sections[i].sh_info == section)
			return &reader->elf->sections[i];
	return NULL;
}

static int read_relocations(struct reader *reader)
{
	const Elf64_Shdr *section = reader->insns ? relocations_of(reader, reader->text) : NULL;
	const Elf64_Rel *relocs;
	size_t i;

	if (!section)
		return 0;
	relocs = elf_bytes(reader->elf, section);
	if (!relocs)
		return -EBADMSG;
	for (i = 0; i < section->sh_size / sizeof(*relocs); i++) {
		uint64_t insn = relocs[i].r_offset / INSN_SIZE, symbol = ELF64_R_SYM(relocs[i].r_info);

		if (insn >= reader->insn_count || symbol >= reader->symbol_count)
			return -EBADMSG;
		reader->symbol_of[insn] = (uint32_t)symbol + 1;
	}
	return 0;
}

static int read_btf(struct reader *reader)
{
	const Elf64_Shdr *section = elf_section(reader->elf, ".BTF", 0);
	const void *data = section ? elf_bytes(reader->elf, section) : NULL;

	return data ? btf_of_data(reader->arena, data, section->sh_size, &reader->btf) : 0;
}

/* --- types ---------------------------------------------------------------------------- */

static const struct type *pointee(const struct reader *reader, uint32_t id)
{
	const struct btf_type *type = btf_type(reader->btf, id);
	unsigned kind = type ? BTF_INFO_KIND(type->info) : BTF_KIND_UNKN;

	if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION || kind == BTF_KIND_FWD)
		return kernel_struct(reader->types, btf_name(reader->btf, type->name_off),
				     kind == BTF_KIND_UNION);
	if (kind == BTF_KIND_INT && type->size <= 8 && !(type->size & (type->size - 1)) && type->size)
		return type_int(reader->types, type->size, false);
	return reader->types->void_type;
}

/* Of a parameter or result; NULL: the language has no such values. */
static const struct type *read_type(const struct reader *reader, uint32_t id)
{
	const struct btf_type *type;
	const uint32_t *data;
	bool is_user = false;

	id = btf_skip_modifiers(reader->btf, id, &is_user);
	if (!id)
		return reader->types->void_type;
	type = btf_type(reader->btf, id);
	if (!type)
		return NULL;
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
		data = btf_type_data(type);
		if (BTF_INT_ENCODING(*data) & BTF_INT_BOOL)
			return reader->types->bool_type;
		if (type->size != 1 && type->size != 2 && type->size != 4 && type->size != 8)
			return NULL;
		return type_int(reader->types, type->size, BTF_INT_ENCODING(*data) & BTF_INT_SIGNED);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return type_int(reader->types, type->size == 8 ? 8 : 4, BTF_INFO_KFLAG(type->info));
	case BTF_KIND_PTR:
		id = btf_skip_modifiers(reader->btf, type->type, &is_user);
		return type_pointer(reader->types, pointee(reader, id),
				    is_user ? SPACE_USER : SPACE_KERNEL);
	default:
		return NULL;
	}
}

static void read_prototype(const struct reader *reader, struct c_function *function)
{
	uint32_t id = reader->btf ? btf_find(reader->btf, BTF_KIND_BIT(BTF_KIND_FUNC), function->name) : 0;
	const struct btf_type *type = btf_type(reader->btf, id), *prototype;
	const struct btf_param *params;
	uint32_t i;

	prototype = type ? btf_type(reader->btf, type->type) : NULL;
	if (!prototype || BTF_INFO_KIND(prototype->info) != BTF_KIND_FUNC_PROTO) {
		function->flaw = "its file tells no types (clang writes them with -g)";
		return;
	}
	params = btf_type_data(prototype);
	for (i = 0; i < BTF_INFO_VLEN(prototype->info); i++) {
		const struct type *param = read_type(reader, params[i].type);

		if (!param || param->kind == TYPE_VOID)
			function->flaw = "it has a parameter that no script can pass";
		vec_push(reader->arena, &function->params, param);
	}
	function->result = read_type(reader, prototype->type);
	if (!function->result)
		function->flaw = "its result has a type that scripts do not know";
}

/* --- functions ----------------------------------------------------------------------------- */

static void add_function(struct reader *reader, const Elf64_Sym *symbol)
{
	uint64_t first = symbol->st_value / INSN_SIZE, count = symbol->st_size / INSN_SIZE;
	struct c_function *function;

	if (symbol->st_value % INSN_SIZE || symbol->st_size % INSN_SIZE || !count ||
	    first >= reader->insn_count || count > reader->insn_count - first ||
	    reader->function_at[first])
		return;
	function = arena_new_struct(reader->arena, struct c_function);
	function->name = arena_strdup(reader->arena, symbol_name(reader, symbol));
	function->object = reader->object;
	function->insns = reader->insns + first;
	function->insn_count = (uint32_t)count;
	read_prototype(reader, function);
	vec_push(reader->arena, &reader->object->functions, function);
	reader->function_at[first] = (uint32_t)reader->object->functions.count;
}

static void add_functions(struct reader *reader)
{
	size_t i;

	for (i = 0; i < reader->symbol_count; i++) {
		const Elf64_Sym *symbol = &reader->symbols[i];

		if (ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx == reader->text &&
		    reader->insns)
			add_function(reader, symbol);
	}
}

/* The deepest place below r10 that it surely names; offsets from copies of r10 count too. */
static uint32_t stack_of(const struct c_function *function)
{
	int32_t deepest = 0;
	uint32_t i;

	for (i = 0; i < function->insn_count; i++) {
		const struct bpf_insn *insn = &function->insns[i];
		uint8_t class = BPF_CLASS(insn->code);
		bool is_access = class == BPF_LDX || class == BPF_ST || class == BPF_STX;

		if (is_access && (class == BPF_LDX ? insn->src_reg : insn->dst_reg) == REG_FRAME)
			deepest = MIN(deepest, (int32_t)insn->off);
		if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_K) && insn->imm >= -STACK_MAX)
			deepest = MIN(deepest, insn->imm);
	}
	return (uint32_t)-deepest;
}

/* --- relocations ----------------------------------------------------------------------------- */

/* The function that begins at an offset in .text, or NONE. */
static uint32_t function_of(const struct reader *reader, int64_t offset)
{
	if (offset < 0 || offset % INSN_SIZE || offset / INSN_SIZE >= reader->insn_count)
		return NONE;
	return reader->function_at[offset / INSN_SIZE] - 1; /* 0: NONE */
}

/* Index of a section of data in the object; added at its first use. */
static uint32_t section_of(struct reader *reader, const Elf64_Shdr *section)
{
	struct c_section new = { .name = elf_section_name(reader->elf, section),
				 .size = (uint32_t)section->sh_size,
				 .is_writable = (section->sh_flags & SHF_WRITE) != 0 };
	size_t i;

	for (i = 0; i < reader->object->sections.count; i++)
		if (!strcmp(reader->object->sections.items[i].name, new.name))
			return (uint32_t)i;
	if (section->sh_type != SHT_NOBITS) {
		new.bytes = elf_bytes(reader->elf, section);
		if (!new.bytes)
			return NONE;
	}
	new.name = arena_strdup(reader->arena, new.name);
	vec_push(reader->arena, &reader->object->sections, new);
	return (uint32_t)reader->object->sections.count - 1;
}

static bool is_data(const char *section)
{
	return !strncmp(section, ".rodata", 7) || !strncmp(section, ".data", 5) ||
	       !strncmp(section, ".bss", 4);
}

enum { DATA_MAX = 1 << 24 };

static const char *relocate_data(struct reader *reader, const Elf64_Sym *symbol, int64_t addend,
				 struct c_relocation *reloc)
{
	const Elf64_Shdr *section = section_at(reader, symbol->st_shndx);
	const char *name = symbol_name(reader, symbol), *in;
	uint64_t offset = symbol->st_value + (uint64_t)addend;

	if (!section)
		return arena_printf(reader->arena, "it uses '%s', which is not in its file", name);
	in = elf_section_name(reader->elf, section);
	if (!is_data(in))
		return arena_printf(reader->arena, "it uses '%s', %s in section %s", name,
				    strstr(in, "maps") ? "a map" : "which is", in);
	if (relocations_of(reader, symbol->st_shndx))
		return arena_printf(reader->arena, "it uses '%s', which holds addresses",
				    *name ? name : in);
	if (offset >= section->sh_size || section->sh_size > DATA_MAX)
		return arena_printf(reader->arena, "it uses what lies outside of %s", in);
	reloc->kind = C_DATA;
	reloc->offset = (uint32_t)offset;
	reloc->index = section_of(reader, section);
	return reloc->index == NONE ? "its data is not in the file" : NULL;
}

static bool is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* NULL, or what is wrong. */
static const char *relocate(struct reader *reader, const Elf64_Sym *symbol,
			    const struct bpf_insn *insn, struct c_relocation *reloc)
{
	const char *name = symbol_name(reader, symbol);

	if (insn->code == (BPF_JMP | BPF_CALL)) {
		reloc->kind = C_CALL;
		reloc->index = symbol->st_shndx == reader->text ?
				       function_of(reader, (int64_t)symbol->st_value +
								   ((int64_t)insn->imm + 1) * INSN_SIZE) :
				       NONE;
		return reloc->index != NONE ? NULL :
					      arena_printf(reader->arena,
							   "it calls '%s', which is not in its file", name);
	}
	if (!is_wide(insn))
		return "its code is damaged";
	if (symbol->st_shndx != reader->text)
		return relocate_data(reader, symbol, insn->imm, reloc);
	reloc->kind = C_FUNCTION;
	reloc->index = function_of(reader, (int64_t)symbol->st_value + insn->imm);
	return reloc->index != NONE ? NULL : "its code is damaged";
}

static bool names_something(const struct bpf_insn *insn)
{
	return insn->src_reg && (is_wide(insn) || insn->code == (BPF_JMP | BPF_CALL));
}

/* Without a relocation: a function of the same section, so many instructions away. */
static const char *relocate_near(struct reader *reader, uint32_t at, struct c_relocation *reloc)
{
	const struct bpf_insn *insn = &reader->insns[at];

	if (is_wide(insn) || insn->src_reg != BPF_PSEUDO_CALL)
		return "its code is damaged";
	reloc->kind = C_CALL;
	reloc->index = function_of(reader, ((int64_t)at + insn->imm + 1) * INSN_SIZE);
	return reloc->index != NONE ? NULL : "its code is damaged";
}

static void scan_function(struct reader *reader, struct c_function *function)
{
	uint32_t first = (uint32_t)(function->insns - reader->insns), i;

	for (i = 0; i < function->insn_count && !function->flaw; i += is_wide(&function->insns[i]) + 1U) {
		const struct bpf_insn *insn = &function->insns[i];
		struct c_relocation reloc = { .insn = i };
		uint32_t symbol = reader->symbol_of[first + i];

		if (is_wide(insn) && i + 1 == function->insn_count)
			function->flaw = "its code is damaged";
		else if (symbol)
			function->flaw = relocate(reader, &reader->symbols[symbol - 1], insn, &reloc);
		else if (!names_something(insn))
			continue;
		else
			function->flaw = relocate_near(reader, first + i, &reloc);
		if (!function->flaw)
			vec_push(reader->arena, &function->relocs, reloc);
	}
	function->stack_size = stack_of(function);
}

/* --- places that move from kernel to kernel ------------------------------------------------- */

/* The head of .BTF.ext, as far as it is of interest. */
struct ext_header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t header_size, func_offset, func_size, line_offset, line_size, core_offset, core_size;
};

static void flaw_at(struct reader *reader, uint32_t insn)
{
	size_t i;

	for (i = 0; i < reader->object->functions.count; i++) {
		struct c_function *function = reader->object->functions.items[i];
		uint32_t first = (uint32_t)(function->insns - reader->insns);

		if (insn >= first && insn - first < function->insn_count && !function->flaw)
			function->flaw = "it has places in it that are to be fitted to the kernel (CO-RE)";
	}
}

/* Sections of records, each with its size, name and number of records before it. */
static void scan_core(struct reader *reader, const char *data, uint32_t size)
{
	uint32_t record, head[2], at = sizeof(record), i, insn;

	if (size < sizeof(record))
		return;
	memcpy(&record, data, sizeof(record));
	while (record >= sizeof(insn) && size - at >= sizeof(head)) {
		bool is_text;

		memcpy(head, data + at, sizeof(head));
		at += sizeof(head);
		is_text = !strcmp(btf_name(reader->btf, head[0]), ".text");
		for (i = 0; i < head[1] && size - at >= record; i++, at += record) {
			memcpy(&insn, data + at, sizeof(insn));
			if (is_text)
				flaw_at(reader, insn / INSN_SIZE);
		}
		if (i < head[1])
			return;
	}
}

static void find_core(struct reader *reader)
{
	const Elf64_Shdr *section = elf_section(reader->elf, ".BTF.ext", 0);
	const char *data = section ? elf_bytes(reader->elf, section) : NULL;
	struct ext_header header;
	uint64_t start;

	if (!data || !reader->btf || section->sh_size < sizeof(header))
		return;
	memcpy(&header, data, sizeof(header));
	start = (uint64_t)header.header_size + header.core_offset;
	if (header.header_size < sizeof(header) || start > section->sh_size ||
	    header.core_size > section->sh_size - start)
		return;
	scan_core(reader, data + start, header.core_size);
}

/* --- all of it --------------------------------------------------------------------------------- */

static int read_object(struct reader *reader)
{
	size_t i;
	int err;

	if (reader->elf->header.e_machine != EM_BPF)
		return -ENOEXEC;
	err = read_symbols(reader);
	err = err ? err : read_text(reader);
	err = err ? err : read_relocations(reader);
	err = err ? err : read_btf(reader);
	if (err)
		return err == -EINVAL ? -EBADMSG : err;
	add_functions(reader);
	for (i = 0; i < reader->object->functions.count; i++)
		scan_function(reader, reader->object->functions.items[i]);
	find_core(reader);
	return 0;
}

int c_object_read(struct arena *arena, struct types *types, const char *path,
		  struct c_object *ret_object)
{
	struct reader reader = { .arena = arena, .types = types, .object = ret_object };
	int err = elf_open(arena, path, &reader.elf);

	if (err)
		return err;
	err = read_object(&reader);
	elf_close(reader.elf);
	return err;
}
