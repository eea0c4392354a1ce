// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of views alone: their tickets, rows and counts.
#include "desk/people/api_write.h"
#include "desk/rules/api.h"
#include "desk/rules/api_internal.h"
#include "desk/tickets/api_list.h"
#include "desk/tickets/names.h"

#define COUNT_MANY_MOST 20

static bool load_view(struct ctx *ctx, const struct rule **ret, struct error *err)
{
    return api_rule_load(ctx, RULE_VIEW, ctx->path.ids[0], ret, err);
}

static struct ticket_query query_of(struct ctx *ctx, const struct rule *view)
{
    return view_query(ctx->mem, view, &ctx->actor, clock_now(ctx->app->clock));
}

// GET /api/v2/views/{view:id}/tickets
bool api_view_tickets(struct ctx *ctx, struct error *err)
{
    const struct rule *view = NULL;
    if (!load_view(ctx, &view, err)) {
        return false;
    }
    struct ticket_query query = query_of(ctx, view);
    return api_ticket_query_answer(ctx, &query, err);
}

// --- rows ---------------------------------------------------------------------------------------

static void write_row_ticket(struct ctx *ctx, struct jw *w, const struct ticket *t,
                             const struct api_tickets *set)
{
    struct str description = STR_NONE;
    for (size_t i = 0; i < set->description_count; i++) {
        if (set->descriptions[i].ticket.v == t->id.v) {
            description = set->descriptions[i].body;
        }
    }
    jw_field_object(w, "ticket");
    jw_field_i64(w, "id", t->id.v);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/tickets/%lld.json", (long long)t->id.v));
    jw_field_str(w, "subject", t->subject);
    jw_field_str(w, "description", description);
    jw_field_str(w, "status", ticket_status_word(t->status));
    struct str type = ticket_type_word(t->type);
    struct str priority = ticket_priority_word(t->priority);
    jw_field_str(w, "type", str_empty(type) ? STR_NONE : type);
    jw_field_str(w, "priority", str_empty(priority) ? STR_NONE : priority);
    jw_field_object(w, "last_comment");
    jw_field_str(w, "body", t->excerpt);
    jw_field_bool(w, "public", t->is_public);
    jw_object_end(w);
    jw_object_end(w);
}

static void write_time_column(struct jw *w, struct str name, const struct ticket *t)
{
    static const struct {
        const char *name;
        size_t at;
    } TIMES[] = {
        {"created", offsetof(struct ticket, created_at)},
        {"updated", offsetof(struct ticket, updated_at)},
        {"updated_assignee", offsetof(struct ticket, assignee_updated_at)},
        {"updated_requester", offsetof(struct ticket, requester_updated_at)},
        {"assigned", offsetof(struct ticket, assigned_at)},
        {"due_date", offsetof(struct ticket, due_at)},
        {"sla_next_breach_at", offsetof(struct ticket, breach_at)},
        {"solved", offsetof(struct ticket, solved_at)},
    };
    for (size_t i = 0; i < sizeof TIMES / sizeof *TIMES; i++) {
        if (str_eq_c(name, TIMES[i].name)) {
            int64_t value = 0;
            memcpy(&value, (const char *)t + TIMES[i].at, sizeof value);
            jw_field_time(w, TIMES[i].name, value);
        }
    }
}

static void write_column(struct jw *w, struct str name, const struct ticket *t)
{
    static const struct {
        const char *name;
        const char *key;
        size_t at;
    } IDS[] = {
        {"requester", "requester_id", offsetof(struct ticket, requester)},
        {"submitter", "submitter_id", offsetof(struct ticket, submitter)},
        {"assignee", "assignee_id", offsetof(struct ticket, assignee)},
        {"steward", "steward_id", offsetof(struct ticket, steward)},
        {"group", "group_id", offsetof(struct ticket, group)},
        {"organization", "organization_id", offsetof(struct ticket, organization)},
        {"nice_id", "nice_id", offsetof(struct ticket, id)},
    };
    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++) {
        if (str_eq_c(name, IDS[i].name)) {
            int64_t value = 0;
            memcpy(&value, (const char *)t + IDS[i].at, sizeof value);
            jw_field_id(w, IDS[i].key, value);
            return;
        }
    }
    if (str_eq_c(name, "subject")) {
        jw_field_str(w, "subject", t->subject);
    } else if (str_eq_c(name, "status")) {
        jw_field_str(w, "status", ticket_status_word(t->status));
    } else if (str_eq_c(name, "priority")) {
        jw_field_str(w, "priority", ticket_priority_word(t->priority));
    } else if (str_eq_c(name, "type")) {
        jw_field_str(w, "type", ticket_type_word(t->type));
    } else {
        write_time_column(w, name, t);
    }
}

