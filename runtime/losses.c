/*
 * Reads the counters of all sites at the end of a run and puts them into words.
 */
#include "runtime/losses.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/version.h>
#include <string.h>

#include "base/compiler.h"
#include "base/diag.h"
#include "runtime/bpf.h"
#include "runtime/maps.h"
#include "runtime/output/output.h"
#include "runtime/output/report.h"
#include "runtime/session_internal.h"

/* Counts of a site over all CPUs. */
static uint64_t site_count(struct session *session, uint32_t site, uint64_t *per_cpu)
{
	uint32_t map = (uint32_t)session->object->counts_map, cpu;
	uint64_t sum = 0;

	if (bpf_lookup(session->maps[map], &site, per_cpu))
		return 0;
	for (cpu = 0; cpu < session->target->cpu_count; cpu++)
		sum += per_cpu[cpu];
	return sum;
}

static const char *times(struct session *session, uint64_t count)
{
	return count == 1 ? "once" : arena_printf(session->arena, "%" PRIu64 " times", count);
}

/* The script's map of a site, or NULL. */
static const struct object_map *map_of_site(const struct object *object, const struct object_site *site)
{
	size_t i;

	for (i = 0; i < object->maps.count; i++)
		if (object->maps.items[i].role == OBJECT_MAP_SCRIPT &&
		    !strcmp(object->maps.items[i].name, site->what))
			return &object->maps.items[i];
	return NULL;
}

/*
 * Is there room in the map now?  Then the kernel may have refused elements because it had no
 * memory at hand: it allocates them as they come.
 */
static bool has_room(struct session *session, const struct object_map *map)
{
	struct raw_map raw;
	bool has_room;

	if (!(map->flags & BPF_F_NO_PREALLOC))
		return false;
	has_room = !map_read(session, (uint32_t)(map - session->object->maps.items), &raw) &&
		   raw.count < map->max_entries;
	raw_map_free(&raw);
	return has_room;
}

/* In formats that have a form of its own for it. */
static bool report_helper(struct session *session, const struct object_site *site, uint64_t count)
{
	const struct output_format *format = output_format_of(session->output);
	struct helper_failure failure = { .count = count };
	struct strbuf place;

	if (site->kind == SITE_MAP_FULL)
		failure = (struct helper_failure){
			"map_update_elem",
			has_room(session, map_of_site(session->object, site)) ? -ENOMEM : -E2BIG, count
		};
	else if (site->kind == SITE_READ)
		failure = (struct helper_failure){ "probe_read", -EFAULT, count };
	else if (site->kind == SITE_ABSENT)
		failure = (struct helper_failure){ "map_lookup_elem", 0, count };
	if (!failure.helper || !format->helper_error)
		return false;
	strbuf_init(&place, session->arena);
	span_format(session->object->sources, site->span, &place);
	format->helper_error(session->output, place.text, &failure);
	return true;
}

/* A map of large records has less room than max_map_keys says: that would not help. */
static void report_full(struct session *session, const struct object_site *site, uint64_t count)
{
	const struct object_map *map = map_of_site(session->object, site);
	uint64_t room = session->object->config.max_map_keys;
	bool is_limited = map->is_per_cpu && map->max_entries < room;

	if (has_room(session, map)) {
		consumer_warn(&session->consumer, site->span,
			      "Map full for a time, or the kernel had no memory at hand; can't update "
			      "element (%s, in %s)",
			      times(session, count), site->what);
		return;
	}
	consumer_warn(&session->consumer, site->span,
		      "Map full; can't update element (%s, in %s). Try %s it with more room, e.g. "
		      "`let %s = %s(%" PRIu64 ")`",
		      times(session, count), site->what,
		      is_limited ? "to declare" : "increasing the max_map_keys config or declare",
		      site->what, map->is_per_cpu ? "percpuhash" : "hash",
		      4 * (is_limited ? map->max_entries : room));
}

static void report_packets(struct session *session, const struct object_site *site, uint64_t count)
{
	if (site->kind == SITE_PACKET)
		consumer_warn(&session->consumer, site->span,
			      "there was no packet, or not as much of it as was asked for: nothing "
			      "was written (%s)",
			      times(session, count));
	else
		consumer_warn(&session->consumer, site->span,
			      "%" PRIu64 " packet%s lost here: the buffer of the CPU had no room. "
			      "perf_rb_pages makes it larger",
			      count, count == 1 ? " was" : "s were");
}

