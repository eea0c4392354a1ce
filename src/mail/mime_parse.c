// SPDX-License-Identifier: GPL-3.0-or-later
//
// mail_parse(): from raw bytes through GMime's parser to plain data. GMime finds the structure and
// the fields; what the fields and texts mean is read by our own functions, which know what mail
// programs write instead of what they should.
#include <gmime/gmime.h>
#include <limits.h>
#include <string.h>

#include "base/random.h"
#include "mail/address.h"
#include "mail/gmime_start.h"
#include "mail/headers.h"
#include "mail/message.h"
#include "mail/mime_body.h"
#include "mail/mime_walk.h"

#define SUBJECT_CHARS 998
#define IDS_MAX 200
#define HEADER_BYTES_MAX (512 * 1024)
#define EARLIEST_DATE_MS                                                                           \
    (INT64_C(315532800) * 1000)  // 1980: before it lie clocks that were not set

struct parse {
    mem_ctx *ctx;
    mem_ctx *scratch;  // holds what GMime made
    struct str stream;
    const struct mail_limits *limits;
    struct mail_message *message;
    struct mime_leaves leaves;
    struct buf problems;
};

struct mail_limits mail_limits_default(int64_t now_ms)
{
    return (struct mail_limits){.now_ms = now_ms,
                                .max_depth = 50,
                                .max_parts = 1000,
                                .max_text = (size_t)8 * 1024 * 1024,
                                .max_addresses = 1000,
                                .max_headers = 2000};
}

// ---- raw bytes --------------------------------------------------------------------------------

// Blank lines and the separator of an mbox file ("From a@b date") before the first field.
static struct str skip_preamble(struct str raw)
{
    for (;;) {
        struct str rest = raw;
        while (rest.len > 0 && (rest.ptr[0] == '\r' || rest.ptr[0] == '\n')) {
            rest = str_from(rest, 1);
        }
        if (str_starts(rest, STR("From ")) || str_starts(rest, STR(">From "))) {
            ptrdiff_t end = str_find_char(rest, '\n');
            rest = end < 0 ? str_from(rest, rest.len) : str_from(rest, (size_t)end + 1);
        }
        if (str_starts(rest, STR("\xef\xbb\xbf"))) {
            rest = str_from(rest, 3);
        }
        if (rest.len == raw.len) {
            return raw;
        }
        raw = rest;
    }
}

// Where the empty line after the fields begins.
static size_t fields_end(struct str raw)
{
    struct str rest = raw;
    while (rest.len > 0) {
        if (rest.ptr[0] == '\n' || str_starts(rest, STR("\r\n"))) {
            return raw.len - rest.len;
        }
        ptrdiff_t next = str_find_char(rest, '\n');
        rest = next < 0 ? str_from(rest, rest.len) : str_from(rest, (size_t)next + 1);
    }
    return raw.len;
}

static bool field_line(struct str raw)
{
    size_t at = 0;
    while (at < raw.len && raw.ptr[at] > ' ' && raw.ptr[at] != ':' && raw.ptr[at] < 0x7f) {
        at++;
    }
    return at > 0 && at < raw.len && (raw.ptr[at] == ':' || raw.ptr[at] == ' ') &&
           str_find_char(str_sub(raw, at, 3), ':') >= 0;
}

// NUL bytes among the fields end C strings early; they become blanks. A first line that is no
// field would end the fields; such lines are passed over.
static struct str mend_fields(struct parse *p, struct str raw)
{
    size_t end = fields_end(raw);
    struct str start = raw;
    while (start.len > raw.len - end && !field_line(start)) {
        ptrdiff_t next = str_find_char(start, '\n');
        start = next < 0 ? str_from(start, start.len) : str_from(start, (size_t)next + 1);
    }
    bool any_field = start.len > raw.len - end;
    if (any_field && start.len != raw.len) {
        buf_put_c(&p->problems, "Lines before the first header field were passed over.\n");
        end -= raw.len - start.len;
        raw = start;
    }
    if (str_find_char(str_sub(raw, 0, end), '\0') < 0) {
        return raw;
    }
    buf_put_c(&p->problems, "The header holds NUL bytes.\n");
    char *copy = mem_array(p->ctx, char, raw.len + 1);
    memcpy(copy, raw.ptr, raw.len);
    for (size_t i = 0; i < end; i++) {
        copy[i] = copy[i] == '\0' ? ' ' : copy[i];
    }
    return (struct str){copy, raw.len};
}

// A stream over bytes that stay ours: GMime's memory stream reads them in place.
static GMimeParser *parser_over(struct parse *p, struct str bytes)
{
    GByteArray *array = mem_new(p->scratch, GByteArray);
    array->data = (guint8 *)(uintptr_t)bytes.ptr;
    array->len = (guint)bytes.len;
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(array);
    g_mime_stream_mem_set_owner((GMimeStreamMem *)stream, FALSE);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_persist_stream(parser, TRUE);
    g_object_unref(stream);
    return mail_gobject(p->scratch, parser);
}

// ---- fields -----------------------------------------------------------------------------------

