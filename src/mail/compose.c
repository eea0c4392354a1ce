// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/compose.h"

#include <gmime/gmime.h>
#include <string.h>

#include "base/buf.h"
#include "mail/gmime_start.h"

enum {
    SUBJECT_MAX_CHARS = 400,
    NAME_MAX_CHARS = 200,
    ID_MAX_BYTES = 250,
    REFERENCES_LAST = 20,
    PLAIN_LINE_MAX = 78,  // RFC 5322, 2.1.1
    URL_MAX_BYTES = 800,
};

// --- header values ----------------------------------------------------------------------------

// One line of clean UTF-8: control characters, also those beyond ASCII (U+0080 to U+009F, U+2028,
// U+2029), become spaces.
static const char *header_text(mem_ctx *ctx, struct str text, size_t max_chars)
{
    struct str clean = str_utf8_mend(ctx, text);
    char *copy = mem_text_n(ctx, clean.ptr, clean.len);
    size_t len = clean.len;
    for (size_t i = 0; i < len; i++) {
        unsigned char *at = (unsigned char *)copy + i;
        if (at[0] < ' ' || at[0] == 0x7f) {
            at[0] = ' ';
        } else if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f) {
            at[0] = at[1] = ' ';
        } else if (at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9)) {
            at[0] = at[1] = at[2] = ' ';
        }
    }
    return str_one_line(ctx, (struct str){copy, len}, max_chars).ptr;
}

// "<left@right>" of printable ASCII without white space or further brackets.
static bool id_fine(struct str id)
{
    if (id.len < 3 || id.len > ID_MAX_BYTES || id.ptr[0] != '<' || id.ptr[id.len - 1] != '>') {
        return false;
    }
    for (size_t i = 1; i < id.len - 1; i++) {
        char c = id.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '<' || c == '>') {
            return false;
        }
    }
    return true;
}

static bool url_fine(struct str url)
{
    if (url.len > URL_MAX_BYTES || !str_starts(url, STR("https://"))) {
        return false;
    }
    for (size_t i = 0; i < url.len; i++) {
        char c = url.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '<' || c == '>' || c == ',') {
            return false;
        }
    }
    return true;
}

static void set_header(GMimeMessage *message, const char *name, const char *value)
{
    g_mime_object_set_header(GMIME_OBJECT(message), name, value, "utf-8");
}

struct str compose_from_name(mem_ctx *ctx, struct str person, struct str desk)
{
    if (str_empty(person) || str_empty(desk)) {
        return str_empty(person) ? desk : person;
    }
    struct buf name;
    buf_init(&name, ctx, person.len + desk.len + 8);
    buf_put(&name, person);
    buf_put(&name, STR(" via "));
    buf_put(&name, desk);
    return buf_str(&name);
}

// --- the headers ------------------------------------------------------------------------------

struct composer {
    mem_ctx *ctx;
    const struct compose_mail *mail;
    GMimeMessage *message;
    bool utf8;
};

static bool add_address(struct composer *c, GMimeAddressType type, const char *field,
                        struct compose_address address, struct error *err)
{
    struct str wire;
    if (!compose_address_wire(c->ctx, address.address, &wire, &c->utf8)) {
        return error_field(err, field, "InvalidValue", "This is no mail address: " STR_FMT,
                           STR_ARG(str_one_line(c->ctx, address.address, 100)));
    }
    const char *name = header_text(c->ctx, address.name, NAME_MAX_CHARS);
    g_mime_message_add_mailbox(c->message, type, name[0] == '\0' ? NULL : name,
                               str_cstr(c->ctx, wire));
    return true;
}

static bool add_addresses(struct composer *c, struct error *err)
{
    const struct compose_mail *mail = c->mail;
    if (!add_address(c, GMIME_ADDRESS_TYPE_FROM, "from", mail->from, err)) {
        return false;
    }
    if (!str_empty(mail->reply_to) &&
        !add_address(c, GMIME_ADDRESS_TYPE_REPLY_TO, "reply_to",
                     (struct compose_address){mail->from.name, mail->reply_to}, err)) {
        return false;
    }
    for (size_t i = 0; i < mail->to_count; i++) {
        if (!add_address(c, GMIME_ADDRESS_TYPE_TO, "to", mail->to[i], err)) {
            return false;
        }
    }
    for (size_t i = 0; i < mail->cc_count; i++) {
        if (!add_address(c, GMIME_ADDRESS_TYPE_CC, "cc", mail->cc[i], err)) {
            return false;
        }
    }
    if (mail->to_count + mail->cc_count == 0) {
        return error_field(err, "to", "BlankValue", "The mail has no recipient.");
    }
    return true;
}

