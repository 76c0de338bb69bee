/*
 * Writes pcap files.  All numbers in one are in the byte order of the machine:
 * the first of them tells which that is.
 */
#include "runtime/pcap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "runtime/output/output.h"

#define NS_PER_S UINT64_C(1000000000)

enum {
	MAGIC_NS = 0xa1b23c4d, /* times are in ns */
	MAJOR = 2,
	MINOR = 4,
	SIZE_MAX_PACKET = 262144, /* what readers take a larger one for is a damaged file */
	LINK_RAW_IP = 101,
};

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy; /* always 0 */
	uint32_t size_max, link_type;
};

struct packet_header {
	uint32_t seconds, ns;
	uint32_t size, whole;
};

struct pcap_file {
	const char *path;
	int fd;
	struct output *output;
	dev_t device;
	ino_t inode;
};

void pcap_init(struct pcap_files *files, struct arena *arena)
{
	*files = (struct pcap_files){ .arena = arena };
	table_init(&files->paths, arena);
}

/*
 * A pipe that nobody reads is refused instead of waited for: nothing could end
 * that.  Written to it is as any file.
 */
static int open_file(const char *path, struct stat *ret_stat)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0666), err;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, ret_stat) && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) >= 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* The same file by another path: two who write it would write over each other. */
static struct pcap_file *find_inode(const struct pcap_files *files, const struct stat *stat)
{
	size_t i;

	for (i = 0; i < files->items.count; i++)
		if (files->items.items[i]->device == stat->st_dev &&
		    files->items.items[i]->inode == stat->st_ino)
			return files->items.items[i];
	return NULL;
}

static struct pcap_file *add_file(struct pcap_files *files, const char *path, int fd,
				  const struct stat *stat)
{
	static const struct output_format bytes_alone;
	const struct output_options options = { .format = &bytes_alone, .fd = fd };
	const struct file_header header = { .magic = MAGIC_NS, .major = MAJOR, .minor = MINOR,
					    .size_max = SIZE_MAX_PACKET, .link_type = LINK_RAW_IP };
	struct pcap_file *file = arena_new_struct(files->arena, struct pcap_file);

	*file = (struct pcap_file){ .path = path, .fd = fd, .output = output_new(&options),
				    .device = stat->st_dev, .inode = stat->st_ino };
	output_write(file->output, (const char *)&header, sizeof(header));
	vec_push(files->arena, &files->items, file);
	return file;
}

int pcap_open(struct pcap_files *files, const char *path)
{
	struct pcap_file *file;
	struct stat stat;
	int fd;

	if (pcap_named(files, path))
		return 0;
	fd = open_file(path, &stat);
	if (fd < 0)
		return fd;
	file = find_inode(files, &stat);
	if (file)
		close(fd);
	else
		file = add_file(files, path, fd, &stat);
	table_set_str(&files->paths, path, file);
	return 0;
}

struct pcap_file *pcap_named(const struct pcap_files *files, const char *path)
{
	return table_get_str(&files->paths, path);
}

void pcap_write(struct pcap_file *file, const struct pcap_packet *packet)
{
	const struct packet_header header = {
		.seconds = (uint32_t)(packet->ns / NS_PER_S),
		.ns = (uint32_t)(packet->ns % NS_PER_S),
		.size = packet->size,
		.whole = MAX(packet->whole, packet->size),
	};

	output_write(file->output, (const char *)&header, sizeof(header));
	output_write(file->output, packet->bytes, packet->size);
}

void pcap_unblock(struct pcap_files *files, const sigset_t *signals)
{
	size_t i;

	for (i = 0; i < files->items.count; i++)
		output_unblock(files->items.items[i]->output, signals);
}

int pcap_flush(struct pcap_files *files)
{
	int err = 0, one;
	size_t i;

	for (i = 0; i < files->items.count; i++) {
		one = output_flush(files->items.items[i]->output);
		err = err ? err : one;
	}
	return err;
}

const char *pcap_trouble(const struct pcap_files *files, int *ret_error)
{
	size_t i;

	for (i = 0; i < files->items.count; i++) {
		*ret_error = output_flush(files->items.items[i]->output);
		if (*ret_error)
			return files->items.items[i]->path;
	}
	return NULL;
}

void pcap_close(struct pcap_files *files)
{
	size_t i;

	for (i = 0; i < files->items.count; i++) {
		output_free(files->items.items[i]->output);
		close(files->items.items[i]->fd);
	}
}