static void header_add(struct parse *p, struct str name, struct str raw, size_t *bytes)
{
    struct mail_headers *all = &p->message->headers;
    if (all->count >= p->limits->max_headers || *bytes > HEADER_BYTES_MAX) {
        return;
    }
    *bytes += name.len + raw.len;
    if ((all->count & (all->count - 1)) == 0) {
        size_t room = all->count == 0 ? 1 : all->count * 2;
        all->items = mem_grow(p->ctx, all->items, struct mail_header, room);
    }
    all->items[all->count++] = (struct mail_header){
        .name = str_utf8_mend(p->ctx, str_dup(p->ctx, str_trim(name))),
        .value = header_decode(p->ctx, raw),
        .raw = str_dup(p->ctx, raw),
    };
}

static void headers_of(struct parse *p, GMimeObject *object, size_t *bytes)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(object);
    int count = g_mime_header_list_get_count(list);
    for (int i = 0; i < count; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        struct str name = str_c(g_mime_header_get_name(header));
        if (str_trim(name).len > 0) {
            header_add(p, name, str_c(g_mime_header_get_raw_value(header)), bytes);
        }
    }
}

static const struct mail_header *header_find(const struct mail_message *message, const char *name)
{
    for (size_t i = 0; i < message->headers.count; i++) {
        if (str_ieq_c(message->headers.items[i].name, name)) {
            return &message->headers.items[i];
        }
    }
    return NULL;
}

struct str mail_header(const struct mail_message *message, const char *name)
{
    const struct mail_header *header = header_find(message, name);
    return header == NULL ? STR_NONE : header->value;
}

struct str mail_header_raw(const struct mail_message *message, const char *name)
{
    const struct mail_header *header = header_find(message, name);
    return header == NULL ? STR_NONE : header->raw;
}

// Of all fields of that name together.
static struct mail_addresses addresses_of(struct parse *p, const char *name)
{
    struct buf all;
    buf_init(&all, p->ctx, HEADER_BYTES_MAX * 2);
    for (size_t i = 0; i < p->message->headers.count; i++) {
        const struct mail_header *header = &p->message->headers.items[i];
        if (str_ieq_c(header->name, name)) {
            if (all.len > 0) {
                buf_put(&all, STR(","));
            }
            buf_put(&all, str_trim(header->raw));
        }
    }
    return address_list(p->ctx, buf_str(&all), p->limits->max_addresses);
}

static void read_date(struct parse *p)
{
    struct mail_message *m = p->message;
    m->date_raw = mail_header(m, "Date");
    m->date_ms = p->limits->now_ms;
    GDateTime *date = str_empty(m->date_raw)
                          ? NULL
                          : g_mime_utils_header_decode_date(str_cstr(p->ctx, m->date_raw));
    if (date == NULL) {
        return;
    }
    int64_t ms = (int64_t)g_date_time_to_unix(date) * 1000;
    g_date_time_unref(date);
    if (ms < EARLIEST_DATE_MS) {
        return;
    }
    m->date_given = true;
    m->date_future = ms > m->date_ms;
    m->date_ms = m->date_future ? m->date_ms : ms;
}

// The same mail gives the same id, whichever way it came: Received and its like are left out.
static struct str made_message_id(struct parse *p, struct str body)
{
    static const char *const NAMES[] = {"From", "To", "Date", "Subject"};
    struct buf all;
    buf_init(&all, p->ctx, HEADER_BYTES_MAX * 2);
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        buf_put(&all, str_trim(mail_header_raw(p->message, NAMES[i])));
        buf_put_char(&all, '\n');
    }
    buf_put(&all, hash_hex(p->ctx, hash_sha256(body)));
    struct str hex = hash_hex(p->ctx, hash_sha256(buf_str(&all)));
    return str_printf(p->ctx, "<made.%.40s@message-id.invalid>", hex.ptr);
}

static void read_message_id(struct parse *p, struct str body)
{
    struct mail_ids ids = header_ids(p->ctx, mail_header_raw(p->message, "Message-ID"), 1);
    p->message->message_id_made = ids.count == 0;
    p->message->message_id = ids.count == 0 ? made_message_id(p, body) : ids.items[0];
}

static void read_return_path(struct parse *p)
{
    struct str raw = mail_header_raw(p->message, "Return-Path");
    struct str value = header_unfold(p->ctx, raw);
    p->message->return_path_null = str_eq_c(value, "<>") || str_eq_c(value, "< >");
    struct mail_addresses list = address_list(p->ctx, raw, 1);
    p->message->return_path = list.count == 0 ? STR_NONE : list.items[0].address;
}

