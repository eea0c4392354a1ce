// SPDX-License-Identifier: GPL-3.0-or-later
//
// Blobs as objects of a store that speaks S3, under the same names as in a folder: what lies in
// PREFIX/blobs/ may be copied to or from a data folder as it is. An object is there whole or not at
// all, which is what the store promises; a put is over when the store has answered.
//
// A put always writes, since that is the only way to make an object young again. What is read is
// first taken into a file without a name and compared with its hash, so that nobody is given the
// first half of something damaged.
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blob/blob_internal.h"
#include "blob/s3_call.h"

#define PIECE ((size_t)64 * 1024)
#define LARGEST ((int64_t)5 << 30)  // of one PUT, by S3's own rule

struct s3 {
    struct blob_store base;
    struct s3_link *link;
    const char *scratch;
};

static const struct s3_call CALL_NONE = {.fd = -1, .to = -1};

static struct str key_of(mem_ctx *ctx, struct hash hash, bool aside)
{
    struct str hex = hash_hex(ctx, hash);
    return aside ? str_printf(ctx, "blobs/aside/" STR_FMT, STR_ARG(hex))
                 : str_printf(ctx, "blobs/%.2s/%.2s/" STR_FMT, hex.ptr, hex.ptr + 2, STR_ARG(hex));
}

static bool not_there(mem_ctx *ctx, struct hash hash, struct error *err)
{
    (void)error_set(err, ERR_NOT_FOUND, "The file is not there any more.");
    return error_detail(err, "no blob " STR_FMT, STR_ARG(hash_hex(ctx, hash)));
}

// --- putting ------------------------------------------------------------------------------------

static bool file_hash(mem_ctx *ctx, int fd, struct hash *ret, int64_t *ret_size, struct error *err)
{
    char *piece = mem_array(ctx, char, PIECE);
    crypto_hash_sha256_state state;
    int64_t size = 0;
    (void)crypto_hash_sha256_init(&state);
    for (;;) {
        ssize_t got = pread(fd, piece, PIECE, size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return blob_fail("read", err);
        }
        if (got == 0) {
            break;
        }
        (void)crypto_hash_sha256_update(&state, (const unsigned char *)piece,
                                        (unsigned long long)got);
        size += got;
    }
    (void)crypto_hash_sha256_final(&state, ret->bytes);
    *ret_size = size;
    return true;
}

static bool put(mem_ctx *ctx, struct s3 *s3, const struct blob_source *source, struct hash *ret,
                int64_t *ret_size, struct error *err)
{
    struct s3_call call = CALL_NONE;
    struct s3_result result;
    call.method = S3_PUT;
    call.fd = source->fd;
    if (source->fd < 0) {
        call.bytes = source->bytes;
        call.size = (int64_t)source->bytes.len;
        call.hash = hash_sha256(source->bytes);
    } else if (!file_hash(ctx, source->fd, &call.hash, &call.size, err)) {
        return false;
    }
    if (call.size > LARGEST) {
        return error_set(err, ERR_TOO_LARGE, "The file is too large for the store of files.");
    }
    call.key = key_of(ctx, call.hash, false);
    if (!s3_call(ctx, s3->link, &call, &result, err)) {
        return false;
    }
    if (result.status != 200) {
        return error_internal(err, "S3 answered %ld to a put", result.status);
    }
    *ret = call.hash;
    *ret_size = call.size;
    return true;
}

static bool s3_put(struct blob_store *store, const struct blob_source *source, struct hash *ret,
                   int64_t *ret_size, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "put");
    bool ok = put(ctx, (struct s3 *)store, source, ret, ret_size, err);
    mem_free(ctx);
    return ok;
}

// --- reading ------------------------------------------------------------------------------------

// Where a blob may lie; one that is just brought back is looked for once more.
static const bool PLACES[] = {false, true, false};
#define PLACE_COUNT (sizeof PLACES / sizeof *PLACES)

