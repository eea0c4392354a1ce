// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/hooks/events.h"

#include "base/random.h"
#include "base/words.h"
#include "desk/desk.h"
#include "desk/hooks/hooks.h"
#include "desk/hooks/queries.h"
#include "json/json.h"

#define EVENT_MAX (200 << 10)
#define BODY_MAX (32 << 10)
#define TYPE_PREFIX "zen:event-type:"

// --- who wants to know --------------------------------------------------------------------------

struct audience {
    const struct desk *desk;
    struct db *tx;
    mem_ctx *ctx;
    struct webhook_subscribed_row *rows;
    size_t count;
};

static bool audience_load(struct audience *a, const struct desk *desk, struct db *tx,
                          struct error *err)
{
    *a = (struct audience){.desk = desk, .tx = tx, .ctx = db_tx_ctx(tx)};
    return webhook_subscribed(tx, a->ctx, STR(HOOK_BY_RULES), &a->rows, &a->count, err);
}

static bool wants(struct str subscriptions, const char *type)
{
    struct str word;
    while (str_next(&subscriptions, ' ', &word)) {
        struct str prefix = STR(TYPE_PREFIX);
        word = str_starts(word, prefix) ? str_from(word, prefix.len) : word;
        if (str_eq_c(word, type)) {
            return true;
        }
    }
    return false;
}

static bool wanted(const struct audience *a, const char *type)
{
    for (size_t i = 0; i < a->count; i++) {
        if (wants(a->rows[i].subscriptions, type)) {
            return true;
        }
    }
    return false;
}

