// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/mime_part.h"

#include <string.h>

#include "mail/headers.h"

#define PIECE (32 * 1024)
#define NAME_BYTES 200
#define ENDING_BYTES 20

// ---- decoding ---------------------------------------------------------------------------------

// From the line after "begin 644 name" to before "end".
static struct str uuencoded_inner(struct str encoded)
{
    struct str rest = encoded;
    struct str line;
    while (str_next(&rest, '\n', &line)) {
        if (str_starts(line, STR("begin "))) {
            ptrdiff_t end = str_find(rest, STR("\nend"));
            return end < 0 ? rest : str_sub(rest, 0, (size_t)end + 1);
        }
    }
    return encoded;
}

static signed char base64_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (signed char)(c - 'A');
    }
    if (c >= 'a' && c <= 'z') {
        return (signed char)(c - 'a' + 26);
    }
    if (c >= '0' && c <= '9') {
        return (signed char)(c - '0' + 52);
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

struct base64_decoder {
    signed char values[256];
    uint32_t bits;
    unsigned count;
};

// What is no base64 is passed over; "=" ends a group, and more may follow (GMime stops there, but
// programs that join encoded pieces exist).
static size_t base64_step(struct base64_decoder *d, struct str in, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < in.len; i++) {
        signed char value = d->values[(unsigned char)in.ptr[i]];
        if (value >= 0) {
            d->bits = d->bits << 6 | (uint32_t)value;
            d->count += 6;
            if (d->count >= 8) {
                d->count -= 8;
                out[len++] = (char)(d->bits >> d->count & 0xff);
            }
        } else if (in.ptr[i] == '=') {
            d->count = 0;
        }
    }
    return len;
}

static bool stream_base64(struct str rest, mail_sink *sink, void *state, struct error *err)
{
    struct base64_decoder d = {.count = 0};
    for (int c = 0; c < 256; c++) {
        d.values[c] = base64_value((unsigned char)c);
    }
    mem_ctx *scratch = mem_ctx_new(NULL, "mime piece");
    char *out = mem_array(scratch, char, PIECE);
    bool fine = true;
    while (fine && rest.len > 0) {
        struct str piece = str_sub(rest, 0, PIECE);
        rest = str_from(rest, piece.len);
        size_t len = base64_step(&d, piece, out);
        fine = len == 0 || sink(state, (struct str){out, len}, err);
    }
    mem_free(scratch);
    return fine;
}

static bool stream_gmime(struct str rest, GMimeContentEncoding encoding, mail_sink *sink,
                         void *state, struct error *err)
{
    GMimeEncoding decoder;
    g_mime_encoding_init_decode(&decoder, encoding);
    mem_ctx *scratch = mem_ctx_new(NULL, "mime piece");
    char *out = mem_array(scratch, char, g_mime_encoding_outlen(&decoder, PIECE) + 64);
    bool fine = true;
    while (fine && rest.len > 0) {
        struct str piece = str_sub(rest, 0, PIECE);
        rest = str_from(rest, piece.len);
        size_t len = rest.len > 0 ? g_mime_encoding_step(&decoder, piece.ptr, piece.len, out)
                                  : g_mime_encoding_flush(&decoder, piece.ptr, piece.len, out);
        fine = len == 0 || sink(state, (struct str){out, len}, err);
    }
    mem_free(scratch);
    return fine;
}

bool mail_part_stream(const struct mail_part *part, mail_sink *sink, void *state, struct error *err)
{
    switch (part->encoding) {
    case MAIL_ENCODING_BASE64:
        return stream_base64(part->encoded, sink, state, err);
    case MAIL_ENCODING_QUOTED_PRINTABLE:
        return stream_gmime(part->encoded, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, sink, state,
                            err);
    case MAIL_ENCODING_UUENCODE:
        return stream_gmime(uuencoded_inner(part->encoded), GMIME_CONTENT_ENCODING_UUENCODE, sink,
                            state, err);
    case MAIL_ENCODING_NONE:
        break;
    }
    return part->encoded.len == 0 || sink(state, part->encoded, err);
}

