/*
 * How the tool is used: --help, and what a wrong command line is answered with.
 *
 * A mistake gets a few lines that stay on the screen: what is wrong, what was
 * probably meant, and where everything is listed.
 */
#include "cli/usage.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "cli/option_list.h"
#include "runtime/exit_status.h"
#include "runtime/output/report.h"

/* What the list of options has of one. */
struct option_row {
	int key;
	const char *name, *argument, *help;
};

static const struct option_row rows[] = {
#define X(key, name, argument, help) { key, name, argument, help },
	OPTIONS(X)
#undef X
};

static const char forms[] =
	"Usage:\n"
	"    bpfline [options] FILE [params]\n"
	"    bpfline [options] -             (script on standard input)\n"
	"    bpfline [options] -e 'script' [params]\n"
	"    bpfline -l [pattern | FILE]     bpfline -l -e 'script'\n";

static const char examples[] =
	"\n"
	"Examples:\n"
	"    bpfline -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'\n"
	"                                    system calls by program, until Ctrl-C\n"
	"    bpfline -l 'tracepoint:syscalls:*open*'\n"
	"                                    what can be probed\n"
	"\n";

static const char options_head[] =
	"Words after `--` that begin with -- are the script's own options; `-- --help` lists them.\n"
	"\n"
	"Options:\n";

static const char settings_and_statuses[] =
	"\n"
	"Settings (max_map_keys, max_strlen ...) are taken from config = { ... } in the script and,\n"
	"with priority, from the environment: BPFTRACE_MAX_STRLEN=200.\n"
	"\n"
	"Exit status:\n"
#define X(id, number, meaning) "    " #number "\t" meaning "\n"
	EXIT_STATUSES(X)
#undef X
	"    N\tof exit(N) in the script\n";

/* --- help ---------------------------------------------------------------------------- */

/* Two columns; a help of several lines goes on in its own. */
static void print_option(const struct option_row *row)
{
	enum { INDENT = 4, HELP_COLUMN = 28 };
	int column = printf("%*s", INDENT, "");
	const char *c;

	if (row->key < OPTION_DUMP)
		column += printf(row->name ? "-%c, " : "-%c", row->key);
	if (row->name)
		column += printf("--%s", row->name);
	if (row->argument)
		column += printf(" %s", row->argument);
	printf("%*s", MAX(HELP_COLUMN - column, 2), "");
	for (c = row->help; *c; c++) {
		putchar(*c);
		if (*c == '\n')
			printf("%*s", HELP_COLUMN, "");
	}
	putchar('\n');
}

void usage_print(void)
{
	size_t i;

	fputs(forms, stdout);
	fputs(options_head, stdout);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].help)
			print_option(&rows[i]);
	fputs(settings_and_statuses, stdout);
}

/* --- mistakes ------------------------------------------------------------------------ */

int usage_remind(void)
{
	fputs(forms, stderr);
	fputs(examples, stderr);
	fputs("`bpfline -h` lists the options.\n", stderr);
	return STATUS_USAGE;
}

/* After a message that may be all that a reader wants: without the examples. */
static int remind_shortly(void)
{
	fputs(forms, stderr);
	fputs("`bpfline -h` lists the options.\n", stderr);
	return STATUS_USAGE;
}

int usage_error(const char *format, ...)
{
	va_list args;

	fputs("ERROR: USAGE: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return remind_shortly();
}

/* A row by its letter or number; NULL: there is none. */
static const struct option_row *row_of(int key)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].key == key)
			return &rows[i];
	return NULL;
}

/* The long options that begin with a name, of which there are several. */
static void list_beginning(const char *name, size_t length)
{
	const char *before = "it could be";
	size_t i;

	fputs("HINT: ", stderr);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].name || strncmp(rows[i].name, name, length) != 0)
			continue;
		fprintf(stderr, "%s --%s", before, rows[i].name);
		before = ",";
	}
	fputc('\n', stderr);
}

/* `shown` is how the option was written, `name` what to look for among the long ones. */
static int unknown_option(const char *shown, const char *name)
{
	size_t length = strlen(name), beginning = 0, i;
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].name)
			continue;
		beginning += !strncmp(rows[i].name, name, length);
		if (rows[i].help)
			suggestion_offer(&suggestion, rows[i].name);
	}
	fprintf(stderr, "ERROR: USAGE: there is no option %s\n", shown);
	if (length && beginning > 1)
		list_beginning(name, length);
	else if (suggestion.best)
		report_hint("did you mean --%s?", suggestion.best);
	return remind_shortly();
}

/* "--name=value" without the value. */
static int unknown_name(const char *word)
{
	char shown[64];

	snprintf(shown, sizeof(shown), "%.*s", (int)strcspn(word, "="), word);
	return unknown_option(shown, shown + strspn(shown, "-"));
}

/* A letter among others, or a long option after one dash. */
static int unknown_letter(int letter, char **argv)
{
	const char shown[] = { '-', (char)letter, '\0' };
	const char *next = argv[optind], *word = argv[optind - 1];

	/* getopt_long() is still in the word, or has just left it. */
	if (next && next[0] == '-' && next[1] == letter && next[2])
		word = next;
	if (word[0] == '-' && word[1] == letter && word[2])
		return unknown_name(word);
	return unknown_option(shown, "");
}

int usage_bad_option(int result, char **argv)
{
	const struct option_row *row = optopt ? row_of(optopt) : NULL;

	if (row && result == ':' && optopt >= OPTION_DUMP)
		return usage_error("option --%s takes an argument: %s", row->name, row->argument);
	if (row && result == ':')
		return usage_error("option -%c takes an argument: %s", optopt, row->argument);
	if (row)
		return usage_error("option --%s takes no argument", row->name);
	return optopt ? unknown_letter(optopt, argv) : unknown_name(argv[optind - 1]);
}
