// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mails of side conversations on their way out. Each member gets one of their own, composed when it
// leaves; none of them belongs to the ticket.
#include "desk/aside/aside_internal.h"

#include "app/config.h"
#include "base/buf.h"
#include "base/random.h"
#include "blob/blob.h"
#include "desk/aside/queries.h"
#include "desk/channels/mailbox.h"
#include "mail/address.h"
#include "view/put.h"
#include "view/view.h"

#define FILES_MAX_BYTES (25 << 20)
#define REFERENCES_MAX 30

// --- who is mailed ------------------------------------------------------------------------------

struct rounds {
    struct aside_round *round;
    struct ticket ticket;
    struct user_id *readers;  // of the ticket itself: never mailed here
    size_t reader_count;
    struct str *mailed;
    size_t mailed_count;
};

static bool load_readers(struct rounds *r, struct error *err)
{
    struct aside_round *round = r->round;
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct collaborator *list = NULL;
    size_t count = 0;
    if (!ticket_load(round->tx, round->ctx, &system, round->aside->ticket, &r->ticket, err) ||
        !ticket_collaborators(round->tx, round->ctx, &r->ticket, 1, &list, &count, err)) {
        return false;
    }
    r->readers = mem_array(round->ctx, struct user_id, count + 1);
    r->readers[r->reader_count++] = r->ticket.requester;
    for (size_t i = 0; i < count; i++) {
        if (list[i].kind == COLLABORATOR_CC) {
            r->readers[r->reader_count++] = list[i].user;
        }
    }
    return true;
}

static bool reads_ticket(const struct rounds *r, struct user_id user)
{
    for (size_t i = 0; i < r->reader_count; i++) {
        if (r->readers[i].v == user.v) {
            return true;
        }
    }
    return false;
}

static bool mailed_already(struct rounds *r, struct str address)
{
    for (size_t i = 0; i < r->mailed_count; i++) {
        if (address_same(r->mailed[i], address)) {
            return true;
        }
    }
    r->mailed = mem_grow(r->round->ctx, r->mailed, struct str, r->mailed_count + 1);
    r->mailed[r->mailed_count++] = address;
    return false;
}

static bool put_mail(struct rounds *r, int64_t member, struct user_id user, struct str address,
                     struct error *err)
{
    struct aside_round *round = r->round;
    struct str secret = round->desk->app->secret;
    struct str mailbox = mailbox_for(round->desk, round->ctx, r->ticket.recipient);
    struct str domain = address_domain(mailbox);
    bool allowed = true;
    struct outmail_id id;
    if (mailed_already(r, address)) {
        return true;
    }
    if (round->relayed &&
        !mail_auto_allowed(round->tx, address, (struct ticket_id){0}, round->now, &allowed, err)) {
        return false;
    }
    if (!allowed) {
        return true;
    }
    struct outmail mail = {
        .id = mail_outbox_new_id(round->tx),
        .user = user,
        .kind = STR(ASIDE_MAIL_KIND),
        .automatic = round->relayed,
        .address = address,
        .message_id = mail_aside_id(round->ctx, secret, round->aside->id, member, domain),
        .payload = STR(""),
        .send_at = round->now,
        .created_at = round->now,
    };
    mail.envelope_from = mail_bounce_address(round->ctx, secret, mailbox, mail.id);
    mail.envelope_from = str_none(mail.envelope_from) ? mailbox : mail.envelope_from;
    return mail_outbox_put(round->tx, &mail, &id, err) &&
           aside_mail_insert(round->tx, id, round->aside->id, round->event, member, mail.message_id,
                             err);
}

static bool mail_person(struct rounds *r, int64_t member, const struct user *user,
                        struct error *err)
{
    bool wanted = member != r->round->author && user->id.v != r->round->writer.v && user->active &&
                  !user->suspended && user->role >= ROLE_LIGHT_AGENT && !str_empty(user->email) &&
                  !reads_ticket(r, user->id);
    return !wanted || put_mail(r, member, user->id, user->email, err);
}

