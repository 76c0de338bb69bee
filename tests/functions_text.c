/*
 * The library's rows as docs/functions.md, for `ninja update-manual` and the
 * test that compares.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "sema/builtin.h"
#include "stdlib/library.h"

static const char *const head =
	"# Values and functions\n"
	"\n"
	"Made from the rows in `stdlib/` by `ninja -C build update-manual`.  Arguments in brackets may be left out; what may be\n"
	"called without arguments needs no parentheses.  The result's type stands after the colon where it is always the same.\n"
	"Every example is a test; what it prints follows it where that does not depend on the machine.\n";

static bool has_result(const struct builtin *row, const struct prototype *prototype)
{
	return prototype->result_length && strncmp(row->prototype, "infer", 5) != 0 &&
	       strncmp(row->prototype, "void", 4) != 0;
}

/* Is it the next of arg0, arg1, arg2 ...? */
static bool goes_on(const struct builtin *row, const struct builtin *before)
{
	size_t length = strcspn(row->name, "0123456789");

	return row->name[length] && before && !strncmp(row->name, before->name, length) &&
	       strcspn(before->name, "0123456789") == length;
}

/* The first line is the script, the rest what it prints. */
static void print_example(const char *example)
{
	const char *end = strchr(example, '\n');

	printf("\n```bpfline%s\n", end ? " run" : "");
	if (!end) {
		printf("%s\n```\n", example);
		return;
	}
	printf("%.*s```\n\n```output\n%s```\n", (int)(end + 1 - example), example, end + 1);
}

static void print_row(const struct builtin *row)
{
	struct prototype prototype;
	struct arena *arena = arena_new();
	struct strbuf text;

	prototype_parse(row->prototype, &prototype);
	strbuf_init(&text, arena);
	prototype_format(row, &text);
	if (has_result(row, &prototype)) {
		strbuf_puts(&text, " : ");
		strbuf_add(&text, prototype.result, prototype.result_length);
	}
	printf("\n### %s\n\n`%s`\n\n%s%s\n", row->name, text.text, row->manual,
	       row->flags & BUILTIN_UNSAFE ? "  Needs `--unsafe`." : "");
	if (row->example)
		print_example(row->example);
	arena_free(arena);
}

/* The end of a line, or of the text. */
static const char *line_end(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end : line + strlen(line);
}

/* The comment above a macro: lines of manual, an example, what it prints. */
static void print_comment(const char *line, const char *macro)
{
	static const char mark[] = "// example: ";
	bool is_example = false;

	for (; line < macro; line = line_end(line) + 1) {
		int length = (int)(line_end(line) - line);

		if (!strncmp(line, mark, strlen(mark))) {
			printf("\n```bpfline run\n%.*s\n```\n\n```output\n", length - (int)strlen(mark),
			       line + strlen(mark));
			is_example = true;
		} else {
			printf("%.*s\n", length - 3, line + 3);
		}
	}
	printf("%s", is_example ? "```\n" : "");
}

static void print_prelude(void)
{
	const char *line, *comment = NULL;

	printf("\n## Said in the language itself\n\nMacros, as in `stdlib/prelude.bt`.\n");
	for (line = stdlib_prelude.text; *line; line = line_end(line) + 1) {
		if (*line == '\n') {
			comment = NULL;
		} else if (!strncmp(line, "//", 2)) {
			comment = comment ? comment : line;
		} else if (!strncmp(line, "macro ", 6)) {
			const char *open = strchr(line, '(');

			printf("\n### %.*s\n\n`%.*s`\n\n", (int)(open - line) - 6, line + 6,
			       (int)(strchr(open, ')') + 1 - line) - 6, line + 6);
			print_comment(comment, line);
		}
	}
}

int main(void)
{
	const struct builtin_family *family;
	const struct builtin *row, *before = NULL;
	const char *title = "";

	fputs(head, stdout);
	for (family = stdlib_families; family->rows; family++) {
		if (strcmp(family->title, title) != 0)
			printf("\n## %s\n", family->title);
		title = family->title;
		for (row = family->rows; row->name; before = row++)
			if (!goes_on(row, before))
				print_row(row);
	}
	print_prelude();
	return 0;
}
