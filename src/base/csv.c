// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/csv.h"

#include "base/buf.h"

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

static bool at_break(const struct csv_reader *reader)
{
    return reader->rest.len == 0 || is_break(reader->rest.ptr[0]);
}

static void skip_break(struct csv_reader *reader)
{
    if (str_starts(reader->rest, STR("\r\n"))) {
        reader->rest = str_from(reader->rest, 2);
        reader->next_line++;
    } else if (reader->rest.len > 0) {
        reader->rest = str_from(reader->rest, 1);
        reader->next_line++;
    }
}

void csv_init(struct csv_reader *reader, struct str text)
{
    bool mark = str_starts(text, STR("\xEF\xBB\xBF"));
    *reader = (struct csv_reader){.rest = mark ? str_from(text, 3) : text, .next_line = 1};
}

static bool read_quoted(struct csv_reader *reader, mem_ctx *ctx, struct str *ret, struct error *err)
{
    struct str s = str_from(reader->rest, 1);
    size_t doubled = 0;
    size_t i = 0;
    for (; i < s.len; i++) {
        if (s.ptr[i] == '"' && i + 1 < s.len && s.ptr[i + 1] == '"') {
            doubled++;
            i++;
        } else if (s.ptr[i] == '"') {
            break;
        } else if (s.ptr[i] == '\n') {
            reader->next_line++;
        }
    }
    if (i >= s.len) {
        return error_set(err, ERR_INVALID, "Line %lld: a quoted field is never closed.",
                         (long long)reader->line);
    }
    struct str raw = str_sub(s, 0, i);
    reader->rest = str_from(s, i + 1);
    if (!at_break(reader) && reader->rest.ptr[0] != ',') {
        return error_set(err, ERR_INVALID, "Line %lld: text after a closing quote.",
                         (long long)reader->line);
    }
    if (doubled == 0) {
        *ret = raw;
        return true;
    }
    struct buf plain;
    buf_init(&plain, ctx, raw.len);
    for (i = 0; i < raw.len; i++) {
        buf_put_char(&plain, raw.ptr[i]);
        i += raw.ptr[i] == '"' ? 1 : 0;
    }
    *ret = buf_str(&plain);
    return true;
}

static bool read_bare(struct csv_reader *reader, struct str *ret, struct error *err)
{
    size_t i = 0;
    while (i < reader->rest.len && reader->rest.ptr[i] != ',' && !is_break(reader->rest.ptr[i])) {
        if (reader->rest.ptr[i] == '"') {
            return error_set(err, ERR_INVALID, "Line %lld: a quote inside a field without quotes.",
                             (long long)reader->line);
        }
        i++;
    }
    *ret = str_sub(reader->rest, 0, i);
    reader->rest = str_from(reader->rest, i);
    return true;
}

bool csv_next(struct csv_reader *reader, mem_ctx *ctx, struct csv_record *ret, bool *ret_found,
              struct error *err)
{
    while (reader->rest.len > 0 && at_break(reader)) {
        skip_break(reader);
    }
    *ret_found = reader->rest.len > 0;
    if (!*ret_found) {
        return true;
    }
    reader->line = reader->next_line;
    ret->count = 0;
    for (;;) {
        if (ret->count == CSV_MAX_FIELDS) {
            return error_set(err, ERR_INVALID, "Line %lld has more than %d fields.",
                             (long long)reader->line, CSV_MAX_FIELDS);
        }
        struct str field = STR("");
        bool quoted = reader->rest.len > 0 && reader->rest.ptr[0] == '"';
        bool good = quoted ? read_quoted(reader, ctx, &field, err) : read_bare(reader, &field, err);
        if (!good) {
            return false;
        }
        ret->fields[ret->count++] = field;
        if (at_break(reader)) {
            skip_break(reader);
            return true;
        }
        reader->rest = str_from(reader->rest, 1);
    }
}
