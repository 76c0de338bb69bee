/*
 * Looking into strings and memory: strstr, memcmp, strcap.
 *
 * Kernels that have it are given may_goto, with which they see a loop once if
 * each of its turns may be any.  With bpf_loop() strstr is two callbacks.  Others
 * walk through to its bounds: two of them must not multiply to more than they take.
 */
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"
#include "stdlib/source.h"

enum { TURNS_MAX = 16384 };

/* --- strstr ------------------------------------------------------------------------------ */

static const char *literal_of(const struct expr *arg)
{
	return arg->kind == EXPR_STRING ? arg->string.text : NULL;
}

/* Begins a loop that counts from 0 in a cell, and ends it where the kernel wants it ended. */
static void begin_count(struct codegen *cg, uint32_t cell, uint32_t top, uint32_t end)
{
	bool is_guarded = target_has(cg->program->target, FEATURE_MAY_GOTO);

	build_var_set(cg->b, cell, is_guarded ? emit_unseen_zero(cg) : val_const(0));
	build_enter(cg->b);
	build_place(cg->b, top);
	if (is_guarded)
		build_may_goto(cg->b, end);
}

static void check_strstr(struct checker *checker, struct expr *call)
{
	const struct expr *hay = call_arg(call, 0), *needle = call_arg(call, 1);

	if (literal_of(needle) || (uint64_t)hay->type->size * needle->type->size <= TURNS_MAX ||
	    target_has(checker->program->target, FEATURE_LOOP))
		return;
	diag_report(checker->program->diags, call->span, DIAG_UNSUPPORTED,
		    "%s() of strings of %u and %u bytes needs Linux 5.17", call->call.name,
		    hay->type->size, needle->type->size);
	diag_hint(checker->program->diags, "a literal as the second, or shorter strings, work here");
}

/* One position: goes to `differ` where the literal does not stand. */
static void match_literal(struct codegen *cg, struct val here, const char *text, uint32_t differ)
{
	size_t i;

	for (i = 0; text[i]; i++)
		build_branch(cg->b, BPF_JNE, build_load(cg->b, 1, false, here, (int64_t)i),
			     val_const((unsigned char)text[i]), differ);
}

/* What is searched, and the two cells of the search: the position and how far it matches. */
struct search {
	struct val hay, needle;
	uint32_t hay_size, needle_size;
	uint32_t at, matched;
};

/* One position: goes to `differ` at the first byte that differs, to `found` at the needle's end. */
static void match_bytes(struct codegen *cg, const struct search *search, uint32_t differ,
			uint32_t found)
{
	struct builder *b = cg->b;
	uint32_t top = build_label(b);
	struct val j, wanted, place;

	begin_count(cg, search->matched, top, differ);
	j = build_var_get(b, search->matched);
	build_branch(b, BPF_JGE, j, val_const(search->needle_size), found);
	wanted = build_load(b, 1, false, build_alu(b, BPF_ADD, search->needle, j), 0);
	build_branch(b, BPF_JEQ, wanted, val_const(0), found);
	place = build_alu(b, BPF_ADD, build_var_get(b, search->at), j);
	build_branch(b, BPF_JGE, place, val_const(search->hay_size), differ);
	build_branch(b, BPF_JNE,
		     build_load(b, 1, false, build_alu(b, BPF_ADD, search->hay, place), 0), wanted,
		     differ);
	build_var_set(b, search->matched, build_alu(b, BPF_ADD, j, val_const(1)));
	build_jump(b, top);
	build_leave(b);
}

/* --- by callbacks */

/* Words on the stack that they share. */
enum { WORD = 8, RESULT = 0, HAY = 8, NEEDLE = 16, POSITION = 24, MATCHES = 32, HAND_SIZE = 40 };

/* Arguments of what bpf_loop() calls, and its answers. */
enum { ARGUMENT_TURN, ARGUMENT_HAND };
enum { GO_ON = 0, STOP = 1 };

static struct val load_at(struct codegen *cg, struct val hand, int64_t base, struct val offset)
{
	struct val address = build_load(cg->b, WORD, false, hand, base);

	return build_load(cg->b, 1, false, build_alu(cg->b, BPF_ADD, address, offset), 0);
}

/* A byte of the needle against one of the hay. */
static struct val build_compare(struct codegen *cg, const struct search *search)
{
	struct outer_function outer = callback_begin(cg, STOP);
	struct builder *b = cg->b;
	struct val turn = build_argument(b, ARGUMENT_TURN), hand = build_argument(b, ARGUMENT_HAND);
	uint32_t matches = build_label(b), differ = build_label(b);
	struct val wanted, place;

