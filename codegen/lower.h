/*
 * From the typed tree to instructions: what expr.c, stmt.c, map_access.c and
 * the rows of stdlib and runtime/probes share.
 *
 * Values of types that live in registers are 64-bit values, extended by their
 * type.  Values of memory types are addresses of BPF memory (stack, scratch,
 * map value, record) in the layout of the type, valid until the statement
 * ends.
 */
#ifndef CODEGEN_LOWER_H
#define CODEGEN_LOWER_H

#include "codegen/builder.h"
#include "codegen/object.h"
#include "parser/ast.h"
#include "sema/program.h"
#include "sema/target.h"

struct compile_dump;

/* What an element was read as (known_reads.c). */
struct known_read {
	const struct map *map;
	const struct builder *builder; /* whose values these are */
	struct val key, value;
	uint32_t point; /* build_point() */
};

struct codegen {
	struct program *program;
	struct arena *arena;
	struct arena *work; /* of the program being built: functions, all that passes make of them */
	struct object *object;
	struct builder *b;		 /* function being built */
	const struct instance *instance; /* whose body it is */
	uint32_t leave;			 /* label where the probe ends */
	uint32_t done;			 /* label where the body does: of a probe the same */
	struct span span;		 /* of the statement, for sites */
	struct table data;		 /* constants already placed */

	struct strbuf constants;  /* contents of the map of constants */
	uint32_t constants_map;	  /* its index; valid once `constants` is not empty */
	struct val zeros;	  /* among them, the most so far: `zero_size` bytes */
	uint32_t zero_size;
	uint32_t start_map;	  /* index of the map with the time of the start, 0: none yet */
	struct table site_table;  /* sites already added */
	bool is_shared;		  /* other instances follow in this program: leave, do not exit */
	bool is_wide_open;	  /* strings need no zeros after their NUL: nobody compares the bytes */
	bool detaches;		  /* comparisons are made on copies (branch.c) */
	VEC(uint32_t) printed;	  /* maps that this block has printed so far */
	struct loop_labels {
		uint32_t leave, next;
	} loop;			  /* where break and continue go */
	bool adds_atomically;	  /* to the record at hand: others may add to it meanwhile */
	VEC(struct known_read) reads;
	VEC(struct variable *) placed; /* variables that have a place, innermost last */
	bool in_guarded; /* in a loop whose turns the verifier does not walk one by one */
	uint32_t scratch_map, function_count; /* each function has a scratch value of its own */
	uint32_t scratch_size;		      /* that these values need */
	const struct compile_dump *dump;      /* or NULL */

	/* Of the program being built (callback.c). */
	uint32_t program_number;      /* from 1 */
	const char *function_name;    /* its own function's, an identifier of C */
	VEC(struct code *) functions; /* that it calls, or has called back */
	unsigned frames;	      /* the most that are in use at a time, its own included */
	unsigned depth;		      /* those in use where the function being built runs */
	uint32_t below;		      /* bytes of stack that what this function calls takes */
};

/* The kernel map of a script's map: of one with short keys apart, that of the long ones. */
static inline struct object_map *object_map_of(const struct codegen *cg, const struct map *map)
{
	return &cg->object->maps.items[map->index];
}

/* --- expressions (expr.c, operators.c, branch.c, access.c) -------------- */

/* The value of an expression; VAL_NOTHING if it has none. */
struct val emit_expr(struct codegen *cg, const struct expr *expr);

/* Stores the value at `address` in the layout of `type`, to which expr's type converts:
 * integers are extended, strings cut or padded with zeros, tuples item by item. */
void emit_expr_into(struct codegen *cg, const struct expr *expr, const struct type *type,
		    struct val address);

/* Stores or loads a value of a type at an address of BPF memory (loads of memory types give the
 * address). */
void emit_store_value(struct codegen *cg, const struct type *type, struct val address,
		      struct val val);
struct val emit_load_value(struct codegen *cg, const struct type *type, struct val address);

/* `length` bytes of text and zeros, into the `size` bytes of a string. */
void emit_text(struct codegen *cg, const char *text, uint32_t length, uint32_t size,
	       struct val address);

/* Evaluates it for its effects only. */
void emit_discard(struct codegen *cg, const struct expr *expr);

