/*
 * What compile() gives: plain data, no kernel needed, nothing opened.
 */
#ifndef CODEGEN_OBJECT_H
#define CODEGEN_OBJECT_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/source.h"
#include "base/vec.h"
#include "codegen/builder.h"
#include "sema/config.h"
#include "sema/type.h"

struct builtin;
struct map;
struct mechanism;
struct named_param; /* sema/program.h */
struct probe_type;

enum object_map_role {
	OBJECT_MAP_SCRIPT,  /* @name: printed at exit */
	OBJECT_MAP_SHORT,   /* the elements of another whose keys are short (short_map) */
	OBJECT_MAP_EVENTS,  /* the ring buffer */
	OBJECT_MAP_SCRATCH, /* per-CPU memory of programs */
	OBJECT_MAP_COUNTS,  /* per-CPU array: element i is the uint64 counter of site i */
	OBJECT_MAP_DATA,    /* constants: strings, name tables, zeros; read-only to programs */
	/*
	 * One struct object_start: what is only known when the run starts.  The
	 * runtime stores it before any program runs.
	 */
	OBJECT_MAP_START,
	/*
	 * One uint64: 1 more than the status of an exit() whose event found no room
	 * in the ring buffer; 0: none.  The runtime looks at it when it has made room.
	 */
	OBJECT_MAP_EXIT,
	OBJECT_MAP_FOLLOWED, /* pids of the processes that --follow means */
	/*
	 * Perf events, one for each CPU, that packets are sent through: the ring buffer takes what
	 * programs have, and packets are copied by the kernel alone.  Records begin as its do.
	 */
	OBJECT_MAP_PACKETS,
};

struct object_start {
	uint64_t boot_ns;    /* CLOCK_BOOTTIME, for `elapsed` */
	uint64_t tai_offset; /* ns from that clock to CLOCK_TAI */
	uint64_t child;	     /* pid of -c, 0: none */
};

struct object_map {
	enum object_map_role role;
	const char *name; /* "@m" of the script's, else "events" ... */
	uint32_t type;	  /* BPF_MAP_TYPE_* */
	uint32_t key_size, value_size, max_entries, flags;
	const void *contents; /* of element 0 of an array, `value_size` bytes; NULL: zeros */

	/* SCRIPT: how to read it. */
	const struct type *key; /* NULL: scalar */
	const struct type *value;
	const struct builtin *aggregate; /* or NULL */
	uint32_t set_offset;		 /* as in struct map_layout */

	/*
	 * Each CPU has a record of its own, of `value_size` bytes.  With slots they lie
	 * in one element of a hash, `slots.size` bytes apart; without the kernel keeps
	 * them where it likes.  CPUs share slots where these are fewer, a power of two.
	 */
	bool is_per_cpu;
	struct record_slots {
		uint32_t size, count; /* 0: there are none */
		bool is_shared;
	} slots;

	/*
	 * Where keys end in a long string, the elements whose string is short lie in
	 * a map of their own: the kernel hashes all bytes of a key, used or not.
	 * Its keys are the first bytes of these.  0: there is none.
	 */
	uint32_t short_map;
	uint32_t short_end; /* of keys: the byte at this offset is 0 in short ones alone */

	/* Programs only add to its values and never look: clear() may subtract instead of delete. */
	bool is_summed;
	bool keeps_printed; /* a clear() or zero() stands right after a print() of it */
};

/*
 * Stands for a helper in calls of programs that are sessions (sema/probe_type.h): not 0 at a
 * return.  Exchanged when the program is loaded for what tells.
 */
enum { HELPER_IS_RETURN = 0x10000 };

struct object_program {
	const char *name; /* at most 15 characters: "sys_enter", "interval_s_1" */
	uint32_t prog_type, attach_type;
	struct bpf_insn *insns;
	uint32_t insn_count;
	VEC(struct code_reloc) relocs;
	VEC(struct code_line) lines;
	struct bpf_func_info *func_infos; /* the program's own, then those it calls back */
	uint32_t func_info_count;
	struct bpf_line_info *line_infos;
	uint32_t line_info_count;
	struct span span; /* of the probe, for messages */
};

/* One of the places that an attachment serves. */
struct object_place {
	const char *name; /* of the probe */
	uint64_t number, counter, cookie; /* as in struct attach_point; index of the point */
};

/* One attaching of one program. */
struct object_attachment {
	const struct probe_type *type;
	const struct mechanism *mechanism;
	uint32_t program;
	const char *name;   /* of the probe, or of the first that share it */
	const char *target; /* as in struct attach_point */
	uint64_t number, extra;
	uint64_t cookie;      /* index of the point, for emit_point_index() */
	uint32_t probe_count; /* probes that this serves, for "Attached N probes" */
	struct span span;
	/* All places of a mechanism that is_multi, at least one; else just the one told above. */
	VEC(struct object_place) places;
};

/* What a record of the ring buffer, or of the packets', with this id means. */
struct object_event {
	const struct builtin *builtin;
	const struct type *payload; /* tuple of the values sent, or NULL */
	const void *data;	    /* of the builtin: parsed format, map index ... */
	struct span span;
};

/* A place in the script where something may be lost or go wrong; counted in the kernel. */
enum site_kind {
	SITE_EVENT_LOST, /* ring buffer full */
	SITE_MAP_FULL,	 /* element not stored */
	SITE_DIVISION,	 /* divided by zero; 1 was the result */
	SITE_BOUNDS,	 /* array index out of bounds; 0 was read */
	SITE_LOOP,	 /* a loop was ended after millions of turns */
	SITE_READ,	 /* memory could not be read (with -k) */
	SITE_ABSENT,	 /* an element that is not there was read (with -k) */
	SITE_FOLLOW,	 /* a process was forked for which the map of those to follow has no room */
	SITE_STACK,	 /* stack could not be read; an empty one was the result (with -k) */
	SITE_PACKET_LOST, /* no room in the buffer of the CPU */
	SITE_PACKET,	 /* shorter than it was said to be: nothing was written (with -k) */
};

struct object_site {
	enum site_kind kind;
	struct span span;
	const char *what; /* the map's or probe's name */
	bool is_quiet;	  /* counted, told only with -k */
};

struct object {
	struct config config;
	VEC(struct object_map) maps;
	VEC(struct object_program) programs;
	VEC(struct object_attachment) attachments;
	VEC(struct object_event) events;
	VEC(struct object_site) sites;
	VEC(const char *) texts; /* that values name by their index: formats of times ... */
	const void *btf; /* func and line info of all programs */
	uint32_t btf_size, btf_type_count;
	int events_map, counts_map; /* indices in maps, -1: none */
	struct object_follow {
		bool is_on;
		uint32_t map;	     /* index in maps: the processes */
		uint32_t fork, free; /* indices in programs: what a fork adds, and what is gone */
	} follow;
	uint32_t probe_count;	    /* probes of the script after expansion */
	bool ends_by_itself;	    /* only begin and end probes */
	const struct named_param *named; /* what the script takes after `--` */
	size_t named_count;
	struct sources *sources;    /* to quote the script in messages */
};

/* Header of every record in the ring buffer, where the payload is aligned to 8, and of packets. */
struct event_header {
	uint32_t event;	  /* index in object.events */
	uint32_t reserved;
};

/* Bytes of a value as a program sees it: the records of all CPUs where they are slots. */
static inline uint32_t object_map_value_size(const struct object_map *map)
{
	return map->slots.count ? map->slots.size * map->slots.count : map->value_size;
}

/* As text, for --dump=object. */
void object_text(const struct object *object, struct strbuf *out);

#endif
