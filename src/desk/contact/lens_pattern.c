// SPDX-License-Identifier: GPL-3.0-or-later
//
// From patterns to positions. Each word of a pattern is a position; which may follow which, and
// over how many tokens, are edges. A pattern is read once from left to right with a stack of what
// is open: brackets and the phrases of classes.
#include <string.h>

#include "base/fold.h"
#include "desk/contact/lens_internal.h"

enum { MAX_DEPTH = 24, MAX_GAP = 60, ROOM = 256 };

// A position at the edge of a fragment, and the gap between it and that edge.
struct end {
    uint32_t position;
    uint32_t gap;
};

struct ends {
    struct end *list;
    uint32_t count, capacity;
};

struct fragment {
    bool empty_fits;  // matches no token at all
    uint32_t empty_gap;
    struct ends first, last;
};

struct frame {
    struct str rest;
    char closer;                       // what ends it: ')' or '\0' for the end of the text
    struct fragment sequence;          // of the alternative being read
    uint32_t gap;                      // wanted before the next element
    struct fragment choice;            // of the alternatives before
    bool chosen;                       // there are such
    const struct lens_class *phrases;  // the class whose phrases are still to come
    size_t next_phrase;
};

struct compiler {
    struct lens_language *language;
    const struct lens_class *classes;
    struct end *room;  // for lists of ends
    uint32_t room_left;
    uint32_t item;
    struct frame stack[MAX_DEPTH];
    size_t depth;
    struct error *err;
};

// --- fragments ----------------------------------------------------------------------------------

// Room for `count` ends until the pattern is read: lists are many, short, and end together.
static struct end *ends_room(struct compiler *c, uint32_t count)
{
    if (count > c->room_left) {
        c->room_left = count > ROOM ? count : ROOM;
        c->room = mem_array(c, struct end, c->room_left);
    }
    struct end *room = c->room;
    c->room += count;
    c->room_left -= count;
    return room;
}

static void ends_add(struct compiler *c, struct ends *ends, struct end end)
{
    end.gap = end.gap < MAX_GAP ? end.gap : MAX_GAP;
    if (ends->count == ends->capacity) {
        ends->capacity = ends->capacity == 0 ? 1 : 4 * ends->capacity;
        struct end *longer = ends_room(c, ends->capacity);
        if (ends->count > 0) {
            memcpy(longer, ends->list, ends->count * sizeof(*longer));
        }
        ends->list = longer;
    }
    ends->list[ends->count++] = end;
}

static void ends_add_all(struct compiler *c, struct ends *to, const struct ends *from, uint32_t gap)
{
    for (uint32_t i = 0; i < from->count; i++) {
        ends_add(c, to, (struct end){from->list[i].position, from->list[i].gap + gap});
    }
}

static bool connect(struct compiler *c, const struct ends *from, const struct ends *to,
                    uint32_t gap)
{
    struct lens_language *language = c->language;
    if ((uint64_t)language->edge_count + (uint64_t)from->count * to->count > LENS_MAX_EDGES) {
        return error_set(c->err, ERR_INVALID, "There are too many alternatives.");
    }
    uint32_t wanted = language->edge_count + from->count * to->count;
    if (wanted > language->edge_capacity) {
        language->edge_capacity = 2 * wanted;
        language->edges =
            mem_grow(language->ctx, language->edges, struct lens_follow, language->edge_capacity);
    }
    for (uint32_t i = 0; i < from->count; i++) {
        uint32_t position = from->list[i].position;
        for (uint32_t j = 0; j < to->count; j++) {
            uint32_t sum = gap + from->list[i].gap + to->list[j].gap;
            language->edges[language->edge_count++] = (struct lens_follow){
                position, {to->list[j].position, sum < MAX_GAP ? sum : MAX_GAP}};
        }
        language->positions[position].edge_count += to->count;
    }
    return true;
}

