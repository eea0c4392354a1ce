// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading side conversations.
#include "desk/aside/aside_internal.h"

#include "app/share.h"
#include "base/random.h"
#include "desk/aside/queries.h"

static const struct str KINDS[] = {
    [ASIDE_TALK] = STR_INIT("talk"), [ASIDE_EXPERT] = STR_INIT("expert")};
static const struct str NEWS[] = {[ASIDE_ASKED] = STR_INIT("asked"),
                                  [ASIDE_ANSWER] = STR_INIT("answer"),
                                  [ASIDE_TROUBLE] = STR_INIT("trouble")};

struct str aside_kind_word(enum aside_kind kind)
{
    return KINDS[kind];
}

struct str aside_news_word(enum aside_news news)
{
    return NEWS[news];
}

struct str aside_new_uuid(mem_ctx *ctx)
{
    unsigned char b[16];
    random_bytes(b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    return str_printf(ctx, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                      b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
                      b[12], b[13], b[14], b[15]);
}

void aside_publish(struct db *tx, struct ticket_id ticket)
{
    share_changed(tx, str_printf(db_tx_ctx(tx), "aside:%lld", (long long)ticket.v));
}

static struct aside from_row(const struct aside_row *row)
{
    return (struct aside){
        .id = row->id,
        .uuid = row->uuid,
        .ticket = row->ticket_id,
        .kind = str_eq(row->kind, KINDS[ASIDE_EXPERT]) ? ASIDE_EXPERT : ASIDE_TALK,
        .subject = row->subject,
        .preview = row->preview,
        .people = row->people,
        .closed = str_eq_c(row->state, "closed"),
        .news = str_eq(row->news, NEWS[ASIDE_ANSWER])    ? ASIDE_ANSWER
                : str_eq(row->news, NEWS[ASIDE_TROUBLE]) ? ASIDE_TROUBLE
                                                         : ASIDE_ASKED,
        .external_ids = row->external_ids,
        .created_by = row->created_by,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
        .state_at = row->state_at,
        .message_at = row->message_at,
        .answered_at = row->answered_at.v,
        .answered_by = row->answered_by.v,
    };
}

static bool not_found(struct error *err)
{
    return error_set(err, ERR_NOT_FOUND, "There is no such side conversation.");
}

bool asides_of_ticket(struct db *db, mem_ctx *ctx, const struct actor *actor,
                      struct ticket_id ticket, struct aside **ret, size_t *ret_count,
                      struct error *err)
{
    struct aside_row *rows = NULL;
    size_t count = 0;
    if (!actor_is_staff(actor)) {
        return not_found(err);
    }
    if (!aside_of_ticket(db, ctx, ticket, ASIDE_AT_TICKET_MOST, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct aside, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = from_row(&rows[i]);
    }
    *ret_count = count;
    return true;
}

bool aside_find_any(struct db *db, mem_ctx *ctx, int64_t id, struct aside *ret, bool *ret_found,
                    struct error *err)
{
    struct aside_row row;
    if (!aside_by_id(db, ctx, id, &row, ret_found, err)) {
        return false;
    }
    *ret = *ret_found ? from_row(&row) : (struct aside){0};
    return true;
}

// The row, where this actor may read it and it is that ticket's.
static bool show(struct db *db, mem_ctx *ctx, const struct actor *actor, struct ticket_id ticket,
                 const struct aside *found, struct aside *ret, struct error *err)
{
    struct ticket loaded;
    if (!actor_is_staff(actor) || found->id == 0 || found->ticket.v != ticket.v) {
        return not_found(err);
    }
    if (!ticket_load(db, ctx, actor, ticket, &loaded, err)) {
        return false;
    }
    *ret = *found;
    return true;
}

bool aside_load(struct db *db, mem_ctx *ctx, const struct actor *actor, struct ticket_id ticket,
                int64_t id, struct aside *ret, struct error *err)
{
    struct aside one;
    bool found = false;
    return aside_find_any(db, ctx, id, &one, &found, err) &&
           show(db, ctx, actor, ticket, &one, ret, err);
}

bool aside_load_uuid(struct db *db, mem_ctx *ctx, const struct actor *actor,
                     struct ticket_id ticket, struct str uuid, struct aside *ret, struct error *err)
{
    struct aside_row row;
    bool found = false;
    if (!aside_by_uuid(db, ctx, str_lower(ctx, uuid), &row, &found, err)) {
        return false;
    }
    struct aside one = found ? from_row(&row) : (struct aside){0};
    return show(db, ctx, actor, ticket, &one, ret, err);
}

static enum aside_member_kind member_kind(struct str word)
{
    return str_eq_c(word, "person")  ? ASIDE_PERSON
           : str_eq_c(word, "group") ? ASIDE_GROUP
                                     : ASIDE_ADDRESS;
}

static bool load_members(struct db *db, mem_ctx *ctx, const int64_t *ids, size_t count,
                         struct aside_whole *ret, struct error *err)
{
    struct aside_members_of_row *rows = NULL;
    if (!aside_members_of(db, ctx, ids, count, &rows, &ret->member_count, err)) {
        return false;
    }
    ret->members = mem_array(ctx, struct aside_member, ret->member_count + 1);
    for (size_t i = 0; i < ret->member_count; i++) {
        ret->members[i] = (struct aside_member){
            .id = rows[i].id,
            .aside = rows[i].aside_id,
            .kind = member_kind(rows[i].kind),
            .person = rows[i].person_id,
            .group = rows[i].group_id,
            .through = rows[i].through_id.v,
            .name = rows[i].name,
            .address = rows[i].address,
            .asked = rows[i].asked,
        };
    }
    return true;
}

static enum aside_event_type event_type(struct str word)
{
    return str_eq_c(word, "create")   ? ASIDE_CREATE
           : str_eq_c(word, "reply")  ? ASIDE_REPLY
           : str_eq_c(word, "update") ? ASIDE_UPDATE
                                      : ASIDE_FAILED;
}

static bool load_events(struct db *db, mem_ctx *ctx, const int64_t *ids, size_t count,
                        struct aside_whole *ret, struct error *err)
{
    struct aside_event_row *rows = NULL;
    if (!aside_events_of(db, ctx, ids, count, &rows, &ret->event_count, err)) {
        return false;
    }
    ret->events = mem_array(ctx, struct aside_event, ret->event_count + 1);
    for (size_t i = 0; i < ret->event_count; i++) {
        const struct aside_event_row *row = &rows[i];
        ret->events[i] = (struct aside_event){
            .id = row->id,
            .uuid = row->uuid,
            .aside = row->aside_id,
            .type = event_type(row->type),
            .channel = row->channel,
            .member = row->member_id.v,
            .person = row->person_id,
            .name = row->name,
            .address = row->address,
            .body = row->body,
            .quoted_from = row->quoted_from,
            .automatic = row->automatic,
            .mail = row->mail_id,
            .message_id = row->message_id,
            .new_state = row->new_state,
            .new_subject = row->new_subject,
            .created_at = row->created_at,
        };
    }
    return true;
}

static struct aside_file file_from(const struct aside_file_row *row)
{
    return (struct aside_file){
        .uuid = row->uuid,
        .aside = row->aside_id.v,
        .event = row->event_id.v,
        .hash = row->hash,
        .file_name = row->file_name,
        .content_type = row->content_type,
        .size = row->size,
        .created_by = row->created_by,
    };
}

static bool load_files(struct db *db, mem_ctx *ctx, const int64_t *ids, size_t count,
                       struct aside_whole *ret, struct error *err)
{
    struct aside_file_row *rows = NULL;
    if (!aside_files_of(db, ctx, ids, count, &rows, &ret->file_count, err)) {
        return false;
    }
    ret->files = mem_array(ctx, struct aside_file, ret->file_count + 1);
    for (size_t i = 0; i < ret->file_count; i++) {
        ret->files[i] = file_from(&rows[i]);
    }
    return true;
}

static bool load_sent(struct db *db, mem_ctx *ctx, const int64_t *ids, size_t count,
                      struct aside_whole *ret, struct error *err)
{
    struct aside_mail_row *rows = NULL;
    if (!aside_mails_of(db, ctx, ids, count, &rows, &ret->sent_count, err)) {
        return false;
    }
    ret->sent = mem_array(ctx, struct aside_sent, ret->sent_count + 1);
    for (size_t i = 0; i < ret->sent_count; i++) {
        ret->sent[i] = (struct aside_sent){rows[i].aside_id, rows[i].event_id, rows[i].member_id,
                                           rows[i].message_id};
    }
    return true;
}

bool asides_whole(struct db *db, mem_ctx *ctx, const struct aside *asides, size_t count,
                  struct aside_whole *ret, struct error *err)
{
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = asides[i].id;
    }
    *ret = (struct aside_whole){0};
    return count == 0 ||
           (load_members(db, ctx, ids, count, ret, err) &&
            load_events(db, ctx, ids, count, ret, err) &&
            load_files(db, ctx, ids, count, ret, err) && load_sent(db, ctx, ids, count, ret, err));
}

const struct aside_member *aside_member_of(const struct aside_whole *whole, int64_t id)
{
    for (size_t i = 0; i < whole->member_count && id != 0; i++) {
        if (whole->members[i].id == id) {
            return &whole->members[i];
        }
    }
    return NULL;
}

bool aside_file_load(struct db *db, mem_ctx *ctx, const struct actor *actor, struct str uuid,
                     struct aside_file *ret, struct error *err)
{
    struct aside_file_row row;
    struct aside one = {0};
    struct aside shown;
    bool found = false;
    if (!aside_file_by_uuid(db, ctx, str_lower(ctx, uuid), &row, &found, err)) {
        return false;
    }
    bool own = found && !row.aside_id.set && row.created_by.v == actor->user.v;
    if (!found || (!row.aside_id.set && !own)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such file.");
    }
    if (!own && (!aside_find_any(db, ctx, row.aside_id.v, &one, &found, err) ||
                 !show(db, ctx, actor, one.ticket, &one, &shown, err))) {
        return false;
    }
    *ret = file_from(&row);
    return true;
}
