// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mails that belong to side conversations on their way in. What is found here never becomes a
// request or a comment, whoever wrote it.
#include "desk/aside/aside_internal.h"

#include "desk/aside/queries.h"
#include "desk/channels/channels.h"
#include "mail/address.h"

#define PREVIEW_MOST 160

// --- where it belongs ---------------------------------------------------------------------------

// A copy that came to the bare mailbox may name the reply address beside it.
static bool by_address(struct desk *desk, mem_ctx *ctx, const struct mail_message *m,
                       struct aside_place *ret)
{
    const struct mail_addresses *lists[] = {&m->delivered_to, &m->x_original_to, &m->to, &m->cc,
                                            &m->bcc};
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        for (size_t i = 0; i < lists[k]->count; i++) {
            struct str bare = STR("");
            struct mail_token token =
                mail_address_token(ctx, desk->app->secret, lists[k]->items[i].address, &bare);
            if (token.kind == MAIL_TOKEN_ASIDE && intake_knows(desk, ctx, bare)) {
                ret->aside = token.aside;
                ret->member = token.member;
                return true;
            }
        }
    }
    return false;
}

static bool by_reference(struct desk *desk, const struct mail_message *m, struct aside_place *ret)
{
    for (size_t i = 0; i < m->in_reply_to.count; i++) {
        if (mail_aside_id_verify(desk->app->secret, m->in_reply_to.items[i], &ret->aside,
                                 &ret->member)) {
            return true;
        }
    }
    for (size_t i = m->references.count; i > 0; i--) {
        if (mail_aside_id_verify(desk->app->secret, m->references.items[i - 1], &ret->aside,
                                 &ret->member)) {
            return true;
        }
    }
    return false;
}

// An answer to a mail of a stranger's that is part of a conversation.
static bool by_known_mail(struct db *tx, mem_ctx *ctx, const struct mail_message *m,
                          struct aside_place *ret, bool *ret_found, struct error *err)
{
    size_t count = 0;
    struct str *ids = mem_array(ctx, struct str, m->in_reply_to.count + m->references.count + 1);
    struct aside_event_of_messages_row row;
    for (size_t i = 0; i < m->in_reply_to.count; i++) {
        ids[count++] = m->in_reply_to.items[i];
    }
    for (size_t i = 0; i < m->references.count; i++) {
        ids[count++] = m->references.items[i];
    }
    if (count == 0) {
        return true;
    }
    if (!aside_event_of_messages(tx, ctx, ids, count, &row, ret_found, err)) {
        return false;
    }
    if (*ret_found) {
        ret->aside = row.aside_id;
        ret->member = 0;
    }
    return true;
}

bool aside_find(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct mail_token *token,
                const struct mail_message *message, struct aside_place *ret, struct error *err)
{
    struct aside aside;
    bool found = true;
    *ret = (struct aside_place){0};
    if (token->kind == MAIL_TOKEN_ASIDE) {
        ret->aside = token->aside;
        ret->member = token->member;
    } else if (!by_address(desk, ctx, message, ret) && !by_reference(desk, message, ret)) {
        found = false;
        if (token->kind == MAIL_TOKEN_NONE && !by_known_mail(tx, ctx, message, ret, &found, err)) {
            return false;
        }
    }
    ret->belongs = found;
    if (!found) {
        return true;
    }
    if (!aside_find_any(tx, ctx, ret->aside, &aside, &found, err)) {
        return false;
    }
    ret->gone = !found;
    return true;
}

// --- what becomes of it -------------------------------------------------------------------------

struct taking {
    struct desk *desk;
    struct db *tx;
    mem_ctx *ctx;
    const struct aside_arrival *in;
    struct aside aside;
    struct aside_whole whole;
    const struct aside_member *member;  // NULL: nobody of the conversation
    struct user person;                 // staff, proven; id none otherwise
};

// Who wrote it: whose reply address it came to, else who has this address.
static bool find_author(struct taking *t, struct error *err)
{
    struct user user = {0};
    bool found = false;
    struct str from = t->in->from.address;
    bool proven = t->in->place.member != 0;
    t->member = aside_member_of(&t->whole, t->in->place.member);
    for (size_t i = 0; i < t->whole.member_count && t->member == NULL; i++) {
        const struct aside_member *one = &t->whole.members[i];
        t->member = !str_empty(from) && address_same(one->address, from) ? one : NULL;
    }
    if (!proven || t->member == NULL || t->member->kind != ASIDE_PERSON || str_empty(from)) {
        return true;
    }
    if (!user_by_email(t->tx, t->ctx, from, &user, &found, err)) {
        return false;
    }
    bool staff = found && user.active && !user.suspended && user.role >= ROLE_LIGHT_AGENT;
    if (staff && user.id.v == t->member->person.v) {
        t->person = user;
    }
    return true;
}

