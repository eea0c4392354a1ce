// SPDX-License-Identifier: GPL-3.0-or-later
//
// One mail for one recipient, from raw bytes to a change of a ticket. First all that needs no
// database (reading, classifying, sanitising, storing files), then one transaction of ordered
// steps over one struct ingest. Whatever cannot be placed is kept and listed with the reason.
#include "desk/channels/intake_internal.h"

#include "app/config.h"
#include "base/log.h"
#include "base/random.h"
#include "blob/blob.h"
#include "desk/channels/mailbox.h"
#include "desk/desk.h"
#include "mail/address.h"
#include "mail/html_text.h"
#include "mail/quote.h"
#include "mail/sanitize.h"
#include "mail/tnef.h"

#define FILE_MOST_BYTES ((size_t)512 << 20)
#define FILES_MOST 200
#define TEXT_MOST_BYTES ((size_t)1000000)

// --- before the transaction ---------------------------------------------------------------------

static struct str cid_address(void *state, mem_ctx *ctx, struct str content_id)
{
    struct ingest *in = state;
    (void)ctx;
    for (size_t i = 0; i < in->file_count; i++) {
        if (!str_none(in->files[i].content_id) && str_ieq(in->files[i].content_id, content_id)) {
            in->files[i].is_inline = true;
            return str_printf(in->ctx, "/attachments/token/" STR_FMT, STR_ARG(in->files[i].token));
        }
    }
    return STR_NONE;
}

static bool store_file(struct ingest *in, const struct new_file *facts, struct str bytes,
                       struct error *err)
{
    struct hash hash;
    if (in->file_count == FILES_MOST) {
        return true;
    }
    if (!blob_put_bytes(in->desk->app->blobs, bytes, &hash, err)) {
        return false;
    }
    struct new_file *file = &in->files[in->file_count++];
    *file = *facts;
    file->hash = hash_hex(in->ctx, hash);
    file->size = (int64_t)bytes.len;
    file->token = random_token(in->ctx, 24);
    return true;
}

// What Outlook has packed away in winmail.dat; that file itself stays, too.
static bool store_packed(struct ingest *in, struct str bytes, struct error *err)
{
    struct tnef_file *files = NULL;
    size_t count = 0;
    if (!tnef_is(bytes)) {
        return true;
    }
    (void)tnef_files(in->ctx, bytes, &files, &count);  // as much as could be read
    for (size_t i = 0; i < count; i++) {
        const struct new_file facts = {.file_name = files[i].name,
                                       .content_type = files[i].type,
                                       .content_id = files[i].content_id};
        if (!store_file(in, &facts, files[i].bytes, err)) {
            return false;
        }
    }
    return true;
}

static bool store_files(struct ingest *in, struct error *err)
{
    const struct mail_message *m = in->message;
    in->files = mem_array(in->ctx, struct new_file, FILES_MOST);
    for (size_t i = 0; i < m->part_count; i++) {
        const struct mail_part *part = &m->parts[i];
        const struct new_file facts = {.file_name = part->file_name,
                                       .content_type = part->type,
                                       .content_id = part->content_id};
        struct str bytes;
        if (!mail_part_bytes(in->ctx, part, FILE_MOST_BYTES, &bytes, err) ||
            !store_file(in, &facts, bytes, err) || !store_packed(in, bytes, err)) {
            return false;
        }
    }
    return true;
}

