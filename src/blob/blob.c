// SPDX-License-Identifier: GPL-3.0-or-later
#include "blob/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "blob/blob_internal.h"

#define PIECE ((size_t)64 * 1024)

bool blob_store_open(mem_ctx *ctx, const struct blob_place *place, struct blob_store **ret,
                     struct error *err)
{
    struct str url = str_c(place->url);
    if (str_starts(url, STR("s3://"))) {
        return blob_s3_open(ctx, place, ret, err);
    }
    if (!str_starts(url, STR("file:"))) {
        return error_set(err, ERR_INVALID,
                         "The place for files must be file:/path/to/folder or "
                         "s3://bucket/prefix?endpoint=https://host&region=word.");
    }
    return blob_files_open(ctx, place->url + strlen("file:"), ret, err);
}

bool blob_put_bytes(struct blob_store *store, struct str bytes, struct hash *ret, struct error *err)
{
    const struct blob_source source = {.bytes = bytes, .fd = -1};
    int64_t size = 0;
    return store->ops->put(store, &source, ret, &size, err);
}

bool blob_put_file(struct blob_store *store, int fd, struct hash *ret, int64_t *ret_size,
                   struct error *err)
{
    const struct blob_source source = {.fd = fd};
    return store->ops->put(store, &source, ret, ret_size, err);
}

bool blob_put_path(struct blob_store *store, const char *path, struct hash *ret, int64_t *ret_size,
                   struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return blob_fail(path, err);
    }
    bool ok = blob_put_file(store, fd, ret, ret_size, err);
    (void)close(fd);
    return ok;
}

bool blob_open(struct blob_store *store, struct hash hash, int *ret_fd, int64_t *ret_size,
               struct error *err)
{
    return store->ops->open(store, hash, ret_fd, ret_size, err);
}

bool blob_size(struct blob_store *store, struct hash hash, int64_t *ret, struct error *err)
{
    return store->ops->size(store, hash, ret, err);
}

bool blob_each(struct blob_store *store, blob_each_fn *fn, void *arg, struct error *err)
{
    return store->ops->each(store, fn, arg, err);
}

bool blob_set_aside(struct blob_store *store, struct hash hash, struct error *err)
{
    return store->ops->set_aside(store, hash, err);
}

bool blob_bring_back(struct blob_store *store, struct hash hash, struct error *err)
{
    return store->ops->bring_back(store, hash, err);
}

bool blob_remove_aside(struct blob_store *store, struct hash hash, struct error *err)
{
    return store->ops->remove_aside(store, hash, err);
}

// Reads `len` bytes, or fewer at the end of the file.
static bool read_some(int fd, char *to, size_t len, size_t *ret, struct error *err)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n = read(fd, to + got, len - got);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return blob_fail("read", err);
        }
        if (n == 0) {
            break;
        }
        got += (size_t)n;
    }
    *ret = got;
    return true;
}

bool blob_read(mem_ctx *ctx, struct blob_store *store, struct hash hash, size_t limit,
               struct str *ret, struct error *err)
{
    int fd = -1;
    int64_t size = 0;
    if (!blob_open(store, hash, &fd, &size, err)) {
        return false;
    }
    bool ok = (uint64_t)size <= limit;
    if (ok) {
        char *bytes = mem_check_(talloc_size(ctx, (size_t)size + 1));
        size_t len = 0;
        ok = read_some(fd, bytes, (size_t)size, &len, err);
        bytes[len] = '\0';
        if (ok) {
            *ret = (struct str){bytes, len};
        }
    } else {
        (void)error_set(err, ERR_TOO_LARGE, "The file is too large for this.");
    }
    (void)close(fd);
    return ok;
}

bool blob_damaged(struct hash hash, struct error *err)
{
    char name[2 * HASH_SIZE + 1];
    blob_hash_text(hash, name);
    (void)error_set(err, ERR_UNAVAILABLE,
                    "A stored file is damaged. The administrator should restore it from a backup.");
    return error_detail(err, "blob %s has other content", name);
}

static bool compare(int fd, struct hash hash, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "verify");
    char *piece = mem_array(ctx, char, PIECE);
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    size_t len = PIECE;
    bool ok = true;
    while (ok && len == PIECE) {
        ok = read_some(fd, piece, PIECE, &len, err);
        if (ok) {
            (void)crypto_hash_sha256_update(&state, (const unsigned char *)piece, len);
        }
    }
    struct hash found;
    (void)crypto_hash_sha256_final(&state, found.bytes);
    mem_free(ctx);
    return ok && (memcmp(found.bytes, hash.bytes, HASH_SIZE) == 0 || blob_damaged(hash, err));
}

bool blob_open_whole(struct blob_store *store, struct hash hash, int *ret_fd, int64_t *ret_size,
                     struct error *err)
{
    int fd = -1;
    int64_t size = 0;
    if (!blob_open(store, hash, &fd, &size, err)) {
        return false;
    }
    bool ok = store->ops->opens_whole ||
              (compare(fd, hash, err) && (lseek(fd, 0, SEEK_SET) == 0 || blob_fail("seek", err)));
    if (!ok) {
        (void)close(fd);
        return false;
    }
    *ret_fd = fd;
    *ret_size = size;
    return true;
}

bool blob_verify(struct blob_store *store, struct hash hash, struct error *err)
{
    int fd = -1;
    int64_t size = 0;
    if (!blob_open_whole(store, hash, &fd, &size, err)) {
        return false;
    }
    (void)close(fd);
    return true;
}

bool blob_hash_parse(struct str hex, struct hash *ret)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "hash");
    struct str bytes;
    bool ok =
        hex.len == (size_t)2 * HASH_SIZE && hex_decode(ctx, hex, &bytes) && bytes.len == HASH_SIZE;
    if (ok) {
        memcpy(ret->bytes, bytes.ptr, HASH_SIZE);
    }
    mem_free(ctx);
    return ok;
}

void blob_hash_text(struct hash hash, char out[2 * HASH_SIZE + 1])
{
    (void)sodium_bin2hex(out, (size_t)2 * HASH_SIZE + 1, hash.bytes, HASH_SIZE);
}

bool blob_fail(const char *what, struct error *err)
{
    int errnum = errno;
    if (errnum == ENOSPC || errnum == EDQUOT) {
        (void)error_set(err, ERR_NO_SPACE,
                        "The server's disk is full, so the file was not stored. Please tell the "
                        "administrator.");
    } else {
        (void)error_set(err, ERR_UNAVAILABLE,
                        "The server's store of files cannot be used. Please tell the administrator "
                        "to look at its disk and its log.");
    }
    return error_detail(err, "%s: %s", what, strerror(errnum));
}
