// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/ids.h"

#include <string.h>

#include "base/buf.h"
#include "base/random.h"

enum {
    MAC_BYTES = 10,
    MAC_CHARS = 16,
    RANDOM_BYTES = 10,
    RANDOM_CHARS = 16,
    TOKEN_MAX_BYTES = 1 + 2 * 10 + MAC_BYTES,  // kind, two numbers of at most ten bytes, hash
    LOCAL_PART_MAX = 64,
    MESSAGE_ID_MAX = 400,
};

// Different labels keep a hash made for one purpose from serving another.
static void mac(struct str secret, const char *label, struct str payload, unsigned char *out)
{
    char data[256];
    size_t label_len = strlen(label);
    size_t len = payload.len < sizeof data - label_len ? payload.len : sizeof data - label_len;
    memcpy(data, label, label_len);
    memcpy(data + label_len, payload.ptr, len);
    struct hash hash = hash_keyed(secret, (struct str){data, label_len + len});
    memcpy(out, hash.bytes, MAC_BYTES);
}

static struct str mac_text(const mem_ctx *ctx, struct str secret, const char *label,
                           struct str payload)
{
    unsigned char bytes[MAC_BYTES];
    mac(secret, label, payload, bytes);
    return base32_encode(ctx, (struct str){(const char *)bytes, MAC_BYTES});
}

struct lettered {
    char letter;
    int64_t number;
};

static const char MESSAGE_LABEL[] = "mail message id:";
static const char ASIDE_LABEL[] = "mail aside id:";
static const char TOKEN_LABEL[] = "mail address token:";
static const char LOOP_LABEL[] = "mail loop mark:";

// "<" first second random hash "@" domain ">", the numbers lettered.
static struct str numbered_id(mem_ctx *ctx, struct str secret, const char *label,
                              const struct lettered numbers[2], struct str domain)
{
    struct buf id;
    buf_init(&id, ctx, MESSAGE_ID_MAX + domain.len);
    buf_put_char(&id, '<');
    for (size_t i = 0; i < 2; i++) {
        buf_put_char(&id, numbers[i].letter);
        buf_put_i64(&id, numbers[i].number);
        buf_put_char(&id, '.');
    }
    buf_put(&id, random_token32(ctx, RANDOM_BYTES));
    struct str signed_part = str_from(buf_str(&id), 1);
    struct str hash = mac_text(ctx, secret, label, signed_part);
    buf_put_char(&id, '.');
    buf_put(&id, hash);
    buf_put_char(&id, '@');
    buf_put(&id, domain);
    buf_put_char(&id, '>');
    return buf_str(&id);
}

// "t42" for the letter t.
static bool lettered_number(struct str part, char letter, int64_t *ret)
{
    return part.len >= 2 && part.ptr[0] == letter && part.ptr[1] >= '0' && part.ptr[1] <= '9' &&
           str_to_i64(str_from(part, 1), ret);
}

