/*
 * The script as a tree.
 *
 * The parser makes it through the constructors; expand and resolve fill the
 * fields marked with their name, infer the types.  Names are interned.  The
 * shape of the tree is known once, in ast_walk().
 */
#ifndef PARSER_AST_H
#define PARSER_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/source.h"
#include "base/strbuf.h"
#include "base/vec.h"

struct type;
struct builtin;
struct variable;
struct map;
struct field;
struct c_constant;
struct instance;
struct c_function;

/* clang-format off */

/* id, spelling, level of precedence in --fmt (language.md 5.1) */
#define BINARY_OPS(X) \
	X(LOGICAL_OR,	"||",	2) \
	X(LOGICAL_AND,	"&&",	3) \
	X(OR,		"|",	4) \
	X(XOR,		"^",	5) \
	X(AND,		"&",	6) \
	X(EQ,		"==",	7) \
	X(NE,		"!=",	7) \
	X(LT,		"<",	8) \
	X(GT,		">",	8) \
	X(LE,		"<=",	8) \
	X(GE,		">=",	8) \
	X(SHL,		"<<",	9) \
	X(SHR,		">>",	9) \
	X(ADD,		"+",	10) \
	X(SUB,		"-",	10) \
	X(MUL,		"*",	11) \
	X(DIV,		"/",	11) \
	X(MOD,		"%",	11)

#define UNARY_OPS(X) \
	X(NEG,		"-") \
	X(NOT,		"!") \
	X(COMPLEMENT,	"~") \
	X(DEREF,	"*") \
	X(ADDRESS,	"&")

#define EXPR_KINDS(X) \
	X(NUMBER)	/* 42, 5ms */ \
	X(STRING)	/* "text" */ \
	X(BOOL)		/* true */ \
	X(IDENT)	/* pid, HZ: a builtin, #define, enum member, macro */ \
	X(VAR)		/* $x */ \
	X(MAP)		/* @, @m, @m[k, l] */ \
	X(PARAM)	/* $1 */ \
	X(PARAM_COUNT)	/* $# */ \
	X(CALL)		/* f(a, b) */ \
	X(UNARY) \
	X(BINARY) \
	X(TERNARY)	/* c ? a : b, c ?: b */ \
	X(INCDEC)	/* ++x, x-- */ \
	X(CAST)		/* (T)e */ \
	X(FIELD)	/* e.f, e->f */ \
	X(INDEX)	/* e[i] */ \
	X(ELEMENT)	/* e.0 of a tuple */ \
	X(TUPLE)	/* (a, b), (a,), () */ \
	X(RECORD)	/* (x=1, y=2) */ \
	X(SIZEOF) \
	X(OFFSETOF) \
	X(TYPEOF)	/* typeof(...) as an argument */ \
	X(TYPEINFO) \
	X(TYPE)		/* a type that cannot be an expression, as an argument: struct foo, int* */ \
	X(COMPTIME) \
	X(BLOCK)	/* { stmts; value } */ \
	X(IF)		/* if c { } else { } : statement and value */

#define STMT_KINDS(X) \
	X(EXPR) \
	X(ASSIGN)	/* lvalue op= value */ \
	X(LET) \
	X(DISCARD)	/* _ = e */ \
	X(WHILE) \
	X(UNROLL) \
	X(FOR_RANGE)	/* for $i : a..b */ \
	X(FOR_MAP)	/* for $kv : @m */ \
	X(BREAK) \
	X(CONTINUE) \
	X(RETURN) \
	X(IMPORT)
/* clang-format on */

enum binary_op {
#define X(id, text, level) BINARY_##id,
	BINARY_OPS(X)
#undef X
};

enum unary_op {
#define X(id, text) UNARY_##id,
	UNARY_OPS(X)
#undef X
};

enum expr_kind {
#define X(id) EXPR_##id,
	EXPR_KINDS(X)
#undef X
};

enum stmt_kind {
#define X(id) STMT_##id,
	STMT_KINDS(X)
#undef X
};

struct expr;
struct stmt;
VEC_STRUCT(expr_vec, struct expr *);
VEC_STRUCT(stmt_vec, struct stmt *);
VEC_STRUCT(name_vec, const char *);

/* A type as written: "struct task_struct *", "int32[2][3]", "typeof(e)". */
enum type_spec_kind {
	TYPE_SPEC_NAME,	 /* uint8, string, size_t */
	TYPE_SPEC_STRUCT, /* struct X */
	TYPE_SPEC_UNION,
	TYPE_SPEC_ENUM,
	TYPE_SPEC_TYPEOF, /* typeof(T) or typeof(e) */
};

/* '*' or '[N]' after the name, read from left to right. */
struct type_suffix {
	bool pointer;
	uint64_t length; /* of an array */
};

