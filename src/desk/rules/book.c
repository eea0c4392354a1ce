// SPDX-License-Identifier: GPL-3.0-or-later
//
// The book of rules: all of them in memory, compiled, shared by all threads. Nobody changes a book;
// whoever finds another stamp in the database reads a new one, and the old one goes when its last
// reader has let go of it.
#include "desk/rules/rules_internal.h"

#include "base/random.h"
#include "desk/rules/queries.h"

struct shared_book {
    struct rules *room;
    int readers;  // and one more while it is the room's
    struct rule_book book;
};

static void let_go(void *handle)
{
    struct shared_book *shared = handle;
    struct rules *room = shared->room;
    (void)pthread_mutex_lock(&room->lock);
    bool last = --shared->readers == 0;
    (void)pthread_mutex_unlock(&room->lock);
    if (last) {
        mem_free(shared);
    }
}

static void close_room(void *handle)
{
    struct rules *room = handle;
    if (room->book != NULL) {
        let_go(room->book);
    }
    (void)pthread_mutex_destroy(&room->lock);
}

struct rules *rules_new(mem_ctx *ctx, struct clock *clock)
{
    struct rules *room = mem_new(ctx, struct rules);
    room->clock = clock;
    (void)pthread_mutex_init(&room->lock, NULL);
    mem_on_free(room, close_room, room);
    return room;
}

static struct shared_book *take(struct rules *room, int64_t stamp)
{
    struct shared_book *shared = NULL;
    (void)pthread_mutex_lock(&room->lock);
    if (room->book != NULL && room->book->book.stamp == stamp) {
        shared = room->book;
        shared->readers++;
    }
    (void)pthread_mutex_unlock(&room->lock);
    return shared;
}

static void replace(struct rules *room, struct shared_book *fresh)
{
    (void)pthread_mutex_lock(&room->lock);
    struct shared_book *old = room->book;
    room->book = fresh;
    (void)pthread_mutex_unlock(&room->lock);
    if (old != NULL) {
        let_go(old);
    }
}

bool rules_read(struct rules *room, struct db *db, mem_ctx *ctx, const struct rule_book **ret,
                struct error *err)
{
    struct rule_stamp_read_row row;
    if (!rule_stamp_read(db, ctx, &row, err)) {
        return false;
    }
    struct shared_book *shared = take(room, row.stamp);
    if (shared == NULL) {
        shared = mem_new(NULL, struct shared_book);
        shared->room = room;
        shared->readers = 2;  // the room and this reader
        if (!book_load(db, shared, row.stamp, &shared->book, err)) {
            mem_free(shared);
            return false;
        }
        replace(room, shared);
    }
    mem_on_free(ctx, let_go, shared);
    *ret = &shared->book;
    return true;
}

bool book_changed(struct db *tx, struct error *err)
{
    // Random, not counted: a stamp of a transaction that was undone must never come again.
    return rule_stamp_write(tx, (int64_t)random_below(INT64_MAX), err);
}

bool rules_defined_changed(struct db *tx, struct error *err)
{
    return book_changed(tx, err);
}

const struct rule *rule_in_book(const struct rule_book *book, enum rule_kind kind,
                                struct rule_id id)
{
    for (size_t i = 0; i < book->count; i++) {
        if (book->rules[i].id.v == id.v && book->rules[i].kind == kind) {
            return &book->rules[i];
        }
    }
    return NULL;
}

const struct rule *rule_by_slug(const struct rule_book *book, struct str slug)
{
    for (size_t i = 0; i < book->count; i++) {
        if (!str_none(book->rules[i].slug) && str_eq(book->rules[i].slug, slug)) {
            return &book->rules[i];
        }
    }
    return NULL;
}

// --- reading ------------------------------------------------------------------------------------

static enum rule_kind parse_kind(struct str word)
{
    enum rule_kind kind = RULE_VIEW;
    while (kind < RULE_AUTOMATION && !str_eq(rule_kind_word(kind), word)) {
        kind++;
    }
    return kind;
}

static struct rule from_row(const struct rule_rows_row *row)
{
    return (struct rule){
        .id = row->id,
        .kind = parse_kind(row->kind),
        .slug = row->slug,
        .title = row->title,
        .description = row->description,
        .active = row->active,
        .is_default = row->is_default,
        .position = row->position,
        .category = row->category_id,
        .audience = str_eq_c(row->audience, "all")      ? AUDIENCE_ALL
                    : str_eq_c(row->audience, "groups") ? AUDIENCE_GROUPS
                                                        : AUDIENCE_PERSON,
        .owner = row->owner_id,
        .columns = row->shown,
        .group_by = row->group_by,
        .group_down = row->group_down,
        .sort_by = row->sort_by,
        .sort_down = row->sort_down,
        .created_by = row->created_by,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
    };
}