static struct str new_uuid(mem_ctx *ctx)
{
    unsigned char b[16];
    random_bytes(b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    return str_printf(ctx, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                      b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
                      b[12], b[13], b[14], b[15]);
}

static bool tell(const struct audience *a, const struct hook_event *event, struct error *err)
{
    struct buf out;
    struct jw w;
    if (!wanted(a, event->type)) {
        return true;
    }
    buf_init(&out, a->ctx, EVENT_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_str(&w, "type", str_printf(a->ctx, TYPE_PREFIX "%s", event->type));
    jw_field_i64(&w, "account_id", 1);
    jw_field_str(&w, "id", new_uuid(a->ctx));
    jw_field_str(&w, "time", time_iso_ms(a->ctx, clock_now(a->desk->app->clock)));
    jw_field_c(&w, "zendesk_event_version", "2022-11-06");
    jw_field_str(&w, "subject", str_printf(a->ctx, "zen:" STR_FMT, STR_ARG(event->subject)));
    jw_key(&w, "detail");
    jw_raw(&w, event->detail);
    jw_key(&w, "event");
    jw_raw(&w, event->event);
    jw_object_end(&w);
    if (out.failed) {
        return error_set(err, ERR_TOO_LARGE, "The event for webhooks is too large.");
    }
    for (size_t i = 0; i < a->count; i++) {
        if (wants(a->rows[i].subscriptions, event->type) &&
            !hook_invoke(a->desk, a->tx, a->ctx, a->rows[i].id, buf_str(&out), NULL, err)) {
            return false;
        }
    }
    return true;
}

bool hooks_tell(const struct desk *desk, struct db *tx, const struct hook_event *event,
                struct error *err)
{
    struct audience a;
    return audience_load(&a, desk, tx, err) && (a.count == 0 || tell(&a, event, err));
}

// --- writing ------------------------------------------------------------------------------------

// Ids are texts in events.
static struct str id_text(mem_ctx *ctx, int64_t id)
{
    return id == 0 ? STR_NONE : str_printf(ctx, "%lld", (long long)id);
}

static struct str upper(mem_ctx *ctx, struct str word)
{
    if (word.len == 0) {
        return STR_NONE;
    }
    char *text = mem_text_n(ctx, word.ptr, word.len);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    }
    return str_c(text);
}

struct json {
    struct buf out;
    struct jw w;
};

static struct json json_begin(mem_ctx *ctx)
{
    struct json json;
    buf_init(&json.out, ctx, EVENT_MAX / 2);
    return json;
}

static struct str json_end(struct json *json)
{
    jw_object_end(&json->w);
    return buf_str(&json->out);
}

// {"current":…,"previous":…}; absent is null.
static struct str moved(mem_ctx *ctx, struct str current, struct str previous)
{
    struct json j = json_begin(ctx);
    jw_init(&j.w, &j.out);
    jw_object_begin(&j.w);
    jw_field_str(&j.w, "current", current);
    jw_field_str(&j.w, "previous", previous);
    return json_end(&j);
}

// The words of `list` that `other` does not have.
static void write_missing(struct jw *w, const char *key, struct str list, struct str other)
{
    struct str rest = list;
    struct str word;
    jw_field_array(w, key);
    while (str_next(&rest, ' ', &word)) {
        struct str seek = other;
        struct str one;
        bool there = word.len == 0;
        while (!there && str_next(&seek, ' ', &one)) {
            there = str_eq(word, one);
        }
        if (!there) {
            jw_str(w, word);
        }
    }
    jw_array_end(w);
}

static struct str tags_moved(mem_ctx *ctx, struct str current, struct str previous)
{
    struct json j = json_begin(ctx);
    jw_init(&j.w, &j.out);
    jw_object_begin(&j.w);
    write_missing(&j.w, "tags_added", current, previous);
    write_missing(&j.w, "tags_removed", previous, current);
    return json_end(&j);
}

// --- tickets ------------------------------------------------------------------------------------

struct telling {
    struct audience a;
    const struct ticket_applied *applied;
    struct str subject;
    struct str detail;
};

static struct str ticket_detail(const struct telling *t, struct str description)
{
    const struct ticket *one = &t->applied->outcome->after;
    mem_ctx *ctx = t->a.ctx;
    struct json j = json_begin(ctx);
    struct jw *w = &j.w;
    jw_init(w, &j.out);
    jw_object_begin(w);
    jw_field_str(w, "id", id_text(ctx, one->id.v));
    jw_field_str(w, "actor_id", id_text(ctx, t->applied->actor->user.v));
    jw_field_str(w, "subject", one->subject);
    jw_field_str(w, "description", description);
    jw_field_str(w, "status", upper(ctx, ticket_status_word(one->status)));
    jw_field_str(w, "priority", upper(ctx, ticket_priority_word(one->priority)));
    jw_field_str(w, "type", upper(ctx, ticket_type_word(one->type)));
    jw_field_str(w, "requester_id", id_text(ctx, one->requester.v));
    jw_field_str(w, "submitter_id", id_text(ctx, one->submitter.v));
    jw_field_str(w, "assignee_id", id_text(ctx, one->assignee.v));
    jw_field_str(w, "group_id", id_text(ctx, one->group.v));
    jw_field_str(w, "organization_id", id_text(ctx, one->organization.v));
    jw_field_str(w, "external_id", one->external_id);
    jw_field_bool(w, "is_public", one->is_public);
    jw_field_words(w, "tags", one->tags);
    jw_field_time(w, "created_at", one->created_at);
    jw_field_time(w, "updated_at", one->updated_at);
    jw_field_object(w, "via");
    jw_field_str(w, "channel", one->channel);
    jw_object_end(w);
    return json_end(&j);
}

static bool say(const struct telling *t, const char *type, struct str event, struct error *err)
{
    const struct hook_event one = {type, t->subject, t->detail, event};
    return tell(&t->a, &one, err);
}

static bool say_moved(const struct telling *t, const char *type, struct str current,
                      struct str previous, struct error *err)
{
    return str_eq(current, previous) || say(t, type, moved(t->a.ctx, current, previous), err);
}

static bool say_fields(const struct telling *t, struct error *err)
{
    const struct ticket *b = &t->applied->outcome->before;
    const struct ticket *n = &t->applied->outcome->after;
    mem_ctx *ctx = t->a.ctx;
    const struct {
        const char *type;
        struct str current;
        struct str previous;
    } MOVES[] = {
        {"ticket.status_changed", upper(ctx, ticket_status_word(n->status)),
         upper(ctx, ticket_status_word(b->status))},
        {"ticket.priority_changed", upper(ctx, ticket_priority_word(n->priority)),
         upper(ctx, ticket_priority_word(b->priority))},
        {"ticket.type_changed", upper(ctx, ticket_type_word(n->type)),
         upper(ctx, ticket_type_word(b->type))},
        {"ticket.subject_changed", n->subject, b->subject},
        {"ticket.agent_assignment_changed", id_text(ctx, n->assignee.v),
         id_text(ctx, b->assignee.v)},
        {"ticket.group_assignment_changed", id_text(ctx, n->group.v), id_text(ctx, b->group.v)},
        {"ticket.requester_changed", id_text(ctx, n->requester.v), id_text(ctx, b->requester.v)},
        {"ticket.organization_changed", id_text(ctx, n->organization.v),
         id_text(ctx, b->organization.v)},
        {"ticket.external_id_changed", n->external_id, b->external_id},
        {"ticket.custom_status_changed", id_text(ctx, n->custom_status),
         id_text(ctx, b->custom_status)},
        {"ticket.ticket_form_changed", id_text(ctx, n->form), id_text(ctx, b->form)},
        {"ticket.brand_changed", id_text(ctx, n->brand), id_text(ctx, b->brand)},
        {"ticket.problem_link_changed", id_text(ctx, n->problem.v), id_text(ctx, b->problem.v)},
    };
    for (size_t i = 0; i < sizeof MOVES / sizeof *MOVES; i++) {
        if (!say_moved(t, MOVES[i].type, MOVES[i].current, MOVES[i].previous, err)) {
            return false;
        }
    }
    return str_eq(n->tags, b->tags) ||
           say(t, "ticket.tags_changed", tags_moved(ctx, n->tags, b->tags), err);
}

static bool say_custom_fields(const struct telling *t, struct error *err)
{
    const struct ticket_outcome *outcome = t->applied->outcome;
    for (size_t i = 0; i < outcome->field_count; i++) {
        const struct ticket_field_change *one = &outcome->fields[i];
        struct json j = json_begin(t->a.ctx);
        jw_init(&j.w, &j.out);
        jw_object_begin(&j.w);
        jw_field_object(&j.w, "field");
        jw_field_str(&j.w, "id", id_text(t->a.ctx, one->field));
        jw_object_end(&j.w);
        jw_field_str(&j.w, "current", one->value);
        jw_field_str(&j.w, "previous", one->previous);
        if (!say(t, "ticket.custom_field_changed", json_end(&j), err)) {
            return false;
        }
    }
    return true;
}

static bool say_comment(const struct telling *t, struct error *err)
{
    const struct new_comment *comment = t->applied->change->comment;
    const struct actor *actor = t->applied->actor;
    bool heard = comment != NULL && t->applied->outcome->comment.v != 0 &&
                 wanted(&t->a, "ticket.comment_added");
    struct user author = {.name = STR_NONE};
    bool found = false;
    if (!heard) {
        return true;
    }
    struct user_id id = comment->author.v != 0 ? comment->author : actor->user;
    if (!user_find(t->a.tx, t->a.ctx, id, &author, &found, err)) {
        return false;
    }
    struct json j = json_begin(t->a.ctx);
    jw_init(&j.w, &j.out);
    jw_object_begin(&j.w);
    jw_field_object(&j.w, "comment");
    jw_field_str(&j.w, "id", id_text(t->a.ctx, t->applied->outcome->comment.v));
    jw_field_object(&j.w, "author");
    jw_field_str(&j.w, "id", id_text(t->a.ctx, id.v));
    jw_field_bool(&j.w, "is_staff", found && author.role >= ROLE_LIGHT_AGENT);
    jw_field_str(&j.w, "name", author.name);
    jw_object_end(&j.w);
    jw_field_str(&j.w, "body", str_utf8_clip(comment->body, BODY_MAX));
    jw_field_bool(&j.w, "is_public", comment->is_public);
    jw_object_end(&j.w);
    return say(t, "ticket.comment_added", json_end(&j), err);
}

static bool say_people(const struct telling *t, enum collaborator_kind kind, const char *type,
                       const char *added, const char *removed, struct error *err)
{
    const struct ticket_change *change = t->applied->change;
    struct json j = json_begin(t->a.ctx);
    bool any = false;
    jw_init(&j.w, &j.out);
    jw_object_begin(&j.w);
    for (int gone = 0; gone <= 1; gone++) {
        jw_field_array(&j.w, gone != 0 ? removed : added);
        for (size_t i = 0; i < change->collaborator_count; i++) {
            const struct collaborator_change *one = &change->collaborators[i];
            if (one->kind == kind && one->remove == (gone != 0)) {
                jw_str(&j.w, id_text(t->a.ctx, one->user.v));
                any = true;
            }
        }
        jw_array_end(&j.w);
    }
    struct str event = json_end(&j);
    return !any || say(t, type, event, err);
}

static bool say_ends(const struct telling *t, struct error *err)
{
    const struct ticket *b = &t->applied->outcome->before;
    const struct ticket *n = &t->applied->outcome->after;
    if (n->merged_into.v != b->merged_into.v && n->merged_into.v != 0) {
        struct json j = json_begin(t->a.ctx);
        jw_init(&j.w, &j.out);
        jw_object_begin(&j.w);
        jw_field_str(&j.w, "target_ticket_id", id_text(t->a.ctx, n->merged_into.v));
        if (!say(t, "ticket.merged", json_end(&j), err)) {
            return false;
        }
    }
    if ((n->deleted_at != 0) == (b->deleted_at != 0)) {
        return true;
    }
    return say(t, n->deleted_at != 0 ? "ticket.soft_deleted" : "ticket.undeleted", STR("{}"), err);
}

bool hooks_observe(void *env, struct db *tx, const struct ticket_applied *applied,
                   struct error *err)
{
    struct telling t = {.applied = applied};
    if (applied->change->import) {
        return true;
    }
    if (!audience_load(&t.a, env, tx, err)) {
        return false;
    }
    if (t.a.count == 0) {
        return true;
    }
    const struct ticket *after = &applied->outcome->after;
    const struct new_comment *comment = applied->change->comment;
    bool fresh = applied->outcome->before.id.v == 0;
    t.subject = str_printf(t.a.ctx, "ticket:%lld", (long long)after->id.v);
    t.detail = ticket_detail(&t, fresh && comment != NULL ? str_utf8_clip(comment->body, BODY_MAX)
                                                          : STR_NONE);
    if (fresh) {
        return say(&t, "ticket.created", STR("{}"), err);
    }
    return say_fields(&t, err) && say_custom_fields(&t, err) && say_comment(&t, err) &&
           say_people(&t, COLLABORATOR_CC, "ticket.email_ccs_changed", "email_ccs_added",
                      "email_ccs_removed", err) &&
           say_people(&t, COLLABORATOR_FOLLOWER, "ticket.followers_changed", "followers_added",
                      "followers_removed", err) &&
           say_ends(&t, err);
}

// --- people and organisations -------------------------------------------------------------------

struct move {
    const char *type;
    struct str current;
    struct str previous;
};

static bool say_moves(const struct audience *a, const struct hook_event *base,
                      const struct move *moves, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct hook_event one = *base;
        one.type = moves[i].type;
        one.event = moved(a->ctx, moves[i].current, moves[i].previous);
        if (!str_eq(moves[i].current, moves[i].previous) && !tell(a, &one, err)) {
            return false;
        }
    }
    return true;
}

