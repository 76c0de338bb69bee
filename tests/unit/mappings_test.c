/*
 * Mappings of processes: which one an address is in, and what outlives what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/kernel_symbols.h"
#include "runtime/mappings.h"

static void assert_path(const struct mappings *mappings, uint32_t pid, uint64_t address,
			const char *path)
{
	const struct mapping *mapping = mappings_find(mappings, pid, address);

	if (!path) {
		assert_null(mapping);
		return;
	}
	assert_non_null(mapping);
	assert_string_equal(mapping->file->path, path);
}

static void addresses_at_the_ends(void **state UNUSED)
{
	struct mappings *mappings = mappings_new();

	mappings_add(mappings, 10, 0x1000, 0x1000, 0x400, "/bin/a", 1);
	assert_path(mappings, 10, 0xfff, NULL);
	assert_path(mappings, 10, 0x1000, "/bin/a");
	assert_path(mappings, 10, 0x1fff, "/bin/a");
	assert_path(mappings, 10, 0x2000, NULL);
	assert_path(mappings, 11, 0x1000, NULL);
	mappings_free(mappings);
}

static void the_latest_counts(void **state UNUSED)
{
	struct mappings *mappings = mappings_new();

	mappings_add(mappings, 10, 0x1000, 0x2000, 0, "/bin/a", 1);
	mappings_add(mappings, 10, 0x1000, 0x1000, 0, "/bin/b", 2);
	assert_path(mappings, 10, 0x1000, "/bin/b");
	assert_path(mappings, 10, 0x2000, "/bin/a");
	mappings_add(mappings, 10, 0x1000, 0x2000, 0, "/bin/a", 1);
	assert_path(mappings, 10, 0x1000, "/bin/a");
	mappings_free(mappings);
}

static void a_child_inherits(void **state UNUSED)
{
	struct mappings *mappings = mappings_new();

	mappings_add(mappings, 10, 0x1000, 0x1000, 0, "/bin/a", 1);
	mappings_fork(mappings, 10, 11);
	mappings_add(mappings, 10, 0x5000, 0x1000, 0, "/bin/b", 2);
	assert_path(mappings, 11, 0x1000, "/bin/a");
	assert_path(mappings, 11, 0x5000, NULL);
	mappings_free(mappings);
}

static void one_file_for_all(void **state UNUSED)
{
	struct mappings *mappings = mappings_new();

	mappings_add(mappings, 10, 0x1000, 0x1000, 0, "/lib/c", 1);
	mappings_add(mappings, 11, 0x9000, 0x1000, 0, "/lib/c", 1);
	mappings_add(mappings, 12, 0x9000, 0x1000, 0, "/lib/c", 2);
	assert_ptr_equal(mappings_find(mappings, 10, 0x1000)->file,
			 mappings_find(mappings, 11, 0x9000)->file);
	assert_ptr_not_equal(mappings_find(mappings, 10, 0x1000)->file,
			     mappings_find(mappings, 12, 0x9000)->file);
	mappings_free(mappings);
}

/* More than are kept: those of processes that run stay, of the ended the oldest go. */
static void ended_processes_make_room(void **state UNUSED)
{
	enum { PROCESSES = 40000, EACH = 8 };
	struct mappings *mappings = mappings_new();
	uint32_t pid, i;

	mappings_add(mappings, 1, 0x1000, 0x1000, 0, "/bin/init", 1);
	for (pid = 2; pid < PROCESSES; pid++) {
		for (i = 0; i < EACH; i++)
			mappings_add(mappings, pid, 0x1000 * (i + 1), 0x1000, 0, "/bin/a", 2);
		mappings_exit(mappings, pid);
	}
	assert_true(mappings_know(mappings, 1));
	assert_false(mappings_know(mappings, 2));
	assert_true(mappings_know(mappings, PROCESSES - 1));
	mappings_free(mappings);
}

static void our_own(void **state UNUSED)
{
	struct mappings *mappings = mappings_new();
	const struct mapping *mapping;

	assert_int_equal(mappings_read(mappings, (uint32_t)getpid()), 0);
	mapping = mappings_find(mappings, (uint32_t)getpid(), (uintptr_t)our_own);
	assert_non_null(mapping);
	assert_non_null(strstr(mapping->file->path, "mappings_test"));
	assert_true(mappings_read(mappings, UINT32_MAX) < 0);
	mappings_free(mappings);
}

/* Addresses of user space are never of the kernel's; nothing has to be read for that. */
static void no_kernel_addresses(void **state UNUSED)
{
	struct kernel_symbols *symbols = kernel_symbols_new();
	uint64_t offset;

	assert_null(kernel_symbol_at(symbols, 1, &offset));
	assert_null(kernel_symbol_at(symbols, 0x7fffffffffff, &offset));
	assert_null(kernel_symbols_trouble(symbols));
	kernel_symbols_free(symbols);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_at_the_ends),
		cmocka_unit_test(the_latest_counts),
		cmocka_unit_test(a_child_inherits),
		cmocka_unit_test(one_file_for_all),
		cmocka_unit_test(ended_processes_make_room),
		cmocka_unit_test(our_own),
		cmocka_unit_test(no_kernel_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
