// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a mail may become, step by step. Addresses and headers prove nothing: only our own keyed
// tokens and Message-IDs do, and they decide whether somebody unknown to a ticket may add to it and
// whether a mail may speak for a member of staff.
#include "desk/channels/intake_internal.h"

#include "app/config.h"
#include "desk/aside/aside.h"
#include "desk/channels/mailbox.h"
#include "desk/desk.h"
#include "mail/address.h"
#include "mail/outbox.h"

#define NEW_PEOPLE_MOST 40

typedef bool ingest_step(struct ingest *in, struct error *err);

static bool decide(struct ingest *in, enum ingest_decision decision, struct str reason)
{
    in->decision = decision;
    in->reason = reason;
    return true;
}

// Keeps the mail for an administrator, unless one has let it in already.
static bool doubt(struct ingest *in, const char *reason)
{
    return in->released || decide(in, INGEST_QUARANTINE, str_c(reason));
}

// --- mails that are no request ------------------------------------------------------------------

static bool step_own_loop(struct ingest *in, struct error *err)
{
    (void)err;
    return !in->verdict.own_loop ||
           decide(in, INGEST_DROP, STR("Our own mail came back; recorded, and not answered."));
}

static struct str bounce_text(const struct ingest *in)
{
    const struct mail_bounce *bounce = &in->verdict.bounce;
    struct str text = str_none(bounce->diagnostic) ? in->message->subject : bounce->diagnostic;
    return str_one_line(in->ctx, text, 300);
}

static bool note_bounce(struct ingest *in, const struct outmail *mail, struct error *err)
{
    struct ticket_event event = {
        .kind = STR("Error"),
        .field = STR_NONE,
        .value = str_printf(in->ctx, "A mail to " STR_FMT " came back: " STR_FMT,
                            STR_ARG(mail->address), STR_ARG(bounce_text(in))),
        .previous = STR_NONE,
    };
    return mail->ticket.v == 0 ||
           ticket_note_event(&in->desk->tickets, in->tx, mail->ticket, &event, err);
}

// A bounce names the mail that it is about by the address it was sent to.
static bool step_bounce(struct ingest *in, struct error *err)
{
    struct outmail mail;
    bool found = false;
    if (!in->verdict.is_bounce || in->token.kind == MAIL_TOKEN_ASIDE) {
        return true;
    }
    if (in->token.kind != MAIL_TOKEN_BOUNCE) {
        return doubt(in, "A mail of some other sender could not be delivered, and its notice came "
                         "here.");
    }
    if (!mail_outbox_get(in->tx, in->ctx, in->token.mail, &found, &mail, err)) {
        return false;
    }
    if (found && in->verdict.bounce.delivery == DELIVERY_PERMANENT) {
        if (!mail_outbox_bounced(in->tx, mail.id, bounce_text(in), &found, err) ||
            !identity_undeliverable(&in->desk->people, in->tx, mail.address, err) ||
            !note_bounce(in, &mail, err) ||
            !aside_mail_failed(in->desk, in->tx, &mail, bounce_text(in), err)) {
            return false;
        }
    }
    return decide(in, INGEST_DROP, STR("A notice about a mail of ours; noted at its ticket."));
}

// --- side conversations -------------------------------------------------------------------------

// What belongs to one ends here, whoever wrote it: behind this step stand requests and comments.
static bool step_aside(struct ingest *in, struct error *err)
{
    struct aside_arrival arrival = {
        .from = mail_requester(in->message, &in->own),
        .message_id = in->message->message_id_made ? STR("") : in->message->message_id,
        .mail = in->spooled.id,
        .words = &in->comment,
        .automatic = in->verdict.auto_reply || in->verdict.is_bounce,
        .silent = in->letter->silent,
        .now = in->now,
    };
    if (!aside_find(in->desk, in->tx, in->ctx, &in->token, in->message, &arrival.place, err)) {
        return false;
    }
    if (!arrival.place.belongs) {
        return true;
    }
    if (arrival.place.gone) {
        return doubt(in, "It answers a side conversation that is gone.");
    }
    if (str_empty(arrival.from.address) && in->verdict.from_own) {
        return decide(in, INGEST_QUARANTINE, STR("The mail claims to come from this desk itself."));
    }
    return aside_take(in->desk, in->tx, in->ctx, &arrival, err) &&
           decide(in, INGEST_ASIDE, STR(""));
}

