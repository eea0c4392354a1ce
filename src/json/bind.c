// SPDX-License-Identifier: GPL-3.0-or-later
//
// Binding by tables. Each type has one function that takes a value that is neither absent nor null
// and puts it into the member, or says no.
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "json/read.h"

// One level of an object being bound.
struct binding {
    mem_ctx *ctx;
    struct str prefix;  // "" or "requester."
    struct problems *problems;
};

typedef bool take_fn(mem_ctx *ctx, struct jr_value value, void *member);

static void bind_field(const struct binding *binding, struct jr_value object,
                       const struct jr_field *field, void *member);

// A table names its children as structs, so their depth is that of the tables, not of the input;
// this list of work still keeps it flat.
struct work {
    struct jr_value object;
    const struct jr_spec *spec;
    char *out;
    struct str prefix;
};

static void bind_object(struct binding *binding, const struct work *work, struct work *queue,
                        size_t *tail);

#define MAX_OBJECTS 32

bool jr_bind(mem_ctx *ctx, struct jr_value object, const struct jr_spec *spec, void *out,
             struct problems *problems)
{
    size_t before = problems->count;
    struct binding binding = {.ctx = ctx, .problems = problems};
    struct work queue[MAX_OBJECTS];
    size_t tail = 0;
    queue[tail++] = (struct work){object, spec, out, STR("")};
    for (size_t head = 0; head < tail; head++) {
        bind_object(&binding, &queue[head], queue, &tail);
    }
    return problems->count == before;
}

static struct str full_name(const struct binding *binding, const char *name)
{
    return str_printf(binding->ctx, "%.*s%s", STR_ARG(binding->prefix), name);
}

static void bind_child(const struct binding *binding, const struct work *parent,
                       const struct jr_field *field, struct work *queue, size_t *tail)
{
    struct jr_value value = jr_get(parent->object, field->name);
    char *out = parent->out + field->at;
    enum jr_presence *is = (enum jr_presence *)(void *)out;
    if (jr_none(value)) {
        *is = jr_absent(value) ? JR_UNSET : JR_CLEARED;
        if (field->required || (field->not_blank && *is == JR_CLEARED)) {
            problems_add(binding->problems, full_name(binding, field->name), "BlankValue",
                         "%s: cannot be blank", field->name);
        }
        return;
    }
    *is = JR_SET;
    if (*tail < MAX_OBJECTS) {
        queue[(*tail)++] = (struct work){
            value, field->child, out,
            str_printf(binding->ctx, "%.*s%s.", STR_ARG(binding->prefix), field->name)};
    }
}

static void bind_object(struct binding *binding, const struct work *work, struct work *queue,
                        size_t *tail)
{
    binding->prefix = work->prefix;
    if (jr_kind(work->object) != JR_OBJECT) {
        struct str name =
            work->prefix.len == 0 ? STR("base") : str_sub(work->prefix, 0, work->prefix.len - 1);
        problems_add(binding->problems, name, "InvalidValue", "%.*s: must be an object",
                     STR_ARG(name));
        return;
    }
    for (size_t i = 0; i < work->spec->count; i++) {
        const struct jr_field *field = &work->spec->fields[i];
        if (field->type == JR_TYPE_OBJECT) {
            bind_child(binding, work, field, queue, tail);
        } else {
            bind_field(binding, work->object, field, work->out + field->at);
        }
    }
}

// --- types --------------------------------------------------------------------------------------

static bool take_str(mem_ctx *ctx, struct jr_value value, void *member)
{
    struct jr_str *out = member;
    struct str text = jr_text(value);
    if (str_none(text)) {
        enum jr_kind kind = jr_kind(value);
        if (kind != JR_I64 && kind != JR_F64) {
            return false;
        }
        text = jr_dump(ctx, value);
    }
    *out = (struct jr_str){JR_SET, text};
    return true;
}

static bool take_int(mem_ctx *ctx, struct jr_value value, void *member)
{
    (void)ctx;
    struct jr_int *out = member;
    if (!jr_i64(value, &out->v)) {
        return false;
    }
    out->is = JR_SET;
    return true;
}

