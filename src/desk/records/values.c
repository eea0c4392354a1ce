// SPDX-License-Identifier: GPL-3.0-or-later
//
// Values of fields: what clients send as the text that is stored, and back.
#include <regex.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/words.h"
#include "desk/records/queries.h"
#include "desk/records/records.h"

#define VALUE_MAX 65536
#define PATTERN_MAX 8192
#define MATCHED_MAX 1000  // characters of a text that is matched

static bool invalid(const char *name, const struct record *field, const char *why,
                    struct error *err)
{
    return error_field(err, name, "InvalidValue", "%.*s: %s", STR_ARG(record_text(field, "title")),
                       why);
}

static bool has_option(const struct record *field, struct str value)
{
    struct jr_value options = jr_get(field->doc, "custom_field_options");
    for (size_t i = 0; i < jr_count(options); i++) {
        if (str_ieq(jr_text(jr_get(jr_at(options, i), "value")), value)) {
            return true;
        }
    }
    return false;
}

static bool parse_choice(mem_ctx *ctx, const struct record *field, struct jr_value value,
                         const char *name, struct str *ret, struct error *err)
{
    struct str text = jr_text(value);
    if (!has_option(field, text)) {
        return invalid(name, field, "is not one of the options", err);
    }
    *ret = str_lower(ctx, text);
    return true;
}

static bool parse_choices(mem_ctx *ctx, const struct record *field, struct jr_value value,
                          const char *name, struct str *ret, struct error *err)
{
    struct buf words;
    buf_init(&words, ctx, VALUE_MAX);
    if (jr_kind(value) != JR_LIST) {
        return parse_choice(ctx, field, value, name, ret, err);
    }
    for (size_t i = 0; i < jr_count(value); i++) {
        struct str one;
        if (!parse_choice(ctx, field, jr_at(value, i), name, &one, err)) {
            return false;
        }
        buf_put_c(&words, " ");
        buf_put(&words, one);
    }
    *ret = words_normalise(ctx, buf_str(&words));
    return true;
}

static bool parse_number(mem_ctx *ctx, const struct record *field, struct jr_value value,
                         bool whole, struct str *ret, const char *name, struct error *err)
{
    int64_t number = 0;
    double real = 0;
    if (jr_i64(value, &number)) {
        *ret = str_printf(ctx, "%lld", (long long)number);
        return true;
    }
    if (whole || !jr_f64(value, &real)) {
        return invalid(name, field, "must be a number", err);
    }
    *ret = str_printf(ctx, "%.15g", real);
    return true;
}

static bool parse_date(mem_ctx *ctx, const struct record *field, struct str text, struct str *ret,
                       const char *name, struct error *err)
{
    int64_t at = 0;
    if (str_none(text) || !time_parse_iso(text, &at)) {
        return invalid(name, field, "must be a date like 2024-05-31", err);
    }
    *ret = str_sub(time_iso(ctx, at), 0, 10);
    return true;
}

// Patterns are POSIX extended ones (with \d for digits), made by administrators; back references,
// which can take for ever, are no patterns here.
static bool matches(mem_ctx *ctx, struct str pattern, struct str text)
{
    regex_t regex;
    struct buf out;
    buf_init(&out, ctx, PATTERN_MAX);
    for (size_t i = 0; i < pattern.len; i++) {
        bool escape = pattern.ptr[i] == '\\' && i + 1 < pattern.len;
        char next = escape ? pattern.ptr[i + 1] : '\0';
        if (next >= '1' && next <= '9') {
            return false;
        }
        buf_put(&out, next == 'd' ? STR("[0-9]") : str_sub(pattern, i, escape ? 2 : 1));
        i += escape ? 1 : 0;
    }
    if (out.failed ||
        regcomp(&regex, str_cstr(ctx, buf_str(&out)), REG_EXTENDED | REG_NOSUB) != 0) {
        return false;
    }
    bool ret = regexec(&regex, str_cstr(ctx, text), 0, NULL, 0) == 0;
    regfree(&regex);
    return ret;
}

static bool parse_pattern(mem_ctx *ctx, const struct record *field, struct str text,
                          const char *name, struct error *err)
{
    struct str pattern = record_text(field, "regexp_for_validation");
    if (!str_eq_c(record_text(field, "type"), "regexp") || str_empty(pattern)) {
        return true;
    }
    return (text.len <= MATCHED_MAX && matches(ctx, pattern, text)) ||
           invalid(name, field, "is not written as it must be", err);
}

