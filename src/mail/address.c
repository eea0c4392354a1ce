// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/address.h"

#include <string.h>
#include <unicode/uidna.h>

#include "base/buf.h"
#include "mail/headers.h"

#define FIELD_MAX (512 * 1024)
#define LOCAL_MAX 64    // RFC 5321, 4.5.3.1.1
#define DOMAIN_MAX 253  // RFC 1035, 2.3.4 without the root's dot
#define NAME_CHARS 200

struct str address_local(struct str address)
{
    const char *at = address.len == 0 ? NULL : memrchr(address.ptr, '@', address.len);
    return at == NULL ? STR_NONE : str_sub(address, 0, (size_t)(at - address.ptr));
}

struct str address_domain(struct str address)
{
    const char *at = address.len == 0 ? NULL : memrchr(address.ptr, '@', address.len);
    return at == NULL ? STR_NONE : str_from(address, (size_t)(at - address.ptr) + 1);
}

bool address_same(struct str a, struct str b)
{
    return a.len > 0 && str_ieq(a, b);
}

static bool local_char(unsigned char c)
{
    return c >= 0x80 || (c > ' ' && c < 0x7f && strchr("()<>[]:;@\\,\"", c) == NULL);
}

// A quoted local part is taken only where its inside is plain enough to be mailed back as is.
static bool local_valid(struct str local)
{
    if (local.len > 2 && local.ptr[0] == '"' && local.ptr[local.len - 1] == '"') {
        for (size_t i = 1; i + 1 < local.len; i++) {
            unsigned char c = (unsigned char)local.ptr[i];
            if (c < ' ' || c == 0x7f || c == '"' || c == '\\' || c == '<' || c == '>') {
                return false;
            }
        }
        return local.len <= LOCAL_MAX;
    }
    for (size_t i = 0; i < local.len; i++) {
        if (!local_char((unsigned char)local.ptr[i])) {
            return false;
        }
    }
    // Dots at the ends or in a row are against RFC 5322 but real (old Japanese phones).
    return local.len > 0 && local.len <= LOCAL_MAX && str_utf8_valid(local);
}

