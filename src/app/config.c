// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum config_kind { KIND_TEXT, KIND_LIST, KIND_NUMBER };

struct config_row {
    const char *name;
    enum config_kind kind;
    size_t at;
    bool secret;
    struct str preset;
    int64_t number, least, most;
    const char *help;
};

static const struct config_row ROWS[] = {
#define TEXT(name, preset, secret, help)                                                           \
    {#name, KIND_TEXT, offsetof(struct config, name), secret, STR_INIT(preset), 0, 0, 0, help},
#define LIST(name, help)                                                                           \
    {#name, KIND_LIST, offsetof(struct config, name), false, {NULL, 0}, 0, 0, 0, help},
#define NUMBER(name, preset, least, most, help)                                                    \
    {#name, KIND_NUMBER, offsetof(struct config, name), false, {NULL, 0}, preset, least,           \
     most,  help},
#include "app/config.def"
#undef TEXT
#undef LIST
#undef NUMBER
};
#define ROW_COUNT (sizeof ROWS / sizeof *ROWS)

void config_init(struct config *config)
{
    *config = (struct config){.data = STR_NONE};
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char *at = (char *)config + ROWS[i].at;
        if (ROWS[i].kind == KIND_TEXT) {
            memcpy(at, &ROWS[i].preset, sizeof ROWS[i].preset);
        } else if (ROWS[i].kind == KIND_NUMBER) {
            memcpy(at, &ROWS[i].number, sizeof ROWS[i].number);
        }
    }
}

static const struct config_row *row_find(struct str name)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct str row = str_c(ROWS[i].name);
        bool same = row.len == name.len;
        for (size_t k = 0; same && k < name.len; k++) {
            char c = (char)(name.ptr[k] == '-' ? '_' : name.ptr[k]);
            same = c == row.ptr[k];
        }
        if (same) {
            return &ROWS[i];
        }
    }
    return NULL;
}

bool config_known(struct str name)
{
    return row_find(name) != NULL;
}

static void list_add(mem_ctx *ctx, struct config_list *list, struct str value)
{
    list->items = mem_grow(ctx, list->items, struct str, list->count + 1);
    list->items[list->count++] = str_dup(ctx, value);
}

bool config_set(struct config *config, mem_ctx *ctx, struct str name, struct str value,
                struct error *err)
{
    const struct config_row *row = row_find(name);
    if (row == NULL) {
        return error_set(err, ERR_INVALID,
                         "There is no setting \"%.*s\". `steward config` lists "
                         "them all.",
                         STR_ARG(name));
    }
    char *at = (char *)config + row->at;
    int64_t number = 0;
    struct str text = str_dup(ctx, value);
    switch (row->kind) {
    case KIND_TEXT:
        memcpy(at, &text, sizeof text);
        return true;
    case KIND_LIST:
        list_add(ctx, (struct config_list *)(void *)at, value);
        return true;
    case KIND_NUMBER:
        break;
    }
    if (!str_to_i64(value, &number) || number < row->least || number > row->most) {
        return error_set(err, ERR_INVALID,
                         "%s must be a whole number from %lld to %lld, not "
                         "\"%.*s\".",
                         row->name, (long long)row->least, (long long)row->most, STR_ARG(value));
    }
    memcpy(at, &number, sizeof number);
    return true;
}

static bool read_line(struct config *config, mem_ctx *ctx, const char *path, int number,
                      struct str line, struct error *err)
{
    struct str name;
    struct str value;
    line = str_trim(line);
    if (line.len == 0 || line.ptr[0] == '#') {
        return true;
    }
    str_cut(line, '=', &name, &value);
    if (str_none(value)) {
        return error_set(err, ERR_INVALID, "%s, line %d: write name = value.", path, number);
    }
    if (!config_set(config, ctx, str_trim(name), str_trim(value), err)) {
        struct error inner = *err;
        return error_set(err, ERR_INVALID, "%s, line %d: %s", path, number, inner.message);
    }
    return true;
}

static bool read_file(struct config *config, mem_ctx *ctx, const char *path, struct error *err)
{
    char line[4096];
    int number = 0;
    bool ok = true;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return errno == ENOENT ||
               error_set(err, ERR_UNAVAILABLE, "Cannot read %s: %s", path, strerror(errno));
    }
    while (ok && fgets(line, sizeof line, file) != NULL) {
        number++;
        ok = strlen(line) + 1 < sizeof line
                 ? read_line(config, ctx, path, number, str_c(line), err)
                 : error_set(err, ERR_INVALID, "%s, line %d is too long.", path, number);
    }
    (void)fclose(file);
    return ok;
}

static bool read_environment(struct config *config, mem_ctx *ctx, struct error *err)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char name[80] = "STEWARD_";
        size_t len = strlen(name);
        for (const char *c = ROWS[i].name; *c != '\0' && len + 1 < sizeof name; c++) {
            name[len++] = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
        }
        name[len] = '\0';
        const char *value = getenv(name);
        if (value != NULL && !config_set(config, ctx, str_c(ROWS[i].name), str_c(value), err)) {
            return false;
        }
    }
    return true;
}

bool config_load(struct config *config, mem_ctx *ctx, struct str data, struct error *err)
{
    config->data = str_dup(ctx, data);
    const char *path = mem_printf(ctx, STR_FMT "/steward.conf", STR_ARG(data));
    return read_file(config, ctx, path, err) && read_environment(config, ctx, err);
}

static void print_row(const struct config *config, const struct config_row *row, struct buf *out)
{
    const char *at = (const char *)config + row->at;
    buf_printf(out, "# %s\n", row->help);
    if (row->kind == KIND_NUMBER) {
        int64_t number = 0;
        memcpy(&number, at, sizeof number);
        buf_printf(out, "%s = %lld\n\n", row->name, (long long)number);
        return;
    }
    if (row->kind == KIND_TEXT) {
        struct str text;
        memcpy(&text, at, sizeof text);
        bool hidden = row->secret && text.len > 0;
        buf_printf(out, "%s = %.*s\n\n", row->name, hidden ? 8 : (int)text.len,
                   hidden ? "(hidden)" : text.ptr);
        return;
    }
    const struct config_list *list = (const struct config_list *)(const void *)at;
    for (size_t i = 0; i < list->count; i++) {
        buf_printf(out, "%s = " STR_FMT "\n", row->name, STR_ARG(list->items[i]));
    }
    buf_put_c(out, list->count == 0 ? "# (none)\n\n" : "\n");
}

void config_print(const struct config *config, struct buf *out)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        print_row(config, &ROWS[i], out);
    }
}
