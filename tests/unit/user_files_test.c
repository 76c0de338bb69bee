/*
 * Files of user space: notes and arguments of USDT probes, the dynamic
 * linker's cache, and files that are damaged in all ways.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "runtime/host/binary.h"
#include "runtime/host/debug_lines.h"
#include "runtime/host/debug_places.h"
#include "runtime/host/debug_params.h"
#include "runtime/host/debug_types.h"
#include "runtime/host/demangle.h"
#include "runtime/host/usdt_args.h"
#include "runtime/host/usdt_notes.h"
#include "runtime/host/user_files.h"
#include "runtime/host/x86_length.h"
#include "sema/target.h"

static uint64_t random_number(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* --- arguments -------------------------------------------------------------------- */

static struct usdt_args parse(struct arena *arena, const char *text)
{
	struct elf_file elf = { .arena = arena, .fd = -1, .header.e_machine = EM_X86_64 };
	struct binary binary = { .elf = &elf };
	struct usdt_args args;

	usdt_parse_args(arch_find("x86_64"), &binary, 0x1000, text, &args);
	return args;
}

static void expect_arg(const char *text, struct usdt_arg wanted)
{
	struct arena *arena = arena_new();
	struct usdt_args args = parse(arena, text);
	const struct usdt_arg *arg = &args.args[0];

	assert_int_equal(args.count, 1);
	if (arg->kind != wanted.kind || arg->size != wanted.size ||
	    arg->is_signed != wanted.is_signed || arg->base != wanted.base ||
	    arg->index != wanted.index || arg->scale != wanted.scale ||
	    arg->shift != wanted.shift || arg->number != wanted.number)
		fail_msg("'%s': kind %d size %u signed %d base %d index %d scale %u shift %u number %lld",
			 text, (int)arg->kind, arg->size, arg->is_signed, arg->base, arg->index,
			 arg->scale, arg->shift, (long long)arg->number);
	arena_free(arena);
}

#define CONSTANT(n, bytes, sign)                                                                \
	((struct usdt_arg){ USDT_ARG_CONSTANT, bytes, sign, NO_REGISTER, NO_REGISTER, 0, 0, n })
#define REGISTER(reg, at, bytes, sign)                                                          \
	((struct usdt_arg){ USDT_ARG_REGISTER, bytes, sign, reg, NO_REGISTER, 0, at, 0 })
#define MEMORY(base, index, by, n, bytes, sign)                                                 \
	((struct usdt_arg){ USDT_ARG_MEMORY, bytes, sign, base, index, by, 0, n })
enum { R15 = 0, BP = 32, BX = 40, R8 = 72, AX = 80, CX = 88, SI = 104, SP = 152 };

static void test_arguments(void **state UNUSED)
{
	expect_arg("-4@$5", CONSTANT(5, 4, true));
	expect_arg("4@$-1", CONSTANT(-1, 4, false));
	expect_arg("8@$0x7fff", CONSTANT(0x7fff, 8, false));
	expect_arg("8@%rax", REGISTER(AX, 0, 8, false));
	expect_arg("-4@%eax", REGISTER(AX, 0, 4, true));
	expect_arg("2@%ax", REGISTER(AX, 0, 2, false));
	expect_arg("1@%al", REGISTER(AX, 0, 1, false));
	expect_arg("1@%bh", REGISTER(BX, 8, 1, false));
	expect_arg("1@%sil", REGISTER(SI, 0, 1, false));
	expect_arg("1@%bpl", REGISTER(BP, 0, 1, false));
	expect_arg("8@%r8", REGISTER(R8, 0, 8, false));
	expect_arg("4@%r15d", REGISTER(R15, 0, 4, false));
	expect_arg("-1@%r8b", REGISTER(R8, 0, 1, true));
	expect_arg("8@(%rsp)", MEMORY(SP, NO_REGISTER, 0, 0, 8, false));
	expect_arg("-4@-20(%rbp)", MEMORY(BP, NO_REGISTER, 0, -20, 4, true));
	expect_arg("8@-8+16(%rbp)", MEMORY(BP, NO_REGISTER, 0, 8, 8, false));
	expect_arg("4@16(%rax,%rcx,4)", MEMORY(AX, CX, 4, 16, 4, false));
	expect_arg("4@(%rax,%rcx)", MEMORY(AX, CX, 1, 0, 4, false));
	expect_arg("4@8(,%rcx,8)", MEMORY(NO_REGISTER, CX, 8, 8, 4, false));
	expect_arg("8f@-8(%rbp)", MEMORY(BP, NO_REGISTER, 0, -8, 8, false));
	expect_arg("%rax", REGISTER(AX, 0, 8, false));
}