// Fills the numbers behind the letters; false leaves them.
static bool numbered_id_verify(struct str secret, const char *label, struct str message_id,
                               struct lettered numbers[2])
{
    struct str id = str_trim(message_id);
    if (id.len > 0 && id.ptr[0] == '<') {
        id = str_from(id, 1);
    }
    struct str local;
    struct str domain;
    str_cut(id, '@', &local, &domain);
    char folded[96];
    if (str_none(domain) || local.len >= sizeof folded || local.len < MAC_CHARS + 1) {
        return false;
    }
    for (size_t i = 0; i < local.len; i++) {
        char c = local.ptr[i];
        folded[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    local = (struct str){folded, local.len};
    size_t signed_len = local.len - MAC_CHARS - 1;
    mem_ctx *scratch = mem_ctx_new(NULL, "message id");
    struct str expected = mac_text(scratch, secret, label, str_sub(local, 0, signed_len));
    bool ours =
        local.ptr[signed_len] == '.' && secret_equal(expected, str_from(local, signed_len + 1));
    mem_free(scratch);
    if (!ours) {
        return false;
    }
    struct str parts[2];
    struct str rest;
    str_cut(str_sub(local, 0, signed_len), '.', &parts[0], &rest);
    str_cut(rest, '.', &parts[1], &rest);
    int64_t values[2] = {0, 0};
    if (rest.len != RANDOM_CHARS || !lettered_number(parts[0], numbers[0].letter, &values[0]) ||
        !lettered_number(parts[1], numbers[1].letter, &values[1])) {
        return false;
    }
    numbers[0].number = values[0];
    numbers[1].number = values[1];
    return true;
}

struct str mail_message_id(mem_ctx *ctx, struct str secret, struct ticket_id ticket,
                           struct comment_id comment, struct str domain)
{
    const struct lettered numbers[2] = {{'t', ticket.v}, {'c', comment.v}};
    return numbered_id(ctx, secret, MESSAGE_LABEL, numbers, domain);
}

bool mail_message_id_verify(struct str secret, struct str message_id, struct ticket_id *ret_ticket,
                            struct comment_id *ret_comment)
{
    struct lettered numbers[2] = {{'t', 0}, {'c', 0}};
    if (!numbered_id_verify(secret, MESSAGE_LABEL, message_id, numbers)) {
        return false;
    }
    *ret_ticket = (struct ticket_id){numbers[0].number};
    *ret_comment = (struct comment_id){numbers[1].number};
    return true;
}

struct str mail_aside_id(mem_ctx *ctx, struct str secret, int64_t aside, int64_t member,
                         struct str domain)
{
    const struct lettered numbers[2] = {{'s', aside}, {'m', member}};
    return numbered_id(ctx, secret, ASIDE_LABEL, numbers, domain);
}

bool mail_aside_id_verify(struct str secret, struct str message_id, int64_t *ret_aside,
                          int64_t *ret_member)
{
    struct lettered numbers[2] = {{'s', 0}, {'m', 0}};
    if (!numbered_id_verify(secret, ASIDE_LABEL, message_id, numbers)) {
        return false;
    }
    *ret_aside = numbers[0].number;
    *ret_member = numbers[1].number;
    return true;
}

// --- address tokens ---------------------------------------------------------------------------

// Little-endian groups of seven bits, the top bit saying that more follow.
static size_t put_number(unsigned char *out, int64_t number)
{
    uint64_t rest = (uint64_t)number;
    size_t len = 0;
    do {
        out[len] = (unsigned char)(rest & 0x7f);
        rest >>= 7;
        if (rest > 0) {
            out[len] |= 0x80;
        }
        len++;
    } while (rest > 0);
    return len;
}

static bool take_number(struct str *rest, int64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < rest->len && i < 9; i++) {
        unsigned char byte = (unsigned char)rest->ptr[i];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) {
            *ret = (int64_t)value;
            *rest = str_from(*rest, i + 1);
            return true;
        }
    }
    return false;
}

static struct str token_address(mem_ctx *ctx, struct str secret, struct str mailbox,
                                struct str payload)
{
    unsigned char bytes[TOKEN_MAX_BYTES];
    memcpy(bytes, payload.ptr, payload.len);
    mac(secret, TOKEN_LABEL, payload, bytes + payload.len);
    struct str token =
        base32_encode(ctx, (struct str){(const char *)bytes, payload.len + MAC_BYTES});
    struct str local;
    struct str domain;
    str_cut(mailbox, '@', &local, &domain);
    if (str_empty(local) || str_empty(domain) || local.len + 1 + token.len > LOCAL_PART_MAX) {
        return STR_NONE;
    }
    struct buf out;
    buf_init(&out, ctx, mailbox.len + token.len + 2);
    buf_put(&out, local);
    buf_put_char(&out, '+');
    buf_put(&out, token);
    buf_put_char(&out, '@');
    buf_put(&out, domain);
    return buf_str(&out);
}

