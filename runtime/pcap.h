/*
 * Files of packets as network tools read them (pcap): times in ns, packets that
 * begin with their IP header.
 */
#ifndef RUNTIME_PCAP_H
#define RUNTIME_PCAP_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/table.h"
#include "base/vec.h"

struct pcap_file;

struct pcap_files {
	struct arena *arena;
	struct table paths;
	VEC(struct pcap_file *) items;
};

struct pcap_packet {
	uint64_t ns; /* since 1970 */
	const void *bytes;
	uint32_t size;
	uint32_t whole; /* bytes it had where it was seen */
};

void pcap_init(struct pcap_files *files, struct arena *arena);
void pcap_close(struct pcap_files *files);

/* Makes the file, or empties it; once for each path, which is kept.  0, or -errno. */
int pcap_open(struct pcap_files *files, const char *path);

/* One that was opened. */
struct pcap_file *pcap_named(const struct pcap_files *files, const char *path);

void pcap_write(struct pcap_file *file, const struct pcap_packet *packet);

/* Signals that may interrupt what is written, as output_unblock() says. */
void pcap_unblock(struct pcap_files *files, const sigset_t *signals);

/* Writes what is buffered; 0, or -errno of the first write that failed. */
int pcap_flush(struct pcap_files *files);

/* The file that could not be written, and why as -errno; NULL: all could be. */
const char *pcap_trouble(const struct pcap_files *files, int *ret_error);

#endif
