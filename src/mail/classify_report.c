// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/classify_report.h"

#include <string.h>

#include "mail/address.h"
#include "mail/headers.h"

#define DIAGNOSTIC_CHARS 300
#define BLOCKS_MAX 200
#define TEXT_LOOKED_AT (64 * 1024)

static struct str field(const struct mail_headers *block, const char *name)
{
    for (size_t i = 0; i < block->count; i++) {
        if (str_ieq_c(block->items[i].name, name)) {
            return block->items[i].value;
        }
    }
    return STR_NONE;
}

// "rfc822; jane@example.com" (RFC 3464, 2.3.2), or the address alone.
static struct str recipient_of(mem_ctx *ctx, struct str value)
{
    ptrdiff_t semicolon = str_find_char(value, ';');
    struct str rest = semicolon < 0 ? value : str_from(value, (size_t)semicolon + 1);
    struct mail_addresses list = address_list(ctx, rest, 1);
    return list.count == 0 ? STR_NONE : list.items[0].address;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

// "5.1.1" (RFC 3463) at the start, with nothing of a number around it. Its length, else 0.
static size_t status_at(struct str s)
{
    size_t at = 1;
    if (s.len < 5 || strchr("245", s.ptr[0]) == NULL) {
        return 0;
    }
    for (int part = 0; part < 2; part++) {
        size_t digits = 0;
        if (at >= s.len || s.ptr[at] != '.') {
            return 0;
        }
        at++;
        while (at < s.len && digit(s.ptr[at]) && digits < 3) {
            at++;
            digits++;
        }
        if (digits == 0) {
            return 0;
        }
    }
    bool number_goes_on =
        at < s.len &&
        (digit(s.ptr[at]) || (s.ptr[at] == '.' && at + 1 < s.len && digit(s.ptr[at + 1])));
    return number_goes_on ? 0 : at;
}

static struct str status_in(struct str text)
{
    for (size_t i = 0; i + 5 <= text.len; i++) {
        bool begins = i == 0 || (!digit(text.ptr[i - 1]) && text.ptr[i - 1] != '.');
        size_t len = begins ? status_at(str_from(text, i)) : 0;
        if (len > 0) {
            return str_sub(text, i, len);
        }
    }
    return STR_NONE;
}

static enum mail_delivery delivery_of(struct str action, struct str status)
{
    bool permanent = status.len > 0 && status.ptr[0] == '5';
    bool temporary = status.len > 0 && status.ptr[0] == '4';
    if (str_ifind(action, STR("fail")) == 0) {
        return temporary ? DELIVERY_TEMPORARY : DELIVERY_PERMANENT;
    }
    if (str_ifind(action, STR("delay")) == 0) {
        return DELIVERY_DELAYED;
    }
    if (str_ieq_c(action, "delivered") || str_ieq_c(action, "relayed") ||
        str_ieq_c(action, "expanded")) {
        return DELIVERY_DONE;
    }
    return permanent ? DELIVERY_PERMANENT : temporary ? DELIVERY_TEMPORARY : DELIVERY_NONE;
}

// The graver report of a mail to several people is the one kept.
static void take_block(mem_ctx *ctx, const struct mail_headers *block, struct mail_bounce *ret)
{
    struct str final = field(block, "Final-Recipient");
    struct str recipient = recipient_of(ctx, str_none(final) ? STR("") : final);
    if (str_none(recipient)) {
        struct str original = field(block, "Original-Recipient");
        recipient = recipient_of(ctx, str_none(original) ? STR("") : original);
    }
    struct str status = status_in(field(block, "Status"));
    struct str diagnostic = field(block, "Diagnostic-Code");
    if (str_none(status)) {
        status = status_in(diagnostic);
    }
    enum mail_delivery delivery = delivery_of(str_trim(field(block, "Action")), status);
    if (delivery <= ret->delivery) {
        return;
    }
    ret->delivery = delivery;
    ret->recipient = recipient;
    ret->status = status;
    ret->diagnostic =
        str_none(diagnostic) ? STR_NONE : str_one_line(ctx, diagnostic, DIAGNOSTIC_CHARS);
}

struct mail_bounce delivery_status_read(mem_ctx *ctx, struct str body)
{
    struct mail_bounce bounce = {.delivery = DELIVERY_NONE};
    struct str rest = body;
    // Some put no empty line between the fields of the message and those of a recipient, others
    // several: fields are taken wherever a block has them.
    for (int i = 0; i < BLOCKS_MAX && rest.len > 0; i++) {
        struct mail_headers block = header_block(ctx, &rest);
        if (block.count > 0) {
            take_block(ctx, &block, &bounce);
        }
    }
    return bounce;
}

static struct str id_in_headers(mem_ctx *ctx, struct str headers)
{
    struct str rest = headers;
    struct mail_headers block = header_block(ctx, &rest);
    struct mail_ids ids = {NULL, 0};
    for (size_t i = 0; i < block.count && ids.count == 0; i++) {
        if (str_ieq_c(block.items[i].name, "Message-ID")) {
            ids = header_ids(ctx, block.items[i].raw, 1);
        }
    }
    return ids.count == 0 ? STR_NONE : ids.items[0];
}

// Bounces that are plain text hold the mail, or its header, somewhere below.
static struct str id_in_text(mem_ctx *ctx, struct str text)
{
    struct str rest = str_sub(text, 0, TEXT_LOOKED_AT);
    struct str line;
    while (str_next(&rest, '\n', &line)) {
        line = str_trim(line);
        while (line.len > 0 && (line.ptr[0] == '>' || line.ptr[0] == ' ')) {
            line = str_from(line, 1);
        }
        if (str_istarts(line, STR("message-id:"))) {
            struct mail_ids ids = header_ids(ctx, str_from(line, 11), 1);
            return ids.count == 0 ? STR_NONE : ids.items[0];
        }
    }
    return STR_NONE;
}

// The first line that is little more than an address, as in "  jane@example.com" or
// "<jane@example.com>: host said".
static struct str recipient_in_text(mem_ctx *ctx, struct str text)
{
    struct str rest = str_sub(text, 0, TEXT_LOOKED_AT);
    struct str line;
    while (str_next(&rest, '\n', &line)) {
        line = str_trim(line);
        struct str head = line;
        if (line.len > 0 && line.ptr[0] == '<') {
            ptrdiff_t close = str_find_char(line, '>');
            head = close < 0 ? line : str_sub(line, 1, (size_t)close - 1);
        } else if (line.len > 0 && line.ptr[line.len - 1] == ':') {
            head = str_sub(line, 0, line.len - 1);
        }
        struct str address = head.len < 330 ? address_normal(ctx, head) : STR_NONE;
        if (!str_none(address)) {
            return address;
        }
    }
    return STR_NONE;
}

static bool any_of(struct str text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (str_ifind(text, str_c(*words)) >= 0) {
            return true;
        }
    }
    return false;
}

