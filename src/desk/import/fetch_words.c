// SPDX-License-Identifier: GPL-3.0-or-later
//
// The comments of tickets: a line for each, beside the page with the tickets. What an earlier try
// fetched of the page is taken, when the ticket is as it was then.
#include "desk/import/fetching.h"

#include <unistd.h>

#include "desk/import/pages.h"
#include "desk/import/shelf.h"

#define LINE_MAX ((size_t)256 << 20)
// A ticket with more is cut there, which nobody wrote by hand.
#define PAGES_MAX 1000

struct words {
    struct fetching *f;
    mem_ctx *ctx;
    struct shelf file;
    struct jr_value *before;  // lines of an earlier try
    size_t before_count;
};

// --- an earlier try -----------------------------------------------------------------------------

// A line that was cut off is fetched again.
static bool read_before(struct words *words, const char *path, struct error *err)
{
    struct str text = STR_NONE;
    struct str line;
    bool found = false;
    if (!shelf_get(words->ctx, path, &found, &text, err)) {
        return false;
    }
    while (str_next(&text, '\n', &line)) {
        struct jr_value value = JR_NONE;
        struct error ignored = {0};
        if (!str_empty(line) && jr_parse(words->ctx, line, &value, &ignored)) {
            size_t n = words->before_count++;
            words->before = mem_grow(words->ctx, words->before, struct jr_value, n + 1);
            words->before[n] = value;
        }
    }
    return true;
}

static bool line_before(const struct words *words, struct jr_value ticket, struct jr_value *ret)
{
    int64_t id = import_id(ticket, "id");
    int64_t stamp = import_time(ticket, "updated_at");
    for (size_t i = 0; i < words->before_count; i++) {
        if (import_id(words->before[i], "ticket_id") == id &&
            import_time(words->before[i], "updated_at") == stamp) {
            *ret = words->before[i];
            return true;
        }
    }
    return false;
}

// --- files --------------------------------------------------------------------------------------

static bool fetch_file(struct words *words, mem_ctx *ctx, struct jr_value file, struct error *err)
{
    struct fetching *f = words->f;
    struct error why = {0};
    struct str url = jr_text(jr_get(file, "content_url"));
    int64_t id = import_id(file, "id");
    int64_t size = 0;
    if (id == 0 || str_empty(url)) {
        return true;
    }
    const char *path = mem_printf(ctx, "%s/attachments/%lld", f->job->folder, (long long)id);
    if (access(path, F_OK) == 0) {
        return true;
    }
    if (far_file(f->job->far, ctx, url, path, &size, &why)) {
        f->done->files++;
        f->done->file_bytes += size;
        return true;
    }
    if (why.code == ERR_NO_SPACE) {
        *err = why;
        return false;
    }
    f->done->files_missing++;
    f->done->file_trouble = str_dup(f->ctx, str_utf8_mend(ctx, str_c(why.message)));
    return true;
}

static bool fetch_files(struct words *words, mem_ctx *ctx, struct jr_value comments,
                        struct error *err)
{
    for (size_t i = 0; i < jr_count(comments); i++) {
        struct jr_value files = jr_get(jr_at(comments, i), "attachments");
        for (size_t k = 0; k < jr_count(files); k++) {
            if (!fetch_file(words, ctx, jr_at(files, k), err)) {
                return false;
            }
        }
    }
    return true;
}

// --- one ticket ---------------------------------------------------------------------------------

static struct str path_of(mem_ctx *ctx, int64_t ticket, struct str cursor)
{
    struct buf path;
    buf_init(&path, ctx, 65536);
    buf_printf(&path, "/api/v2/tickets/%lld/comments.json?page%%5Bsize%%5D=100", (long long)ticket);
    buf_put_c(&path, "&include_inline_images=true");
    if (!str_none(cursor)) {
        buf_put_c(&path, "&page%5Bafter%5D=");
        buf_put_percent(&path, cursor);
    }
    return buf_str(&path);
}

