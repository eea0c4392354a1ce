// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tend room: who is a person's one contact, and who works on what. It knows what agents bring
// (skills, languages, capacity, hours), who is away and who covers, and which tickets need which
// skills. All of that is small and kept in memory as a book, read again when the stamp in the
// database is another one.
//
// A new ticket that nobody was assigned to gets its steward here, after triggers: whoever is the
// steward of another open ticket of the same person and not away; else the best one of those who
// take new requests (choose.h). Where nobody does, the first who is assigned becomes the steward.
//
// Who may: staff read; administrators and leads write cards, needs and routes; everybody on the
// staff enters their own absences, leads and administrators those of others, too.
#ifndef STEWARD_DESK_TEND_TEND_H
#define STEWARD_DESK_TEND_TEND_H

#include "desk/tend/choose.h"
#include "desk/tickets/tickets.h"

struct desk;
struct user;

struct tend_card {
    struct user_id user;
    struct str name;
    bool works;  // active, not suspended, an agent: may be chosen at all
    bool takes;  // is chosen as steward of new requests
    int64_t capacity;
    struct str skills;     // words
    struct str languages;  // words, "" when none are known
    struct schedule_id schedule;
};

struct tend_absence {
    int64_t id;
    struct user_id user;
    int64_t from_at;
    int64_t to_at;
    struct user_id deputy;  // none: nobody covers
    struct str note;        // for staff
    struct user_id created_by;
};

enum tend_need_kind { NEED_GROUP, NEED_TAG, NEED_FORM, NEED_KINDS };
struct tend_need {
    int64_t id;
    enum tend_need_kind kind;
    struct str word;  // the tag, or the number of the group or form
    struct str skill;
};

// How tickets that come to a group without an assignee find one.
enum tend_way { WAY_NONE, WAY_LOAD, WAY_TURN, WAYS };
struct tend_route {
    struct group_id group;
    enum tend_way way;
};

struct tend_book {
    int64_t stamp;
    struct tend_card *cards;  // by person
    size_t card_count;
    struct tend_absence *absences;  // not over when the book was read; by their beginning
    size_t absence_count;
    struct tend_need *needs;
    size_t need_count;
    struct tend_route *routes;  // of groups that have one
    size_t route_count;
};

struct tend_room;
struct tend_room *tend_new(mem_ctx *ctx);

// As this handle's snapshot has it. The book lives as long as `ctx`.
MUST_CHECK bool tend_read(const struct desk *desk, struct db *db, mem_ctx *ctx,
                          const struct tend_book **ret, struct error *err);
const struct tend_card *tend_card_of(const struct tend_book *book, struct user_id user);
// What keeps somebody away at this time; NULL when they are there.
const struct tend_absence *tend_away(const struct tend_book *book, struct user_id user,
                                     int64_t now);
// Whether `author` covers for `steward`, who is away; a deputy who is away too is covered by
// theirs.
bool tend_covers(const struct tend_book *book, struct user_id author, struct user_id steward,
                 int64_t now);
// The same for the tickets room.
bool tend_speaks_for(void *desk, struct db *tx, mem_ctx *ctx, struct user_id author,
                     struct user_id steward, bool *ret, struct error *err);
struct str tend_need_word(enum tend_need_kind kind);
struct str tend_way_word(enum tend_way way);  // none, load, turn
MUST_CHECK bool tend_way_parse(struct str word, enum tend_way *ret);

// --- writing, inside a transaction --------------------------------------------------------------

#define TEND_CAPACITY_MOST 10000
#define TEND_CAPACITY_USUAL 50

// INVALID with the field at fault; NOT_FOUND when the person is no agent.
MUST_CHECK bool tend_card_store(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                const struct actor *actor, const struct tend_card *card,
                                struct error *err);
MUST_CHECK bool tend_card_delete(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                 const struct actor *actor, struct user_id user, struct error *err);
// All of them at once; the ids are made here.
MUST_CHECK bool tend_needs_store(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                 const struct actor *actor, const struct tend_need *needs,
                                 size_t count, struct error *err);
MUST_CHECK bool tend_route_store(struct desk *desk, struct db *tx, const struct actor *actor,
                                 const struct tend_route *route, struct error *err);
// A new one; its id is set.
MUST_CHECK bool tend_absence_add(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                 const struct actor *actor, struct tend_absence *absence,
                                 struct error *err);
MUST_CHECK bool tend_absence_delete(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                    const struct actor *actor, int64_t id, struct error *err);
bool tend_may_set(const struct actor *actor);
bool tend_may_absent(const struct actor *actor, struct user_id user);

// Somebody's account became another one: what the book says of them may be old.
MUST_CHECK bool tend_person_changed(struct desk *desk, struct db *tx, const struct user *before,
                                    const struct user *after, struct error *err);

// --- choosing -----------------------------------------------------------------------------------

// Observer of tickets, after triggers. Chooses the steward of a new ticket, and the assignee of one
// that comes to a group without: where the group routes by load, its steward when they are a member
// with room, else the best member (choose.h) by what they work on; where it goes by turns, the
// next. Whoever was chosen, and why, stands in the ticket's history.
bool tend_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                  struct error *err);

#endif