// left := left gap right. What `right` had is the left's then.
static bool append(struct compiler *c, struct fragment *left, uint32_t gap,
                   const struct fragment *right)
{
    if (!connect(c, &left->last, &right->first, gap)) {
        return false;
    }
    if (left->empty_fits) {
        ends_add_all(c, &left->first, &right->first, left->empty_gap + gap);
    }
    struct ends last = right->last;
    if (right->empty_fits) {
        ends_add_all(c, &last, &left->last, gap + right->empty_gap);
    }
    left->last = last;
    left->empty_fits = left->empty_fits && right->empty_fits;
    left->empty_gap += gap + right->empty_gap;
    return true;
}

static void choose(struct compiler *c, struct frame *frame)
{
    if (!frame->chosen) {
        frame->choice = frame->sequence;
    } else {
        ends_add_all(c, &frame->choice.first, &frame->sequence.first, 0);
        ends_add_all(c, &frame->choice.last, &frame->sequence.last, 0);
        frame->choice.empty_fits = frame->choice.empty_fits || frame->sequence.empty_fits;
    }
    frame->chosen = true;
    frame->sequence = (struct fragment){.empty_fits = true};
    frame->gap = 0;
}

static bool single(struct compiler *c, uint32_t predicate, struct fragment *ret)
{
    struct lens_language *language = c->language;
    if (language->position_count == LENS_MAX_POSITIONS) {
        return error_set(c->err, ERR_INVALID, "There are too many words in all rules together.");
    }
    uint32_t number = language->position_count;
    if ((number & (number - 1)) == 0) {
        language->positions = mem_grow(language->ctx, language->positions, struct lens_position,
                                       number == 0 ? 1 : 2 * (size_t)number);
    }
    language->positions[number] = (struct lens_position){.predicate = predicate, .item = c->item};
    language->position_count++;
    *ret = (struct fragment){0};
    ends_add(c, &ret->first, (struct end){number, 0});
    ends_add(c, &ret->last, (struct end){number, 0});
    return true;
}

// --- elements -----------------------------------------------------------------------------------

static bool is_word_char(char c)
{
    return strchr(" \t|(){}?", c) == NULL;
}

static size_t word_length(struct str text)
{
    size_t len = 0;
    while (len < text.len && text.ptr[len] != '\0' && is_word_char(text.ptr[len])) {
        len++;
    }
    return len;
}

// A literal word, cut as texts are: at hyphens and apostrophes.
static bool read_literal(struct compiler *c, struct str raw, struct fragment *ret)
{
    *ret = (struct fragment){.empty_fits = true};
    struct str part;
    while (str_next(&raw, '-', &part)) {
        char parts[3][LENS_TOKEN_BYTES];
        size_t count = str_find(part, STR("'")) >= 0 ? lens_split_word(part, parts) : 1;
        for (size_t i = 0; i < count; i++) {
            struct str word = count > 1 ? str_c(parts[i]) : part;
            if (word.len == 0 || str_eq_c(word, "*")) {
                return error_set(c->err, ERR_INVALID, "There is a word without letters.");
            }
            struct fragment one;
            if (!single(c, lens_literal(c->language, word), &one) || !append(c, ret, 0, &one)) {
                return false;
            }
        }
    }
    return true;
}

static bool read_mark(struct compiler *c, struct str word, struct fragment *ret)
{
    static const struct {
        const char *word;
        enum lens_mark mark;
    } marks[] = {
        {"^", LENS_MARK_START},      {"#num", LENS_MARK_NUMBER},  {"#cap", LENS_MARK_CAPITAL},
        {"#email", LENS_MARK_EMAIL}, {"#phone", LENS_MARK_PHONE}, {"#id", LENS_MARK_REFERENCE},
        {"#time", LENS_MARK_TIME},   {"#own", LENS_MARK_OWN},     {"#question", LENS_MARK_QUESTION},
    };
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (str_eq_c(word, marks[i].word)) {
            return single(c, marks[i].mark, ret);
        }
    }
    return error_set(c->err, ERR_INVALID, "There is no mark '" STR_FMT "'.", STR_ARG(word));
}

static const struct lens_class *find_class(const struct lens_class *classes, struct str name)
{
    for (const struct lens_class *class = classes; class != NULL; class = class->next) {
        if (str_eq(class->name, name)) {
            return class;
        }
    }
    return NULL;
}

