// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/import/pages.h"

#include "base/clock.h"

static const struct {
    const char *word;
    const char *plural;
    const char *plain;
} KINDS[] = {
#define KIND(name, word, plural, plain) {word, plural, plain},
#include "desk/import/kinds.def"
#undef KIND
};

struct str import_kind_word(enum import_kind kind)
{
    return str_c(KINDS[kind].word);
}

const char *import_kind_plural(enum import_kind kind)
{
    return KINDS[kind].plural;
}

const char *import_kind_plain(enum import_kind kind)
{
    return KINDS[kind].plain;
}

int64_t import_time(struct jr_value object, const char *key)
{
    int64_t ms = 0;
    return time_parse_iso(jr_text(jr_get(object, key)), &ms) ? ms : 0;
}

int64_t import_id(struct jr_value object, const char *key)
{
    int64_t id = 0;
    return jr_id(jr_get(object, key), &id) ? id : 0;
}

struct jr_value import_list_at(const struct import_list *list, size_t index)
{
    return jr_kind(list->items) == JR_LIST ? jr_at(list->items, index) : list->items;
}

int64_t import_comment_ticket(const struct import_list *list, struct jr_value comment)
{
    int64_t own = import_id(comment, "ticket_id");
    return own != 0 ? own : list->ticket;
}

// --- names of files -----------------------------------------------------------------------------

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

// "ticket_comments" counts as "comments"; what follows the letters is a number or a date.
static bool kind_of_part(struct str part, enum import_kind *ret)
{
    size_t len = 0;
    while (len < part.len && is_name_char(part.ptr[len])) {
        len++;
    }
    struct str stem = str_sub(part, 0, len);
    if (str_ends(stem, STR("_"))) {
        stem.len--;
    }
    if (str_eq_c(stem, "ticket_comments")) {
        stem = STR("comments");
    }
    for (size_t i = 0; i < IMPORT_KIND_COUNT; i++) {
        if (str_eq_c(stem, KINDS[i].plural)) {
            *ret = (enum import_kind)i;
            return true;
        }
    }
    return false;
}

struct named {
    bool known;
    enum import_kind kind;
    int64_t number;  // the last part that is a number alone
};

// The last part of the path that names a kind wins: tickets/12/comments.json are comments.
static struct named name_of(struct str path)
{
    struct named named = {0};
    struct str rest = path;
    struct str part;
    while (str_next(&rest, '/', &part)) {
        struct str stem;
        struct str ending;
        int64_t number = 0;
        str_cut(part, '.', &stem, &ending);
        named.known = kind_of_part(part, &named.kind) || named.known;
        if (str_to_i64(stem, &number) && number > 0) {
            named.number = number;
        }
    }
    return named;
}

// --- lists --------------------------------------------------------------------------------------

static void add_list(struct import_piece *piece, enum import_kind kind, struct jr_value items,
                     int64_t ticket)
{
    size_t count = jr_kind(items) == JR_LIST ? jr_count(items) : 1;
    if (count > 0) {
        piece->lists[piece->count++] = (struct import_list){kind, items, count, ticket};
    }
}

bool import_piece_read(mem_ctx *ctx, struct str path, struct str text, struct import_piece *ret,
                       struct error *err)
{
    struct jr_value whole = JR_NONE;
    struct named named = name_of(path);
    ret->count = 0;
    if (!jr_parse(ctx, text, &whole, err)) {
        return false;
    }
    int64_t of_name = named.known && named.kind == IMPORT_COMMENT ? named.number : 0;
    if (jr_kind(whole) == JR_LIST || import_id(whole, "id") != 0) {
        if (named.known) {
            add_list(ret, named.kind, whole, of_name);
        }
        return true;
    }
    int64_t ticket = import_id(whole, "ticket_id");
    for (size_t i = 0; i < IMPORT_KIND_COUNT; i++) {
        struct jr_value items = jr_get(whole, KINDS[i].plural);
        if (jr_kind(items) == JR_LIST) {
            add_list(ret, (enum import_kind)i, items, ticket != 0 ? ticket : of_name);
        }
    }
    return true;
}
