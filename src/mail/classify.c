// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/classify.h"

#include <string.h>

#include "base/buf.h"
#include "mail/address.h"
#include "mail/classify_report.h"
#include "mail/headers.h"
#include "mail/ids.h"
#include "mail/quote_words.h"

#define FORWARD_TEXT (32 * 1024)
#define FORWARD_MOST ((size_t)32 << 20)

struct judge {
    mem_ctx *ctx;
    const struct mail_message *message;
    const struct own_addresses *own;
    struct mail_verdict v;
    struct buf reasons;
};

static void because(struct judge *j, bool *flag, const char *why, struct str value)
{
    *flag = true;
    buf_put_c(&j->reasons, why);
    if (value.len > 0) {
        buf_put(&j->reasons, STR(": "));
        buf_put(&j->reasons, str_one_line(j->ctx, value, 80));
    }
    buf_put_char(&j->reasons, '\n');
}

static struct str header(const struct judge *j, const char *name)
{
    return mail_header(j->message, name);
}

static bool has(const struct judge *j, const char *name)
{
    return !str_none(header(j, name));
}

// ---- addresses --------------------------------------------------------------------------------

bool own_address(const struct own_addresses *own, struct str address)
{
    struct str local = address_local(address);
    ptrdiff_t plus = str_find_char(local, '+');
    struct str bare = plus < 0 ? local : str_sub(local, 0, (size_t)plus);
    for (size_t i = 0; i < own->count; i++) {
        if (address_same(own->addresses[i], address) ||
            (address_same(address_local(own->addresses[i]), bare) &&
             address_same(address_domain(own->addresses[i]), address_domain(address)))) {
            return true;
        }
    }
    return false;
}

bool address_never_answer(struct str address)
{
    static const char *const EXACT[] = {"abuse",      "root",      "postmaster",
                                        "hostmaster", "bounce",    "daemon",
                                        "listserv",   "majordomo", "autoresponder"};
    static const char *const STARTS[] = {
        "mailer-daemon", "mailerdaemon",    "noreply",        "no-reply",        "no_reply",
        "no.reply",      "donotreply",      "do-not-reply",   "do_not_reply",    "do.not.reply",
        "dontreply",     "nicht-antworten", "nichtantworten", "ne-pas-repondre", "nepasrepondre",
        "bounces+",      "bounces-",        "bounce+",        "bounce-",         "owner-",
        "auto-confirm",  "notreply"};
    struct str local = address_local(address);
    for (size_t i = 0; i < sizeof EXACT / sizeof EXACT[0]; i++) {
        if (str_ieq_c(local, EXACT[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof STARTS / sizeof STARTS[0]; i++) {
        if (str_istarts(local, str_c(STARTS[i]))) {
            return true;
        }
    }
    return str_ifind(local, STR("-noreply")) >= 0 || str_ifind(local, STR("-no-reply")) >= 0 ||
           str_ifind(local, STR("+noreply")) >= 0 || str_ifind(local, STR(".noreply")) >= 0;
}

static bool is_daemon(struct str address)
{
    struct str local = address_local(address);
    return str_istarts(local, STR("mailer-daemon")) || str_ieq_c(local, "mailerdaemon") ||
           str_ieq_c(local, "postmaster") || str_ieq_c(local, "mail-daemon");
}

static struct mail_address first_foreign(const struct mail_addresses *list,
                                         const struct own_addresses *own)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!own_address(own, list->items[i].address)) {
            return list->items[i];
        }
    }
    return (struct mail_address){STR(""), STR_NONE};
}

// Lists put their own address into Reply-To: who writes through them is still a person.
static bool reply_to_is_list(const struct mail_message *message)
{
    bool list = !str_none(mail_header(message, "List-Id")) ||
                !str_none(mail_header(message, "List-Post")) ||
                str_ieq_c(str_trim(mail_header(message, "Precedence")), "list");
    for (size_t i = 0; list && i < message->reply_to.count; i++) {
        struct str address = message->reply_to.items[i].address;
        if (str_ifind(mail_header(message, "List-Post"), address) >= 0) {
            return true;
        }
        for (size_t k = 0; k < message->to.count; k++) {
            if (address_same(message->to.items[k].address, address)) {
                return true;
            }
        }
    }
    return false;
}

