/*
 * The table of the kernel's symbols, read when the first address is to be
 * printed.  Names of loaded programs ("bpf_prog_...") and modules are in it, as
 * they were then.
 */
#include "runtime/kernel_symbols.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/vec.h"
#include "runtime/host/kallsyms.h"

/* A name further from an address than any function is long says nothing about it. */
#define SYMBOL_MAX (16ull << 20)

/* Kernel addresses have the highest bit set; below are offsets of per-CPU variables. */
#define KERNEL_BIT (1ull << 63)

struct symbol {
	uint64_t address;
	const char *name;
	bool is_global;
};

struct kernel_symbols {
	struct arena *arena;
	VEC(struct symbol) table;
	size_t sorted;	 /* that many are in order as they were read */
	bool is_read, is_hidden, is_unreadable, trouble_is_told;
};

struct kernel_symbols *kernel_symbols_new(void)
{
	struct kernel_symbols *symbols = calloc(1, sizeof(*symbols));

	if (symbols)
		symbols->arena = arena_new();
	return symbols;
}

void kernel_symbols_free(struct kernel_symbols *symbols)
{
	if (!symbols)
		return;
	arena_free(symbols->arena);
	free(symbols);
}

static bool add_symbol(void *context, uint64_t address, char type, const char *name, size_t length)
{
	struct kernel_symbols *symbols = context;
	struct symbol symbol = { .address = address, .is_global = type >= 'A' && type <= 'Z' };
	size_t count = symbols->table.count;

	symbols->is_hidden &= !address;
	if (!(address & KERNEL_BIT) || type == 'A' || type == 'a')
		return true;
	symbol.name = arena_strndup(symbols->arena, name, length);
	if (symbols->sorted == count &&
	    (!count || symbols->table.items[count - 1].address <= address))
		symbols->sorted++;
	vec_push(symbols->arena, &symbols->table, symbol);
	return true;
}

static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

/* The kernel's own symbols come in order, those of modules and programs do not. */
static void sort(struct kernel_symbols *symbols)
{
	size_t count = symbols->table.count, first = 0, second = symbols->sorted, i;
	struct symbol *items = symbols->table.items, *merged;

	if (second == count)
		return;
	qsort(items + second, count - second, sizeof(*items), compare_symbols);
	merged = arena_new_array(symbols->arena, struct symbol, count);
	for (i = 0; i < count; i++) {
		bool takes_first = second == count ||
				   (first < symbols->sorted &&
				    items[first].address <= items[second].address);

		merged[i] = items[takes_first ? first++ : second++];
	}
	symbols->table.items = merged;
}

static void read_table(struct kernel_symbols *symbols)
{
	symbols->is_read = true;
	symbols->is_hidden = true;
	symbols->is_unreadable = kallsyms_each("/proc/kallsyms", add_symbol, symbols) != 0;
	sort(symbols);
}

/* Of several names of one address: a global one, the first of those. */
static const struct symbol *best_name(const struct kernel_symbols *symbols, size_t last)
{
	const struct symbol *items = symbols->table.items, *best = &items[last];
	size_t i;

	for (i = last + 1; i-- > 0 && items[i].address == items[last].address;)
		if (items[i].is_global >= best->is_global)
			best = &items[i];
	return best;
}

const char *kernel_symbol_at(struct kernel_symbols *symbols, uint64_t address, uint64_t *ret_offset)
{
	size_t low = 0, high;
	const struct symbol *symbol;

	if (!(address & KERNEL_BIT))
		return NULL;
	if (!symbols->is_read)
		read_table(symbols);
	for (high = symbols->table.count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (symbols->table.items[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - symbols->table.items[low - 1].address > SYMBOL_MAX)
		return NULL;
	symbol = best_name(symbols, low - 1);
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
