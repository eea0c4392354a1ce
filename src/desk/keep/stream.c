// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/keep/stream.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"

#define PIECE ((size_t)64 * 1024)
#define SEAL_BYTES crypto_secretstream_xchacha20poly1305_ABYTES
#define SEAL_HEADER crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define SUM_BYTES 32

static const char MAGIC[] = "STEWARD BACKUP 1";

struct keep_out {
    const char *path;
    const char *unfinished;
    FILE *file;
    bool sealed;
    crypto_secretstream_xchacha20poly1305_state seal;
    crypto_generichash_state *sum;
    unsigned char piece[PIECE];
    size_t len;
    unsigned char cipher[PIECE + SEAL_BYTES];
};

struct keep_in {
    const char *path;
    FILE *file;
    bool sealed;
    bool ended;
    bool final;  // the seal's last piece was seen
    crypto_secretstream_xchacha20poly1305_state seal;
    crypto_generichash_state *sum;
    const struct keep_key *key;
    unsigned char piece[PIECE];
    size_t len, at;
    unsigned char cipher[PIECE + SEAL_BYTES];
};

// The library wants it at a multiple of 64, which no context promises.
static crypto_generichash_state *new_sum(mem_ctx *ctx)
{
    enum { ALIGNED = 64 };
    char *bytes = mem_array(ctx, char, sizeof(crypto_generichash_state) + ALIGNED);
    return (crypto_generichash_state *)(void *)(bytes + ALIGNED - (uintptr_t)bytes % ALIGNED);
}

// --- keys ---------------------------------------------------------------------------------------

bool keep_key_new(mem_ctx *ctx, const char *path, struct error *err)
{
    struct keep_key key;
    random_bytes(key.bytes, sizeof key.bytes);
    struct str line = str_printf(
        ctx, STR_FMT "\n",
        STR_ARG(base64_encode(ctx, (struct str){(const char *)key.bytes, sizeof key.bytes})));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, line.ptr, line.len) == (ssize_t)line.len && fsync(fd) == 0;
    int errnum = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    return ok || error_set(err, ERR_UNAVAILABLE, "Cannot write %s: %s", path, strerror(errnum));
}

bool keep_key_read(mem_ctx *ctx, const char *path, struct keep_key *ret, struct error *err)
{
    char line[128] = "";
    struct str bytes;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return error_set(err, ERR_UNAVAILABLE, "Cannot read %s: %s", path, strerror(errno));
    }
    bool got = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file);
    if (!got || !base64_decode(ctx, str_trim(str_c(line)), &bytes) ||
        bytes.len != sizeof ret->bytes) {
        return error_set(err, ERR_INVALID, "%s is no key of `steward backup --new-key`.", path);
    }
    memcpy(ret->bytes, bytes.ptr, sizeof ret->bytes);
    return true;
}

// --- writing ------------------------------------------------------------------------------------

static bool write_fail(const struct keep_out *out, struct error *err)
{
    int errnum = errno;
    return error_set(err, errnum == ENOSPC || errnum == EDQUOT ? ERR_NO_SPACE : ERR_UNAVAILABLE,
                     "Cannot write %s: %s", out->unfinished, strerror(errnum));
}

static bool write_raw(struct keep_out *out, const void *bytes, size_t len, struct error *err)
{
    (void)crypto_generichash_update(out->sum, bytes, len);
    return fwrite(bytes, 1, len, out->file) == len || write_fail(out, err);
}

static bool write_length(struct keep_out *out, size_t len, struct error *err)
{
    uint32_t little = htole32((uint32_t)len);
    return write_raw(out, &little, sizeof little, err);
}

static bool write_piece(struct keep_out *out, bool last, struct error *err)
{
    size_t len = out->len;
    out->len = 0;
    if (!out->sealed) {
        return len == 0 || (write_length(out, len, err) && write_raw(out, out->piece, len, err));
    }
    unsigned char tag = last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0;
    (void)crypto_secretstream_xchacha20poly1305_push(&out->seal, out->cipher, NULL, out->piece, len,
                                                     NULL, 0, tag);
    return write_length(out, len + SEAL_BYTES, err) &&
           write_raw(out, out->cipher, len + SEAL_BYTES, err);
}