static bool push(struct compiler *c, struct str text, char closer, const struct lens_class *phrases)
{
    if (c->depth == MAX_DEPTH) {
        return error_set(c->err, ERR_INVALID, "Brackets or classes stand too deep in each other.");
    }
    c->stack[c->depth++] = (struct frame){
        .rest = text, .closer = closer, .sequence = {.empty_fits = true}, .phrases = phrases};
    return true;
}

// Opens a class: its one-word alternatives are one position, its phrases are read one by one.
static bool open_class(struct compiler *c, struct str name)
{
    const struct lens_class *class = find_class(c->classes, name);
    if (class == NULL) {
        return error_set(c->err, ERR_INVALID, "There is no class '" STR_FMT "'.", STR_ARG(name));
    }
    if (!push(c, STR(""), '\0', class)) {
        return false;
    }
    struct frame *frame = &c->stack[c->depth - 1];
    if (class->has_words) {
        struct fragment words;
        if (!single(c, class->predicate, &words) || !append(c, &frame->sequence, 0, &words)) {
            return false;
        }
        choose(c, frame);
    }
    return true;
}

// The element just read joins the sequence of the frame; a '?' behind it makes it optional.
static bool take_element(struct compiler *c, struct fragment *element)
{
    struct frame *frame = &c->stack[c->depth - 1];
    if (frame->rest.len > 0 && frame->rest.ptr[0] == '?') {
        frame->rest = str_from(frame->rest, 1);
        element->empty_fits = true;
    }
    bool good = append(c, &frame->sequence, frame->gap, element);
    frame->gap = 0;
    return good;
}

static bool read_gap(struct compiler *c, struct str word)
{
    int64_t gap = LENS_DEFAULT_GAP;
    if (word.len > 2 && (!str_to_i64(str_from(word, 2), &gap) || gap < 0 || gap > MAX_GAP)) {
        return error_set(c->err, ERR_INVALID, "A gap is .. or ..1 to ..%d.", MAX_GAP);
    }
    c->stack[c->depth - 1].gap += (uint32_t)gap;
    return true;
}

static bool read_word(struct compiler *c, struct frame *frame)
{
    size_t len = word_length(frame->rest);
    struct str word = str_sub(frame->rest, 0, len);
    frame->rest = str_from(frame->rest, len);
    if (str_starts(word, STR(".."))) {
        return read_gap(c, word);
    }
    struct fragment element;
    bool mark = word.ptr[0] == '#' || word.ptr[0] == '^';
    bool good = mark ? read_mark(c, word, &element) : read_literal(c, word, &element);
    return good && take_element(c, &element);
}

static bool read_class_name(struct compiler *c, struct frame *frame)
{
    ptrdiff_t end = str_find_char(frame->rest, '}');
    if (end < 0) {
        return error_set(c->err, ERR_INVALID, "A '{' is never closed.");
    }
    struct str name = str_sub(frame->rest, 1, (size_t)end - 1);
    frame->rest = str_from(frame->rest, (size_t)end + 1);
    return open_class(c, name);
}

static bool close_frame(struct compiler *c)
{
    struct frame *frame = &c->stack[c->depth - 1];
    if (frame->phrases != NULL && frame->next_phrase < frame->phrases->phrase_count) {
        if (frame->next_phrase > 0) {
            choose(c, frame);
        }
        frame->rest = frame->phrases->phrases[frame->next_phrase++];
        return true;
    }
    if (frame->phrases == NULL || frame->phrases->phrase_count > 0) {
        choose(c, frame);
    }
    struct fragment whole = frame->choice;
    c->depth--;
    return take_element(c, &whole);
}

static bool step(struct compiler *c)
{
    struct frame *frame = &c->stack[c->depth - 1];
    char next = frame->rest.ptr[0];
    if (next == ' ' || next == '\t') {
        frame->rest = str_from(frame->rest, 1);
        return true;
    }
    if (next == '|') {
        frame->rest = str_from(frame->rest, 1);
        choose(c, frame);
        return true;
    }
    if (next == '(') {
        struct str inside = str_from(frame->rest, 1);
        return push(c, inside, ')', NULL);
    }
    if (next == ')' && frame->closer == ')') {
        struct str after = str_from(frame->rest, 1);
        c->stack[c->depth - 2].rest = after;
        return close_frame(c);
    }
    if (next == '{') {
        return read_class_name(c, frame);
    }
    if (!is_word_char(next)) {
        return error_set(c->err, ERR_INVALID, "'%c' does not belong here.", next);
    }
    return read_word(c, frame);
}

