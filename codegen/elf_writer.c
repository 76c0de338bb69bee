/*
 * Puts an ELF file together: the header, the sections with those of their
 * relocations, symbols and names, then the table of sections.  (libelf writes to
 * descriptors only, and the compiler opens none.)
 */
#include "codegen/elf_writer.h"

#include <string.h>

#include "base/compiler.h"

enum { MACHINE_BPF = 247 /* EM_BPF */ };

void elf_writer_init(struct elf_writer *writer, struct arena *arena)
{
	*writer = (struct elf_writer){ .arena = arena };
	table_init(&writer->by_name, arena);
}

struct written_section *elf_writer_section(struct elf_writer *writer, const char *name, uint32_t type,
					   uint32_t flags)
{
	struct written_section *section = table_get_str(&writer->by_name, name);

	if (section)
		return section;
	section = arena_new_struct(writer->arena, struct written_section);
	*section = (struct written_section){ .name = name, .type = type, .flags = flags,
					     .number = (uint32_t)writer->sections.count + 1 };
	strbuf_init(&section->bytes, writer->arena);
	vec_push(writer->arena, &writer->sections, section);
	table_set_str(&writer->by_name, name, section);
	return section;
}

struct written_symbol *elf_writer_symbol(struct elf_writer *writer, struct written_section *section, const char *name,
				  unsigned char type, bool is_global)
{
	struct written_symbol *symbol = arena_new_struct(writer->arena, struct written_symbol);

	*symbol = (struct written_symbol){ .name = name, .section = section, .type = type,
				       .is_global = is_global, .value = section->bytes.length };
	vec_push(writer->arena, &writer->symbols, symbol);
	return symbol;
}

struct written_symbol *elf_writer_begin(struct elf_writer *writer, struct written_section *section)
{
	if (!section->symbol) {
		section->symbol = elf_writer_symbol(writer, section, "", STT_SECTION, false);
		section->symbol->value = 0;
	}
	return section->symbol;
}

/* --- the file ---------------------------------------------------------------------------- */

static uint32_t name_offset(struct elf_writer *writer, const char *name)
{
	uint32_t offset = (uint32_t)writer->names.length;

	if (!*name)
		return 0;
	strbuf_add(&writer->names, name, strlen(name) + 1);
	return offset;
}

static void put_section(struct elf_writer *writer, Elf64_Shdr header, const char *name, const void *bytes,
			size_t size)
{
	header.sh_name = name_offset(writer, name);
	strbuf_fill(writer->out, '\0', -writer->out->length & 7);
	header.sh_offset = writer->out->length;
	header.sh_size = size;
	strbuf_add(writer->out, bytes ? bytes : "", size);
	vec_push(writer->arena, &writer->headers, header);
}

static Elf64_Sym symbol_entry(struct elf_writer *writer, const struct written_symbol *symbol)
{
	return (Elf64_Sym){
		.st_name = name_offset(writer, symbol->name),
		.st_info = ELF64_ST_INFO(symbol->is_global ? STB_GLOBAL : STB_LOCAL, symbol->type),
		.st_shndx = (uint16_t)symbol->section->number,
		.st_value = symbol->value,
		.st_size = symbol->size,
	};
}

/* Local symbols come first. */
static void put_symbols(struct elf_writer *writer, uint32_t names_section)
{
	const Elf64_Sym none = { 0 };
	VEC(Elf64_Sym) table = { 0 };
	uint32_t first_global = 1, pass;
	size_t i;

	vec_push(writer->arena, &table, none);
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < writer->symbols.count; i++) {
			struct written_symbol *symbol = writer->symbols.items[i];

			if (symbol->is_global != (pass == 1))
				continue;
			symbol->number = (uint32_t)table.count;
			vec_push(writer->arena, &table, symbol_entry(writer, symbol));
		}
		if (!pass)
			first_global = (uint32_t)table.count;
	}
	put_section(writer, (Elf64_Shdr){ .sh_type = SHT_SYMTAB, .sh_link = names_section,
					  .sh_info = first_global, .sh_addralign = 8,
					  .sh_entsize = sizeof(Elf64_Sym) },
		    ".symtab", table.items, table.count * sizeof(*table.items));
}

static void put_relocs(struct elf_writer *writer, const struct written_section *section, uint32_t symbols)
{
	struct arena *arena = writer->arena;
	VEC(Elf64_Rel) table = { 0 };
	size_t i;

	for (i = 0; i < section->relocs.count; i++) {
		const struct written_reloc *reloc = &section->relocs.items[i];
		Elf64_Rel entry = { .r_offset = reloc->offset,
				    .r_info = ELF64_R_INFO(reloc->symbol->number, reloc->type) };

		vec_push(arena, &table, entry);
	}
	put_section(writer, (Elf64_Shdr){ .sh_type = SHT_REL, .sh_link = symbols,
					  .sh_info = section->number, .sh_addralign = 8,
					  .sh_entsize = sizeof(Elf64_Rel) },
		    arena_printf(arena, ".rel%s", section->name), table.items,
		    table.count * sizeof(*table.items));
}

static void put_sections(struct elf_writer *writer)
{
	uint32_t symbols = (uint32_t)writer->sections.count + 1, names = symbols + 1;
	size_t i;

	for (i = 0; i < writer->sections.count; i++) {
		const struct written_section *section = writer->sections.items[i];

		put_section(writer, (Elf64_Shdr){ .sh_type = section->type, .sh_flags = section->flags,
						  .sh_addralign = 8 },
			    section->name, section->bytes.text, section->bytes.length);
		names += section->relocs.count > 0;
	}
	put_symbols(writer, names);
	for (i = 0; i < writer->sections.count; i++)
		if (writer->sections.items[i]->relocs.count)
			put_relocs(writer, writer->sections.items[i], symbols);
	/* Its own name is in it. */
	name_offset(writer, ".strtab");
	put_section(writer, (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_addralign = 1 }, "",
		    writer->names.text, writer->names.length);
	vec_last(&writer->headers).sh_name = (uint32_t)(writer->names.length - sizeof(".strtab"));
}

void elf_writer_finish(struct elf_writer *writer, struct strbuf *out)
{
	const Elf64_Shdr none = { 0 };
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_REL, .e_machine = MACHINE_BPF, .e_version = EV_CURRENT,
		.e_ehsize = sizeof(header), .e_shentsize = sizeof(Elf64_Shdr),
	};

	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		header.e_ident[EI_DATA] = ELFDATA2MSB;
	writer->out = out;
	strbuf_init(&writer->names, writer->arena);
	strbuf_putc(&writer->names, '\0');
	vec_push(writer->arena, &writer->headers, none);
	strbuf_add(out, (const char *)&header, sizeof(header));
	put_sections(writer);
	strbuf_fill(out, '\0', -out->length & 7);
	header.e_shoff = out->length;
	header.e_shnum = (uint16_t)writer->headers.count;
	header.e_shstrndx = (uint16_t)(writer->headers.count - 1);
	memcpy(out->text, &header, sizeof(header));
	strbuf_add(out, (const char *)writer->headers.items,
		   writer->headers.count * sizeof(*writer->headers.items));
}
