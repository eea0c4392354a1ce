// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which mails a change calls for. Every mail is a row of the outbox, written with the change: it
// exists exactly when the change does.
#include "desk/channels/channels.h"

#include "app/config.h"
#include "app/share.h"
#include "base/buf.h"
#include "desk/channels/mailbox.h"
#include "desk/desk.h"
#include "desk/marks/marks.h"
#include "mail/ids.h"
#include "mail/outbox.h"

static struct str mail_domain(struct str mailbox)
{
    struct str local;
    struct str domain;
    str_cut(mailbox, '@', &local, &domain);
    return str_none(domain) ? STR("localhost") : domain;
}

// `written_to` is the address that the ticket came to, or absent.
static bool put_mail(struct desk *desk, struct db *tx, struct str written_to, struct outmail *mail,
                     struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct str mailbox = mailbox_for(desk, ctx, written_to);
    mail->id = mail_outbox_new_id(tx);
    mail->message_id =
        mail_message_id(ctx, desk->app->secret, mail->ticket, mail->comment, mail_domain(mailbox));
    mail->envelope_from = mail_bounce_address(ctx, desk->app->secret, mailbox, mail->id);
    if (str_none(mail->envelope_from)) {
        mail->envelope_from = mailbox;
    }
    if (str_none(mail->payload)) {
        mail->payload = STR("");
    }
    struct outmail_id id;
    return mail_outbox_put(tx, mail, &id, err);
}

static bool mail_person(struct desk *desk, struct db *tx, const struct ticket_applied *applied,
                        const struct user *person, const char *kind, bool automatic,
                        struct error *err)
{
    const struct ticket_outcome *outcome = applied->outcome;
    bool allowed = !str_empty(person->email) && person->active;
    if (allowed && automatic &&
        !mail_auto_allowed(tx, person->email, outcome->after.id, applied->now, &allowed, err)) {
        return false;
    }
    if (!allowed) {
        return true;
    }
    int64_t held_until = automatic ? 0 : applied->change->comment->held_until;
    struct outmail mail = {
        .ticket = outcome->after.id,
        .comment = outcome->comment,
        .user = person->id,
        .kind = str_c(kind),
        .automatic = automatic,
        .address = person->email,
        .payload = STR(""),
        .send_at = held_until > applied->now ? held_until : applied->now,
        .created_at = applied->now,
    };
    return put_mail(desk, tx, outcome->after.recipient, &mail, err);
}

// The requester, everybody in copy and who follows the organisation, less the author.
static bool mail_everybody(struct desk *desk, struct db *tx, const struct ticket_applied *applied,
                           struct user_id author, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct collaborator *list = NULL;
    size_t count = 0;
    struct user *people = NULL;
    size_t people_count = 0;
    struct user_id *followers = NULL;
    size_t follower_count = 0;
    const struct ticket *ticket = &applied->outcome->after;
    if (!ticket_collaborators(tx, ctx, ticket, 1, &list, &count, err) ||
        !marks_followers(tx, ctx, ticket, &followers, &follower_count, err)) {
        return false;
    }
    struct user_id *ids = mem_array(ctx, struct user_id, count + follower_count + 1);
    size_t id_count = 0;
    ids[id_count++] = ticket->requester;
    for (size_t i = 0; i < count; i++) {
        if (list[i].kind == COLLABORATOR_CC) {
            ids[id_count++] = list[i].user;
        }
    }
    for (size_t i = 0; i < follower_count; i++) {
        ids[id_count++] = followers[i];
    }
    if (!users_by_ids(tx, ctx, ids, id_count, &people, &people_count, err)) {
        return false;
    }
    for (size_t i = 0; i < people_count; i++) {
        if (people[i].id.v != author.v &&
            !mail_person(desk, tx, applied, &people[i], "reply", false, err)) {
            return false;
        }
    }
    return true;
}