struct type_spec {
	enum type_spec_kind kind;
	struct span span;
	const char *name;	/* NAME, STRUCT, UNION, ENUM */
	struct type_spec *inner; /* TYPEOF of a type, else NULL */
	struct expr *expr;	/* TYPEOF of an expression, else NULL */
	bool is_const, is_volatile; /* of the base; kept for --fmt, means nothing else */
	VEC(struct type_suffix) suffixes;
};

/* { stmts; value }: value is NULL when the last statement ends in ';' or '}'. */
struct block {
	struct span span;
	struct stmt_vec stmts;
	struct expr *value;
};

struct expr {
	enum expr_kind kind;
	struct span span;
	uint32_t depth;		 /* height of the tree below, limited by AST_DEPTH_MAX */
	const struct type *type; /* infer */
	union {
		struct {
			uint64_t value;
			bool is_unsigned;	/* has a 'u' suffix or needs 64 unsigned bits */
			bool is_duration;	/* ns, us, ms, s, m, h, d: value is in ns */
			bool is_negative;	/* made by folding or a parameter: value is int64 */
			const struct type *enumeration; /* resolve: it is a member of this enum */
		} number;			/* spelling: the text of the span */
		struct {
			const char *text; /* unescaped; may hold NUL bytes */
			size_t length;
		} string;
		bool boolean;
		struct {
			const char *name;
			const struct builtin *builtin;	 /* resolve */
		} ident;
		struct {
			const char *name;	/* with the '$' */
			struct variable *variable; /* resolve */
		} var;
		struct {
			const char *name; /* with the '@'; "@" is the anonymous map */
			struct expr_vec keys; /* as written: @m[a, b] has two; none for @m */
			struct map *map;  /* resolve */
		} map;
		uint64_t param; /* 1 or more */
		struct {
			const char *name;
			struct span name_span;
			struct expr_vec args;
			struct instance *function;     /* bind_functions: one of the script's own */
			const struct builtin *builtin; /* resolve; NULL of those */
			struct c_function *c_function; /* resolve: one in C that was imported */
			void *data; /* what the builtin's check hook found out for its emit hook */
		} call;
		struct {
			enum unary_op op;
			struct expr *operand;
		} unary;
		struct {
			enum binary_op op;
			struct span op_span;
			struct expr *left, *right;
		} binary;
		struct {
			struct expr *condition;
			struct expr *yes; /* NULL for c ?: b */
			struct expr *no;
		} ternary;
		struct {
			struct expr *operand;
			bool increment, prefix;
		} incdec;
		struct {
			struct type_spec *spec;
			struct expr *operand;
		} cast;
		struct {
			struct expr *object;
			const char *name;
			struct span name_span;
			const struct field *field; /* infer */
			uint32_t offset; /* infer: of the field, through anonymous members */
		} field;
		struct {
			struct expr *object, *index;
		} index;
		struct {
			struct expr *object;
			uint64_t number;
		} element;
		struct {
			struct expr_vec items;
		} tuple;
		struct {
			struct name_vec names; /* as many as items */
			struct expr_vec items;
		} record;
		struct {
			struct type_spec *spec; /* or NULL: then of operand */
			struct expr *operand;
			struct name_vec fields;	  /* OFFSETOF: f.g */
		} of;				  /* SIZEOF, OFFSETOF, TYPEOF, TYPEINFO */
		struct type_spec *type_spec;	  /* TYPE */
		struct expr *comptime;
		struct block *block;
		struct {
			struct expr *condition;
			struct block *yes;
			struct block *no;     /* NULL, or the else part; "else if" is a block whose */
			bool no_is_if;	      /* value is the IF, and this is set */
		} if_;
	};
};

struct import {
	struct span span, path_span;
	const char *path;
};

struct stmt {
	enum stmt_kind kind;
	struct span span;
	uint32_t depth;
	union {
		struct expr *expr; /* EXPR, DISCARD; RETURN: may be NULL */
		struct {
			struct expr *target; /* VAR or MAP */
			bool compound;
			enum binary_op op; /* of a compound assignment */
			struct expr *value;
		} assign;
		struct {
			const char *name;
			struct span name_span;
			struct type_spec *spec; /* or NULL */
			struct expr *value;	/* or NULL */
			struct variable *variable; /* resolve */
		} let;
		struct {
			struct expr *condition; /* UNROLL: the count */
			struct block *body;
		} loop; /* WHILE, UNROLL */
		struct {
			const char *name;
			struct span name_span;
			struct expr *from, *to; /* FOR_RANGE */
			struct expr *map;	/* FOR_MAP */
			struct block *body;
			struct variable *variable; /* resolve */
		} for_;
		struct import import;
	};
};