static void read_fields(struct parse *p, struct str body)
{
    struct mail_message *m = p->message;
    struct str subject = mail_header(m, "Subject");
    m->subject = str_none(subject) ? STR("") : str_one_line(p->ctx, subject, SUBJECT_CHARS);
    m->from = addresses_of(p, "From");
    m->sender = addresses_of(p, "Sender");
    m->reply_to = addresses_of(p, "Reply-To");
    m->to = addresses_of(p, "To");
    m->cc = addresses_of(p, "Cc");
    m->bcc = addresses_of(p, "Bcc");
    m->delivered_to = addresses_of(p, "Delivered-To");
    m->x_original_to = addresses_of(p, "X-Original-To");
    m->x_original_sender = addresses_of(p, "X-Original-Sender");
    m->in_reply_to = header_ids(p->ctx, mail_header_raw(m, "In-Reply-To"), IDS_MAX);
    m->references = header_ids(p->ctx, mail_header_raw(m, "References"), IDS_MAX);
    m->content_type = header_token(p->ctx, mail_header_raw(m, "Content-Type"));
    m->content_type = m->content_type.len == 0 ? STR("text/plain") : m->content_type;
    read_return_path(p);
    read_date(p);
    read_message_id(p, body);
}

// ---- structure --------------------------------------------------------------------------------

static void body_as_text(struct parse *p, struct str body)
{
    struct mime_leaf *leaf = mem_new(p->ctx, struct mime_leaf);
    leaf->type = STR("text/plain");
    leaf->encoded = body;
    p->leaves = (struct mime_leaves){.items = leaf, .count = 1};
}

// The boundary that the body itself uses: a line of two hyphens and more, followed by a field.
static struct str boundary_seen(struct str body)
{
    struct str rest = str_sub(body, 0, 256 * 1024);
    struct str line;
    while (str_next(&rest, '\n', &line)) {
        line = str_trim(line);
        if (line.len > 2 && line.len < 200 && str_starts(line, STR("--")) &&
            str_istarts(rest, STR("Content-")) && str_find_char(line, '"') < 0) {
            return str_from(line, 2);
        }
    }
    return STR_NONE;
}

// A multipart whose boundary is missing or not the one used: read again with the one seen.
static void walk_mended(struct parse *p, struct str type, struct str body)
{
    struct str boundary = boundary_seen(body);
    buf_put_c(&p->problems, "The boundary of the mail's parts is missing or wrong.\n");
    if (str_none(boundary)) {
        body_as_text(p, body);
        return;
    }
    struct buf mended;
    buf_init(&mended, p->ctx, body.len + 1024);
    buf_printf(&mended, "Content-Type: " STR_FMT "; boundary=\"" STR_FMT "\"\n\n", STR_ARG(type),
               STR_ARG(boundary));
    buf_put(&mended, body);
    struct str stream = buf_str(&mended);
    GMimeObject *object = g_mime_parser_construct_part(parser_over(p, stream), NULL);
    if (object == NULL) {
        body_as_text(p, body);
        return;
    }
    (void)mail_gobject(p->scratch, object);
    p->leaves = (struct mime_leaves){.items = NULL};
    mime_walk(p->ctx, object, stream, p->limits, &p->leaves, &p->problems);
}

static void parse_structure(struct parse *p, struct str body)
{
    GMimeParser *parser = parser_over(p, p->stream);
    GMimeMessage *gmime = g_mime_parser_construct_message(parser, NULL);
    if (gmime == NULL) {
        buf_put_c(&p->problems, "The mail has no header fields; all of it is taken as text.\n");
        body_as_text(p, p->stream);
        return;
    }
    (void)mail_gobject(p->scratch, gmime);
    size_t bytes = 0;
    headers_of(p, (GMimeObject *)gmime, &bytes);
    GMimeObject *root = g_mime_message_get_mime_part(gmime);
    if (root == NULL) {
        body_as_text(p, body);
        return;
    }
    headers_of(p, root, &bytes);
    if (bytes > HEADER_BYTES_MAX || p->message->headers.count >= p->limits->max_headers) {
        buf_put_c(&p->problems, "The header is too long; its end was passed over.\n");
    }
    if (GMIME_IS_MULTIPART(root) && g_mime_multipart_get_count((GMimeMultipart *)root) == 0) {
        struct str type = header_token(p->ctx, mail_header_raw(p->message, "Content-Type"));
        walk_mended(p, type, body);
        return;
    }
    mime_walk(p->ctx, root, p->stream, p->limits, &p->leaves, &p->problems);
}

bool mail_parse(mem_ctx *ctx, struct str raw, const struct mail_limits *limits,
                struct mail_message **ret, struct error *err)
{
    if (raw.len == 0) {
        return error_set(err, ERR_BAD_REQUEST, "The mail is empty.");
    }
    if (raw.len > INT_MAX) {
        return error_set(err, ERR_TOO_LARGE, "The mail is larger than 2 GiB.");
    }
    mail_gmime_start();
    struct parse p = {.ctx = ctx, .limits = limits};
    p.message = mem_new(ctx, struct mail_message);
    p.scratch = mem_ctx_new(ctx, "gmime");
    buf_init(&p.problems, ctx, 64 * 1024);
    p.stream = mend_fields(&p, skip_preamble(raw));
    struct str body = str_from(p.stream, fields_end(p.stream));
    body = str_from(body, str_starts(body, STR("\r\n")) ? 2 : 1);
    parse_structure(&p, body);
    read_fields(&p, body);
    mime_body(ctx, &p.leaves, limits, p.message, &p.problems);
    p.message->problems = buf_str(&p.problems);
    mem_free(p.scratch);
    *ret = p.message;
    return true;
}
