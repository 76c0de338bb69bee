/*
 * The table of the kernel's symbols, read when the first address is to be
 * printed, and again when one is in none of them, or in code that comes and
 * goes, and programs or modules were loaded since.
 *
 * Symbols have no sizes there.  Of code that comes and goes, which lies between
 * modules, they are found out: what is behind a program is not a part of it.
 */
#include "runtime/kernel_symbols.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/compiler.h"
#include "base/table.h"
#include "base/vec.h"
#include "runtime/bpf.h"
#include "runtime/host/kallsyms.h"

/* A name further from an address than any function is long says nothing about it. */
#define SYMBOL_MAX (16ull << 20)

/* Kernel addresses have the highest bit set; below are offsets of per-CPU variables. */
#define KERNEL_BIT (1ull << 63)

enum { PAGE = 4096, FUNCTIONS_MAX = 256, MODULES_SIZE = 256 * 1024, PAUSE_NS = 20000000 };

struct symbol {
	uint64_t address;
	const char *name;
	uint32_t size; /* 0: unknown */
	bool is_global;
};

/* As /proc/kallsyms was at one time. */
struct symbol_list {
	struct arena *arena;
	VEC(struct symbol) symbols;
	size_t sorted; /* that many are in order as they were read */
};

struct kernel_symbols {
	struct arena *arena; /* of names, which callers keep */
	struct symbol_list list, before; /* now; while that is read, as it was */
	uint32_t last_program; /* what was loaded then: the highest id, ... */
	uint64_t modules; /* ... a hash of the list of modules */
	uint64_t next_look_ns; /* not before then is that asked again */
	bool is_read, is_hidden, is_unreadable, trouble_is_told;
};

struct kernel_symbols *kernel_symbols_new(void)
{
	struct kernel_symbols *symbols = calloc(1, sizeof(*symbols));

	if (symbols)
		symbols->arena = arena_new();
	return symbols;
}

static void free_list(struct symbol_list *list)
{
	if (list->arena)
		arena_free(list->arena);
	*list = (struct symbol_list){ 0 };
}

void kernel_symbols_free(struct kernel_symbols *symbols)
{
	if (!symbols)
		return;
	free_list(&symbols->list);
	arena_free(symbols->arena);
	free(symbols);
}

/* --- reading ------------------------------------------------------------------------ */