// "'Jane Doe' via Sales", as groups write it, is Jane Doe.
static struct str name_without_group(struct str name)
{
    ptrdiff_t via = str_ifind(name, STR(" via "));
    name = str_trim(via < 0 ? name : str_sub(name, 0, (size_t)via));
    bool quoted = name.len > 2 && name.ptr[0] == '\'' && name.ptr[name.len - 1] == '\'';
    return quoted ? str_sub(name, 1, name.len - 2) : name;
}

struct mail_address mail_requester(const struct mail_message *message,
                                   const struct own_addresses *own)
{
    const struct mail_addresses *sources[] = {&message->reply_to, &message->x_original_sender,
                                              &message->from, &message->sender};
    struct mail_address found = {STR(""), STR_NONE};
    for (size_t i = reply_to_is_list(message) ? 1 : 0; i < 4 && str_none(found.address); i++) {
        found = first_foreign(sources[i], own);
    }
    if (!str_none(found.address) && found.name.len == 0 && message->from.count > 0) {
        // Neither Reply-To nor X-Original-Sender repeats the name that From gives.
        found.name = message->x_original_sender.count > 0
                         ? name_without_group(message->from.items[0].name)
                         : message->from.items[0].name;
    }
    return found;
}

// ---- marks of machines ------------------------------------------------------------------------

static void judge_auto_submitted(struct judge *j)
{
    struct str value = header_token(j->ctx, mail_header_raw(j->message, "Auto-Submitted"));
    if (value.len == 0 || str_eq_c(value, "no")) {
        return;
    }
    because(j, &j->v.auto_generated, "Auto-Submitted", value);
    j->v.auto_reply = j->v.auto_reply || str_starts(value, STR("auto-replied"));
}

static void judge_precedence(struct judge *j)
{
    static const char *const NAMES[] = {"Precedence", "X-Precedence"};
    for (size_t i = 0; i < 2; i++) {
        struct str value = header_token(j->ctx, mail_header_raw(j->message, NAMES[i]));
        if (str_eq_c(value, "bulk") || str_eq_c(value, "junk")) {
            because(j, &j->v.bulk, NAMES[i], value);
        } else if (str_eq_c(value, "list")) {
            because(j, &j->v.list, NAMES[i], value);
        } else if (str_starts(value, STR("auto"))) {
            because(j, &j->v.auto_reply, NAMES[i], value);
        }
    }
}

struct mark {
    const char *name;
    const char *value;  // how it begins, in any case; NULL: its presence is enough
};

static const struct mark REPLY_MARKS[] = {
    {"X-Autoreply", NULL},
    {"X-Autorespond", NULL},
    {"X-Autoresponse", NULL},
    {"X-AutoReply-From", NULL},
    {"X-Mail-Autoreply", NULL},
    {"X-Autoreply-Domain", NULL},
    {"X-POST-MessageClass", "9; autoresponder"},
    {"X-Autogenerated", "reply"},
    {"Delivered-To", "autoresponder"},
    {"X-Auto-Responder", NULL},
};

static const struct mark MACHINE_MARKS[] = {
    {"X-Autogenerated", NULL},
    {"X-Auto-Generated", NULL},
    {"X-AMAZON-MAIL-RELAY-TYPE", NULL},
    {"X-FC-Machinegenerated", NULL},
    {"X-Loop", NULL},
    {"X-Cron-Env", NULL},
    {"X-Nagios-Notification", NULL},
    {"Feedback-Type", NULL},
    {"X-MS-Exchange-Generated-Message-Source", NULL},
    {"X-MS-Exchange-Inbox-Rules-Loop", NULL},
};

