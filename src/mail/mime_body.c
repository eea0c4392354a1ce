// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/mime_body.h"

#include <string.h>

#include "mail/charset.h"
#include "mail/headers.h"
#include "mail/html_text.h"
#include "mail/mime_part.h"

#define REPORT_MAX (256 * 1024)
#define META_BYTES 2048
#define CID_REFERENCES_MAX 5000

enum leaf_role { ROLE_PLAIN, ROLE_HTML, ROLE_ATTACHMENT, ROLE_UNSHOWN };

// One stretch of the body: the same words in up to two forms.
struct stretch {
    size_t alternative;  // 0: stands alone
    int plain_branch, html_branch;
    struct buf plain, html;
};

struct body {
    mem_ctx *ctx;
    const struct mail_limits *limits;
    struct mail_message *message;
    struct buf *problems;
    struct stretch *stretches;
    size_t count;
    size_t text_room;
};

// ---- roles ------------------------------------------------------------------------------------

static bool type_in(struct str type, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (str_eq_c(type, *names)) {
            return true;
        }
    }
    return false;
}

static enum leaf_role role_in_alternative(const struct mime_leaf *leaf)
{
    // Forms of the same words for programs that we are not.
    static const char *const UNSHOWN[] = {"text/x-amp-html", "text/watch-html", "text/enriched",
                                          "text/richtext", NULL};
    if (str_eq_c(leaf->type, "text/plain")) {
        return ROLE_PLAIN;
    }
    if (str_eq_c(leaf->type, "text/html")) {
        return ROLE_HTML;
    }
    return type_in(leaf->type, UNSHOWN) ? ROLE_UNSHOWN : ROLE_ATTACHMENT;
}

static enum leaf_role role_of(mem_ctx *ctx, const struct mime_leaf *leaf, bool first)
{
    static const char *const AS_PLAIN[] = {"text/plain", "text/enriched", "text/richtext",
                                           "text/markdown", NULL};
    struct str disposition = header_token(ctx, leaf->disposition);
    if (str_eq_c(disposition, "attachment") || leaf->related_extra || leaf->is_message) {
        return ROLE_ATTACHMENT;
    }
    if (leaf->alternative != 0) {
        return role_in_alternative(leaf);
    }
    // Text with a name of its own is a file, unless it is all there is to read.
    if (!first && mime_part_named(ctx, leaf)) {
        return ROLE_ATTACHMENT;
    }
    if (type_in(leaf->type, AS_PLAIN)) {
        return ROLE_PLAIN;
    }
    return str_eq_c(leaf->type, "text/html") ? ROLE_HTML : ROLE_ATTACHMENT;
}

// ---- text -------------------------------------------------------------------------------------

static size_t quote_depth(struct str line)
{
    size_t depth = 0;
    while (depth < line.len && line.ptr[depth] == '>') {
        depth++;
    }
    return depth;
}

struct str text_unflow(mem_ctx *ctx, struct str text, bool delsp)
{
    struct buf out;
    buf_init(&out, ctx, text.len * 2 + 16);
    struct str line;
    bool first = true;
    bool joining = false;
    size_t depth_before = 0;
    while (str_next(&text, '\n', &line)) {
        size_t depth = quote_depth(line);
        struct str words = str_from(line, depth);
        // RFC 3676, 4.4: one blank after the quote marks, or before text that needs stuffing.
        words = words.len > 0 && words.ptr[0] == ' ' ? str_from(words, 1) : words;
        bool signature = str_eq_c(words, "-- ");
        if (!joining || depth != depth_before || signature) {
            buf_put_c(&out, first ? "" : "\n");
            buf_put(&out, str_sub(line, 0, depth));
            buf_put_c(&out, depth > 0 ? " " : "");
        }
        joining = words.len > 0 && words.ptr[words.len - 1] == ' ' && !signature;
        buf_put(&out, joining && delsp ? str_sub(words, 0, words.len - 1) : words);
        first = false;
        depth_before = depth;
    }
    return buf_str(&out);
}

static struct str line_ends(mem_ctx *ctx, struct str text)
{
    if (str_find_char(text, '\r') < 0) {
        return text;
    }
    struct buf out;
    buf_init(&out, ctx, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        bool crlf = text.ptr[i] == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n';
        if (!crlf) {
            buf_put_char(&out, text.ptr[i] == '\r' ? '\n' : text.ptr[i]);
        }
    }
    return buf_str(&out);
}

