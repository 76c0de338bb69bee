/*
 * Headers and sections of an ELF file.  Bytes are read, not mapped: a file
 * that is cut short meanwhile gives an error, not a signal.
 */
#include "runtime/host/elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/compiler.h"
#include "runtime/host/zip.h"

enum {
	HEADERS_MAX = 1 << 20,
	SECTION_MAX = 1 << 30, /* a file with holes may claim anything */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	OUR_BYTE_ORDER = ELFDATA2LSB,
#else
	OUR_BYTE_ORDER = ELFDATA2MSB,
#endif
};

static bool is_inside(const struct elf_file *elf, uint64_t offset, uint64_t size)
{
	return offset <= elf->size && size <= elf->size - offset;
}

bool elf_read(const struct elf_file *elf, uint64_t offset, void *to, size_t size)
{
	char *at = to;

	if (!is_inside(elf, offset, size))
		return false;
	while (size) {
		ssize_t n = pread(elf->fd, at, size, (off_t)(elf->base + offset));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

static int check_header(const struct elf_file *elf)
{
	const Elf64_Ehdr *header = &elf->header;

	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != OUR_BYTE_ORDER)
		return -ENOTSUP;
	if (header->e_phnum && header->e_phentsize != sizeof(Elf64_Phdr))
		return -EBADMSG;
	if (header->e_shoff && header->e_shentsize != sizeof(Elf64_Shdr))
		return -EBADMSG;
	return 0;
}

/* A table of headers; NULL when it is not in the file. */
static void *read_table(const struct elf_file *elf, uint64_t offset, uint64_t count, size_t item)
{
	void *table;

	if (count > HEADERS_MAX || !is_inside(elf, offset, count * item))
		return NULL;
	table = arena_alloc(elf->arena, count * item + 1);
	return elf_read(elf, offset, table, count * item) ? table : NULL;
}

static int read_sections(struct elf_file *elf)
{
	uint64_t count = elf->header.e_shnum, names = elf->header.e_shstrndx;
	Elf64_Shdr first;

	if (!elf->header.e_shoff)
		return 0;
	if (!elf_read(elf, elf->header.e_shoff, &first, sizeof(first)))
		return -EBADMSG;
	if (!count) /* more than the header has room for */
		count = first.sh_size;
	if (names == SHN_XINDEX)
		names = first.sh_link;
	elf->sections = read_table(elf, elf->header.e_shoff, count, sizeof(*elf->sections));
	if (!elf->sections)
		return -EBADMSG;
	elf->section_count = count;
	if (names < count) {
		elf->section_names = elf_bytes(elf, &elf->sections[names]);
		elf->section_names_size = elf->sections[names].sh_size;
	}
	return 0;
}

/* `member`: of the archive that the file is, or NULL. */
static int read_headers(struct elf_file *elf, const char *member)
{
	struct stat st;
	int err;

	if (fstat(elf->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOEXEC;
	elf->size = (uint64_t)st.st_size;
	if (member) {
		err = zip_find(elf->fd, elf->size, member, &elf->base, &elf->size);
		if (err)
			return err;
	}
	if (!elf_read(elf, 0, &elf->header, sizeof(elf->header)))
		return -ENOEXEC;
	err = check_header(elf);
	if (err)
		return err;
	elf->segments = read_table(elf, elf->header.e_phoff, elf->header.e_phnum,
				   sizeof(*elf->segments));
	if (!elf->segments)
		return -EBADMSG;
	elf->segment_count = elf->header.e_phnum;
	return read_sections(elf);
}

int elf_open(struct arena *arena, const char *path, struct elf_file **ret_elf)
{
	struct elf_file *elf = arena_new_struct(arena, struct elf_file);
	const char *mark = strstr(path, ZIP_MARK), *member = NULL;
	struct stat st;
	int err;

	if (mark && stat(path, &st)) { /* else it is a file with such a name */
		member = mark + strlen(ZIP_MARK);
		path = arena_strndup(arena, path, (size_t)(mark - path));
	}
	*elf = (struct elf_file){ .arena = arena, .path = arena_strdup(arena, path) };
	/* A device or a FIFO must not hold us. */
	elf->fd = open(elf->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (elf->fd < 0)
		return -errno;
	err = read_headers(elf, member);
	if (err) {
		elf_close(elf);
		return err;
	}
	*ret_elf = elf;
	return 0;
}

void elf_close(struct elf_file *elf)
{
	if (elf && elf->fd >= 0)
		close(elf->fd);
}

bool elf_is_loadable(const struct elf_file *elf)
{
	return elf->header.e_type == ET_EXEC || elf->header.e_type == ET_DYN;
}

const char *elf_section_name(const struct elf_file *elf, const Elf64_Shdr *section)
{
	if (!elf->section_names || section->sh_name >= elf->section_names_size)
		return "";
	return elf->section_names + section->sh_name;
}

const Elf64_Shdr *elf_section(const struct elf_file *elf, const char *name, uint32_t type)
{
	size_t i;

	for (i = 0; i < elf->section_count; i++) {
		const Elf64_Shdr *section = &elf->sections[i];

		if (name ? !strcmp(elf_section_name(elf, section), name) : section->sh_type == type)
			return section;
	}
	return NULL;
}

const void *elf_bytes(const struct elf_file *elf, const Elf64_Shdr *section)
{
	char *bytes;

	if (section->sh_type == SHT_NOBITS || (section->sh_flags & SHF_COMPRESSED) ||
	    section->sh_size > SECTION_MAX ||
	    !is_inside(elf, section->sh_offset, section->sh_size))
		return NULL;
	bytes = arena_alloc(elf->arena, section->sh_size + 1);
	return elf_read(elf, section->sh_offset, bytes, section->sh_size) ? bytes : NULL;
}

const void *elf_bytes_of(const struct elf_file *elf, const Elf64_Shdr *section, uint64_t *ret_size)
{
	Elf64_Shdr plain = *section;
	const unsigned char *bytes;
	Elf64_Chdr header;
	uLongf length;
	char *whole;

	plain.sh_flags &= ~(Elf64_Xword)SHF_COMPRESSED;
	bytes = elf_bytes(elf, &plain);
	*ret_size = section->sh_size;
	if (!bytes || !(section->sh_flags & SHF_COMPRESSED))
		return bytes;
	if (section->sh_size < sizeof(header))
		return NULL;
	memcpy(&header, bytes, sizeof(header));
	if (header.ch_type != ELFCOMPRESS_ZLIB || header.ch_size > SECTION_MAX)
		return NULL;
	length = header.ch_size;
	whole = arena_alloc(elf->arena, header.ch_size + 1);
	if (uncompress((Bytef *)whole, &length, bytes + sizeof(header),
		       section->sh_size - sizeof(header)) != Z_OK)
		return NULL;
	*ret_size = length;
	return whole;
}

bool elf_offset(const struct elf_file *elf, uint64_t address, uint32_t flags, uint64_t *ret_offset)
{
	size_t i;

	for (i = 0; i < elf->segment_count; i++) {
		const Elf64_Phdr *segment = &elf->segments[i];
		uint64_t into = address - segment->p_vaddr;

		if (segment->p_type != PT_LOAD || (segment->p_flags & flags) != flags ||
		    address < segment->p_vaddr || into >= segment->p_filesz ||
		    !is_inside(elf, segment->p_offset, segment->p_filesz))
			continue;
		*ret_offset = segment->p_offset + into;
		return true;
	}
	return false;
}

bool elf_is_go(const struct elf_file *elf)
{
	return elf_section(elf, ".go.buildinfo", 0) || elf_section(elf, ".gopclntab", 0) ||
	       elf_section(elf, ".note.go.buildid", 0);
}

const char *elf_build_id(const struct elf_file *elf)
{
	const Elf64_Shdr *section = elf_section(elf, ".note.gnu.build-id", 0);
	const unsigned char *note = section ? elf_bytes(elf, section) : NULL;
	Elf64_Nhdr header;
	char *text;
	size_t i;

	if (!note || section->sh_size < sizeof(header) + sizeof("GNU"))
		return NULL;
	memcpy(&header, note, sizeof(header));
	note += sizeof(header) + sizeof("GNU");
	if (header.n_type != NT_GNU_BUILD_ID || header.n_namesz != sizeof("GNU") ||
	    header.n_descsz < 2 || header.n_descsz > 64 ||
	    header.n_descsz > section->sh_size - sizeof(header) - sizeof("GNU"))
		return NULL;
	text = arena_alloc(elf->arena, header.n_descsz * 2 + 1);
	for (i = 0; i < header.n_descsz; i++) {
		text[2 * i] = "0123456789abcdef"[note[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[note[i] & 15];
	}
	return text;
}
