// SPDX-License-Identifier: GPL-3.0-or-later
//
// The book of cards, absences and needs: in memory, shared by all threads. Nobody changes a book;
// whoever finds another stamp in the database reads a new one, and the old one goes when its last
// reader has let go of it.
#include <pthread.h>

#include "base/random.h"
#include "base/words.h"
#include "desk/tend/queries.h"
#include "desk/tend/tend_internal.h"

struct shared_book {
    struct tend_room *room;
    int readers;  // and one more while it is the room's
    struct tend_book book;
};

struct tend_room {
    pthread_mutex_t lock;      // guards what follows
    struct shared_book *book;  // NULL until first asked for
};

static void let_go(void *handle)
{
    struct shared_book *shared = handle;
    struct tend_room *room = shared->room;
    (void)pthread_mutex_lock(&room->lock);
    bool last = --shared->readers == 0;
    (void)pthread_mutex_unlock(&room->lock);
    if (last) {
        mem_free(shared);
    }
}

static void close_room(void *handle)
{
    struct tend_room *room = handle;
    if (room->book != NULL) {
        let_go(room->book);
    }
    (void)pthread_mutex_destroy(&room->lock);
}

struct tend_room *tend_new(mem_ctx *ctx)
{
    struct tend_room *room = mem_new(ctx, struct tend_room);
    (void)pthread_mutex_init(&room->lock, NULL);
    mem_on_free(room, close_room, room);
    return room;
}

static struct shared_book *take(struct tend_room *room, int64_t stamp)
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

static void replace(struct tend_room *room, struct shared_book *fresh)
{
    (void)pthread_mutex_lock(&room->lock);
    struct shared_book *old = room->book;
    room->book = fresh;
    (void)pthread_mutex_unlock(&room->lock);
    if (old != NULL) {
        let_go(old);
    }
}

// --- reading ------------------------------------------------------------------------------------

static bool load_cards(struct db *db, mem_ctx *ctx, struct tend_book *book, struct error *err)
{
    struct tend_cards_all_row *rows = NULL;
    struct user *people = NULL;
    size_t people_count = 0;
    if (!tend_cards_all(db, ctx, &rows, &book->card_count, err)) {
        return false;
    }
    book->cards = mem_array(ctx, struct tend_card, book->card_count + 1);
    struct user_id *ids = mem_array(ctx, struct user_id, book->card_count + 1);
    for (size_t i = 0; i < book->card_count; i++) {
        ids[i] = rows[i].user_id;
        book->cards[i] = (struct tend_card){
            .user = rows[i].user_id,
            .name = STR(""),
            .takes = rows[i].takes,
            .capacity = rows[i].capacity > 0 ? rows[i].capacity : 1,
            .skills = rows[i].skills,
            .languages = rows[i].languages,
            .schedule = rows[i].schedule_id,
        };
    }
    if (!users_by_ids(db, ctx, ids, book->card_count, &people, &people_count, err)) {
        return false;
    }
    for (size_t i = 0, k = 0; i < people_count; i++) {
        while (k < book->card_count && book->cards[k].user.v != people[i].id.v) {
            k++;
        }
        if (k < book->card_count) {
            book->cards[k].name = people[i].name;
            book->cards[k].works =
                people[i].active && !people[i].suspended && people[i].role >= ROLE_AGENT;
        }
    }
    return true;
}

static bool load_absences(struct db *db, mem_ctx *ctx, int64_t now, struct tend_book *book,
                          struct error *err)
{
    struct tend_absences_after_row *rows = NULL;
    if (!tend_absences_after(db, ctx, now, &rows, &book->absence_count, err)) {
        return false;
    }
    book->absences = mem_array(ctx, struct tend_absence, book->absence_count + 1);
    for (size_t i = 0; i < book->absence_count; i++) {
        book->absences[i] = (struct tend_absence){
            .id = rows[i].id,
            .user = rows[i].user_id,
            .from_at = rows[i].from_at,
            .to_at = rows[i].to_at,
            .deputy = rows[i].deputy_id,
            .note = rows[i].note,
            .created_by = rows[i].created_by,
        };
    }
    return true;
}

static const char *const NEED_WORDS[NEED_KINDS] = {"group", "tag", "form"};

struct str tend_need_word(enum tend_need_kind kind)
{
    return str_c(NEED_WORDS[kind]);
}

