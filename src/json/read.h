// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON from outside (RFC 8259): parsed whole within limits, then bound to a struct by a table that
// names each member, its type and its rules. All that is wrong is collected at once. Keys nobody
// asked for are passed over. Absent, null and a value are three different things, because an
// update with `"group_id": null` takes the group away and one without the key leaves it.
#ifndef STEWARD_JSON_READ_H
#define STEWARD_JSON_READ_H

#include "base/error.h"
#include "base/problems.h"
#include "base/str.h"

// --- values -------------------------------------------------------------------------------------

// A node of a parsed text; node == NULL means absent. Lives as long as the context given to
// jr_parse().
struct jr_value {
    const void *node;
};
#define JR_NONE ((struct jr_value){NULL})

enum jr_kind { JR_ABSENT, JR_NULL, JR_BOOL, JR_I64, JR_F64, JR_TEXT, JR_LIST, JR_OBJECT };

#define JR_MAX_DEPTH 32

// One JSON value, an object or array. Fails with BAD_REQUEST saying where and why: broken syntax or
// UTF-8, deeper than JR_MAX_DEPTH, a key twice in one object, a whole number beyond 64 bits, U+0000
// in a text. The size was limited where the bytes came in.
MUST_CHECK bool jr_parse(mem_ctx *ctx, struct str text, struct jr_value *ret, struct error *err);

enum jr_kind jr_kind(struct jr_value value);
bool jr_absent(struct jr_value value);
// Absent or null.
bool jr_none(struct jr_value value);
// The member of that name; absent when there is none or `object` is not one.
struct jr_value jr_get(struct jr_value object, const char *key);
// Elements of an array, 0 for everything else.
size_t jr_count(struct jr_value list);
struct jr_value jr_at(struct jr_value list, size_t index);
// Goes through an object's members in the order they were written:
//   void *at = NULL;  while (jr_next(object, &at, &key, &value)) …
bool jr_next(struct jr_value object, void **at, struct str *ret_key, struct jr_value *ret_value);

// The text, absent for every other kind.
struct str jr_text(struct jr_value value);
// A number with nothing behind the point, or a text of digits as many clients send. The outputs are
// untouched on false.
MUST_CHECK bool jr_i64(struct jr_value value, int64_t *ret);
// The same above zero.
MUST_CHECK bool jr_id(struct jr_value value, int64_t *ret);
MUST_CHECK bool jr_f64(struct jr_value value, double *ret);
// true and false, also as texts "true", "false", "1", "0" and as numbers 1 and 0.
MUST_CHECK bool jr_bool(struct jr_value value, bool *ret);
// Any value as JSON text again, compact; for columns that keep what a client sent.
struct str jr_dump(mem_ctx *ctx, struct jr_value value);

// --- binding ------------------------------------------------------------------------------------

enum jr_presence { JR_UNSET, JR_CLEARED, JR_SET };  // key absent, null, a value

// Members of the structs that are bound. `v` is zero unless `is` is JR_SET; texts borrow from the
// parsed value.
struct jr_str {
    enum jr_presence is;
    struct str v;
};
struct jr_int {
    enum jr_presence is;
    int64_t v;
};
struct jr_real {
    enum jr_presence is;
    double v;
};
struct jr_flag {
    enum jr_presence is;
    bool v;
};
struct jr_strs {
    enum jr_presence is;
    struct str *v;
    size_t count;
};
struct jr_ids {
    enum jr_presence is;
    int64_t *v;
    size_t count;
};

enum jr_type {
    JR_TYPE_STR,    // text; numbers are taken as their text
    JR_TYPE_INT,    // whole number, also as text
    JR_TYPE_ID,     // the same above zero; 0 and "" clear
    JR_TYPE_REAL,   // number, also as text
    JR_TYPE_FLAG,   // see jr_bool
    JR_TYPE_TIME,   // RFC 3339 text or epoch seconds, to milliseconds
    JR_TYPE_STRS,   // array of texts; one text counts as an array of one
    JR_TYPE_WORDS,  // array of texts, or one text split at white space and commas (tags)
    JR_TYPE_IDS,    // array of ids, or "1,2,3"
    JR_TYPE_RAW,    // struct jr_value, whatever it is
    JR_TYPE_OBJECT  // a struct whose first member is `enum jr_presence is`, by `child`
};

struct jr_spec;

struct jr_field {
    const char *name;
    enum jr_type type;
    size_t at;       // offset in the struct
    bool required;   // absent, null or blank: BlankValue
    bool not_blank;  // null or blank: BlankValue; may be absent
    size_t max;      // characters of a text or elements of a list, 0 for no limit: TooLong
    const char *const *words;     // NULL-terminated list of what a text may be: InvalidValue
    const struct jr_spec *child;  // of JR_TYPE_OBJECT
};

struct jr_spec {
    const struct jr_field *fields;
    size_t count;
};

// Rows of a table: JR_FIELD(STR, "subject", struct ticket_body, subject, .max = 255). A member of
// the wrong type does not compile.
#define JR_FIELD(kind, key, T, member, ...)                                                        \
    {                                                                                              \
        .name = (key), .type = JR_TYPE_##kind,                                                     \
        .at = offsetof(T, member) +                                                                \
              0 * sizeof(char[_Generic(((T *)0)->member, JR_MEMBER_##kind : 1)]),                  \
        __VA_ARGS__                                                                                \
    }
#define JR_CHILD(key, T, member, spec, ...)                                                        \
    {                                                                                              \
        .name = (key), .type = JR_TYPE_OBJECT, .at = offsetof(T, member), .child = (spec),         \
        __VA_ARGS__                                                                                \
    }
#define JR_SPEC(rows)                                                                              \
    {                                                                                              \
        .fields = (rows), .count = sizeof(rows) / sizeof((rows)[0])                                \
    }
#define JR_MEMBER_STR struct jr_str
#define JR_MEMBER_INT struct jr_int
#define JR_MEMBER_ID struct jr_int
#define JR_MEMBER_REAL struct jr_real
#define JR_MEMBER_FLAG struct jr_flag
#define JR_MEMBER_TIME struct jr_int
#define JR_MEMBER_STRS struct jr_strs
#define JR_MEMBER_WORDS struct jr_strs
#define JR_MEMBER_IDS struct jr_ids
#define JR_MEMBER_RAW struct jr_value

// Fills the struct at `out` (zeroed by the caller) from an object and adds what is wrong to
// `problems`, a child's fields as "child.field". Says whether it added nothing. When `object` is
// not an object, that is the problem (field "base").
bool jr_bind(mem_ctx *ctx, struct jr_value object, const struct jr_spec *spec, void *out,
             struct problems *problems);

#endif
