// SPDX-License-Identifier: GPL-3.0-or-later
//
// The trail as the API knows it: audit logs.
#include "desk/trail/api.h"

#include "app/api.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "desk/trail/trail.h"

static struct str action_label(const struct trail_entry *entry)
{
    static const struct {
        const char *action;
        const char *label;
    } LABELS[] = {
        {"create", "Created"},  {"update", "Updated"},    {"destroy", "Deleted"},
        {"login", "Signed in"}, {"exported", "Exported"},
    };
    for (size_t i = 0; i < sizeof LABELS / sizeof *LABELS; i++) {
        if (str_eq_c(entry->action, LABELS[i].action)) {
            return str_c(LABELS[i].label);
        }
    }
    return entry->action;
}

static void write_entry(struct ctx *ctx, struct jw *w, const struct trail_entry *entry)
{
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/audit_logs/%lld.json", (long long)entry->id));
    jw_field_i64(w, "id", entry->id);
    jw_field_str(w, "action", entry->action);
    jw_field_str(w, "action_label", action_label(entry));
    jw_field_i64(w, "actor_id", entry->actor.v == 0 ? -1 : entry->actor.v);
    jw_field_str(w, "actor_name", entry->actor_name);
    jw_field_id(w, "source_id", entry->source_id);
    jw_field_str(w, "source_type", entry->source_type);
    jw_field_str(w, "source_label", entry->source_label);
    jw_field_str(w, "change_description", entry->change);
    jw_field_str(w, "ip_address", entry->address);
    jw_field_time(w, "created_at", entry->created_at);
    jw_object_end(w);
}

static bool read_time(struct str text, int64_t *ret, struct error *err)
{
    return time_parse_iso(text, ret) ||
           error_set(err, ERR_BAD_REQUEST,
                     "filter[created_at] must be a time such as 2026-01-31T10:00:00Z.");
}

// filter[created_at][]=FROM&filter[created_at][]=TO; one alone is the beginning.
static bool read_span(struct ctx *ctx, struct trail_query *query, struct error *err)
{
    struct str *times = NULL;
    size_t count = 0;
    bool given = false;
    if (!api_texts(ctx, "filter[created_at]", &times, &count, &given, err)) {
        return false;
    }
    query->until = INT64_MAX;
    if (count > 2) {
        return error_set(err, ERR_BAD_REQUEST, "filter[created_at] takes two times at most.");
    }
    if ((count > 0 && !read_time(times[0], &query->since, err)) ||
        (count > 1 && !read_time(times[1], &query->until, err))) {
        return false;
    }
    if (count > 1) {
        query->until += SECONDS_MS - 1;  // the whole second
    }
    return true;
}

static bool read_number(struct ctx *ctx, const char *name, int64_t *ret, struct error *err)
{
    struct str text = http_param(ctx->req, name);
    *ret = -1;
    if (str_empty(text)) {
        return true;
    }
    return (str_to_i64(text, ret) && *ret >= -1) ||
           error_set(err, ERR_BAD_REQUEST, "%s must be a number.", name);
}

static struct str filter_text(struct ctx *ctx, const char *name)
{
    struct str text = http_param(ctx->req, name);
    return str_none(text) ? STR("") : text;
}

static bool read_query(struct ctx *ctx, struct trail_query *ret, struct error *err)
{
    *ret = (struct trail_query){.action = filter_text(ctx, "filter[action]"),
                                .source_type = filter_text(ctx, "filter[source_type]"),
                                .address = filter_text(ctx, "filter[ip_address]"),
                                .below = INT64_MAX};
    if (!read_number(ctx, "filter[source_id]", &ret->source_id, err) ||
        !read_number(ctx, "filter[actor_id]", &ret->actor, err)) {
        return false;
    }
    // -1 is the desk itself, as the list shows it.
    bool desk_itself = ret->actor == -1 && !str_empty(http_param(ctx->req, "filter[actor_id]"));
    ret->actor = desk_itself ? 0 : ret->actor;
    return read_span(ctx, ret, err);
}

