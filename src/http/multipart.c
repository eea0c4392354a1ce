// SPDX-License-Identifier: GPL-3.0-or-later
#include "http/multipart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PART_HEADERS_MAX 16384
#define BOUNDARY_MAX 200  // RFC 2046 allows 70; some clients send more

enum state { STATE_PREAMBLE, STATE_AFTER_BOUNDARY, STATE_HEADERS, STATE_BODY, STATE_DONE };

struct multipart {
    struct http_request *request;
    struct multipart_limits limits;
    struct str delimiter;  // CR LF "--" boundary
    enum state state;
    struct buf pending;  // what was not decided yet
    size_t taken;        // bytes of pending that were consumed
    size_t parts;
    bool is_file;
    struct http_file file;
    struct str field_name;
    struct buf field;
    struct spool spool;
};

// --- spool --------------------------------------------------------------------------------------

void spool_init(struct spool *spool, mem_ctx *ctx, size_t memory_bytes, const char *tmp_folder)
{
    *spool = (struct spool){.ctx = ctx, .fd = -1, .memory_bytes = memory_bytes,
                            .tmp_folder = tmp_folder};
    buf_init(&spool->memory, ctx, memory_bytes + 1);
}

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

static bool spool_to_disk(struct spool *spool, struct error *err)
{
    char *path = mem_printf(spool->ctx, "%s/upload-XXXXXX", spool->tmp_folder);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        (void)error_set(err, ERR_UNAVAILABLE, "The file could not be taken in: the server cannot "
                                              "write temporary files. Please tell its administrator.");
        return error_detail(err, "mkostemp %s: %s", path, strerror(errno));
    }
    struct tmp_file *file = mem_new(spool->ctx, struct tmp_file);
    file->fd = fd;
    file->path = path;
    mem_on_free(spool->ctx, tmp_file_remove, file);
    spool->fd = fd;
    spool->tmp_path = path;
    return write_all(fd, buf_str(&spool->memory), err);
}