static void test_arguments_not_understood(void **state UNUSED)
{
	static const char *const texts[] = {
		"8f@%xmm0", "3@%rax", "4@%nosuch", "4@symbol(%rip)", "4@4(%rip)", "4@8(%rax", "4@",
		"4@(%rax,%rcx,16)", "4@(%rax,)", "4@()", "@", "-@%rax", "4@%", "4@$", "4@$x", "4@%r",
		"4@%r99", "4@8(%rax)x", "99999999999999999999@%rax", "4@-(%rax)", "4@()(%rax)",
	};
	struct arena *arena = arena_new();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct usdt_args args = parse(arena, texts[i]);

		if (args.count != 1 || args.args[0].kind != USDT_ARG_UNKNOWN)
			fail_msg("'%s' is taken for kind %d", texts[i], (int)args.args[0].kind);
	}
	arena_free(arena);
}

static void test_lists_of_arguments(void **state UNUSED)
{
	struct arena *arena = arena_new();

	assert_int_equal(parse(arena, "").count, 0);
	assert_int_equal(parse(arena, "  ").count, 0);
	assert_int_equal(parse(arena, " 8@%rax  -4@$1 ").count, 2);
	assert_int_equal(parse(arena, "1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1 1@$1")
				 .count,
			 USDT_ARGS_MAX);
	arena_free(arena);
}

static void test_random_arguments(void **state UNUSED)
{
	static const char letters[] = "-+0123489@$%()*,frabxcdspil_ .";
	uint64_t random = 7;
	unsigned turn, i;

	for (turn = 0; turn < 20000; turn++) {
		struct arena *arena = arena_new();
		char text[24] = "";

		for (i = 0; i < sizeof(text) - 1; i++)
			text[i] = letters[random_number(&random) % (sizeof(letters) - 1)];
		text[random_number(&random) % sizeof(text)] = '\0';
		parse(arena, text);
		arena_free(arena);
	}
}

/* --- debug information ------------------------------------------------------------------ */

static void complete_all(struct types *types, const struct type *type, unsigned *budget)
{
	size_t i;

	if (!*budget || !--*budget)
		return;
	if (type->kind == TYPE_POINTER)
		complete_all(types, type->pointer.to, budget);
	if (type->kind == TYPE_ARRAY)
		complete_all(types, type->array.element, budget);
	if (type->kind != TYPE_STRUCT)
		return;
	type_complete(types, type);
	for (i = 0; i < type->record.count; i++)
		complete_all(types, type->record.fields[i].type, budget);
}

/* Parameters of functions and all their types.  Gives how many parameters were there. */
static size_t use_parameters(struct arena *arena, struct binary *binary,
			     const struct elf_symbols *functions)
{
	static const struct target target;
	struct debug_params params;
	struct interner interner;
	struct types types;
	unsigned budget = 2000;
	size_t count = 0, i, j;

	interner_init(&interner, arena);
	types_init(&types, arena, &interner, &target);
	for (i = 0; i < functions->count && i < 50; i++) {
		if (debug_params_find(binary_entries(binary), &types, arch_find("x86_64"),
				      functions->items[i].address, functions->items[i].linkage,
				      &params) != PARAMS_FOUND)
			continue;
		count += params.items.count;
		for (j = 0; j < params.items.count; j++) {
			assert_non_null(params.items.items[j].text);
			complete_all(&types, params.items.items[j].type, &budget);
		}
	}
	debug_named_type(binary_entries(binary), &types, "struct", "run");
	return count;
}

/* --- damaged files ------------------------------------------------------------------ */

/* Lines and inlined functions where functions begin and a little later. */
static void use_places(struct binary *binary, const struct elf_symbols *functions)
{
	struct source_frame frames[INLINED_MAX + 1];
	struct debug_places *places = debug_places_open(binary);
	size_t i, j, count;

	for (i = 0; places && i < functions->count && i < 50; i++) {
		count = debug_places_find(places, functions->items[i].address + 8 * (i % 3), frames);
		assert_true(count <= INLINED_MAX + 1);
		for (j = 0; j < count; j++)
			assert_true(!frames[j].file || strlen(frames[j].file) > 0);
	}
}

/* Everything that is asked of a file. */
static size_t use_file(const char *path)
{
	struct arena *arena = arena_new();
	const struct elf_symbols *functions;
	struct usdt_notes notes = { 0 };
	struct usdt_args args;
	struct binary *binary;
	const struct source_line line = { .file = "target.c", .line = 80 };
	uint64_t last, address;
	size_t parameters, i;

	if (binary_open(arena, path, &binary)) {
		arena_free(arena);
		return 0;
	}
	elf_is_go(binary->elf);
	elf_build_id(binary->elf);
	functions = binary_functions(binary, true);
	for (i = 0; i < functions->count && i < 50; i++) {
		binary_boundary(binary, &functions->items[i], 20, &last);
		binary_function_size(binary, &functions->items[i]);
		assert_true(strlen(functions->items[i].name) > 0);
	}
	use_places(binary, functions);
	binary_function_at(binary, 0x1100);
	debug_line_find(binary, &line, &address, &last);
	binary_object(binary, "near_value", &address);
	usdt_read_notes(binary->elf, &notes);
	for (i = 0; i < notes.count; i++)
		usdt_parse_args(arch_find("x86_64"), binary, notes.items[i].location,
				notes.items[i].args, &args);
	parameters = use_parameters(arena, binary, functions);
	binary_close(binary);
	arena_free(arena);
	return parameters;
}

