/*
 * Members of zip archives that are stored as they are: libraries are loaded
 * from within archives, and can be probed there.
 */
#ifndef RUNTIME_HOST_ZIP_H
#define RUNTIME_HOST_ZIP_H

#include <stdint.h>

/* What stands between an archive and its member: "app.zip!/lib/libx.so". */
#define ZIP_MARK "!/"

/*
 * Where a member lies in the file.  0; -ENOENT: there is none of that name;
 * -EBADMSG: the file is no zip archive, or damaged; -EPROTONOSUPPORT: the
 * member is compressed.
 */
int zip_find(int fd, uint64_t size, const char *name, uint64_t *ret_offset, uint64_t *ret_size);

#endif