struct str mail_reply_address(mem_ctx *ctx, struct str secret, struct str mailbox,
                              struct ticket_id ticket, struct user_id user)
{
    unsigned char payload[TOKEN_MAX_BYTES] = {MAIL_TOKEN_REPLY};
    size_t len = 1;
    len += put_number(payload + len, ticket.v);
    len += put_number(payload + len, user.v);
    return token_address(ctx, secret, mailbox, (struct str){(const char *)payload, len});
}

struct str mail_aside_address(mem_ctx *ctx, struct str secret, struct str mailbox, int64_t aside,
                              int64_t member)
{
    unsigned char payload[TOKEN_MAX_BYTES] = {MAIL_TOKEN_ASIDE};
    size_t len = 1;
    len += put_number(payload + len, aside);
    len += put_number(payload + len, member);
    return token_address(ctx, secret, mailbox, (struct str){(const char *)payload, len});
}

struct str mail_bounce_address(mem_ctx *ctx, struct str secret, struct str mailbox,
                               struct outmail_id mail)
{
    unsigned char payload[TOKEN_MAX_BYTES] = {MAIL_TOKEN_BOUNCE};
    size_t len = 1 + put_number(payload + 1, mail.v);
    return token_address(ctx, secret, mailbox, (struct str){(const char *)payload, len});
}

static int base32_digit(char c)
{
    if (c >= 'a' && c <= 'z') {
        return c - 'a';
    }
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static bool base32_decode(struct str text, unsigned char *out, size_t room, size_t *ret_len)
{
    unsigned pending = 0;
    int bits = 0;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = base32_digit(text.ptr[i]);
        if (digit < 0 || len == room) {
            return false;
        }
        pending = (pending << 5 | (unsigned)digit) & 0xffff;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            out[len++] = (unsigned char)(pending >> bits);
        }
    }
    *ret_len = len;
    // One spelling each: no left-over digit, no left-over bits.
    return bits < 5 && (pending & ((1u << bits) - 1)) == 0;
}

static bool token_read(struct str secret, struct str text, struct mail_token *ret)
{
    unsigned char bytes[TOKEN_MAX_BYTES + 1];
    size_t len = 0;
    if (!base32_decode(text, bytes, TOKEN_MAX_BYTES, &len) || len < MAC_BYTES + 2) {
        return false;
    }
    struct str payload = {(const char *)bytes, len - MAC_BYTES};
    unsigned char expected[MAC_BYTES];
    mac(secret, TOKEN_LABEL, payload, expected);
    if (!secret_equal((struct str){(const char *)expected, MAC_BYTES},
                      (struct str){(const char *)bytes + payload.len, MAC_BYTES})) {
        return false;
    }
    struct mail_token token = {.kind = (enum mail_token_kind)bytes[0]};
    struct str rest = str_from(payload, 1);
    bool whole = false;
    switch (bytes[0]) {
    case MAIL_TOKEN_REPLY:
        whole = take_number(&rest, &token.ticket.v) && take_number(&rest, &token.user.v);
        break;
    case MAIL_TOKEN_BOUNCE:
        whole = take_number(&rest, &token.mail.v);
        break;
    case MAIL_TOKEN_ASIDE:
        whole = take_number(&rest, &token.aside) && take_number(&rest, &token.member);
        break;
    default:
        break;
    }
    if (!whole || rest.len != 0) {
        return false;
    }
    *ret = token;
    return true;
}

struct mail_token mail_address_token(mem_ctx *ctx, struct str secret, struct str address,
                                     struct str *ret_mailbox)
{
    struct mail_token token = {0};
    struct str local;
    struct str domain;
    struct str base;
    struct str detail;
    str_cut(address, '@', &local, &domain);
    str_cut(local, '+', &base, &detail);
    *ret_mailbox = address;
    if (str_none(domain) || str_none(detail) || base.len == 0) {
        return token;
    }
    struct buf mailbox;
    buf_init(&mailbox, ctx, address.len);
    buf_put(&mailbox, base);
    buf_put_char(&mailbox, '@');
    buf_put(&mailbox, domain);
    *ret_mailbox = buf_str(&mailbox);
    // Mailboxes may themselves contain a plus ("help+eu@"): the token is what follows the last.
    struct str last = detail;
    for (ptrdiff_t at = str_find_char(last, '+'); at >= 0; at = str_find_char(last, '+')) {
        last = str_from(last, (size_t)at + 1);
    }
    if (token_read(secret, last, &token)) {
        size_t keep = local.len - last.len - 1;
        buf_reset(&mailbox);
        buf_put(&mailbox, str_sub(local, 0, keep));
        buf_put_char(&mailbox, '@');
        buf_put(&mailbox, domain);
        *ret_mailbox = buf_str(&mailbox);
    }
    return token;
}

