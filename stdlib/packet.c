/*
 * Packets of the network into files.
 *
 * The kernel copies a packet's bytes, wherever they lie, behind a head of ours
 * into a perf event; user space appends them to the file.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"

/* What goes in front of the bytes. */
struct head {
	struct event_header header;
	uint32_t whole; /* bytes of the packet */
	uint32_t size;	/* of them that follow; zeros may follow those */
};

/* The size of a sample has 16 bits; its own header, time and size of the rest are among the bytes. */
enum {
	SAMPLE_MAX = 65528,
	SAMPLE_OVERHEAD = 20,
	BYTES_MAX = SAMPLE_MAX - SAMPLE_OVERHEAD - sizeof(struct head),
};

/* A place in the script that writes packets. */
struct sink {
	const char *path;
	uint32_t skipped; /* bytes of each packet before what is written */
};

/* --- where the packet comes from ----------------------------------------------------------- */

static bool is_packet(const struct type *type)
{
	return type && type->kind == TYPE_POINTER && type->pointer.to->kind == TYPE_STRUCT &&
	       !strcmp(type->pointer.to->name, "struct sk_buff");
}

/* Are all values that are given to a variable packets that the probe was given? */
struct origin {
	struct ast_visitor visitor; /* first */
	const struct variable *variable;
	unsigned depth;
	bool is_known;
	struct instance *instance;
};

enum { ORIGIN_DEPTH_MAX = 8 }; /* variables that are set from others */

static bool is_given(struct instance *instance, const struct expr *expr, unsigned depth);

static bool look_at_stmt(struct ast_visitor *visitor, struct stmt **slot)
{
	struct origin *origin = (struct origin *)visitor;
	const struct stmt *stmt = *slot;
	const struct expr *value = NULL;

	if (stmt->kind == STMT_LET && stmt->let.variable == origin->variable) {
		value = stmt->let.value; /* none: 0, which is looked for */
	} else if (stmt->kind == STMT_ASSIGN && stmt->assign.target->kind == EXPR_VAR &&
		   stmt->assign.target->var.variable == origin->variable) {
		value = stmt->assign.value;
		origin->is_known &= !stmt->assign.compound;
	} else if (stmt->kind == STMT_FOR_MAP || stmt->kind == STMT_FOR_RANGE) {
		origin->is_known &= stmt->for_.variable != origin->variable;
	}
	if (value)
		origin->is_known &= is_given(origin->instance, value, origin->depth + 1);
	return true;
}

static bool look_at_expr(struct ast_visitor *visitor, struct expr **slot)
{
	struct origin *origin = (struct origin *)visitor;
	const struct expr *expr = *slot, *stored = NULL;

	if (expr->kind == EXPR_INCDEC)
		stored = expr->incdec.operand;
	else if (expr->kind == EXPR_CALL && expr->call.builtin &&
		 (expr->call.builtin->flags & BUILTIN_STORES) && expr->call.args.count)
		stored = vec_last(&expr->call.args);
	if (stored && stored->kind == EXPR_VAR && stored->var.variable == origin->variable)
		origin->is_known = false;
	return true;
}

static bool is_given_variable(struct instance *instance, const struct variable *variable,
			      unsigned depth)
{
	struct origin origin = {
		.visitor = { .enter_stmt = look_at_stmt, .enter_expr = look_at_expr },
		.variable = variable, .depth = depth, .instance = instance,
		.is_known = !variable->is_param && !variable->is_addressed &&
			    depth < ORIGIN_DEPTH_MAX,
	};

	if (origin.is_known)
		instance_walk(&origin.visitor, instance);
	return origin.is_known;
}

/* The kernel takes it from the probe's context alone: then it knows what is there. */
static bool is_given(struct instance *instance, const struct expr *expr, unsigned depth)
{
	const struct builtin *builtin = NULL;

	if (!is_packet(expr->type))
		return false;
	if (expr->kind == EXPR_CAST)
		return is_given(instance, expr->cast.operand, depth);
	if (expr->kind == EXPR_VAR)
		return is_given_variable(instance, expr->var.variable, depth);
	if (expr->kind == EXPR_FIELD && expr->field.object->kind == EXPR_IDENT)
		builtin = expr->field.object->ident.builtin;
	else if (expr->kind == EXPR_IDENT) /* retval */
		builtin = expr->ident.builtin;
	return builtin && (builtin->flags & (BUILTIN_ARGS | BUILTIN_CONTEXT)) &&
	       !(builtin->flags & BUILTIN_IS_CONTEXT);
}