static enum mail_delivery delivery_in_text(struct str subject, struct str text, struct str status)
{
    static const char *const DELAYED[] = {"delay",        "warning:",  "still being retried",
                                          "still trying", "verzögert", NULL};
    static const char *const FINAL[] = {"user unknown",
                                        "unknown user",
                                        "does not exist",
                                        "no such user",
                                        "permanent",
                                        "550 ",
                                        "554 ",
                                        "553 ",
                                        "not found",
                                        "mailbox unavailable",
                                        NULL};
    if (any_of(subject, DELAYED)) {
        return DELIVERY_DELAYED;
    }
    if (status.len > 0) {
        return status.ptr[0] == '4' ? DELIVERY_TEMPORARY : DELIVERY_PERMANENT;
    }
    return any_of(str_sub(text, 0, 8192), FINAL) ? DELIVERY_PERMANENT : DELIVERY_TEMPORARY;
}

static void fill_from_text(mem_ctx *ctx, const struct mail_message *message,
                           struct mail_bounce *bounce)
{
    struct str text = message->text;
    struct str failed = mail_header_raw(message, "X-Failed-Recipients");
    if (str_none(bounce->recipient) && !str_none(failed)) {
        struct mail_addresses list = address_list(ctx, failed, 1);
        bounce->recipient = list.count == 0 ? STR_NONE : list.items[0].address;
    }
    if (bounce->delivery == DELIVERY_NONE) {
        bounce->status = status_in(str_sub(text, 0, 8192));
        if (bounce->status.len > 0 && bounce->status.ptr[0] == '2') {
            bounce->status = STR_NONE;
        }
        bounce->delivery = delivery_in_text(message->subject, text, bounce->status);
    }
    if (str_none(bounce->recipient)) {
        bounce->recipient = recipient_in_text(ctx, text);
    }
}

struct mail_bounce bounce_read(mem_ctx *ctx, const struct mail_message *message)
{
    struct mail_bounce bounce = {.delivery = DELIVERY_NONE};
    if (!str_none(message->delivery_status)) {
        bounce = delivery_status_read(ctx, message->delivery_status);
    }
    fill_from_text(ctx, message, &bounce);
    if (!str_none(message->original_headers)) {
        bounce.original_message_id = id_in_headers(ctx, message->original_headers);
    }
    if (str_none(bounce.original_message_id)) {
        bounce.original_message_id = id_in_text(ctx, message->text);
    }
    // Servers that quote nothing still answer the mail that failed.
    if (str_none(bounce.original_message_id) && message->in_reply_to.count > 0) {
        bounce.original_message_id = message->in_reply_to.items[0];
    }
    return bounce;
}