static bool alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool label_valid(struct str label)
{
    if (label.len == 0 || label.len > 63 || label.ptr[0] == '-' ||
        label.ptr[label.len - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < label.len; i++) {
        if (!alnum(label.ptr[i]) && label.ptr[i] != '-' && label.ptr[i] != '_') {
            return false;
        }
    }
    return true;
}

static bool literal_valid(struct str domain)
{
    if (domain.len < 4 || domain.ptr[0] != '[' || domain.ptr[domain.len - 1] != ']') {
        return false;
    }
    for (size_t i = 1; i + 1 < domain.len; i++) {
        if (!alnum(domain.ptr[i]) && strchr(".:", domain.ptr[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool domain_valid(struct str domain)
{
    if (literal_valid(domain)) {
        return true;
    }
    if (domain.len == 0 || domain.len > DOMAIN_MAX) {
        return false;
    }
    struct str label;
    while (str_next(&domain, '.', &label)) {
        if (!label_valid(label)) {
            return false;
        }
    }
    return true;
}

static bool all_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

// Lower case and xn-- form (UTS 46); absent when it is no domain.
static struct str domain_normal(mem_ctx *ctx, struct str domain)
{
    if (domain.len > 0 && domain.ptr[domain.len - 1] == '.') {
        domain.len--;
    }
    if (all_ascii(domain)) {
        return domain_valid(domain) ? str_lower(ctx, domain) : STR_NONE;
    }
    UErrorCode status = U_ZERO_ERROR;
    UIDNA *idna = uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII, &status);
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    char ascii[DOMAIN_MAX + 2];
    int32_t len = uidna_nameToASCII_UTF8(idna, domain.ptr, (int32_t)domain.len, ascii,
                                         (int32_t)sizeof ascii, &info, &status);
    uidna_close(idna);
    if (U_FAILURE(status) || info.errors != 0 || len <= 0 || len > DOMAIN_MAX) {
        return STR_NONE;
    }
    struct str result = {ascii, (size_t)len};
    return domain_valid(result) ? str_lower(ctx, result) : STR_NONE;
}

bool address_valid(struct str address)
{
    return local_valid(address_local(address)) && domain_valid(address_domain(address));
}

struct str address_normal(mem_ctx *ctx, struct str address)
{
    address = str_trim(address);
    struct str local = address_local(address);
    struct str domain = address_domain(address);
    if (domain.len > DOMAIN_MAX * 2 || !local_valid(local)) {
        return STR_NONE;
    }
    domain = domain_normal(ctx, domain);
    if (str_none(domain)) {
        return STR_NONE;
    }
    struct buf out;
    buf_init(&out, ctx, LOCAL_MAX + DOMAIN_MAX + 8);
    buf_put(&out, local);
    buf_put_char(&out, '@');
    buf_put(&out, domain);
    return out.failed ? STR_NONE : buf_str(&out);
}

// ---- lists ------------------------------------------------------------------------------------

// One mailbox being read: what stood before, inside and after the angle brackets, and in comments.
struct mailbox {
    struct buf phrase;
    struct buf angle;
    struct buf comment;
    bool has_angle;
};

struct reader {
    mem_ctx *ctx;
    struct str rest;
    size_t max;
    struct mailbox box;
    struct mail_addresses list;
};

static void box_reset(struct reader *r)
{
    buf_reset(&r->box.phrase);
    buf_reset(&r->box.angle);
    buf_reset(&r->box.comment);
    r->box.has_angle = false;
}

static bool list_has(const struct mail_addresses *list, struct str address)
{
    for (size_t i = 0; i < list->count; i++) {
        if (address_same(list->items[i].address, address)) {
            return true;
        }
    }
    return false;
}

// Quotes that are part of the decoded name ("=?...?=" inside quotes, 'Name' of Outlook) go.
static struct str name_tidy(mem_ctx *ctx, struct str raw, struct str address)
{
    struct str name = header_decode(ctx, raw);
    while (name.len >= 2 && (name.ptr[0] == '\'' || name.ptr[0] == '"') &&
           name.ptr[name.len - 1] == name.ptr[0]) {
        name = str_trim(str_sub(name, 1, name.len - 2));
    }
    name = str_one_line(ctx, name, NAME_CHARS);
    return address_same(name, address) ? STR("") : name;
}

// "user@host" in the midst of words, as in "Name user@host".
static struct str address_among_words(mem_ctx *ctx, struct str phrase, struct str *ret_name)
{
    struct str rest = phrase;
    struct str word;
    while (str_next(&rest, ' ', &word)) {
        struct str address = address_normal(ctx, word);
        if (!str_none(address)) {
            *ret_name = word.ptr == phrase.ptr
                            ? STR("")
                            : str_sub(phrase, 0, (size_t)(word.ptr - phrase.ptr));
            return address;
        }
    }
    return STR_NONE;
}

// Route ("<@a,@b:user@host>", RFC 5322, 4.4) and "mailto:" fall off.
static struct str angle_inner(struct str inner)
{
    inner = str_trim(inner);
    if (inner.len > 0 && inner.ptr[0] == '@') {
        ptrdiff_t colon = str_find_char(inner, ':');
        inner = colon < 0 ? inner : str_from(inner, (size_t)colon + 1);
    }
    return str_istarts(inner, STR("mailto:")) ? str_from(inner, 7) : inner;
}

static void box_end(struct reader *r)
{
    struct str phrase = str_trim(buf_str(&r->box.phrase));
    struct str name = phrase;
    struct str address;
    if (r->box.has_angle) {
        address = address_normal(r->ctx, angle_inner(buf_str(&r->box.angle)));
    } else {
        struct str plain = angle_inner(phrase);
        address = address_normal(r->ctx, plain);
        name = STR("");
        if (str_none(address)) {
            address = address_among_words(r->ctx, phrase, &name);
        }
    }
    if (str_empty(name)) {
        name = buf_str(&r->box.comment);
    }
    if (!str_none(address) && r->list.count < r->max && !list_has(&r->list, address)) {
        r->list.items = mem_grow(r->ctx, r->list.items, struct mail_address, r->list.count + 1);
        r->list.items[r->list.count++] =
            (struct mail_address){name_tidy(r->ctx, name, address), address};
    }
    box_reset(r);
}

// Takes "..." off the rest; its inside goes to the phrase. A quote that never closes is a
// character like others. In a local part ("a b"@host) the quotes stay.
static void take_quoted(struct reader *r)
{
    struct str s = r->rest;
    size_t end = 1;
    while (end < s.len && s.ptr[end] != '"') {
        end += s.ptr[end] == '\\' ? 2 : 1;
    }
    if (end >= s.len) {
        r->rest = str_from(s, 1);
        return;
    }
    bool local = end + 1 < s.len && s.ptr[end + 1] == '@';
    if (local) {
        buf_put(&r->box.phrase, str_sub(s, 0, end + 1));
    }
    for (size_t i = 1; i < end && !local; i++) {
        if (s.ptr[i] == '\\' && i + 1 < end) {
            i++;
        }
        buf_put_char(&r->box.phrase, s.ptr[i]);
    }
    r->rest = str_from(s, end + 1);
}

static void take_comment(struct reader *r)
{
    struct str s = r->rest;
    size_t depth = 0;
    size_t i = 0;
    for (; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '\\' && i + 1 < s.len) {
            buf_put_char(&r->box.comment, s.ptr[++i]);
            continue;
        }
        depth += c == '(';
        depth -= c == ')';
        if (depth == 0) {
            break;
        }
        if (i > 0) {
            buf_put_char(&r->box.comment, c);
        }
    }
    r->rest = str_from(s, i + 1);
}

static void take_angle(struct reader *r)
{
    struct str s = str_from(r->rest, 1);
    ptrdiff_t close = str_find_char(s, '>');
    size_t end = close < 0 ? s.len : (size_t)close;
    buf_reset(&r->box.angle);
    buf_put(&r->box.angle, str_sub(s, 0, end));
    r->box.has_angle = true;
    r->rest = str_from(s, end + 1);
}

// A comma inside an unquoted name ("Doe, Jane <jane@x>") ends nothing: without an address before
// it there is no mailbox yet.
static bool comma_ends(struct reader *r)
{
    return r->box.has_angle || str_find_char(buf_str(&r->box.phrase), '@') >= 0;
}

static void take_char(struct reader *r)
{
    char c = r->rest.ptr[0];
    r->rest = str_from(r->rest, 1);
    switch (c) {
    case ',':
        if (comma_ends(r)) {
            box_end(r);
        } else if (r->box.phrase.len > 0) {
            buf_put_char(&r->box.phrase, c);
        }
        break;
    case ';':  // end of a group, and Outlook's comma
        box_end(r);
        break;
    case ':':
        if (!r->box.has_angle) {
            buf_reset(&r->box.phrase);  // the name of a group, or "mailto"
        }
        break;
    default:
        buf_put_char(&r->box.phrase, c);
        break;
    }
}

struct mail_addresses address_list(mem_ctx *ctx, struct str raw, size_t max)
{
    struct reader r = {.ctx = ctx, .rest = header_unfold(ctx, raw), .max = max};
    r.rest = str_sub(r.rest, 0, FIELD_MAX);
    buf_init(&r.box.phrase, ctx, FIELD_MAX);
    buf_init(&r.box.angle, ctx, FIELD_MAX);
    buf_init(&r.box.comment, ctx, FIELD_MAX);
    while (r.rest.len > 0) {
        switch (r.rest.ptr[0]) {
        case '"':
            take_quoted(&r);
            break;
        case '(':
            take_comment(&r);
            break;
        case '<':
            take_angle(&r);
            break;
        default:
            take_char(&r);
            break;
        }
    }
    box_end(&r);
    return r.list;
}