static bool mail_address_member(struct rounds *r, const struct aside_member *member,
                                struct error *err)
{
    struct aside_round *round = r->round;
    struct user user;
    bool found = false;
    if (member->id == round->author) {
        return true;
    }
    if (!user_by_email(round->tx, round->ctx, member->address, &user, &found, err)) {
        return false;
    }
    return (found && reads_ticket(r, user.id)) ||
           put_mail(r, member->id, (struct user_id){0}, member->address, err);
}

static bool has_person(const struct aside_round *round, struct user_id user,
                       struct aside_member *ret)
{
    for (size_t i = 0; i < round->count; i++) {
        if (round->members[i].kind == ASIDE_PERSON && round->members[i].person.v == user.v) {
            *ret = round->members[i];
            return true;
        }
    }
    return false;
}

// A row for somebody who has none yet, so that they have a reply address.
static bool join(struct rounds *r, const struct user *user, int64_t through,
                 struct aside_member *ret, struct error *err)
{
    struct aside_round *round = r->round;
    if (has_person(round, user->id, ret)) {
        return true;
    }
    *ret = (struct aside_member){.id = db_next_id(round->tx),
                                 .aside = round->aside->id,
                                 .kind = ASIDE_PERSON,
                                 .person = user->id,
                                 .through = through,
                                 .name = user->name,
                                 .address = str_none(user->email) ? STR("") : user->email,
                                 .asked = through != 0};
    const struct aside_member_insert_in in = {
        .id = ret->id,
        .aside_id = ret->aside,
        .kind = STR("person"),
        .person_id = ret->person,
        .through_id = {through != 0, through},
        .name = ret->name,
        .address = ret->address,
        .asked = ret->asked,
        .created_at = round->now,
    };
    round->members = mem_grow(round->ctx, round->members, struct aside_member, round->count + 1);
    round->members[round->count++] = *ret;
    return aside_member_insert(round->tx, &in, err);
}

static bool mail_group(struct rounds *r, struct group_id group, int64_t through, struct error *err)
{
    struct aside_round *round = r->round;
    struct user_id *ids = NULL;
    struct user *people = NULL;
    size_t count = 0;
    size_t people_count = 0;
    if (!group_members(round->tx, round->ctx, group, &ids, &count, err) ||
        !users_by_ids(round->tx, round->ctx, ids, count, &people, &people_count, err)) {
        return false;
    }
    for (size_t i = 0; i < people_count; i++) {
        struct aside_member member;
        if (!join(r, &people[i], through, &member, err) ||
            (member.through == through && !mail_person(r, member.id, &people[i], err))) {
            return false;
        }
    }
    return true;
}

static bool mail_member(struct rounds *r, const struct aside_member *member, struct error *err)
{
    struct user user;
    bool found = false;
    switch (member->kind) {
    case ASIDE_GROUP:
        return mail_group(r, member->group, member->id, err);
    case ASIDE_ADDRESS:
        return !r->round->outside || mail_address_member(r, member, err);
    case ASIDE_PERSON:
        break;
    }
    return user_find(r->round->tx, r->round->ctx, member->person, &user, &found, err) &&
           (!found || mail_person(r, member->id, &user, err));
}

// Whoever works on the ticket now, where nobody of the conversation is there to read an answer.
static bool mail_worker(struct rounds *r, struct error *err)
{
    struct user_id id = r->ticket.assignee.v != 0 ? r->ticket.assignee : r->ticket.steward;
    struct aside_member member;
    struct user user;
    bool found = false;
    if (!user_find(r->round->tx, r->round->ctx, id, &user, &found, err)) {
        return false;
    }
    return !found || user.role < ROLE_LIGHT_AGENT ||
           (join(r, &user, 0, &member, err) && mail_person(r, member.id, &user, err));
}

