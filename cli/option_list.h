/*
 * The options, each once: getopt's tables, the text of --help, and the tests
 * come from here.
 */
#ifndef CLI_OPTION_LIST_H
#define CLI_OPTION_LIST_H

/* Those without a letter. */
enum long_option {
	OPTION_DUMP = 256,
	OPTION_FMT,
	OPTION_DRY_RUN,
	OPTION_UNSAFE,
	OPTION_NO_WARNINGS,
	OPTION_ATTACH,
	OPTION_STRICT,
	OPTION_TARGET,
	OPTION_TEST,
	OPTION_BENCH,
	OPTION_INCLUDE,
	OPTION_INFO,
	OPTION_MODE,
	OPTION_NO_FEATURE,
	OPTION_FUNCTIONS,
	OPTION_DEBUGINFO,
	OPTION_TIMEOUT,
	OPTION_FOLLOW,
	OPTION_PROBE_FILTER,
	OPTION_AOT,
	OPTION_EMIT_ELF,
	OPTION_EMIT_LLVM,
	OPTION_IGNORED,
};

/*
 * Letter or number, long name or NULL, argument or NULL, help.  Without help
 * it is an option of the reference that is accepted or refused for its sake.
 */
/* clang-format off */
#define OPTIONS(X) \
	X('e', NULL, "TEXT", "script text") \
	X('l', "list", NULL, "list what can be probed; with -v its arguments") \
	X('c', "cmd", "CMD", "start CMD when attached, stop when it ends") \
	X('p', "pid", "PID", "only events of this process, stop when it ends") \
	X(OPTION_FOLLOW, "follow", NULL, "with -c or -p: also all that the process starts") \
	X(OPTION_TIMEOUT, "timeout", "TIME", "stop after this time: 10s, 500ms, 5m, 1h; exit status 0") \
	X('o', "output", "FILE", "script output to FILE") \
	X('f', NULL, "FORMAT", "output format: text, json, folded, flamegraph") \
	X('B', NULL, "MODE", "buffering of the output: line, full, none") \
	X('v', "verbose", NULL, "tell what is done; the kernel's log when it refuses a program") \
	X('q', "quiet", NULL, "do not tell that probes were attached") \
	X('k', "warnings", NULL, "run-time warnings also for absent elements and failed reads") \
	X(OPTION_NO_WARNINGS, "no-warnings", NULL, "no warnings at all") \
	X('W', NULL, "LIST", "warnings by their ids: no-ID silences, error=ID makes an error,\n" \
	  "no-all and error do so with all") \
	X(OPTION_UNSAFE, "unsafe", NULL, "allow functions that change the system") \
	X(OPTION_STRICT, "strict", NULL, "exit status 6 when data was lost") \
	X(OPTION_DRY_RUN, "dry-run", NULL, "compile, load, attach, detach") \
	X(OPTION_PROBE_FILTER, "probe-filter", "REGEX", "only attach points whose name, as -v tells it, has a match") \
	X(OPTION_FMT, "fmt", NULL, "print the script formatted; with -o replace the file by it") \
	X(OPTION_TEST, "test", NULL, "run the script's test probes only, and report") \
	X(OPTION_BENCH, "bench", NULL, "run the script's bench probes only, and report") \
	X(OPTION_DUMP, "dump", "STAGE", "show a stage of compiling and stop: ast, types, ir, optimised,\n" \
	  "allocated, bpf, object") \
	X('d', "debug", "STAGES", "show some on standard error, then go on: ast, types, ir, optimised,\n" \
	  "allocated, bpf, object, verifier, all") \
	X(OPTION_EMIT_ELF, "emit-elf", "FILE", "write the programs and maps to FILE as libbpf reads them, then go on") \
	X(OPTION_INFO, "info", NULL, "what this kernel and this program can do") \
	X(OPTION_NO_FEATURE, "no-feature", "LIST", "do as if the kernel had none of: kprobe_multi, kprobe_session,\n" \
	  "uprobe_multi") \
	X(OPTION_MODE, "mode", "MODE", "do no more than: codegen, test, bench, format") \
	X(OPTION_ATTACH, "attach", "WAY", "attach by this mechanism where a probe has it: syscalls,\n" \
	  "raw_tracepoint, perf, uprobe_multi, kprobe_multi, kprobe_session") \
	X(OPTION_FUNCTIONS, "traceable-functions", "FILE", "the functions that can be traced, instead of tracefs'\n" \
	  "available_filter_functions") \
	X(OPTION_DEBUGINFO, "debuginfo", "DIR[:DIR]", "look there, too, for files of debug information") \
	X('I', NULL, "DIR", "where #include looks for headers") \
	X(OPTION_INCLUDE, "include", "FILE", "include FILE first") \
	X(OPTION_TARGET, "target", "DIR", "compile against the kernel that DIR describes; nothing is run") \
	X('h', "help", NULL, "this text") \
	X('V', "version", NULL, "the version") \
	X('b', "btf", NULL, NULL) \
	X(OPTION_IGNORED, "verify-llvm-ir", NULL, NULL) \
	X(OPTION_IGNORED, "usdt-file-activation", NULL, NULL) \
	X(OPTION_IGNORED, "dwarf-pid", "PID", NULL) \
	X(OPTION_EMIT_LLVM, "emit-llvm", "PREFIX", NULL) \
	X(OPTION_AOT, "aot", "FILE", NULL)
/* clang-format on */

#endif
