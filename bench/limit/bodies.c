/*
 * bodies OBJECT NAME [PID] [LOAD]: attaches the programs NAME and NAME_exit of
 * bodies.bpf.o until SIGINT; those of user functions to the program LOAD.
 * Prints what `flood`, `print_line` and `keys` gather.
 */
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

static int is_wanted(const char *program, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(program, name, length) &&
	       (!program[length] || !strcmp(program + length, "_exit"));
}

static struct bpf_link *attach(struct bpf_program *program, const char *load)
{
	const char *section = bpf_program__section_name(program);

	LIBBPF_OPTS(bpf_uprobe_opts, options, .func_name = "traced_function",
		    .retprobe = !strcmp(section, "uretprobe"));

	if (section[0] == 'u')
		return bpf_program__attach_uprobe_opts(program, -1, load, 0, &options);
	return bpf_program__attach(program);
}

static struct bpf_object *load_object(const char *path, const char *name, const char *pid_text)
{
	struct bpf_object *object = bpf_object__open(path);
	uint32_t pid = (uint32_t)strtoul(pid_text, NULL, 10);
	struct bpf_program *program;
	struct bpf_map *map;

	if (!object)
		return NULL;
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, is_wanted(bpf_program__name(program), name));
	bpf_object__for_each_map(map, object)
		if (strstr(bpf_map__name(map), ".rodata"))
			bpf_map__set_initial_value(map, &pid, sizeof(pid));
	return bpf_object__load(object) ? NULL : object;
}

static int map_of(struct bpf_object *object, const char *name)
{
	return bpf_object__find_map_fd_by_name(object, name);
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;
	const char *name;
	sigset_t set;
	int signal;

	if (argc < 3)
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	name = argv[2];
	object = load_object(argv[1], name, argc > 3 ? argv[3] : "0");
	if (!object)
		return 1;
	bpf_object__for_each_program(program, object)
		if (bpf_program__autoload(program) && !attach(program, argc > 4 ? argv[4] : ""))
			return 1;
	fputs("Attached 1 probe\n", stderr);
	if (!strcmp(name, "flood") || !strcmp(name, "print_line"))
		return print_lines(map_of(object, "ring"), &set);
	sigwait(&set, &signal);
	return strcmp(name, "keys") ? 0 : print_sorted(map_of(object, "by_time"));
}