static const struct mark LIST_MARKS[] = {
    {"List-Id", NULL},        {"List-Post", NULL},   {"Mailing-List", NULL},
    {"X-Mailing-List", NULL}, {"X-BeenThere", NULL}, {"X-Mailman-Version", NULL},
};

static const struct mark BULK_MARKS[] = {
    {"List-Unsubscribe", NULL}, {"Feedback-ID", NULL},   {"X-Campaign-ID", NULL},
    {"X-CampaignID", NULL},     {"X-Mailgun-Tag", NULL}, {"X-MC-User", NULL},
};

static void judge_marks(struct judge *j, const struct mark *marks, size_t count, bool *flag)
{
    for (size_t i = 0; i < count; i++) {
        struct str value = header(j, marks[i].name);
        if (!str_none(value) &&
            (marks[i].value == NULL || str_istarts(value, str_c(marks[i].value)))) {
            because(j, flag, marks[i].name, value);
        }
    }
}

static bool starts_with_any(struct str text, const char *const *starts)
{
    for (; *starts != NULL; starts++) {
        if (str_istarts(text, str_c(*starts))) {
            return true;
        }
    }
    return false;
}

static void judge_subject(struct judge *j)
{
    static const char *const REPLIES[] = {"automatic reply",
                                          "auto reply:",
                                          "auto-reply:",
                                          "autoreply:",
                                          "auto response:",
                                          "out of office",
                                          "out of the office",
                                          "out-of-office",
                                          "away from the office",
                                          "abwesenheitsnotiz",
                                          "abwesenheitsbenachrichtigung",
                                          "abwesend:",
                                          "automatische antwort",
                                          "réponse automatique",
                                          "absence du bureau",
                                          "message d'absence",
                                          "respuesta automática",
                                          "fuera de la oficina",
                                          "risposta automatica",
                                          "fuori sede",
                                          "resposta automática",
                                          "automatisch antwoord",
                                          "afwezigheidsbericht",
                                          "autosvar",
                                          "automatiskt svar",
                                          "automatisk svar",
                                          "automaattinen vastaus",
                                          "odpowiedź automatyczna",
                                          "automatická odpověď",
                                          "automatikus válasz",
                                          "otomatik yanıt",
                                          "Автоматический ответ",
                                          "自動応答",
                                          "自動返信",
                                          "自动回复",
                                          "自動回覆",
                                          "부재중",
                                          "자동 회신",
                                          "رد تلقائي",
                                          "vacation:",
                                          NULL};
    if (starts_with_any(str_trim(j->message->subject), REPLIES)) {
        because(j, &j->v.auto_reply, "Subject of an automatic reply", j->message->subject);
    }
}

// Exchange: which automatic answers the sender does not want.
static void judge_suppress(struct judge *j)
{
    struct str value = header(j, "X-Auto-Response-Suppress");
    if (str_ifind(value, STR("all")) >= 0 || str_ifind(value, STR("oof")) >= 0 ||
        str_ifind(value, STR("autoreply")) >= 0) {
        because(j, &j->v.no_answer, "X-Auto-Response-Suppress", value);
    }
}

// ---- bounces ----------------------------------------------------------------------------------

static bool bounce_subject(struct str subject)
{
    static const char *const STARTS[] = {"undelivered mail returned to sender",
                                         "mail delivery failed",
                                         "delivery status notification",
                                         "undeliverable:",
                                         "undeliverable mail",
                                         "failure notice",
                                         "returned mail:",
                                         "unzustellbar:",
                                         "nicht zustellbar:",
                                         "delivery failure",
                                         "mail system error",
                                         "mail delivery failure",
                                         "mail delivery system",
                                         "message undeliverable",
                                         "warning: could not send message",
                                         "mail delivery warning",
                                         "warning: message ",
                                         "delayed mail (still being retried)",
                                         "non remis",
                                         "échec de la remise",
                                         "no se puede entregar",
                                         "non recapitabile",
                                         "onbestelbaar",
                                         "niet te bestellen",
                                         "Не удается доставить",
                                         "配信不能",
                                         "无法送达",
                                         "배달되지 않음",
                                         NULL};
    return starts_with_any(str_trim(subject), STARTS);
}

