// SPDX-License-Identifier: GPL-3.0-or-later
#include "http/multipart.h"

#include <string.h>

#include "http/spool.h"

#define PART_HEADERS_MAX 16384
#define PADDING_MAX 256
#define BOUNDARY_MAX 200  // RFC 2046 allows 70; some clients send more
#define PIECE_BYTES ((size_t)256 << 10)

enum state { STATE_PREAMBLE, STATE_AFTER_BOUNDARY, STATE_HEADERS, STATE_BODY, STATE_DONE };

struct multipart {
    struct http_request *request;
    struct multipart_limits limits;
    struct str delimiter;  // CR LF "--" boundary
    enum state state;
    struct buf pending;  // what was not decided yet
    size_t taken;        // bytes of pending that were consumed
    size_t scanned;      // bytes of pending in which the end of the headers is not
    size_t parts;
    size_t memory_left;
    bool is_file;
    struct http_file file;
    struct str field_name;
    struct buf field;
    struct spool spool;
};

// --- headers ------------------------------------------------------------------------------------

// A quoted value up to its end; what browsers write as %22 stays so, programs write \".
static struct str quoted(mem_ctx *ctx, struct str text)
{
    struct buf out;
    buf_init(&out, ctx, text.len + 1);
    for (size_t i = 0; i < text.len && text.ptr[i] != '"'; i++) {
        bool escaped = text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == '"';
        i += escaped ? 1 : 0;
        buf_put_char(&out, text.ptr[i]);
    }
    return buf_str(&out);
}

// Past the value that begins at `at`, to the next ';' outside of quotes.
static size_t next_parameter(struct str header, size_t at)
{
    bool inside = false;
    for (; at < header.len; at++) {
        char c = header.ptr[at];
        if (inside && c == '\\' && at + 1 < header.len && header.ptr[at + 1] == '"') {
            at++;
        } else if (c == '"') {
            inside = !inside;
        } else if (c == ';' && !inside) {
            return at + 1;
        }
    }
    return at;
}

