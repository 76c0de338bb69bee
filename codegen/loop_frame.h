/*
 * The body of a loop as a function of its own, and the memory through which it
 * shares variables with the code around the loop.
 */
#ifndef CODEGEN_LOOP_FRAME_H
#define CODEGEN_LOOP_FRAME_H

#include "codegen/lower.h"

/*
 * How the function is called.
 *
 * A global function is checked by the verifier by itself, once, with any
 * content of its frame: what it costs does not depend on how many ways lead to
 * the call or how often it turns.  It answers an enum turn.
 *
 * A callback is checked as a part of the program that hands it to a helper.
 */
enum loop_call { LOOP_GLOBAL, LOOP_CALLBACK };

/* A value that the body uses and that lives outside of it. */
struct loop_entry {
	struct variable *variable; /* NULL: a number of the loop itself */
	struct variable_place *outer, inner;
	uint32_t offset, size; /* in the frame; by_address: of its address, in what a callback is handed */
	bool is_set;	       /* a turn may change it */
	bool is_own;	       /* it begins in each turn: not copied to the frame or back */
	bool by_address;       /* the script has its address: it stays where it is; of callbacks only */
	bool is_result;	       /* of the script's function around the loop: what `return` sets */
};

struct loop_frame {
	VEC(struct loop_entry *) entries;
	uint32_t size;
	uint32_t hand_size;
	bool reads_context;
	bool returns; /* a turn may return from the script's function */
	struct val address; /* in the function around the loop */
};

/* Finds what the body, and a condition unless it is NULL, use. */
void loop_frame_init(struct codegen *cg, struct loop_frame *frame, struct expr *condition,
		     struct block *body);

/* Adds a number, or a variable that only turns use; before loop_frame_fill(). */
struct loop_entry *loop_frame_add(struct codegen *cg, struct loop_frame *frame,
				  struct variable *variable, struct variable_place *outer);

/* Makes the memory and copies to it. */
void loop_frame_fill(struct codegen *cg, struct loop_frame *frame, enum loop_call call);

/* The loop is over: copies back, and goes on as its last turn wants it. */
void loop_frame_end(struct codegen *cg, const struct loop_frame *frame, struct val turn);

/* How a turn ends. */
enum turn {
	TURN_NEXT,
	TURN_STOP,
	TURN_RETURNS, /* from the script's function around the loop */
	TURN_LEAVES,  /* the probe */
};

/* So many frames may be in use when bodies of loops run; the kernel has 8, of which functions want some. */
enum { LOOP_DEPTH_MAX = 6 };

/* What a callback is handed: words on the stack of the program. */
enum hand {
	HAND_TURN = 0, /* enum turn */
	HAND_CONTEXT = 8,
	HAND_FRAME = 16,
	HAND_ADDRESSES = 24, /* words */
};

/* The function while it is built, and what the builder goes back to. */
struct loop_function {
	struct loop_frame *frame;
	enum loop_call call;
	struct val address, hand; /* of the frame; of a callback what it is handed */
	struct outer_function outer;
	struct loop_labels outer_loop;
	uint32_t outer_leave, outer_done, result;
	bool outer_shared, outer_guarded;
	size_t kept;
};

/* Begins it; `argument` is where a callback finds what it is handed.  What is emitted until
 * loop_function_end() is a turn: `break` goes to cg->loop.leave, `continue` to cg->loop.next. */
void loop_function_begin(struct codegen *cg, struct loop_function *function,
			 struct loop_frame *frame, enum loop_call call, unsigned argument);
void loop_function_next(struct codegen *cg); /* the body is over: what follows is done before the next turn */
struct val loop_function_end(struct codegen *cg, struct loop_function *function);

/* What is handed to callbacks, filled in. */
struct val loop_hand(struct codegen *cg, const struct loop_frame *frame);

/* Calls a global function with the frame and, if it reads it, the context. */
struct val loop_call_global(struct codegen *cg, const struct loop_frame *frame, struct val address,
			    struct val function);

/* What a callback is handed as its argument `argument`, opened: the frame's address, the context. */
struct val loop_open_hand(struct codegen *cg, const struct loop_frame *frame, unsigned argument,
			  struct val *ret_address);

/* May a turn go so many ways that the body has to be a global function, `levels` functions deeper? */
bool loop_body_is_heavy(const struct codegen *cg, struct expr *condition, struct block *body,
			unsigned levels);

#endif
