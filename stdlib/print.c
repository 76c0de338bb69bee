/*
 * print(): a value, or a map.
 */
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "runtime/map_print.h"
#include "runtime/output/output.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

/* print(@m, top, divisor, "key", "desc") */
struct map_print {
	uint32_t map;
	struct map_selection selection;
};

static bool is_whole_map(const struct expr *arg)
{
	return arg->kind == EXPR_MAP && !arg->map.keys.count;
}

/* --- what of a map is wished ------------------------------------------------------------- */

/* One of the words after the numbers; false when it is none. */
static bool take_word(const char *word, struct map_selection *selection)
{
	if (!strcmp(word, "key"))
		selection->sort = MAP_SORT_KEY;
	else if (!strcmp(word, "value"))
		selection->sort = MAP_SORT_VALUE;
	else if (!strcmp(word, "desc"))
		selection->is_descending = true;
	else if (strcmp(word, "asc") != 0)
		return false;
	return true;
}

/* How many of the arguments after the map are numbers: those before the first word. */
static size_t number_count(const struct expr *call)
{
	size_t count = 0;

	while (count < 2 && call_arg(call, count + 1) &&
	       call_arg(call, count + 1)->kind != EXPR_STRING)
		count++;
	return count;
}

static struct map_selection selection_of(const struct expr *call)
{
	struct map_selection selection = { 0 };
	size_t numbers = number_count(call), i;

	if (numbers > 0)
		selection.top = call_arg(call, 1)->number.value;
	if (numbers > 1)
		selection.divisor = call_arg(call, 2)->number.value;
	for (i = numbers + 1; i < call_arg_count(call); i++)
		take_word(call_arg(call, i)->string.text, &selection);
	return selection;
}

static void check_words(struct checker *checker, const struct expr *call, size_t first)
{
	struct diags *diags = checker->program->diags;
	struct map_selection selection = { 0 };
	size_t i;

	for (i = first; i < call_arg_count(call); i++) {
		const struct expr *arg = call_arg(call, i);

		if (arg->kind == EXPR_STRING && take_word(arg->string.text, &selection))
			continue;
		diag_report(diags, arg->span, DIAG_ARG_LITERAL,
			    "print() is told the order of a map by \"key\" or \"value\", and \"asc\" or "
			    "\"desc\"");
		diag_hint(diags, "print(%s, 5, 1, \"value\", \"desc\"): the 5 largest, not divided, "
			  "the largest first", call_arg(call, 0)->map.name);
		return;
	}
}

static void check_selection(struct checker *checker, const struct expr *call)
{
	const struct type *type = call_arg(call, 0)->type;
	size_t numbers = number_count(call);
	int64_t ignored;
	unsigned i;

	for (i = 1; i <= numbers; i++)
		check_number_arg(checker, call, i, 0, INT64_MAX, &ignored);
	check_words(checker, call, numbers + 1);
	if (numbers > 1 && type->kind == TYPE_AGGREGATE && type->aggregate.kind == AGGREGATE_STATS)
		diag_report(checker->program->diags, call_arg(call, 2)->span, DIAG_SUSPICIOUS,
			    "print() divides the averages of a stats() map, not its counts and totals");
}

static void check_print(struct checker *checker, struct expr *call)
{
	struct diags *diags = checker->program->diags;
	const struct expr *arg = call_arg(call, 0);

	if (!is_whole_map(arg)) {
		if (call_arg(call, 1))
			diag_report(diags, call_arg(call, 1)->span, DIAG_ARG_COUNT,
				    "print() takes further arguments for a whole map only");
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
	check_selection(checker, call);
}

static struct val emit_map_print(struct codegen *cg, const struct expr *call)
{
	struct map_print print = { .map = call_arg(call, 0)->map.map->index,
				   .selection = selection_of(call) };
	uint32_t lost = build_label(cg->b), event;
	struct val payload;

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
		consumer_print_map(consumer, print->map, &print->selection);
		return;
	}
	field = &event->payload->tuple.fields[0];
	render_value(consumer, field->type, (const char *)payload + field->offset, &value);
	output_format_of(consumer->output)->value(consumer->output, &value);
}

const struct builtin print_builtins[] = {
	{ "print", "void (any, [any top], [any divisor], [any order], [any direction])",
	  "Prints a value, or all of a map: its largest elements only, and divided, if told so; "
	  "by \"key\" or \"value\", \"asc\" or \"desc\".",
	  BUILTIN_MUST_CALL, .check = check_print, .emit = emit_print, .handle = handle_print,
	  .example = "begin { @[\"a\"] = 2000; @[\"b\"] = 3000; print(@, 1, 1000, \"desc\"); "
		     "print((1, \"x\")); clear(@); }\n"
		     "@[b]: 3\n"
		     "(1, x)\n" },
	{ NULL },
};