bool spool_put(struct spool *spool, struct str bytes, struct error *err)
{
    spool->size += (int64_t)bytes.len;
    if (spool->fd < 0 && (size_t)spool->size <= spool->memory_bytes) {
        buf_put(&spool->memory, bytes);
        return true;
    }
    if (spool->fd < 0 && !spool_to_disk(spool, err)) {
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

// --- headers ------------------------------------------------------------------------------------

// The value of `name` in a header such as: form-data; name="a"; filename="b.png"
static struct str parameter(mem_ctx *ctx, struct str header, const char *name)
{
    struct str key = str_c(name);
    size_t at = 0;
    bool quoted = false;
    for (; at < header.len; at++) {
        char c = header.ptr[at];
        quoted = c == '"' ? !quoted : quoted;
        if (c != ';' || quoted) {
            continue;
        }
        struct str rest = str_trim(str_from(header, at + 1));
        if (!str_istarts(rest, key) || rest.len <= key.len || rest.ptr[key.len] != '=') {
            continue;
        }
        rest = str_from(rest, key.len + 1);
        if (rest.len > 0 && rest.ptr[0] == '"') {
            struct str value;
            struct str tail;
            str_cut(str_from(rest, 1), '"', &value, &tail);
            return str_utf8_mend(ctx, value);
        }
        struct str value;
        struct str tail;
        str_cut(rest, ';', &value, &tail);
        return str_utf8_mend(ctx, str_trim(value));
    }
    return STR_NONE;
}

bool multipart_begin(struct http_request *request, struct str content_type,
                     const struct multipart_limits *limits, struct multipart **ret,
                     struct error *err)
{
    struct str boundary = parameter(request->ctx, content_type, "boundary");
    if (str_empty(boundary) || boundary.len > BOUNDARY_MAX) {
        return error_set(err, ERR_BAD_REQUEST, "The form was sent without a usable boundary.");
    }
    struct multipart *m = mem_new(request->ctx, struct multipart);
    m->request = request;
    m->limits = *limits;
    m->delimiter = str_printf(request->ctx, "\r\n--" STR_FMT, STR_ARG(boundary));
    buf_init(&m->pending, request->ctx, (size_t)4 << 20);
    // The first boundary may stand at the very start: as if a line had ended before it.
    buf_put_c(&m->pending, "\r\n");
    *ret = m;
    return true;
}

static bool part_headers(struct multipart *m, struct str headers, struct error *err)
{
    mem_ctx *ctx = m->request->ctx;
    struct str rest = headers;
    struct str line;
    struct str disposition = STR_NONE;
    struct str type = STR("");
    while (str_next(&rest, '\n', &line)) {
        struct str name;
        struct str value;
        str_cut(str_trim(line), ':', &name, &value);
        if (str_ieq_c(name, "content-disposition")) {
            disposition = str_trim(value);
        } else if (str_ieq_c(name, "content-type")) {
            type = str_dup(ctx, str_utf8_mend(ctx, str_trim(value)));
        }
    }
    struct str field = parameter(ctx, disposition, "name");
    struct str file_name = parameter(ctx, disposition, "filename");
    if (str_none(field) || ++m->parts > m->limits.fields) {
        return error_set(err, ERR_BAD_REQUEST,
                         str_none(field) ? "A part of the form has no name."
                                         : "There are too many fields in this form.");
    }
    m->is_file = !str_none(file_name);
    m->field_name = str_dup(ctx, field);
    if (m->is_file) {
        m->file = (struct http_file){.field = m->field_name, .name = str_dup(ctx, file_name),
                                     .type = type};
        spool_init(&m->spool, ctx, m->limits.memory_bytes, m->limits.tmp_folder);
    } else {
        buf_init(&m->field, ctx, m->limits.field_bytes);
    }
    return true;
}

// --- body ---------------------------------------------------------------------------------------

static bool part_bytes(struct multipart *m, struct str bytes, struct error *err)
{
    if (m->is_file) {
        return spool_put(&m->spool, bytes, err);
    }
    buf_put(&m->field, bytes);
    return !m->field.failed ||
           error_set(err, ERR_TOO_LARGE, "A field of the form is too long; attach it as a file.");
}

static void part_end(struct multipart *m)
{
    struct http_request *request = m->request;
    if (!m->is_file) {
        http_pairs_add(request->ctx, &request->form, m->field_name,
                       str_utf8_mend(request->ctx, buf_str(&m->field)));
        return;
    }
    spool_finish(&m->spool, &m->file);
    // A file input that was left empty sends a part without name and bytes.
    if (m->file.size == 0 && m->file.name.len == 0) {
        return;
    }
    size_t count = request->files.count++;
    request->files.items =
        mem_grow(request->ctx, request->files.items, struct http_file, count + 1);
    request->files.items[count] = m->file;
}

static struct str rest_of(struct multipart *m)
{
    return str_from(buf_str(&m->pending), m->taken);
}

// Each returns whether it got further; when not, more bytes are needed.
static bool step_to_boundary(struct multipart *m, bool *ret_moved, struct error *err)
{
    struct str rest = rest_of(m);
    ptrdiff_t at = str_find(rest, m->delimiter);
    size_t sure = at >= 0                         ? (size_t)at
                  : rest.len >= m->delimiter.len ? rest.len - m->delimiter.len + 1
                                                 : 0;
    if (m->state == STATE_BODY && sure > 0 && !part_bytes(m, str_sub(rest, 0, sure), err)) {
        return false;
    }
    m->taken += sure;
    *ret_moved = at >= 0;
    if (at >= 0) {
        m->taken += m->delimiter.len;
        if (m->state == STATE_BODY) {
            part_end(m);
        }
        m->state = STATE_AFTER_BOUNDARY;
    }
    return true;
}

static bool step_after_boundary(struct multipart *m, bool *ret_moved, struct error *err)
{
    struct str rest = rest_of(m);
    *ret_moved = rest.len >= 2;
    if (rest.len < 2) {
        return true;
    }
    if (str_starts(rest, STR("--"))) {
        m->state = STATE_DONE;
        return true;
    }
    if (!str_starts(rest, STR("\r\n"))) {
        return error_set(err, ERR_BAD_REQUEST, "The form is not well formed.");
    }
    m->state = STATE_HEADERS;
    return true;
}

static bool step_headers(struct multipart *m, bool *ret_moved, struct error *err)
{
    struct str rest = rest_of(m);
    ptrdiff_t at = str_find(rest, STR("\r\n\r\n"));
    *ret_moved = at >= 0;
    if (at < 0) {
        return rest.len <= PART_HEADERS_MAX ||
               error_set(err, ERR_BAD_REQUEST, "A part of the form has too long a header.");
    }
    m->state = STATE_BODY;
    m->taken += (size_t)at + 4;
    return part_headers(m, str_sub(rest, 0, (size_t)at), err);
}

bool multipart_feed(struct multipart *m, struct str bytes, struct error *err)
{
    bool moved = true;
    while (bytes.len > 0) {
        struct str piece = str_sub(bytes, 0, 256 * 1024);
        bytes = str_from(bytes, piece.len);
        buf_put(&m->pending, piece);
        for (moved = true; moved && m->state != STATE_DONE;) {
            bool ok = m->state == STATE_AFTER_BOUNDARY ? step_after_boundary(m, &moved, err)
                      : m->state == STATE_HEADERS      ? step_headers(m, &moved, err)
                                                       : step_to_boundary(m, &moved, err);
            if (!ok) {
                return false;
            }
        }
        if (m->state == STATE_DONE) {
            buf_reset(&m->pending);
            m->taken = 0;
            return true;
        }
        struct str rest = rest_of(m);
        memmove(m->pending.data, rest.ptr, rest.len);
        m->pending.len = rest.len;
        m->taken = 0;
    }
    return true;
}

bool multipart_end(struct multipart *m, struct error *err)
{
    return m->state == STATE_DONE ||
           error_set(err, ERR_BAD_REQUEST, "The form broke off before its end. Please send it again.");
}
