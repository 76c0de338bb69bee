/*
 * Returns of functions that were compiled by Go.
 *
 * uretprobe puts the address of a trap on the stack in place of the return
 * address.  Go moves its stacks and reads the return addresses on them, and
 * would crash; so its functions are probed at each instruction that returns.
 */
#include <inttypes.h>
#include <string.h>

#include "runtime/probes/probes.h"
#include "runtime/probes/user.h"
#include "sema/program.h"

/* Since 1.18 the file tells its version in place; since 1.17 results are in registers. */
static bool returns_in_registers(const struct elf_file *elf, const struct elf_symbol *symbol)
{
	static const char magic[] = "\xff Go buildinf:";
	enum { FLAGS = 15, FLAG_VERSION_IN_PLACE = 2 };
	const Elf64_Shdr *section = elf_section(elf, ".go.buildinfo", 0);
	size_t length = strlen(symbol->linkage);
	uint8_t head[FLAGS + 1];
	bool is_of_assembler = length > 5 && !strcmp(symbol->linkage + length - 5, ".abi0");

	return section && !is_of_assembler && section->sh_size > sizeof(head) &&
	       elf_read(elf, section->sh_offset, head, sizeof(head)) &&
	       !memcmp(head, magic, sizeof(magic) - 1) && (head[FLAGS] & FLAG_VERSION_IN_PLACE);
}

static void report_unknown(struct expander *expander, const struct user_binary *file,
			   const struct elf_symbol *symbol, bool is_readable, struct span span)
{
	struct diags *diags = expander->program->diags;

	if (is_readable) {
		diag_report(diags, span, DIAG_ATTACH_POINT, "%s has no instruction that returns",
			    symbol->name);
		return;
	}
	diag_report(diags, span, DIAG_ATTACH_POINT,
		    "uretprobe would crash '%s', a Go program: Go moves its stacks, and the return "
		    "address that the kernel puts there does not survive it; and where %s returns is "
		    "not understood",
		    file->name, symbol->name);
	diag_hint(diags, "uprobe:%s:%s+OFFSET on its RET instructions sees the returns", file->name,
		  symbol->name);
}

void add_go_returns(struct expander *expander, const struct user_binary *file,
		    const struct elf_symbol *symbol, const struct user_point *wanted)
{
	bool in_registers = returns_in_registers(file->binary->elf, symbol);
	enum user_probe kind = in_registers ? USER_PROBE_GO_RETURN : USER_PROBE_GO_RETURN_ON_STACK;
	const struct user_function function = { file->binary, symbol->address, symbol->linkage, false };
	struct binary_places returns = { 0 };
	bool is_readable = binary_returns(file->binary, symbol, &returns);
	size_t i;

	if (!is_readable || !returns.count) {
		if (!wanted->is_pattern) /* one of many is passed over */
			report_unknown(expander, file, symbol, is_readable, wanted->span);
		return;
	}
	for (i = 0; i < returns.count; i++) {
		struct attach_point *point =
			expander_add(expander, user_mechanism(expander, kind), wanted->name);

		point->target = file->path;
		point->number = returns.items[i];
		point->function = symbol->name;
		point->data = arena_dup(expander->program->arena, &function, sizeof(function));
		point->is_part = i > 0;
	}
}