// --- who ----------------------------------------------------------------------------------------

static bool step_sender(struct ingest *in, struct error *err)
{
    struct mail_address from = mail_requester(in->message, &in->own);
    bool created = false;
    if (str_empty(from.address)) {
        return decide(in, INGEST_QUARANTINE,
                      in->verdict.from_own
                          ? STR("The mail claims to come from this desk itself.")
                          : STR("The mail names no sender that could be answered."));
    }
    struct sender sender = {from.address, from.name, STR_NONE};
    if (!user_find_or_create(&in->desk->people, in->tx, in->ctx, &sender, &in->person, &created,
                             err)) {
        return false;
    }
    return !in->person.suspended || doubt(in, "The sender is suspended.");
}

// --- which ticket -------------------------------------------------------------------------------

static bool by_own_reference(struct ingest *in)
{
    const struct mail_message *m = in->message;
    struct str secret = in->desk->app->secret;
    struct comment_id comment;
    for (size_t i = 0; i < m->in_reply_to.count; i++) {
        if (mail_message_id_verify(secret, m->in_reply_to.items[i], &in->ticket, &comment) &&
            in->ticket.v != 0) {
            return true;
        }
    }
    for (size_t i = m->references.count; i > 0; i--) {
        if (mail_message_id_verify(secret, m->references.items[i - 1], &in->ticket, &comment) &&
            in->ticket.v != 0) {
            return true;
        }
    }
    return false;
}

static bool by_known_reference(struct ingest *in, struct error *err)
{
    const struct mail_message *m = in->message;
    size_t count = m->in_reply_to.count + m->references.count;
    struct str *ids = mem_array(in->ctx, struct str, count + 1);
    size_t used = 0;
    for (size_t i = 0; i < m->in_reply_to.count; i++) {
        ids[used++] = m->in_reply_to.items[i];
    }
    for (size_t i = m->references.count; i > 0; i--) {
        ids[used++] = m->references.items[i - 1];
    }
    return used == 0 || mail_spool_ticket_of(in->tx, in->ctx, ids, used, &in->ticket, err);
}

static bool load_found(struct ingest *in, bool *ret_found, struct error *err)
{
    struct actor system = actor_system(CHANNEL_EMAIL);
    struct error why;
    *ret_found = true;
    for (int hops = 0; hops < 10; hops++) {
        if (!ticket_load(in->tx, in->ctx, &system, in->ticket, &in->found, &why)) {
            *ret_found = false;
            if (why.code != ERR_NOT_FOUND) {
                *err = why;
                return false;
            }
            return true;
        }
        if (in->found.merged_into.v == 0) {
            return true;
        }
        in->ticket = in->found.merged_into;  // what was merged lives on in another
    }
    *ret_found = false;
    return true;
}