static void report_site(struct session *session, const struct object_site *site, uint64_t count)
{
	struct consumer *consumer = &session->consumer;

	switch (site->kind) {
	case SITE_EVENT_LOST:
		consumer_warn(consumer, site->span,
			      "%" PRIu64 " event%s lost here: the ring buffer was full. "
			      "perf_rb_pages makes it larger",
			      count, count == 1 ? " was" : "s were");
		return;
	case SITE_MAP_FULL:
		report_full(session, site, count);
		return;
	case SITE_DIVISION:
		consumer_warn(consumer, site->span,
			      "Divide or modulo by 0 detected (%s). This can lead to unexpected "
			      "results. 1 is being used as the result.",
			      times(session, count));
		return;
	case SITE_BOUNDS:
		consumer_warn(consumer, site->span,
			      "Array access out of bounds (%s). This can lead to unexpected results.",
			      times(session, count));
		return;
	case SITE_READ:
		consumer_warn(consumer, site->span, "memory could not be read (%s): Bad address",
			      times(session, count));
		return;
	case SITE_LOOP:
		consumer_warn(consumer, site->span,
			      "this loop turned so often that the kernel ended it (%s)",
			      times(session, count));
		return;
	case SITE_ABSENT:
		consumer_warn(consumer, site->span,
			      "Can't lookup map element because it does not exist (%s, in %s).",
			      times(session, count), site->what);
		return;
	case SITE_FOLLOW:
		consumer_warn(consumer, site->span,
			      "processes were not followed (%s): there are more of them than there is "
			      "room for",
			      times(session, count));
		return;
	case SITE_STACK:
		consumer_warn(consumer, site->span,
			      "the stack could not be read (%s); threads of the kernel have none of "
			      "user space",
			      times(session, count));
		return;
	case SITE_PACKET_LOST:
	case SITE_PACKET:
		report_packets(session, site, count);
		return;
	}
	unreachable();
}

static bool is_data_loss(enum site_kind kind)
{
	switch (kind) {
	case SITE_EVENT_LOST:
	case SITE_MAP_FULL:
	case SITE_LOOP:
	case SITE_FOLLOW:
	case SITE_PACKET_LOST:
		return true;
	case SITE_DIVISION:
	case SITE_BOUNDS:
	case SITE_READ:
	case SITE_ABSENT:
	case SITE_STACK:
	case SITE_PACKET:
		return false;
	}
	unreachable();
}

/*
 * What a program does can be an event for it: the kernel then runs it not once more on that CPU.
 * From 7.0 on a task may be preempted inside a program on a tracepoint; until it goes on, what
 * other tasks do on that CPU is missed, too.  The kernel counts the two together.
 */
static const char *who_was_missed(const struct session *session)
{
	return session->target->kernel_version < KERNEL_VERSION(7, 0, 0)
		       ? "whose own doing or interruption they were"
		       : "whose own doing or interruption they were, or whose task was preempted while "
			 "others made them";
}

static bool report_missed(struct session *session)
{
	const struct object *object = session->object;
	bool is_loss = false;
	uint64_t count;
	uint32_t i;

	for (i = 0; i < object->programs.count; i++) {
		count = session->programs[i] < 0 ? 0 : bpf_missed_runs(session->programs[i]);
		if (!count)
			continue;
		consumer_warn(&session->consumer, object->programs.items[i].span,
			      "%" PRIu64 " event%s missed here: a program was running already, %s",
			      count, count == 1 ? " was" : "s were", who_was_missed(session));
		is_loss = true;
	}
	if (session->missed)
		consumer_warn(&session->consumer, SPAN_NONE,
			      "%" PRIu64 " event%s missed: the kernel was in another kprobe when they "
			      "came",
			      session->missed, session->missed == 1 ? " was" : "s were");
	return is_loss || session->missed;
}

bool losses_report(struct session *session)
{
	const struct object *object = session->object;
	uint64_t *per_cpu, count, events = 0;
	bool is_loss = report_missed(session);
	uint32_t i;

	if (session->left_out)
		consumer_warn(&session->consumer, SPAN_NONE,
			      "%" PRIu64 " command%s of system() %s left out: the run was over before %s turn",
			      session->left_out, session->left_out == 1 ? "" : "s",
			      session->left_out == 1 ? "was" : "were",
			      session->left_out == 1 ? "its" : "their");
	is_loss |= session->left_out;
	if (object->counts_map < 0)
		return is_loss;
	per_cpu = arena_new_array(session->arena, uint64_t, session->target->cpu_count);
	for (i = 0; i < object->sites.count; i++) {
		const struct object_site *site = &object->sites.items[i];

		count = site_count(session, i, per_cpu);
		if (!count || (site->is_quiet && !session->options->tell_quiet))
			continue;
		is_loss |= is_data_loss(site->kind);
		if (site->kind == SITE_EVENT_LOST || site->kind == SITE_PACKET_LOST)
			events += count;
		if (!report_helper(session, site, count))
			report_site(session, site, count);
	}
	if (events) {
		output_format_of(session->output)->lost(session->output, events);
		report_warning("Total lost event count: %" PRIu64, events);
	}
	return is_loss;
}
