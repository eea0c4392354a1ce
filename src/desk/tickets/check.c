// SPDX-License-Identifier: GPL-3.0-or-later
//
// Each event says "this was so, and now it is so". Whatever the order of the events, then, the
// values that were left behind together with the one that stands must be the values that were set
// together with the empty one of the beginning. The same is compared here by sums of hashes: the
// order of ids says nothing where several servers give them out.
#include "desk/tickets/check.h"

#include <assert.h>

#include "desk/tickets/queries.h"
#include "desk/tickets/tickets_internal.h"

#define PAGE 200
#define INDEX_PAGE 500

enum field {
    FIELD_SUBJECT,
    FIELD_STATUS,
    FIELD_PRIORITY,
    FIELD_TYPE,
    FIELD_REQUESTER,
    FIELD_ASSIGNEE,
    FIELD_STEWARD,
    FIELD_GROUP,
    FIELD_ORGANIZATION,
    FIELD_PROBLEM,
    FIELD_DUE,
    FIELD_EXTERNAL,
    FIELD_TAGS,
    FIELD_CCS,
    FIELD_FOLLOWERS,
    FIELD_COUNT
};

static const char *const FIELDS[FIELD_COUNT] = {
    "subject",    "status",       "priority",        "type",       "requester_id", "assignee_id",
    "steward_id", "group_id",     "organization_id", "problem_id", "due_at",       "external_id",
    "tags",       "email_cc_ids", "follower_ids"};

#define HISTORY_ADVICE                                                                             \
    "somebody changed the database by other means than Steward. Restore a backup, or set the "     \
    "field by hand on the ticket's page, and keep this message."

struct sums {
    uint64_t of[FIELD_COUNT];
};

// The empty value counts nothing.
static uint64_t weight(struct str value)
{
    return str_none(value) ? 0 : str_hash(value) | 1;
}

static uint64_t weight_id(mem_ctx *ctx, int64_t id)
{
    return id == 0 ? 0 : weight(str_printf(ctx, "%lld", (long long)id));
}

static uint64_t weight_word(struct str word)
{
    return word.len == 0 ? 0 : weight(word);
}

// What stands is taken off, so that nothing is left where all adds up.
static void take_row(mem_ctx *ctx, const struct check_tickets_row *row, struct sums *sums)
{
    uint64_t *of = sums->of;
    assert(of != NULL);
    of[FIELD_SUBJECT] -= weight(row->subject);
    of[FIELD_STATUS] -= row->deleted_at.set
                            ? weight(STR("deleted"))
                            : weight(ticket_status_word((enum ticket_status)row->status));
    of[FIELD_PRIORITY] -= weight_word(ticket_priority_word((enum ticket_priority)row->priority));
    of[FIELD_TYPE] -= weight_word(ticket_type_word((enum ticket_type)row->type));
    of[FIELD_REQUESTER] -= weight_id(ctx, row->requester_id.v);
    of[FIELD_ASSIGNEE] -= weight_id(ctx, row->assignee_id.v);
    of[FIELD_STEWARD] -= weight_id(ctx, row->steward_id.v);
    of[FIELD_GROUP] -= weight_id(ctx, row->group_id.v);
    of[FIELD_ORGANIZATION] -= weight_id(ctx, row->organization_id.v);
    of[FIELD_PROBLEM] -= weight_id(ctx, row->problem_id.v);
    of[FIELD_DUE] -= row->due_at.set ? weight(time_iso(ctx, row->due_at.v)) : 0;
    of[FIELD_EXTERNAL] -= weight(row->external_id);
    of[FIELD_TAGS] -= weight_word(row->tags);
}

struct page {
    mem_ctx *ctx;
    const struct findings *findings;
    struct check_tickets_row *tickets;
    size_t count;
    struct sums *sums;
};

// Rows come in order of tickets; *at is where the last one was found. NULL for a ticket that is not
// looked at.
static struct sums *sums_of(const struct page *page, struct ticket_id ticket, size_t *at)
{
    while (*at < page->count && page->tickets[*at].id.v < ticket.v) {
        ++*at;
    }
    return *at < page->count && page->tickets[*at].id.v == ticket.v ? &page->sums[*at] : NULL;
}

