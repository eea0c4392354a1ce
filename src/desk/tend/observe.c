// SPDX-License-Identifier: GPL-3.0-or-later
//
// First touch: who becomes the steward of a ticket that nobody was assigned to.
#include "base/words.h"
#include "desk/service/service.h"
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
        struct tend_candidate *one = &list[count];
        *one = (struct tend_candidate){
            .user = card->user,
            .member = is_member(need, card->user),
            .missing = count_missing(need->skills, card->skills),
            .talk = str_empty(card->languages) || str_none(need->language) ? SPEAKS_UNKNOWN
                    : words_has(card->languages, need->language)           ? SPEAKS_IT
                                                                           : SPEAKS_NOT,
            .capacity = card->capacity,
        };
        if (!off_shift(t, card, &one->off_shift, err)) {
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

bool tend_observe(void *env, struct db *tx, const struct ticket_applied *applied, struct error *err)
{
    struct desk *desk = env;
    struct ticket_outcome *outcome = applied->outcome;
    const struct ticket *ticket = &outcome->after;
    struct touching t = {
        .desk = desk, .tx = tx, .ctx = applied->ctx, .ticket = ticket, .now = applied->now};
    bool fresh = outcome->before.id.v == 0 && !applied->change->import;
    bool waits =
        ticket->steward.v == 0 && ticket->deleted_at == 0 && ticket->status < STATUS_SOLVED;
    struct user_id steward = {0};
    if (!fresh || !waits) {
        return true;
    }
    if (!tend_read(desk, tx, applied->ctx, &t.book, err) || !choose_steward(&t, &steward, err)) {
        return false;
    }
    if (steward.v == 0) {
        return true;
    }
    struct actor system = actor_system(CHANNEL_RULE);
    struct ticket_change change = {
        .ticket = ticket->id, .into = outcome->audit, .set = SET_STEWARD, .steward = steward};
    struct ticket_outcome chosen;
    if (!ticket_apply(&desk->tickets, tx, applied->ctx, &system, &change, &chosen, err)) {
        return false;
    }
    outcome->after = chosen.after;
    return true;
}
