/*
 * Between the scanner and its owner: both ends of scanner.l.
 */
#ifndef LEXER_SCAN_H
#define LEXER_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "base/source.h"
#include "lexer/grammar.h"

struct lexer;

enum scan_mode {
	SCAN_SCRIPT,
	SCAN_DECL,   /* where a top-level declaration may begin */
	SCAN_ATTACH, /* between attach points */
};

/* Of the buffer's `size` bytes the last two are NUL. */
void *scan_new(struct lexer *lexer, char *buffer, size_t size);
void scan_free(void *scanner);
void scan_set_mode(void *scanner, enum scan_mode mode);
int scan_token(union token_value *ret_value, struct span *ret_span, void *scanner);

/* Called by the scanner. */
bool lexer_error(struct lexer *lexer, struct span span, enum diag_id id, const char *format, ...)
	PRINTF_LIKE(4, 5);
const char *lexer_name(struct lexer *lexer, struct span span);
const char *lexer_c_words(struct lexer *lexer, struct span span); /* "unsigned long" */
int lexer_number(struct lexer *lexer, struct span span, union token_value *value);
void lexer_report_map_name(struct lexer *lexer, struct span span); /* one that begins with a digit */
int lexer_param(struct lexer *lexer, struct span span, union token_value *value);
int lexer_string(struct lexer *lexer, struct span span, bool closed, union token_value *value);
int lexer_bad_character(struct lexer *lexer, struct span span);
void lexer_comment(struct lexer *lexer, struct span span, bool closed);

int lexer_c_line(struct lexer *lexer, struct span *span, union token_value *value);
int lexer_unterminated_c(struct lexer *lexer, struct span span);

/* The token of a word that begins a declaration, 0 when an attach point does. */
int lexer_decl_word(struct lexer *lexer, struct span span);

#endif