struct collect {
    struct buf bytes;
    size_t max;
};

static bool collect_piece(void *state, struct str piece, struct error *err)
{
    struct collect *c = state;
    size_t room = c->max - c->bytes.len;
    buf_put(&c->bytes, str_sub(piece, 0, room));
    return piece.len <= room ||
           error_set(err, ERR_TOO_LARGE, "The attachment is larger than %zu bytes.", c->max);
}

bool mail_part_bytes(mem_ctx *ctx, const struct mail_part *part, size_t max, struct str *ret,
                     struct error *err)
{
    if (part->encoding == MAIL_ENCODING_NONE && part->encoded.len <= max) {
        *ret = part->encoded;
        return true;
    }
    struct collect c = {.max = max};
    buf_init(&c.bytes, ctx, max);
    if (!mail_part_stream(part, collect_piece, &c, err)) {
        return false;
    }
    *ret = buf_str(&c.bytes);
    return true;
}

static bool count_piece(void *state, struct str piece, struct error *err UNUSED)
{
    *(int64_t *)state += (int64_t)piece.len;
    return true;
}

int64_t mail_part_size(const struct mail_part *part)
{
    int64_t size = 0;
    struct error err;
    bool counted = mail_part_stream(part, count_piece, &size, &err);
    return counted ? size : 0;
}

struct str mime_decode_clipped(mem_ctx *ctx, enum mail_encoding encoding, struct str encoded,
                               size_t max, bool *ret_clipped)
{
    struct mail_part part = {.encoding = encoding, .encoded = encoded};
    struct collect c = {.max = max};
    struct error err;
    if (encoding == MAIL_ENCODING_NONE) {
        *ret_clipped = encoded.len > max;
        return str_sub(encoded, 0, max);
    }
    buf_init(&c.bytes, ctx, max);
    *ret_clipped = !mail_part_stream(&part, collect_piece, &c, &err);
    return buf_str(&c.bytes);
}

// ---- names ------------------------------------------------------------------------------------

struct type_name {
    const char *type;
    const char *name;
};

static const struct type_name TYPE_NAMES[] = {
    {"message/rfc822", "message.eml"},
    {"message/delivery-status", "delivery-status.txt"},
    {"message/disposition-notification", "disposition-notification.txt"},
    {"message/feedback-report", "feedback-report.txt"},
    {"text/rfc822-headers", "headers.txt"},
    {"text/calendar", "invite.ics"},
    {"text/plain", "text.txt"},
    {"text/html", "page.html"},
    {"text/csv", "table.csv"},
    {"text/vcard", "contact.vcf"},
    {"text/x-vcard", "contact.vcf"},
    {"text/x-patch", "change.patch"},
    {"image/png", "image.png"},
    {"image/jpeg", "image.jpg"},
    {"image/gif", "image.gif"},
    {"image/webp", "image.webp"},
    {"image/bmp", "image.bmp"},
    {"image/tiff", "image.tiff"},
    {"image/heic", "image.heic"},
    {"image/svg+xml", "image.svg"},
    {"audio/mpeg", "audio.mp3"},
    {"audio/wav", "audio.wav"},
    {"audio/x-wav", "audio.wav"},
    {"video/mp4", "video.mp4"},
    {"application/pdf", "document.pdf"},
    {"application/zip", "archive.zip"},
    {"application/ms-tnef", "winmail.dat"},
    {"application/vnd.ms-tnef", "winmail.dat"},
    {"application/pgp-signature", "signature.asc"},
    {"application/pgp-encrypted", "encrypted.txt"},
    {"application/pgp-keys", "key.asc"},
    {"application/pkcs7-signature", "smime.p7s"},
    {"application/x-pkcs7-signature", "smime.p7s"},
    {"application/pkcs7-mime", "smime.p7m"},
    {"application/x-pkcs7-mime", "smime.p7m"},
    {"application/json", "data.json"},
    {"application/xml", "data.xml"},
};