static bool write_comments(struct words *words, mem_ctx *ctx, struct jw *w, int64_t ticket,
                           struct error *err)
{
    struct str cursor = STR_NONE;
    for (int page = 0; page == 0 || (!str_none(cursor) && page < PAGES_MAX); page++) {
        struct jr_value whole = JR_NONE;
        struct jr_value list = JR_NONE;
        struct str text;
        struct str before = cursor;
        if (!fetch_list(words->f, ctx, path_of(ctx, ticket, before), "comments", &whole, &list,
                        &text, err) ||
            !fetch_files(words, ctx, list, err) ||
            !fetch_next(whole, "comments", before, &cursor, err)) {
            return false;
        }
        for (size_t i = 0; i < jr_count(list); i++) {
            jw_raw(w, jr_dump(ctx, jr_at(list, i)));
        }
        words->f->done->comments += (int64_t)jr_count(list);
    }
    return true;
}

// A ticket that is gone since its page was read has no comments any more.
static bool write_line(struct words *words, mem_ctx *ctx, struct jr_value ticket, struct buf *line,
                       struct error *err)
{
    struct jw w;
    struct error why = {0};
    jw_init(&w, line);
    jw_object_begin(&w);
    jw_field_i64(&w, "ticket_id", import_id(ticket, "id"));
    jw_field_str(&w, "updated_at", jr_text(jr_get(ticket, "updated_at")));
    jw_field_array(&w, "comments");
    if (!write_comments(words, ctx, &w, import_id(ticket, "id"), &why) &&
        why.code != ERR_NOT_FOUND) {
        *err = why;
        return false;
    }
    jw_array_end(&w);
    jw_object_end(&w);
    return true;
}

static bool put_line(struct words *words, struct buf *line, struct error *err)
{
    buf_put_char(line, '\n');
    if (line->failed) {
        return error_set(err, ERR_INVALID, "The comments of a ticket are too large.");
    }
    return shelf_write(&words->file, buf_str(line)) || !shelf_failed(&words->file, err);
}

// `again`: what an earlier try has of it, else what it has not.
static bool one_ticket(struct words *words, struct jr_value ticket, bool again, struct error *err)
{
    struct buf line;
    struct jr_value before = JR_NONE;
    bool deleted = str_eq_c(jr_text(jr_get(ticket, "status")), "deleted");
    bool known = line_before(words, ticket, &before);
    if (deleted || import_id(ticket, "id") == 0 || known != again) {
        return true;
    }
    mem_ctx *ctx = mem_ctx_new(words->ctx, "ticket");
    buf_init(&line, ctx, LINE_MAX);
    if (known) {
        buf_put(&line, jr_dump(ctx, before));
    }
    bool ok = (known || write_line(words, ctx, ticket, &line, err)) && put_line(words, &line, err);
    mem_free(ctx);
    return ok;
}

static bool all_tickets(struct words *words, struct jr_value tickets, struct error *err)
{
    struct fetching *f = words->f;
    for (size_t i = 0; i < jr_count(tickets); i++) {
        if (!one_ticket(words, jr_at(tickets, i), true, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < jr_count(tickets); i++) {
        int64_t at = f->at + (int64_t)i + 1;
        if (!one_ticket(words, jr_at(tickets, i), false, err)) {
            return false;
        }
        f->job->progress(f->job->arg, "tickets fetched", at, f->total > at ? f->total : at);
    }
    return true;
}

bool fetch_words(struct fetching *f, struct jr_value tickets, int64_t page, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(f->ctx, "words");
    struct words words = {.f = f, .ctx = ctx};
    const char *path = mem_printf(ctx, "%s/comments/%06lld.jsonl", f->job->folder, (long long)page);
    bool ok = read_before(&words, mem_printf(ctx, "%s.unfinished", path), err) &&
              shelf_open(&words.file, ctx, path, err);
    if (ok) {
        ok = all_tickets(&words, tickets, err);
        if (!ok) {
            shelf_leave(&words.file);
        }
        ok = ok && shelf_keep(&words.file, err);
    }
    mem_free(ctx);
    return ok;
}
