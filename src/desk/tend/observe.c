// SPDX-License-Identifier: GPL-3.0-or-later
//
// First touch: who becomes the steward of a ticket that nobody was assigned to; and who works on
// what comes to a group without an assignee.
#include "base/words.h"
#include "desk/service/service.h"
#include "desk/tend/queries.h"
#include "desk/tend/tend_internal.h"

// What a ticket asks of whoever takes it.
struct need {
    struct str skills;
    struct str language;  // absent when not known
    const struct user_id *members;
    size_t member_count;
};

struct touching {
    struct desk *desk;
    struct db *tx;
    mem_ctx *ctx;
    const struct tend_book *book;
    const struct ticket *ticket;
    int64_t now;
};

static bool need_applies(mem_ctx *ctx, const struct tend_need *need, const struct ticket *ticket)
{
    switch (need->kind) {
    case NEED_GROUP:
        return ticket->group.v != 0 &&
               str_eq(need->word, str_printf(ctx, "%lld", (long long)ticket->group.v));
    case NEED_TAG:
        return words_has(ticket->tags, need->word);
    default:
        return false;
    }
}

static bool find_need(const struct touching *t, struct need *ret, struct error *err)
{
    struct user_id *members = NULL;
    struct user requester;
    bool found = false;
    *ret = (struct need){.skills = STR(""), .language = STR_NONE};
    for (size_t i = 0; i < t->book->need_count; i++) {
        if (need_applies(t->ctx, &t->book->needs[i], t->ticket)) {
            ret->skills = words_combine(t->ctx, ret->skills, t->book->needs[i].skill, STR(""));
        }
    }
    if (t->ticket->group.v != 0 &&
        !group_members(t->tx, t->ctx, t->ticket->group, &members, &ret->member_count, err)) {
        return false;
    }
    ret->members = members;
    if (!user_find(t->tx, t->ctx, t->ticket->requester, &requester, &found, err)) {
        return false;
    }
    if (found) {
        ret->language = tend_language(t->ctx, requester.locale);
    }
    return true;
}

static int count_missing(struct str skills, struct str has)
{
    struct str word;
    int missing = 0;
    while (words_next(&skills, &word)) {
        missing += words_has(has, word) ? 0 : 1;
    }
    return missing;
}

static bool is_member(const struct need *need, struct user_id user)
{
    for (size_t i = 0; i < need->member_count; i++) {
        if (need->members[i].v == user.v) {
            return true;
        }
    }
    return false;
}

static bool off_shift(const struct touching *t, const struct tend_card *card, bool *ret,
                      struct error *err)
{
    const struct service_book *hours = NULL;
    *ret = false;
    if (card->schedule.v == 0) {
        return true;
    }
    if (!service_read(t->desk->service, t->tx, t->ctx, &hours, err)) {
        return false;
    }
    const struct schedule *schedule = schedule_in_book(hours, card->schedule);
    *ret = schedule != NULL && !calendar_open_at(schedule->calendar, t->now);
    return true;
}

static bool weigh(const struct touching *t, const struct need *need, const struct tend_card *card,
                  struct tend_candidate *ret, struct error *err)
{
    bool unknown = str_empty(card->languages) || str_none(need->language);
    *ret = (struct tend_candidate){
        .user = card->user,
        .away = tend_away(t->book, card->user, t->now) != NULL,
        .member = is_member(need, card->user),
        .missing = count_missing(need->skills, card->skills),
        .talk = unknown                                      ? SPEAKS_UNKNOWN
                : words_has(card->languages, need->language) ? SPEAKS_IT
                                                             : SPEAKS_NOT,
        .capacity = card->capacity,
    };
    return off_shift(t, card, &ret->off_shift, err);
}