/* Operators with values (operators.c); ++ and -- may be wanted for their effect alone. */
struct val emit_operator(struct codegen *cg, const struct expr *expr);
struct val emit_incdec(struct codegen *cg, const struct expr *expr, bool wants_value);

/* e.f, e[i], e.N (access.c). */
struct val emit_access(struct codegen *cg, const struct expr *expr);

/* Jumps to `label` when the expression is false. */
void emit_unless(struct codegen *cg, const struct expr *expr, uint32_t label);

/* Are there so many conditions in the body that they are to be detached? */
bool has_many_branches(const struct instance *instance);

/* Jumps to `label` when its truth is `when`. */
void emit_branch(struct codegen *cg, const struct expr *expr, bool when, uint32_t label);

/* 1 or 0. */
struct val emit_truth(struct codegen *cg, const struct expr *expr);

/* A value of one type that lives in registers as a value of another. */
struct val emit_convert(struct codegen *cg, struct val val, const struct type *from,
			const struct type *to);

/* The operator on values of these types; the result has 64 bits. */
struct val emit_operation(struct codegen *cg, enum binary_op op, struct val left,
			  const struct type *left_type, struct val right,
			  const struct type *right_type);

/* How far ++, or + 1, moves a value of the type. */
int64_t step_of(struct codegen *cg, const struct type *type);

/*
 * Where a value in memory is: an address in the memory of a space
 * (SPACE_NONE: BPF memory).  Parts of it can be named without reading all.
 */
struct place {
	struct val address;
	enum space space;
};

struct place emit_place(struct codegen *cg, const struct expr *expr);

/* The same as a value: memory of another space is read to a slot. */
struct val emit_at_place(struct codegen *cg, struct place place, const struct type *type);

/* After what a value's kind needs was said by a diagnostic: a 0 to go on with. */
struct val emit_unsupported(struct codegen *cg, struct span span, const char *what);

/* The number, if it is known when the script is compiled (comptime.c). */
bool expr_known(struct codegen *cg, const struct expr *expr, int64_t *ret_value);

/* --- statements (stmt.c) ------------------------------------------------ */

void emit_stmt(struct codegen *cg, const struct stmt *stmt);
void emit_block(struct codegen *cg, const struct block *block);

/* The value of a block that has one; into memory of a type. */
struct val emit_block_value(struct codegen *cg, const struct block *block);
void emit_block_into(struct codegen *cg, const struct block *block, const struct type *type,
		     struct val address);

/* Only its statements, and what they leave; variables that were placed stay so. */
void emit_stmts(struct codegen *cg, const struct block *block);

/* $x = value */
void assign_variable(struct codegen *cg, struct variable *variable, const struct expr *value);

/* Variables that outlive the block that assigns them begin as zero, whether it runs or not. */
void place_hoisted(struct codegen *cg, const struct instance *instance);

/* Variables placed later than `kept` of them get a new place should they be met again. */
void forget_variables(struct codegen *cg, size_t kept);

/* Where a variable is: made on first use, in the block that is being emitted. */
struct variable_place {
	bool is_memory;
	uint32_t cell;	    /* build_var() of a value that lives in a register */
	struct val address; /* else its slot */
};

const struct variable_place *variable_place(struct codegen *cg, struct variable *variable);
void variable_set(struct codegen *cg, struct variable *variable, struct val val,
		  const struct type *type);

/* --- memory (value.c) ---------------------------------------------------- */

/* Zeros; of any size. */
void emit_zero(struct codegen *cg, struct val address, uint32_t size);
void emit_copy(struct codegen *cg, struct val to, struct val from, uint32_t size);

/* The widest access that is allowed at an address. */
unsigned address_align(struct val address);

/* Stores a value in memory of type `from` in the layout of `to`. */
void emit_place_into(struct codegen *cg, struct place place, const struct type *from,
		     const struct type *to, struct val address, bool is_padded);

/* A string of memory read with its zeros (unless cg->is_wide_open). */
void emit_string_into(struct codegen *cg, struct val to, uint32_t size, struct val from,
		      enum space space);

/* Jumps to `label` when the equality of `size` bytes is `when`. */
void emit_compare_bytes(struct codegen *cg, struct val left, struct val right, uint32_t size,
			bool when, uint32_t label);