static struct rule *find(struct rule_book *book, struct rule_id id)
{
    for (size_t i = 0; i < book->count; i++) {
        if (book->rules[i].id.v == id.v) {
            return &book->rules[i];
        }
    }
    return NULL;
}

// Rows of one term stand together, its parts in order.
static size_t add_term(mem_ctx *ctx, struct rule *rule, const struct rule_term_rows_row *rows,
                       size_t count)
{
    size_t parts = 1;
    while (parts < count && rows[parts].rule_id.v == rows->rule_id.v &&
           rows[parts].ordinal == rows->ordinal) {
        parts++;
    }
    if (rule == NULL) {
        return parts;
    }
    struct str *values = mem_array(ctx, struct str, parts);
    size_t used = 0;
    for (size_t i = 0; i < parts; i++) {
        if (rows[i].part >= 0) {
            values[used++] = str_none(rows[i].value) ? STR("") : rows[i].value;
        }
    }
    struct rule_term *terms = mem_grow(ctx, (struct rule_term *)(uintptr_t)rule->terms,
                                       struct rule_term, rule->term_count + 1);
    terms[rule->term_count++] = (struct rule_term){
        .place = str_eq_c(rows->place, "all")   ? PLACE_ALL
                 : str_eq_c(rows->place, "any") ? PLACE_ANY
                                                : PLACE_ACTION,
        .field = rows->field,
        .op = rows->operator,
        .values = values,
        .count = used,
        .list = rows->is_list,
    };
    rule->terms = terms;
    return parts;
}

static bool load_terms(struct db *db, mem_ctx *ctx, struct rule_book *book, struct error *err)
{
    struct rule_term_rows_row *rows = NULL;
    size_t count = 0;
    if (!rule_term_rows(db, ctx, &rows, &count, err)) {
        return false;
    }
    struct rule *rule = NULL;
    for (size_t i = 0; i < count;) {
        if (rule == NULL || rule->id.v != rows[i].rule_id.v) {
            rule = find(book, rows[i].rule_id);
        }
        i += add_term(ctx, rule, &rows[i], count - i);
    }
    return true;
}

static bool load_groups(struct db *db, mem_ctx *ctx, struct rule_book *book, struct error *err)
{
    struct rule_group_rows_row *rows = NULL;
    size_t count = 0;
    if (!rule_group_rows(db, ctx, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct rule *rule = find(book, rows[i].rule_id);
        if (rule == NULL) {
            continue;
        }
        struct group_id *groups = mem_grow(ctx, (struct group_id *)(uintptr_t)rule->groups,
                                           struct group_id, rule->group_count + 1);
        groups[rule->group_count++] = rows[i].group_id;
        rule->groups = groups;
    }
    return true;
}

static bool load_categories(struct db *db, mem_ctx *ctx, struct rule_book *book, struct error *err)
{
    struct rule_category_rows_row *rows = NULL;
    if (!rule_category_rows(db, ctx, &rows, &book->category_count, err)) {
        return false;
    }
    book->categories = mem_array(ctx, struct rule_category, book->category_count + 1);
    for (size_t i = 0; i < book->category_count; i++) {
        book->categories[i] = (struct rule_category){rows[i].id, rows[i].name, rows[i].position,
                                                     rows[i].created_at, rows[i].updated_at};
    }
    return true;
}

bool book_load(struct db *db, mem_ctx *ctx, int64_t stamp, struct rule_book *ret, struct error *err)
{
    struct rule_rows_row *rows = NULL;
    struct rule_book book = {.stamp = stamp};
    if (!rule_rows(db, ctx, &rows, &book.count, err)) {
        return false;
    }
    book.rules = mem_array(ctx, struct rule, book.count + 1);
    for (size_t i = 0; i < book.count; i++) {
        book.rules[i] = from_row(&rows[i]);
    }
    if (!load_terms(db, ctx, &book, err) || !load_groups(db, ctx, &book, err) ||
        !load_categories(db, ctx, &book, err) || !rule_defined_load(db, ctx, &book.defined, err)) {
        return false;
    }
    *ret = book;
    for (size_t i = 0; i < book.count; i++) {
        struct rule *rule = &book.rules[i];
        struct problems problems;
        problems_init(&problems, ctx);
        bool fine = conditions_compile(ctx, rule->kind, &ret->defined, rule->terms,
                                       rule->term_count, &rule->conditions, &problems);
        rule->broken =
            !actions_compile(ctx, rule->kind, &ret->defined, rule->terms, rule->term_count,
                             &rule->actions, &rule->action_count, &problems) ||
            !fine;
    }
    return true;
}
