/*
 * print(): a value, or a map.
 */
#include <linux/bpf.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "runtime/output/output.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

/* print(@m, top, divisor) */
struct map_print {
	uint32_t map;
	uint64_t top, divisor;
};

static bool is_whole_map(const struct expr *arg)
{
	return arg->kind == EXPR_MAP && !arg->map.keys.count;
}

static void check_print(struct checker *checker, struct expr *call)
{
	struct diags *diags = checker->program->diags;
	const struct expr *arg = call_arg(call, 0);
	const struct type *type = arg->type;
	int64_t ignored;

	if (!is_whole_map(arg)) {
		if (call_arg(call, 1))
			diag_report(diags, call_arg(call, 1)->span, DIAG_ARG_COUNT,
				    "print() takes top and divisor for a whole map only");
		else
			check_printable(checker, arg, "print()");
		return;
	}
	if (checker->loop_depth) {
		diag_report(diags, call->span, DIAG_SUSPICIOUS,
			    "print(%s) in a loop: the map is printed later, when the loop has changed it "
			    "further", arg->map.name);
		diag_hint(diags, "to see each step print the value: print(%s[key])", arg->map.name);
	}
	check_number_arg(checker, call, 1, 0, INT64_MAX, &ignored);
	check_number_arg(checker, call, 2, 0, INT64_MAX, &ignored);
	if (call_arg(call, 1) && type->kind == TYPE_AGGREGATE &&
	    type->aggregate.kind == AGGREGATE_STATS)
		diag_report(diags, call_arg(call, 1)->span, DIAG_SUSPICIOUS,
			    "print()'s top and div arguments are ignored when used on stats() maps.");
}

static struct val emit_map_print(struct codegen *cg, const struct expr *call)
{
	struct map_print print = { .map = call_arg(call, 0)->map.map->index };
	uint32_t lost = build_label(cg->b), event;
	struct val payload;

	if (call_arg(call, 1))
		print.top = call_arg(call, 1)->number.value;
	if (call_arg(call, 2))
		print.divisor = call_arg(call, 2)->number.value;
	event = codegen_add_event(cg, call->call.builtin, NULL,
				  arena_dup(cg->arena, &print, sizeof(print)), call->span);
	payload = emit_event_reserve(cg, event, 0, lost);
	emit_event_submit(cg, payload);
	build_place(cg->b, lost);
	vec_push(cg->arena, &cg->printed, print.map);
	return VAL_NOTHING;
}

static struct val emit_print(struct codegen *cg, const struct expr *call)
{
	struct expr *arg = call_arg(call, 0);

	if (is_whole_map(arg))
		return emit_map_print(cg, call);
	emit_event_values(cg, call, &arg, 1, NULL);
	return VAL_NOTHING;
}

static void handle_print(struct consumer *consumer, const struct object_event *event,
			 const void *payload, size_t size UNUSED)
{
	const struct map_print *print = event->data;
	const struct field *field;
	struct value value;

	if (print) {
		consumer_print_map(consumer, print->map, print->top, print->divisor);
		return;
	}
	field = &event->payload->tuple.fields[0];
	render_value(consumer, field->type, (const char *)payload + field->offset, &value);
	output_format_of(consumer->output)->value(consumer->output, &value);
}

const struct builtin print_builtins[] = {
	{ "print", "void (any, [int-lit], [int-lit])",
	  "Prints a value, or all of a map: its largest elements only, and divided, if told so.",
	  BUILTIN_MUST_CALL, .check = check_print, .emit = emit_print, .handle = handle_print },
	{ NULL },
};