static struct str user_detail(mem_ctx *ctx, const struct user *user)
{
    struct json j = json_begin(ctx);
    jw_init(&j.w, &j.out);
    jw_object_begin(&j.w);
    jw_field_str(&j.w, "id", id_text(ctx, user->id.v));
    jw_field_str(&j.w, "name", user->name);
    jw_field_str(&j.w, "email", user->email);
    jw_field_str(&j.w, "role", role_word(user->role));
    jw_field_str(&j.w, "external_id", user->external_id);
    jw_field_str(&j.w, "default_group_id", id_text(ctx, user->default_group.v));
    jw_field_str(&j.w, "organization_id", id_text(ctx, user->organization.v));
    jw_field_time(&j.w, "created_at", user->created_at);
    jw_field_time(&j.w, "updated_at", user->updated_at);
    return json_end(&j);
}

bool hooks_person_changed(const struct desk *desk, struct db *tx, const struct user *before,
                          const struct user *after, struct error *err)
{
    struct audience a;
    if (!audience_load(&a, desk, tx, err)) {
        return false;
    }
    if (a.count == 0) {
        return true;
    }
    struct hook_event event = {
        .subject = str_printf(a.ctx, "user:%lld", (long long)after->id.v),
        .detail = user_detail(a.ctx, after),
        .event = STR("{}"),
    };
    event.type = before == NULL                     ? "user.created"
                 : before->active && !after->active ? "user.deleted"
                                                    : NULL;
    if (event.type != NULL) {
        return tell(&a, &event, err);
    }
    const struct move moves[] = {
        {"user.name_changed", after->name, before->name},
        {"user.role_changed", role_word(after->role), role_word(before->role)},
        {"user.alias_changed", after->alias, before->alias},
        {"user.details_changed", after->details, before->details},
        {"user.notes_changed", after->notes, before->notes},
        {"user.external_id_changed", after->external_id, before->external_id},
        {"user.time_zone_changed", after->time_zone, before->time_zone},
        {"user.default_group_changed", id_text(a.ctx, after->default_group.v),
         id_text(a.ctx, before->default_group.v)},
        {"user.suspended_changed", after->suspended ? STR("true") : STR("false"),
         before->suspended ? STR("true") : STR("false")},
    };
    if (!say_moves(&a, &event, moves, sizeof moves / sizeof *moves, err)) {
        return false;
    }
    event.type = "user.tags_changed";
    event.event = tags_moved(a.ctx, after->tags, before->tags);
    return str_eq(after->tags, before->tags) || tell(&a, &event, err);
}

