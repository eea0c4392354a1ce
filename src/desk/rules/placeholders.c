// SPDX-License-Identifier: GPL-3.0-or-later
//
// The language of placeholders: one pass over the text with a stack of open blocks. Its names are
// in placeholder_values.c.
#include "desk/rules/placeholders.h"

#include "base/buf.h"
#include "desk/rules/placeholder_values.h"
#include "json/write.h"

#define OUTPUT_MAX (1 << 20)
#define DEPTH_MAX 16
#define STEPS_MAX 20000

enum block { BLOCK_IF, BLOCK_FOR };

struct frame {
    enum block block;
    bool outer;  // what is around it is shown
    bool shown;  // this branch is
    bool taken;  // a branch was
    size_t body;
    size_t index;
    size_t count;
    struct str variable;
    enum placeholder_list list;
};

struct rendering {
    struct placeholder_facts *facts;
    struct str text;
    size_t at;
    struct buf out;
    struct frame frames[DEPTH_MAX];
    int depth;
    int steps;
};

static bool is_shown(const struct rendering *r)
{
    return r->depth == 0 || r->frames[r->depth - 1].shown;
}

static void put_json(struct rendering *r, struct str value)
{
    struct buf quoted;
    struct jw w;
    buf_init(&quoted, r->facts->ctx, 8 * value.len + 64);
    jw_init(&w, &quoted);
    jw_str(&w, str_none(value) ? STR("") : value);
    struct str text = buf_str(&quoted);
    buf_put(&r->out, str_sub(text, 1, text.len - 2));
}

static void put_value(struct rendering *r, struct str value)
{
    switch (r->facts->place) {
    case INTO_TEXT:
        buf_put(&r->out, value);
        break;
    case INTO_HTML:
        buf_put_html_text(&r->out, value);
        break;
    case INTO_JSON:
        put_json(r, value);
        break;
    }
}

// --- expressions --------------------------------------------------------------------------------

static struct str unquoted(struct str text)
{
    text = str_trim(text);
    bool quoted = text.len >= 2 && (text.ptr[0] == '"' || text.ptr[0] == '\'') &&
                  text.ptr[text.len - 1] == text.ptr[0];
    return quoted ? str_sub(text, 1, text.len - 2) : text;
}

// A literal, a variable of a loop, or a name.
static struct str value_of(struct rendering *r, struct str name)
{
    name = str_trim(name);
    if (name.len > 0 && (name.ptr[0] == '"' || name.ptr[0] == '\'')) {
        return unquoted(name);
    }
    int64_t number = 0;
    if (str_to_i64(name, &number)) {
        return name;
    }
    for (int i = r->depth; i > 0; i--) {
        const struct frame *frame = &r->frames[i - 1];
        struct str head;
        struct str tail;
        str_cut(name, '.', &head, &tail);
        if (frame->block == BLOCK_FOR && str_eq(head, frame->variable)) {
            return placeholder_item(r->facts, frame->list, frame->index, tail);
        }
    }
    return placeholder_value(r->facts, name);
}

static struct str stripped(mem_ctx *ctx, struct str value)
{
    struct buf out;
    bool inside = false;
    buf_init(&out, ctx, value.len + 1);
    for (size_t i = 0; i < value.len; i++) {
        inside = value.ptr[i] == '<' ? true : inside;
        if (!inside) {
            buf_put_char(&out, value.ptr[i]);
        }
        inside = value.ptr[i] == '>' ? false : inside;
    }
    return buf_str(&out);
}

static struct str upper(mem_ctx *ctx, struct str value)
{
    char *copy = mem_text_n(ctx, value.len > 0 ? value.ptr : "", value.len);
    for (size_t i = 0; i < value.len; i++) {
        copy[i] = copy[i] >= 'a' && copy[i] <= 'z' ? (char)(copy[i] - 'a' + 'A') : copy[i];
    }
    return (struct str){copy, value.len};
}

