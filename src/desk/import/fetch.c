// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/import/fetch.h"

#include "desk/import/fetching.h"
#include "desk/import/shelf.h"

// How far it is; a name that the import passes over.
#define STATE ".fetched"
#define STATE_MAX 65536

enum how { BY_LIST, BY_TIME, BY_CURSOR };

// In the order in which they are fetched: tickets last, so that whom they name is there.
static const struct stream {
    const char *key;
    const char *path;
    const char *query;  // beside what says where to go on
    enum how how;
    bool perhaps;       // not every desk has it
    const char *count;  // where the desk says how many there are; NULL: nowhere
    const char *plain;
} STREAMS[] = {
    {"brands", "/api/v2/brands.json", "page%5Bsize%5D=100", BY_LIST, true, NULL, "brands fetched"},
    {"user_fields", "/api/v2/user_fields.json", "page%5Bsize%5D=100", BY_LIST, true, NULL,
     "fields of people fetched"},
    {"organization_fields", "/api/v2/organization_fields.json", "page%5Bsize%5D=100", BY_LIST, true,
     NULL, "fields of organisations fetched"},
    {"ticket_fields", "/api/v2/ticket_fields.json", "page%5Bsize%5D=100", BY_LIST, true, NULL,
     "fields of tickets fetched"},
    {"custom_statuses", "/api/v2/custom_statuses.json", "page%5Bsize%5D=100", BY_LIST, true, NULL,
     "statuses fetched"},
    {"ticket_forms", "/api/v2/ticket_forms.json", "page%5Bsize%5D=100", BY_LIST, true, NULL,
     "forms fetched"},
    {"groups", "/api/v2/groups.json", "page%5Bsize%5D=100", BY_LIST, false, NULL, "groups fetched"},
    {"organizations", "/api/v2/incremental/organizations.json", "per_page=1000", BY_TIME, false,
     "/api/v2/organizations/count.json", "organisations fetched"},
    {"users", "/api/v2/incremental/users/cursor.json", "per_page=1000&include=identities",
     BY_CURSOR, false, "/api/v2/users/count.json", "people fetched"},
    {"group_memberships", "/api/v2/group_memberships.json", "page%5Bsize%5D=100", BY_LIST, false,
     NULL, "members of groups fetched"},
    {"organization_memberships", "/api/v2/organization_memberships.json", "page%5Bsize%5D=100",
     BY_LIST, true, NULL, "members of organisations fetched"},
    {"views", "/api/v2/views.json", "page%5Bsize%5D=100", BY_LIST, true, NULL, "views fetched"},
    {"macros", "/api/v2/macros.json", "page%5Bsize%5D=100", BY_LIST, true, NULL, "macros fetched"},
    {"triggers", "/api/v2/triggers.json", "page%5Bsize%5D=100", BY_LIST, true, NULL,
     "triggers fetched"},
    {"automations", "/api/v2/automations.json", "page%5Bsize%5D=100", BY_LIST, true, NULL,
     "automations fetched"},
    {"categories", "/api/v2/help_center/categories.json", "page%5Bsize%5D=100&include=translations",
     BY_LIST, true, NULL, "categories fetched"},
    {"sections", "/api/v2/help_center/sections.json", "page%5Bsize%5D=100&include=translations",
     BY_LIST, true, NULL, "sections fetched"},
    {"articles", "/api/v2/help_center/articles.json", "page%5Bsize%5D=100&include=translations",
     BY_LIST, true, NULL, "articles fetched"},
    {"tickets", "/api/v2/incremental/tickets/cursor.json", "per_page=1000&include=metric_sets",
     BY_CURSOR, false, "/api/v2/tickets/count.json", "tickets fetched"},
};
#define STREAM_COUNT (sizeof STREAMS / sizeof *STREAMS)
#define TICKETS (STREAM_COUNT - 1)

// Where a stream goes on.
struct mark {
    struct str cursor;  // absent at the beginning
    int64_t time;       // seconds
    int64_t pages;      // that are in the folder
    int64_t records;
};

struct state {
    mem_ctx *ctx;
    struct mark marks[STREAM_COUNT];
};

static const char *place(mem_ctx *ctx, const struct fetching *f, const char *name)
{
    return mem_printf(ctx, "%s/%s", f->job->folder, name);
}

// --- how far it is ------------------------------------------------------------------------------

static bool other_desk(const struct fetching *f, struct error *err)
{
    return error_set(err, ERR_INVALID,
                     "%s holds what was fetched from another desk: name another folder by --into.",
                     f->job->folder);
}

static int64_t number_at(struct jr_value object, const char *key)
{
    int64_t value = 0;
    return jr_i64(jr_get(object, key), &value) && value > 0 ? value : 0;
}

