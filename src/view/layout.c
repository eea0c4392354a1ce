// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/layout.h"

#include <string.h>

struct word {
    const char *value;
    const char *shown;
};

static const char *word_shown(const struct word *words, size_t count, struct str value)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_c(value, words[i].value)) {
            return words[i].shown;
        }
    }
    return "";
}

const char *view_status_word(struct str status)
{
    static const struct word STATUSES[] = {
        {"new", WORDS("New")},         {"open", WORDS("Open")},     {"pending", WORDS("Waiting")},
        {"hold", WORDS("On hold")},    {"solved", WORDS("Solved")}, {"closed", WORDS("Closed")},
        {"deleted", WORDS("Deleted")}, {"spam", WORDS("Spam")}};
    return word_shown(STATUSES, sizeof STATUSES / sizeof *STATUSES, status);
}

const char *view_priority_word(struct str priority)
{
    static const struct word PRIORITIES[] = {{"low", WORDS("Low")},
                                             {"normal", WORDS("Normal")},
                                             {"high", WORDS("High")},
                                             {"urgent", WORDS("Urgent")}};
    return word_shown(PRIORITIES, sizeof PRIORITIES / sizeof *PRIORITIES, priority);
}

int view_hue(struct user_id user)
{
    return (int)((uint64_t)user.v % 12);
}

static size_t character_length(struct str text)
{
    size_t n = 1;
    while (n < text.len && ((unsigned char)text.ptr[n] & 0xC0) == 0x80) {
        n++;
    }
    return text.len == 0 ? 0 : n;
}

struct str view_initials(struct view *v, struct str name)
{
    struct str rest = str_trim(name);
    struct str first = STR_NONE;
    struct str last = STR_NONE;
    struct str part;
    while (str_next(&rest, ' ', &part)) {
        if (part.len == 0) {
            continue;
        }
        struct str letter = str_sub(part, 0, character_length(part));
        if (str_none(first)) {
            first = letter;
        } else {
            last = letter;
        }
    }
    if (str_none(first)) {
        return STR("?");
    }
    if (str_none(last)) {
        return first;
    }
    char *both = mem_array(v->mem, char, first.len + last.len + 1);
    memcpy(both, first.ptr, first.len);
    memcpy(both + first.len, last.ptr, last.len);
    return (struct str){both, first.len + last.len};
}

struct str view_size(struct view *v, int64_t bytes)
{
    static const char *const UNITS[] = {"bytes", "kB", "MB", "GB", "TB"};
    size_t unit = 0;
    int64_t tenths = bytes * 10;
    while (tenths >= 10000 && unit + 1 < sizeof UNITS / sizeof *UNITS) {
        tenths = (tenths + 500) / 1000;
        unit++;
    }
    if (unit == 0 || tenths >= 100) {
        return str_printf(v->mem, "%lld %s", (long long)(tenths / 10), UNITS[unit]);
    }
    return str_printf(v->mem, "%lld.%lld %s", (long long)(tenths / 10), (long long)(tenths % 10),
                      UNITS[unit]);
}