static struct str filtered(struct rendering *r, struct str value, struct str filter)
{
    mem_ctx *ctx = r->facts->ctx;
    struct str name;
    struct str argument;
    int64_t number = 0;
    str_cut(filter, ':', &name, &argument);
    name = str_trim(name);
    argument = str_none(argument) ? STR("") : unquoted(argument);
    if (str_eq_c(name, "upcase")) {
        return upper(ctx, value);
    }
    if (str_eq_c(name, "downcase")) {
        return str_lower(ctx, value);
    }
    if (str_eq_c(name, "strip")) {
        return str_trim(value);
    }
    if (str_eq_c(name, "strip_html")) {
        return stripped(ctx, value);
    }
    if (str_eq_c(name, "default")) {
        return str_empty(value) ? argument : value;
    }
    if (str_eq_c(name, "append")) {
        return str_printf(ctx, STR_FMT STR_FMT, STR_ARG(value), STR_ARG(argument));
    }
    if (str_eq_c(name, "prepend")) {
        return str_printf(ctx, STR_FMT STR_FMT, STR_ARG(argument), STR_ARG(value));
    }
    if (str_eq_c(name, "size")) {
        return str_printf(ctx, "%zu", value.len);
    }
    if (str_eq_c(name, "truncate") && str_to_i64(argument, &number) && number > 0) {
        return str_one_line(ctx, value, (size_t)number);
    }
    if (str_eq_c(name, "escape")) {
        return html_escape(ctx, value).markup;
    }
    return value;
}

static struct str evaluate(struct rendering *r, struct str expression)
{
    struct str rest;
    struct str filter;
    struct str first;
    str_cut(expression, '|', &first, &rest);
    struct str value = value_of(r, first);
    while (!str_none(rest) && str_next(&rest, '|', &filter)) {
        value = filtered(r, value, filter);
    }
    return str_none(value) ? STR("") : value;
}

static ptrdiff_t find_word(struct str text, const char *word)
{
    return str_find(text, str_c(word));
}

static bool compares(struct rendering *r, struct str test)
{
    static const char *const OPERATORS[] = {" == ", " != ", " contains "};
    for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++) {
        ptrdiff_t at = find_word(test, OPERATORS[i]);
        if (at >= 0) {
            struct str left = evaluate(r, str_sub(test, 0, (size_t)at));
            struct str right = evaluate(r, str_from(test, (size_t)at + strlen(OPERATORS[i])));
            return i == 0   ? str_eq(left, right)
                   : i == 1 ? !str_eq(left, right)
                            : str_find(left, right) >= 0;
        }
    }
    struct str value = evaluate(r, test);
    return !str_empty(value) && !str_eq_c(value, "false");
}

// Tests joined by "and" and "or", read from left to right.
static bool holds(struct rendering *r, struct str test)
{
    bool result = true;
    bool use_or = false;
    struct str rest = test;
    for (;;) {
        ptrdiff_t by_and = find_word(rest, " and ");
        ptrdiff_t by_or = find_word(rest, " or ");
        bool or_next = by_or >= 0 && (by_and < 0 || by_or < by_and);
        ptrdiff_t cut = or_next ? by_or : by_and;
        bool one = compares(r, cut < 0 ? rest : str_sub(rest, 0, (size_t)cut));
        result = use_or ? result || one : result && one;
        if (cut < 0) {
            return result;
        }
        use_or = or_next;
        rest = str_from(rest, (size_t)cut + (or_next ? 4 : 5));
    }
}

// --- blocks -------------------------------------------------------------------------------------

static struct frame *push(struct rendering *r, enum block block)
{
    if (r->depth == DEPTH_MAX) {
        return NULL;
    }
    bool outer = is_shown(r);
    struct frame *frame = &r->frames[r->depth++];
    *frame = (struct frame){.block = block, .outer = outer};
    return frame;
}

static void begin_if(struct rendering *r, struct str test, bool wanted)
{
    bool open = is_shown(r);
    bool result = open && holds(r, test) == wanted;
    struct frame *frame = push(r, BLOCK_IF);
    if (frame != NULL) {
        frame->shown = result;
        frame->taken = result;
    }
}

