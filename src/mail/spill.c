// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"

enum { IN_MEMORY_MAX = 256 * 1024 };

struct spill {
    const char *folder;
    struct buf memory;
    int fd;  // -1 while all is in memory
    size_t file_size;
    int failed_errno;
    void *map;
    size_t map_size;
};

static void unmap(struct spill *spill)
{
    if (spill->map != NULL) {
        munmap(spill->map, spill->map_size);
        spill->map = NULL;
    }
}

static void close_all(void *handle)
{
    struct spill *spill = handle;
    unmap(spill);
    if (spill->fd >= 0) {
        close(spill->fd);
        spill->fd = -1;
    }
}

struct spill *spill_new(mem_ctx *ctx, struct str folder)
{
    struct spill *spill = mem_new(ctx, struct spill);
    spill->folder = str_cstr(spill, folder);
    spill->fd = -1;
    buf_init(&spill->memory, spill, IN_MEMORY_MAX);
    mem_on_free(spill, close_all, spill);
    return spill;
}

static int unnamed_file(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
        return fd;
    }
    // Some network and overlay file systems know no O_TMPFILE.
    char name[4096];
    size_t len = strlen(folder);
    static const char PATTERN[] = "/incoming-XXXXXX";
    if (len + sizeof PATTERN > sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name, folder, len);
    memcpy(name + len, PATTERN, sizeof PATTERN);
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) {
        unlink(name);
    }
    return fd;
}

static void write_all(struct spill *spill, struct str bytes)
{
    while (bytes.len > 0 && spill->failed_errno == 0) {
        ssize_t done = write(spill->fd, bytes.ptr, bytes.len);
        if (done > 0) {
            spill->file_size += (size_t)done;
            bytes = str_from(bytes, (size_t)done);
        } else if (errno != EINTR) {
            spill->failed_errno = errno;
        }
    }
}

void spill_put(struct spill *spill, struct str piece)
{
    unmap(spill);
    if (spill->failed_errno != 0) {
        return;
    }
    if (spill->fd < 0 && spill->memory.len + piece.len <= IN_MEMORY_MAX) {
        buf_put(&spill->memory, piece);
        return;
    }
    if (spill->fd < 0) {
        spill->fd = unnamed_file(spill->folder);
        if (spill->fd < 0) {
            spill->failed_errno = errno;
            return;
        }
        write_all(spill, buf_str(&spill->memory));
        mem_free(spill->memory.data);
        buf_init(&spill->memory, spill, IN_MEMORY_MAX);
    }
    write_all(spill, piece);
}

bool spill_read(struct spill *spill, struct str *ret, struct error *err)
{
    if (spill->failed_errno != 0) {
        (void)error_set(err, ERR_NO_SPACE, "The message could not be stored.");
        return error_detail(err, "spilling to %s: %s", spill->folder,
                            strerror(spill->failed_errno));
    }
    if (spill->fd < 0) {
        *ret = buf_str(&spill->memory);
        return true;
    }
    if (spill->map == NULL) {
        void *map = mmap(NULL, spill->file_size, PROT_READ, MAP_PRIVATE, spill->fd, 0);
        if (map == MAP_FAILED) {
            return error_internal(err, "mapping a spilled message: %s", strerror(errno));
        }
        spill->map = map;
        spill->map_size = spill->file_size;
    }
    *ret = (struct str){spill->map, spill->file_size};
    return true;
}

void spill_reset(struct spill *spill)
{
    close_all(spill);
    mem_free(spill->memory.data);
    buf_init(&spill->memory, spill, IN_MEMORY_MAX);
    spill->file_size = 0;
    spill->failed_errno = 0;
}
