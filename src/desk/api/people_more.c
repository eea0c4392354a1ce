// SPDX-License-Identifier: GPL-3.0-or-later
//
// What belongs to people beside their data: how much they have to do with the desk, merging,
// deleting for good, and where they are signed in.
#include "app/session.h"
#include "desk/api/handlers.h"
#include "desk/desk.h"
#include "desk/door/pages.h"
#include "desk/marks/marks.h"
#include "desk/people/api_bind.h"
#include "desk/people/api_write.h"

static bool count_tickets(struct ctx *ctx, enum ticket_column column, int64_t id, int64_t *ret,
                          struct error *err)
{
    struct ticket_condition condition = {.column = column, .op = OP_IS, .numbers = &id, .count = 1};
    struct ticket_query query = {.all = &condition, .all_count = 1, .sort = TC_ID};
    return tickets_count(ctx->db, ctx->mem, &ctx->actor, &query, INT64_MAX, ret, err);
}

// GET /api/v2/users/{user:id}/related
bool api_user_related(struct ctx *ctx, struct error *err)
{
    static const struct {
        const char *key;
        enum ticket_column column;
    } COUNTS[] = {
        {"assigned_tickets", TC_ASSIGNEE},
        {"requested_tickets", TC_REQUESTER},
        {"ccd_tickets", TC_CC},
        {"followed_tickets", TC_FOLLOWER},
    };
    static const char *const NONE[] = {
        "topics",        "topic_comments",      "votes",
        "subscriptions", "entry_subscriptions", "forum_subscriptions",
    };
    struct user user;
    int64_t counts[4];
    struct mark_query followed = {.kind = MARK_SUBSCRIPTION, .user = {ctx->path.ids[0]}};
    struct mark *marks = NULL;
    size_t mark_count = 0;
    struct jw w;
    if (!user_load(ctx->db, ctx->mem, &ctx->actor, followed.user, &user, err) ||
        !marks_list(ctx->db, ctx->mem, &followed, &marks, &mark_count, err)) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        if (!count_tickets(ctx, COUNTS[i].column, user.id.v, &counts[i], err)) {
            return false;
        }
    }
    api_begin(ctx, &w);
    jw_field_object(&w, "user_related");
    for (size_t i = 0; i < 4; i++) {
        jw_field_i64(&w, COUNTS[i].key, counts[i]);
    }
    jw_field_i64(&w, "organization_subscriptions", (int64_t)mark_count);
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        jw_field_i64(&w, NONE[i], 0);
    }
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// GET /api/v2/users/{user:id}/tickets/assigned/count
bool api_user_assigned_total(struct ctx *ctx, struct error *err)
{
    int64_t count = 0;
    return count_tickets(ctx, TC_ASSIGNEE, ctx->path.ids[0], &count, err) &&
           api_count_write(ctx, count, err);
}

// GET /api/v2/users/{user:id}/tickets/ccd/count
bool api_user_ccd_total(struct ctx *ctx, struct error *err)
{
    int64_t count = 0;
    return count_tickets(ctx, TC_CC, ctx->path.ids[0], &count, err) &&
           api_count_write(ctx, count, err);
}

// GET /api/v2/organizations/{organization:id}/tickets/count
bool api_organization_tickets_total(struct ctx *ctx, struct error *err)
{
    int64_t count = 0;
    return count_tickets(ctx, TC_ORGANIZATION, ctx->path.ids[0], &count, err) &&
           api_count_write(ctx, count, err);
}

