/*
 * Reader of the buffers that packets are sent through.
 */
#ifndef RUNTIME_PACKETS_H
#define RUNTIME_PACKETS_H

#include <stdbool.h>
#include <stddef.h>

struct session;

/* Opens a buffer for each CPU and puts it into the map; 0 or -errno. */
int packets_open(struct session *session, int map);
void packets_close(struct session *session);

/* Ready to read; -1: the script sends no packets. */
int packets_fd(const struct session *session);

/* Hands what has come to its builtin and writes it out.  Gives the number of records. */
size_t packets_drain(struct session *session);

#endif
