/*
 * What the tracer and bpfline-symbols say to each other over a socket: the
 * tracer introduces files and asks for places in them, in order.
 */
#ifndef RUNTIME_SYMBOL_PROTOCOL_H
#define RUNTIME_SYMBOL_PROTOCOL_H

#include <stdint.h>

/* The helper finds its socket here. */
enum { SYMBOL_SOCKET = 3 };

enum symbol_request_kind {
	/* struct symbol_file, the path to read it by, and the one beside which its debug file may
	 * be, each with its NUL; no answer */
	SYMBOL_REQUEST_FILE,
	SYMBOL_REQUEST_PLACES, /* struct symbol_place[]; an answer for each, in that order */
};

enum symbol_file_kind {
	SYMBOL_FILE_ELF,
	SYMBOL_FILE_VDSO,	/* no path */
	SYMBOL_FILE_PERF_MAP,	/* "ADDRESS SIZE NAME" lines; places are addresses */
};

/* Begins a request and an answer. */
struct symbol_header {
	uint32_t kind; /* of a request */
	uint32_t size; /* bytes that follow */
};

struct symbol_file {
	uint32_t id; /* one that is known already is read anew */
	uint32_t kind;
	uint32_t demangle;
	uint32_t lines; /* wanted: places in the source, and what is inlined */
};

struct symbol_place {
	uint32_t file;
	uint32_t is_return; /* the call stands before it */
	uint64_t offset; /* in the file */
};

/*
 * Answers follow each other without gaps.  After one come its name and its
 * place in the source, then as many answers of the same form for what is
 * inlined there, the innermost first.
 */
struct symbol_answer {
	uint64_t offset; /* from the start of the symbol */
	uint32_t length; /* of the name; 0: unknown */
	uint32_t source_length; /* of "FILE:LINE"; 0: unknown */
	uint32_t inlined_count;
	uint32_t reserved;
};

#endif