/* One attach point as written; parser/attach_point.h splits it. */
struct attach_point_text {
	struct span span;
	const char *text; /* raw, quotes included, $N not yet replaced */
	size_t length;
};

struct probe {
	struct span span;	/* attach points to '}' */
	VEC(struct attach_point_text) attach_points;
	struct expr *predicate; /* or NULL */
	struct block *body;
};

struct macro_param {
	enum { MACRO_PARAM_VAR, MACRO_PARAM_MAP, MACRO_PARAM_EXPR } kind;
	const char *name; /* with '$' or '@' */
	struct span span;
};

struct macro {
	struct span span, name_span;
	const char *name;
	VEC(struct macro_param) params;
	struct block *body;
	bool is_define; /* made of a #define: a call becomes the body's value itself */
	bool is_library; /* of the prelude: sees no macros of the script */
};

struct function_param {
	const char *name; /* with '$' */
	struct span span;
	struct type_spec *spec;
};

struct function {
	struct span span, name_span;
	const char *name;
	VEC(struct function_param) params;
	struct type_spec *result;
	struct block *body;
};

struct map_decl {
	struct span span, name_span, kind_span;
	const char *name; /* with '@' */
	const char *kind; /* "hash", "lruhash" ... as written */
	struct expr *capacity;
};

struct config_entry {
	struct span span, key_span, value_span;
	const char *key;
	const char *value; /* text of it: digits, true, a word, or the string's content */
	bool is_string;
};

/* A C definition or preprocessor line, kept as text. */
struct c_text {
	struct span span;
	bool is_line; /* '#' line, not struct/union/enum */
};

enum decl_kind { DECL_C, DECL_CONFIG, DECL_IMPORT, DECL_PROBE, DECL_MACRO, DECL_FUNCTION, DECL_MAP };

/* One top-level part, in source order. */
struct decl {
	enum decl_kind kind;
	struct span span;
	union {
		struct c_text c;
		VEC(struct config_entry) config;
		struct import import;
		struct probe *probe;
		struct macro *macro;
		struct function *function;
		struct map_decl *map;
	};
};

struct comment {
	struct span span; /* with its // or slash-star */
};

struct script {
	struct source *source;
	VEC(struct decl *) decls;
	bool imports_in_blocks;
	VEC(struct comment) comments; /* in source order, for --fmt */
};

enum {
	AST_DEPTH_MAX = 1000, /* nesting a script may have; deeper is the diagnostic NESTING */
};

const char *binary_op_text(enum binary_op op);
int binary_op_level(enum binary_op op);
bool binary_op_compares(enum binary_op op); /* == != < > <= >= */
bool binary_op_is_truth(enum binary_op op); /* these, && and || */
/* Of one that compares: is it true when the left side is less (< 0), equal, or greater (> 0)? */
bool binary_op_holds(enum binary_op op, int order);
const char *unary_op_text(enum unary_op op);
const char *expr_kind_name(enum expr_kind kind); /* "NUMBER" */

/*
 * Calls back for every expression and statement below `root`, parents before
 * children (enter) and after (leave); either may be NULL.  Type specs with
 * typeof(e) are walked into.  The callbacks may replace what they are given:
 * *slot is the pointer in the parent.
 *
 * An enter that returns false keeps the walk from going below the node; leave
 * is not called for it then.
 */
struct ast_visitor {
	bool (*enter_expr)(struct ast_visitor *visitor, struct expr **slot);
	void (*leave_expr)(struct ast_visitor *visitor, struct expr **slot);
	bool (*enter_stmt)(struct ast_visitor *visitor, struct stmt **slot);
	void (*leave_stmt)(struct ast_visitor *visitor, struct stmt **slot);
	bool (*enter_block)(struct ast_visitor *visitor, struct block *block);
	void (*leave_block)(struct ast_visitor *visitor, struct block *block);
	void *context;
};

void ast_walk_type_spec(struct ast_visitor *visitor, struct type_spec *spec);
void ast_walk_expr(struct ast_visitor *visitor, struct expr **slot);
void ast_walk_stmt(struct ast_visitor *visitor, struct stmt **slot);
void ast_walk_block(struct ast_visitor *visitor, struct block *block);
void ast_walk_probe(struct ast_visitor *visitor, struct probe *probe);
void ast_walk_function(struct ast_visitor *visitor, struct function *function);

/* Deep copies, for the instances of a probe with several attach points, and of functions. */
struct expr *ast_copy_expr(struct arena *arena, const struct expr *expr);
struct block *ast_copy_block(struct arena *arena, const struct block *block);
struct type_spec *ast_copy_type_spec(struct arena *arena, const struct type_spec *spec);

#endif
