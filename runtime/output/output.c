/*
 * The buffer between formats and the file that the script's output goes to.
 *
 * Everything is gathered and written with few large writes; when it is written
 * out early is up to the one who drains events (runtime/loop.c), who knows
 * where a batch ends.
 */
#include "runtime/output/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/strbuf.h"

enum { BUFFER_SIZE = 64 * 1024 };

struct output {
	struct output_options options;
	int error; /* of the first write that failed; later ones are not tried */
	void *state; /* of the format */
	bool is_finished;
	sigset_t unblocked; /* while writing */
	struct arena *arena; /* of `line` */
	struct strbuf line;
	size_t length;
	char buffer[BUFFER_SIZE];
};

struct output *output_new(const struct output_options *options)
{
	struct output *output = malloc(sizeof(*output));

	if (output) {
		output->options = *options;
		output->error = 0;
		output->state = NULL;
		output->is_finished = false;
		sigemptyset(&output->unblocked);
		output->length = 0;
		output->arena = arena_new();
		strbuf_init(&output->line, output->arena);
	}
	return output;
}

int output_finish(struct output *output)
{
	if (!output->is_finished && output->options.format->finish)
		output->options.format->finish(output);
	output->is_finished = true;
	return output_flush(output);
}

void output_free(struct output *output)
{
	if (!output)
		return;
	output_finish(output);
	arena_free(output->arena);
	free(output);
}

const struct output_format *output_format_of(const struct output *output)
{
	return output->options.format;
}

const struct output_options *output_options_of(const struct output *output)
{
	return &output->options;
}

void **output_state(struct output *output)
{
	return &output->state;
}

struct strbuf *output_line(struct output *output)
{
	output->line.length = 0;
	return &output->line;
}

void output_unblock(struct output *output, const sigset_t *signals)
{
	if (signals)
		output->unblocked = *signals;
	else
		sigemptyset(&output->unblocked);
}

const sigset_t *output_unblocked(const struct output *output)
{
	return &output->unblocked;
}

static void write_all(struct output *output, const char *bytes, size_t length)
{
	sigset_t before;

	sigprocmask(SIG_UNBLOCK, &output->unblocked, &before);
	while (length && !output->error) {
		ssize_t n = write(output->options.fd, bytes, length);

		if (n < 0) {
			if (errno != EINTR)
				output->error = -errno;
			continue;
		}
		bytes += n;
		length -= (size_t)n;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

int output_flush(struct output *output)
{
	if (output->length)
		write_all(output, output->buffer, output->length);
	output->length = 0;
	return output->error;
}

void output_write(struct output *output, const char *bytes, size_t length)
{
	if (length > BUFFER_SIZE - output->length)
		output_flush(output);
	if (length > BUFFER_SIZE) {
		write_all(output, bytes, length);
		return;
	}
	memcpy(output->buffer + output->length, bytes, length);
	output->length += length;
}