/* How many of the list are not above the address. */
static size_t find(const struct symbol_list *list, uint64_t address)
{
	size_t low = 0, high = list->symbols.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->symbols.items[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Code of a page each that the kernel makes for probes. */
static uint32_t size_of_made_code(const char *name)
{
	static const char *const beginnings[] = { "bpf_trampoline_", "bpf_dispatcher_",
						  "ftrace_trampoline", "kprobe_insn_page",
						  "kprobe_optinsn_page" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(beginnings); i++)
		if (!strncmp(name, beginnings[i], strlen(beginnings[i])))
			return PAGE;
	return 0;
}

/* The same name as before, so that each is kept once. */
static const char *keep_name(struct kernel_symbols *symbols, uint64_t address, const char *name,
			     size_t length)
{
	const struct symbol *items = symbols->before.symbols.items;
	size_t i;

	for (i = find(&symbols->before, address); i-- > 0 && items[i].address == address;)
		if (!strncmp(items[i].name, name, length) && !items[i].name[length])
			return items[i].name;
	return arena_strndup(symbols->arena, name, length);
}

static bool add_symbol(void *context, uint64_t address, char type, const char *name, size_t length)
{
	struct kernel_symbols *symbols = context;
	struct symbol_list *list = &symbols->list;
	struct symbol symbol = { .address = address, .is_global = type >= 'A' && type <= 'Z' };
	size_t count = list->symbols.count;

	symbols->is_hidden &= !address;
	if (!(address & KERNEL_BIT) || type == 'A' || type == 'a')
		return true;
	symbol.name = keep_name(symbols, address, name, length);
	if (list->sorted == count && (!count || list->symbols.items[count - 1].address <= address))
		list->sorted++;
	else
		symbol.size = size_of_made_code(symbol.name);
	vec_push(list->arena, &list->symbols, symbol);
	return true;
}

static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

/* The kernel's own symbols come in order, those of modules and programs do not. */
static void sort(struct symbol_list *list)
{
	size_t count = list->symbols.count, first = 0, second = list->sorted, i;
	struct symbol *items = list->symbols.items, *merged;

	if (second == count)
		return;
	qsort(items + second, count - second, sizeof(*items), compare_symbols);
	merged = arena_new_array(list->arena, struct symbol, count);
	for (i = 0; i < count; i++) {
		bool takes_first = second == count ||
				   (first < list->sorted &&
				    items[first].address <= items[second].address);

		merged[i] = items[takes_first ? first++ : second++];
	}
	list->symbols.items = merged;
}

static void set_size(struct symbol_list *list, uint64_t address, uint32_t size)
{
	size_t i;

	for (i = find(list, address); i-- > 0 && list->symbols.items[i].address == address;)
		list->symbols.items[i].size = size;
}

/* Without the right to look at programs their sizes stay unknown. */
static void size_programs(struct symbol_list *list)
{
	uint64_t starts[FUNCTIONS_MAX];
	uint32_t sizes[FUNCTIONS_MAX], id = 0, count, i;
	int program;

	while (!bpf_next_program(&id)) {
		program = bpf_program_by_id(id);
		if (program < 0)
			continue;
		count = bpf_program_code(program, starts, sizes, FUNCTIONS_MAX);
		for (i = 0; i < count; i++)
			set_size(list, starts[i], sizes[i]);
		close(program);
	}
}

/* True when more, or others, are loaded than before; false, too, when that was asked just now. */
static bool note_what_is_loaded(struct kernel_symbols *symbols)
{
	uint64_t modules = symbols->modules, now = clock_ns(CLOCK_MONOTONIC);
	uint32_t last = symbols->last_program;
	char *text;
	FILE *file;

	if (now < symbols->next_look_ns)
		return false;
	symbols->next_look_ns = now + PAUSE_NS;
	text = malloc(MODULES_SIZE);
	file = fopen("/proc/modules", "re");
	while (!bpf_next_program(&symbols->last_program))
		;
	if (text && file)
		symbols->modules = hash_bytes(text, fread(text, 1, MODULES_SIZE, file));
	if (file)
		fclose(file);
	free(text);
	return last != symbols->last_program || modules != symbols->modules;
}

/* Where much comes and goes, a third of the time is enough for this. */
static void read_list(struct kernel_symbols *symbols)
{
	uint64_t begin = clock_ns(CLOCK_MONOTONIC), end;

	symbols->before = symbols->list;
	symbols->list = (struct symbol_list){ .arena = arena_new() };
	symbols->is_hidden = true;
	symbols->is_unreadable = kallsyms_each("/proc/kallsyms", add_symbol, symbols) != 0;
	sort(&symbols->list);
	size_programs(&symbols->list);
	free_list(&symbols->before);
	end = clock_ns(CLOCK_MONOTONIC);
	symbols->next_look_ns = end + MAX(2 * (end - begin), (uint64_t)PAUSE_NS);
}

void kernel_symbols_read(struct kernel_symbols *symbols)
{
	if (symbols->is_read)
		return;
	symbols->is_read = true;
	note_what_is_loaded(symbols);
	read_list(symbols);
}

/* --- finding -------------------------------------------------------------------------- */

/* Of several names of one address: a global one, the first of those. */
static const struct symbol *best_name(const struct symbol_list *list, size_t last)
{
	const struct symbol *items = list->symbols.items, *best = &items[last];
	size_t i;

	for (i = last + 1; i-- > 0 && items[i].address == items[last].address;)
		if (items[i].is_global >= best->is_global)
			best = &items[i];
	return best;
}

/* A call may be the last instruction there is: what returns from it stands at the end. */
static const struct symbol *symbol_at(const struct symbol_list *list, uint64_t address)
{
	size_t count = find(list, address);
	const struct symbol *symbol;

	if (!count)
		return NULL;
	symbol = best_name(list, count - 1);
	return address - symbol->address > (symbol->size ? symbol->size : SYMBOL_MAX) ? NULL : symbol;
}

const char *kernel_symbol_at(struct kernel_symbols *symbols, uint64_t address, uint64_t *ret_offset)
{
	const struct symbol *symbol;

	if (!(address & KERNEL_BIT))
		return NULL;
	kernel_symbols_read(symbols);
	symbol = symbol_at(&symbols->list, address);
	/* Where a program was there may be another by now. */
	if ((!symbol || symbol->size) && note_what_is_loaded(symbols)) {
		read_list(symbols);
		symbol = symbol_at(&symbols->list, address);
	}
	if (!symbol)
		return NULL;
	*ret_offset = address - symbol->address;
	return symbol->name;
}

const char *kernel_symbols_trouble(struct kernel_symbols *symbols)
{
	if (!symbols->is_read || symbols->trouble_is_told)
		return NULL;
	symbols->trouble_is_told = true;
	if (symbols->is_unreadable)
		return "/proc/kallsyms can not be read: addresses of the kernel are shown as numbers";
	if (symbols->is_hidden)
		return "/proc/kallsyms shows no addresses (kernel.kptr_restrict, or CAP_SYSLOG is "
		       "missing): addresses of the kernel are shown as numbers";
	return NULL;
}