	build_branch(b, BPF_JGE, turn, val_const(search->needle_size), matches);
	wanted = load_at(cg, hand, NEEDLE, turn);
	build_branch(b, BPF_JEQ, wanted, val_const(0), matches);
	place = build_alu(b, BPF_ADD, build_load_number(b, hand, POSITION), turn);
	build_branch(b, BPF_JGE, place, val_const(search->hay_size), differ);
	build_branch(b, BPF_JNE, load_at(cg, hand, HAY, place), wanted, differ);
	build_exit(b, val_const(GO_ON));
	build_place(b, matches);
	build_store(b, WORD, hand, MATCHES, val_const(1));
	build_place(b, differ);
	build_exit(b, val_const(STOP));
	return callback_end(cg, &outer);
}

/* One position of the hay. */
static struct val build_position(struct codegen *cg, const struct search *search, const char *text,
				 uint32_t last)
{
	struct outer_function outer = callback_begin(cg, STOP);
	struct builder *b = cg->b;
	struct val at = build_argument(b, ARGUMENT_TURN), hand = build_argument(b, ARGUMENT_HAND);
	uint32_t differ = build_label(b), stop = build_label(b);

	build_branch(b, BPF_JGE, at, val_const(last), stop);
	if (text) {
		match_literal(cg, build_alu(b, BPF_ADD, build_load(b, WORD, false, hand, HAY), at), text,
			      differ);
	} else {
		build_store(b, WORD, hand, POSITION, at);
		build_store(b, WORD, hand, MATCHES, val_const(0));
		BUILD_CALL(b, BPF_FUNC_loop, val_const(search->needle_size + 1),
			   build_compare(cg, search), hand, val_const(0));
		build_branch(b, BPF_JEQ, build_load_number(b, hand, MATCHES), val_const(0), differ);
	}
	build_store(b, WORD, hand, RESULT, at);
	build_jump(b, stop);
	build_place(b, differ);
	build_branch(b, BPF_JEQ, load_at(cg, hand, HAY, at), val_const(0), stop);
	build_exit(b, val_const(GO_ON));
	build_place(b, stop);
	build_exit(b, val_const(STOP));
	return callback_end(cg, &outer);
}

static struct val search_by_callbacks(struct codegen *cg, const struct search *search,
				      const char *text, uint32_t last)
{
	struct builder *b = cg->b;
	struct val hand = build_stack_slot(b, HAND_SIZE);

	build_store(b, WORD, hand, RESULT, val_const(-1));
	build_store(b, WORD, hand, HAY, search->hay);
	if (!text)
		build_store(b, WORD, hand, NEEDLE, search->needle);
	BUILD_CALL(b, BPF_FUNC_loop, val_const(last), build_position(cg, search, text, last), hand,
		   val_const(0));
	return build_load_number(b, hand, RESULT);
}

static bool has_callbacks(const struct codegen *cg)
{
	const struct target *target = cg->program->target;

	return target_has(target, FEATURE_LOOP) && !target_has(target, FEATURE_MAY_GOTO) &&
	       cg->depth + 2 <= FRAMES_MAX;
}

/* --- by a loop */

/* The position, or -1. */
static struct val emit_strstr(struct codegen *cg, const struct expr *call)
{
	const struct expr *hay = call_arg(call, 0), *needle = call_arg(call, 1);
	const char *text = literal_of(needle);
	struct builder *b = cg->b;
	uint32_t result = build_var(b), top = build_label(b), next = build_label(b);
	uint32_t found = build_label(b), end = build_label(b);
	struct search search = { .hay = emit_padded_string(cg, hay), .hay_size = hay->type->size,
				 .needle_size = needle->type->size, .at = build_var(b),
				 .matched = build_var(b) };
	uint32_t last = search.hay_size, length = text ? (uint32_t)strlen(text) : 0;
	struct val at;

	if (!text)
		search.needle = emit_padded_string(cg, needle);
	if (length) /* one that fills its bytes ends without a NUL */
		last = search.hay_size >= length ? search.hay_size - length + 1 : 0;
	if (has_callbacks(cg))
		return search_by_callbacks(cg, &search, text, last);
	build_var_set(b, result, val_const(-1));
	begin_count(cg, search.at, top, end);
	at = build_var_get(b, search.at);
	build_branch(b, BPF_JGE, at, val_const(last), end);
	if (text)
		match_literal(cg, build_alu(b, BPF_ADD, search.hay, at), text, next);
	else
		match_bytes(cg, &search, next, found);
	build_place(b, found);
	build_var_set(b, result, build_var_get(b, search.at));
	build_jump(b, end);
	build_place(b, next);
	at = build_var_get(b, search.at);
	build_branch(b, BPF_JGE, at, val_const(search.hay_size), end);
	build_branch(b, BPF_JEQ, build_load(b, 1, false, build_alu(b, BPF_ADD, search.hay, at), 0),
		     val_const(0), end);
	build_var_set(b, search.at, build_alu(b, BPF_ADD, at, val_const(1)));
	build_jump(b, top);
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, result);
}

/* --- memcmp ------------------------------------------------------------------------------ */

static uint32_t bytes_of(const struct type *type)
{
	return type->kind == TYPE_STRING || type->kind == TYPE_ARRAY || type->kind == TYPE_TUPLE ||
			       type->kind == TYPE_STRUCT ? type->size : 0;
}