static bool state_read(struct fetching *f, struct state *state, struct error *err)
{
    struct str text;
    struct jr_value whole = JR_NONE;
    bool found = false;
    if (!shelf_get(f->ctx, place(f->ctx, f, STATE), &found, &text, err)) {
        return false;
    }
    if (!found) {
        return true;
    }
    if (!jr_parse(f->ctx, text, &whole, err)) {
        return false;
    }
    if (!str_eq(jr_text(jr_get(whole, "desk")), far_base(f->job->far))) {
        return other_desk(f, err);
    }
    for (size_t i = 0; i < STREAM_COUNT; i++) {
        struct jr_value one = jr_get(jr_get(whole, "streams"), STREAMS[i].key);
        state->marks[i] = (struct mark){.cursor = jr_text(jr_get(one, "cursor")),
                                        .time = number_at(one, "time"),
                                        .pages = number_at(one, "pages"),
                                        .records = number_at(one, "records")};
    }
    return true;
}

static bool state_write(const struct fetching *f, const struct state *state, struct error *err)
{
    struct buf out;
    struct jw w;
    mem_ctx *ctx = mem_ctx_new(f->ctx, "state");
    buf_init(&out, ctx, STATE_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_str(&w, "desk", far_base(f->job->far));
    jw_field_object(&w, "streams");
    for (size_t i = 0; i < STREAM_COUNT; i++) {
        const struct mark *mark = &state->marks[i];
        jw_field_object(&w, STREAMS[i].key);
        jw_field_str(&w, "cursor", mark->cursor);
        jw_field_i64(&w, "time", mark->time);
        jw_field_i64(&w, "pages", mark->pages);
        jw_field_i64(&w, "records", mark->records);
        jw_object_end(&w);
    }
    jw_object_end(&w);
    jw_object_end(&w);
    bool ok = (!out.failed || error_set(err, ERR_INVALID,
                                        "A cursor of the other desk is longer "
                                        "than can be kept.")) &&
              shelf_put(ctx, place(ctx, f, STATE), buf_str(&out), err);
    mem_free(ctx);
    return ok;
}

// --- pages --------------------------------------------------------------------------------------

bool fetch_list(struct fetching *f, mem_ctx *ctx, struct str path, const char *key,
                struct jr_value *ret_page, struct jr_value *ret_list, struct str *ret_text,
                struct error *err)
{
    struct error why = {0};
    if (!far_read(f->job->far, ctx, path, ret_text, err)) {
        return false;
    }
    bool ok = jr_parse(ctx, *ret_text, ret_page, &why);
    *ret_list = ok ? jr_get(*ret_page, key) : JR_NONE;
    return (ok && jr_kind(*ret_list) == JR_LIST) ||
           error_set(err, ERR_INVALID, "What the other desk answers to " STR_FMT " has no %s.",
                     STR_ARG(path), key);
}

bool fetch_next(struct jr_value page, const char *key, struct str before, struct str *ret_cursor,
                struct error *err)
{
    struct jr_value meta = jr_get(page, "meta");
    bool more = false;
    bool said = jr_bool(jr_get(meta, "has_more"), &more);
    *ret_cursor = more ? jr_text(jr_get(meta, "after_cursor")) : STR_NONE;
    if (!said && !str_none(jr_text(jr_get(page, "next_page")))) {
        return error_set(err, ERR_INVALID, "The other desk does not give its %s by cursors.", key);
    }
    return !more || (!str_empty(*ret_cursor) && !str_eq(*ret_cursor, before)) ||
           error_set(err, ERR_INVALID, "The other desk's list of %s does not go on.", key);
}

static void write_cursor(struct buf *path, const char *name, struct str cursor)
{
    buf_put_c(path, name);
    buf_put_char(path, '=');
    buf_put_percent(path, cursor);
}

static struct str path_of(mem_ctx *ctx, const struct stream *stream, const struct mark *mark)
{
    struct buf path;
    buf_init(&path, ctx, STATE_MAX);
    buf_put_c(&path, stream->path);
    buf_put_char(&path, '?');
    if (stream->how == BY_LIST && !str_none(mark->cursor)) {
        write_cursor(&path, "page%5Bafter%5D", mark->cursor);
        buf_put_char(&path, '&');
    } else if (stream->how == BY_CURSOR && !str_none(mark->cursor)) {
        write_cursor(&path, "cursor", mark->cursor);
        buf_put_char(&path, '&');
    } else if (stream->how != BY_LIST) {
        buf_printf(&path, "start_time=%lld&", (long long)mark->time);
    }
    buf_put_c(&path, stream->query);
    return buf_str(&path);
}

// Where the next page begins. *ret_more is false at the end for now.
static bool advance(const struct stream *stream, struct jr_value page, size_t count,
                    struct mark *mark, bool *ret_more, struct error *err)
{
    struct str before = mark->cursor;
    bool ended = false;
    bool said = jr_bool(jr_get(page, "end_of_stream"), &ended);
    *ret_more = said && !ended;
    if (stream->how == BY_LIST) {
        bool ok = fetch_next(page, stream->key, before, &mark->cursor, err);
        *ret_more = !str_none(mark->cursor);
        return ok;
    }
    bool moved = false;
    if (stream->how == BY_CURSOR) {
        struct str cursor = jr_text(jr_get(page, "after_cursor"));
        moved = !str_empty(cursor) && !str_eq(cursor, before);
        mark->cursor = str_empty(cursor) ? before : cursor;
    } else {
        int64_t time = number_at(page, "end_time");
        *ret_more = said ? !ended : count >= 1000;
        moved = time > mark->time;
        mark->time = moved ? time : mark->time;
    }
    return !*ret_more || moved ||
           error_set(err, ERR_INVALID, "The other desk's export of %s does not go on.",
                     stream->key);
}

static int64_t count_of(struct fetching *f, const struct stream *stream)
{
    struct str text;
    struct jr_value whole = JR_NONE;
    struct error ignored = {0};
    mem_ctx *ctx = mem_ctx_new(f->ctx, "count");
    int64_t count = 0;
    if (stream->count != NULL &&
        far_read(f->job->far, ctx, str_c(stream->count), &text, &ignored) &&
        jr_parse(ctx, text, &whole, &ignored)) {
        count = number_at(jr_get(whole, "count"), "value");
    }
    mem_free(ctx);
    return count;
}

// --- one stream ---------------------------------------------------------------------------------

static bool keep_page(struct fetching *f, mem_ctx *ctx, size_t index, struct mark *mark,
                      struct jr_value list, struct str text, struct error *err)
{
    const struct stream *stream = &STREAMS[index];
    const char *folder = place(ctx, f, stream->key);
    if (jr_count(list) == 0) {
        return true;
    }
    const char *path = mem_printf(ctx, "%s/%06lld.json", folder, (long long)mark->pages + 1);
    f->at = mark->records;
    if (!shelf_folder(folder, err) || !shelf_put(ctx, path, text, err) ||
        (index == TICKETS && !fetch_words(f, list, mark->pages + 1, err))) {
        return false;
    }
    mark->pages++;
    mark->records += (int64_t)jr_count(list);
    f->done->records += (int64_t)jr_count(list);
    return true;
}

static bool one_page(struct fetching *f, mem_ctx *ctx, size_t index, struct state *state,
                     bool *ret_more, struct error *err)
{
    const struct stream *stream = &STREAMS[index];
    struct mark next = state->marks[index];
    struct jr_value page = JR_NONE;
    struct jr_value list = JR_NONE;
    struct str text;
    if (!fetch_list(f, ctx, path_of(ctx, stream, &next), stream->key, &page, &list, &text, err) ||
        !keep_page(f, ctx, index, &next, list, text, err) ||
        !advance(stream, page, jr_count(list), &next, ret_more, err)) {
        return false;
    }
    next.cursor = str_none(next.cursor) ? STR_NONE : str_dup(state->ctx, next.cursor);
    state->marks[index] = next;
    // Lists are fetched anew each time, so there is nothing to remember of them.
    return stream->how == BY_LIST || state_write(f, state, err);
}

static bool one_stream(struct fetching *f, size_t index, struct state *state, struct error *err)
{
    const struct stream *stream = &STREAMS[index];
    struct mark *mark = &state->marks[index];
    bool more = true;
    if (stream->how == BY_LIST) {
        *mark = (struct mark){.cursor = STR_NONE};
    }
    f->total = count_of(f, stream);
    while (more) {
        mem_ctx *ctx = mem_ctx_new(f->ctx, "page");
        struct error why = {0};
        bool ok = one_page(f, ctx, index, state, &more, &why);
        mem_free(ctx);
        if (!ok && stream->perhaps && (why.code == ERR_NOT_FOUND || why.code == ERR_FORBIDDEN)) {
            return true;
        }
        if (!ok) {
            *err = why;
            return false;
        }
        f->job->progress(f->job->arg, stream->plain, mark->records,
                         f->total > mark->records ? f->total : mark->records);
    }
    return true;
}

bool import_fetch(mem_ctx *ctx, const struct import_fetch *job, struct import_fetched *ret,
                  struct error *err)
{
    struct fetching f = {.job = job, .done = ret, .ctx = ctx};
    struct state state = {.ctx = ctx};
    *ret = (struct import_fetched){.file_trouble = STR_NONE};
    if (!shelf_folder(job->folder, err) || !shelf_folder(place(ctx, &f, "comments"), err) ||
        !shelf_folder(place(ctx, &f, "attachments"), err) || !state_read(&f, &state, err)) {
        return false;
    }
    for (size_t i = 0; i < STREAM_COUNT; i++) {
        if (!one_stream(&f, i, &state, err)) {
            return false;
        }
    }
    return true;
}
