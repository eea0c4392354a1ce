// SPDX-License-Identifier: GPL-3.0-or-later
//
// Activities, bookmarks, skipped tickets and followed organisations as the API knows them.
#include "desk/marks/api.h"

#include "app/api.h"
#include "desk/desk.h"
#include "desk/marks/marks.h"
#include "desk/people/api_write.h"

// --- what marks name ----------------------------------------------------------------------------

// What the marks of one answer need beside themselves, each read in one statement.
struct shown {
    struct mark *marks;
    size_t count;
    struct ticket *tickets;  // those that the asker may see
    size_t ticket_count;
    struct ticket_comment *comments;
    size_t comment_count;
};

static bool load_tickets(struct ctx *ctx, struct shown *s, struct error *err)
{
    int64_t *ids = mem_array(ctx->mem, int64_t, s->count + 1);
    for (size_t i = 0; i < s->count; i++) {
        ids[i] = s->marks[i].object;
    }
    struct ticket_condition one = {.column = TC_ID, .numbers = ids, .count = s->count};
    struct ticket_query query = {
        .all = &one, .all_count = 1, .sort = TC_ID, .limit = (int64_t)s->count};
    return s->count == 0 ||
           tickets_find(ctx->db, ctx->mem, &ctx->actor, &query, &s->tickets, &s->ticket_count, err);
}

static const struct ticket *ticket_of(const struct shown *s, const struct mark *mark)
{
    for (size_t i = 0; i < s->ticket_count; i++) {
        if (s->tickets[i].id.v == mark->object) {
            return &s->tickets[i];
        }
    }
    return NULL;
}

// Drops the marks whose ticket the asker may not see, or not any more.
static bool keep_seen(struct ctx *ctx, struct shown *s, struct error *err)
{
    size_t kept = 0;
    if (!load_tickets(ctx, s, err)) {
        return false;
    }
    for (size_t i = 0; i < s->count; i++) {
        if (ticket_of(s, &s->marks[i]) != NULL) {
            s->marks[kept++] = s->marks[i];
        }
    }
    s->count = kept;
    return true;
}

static void write_ticket(struct ctx *ctx, struct jw *w, const struct ticket *ticket)
{
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/tickets/%lld.json", (long long)ticket->id.v));
    jw_field_i64(w, "id", ticket->id.v);
    jw_field_str(w, "subject", ticket->subject);
    jw_field_str(w, "status", ticket_status_word(ticket->status));
    jw_field_time(w, "created_at", ticket->created_at);
    jw_field_time(w, "updated_at", ticket->updated_at);
    jw_object_end(w);
}

typedef bool write_fn(struct ctx *ctx, struct jw *w, const struct shown *s, const struct mark *mark,
                      struct error *err);

struct list {
    const char *key;
    struct mark_query query;
    bool of_tickets;
    write_fn *write;
};

static bool list_load(struct ctx *ctx, const struct list *list, struct shown *s, struct error *err)
{
    *s = (struct shown){0};
    return marks_list(ctx->db, ctx->mem, &list->query, &s->marks, &s->count, err) &&
           (!list->of_tickets || keep_seen(ctx, s, err));
}