static void check_memcmp(struct checker *checker, struct expr *call)
{
	unsigned i;

	for (i = 0; i < 2; i++)
		if (!bytes_of(call_arg(call, i)->type))
			diag_report(checker->program->diags, call_arg(call, i)->span, DIAG_ARG_TYPE,
				    "memcmp() compares strings, arrays, records and tuples (%s provided)",
				    call_arg(call, i)->type->name);
}

static struct val own_bytes(struct codegen *cg, const struct expr *arg)
{
	struct val slot;

	if (arg->type->kind == TYPE_STRING)
		return emit_padded_string(cg, arg);
	slot = build_slot(cg->b, arg->type->size);
	emit_expr_into(cg, arg, arg->type, slot);
	return slot;
}

static struct val emit_memcmp(struct codegen *cg, const struct expr *call)
{
	const struct expr *left = call_arg(call, 0), *right = call_arg(call, 1);
	struct builder *b = cg->b;
	uint32_t result = build_var(b), at = build_var(b), top = build_label(b), end = build_label(b);
	uint32_t most = MIN(bytes_of(left->type), bytes_of(right->type));
	struct val count = emit_expr(cg, call_arg(call, 2)), here, difference;
	struct val a = own_bytes(cg, left), c = own_bytes(cg, right);

	build_var_set(b, result, val_const(0));
	begin_count(cg, at, top, end);
	here = build_var_get(b, at);
	build_branch(b, BPF_JGE, here, val_const(most), end);
	build_branch(b, BPF_JGE, here, count, end);
	difference = build_alu(b, BPF_SUB,
			       build_load(b, 1, true, build_alu(b, BPF_ADD, a, here), 0),
			       build_load(b, 1, true, build_alu(b, BPF_ADD, c, here), 0));
	build_var_set(b, result, difference);
	build_branch(b, BPF_JNE, difference, val_const(0), end);
	build_var_set(b, at, build_alu(b, BPF_ADD, here, val_const(1)));
	build_jump(b, top);
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, result);
}

/* --- strcap ------------------------------------------------------------------------------ */

static bool is_text_pointer(const struct type *type)
{
	return type->kind == TYPE_POINTER && type->pointer.to->kind == TYPE_INT &&
	       type->pointer.to->size == 1;
}

static void check_strcap(struct checker *checker, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);

	if (arg->type->kind == TYPE_STRING || arg->type->kind == TYPE_ARRAY ||
	    is_text_pointer(arg->type))
		return;
	diag_report(checker->program->diags, arg->span, DIAG_ARG_TYPE,
		    "strcap() only supports string and array arguments (%s provided)",
		    arg->type->name);
	if (arg->type->kind == TYPE_POINTER)
		diag_hint(checker->program->diags, "what a pointer points to is a string in str()");
}

/* What a pointer points to has the room that its string takes: the length, 0 of what cannot be read. */
static struct val emit_length_at(struct codegen *cg, const struct expr *arg)
{
	struct builder *b = cg->b;
	uint32_t size = (uint32_t)cg->program->config.max_strlen, length = build_var(b);
	uint32_t end = build_label(b);
	struct place from = source_of(cg, arg);
	struct val read = emit_read_string(cg, build_slot(b, size), size, from.address, from.space);

	build_var_set(b, length, val_const(0));
	build_branch(b, BPF_JSLE, read, val_const(0), end);
	build_enter(b);
	build_var_set(b, length, build_alu(b, BPF_SUB, read, val_const(1)));
	build_leave(b);
	build_place(b, end);
	return build_var_get(b, length);
}

static struct val emit_strcap(struct codegen *cg, const struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);

	if (is_text_pointer(arg->type))
		return emit_length_at(cg, arg);
	return val_const(arg->type->kind == TYPE_ARRAY ? arg->type->array.length : arg->type->size);
}

const struct builtin search_builtins[] = {
	{ "strstr", "int32 (string, string wanted)",
	  "Where the second string first stands in the first, from 0; -1: nowhere.",
	  BUILTIN_MUST_CALL, .check = check_strstr, .emit = emit_strstr,
	  .example = "begin { print(strstr(\"needle in hay\", \"in\")); }\n"
		     "7\n" },
	{ "memcmp", "int32 (any, any, int length)",
	  "Difference of the first bytes that differ, of so many; 0: they are equal.",
	  BUILTIN_MUST_CALL, .check = check_memcmp, .emit = emit_memcmp,
	  .example = "begin { print(memcmp(\"aa\", \"ac\", 2)); }\n"
		     "-2\n" },
	{ "strcap", "uint64 (any)", "Room of a string in bytes, its NUL included, or elements of an array.",
	  BUILTIN_MUST_CALL, .check = check_strcap, .emit = emit_strcap,
	  .example = "begin { $s = \"four\"; print(strcap($s)); }\n"
		     "5\n" },
	{ NULL },
};