static bool take_id(mem_ctx *ctx, struct jr_value value, void *member)
{
    (void)ctx;
    struct jr_int *out = member;
    struct str text = jr_text(value);
    int64_t id = 0;
    if (!str_none(text) && str_trim(text).len == 0) {
        *out = (struct jr_int){.is = JR_CLEARED};
        return true;
    }
    if (!jr_i64(value, &id) || id < 0) {
        return false;
    }
    *out = (struct jr_int){id == 0 ? JR_CLEARED : JR_SET, id};
    return true;
}

static bool take_real(mem_ctx *ctx, struct jr_value value, void *member)
{
    (void)ctx;
    struct jr_real *out = member;
    if (!jr_f64(value, &out->v)) {
        return false;
    }
    out->is = JR_SET;
    return true;
}

static bool take_flag(mem_ctx *ctx, struct jr_value value, void *member)
{
    (void)ctx;
    struct jr_flag *out = member;
    if (!jr_bool(value, &out->v)) {
        return false;
    }
    out->is = JR_SET;
    return true;
}

static bool take_time(mem_ctx *ctx, struct jr_value value, void *member)
{
    (void)ctx;
    struct jr_int *out = member;
    struct str text = jr_text(value);
    const int64_t year_10000_s = 253402300800;
    int64_t ms = 0;
    if (str_none(text)) {
        if (!jr_i64(value, &ms) || ms < -year_10000_s || ms > year_10000_s) {
            return false;
        }
        ms *= SECONDS_MS;
    } else if (!time_parse_iso(str_trim(text), &ms)) {
        return false;
    }
    *out = (struct jr_int){JR_SET, ms};
    return true;
}

static bool take_strs(mem_ctx *ctx, struct jr_value value, void *member)
{
    struct jr_strs *out = member;
    size_t count = jr_kind(value) == JR_LIST ? jr_count(value) : 1;
    struct str *texts = mem_array(ctx, struct str, count);
    for (size_t i = 0; i < count; i++) {
        struct jr_str one = {0};
        if (!take_str(ctx, jr_kind(value) == JR_LIST ? jr_at(value, i) : value, &one)) {
            return false;
        }
        texts[i] = one.v;
    }
    *out = (struct jr_strs){JR_SET, texts, count};
    return true;
}

static bool is_separator(char c)
{
    return c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r';
}

static bool take_words(mem_ctx *ctx, struct jr_value value, void *member)
{
    struct jr_strs *out = member;
    struct str text = jr_text(value);
    if (str_none(text)) {
        return take_strs(ctx, value, member);
    }
    struct str *words = NULL;
    size_t count = 0;
    size_t at = 0;
    while (at < text.len) {
        size_t from = at;
        while (at < text.len && !is_separator(text.ptr[at])) {
            at++;
        }
        if (at > from) {
            words = mem_grow(ctx, words, struct str, count + 1);
            words[count++] = str_sub(text, from, at - from);
        }
        at++;
    }
    *out = (struct jr_strs){JR_SET, words, count};
    return true;
}

static bool take_ids(mem_ctx *ctx, struct jr_value value, void *member)
{
    struct jr_ids *out = member;
    struct str rest = jr_text(value);
    struct str part;
    int64_t *ids = NULL;
    size_t count = 0;
    bool good = true;
    if (jr_kind(value) == JR_LIST) {
        count = jr_count(value);
        ids = mem_array(ctx, int64_t, count);
        for (size_t i = 0; i < count && good; i++) {
            good = jr_id(jr_at(value, i), &ids[i]);
        }
    } else if (str_none(rest)) {
        ids = mem_array(ctx, int64_t, 1);
        count = 1;
        good = jr_id(value, &ids[0]);
    }
    while (good && str_next(&rest, ',', &part)) {
        if (str_trim(part).len > 0) {
            ids = mem_grow(ctx, ids, int64_t, count + 1);
            good = str_to_i64(str_trim(part), &ids[count]) && ids[count] > 0;
            count++;
        }
    }
    if (good) {
        *out = (struct jr_ids){JR_SET, ids, count};
    }
    return good;
}