static bool list_answer(struct ctx *ctx, const struct list *list, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct shown s;
    struct mark *rows = NULL;
    struct jw w;
    if (!api_page_parse(ctx, &page, err) || !list_load(ctx, list, &s, err) ||
        !api_slice(ctx, &page, s.marks, sizeof *s.marks, s.count, offsetof(struct mark, id),
                   (void **)&rows, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, list->key);
    for (size_t i = 0; i < found.count; i++) {
        if (!list->write(ctx, &w, &s, &rows[i], err)) {
            return false;
        }
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

static bool one_answer(struct ctx *ctx, const char *key, write_fn *write, struct shown *s,
                       struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, key);
    return write(ctx, &w, s, &s->marks[0], err) && api_end(ctx, &w, err);
}

struct adding {
    struct ctx *ctx;
    struct mark mark;
    bool fresh;
};

static bool add_tx(struct db *tx, void *arg, struct error *err)
{
    struct adding *a = arg;
    return mark_add(tx, a->ctx->mem, &a->mark, &a->fresh, err);
}

static bool remove_tx(struct db *tx, void *arg, struct error *err)
{
    const struct mark *mark = arg;
    return mark_remove(tx, mark->id, err);
}

static bool remove_answer(struct ctx *ctx, struct mark *mark, struct error *err)
{
    if (!db_tx_run(ctx->app->db, "api.mark.remove", remove_tx, mark, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// The ticket that a body names, if the asker may see it.
static bool body_ticket(struct ctx *ctx, struct jr_value body, struct ticket *ret,
                        struct error *err)
{
    int64_t id = 0;
    if (!jr_id(jr_get(body, "ticket_id"), &id)) {
        return error_field(err, "ticket_id", "BlankValue", "Ticket: cannot be blank");
    }
    return ticket_load(ctx->db, ctx->mem, &ctx->actor, (struct ticket_id){id}, ret, err);
}

// --- activities ---------------------------------------------------------------------------------

static bool load_comments(struct ctx *ctx, struct shown *s, struct error *err)
{
    struct ticket_event *events = mem_array(ctx->mem, struct ticket_event, s->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->marks[i].comment.v != 0) {
            events[count++] =
                (struct ticket_event){.id = {s->marks[i].comment.v}, .kind = STR("Comment")};
        }
    }
    return count == 0 ||
           events_comments(ctx->db, ctx->mem, events, count, &s->comments, &s->comment_count, err);
}

static const struct user *person_of(const struct user *people, size_t count, struct user_id id)
{
    for (size_t i = 0; i < count; i++) {
        if (people[i].id.v == id.v) {
            return &people[i];
        }
    }
    return NULL;
}

static struct str activity_title(struct ctx *ctx, const struct mark *mark, const struct user *actor)
{
    struct str who = actor == NULL ? STR("The desk") : actor->name;
    const char *what = str_eq_c(mark->word, ACTIVITY_ASSIGNMENT) ? "gave you"
                       : str_eq_c(mark->word, ACTIVITY_COMMENT)  ? "wrote in"
                                                                 : "raised the priority of";
    return str_printf(ctx->mem, STR_FMT " %s ticket #%lld.", STR_ARG(who), what,
                      (long long)mark->object);
}

static void write_activity_object(struct ctx *ctx, struct jw *w, const struct shown *s,
                                  const struct mark *mark, const struct ticket *ticket)
{
    jw_field_object(w, "object");
    for (size_t i = 0; i < s->comment_count && ticket != NULL; i++) {
        if (s->comments[i].id.v == mark->comment.v && !s->comments[i].withdrawn) {
            jw_field_object(w, "comment");
            jw_field_i64(w, "id", mark->comment.v);
            jw_field_str(w, "value", s->comments[i].body);
            jw_field_bool(w, "public", s->comments[i].is_public);
            jw_object_end(w);
        }
    }
    if (ticket != NULL && mark->comment.v == 0) {
        jw_key(w, "ticket");
        write_ticket(ctx, w, ticket);
    }
    jw_object_end(w);
    jw_field_object(w, "target");
    if (ticket != NULL) {
        jw_key(w, "ticket");
        write_ticket(ctx, w, ticket);
    }
    jw_object_end(w);
}

static void write_activity(struct ctx *ctx, struct jw *w, const struct shown *s,
                           const struct mark *mark, const struct user *people, size_t count)
{
    const struct user *user = person_of(people, count, mark->user);
    const struct user *actor = person_of(people, count, mark->actor);
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/activities/%lld.json", (long long)mark->id));
    jw_field_i64(w, "id", mark->id);
    jw_field_str(w, "title", activity_title(ctx, mark, actor));
    jw_field_str(w, "verb", mark->word);
    jw_field_i64(w, "user_id", mark->user.v);
    jw_field_id(w, "actor_id", mark->actor.v);
    write_activity_object(ctx, w, s, mark, ticket_of(s, mark));
    jw_key(w, "user");
    if (user == NULL) {
        jw_null(w);
    } else {
        api_user_write(ctx, w, user);
    }
    jw_key(w, "actor");
    if (actor == NULL) {
        jw_null(w);
    } else {
        api_user_write(ctx, w, actor);
    }
    jw_field_time(w, "created_at", mark->created_at);
    jw_field_time(w, "updated_at", mark->created_at);
    jw_object_end(w);
}

// The marks' people and who did it, the latter from `actors_at` on.
static bool activity_people(struct ctx *ctx, const struct shown *s, struct user **ret,
                            size_t *ret_count, struct error *err)
{
    struct user_id *ids = mem_array(ctx->mem, struct user_id, 2 * s->count + 1);
    for (size_t i = 0; i < s->count; i++) {
        ids[i] = s->marks[i].user;
        ids[s->count + i] = s->marks[i].actor;
    }
    return users_by_ids(ctx->db, ctx->mem, ids, 2 * s->count, ret, ret_count, err);
}

static bool activity_lists_write(struct ctx *ctx, struct jw *w, const struct shown *s,
                                 const struct user *people, size_t count)
{
    struct user *actors = mem_array(ctx->mem, struct user, count + 1);
    size_t actor_count = 0;
    for (size_t i = 0; i < count; i++) {
        bool acted = false;
        for (size_t k = 0; k < s->count; k++) {
            acted = acted || s->marks[k].actor.v == people[i].id.v;
        }
        if (acted) {
            actors[actor_count++] = people[i];
        }
    }
    const struct user *self = person_of(people, count, ctx->actor.user);
    api_users_write(ctx, w, "users", self, self == NULL ? 0 : 1);
    api_users_write(ctx, w, "actors", actors, actor_count);
    return true;
}

static bool read_since(struct ctx *ctx, int64_t *ret, struct error *err)
{
    struct str text = http_param(ctx->req, "since");
    *ret = 0;
    return str_empty(text) || time_parse_iso(text, ret) ||
           error_set(err, ERR_BAD_REQUEST, "since must be a time such as 2026-01-31T10:00:00Z.");
}

static bool own_activities(struct ctx *ctx, struct shown *s, struct error *err)
{
    struct mark_query query = {.kind = MARK_ACTIVITY, .user = ctx->actor.user};
    *s = (struct shown){0};
    return read_since(ctx, &query.since, err) &&
           marks_list(ctx->db, ctx->mem, &query, &s->marks, &s->count, err);
}

// GET /api/v2/activities?since=: what the asker was told
bool api_activities(struct ctx *ctx, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct shown all;
    struct shown s = {0};
    struct user *people = NULL;
    size_t count = 0;
    struct jw w;
    if (!api_page_parse(ctx, &page, err) || !own_activities(ctx, &all, err) ||
        !api_slice(ctx, &page, all.marks, sizeof *all.marks, all.count, offsetof(struct mark, id),
                   (void **)&s.marks, &found, err)) {
        return false;
    }
    s.count = found.count;
    if (!load_tickets(ctx, &s, err) || !load_comments(ctx, &s, err) ||
        !activity_people(ctx, &s, &people, &count, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "activities");
    for (size_t i = 0; i < s.count; i++) {
        write_activity(ctx, &w, &s, &s.marks[i], people, count);
    }
    jw_array_end(&w);
    if (!activity_lists_write(ctx, &w, &s, people, count)) {
        return false;
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/activities/count
bool api_activities_total(struct ctx *ctx, struct error *err)
{
    struct shown s;
    return own_activities(ctx, &s, err) && api_count_write(ctx, (int64_t)s.count, err);
}

// GET /api/v2/activities/{object:id}
bool api_activity(struct ctx *ctx, struct error *err)
{
    struct mark mark;
    struct shown s = {.marks = &mark, .count = 1};
    struct user *people = NULL;
    size_t count = 0;
    struct jw w;
    if (!mark_load(ctx->db, ctx->mem, MARK_ACTIVITY, ctx->path.ids[0], &mark, err)) {
        return false;
    }
    if (mark.user.v != ctx->actor.user.v) {
        return error_set(err, ERR_NOT_FOUND, "There is no such activity.");
    }
    if (!load_tickets(ctx, &s, err) || !load_comments(ctx, &s, err) ||
        !activity_people(ctx, &s, &people, &count, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "activity");
    write_activity(ctx, &w, &s, &mark, people, count);
    return api_end(ctx, &w, err);
}

// --- bookmarks ----------------------------------------------------------------------------------

static bool write_bookmark(struct ctx *ctx, struct jw *w, const struct shown *s,
                           const struct mark *mark, struct error *err)
{
    (void)err;
    const struct ticket *ticket = ticket_of(s, mark);
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/bookmarks/%lld.json", (long long)mark->id));
    jw_field_i64(w, "id", mark->id);
    jw_key(w, "ticket");
    if (ticket == NULL) {
        jw_null(w);
    } else {
        write_ticket(ctx, w, ticket);
    }
    jw_field_time(w, "created_at", mark->created_at);
    jw_object_end(w);
    return true;
}

// GET /api/v2/bookmarks: one's own
bool api_bookmarks(struct ctx *ctx, struct error *err)
{
    const struct list list = {"bookmarks",
                              {.kind = MARK_BOOKMARK, .user = ctx->actor.user},
                              .of_tickets = true,
                              .write = write_bookmark};
    return list_answer(ctx, &list, err);
}

// POST /api/v2/bookmarks {"bookmark":{"ticket_id":N}}: 200 when it was there
bool api_bookmark_create(struct ctx *ctx, struct error *err)
{
    struct jr_value body = JR_NONE;
    struct ticket ticket;
    struct adding a = {.ctx = ctx};
    if (!api_body(ctx, "bookmark", &body, err) || !body_ticket(ctx, body, &ticket, err)) {
        return false;
    }
    a.mark = (struct mark){.kind = MARK_BOOKMARK,
                           .user = ctx->actor.user,
                           .object = ticket.id.v,
                           .word = STR(""),
                           .created_at = clock_now(ctx->app->clock)};
    if (!db_tx_run(ctx->app->db, "api.bookmark", add_tx, &a, err)) {
        return false;
    }
    if (a.fresh) {
        api_created(ctx, api_url(ctx, "/api/v2/bookmarks/%lld.json", (long long)a.mark.id));
    }
    struct shown s = {.marks = &a.mark, .count = 1, .tickets = &ticket, .ticket_count = 1};
    return one_answer(ctx, "bookmark", write_bookmark, &s, err);
}

// DELETE /api/v2/bookmarks/{object:id}
bool api_bookmark_delete(struct ctx *ctx, struct error *err)
{
    struct mark mark;
    if (!mark_load(ctx->db, ctx->mem, MARK_BOOKMARK, ctx->path.ids[0], &mark, err)) {
        return false;
    }
    return mark.user.v == ctx->actor.user.v
               ? remove_answer(ctx, &mark, err)
               : error_set(err, ERR_NOT_FOUND, "There is no such bookmark.");
}

// --- tickets passed over ------------------------------------------------------------------------

static bool write_skip(struct ctx *ctx, struct jw *w, const struct shown *s,
                       const struct mark *mark, struct error *err)
{
    const struct ticket *ticket = ticket_of(s, mark);
    (void)err;
    jw_object_begin(w);
    jw_field_i64(w, "id", mark->id);
    jw_field_i64(w, "ticket_id", mark->object);
    jw_field_i64(w, "user_id", mark->user.v);
    jw_field_str(w, "reason", mark->word);
    jw_field_time(w, "created_at", mark->created_at);
    jw_field_time(w, "updated_at", mark->created_at);
    if (ticket != NULL) {
        jw_key(w, "ticket");
        write_ticket(ctx, w, ticket);
    }
    jw_object_end(w);
    return true;
}

static bool skips_answer(struct ctx *ctx, struct user_id user, int64_t ticket, struct error *err)
{
    const struct list list = {"skips",
                              {.kind = MARK_SKIP, .user = user, .object = ticket},
                              .of_tickets = true,
                              .write = write_skip};
    return list_answer(ctx, &list, err);
}

// GET /api/v2/skips: one's own, for administrators everybody's
bool api_skips(struct ctx *ctx, struct error *err)
{
    struct user_id user = {actor_is_admin(&ctx->actor) ? 0 : ctx->actor.user.v};
    return skips_answer(ctx, user, 0, err);
}

// GET /api/v2/users/{user:id}/skips: for administrators and oneself
bool api_user_skips(struct ctx *ctx, struct error *err)
{
    struct user_id user = {ctx->path.ids[0]};
    struct user one;
    if (!user_load(ctx->db, ctx->mem, &ctx->actor, user, &one, err)) {
        return false;
    }
    bool may = user.v == ctx->actor.user.v || actor_is_admin(&ctx->actor);
    return may ? skips_answer(ctx, user, 0, err)
               : error_set(err, ERR_FORBIDDEN,
                           "Administrators see which tickets others passed over.");
}

// GET /api/v2/tickets/{ticket:id}/skips
bool api_ticket_skips(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct ticket_id id = {ctx->path.ids[0]};
    return ticket_load(ctx->db, ctx->mem, &ctx->actor, id, &ticket, err) &&
           skips_answer(ctx, (struct user_id){0}, id.v, err);
}

// POST /api/v2/skips {"skip":{"ticket_id":N,"reason":"…"}}
bool api_skip_create(struct ctx *ctx, struct error *err)
{
    struct jr_value body = JR_NONE;
    struct ticket ticket;
    struct adding a = {.ctx = ctx};
    if (!api_body(ctx, "skip", &body, err) || !body_ticket(ctx, body, &ticket, err)) {
        return false;
    }
    struct str reason = jr_text(jr_get(body, "reason"));
    a.mark =
        (struct mark){.kind = MARK_SKIP,
                      .user = ctx->actor.user,
                      .object = ticket.id.v,
                      .word = str_none(reason) ? STR("") : str_utf8_clip(str_trim(reason), 2000),
                      .created_at = clock_now(ctx->app->clock)};
    if (!db_tx_run(ctx->app->db, "api.skip", add_tx, &a, err)) {
        return false;
    }
    ctx->resp->status = 201;
    struct shown s = {.marks = &a.mark, .count = 1, .tickets = &ticket, .ticket_count = 1};
    return one_answer(ctx, "skip", write_skip, &s, err);
}

// --- organisations followed ---------------------------------------------------------------------

static bool write_subscription(struct ctx *ctx, struct jw *w, const struct shown *s,
                               const struct mark *mark, struct error *err)
{
    (void)s;
    (void)err;
    jw_object_begin(w);
    jw_field_str(w, "url",
                 api_url(ctx, "/api/v2/organization_subscriptions/%lld.json", (long long)mark->id));
    jw_field_i64(w, "id", mark->id);
    jw_field_i64(w, "organization_id", mark->object);
    jw_field_i64(w, "user_id", mark->user.v);
    jw_field_time(w, "created_at", mark->created_at);
    jw_object_end(w);
    return true;
}

static bool subscriptions_answer(struct ctx *ctx, struct user_id user, int64_t organization,
                                 struct error *err)
{
    const struct list list = {"organization_subscriptions",
                              {.kind = MARK_SUBSCRIPTION, .user = user, .object = organization},
                              .write = write_subscription};
    return list_answer(ctx, &list, err);
}

// GET /api/v2/organization_subscriptions
bool api_subscriptions(struct ctx *ctx, struct error *err)
{
    return subscriptions_answer(ctx, (struct user_id){0}, 0, err);
}

// GET /api/v2/organizations/{organization:id}/subscriptions and …/organization_subscriptions
bool api_organization_subscriptions(struct ctx *ctx, struct error *err)
{
    struct organization one;
    struct organization_id id = {ctx->path.ids[0]};
    return organization_load(ctx->db, ctx->mem, &ctx->actor, id, &one, err) &&
           subscriptions_answer(ctx, (struct user_id){0}, id.v, err);
}

// GET /api/v2/users/{user:id}/organization_subscriptions
bool api_user_subscriptions(struct ctx *ctx, struct error *err)
{
    struct user one;
    struct user_id id = {ctx->path.ids[0]};
    return user_load(ctx->db, ctx->mem, &ctx->actor, id, &one, err) &&
           subscriptions_answer(ctx, id, 0, err);
}

// GET /api/v2/organization_subscriptions/{object:id}
bool api_subscription(struct ctx *ctx, struct error *err)
{
    struct mark mark;
    struct shown s = {.marks = &mark, .count = 1};
    return mark_load(ctx->db, ctx->mem, MARK_SUBSCRIPTION, ctx->path.ids[0], &mark, err) &&
           one_answer(ctx, "organization_subscription", write_subscription, &s, err);
}

// POST /api/v2/organization_subscriptions
// {"organization_subscription":{"user_id","organization_id"}}
bool api_subscription_create(struct ctx *ctx, struct error *err)
{
    struct jr_value body = JR_NONE;
    struct user user;
    struct organization one;
    int64_t user_id = 0;
    int64_t organization = 0;
    struct adding a = {.ctx = ctx};
    if (!api_body(ctx, "organization_subscription", &body, err)) {
        return false;
    }
    if (!jr_id(jr_get(body, "user_id"), &user_id) ||
        !user_load(ctx->db, ctx->mem, &ctx->actor, (struct user_id){user_id}, &user, err)) {
        return error_field(err, "user_id", "InvalidValue", "User: is not valid");
    }
    if (!jr_id(jr_get(body, "organization_id"), &organization) ||
        !organization_load(ctx->db, ctx->mem, &ctx->actor, (struct organization_id){organization},
                           &one, err)) {
        return error_field(err, "organization_id", "InvalidValue", "Organization: is not valid");
    }
    a.mark = (struct mark){.kind = MARK_SUBSCRIPTION,
                           .user = user.id,
                           .object = one.id.v,
                           .word = STR(""),
                           .created_at = clock_now(ctx->app->clock)};
    if (!db_tx_run(ctx->app->db, "api.subscription", add_tx, &a, err)) {
        return false;
    }
    struct shown s = {.marks = &a.mark, .count = 1};
    return one_answer(ctx, "organization_subscription", write_subscription, &s, err);
}

// DELETE /api/v2/organization_subscriptions/{object:id}
bool api_subscription_delete(struct ctx *ctx, struct error *err)
{
    struct mark mark;
    return mark_load(ctx->db, ctx->mem, MARK_SUBSCRIPTION, ctx->path.ids[0], &mark, err) &&
           remove_answer(ctx, &mark, err);
}