// The frame at the bottom collects; the one above it is the pattern itself.
static bool compile(struct compiler *c, struct str pattern)
{
    if (!push(c, STR(""), '\0', NULL) || !push(c, pattern, '\0', NULL)) {
        return false;
    }
    while (c->depth > 1) {
        struct frame *frame = &c->stack[c->depth - 1];
        if (frame->rest.len == 0 && frame->closer == ')') {
            return error_set(c->err, ERR_INVALID, "A '(' is never closed.");
        }
        if (!(frame->rest.len == 0 ? close_frame(c) : step(c))) {
            return false;
        }
    }
    return true;
}

bool lens_item_add(struct lens_language *language, const struct lens_class *classes,
                   struct str pattern, struct lens_item item, struct error *err)
{
    struct compiler *c = mem_new(language->ctx, struct compiler);
    c->language = language;
    c->classes = classes;
    c->item = language->item_count;
    c->err = err;
    bool good = compile(c, pattern);
    const struct fragment *whole = &c->stack[0].sequence;
    if (good && (whole->empty_fits || whole->first.count == 0)) {
        good = error_set(err, ERR_INVALID, "A pattern must have a word that is not optional.");
    }
    if (good) {
        language->items =
            mem_grow(language->ctx, language->items, struct lens_item, language->item_count + 1);
        language->items[language->item_count++] = item;
        for (uint32_t i = 0; i < whole->first.count; i++) {
            language->positions[whole->first.list[i].position].first = true;
        }
        for (uint32_t i = 0; i < whole->last.count; i++) {
            language->positions[whole->last.list[i].position].last = true;
        }
    }
    mem_free(c);
    return good;
}

// --- classes ------------------------------------------------------------------------------------

static bool is_single_word(struct str alternative)
{
    return word_length(alternative) == alternative.len && alternative.ptr[0] != '#' &&
           alternative.ptr[0] != '^' && str_find_char(alternative, '-') < 0 &&
           str_find_char(alternative, '\'') < 0 && !str_starts(alternative, STR(".."));
}

static bool add_alternative(struct lens_language *language, struct lens_class *to,
                            struct str alternative, struct error *err)
{
    if (str_eq_c(alternative, "*")) {
        return error_set(err, ERR_INVALID, "There is a word without letters.");
    }
    if (is_single_word(alternative)) {
        lens_word_forms(language, alternative, to->predicate);
        to->has_words = true;
        return true;
    }
    to->phrases = mem_grow(language->ctx, to->phrases, struct str, to->phrase_count + 1);
    to->phrases[to->phrase_count++] = alternative;
    return true;
}

// Cuts at '|' outside of brackets.
static bool next_alternative(struct str *rest, struct str *ret)
{
    if (str_none(*rest)) {
        return false;
    }
    int depth = 0;
    size_t i = 0;
    for (; i < rest->len && !(rest->ptr[i] == '|' && depth == 0); i++) {
        depth += rest->ptr[i] == '(' ? 1 : rest->ptr[i] == ')' ? -1 : 0;
    }
    *ret = str_trim(str_sub(*rest, 0, i));
    *rest = i < rest->len ? str_from(*rest, i + 1) : STR_NONE;
    return true;
}

bool lens_class_add(struct lens_language *language, struct lens_class *to, struct str alternatives,
                    struct error *err)
{
    struct str alternative;
    while (next_alternative(&alternatives, &alternative)) {
        if (alternative.len == 0) {
            return error_set(err, ERR_INVALID, "There is an empty alternative.");
        }
        // A class within itself would never end.
        struct str self = str_printf(language->ctx, "{" STR_FMT "}", STR_ARG(to->name));
        if (str_find(alternative, self) >= 0) {
            return error_set(err, ERR_INVALID, "A class cannot be part of itself.");
        }
        if (!add_alternative(language, to, str_dup(language->ctx, alternative), err)) {
            return false;
        }
    }
    return true;
}