static void read_text(struct ingest *in)
{
    const struct mail_message *m = in->message;
    struct new_comment *comment = &in->comment;
    struct str text = str_utf8_clip(m->text, TEXT_MOST_BYTES);
    *comment = (struct new_comment){.is_public = true, .quoted_from = -1, .stranger = STR_NONE};
    if (!str_none(m->html)) {
        struct sanitize_options options = {.links = SANITIZE_LINKS_OUTSIDE,
                                           .resolve_cid = cid_address,
                                           .cid_state = in,
                                           .own_prefix = STR(""),
                                           .fold_quotes = true,
                                           .fold_label = STR(""),
                                           .max_output = 3 << 20};
        struct sanitized clean;
        html_sanitize(in->ctx, m->html, &options, &clean);
        comment->html = clean.html;
        comment->remote_images = (int64_t)clean.blocked_images;
    }
    if (text.len < m->text.len) {
        text = str_printf(in->ctx, STR_FMT "\n\n[The text goes on; the whole mail is kept.]",
                          STR_ARG(text));
    }
    if (str_trim(text).len == 0) {
        text = STR("(This mail has no text.)");
    }
    struct mail_fold fold = mail_fold_text(in->ctx, text);
    comment->body = text;
    if (fold.quoted.len > 0) {
        comment->quoted_from = fold.quoted.ptr - text.ptr;
    }
    comment->files = in->files;
    comment->file_count = in->file_count;
}

// The mailbox that was written to is ours, and all that the desk has.
static void set_own_addresses(struct ingest *in)
{
    size_t count = 0;
    struct str *list = mailbox_list(in->desk, in->ctx, &count);
    list[count++] = in->mailbox;
    in->own = (struct own_addresses){list, count, in->desk->app->secret};
}

// Fetched mail has lost its envelope: who it was for is what its headers say, where that is ours;
// an address that proves a ticket before others.
static void find_recipient(struct ingest *in)
{
    const struct mail_message *m = in->message;
    const struct mail_addresses *lists[] = {&m->delivered_to, &m->x_original_to, &m->to, &m->cc,
                                            &m->bcc};
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        for (size_t i = 0; i < lists[k]->count; i++) {
            struct str bare = STR("");
            struct str address = lists[k]->items[i].address;
            struct mail_token token =
                mail_address_token(in->ctx, in->desk->app->secret, address, &bare);
            bool ours =
                str_ieq(bare, in->letter->recipient) || mailbox_is_own(in->desk, in->ctx, bare);
            if (token.kind != MAIL_TOKEN_NONE && ours) {
                in->token = token;
                in->recipient = address;
                return;
            }
        }
    }
}

static bool prepare(struct ingest *in, struct error *err)
{
    struct mail_limits limits = mail_limits_default(in->now);
    in->token = mail_address_token(in->ctx, in->desk->app->secret, in->recipient, &in->mailbox);
    if (!mail_parse(in->ctx, in->letter->raw, &limits, &in->message, err)) {
        return false;
    }
    if (in->letter->inbox.v != 0) {
        find_recipient(in);
    }
    set_own_addresses(in);
    in->verdict = mail_classify(in->ctx, in->message, &in->own);
    if (in->desk->app->config->agent_forwarding != 0) {
        in->forward = mail_forwarded(in->ctx, in->message);
    }
    if (!store_files(in, err)) {
        return false;
    }
    read_text(in);
    return true;
}

static struct str first_address(const struct mail_addresses *list)
{
    return list->count > 0 ? list->items[0].address : STR("");
}

static struct mail_arrival arrival_of(const struct ingest *in)
{
    const struct mail_message *m = in->message;
    return (struct mail_arrival){
        .mailbox = in->mailbox,
        .recipient = in->recipient,
        .envelope_from = in->letter->envelope_from,
        .received_at = in->now,
        .message_id = m == NULL || m->message_id_made ? STR("") : m->message_id,
        .sender = m == NULL ? STR("") : first_address(&m->from),
        .subject = m == NULL ? STR("") : m->subject,
        .raw = in->letter->raw,
        .blob = in->blob,
        .state = MAIL_NEW,
        .reason = STR(""),
        .inbox = in->letter->inbox,
        .silent = in->letter->silent,
        .dated_at = in->letter->dated_at,
    };
}

// --- the transaction ----------------------------------------------------------------------------

