/*
 * uprobe, uretprobe: functions of programs and libraries, and addresses in
 * them.
 *
 * The kernel puts a breakpoint wherever it is told to.  Inside an instruction
 * that would change what the program does, so places are checked first.
 */
#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "lexer/literal.h"
#include "runtime/host/debug_lines.h"
#include "runtime/host/demangle.h"
#include "runtime/lister.h"
#include "runtime/probes/context.h"
#include "runtime/probes/probes.h"
#include "runtime/probes/user.h"
#include "sema/program.h"

/* What stands after the binary. */
struct wanted {
	const char *name;      /* function, or pattern of such */
	const char *written;   /* with offset and all */
	struct span span;
	bool is_pattern;
	bool is_quoted;	       /* a '*' may be one of C++: int f(char *) */
	bool is_demangled;     /* a name as the C++ source has it */
	bool is_address;
	uint64_t offset;       /* into the function; or the address */
	bool has_offset;
};

/* --- reading attach points ------------------------------------------------------- */

static bool parse_number(const char *text, uint64_t *ret_number)
{
	struct literal_number literal = { 0 };

	if (*text < '0' || *text > '9' ||
	    literal_parse_number(text, strlen(text), 0, &literal) != LITERAL_OK)
		return false;
	*ret_number = literal.value;
	return true;
}

static bool check_language(struct expander *expander, const struct attach_point_part *part)
{
	if (!strcmp(part->text, "cpp"))
		return true;
	diag_report(expander->program->diags, part->span, DIAG_ATTACH_POINT,
		    "unsupported language type: %s", part->text);
	diag_hint(expander->program->diags, "the one that is known is cpp, as in %s:BIN:cpp:\"ns::f\"",
		  expander->type->name);
	return false;
}

static bool parse_wanted(struct expander *expander, const struct attach_point_parts *parts,
			 struct wanted *ret_wanted)
{
	const struct attach_point_part *part = &parts->parts.items[part_count(parts)];
	struct wanted wanted = { .name = part->text, .written = part->text, .span = part->span };
	char *plus = strrchr(part->text, '+');

	if (part_count(parts) == 3) {
		if (!check_language(expander, &parts->parts.items[2]))
			return false;
		wanted.is_demangled = true;
	}
	if (!*part->text) {
		diag_report(expander->program->diags, expander->span, DIAG_ATTACH_POINT,
			    "%s needs a function or an address", expander->type->name);
		diag_hint(expander->program->diags, "it is written %s", expander->type->forms);
		return false;
	}
	wanted.is_address = parse_number(part->text, &wanted.offset);
	if (!wanted.is_address && plus && plus > part->text &&
	    parse_number(plus + 1, &wanted.offset)) {
		wanted.name = arena_strndup(expander->program->arena, part->text,
					    (size_t)(plus - part->text));
		wanted.has_offset = true;
	}
	wanted.is_quoted = part->is_quoted;
	wanted.is_pattern = !part->is_quoted && has_wildcard(wanted.name);
	/* Characters that only names of the source have. */
	if (!wanted.is_pattern && (strstr(wanted.name, "::") || strchr(wanted.name, '(')))
		wanted.is_demangled = true;
	*ret_wanted = wanted;
	return true;
}

/* --- finding functions --------------------------------------------------------------- */

static bool names_match(const struct wanted *wanted, const char *name)
{
	size_t length = strlen(wanted->name);

	if (wanted->is_pattern)
		return wildcard_match(wanted->name, name);
	if (!strcmp(wanted->name, name))
		return true;
	/* Without parameters all overloads are meant. */
	return wanted->is_demangled && !strchr(wanted->name, '(') &&
	       !strncmp(wanted->name, name, length) && name[length] == '(';
}

static bool is_meant(struct arena *arena, const struct wanted *wanted,
		     const struct elf_symbol *symbol, const char **ret_name)
{
	const char *name = symbol->name;

	/* Code of a function that is seldom run, out of its way: nobody calls it. */
	if (wanted->is_demangled && strstr(name, ".cold"))
		return false;
	if (wanted->is_demangled) {
		name = demangle(arena, symbol->name);
		if (!name)
			name = symbol->name;
	}
	*ret_name = name;
	return names_match(wanted, name);
}

static void find_functions(struct arena *arena, const struct wanted *wanted,
			   const struct elf_symbols *symbols, struct elf_symbols *ret_found)
{
	const char *name;
	size_t i;

	for (i = 0; i < symbols->count; i++) {
		struct elf_symbol symbol = symbols->items[i];

		if (!is_meant(arena, wanted, &symbol, &name))
			continue;
		symbol.name = name;
		vec_push(arena, ret_found, symbol);
	}
	/* A pattern means each function once, whatever other names it has. */
	elf_sort_symbols(ret_found, wanted->is_pattern);
}

