// SPDX-License-Identifier: GPL-3.0-or-later
//
// How a value is written, by the place where it stands (which macro tplc chose) and by its type
// (which function _Generic chooses). Only generated code includes this. A type that is missing in
// a place's list may not stand there: the C compiler says so at the template's line.
//
//   place               text, const char*   integers, ids   struct html   struct url
//   text                escaped             digits          as it is      escaped
//   attribute, RCDATA   escaped             digits          -             escaped
//   whole URL           -                   -               -             escaped
//   URL after a path    percent-encoded     digits          -             -
//   script data (JSON)  quoted string       digits          -             -        bool: true/false
#ifndef STEWARD_VIEW_PUT_H
#define STEWARD_VIEW_PUT_H

#include "view/view.h"

void view_put_str(struct view *v, struct str text);
void view_put_c(struct view *v, const char *text);
void view_put_html(struct view *v, struct html html);
void view_put_url(struct view *v, struct url url);
void view_put_i64(struct view *v, int64_t number);
void view_put_u64(struct view *v, uint64_t number);
// A text of dots alone would climb the path, and percent-encoding does not stop browsers from
// reading it so: such a text becomes U+FFFD.
void view_put_path_str(struct view *v, struct str text);
void view_put_path_c(struct view *v, const char *text);
void view_put_query_str(struct view *v, struct str text);
void view_put_query_c(struct view *v, const char *text);
void view_put_json_str(struct view *v, struct str text);
void view_put_json_c(struct view *v, const char *text);
void view_put_json_bool(struct view *v, bool value);

// A value within translated words.
struct view_value {
    struct str text;  // used when not absent, else number
    int64_t number;
};

struct view_arg {
    const char *name;
    struct view_value value;
};

struct view_value view_value_str(struct str text);
struct view_value view_value_c(const char *text);
struct view_value view_value_i64(int64_t number);
struct view_value view_value_u64(uint64_t number);

// Words with {names} filled in, escaped for text and attributes, or as a JSON string. "one|many"
// chooses by the first argument's number.
void view_words(struct view *v, const char *words, const struct view_arg *args, size_t count);
void view_words_json(struct view *v, const char *words, const struct view_arg *args, size_t count);
// The same as a text, for C.
struct str view_words_str(struct view *v, const char *words, const struct view_arg *args,
                          size_t count);

// clang-format off
#define ID(name)                                                                                   \
    static inline void view_put_##name##_id(struct view *v, struct name##_id id)                   \
    {                                                                                              \
        view_put_i64(v, id.v);                                                                     \
    }                                                                                              \
    static inline struct view_value view_value_##name##_id(struct name##_id id)                    \
    {                                                                                              \
        return view_value_i64(id.v);                                                               \
    }
ID_KINDS
#undef ID

// Stays defined: ID_KINDS is expanded where a macro below is used.
#define ID(name) struct name##_id : view_put_##name##_id,
#define VIEW_INTEGERS_(put)                                                                        \
    int : view_##put##_i64, long : view_##put##_i64, long long : view_##put##_i64,                 \
    unsigned : view_##put##_u64, unsigned long : view_##put##_u64,                                 \
    unsigned long long : view_##put##_u64, short : view_##put##_i64,                               \
    unsigned short : view_##put##_u64

#define VIEW_PUT_TEXT(v, x)                                                                        \
    _Generic((x), ID_KINDS VIEW_INTEGERS_(put), struct str : view_put_str,                         \
             const char * : view_put_c, char * : view_put_c, struct url : view_put_url,            \
             struct html : view_put_html)(v, x)
#define VIEW_PUT_ATTR(v, x)                                                                        \
    _Generic((x), ID_KINDS VIEW_INTEGERS_(put), struct str : view_put_str,                         \
             const char * : view_put_c, char * : view_put_c, struct url : view_put_url)(v, x)
#define VIEW_PUT_URL(v, x) _Generic((x), struct url : view_put_url)(v, x)
#define VIEW_PUT_URL_PATH(v, x)                                                                    \
    _Generic((x), ID_KINDS VIEW_INTEGERS_(put), struct str : view_put_path_str,                    \
             const char * : view_put_path_c, char * : view_put_path_c)(v, x)
#define VIEW_PUT_URL_QUERY(v, x)                                                                   \
    _Generic((x), ID_KINDS VIEW_INTEGERS_(put), struct str : view_put_query_str,                   \
             const char * : view_put_query_c, char * : view_put_query_c)(v, x)
#define VIEW_PUT_JSON(v, x)                                                                        \
    _Generic((x), ID_KINDS VIEW_INTEGERS_(put), struct str : view_put_json_str,                    \
             const char * : view_put_json_c, char * : view_put_json_c,                             \
             _Bool : view_put_json_bool)(v, x)
#define VIEW_VALUE(x)                                                                              \
    _Generic((x), VIEW_INTEGERS_(value), struct str : view_value_str,                              \
             const char * : view_value_c, char * : view_value_c)(x)
// clang-format on

#endif