static bool is_participant(struct ingest *in, bool *ret, struct error *err)
{
    struct collaborator *list = NULL;
    size_t count = 0;
    *ret = in->found.requester.v == in->person.id.v;
    if (*ret) {
        return true;
    }
    if (!ticket_collaborators(in->tx, in->ctx, &in->found, 1, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        *ret = *ret || list[i].user.v == in->person.id.v;
    }
    return true;
}

// The number in a subject is only believed from somebody who belongs to that ticket.
static bool by_subject_tag(struct ingest *in, struct error *err)
{
    bool found = false;
    bool belongs = false;
    struct ticket_id tagged =
        mail_subject_ticket(in->desk->app->config->tag_prefix, in->message->subject);
    if (tagged.v == 0) {
        return true;
    }
    in->ticket = tagged;
    if (!load_found(in, &found, err) || (found && !is_participant(in, &belongs, err))) {
        return false;
    }
    bool staff = found && in->person.role >= ROLE_AGENT;
    if (!belongs && !staff) {
        in->ticket = (struct ticket_id){0};
    }
    return true;
}

static bool step_find_ticket(struct ingest *in, struct error *err)
{
    bool found = false;
    if (in->token.kind == MAIL_TOKEN_REPLY) {
        in->ticket = in->token.ticket;
        in->proof = STR("token");
    } else if (by_own_reference(in)) {
        in->proof = STR("reference");
    } else {
        if (!by_known_reference(in, err)) {
            return false;
        }
        if (in->ticket.v != 0) {
            in->proof = STR("reference");
        } else if (!by_subject_tag(in, err)) {
            return false;
        }
    }
    if (in->ticket.v == 0) {
        return true;
    }
    if (!load_found(in, &found, err)) {
        return false;
    }
    if (!found) {
        in->ticket = (struct ticket_id){0};  // deleted, or another desk's: a new request
    }
    return true;
}

static bool step_machine(struct ingest *in, struct error *err)
{
    (void)err;
    bool orphan = in->ticket.v == 0 && in->verdict.auto_reply;
    bool closed = in->ticket.v != 0 && in->found.status == STATUS_CLOSED;
    if (in->verdict.auto_reply && closed) {
        return decide(in, INGEST_DROP, STR("An automatic answer to a closed ticket."));
    }
    return !orphan || doubt(in, "An automatic answer that belongs to no ticket.");
}

// --- what it becomes ----------------------------------------------------------------------------

static bool add_copies(struct ingest *in, struct ticket_change *change, struct error *err)
{
    const struct mail_addresses *lists[] = {&in->message->to, &in->message->cc};
    struct collaborator_change *copies =
        mem_array(in->ctx, struct collaborator_change, NEW_PEOPLE_MOST + 1);
    size_t count = 0;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < lists[k]->count && count < NEW_PEOPLE_MOST; i++) {
            const struct mail_address *one = &lists[k]->items[i];
            struct user person;
            bool created = false;
            struct str bare = one->address;
            (void)mail_address_token(in->ctx, in->desk->app->secret, one->address, &bare);
            bool own = mailbox_is_own(in->desk, in->ctx, one->address) ||
                       str_ieq(bare, in->mailbox) || address_never_answer(one->address);
            if (own || address_same(one->address, in->person.email)) {
                continue;
            }
            struct sender sender = {one->address, one->name, STR_NONE};
            if (!user_find_or_create(&in->desk->people, in->tx, in->ctx, &sender, &person, &created,
                                     err)) {
                return false;
            }
            copies[count++] = (struct collaborator_change){person.id, COLLABORATOR_CC, false};
        }
    }
    change->collaborators = copies;
    change->collaborator_count = count;
    return true;
}

// In whose name the change is made. A mail speaks for staff only where the reply address that was
// sent to this very person proves it; otherwise staff are people like others with their own
// requests, and what they write to somebody else's ticket, in copy or not, stays an internal note,
// marked: the customer would read it as the desk's word.
static struct actor acting(struct ingest *in)
{
    struct actor actor = {
        .user = in->person.id,
        .role = ROLE_END_USER,
        .scope = SCOPE_OWN,
        .name = in->person.name,
        .email = in->person.email,
        .organization = in->person.organization,
        .channel = CHANNEL_EMAIL,
        .locale = in->person.locale,
        .time_zone = in->person.time_zone,
        .address = STR_NONE,
    };
    bool staff = in->person.role >= ROLE_LIGHT_AGENT;
    bool proven = in->token.kind == MAIL_TOKEN_REPLY && in->token.user.v == in->person.id.v;
    bool own = in->ticket.v != 0 && in->found.requester.v == in->person.id.v;
    if (in->ticket.v == 0 || !staff || own) {
        return actor;
    }
    if (proven) {
        actor.role = in->person.role;
        actor.scope = SCOPE_ALL;
        in->comment.is_public = in->person.role >= ROLE_AGENT;
        return actor;
    }
    actor = actor_system(CHANNEL_EMAIL);
    in->comment.author = in->person.id;
    in->comment.is_public = false;
    in->comment.stranger = STR("unproven");
    return actor;
}