/* --- checking places -------------------------------------------------------------------- */

static bool may_attach_inside(struct expander *expander, const struct user_binary *file,
			      const struct elf_symbol *symbol, const struct wanted *wanted,
			      uint64_t offset)
{
	struct diags *diags = expander->program->diags;
	uint64_t last = 0;

	if (expander->program->options->allow_unsafe)
		return true;
	switch (binary_boundary(file->binary, symbol, offset, &last)) {
	case BOUNDARY_YES:
		return true;
	case BOUNDARY_INSIDE:
		diag_report(diags, wanted->span, DIAG_ATTACH_POINT,
			    "%s is inside an instruction: a breakpoint there would change what the "
			    "program does",
			    wanted->written);
		diag_hint(diags, "the instruction begins at %s+%" PRIu64, symbol->name, last);
		return false;
	case BOUNDARY_UNKNOWN:
		diag_report(diags, wanted->span, DIAG_ATTACH_POINT,
			    "whether an instruction begins at %s cannot be told", wanted->written);
		diag_hint(diags, "--unsafe does without the check; a breakpoint inside an instruction "
				 "changes what the program does");
		return false;
	}
	unreachable();
}

static bool check_offset(struct expander *expander, const struct user_binary *file,
			 const struct elf_symbol *symbol, const struct wanted *wanted)
{
	uint64_t size = binary_function_size(file->binary, symbol);

	if (wanted->offset >= size && !expander->program->options->allow_unsafe) {
		diag_report(expander->program->diags, wanted->span, DIAG_ATTACH_POINT,
			    "Offset outside the function bounds ('%s' size is %" PRIu64 ")",
			    symbol->name, size);
		return false;
	}
	return may_attach_inside(expander, file, symbol, wanted, wanted->offset);
}

/* Is the place one where a function is entered?  Elsewhere no return address is on top of the stack. */
static bool is_entry(const struct user_binary *file, const struct wanted *wanted)
{
	const struct elf_symbol *symbol;

	if (!wanted->is_address)
		return !wanted->has_offset;
	symbol = binary_function_at(file->binary, wanted->offset);
	return symbol && symbol->address == wanted->offset;
}

static bool check_return(struct expander *expander, const struct user_binary *file,
			 const struct wanted *wanted)
{
	struct diags *diags = expander->program->diags;

	if (expander->type != &probe_uretprobe || is_entry(file, wanted))
		return true;
	diag_report(diags, wanted->span, DIAG_ATTACH_POINT, "Offset not allowed");
	diag_hint(diags, "uretprobe is put on a whole function");
	return false;
}

/* --- adding points ------------------------------------------------------------------------ */

static struct attach_point *add_point(struct expander *expander, const struct user_binary *file,
				      const struct elf_symbol *symbol, uint64_t address, const char *name)
{
	bool is_entry = address == symbol->address ||
			address == binary_cheap_entry(file->binary, symbol->address);
	const struct user_function function = { file->binary, symbol->address, symbol->linkage,
						is_entry };
	enum user_probe kind = expander->type == &probe_uretprobe ? USER_PROBE_RETURN :
								    USER_PROBE_ENTRY;
	struct attach_point *point;
	uint64_t offset;

	if (!elf_offset(file->binary->elf, address, PF_X, &offset))
		return NULL;
	point = expander_add(expander, user_mechanism(expander, kind), name);
	point->target = file->path;
	point->number = file->binary->elf->base + offset;
	point->data = arena_dup(expander->program->arena, &function, sizeof(function));
	return point;
}

static const char *shown_function(struct expander *expander, const char *name)
{
	const char *plain = demangle(expander->program->arena, name);

	return plain ? plain : name;
}

static bool is_go_return(const struct expander *expander, const struct user_binary *file)
{
	return expander->type == &probe_uretprobe && elf_is_go(file->binary->elf);
}

/* With an offset exactly there, even if it is 0. */
static uint64_t place_in(const struct expander *expander, const struct user_binary *file,
			 const struct elf_symbol *symbol, const struct wanted *wanted)
{
	if (wanted->has_offset || !expander->program->config.skip_endbr)
		return symbol->address + wanted->offset;
	return binary_cheap_entry(file->binary, symbol->address);
}

