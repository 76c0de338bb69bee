/*
 * What functions with a format string share.
 */
#ifndef STDLIB_PRINTF_H
#define STDLIB_PRINTF_H

#include "base/strbuf.h"
#include "codegen/lower.h"
#include "runtime/consumer.h"
#include "sema/check.h"
#include "stdlib/format.h"

/* Check hook: the first argument is the format, which goes to call.data as struct format. */
void check_formatted(struct checker *checker, struct expr *call);

/* Emit hook: sends the arguments after the format; event.data is call.data. */
struct val emit_formatted(struct codegen *cg, const struct expr *call);

/* Writes the text into a file of the kernel's (struct seq_file *) instead. */
struct val emit_seq_printf(struct codegen *cg, const struct expr *call, struct val file);

/* Emit hook: writes it into the trace buffer of the kernel. */
struct val emit_trace_printk(struct codegen *cg, const struct expr *call);

/* The text of what was sent. */
void format_event(struct consumer *consumer, const struct object_event *event,
		  const struct format *format, const void *payload, struct strbuf *out);

#endif
