/*
 * Addresses of the network.
 */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "base/compiler.h"
#include "codegen/lower.h"
#include "sema/check.h"
#include "stdlib/call.h"
#include "stdlib/library.h"
#include "stdlib/source.h"

enum { INET4_SIZE = 4, INET6_SIZE = 16, MAC_SIZE = 6 };

/* --- ntop ------------------------------------------------------------------------------ */

static const struct expr *address_arg(const struct expr *call)
{
	return call_arg(call, call_arg(call, 1) ? 1 : 0);
}

static bool has_bytes(const struct type *type)
{
	return type->kind == TYPE_ARRAY || type->kind == TYPE_STRING;
}

static const struct type *infer_ntop(struct inferer *inferer, struct expr *call UNUSED)
{
	return type_late(&inferer->program->types, LATE_INET);
}

static void check_ntop(struct checker *checker, struct expr *call)
{
	struct diags *diags = checker->program->diags;
	const struct expr *arg = address_arg(call), *family = call_arg(call, 1) ? call_arg(call, 0) : NULL;

	if (family && family->type->kind != TYPE_INT && family->type->kind != TYPE_ENUM)
		diag_report(diags, family->span, DIAG_ARG_TYPE,
			    "ntop() only supports integer arguments as the address family (%s provided)",
			    family->type->name);
	if (type_is_integer(arg->type) ||
	    (has_bytes(arg->type) && (arg->type->size == INET4_SIZE || arg->type->size == INET6_SIZE)))
		return;
	diag_report(diags, arg->span, DIAG_ARG_TYPE,
		    "ntop() expects an integer or an array of 4 or 16 bytes (%s provided)",
		    arg->type->name);
}

static void emit_ntop(struct codegen *cg, const struct expr *call, struct val address)
{
	const struct expr *arg = address_arg(call);
	struct val bytes = build_offset(cg->b, address, offsetof(struct late_inet, address)), family;
	uint32_t size = has_bytes(arg->type) ? arg->type->size : INET4_SIZE;

	family = call_arg(call, 1) ? emit_expr(cg, call_arg(call, 0))
				   : val_const(size == INET4_SIZE ? AF_INET : AF_INET6);
	emit_zero(cg, bytes, INET6_SIZE);
	if (has_bytes(arg->type))
		emit_source_into(cg, arg, size, bytes);
	else
		build_store(cg->b, INET4_SIZE, bytes, 0, emit_expr(cg, arg));
	build_store(cg->b, 8, address, offsetof(struct late_inet, family), family);
}

/* --- pton ------------------------------------------------------------------------------ */

/* Bytes of the address, 0: it is none. */
static uint32_t read_address(const struct expr *call, uint8_t *ret_bytes)
{
	const struct expr *arg = call_arg(call, 0);
	const char *text = arg && arg->kind == EXPR_STRING ? arg->string.text : "";

	if (strchr(text, '.'))
		return inet_pton(AF_INET, text, ret_bytes) == 1 ? INET4_SIZE : 0;
	return inet_pton(AF_INET6, text, ret_bytes) == 1 ? INET6_SIZE : 0;
}

static const struct type *infer_pton(struct inferer *inferer, struct expr *call)
{
	struct types *types = &inferer->program->types;
	uint8_t bytes[INET6_SIZE];
	uint32_t size = read_address(call, bytes);

	return type_array(types, type_int(types, 1, false), size ? size : INET4_SIZE);
}

static void check_pton(struct checker *checker, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);
	uint8_t bytes[INET6_SIZE];

	if (read_address(call, bytes))
		return;
	diag_report(checker->program->diags, arg->span, DIAG_ARG_RANGE,
		    "pton() expects an IPv4 or IPv6 address, '%s' is none", arg->string.text);
}

static struct val emit_pton(struct codegen *cg, const struct expr *call)
{
	uint8_t *bytes = arena_alloc(cg->arena, INET6_SIZE);

	read_address(call, bytes);
	return codegen_data(cg, bytes, call->type->size);
}

/* --- macaddr --------------------------------------------------------------------------- */

static const struct type *infer_macaddr(struct inferer *inferer, struct expr *call UNUSED)
{
	return type_late(&inferer->program->types, LATE_MAC);
}

static void check_macaddr(struct checker *checker, struct expr *call)
{
	const struct expr *arg = call_arg(call, 0);

	if (arg->kind != EXPR_STRING && (!has_bytes(arg->type) || arg->type->size >= MAC_SIZE))
		return;
	diag_report(checker->program->diags, arg->span, DIAG_ARG_TYPE,
		    "macaddr() expects an address or at least 6 bytes (%s provided)",
		    arg->kind == EXPR_STRING ? "string literal" : arg->type->name);
}

static void emit_macaddr(struct codegen *cg, const struct expr *call, struct val address)
{
	emit_source_into(cg, call_arg(call, 0), MAC_SIZE, address);
}

const struct builtin network_builtins[] = {
	{ "ntop", "infer (any, [any address])",
	  "An IPv4 or IPv6 address as text; the family may stand before it.", BUILTIN_MUST_CALL,
	  .infer = infer_ntop, .check = check_ntop, .emit_into = emit_ntop,
	  .example = "begin { print(ntop(0x0100007f)); print(ntop(10, pton(\"::1\"))); }\n"
		     "127.0.0.1\n"
		     "::1\n" },
	{ "pton", "infer (string-lit)",
	  "The 4 or 16 bytes of an IPv4 or IPv6 address, in the order of the network.",
	  BUILTIN_MUST_CALL, .infer = infer_pton, .check = check_pton, .emit = emit_pton,
	  .example = "begin { print(pton(\"10.0.0.2\")); }\n"
		     "[10,0,0,2]\n" },
	{ "macaddr", "infer (pointer)", "The 6 bytes of an Ethernet address as text.",
	  BUILTIN_MUST_CALL, .infer = infer_macaddr, .check = check_macaddr,
	  .emit_into = emit_macaddr,
	  .example = "begin { $a = 0x554433221102; print(macaddr((uint8[8])$a)); }\n"
		     "02:11:22:33:44:55\n" },
	{ NULL },
};
