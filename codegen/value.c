/*
 * Bytes of values: storing, loading, copying, comparing what is alike.
 *
 * A string in our memory has zeros after its NUL, up to its size, so that
 * strings and tuples of them are equal when their bytes are.  Only where
 * nobody compares bytes (records of events: cg->is_wide_open) are the zeros
 * left out.
 */
#include "codegen/lower.h"

#include "base/compiler.h"

unsigned address_align(struct val address)
{
	if (address.kind != VAL_SLOT && address.kind != VAL_MAP_VALUE && address.kind != VAL_REG)
		return 8;
	/* Only the stack is strict; of other addresses in registers the number is 0. */
	if (address.number % 8 == 0)
		return 8;
	return (unsigned)(address.number & -address.number);
}

/* --- registers ----------------------------------------------------------------- */

void emit_store_value(struct codegen *cg, const struct type *type, struct val address,
		      struct val val)
{
	unsigned align = address_align(address), at;

	if (!type_in_register(type)) {
		emit_copy(cg, address, val, type->size);
		return;
	}
	if (align >= type->size) {
		build_store(cg->b, type->size, address, 0, val);
		return;
	}
	for (at = 0; at < type->size; at += align)
		build_store(cg->b, align, address, at,
			    build_alu(cg->b, BPF_RSH, val, val_const(at * 8)));
}

struct val emit_load_value(struct codegen *cg, const struct type *type, struct val address)
{
	unsigned align = address_align(address), at;
	struct val val = val_const(0);

	if (!type_in_register(type))
		return address;
	if (align >= type->size)
		return build_load(cg->b, type->size, type_is_signed(type), address, 0);
	for (at = 0; at < type->size; at += align) {
		struct val part = build_load(cg->b, align, false, address, at);

		val = build_alu(cg->b, BPF_OR, val, build_alu(cg->b, BPF_LSH, part, val_const(at * 8)));
	}
	return build_extend(cg->b, val, type->size, type_is_signed(type));
}

/* --- bytes ----------------------------------------------------------------------- */

void emit_zero(struct codegen *cg, struct val address, uint32_t size)
{
	if (size)
		build_zero(cg->b, address, size, address_align(address));
}

void emit_copy(struct codegen *cg, struct val to, struct val from, uint32_t size)
{
	if (size)
		build_copy(cg->b, to, from, size, MIN(address_align(to), address_align(from)));
}

/* With -k: counts a read that failed, for which zeros stand. */
static void count_failure(struct codegen *cg, struct val result)
{
	uint32_t fine, site;

	if (!cg->program->options->count_quiet)
		return;
	fine = build_label(cg->b);
	site = codegen_add_site(cg, SITE_READ, cg->span, NULL);
	cg->object->sites.items[site].is_quiet = true;
	build_branch(cg->b, BPF_JSGE, result, val_const(0), fine);
	build_enter(cg->b);
	emit_count(cg, site);
	build_leave(cg->b);
	build_place(cg->b, fine);
}

void emit_read_count(struct codegen *cg, struct val to, struct val count, struct val from,
		     enum space space)
{
	count_failure(cg, BUILD_CALL(cg->b,
				     space == SPACE_USER ? BPF_FUNC_probe_read_user
							 : BPF_FUNC_probe_read_kernel,
				     to, count, from));
}

void emit_read(struct codegen *cg, struct val to, uint32_t size, struct val from, enum space space)
{
	emit_read_count(cg, to, val_const(size), from, space);
}

struct val emit_read_string_count(struct codegen *cg, struct val to, struct val count,
				  struct val from, enum space space)
{
	struct val length = BUILD_CALL(cg->b,
				       space == SPACE_USER ? BPF_FUNC_probe_read_user_str
							   : BPF_FUNC_probe_read_kernel_str,
				       to, count, from);

	count_failure(cg, length);
	return length;
}

struct val emit_read_string(struct codegen *cg, struct val to, uint32_t size, struct val from,
			    enum space space)
{
	return emit_read_string_count(cg, to, val_const(size), from, space);
}

void emit_string_into(struct codegen *cg, struct val to, uint32_t size, struct val from,
		      enum space space)
{
	if (!cg->is_wide_open)
		emit_zero(cg, to, size);
	emit_read_string(cg, to, size, from, space);
}

/* --- strings and tuples ------------------------------------------------------------ */

/*
 * The helper ends what it reads with a NUL.  In a char[N] that is full it took
 * the last byte's place, which is read after it.
 */