static void check_origin(struct checker *checker, const struct expr *packet)
{
	struct diags *diags = checker->program->diags;
	const struct expr *expr = packet;

	if (!is_packet(packet->type)) {
		diag_report(diags, packet->span, DIAG_ARG_TYPE,
			    "skboutput() writes a struct sk_buff * (%s provided)", packet->type->name);
		return;
	}
	while (expr->kind == EXPR_CAST)
		expr = expr->cast.operand;
	if (!is_given(checker->instance, packet, 0)) {
		diag_report(diags, packet->span, DIAG_ARG_TYPE,
			    "skboutput() writes a packet that the probe was given, the kernel takes no "
			    "other");
		diag_hint(diags, "args.NAME of type struct sk_buff *, or a variable that is set to that and "
				 "to nothing else");
	} else if (expr->kind == EXPR_VAR && checker->loop_depth) {
		diag_report(diags, packet->span, DIAG_ARG_TYPE,
			    "in a loop skboutput() writes an argument of the probe itself: the kernel "
			    "loses track of variables");
	}
}

/* --- checks ---------------------------------------------------------------------------------- */

static bool check_place(struct checker *checker, const struct expr *call)
{
	const struct attach_point *point = checker->instance->points.items[0];
	struct diags *diags = checker->program->diags;
	const char *type = point->type->name;

	if (strcmp(type, "fentry") && strcmp(type, "fexit") && strcmp(type, "rawtracepoint")) {
		diag_report(diags, call->span, DIAG_WRONG_PROBE,
			    "skboutput() can not be used with '%s' probes: only fentry, fexit and "
			    "rawtracepoint have packets that the kernel knows as such",
			    type);
		return false;
	}
	if (strncmp(point->target, "bpf:", 4) && point->mechanism->prog_type == BPF_PROG_TYPE_TRACING)
		return true;
	if (!strncmp(point->target, "bpf:", 4))
		diag_report(diags, call->span, DIAG_WRONG_PROBE,
			    "skboutput() can not be used with BPF programs: what they are given is no "
			    "packet of the kernel's");
	else
		diag_report(diags, call->span, DIAG_UNSUPPORTED,
			    "skboutput() needs Linux 5.5 or later, with BTF");
	return false;
}

static void check_skboutput(struct checker *checker, struct expr *call)
{
	const struct expr *path = call_arg(call, 0), *length = call_arg(call, 2);
	struct diags *diags = checker->program->diags;
	int64_t number, skipped = 0;
	struct sink *sink;

	if (!check_place(checker, call))
		return;
	if (strlen(path->string.text) != path->string.length || !path->string.length)
		diag_report(diags, path->span, DIAG_ARG_RANGE, "skboutput(): this is no name of a file");
	check_origin(checker, call_arg(call, 1));
	if (!check_number_arg(checker, call, 3, 0, BYTES_MAX, &skipped))
		return;
	if (expr_is_number(length, &number) && number <= skipped)
		diag_report(diags, length->span, DIAG_ARG_RANGE,
			    "skboutput(): nothing would be written: of %lld bytes the first %lld are left "
			    "out",
			    (long long)number, (long long)skipped);
	sink = arena_new_struct(checker->program->arena, struct sink);
	sink->path = path->string.text;
	sink->skipped = (uint32_t)skipped;
	call->call.data = sink;
}

/* --- in the kernel --------------------------------------------------------------------------- */

/* What does not fit into a sample is left out: the head tells how large the packet was. */
static struct val emit_size(struct codegen *cg, struct val length)
{
	struct builder *b = cg->b;
	uint32_t size = build_var(b), fits = build_label(b);

	if (val_is_const(length))
		return val_const(MIN((uint64_t)length.number, (uint64_t)BYTES_MAX));
	build_var_set(b, size, length);
	build_branch(b, BPF_JLE, length, val_const(BYTES_MAX), fits);
	build_enter(b);
	build_var_set(b, size, val_const(BYTES_MAX));
	build_leave(b);
	build_place(b, fits);
	return build_var_get(b, size);
}

/* How long the packet is, at `to`. */
static void emit_whole(struct codegen *cg, struct val packet, struct val to)
{
	const struct target *target = cg->program->target;
	uint32_t offset;

	if (target->member_offset(target, "sk_buff", "len", &offset))
		emit_read(cg, to, sizeof(uint32_t), build_offset(cg->b, packet, offset), SPACE_KERNEL);
	else
		build_store(cg->b, sizeof(uint32_t), to, 0, val_const(0));
}

