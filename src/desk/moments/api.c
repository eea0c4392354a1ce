// SPDX-License-Identifier: GPL-3.0-or-later
//
// Moments as the API knows them: satisfaction ratings.
#include "app/api.h"
#include "desk/desk.h"
#include "desk/moments/pages.h"

enum { SCAN = 500 };

struct ratings {
    struct ctx *ctx;
    struct moment_query query;
    struct moment *list;
    struct ticket *tickets;  // of `list`, at the same places
    size_t count;
};

static void write_rating(struct ctx *ctx, struct jw *w, const struct moment *moment,
                         const struct ticket *ticket)
{
    jw_object_begin(w);
    jw_field_str(w, "url",
                 api_url(ctx, "/api/v2/satisfaction_ratings/%lld.json", (long long)moment->id.v));
    jw_field_id(w, "id", moment->id.v);
    jw_field_id(w, "assignee_id", ticket->assignee.v);
    jw_field_id(w, "group_id", ticket->group.v);
    jw_field_id(w, "requester_id", moment->user.v);
    jw_field_id(w, "ticket_id", moment->ticket.v);
    jw_field_str(w, "score", moment->good ? STR("good") : STR("bad"));
    jw_field_str(w, "comment", str_empty(moment->word) ? STR_NONE : moment->word);
    jw_field_null(w, "reason");
    jw_field_null(w, "reason_id");
    jw_field_time(w, "created_at", moment->created_at);
    jw_field_time(w, "updated_at", moment->updated_at);
    jw_object_end(w);
}

// Keeps those whose ticket the asker may see.
static bool add_seen(struct ratings *r, const struct moment *some, size_t count, struct error *err)
{
    struct ctx *ctx = r->ctx;
    int64_t *ids = mem_array(ctx->mem, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = some[i].ticket.v;
    }
    struct ticket_condition one = {.column = TC_ID, .numbers = ids, .count = count};
    struct ticket_query query = {
        .all = &one, .all_count = 1, .sort = TC_ID, .limit = (int64_t)count};
    struct ticket *tickets = NULL;
    size_t ticket_count = 0;
    if (!tickets_find(ctx->db, ctx->mem, &ctx->actor, &query, &tickets, &ticket_count, err)) {
        return false;
    }
    r->list = mem_grow(ctx->mem, r->list, struct moment, r->count + count + 1);
    r->tickets = mem_grow(ctx->mem, r->tickets, struct ticket, r->count + count + 1);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < ticket_count; k++) {
            if (tickets[k].id.v == some[i].ticket.v) {
                r->list[r->count] = some[i];
                r->tickets[r->count++] = tickets[k];
            }
        }
    }
    return true;
}

// All that match and may be seen, up to `most`.
static bool collect(struct ratings *r, size_t most, struct error *err)
{
    r->query.most = SCAN;
    for (;;) {
        struct moment *some = NULL;
        size_t count = 0;
        if (!moments_list(r->ctx->db, r->ctx->mem, &r->query, &some, &count, err) ||
            (count > 0 && !add_seen(r, some, count, err))) {
            return false;
        }
        if (count < SCAN || r->count >= most) {
            return true;
        }
        r->query.after = some[count - 1].id;
    }
}

static bool read_seconds(struct ctx *ctx, const char *name, int64_t otherwise, int64_t *ret,
                         struct error *err)
{
    struct str text = http_param(ctx->req, name);
    *ret = otherwise;
    if (str_empty(text)) {
        return true;
    }
    if (!str_to_i64(text, ret) || *ret < 0 || *ret > INT64_MAX / SECONDS_MS) {
        return error_set(err, ERR_BAD_REQUEST, "%s must be a time in seconds since 1970.", name);
    }
    *ret *= SECONDS_MS;
    return true;
}

// score=good_without_comment and the like; what is only offered is nobody's verdict.
static bool read_query(struct ctx *ctx, struct moment_query *ret, bool *ret_none, struct error *err)
{
    struct str score = http_param(ctx->req, "score");
    score = str_none(score) ? STR("") : score;
    *ret = (struct moment_query){.score = STR(""), .with_word = -1};
    *ret_none = str_istarts(score, STR("offered")) || str_istarts(score, STR("unoffered"));
    ret->score = str_istarts(score, STR("good"))  ? STR("good")
                 : str_istarts(score, STR("bad")) ? STR("bad")
                                                  : STR("");
    if (str_ends(score, STR("_with_comment"))) {
        ret->with_word = 1;
    } else if (str_ends(score, STR("_without_comment"))) {
        ret->with_word = 0;
    }
    return read_seconds(ctx, "start_time", 0, &ret->since, err) &&
           read_seconds(ctx, "end_time", INT64_MAX, &ret->until, err);
}