// Words that machines write and people hardly ever do at the start of a subject.
static bool bounce_subject_certain(struct str subject)
{
    static const char *const STARTS[] = {
        "undelivered mail returned to sender", "mail delivery failed: returning message to sender",
        "delivery status notification (", "delayed mail (still being retried)", NULL};
    return starts_with_any(str_trim(subject), STARTS);
}

static bool attached_mail_ours(const struct judge *j, struct str id)
{
    struct ticket_id ticket;
    struct comment_id comment;
    return !str_none(id) && j->own->secret.len > 0 &&
           mail_message_id_verify(j->own->secret, id, &ticket, &comment);
}

static void judge_bounce(struct judge *j)
{
    const struct mail_message *m = j->message;
    bool daemon = m->from.count > 0 && is_daemon(m->from.items[0].address);
    bool machine = daemon || m->return_path_null || m->from.count == 0;
    bool bounce = false;
    if (m->return_path_null) {
        because(j, &j->v.auto_generated, "Null sender (Return-Path: <>)", STR(""));
    }
    if (m->from.count == 0) {
        because(j, &j->v.no_answer, "No sender", STR(""));
    }
    if (!str_none(m->delivery_status) || str_eq_c(m->report_type, "delivery-status")) {
        because(j, &bounce, "Report on a delivery", STR(""));
    }
    if (has(j, "X-Failed-Recipients")) {
        because(j, &bounce, "X-Failed-Recipients", header(j, "X-Failed-Recipients"));
    }
    if (daemon && !j->v.auto_reply) {
        because(j, &bounce, "Sender", m->from.items[0].address);
    }
    if (bounce_subject_certain(m->subject) || (machine && bounce_subject(m->subject))) {
        because(j, &bounce, "Subject of a bounce", m->subject);
    }
    struct mail_bounce read = bounce_read(j->ctx, m);
    if (!bounce && machine && attached_mail_ours(j, read.original_message_id) &&
        !str_none(m->original_headers)) {
        because(j, &bounce, "Holds a mail of ours", read.original_message_id);
    }
    if (bounce) {
        j->v.bounce = read;
        j->v.is_bounce = read.delivery != DELIVERY_DONE;
        j->v.auto_generated = true;
    }
}

static void judge_reports(struct judge *j)
{
    struct str type = j->message->report_type;
    if (str_eq_c(type, "disposition-notification")) {
        because(j, &j->v.auto_reply, "Receipt (disposition-notification)", STR(""));
    } else if (str_eq_c(type, "feedback-report")) {
        because(j, &j->v.auto_generated, "Complaint (feedback-report)", STR(""));
    }
}

// ---- ourselves --------------------------------------------------------------------------------

static void judge_own(struct judge *j)
{
    struct ticket_id ticket;
    struct comment_id comment;
    int64_t aside = 0;
    int64_t member = 0;
    const struct mail_message *m = j->message;
    if (j->own->secret.len > 0) {
        if (mail_message_id_verify(j->own->secret, m->message_id, &ticket, &comment) ||
            mail_aside_id_verify(j->own->secret, m->message_id, &aside, &member)) {
            because(j, &j->v.own_loop, "Message-ID is ours", m->message_id);
        }
        struct str mark = header(j, "X-Steward-Loop");
        if (!str_none(mark) && mail_loop_mark_ours(j->own->secret, mark)) {
            because(j, &j->v.own_loop, "Carries our loop mark", STR(""));
        }
    }
    if (m->from.count > 0 && own_address(j->own, m->from.items[0].address)) {
        because(j, &j->v.from_own, "Sender is a mailbox of this desk", m->from.items[0].address);
    }
}

#define MARKS(table) table, sizeof(table) / sizeof(table)[0]

