// SPDX-License-Identifier: GPL-3.0-or-later
//
// Choosing one person among several: pure computation, the same for stewards and assignees.
#ifndef STEWARD_DESK_TEND_CHOOSE_H
#define STEWARD_DESK_TEND_CHOOSE_H

#include "base/ids.h"
#include "base/str.h"

enum tend_speaks { SPEAKS_IT, SPEAKS_UNKNOWN, SPEAKS_NOT };

struct tend_candidate {
    struct user_id user;
    bool away;              // absent right now
    bool member;            // of the group that has the ticket
    int missing;            // needed skills that they lack
    enum tend_speaks talk;  // the requester's language
    bool off_shift;         // does not work at this hour
    int64_t load;           // what they have to do already
    int64_t capacity;       // what is enough; at least 1
};

// Whether `a` comes before `b`, in this order: members of the group; fewer missing skills; the
// language; who still has room; who works at this hour; the smaller part of their capacity in use;
// the smaller load; the lower id. Two different people are never equal, so the answer depends on
// nothing but what is given.
bool tend_before(const struct tend_candidate *a, const struct tend_candidate *b);

// The first of those who are not away; NULL when there is none.
const struct tend_candidate *tend_choose(const struct tend_candidate *list, size_t count);

// Whose turn it is among those of the fewest missing skills who are there, at work rather than not:
// the next id after `last`, around; NULL when nobody is there.
const struct tend_candidate *tend_turn(const struct tend_candidate *list, size_t count,
                                       struct user_id last);

// The first two letters of "de-AT", lower case; absent when it names no language.
struct str tend_language(const mem_ctx *ctx, struct str locale);

#endif
