// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/import/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_MAX ((off_t)1 << 30)

static bool fail(const char *verb, const char *path, int why, struct error *err)
{
    return error_set(err, why == ENOSPC || why == EDQUOT ? ERR_NO_SPACE : ERR_UNAVAILABLE,
                     "Cannot %s %s: %s", verb, path, strerror(why));
}

bool shelf_open(struct shelf *shelf, mem_ctx *ctx, const char *path, struct error *err)
{
    *shelf = (struct shelf){
        .ctx = ctx, .path = path, .unfinished = mem_printf(ctx, "%s.unfinished", path)};
    shelf->fd =
        open(shelf->unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    return shelf->fd >= 0 || fail("write", shelf->unfinished, errno, err);
}

bool shelf_write(struct shelf *shelf, struct str bytes)
{
    while (shelf->why == 0 && bytes.len > 0) {
        ssize_t n = write(shelf->fd, bytes.ptr, bytes.len);
        if (n < 0 && errno != EINTR) {
            shelf->why = errno;
        }
        bytes = str_from(bytes, n > 0 ? (size_t)n : 0);
    }
    return shelf->why == 0;
}

bool shelf_failed(const struct shelf *shelf, struct error *err)
{
    if (shelf->why == 0) {
        return false;
    }
    (void)fail("write", shelf->unfinished, shelf->why, err);
    return true;
}

bool shelf_rewind(struct shelf *shelf, struct error *err)
{
    bool ok = ftruncate(shelf->fd, 0) == 0 && lseek(shelf->fd, 0, SEEK_SET) == 0;
    return ok || fail("write", shelf->unfinished, errno, err);
}

bool shelf_keep(struct shelf *shelf, struct error *err)
{
    if (shelf->why == 0 && fsync(shelf->fd) != 0) {
        shelf->why = errno;
    }
    if (close(shelf->fd) != 0 && shelf->why == 0) {
        shelf->why = errno;
    }
    if (shelf->why == 0 && rename(shelf->unfinished, shelf->path) != 0) {
        shelf->why = errno;
    }
    if (shelf->why != 0) {
        (void)unlink(shelf->unfinished);
    }
    return !shelf_failed(shelf, err);
}

void shelf_leave(struct shelf *shelf)
{
    (void)close(shelf->fd);
}

void shelf_drop(struct shelf *shelf)
{
    shelf_leave(shelf);
    (void)unlink(shelf->unfinished);
}

bool shelf_put(mem_ctx *ctx, const char *path, struct str bytes, struct error *err)
{
    struct shelf shelf;
    if (!shelf_open(&shelf, ctx, path, err)) {
        return false;
    }
    if (!shelf_write(&shelf, bytes)) {
        (void)shelf_failed(&shelf, err);
        shelf_drop(&shelf);
        return false;
    }
    return shelf_keep(&shelf, err);
}

static bool read_whole(mem_ctx *ctx, int fd, size_t len, struct str *ret)
{
    char *bytes = mem_array(ctx, char, len + 1);
    size_t got = 0;
    while (got < len) {
        ssize_t n = read(fd, bytes + got, len - got);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? EIO : errno;
            return false;
        }
        got += (size_t)n;
    }
    *ret = (struct str){bytes, len};
    return true;
}

bool shelf_get(mem_ctx *ctx, const char *path, bool *ret_found, struct str *ret, struct error *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    *ret_found = fd >= 0;
    if (fd < 0) {
        return errno == ENOENT || fail("read", path, errno, err);
    }
    errno = EFBIG;
    bool ok = fstat(fd, &st) == 0 && st.st_size <= READ_MAX &&
              read_whole(ctx, fd, (size_t)st.st_size, ret);
    int why = errno;
    (void)close(fd);
    return ok || fail("read", path, why, err);
}

bool shelf_folder(const char *path, struct error *err)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST || fail("make", path, errno, err);
}