static bool load_needs(struct db *db, mem_ctx *ctx, struct tend_book *book, struct error *err)
{
    struct tend_needs_all_row *rows = NULL;
    if (!tend_needs_all(db, ctx, &rows, &book->need_count, err)) {
        return false;
    }
    book->needs = mem_array(ctx, struct tend_need, book->need_count + 1);
    for (size_t i = 0; i < book->need_count; i++) {
        enum tend_need_kind kind = NEED_GROUP;
        while (kind < NEED_FORM && !str_eq_c(rows[i].kind, NEED_WORDS[kind])) {
            kind++;
        }
        book->needs[i] = (struct tend_need){rows[i].id, kind, rows[i].word, rows[i].skill};
    }
    return true;
}

static const char *const WAY_WORDS[WAYS] = {"none", "load", "turn"};

struct str tend_way_word(enum tend_way way)
{
    return str_c(WAY_WORDS[way]);
}

bool tend_way_parse(struct str word, enum tend_way *ret)
{
    for (int i = 0; i < WAYS; i++) {
        if (str_eq_c(word, WAY_WORDS[i])) {
            *ret = (enum tend_way)i;
            return true;
        }
    }
    return false;
}

static bool load_routes(struct db *db, mem_ctx *ctx, struct tend_book *book, struct error *err)
{
    struct tend_routes_all_row *rows = NULL;
    if (!tend_routes_all(db, ctx, &rows, &book->route_count, err)) {
        return false;
    }
    book->routes = mem_array(ctx, struct tend_route, book->route_count + 1);
    for (size_t i = 0; i < book->route_count; i++) {
        book->routes[i] = (struct tend_route){rows[i].group_id, WAY_NONE};
        if (!tend_way_parse(rows[i].way, &book->routes[i].way)) {
            return error_internal(err, "a group is routed by something unknown");
        }
    }
    return true;
}

bool tend_read(const struct desk *desk, struct db *db, mem_ctx *ctx, const struct tend_book **ret,
               struct error *err)
{
    struct tend_room *room = desk->tend;
    struct tend_stamp_read_row row;
    if (!tend_stamp_read(db, ctx, &row, err)) {
        return false;
    }
    struct shared_book *shared = take(room, row.stamp);
    if (shared == NULL) {
        // A test may set the clock back by a day; what ended before that is history.
        int64_t since = clock_now(desk->app->clock) - DAYS_MS;
        shared = mem_new(NULL, struct shared_book);
        shared->room = room;
        shared->readers = 2;  // the room and this reader
        shared->book.stamp = row.stamp;
        if (!load_cards(db, shared, &shared->book, err) ||
            !load_absences(db, shared, since, &shared->book, err) ||
            !load_needs(db, shared, &shared->book, err) ||
            !load_routes(db, shared, &shared->book, err)) {
            mem_free(shared);
            return false;
        }
        replace(room, shared);
    }
    mem_on_free(ctx, let_go, shared);
    *ret = &shared->book;
    return true;
}

bool tend_book_changed(struct db *tx, struct error *err)
{
    // Random, not counted: a stamp of a transaction that was undone must never come again.
    return tend_stamp_write(tx, (int64_t)random_below(INT64_MAX), err);
}

const struct tend_card *tend_card_of(const struct tend_book *book, struct user_id user)
{
    for (size_t i = 0; i < book->card_count; i++) {
        if (book->cards[i].user.v == user.v) {
            return &book->cards[i];
        }
    }
    return NULL;
}

const struct tend_absence *tend_away(const struct tend_book *book, struct user_id user, int64_t now)
{
    for (size_t i = 0; i < book->absence_count; i++) {
        const struct tend_absence *one = &book->absences[i];
        if (one->user.v == user.v && one->from_at <= now && now < one->to_at) {
            return one;
        }
    }
    return NULL;
}

bool tend_covers(const struct tend_book *book, struct user_id author, struct user_id steward,
                 int64_t now)
{
    enum { DEPUTIES_MOST = 5 };  // circles end
    for (int i = 0; i < DEPUTIES_MOST; i++) {
        const struct tend_absence *away = tend_away(book, steward, now);
        if (away == NULL || away->deputy.v == 0) {
            return false;
        }
        if (away->deputy.v == author.v) {
            return true;
        }
        steward = away->deputy;
    }
    return false;
}

bool tend_speaks_for(void *env, struct db *tx, mem_ctx *ctx, struct user_id author,
                     struct user_id steward, bool *ret, struct error *err)
{
    const struct desk *desk = env;
    const struct tend_book *book = NULL;
    if (!tend_read(desk, tx, ctx, &book, err)) {
        return false;
    }
    *ret = tend_covers(book, author, steward, clock_now(desk->app->clock));
    return true;
}