// All who take requests, with what they have to do already: one query for all of them.
static bool find_candidates(const struct touching *t, const struct need *need,
                            struct tend_candidate **ret, size_t *ret_count, struct error *err)
{
    const struct tend_book *book = t->book;
    struct tend_candidate *list = mem_array(t->ctx, struct tend_candidate, book->card_count + 1);
    struct user_id *ids = mem_array(t->ctx, struct user_id, book->card_count + 1);
    int64_t *loads = mem_array(t->ctx, int64_t, book->card_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < book->card_count; i++) {
        const struct tend_card *card = &book->cards[i];
        if (!card->works || !card->takes || tend_away(book, card->user, t->now) != NULL) {
            continue;
        }
        if (!weigh(t, need, card, &list[count], err)) {
            return false;
        }
        ids[count++] = card->user;
    }
    if (count > 0 && !tickets_tended(t->tx, t->ctx, ids, count, loads, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        list[i].load = loads[i];
    }
    *ret = list;
    *ret_count = count;
    return true;
}

// Whoever is there for this person already, and here today.
static bool find_known(const struct touching *t, struct user_id *ret, struct error *err)
{
    struct user_id *stewards = NULL;
    size_t count = 0;
    struct user *people = NULL;
    size_t people_count = 0;
    if (!stewards_of_person(t->tx, t->ctx, t->ticket, &stewards, &count, err) ||
        (count > 0 && !users_by_ids(t->tx, t->ctx, stewards, count, &people, &people_count, err))) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < people_count; k++) {
            const struct user *one = &people[k];
            if (one->id.v == stewards[i].v && one->active && !one->suspended &&
                one->role >= ROLE_AGENT && tend_away(t->book, one->id, t->now) == NULL) {
                *ret = one->id;
                return true;
            }
        }
    }
    return true;
}

static bool choose_steward(const struct touching *t, struct user_id *ret, struct error *err)
{
    struct need need;
    struct tend_candidate *list = NULL;
    size_t count = 0;
    if (!find_known(t, ret, err)) {
        return false;
    }
    if (ret->v != 0 || t->book->card_count == 0) {
        return true;
    }
    if (!find_need(t, &need, err) || !find_candidates(t, &need, &list, &count, err)) {
        return false;
    }
    const struct tend_candidate *best = tend_choose(list, count);
    *ret = best != NULL ? best->user : (struct user_id){0};
    return true;
}

// --- routing ------------------------------------------------------------------------------------

// The members of the ticket's group who work here, with what they work on.
static bool find_members(const struct touching *t, const struct need *need,
                         struct tend_candidate **ret, struct str *names, size_t *ret_count,
                         struct error *err)
{
    struct user *people = NULL;
    size_t people_count = 0;
    size_t count = 0;
    if (!users_by_ids(t->tx, t->ctx, need->members, need->member_count, &people, &people_count,
                      err)) {
        return false;
    }
    struct tend_candidate *list = mem_array(t->ctx, struct tend_candidate, people_count + 1);
    struct user_id *ids = mem_array(t->ctx, struct user_id, people_count + 1);
    int64_t *loads = mem_array(t->ctx, int64_t, people_count + 1);
    for (size_t i = 0; i < people_count; i++) {
        const struct user *one = &people[i];
        const struct tend_card *card = tend_card_of(t->book, one->id);
        const struct tend_card plain = {.user = one->id,
                                        .capacity = TEND_CAPACITY_USUAL,
                                        .skills = STR(""),
                                        .languages = STR("")};
        if (!one->active || one->suspended || one->role < ROLE_AGENT) {
            continue;
        }
        if (!weigh(t, need, card != NULL ? card : &plain, &list[count], err)) {
            return false;
        }
        names[count] = one->name;
        ids[count++] = one->id;
    }
    if (count > 0 && !tickets_assigned(t->tx, t->ctx, ids, count, loads, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        list[i].load = loads[i];
    }
    *ret = list;
    *ret_count = count;
    return true;
}

// Whoever is the requester's contact works on it, too, where they can.
static const struct tend_candidate *find_steward(const struct touching *t,
                                                 const struct tend_candidate *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool fits = !list[i].away && list[i].missing == 0 && list[i].load < list[i].capacity;
        if (list[i].user.v == t->ticket->steward.v && fits) {
            return &list[i];
        }
    }
    return NULL;
}