static struct val emit_output(struct codegen *cg, const struct expr *call, struct val packet,
			      struct val length)
{
	struct builder *b = cg->b;
	uint32_t event = codegen_add_packet(cg, call->call.builtin, call->call.data, call->span);
	struct val head = build_slot(b, sizeof(struct head)), size = emit_size(cg, length), flags;

	build_store(b, 4, head, offsetof(struct head, header.event), val_const(event));
	build_store(b, 4, head, offsetof(struct head, header.reserved), val_const(0));
	build_store(b, 4, head, offsetof(struct head, size), size);
	emit_whole(cg, packet, build_offset(b, head, offsetof(struct head, whole)));
	flags = build_alu(b, BPF_OR, build_alu(b, BPF_LSH, size, val_const(32)),
			  val_const(BPF_F_CURRENT_CPU));
	return BUILD_CALL(b, BPF_FUNC_skb_output, packet, val_map(codegen_packets_map(cg)), flags,
			  head, val_const(sizeof(struct head)));
}

/* The kernel finds fault with what it was asked for; else it is a packet that is lost. */
static void emit_failure(struct codegen *cg, struct val result)
{
	struct builder *b = cg->b;
	uint32_t done = build_label(b), lost = build_label(b), quiet;

	build_branch(b, BPF_JEQ, result, val_const(0), done);
	build_enter(b);
	build_branch(b, BPF_JNE, result, val_const(-EFAULT), lost);
	build_enter(b);
	quiet = codegen_add_site(cg, SITE_PACKET, cg->span, NULL);
	cg->object->sites.items[quiet].is_quiet = true;
	emit_count(cg, quiet);
	build_jump(b, done);
	build_leave(b);
	build_place(b, lost);
	build_enter(b);
	emit_count(cg, codegen_add_site(cg, SITE_PACKET_LOST, cg->span, NULL));
	build_leave(b);
	build_leave(b);
	build_place(b, done);
}

static struct val emit_skboutput(struct codegen *cg, const struct expr *call)
{
	enum { ERRORS_MAX = 4095 }; /* the last addresses are errors of the kernel's functions */
	struct builder *b = cg->b;
	struct val packet = emit_expr(cg, call_arg(call, 1)), length = emit_expr(cg, call_arg(call, 2));
	uint32_t result = build_var(b), none = build_label(b), mark = build_slots_mark(b);
	struct val error;

	build_var_set(b, result, val_const(-EFAULT));
	build_branch(b, BPF_JEQ, packet, val_const(0), none);
	build_branch(b, BPF_JGE, packet, val_const(-ERRORS_MAX), none);
	build_enter(b);
	build_var_set(b, result, emit_output(cg, call, packet, length));
	build_leave(b);
	build_place(b, none);
	build_slots_release(b, mark);
	error = build_var_get(b, result);
	emit_failure(cg, error);
	return error;
}

/* --- in user space --------------------------------------------------------------------------- */

static int prepare_skboutput(struct consumer *consumer, const struct object_event *event)
{
	const struct sink *sink = event->data;

	return consumer_open_packets(consumer, sink->path, event->span);
}

static void handle_skboutput(struct consumer *consumer, const struct object_event *event,
			     const void *payload, size_t size)
{
	enum { BEFORE = sizeof(struct head) - sizeof(struct event_header) };
	const struct sink *sink = event->data;
	const char *bytes = (const char *)payload + BEFORE;
	uint32_t words[2], whole, count, skipped;

	if (size < BEFORE)
		return;
	memcpy(words, payload, sizeof(words));
	whole = words[0];
	count = MIN(words[1], (uint32_t)(size - BEFORE));
	skipped = MIN(sink->skipped, count);
	consumer_write_packet(consumer, sink->path, bytes + skipped, count - skipped,
			      whole - MIN(skipped, whole));
}

const struct builtin packet_builtins[] = {
	{ "skboutput", "int64 (string-lit path, pointer packet, int length, int-lit skipped)",
	  "Appends so many bytes of a packet, a struct sk_buff * that the probe was given, without the "
	  "first of them, to a pcap file of IP packets; 0, or a negative error number.",
	  BUILTIN_MUST_CALL | BUILTIN_DISCARDABLE | BUILTIN_TYPED, .check = check_skboutput,
	  .emit = emit_skboutput, .prepare = prepare_skboutput, .handle = handle_skboutput,
	  .example = "fentry:ip_rcv { skboutput(\"in.pcap\", args.skb, args.skb->len, 0); }" },
	{ NULL },
};