// The first reference holds a thread together, the last ones join its branches; a thread of
// hundreds would make the header unbearably long.
static void add_references(struct composer *c)
{
    const struct compose_mail *mail = c->mail;
    struct buf list;
    buf_init(&list, c->ctx, (REFERENCES_LAST + 2) * (ID_MAX_BYTES + 1));
    size_t tail =
        mail->reference_count > REFERENCES_LAST ? mail->reference_count - REFERENCES_LAST : 1;
    for (size_t i = 0; i < mail->reference_count; i = i == 0 && tail > 1 ? tail : i + 1) {
        struct str id = str_trim(mail->references[i]);
        if (id_fine(id)) {
            if (list.len > 0) {
                buf_put_char(&list, ' ');
            }
            buf_put(&list, id);
        }
    }
    if (list.len > 0) {
        set_header(c->message, "References", buf_str(&list).ptr);
    }
    struct str parent = str_trim(mail->in_reply_to);
    if (id_fine(parent)) {
        set_header(c->message, "In-Reply-To", str_cstr(c->ctx, parent));
    }
}

// Precedence is not of any standard, but systems that know no Auto-Submitted go by it.
static void add_origin(struct composer *c)
{
    switch (c->mail->origin) {
    case COMPOSE_BY_PERSON:
        return;
    case COMPOSE_AUTO_GENERATED:
        set_header(c->message, "Auto-Submitted", "auto-generated");
        set_header(c->message, "Precedence", "bulk");
        break;
    case COMPOSE_AUTO_REPLIED:
        set_header(c->message, "Auto-Submitted", "auto-replied");
        set_header(c->message, "Precedence", "auto_reply");
        break;
    }
    set_header(c->message, "X-Auto-Response-Suppress", "All");
}