static size_t read_whole(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, to, size);

	close(fd);
	return n < 0 ? 0 : (size_t)n;
}

static void write_whole(const char *path, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

/* The part of a file where a mistake does most: headers at both ends, notes, tables. */
static void damage(char *bytes, size_t size, uint64_t *random)
{
	unsigned changes = 1 + (unsigned)(random_number(random) % 8), i;

	for (i = 0; i < changes; i++) {
		size_t reach = random_number(random) % 2 ? MIN(size, (size_t)1024) : size;
		size_t at = random_number(random) % reach;

		if (random_number(random) % 3 == 0)
			at = size - 1 - random_number(random) % MIN(size, (size_t)4096);
		bytes[at] = random_number(random) % 4 ? (char)random_number(random) :
							(char)(random_number(random) % 2 ? 0xff : 0);
	}
}

static void test_damaged_files(void **state UNUSED)
{
	static char whole[1 << 20], bytes[1 << 20];
	char path[64];
	char target[4096];
	ssize_t length = readlink("/proc/self/exe", target, sizeof(target) - 16);
	uint64_t random = 1;
	size_t size, turn;
	int memory;

	assert_true(length > 0);
	target[length] = '\0';
	strcpy(strrchr(target, '/') + 1, "target"); /* small, with notes */
	size = read_whole(target, whole, sizeof(whole));
	assert_true(size > 1000);
	memory = memfd_create("damaged", 0); /* thousands of files on a disk take long */
	assert_true(memory >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	assert_true(use_file(target) > 20);
	for (turn = 0; turn < 3000; turn++) {
		memcpy(bytes, whole, size);
		damage(bytes, size, &random);
		write_whole(path, bytes, turn % 5 ? size : random_number(&random) % size);
		use_file(path);
	}
	for (turn = 0; turn < 4096; turn += 7) {
		write_whole(path, whole, turn);
		use_file(path);
	}
	close(memory);
}

static void test_random_instructions(void **state UNUSED)
{
	uint8_t code[X86_LENGTH_MAX];
	uint64_t random = 3;
	unsigned turn, i;

	for (turn = 0; turn < 200000; turn++) {
		size_t size = random_number(&random) % (sizeof(code) + 1);

		for (i = 0; i < size; i++)
			code[i] = (uint8_t)random_number(&random);
		assert_true(x86_length(code, size) <= size);
	}
}

/* --- the linker's cache ----------------------------------------------------------------- */

static void test_linker_cache(void **state UNUSED)
{
	struct arena *arena = arena_new();
	const char *path = linker_cache_find(arena, "", "libc");

	if (access("/etc/ld.so.cache", R_OK)) {
		arena_free(arena);
		skip();
	}
	assert_non_null(path);
	assert_true(strstr(path, "libc.so") != NULL);
	assert_string_equal(linker_cache_find(arena, "", "libc.so.6"), path);
	assert_null(linker_cache_find(arena, "", "libnosuchlibrary"));
	assert_null(linker_cache_find(arena, "/nowhere", "libc"));
	arena_free(arena);
}

static void test_damaged_cache(void **state UNUSED)
{
	static char whole[1 << 20], bytes[1 << 20];
	size_t size = read_whole("/etc/ld.so.cache", whole, sizeof(whole)), turn;
	char root[64], path[96];
	uint64_t random = 5;

	if (size < 100)
		skip();
	snprintf(root, sizeof(root), "/tmp/cache.%d", (int)getpid());
	snprintf(path, sizeof(path), "%s/etc", root);
	assert_int_equal(mkdir(root, 0700), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(path, "/ld.so.cache");
	for (turn = 0; turn < 1000; turn++) {
		struct arena *arena = arena_new();

		memcpy(bytes, whole, size);
		damage(bytes, size, &random);
		write_whole(path, bytes, turn % 5 ? size : random_number(&random) % size);
		linker_cache_find(arena, root, "libc");
		linker_cache_find(arena, root, "lib");
		arena_free(arena);
	}
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(root);
}

static void test_demangle(void **state UNUSED)
{
	struct arena *arena = arena_new();
	const char *name = demangle(arena, "_ZN2ns1fEi");

	if (name)
		assert_string_equal(name, "ns::f(int)");
	assert_null(demangle(arena, "main"));
	assert_null(demangle(arena, "i"));
	assert_null(demangle(arena, "_Z"));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_arguments_not_understood),
		cmocka_unit_test(test_lists_of_arguments),
		cmocka_unit_test(test_random_arguments),
		cmocka_unit_test(test_damaged_files),
		cmocka_unit_test(test_random_instructions),
		cmocka_unit_test(test_linker_cache),
		cmocka_unit_test(test_damaged_cache),
		cmocka_unit_test(test_demangle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
