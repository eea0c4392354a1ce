// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/tickets/search_query.h"

#include "base/clock.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static enum search_op operator_of(char c, bool equal)
{
    if (c == '<') {
        return equal ? SEARCH_LESS_EQUAL : SEARCH_LESS;
    }
    return equal ? SEARCH_GREATER_EQUAL : SEARCH_GREATER;
}

// Takes a "key:" or "key<=" off *rest; leaves it alone when there is none.
static void take_key(mem_ctx *ctx, struct str *rest, struct search_term *term)
{
    size_t len = 0;
    while (len < rest->len && is_key_char(rest->ptr[len])) {
        len++;
    }
    if (len == 0 || len == rest->len || strchr(":<>", rest->ptr[len]) == NULL ||
        str_starts(str_from(*rest, len), STR("://"))) {
        return;
    }
    struct str key = str_sub(*rest, 0, len);
    struct str after = str_from(*rest, len);
    if (after.ptr[0] == ':') {
        after = str_from(after, 1);
    }
    if (after.len > 0 && (after.ptr[0] == '<' || after.ptr[0] == '>')) {
        bool equal = after.len > 1 && after.ptr[1] == '=';
        term->op = operator_of(after.ptr[0], equal);
        after = str_from(after, equal ? 2 : 1);
    }
    if (after.len == 0 || is_space(after.ptr[0])) {
        return;
    }
    term->key = str_lower(ctx, key);
    *rest = after;
}

static void take_value(struct str *rest, struct search_term *term)
{
    if (rest->len > 0 && rest->ptr[0] == '"') {
        str_cut(str_from(*rest, 1), '"', &term->value, rest);
        term->quoted = true;
        return;
    }
    size_t len = 0;
    while (len < rest->len && !is_space(rest->ptr[len])) {
        len++;
    }
    term->value = str_sub(*rest, 0, len);
    *rest = str_from(*rest, len);
}

unsigned search_type(struct str name)
{
    static const struct {
        const char *name;
        unsigned bit;
    } TYPES[] = {
        {"ticket", SEARCH_TICKETS},
        {"user", SEARCH_USERS},
        {"organization", SEARCH_ORGANIZATIONS},
        {"group", SEARCH_GROUPS},
    };
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (str_ieq_c(name, TYPES[i].name)) {
            return TYPES[i].bit;
        }
    }
    return 0;
}

// What says how to search rather than what for.
static bool take_setting(struct search_query *query, const struct search_term *term, unsigned *only,
                         unsigned *without, bool *typed)
{
    if (str_eq_c(term->key, "type")) {
        unsigned bit = search_type(term->value);
        *(term->negative ? without : only) |= bit;
        *typed = *typed || !term->negative;
        return true;
    }
    if (str_eq_c(term->key, "order_by")) {
        query->order_by = term->value;
        return true;
    }
    if (str_eq_c(term->key, "sort")) {
        query->ascending = str_ieq_c(term->value, "asc");
        return true;
    }
    return false;
}

void search_parse(mem_ctx *ctx, struct str text, struct search_query *ret)
{
    struct str rest = str_utf8_clip(text, SEARCH_TEXT_MAX);
    unsigned only = 0;
    unsigned without = 0;
    bool typed = false;
    *ret = (struct search_query){.order_by = STR_NONE};
    for (;;) {
        struct search_term term = {.key = STR("")};
        rest = str_trim(rest);
        if (rest.len > 1 && rest.ptr[0] == '-') {
            term.negative = true;
            rest = str_from(rest, 1);
        }
        if (str_empty(rest) || ret->count == SEARCH_TERMS_MAX) {
            break;
        }
        take_key(ctx, &rest, &term);
        take_value(&rest, &term);
        if (!take_setting(ret, &term, &only, &without, &typed) && term.value.len > 0) {
            ret->terms[ret->count++] = term;
        }
    }
    ret->types = (typed ? only : (unsigned)SEARCH_ALL) & ~without;
}

// --- times --------------------------------------------------------------------------------------

// A month or year back keeps the day of the month where there is one.
static int64_t months_before(int64_t now, int64_t months)
{
    struct civil c = time_civil(now);
    int64_t month = c.year * 12 + c.month - 1 - months;
    int64_t year = month / 12;
    int day = c.day > 28 ? 28 : c.day;
    return time_from_civil(year, (int)(month % 12) + 1, day, c.hour, c.minute, c.second);
}

static bool age(struct str text, int64_t now, int64_t *ret)
{
    static const struct {
        const char *name;
        int64_t ms;
        int64_t months;
    } UNITS[] = {
        {"minute", MINUTES_MS, 0}, {"hour", HOURS_MS, 0}, {"day", DAYS_MS, 0},
        {"week", 7 * DAYS_MS, 0},  {"month", 0, 1},       {"year", 0, 12},
    };
    size_t digits = 0;
    int64_t number = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') {
        digits++;
    }
    struct str unit = str_from(text, digits);
    if (digits > 5 || !str_to_i64(str_sub(text, 0, digits), &number)) {
        return false;
    }
    if (unit.len > 1 && (unit.ptr[unit.len - 1] | 0x20) == 's') {
        unit = str_sub(unit, 0, unit.len - 1);
    }
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        if (str_ieq_c(unit, UNITS[i].name)) {
            // Civil years stay above zero.
            int64_t months = number > 120 ? 120 : number;
            *ret = UNITS[i].months == 0 ? now - number * UNITS[i].ms
                                        : months_before(now, months * UNITS[i].months);
            return true;
        }
    }
    return false;
}

bool search_time(struct str text, int64_t now, int64_t *ret_from, int64_t *ret_to)
{
    int64_t at = 0;
    if (age(text, now, &at)) {
        *ret_from = at;
        *ret_to = at;
        return true;
    }
    if (!time_parse_iso(text, &at)) {
        return false;
    }
    *ret_from = at;
    *ret_to = at + (text.len <= 10 ? DAYS_MS : SECONDS_MS);
    return true;
}
