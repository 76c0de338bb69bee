/*
 * Asks clang: for the types and values, which come back as BTF, and for what is
 * #defined.
 *
 * Headers are read for the machine they belong to (those of the kernel have its
 * assembler in them); only what is left of them, types, is compiled for BPF,
 * which is what makes clang write BTF.
 *
 * Each thing that is wanted is declared in a line of its own, in a file called
 * "wanted"; lines that clang refuses are left out and it is asked again, which
 * is how we learn what there is.
 */
#include "runtime/host/clang.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "runtime/host/btf_types.h"
#include "runtime/host/elf_file.h"
#include "sema/c_object.h"

#define WANTED "wanted"
#define PREFIX "bpfline_wanted_"

enum { OUTPUT_MAX = 512 << 20, VALUE_BITS = 28, VALUE_PIECES = 3, CLANG_SECONDS = 20 };

#define CLANG_MEMORY (4ull << 30)

VEC_STRUCT(words, char *);

struct asking {
	struct arena *arena;
	const struct clang_options *options;
	const struct c_question *question;
	bool *refused; /* of each line of "wanted" */
};

/* What a run of clang left. */
struct result {
	int output; /* descriptor */
	bool ok;
	const char *errors;
};

/* --- running --------------------------------------------------------------------------- */

static const char *read_back(struct arena *arena, int fd, size_t *ret_size)
{
	struct stat st;
	size_t size, length = 0;
	char *text;

	size = fstat(fd, &st) || st.st_size > OUTPUT_MAX ? 0 : (size_t)st.st_size;
	text = arena_alloc(arena, size + 1);
	while (length < size) {
		ssize_t n = pread(fd, text + length, size - length, (off_t)length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	text[length] = '\0';
	*ret_size = length;
	return text;
}

static int spawn(char **words, const int fds[3], pid_t *ret_pid)
{
	static const char *const names[] = { "clang",    "clang-21", "clang-20", "clang-19",
					     "clang-18", "clang-17", "clang-16", "clang-15",
					     "clang-14", "clang-13" };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	size_t i;
	int err, fd;

	posix_spawn_file_actions_init(&actions);
	for (fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_adddup2(&actions, fds[fd], fd);
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	err = ENOENT;
	for (i = 0; i < ARRAY_SIZE(names) && err == ENOENT; i++) {
		words[0] = (char *)names[i];
		err = posix_spawnp(ret_pid, names[i], &actions, &attributes, words, environ);
	}
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

/* Text can keep it busy for ever, and make it take all memory there is. */
static int wait_for(pid_t pid, bool *ret_ok)
{
	const struct rlimit seconds = { CLANG_SECONDS, CLANG_SECONDS };
	const struct rlimit memory = { CLANG_MEMORY, CLANG_MEMORY };
	int status;

	prlimit(pid, RLIMIT_CPU, &seconds, NULL);
	prlimit(pid, RLIMIT_AS, &memory, NULL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	*ret_ok = WIFEXITED(status) && !WEXITSTATUS(status);
	return 0;
}

/* A file in memory: nothing is left behind.  -errno if there is none to be had. */
static int memory_file(void)
{
	int fd = memfd_create("bpfline-c", MFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int text_file(const struct strbuf *text)
{
	int fd = memory_file();
	size_t length = 0;

	while (fd >= 0 && length < text->length) {
		ssize_t n = write(fd, text->text + length, text->length - length);

		if (n < 0 && errno != EINTR) {
			int err = -errno;

			close(fd);
			return err;
		}
		length += n > 0 ? (size_t)n : 0;
	}
	return fd;
}

/* Runs clang on what is in `input`, which is closed. */
static int run(struct asking *asking, struct words *words, int input, struct result *ret_result)
{
	int fds[3] = { input, memory_file(), memory_file() }, i, err = 0;
	size_t size;
	pid_t pid;

	vec_push(asking->arena, words, NULL);
	for (i = 0; i < 3; i++)
		if (fds[i] < 0)
			err = fds[i];
	if (!err && lseek(input, 0, SEEK_SET) < 0)
		err = -errno;
	if (!err)
		err = spawn(words->items, fds, &pid);
	if (!err)
		err = wait_for(pid, &ret_result->ok);
	if (!err) {
		ret_result->errors = read_back(asking->arena, fds[2], &size);
		if (!ret_result->ok && !*ret_result->errors)
			ret_result->errors = "it ended without a word, or was stopped";
		ret_result->output = fds[1];
		fds[1] = -1;
	}
	for (i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return err;
}

/* --- arguments ----------------------------------------------------------------------------- */

static void add_word(struct asking *asking, struct words *words, const char *format, ...)
	PRINTF_LIKE(3, 4);

static void add_word(struct asking *asking, struct words *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vec_push(asking->arena, words, arena_vprintf(asking->arena, format, args));
	va_end(args);
}

#define add_words(asking, words, ...)                                                              \
	add_list((asking), (words), (const char *const[]){ __VA_ARGS__, NULL })

static void add_list(struct asking *asking, struct words *words, const char *const *list)
{
	for (; *list; list++)
		add_word(asking, words, "%s", *list);
}

static const char *arch_folder(const char *arch)
{
	if (!strcmp(arch, "x86_64"))
		return "x86";
	return !strcmp(arch, "aarch64") ? "arm64" : arch;
}

/* What the build of the kernel itself passes, as far as types depend on it. */
static void add_kernel(struct asking *asking, struct words *words)
{
	static const char *const folders[] = {
		"arch/%s/include",       "arch/%s/include/generated",      "include",
		"arch/%s/include/uapi",  "arch/%s/include/generated/uapi", "include/uapi",
		"include/generated/uapi"
	};
	const struct clang_options *options = asking->options;
	const char *roots[] = { options->kernel_source, options->kernel_build };
	const char *arch = options->header_arch ? options->header_arch : arch_folder(options->arch);
	size_t i, root;

	for (i = 0; i < ARRAY_SIZE(folders); i++)
		for (root = 0; root < ARRAY_SIZE(roots); root++) {
			const char *mark = strstr(folders[i], "%s");

			if (!roots[root])
				continue;
			if (!mark)
				add_word(asking, words, "-I%s/%s", roots[root], folders[i]);
			else
				add_word(asking, words, "-I%s/%.*s%s%s", roots[root],
					 (int)(mark - folders[i]), folders[i], arch, mark + 2);
		}
	add_words(asking, words, "-include", "linux/kconfig.h", "-D__KERNEL__",
		  "-DKBUILD_MODNAME=\"bpfline\"", "-std=gnu11", "-fshort-wchar");
}

static void add_common(struct asking *asking, struct words *words)
{
	const struct clang_options *options = asking->options;
	size_t i;

	add_words(asking, words, "clang", "-target");
	add_word(asking, words, "%s-linux-gnu", options->arch);
	add_words(asking, words, "-w", "-fno-caret-diagnostics", "-fno-color-diagnostics",
		  "-ferror-limit=0");
	for (i = 0; i < options->include_dir_count; i++)
		add_word(asking, words, "-I%s", options->include_dirs[i]);
	if (asking->question->folder)
		add_words(asking, words, "-iquote", asking->question->folder);
	if (options->kernel_source || options->kernel_build)
		add_kernel(asking, words);
	add_words(asking, words, "-I.", "-x", "c");
}

/* --- #defines ----------------------------------------------------------------------------------
 */

static int ask_defines(struct asking *asking, struct c_reply *reply)
{
	struct words words = { 0 };
	struct result result = { .output = -1 };
	struct strbuf text, defines;
	const char *line, *end;
	size_t size;
	int err;

	strbuf_init(&text, asking->arena);
	strbuf_init(&defines, asking->arena);
	strbuf_add(&text, asking->question->text, asking->question->length);
	add_common(asking, &words);
	add_words(asking, &words, "-E", "-dM", "-");
	err = run(asking, &words, text_file(&text), &result);
	if (err)
		return err;
	line = read_back(asking->arena, result.output, &size);
	close(result.output);
	if (!result.ok) {
		reply->errors = result.errors;
		return -EINVAL;
	}
	for (; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (!strncmp(line, "#define ", 8)) {
			strbuf_add(&defines, line, (size_t)(end - line));
			strbuf_putc(&defines, '\n');
		}
	}
	reply->defines = defines.text;
	reply->defines_length = defines.length;
	return 0;
}

/* --- types and values
 * ------------------------------------------------------------------------------ */

/* In pieces: BTF of older versions has 32 bits for a member of an enum, without its sign. */
static void write_value(struct strbuf *text, const char *name, size_t i)
{
	int piece;

	strbuf_printf(text, "enum " PREFIX "e%zu {", i);
	for (piece = 0; piece < VALUE_PIECES; piece++)
		strbuf_printf(text,
			      " " PREFIX "v%zu_%d = (int)((unsigned long long)(%s) >> %d & %d),", i,
			      piece, name, piece * VALUE_BITS, (1 << VALUE_BITS) - 1);
	strbuf_printf(text, " " PREFIX "s%zu = (%s) < 0 } *" PREFIX "q%zu;", i, name, i);
}

static bool read_value(struct asking *asking, struct btf *btf, size_t i, struct c_reply *reply)
{
	uint64_t value = 0;
	int64_t bits;
	int piece;

	for (piece = 0; piece < VALUE_PIECES; piece++) {
		const char *name = arena_printf(asking->arena, PREFIX "v%zu_%d", i, piece);

		if (!btf_find_enumerator(btf, name, &bits))
			return false;
		value |= (uint64_t)bits << (piece * VALUE_BITS);
	}
	if (!btf_find_enumerator(btf, arena_printf(asking->arena, PREFIX "s%zu", i), &bits))
		return false;
	reply->values[i] = (int64_t)value;
	reply->is_unsigned[i] = !bits;
	return true;
}

static void write_wanted(const struct asking *asking, struct strbuf *text)
{
	const struct c_question *question = asking->question;
	size_t i;

	strbuf_add(text, question->text, question->length);
	strbuf_puts(text, "\n#line 1 \"" WANTED "\"\n");
	for (i = 0; i < question->type_count; i++) {
		if (!asking->refused[i])
			strbuf_printf(text,
				      "typedef %s " PREFIX "t%zu; " PREFIX "t%zu *" PREFIX "p%zu;",
				      question->types[i], i, i, i);
		strbuf_putc(text, '\n');
	}
	for (i = 0; i < question->name_count; i++) {
		if (!asking->refused[question->type_count + i])
			write_value(text, question->names[i], i);
		strbuf_putc(text, '\n');
	}
}

/* Marks the `count` lines of "wanted" that have errors; false when others have. */
static bool mark_refused(struct asking *asking, size_t count, const char *errors)
{
	bool any = false;
	const char *end;

	for (; *errors; errors = *end ? end + 1 : end) {
		const char *word;
		unsigned long line;

		end = errors + strcspn(errors, "\n");
		word = memmem(errors, (size_t)(end - errors), "error: ", 7);
		if (!word)
			continue;
		if (strncmp(errors, WANTED ":", strlen(WANTED) + 1) != 0)
			return false;
		line = strtoul(errors + strlen(WANTED) + 1, NULL, 10);
		if (!line || line > count)
			return false;
		any |= !asking->refused[line - 1];
		asking->refused[line - 1] = true;
	}
	return any;
}

/* To an object file for BPF; the result is of the step that failed. */
static int compile(struct asking *asking, struct result *result)
{
	struct words words = { 0 }, last = { 0 };
	struct strbuf text;
	int err;

	strbuf_init(&text, asking->arena);
	write_wanted(asking, &text);
	add_common(asking, &words);
	add_words(asking, &words, "-g", "-S", "-emit-llvm", "-o", "-", "-");
	err = run(asking, &words, text_file(&text), result);
	if (err || !result->ok)
		return err;
	add_words(asking, &last, "clang", "-target", "bpf", "-w", "-x", "ir", "-c", "-o", "-", "-");
	return run(asking, &last, result->output, result);
}

static int read_btf(struct asking *asking, int fd, struct btf **ret_btf)
{
	const char *path = arena_printf(asking->arena, "/proc/self/fd/%d", fd);
	const Elf64_Shdr *section;
	struct elf_file *elf;
	const void *data = NULL;
	int err = elf_open(asking->arena, path, &elf);

	if (err)
		return err;
	section = elf_section(elf, ".BTF", 0);
	if (section)
		data = elf_bytes(elf, section);
	err = data ? btf_of_data(asking->arena, data, section->sh_size, ret_btf) : -EBADMSG;
	elf_close(elf);
	return err;
}

/* The type of a typedef of ours; NULL for a struct that is only declared. */
static const struct type *wanted_type(struct asking *asking, struct btf *btf, struct types *types,
				      size_t i)
{
	const char *name = arena_printf(asking->arena, PREFIX "t%zu", i);
	uint32_t id = btf_find(btf, BTF_KIND_BIT(BTF_KIND_TYPEDEF), name);
	bool is_user;
	const struct btf_type *type = btf_type(btf, btf_skip_modifiers(btf, id, &is_user));

	if (!type || BTF_INFO_KIND(type->info) == BTF_KIND_FWD)
		return NULL;
	return btf_convert(btf, types, id);
}

static void take_answers(struct asking *asking, struct btf *btf, struct types *types,
			 struct c_reply *reply)
{
	const struct c_question *question = asking->question;
	size_t i;

	for (i = 0; i < question->type_count; i++)
		if (!asking->refused[i])
			reply->types[i] = wanted_type(asking, btf, types, i);
	for (i = 0; i < question->name_count; i++)
		if (!asking->refused[question->type_count + i])
			reply->has_value[i] = read_value(asking, btf, i, reply);
}

static int ask_types(struct asking *asking, struct types *types, struct c_reply *reply,
		     struct btf **ret_btf)
{
	const struct c_question *question = asking->question;
	struct result result;
	int err;

	for (;;) {
		result = (struct result){ .output = -1 };
		err = compile(asking, &result);
		if (err)
			return err;
		if (result.ok)
			break;
		close(result.output);
		if (!mark_refused(asking, question->type_count + question->name_count,
				  result.errors)) {
			reply->errors = result.errors;
			return -EINVAL;
		}
	}
	err = read_btf(asking, result.output, ret_btf);
	close(result.output);
	if (err == -EBADMSG) /* nothing of what was wanted is there */
		return 0;
	if (!err)
		take_answers(asking, *ret_btf, types, reply);
	return err;
}

int clang_ask(struct arena *arena, const struct clang_options *options, struct types *types,
	      const struct c_question *question, struct c_reply *ret_reply, struct btf **ret_btf)
{
	size_t i;
	struct asking asking = { .arena = arena, .options = options, .question = question };
	int err;

	*ret_btf = NULL;
	*ret_reply = (struct c_reply){ 0 };
	asking.refused = arena_new_array(arena, bool, question->type_count + question->name_count);
	ret_reply->types = arena_new_array(arena, const struct type *, question->type_count);
	ret_reply->has_value = arena_new_array(arena, bool, question->name_count);
	ret_reply->values = arena_new_array(arena, int64_t, question->name_count);
	ret_reply->is_unsigned = arena_new_array(arena, bool, question->name_count);
	err = ask_types(&asking, types, ret_reply, ret_btf);
	/* Names that are no integers may be #defined as something else. */
	for (i = 0; !err && i < question->name_count; i++)
		if (!ret_reply->has_value[i])
			return ask_defines(&asking, ret_reply);
	return err;
}

/* --- functions ----------------------------------------------------------------------------- */

/* The file, and its functions that the script calls pointed to: those that are static are kept. */
static int compile_functions(struct asking *asking, const struct c_source *source,
			     struct result *result)
{
	struct words words = { 0 };
	struct strbuf text;
	size_t i;

	strbuf_init(&text, asking->arena);
	strbuf_printf(&text, "#include \"%s\"\n#line 1 \"" WANTED "\"\n", source->path);
	for (i = 0; i < source->name_count; i++) {
		if (!asking->refused[i])
			strbuf_printf(&text,
				      "static void *" PREFIX "%zu __attribute__((used, "
				      "section(\"" PREFIX "\"))) = (void *)%s;",
				      i, source->names[i]);
		strbuf_putc(&text, '\n');
	}
	add_words(asking, &words, "clang", "-target", "bpf", "-mcpu=v3", "-O2", "-g", "-w",
		  "-fno-caret-diagnostics", "-fno-color-diagnostics", "-ferror-limit=0");
	for (i = 0; i < asking->options->include_dir_count; i++)
		add_word(asking, &words, "-I%s", asking->options->include_dirs[i]);
	/* Where Debian has <asm/types.h>, which only compilers for the machine itself know. */
	add_word(asking, &words, "-idirafter/usr/include/%s-linux-gnu", asking->options->arch);
	add_word(asking, &words, "-D__TARGET_ARCH_%s", arch_folder(asking->options->arch));
	add_words(asking, &words, "-I.", "-x", "c", "-c", "-o", "-", "-");
	return run(asking, &words, text_file(&text), result);
}

int clang_compile(struct arena *arena, const struct clang_options *options,
		  const struct c_source *source, int *ret_fd, const char **ret_errors)
{
	struct asking asking = { .arena = arena, .options = options };
	struct result result;
	int err;

	asking.refused = arena_new_array(arena, bool, source->name_count);
	for (;;) {
		result = (struct result){ .output = -1 };
		err = compile_functions(&asking, source, &result);
		if (err)
			return err;
		if (result.ok)
			break;
		close(result.output);
		if (!mark_refused(&asking, source->name_count, result.errors)) {
			*ret_errors = result.errors;
			return -EINVAL;
		}
	}
	*ret_fd = result.output;
	return 0;
}
