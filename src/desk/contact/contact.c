// SPDX-License-Identifier: GPL-3.0-or-later
//
// The lens with this desk's rules, and whose data is nobody else's.
#include "desk/contact/contact.h"

#include <pthread.h>

#include "app/config.h"
#include "base/mem.h"
#include "desk/contact/queries.h"
#include "desk/desk.h"

enum { MAX_RULES = 200000, PHRASE_MAX = 200 };

// The lens in use, made when it is first asked for. Another server may have saved newer rules: each
// reading looks at their number.
struct contact {
    pthread_rwlock_t lock;
    struct lens *lens;  // or NULL
    int64_t version;
};

static void contact_end(void *handle)
{
    struct contact *contact = handle;
    (void)pthread_rwlock_destroy(&contact->lock);
    mem_free(contact->lens);
}

struct contact *contact_new(mem_ctx *ctx)
{
    struct contact *contact = mem_new(ctx, struct contact);
    (void)pthread_rwlock_init(&contact->lock, NULL);
    mem_on_free(contact, contact_end, contact);
    return contact;
}

// The program's own rules, unless there is a lens.
static bool ready(struct contact *contact, struct error *err)
{
    (void)pthread_rwlock_rdlock(&contact->lock);
    bool there = contact->lens != NULL;
    (void)pthread_rwlock_unlock(&contact->lock);
    if (there) {
        return true;
    }
    (void)pthread_rwlock_wrlock(&contact->lock);
    there = contact->lens != NULL || lens_load(NULL, STR_NONE, &contact->lens, err);
    (void)pthread_rwlock_unlock(&contact->lock);
    return there;
}

static bool take_rules(struct contact *contact, const struct lens_rules_latest_row *row,
                       struct error *err)
{
    struct lens *lens = NULL;
    if (!lens_load(NULL, row->rules, &lens, err)) {
        return false;
    }
    (void)pthread_rwlock_wrlock(&contact->lock);
    struct lens *old = contact->version < row->id ? contact->lens : lens;
    if (old != lens) {
        contact->lens = lens;
        contact->version = row->id;
    }
    (void)pthread_rwlock_unlock(&contact->lock);
    mem_free(old);
    return true;
}

static bool refresh_rules(struct contact *contact, struct db *db, mem_ctx *ctx, struct error *err)
{
    struct lens_rules_version_row latest;
    struct lens_rules_latest_row row;
    bool found = false;
    if (!lens_rules_version(db, ctx, &latest, err)) {
        return false;
    }
    (void)pthread_rwlock_rdlock(&contact->lock);
    bool old = contact->version < latest.version;
    (void)pthread_rwlock_unlock(&contact->lock);
    if (old && (!lens_rules_latest(db, ctx, &row, &found, err) ||
                (found && !take_rules(contact, &row, err)))) {
        return false;
    }
    return ready(contact, err);
}

// --- whose data ---------------------------------------------------------------------------------

struct own {
    mem_ctx *ctx;
    struct str *list;
    size_t count;
};

static void own_add(struct own *own, struct str value)
{
    if (!str_empty(value)) {
        own->list = mem_grow(own->ctx, own->list, struct str, own->count + 1);
        own->list[own->count++] = value;
    }
}

static void own_domain(struct own *own, struct str address)
{
    ptrdiff_t at = str_find_char(address, '@');
    own_add(own, at >= 0 ? str_from(address, (size_t)at) : STR_NONE);
}

static bool own_people(struct db *db, struct own *own, const struct reply_text *reply,
                       struct error *err)
{
    struct collaborator *copied = NULL;
    size_t count = 0;
    struct user *people = NULL;
    size_t people_count = 0;
    const struct ticket *ticket = reply->ticket;
    if (!ticket_collaborators(db, own->ctx, ticket, 1, &copied, &count, err)) {
        return false;
    }
    struct user_id *ids = mem_array(own->ctx, struct user_id, count + 4);
    size_t id_count = 0;
    ids[id_count++] = ticket->requester;
    ids[id_count++] = ticket->steward;
    ids[id_count++] = ticket->assignee;
    ids[id_count++] = reply->author->user;
    for (size_t i = 0; i < count; i++) {
        ids[id_count++] = copied[i].user;
    }
    if (!users_by_ids(db, own->ctx, ids, id_count, &people, &people_count, err)) {
        return false;
    }
    for (size_t i = 0; i < people_count; i++) {
        own_add(own, people[i].name);
        own_add(own, people[i].alias);
        own_add(own, people[i].email);
        own_add(own, people[i].phone);
    }
    return true;
}

static bool collect_own(const struct desk *desk, struct db *db, struct own *own,
                        const struct reply_text *reply, struct error *err)
{
    const struct config *config = desk->app->config;
    own_add(own, config->desk_name);
    own_domain(own, config->mailbox);
    for (size_t i = 0; i < config->alias.count; i++) {
        own_domain(own, config->alias.items[i]);
    }
    own_add(own, str_printf(own->ctx, "#%lld", (long long)reply->ticket->id.v));
    return own_people(db, own, reply, err);
}

// --- reading ------------------------------------------------------------------------------------

// Copies what the lens lends, so that it may change afterwards.
static void read_text(struct contact *contact, mem_ctx *ctx, struct str text,
                      const struct lens_context *context, struct lens_hits *ret)
{
    (void)pthread_rwlock_rdlock(&contact->lock);
    lens_read(ctx, contact->lens, text, STR_NONE, context, ret);
    for (size_t i = 0; i < ret->count; i++) {
        ret->list[i].reason = str_dup(ctx, ret->list[i].reason);
        ret->list[i].wording = str_dup(ctx, ret->list[i].wording);
    }
    (void)pthread_rwlock_unlock(&contact->lock);
}