static void next_branch(struct rendering *r, struct str test, bool has_test)
{
    struct frame *frame = r->depth > 0 ? &r->frames[r->depth - 1] : NULL;
    if (frame == NULL || frame->block != BLOCK_IF) {
        return;
    }
    bool may = frame->outer && !frame->taken;
    frame->shown = may && (!has_test || holds(r, test));
    frame->taken = frame->taken || frame->shown;
}

// "comment in ticket.comments"
static void begin_for(struct rendering *r, struct str words)
{
    ptrdiff_t at = find_word(words, " in ");
    struct frame *frame = push(r, BLOCK_FOR);
    if (frame == NULL) {
        return;
    }
    struct str list = at < 0 ? STR("") : str_trim(str_from(words, (size_t)at + 4));
    struct str options;
    str_cut(list, ' ', &list, &options);
    frame->variable = at < 0 ? STR("") : str_trim(str_sub(words, 0, (size_t)at));
    frame->list = placeholder_list_parse(list);
    frame->count = frame->outer ? placeholder_list_count(r->facts, frame->list) : 0;
    frame->shown = frame->outer && frame->count > 0;
    frame->body = r->at;
}

static void end_block(struct rendering *r)
{
    if (r->depth == 0) {
        return;
    }
    struct frame *frame = &r->frames[r->depth - 1];
    if (frame->block == BLOCK_FOR && frame->shown && ++frame->index < frame->count) {
        r->at = frame->body;
        return;
    }
    r->depth--;
}

static void run_tag(struct rendering *r, struct str tag)
{
    struct str word;
    struct str rest;
    tag = str_trim(tag);
    if (str_starts(tag, STR("-"))) {
        tag = str_trim(str_from(tag, 1));
    }
    str_cut(tag, ' ', &word, &rest);
    rest = str_none(rest) ? STR("") : str_trim(rest);
    if (str_eq_c(word, "if") || str_eq_c(word, "unless")) {
        begin_if(r, rest, str_eq_c(word, "if"));
    } else if (str_eq_c(word, "elsif")) {
        next_branch(r, rest, true);
    } else if (str_eq_c(word, "else")) {
        next_branch(r, rest, false);
    } else if (str_eq_c(word, "for")) {
        begin_for(r, rest);
    } else if (str_starts(word, STR("end"))) {
        end_block(r);
    }
}

// Takes what stands up to the next mark, and what the mark says.
static bool step(struct rendering *r)
{
    struct str rest = str_from(r->text, r->at);
    size_t open = 0;
    while (open + 1 < rest.len &&
           !(rest.ptr[open] == '{' && (rest.ptr[open + 1] == '{' || rest.ptr[open + 1] == '%'))) {
        open++;
    }
    bool has_mark = open + 1 < rest.len;
    struct str inner = str_from(rest, open + 2);
    bool value = has_mark && rest.ptr[open + 1] == '{';
    ptrdiff_t close = has_mark ? str_find(inner, value ? STR("}}") : STR("%}")) : -1;
    if (close < 0) {
        if (is_shown(r)) {
            buf_put(&r->out, rest);
        }
        return false;
    }
    if (is_shown(r)) {
        buf_put(&r->out, str_sub(rest, 0, open));
    }
    struct str mark = str_sub(inner, 0, (size_t)close);
    r->at += open + 2 + (size_t)close + 2;
    if (!value) {
        run_tag(r, mark);
    } else if (is_shown(r)) {
        put_value(r, evaluate(r, mark));
    }
    return !r->facts->failed && ++r->steps < STEPS_MAX;
}

bool placeholders_fill(struct placeholder_facts *facts, struct str text, struct str *ret,
                       struct error *err)
{
    struct rendering *r = mem_new(facts->ctx, struct rendering);
    r->facts = facts;
    r->text = text;
    buf_init(&r->out, facts->ctx, OUTPUT_MAX);
    while (step(r)) {
    }
    if (facts->failed) {
        *err = facts->trouble;
        return false;
    }
    *ret = r->out.failed ? str_utf8_clip(text, 1000) : str_dup(facts->ctx, buf_str(&r->out));
    return true;
}