static void write_row(struct ctx *ctx, struct jw *w, const struct rule *view,
                      const struct ticket *t, const struct api_tickets *set)
{
    struct str rest = view->columns;
    struct str name;
    bool requester = false;
    jw_object_begin(w);
    write_row_ticket(ctx, w, t, set);
    while (str_next(&rest, ' ', &name)) {
        write_column(w, name, t);
        requester = requester || str_eq_c(name, "requester");
    }
    if (!requester) {
        jw_field_id(w, "requester_id", t->requester.v);
    }
    jw_object_end(w);
}

static bool write_people(struct ctx *ctx, struct jw *w, const struct ticket *rows, size_t count,
                         struct error *err)
{
    struct user_id *people = mem_array(ctx->mem, struct user_id, 4 * count + 1);
    struct group_id *groups = mem_array(ctx->mem, struct group_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        people[4 * i] = rows[i].requester;
        people[4 * i + 1] = rows[i].assignee;
        people[4 * i + 2] = rows[i].submitter;
        people[4 * i + 3] = rows[i].steward;
        groups[i] = rows[i].group;
    }
    return api_users_sideload(ctx, ctx->db, w, people, 4 * count, err) &&
           api_groups_sideload(ctx, ctx->db, w, groups, count, err);
}

// The parameters sort_by, sort_order and group_by count for this once.
static void override_order(struct ctx *ctx, struct rule *view)
{
    struct str sort = http_param(ctx->req, "sort_by");
    struct str order = http_param(ctx->req, "sort_order");
    struct str group = http_param(ctx->req, "group_by");
    enum ticket_column column = TC_ID;
    if (!str_none(sort) && view_column(sort, &column)) {
        view->sort_by = sort;
        view->sort_down = false;
    }
    if (!str_none(order)) {
        view->sort_down = str_ieq_c(order, "desc");
    }
    if (!str_none(group) && view_column(group, &column)) {
        view->group_by = group;
        view->group_down = str_ieq_c(http_param(ctx->req, "group_order"), "desc");
    }
}