static struct str name_of(const struct taking *t)
{
    if (t->person.id.v != 0) {
        return t->person.name;
    }
    if (!str_empty(t->in->from.name)) {
        return str_one_line(t->ctx, t->in->from.name, 100);
    }
    bool same = t->member != NULL && address_same(t->member->address, t->in->from.address);
    return same && t->member->name.len > 0  ? t->member->name
           : str_empty(t->in->from.address) ? STR("?")
                                            : t->in->from.address;
}

static bool put_words(struct taking *t, int64_t *ret_event, struct error *err)
{
    const struct aside_arrival *in = t->in;
    struct aside_words words = {
        .type = ASIDE_REPLY,
        .channel = STR("email"),
        .member = t->member != NULL ? t->member->id : 0,
        .person = t->person.id,
        .name = name_of(t),
        .address = str_empty(in->from.address) ? STR("") : in->from.address,
        .body = in->words->body,
        .quoted_from = in->words->quoted_from,
        .automatic = in->automatic,
        .mail = in->mail,
        .message_id = in->message_id,
        .new_state = STR_NONE,
        .new_subject = STR_NONE,
        .at = in->now,
    };
    if (!aside_event_put(t->tx, t->aside.id, &words, ret_event, err)) {
        return false;
    }
    for (size_t i = 0; i < in->words->file_count; i++) {
        const struct new_file *file = &in->words->files[i];
        const struct aside_file_insert_in row = {
            .id = db_next_id(t->tx),
            .uuid = aside_new_uuid(t->ctx),
            .aside_id = {true, t->aside.id},
            .event_id = {true, *ret_event},
            .hash = file->hash,
            .file_name = file->file_name,
            .content_type = file->content_type,
            .size = file->size,
            .created_at = in->now,
        };
        if (!aside_file_insert(t->tx, &row, err)) {
            return false;
        }
    }
    return true;
}

static bool open_again(struct taking *t, struct error *err)
{
    int64_t event = 0;
    struct aside_words words = {
        .type = ASIDE_UPDATE,
        .channel = STR("email"),
        .name = name_of(t),
        .address = STR(""),
        .body = STR(""),
        .quoted_from = -1,
        .automatic = true,
        .new_state = STR("open"),
        .new_subject = STR_NONE,
        .at = t->in->now,
    };
    return !t->aside.closed || (aside_event_put(t->tx, t->aside.id, &words, &event, err) &&
                                aside_state_set(t->tx, t->aside.id, STR("open"), t->aside.subject,
                                                t->in->now, t->in->now, err));
}

// What people outside write goes to staff; what staff write, to all.
static bool pass_on(struct taking *t, int64_t event, struct error *err)
{
    struct aside_round round = {
        .desk = t->desk,
        .tx = t->tx,
        .ctx = t->ctx,
        .aside = &t->aside,
        .members = t->whole.members,
        .count = t->whole.member_count,
        .event = event,
        .author = t->member != NULL ? t->member->id : 0,
        .writer = t->person.id,
        .outside = t->person.id.v != 0,
        .relayed = true,
        .now = t->in->now,
    };
    return t->in->silent || aside_mail_round(&round, err);
}

bool aside_take(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct aside_arrival *arrival,
                struct error *err)
{
    struct taking t = {.desk = desk, .tx = tx, .ctx = ctx, .in = arrival};
    bool found = false;
    int64_t event = 0;
    if (!aside_find_any(tx, ctx, arrival->place.aside, &t.aside, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such side conversation.");
    }
    if (!asides_whole(tx, ctx, &t.aside, 1, &t.whole, err) || !find_author(&t, err) ||
        !put_words(&t, &event, err)) {
        return false;
    }
    aside_publish(tx, t.aside.ticket);
    if (arrival->automatic) {
        return true;
    }
    bool asked = t.member != NULL && t.member->asked;
    bool ours = t.person.id.v != 0 && (t.person.id.v == t.aside.created_by.v || !asked);
    bool answers = !ours && asked;
    struct str news = aside_news_word(ours ? ASIDE_ASKED : ASIDE_ANSWER);
    struct str preview = str_one_line(ctx, arrival->words->body, PREVIEW_MOST);
    return open_again(&t, err) &&
           aside_message_note(tx, t.aside.id, preview, t.aside.people, news, arrival->now, err) &&
           (!answers || aside_answered_note(tx, t.aside.id, arrival->now, t.member->id, err)) &&
           pass_on(&t, event, err);
}
