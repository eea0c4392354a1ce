// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/keep/check.h"

#include <string.h>

#include "db/rows.h"
#include "desk/keep/collect.h"
#include "desk/keep/queries.h"
#include "desk/tickets/check.h"

#define LOST_PAGE 500
#define BLOB_PAGE 200

#define GONE_ADVICE                                                                                \
    "a row was removed by other means than Steward. Restore a backup, or remove this row, too."
#define INDEX_ADVICE "run `steward check --rebuild-search`."

typedef bool lost_fn(struct db *db, mem_ctx *ctx, int64_t after, int64_t most,
                     struct lost_row **ret, size_t *ret_count, struct error *err);

struct lost {
    lost_fn *rows;
    const char *what;    // the thing that names
    const char *names;   // what it names
    const char *advice;  // NULL: GONE_ADVICE
};

static const struct lost LOST[] = {
    {lost_comment_event, "comment", "event in the audit", NULL},
    {lost_mail_bytes, "incoming mail", "content", NULL},
    {lost_comment_words, "comment", "entry in the search index", INDEX_ADVICE},
    {lost_article_words, "text of an article", "entry in the search index", INDEX_ADVICE},
    {lost_words_comment, "entry in the search index", "comment", INDEX_ADVICE},
};

static const struct naming_kind {
    struct db_reference reference;
    const char *what, *names;
} NAMING[] = {
#define REF(table, column, target, also, where, what, names)                                       \
    {{#table, #column, #target, also, where}, what, names},
#define NO_REF(table, column, why)
#include "desk/keep/references.def"
};

struct checking {
    mem_ctx *ctx;
    struct db_store *db;
    struct blob_store *blobs;
    bool quick;
    const struct findings *findings;
    struct check_counts *counts;
};

// --- rows ---------------------------------------------------------------------------------------

static bool check_lost(struct checking *c, struct db *db, const struct lost *lost,
                       struct error *err)
{
    int64_t after = INT64_MIN;
    size_t count = LOST_PAGE;
    bool ok = true;
    while (ok && count == LOST_PAGE) {
        mem_ctx *page = mem_ctx_new(c->ctx, "lost");
        struct lost_row *rows = NULL;
        ok = lost->rows(db, page, after, LOST_PAGE, &rows, &count, err);
        for (size_t i = 0; ok && i < count; i++) {
            c->findings->violation(c->findings->arg,
                                   str_printf(page, "%s %lld: its %s (%lld) is not there",
                                              lost->what, (long long)rows[i].id, lost->names,
                                              (long long)rows[i].ref),
                                   lost->advice == NULL ? GONE_ADVICE : lost->advice);
            after = rows[i].id;
        }
        mem_free(page);
    }
    return ok;
}

struct telling {
    struct checking *checking;
    const struct naming_kind *kind;
};

static void tell_missing(void *arg, struct str key, int64_t id, int64_t rows)
{
    const struct telling *t = arg;
    const struct findings *findings = t->checking->findings;
    mem_ctx *ctx = mem_ctx_new(t->checking->ctx, "missing");
    struct str more = rows == 1 ? STR("") : str_printf(ctx, ", and %lld more", (long long)rows - 1);
    findings->violation(findings->arg,
                        str_printf(ctx, "%s " STR_FMT STR_FMT ": its %s (%lld) is not there",
                                   t->kind->what, STR_ARG(key), STR_ARG(more), t->kind->names,
                                   (long long)id),
                        GONE_ADVICE);
    mem_free(ctx);
}

static bool check_references(struct checking *c, struct db *db, struct error *err)
{
    struct db_table *tables = NULL;
    size_t count = 0;
    bool ok = db_tables(db, &tables, &count, err);
    for (size_t i = 0; ok && i < sizeof NAMING / sizeof *NAMING; i++) {
        struct telling telling = {c, &NAMING[i]};
        c->findings->progress(c->findings->arg, "kinds of references", (int64_t)i + 1);
        for (size_t t = 0; ok && t < count; t++) {
            ok = strcmp(tables[t].name, NAMING[i].reference.table) != 0 ||
                 db_rows_missing(db, &tables[t], &NAMING[i].reference, tell_missing, &telling, err);
        }
    }
    return ok;
}

static bool check_rows(struct db *db, void *arg, struct error *err)
{
    struct checking *c = arg;
    struct keep_counts_row row;
    if (!keep_counts(db, c->ctx, &row, err)) {
        return false;
    }
    *c->counts = (struct check_counts){.tickets = row.tickets,
                                       .comments = row.comments,
                                       .audits = row.audits,
                                       .events = row.events,
                                       .people = row.people,
                                       .files = row.files,
                                       .mails = row.mails};
    if (!tickets_check(db, c->ctx, c->findings, err)) {
        return false;
    }
    for (size_t i = 0; i < sizeof LOST / sizeof *LOST; i++) {
        if (!check_lost(c, db, &LOST[i], err)) {
            return false;
        }
    }
    return check_references(c, db, err);
}

// --- blobs --------------------------------------------------------------------------------------

struct naming {
    struct hash hash;
    bool named;
};

static bool look_for_name(struct db *db, void *arg, struct error *err)
{
    struct naming *n = arg;
    mem_ctx *ctx = mem_ctx_new(NULL, "named");
    const struct str hash = hash_hex(ctx, n->hash);
    struct blobs_named_row *rows = NULL;
    size_t count = 0;
    bool ok = blobs_named(db, ctx, &hash, 1, &rows, &count, err);
    n->named = count > 0;
    mem_free(ctx);
    return ok;
}

bool blob_is_named(struct db_store *db, struct hash hash, bool *ret, struct error *err)
{
    struct naming n = {.hash = hash};
    bool ok = db_read(db, look_for_name, &n, err);
    *ret = n.named;
    return ok;
}

static bool blob_look(struct checking *c, struct hash hash, struct error *err)
{
    int64_t size = 0;
    if (!c->quick) {
        return blob_verify(c->blobs, hash, err);
    }
    return blob_size(c->blobs, hash, &size, err);
}

static bool check_blob(struct checking *c, mem_ctx *ctx, struct str name, struct error *err)
{
    struct hash hash;
    struct error why = {0};
    const struct findings *findings = c->findings;
    c->counts->blobs++;
    if (!blob_hash_parse(name, &hash)) {
        findings->violation(
            findings->arg,
            str_printf(ctx, "file \"" STR_FMT "\": no name of a blob", STR_ARG(name)), GONE_ADVICE);
        return true;
    }
    if (blob_look(c, hash, &why)) {
        return true;
    }
    if (why.code == ERR_BUSY) {  // the store, not this file
        *err = why;
        return false;
    }
    bool named = true;
    if (why.code == ERR_NOT_FOUND && !blob_is_named(c->db, hash, &named, err)) {
        return false;
    }
    if (named) {
        bool gone = why.code == ERR_NOT_FOUND;
        findings->violation(
            findings->arg,
            str_printf(ctx, "file " STR_FMT ": %s", STR_ARG(name),
                       gone ? "is missing" : "is damaged or cannot be read"),
            gone ? "put it back from a backup: it lies there under the same name."
                 : "replace it by the one of a backup: it lies there under the same name.");
    }
    return true;
}

struct naming_page {
    mem_ctx *ctx;
    struct str after;  // the last blob of the page before
    struct blob_names_row *rows;
    size_t count;
};

static bool read_names(struct db *db, void *arg, struct error *err)
{
    struct naming_page *page = arg;
    return blob_names(db, page->ctx, page->after, BLOB_PAGE, &page->rows, &page->count, err);
}

bool blobs_each_named(struct db_store *db, blob_named_fn *fn, void *arg, struct error *err)
{
    char last[2 * HASH_SIZE + 1] = "";
    struct naming_page page = {.count = BLOB_PAGE};
    bool ok = true;
    while (ok && page.count == BLOB_PAGE) {
        page.ctx = mem_ctx_new(NULL, "names");
        page.after = str_c(last);
        ok = db_read_long(db, read_names, &page, err);
        for (size_t i = 0; ok && i < page.count; i++) {
            ok = fn(arg, page.rows[i].hash, err);
        }
        if (ok && page.count > 0) {
            struct str name = str_sub(page.rows[page.count - 1].hash, 0, sizeof last - 1);
            memcpy(last, name.ptr, name.len);
            last[name.len] = '\0';
        }
        mem_free(page.ctx);
    }
    return ok;
}

static bool check_named(void *arg, struct str name, struct error *err)
{
    struct checking *c = arg;
    mem_ctx *ctx = mem_ctx_new(c->ctx, "blob");
    bool ok = check_blob(c, ctx, name, err);
    c->findings->progress(c->findings->arg, "files", c->counts->blobs);
    mem_free(ctx);
    return ok;
}

bool desk_check(struct db_store *db, struct blob_store *blobs, bool quick,
                const struct findings *findings, struct check_counts *ret, struct error *err)
{
    struct checking c = {.ctx = mem_ctx_new(NULL, "check"),
                         .db = db,
                         .blobs = blobs,
                         .quick = quick,
                         .findings = findings,
                         .counts = ret};
    *ret = (struct check_counts){0};
    bool ok = db_verify(db, 0, err) && db_read_long(db, check_rows, &c, err) &&
              blobs_each_named(db, check_named, &c, err) &&
              blobs_unnamed_count(db, blobs, &ret->unnamed, err);
    mem_free(c.ctx);
    return ok;
}
