// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>
#include <unicode/uidna.h>

#include "base/buf.h"
#include "mail/compose.h"

enum { LOCAL_MAX = 64, DOMAIN_MAX = 255 };

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

// RFC 5322 atext, dots, and everything beyond ASCII (RFC 6531).
static bool local_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c >= 0x80 || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

// "a b": anything printable, with \ before " and \.
static bool quoted_local(struct str local)
{
    if (local.len < 2 || local.ptr[local.len - 1] != '"') {
        return false;
    }
    for (size_t i = 1; i < local.len - 1; i++) {
        unsigned char c = (unsigned char)local.ptr[i];
        if (c < ' ' || c == 0x7f || c == '"') {
            return false;
        }
        if (c == '\\') {
            i++;
            if (i == local.len - 1 || (unsigned char)local.ptr[i] < ' ') {
                return false;
            }
        }
    }
    return true;
}

static bool local_fine(struct str local)
{
    if (local.len == 0 || local.len > LOCAL_MAX || !str_utf8_valid(local)) {
        return false;
    }
    if (local.ptr[0] == '"') {
        return quoted_local(local);
    }
    for (size_t i = 0; i < local.len; i++) {
        if (!local_char((unsigned char)local.ptr[i])) {
            return false;
        }
    }
    return true;
}

// Letters, digits, hyphens, underscores (they occur) in labels of 1 to 63; or an address literal.
static bool domain_fine(struct str domain)
{
    if (domain.len == 0 || domain.len > DOMAIN_MAX) {
        return false;
    }
    bool literal = domain.ptr[0] == '[' && domain.ptr[domain.len - 1] == ']';
    struct str inside = literal ? str_sub(domain, 1, domain.len - 2) : domain;
    size_t label = 0;
    for (size_t i = 0; i < inside.len; i++) {
        char c = inside.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || (literal && c == ':');
        if (!plain && (c != '.' || label == 0)) {
            return false;
        }
        label = plain ? label + 1 : 0;
        if (label > 63) {
            return false;
        }
    }
    return label > 0;
}

static bool domain_to_ascii(mem_ctx *ctx, struct str domain, struct str *ret)
{
    if (is_ascii(domain)) {
        *ret = domain;
        return true;
    }
    UErrorCode status = U_ZERO_ERROR;
    UIDNA *idna = uidna_openUTS46(
        UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ, &status);
    if (U_FAILURE(status)) {
        return false;
    }
    char ascii[DOMAIN_MAX + 1];
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    int32_t len = uidna_nameToASCII_UTF8(idna, domain.ptr, (int32_t)domain.len, ascii, sizeof ascii,
                                         &info, &status);
    uidna_close(idna);
    if (U_FAILURE(status) || info.errors != 0 || len <= 0) {
        return false;
    }
    *ret = str_dup(ctx, (struct str){ascii, (size_t)len});
    return true;
}

bool compose_address_wire(mem_ctx *ctx, struct str address, struct str *ret_wire, bool *ret_utf8)
{
    size_t at = address.len;
    while (at > 0 && address.ptr[at - 1] != '@') {
        at--;
    }
    if (at < 2 || address.len > LOCAL_MAX + 4 * DOMAIN_MAX) {
        return false;
    }
    struct str local = str_sub(address, 0, at - 1);
    struct str domain;
    if (!local_fine(local) || !domain_to_ascii(ctx, str_from(address, at), &domain) ||
        !domain_fine(domain)) {
        return false;
    }
    struct buf wire;
    buf_init(&wire, ctx, LOCAL_MAX + DOMAIN_MAX + 1);
    buf_put(&wire, local);
    buf_put_char(&wire, '@');
    buf_put(&wire, domain);
    *ret_wire = buf_str(&wire);
    if (!is_ascii(local)) {
        *ret_utf8 = true;
    }
    return true;
}