static bool take_kept(struct ingest *in, const struct mail_arrival *arrival, struct error *err)
{
    struct mail_record record;
    if (!mail_spool_get(in->tx, in->ctx, in->kept, &record, err)) {
        return false;
    }
    in->spooled = (struct mail_spooled){.id = in->kept, .state = record.state};
    return mail_spool_describe(in->tx, in->kept, arrival, err);
}

static bool take_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct ingest *in = arg;
    struct mail_arrival arrival = arrival_of(in);
    in->tx = tx;
    in->decision = INGEST_GO_ON;
    in->ticket = (struct ticket_id){0};
    in->proof = STR_NONE;
    if (!(in->kept.v != 0 ? take_kept(in, &arrival, err)
                          : mail_spool_put(tx, &arrival, &in->spooled, err))) {
        return false;
    }
    if (in->spooled.state != MAIL_NEW) {
        return true;  // it came before, or somebody was quicker
    }
    in->comment.mail = in->spooled.id;
    if (!intake_steps(in, err)) {
        return false;
    }
    switch (in->decision) {
    case INGEST_DROP:
        return mail_spool_drop(tx, in->spooled.id, in->reason, in->now, err);
    case INGEST_QUARANTINE:
        return mail_spool_quarantine(tx, in->spooled.id, in->reason, err);
    case INGEST_ASIDE:
        return mail_spool_done(tx, in->spooled.id, (struct ticket_id){0}, (struct comment_id){0},
                               in->now, err);
    case INGEST_GO_ON:
        break;
    }
    return mail_spool_done(tx, in->spooled.id, in->outcome.after.id, in->outcome.comment, in->now,
                           err);
}

static bool keep_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct ingest *in = arg;
    struct mail_arrival arrival = arrival_of(in);
    struct mail_spooled spooled;
    if (in->kept.v != 0) {
        return (in->message == NULL || mail_spool_describe(tx, in->kept, &arrival, err)) &&
               mail_spool_quarantine(tx, in->kept, in->reason, err);
    }
    arrival.state = MAIL_QUARANTINED;
    arrival.reason = in->reason;
    return mail_spool_put(tx, &arrival, &spooled, err);
}

// Whether the trouble is the mail's own, so that another try would end the same way.
static bool is_the_mails_fault(const struct error *err)
{
    return !error_retryable(err->code) && err->code != ERR_NO_SPACE;
}

static enum intake_result take(struct ingest *in, struct error *err)
{
    struct error why = {0};
    if (in->kept.v == 0 &&
        !mail_spool_prepare(in->ctx, in->desk->app->blobs, in->letter->raw, &in->blob, err)) {
        return INTAKE_TRY_LATER;
    }
    bool prepared = prepare(in, &why);
    if (prepared && db_tx_run(in->desk->app->db, "mail.intake", take_in_tx, in, &why)) {
        return INTAKE_TAKEN;
    }
    if (!is_the_mails_fault(&why)) {
        *err = why;
        return INTAKE_TRY_LATER;
    }
    in->reason = str_dup(in->ctx, str_c(why.message));
    LOG(LOG_LEVEL_WARN, "mail waits for an administrator", LOG_TEXT("reason", in->reason),
        LOG_TEXT("detail", str_c(why.detail)));
    return db_tx_run(in->desk->app->db, "mail.keep", keep_in_tx, in, err) ? INTAKE_TAKEN
                                                                          : INTAKE_TRY_LATER;
}

static struct ingest *ingest_new(struct desk *desk, mem_ctx *ctx, const struct letter *letter)
{
    struct ingest *in = mem_new(ctx, struct ingest);
    in->desk = desk;
    in->ctx = ctx;
    in->letter = letter;
    in->recipient = str_trim(letter->recipient);
    in->now = clock_now(desk->app->clock);
    return in;
}