// GET /api/v2/organizations/{organization:id}/related
bool api_organization_related(struct ctx *ctx, struct error *err)
{
    struct organization one;
    struct user_query people = {.external_id = STR_NONE, .organization = {ctx->path.ids[0]}};
    int64_t tickets = 0;
    int64_t users = 0;
    struct jw w;
    if (!organization_load(ctx->db, ctx->mem, &ctx->actor, people.organization, &one, err) ||
        !count_tickets(ctx, TC_ORGANIZATION, one.id.v, &tickets, err) ||
        !users_count(ctx->db, ctx->mem, &ctx->actor, &people, &users, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_object(&w, "organization_related");
    jw_field_i64(&w, "tickets_count", tickets);
    jw_field_i64(&w, "users_count", users);
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// --- merging ------------------------------------------------------------------------------------

struct merging {
    struct ctx *ctx;
    struct user_id loser;
    struct user_id winner;
    struct user after;
    struct organization_merge organizations;
};

static bool merge_users_tx(struct db *tx, void *arg, struct error *err)
{
    struct merging *m = arg;
    return user_merge(desk_people(m->ctx), tx, m->ctx->mem, &m->ctx->actor, m->loser, m->winner,
                      &m->after, err);
}

static bool user_answer(struct ctx *ctx, const char *key, const struct user *user,
                        struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, key);
    api_user_write(ctx, &w, user);
    return api_end(ctx, &w, err);
}

// PUT /api/v2/users/{user:id}/merge {"user":{"id":winner}}; the winner may be named by address, too
bool api_user_merge(struct ctx *ctx, struct error *err)
{
    struct merging m = {.ctx = ctx, .loser = {ctx->path.ids[0]}};
    struct jr_value object = JR_NONE;
    struct user loser;
    if (!user_load(ctx->db, ctx->mem, &ctx->actor, m.loser, &loser, err) ||
        !api_body(ctx, "user", &object, err) ||
        !api_user_meant(ctx, ctx->db, object, &m.winner, err)) {
        return false;
    }
    return db_tx_run(ctx->app->db, "api.user.merge", merge_users_tx, &m, err) &&
           user_answer(ctx, "user", &m.after, err);
}

static bool merge_own_tx(struct db *tx, void *arg, struct error *err)
{
    struct merging *m = arg;
    struct actor system = actor_system(CHANNEL_API);
    return user_merge(desk_people(m->ctx), tx, m->ctx->mem, &system, m->loser, m->winner, &m->after,
                      err);
}

// PUT /api/v2/users/me/merge {"user":{"email","password"}}: the asker becomes that other account,
// which they can sign in to.
bool api_user_merge_own(struct ctx *ctx, struct error *err)
{
    struct merging m = {.ctx = ctx, .loser = ctx->actor.user};
    struct jr_value object = JR_NONE;
    struct user winner;
    struct error why;
    if (!api_body(ctx, "user", &object, err)) {
        return false;
    }
    struct str email = jr_text(jr_get(object, "email"));
    struct str password = jr_text(jr_get(object, "password"));
    if (str_empty(email) || str_empty(password)) {
        return error_field(err, "email", "BlankValue",
                           "Email: and password of the other account are needed");
    }
    if (!door_password_alone(ctx, email, password, &winner, &why)) {
        bool wrong = why.code == ERR_UNAUTHENTICATED;
        *err = why;
        return wrong && error_field(err, "email", "InvalidValue", "Email: or password is wrong");
    }
    m.winner = winner.id;
    return db_tx_run(ctx->app->db, "api.user.merge_own", merge_own_tx, &m, err) &&
           user_answer(ctx, "user", &m.after, err);
}

static bool merge_organizations_tx(struct db *tx, void *arg, struct error *err)
{
    struct merging *m = arg;
    return organization_merge_into(desk_people(m->ctx), tx, m->ctx->mem, &m->ctx->actor,
                                   &m->organizations, err);
}

static void write_merge(struct ctx *ctx, struct jw *w, const struct organization_merge *merge)
{
    jw_object_begin(w);
    jw_field_str(w, "id", merge->id);
    jw_field_str(
        w, "url",
        api_url(ctx, "/api/v2/organization_merges/%s.json", str_cstr(ctx->mem, merge->id)));
    jw_field_i64(w, "loser_id", merge->loser.v);
    jw_field_i64(w, "winner_id", merge->winner.v);
    jw_field_c(w, "status", "complete");
    jw_object_end(w);
}

static bool merge_answer(struct ctx *ctx, const struct organization_merge *merge, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "organization_merge");
    write_merge(ctx, &w, merge);
    return api_end(ctx, &w, err);
}

// POST /api/v2/organizations/{organization:id}/merge {"organization_merge":{"winner_id":N}}
bool api_organization_merge(struct ctx *ctx, struct error *err)
{
    struct merging m = {.ctx = ctx, .organizations = {.loser = {ctx->path.ids[0]}}};
    struct organization loser;
    struct jr_value object = JR_NONE;
    if (!organization_load(ctx->db, ctx->mem, &ctx->actor, m.organizations.loser, &loser, err) ||
        !api_body(ctx, "organization_merge", &object, err)) {
        return false;
    }
    if (!jr_id(jr_get(object, "winner_id"), &m.organizations.winner.v)) {
        return error_field(err, "winner_id", "BlankValue", "Winner: cannot be blank");
    }
    if (!db_tx_run(ctx->app->db, "api.organization.merge", merge_organizations_tx, &m, err)) {
        return false;
    }
    ctx->resp->status = 201;
    return merge_answer(ctx, &m.organizations, err);
}

// GET /api/v2/organization_merges/{name}
bool api_organization_merge_show(struct ctx *ctx, struct error *err)
{
    struct organization_merge merge;
    return organization_merge_load(ctx->db, ctx->mem, &ctx->actor, ctx->path.texts[0], &merge,
                                   err) &&
           merge_answer(ctx, &merge, err);
}

// GET /api/v2/organizations/{organization:id}/merges
bool api_organization_merges(struct ctx *ctx, struct error *err)
{
    struct organization_merge *list = NULL;
    struct organization_merge *shown = NULL;
    struct api_page page;
    struct api_found found = {0};
    size_t count = 0;
    struct jw w;
    struct organization_id winner = {ctx->path.ids[0]};
    if (!api_page_parse(ctx, &page, err) ||
        !organization_merges(ctx->db, ctx->mem, &ctx->actor, winner, &list, &count, err) ||
        !api_slice(ctx, &page, list, sizeof *list, count, SIZE_MAX, (void **)&shown, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "organization_merges");
    for (size_t i = 0; i < found.count; i++) {
        write_merge(ctx, &w, &shown[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// --- deleted people -----------------------------------------------------------------------------

// GET /api/v2/deleted_users
bool api_deleted_users(struct ctx *ctx, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct user *users = NULL;
    size_t count = 0;
    struct jw w;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    struct list_query query = {.after = page.keyed ? page.key.id : 0,
                               .limit = api_page_limit(&page),
                               .offset = page.offset};
    if (!users_deleted(ctx->db, ctx->mem, &ctx->actor, &query, &users, &count, &found.total, err)) {
        return false;
    }
    page.backwards = false;
    api_page_cut(&page, users, sizeof *users, count, &found);
    api_page_keys(&found, users, id.v);
    api_begin(ctx, &w);
    api_users_write(ctx, &w, "deleted_users", users, found.count);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/deleted_users/count
bool api_deleted_users_total(struct ctx *ctx, struct error *err)
{
    const struct list_query query = {.limit = 0};
    struct user *users = NULL;
    size_t count = 0;
    int64_t total = 0;
    return users_deleted(ctx->db, ctx->mem, &ctx->actor, &query, &users, &count, &total, err) &&
           api_count_write(ctx, total, err);
}

// GET /api/v2/deleted_users/{user:id}
bool api_deleted_user(struct ctx *ctx, struct error *err)
{
    struct user user;
    if (!user_load(ctx->db, ctx->mem, &ctx->actor, (struct user_id){ctx->path.ids[0]}, &user,
                   err)) {
        return false;
    }
    return user.active ? error_set(err, ERR_NOT_FOUND, "This person is not deleted.")
                       : user_answer(ctx, "deleted_user", &user, err);
}

static bool wipe_tx(struct db *tx, void *arg, struct error *err)
{
    struct merging *m = arg;
    return user_wipe(desk_people(m->ctx), tx, m->ctx->mem, &m->ctx->actor, m->loser, &m->after,
                     err);
}

// DELETE /api/v2/deleted_users/{user:id}
bool api_deleted_user_wipe(struct ctx *ctx, struct error *err)
{
    struct merging m = {.ctx = ctx, .loser = {ctx->path.ids[0]}};
    return db_tx_run(ctx->app->db, "api.user.wipe", wipe_tx, &m, err) &&
           user_answer(ctx, "deleted_user", &m.after, err);
}

// GET /api/v2/users/{user:id}/compliance_deletion_statuses: that all was wiped, and when
bool api_user_compliance(struct ctx *ctx, struct error *err)
{
    struct user user;
    int64_t at = 0;
    struct api_page page;
    struct api_found found = {0};
    struct jw w;
    if (!api_page_parse(ctx, &page, err) ||
        !user_load(ctx->db, ctx->mem, &ctx->actor, (struct user_id){ctx->path.ids[0]}, &user,
                   err) ||
        !user_wiped_at(ctx->db, ctx->mem, user.id, &at, err)) {
        return false;
    }
    found.total = at != 0 ? 1 : 0;
    found.count = at != 0 && !page.keyed && page.offset == 0 ? 1 : 0;
    found.first.id = user.id.v;
    found.last.id = user.id.v;
    api_begin(ctx, &w);
    jw_field_array(&w, "compliance_deletion_statuses");
    if (found.count > 0) {
        jw_object_begin(&w);
        jw_field_c(&w, "action", "complete");
        jw_field_c(&w, "application", "all");
        jw_field_i64(&w, "user_id", user.id.v);
        jw_field_null(&w, "executer_id");
        jw_field_c(&w, "account_subdomain", "desk");
        jw_field_time(&w, "created_at", at);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// --- sessions -----------------------------------------------------------------------------------

static void write_session(struct ctx *ctx, struct jw *w, const struct session_info *one)
{
    jw_object_begin(w);
    jw_field_str(w, "url",
                 api_url(ctx, "/api/v2/users/%lld/sessions/%lld.json", (long long)one->user.v,
                         (long long)one->id.v));
    jw_field_i64(w, "id", one->id.v);
    jw_field_i64(w, "user_id", one->user.v);
    jw_field_time(w, "authenticated_at", one->created_at);
    jw_field_time(w, "last_seen_at", one->seen_at);
    jw_object_end(w);
}

static bool sessions_answer(struct ctx *ctx, struct user_id user, struct error *err)
{
    struct session_info *list = NULL;
    struct session_info *shown = NULL;
    struct api_page page;
    struct api_found found = {0};
    size_t count = 0;
    struct jw w;
    if (!api_page_parse(ctx, &page, err) || !session_list_of(ctx, user, &list, &count, err) ||
        !api_slice(ctx, &page, list, sizeof *list, count, offsetof(struct session_info, id),
                   (void **)&shown, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "sessions");
    for (size_t i = 0; i < found.count; i++) {
        write_session(ctx, &w, &shown[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/sessions: everybody's, for administrators
bool api_sessions(struct ctx *ctx, struct error *err)
{
    return sessions_answer(ctx, (struct user_id){0}, err);
}

// One's own, and for administrators anybody's.
static bool may_see_sessions(struct ctx *ctx, struct user_id user, struct error *err)
{
    return user.v == ctx->actor.user.v || actor_is_admin(&ctx->actor) ||
           error_set(err, ERR_NOT_FOUND, "There is no such person.");
}

// GET /api/v2/users/{user:id}/sessions
bool api_user_sessions(struct ctx *ctx, struct error *err)
{
    struct user_id user = {ctx->path.ids[0]};
    return may_see_sessions(ctx, user, err) && sessions_answer(ctx, user, err);
}

// The session of that number, or with number 0 the one of this request.
static bool find_session(struct ctx *ctx, struct user_id user, int64_t id, struct session_info *ret,
                         struct error *err)
{
    struct session_info *list = NULL;
    size_t count = 0;
    if (!session_list_of(ctx, user, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (id == 0 ? list[i].current : list[i].id.v == id) {
            *ret = list[i];
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such session.");
}

static bool session_answer(struct ctx *ctx, const struct session_info *one, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "session");
    write_session(ctx, &w, one);
    return api_end(ctx, &w, err);
}

// GET /api/v2/users/{user:id}/sessions/{session:id}
bool api_user_session(struct ctx *ctx, struct error *err)
{
    struct user_id user = {ctx->path.ids[0]};
    struct session_info one;
    return may_see_sessions(ctx, user, err) &&
           find_session(ctx, user, ctx->path.ids[1], &one, err) && session_answer(ctx, &one, err);
}

// GET /api/v2/users/me/session
bool api_session_own(struct ctx *ctx, struct error *err)
{
    struct session_info one;
    return find_session(ctx, ctx->actor.user, 0, &one, err) && session_answer(ctx, &one, err);
}

// GET /api/v2/users/me/session/renew
bool api_session_renew(struct ctx *ctx, struct error *err)
{
    struct jw w;
    if (ctx->session.len == 0) {
        return error_set(err, ERR_NOT_FOUND, "This request has no session.");
    }
    api_begin(ctx, &w);
    jw_field_str(&w, "authenticity_token", ctx->csrf);
    return api_end(ctx, &w, err);
}

// GET /api/v2/help_center/sessions
bool api_help_session(struct ctx *ctx, struct error *err)
{
    struct jw w;
    if (ctx->session.len == 0) {
        return error_set(err, ERR_NOT_FOUND, "This request has no session.");
    }
    api_begin(ctx, &w);
    jw_field_object(&w, "current_session");
    jw_field_str(&w, "csrf_token", ctx->csrf);
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// DELETE /api/v2/users/{user:id}/sessions/{session:id}
bool api_user_session_end(struct ctx *ctx, struct error *err)
{
    struct user_id user = {ctx->path.ids[0]};
    struct session_id id = {ctx->path.ids[1]};
    if (!may_see_sessions(ctx, user, err) || !session_end_of(ctx, user, id, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

static bool end_all_tx(struct db *tx, void *arg, struct error *err)
{
    struct merging *m = arg;
    return session_end_others(tx, m->loser, STR_NONE, err);
}

// DELETE /api/v2/users/{user:id}/sessions: all of them
bool api_user_sessions_end(struct ctx *ctx, struct error *err)
{
    struct merging m = {.ctx = ctx, .loser = {ctx->path.ids[0]}};
    if (!may_see_sessions(ctx, m.loser, err) ||
        !db_tx_run(ctx->app->db, "api.sessions.end", end_all_tx, &m, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// DELETE /api/v2/users/me/session, /users/me/logout and /users/me/sessions
bool api_session_end(struct ctx *ctx, struct error *err)
{
    struct merging m = {.ctx = ctx, .loser = ctx->actor.user};
    bool all = str_ends(ctx->req->path, STR("/sessions"));
    if (all ? !db_tx_run(ctx->app->db, "api.sessions.end", end_all_tx, &m, err)
            : !session_end(ctx, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}