static bool take_raw(mem_ctx *ctx, struct jr_value value, void *member)
{
    (void)ctx;
    *(struct jr_value *)member = value;
    return true;
}

struct type_row {
    take_fn *take;
    const char *expected;
};

static const struct type_row TYPES[] = {
    [JR_TYPE_STR] = {take_str, "must be a text"},
    [JR_TYPE_INT] = {take_int, "must be a whole number"},
    [JR_TYPE_ID] = {take_id, "must be an id"},
    [JR_TYPE_REAL] = {take_real, "must be a number"},
    [JR_TYPE_FLAG] = {take_flag, "must be true or false"},
    [JR_TYPE_TIME] = {take_time, "must be a time such as 2026-11-23T02:01:11Z"},
    [JR_TYPE_STRS] = {take_strs, "must be a list of texts"},
    [JR_TYPE_WORDS] = {take_words, "must be a list of texts"},
    [JR_TYPE_IDS] = {take_ids, "must be a list of ids"},
    [JR_TYPE_RAW] = {take_raw, ""},
};

// --- rules --------------------------------------------------------------------------------------

static size_t char_count(struct str text)
{
    size_t chars = 0;
    for (size_t i = 0; i < text.len; i++) {
        chars += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    }
    return chars;
}

static bool is_listed(struct str text, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (str_eq_c(text, words[i])) {
            return true;
        }
    }
    return false;
}

static void check_rules(const struct binding *binding, const struct jr_field *field,
                        const void *member)
{
    bool is_list =
        field->type == JR_TYPE_STRS || field->type == JR_TYPE_WORDS || field->type == JR_TYPE_IDS;
    struct str text = STR_NONE;
    size_t size = 0;
    if (field->type == JR_TYPE_STR) {
        text = ((const struct jr_str *)member)->v;
        size = char_count(text);
    } else if (is_list) {
        size = field->type == JR_TYPE_IDS ? ((const struct jr_ids *)member)->count
                                          : ((const struct jr_strs *)member)->count;
    } else {
        return;
    }
    struct str name = full_name(binding, field->name);
    if ((field->required || field->not_blank) && (is_list ? size : str_trim(text).len) == 0) {
        problems_add(binding->problems, name, "BlankValue", "%s: cannot be blank", field->name);
    } else if (field->max > 0 && size > field->max) {
        problems_add(binding->problems, name, "TooLong",
                     is_list ? "%s: at most %zu are allowed"
                             : "%s: is too long (maximum is %zu characters)",
                     field->name, field->max);
    } else if (!is_list && field->words != NULL && !is_listed(text, field->words)) {
        problems_add(binding->problems, name, "InvalidValue",
                     "%s: \"%.*s\" is not one of its values", field->name,
                     STR_ARG(str_utf8_clip(text, 40)));
    }
}

static void bind_field(const struct binding *binding, struct jr_value object,
                       const struct jr_field *field, void *member)
{
    struct jr_value value = jr_get(object, field->name);
    if (field->type == JR_TYPE_RAW) {
        *(struct jr_value *)member = value;
    }
    if (jr_none(value)) {
        if (field->type != JR_TYPE_RAW) {
            // Every bound struct begins with its presence.
            *(enum jr_presence *)member = jr_absent(value) ? JR_UNSET : JR_CLEARED;
        }
        if (field->required || (field->not_blank && !jr_absent(value))) {
            problems_add(binding->problems, full_name(binding, field->name), "BlankValue",
                         "%s: cannot be blank", field->name);
        }
        return;
    }
    const struct type_row *type = &TYPES[field->type];
    if (!type->take(binding->ctx, value, member)) {
        problems_add(binding->problems, full_name(binding, field->name), "InvalidValue", "%s: %s",
                     field->name, type->expected);
        return;
    }
    check_rules(binding, field, member);
}