static bool list_answer(struct ctx *ctx, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct ratings r = {.ctx = ctx};
    struct jw w;
    bool none = false;
    if (!api_page_parse(ctx, &page, err) || !read_query(ctx, &r.query, &none, err)) {
        return false;
    }
    size_t size = (size_t)page.size;
    bool onward = page.cursor && page.keyed && !page.backwards;
    if (onward) {
        r.query.after.v = page.key.id;
    }
    if (!none &&
        !collect(&r, onward || (page.cursor && !page.keyed) ? size + 1 : API_OFFSET_MOST, err)) {
        return false;
    }
    found.total = (int64_t)r.count;
    size_t first = page.cursor ? 0 : (size_t)page.offset;
    size_t last = r.count;
    if (page.backwards) {
        for (last = 0; last < r.count && r.list[last].id.v < page.key.id; last++) {
        }
        first = last > size ? last - size : 0;
    }
    first = first < last ? first : last;
    found.more = page.backwards ? first > 0 : last - first > size;
    last = last - first > size ? first + size : last;
    found.count = last - first;
    api_page_keys(&found, r.list + first, id.v);
    api_begin(ctx, &w);
    jw_field_array(&w, "satisfaction_ratings");
    for (size_t i = first; i < last; i++) {
        write_rating(ctx, &w, &r.list[i], &r.tickets[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/satisfaction_ratings
bool api_ratings_list(struct ctx *ctx, struct error *err)
{
    return list_answer(ctx, err);
}

// GET /api/v2/satisfaction_ratings/received
bool api_ratings_received(struct ctx *ctx, struct error *err)
{
    return list_answer(ctx, err);
}

// GET /api/v2/satisfaction_ratings/count
bool api_ratings_count(struct ctx *ctx, struct error *err)
{
    struct ratings r = {.ctx = ctx};
    bool none = false;
    return read_query(ctx, &r.query, &none, err) && (none || collect(&r, API_OFFSET_MOST, err)) &&
           api_count_write(ctx, (int64_t)r.count, err);
}

static bool answer_one(struct ctx *ctx, const struct moment *moment, const struct ticket *ticket,
                       struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "satisfaction_rating");
    write_rating(ctx, &w, moment, ticket);
    return api_end(ctx, &w, err);
}

// GET /api/v2/satisfaction_ratings/{moment:id}
bool api_rating_show(struct ctx *ctx, struct error *err)
{
    struct moment moment;
    struct ticket ticket;
    return moment_load(ctx->db, ctx->mem, (struct moment_id){ctx->path.ids[0]}, &moment, err) &&
           ticket_load(ctx->db, ctx->mem, &ctx->actor, moment.ticket, &ticket, err) &&
           answer_one(ctx, &moment, &ticket, err);
}

// --- judging ------------------------------------------------------------------------------------

struct rating_body {
    struct jr_str score, comment;
};

static const struct jr_field FIELDS[] = {
    JR_FIELD(STR, "score", struct rating_body, score, .required = true),
    JR_FIELD(STR, "comment", struct rating_body, comment, .max = 2000),
};
static const struct jr_spec SPEC = JR_SPEC(FIELDS);

struct judging {
    struct ctx *ctx;
    struct verdict verdict;
    struct moment moment;
};

static bool judge_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct judging *judging = arg;
    return moment_judge(desk_of(judging->ctx), tx, judging->ctx->mem, &judging->verdict,
                        &judging->moment, err);
}

// The last public answer of the desk: the one that the API's rating of a ticket is about.
static bool last_answer(struct ctx *ctx, const struct ticket *ticket, struct comment_id *ret,
                        struct error *err)
{
    struct ticket_comment *comments = NULL;
    size_t count = 0;
    struct user author;
    bool found = false;
    if (!ticket_comments(ctx->db, ctx->mem, &ctx->actor, ticket->id, &comments, &count, err)) {
        return false;
    }
    for (size_t i = count; i > 0; i--) {
        const struct ticket_comment *one = &comments[i - 1];
        if (!one->is_public || one->withdrawn || one->author.v == ctx->actor.user.v) {
            continue;
        }
        if (!user_find(ctx->db, ctx->mem, one->author, &author, &found, err)) {
            return false;
        }
        if (found && author.role >= ROLE_LIGHT_AGENT) {
            *ret = one->id;
            return true;
        }
    }
    return error_set(err, ERR_INVALID, "Nobody has answered this request yet.");
}

// POST /api/v2/tickets/{ticket:id}/satisfaction_rating
bool api_rating_create(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct judging judging = {.ctx = ctx};
    struct rating_body body = {0};
    struct jr_value object = JR_NONE;
    struct problems problems;
    problems_init(&problems, ctx->mem);
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, (struct ticket_id){ctx->path.ids[0]}, &ticket,
                     err) ||
        !api_body(ctx, "satisfaction_rating", &object, err)) {
        return false;
    }
    if (!jr_bind(ctx->mem, object, &SPEC, &body, &problems)) {
        return api_write_problems(ctx, &problems);
    }
    if (ticket.requester.v != ctx->actor.user.v) {
        return error_set(err, ERR_FORBIDDEN, "Only the requester says whether it helped.");
    }
    if (ticket.status < STATUS_SOLVED) {
        return error_field(err, "base", "InvalidValue", "Ticket: can be rated once it is solved");
    }
    judging.verdict.good = str_istarts(body.score.v, STR("good"));
    if (!judging.verdict.good && !str_istarts(body.score.v, STR("bad"))) {
        return error_field(err, "score", "InvalidValue", "Score: must be good or bad");
    }
    judging.verdict.user = ctx->actor.user;
    judging.verdict.word = body.comment.is == JR_SET ? body.comment.v : STR_NONE;
    return last_answer(ctx, &ticket, &judging.verdict.comment, err) &&
           db_tx_run(ctx->app->db, "api.rating", judge_in_tx, &judging, err) &&
           answer_one(ctx, &judging.moment, &ticket, err);
}

// GET /api/v2/satisfaction_reasons: people say it in their own words, so there are none.
bool api_rating_reasons(struct ctx *ctx, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_field_array(&w, "reasons");
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}