static bool acknowledge(struct desk *desk, struct db *tx, const struct ticket_applied *applied,
                        struct error *err)
{
    struct user person;
    bool found = false;
    if (!user_find(tx, db_tx_ctx(tx), applied->outcome->after.requester, &person, &found, err)) {
        return false;
    }
    return !found || mail_person(desk, tx, applied, &person, "received", true, err);
}

static bool author_is_staff(struct db *tx, const struct ticket_applied *applied,
                            struct user_id author, bool *ret, struct error *err)
{
    struct user person;
    bool found = false;
    if (author.v == applied->actor->user.v) {
        *ret = actor_is_staff(applied->actor);
        return true;
    }
    if (!user_find(tx, db_tx_ctx(tx), author, &person, &found, err)) {
        return false;
    }
    *ret = found && person.role >= ROLE_LIGHT_AGENT;
    return true;
}

// What is held is shown to the requester when its mails leave.
static bool release_later(struct db *tx, const struct ticket_applied *applied, struct error *err)
{
    int64_t held_until = applied->change->comment->held_until;
    struct job_new job = {
        .kind = REPLY_RELEASE_JOB,
        .payload = str_printf(db_tx_ctx(tx), "%lld", (long long)applied->outcome->comment.v),
        .now = applied->now,
        .run_at = held_until,
    };
    return held_until <= applied->now || jobs_add(tx, &job, NULL, err);
}

bool channels_notify(void *desk, struct db *tx, const struct ticket_applied *applied,
                     struct error *err)
{
    const struct ticket_change *change = applied->change;
    const struct new_comment *comment = change->comment;
    bool created = applied->outcome->before.id.v == 0;
    bool staff = false;
    bool quiet = change->import || change->silent || change->by_machine;
    if (quiet || comment == NULL || !comment->is_public) {
        return true;
    }
    if (!release_later(tx, applied, err)) {
        return false;
    }
    struct user_id author = comment->author.v != 0 ? comment->author : applied->actor->user;
    if (!author_is_staff(tx, applied, author, &staff, err)) {
        return false;
    }
    if (staff && author.v != applied->outcome->after.requester.v) {
        return mail_everybody(desk, tx, applied, author, err);
    }
    return !created || acknowledge(desk, tx, applied, err);
}

bool channels_rule_mail(struct desk *desk, struct db *tx, const struct rule_mail *mail,
                        struct error *err)
{
    const struct user *person = mail->person;
    bool allowed = !str_empty(person->email) && person->active && !person->suspended;
    if (allowed &&
        !mail_auto_allowed(tx, person->email, mail->ticket->id, mail->now, &allowed, err)) {
        return false;
    }
    if (!allowed) {
        return true;
    }
    mem_ctx *ctx = db_tx_ctx(tx);
    // Subject in the first line, then the text: what the composer of this kind reads.
    struct outmail out = {
        .ticket = mail->ticket->id,
        .user = person->id,
        .kind = STR("rule"),
        .automatic = true,
        .address = person->email,
        .payload = str_printf(ctx, STR_FMT "\n" STR_FMT,
                              STR_ARG(str_one_line(ctx, mail->subject, 200)), STR_ARG(mail->text)),
        .send_at = mail->now,
        .created_at = mail->now,
    };
    return put_mail(desk, tx, mail->ticket->recipient, &out, err);
}

// --- sign-in links and the like -----------------------------------------------------------------

// Subject in the first line, then the text: what the composer of this kind reads.
static bool put_plain(struct desk *desk, struct db *tx, const struct people_mail *mail,
                      struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    int64_t now = clock_now(desk->app->clock);
    struct outmail out = {
        .user = mail->user,
        .kind = STR("account"),
        .automatic = false,
        .address = mail->to,
        .payload =
            str_printf(ctx, STR_FMT "\n" STR_FMT, STR_ARG(mail->subject), STR_ARG(mail->text)),
        .send_at = now,
        .created_at = now,
    };
    return put_mail(desk, tx, STR_NONE, &out, err);
}

bool channels_people_mail(void *env, struct db *tx, const struct people_mail *mail,
                          struct error *err)
{
    return put_plain(env, tx, mail, err);
}