static void add_functions(struct expander *expander, const struct user_binary *file,
			  const struct elf_symbols *found, const struct wanted *wanted)
{
	const char *language = wanted->is_demangled && !strchr(wanted->name, '(') ? "cpp:" : "";
	struct attach_point *point;
	size_t i;

	for (i = 0; i < found->count; i++) {
		const struct elf_symbol *symbol = &found->items[i];
		const char *name;

		if (wanted->has_offset && !check_offset(expander, file, symbol, wanted))
			return;
		name = point_name(expander, "%s:%s:%s%s", expander->type->name, file->name, language,
				  symbol->name);
		if (wanted->has_offset)
			name = point_name(expander, "%s+%" PRIu64, name, wanted->offset);
		if (is_go_return(expander, file)) {
			add_go_returns(expander, file, symbol,
				       &(struct user_point){ name, wanted->span, wanted->is_pattern });
			continue;
		}
		point = add_point(expander, file, symbol, place_in(expander, file, symbol, wanted), name);
		if (!point)
			continue;
		point->function = shown_function(expander, symbol->name);
		/* Several functions of one name, static ones or versions of a library's. */
		point->is_part = i && !strcmp(found->items[i - 1].name, symbol->name);
	}
	if (found->count == 1 && found->items[0].is_chooser && !wanted->is_pattern) {
		diag_report(expander->program->diags, wanted->span, DIAG_SUSPICIOUS,
			    "'%s' stands for several functions, of which one is chosen when a program "
			    "starts: the probe sees the choosing, not the calls",
			    wanted->name);
		diag_hint(expander->program->diags, "bpfline -l '%s:%s:*%s*' may list them",
			  expander->type->name, file->name, wanted->name);
	}
}

/* Adds the point at the address wanted->offset, called `name`. */
static void add_address(struct expander *expander, const struct user_binary *file,
			const struct wanted *wanted, const char *name)
{
	const struct elf_symbol *symbol = binary_function_at(file->binary, wanted->offset);
	struct elf_symbol none = { .name = "", .linkage = "", .address = wanted->offset };
	struct attach_point *point;
	uint64_t offset;

	if (!elf_offset(file->binary->elf, wanted->offset, PF_X, &offset)) {
		diag_report(expander->program->diags, wanted->span, DIAG_ATTACH_POINT,
			    "Could not resolve address: %s:%#" PRIx64, file->name, wanted->offset);
		diag_hint(expander->program->diags,
			  "it is an address as 'nm' and 'objdump -d' print it, in code");
		return;
	}
	if (!symbol && !expander->program->options->allow_unsafe) {
		diag_report(expander->program->diags, wanted->span, DIAG_ATTACH_POINT,
			    "whether an instruction begins at %s cannot be told: no function is known "
			    "there",
			    wanted->written);
		diag_hint(expander->program->diags,
			  "--unsafe does without the check; a breakpoint inside an instruction "
			  "changes what the program does");
		return;
	}
	if (!symbol)
		symbol = &none;
	if (!may_attach_inside(expander, file, symbol, wanted, wanted->offset - symbol->address))
		return;
	if (is_go_return(expander, file)) {
		add_go_returns(expander, file, symbol, &(struct user_point){ name, wanted->span, false });
		return;
	}
	point = add_point(expander, file, symbol, wanted->offset, name);
	point->function = shown_function(expander, symbol->name);
}

/* --- resolving ------------------------------------------------------------------------------ */

/* Gives how many functions the binary has at all.  `suggestion` may be NULL. */
static size_t resolve_in(struct expander *expander, const struct user_binary *file,
			 const struct wanted *wanted, struct suggestion *suggestion)
{
	struct arena *arena = expander->program->arena;
	const struct elf_symbols *symbols;
	struct elf_symbols found = { 0 };
	size_t i;

	if (!check_return(expander, file, wanted))
		return 1;
	if (wanted->is_address) {
		add_address(expander, file, wanted,
			    point_name(expander, "%s:%s:%#" PRIx64, expander->type->name, file->name,
				       wanted->offset));
		return 1;
	}
	symbols = binary_functions(file->binary, false);
	find_functions(arena, wanted, symbols, &found);
	if (!found.count && !wanted->is_pattern) {
		symbols = binary_functions(file->binary, true);
		find_functions(arena, wanted, symbols, &found);
	}
	add_functions(expander, file, &found, wanted);
	for (i = 0; !found.count && suggestion && i < symbols->count; i++)
		suggestion_offer(suggestion, symbols->items[i].name);
	return symbols->count;
}