struct mail_verdict mail_classify(mem_ctx *ctx, const struct mail_message *message,
                                  const struct own_addresses *own)
{
    struct judge j = {.ctx = ctx, .message = message, .own = own};
    buf_init(&j.reasons, ctx, 64 * 1024);
    judge_auto_submitted(&j);
    judge_precedence(&j);
    judge_marks(&j, MARKS(REPLY_MARKS), &j.v.auto_reply);
    judge_marks(&j, MARKS(MACHINE_MARKS), &j.v.auto_generated);
    judge_marks(&j, MARKS(LIST_MARKS), &j.v.list);
    judge_marks(&j, MARKS(BULK_MARKS), &j.v.bulk);
    judge_subject(&j);
    judge_suppress(&j);
    judge_bounce(&j);
    judge_reports(&j);
    judge_own(&j);
    struct mail_address sender = mail_requester(message, own);
    if (!str_none(sender.address) && address_never_answer(sender.address)) {
        because(&j, &j.v.no_answer, "Nobody reads", sender.address);
    }
    j.v.auto_generated = j.v.auto_generated || j.v.auto_reply;
    j.v.no_answer = j.v.no_answer || j.v.auto_generated || j.v.is_bounce || j.v.list || j.v.bulk ||
                    j.v.own_loop || j.v.from_own;
    j.v.reasons = buf_str(&j.reasons);
    return j.v;
}

// ---- subjects and forwards --------------------------------------------------------------------

static const char *const REPLY_PREFIXES[] = {
    "re",   "aw",  "antw", "antwort", "sv", "vs",      "rv",   "res",  "rif",  "odp",
    "ynt",  "ha",  "vá",   "r",       "Re", "回复",    "回覆", "答复", "回信", "返信",
    "答覆", "отв", "Отв",  "Ответ",   "رد", "Odpoveď", "БЛ",   NULL};

static const char *const FORWARD_PREFIXES[] = {
    "fwd",  "fw",   "wg",     "tr",   "rv",     "enc",         "i",
    "vb",   "vl",   "doorst", "pd",   "ilt",    "továbbítás",  "转发",
    "轉寄", "转寄", "転送",   "전달", "Пересл", "إعادة توجيه", NULL};

// The length of "Re:", "AW: ", "Re[2]:", "回复：" at the start; 0 without one.
static size_t prefix_at(struct str subject, const char *const *prefixes)
{
    for (; *prefixes != NULL; prefixes++) {
        struct str prefix = str_c(*prefixes);
        if (!str_istarts(subject, prefix)) {
            continue;
        }
        size_t at = prefix.len;
        while (at < subject.len && strchr("[]()0123456789 ", subject.ptr[at]) != NULL &&
               at < prefix.len + 6) {
            at++;
        }
        struct str rest = str_from(subject, at);
        size_t colon = str_starts(rest, STR(":")) ? 1 : str_starts(rest, STR("：")) ? 3 : 0;
        if (colon > 0) {
            rest = str_from(rest, colon);
            return at + colon + (rest.len - str_trim(rest).len);
        }
    }
    return 0;
}

struct str subject_bare(struct str subject)
{
    subject = str_trim(subject);
    for (;;) {
        size_t len = prefix_at(subject, REPLY_PREFIXES);
        len = len > 0 ? len : prefix_at(subject, FORWARD_PREFIXES);
        if (len == 0) {
            return subject;
        }
        subject = str_trim(str_from(subject, len));
    }
}

static struct mail_address first_address(mem_ctx *ctx, struct str raw)
{
    // Outlook writes "Jane Doe [mailto:jane@example.com]", bold marks come from html.
    struct buf plain;
    buf_init(&plain, ctx, 2048);
    raw = str_sub(raw, 0, 1000);
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c != '*') {
            buf_put_char(&plain, c == '[' ? '<' : c == ']' ? '>' : c);
        }
    }
    struct mail_addresses list = address_list(ctx, buf_str(&plain), 1);
    return list.count > 0 ? list.items[0] : (struct mail_address){STR(""), STR_NONE};
}