static void out_close(void *handle)
{
    struct keep_out *out = handle;
    if (out->file != NULL) {
        (void)fclose(out->file);
        (void)unlink(out->unfinished);
    }
}

bool keep_out_open(mem_ctx *ctx, const char *path, const struct keep_key *key,
                   struct keep_out **ret, struct error *err)
{
    struct keep_out *out = mem_new(ctx, struct keep_out);
    unsigned char header[SEAL_HEADER];
    char first[sizeof MAGIC + 1];
    out->path = mem_text(out, path);
    out->unfinished = mem_printf(out, "%s.unfinished", path);
    out->sealed = key != NULL;
    out->sum = new_sum(out);
    (void)crypto_generichash_init(out->sum, NULL, 0, SUM_BYTES);
    int fd = open(out->unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    out->file = fd < 0 ? NULL : fdopen(fd, "w");
    if (out->file == NULL) {
        return write_fail(out, err);
    }
    mem_on_free(out, out_close, out);
    memcpy(first, MAGIC, sizeof MAGIC - 1);
    first[sizeof MAGIC - 1] = out->sealed ? 'S' : 'P';
    first[sizeof MAGIC] = '\n';
    if (!write_raw(out, first, sizeof first, err)) {
        return false;
    }
    if (out->sealed) {
        (void)crypto_secretstream_xchacha20poly1305_init_push(&out->seal, header, key->bytes);
    }
    *ret = out;
    return !out->sealed || write_raw(out, header, sizeof header, err);
}

bool keep_out_put(struct keep_out *out, struct str bytes, struct error *err)
{
    while (bytes.len > 0) {
        size_t room = PIECE - out->len;
        size_t now = bytes.len < room ? bytes.len : room;
        memcpy(out->piece + out->len, bytes.ptr, now);
        out->len += now;
        bytes = str_from(bytes, now);
        if (out->len == PIECE && !write_piece(out, false, err)) {
            return false;
        }
    }
    return true;
}

// The name is durable, too.
static bool folder_sync(const char *path, mem_ctx *ctx)
{
    char *folder = mem_text(ctx, path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL) {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    int fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return ok;
}

bool keep_out_end(struct keep_out *out, struct error *err)
{
    unsigned char sum[SUM_BYTES];
    if (!write_piece(out, true, err) || !write_length(out, 0, err)) {
        return false;
    }
    (void)crypto_generichash_final(out->sum, sum, sizeof sum);
    if (fwrite(sum, 1, sizeof sum, out->file) != sizeof sum || fflush(out->file) != 0 ||
        fsync(fileno(out->file)) != 0) {
        return write_fail(out, err);
    }
    int rc = fclose(out->file);
    out->file = NULL;
    return (rc == 0 && rename(out->unfinished, out->path) == 0 && folder_sync(out->path, out)) ||
           write_fail(out, err);
}

// --- reading ------------------------------------------------------------------------------------

static bool damaged(const struct keep_in *in, struct error *err)
{
    return error_set(err, ERR_INVALID, "%s is damaged or was cut off%s. Use another snapshot.",
                     in->path, in->sealed ? ", or the key does not fit" : "");
}

static bool read_raw(struct keep_in *in, void *to, size_t len, struct error *err)
{
    if (fread(to, 1, len, in->file) != len) {
        return damaged(in, err);
    }
    (void)crypto_generichash_update(in->sum, to, len);
    return true;
}

static bool read_end(struct keep_in *in, struct error *err)
{
    unsigned char sum[SUM_BYTES];
    unsigned char found[SUM_BYTES];
    in->ended = true;
    (void)crypto_generichash_final(in->sum, sum, sizeof sum);
    bool whole = fread(found, 1, sizeof found, in->file) == sizeof found &&
                 memcmp(sum, found, sizeof sum) == 0 && fgetc(in->file) == EOF &&
                 (!in->sealed || in->final);
    return whole || damaged(in, err);
}

static bool read_piece(struct keep_in *in, struct error *err)
{
    uint32_t little = 0;
    in->len = 0;
    in->at = 0;
    if (!read_raw(in, &little, sizeof little, err)) {
        return false;
    }
    size_t len = le32toh(little);
    if (len == 0) {
        return read_end(in, err);
    }
    size_t extra = in->sealed ? SEAL_BYTES : 0;
    if (len < extra || len > PIECE + extra || in->final) {
        return damaged(in, err);
    }
    if (!in->sealed) {
        in->len = len;
        return read_raw(in, in->piece, len, err);
    }
    unsigned char tag = 0;
    if (!read_raw(in, in->cipher, len, err)) {
        return false;
    }
    if (crypto_secretstream_xchacha20poly1305_pull(&in->seal, in->piece, NULL, &tag, in->cipher,
                                                   len, NULL, 0) != 0) {
        return damaged(in, err);
    }
    in->final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    in->len = len - extra;
    return true;
}

static bool begin(struct keep_in *in, struct error *err)
{
    char first[sizeof MAGIC + 1] = "";
    unsigned char header[SEAL_HEADER];
    rewind(in->file);
    in->ended = false;
    in->final = false;
    in->len = 0;
    in->at = 0;
    in->sum = new_sum(in);
    (void)crypto_generichash_init(in->sum, NULL, 0, SUM_BYTES);
    if (!read_raw(in, first, sizeof first, err)) {
        return false;
    }
    char kind = first[sizeof MAGIC - 1];
    if (memcmp(first, MAGIC, sizeof MAGIC - 1) != 0 || (kind != 'S' && kind != 'P')) {
        return error_set(err, ERR_INVALID, "%s is no backup of this version of Steward.", in->path);
    }
    in->sealed = kind == 'S';
    if (in->sealed && in->key == NULL) {
        return error_set(err, ERR_INVALID, "%s is sealed: give its key by --key FILE.", in->path);
    }
    return !in->sealed || (read_raw(in, header, sizeof header, err) &&
                           (crypto_secretstream_xchacha20poly1305_init_pull(&in->seal, header,
                                                                            in->key->bytes) == 0 ||
                            damaged(in, err)));
}

static void in_close(void *handle)
{
    (void)fclose(((struct keep_in *)handle)->file);
}

bool keep_in_open(mem_ctx *ctx, const char *path, const struct keep_key *key, struct keep_in **ret,
                  struct error *err)
{
    struct keep_in *in = mem_new(ctx, struct keep_in);
    in->path = mem_text(in, path);
    in->key = key;
    in->file = fopen(path, "re");
    if (in->file == NULL) {
        return error_set(err, ERR_NOT_FOUND, "Cannot read %s: %s", path, strerror(errno));
    }
    mem_on_free(in, in_close, in);
    if (!begin(in, err)) {
        return false;
    }
    while (!in->ended) {
        if (!read_piece(in, err)) {
            return false;
        }
    }
    *ret = in;
    return begin(in, err);
}

bool keep_in_some(struct keep_in *in, size_t most, struct str *ret, struct error *err)
{
    while (in->at == in->len && !in->ended) {
        if (!read_piece(in, err)) {
            return false;
        }
    }
    size_t there = in->len - in->at;
    size_t now = most < there ? most : there;
    *ret = (struct str){(const char *)in->piece + in->at, now};
    in->at += now;
    return true;
}

bool keep_in_get(struct keep_in *in, void *to, size_t len, struct error *err)
{
    char *at = to;
    while (len > 0) {
        struct str some;
        if (!keep_in_some(in, len, &some, err)) {
            return false;
        }
        if (some.len == 0) {
            return damaged(in, err);
        }
        memcpy(at, some.ptr, some.len);
        at += some.len;
        len -= some.len;
    }
    return true;
}