static void report_no_symbols(struct expander *expander, const struct attach_point_parts *parts,
			      const struct user_binary *file)
{
	size_t before = expander->program->diags->list.count;

	report_no_match(expander, parts, NULL);
	if (expander->program->diags->list.count == before)
		return; /* missing ones are ignored */
	diag_hint(expander->program->diags,
		  "'%s' has no symbols: it was stripped, and no file of debug information for it was "
		  "found; an address can be probed",
		  file->name);
}

static void resolve_function(struct expander *expander, const struct attach_point_parts *parts)
{
	size_t before = expander->points.count, errors, functions = 0, i;
	struct program *program = expander->program;
	bool has_binary = part_count(parts) > 1;
	struct user_binaries files = { 0 };
	struct suggestion suggestion;
	struct wanted wanted;

	if (!expect_parts(expander, parts, program->options->pid ? 1 : 2, 3) ||
	    !parse_wanted(expander, parts, &wanted) ||
	    !open_binaries(expander, parts, has_binary, false, &files))
		return;
	errors = program->diags->error_count;
	suggestion_init(&suggestion, wanted.name);
	for (i = 0; i < files.count && program->diags->error_count == errors; i++)
		functions += resolve_in(expander, &files.items[i], &wanted,
					files.count == 1 && !wanted.is_pattern ? &suggestion : NULL);
	/* What is in quotes is a pattern where no function is called just that. */
	wanted.is_pattern = wanted.is_quoted && has_wildcard(wanted.name) &&
			    expander->points.count == before;
	for (i = 0; wanted.is_pattern && i < files.count && program->diags->error_count == errors; i++)
		resolve_in(expander, &files.items[i], &wanted, NULL);
	if (expander->points.count > before || program->diags->error_count > errors)
		return;
	if (!functions && files.count == 1)
		report_no_symbols(expander, parts, &files.items[0]);
	else
		report_no_match(expander, parts,
				suggestion.best ?
					point_name(expander, "%s:%s:%s", expander->type->name,
						   files.items[0].name, suggestion.best) :
					NULL);
}

/* --- lines of the source ---------------------------------------------------------------------- */

/* BIN@FILE:LINE[:COL]; a path may have an '@' in it, too: then there is such a file. */
static bool is_source_place(struct expander *expander, const struct attach_point_parts *parts)
{
	struct user_paths paths = { 0 };

	if (!part_count(parts) || !strrchr(part_text(parts, 1), '@'))
		return false;
	user_files_find(expander->program->target->user_files, part_text(parts, 1), true,
			expander->program->options->pid, &paths);
	return !paths.count;
}

static bool parse_source_place(struct expander *expander, const struct attach_point_parts *parts,
			       struct source_line *ret_wanted)
{
	size_t count = part_count(parts);

	*ret_wanted = (struct source_line){ .file = strrchr(part_text(parts, 1), '@') + 1 };
	if (expander->type == &probe_uretprobe) {
		diag_report(expander->program->diags, expander->span, DIAG_ATTACH_POINT,
			    "Source code location not allowed");
		diag_hint(expander->program->diags, "uretprobe is put on a whole function");
		return false;
	}
	if (count >= 2 && count <= 3 && *ret_wanted->file &&
	    parse_number(part_text(parts, 2), &ret_wanted->line) &&
	    (count == 2 || parse_number(part_text(parts, 3), &ret_wanted->column)))
		return true;
	diag_report(expander->program->diags, expander->span, DIAG_ATTACH_POINT,
		    "Invalid uprobe arguments, expected format: uprobe:TARGET@FILE:LINE[:COL]");
	return false;
}

static void report_line(struct expander *expander, const struct user_binary *file,
			const struct source_line *line, enum line_result result, uint64_t next)
{
	struct diags *diags = expander->program->diags;

	switch (result) {
	case LINE_WITHOUT_DEBUG:
		diag_report(diags, expander->span, DIAG_NO_MATCH,
			    "No DWARF debug info found for '%s', cannot attach by source code location.",
			    file->name);
		diag_hint(diags, "it comes with a program compiled by -g, or in its debug package");
		return;
	case LINE_WITHOUT_FILE:
		diag_report(diags, expander->span, DIAG_NO_MATCH,
			    "no source file of '%s' is called %s", file->name, line->file);
		return;
	case LINE_WITHOUT_CODE:
		diag_report(diags, expander->span, DIAG_NO_MATCH,
			    "no statement begins at line %" PRIu64 " of %s", line->line, line->file);
		if (next)
			diag_hint(diags, "the next line with one is %" PRIu64, next);
		return;
	case LINE_FOUND:
		return;
	}
	unreachable();
}