// The words above a forwarded mail, without the line that announces it.
static struct str remark_before(struct str text, struct str block)
{
    struct str before = str_trim(str_sub(text, 0, (size_t)(block.ptr - text.ptr)));
    size_t start = before.len;
    while (start > 0 && before.ptr[start - 1] != '\n') {
        start--;
    }
    struct str last = str_from(before, start);
    bool announces = quote_forward(last) || quote_separator(last);
    return announces ? str_trim(str_sub(before, 0, start)) : before;
}

// What follows the block of headers: its lines end with an empty one.
static struct str after_block(struct str block)
{
    struct str line;
    while (str_next(&block, '\n', &line)) {
        if (str_trim(line).len == 0) {
            return str_none(block) ? STR("") : block;
        }
    }
    return STR("");
}

// The first "From:" line of a block of such lines.
static void forward_in_text(mem_ctx *ctx, struct str text, struct mail_forward *forward)
{
    struct str rest = str_sub(text, 0, FORWARD_TEXT);
    struct str line;
    while (rest.len > 0) {
        struct str here = rest;
        if (!str_next(&rest, '\n', &line)) {
            return;
        }
        if (quote_label_of(line) == QUOTE_LABEL_FROM && quote_header_block(here)) {
            ptrdiff_t colon = str_find_char(line, ':');
            ptrdiff_t wide = str_find(line, STR("："));
            size_t after =
                wide >= 0 && (colon < 0 || wide < colon) ? (size_t)wide + 3 : (size_t)colon + 1;
            struct mail_address from = first_address(ctx, str_from(line, after));
            if (!str_none(from.address)) {
                forward->from = from;
                forward->remark = remark_before(text, here);
                forward->text = after_block(str_from(text, (size_t)(here.ptr - text.ptr)));
                return;
            }
        }
    }
}

// Forwarded as an attachment: the one mail that is attached.
static void forward_attached(mem_ctx *ctx, const struct mail_message *message,
                             struct mail_forward *forward)
{
    const struct mail_part *attached = NULL;
    struct mail_limits limits = mail_limits_default(message->date_ms);
    struct mail_message *inner = NULL;
    struct str raw;
    struct error ignored;
    for (size_t i = 0; i < message->part_count; i++) {
        if (message->parts[i].is_message && attached != NULL) {
            return;
        }
        attached = message->parts[i].is_message ? &message->parts[i] : attached;
    }
    if (attached != NULL && mail_part_bytes(ctx, attached, FORWARD_MOST, &raw, &ignored) &&
        mail_parse(ctx, raw, &limits, &inner, &ignored) && inner->from.count > 0) {
        forward->from = inner->from.items[0];
        forward->remark = str_trim(message->text);
        forward->text = inner->text;
    }
}

static struct mail_address from_in_headers(mem_ctx *ctx, struct str headers)
{
    struct str rest = headers;
    struct mail_headers block = header_block(ctx, &rest);
    for (size_t i = 0; i < block.count; i++) {
        if (str_ieq_c(block.items[i].name, "From")) {
            struct mail_addresses list = address_list(ctx, block.items[i].raw, 1);
            if (list.count > 0) {
                return list.items[0];
            }
        }
    }
    return (struct mail_address){STR(""), STR_NONE};
}

struct mail_forward mail_forwarded(mem_ctx *ctx, const struct mail_message *message)
{
    struct mail_forward forward = {.from = {STR(""), STR_NONE},
                                   .subject = subject_bare(message->subject),
                                   .remark = STR(""),
                                   .text = STR("")};
    if (prefix_at(str_trim(message->subject), FORWARD_PREFIXES) == 0) {
        return forward;
    }
    forward_in_text(ctx, message->text, &forward);
    if (str_none(forward.from.address)) {
        forward_attached(ctx, message, &forward);
    }
    if (str_none(forward.from.address) && !str_none(message->original_headers)) {
        forward.from = from_in_headers(ctx, message->original_headers);
    }
    return forward;
}