// Mail of the time before: told as it was, by nobody of today, and nobody hears of it.
static void date_back(struct ingest *in, struct ticket_change *change, struct actor *actor)
{
    int64_t at = in->letter->dated_at < in->now ? in->letter->dated_at : in->now;
    *actor = actor_system(CHANNEL_EMAIL);
    change->import = true;
    change->created_at = at;
    change->submitter = in->person.id;
    if (change->ticket.v == 0) {
        change->set |= SET_REQUESTER;
        change->requester = in->person.id;
    }
    in->comment.author = in->person.id;
    in->comment.created_at = at;
}

static bool apply(struct ingest *in, struct error *err)
{
    struct ticket_change change = {
        .comment = in->forwarder.id.v != 0 ? &in->forwarded : &in->comment,
        .recipient = in->mailbox,
        .silent = in->letter->silent,
        .by_machine = in->verdict.no_answer || in->verdict.auto_reply,
    };
    bool closed = in->ticket.v != 0 && in->found.status == STATUS_CLOSED;
    bool belongs = false;
    if (in->ticket.v != 0 && !is_participant(in, &belongs, err)) {
        return false;
    }
    struct actor actor = acting(in);
    if (in->ticket.v != 0 && !closed) {
        change.ticket = in->ticket;
        if (!belongs && str_none(in->comment.stranger)) {
            in->comment.stranger = in->proof;
        }
    } else {
        actor.role = ROLE_END_USER;
        actor.user = in->person.id;
        in->comment.is_public = true;
        in->comment.stranger = STR_NONE;
        in->comment.author = (struct user_id){0};
        change.set = SET_SUBJECT;
        change.subject = in->message->subject.len > 0 ? in->message->subject : STR("(no subject)");
        change.followup_of = closed ? in->ticket : (struct ticket_id){0};
    }
    // Who is in copy reads along from now on: into a ticket that is there, only a mail that shows
    // to answer ours may bring others.
    bool proven = belongs && !str_none(in->proof) && str_none(in->comment.stranger);
    bool forwarded = in->forwarder.id.v != 0;
    bool copies = !change.by_machine && !forwarded && (change.ticket.v == 0 || proven);
    if (forwarded) {
        change.subject = in->forward.subject;
        change.submitter = in->forwarder.id;
    }
    if (in->letter->dated_at != 0) {
        date_back(in, &change, &actor);
    }
    return (!copies || add_copies(in, &change, err)) &&
           ticket_apply(&in->desk->tickets, in->tx, in->ctx, &actor, &change, &in->outcome, err) &&
           (!forwarded || intake_note_forwarder(in, err));
}

// --- in order -----------------------------------------------------------------------------------

bool intake_steps(struct ingest *in, struct error *err)
{
    static ingest_step *const STEPS[] = {step_own_loop,   step_bounce,      step_aside,
                                         step_sender,     step_find_ticket, step_machine,
                                         intake_forwarded};
    in->comment.stranger = STR_NONE;
    in->comment.author = (struct user_id){0};
    in->comment.is_public = true;
    in->forwarder = (struct user){0};
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        if (!STEPS[i](in, err)) {
            return false;
        }
        if (in->decision != INGEST_GO_ON) {
            return true;
        }
    }
    return apply(in, err);
}
