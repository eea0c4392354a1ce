// SPDX-License-Identifier: GPL-3.0-or-later
#include "http/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME "upload-"
#define LEFT_S 3600

struct tmp_file {
    int fd;
    const char *path;
};

static void tmp_file_remove(void *handle)
{
    struct tmp_file *file = handle;
    (void)close(file->fd);
    (void)unlink(file->path);
}

void spool_init(struct spool *spool, mem_ctx *ctx, size_t memory_bytes, const char *tmp_folder)
{
    *spool = (struct spool){
        .ctx = ctx, .fd = -1, .memory_bytes = memory_bytes, .tmp_folder = tmp_folder};
    buf_init(&spool->memory, ctx, memory_bytes + 1);
}

static bool write_all(int fd, struct str bytes, struct error *err)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.ptr, bytes.len);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return error_set(err, errno == ENOSPC ? ERR_NO_SPACE : ERR_UNAVAILABLE,
                             "The file could not be taken in because the server's disk is full or "
                             "failing. Nothing was changed; please try again later.");
        }
        bytes = str_from(bytes, (size_t)written);
    }
    return true;
}

static bool to_disk(struct spool *spool, struct error *err)
{
    char *path = mem_printf(spool->ctx, "%s/" NAME "XXXXXX", spool->tmp_folder);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        (void)error_set(err, errno == ENOSPC ? ERR_NO_SPACE : ERR_UNAVAILABLE,
                        "The file could not be taken in: the server cannot write temporary files. "
                        "Please tell its administrator.");
        return error_detail(err, "mkostemp %s: %s", path, strerror(errno));
    }
    struct tmp_file *file = mem_new(spool->ctx, struct tmp_file);
    file->fd = fd;
    file->path = path;
    mem_on_free(spool->ctx, tmp_file_remove, file);
    spool->fd = fd;
    spool->tmp_path = path;
    bool ok = write_all(fd, buf_str(&spool->memory), err);
    mem_free(spool->memory.data);
    buf_init(&spool->memory, spool->ctx, 0);
    return ok;
}

bool spool_put(struct spool *spool, struct str bytes, struct error *err)
{
    spool->size += (int64_t)bytes.len;
    if (spool->fd < 0 && (size_t)spool->size <= spool->memory_bytes) {
        buf_put(&spool->memory, bytes);
        return true;
    }
    if (spool->fd < 0 && !to_disk(spool, err)) {
        return false;
    }
    return write_all(spool->fd, bytes, err);
}

void spool_finish(struct spool *spool, struct http_file *file)
{
    file->size = spool->size;
    file->tmp_path = spool->tmp_path;
    file->bytes = spool->fd < 0 ? buf_str(&spool->memory) : STR_NONE;
}

static bool is_left(int folder, const char *name)
{
    struct stat file;
    return strncmp(name, NAME, strlen(NAME)) == 0 &&
           fstatat(folder, name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
           file.st_mtime < time(NULL) - LEFT_S;
}

void spool_sweep(const char *tmp_folder)
{
    DIR *folder = opendir(tmp_folder);
    const struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (is_left(dirfd(folder), entry->d_name)) {
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
}
