/*
 * bodies OBJECT PROGRAM [PID]: attaches one program of bodies.bpf.o until SIGINT.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_map *map;
	struct bpf_link *link = NULL;
	sigset_t set;
	int received;

	if (argc < 3)
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	object = bpf_object__open(argv[1]);
	if (!object)
		return 1;
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, strcmp(bpf_program__name(program), argv[2]) == 0);
	bpf_object__for_each_map(map, object) {
		if (argc > 3 && strstr(bpf_map__name(map), ".rodata")) {
			uint32_t pid = (uint32_t)strtoul(argv[3], NULL, 10);

			bpf_map__set_initial_value(map, &pid, sizeof(pid));
		}
	}
	if (bpf_object__load(object))
		return 1;
	program = bpf_object__find_program_by_name(object, argv[2]);
	if (program)
		link = bpf_program__attach(program);
	if (!link)
		return 1;
	fputs("Attached 1 probe\n", stderr);
	sigwait(&set, &received);
	bpf_link__destroy(link);
	bpf_object__close(object);
	return 0;
}