/* Does the expression mention this variable or map (either may be NULL)? */
bool expr_mentions(const struct expr *expr, const struct variable *variable, const struct map *map);

/* May its evaluation leave the probe or loop: has it statements in it? */
bool expr_has_statements(const struct expr *expr);

/* A field of a struct at `address` in memory of `space` (SPACE_NONE: BPF memory). */
struct val emit_field(struct codegen *cg, const struct field *field, uint32_t offset,
		      struct val address, enum space space);

/* Reads `size` bytes at a kernel or user address to `to`; on failure zeros.  Of a string up to
 * its NUL, giving the length with it, which is negative on failure. */
void emit_read(struct codegen *cg, struct val to, uint32_t size, struct val from, enum space space);
void emit_read_count(struct codegen *cg, struct val to, struct val count, struct val from,
		     enum space space); /* so many bytes as are known when it runs */
struct val emit_read_string(struct codegen *cg, struct val to, uint32_t size, struct val from,
			    enum space space);
struct val emit_read_string_count(struct codegen *cg, struct val to, struct val count,
				  struct val from, enum space space);

/* --- loops (loop.c, map_loop.c) ------------------------------------------- */

void emit_while(struct codegen *cg, const struct stmt *stmt);
void emit_unroll(struct codegen *cg, const struct stmt *stmt);
void emit_for_range(struct codegen *cg, const struct stmt *stmt);

/* Zero, which the verifier takes for any number: see loop.c. */
struct val emit_unseen_zero(struct codegen *cg);

/* for $kv : @m { ... } */
void emit_for_map(struct codegen *cg, const struct stmt *stmt);

/*
 * A function beside the program's own: cg->b builds it from function_begin()
 * to function_end(), which gives its number in the program.
 */
struct outer_function {
	struct builder *b;
	unsigned depth;
	uint32_t below;
};

struct outer_function function_begin(struct codegen *cg, const struct builder_options *options,
				     unsigned depth);
uint32_t function_end(struct codegen *cg, const struct outer_function *outer, const char *name);

/* The same for one that is used here only; its end gives the address to pass.  `failure` is its answer
 * when there is no scratch value. */
struct outer_function callback_begin(struct codegen *cg, int failure);
struct val callback_end(struct codegen *cg, const struct outer_function *outer);

/* A call of such a function is about to be emitted: its stack lies below this one's. */
void function_is_called(struct codegen *cg, uint32_t function);

/* Dumps code that no builder made, if that is wanted. */
void codegen_dump_code(struct codegen *cg, const char *title, const struct code *code);

/* Makes code of what cg->b has built, and dumps it if that is wanted; NULL after an error. */
struct code *codegen_finish(struct codegen *cg, const char *title, struct span span);

/* --- functions of the script (function.c) ---------------------------------- */

/* Decides how the functions that a probe calls are called, before any of it is emitted. */
void functions_plan(struct codegen *cg, const struct instance *probe);

/* Calls one in C (c_function.c). */
struct val emit_c_call(struct codegen *cg, const struct expr *call);

/* Calls one; a result in memory goes to a slot, or to `address` if that is one. */
struct val emit_function_call(struct codegen *cg, const struct expr *call, struct val address);

/* --- maps (map_access.c) ------------------------------------------------ */

/* An element's key: its address, and the kernel map it belongs to. */
struct map_key {
	struct val map, address;
};

/* The number that an aggregate's records at `key` come to. */
struct val emit_aggregate_at(struct codegen *cg, const struct map *map, struct map_key key,
			     struct span span);

/* The key of a map expression: of a keyless map a slot with a uint32 0. */
struct map_key emit_map_key(struct codegen *cg, const struct expr *map_expr);

/* The same of a key given as one expression: has_key(@m, (a, b)). */
struct map_key emit_key(struct codegen *cg, const struct map *map, const struct expr *key);

/* Address of the element's value, or 0 when it is absent. */
struct val emit_map_lookup(struct codegen *cg, struct map_key key);

/* The program reads the map or sets values: clear() has to delete, and cannot subtract. */
void map_is_observed(struct codegen *cg, const struct map *map);