static bool has_data(const struct lens_hits *hits)
{
    for (size_t i = 0; i < hits->count; i++) {
        if (hits->list[i].kind == LENS_DATA) {
            return true;
        }
    }
    return false;
}

bool contact_review(const struct desk *desk, struct db *db, mem_ctx *ctx,
                    const struct reply_text *reply, struct lens_hits *ret, struct error *err)
{
    struct own own = {.ctx = ctx};
    if (!refresh_rules(desk->contact, db, ctx, err)) {
        return false;
    }
    read_text(desk->contact, ctx, reply->text, NULL, ret);
    // Whose data it is matters only where some was found, which is seldom.
    if (!has_data(ret)) {
        return true;
    }
    if (!collect_own(desk, db, &own, reply, err)) {
        return false;
    }
    struct lens_context context = {own.list, own.count};
    read_text(desk->contact, ctx, reply->text, &context, ret);
    return true;
}

// --- what left ----------------------------------------------------------------------------------

static bool keep(struct db *tx, const struct ticket_applied *applied, struct str text,
                 const struct lens_hit *hit, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct str phrase = str_one_line(ctx, str_sub(text, hit->start, hit->len), PHRASE_MAX);
    struct lens_finding_insert_in in = {
        .id = db_next_id(tx),
        .comment_id = applied->outcome->comment,
        .ticket_id = applied->outcome->after.id,
        .channel = channel_word(applied->actor->channel),
        .kind = str_c(lens_kind_word(hit->kind)),
        .phrase = str_utf8_clip(phrase, PHRASE_MAX),
        // The pages let no such reply pass unless its author says so.
        .asked = applied->actor->channel == CHANNEL_WEB,
        .created_at = applied->now,
    };
    return lens_finding_insert(tx, &in, err);
}

bool contact_observe(void *env, struct db *tx, const struct ticket_applied *applied,
                     struct error *err)
{
    const struct desk *desk = env;
    const struct new_comment *comment = applied->change->comment;
    const struct ticket *ticket = &applied->outcome->after;
    struct lens_hits hits;
    bool reads = !applied->change->import && comment != NULL && comment->is_public &&
                 applied->outcome->comment.v != 0 && actor_is_staff(applied->actor) &&
                 !applied->change->by_machine && ticket->requester.v != applied->actor->user.v;
    if (!reads) {
        return true;
    }
    bool folded = comment->quoted_from > 0 && (size_t)comment->quoted_from < comment->body.len;
    struct str text =
        folded ? str_sub(comment->body, 0, (size_t)comment->quoted_from) : comment->body;
    struct reply_text reply = {ticket, applied->actor, text};
    if (!contact_review(desk, tx, db_tx_ctx(tx), &reply, &hits, err)) {
        return false;
    }
    for (size_t i = 0; i < hits.count; i++) {
        if (!keep(tx, applied, text, &hits.list[i], err)) {
            return false;
        }
    }
    return true;
}

// --- for administrators -------------------------------------------------------------------------

static bool admins_only(const struct actor *actor, struct error *err)
{
    return actor_is_admin(actor) || error_set(err, ERR_FORBIDDEN,
                                              "Only administrators see what the customer lens "
                                              "found.");
}

bool contact_findings(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t most,
                      struct lens_finding **ret, size_t *ret_count, struct error *err)
{
    struct lens_findings_recent_row *rows = NULL;
    size_t count = 0;
    if (!admins_only(actor, err) || !lens_findings_recent(db, ctx, most, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct lens_finding, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = (struct lens_finding){rows[i].comment_id, rows[i].ticket_id, rows[i].channel,
                                          rows[i].kind,       rows[i].phrase,    rows[i].asked,
                                          rows[i].created_at};
    }
    *ret_count = count;
    return true;
}

bool contact_sums(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t since,
                  struct lens_sum **ret, size_t *ret_count, struct error *err)
{
    struct lens_findings_sums_row *rows = NULL;
    size_t count = 0;
    if (!admins_only(actor, err) || !lens_findings_sums(db, ctx, since, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct lens_sum, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = (struct lens_sum){rows[i].kind, rows[i].found, rows[i].asked};
    }
    *ret_count = count;
    return true;
}

bool contact_rules(struct db *db, mem_ctx *ctx, const struct actor *actor, struct str *ret,
                   struct error *err)
{
    struct lens_rules_latest_row row;
    bool found = false;
    if (!admins_only(actor, err) || !lens_rules_latest(db, ctx, &row, &found, err)) {
        return false;
    }
    *ret = found ? row.rules : STR("");
    return true;
}

struct saving {
    struct str rules;
    struct user_id author;
    int64_t now;
};

static bool save_in_tx(struct db *tx, void *arg, struct error *err)
{
    const struct saving *saving = arg;
    return lens_rules_insert(tx, db_next_id(tx), saving->rules, saving->author, saving->now, err);
}

bool contact_set_rules(struct desk *desk, mem_ctx *ctx, const struct actor *actor, struct str rules,
                       struct error *err)
{
    struct lens *tried = NULL;
    struct saving saving = {rules, actor->user, clock_now(desk->app->clock)};
    if (!admins_only(actor, err)) {
        return false;
    }
    if (rules.len > MAX_RULES) {
        return error_set(err, ERR_INVALID, "Rules can have at most %d bytes.", MAX_RULES);
    }
    return lens_load(ctx, rules, &tried, err) &&
           db_tx_run(desk->app->db, "contact.rules", save_in_tx, &saving, err);
}

bool contact_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err)
{
    return lens_findings_scrub_ticket(tx, ticket, err);
}