// The charset that an html page claims for itself, where the mail claims none.
static struct str meta_charset(struct str html)
{
    struct str head = str_sub(html, 0, META_BYTES);
    ptrdiff_t at = str_ifind(head, STR("charset="));
    if (at < 0) {
        return STR_NONE;
    }
    struct str rest = str_from(head, (size_t)at + 8);
    rest = rest.len > 0 && (rest.ptr[0] == '"' || rest.ptr[0] == '\'') ? str_from(rest, 1) : rest;
    size_t end = 0;
    while (end < rest.len && strchr("\"' />;", rest.ptr[end]) == NULL) {
        end++;
    }
    return str_sub(rest, 0, end);
}

static struct str leaf_text(struct body *b, const struct mime_leaf *leaf, bool html,
                            bool *ret_clipped)
{
    struct str bytes =
        mime_decode_clipped(b->ctx, leaf->encoding, leaf->encoded, b->text_room, ret_clipped);
    struct str charset = header_param(b->ctx, leaf->content_type, "charset");
    if (str_empty(charset) && html) {
        charset = meta_charset(bytes);
    }
    struct str text = line_ends(b->ctx, charset_to_utf8(b->ctx, charset, bytes));
    struct str format = header_param(b->ctx, leaf->content_type, "format");
    if (!html && str_ieq_c(format, "flowed")) {
        struct str delsp = header_param(b->ctx, leaf->content_type, "delsp");
        text = text_unflow(b->ctx, text, str_ieq_c(delsp, "yes"));
    }
    b->text_room -= text.len < b->text_room ? text.len : b->text_room;
    return text;
}

static struct stretch *stretch_for(struct body *b, const struct mime_leaf *leaf)
{
    for (size_t i = 0; i < b->count && leaf->alternative != 0; i++) {
        if (b->stretches[i].alternative == leaf->alternative) {
            return &b->stretches[i];
        }
    }
    b->stretches = mem_grow(b->ctx, b->stretches, struct stretch, b->count + 1);
    struct stretch *stretch = &b->stretches[b->count++];
    *stretch = (struct stretch){.alternative = leaf->alternative,
                                .plain_branch = leaf->branch,
                                .html_branch = leaf->branch};
    buf_init(&stretch->plain, b->ctx, b->limits->max_text * 4);
    buf_init(&stretch->html, b->ctx, b->limits->max_text * 4);
    return stretch;
}

// Of an alternative's children the first that is plain and the last that is html are taken whole.
static void text_add(struct body *b, const struct mime_leaf *leaf, bool html)
{
    bool clipped;
    struct stretch *stretch = stretch_for(b, leaf);
    if (!html && stretch->plain.len > 0 && stretch->plain_branch != leaf->branch) {
        return;
    }
    struct str text = leaf_text(b, leaf, html, &clipped);
    struct buf *into = html ? &stretch->html : &stretch->plain;
    if (html && stretch->html_branch != leaf->branch) {
        buf_reset(into);
    }
    *(html ? &stretch->html_branch : &stretch->plain_branch) = leaf->branch;
    if (into->len > 0 && !html) {
        buf_put_char(into, '\n');
    }
    buf_put(into, text);
    if (clipped) {
        buf_printf(b->problems, "The text is longer than %zu bytes and was cut.\n",
                   b->limits->max_text);
    }
}

static void body_join(struct body *b)
{
    struct buf text;
    struct buf html;
    bool any_html = false;
    bool any_plain = false;
    buf_init(&text, b->ctx, b->limits->max_text * 8);
    buf_init(&html, b->ctx, b->limits->max_text * 8);
    for (size_t i = 0; i < b->count; i++) {
        any_html = any_html || b->stretches[i].html.len > 0;
        any_plain = any_plain || b->stretches[i].plain.len > 0;
    }
    for (size_t i = 0; i < b->count; i++) {
        struct str plain = buf_str(&b->stretches[i].plain);
        struct str marked = buf_str(&b->stretches[i].html);
        if (text.len > 0) {
            buf_put_char(&text, '\n');
        }
        bool words = str_trim(plain).len > 0;
        buf_put(&text, words || marked.len == 0 ? plain : html_to_text(b->ctx, marked));
        if (any_html) {
            buf_put(&html, marked.len > 0 ? marked : text_to_html(b->ctx, plain).markup);
        }
    }
    b->message->text = buf_str(&text);
    b->message->html = any_html ? buf_str(&html) : STR_NONE;
    b->message->text_from_html = any_html && !any_plain;
}

// ---- what came along --------------------------------------------------------------------------