enum intake_result intake_letter(struct desk *desk, mem_ctx *ctx, const struct letter *letter,
                                 struct error *err)
{
    if (!intake_knows(desk, ctx, letter->recipient)) {
        (void)error_set(err, ERR_NOT_FOUND, "There is no mailbox %.*s here.",
                        STR_ARG(letter->recipient));
        return INTAKE_REFUSED;
    }
    return take(ingest_new(desk, ctx, letter), err);
}

// --- mails that are kept already ----------------------------------------------------------------

struct keeping {
    struct desk *desk;
    mem_ctx *ctx;
    struct mail_id id;
    struct mail_record record;
    struct str raw;
};

static bool read_record(struct db *db, void *arg, struct error *err)
{
    struct keeping *k = arg;
    return mail_spool_get(db, k->ctx, k->id, &k->record, err) &&
           mail_spool_raw(db, k->desk->app->blobs, k->ctx, &k->record, &k->raw, err);
}

static enum intake_result take_record(const struct keeping *k, bool released, struct error *err)
{
    const struct letter letter = {.envelope_from = k->record.envelope_from,
                                  .recipient = k->record.recipient,
                                  .raw = k->raw,
                                  .inbox = k->record.inbox,
                                  .silent = k->record.silent,
                                  .dated_at = k->record.dated_at};
    struct ingest *in = ingest_new(k->desk, k->ctx, &letter);
    in->kept = k->id;
    in->released = released;
    return take(in, err);
}

bool intake_kept(struct desk *desk, mem_ctx *ctx, struct mail_id id, struct error *err)
{
    struct keeping k = {.desk = desk, .ctx = ctx, .id = id};
    return db_read(desk->app->db, read_record, &k, err) &&
           take_record(&k, false, err) == INTAKE_TAKEN;
}

static bool mark_released(struct db *tx, void *arg, struct error *err)
{
    struct keeping *k = arg;
    return mail_spool_release(tx, k->id, err);
}

bool intake_release(struct desk *desk, mem_ctx *ctx, const struct actor *actor, struct mail_id id,
                    struct error *err)
{
    struct keeping k = {.desk = desk, .ctx = ctx, .id = id};
    if (!actor_is_admin(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only administrators can release mails.");
    }
    return db_read(desk->app->db, read_record, &k, err) &&
           db_tx_run(desk->app->db, "mail.release", mark_released, &k, err) &&
           take_record(&k, true, err) == INTAKE_TAKEN;
}

// --- LMTP ---------------------------------------------------------------------------------------

static const struct lmtp_answer ANSWER_OK = {LMTP_ACCEPTED, STR_INIT("")};
static const struct lmtp_answer ANSWER_NO_MAILBOX = {LMTP_REFUSED,
                                                     STR_INIT("no such mailbox here")};
static const struct lmtp_answer ANSWER_LATER = {LMTP_TRY_LATER, STR_INIT("please try again later")};

static struct lmtp_answer on_rcpt(void *env, mem_ctx *ctx, struct str address)
{
    return intake_knows(env, ctx, address) ? ANSWER_OK : ANSWER_NO_MAILBOX;
}

static void on_deliver(void *env, mem_ctx *ctx, const struct lmtp_envelope *envelope,
                       struct str raw, struct lmtp_answer *answers)
{
    for (size_t i = 0; i < envelope->rcpt_count; i++) {
        const struct letter letter = {
            .envelope_from = envelope->mail_from, .recipient = envelope->rcpts[i], .raw = raw};
        struct error err;
        switch (intake_letter(env, ctx, &letter, &err)) {
        case INTAKE_TAKEN:
            answers[i] = ANSWER_OK;
            break;
        case INTAKE_REFUSED:
            answers[i] = ANSWER_NO_MAILBOX;
            break;
        case INTAKE_TRY_LATER:
            log_error("a mail could not be taken in now", &err);
            answers[i] = ANSWER_LATER;
            break;
        }
    }
}

struct lmtp_acceptor intake_acceptor(struct desk *desk)
{
    return (struct lmtp_acceptor){desk, on_rcpt, on_deliver};
}