bool channels_tell(struct desk *desk, struct db *tx, const struct user *person, struct str subject,
                   struct str text, struct error *err)
{
    struct people_mail mail = {.user = person->id,
                               .to = person->email,
                               .subject = str_one_line(db_tx_ctx(tx), subject, 200),
                               .text = text};
    return put_plain(desk, tx, &mail, err);
}

// --- open pages ---------------------------------------------------------------------------------

void channels_publish_ticket(struct db *tx, struct ticket_id ticket)
{
    share_changed(tx, str_printf(db_tx_ctx(tx), "ticket:%lld", (long long)ticket.v));
    share_changed(tx, STR("desk"));
}

bool channels_publish(void *env UNUSED, struct db *tx, const struct ticket_applied *applied,
                      struct error *err UNUSED)
{
    channels_publish_ticket(tx, applied->outcome->after.id);
    return true;
}

// --- undo and what became of a mail -------------------------------------------------------------

struct releasing {
    mem_ctx *ctx;
    struct comment_id comment;
};

static bool release_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct releasing *releasing = arg;
    struct ticket_id ticket;
    bool found = false;
    if (!ticket_release_comment(tx, releasing->ctx, releasing->comment, &found, &ticket, err)) {
        return false;
    }
    if (found) {
        channels_publish_ticket(tx, ticket);
    }
    return true;
}

bool channels_release_job(void *env, mem_ctx *ctx, const struct job *job, struct error *err)
{
    struct desk *desk = env;
    struct releasing releasing = {.ctx = ctx};
    if (!str_to_i64(job->payload, &releasing.comment.v)) {
        return error_set(err, ERR_INVALID, "The job names no comment.");
    }
    return db_tx_run(desk->app->db, "reply.release", release_in_tx, &releasing, err);
}

bool channels_undo_reply(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                         struct comment_id comment, struct ticket_id *ret_ticket, struct error *err)
{
    int64_t cancelled = 0;
    int64_t left = 0;
    if (!ticket_withdraw_comment(&desk->tickets, tx, ctx, actor, comment, ret_ticket, err) ||
        !mail_outbox_cancel_comment(tx, comment, &cancelled, &left, err)) {
        return false;
    }
    return left == 0 || error_set(err, ERR_CONFLICT, "It is too late: the reply has left already.");
}

bool channels_deliveries(struct db *db, mem_ctx *ctx, struct ticket_id ticket, int64_t now,
                         struct delivery **ret, size_t *ret_count, struct error *err)
{
    struct outmail *mails = NULL;
    size_t count = 0;
    if (!mail_outbox_of_ticket(db, ctx, ticket, 200, &mails, &count, err)) {
        return false;
    }
    struct delivery *list = mem_array(ctx, struct delivery, count + 1);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const struct outmail *mail = &mails[i];
        struct delivery one = {.comment = mail->comment};
        bool person = str_eq_c(mail->kind, "reply");
        switch (mail->state) {
        case OUTMAIL_WAITING:
            one.can_undo = person && mail->attempts == 0 && mail->send_at > now;
            one.text = mail->attempts > 0
                           ? str_printf(ctx,
                                        "Not yet delivered to " STR_FMT ", will be tried "
                                        "again. " STR_FMT,
                                        STR_ARG(mail->address), STR_ARG(mail->last_error))
                       : one.can_undo ? STR("Will be sent in a few seconds.")
                                      : STR("");
            break;
        case OUTMAIL_FAILED:
            one.failed = true;
            one.text = str_printf(ctx, "Could not be delivered to " STR_FMT ": " STR_FMT,
                                  STR_ARG(mail->address), STR_ARG(mail->last_error));
            break;
        case OUTMAIL_SENDING:
        case OUTMAIL_SENT:
        case OUTMAIL_CANCELLED:
            break;
        }
        if (one.text.len > 0) {
            list[used++] = one;
        }
    }
    *ret = list;
    *ret_count = used;
    return true;
}