static bool get(mem_ctx *ctx, struct s3 *s3, struct hash hash, int fd, int64_t *ret_size,
                struct error *err)
{
    struct s3_call call = CALL_NONE;
    struct s3_result result = {.status = 404};
    call.method = S3_GET;
    call.to = fd;
    for (size_t i = 0; i < PLACE_COUNT && result.status == 404; i++) {
        call.key = key_of(ctx, hash, PLACES[i]);
        if (!s3_call(ctx, s3->link, &call, &result, err)) {
            return false;
        }
    }
    if (result.status == 404) {
        return not_there(ctx, hash, err);
    }
    if (memcmp(result.hash.bytes, hash.bytes, HASH_SIZE) != 0) {
        return blob_damaged(hash, err);
    }
    *ret_size = result.size;
    return ftruncate(fd, result.size) == 0 || blob_fail("a copy of a file out of S3", err);
}

static bool s3_open(struct blob_store *store, struct hash hash, int *ret_fd, int64_t *ret_size,
                    struct error *err)
{
    struct s3 *s3 = (struct s3 *)store;
    int fd = open(s3->scratch, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        return blob_fail(s3->scratch, err);
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "get");
    bool ok = get(ctx, s3, hash, fd, ret_size, err);
    mem_free(ctx);
    if (ok) {
        *ret_fd = fd;
    } else {
        (void)close(fd);
    }
    return ok;
}

static bool s3_size(struct blob_store *store, struct hash hash, int64_t *ret, struct error *err)
{
    struct s3 *s3 = (struct s3 *)store;
    mem_ctx *ctx = mem_ctx_new(NULL, "head");
    struct s3_call call = CALL_NONE;
    struct s3_result result = {.status = 404};
    bool ok = true;
    call.method = S3_HEAD;
    for (size_t i = 0; ok && i < PLACE_COUNT && result.status == 404; i++) {
        call.key = key_of(ctx, hash, PLACES[i]);
        ok = s3_call(ctx, s3->link, &call, &result, err);
    }
    if (ok && result.status == 404) {
        // An answer without a body does not say whether the whole bucket is gone.
        call.method = S3_GET;
        ok = s3_call(ctx, s3->link, &call, &result, err) &&
             (result.status == 200 || not_there(ctx, hash, err));
        result.size = (int64_t)result.answer.len;
    }
    if (ok) {
        *ret = result.size;
    }
    mem_free(ctx);
    return ok;
}

// --- going through all of them ------------------------------------------------------------------

struct walk {
    struct s3 *s3;
    size_t prefix_len;  // of keys in listings
    blob_each_fn *fn;
    void *arg;
};

// Other names than those that a put makes are nobody's.
static bool walk_object(const struct walk *walk, mem_ctx *ctx, const struct s3_object *object,
                        struct error *err)
{
    struct str key = str_from(object->key, walk->prefix_len);
    struct blob_info info = {.size = object->size, .changed_at = object->changed_at};
    if (key.len < (size_t)2 * HASH_SIZE ||
        !blob_hash_parse(str_from(key, key.len - (size_t)2 * HASH_SIZE), &info.hash)) {
        return true;
    }
    info.aside = str_starts(key, STR("blobs/aside/"));
    return !str_eq(key, key_of(ctx, info.hash, info.aside)) || walk->fn(walk->arg, &info, err);
}

static bool walk_page(const struct walk *walk, struct str prefix, struct buf *token,
                      struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "list");
    struct s3_call call = CALL_NONE;
    struct s3_result result;
    struct s3_listing page = {.next = STR("")};
    struct buf query;
    buf_init(&query, ctx, 16384);
    if (token->len > 0) {
        buf_put_c(&query, "continuation-token=");
        buf_put_percent(&query, buf_str(token));
        buf_put_char(&query, '&');
    }
    buf_put_c(&query, "list-type=2&max-keys=1000&prefix=");
    buf_put_percent(&query, str_printf(ctx, STR_FMT "blobs/", STR_ARG(prefix)));
    call.method = S3_GET;
    call.key = STR("");
    call.query = buf_str(&query);
    bool ok = s3_call(ctx, walk->s3->link, &call, &result, err);
    if (ok && result.status != 200) {
        ok = error_set(err, ERR_BUSY, "The store of files has no such bucket.");
    }
    ok = ok && s3_listing_parse(ctx, result.answer, &page, err);
    for (size_t i = 0; ok && i < page.count; i++) {
        ok = walk_object(walk, ctx, &page.objects[i], err);
    }
    buf_reset(token);
    buf_put(token, page.next);
    mem_free(ctx);
    return ok;
}