// --- subject tags -----------------------------------------------------------------------------

struct str mail_subject_tag(mem_ctx *ctx, struct str prefix, struct ticket_id ticket)
{
    struct buf tag;
    buf_init(&tag, ctx, prefix.len + 32);
    buf_put_char(&tag, '[');
    if (prefix.len > 0) {
        buf_put(&tag, prefix);
        buf_put_char(&tag, ' ');
    }
    buf_put_char(&tag, '#');
    buf_put_i64(&tag, ticket.v);
    buf_put_char(&tag, ']');
    return buf_str(&tag);
}

// What stands between the brackets: prefix, white space, #, digits.
static bool tag_read(struct str prefix, struct str inside, int64_t *ret)
{
    ptrdiff_t at = str_find_char(inside, '#');
    return at >= 0 && str_ieq(str_trim(str_sub(inside, 0, (size_t)at)), str_trim(prefix)) &&
           str_to_i64(str_trim(str_from(inside, (size_t)at + 1)), ret) && *ret > 0;
}

struct ticket_id mail_subject_ticket(struct str prefix, struct str subject)
{
    struct str rest = subject;
    for (ptrdiff_t open = str_find_char(rest, '['); open >= 0; open = str_find_char(rest, '[')) {
        rest = str_from(rest, (size_t)open + 1);
        ptrdiff_t close = str_find_char(rest, ']');
        int64_t number = 0;
        if (close > 0 && tag_read(prefix, str_sub(rest, 0, (size_t)close), &number)) {
            return (struct ticket_id){number};
        }
    }
    return (struct ticket_id){0};
}

struct str mail_subject_tagged(mem_ctx *ctx, struct str prefix, struct str subject,
                               struct ticket_id ticket)
{
    if (ticket.v == 0 || mail_subject_ticket(prefix, subject).v == ticket.v) {
        return subject;
    }
    struct buf out;
    buf_init(&out, ctx, subject.len + prefix.len + 40);
    buf_put(&out, subject);
    if (subject.len > 0) {
        buf_put_char(&out, ' ');
    }
    buf_put(&out, mail_subject_tag(ctx, prefix, ticket));
    return buf_str(&out);
}

struct str mail_subject_untagged(mem_ctx *ctx, struct str prefix, struct str subject)
{
    struct buf out;
    struct str rest = subject;
    buf_init(&out, ctx, subject.len + 1);
    for (ptrdiff_t open = str_find_char(rest, '['); open >= 0; open = str_find_char(rest, '[')) {
        struct str from = str_from(rest, (size_t)open + 1);
        ptrdiff_t close = str_find_char(from, ']');
        int64_t number = 0;
        bool tag = close > 0 && tag_read(prefix, str_sub(from, 0, (size_t)close), &number);
        buf_put(&out, str_sub(rest, 0, tag ? (size_t)open : (size_t)open + 1));
        rest = tag ? str_from(from, (size_t)close + 1) : from;
    }
    buf_put(&out, rest);
    return str_trim(buf_str(&out));
}

struct str mail_loop_mark(mem_ctx *ctx, struct str secret)
{
    return mac_text(ctx, secret, LOOP_LABEL, STR("desk"));
}

bool mail_loop_mark_ours(struct str secret, struct str value)
{
    mem_ctx *scratch = mem_ctx_new(NULL, "loop mark");
    bool ours = secret_equal(mail_loop_mark(scratch, secret), str_lower(scratch, str_trim(value)));
    mem_free(scratch);
    return ours;
}