static struct str type_default(struct str type)
{
    for (size_t i = 0; i < sizeof TYPE_NAMES / sizeof TYPE_NAMES[0]; i++) {
        if (str_eq_c(type, TYPE_NAMES[i].type)) {
            return str_c(TYPE_NAMES[i].name);
        }
    }
    return str_starts(type, STR("image/")) ? STR("image") : STR("attachment");
}

// The ending with its dot, "" without one.
static struct str ending_of(struct str name)
{
    const char *dot = name.len == 0 ? NULL : memrchr(name.ptr, '.', name.len);
    if (dot == NULL || dot == name.ptr) {
        return STR("");
    }
    struct str ending = str_from(name, (size_t)(dot - name.ptr));
    return ending.len > ENDING_BYTES || ending.len < 2 ? STR("") : ending;
}

static bool name_char_bad(const unsigned char *p, size_t len)
{
    if (len == 1) {
        return p[0] < ' ' || p[0] == 0x7f || strchr("<>:\"|?*/\\", p[0]) != NULL;
    }
    if (len == 2) {
        return p[0] == 0xc2 && (p[1] < 0xa0 || p[1] == 0xad);  // C1 controls, soft hyphen
    }
    if (len != 3) {
        // Tags (U+E0000...), which show nothing.
        return p[0] == 0xf3 && p[1] == 0xa0;
    }
    unsigned code = (unsigned)(p[0] & 0x0f) << 12 | (unsigned)(p[1] & 0x3f) << 6 | (p[2] & 0x3fu);
    return (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || code == 0x061c ||
           code == 0x180e || (code >= 0xfff9 && code <= 0xfffb);
}

static size_t char_len(unsigned char c)
{
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

// Only what stands behind the last slash of either kind.
static struct str base_name(struct str name)
{
    for (size_t i = name.len; i > 0; i--) {
        if (name.ptr[i - 1] == '/' || name.ptr[i - 1] == '\\') {
            return str_from(name, i);
        }
    }
    return name;
}

static struct str trim_dots(struct str name)
{
    while (name.len > 0 && (name.ptr[0] == '.' || name.ptr[0] == ' ')) {
        name = str_from(name, 1);
    }
    while (name.len > 0 && (name.ptr[name.len - 1] == '.' || name.ptr[name.len - 1] == ' ')) {
        name.len--;
    }
    return name;
}

static struct str name_clip(mem_ctx *ctx, struct str name)
{
    if (name.len <= NAME_BYTES) {
        return name;
    }
    struct str ending = ending_of(name);
    struct str stem = str_utf8_clip(name, NAME_BYTES - ending.len);
    return str_printf(ctx, STR_FMT STR_FMT, STR_ARG(trim_dots(stem)), STR_ARG(ending));
}

struct str file_name_safe(mem_ctx *ctx, struct str name)
{
    name = base_name(str_trim(str_utf8_mend(ctx, name)));
    struct buf out;
    buf_init(&out, ctx, name.len + 1);
    for (size_t i = 0; i < name.len;) {
        const unsigned char *at = (const unsigned char *)name.ptr + i;
        size_t len = char_len(at[0]);
        bool visible_bad = len == 1 && at[0] > ' ' && at[0] != 0x7f;
        if (!name_char_bad(at, len)) {
            buf_put(&out, str_sub(name, i, len));
        } else if (visible_bad) {
            buf_put_char(&out, '_');
        }
        i += len;
    }
    return name_clip(ctx, trim_dots(buf_str(&out)));
}

static struct str disposition_name(mem_ctx *ctx, const struct mime_leaf *leaf)
{
    return file_name_safe(ctx, header_param(ctx, leaf->disposition, "filename"));
}

static struct str type_name(mem_ctx *ctx, const struct mime_leaf *leaf)
{
    struct str name = file_name_safe(ctx, header_param(ctx, leaf->content_type, "name"));
    return name.len > 0 ? name
                        : file_name_safe(ctx, header_param(ctx, leaf->content_type, "filename"));
}

bool mime_part_named(mem_ctx *ctx, const struct mime_leaf *leaf)
{
    return disposition_name(ctx, leaf).len > 0 || type_name(ctx, leaf).len > 0;
}

static struct str location_name(mem_ctx *ctx, const struct mime_leaf *leaf)
{
    struct str location = header_decode(ctx, leaf->location);
    struct str path;
    struct str rest;
    str_cut(location, '?', &path, &rest);
    str_cut(path, '#', &path, &rest);
    // "http://example.com" has no file; "cid:..." is no name.
    bool bare_host = str_find(path, STR("://")) >= 0 &&
                     str_find_char(str_from(path, (size_t)str_find(path, STR("://")) + 3), '/') < 0;
    return bare_host || str_istarts(path, STR("cid:")) ? STR("") : file_name_safe(ctx, path);
}

static struct str message_name(mem_ctx *ctx, const struct mime_leaf *leaf)
{
    if (!leaf->is_message || leaf->encoding != MAIL_ENCODING_NONE) {
        return STR("");
    }
    struct str rest = leaf->encoded;
    struct mail_headers fields = header_block(ctx, &rest);
    for (size_t i = 0; i < fields.count; i++) {
        if (str_ieq_c(fields.items[i].name, "Subject") && fields.items[i].value.len > 0) {
            struct str subject = str_one_line(ctx, fields.items[i].value, 80);
            // A slash in a subject parts no folders.
            char *flat = mem_text_n(ctx, subject.ptr, subject.len);
            for (size_t at = 0; at < subject.len; at++) {
                flat[at] = flat[at] == '/' || flat[at] == '\\' ? '_' : flat[at];
            }
            struct str stem = file_name_safe(ctx, (struct str){flat, subject.len});
            return stem.len == 0 ? stem : str_printf(ctx, STR_FMT ".eml", STR_ARG(stem));
        }
    }
    return STR("");
}

static struct str id_name(mem_ctx *ctx, const struct mime_leaf *leaf)
{
    struct mail_ids ids = header_ids(ctx, leaf->content_id, 1);
    if (ids.count == 0) {
        return STR("");
    }
    struct str left;
    struct str right;
    str_cut(str_sub(ids.items[0], 1, ids.items[0].len - 2), '@', &left, &right);
    return file_name_safe(ctx, left);
}

struct str mime_part_name(mem_ctx *ctx, const struct mime_leaf *leaf)
{
    struct str usual = type_default(leaf->type);
    struct str name = disposition_name(ctx, leaf);
    if (name.len == 0) {
        name = location_name(ctx, leaf);
    }
    if (name.len == 0) {
        name = message_name(ctx, leaf);
    }
    if (name.len == 0) {
        name = type_name(ctx, leaf);
    }
    if (name.len == 0) {
        name = id_name(ctx, leaf);
    }
    if (name.len == 0) {
        return usual;
    }
    struct str ending = ending_of(usual);
    return ending_of(name).len > 0 || ending.len == 0
               ? name
               : str_printf(ctx, STR_FMT STR_FMT, STR_ARG(name), STR_ARG(ending));
}

static bool name_taken(const struct mail_part *parts, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_ieq(parts[i].file_name, name)) {
            return true;
        }
    }
    return false;
}

void mime_names_unique(mem_ctx *ctx, struct mail_part *parts, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct str name = parts[i].file_name;
        struct str ending = ending_of(name);
        struct str stem = str_sub(name, 0, name.len - ending.len);
        // A mail of a thousand like-named parts would look long for the next free number.
        size_t number = i < 100 ? 2 : i + 1;
        for (; name_taken(parts, i, parts[i].file_name); number++) {
            parts[i].file_name =
                str_printf(ctx, STR_FMT " (%zu)" STR_FMT, STR_ARG(stem), number, STR_ARG(ending));
        }
    }
}