bool aside_mail_round(struct aside_round *round, struct error *err)
{
    struct rounds r = {.round = round};
    size_t count = round->count;  // those who join on the way were mailed
    if (!load_readers(&r, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct aside_member member = round->members[i];
        if (member.through == 0 && !mail_member(&r, &member, err)) {
            return false;
        }
    }
    return !round->relayed || r.mailed_count > 0 || mail_worker(&r, err);
}

// --- what a mail says ---------------------------------------------------------------------------

struct writing {
    struct desk *desk;
    struct db *db;
    mem_ctx *ctx;
    const struct outmail *mail;
    struct aside aside;
    struct aside_whole whole;
    struct ticket ticket;
    const struct aside_event *event;
    const struct aside_member *member;
    struct user recipient;  // staff; id none for others
    struct user reader;     // whose language it is in
    struct str left_out;
    struct compose_mail *out;
};

static bool load_writing(struct writing *w, bool *ret_found, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct aside_mail_row row;
    struct error why;
    bool found = false;
    *ret_found = false;
    if (!aside_mail_by_id(w->db, w->ctx, w->mail->id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return true;
    }
    if (!aside_find_any(w->db, w->ctx, row.aside_id, &w->aside, &found, err) ||
        !asides_whole(w->db, w->ctx, &w->aside, found ? 1 : 0, &w->whole, err)) {
        return false;
    }
    if (!found || !ticket_load(w->db, w->ctx, &system, w->aside.ticket, &w->ticket, &why)) {
        return true;  // the ticket was thrown away meanwhile
    }
    for (size_t i = 0; i < w->whole.event_count; i++) {
        w->event = w->whole.events[i].id == row.event_id ? &w->whole.events[i] : w->event;
    }
    w->member = aside_member_of(&w->whole, row.member_id);
    *ret_found = w->event != NULL && w->member != NULL;
    return user_find(w->db, w->ctx, w->mail->user, &w->recipient, &found, err) &&
           user_find(w->db, w->ctx, w->recipient.id.v != 0 ? w->recipient.id : w->aside.created_by,
                     &w->reader, &found, err);
}

// The thread as this member's mail program knows it.
static void make_thread(struct writing *w)
{
    size_t most = w->whole.event_count + w->whole.sent_count;
    struct str *list = mem_array(w->ctx, struct str, most + 1);
    size_t count = 0;
    for (size_t i = 0; i < w->whole.event_count && w->whole.events[i].id < w->event->id; i++) {
        const struct aside_event *event = &w->whole.events[i];
        if (event->member == w->member->id && event->message_id.len > 0) {
            list[count++] = event->message_id;
        }
        for (size_t k = 0; k < w->whole.sent_count; k++) {
            const struct aside_sent *sent = &w->whole.sent[k];
            if (sent->event == event->id && sent->member == w->member->id) {
                list[count++] = sent->message_id;
            }
        }
    }
    size_t skip = count > REFERENCES_MAX ? count - REFERENCES_MAX : 0;
    w->out->references = list + skip;
    w->out->reference_count = count - skip;
    w->out->in_reply_to = count > 0 ? list[count - 1] : STR("");
}

static bool load_files(struct writing *w, struct error *err)
{
    struct compose_file *files = mem_array(w->ctx, struct compose_file, w->whole.file_count + 1);
    size_t count = 0;
    int64_t room = FILES_MAX_BYTES;
    w->left_out = STR("");
    for (size_t i = 0; i < w->whole.file_count; i++) {
        const struct aside_file *file = &w->whole.files[i];
        struct hash hash;
        struct str bytes;
        if (file->event != w->event->id) {
            continue;
        }
        if (file->size > room || !blob_hash_parse(file->hash, &hash)) {
            w->left_out = str_printf(w->ctx, STR_FMT "%s" STR_FMT, STR_ARG(w->left_out),
                                     w->left_out.len > 0 ? ", " : "", STR_ARG(file->file_name));
            continue;
        }
        if (!blob_read(w->ctx, w->desk->app->blobs, hash, (size_t)file->size + 1, &bytes, err)) {
            return false;
        }
        room -= file->size;
        files[count++] = (struct compose_file){.name = file->file_name,
                                               .type = file->content_type,
                                               .content_id = STR(""),
                                               .content = bytes};
    }
    w->out->files = files;
    w->out->file_count = count;
    return true;
}

static struct str words_of(struct writing *w)
{
    const struct config *config = w->desk->app->config;
    struct buf text;
    struct buf ignored;
    struct view v;
    bool staff = w->recipient.id.v != 0;
    buf_init(&text, w->ctx, w->event->body.len + w->left_out.len + 8192);
    buf_init(&ignored, w->ctx, 1);
    view_init(&v, &ignored, w->ctx);
    v.site = w->desk->site;
    view_reader(&v, w->reader.locale, w->reader.time_zone);
    buf_put(&text, w->event->body);
    if (w->left_out.len > 0) {
        const struct view_arg files = {"files", view_value_str(w->left_out)};
        buf_put_c(&text, "\n\n");
        buf_put(&text, view_words_str(&v, "Too large for a mail: {files}", &files, 1));
    }
    buf_put_c(&text, "\n\n--\n");
    buf_put(&text, w->event->name);
    buf_put_c(&text, "\n");
    buf_put(&text, config->desk_name);
    buf_put_c(&text, "\n");
    if (staff) {
        buf_printf(&text, "#%lld " STR_FMT "\n", (long long)w->ticket.id.v,
                   STR_ARG(w->ticket.subject));
    }
    if (staff && config->public_url.len > 0) {
        buf_printf(&text, STR_FMT "/tickets/%lld/asides/%lld\n", STR_ARG(config->public_url),
                   (long long)w->ticket.id.v, (long long)w->aside.id);
    }
    buf_put(&text, tr(&v, "Simply answer this mail. The person who asked for help does not see "
                          "what is written here."));
    buf_put_c(&text, "\n");
    return buf_str(&text);
}

bool aside_compose(struct desk *desk, struct db *db, mem_ctx *ctx, const struct outmail *mail,
                   struct compose_mail *ret, bool *ret_unwanted, struct error *err)
{
    struct writing w = {.desk = desk, .db = db, .ctx = ctx, .mail = mail, .out = ret};
    struct compose_address *to = mem_new(ctx, struct compose_address);
    bool found = false;
    if (!load_writing(&w, &found, err)) {
        return false;
    }
    *ret_unwanted = !found;
    if (!found) {
        return true;
    }
    struct str mailbox = mailbox_for(desk, ctx, w.ticket.recipient);
    struct str reply =
        mail_aside_address(ctx, desk->app->secret, mailbox, w.aside.id, w.member->id);
    make_thread(&w);
    *to = (struct compose_address){w.member->name, mail->address};
    ret->from = (struct compose_address){
        compose_from_name(ctx, w.event->name, desk->app->config->desk_name), mailbox};
    ret->reply_to = str_none(reply) ? STR("") : reply;
    ret->to = to;
    ret->to_count = 1;
    ret->subject = w.out->reference_count > 0
                       ? str_printf(ctx, "Re: " STR_FMT, STR_ARG(w.aside.subject))
                       : w.aside.subject;
    ret->origin = mail->automatic ? COMPOSE_AUTO_GENERATED : COMPOSE_BY_PERSON;
    ret->html = (struct html){STR_NONE};
    if (!load_files(&w, err)) {
        return false;
    }
    ret->text = words_of(&w);
    return true;
}

bool aside_mail_failed(struct desk *desk, struct db *tx, const struct outmail *mail,
                       struct str text, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct aside_mail_row row;
    struct aside aside;
    bool found = false;
    int64_t event = 0;
    int64_t now = clock_now(desk->app->clock);
    if (!aside_mail_by_id(tx, ctx, mail->id, &row, &found, err) ||
        (found && !aside_find_any(tx, ctx, row.aside_id, &aside, &found, err))) {
        return false;
    }
    if (!found) {
        return true;
    }
    struct aside_words words = {
        .type = ASIDE_FAILED,
        .channel = STR("email"),
        .member = row.member_id,
        .name = STR(""),
        .address = mail->address,
        .body = text,
        .quoted_from = -1,
        .automatic = true,
        .new_state = STR_NONE,
        .new_subject = STR_NONE,
        .at = now,
    };
    aside_publish(tx, aside.ticket);
    return aside_event_put(tx, aside.id, &words, &event, err) &&
           aside_news_set(tx, aside.id, aside_news_word(ASIDE_TROUBLE), now, err);
}