static bool take_events(struct db *db, struct page *page, struct ticket_id first,
                        struct ticket_id last, struct error *err)
{
    struct check_events_row *rows = NULL;
    size_t count = 0;
    size_t at = 0;
    if (!check_events(db, page->ctx, first, last, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct sums *sums = sums_of(page, rows[i].ticket_id, &at);
        for (int f = 0; sums != NULL && f < FIELD_COUNT; f++) {
            if (str_eq_c(rows[i].field, FIELDS[f])) {
                sums->of[f] += weight(rows[i].value) - weight(rows[i].previous);
            }
        }
    }
    return true;
}

static bool take_people(struct db *db, struct page *page, struct ticket_id first,
                        struct ticket_id last, struct error *err)
{
    struct check_collaborators_row *rows = NULL;
    size_t count = 0;
    size_t at = 0;
    if (!check_collaborators(db, page->ctx, first, last, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct sums *sums = sums_of(page, rows[i].ticket_id, &at);
        if (sums != NULL) {
            enum field f = str_eq_c(rows[i].kind, "cc") ? FIELD_CCS : FIELD_FOLLOWERS;
            sums->of[f] -= weight_id(page->ctx, rows[i].user_id.v);
        }
    }
    return true;
}

static int64_t words_in(struct str tags)
{
    int64_t count = 0;
    struct str word;
    for (struct str rest = tags; str_next(&rest, ' ', &word);) {
        count += word.len > 0 ? 1 : 0;
    }
    return count;
}

static void judge(const struct page *page, const struct check_tickets_row *row,
                  const struct sums *sums)
{
    const struct findings *findings = page->findings;
    long long id = (long long)row->id.v;
    for (int f = 0; f < FIELD_COUNT; f++) {
        if (sums->of[f] != 0) {
            findings->violation(findings->arg,
                                str_printf(page->ctx,
                                           "ticket %lld: its history does not add up to its %s", id,
                                           FIELDS[f]),
                                HISTORY_ADVICE);
        }
    }
    if (row->comments != row->comment_count) {
        findings->violation(findings->arg,
                            str_printf(page->ctx, "ticket %lld: says %lld comments and has %lld",
                                       id, (long long)row->comment_count, (long long)row->comments),
                            "comments were removed or added by other means. Restore a backup.");
    }
    if (words_in(row->tags) != row->tag_rows) {
        findings->violation(findings->arg,
                            str_printf(page->ctx,
                                       "ticket %lld: says %lld tags and is found by %lld", id,
                                       (long long)words_in(row->tags), (long long)row->tag_rows),
                            "open the ticket and set its tags anew.");
    }
}

static bool check_page(struct db *db, struct page *page, struct error *err)
{
    struct ticket_id first = page->tickets[0].id;
    struct ticket_id last = page->tickets[page->count - 1].id;
    struct sums *sums = mem_array(page->ctx, struct sums, page->count);
    page->sums = sums;
    if (!take_events(db, page, first, last, err) || !take_people(db, page, first, last, err)) {
        return false;
    }
    for (size_t i = 0; i < page->count; i++) {
        take_row(page->ctx, &page->tickets[i], &sums[i]);
        judge(page, &page->tickets[i], &sums[i]);
    }
    return true;
}

bool tickets_check(struct db *db, mem_ctx *ctx, const struct findings *findings, struct error *err)
{
    struct ticket_id after = {INT64_MIN};
    int64_t done = 0;
    bool ok = true;
    bool more = true;
    while (ok && more) {
        struct page page = {.ctx = mem_ctx_new(ctx, "page"), .findings = findings};
        ok = check_tickets(db, page.ctx, after, PAGE, &page.tickets, &page.count, err) &&
             (page.count == 0 || check_page(db, &page, err));
        more = page.count == PAGE;
        after = page.count > 0 ? page.tickets[page.count - 1].id : after;
        done += (int64_t)page.count;
        findings->progress(findings->arg, "tickets", done);
        mem_free(page.ctx);
    }
    return ok;
}

// --- the index ----------------------------------------------------------------------------------

struct indexing {
    struct comment_id after;
    struct comment_id reached;
    int64_t count;
};

static bool index_page(struct db *tx, void *arg, struct error *err)
{
    struct indexing *in = arg;
    struct index_comments_row *rows = NULL;
    size_t count = 0;
    in->reached = in->after;
    in->count = 0;
    if (!index_comments(tx, db_tx_ctx(tx), in->after, INDEX_PAGE, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct str subject = str_none(rows[i].subject) ? STR("") : rows[i].subject;
        if (!search_insert(tx, rows[i].id, subject, rows[i].body, err)) {
            return false;
        }
        in->reached = rows[i].id;
    }
    in->count = (int64_t)count;
    return true;
}

static bool clear_index(struct db *tx, void *arg UNUSED, struct error *err)
{
    return index_clear(tx, err);
}

bool tickets_index_anew(struct db_store *store, mem_ctx *ctx UNUSED,
                        const struct findings *findings, struct error *err)
{
    struct indexing in = {.after = {INT64_MIN}, .count = INDEX_PAGE};
    int64_t done = 0;
    bool ok = db_tx_run(store, "keep.index", clear_index, NULL, err);
    while (ok && in.count == INDEX_PAGE) {
        ok = db_tx_run(store, "keep.index", index_page, &in, err);
        in.after = in.reached;
        done += in.count;
        findings->progress(findings->arg, "comments indexed", done);
    }
    return ok;
}