static bool choose_assignee(const struct touching *t, enum tend_way way,
                            struct ticket_change *change, struct error *err)
{
    struct need need;
    struct tend_candidate *list = NULL;
    size_t count = 0;
    struct tend_turn_of_row last = {0};
    bool found = false;
    if (!find_need(t, &need, err)) {
        return false;
    }
    struct str *names = mem_array(t->ctx, struct str, need.member_count + 1);
    if (!find_members(t, &need, &list, names, &count, err) ||
        (way == WAY_TURN && !tend_turn_of(t->tx, t->ctx, t->ticket->group, &last, &found, err))) {
        return false;
    }
    const struct tend_candidate *best =
        way == WAY_TURN ? tend_turn(list, count, last.user_id) : find_steward(t, list, count);
    const char *why = way == WAY_TURN ? "their turn in the group"
                      : best != NULL  ? "the steward, with room"
                                      : "the best by skills, language, hours and load";
    best = best == NULL && way == WAY_LOAD ? tend_choose(list, count) : best;
    if (best == NULL) {
        return true;
    }
    struct ticket_event *event = mem_new(t->ctx, struct ticket_event);
    *event = (struct ticket_event){
        .kind = STR("Routing"),
        .field = STR("assignee_id"),
        .value = str_printf(t->ctx, "Routed to " STR_FMT ": %s (%lld open).",
                            STR_ARG(names[best - list]), why, (long long)best->load),
        .previous = STR_NONE};
    change->set |= SET_ASSIGNEE;
    change->assignee = best->user;
    change->notes = event;
    change->note_count = 1;
    return way != WAY_TURN || tend_turn_put(t->tx, t->ticket->group, best->user, err);
}

static enum tend_way way_of(const struct tend_book *book, struct group_id group)
{
    for (size_t i = 0; i < book->route_count; i++) {
        if (book->routes[i].group.v == group.v) {
            return book->routes[i].way;
        }
    }
    return WAY_NONE;
}

// --- both ---------------------------------------------------------------------------------------

static bool carry_out(struct touching *t, struct ticket_outcome *outcome,
                      struct ticket_change *change, struct error *err)
{
    struct actor system = actor_system(CHANNEL_RULE);
    struct ticket_outcome done;
    if (change->set == 0) {
        return true;
    }
    change->ticket = outcome->after.id;
    change->into = outcome->audit;
    if (!ticket_apply(&t->desk->tickets, t->tx, t->ctx, &system, change, &done, err)) {
        return false;
    }
    outcome->after = done.after;
    return true;
}

bool tend_observe(void *env, struct db *tx, const struct ticket_applied *applied, struct error *err)
{
    struct ticket_outcome *outcome = applied->outcome;
    const struct ticket *ticket = &outcome->after;
    struct touching t = {
        .desk = env, .tx = tx, .ctx = applied->ctx, .ticket = ticket, .now = applied->now};
    bool live = !applied->change->import && outcome->audit.v != 0 && ticket->deleted_at == 0 &&
                ticket->status < STATUS_SOLVED;
    bool touched = live && outcome->before.id.v == 0 && ticket->steward.v == 0;
    bool enters = live && ticket->group.v != 0 && ticket->assignee.v == 0 &&
                  outcome->before.group.v != ticket->group.v;
    struct ticket_change steward = {.steward = {0}};
    struct ticket_change assignee = {.assignee = {0}};
    if (!touched && !enters) {
        return true;
    }
    if (!tend_read(t.desk, tx, applied->ctx, &t.book, err) ||
        (touched && !choose_steward(&t, &steward.steward, err))) {
        return false;
    }
    steward.set = steward.steward.v != 0 ? SET_STEWARD : 0U;
    if (!carry_out(&t, outcome, &steward, err)) {
        return false;
    }
    enum tend_way way = enters ? way_of(t.book, ticket->group) : WAY_NONE;
    return (way == WAY_NONE || choose_assignee(&t, way, &assignee, err)) &&
           carry_out(&t, outcome, &assignee, err);
}