/* What the map's values are stored as: integers have 64 bits. */
const struct type *map_stored_type(struct codegen *cg, const struct map *map);

/* With -k: counts a read of an element that is not there, when `element` is 0. */
void emit_count_absent(struct codegen *cg, const struct expr *map_expr, struct val element);

struct val emit_map_read(struct codegen *cg, const struct expr *map_expr);
void emit_map_assign(struct codegen *cg, const struct expr *target, const struct expr *value);
void emit_map_compound(struct codegen *cg, const struct expr *target, enum binary_op op,
		       const struct expr *value);
struct val emit_map_incdec(struct codegen *cg, const struct expr *expr, bool wants_value);

/* Adds to a uint64 of the record that an emit_update hook is given. */
void emit_record_add(struct codegen *cg, struct val record, int64_t offset, struct val val);

/* What the element was read as, or VAL_NOTHING (known_reads.c). */
struct val known_read(const struct codegen *cg, const struct map *map, struct val key);
void known_read_add(struct codegen *cg, const struct map *map, struct val key, struct val value);

/* The map (NULL: any) is changed from here on, or was on one of the ways that lead here. */
void forget_reads(struct codegen *cg, const struct map *map);

/* The number that an aggregate's records of all CPUs make (aggregate_read.c). */
struct val emit_aggregate_read(struct codegen *cg, const struct expr *map_expr);

/*
 * The address of the element's value, made with zeros if it is absent.  Jumps
 * to `full` when it could not be made; that has been counted.
 */
struct val emit_map_element(struct codegen *cg, const struct expr *map_expr, uint32_t full);

/* --- events (event.c) --------------------------------------------------- */

/* Adds an event of a builtin to the object; gives its id. */
uint32_t codegen_add_event(struct codegen *cg, const struct builtin *builtin,
			   const struct type *payload, const void *data, struct span span);

/*
 * Reserves a record for it in the ring buffer, header filled in, and gives the
 * address of the payload.  When the buffer is full the loss is counted and the
 * program goes on at `lost`.  emit_event_submit() sends it.
 */
struct val emit_event_reserve(struct codegen *cg, uint32_t event, uint32_t payload_size,
			      uint32_t lost);
void emit_event_submit(struct codegen *cg, struct val payload);

/* The same for what is not lost when there is no room: nothing is counted. */
struct val emit_event_try(struct codegen *cg, uint32_t event, uint32_t payload_size,
			  uint32_t full);

/*
 * Sends an event with these values as its payload, a tuple of their types
 * (integers and literals as payload_type() has them).
 */
void emit_event_values(struct codegen *cg, const struct expr *call, struct expr *const *values,
		       size_t count, const void *data);
const struct type *payload_type(struct codegen *cg, const struct type *type);

/* An event that is sent through the map of packets. */
uint32_t codegen_add_packet(struct codegen *cg, const struct builtin *builtin, const void *data,
			    struct span span);

/* --- object parts (codegen.c) ------------------------------------------- */

/* Address of constant bytes; the same bytes are placed once. */
struct val codegen_data(struct codegen *cg, const void *bytes, uint32_t size);

/* Adds a site; gives its index.  emit_count() adds one to it. */
uint32_t codegen_add_site(struct codegen *cg, enum site_kind kind, struct span span,
			  const char *what);
void emit_count(struct codegen *cg, uint32_t site);

/* Process (high half) and thread id of the current task, as the tracer's namespace has them. */
struct val emit_pid_tgid(struct codegen *cg);

/* Whose addresses those of user space are that are found now: struct stack_header.pid. */
struct val emit_owner(struct codegen *cg);

/* Index of a text in object.texts; the same text is kept once. */
uint32_t codegen_text(struct codegen *cg, const char *text);

/* Index of the map that holds the time of the start (OBJECT_MAP_START). */
uint32_t codegen_start_map(struct codegen *cg);

/* Index of the map for an exit() that could not be sent (OBJECT_MAP_EXIT). */
uint32_t codegen_exit_map(struct codegen *cg);

/* Index of the ring buffer. */
uint32_t codegen_events_map(struct codegen *cg);

/* Index of the map that packets are sent through (OBJECT_MAP_PACKETS). */
uint32_t codegen_packets_map(struct codegen *cg);

#endif