// GET /api/v2/audit_logs: the newest first unless sort=created_at
bool api_audit_logs(struct ctx *ctx, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct trail_query query;
    struct trail_entry *list = NULL;
    size_t count = 0;
    struct jw w;
    if (!api_page_parse(ctx, &page, err) || !read_query(ctx, &query, err)) {
        return false;
    }
    bool sorted = !str_none(page.sort);
    bool down = sorted ? page.descending : true;
    query.descending = down != page.backwards;
    query.limit = api_page_limit(&page);
    query.offset = page.offset;
    if (page.keyed) {
        *(query.descending ? &query.below : &query.above) = page.key.id;
    }
    if (!trail_list(ctx->db, ctx->mem, &ctx->actor, &query, &list, &count, err) ||
        (!page.cursor && !trail_count(ctx->db, ctx->mem, &ctx->actor, &query, &found.total, err))) {
        return false;
    }
    api_page_cut(&page, list, sizeof *list, count, &found);
    api_page_keys(&found, list, id);
    api_begin(ctx, &w);
    jw_field_array(&w, "audit_logs");
    for (size_t i = 0; i < found.count; i++) {
        write_entry(ctx, &w, &list[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/audit_logs/{object:id}
bool api_audit_log(struct ctx *ctx, struct error *err)
{
    struct trail_entry entry;
    struct jw w;
    if (!trail_load(ctx->db, ctx->mem, &ctx->actor, ctx->path.ids[0], &entry, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "audit_log");
    write_entry(ctx, &w, &entry);
    return api_end(ctx, &w, err);
}

// --- by mail ------------------------------------------------------------------------------------

#define EXPORT_MOST 10000
#define EXPORT_MAX (8 << 20)

static void put_cell(struct buf *out, struct str text)
{
    buf_put_c(out, "\"");
    for (size_t i = 0; i < text.len; i++) {
        buf_put(out, str_sub(text, i, 1));
        if (text.ptr[i] == '"') {
            buf_put_c(out, "\"");
        }
    }
    buf_put_c(out, "\"");
}

static struct str as_table(struct ctx *ctx, const struct trail_entry *list, size_t count)
{
    struct buf out;
    buf_init(&out, ctx->mem, EXPORT_MAX);
    buf_put_c(&out, "time,actor,address,action,type,item,change\n");
    for (size_t i = 0; i < count && !out.failed; i++) {
        const struct trail_entry *one = &list[i];
        const struct str cells[] = {time_iso(ctx->mem, one->created_at),
                                    one->actor_name,
                                    one->address,
                                    action_label(one),
                                    one->source_type,
                                    one->source_label,
                                    one->change};
        for (size_t k = 0; k < sizeof cells / sizeof *cells; k++) {
            buf_put_c(&out, k == 0 ? "" : ",");
            put_cell(&out, cells[k]);
        }
        buf_put_c(&out, "\n");
    }
    return buf_str(&out);
}

struct exporting {
    struct ctx *ctx;
    struct str table;
};

static bool export_tx(struct db *tx, void *arg, struct error *err)
{
    struct exporting *x = arg;
    struct ctx *ctx = x->ctx;
    struct user person;
    bool found = false;
    const struct trail_note note = {"exported", "audit_log", 0, STR("Audit log"), STR_NONE};
    return user_find(tx, ctx->mem, ctx->actor.user, &person, &found, err) &&
           (!found ||
            channels_tell(desk_of(ctx), tx, &person, STR("The audit log"), x->table, err)) &&
           trail_add(tx, &ctx->actor, clock_now(ctx->app->clock), &note, err);
}

// POST /api/v2/audit_logs/export: the newest EXPORT_MOST that the filters want, mailed to the asker
bool api_audit_logs_export(struct ctx *ctx, struct error *err)
{
    struct trail_query query;
    struct trail_entry *list = NULL;
    size_t count = 0;
    struct exporting x = {.ctx = ctx};
    struct jw w;
    if (!read_query(ctx, &query, err)) {
        return false;
    }
    query.descending = true;
    query.limit = EXPORT_MOST;
    if (!trail_list(ctx->db, ctx->mem, &ctx->actor, &query, &list, &count, err)) {
        return false;
    }
    x.table = as_table(ctx, list, count);
    if (!db_tx_run(ctx->app->db, "api.audit_logs.export", export_tx, &x, err)) {
        return false;
    }
    ctx->resp->status = 202;
    api_begin(ctx, &w);
    return api_end(ctx, &w, err);
}