static void resolve_source_place(struct expander *expander,
				 const struct attach_point_parts *parts)
{
	struct arena *arena = expander->program->arena;
	struct attach_point_part *items =
		arena_dup(arena, parts->parts.items, parts->parts.count * sizeof(*items));
	struct attach_point_parts binary = *parts;
	struct wanted wanted = { .is_address = true };
	struct user_binaries files = { 0 };
	struct source_line line;
	uint64_t next = 0;
	enum line_result result;
	const char *name;

	if (!parse_source_place(expander, parts, &line))
		return;
	items[1].text = arena_strndup(arena, items[1].text,
				      (size_t)(line.file - 1 - items[1].text));
	items[1].is_quoted = true; /* one binary */
	binary.parts.items = items;
	if (!open_binaries(expander, &binary, 1, false, &files))
		return;
	result = debug_line_find(files.items[0].binary, &line, &wanted.offset, &next);
	report_line(expander, &files.items[0], &line, result, next);
	if (result != LINE_FOUND)
		return;
	name = point_name(expander, "%s:%s@%s:%" PRIu64, expander->type->name, files.items[0].name,
			  line.file, line.line);
	if (line.column)
		name = point_name(expander, "%s:%" PRIu64, name, line.column);
	wanted.name = wanted.written = name;
	wanted.span = expander->span;
	add_address(expander, &files.items[0], &wanted, name);
}

static void resolve(struct expander *expander, const struct attach_point_parts *parts)
{
	if (is_source_place(expander, parts))
		resolve_source_place(expander, parts);
	else
		resolve_function(expander, parts);
}

/* --- listing ---------------------------------------------------------------------------------- */

static void list_functions(struct lister *lister, const struct probe_type *type,
			   const struct attach_point_parts *pattern)
{
	struct user_binaries files = { 0 };
	struct wanted wanted = { .name = "*", .is_pattern = true };
	size_t count = pattern ? part_count(pattern) : 0, i, j;

	if (!lists_binaries(lister, pattern))
		return;
	if (count > 1 || (count == 1 && lister->pid))
		wanted.name = part_text(pattern, count);
	wanted.is_demangled = count == 3 && !strcmp(part_text(pattern, 2), "cpp");
	list_binaries(lister, count > 1 || (count == 1 && !lister->pid) ? &pattern->parts.items[1] : NULL,
		      &files);
	for (i = 0; i < files.count; i++) {
		struct elf_symbols found = { 0 };

		find_functions(lister->arena, &wanted, binary_functions(files.items[i].binary, false),
			       &found);
		for (j = 0; j < found.count; j++) {
			struct listed *listed =
				lister_add(lister, arena_printf(lister->arena, "%s:%s:%s%s", type->name,
								files.items[i].name,
								wanted.is_demangled ? "cpp:" : "",
								found.items[j].name));

			if (listed && lister->verbose && type->args)
				listed->details = user_arg_lines(lister, files.items[i].binary,
								 &found.items[j]);
		}
	}
}

static void list_entries(struct lister *lister, const struct attach_point_parts *pattern)
{
	list_functions(lister, &probe_uprobe, pattern);
}

/* Only asked for by name: each function would be there twice. */
static void list_returns(struct lister *lister, const struct attach_point_parts *pattern)
{
	if (!lister->is_general)
		list_functions(lister, &probe_uretprobe, pattern);
}

const struct probe_type probe_uprobe = {
	.name = "uprobe",
	.short_name = "u",
	.forms = "uprobe:BIN:FUNCTION, uprobe:BIN:FUNCTION+OFFSET, uprobe:BIN:ADDRESS or "
		 "uprobe:BIN@FILE:LINE",
	.manual = "Fires when a function of a program or library is entered, or at an instruction.",
	.ways = "uprobe_multi perf",
	.flags = PROBE_LAST_FIRST | PROBE_OF_PROGRAMS,
	.space = SPACE_USER,
	.resolve = resolve,
	.args = user_args,
	.hidden_arg = hidden_user_arg,
	.find_type = user_type,
	.find_constant = user_constant,
	.context = registers_context,
	.list = list_entries,
};

const struct probe_type probe_uretprobe = {
	.name = "uretprobe",
	.short_name = "ur",
	.forms = "uretprobe:BIN:FUNCTION",
	.manual = "Fires when a function of a program or library returns.",
	.ways = "uprobe_multi perf",
	.flags = PROBE_LAST_FIRST,
	.space = SPACE_USER,
	.resolve = resolve,
	.find_type = user_type,
	.find_constant = user_constant,
	.context = registers_context,
	.list = list_returns,
};
