// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/tend/choose.h"

static int compare(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

// Parts of a whole without dividing: a/b against c/d. Loads and capacities are far below 2^31.
static int compare_parts(const struct tend_candidate *a, const struct tend_candidate *b)
{
    return compare(a->load * b->capacity, b->load * a->capacity);
}

bool tend_before(const struct tend_candidate *a, const struct tend_candidate *b)
{
    const int order[] = {
        compare(!a->member, !b->member),
        compare(a->missing, b->missing),
        compare(a->talk, b->talk),
        compare(a->load >= a->capacity, b->load >= b->capacity),
        compare(a->off_shift, b->off_shift),
        compare_parts(a, b),
        compare(a->load, b->load),
        compare(a->user.v, b->user.v),
    };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (order[i] != 0) {
            return order[i] < 0;
        }
    }
    return false;
}

const struct tend_candidate *tend_choose(const struct tend_candidate *list, size_t count)
{
    const struct tend_candidate *best = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!list[i].away && (best == NULL || tend_before(&list[i], best))) {
            best = &list[i];
        }
    }
    return best;
}

// Below 0 when `a` may rather have the turn than `b`, 0 when both may.
static int compare_turns(const struct tend_candidate *a, const struct tend_candidate *b)
{
    int skills = compare(a->missing, b->missing);
    return skills != 0 ? skills : compare(a->off_shift, b->off_shift);
}

const struct tend_candidate *tend_turn(const struct tend_candidate *list, size_t count,
                                       struct user_id last)
{
    const struct tend_candidate *best = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct tend_candidate *one = &list[i];
        if (one->away) {
            continue;
        }
        int order = best == NULL ? -1 : compare_turns(one, best);
        if (order == 0) {
            int around = compare(one->user.v <= last.v, best->user.v <= last.v);
            order = around != 0 ? around : compare(one->user.v, best->user.v);
        }
        best = order < 0 ? one : best;
    }
    return best;
}

struct str tend_language(const mem_ctx *ctx, struct str locale)
{
    size_t len = 0;
    while (len < locale.len && locale.ptr[len] != '-' && locale.ptr[len] != '_') {
        len++;
    }
    return len < 2 || len > 3 ? STR_NONE : str_lower(ctx, str_sub(locale, 0, len));
}