static void part_add(struct body *b, const struct mime_leaf *leaf)
{
    struct mail_message *message = b->message;
    if ((message->part_count & (message->part_count - 1)) == 0) {
        size_t room = message->part_count == 0 ? 1 : message->part_count * 2;
        message->parts = mem_grow(b->ctx, message->parts, struct mail_part, room);
    }
    struct mail_ids ids = header_ids(b->ctx, leaf->content_id, 1);
    struct str id = ids.count == 0 ? str_trim(header_unfold(b->ctx, leaf->content_id))
                                   : str_sub(ids.items[0], 1, ids.items[0].len - 2);
    message->parts[message->part_count++] = (struct mail_part){
        .file_name = mime_part_name(b->ctx, leaf),
        .type = leaf->type,
        .content_id = id.len == 0 ? STR_NONE : id,
        .location = str_none(leaf->location) ? STR_NONE : header_decode(b->ctx, leaf->location),
        .is_inline = str_eq_c(header_token(b->ctx, leaf->disposition), "inline"),
        .is_message = leaf->is_message,
        .encoding = leaf->encoding,
        .encoded = leaf->encoded,
    };
}

static void report_note(struct body *b, const struct mime_leaf *leaf)
{
    bool clipped;
    bool status = str_eq_c(leaf->type, "message/delivery-status") ||
                  str_eq_c(leaf->type, "message/global-delivery-status");
    bool original = str_eq_c(leaf->type, "text/rfc822-headers") ||
                    str_eq_c(leaf->type, "message/rfc822-headers") ||
                    str_eq_c(leaf->type, "message/global-headers") || leaf->is_message;
    struct str *into = status     ? &b->message->delivery_status
                       : original ? &b->message->original_headers
                                  : NULL;
    if (into == NULL || !str_none(*into)) {
        return;
    }
    struct str bytes =
        mime_decode_clipped(b->ctx, leaf->encoding, leaf->encoded, REPORT_MAX, &clipped);
    *into = str_utf8_mend(b->ctx, bytes);
}

// ---- inline images ----------------------------------------------------------------------------

static bool url_end(char c)
{
    return strchr("\"'<> \t\r\n)\\", c) != NULL;
}

static int hex_of(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = memchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c, 16);
    return at == NULL ? -1 : (int)(at - digits);
}

static struct str percent_decoded(mem_ctx *ctx, struct str text)
{
    struct buf out;
    buf_init(&out, ctx, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        bool hex = text.ptr[i] == '%' && i + 2 < text.len && hex_of(text.ptr[i + 1]) >= 0 &&
                   hex_of(text.ptr[i + 2]) >= 0;
        buf_put_char(&out, hex ? (char)(hex_of(text.ptr[i + 1]) * 16 + hex_of(text.ptr[i + 2]))
                               : text.ptr[i]);
        i += hex ? 2 : 0;
    }
    return buf_str(&out);
}

static void mark_shown(struct mail_message *message, struct str id)
{
    for (size_t i = 0; i < message->part_count; i++) {
        struct mail_part *part = &message->parts[i];
        if (!str_empty(part->content_id) && str_ieq(part->content_id, id)) {
            part->in_body = true;
        }
    }
}

// All "cid:..." of the html body.
static void mark_in_body(struct body *b)
{
    struct str rest = b->message->html;
    for (size_t n = 0; n < CID_REFERENCES_MAX && rest.len > 0; n++) {
        ptrdiff_t at = str_find_char(rest, ':');
        if (at < 0) {
            break;
        }
        bool cid = at >= 3 && str_ieq_c(str_sub(rest, (size_t)at - 3, 3), "cid");
        rest = str_from(rest, (size_t)at + 1);
        if (!cid) {
            n--;
            continue;
        }
        size_t end = 0;
        while (end < rest.len && !url_end(rest.ptr[end])) {
            end++;
        }
        mark_shown(b->message, percent_decoded(b->ctx, str_sub(rest, 0, end)));
    }
    for (size_t i = 0; i < b->message->part_count && i < 50; i++) {
        struct mail_part *part = &b->message->parts[i];
        if (str_trim(part->location).len > 3 && str_starts(part->type, STR("image/"))) {
            part->in_body = part->in_body || str_find(b->message->html, part->location) >= 0;
        }
    }
}

void mime_body(mem_ctx *ctx, const struct mime_leaves *leaves, const struct mail_limits *limits,
               struct mail_message *message, struct buf *problems)
{
    struct body b = {.ctx = ctx,
                     .limits = limits,
                     .message = message,
                     .problems = problems,
                     .text_room = limits->max_text};
    bool first = true;
    for (size_t i = 0; i < leaves->count; i++) {
        const struct mime_leaf *leaf = &leaves->items[i];
        enum leaf_role role = role_of(ctx, leaf, first);
        if (role == ROLE_PLAIN || role == ROLE_HTML) {
            text_add(&b, leaf, role == ROLE_HTML);
            first = false;
        } else if (role == ROLE_ATTACHMENT) {
            part_add(&b, leaf);
            report_note(&b, leaf);
        }
    }
    body_join(&b);
    message->report_type = leaves->report_type;
    mime_names_unique(ctx, message->parts, message->part_count);
    if (!str_none(message->html)) {
        mark_in_body(&b);
    }
}
