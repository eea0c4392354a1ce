// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/api_export.h"

#include <stdio.h>
#include <string.h>

#include "app/config.h"

#define SAMPLE_MOST 50
#define SECOND_MOST 100000  // rows of one second that are put on one page

static bool bad_start(struct error *err, const char *word, const char *why)
{
    (void)error_set(err, ERR_INVALID, "%s", why);
    (void)snprintf(err->word, sizeof err->word, "%s", word);
    return false;
}

static int64_t size_of(struct ctx *ctx, int64_t most)
{
    int64_t size = most;
    bool sample = str_ends(ctx->req->path, STR("/sample"));
    struct str text = http_param(ctx->req, "per_page");
    text = str_none(text) ? http_param(ctx->req, "page[size]") : text;
    if (!str_none(text) && (!str_to_i64(str_trim(text), &size) || size < 1 || size > most)) {
        size = most;
    }
    return sample && size > SAMPLE_MOST ? SAMPLE_MOST : size;
}

static bool parse(struct ctx *ctx, bool by_cursor, int64_t most, struct api_export *e,
                  struct error *err)
{
    int64_t seconds = 0;
    int64_t now = clock_now(ctx->app->clock);
    int64_t delay = ctx->app->config->export_delay_seconds * SECONDS_MS;
    struct str cursor = http_param(ctx->req, "cursor");
    struct str start = http_param(ctx->req, "start_time");
    *e = (struct api_export){.cursor = by_cursor, .size = size_of(ctx, most)};
    e->before_ms = delay == 0 ? INT64_MAX : now - delay;
    if (by_cursor && !str_empty(cursor)) {
        return api_cursor_parse(ctx->mem, cursor, &e->after) ||
               bad_start(err, "InvalidCursor", "cursor is not valid");
    }
    if (str_none(start) || !str_to_i64(str_trim(start), &seconds) || seconds < 0 ||
        seconds > INT64_MAX / SECONDS_MS) {
        return bad_start(err, "StartTimeMissing", "start_time must be a time in epoch seconds");
    }
    if (delay > 0 && seconds > (now - delay) / SECONDS_MS) {
        return bad_start(err, "StartTimeTooRecent",
                         "Too recent start_time. Use a start_time older than 60 seconds");
    }
    e->start_ms = seconds * SECONDS_MS;
    e->after = (struct api_key){.id = INT64_MAX, .value = e->start_ms - 1};
    return true;
}

static int64_t number_at(const void *rows, size_t row_size, size_t index, size_t at)
{
    int64_t value = 0;
    memcpy(&value, (const char *)rows + index * row_size + at, sizeof value);
    return value;
}

static struct api_key key_at(const struct api_export_source *source, const void *rows, size_t index)
{
    return (struct api_key){.id = number_at(rows, source->row_size, index, source->id_at),
                            .value = number_at(rows, source->row_size, index, source->time_at)};
}

// By time: whatever else happened in the page's last second is added to it.
static bool complete_second(struct ctx *ctx, const struct api_export_source *source,
                            struct api_export *e, void **rows, struct error *err)
{
    void *more = NULL;
    size_t count = 0;
    int64_t second = e->last.value / SECONDS_MS;
    int64_t before = (second + 1) * SECONDS_MS;
    before = before < e->before_ms ? before : e->before_ms;
    if (!source->fetch(ctx, &e->last, before, SECOND_MOST, &more, &count, err)) {
        return false;
    }
    if (count > 0) {
        char *all = mem_array(ctx->mem, char, (e->count + count) * source->row_size);
        memcpy(all, *rows, e->count * source->row_size);
        memcpy(all + e->count * source->row_size, more, count * source->row_size);
        *rows = all;
        e->count += count;
        e->last = key_at(source, *rows, e->count - 1);
    }
    if (!source->fetch(ctx, &e->last, e->before_ms, 1, &more, &count, err)) {
        return false;
    }
    e->end_of_stream = count == 0;
    return true;
}

bool api_export_read(struct ctx *ctx, const struct api_export_source *source, bool by_cursor,
                     struct api_export *ret, void **ret_rows, struct error *err)
{
    struct api_export e;
    void *rows = NULL;
    if (!parse(ctx, by_cursor, source->most, &e, err) ||
        !source->fetch(ctx, &e.after, e.before_ms, e.size + 1, &rows, &e.count, err)) {
        return false;
    }
    e.end_of_stream = e.count <= (size_t)e.size;
    e.count = e.end_of_stream ? e.count : (size_t)e.size;
    e.last = e.count > 0 ? key_at(source, rows, e.count - 1) : e.after;
    if (!by_cursor && !e.end_of_stream && !complete_second(ctx, source, &e, &rows, err)) {
        return false;
    }
    *ret = e;
    *ret_rows = rows;
    return true;
}

static void write_by_time(struct ctx *ctx, struct jw *w, const struct api_export *e)
{
    int64_t end = e->count > 0 ? e->last.value / SECONDS_MS : e->start_ms / SECONDS_MS;
    // A page of one second only, and more behind it: begin behind that second.
    if (!e->end_of_stream && end <= e->start_ms / SECONDS_MS) {
        end = e->start_ms / SECONDS_MS + 1;
    }
    struct str text = str_printf(ctx->mem, "%lld", (long long)end);
    jw_field_str(w, "next_page", api_link(ctx, "start_time", text));
    jw_field_i64(w, "count", (int64_t)e->count);
    jw_field_bool(w, "end_of_stream", e->end_of_stream);
    jw_field_i64(w, "end_time", end);
}

void api_export_write(struct ctx *ctx, struct jw *w, const struct api_export *e)
{
    if (!e->cursor) {
        write_by_time(ctx, w, e);
        return;
    }
    struct str cursor = api_cursor(ctx->mem, &e->last);
    jw_field_str(w, "after_cursor", cursor);
    jw_field_str(w, "after_url", api_link(ctx, "cursor", cursor));
    jw_field_null(w, "before_cursor");
    jw_field_null(w, "before_url");
    jw_field_bool(w, "end_of_stream", e->end_of_stream);
}