bool hooks_person_merged(const struct desk *desk, struct db *tx, struct user_id loser,
                         struct user_id winner, struct error *err)
{
    struct audience a;
    struct user user;
    bool found = false;
    if (!audience_load(&a, desk, tx, err)) {
        return false;
    }
    if (!wanted(&a, "user.merged")) {
        return true;
    }
    if (!user_find(tx, a.ctx, loser, &user, &found, err)) {
        return false;
    }
    struct json j = json_begin(a.ctx);
    jw_init(&j.w, &j.out);
    jw_object_begin(&j.w);
    jw_field_object(&j.w, "user");
    jw_field_str(&j.w, "id", id_text(a.ctx, winner.v));
    jw_object_end(&j.w);
    const struct hook_event event = {"user.merged",
                                     str_printf(a.ctx, "user:%lld", (long long)loser.v),
                                     user_detail(a.ctx, &user), json_end(&j)};
    return tell(&a, &event, err);
}

static struct str organization_detail(mem_ctx *ctx, const struct organization *one)
{
    struct json j = json_begin(ctx);
    jw_init(&j.w, &j.out);
    jw_object_begin(&j.w);
    jw_field_str(&j.w, "id", id_text(ctx, one->id.v));
    jw_field_str(&j.w, "name", one->name);
    jw_field_str(&j.w, "external_id", one->external_id);
    jw_field_str(&j.w, "group_id", id_text(ctx, one->group.v));
    jw_field_bool(&j.w, "shared_comments", one->shared_comments);
    jw_field_bool(&j.w, "shared_tickets", one->shared_tickets);
    jw_field_time(&j.w, "created_at", one->created_at);
    jw_field_time(&j.w, "updated_at", one->updated_at);
    return json_end(&j);
}

bool hooks_organization_changed(const struct desk *desk, struct db *tx,
                                const struct organization *before, const struct organization *after,
                                struct error *err)
{
    struct audience a;
    const struct organization *one = after == NULL ? before : after;
    if (!audience_load(&a, desk, tx, err)) {
        return false;
    }
    if (a.count == 0) {
        return true;
    }
    struct hook_event event = {
        .subject = str_printf(a.ctx, "organization:%lld", (long long)one->id.v),
        .detail = organization_detail(a.ctx, one),
        .event = STR("{}"),
    };
    if (before == NULL || after == NULL) {
        event.type = before == NULL ? "organization.created" : "organization.deleted";
        return tell(&a, &event, err);
    }
    const struct move moves[] = {
        {"organization.name_changed", after->name, before->name},
        {"organization.external_id_changed", after->external_id, before->external_id},
    };
    if (!say_moves(&a, &event, moves, sizeof moves / sizeof *moves, err)) {
        return false;
    }
    event.type = "organization.tags_changed";
    event.event = tags_moved(a.ctx, after->tags, before->tags);
    return str_eq(after->tags, before->tags) || tell(&a, &event, err);
}
