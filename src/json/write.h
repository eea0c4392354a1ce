// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes JSON (RFC 8259) straight into a buffer: no tree, memory does not grow with the answer. A
// small state machine asserts that what comes out is well-formed; a key without a value, or a value
// in an object without a key, is a mistake of ours and ends the program in every build.
//
// Text is escaped so that the result may also stand inside an HTML script block: after '<' no '/'
// and no '!' stand unescaped; U+2028 and U+2029 never do.
#ifndef STEWARD_JSON_WRITE_H
#define STEWARD_JSON_WRITE_H

#include "base/buf.h"
#include "base/str.h"

#define JW_DEPTH 32

struct jw {
    struct buf *out;  // its sticky failure says at the end whether all fitted
    unsigned char levels[JW_DEPTH];
    int depth;
    bool key;  // a key stands, its value is due
    bool any;  // something stands before in this object or array
};

void jw_init(struct jw *w, struct buf *out);
// True once one whole value was written.
bool jw_done(const struct jw *w);

void jw_object_begin(struct jw *w);
void jw_object_end(struct jw *w);
void jw_array_begin(struct jw *w);
void jw_array_end(struct jw *w);
void jw_key(struct jw *w, const char *key);
void jw_key_str(struct jw *w, struct str key);  // keys that are data

void jw_str(struct jw *w, struct str text);  // absent: null
void jw_c(struct jw *w, const char *text);   // NULL: null
void jw_i64(struct jw *w, int64_t value);
void jw_f64(struct jw *w, double value);  // NaN and infinities: null
void jw_bool(struct jw *w, bool value);
void jw_null(struct jw *w);
void jw_id(struct jw *w, int64_t id);    // 0: null
void jw_time(struct jw *w, int64_t ms);  // "2026-11-23T02:01:11Z"; 0: null
void jw_date(struct jw *w, int64_t ms);  // "2026-11-23"; 0: null
// A value that is JSON already, from our own columns: it must have been checked by jr_parse().
void jw_raw(struct jw *w, struct str json);
// The words of a text split at single spaces, as an array: how tags are stored and shown.
void jw_words(struct jw *w, struct str words);

// Key and value in one.
void jw_field_str(struct jw *w, const char *key, struct str text);
void jw_field_c(struct jw *w, const char *key, const char *text);
void jw_field_i64(struct jw *w, const char *key, int64_t value);
void jw_field_f64(struct jw *w, const char *key, double value);
void jw_field_bool(struct jw *w, const char *key, bool value);
void jw_field_null(struct jw *w, const char *key);
void jw_field_id(struct jw *w, const char *key, int64_t id);
void jw_field_time(struct jw *w, const char *key, int64_t ms);
void jw_field_words(struct jw *w, const char *key, struct str words);
void jw_field_object(struct jw *w, const char *key);  // and begins it
void jw_field_array(struct jw *w, const char *key);
void jw_field_empty_object(struct jw *w, const char *key);
void jw_field_empty_array(struct jw *w, const char *key);

#endif
