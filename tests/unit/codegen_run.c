#include "tests/unit/codegen_run.h"

#include <bpf/bpf.h>
#include <linux/version.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

enum { SCRATCH_SIZE = 32768 };

static char verifier_log[1 << 20];

static bool has_none(const struct target *target UNUSED, enum target_feature feature UNUSED)
{
	return false;
}

static bool has_all(const struct target *target UNUSED, enum target_feature feature UNUSED)
{
	return true;
}

void run_init(struct run *run)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	unsigned major = 0, minor = 0;
	struct utsname name;

	memset(run, 0, sizeof(*run));
	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	run->has_v4 = major > 6 || (major == 6 && minor >= 6);
	run->target =
		(struct target){ .has = has_none, .kernel_version = major << 16 | minor << 8 };
	run->target_v4 = run->target;
	run->target_v4.has = has_all;
	run->options = (struct builder_options){ .name = "test",
		                                 .target = &run->target,
		                                 .scratch_map = RUN_MAP_SCRATCH };
	run->options_v4 = run->options;
	run->options_v4.target = &run->target_v4;
	run->log = verifier_log;
	run->out = run->scratch = -1;
	if (geteuid() || getenv("CODEGEN_NO_RUN"))
		return;
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	run->out = bpf_map_create(BPF_MAP_TYPE_ARRAY, "out", 4, RUN_RESULTS * 8, 1, NULL);
	run->scratch =
		bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "scratch", 4, SCRATCH_SIZE, 1, NULL);
	run->can_run = run->out >= 0 && run->scratch >= 0;
}

void run_finish(struct run *run)
{
	if (run->out >= 0)
		close(run->out);
	if (run->scratch >= 0)
		close(run->scratch);
}

static int load(struct run *run, const struct code *code, int log_level)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .log_buf = log_level ? verifier_log : NULL,
	            .log_size = log_level ? sizeof(verifier_log) : 0, .log_level = log_level);
	struct bpf_insn *insns = malloc(code->count * sizeof(*insns));
	size_t i;
	int fd;

	memcpy(insns, code->insns, code->count * sizeof(*insns));
	for (i = 0; i < code->relocs.count; i++) {
		const struct code_reloc *reloc = &code->relocs.items[i];

		insns[reloc->insn].imm = reloc->map == RUN_MAP_OUT ? run->out : run->scratch;
	}
	fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "test", "GPL", insns, code->count,
	                   &options);
	free(insns);
	return fd;
}

int run_code(struct run *run, const struct code *code, const uint64_t inputs[RUN_INPUTS],
             uint64_t ret_results[RUN_RESULTS], uint32_t *ret_value)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = inputs,
	            .ctx_size_in = RUN_INPUTS * sizeof(uint64_t));
	uint64_t zeros[RUN_RESULTS] = { 0 };
	uint32_t key = 0;
	int fd = load(run, code, 0), err;

	if (fd < 0) {
		verifier_log[0] = '\0';
		fd = load(run, code, 2);
		if (fd < 0)
			return -1;
	}
	bpf_map_update_elem(run->out, &key, zeros, BPF_ANY);
	err = bpf_prog_test_run_opts(fd, &options);
	close(fd);
	if (err) {
		snprintf(verifier_log, sizeof(verifier_log), "test run: error %d\n", err);
		return -1;
	}
	bpf_map_lookup_elem(run->out, &key, ret_results);
	*ret_value = options.retval;
	return 0;
}

struct code *run_finish_code(struct arena *arena, struct builder *b)
{
	struct code *code = builder_finish(b, DUMP_NOTHING, NULL);
	const char *wrong;
	struct strbuf text;

	if (!code)
		fail_msg("builder: %s", builder_error(b));
	wrong = code_selfcheck(arena, code);
	if (wrong) {
		strbuf_init(&text, arena);
		code_text(code, NULL, NULL, &text);
		fail_msg("%s\n%s", wrong, text.text);
	}
	return code;
}