static bool rows_answer(struct ctx *ctx, const struct rule *view, struct error *err)
{
    struct rule shown = *view;
    struct api_page page;
    struct api_found found = {0};
    struct ticket *rows = NULL;
    struct api_tickets set;
    struct jw w;
    size_t count = 0;
    override_order(ctx, &shown);
    struct ticket_query query = query_of(ctx, &shown);
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    query.limit = api_page_limit(&page);
    query.offset = page.offset;
    query.grouped = query.grouped && !page.cursor;
    if (page.keyed) {
        query.backwards = page.backwards;
        query.after_id.v = page.key.id;
        query.after_value = page.key.value;
        query.after_text = page.key.text;
    }
    if (!tickets_find(ctx->db, ctx->mem, &ctx->actor, &query, &rows, &count, err) ||
        (!page.cursor && !tickets_count(ctx->db, ctx->mem, &ctx->actor, &query, API_OFFSET_MOST,
                                        &found.total, err))) {
        return false;
    }
    found.more = (int64_t)count > page.size;
    if (found.more && page.backwards) {
        rows++;
    }
    found.count = found.more ? (size_t)page.size : count;
    if (found.count > 0) {
        const struct ticket *last = &rows[found.count - 1];
        found.first = (struct api_key){rows[0].id.v, ticket_sort_value(&rows[0], query.sort),
                                       query.sort == TC_SUBJECT ? rows[0].subject : STR_NONE};
        found.last = (struct api_key){last->id.v, ticket_sort_value(last, query.sort),
                                      query.sort == TC_SUBJECT ? last->subject : STR_NONE};
    }
    if (!api_tickets_load(ctx, rows, found.count, &set, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "rows");
    for (size_t i = 0; i < found.count; i++) {
        write_row(ctx, &w, &shown, &rows[i], &set);
    }
    jw_array_end(&w);
    api_columns_write(&w, "columns", &shown);
    jw_field_object(&w, "view");
    jw_field_id(&w, "id", shown.id.v);
    jw_field_str(&w, "url", shown.id.v == 0 ? STR_NONE : api_rule_url(ctx, &shown));
    jw_object_end(&w);
    if (!write_people(ctx, &w, rows, found.count, err)) {
        return false;
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/views/{view:id}/execute
bool api_view_execute(struct ctx *ctx, struct error *err)
{
    const struct rule *view = NULL;
    return load_view(ctx, &view, err) && rows_answer(ctx, view, err);
}

// A view that is not saved: {"view":{"all":[…],"any":[…],"output":{…}}}
static bool read_preview(struct ctx *ctx, struct rule *ret, bool *ret_answered, struct error *err)
{
    struct jr_value object = JR_NONE;
    struct rule_change change = {
        .values = {.kind = RULE_VIEW, .columns = STR("status subject requester updated")}};
    struct problems problems;
    problems_init(&problems, ctx->mem);
    const struct rule_book *book = NULL;
    if (!api_body(ctx, "view", &object, err) || !api_rules_read(ctx, &book, err)) {
        return false;
    }
    bool fine = api_rule_change_read(ctx, object, RULE_VIEW, &change, &problems);
    *ret = change.values;
    *ret_answered = false;
    if (!fine ||
        !rule_terms_check(ctx->mem, RULE_VIEW, &book->defined, ret->terms, ret->term_count,
                          &problems) ||
        !conditions_compile(ctx->mem, RULE_VIEW, &book->defined, ret->terms, ret->term_count,
                            &ret->conditions, &problems)) {
        *ret_answered = api_write_problems(ctx, &problems);
    }
    return true;
}

// POST /api/v2/views/preview
bool api_view_preview(struct ctx *ctx, struct error *err)
{
    struct rule view;
    bool answered = false;
    return read_preview(ctx, &view, &answered, err) && (answered || rows_answer(ctx, &view, err));
}

// --- counts -------------------------------------------------------------------------------------

static void write_count(struct ctx *ctx, struct jw *w, struct rule_id id, int64_t count)
{
    bool more = count >= VIEW_COUNT_MOST;
    jw_object_begin(w);
    jw_field_str(w, "url",
                 id.v == 0 ? STR_NONE
                           : api_url(ctx, "/api/v2/views/%lld/count.json", (long long)id.v));
    jw_field_id(w, "view_id", id.v);
    jw_field_i64(w, "value", count);
    jw_field_str(w, "pretty", str_printf(ctx->mem, more ? "%lld+" : "%lld", (long long)count));
    jw_field_bool(w, "fresh", true);
    jw_field_bool(w, "active", true);
    jw_object_end(w);
}

static bool count_answer(struct ctx *ctx, const struct rule *view, struct error *err)
{
    struct jw w;
    int64_t count = 0;
    if (!view_count(desk_of(ctx)->rules, ctx->db, ctx->mem, view, &ctx->actor, &count, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "view_count");
    write_count(ctx, &w, view->id, count);
    return api_end(ctx, &w, err);
}

// GET /api/v2/views/{view:id}/count
bool api_view_count(struct ctx *ctx, struct error *err)
{
    const struct rule *view = NULL;
    return load_view(ctx, &view, err) && count_answer(ctx, view, err);
}

// POST /api/v2/views/preview/count
bool api_view_preview_count(struct ctx *ctx, struct error *err)
{
    struct rule view;
    struct jw w;
    bool answered = false;
    int64_t count = 0;
    if (!read_preview(ctx, &view, &answered, err) || answered) {
        return answered;
    }
    struct ticket_query query = query_of(ctx, &view);
    if (!tickets_count(ctx->db, ctx->mem, &ctx->actor, &query, VIEW_COUNT_MOST, &count, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "view_count");
    write_count(ctx, &w, (struct rule_id){0}, count);
    return api_end(ctx, &w, err);
}

// GET /api/v2/views/count_many?ids=
bool api_view_count_many(struct ctx *ctx, struct error *err)
{
    const struct rule_book *book = NULL;
    int64_t *ids = NULL;
    size_t count = 0;
    bool given = false;
    struct jw w;
    if (!api_ids(ctx, "ids", &ids, &count, &given, err) || !api_rules_read(ctx, &book, err)) {
        return false;
    }
    count = count < COUNT_MANY_MOST ? count : COUNT_MANY_MOST;
    api_begin(ctx, &w);
    jw_field_array(&w, "view_counts");
    for (size_t i = 0; i < count; i++) {
        const struct rule *view = rule_in_book(book, RULE_VIEW, (struct rule_id){ids[i]});
        int64_t value = 0;
        if (view == NULL || !rule_may_see(view, &ctx->actor)) {
            continue;
        }
        if (!view_count(desk_of(ctx)->rules, ctx->db, ctx->mem, view, &ctx->actor, &value, err)) {
            return false;
        }
        write_count(ctx, &w, view->id, value);
    }
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}

// GET /api/v2/views/count
bool api_views_total(struct ctx *ctx, struct error *err)
{
    const struct rule_book *book = NULL;
    int64_t count = 0;
    if (!api_rules_read(ctx, &book, err)) {
        return false;
    }
    for (size_t i = 0; i < book->count; i++) {
        const struct rule *rule = &book->rules[i];
        count += rule->kind == RULE_VIEW && rule_may_see(rule, &ctx->actor) ? 1 : 0;
    }
    return api_count_write(ctx, count, err);
}
