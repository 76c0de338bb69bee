/*
 * Probes that a program was built with: its notes of SystemTap's form.
 */
#ifndef RUNTIME_HOST_USDT_NOTES_H
#define RUNTIME_HOST_USDT_NOTES_H

#include "runtime/host/elf_file.h"

struct usdt_note {
	const char *provider, *name, *args; /* args: "-4@%eax 8@16(%rsp)" */
	uint64_t location;		    /* addresses, as they are after prelinking */
	uint64_t semaphore;		    /* 0: none */
};

VEC_STRUCT(usdt_notes, struct usdt_note);

/* In the order of the file; what is damaged ends the list. */
void usdt_read_notes(const struct elf_file *elf, struct usdt_notes *ret_notes);

#endif