static void add_unsubscribe(struct composer *c)
{
    const struct compose_mail *mail = c->mail;
    struct str wire = STR_NONE;
    bool utf8 = false;
    bool by_url = url_fine(mail->unsubscribe_url);
    bool by_mail = !str_empty(mail->unsubscribe_mail) &&
                   compose_address_wire(c->ctx, mail->unsubscribe_mail, &wire, &utf8) && !utf8;
    struct buf value;
    buf_init(&value, c->ctx, 2 * URL_MAX_BYTES);
    if (by_url) {
        buf_put_char(&value, '<');
        buf_put(&value, mail->unsubscribe_url);
        buf_put_char(&value, '>');
    }
    if (by_mail) {
        buf_put(&value, by_url ? STR(", <mailto:") : STR("<mailto:"));
        buf_put_percent(&value, str_sub(wire, 0, (size_t)str_find_char(wire, '@')));
        buf_put(&value, str_from(wire, (size_t)str_find_char(wire, '@')));
        buf_put(&value, STR("?subject=unsubscribe>"));
    }
    if (value.len > 0) {
        set_header(c->message, "List-Unsubscribe", buf_str(&value).ptr);
    }
    if (by_url) {
        set_header(c->message, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    }
}

static bool add_headers(struct composer *c, struct error *err)
{
    const struct compose_mail *mail = c->mail;
    if (!id_fine(mail->message_id)) {
        return error_field(err, "message_id", "InvalidValue",
                           "The mail's Message-ID is malformed.");
    }
    if (!add_addresses(c, err)) {
        return false;
    }
    g_mime_message_set_subject(c->message, header_text(c->ctx, mail->subject, SUBJECT_MAX_CHARS),
                               "utf-8");
    GDateTime *date = g_date_time_new_from_unix_utc(mail->date / 1000);
    g_mime_message_set_date(c->message, date);
    g_date_time_unref(date);
    g_mime_message_set_message_id(
        c->message, str_cstr(c->ctx, str_sub(mail->message_id, 1, mail->message_id.len - 2)));
    add_references(c);
    add_origin(c);
    add_unsubscribe(c);
    if (!str_empty(mail->loop_mark)) {
        set_header(c->message, "X-Steward-Loop", header_text(c->ctx, mail->loop_mark, 100));
    }
    return true;
}

// --- the parts --------------------------------------------------------------------------------

static void set_content(GMimePart *part, struct str bytes, GMimeContentEncoding encoding)
{
    GMimeStream *stream =
        g_mime_stream_mem_new_with_buffer(bytes.len == 0 ? "" : bytes.ptr, bytes.len);
    GMimeDataWrapper *content =
        g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
    g_mime_part_set_content(part, content);
    g_mime_part_set_content_encoding(part, encoding);
    g_object_unref(content);
    g_object_unref(stream);
}

// Valid UTF-8 with LF line ends, ending in one.
static struct str body_text(mem_ctx *ctx, struct str text)
{
    struct str clean = str_utf8_mend(ctx, text);
    char *copy = mem_text_n(ctx, clean.ptr, clean.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < clean.len; i++) {
        if (clean.ptr[i] != '\r') {
            copy[len++] = clean.ptr[i];
        } else if (i + 1 == clean.len || clean.ptr[i + 1] != '\n') {
            copy[len++] = '\n';
        }
    }
    if (len == 0 || copy[len - 1] != '\n') {
        copy[len++] = '\n';
    }
    return (struct str){copy, len};
}

static GMimeContentEncoding text_encoding(struct str text)
{
    size_t beyond_ascii = 0;
    size_t longest = 0;
    size_t line = 0;
    for (size_t i = 0; i < text.len; i++) {
        beyond_ascii += (unsigned char)text.ptr[i] >= 0x80;
        line = text.ptr[i] == '\n' ? 0 : line + 1;
        longest = line > longest ? line : longest;
    }
    if (beyond_ascii == 0 && longest <= PLAIN_LINE_MAX) {
        return GMIME_CONTENT_ENCODING_7BIT;
    }
    return beyond_ascii > text.len / 6 ? GMIME_CONTENT_ENCODING_BASE64
                                       : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
}

// Base64 takes bytes as they are, so the canonical line ends of text are made before it.
static struct str with_crlf(mem_ctx *ctx, struct str text)
{
    struct buf out;
    buf_init(&out, ctx, text.len * 2 + 1);
    struct str line;
    struct str rest = text;
    while (rest.len > 0 && str_next(&rest, '\n', &line)) {
        buf_put(&out, line);
        buf_put(&out, STR("\r\n"));
    }
    return buf_str(&out);
}

static GMimeObject *text_part(mem_ctx *ctx, const char *subtype, struct str text)
{
    struct str body = body_text(ctx, text);
    GMimePart *part = mail_gobject(ctx, g_mime_part_new_with_type("text", subtype));
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
    GMimeContentEncoding encoding = text_encoding(body);
    set_content(part, encoding == GMIME_CONTENT_ENCODING_BASE64 ? with_crlf(ctx, body) : body,
                encoding);
    return GMIME_OBJECT(part);
}

static bool token_fine(struct str token)
{
    for (size_t i = 0; i < token.len; i++) {
        char c = token.ptr[i];
        if (c <= ' ' || c >= 0x7f || strchr("()<>@,;:\\\"/[]?=", c) != NULL) {
            return false;
        }
    }
    return token.len > 0 && token.len <= 100;
}

// Multipart and message types may not be base64 (RFC 2046, 5.2.1): they travel as plain bytes.
static GMimePart *part_of_type(mem_ctx *ctx, struct str type)
{
    struct str bare;
    struct str parameters;
    struct str major;
    struct str minor;
    str_cut(type, ';', &bare, &parameters);
    str_cut(str_trim(bare), '/', &major, &minor);
    bool fine = token_fine(major) && token_fine(minor) && !str_ieq_c(major, "multipart") &&
                !str_ieq_c(major, "message");
    return mail_gobject(ctx,
                        fine ? g_mime_part_new_with_type(str_cstr(ctx, major), str_cstr(ctx, minor))
                             : g_mime_part_new_with_type("application", "octet-stream"));
}

static const char *file_name(mem_ctx *ctx, struct str name)
{
    char *clean = mem_text(ctx, header_text(ctx, name, NAME_MAX_CHARS));
    for (char *c = clean; *c != '\0'; c++) {
        if (*c == '/' || *c == '\\') {
            *c = '_';
        }
    }
    return clean[0] == '\0' ? "file" : clean;
}

// The disposition's name by RFC 2231, the type's by RFC 2047: together they are understood by
// readers of every age.
static void set_file_name(GMimePart *part, const char *name)
{
    GMimeObject *object = GMIME_OBJECT(part);
    GMimeContentDisposition *disposition = g_mime_object_get_content_disposition(object);
    g_mime_content_disposition_set_parameter(disposition, "filename", name);
    GMimeParam *param = g_mime_param_list_get_parameter(
        g_mime_content_disposition_get_parameters(disposition), "filename");
    g_mime_param_set_charset(param, "utf-8");
    g_mime_param_set_encoding_method(param, GMIME_PARAM_ENCODING_METHOD_RFC2231);
    GMimeContentType *type = g_mime_object_get_content_type(object);
    g_mime_content_type_set_parameter(type, "name", name);
    param = g_mime_param_list_get_parameter(g_mime_content_type_get_parameters(type), "name");
    g_mime_param_set_charset(param, "utf-8");
    g_mime_param_set_encoding_method(param, GMIME_PARAM_ENCODING_METHOD_RFC2047);
}

static GMimeObject *file_part(mem_ctx *ctx, const struct compose_file *file)
{
    GMimePart *part = part_of_type(ctx, file->type);
    GMimeObject *object = GMIME_OBJECT(part);
    bool is_inline = !str_empty(file->content_id);
    g_mime_object_set_disposition(object, is_inline ? "inline" : "attachment");
    set_file_name(part, file_name(ctx, file->name));
    if (g_mime_content_type_is_type(g_mime_object_get_content_type(object), "text", "*") &&
        str_utf8_valid(file->content)) {
        g_mime_object_set_content_type_parameter(object, "charset", "utf-8");
    }
    if (is_inline) {
        g_mime_object_set_content_id(object, header_text(ctx, file->content_id, ID_MAX_BYTES));
    }
    set_content(part, file->content, GMIME_CONTENT_ENCODING_BASE64);
    return object;
}

static GMimeObject *multipart_of(mem_ctx *ctx, const char *subtype, GMimeObject *first)
{
    GMimeMultipart *multipart = mail_gobject(ctx, g_mime_multipart_new_with_subtype(subtype));
    g_mime_multipart_add(multipart, first);
    return GMIME_OBJECT(multipart);
}

static bool content_id_fine(struct str id)
{
    struct buf bracketed;
    mem_ctx *scratch = mem_ctx_new(NULL, "content id");
    buf_init(&bracketed, scratch, id.len + 2);
    buf_put_char(&bracketed, '<');
    buf_put(&bracketed, id);
    buf_put_char(&bracketed, '>');
    bool fine = id_fine(buf_str(&bracketed));
    mem_free(scratch);
    return fine;
}

static bool goes_inline(const struct compose_mail *mail, const struct compose_file *file)
{
    return !str_empty(file->content_id) && !str_none(mail->html.markup) &&
           content_id_fine(file->content_id);
}

// text, or alternative(text, html), or alternative(text, related(html, images)).
static GMimeObject *body_part(mem_ctx *ctx, const struct compose_mail *mail)
{
    GMimeObject *text = text_part(ctx, "plain", mail->text);
    if (str_none(mail->html.markup)) {
        return text;
    }
    GMimeObject *html = text_part(ctx, "html", mail->html.markup);
    GMimeObject *related = NULL;
    for (size_t i = 0; i < mail->file_count; i++) {
        if (goes_inline(mail, &mail->files[i])) {
            if (related == NULL) {
                related = multipart_of(ctx, "related", html);
                g_mime_object_set_content_type_parameter(related, "type", "text/html");
            }
            g_mime_multipart_add(GMIME_MULTIPART(related), file_part(ctx, &mail->files[i]));
        }
    }
    GMimeObject *alternative = multipart_of(ctx, "alternative", text);
    g_mime_multipart_add(GMIME_MULTIPART(alternative), related == NULL ? html : related);
    return alternative;
}

static GMimeObject *whole_body(mem_ctx *ctx, const struct compose_mail *mail)
{
    GMimeObject *body = body_part(ctx, mail);
    GMimeObject *mixed = NULL;
    for (size_t i = 0; i < mail->file_count; i++) {
        if (!goes_inline(mail, &mail->files[i])) {
            struct compose_file file = mail->files[i];
            file.content_id = STR_NONE;
            if (mixed == NULL) {
                mixed = multipart_of(ctx, "mixed", body);
            }
            g_mime_multipart_add(GMIME_MULTIPART(mixed), file_part(ctx, &file));
        }
    }
    return mixed == NULL ? body : mixed;
}

// --- the whole --------------------------------------------------------------------------------

static void free_options(void *options)
{
    g_mime_format_options_free(options);
}

static struct str write_message(mem_ctx *ctx, GMimeMessage *message)
{
    GMimeFormatOptions *options = g_mime_format_options_new();
    mem_on_free(ctx, free_options, options);
    g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
    g_mime_format_options_set_param_encoding_method(options, GMIME_PARAM_ENCODING_METHOD_RFC2231);
    GMimeStream *stream = mail_gobject(ctx, g_mime_stream_mem_new());
    g_mime_object_write_to_stream(GMIME_OBJECT(message), options, stream);
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    return (struct str){(const char *)bytes->data, bytes->len};
}

bool mail_compose(mem_ctx *ctx, const struct compose_mail *mail, struct composed *ret,
                  struct error *err)
{
    mail_gmime_start();
    struct composer composer = {
        .ctx = ctx, .mail = mail, .message = mail_gobject(ctx, g_mime_message_new(TRUE))};
    if (!add_headers(&composer, err)) {
        return false;
    }
    g_mime_message_set_mime_part(composer.message, whole_body(ctx, mail));
    set_header(composer.message, "MIME-Version", "1.0");
    *ret = (struct composed){.raw = write_message(ctx, composer.message), .utf8 = composer.utf8};
    return true;
}