bool field_parse(mem_ctx *ctx, const struct record *field, struct jr_value value, const char *name,
                 struct str *ret, struct error *err)
{
    struct str type = record_text(field, "type");
    struct str text = jr_text(value);
    bool flag = false;
    *ret = STR_NONE;
    if (jr_none(value) || (!str_none(text) && text.len == 0) ||
        (jr_kind(value) == JR_LIST && jr_count(value) == 0)) {
        return true;
    }
    if (str_eq_c(type, "checkbox")) {
        if (!jr_bool(value, &flag)) {
            return invalid(name, field, "must be true or false", err);
        }
        *ret = flag ? STR("true") : STR("false");
        return true;
    }
    if (str_eq_c(type, "tagger") || str_eq_c(type, "dropdown")) {
        return parse_choice(ctx, field, value, name, ret, err);
    }
    if (str_eq_c(type, "multiselect")) {
        return parse_choices(ctx, field, value, name, ret, err);
    }
    if (str_eq_c(type, "date")) {
        return parse_date(ctx, field, text, ret, name, err);
    }
    bool whole = str_eq_c(type, "integer") || str_eq_c(type, "lookup");
    if (whole || str_eq_c(type, "decimal")) {
        return parse_number(ctx, field, value, whole, ret, name, err);
    }
    int64_t number = 0;
    if (str_none(text) && jr_i64(value, &number)) {
        text = str_printf(ctx, "%lld", (long long)number);
    }
    if (str_none(text) || text.len > VALUE_MAX) {
        return invalid(name, field, "must be a text", err);
    }
    *ret = text;
    return parse_pattern(ctx, field, text, name, err);
}

void field_value_write(struct jw *w, const struct record *field, struct str value)
{
    struct str type = record_text(field, "type");
    int64_t number = 0;
    if (str_eq_c(type, "checkbox")) {
        jw_bool(w, str_eq_c(value, "true"));
    } else if (str_eq_c(type, "multiselect") && !str_none(value)) {
        jw_words(w, value);
    } else if ((str_eq_c(type, "integer") || str_eq_c(type, "lookup")) && !str_none(value) &&
               str_to_i64(value, &number)) {
        jw_i64(w, number);
    } else {
        jw_str(w, value);
    }
}

bool field_store(struct db *tx, int64_t field, int64_t object, struct str value, struct error *err)
{
    return str_none(value) ? field_value_delete(tx, field, object, err)
                           : field_value_put(tx, field, object, value, err);
}

bool field_values(struct db *db, mem_ctx *ctx, const int64_t *objects, size_t object_count,
                  const struct record *fields, size_t field_count, struct field_value **ret,
                  size_t *ret_count, struct error *err)
{
    struct field_values_of_row *rows = NULL;
    size_t count = 0;
    int64_t *ids = mem_array(ctx, int64_t, field_count + 1);
    for (size_t i = 0; i < field_count; i++) {
        ids[i] = fields[i].id;
    }
    if (object_count > 0 && field_count > 0 &&
        !field_values_of(db, ctx, objects, object_count, ids, field_count, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct field_value, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = (struct field_value){rows[i].field_id, rows[i].object_id, rows[i].value};
    }
    *ret_count = count;
    return true;
}

bool field_values_all(struct db *db, mem_ctx *ctx, int64_t object, struct field_value **ret,
                      size_t *ret_count, struct error *err)
{
    struct field_values_of_one_row *rows = NULL;
    if (!field_values_of_one(db, ctx, object, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct field_value, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct field_value){rows[i].field_id, object, rows[i].value};
    }
    return true;
}

struct str field_value_of(const struct field_value *values, size_t count, int64_t field,
                          int64_t object)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i].object == object && values[i].field == field) {
            return values[i].value;
        }
    }
    return STR_NONE;
}

struct str field_tags(const struct record *field, struct str value)
{
    struct str type = record_text(field, "type");
    bool choice = str_eq_c(type, "tagger") || str_eq_c(type, "multiselect");
    if (choice) {
        return str_none(value) ? STR("") : value;
    }
    bool ticked = str_eq_c(type, "checkbox") && str_eq_c(value, "true");
    struct str tag = record_text(field, "tag");
    return ticked && !str_none(tag) ? tag : STR("");
}

// --- by key -------------------------------------------------------------------------------------

bool keyed_values_store(struct db *tx, mem_ctx *ctx, const char *kind, int64_t object,
                        struct jr_value values, bool *ret_changed, struct error *err)
{
    struct record *fields = NULL;
    size_t count = 0;
    *ret_changed = false;
    if (jr_kind(values) != JR_OBJECT) {
        return true;
    }
    if (!records_list(tx, ctx, record_kind(str_c(kind)), false, &fields, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *key = str_cstr(ctx, record_text(&fields[i], "key"));
        struct jr_value said = jr_get(values, key);
        struct str value;
        if (jr_absent(said)) {
            continue;
        }
        if (!field_parse(ctx, &fields[i], said, key, &value, err) ||
            !field_store(tx, fields[i].id, object, value, err)) {
            return false;
        }
        *ret_changed = true;
    }
    return true;
}

bool keyed_values_load(struct db *db, mem_ctx *ctx, const char *kind, const int64_t *objects,
                       size_t count, struct keyed_values *ret, struct error *err)
{
    *ret = (struct keyed_values){0};
    return records_list(db, ctx, record_kind(str_c(kind)), false, &ret->fields, &ret->field_count,
                        err) &&
           field_values(db, ctx, objects, count, ret->fields, ret->field_count, &ret->values,
                        &ret->value_count, err);
}

void keyed_values_write(struct jw *w, const char *key, const struct keyed_values *set,
                        int64_t object)
{
    jw_field_object(w, key);
    for (size_t i = 0; i < set->field_count; i++) {
        const struct record *field = &set->fields[i];
        if (!record_flag(field, "active", true)) {
            continue;
        }
        jw_key_str(w, record_text(field, "key"));
        field_value_write(w, field,
                          field_value_of(set->values, set->value_count, field->id, object));
    }
    jw_object_end(w);
}