static void read_chars(struct codegen *cg, struct val to, uint32_t size, struct place from)
{
	enum space space = from.space == SPACE_USER ? SPACE_USER : SPACE_KERNEL;
	struct val length = emit_read_string(cg, to, size, from.address, space);
	uint32_t has_room = build_label(cg->b);

	build_branch(cg->b, BPF_JNE, length, val_const(size), has_room);
	build_enter(cg->b);
	if (from.space == SPACE_NONE) /* memory of our own */
		build_store(cg->b, 1, to, size - 1,
			    build_load(cg->b, 1, false, from.address, size - 1));
	else
		emit_read(cg, build_offset(cg->b, to, size - 1), 1,
			  build_offset(cg->b, from.address, size - 1), space);
	build_leave(cg->b);
	build_place(cg->b, has_room);
}

static void string_into(struct codegen *cg, struct place place, const struct type *type, uint32_t to,
			struct val address, bool is_padded)
{
	uint32_t from = type->size, size = MIN(from, to);

	if (place.space != SPACE_NONE || (!is_padded && !cg->is_wide_open)) {
		if (!cg->is_wide_open)
			emit_zero(cg, address, to);
		if (type->string.is_chars && to <= from)
			read_chars(cg, address, to, place);
		else
			emit_read_string(cg, address, MIN(from + 1, to), place.address,
					 place.space == SPACE_USER ? SPACE_USER : SPACE_KERNEL);
		return;
	}
	emit_copy(cg, address, place.address, size);
	if (size < to)
		emit_zero(cg, build_offset(cg->b, address, size), cg->is_wide_open ? 1 : to - size);
}

static void tuple_into(struct codegen *cg, struct place place, const struct type *from,
		       const struct type *to, struct val address, bool is_padded)
{
	size_t i;

	emit_zero(cg, address, to->size);
	for (i = 0; i < to->tuple.count; i++) {
		const struct field *old = &from->tuple.fields[i], *new = &to->tuple.fields[i];
		struct place item = { build_offset(cg->b, place.address, old->offset), place.space };

		emit_place_into(cg, item, old->type, new->type,
				build_offset(cg->b, address, new->offset), is_padded);
	}
}

void emit_place_into(struct codegen *cg, struct place place, const struct type *from,
		     const struct type *to, struct val address, bool is_padded)
{
	if (type_in_register(to)) {
		struct val val = emit_at_place(cg, place, from);

		emit_store_value(cg, to, address, emit_convert(cg, val, from, to));
		return;
	}
	if (from->kind == TYPE_STRING && to->kind == TYPE_STRING) {
		string_into(cg, place, from, to->size, address, is_padded);
		return;
	}
	if (from != to && from->kind == TYPE_TUPLE && to->kind == TYPE_TUPLE) {
		tuple_into(cg, place, from, to, address, is_padded);
		return;
	}
	type_complete_deep(&cg->program->types, to);
	if (place.space == SPACE_NONE)
		emit_copy(cg, address, place.address, MIN(from->size, to->size));
	else
		emit_read(cg, address, MIN(from->size, to->size), place.address, place.space);
}

/* --- questions about expressions ------------------------------------------------------ */

struct search {
	struct ast_visitor visitor; /* first */
	const struct variable *variable;
	const struct map *map;
	bool wants_statements, found;
};

static bool look_at(struct ast_visitor *visitor, struct expr **slot)
{
	struct search *search = (struct search *)visitor;
	const struct expr *expr = *slot;

	/* A function may do anything with maps, and leave the probe. */
	if (expr->kind == EXPR_CALL && expr->call.function && !search->variable)
		search->found = true;
	else if (search->wants_statements)
		search->found |= expr->kind == EXPR_BLOCK || expr->kind == EXPR_IF;
	else if (expr->kind == EXPR_VAR)
		search->found |= expr->var.variable == search->variable;
	else if (expr->kind == EXPR_MAP)
		search->found |= expr->map.map == search->map;
	return !search->found;
}

static bool search_expr(const struct expr *expr, struct search *search)
{
	struct expr *root = (struct expr *)expr;

	search->visitor.enter_expr = look_at;
	ast_walk_expr(&search->visitor, &root);
	return search->found;
}

bool expr_mentions(const struct expr *expr, const struct variable *variable, const struct map *map)
{
	return search_expr(expr, &(struct search){ .variable = variable, .map = map });
}

bool expr_has_statements(const struct expr *expr)
{
	return search_expr(expr, &(struct search){ .wants_statements = true });
}
