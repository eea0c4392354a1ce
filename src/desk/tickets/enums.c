// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/tickets/tickets.h"

static const struct str STATUS_WORDS[] = {
#define STATUS(name, number, word) [number] = STR_INIT(word),
#include "desk/tickets/enums.def"
#undef STATUS
};

static const struct str PRIORITY_WORDS[] = {
#define PRIORITY(name, number, word) [number] = STR_INIT(word),
#include "desk/tickets/enums.def"
#undef PRIORITY
};

static const struct str TYPE_WORDS[] = {
#define TYPE(name, number, word) [number] = STR_INIT(word),
#include "desk/tickets/enums.def"
#undef TYPE
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static bool word_index(const struct str *words, size_t count, struct str word, size_t *ret)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(words[i], word)) {
            *ret = i;
            return true;
        }
    }
    return false;
}

struct str ticket_status_word(enum ticket_status status)
{
    return STATUS_WORDS[status];
}

struct str ticket_priority_word(enum ticket_priority priority)
{
    return PRIORITY_WORDS[priority];
}

struct str ticket_type_word(enum ticket_type type)
{
    return TYPE_WORDS[type];
}

bool ticket_status_parse(struct str word, enum ticket_status *ret)
{
    size_t index = 0;
    if (!word_index(STATUS_WORDS, COUNT_OF(STATUS_WORDS), word, &index)) {
        return false;
    }
    *ret = (enum ticket_status)index;
    return true;
}

bool ticket_priority_parse(struct str word, enum ticket_priority *ret)
{
    size_t index = 0;
    if (!word_index(PRIORITY_WORDS, COUNT_OF(PRIORITY_WORDS), word, &index)) {
        return false;
    }
    *ret = (enum ticket_priority)index;
    return true;
}

bool ticket_type_parse(struct str word, enum ticket_type *ret)
{
    size_t index = 0;
    if (!word_index(TYPE_WORDS, COUNT_OF(TYPE_WORDS), word, &index)) {
        return false;
    }
    *ret = (enum ticket_type)index;
    return true;
}