// The value of `name` in a header such as: form-data; name="a"; filename="b.png"
static struct str parameter(mem_ctx *ctx, struct str header, const char *name)
{
    struct str key = str_c(name);
    size_t at = next_parameter(header, 0);
    while (at < header.len) {
        size_t next = next_parameter(header, at);
        struct str word;
        struct str value;
        str_cut(str_sub(header, at, next - at), '=', &word, &value);
        at = next;
        if (str_none(value) || !str_ieq(str_trim(word), key)) {
            continue;
        }
        value = str_trim(value);
        if (value.len > 0 && value.ptr[0] == '"') {
            return str_utf8_mend(ctx, quoted(ctx, str_from(value, 1)));
        }
        bool more = str_ends(value, STR(";"));
        return str_utf8_mend(ctx, str_trim(str_sub(value, 0, value.len - (more ? 1 : 0))));
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
    m->memory_left = limits->memory_bytes;
    m->delimiter = str_printf(request->ctx, "\r\n--" STR_FMT, STR_ARG(boundary));
    buf_init(&m->pending, request->ctx, 2 * PIECE_BYTES);
    // The first boundary may stand at the very start: as if a line had ended before it.
    buf_put_c(&m->pending, "\r\n");
    *ret = m;
    return true;
}

static void part_begin(struct multipart *m, struct str field, struct str file_name, struct str type)
{
    mem_ctx *ctx = m->request->ctx;
    m->is_file = !str_none(file_name);
    m->field_name = str_dup(ctx, field);
    if (!m->is_file) {
        buf_init(&m->field, ctx, m->limits.field_bytes);
        return;
    }
    m->file = (struct http_file){
        .field = m->field_name, .name = str_dup(ctx, file_name), .type = str_dup(ctx, type)};
    spool_init(&m->spool, ctx, m->memory_left, m->limits.tmp_folder);
}

static bool part_headers(struct multipart *m, struct str headers, struct error *err)
{
    mem_ctx *ctx = m->request->ctx;
    struct str rest = headers;
    struct str line;
    struct str disposition = STR("");
    struct str type = STR("");
    while (str_next(&rest, '\n', &line)) {
        struct str name;
        struct str value;
        str_cut(str_trim(line), ':', &name, &value);
        if (str_ieq_c(name, "content-disposition") && !str_none(value)) {
            disposition = str_trim(value);
        } else if (str_ieq_c(name, "content-type") && !str_none(value)) {
            type = str_utf8_mend(ctx, str_trim(value));
        }
    }
    struct str field = parameter(ctx, disposition, "name");
    if (str_none(field)) {
        return error_set(err, ERR_BAD_REQUEST, "A part of the form has no name.");
    }
    if (++m->parts > m->limits.fields) {
        return error_set(err, ERR_BAD_REQUEST, "There are too many fields in this form.");
    }
    part_begin(m, field, parameter(ctx, disposition, "filename"), type);
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
    m->memory_left -= str_none(m->file.bytes) ? 0 : m->file.bytes.len;
    // A file input that was left empty sends a part without name and bytes.
    if (m->file.size == 0 && m->file.name.len == 0) {
        return;
    }
    size_t count = request->files.count++;
    if (count % 16 == 0) {
        request->files.items =
            mem_grow(request->ctx, request->files.items, struct http_file, count + 16);
    }
    request->files.items[count] = m->file;
}

static struct str rest_of(struct multipart *m)
{
    return str_from(buf_str(&m->pending), m->taken);
}

// Each step says whether it got further; when not, more bytes are needed.
static bool step_to_boundary(struct multipart *m, bool *ret_moved, struct error *err)
{
    struct str rest = rest_of(m);
    ptrdiff_t at = str_find(rest, m->delimiter);
    size_t undecided = m->delimiter.len - 1;
    size_t sure = at >= 0 ? (size_t)at : rest.len > undecided ? rest.len - undecided : 0;
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

// Two hyphens end the form; else a line ends here, after white space that some gateways add.
static bool step_after_boundary(struct multipart *m, bool *ret_moved, struct error *err)
{
    struct str rest = rest_of(m);
    size_t padding = 0;
    if (str_starts(rest, STR("--"))) {
        m->state = STATE_DONE;
        *ret_moved = true;
        return true;
    }
    while (padding < rest.len && (rest.ptr[padding] == ' ' || rest.ptr[padding] == '\t')) {
        padding++;
    }
    struct str line_end = str_from(rest, padding);
    bool enough = line_end.len >= 2 && rest.len >= 2;
    *ret_moved = enough;
    if (padding > PADDING_MAX || (enough && !str_starts(line_end, STR("\r\n")))) {
        return error_set(err, ERR_BAD_REQUEST, "The form is not well formed.");
    }
    if (enough) {
        // The line's end stays: headers may be missing, and then it is half of the empty line.
        m->taken += padding;
        m->scanned = m->taken;
        m->state = STATE_HEADERS;
    }
    return true;
}

static bool step_headers(struct multipart *m, bool *ret_moved, struct error *err)
{
    struct str all = buf_str(&m->pending);
    ptrdiff_t at = str_find(str_from(all, m->scanned), STR("\r\n\r\n"));
    *ret_moved = at >= 0;
    if (at < 0) {
        size_t undecided = all.len >= 3 ? all.len - 3 : 0;
        m->scanned = undecided > m->taken ? undecided : m->taken;
        return all.len - m->taken <= PART_HEADERS_MAX + 3 ||
               error_set(err, ERR_BAD_REQUEST, "A part of the form has too long a header.");
    }
    struct str headers = str_sub(all, m->taken, m->scanned + (size_t)at - m->taken);
    m->taken = m->scanned + (size_t)at + 4;
    m->state = STATE_BODY;
    return headers.len <= PART_HEADERS_MAX
               ? part_headers(m, headers, err)
               : error_set(err, ERR_BAD_REQUEST, "A part of the form has too long a header.");
}

static bool step(struct multipart *m, bool *ret_moved, struct error *err)
{
    switch (m->state) {
    case STATE_PREAMBLE:
    case STATE_BODY:
        return step_to_boundary(m, ret_moved, err);
    case STATE_AFTER_BOUNDARY:
        return step_after_boundary(m, ret_moved, err);
    case STATE_HEADERS:
        return step_headers(m, ret_moved, err);
    case STATE_DONE:
        break;
    }
    *ret_moved = false;
    return true;
}

static void forget_taken(struct multipart *m)
{
    struct str rest = rest_of(m);
    if (m->taken > 0 && rest.len > 0) {
        memmove(m->pending.data, rest.ptr, rest.len);
    }
    m->scanned = m->scanned > m->taken ? m->scanned - m->taken : 0;
    m->pending.len = m->state == STATE_DONE ? 0 : rest.len;
    m->taken = 0;
}

bool multipart_feed(struct multipart *m, struct str bytes, struct error *err)
{
    while (bytes.len > 0 && m->state != STATE_DONE) {
        struct str piece = str_sub(bytes, 0, PIECE_BYTES);
        bytes = str_from(bytes, piece.len);
        buf_put(&m->pending, piece);
        for (bool moved = true; moved;) {
            if (!step(m, &moved, err)) {
                return false;
            }
        }
        forget_taken(m);
    }
    return true;
}

bool multipart_end(struct multipart *m, struct error *err)
{
    return m->state == STATE_DONE ||
           error_set(err, ERR_BAD_REQUEST,
                     "The form broke off before its end. Please send it again.");
}