static bool s3_each(struct blob_store *store, blob_each_fn *fn, void *arg, struct error *err)
{
    struct s3 *s3 = (struct s3 *)store;
    mem_ctx *ctx = mem_ctx_new(NULL, "each");
    struct str prefix = s3_link_prefix(s3->link);
    const struct walk walk = {s3, prefix.len, fn, arg};
    struct buf token;
    buf_init(&token, ctx, 8192);
    bool ok = walk_page(&walk, prefix, &token, err);
    while (ok && token.len > 0) {
        ok = walk_page(&walk, prefix, &token, err);
    }
    mem_free(ctx);
    return ok;
}

// --- aside and back -----------------------------------------------------------------------------

static bool remove_key(mem_ctx *ctx, struct s3 *s3, struct str key, struct error *err)
{
    struct s3_call call = CALL_NONE;
    struct s3_result result;
    call.method = S3_DELETE;
    call.key = key;
    return s3_call(ctx, s3->link, &call, &result, err);
}

// First the copy, then the removal: at every moment it lies at one place or at both.
static bool shift(struct s3 *s3, struct hash hash, bool aside, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "shift");
    struct s3_call call = CALL_NONE;
    struct s3_result result;
    call.method = S3_PUT;
    call.key = key_of(ctx, hash, aside);
    call.copy_from = key_of(ctx, hash, !aside);
    bool ok = s3_call(ctx, s3->link, &call, &result, err) &&
              (result.status == 404 || remove_key(ctx, s3, call.copy_from, err));
    mem_free(ctx);
    return ok;
}

static bool s3_set_aside(struct blob_store *store, struct hash hash, struct error *err)
{
    return shift((struct s3 *)store, hash, true, err);
}

static bool s3_bring_back(struct blob_store *store, struct hash hash, struct error *err)
{
    return shift((struct s3 *)store, hash, false, err);
}

static bool s3_remove_aside(struct blob_store *store, struct hash hash, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "remove");
    bool ok = remove_key(ctx, (struct s3 *)store, key_of(ctx, hash, true), err);
    mem_free(ctx);
    return ok;
}

// --- the store ----------------------------------------------------------------------------------

bool blob_s3_open(mem_ctx *ctx, const struct blob_place *place, struct blob_store **ret,
                  struct error *err)
{
    static const struct blob_ops OPS = {.put = s3_put,
                                        .open = s3_open,
                                        .size = s3_size,
                                        .each = s3_each,
                                        .set_aside = s3_set_aside,
                                        .bring_back = s3_bring_back,
                                        .remove_aside = s3_remove_aside,
                                        .opens_whole = true};
    struct s3_place where;
    if (!s3_place_parse(ctx, str_c(place->url), &where, err)) {
        return false;
    }
    if (str_empty(place->access_key) || str_empty(place->secret_key)) {
        return error_set(err, ERR_INVALID,
                         "Blobs in S3 need blobs_access_key and blobs_secret_key, in steward.conf "
                         "or as STEWARD_BLOBS_ACCESS_KEY and STEWARD_BLOBS_SECRET_KEY in the "
                         "environment.");
    }
    if (mkdir(place->scratch, 0700) != 0 && errno != EEXIST) {
        return blob_fail(place->scratch, err);
    }
    struct s3 *s3 = mem_new(ctx, struct s3);
    s3->base.ops = &OPS;
    s3->scratch = mem_text(s3, place->scratch);
    s3->link = s3_link_new(s3, &where, place->access_key, place->secret_key);
    *ret = &s3->base;
    return true;
}
