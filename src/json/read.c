// SPDX-License-Identifier: GPL-3.0-or-later
#include "json/read.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

// --- parsing ------------------------------------------------------------------------------------

static void release(void *root)
{
    json_decref(root);
}

// jansson descends by recursion; this keeps strangers from choosing how far.
static bool too_deep(struct str text)
{
    int depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_text) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                in_text = false;
            }
        } else if (c == '"') {
            in_text = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JR_MAX_DEPTH) {
                return true;
            }
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return false;
}

bool jr_parse(mem_ctx *ctx, struct str text, struct jr_value *ret, struct error *err)
{
    if (too_deep(text)) {
        return error_set(err, ERR_BAD_REQUEST, "The JSON is nested deeper than %d levels.",
                         JR_MAX_DEPTH);
    }
    json_error_t trouble;
    json_t *root =
        json_loadb(text.len == 0 ? "" : text.ptr, text.len, JSON_REJECT_DUPLICATES, &trouble);
    if (root == NULL) {
        return error_set(err, ERR_BAD_REQUEST, "The JSON cannot be read: line %d, column %d: %s.",
                         trouble.line, trouble.column, trouble.text);
    }
    mem_on_free(ctx, release, root);
    *ret = (struct jr_value){root};
    return true;
}

// --- values -------------------------------------------------------------------------------------

enum jr_kind jr_kind(struct jr_value value)
{
    if (value.node == NULL) {
        return JR_ABSENT;
    }
    switch (json_typeof((const json_t *)value.node)) {
    case JSON_OBJECT:
        return JR_OBJECT;
    case JSON_ARRAY:
        return JR_LIST;
    case JSON_STRING:
        return JR_TEXT;
    case JSON_INTEGER:
        return JR_I64;
    case JSON_REAL:
        return JR_F64;
    case JSON_TRUE:
    case JSON_FALSE:
        return JR_BOOL;
    case JSON_NULL:
        return JR_NULL;
    }
    return JR_ABSENT;
}

bool jr_absent(struct jr_value value)
{
    return value.node == NULL;
}

bool jr_none(struct jr_value value)
{
    return value.node == NULL || json_is_null((const json_t *)value.node);
}

struct jr_value jr_get(struct jr_value object, const char *key)
{
    return (struct jr_value){json_object_get(object.node, key)};
}

size_t jr_count(struct jr_value list)
{
    return json_array_size(list.node);
}

struct jr_value jr_at(struct jr_value list, size_t index)
{
    return (struct jr_value){json_array_get(list.node, index)};
}

bool jr_next(struct jr_value object, void **at, struct str *ret_key, struct jr_value *ret_value)
{
    // jansson's iterators take a mutable object, though they change nothing.
    json_t *node = (json_t *)(uintptr_t)object.node;
    *at = *at == NULL ? json_object_iter(node) : json_object_iter_next(node, *at);
    if (*at == NULL) {
        return false;
    }
    *ret_key = (struct str){json_object_iter_key(*at), json_object_iter_key_len(*at)};
    *ret_value = (struct jr_value){json_object_iter_value(*at)};
    return true;
}

struct str jr_text(struct jr_value value)
{
    const json_t *node = value.node;
    return json_is_string(node) ? (struct str){json_string_value(node), json_string_length(node)}
                                : STR_NONE;
}

// Beyond this a double no longer names one whole number.
#define EXACT_DOUBLE 9007199254740992.0

bool jr_i64(struct jr_value value, int64_t *ret)
{
    const json_t *node = value.node;
    if (json_is_integer(node)) {
        *ret = json_integer_value(node);
        return true;
    }
    if (json_is_real(node)) {
        double real = json_real_value(node);
        if (real != floor(real) || fabs(real) > EXACT_DOUBLE) {
            return false;
        }
        *ret = (int64_t)real;
        return true;
    }
    return json_is_string(node) && str_to_i64(str_trim(jr_text(value)), ret);
}

bool jr_id(struct jr_value value, int64_t *ret)
{
    int64_t id = 0;
    if (!jr_i64(value, &id) || id <= 0) {
        return false;
    }
    *ret = id;
    return true;
}

bool jr_f64(struct jr_value value, double *ret)
{
    const json_t *node = value.node;
    if (json_is_number(node)) {
        *ret = json_number_value(node);
        return true;
    }
    return str_to_f64(str_trim(jr_text(value)), ret);
}

bool jr_bool(struct jr_value value, bool *ret)
{
    const json_t *node = value.node;
    struct str text = jr_text(value);
    if (json_is_true(node) || str_ieq_c(text, "true") || str_eq_c(text, "1")) {
        *ret = true;
        return true;
    }
    if (json_is_false(node) || str_ieq_c(text, "false") || str_eq_c(text, "0")) {
        *ret = false;
        return true;
    }
    if (json_is_integer(node) && (json_integer_value(node) == 0 || json_integer_value(node) == 1)) {
        *ret = json_integer_value(node) == 1;
        return true;
    }
    return false;
}

static int dump_to(const char *bytes, size_t len, void *out)
{
    buf_put(out, (struct str){bytes, len});
    return 0;
}

struct str jr_dump(mem_ctx *ctx, struct jr_value value)
{
    struct buf out;
    buf_init(&out, ctx, SIZE_MAX / 4);
    if (value.node == NULL ||
        json_dump_callback(value.node, dump_to, &out, JSON_COMPACT | JSON_ENCODE_ANY) != 0) {
        return STR_NONE;
    }
    return buf_str(&out);
}
