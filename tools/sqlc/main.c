// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlc.h"

static const char USAGE[] =
    "Usage: sqlc QUERIES.sql OUT.h OUT.c [MIGRATION.sql...]\n"
    "       sqlc --migrations OUT.h OUT.c [MIGRATION.sql...]\n"
    "       sqlc --prepare QUERIES.sql OUT.sql [MIGRATION.sql...]\n"
    "Writes typed C for named queries, or the table of migrations, or a script for psql that has\n"
    "PostgreSQL prepare the queries; see tools/README.md.\n";

void complain(struct sqlc *sqlc, int line, const char *fmt, ...)
{
    sqlc->complaints++;
    (void)fprintf(stderr, "%s:%d: ", sqlc->file, line);
    va_list args;
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fputc('\n', stderr);
}

static struct str file_read(struct sqlc *sqlc, const char *path)
{
    struct buf text;
    buf_init(&text, sqlc->ctx, SQLC_MAX_TEXT);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    char part[8192];
    for (size_t n = fread(part, 1, sizeof part, file); n > 0;
         n = fread(part, 1, sizeof part, file)) {
        buf_put(&text, (struct str){part, n});
    }
    if (ferror(file) != 0 || text.failed) {
        (void)fprintf(stderr, "%s: cannot be read whole\n", path);
        exit(1);
    }
    (void)fclose(file);
    return buf_str(&text);
}

static void file_write(const char *path, struct buf *content)
{
    struct str text = buf_str(content);
    FILE *file = fopen(path, "wb");
    if (content->failed || file == NULL || fwrite(text.ptr, 1, text.len, file) != text.len ||
        fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

// "…/src/desk/tickets/schema/0050_ticket.sql" is "tickets/0050_ticket".
static struct str migration_name(struct sqlc *sqlc, const char *path)
{
    struct str rest = str_c(path);
    struct str part;
    struct str folder = STR_NONE;
    struct str parent = STR_NONE;
    struct str base = STR_NONE;
    while (str_next(&rest, '/', &part)) {
        parent = folder;
        folder = base;
        base = part;
    }
    sqlc->file = path;
    if (!str_ends(base, STR(".sql")) || !str_eq_c(folder, "schema") || str_empty(parent)) {
        complain(sqlc, 1, "a migration lies at FOLDER/schema/NNNN_what.sql");
        return base;
    }
    return str_printf(sqlc->ctx, STR_FMT "/" STR_FMT, STR_ARG(parent), (int)base.len - 4, base.ptr);
}

static long migration_number(struct str name)
{
    return strtol(name.ptr + str_find_char(name, '/') + 1, NULL, 10);
}

static struct schema_file *schema_read(struct sqlc *sqlc, char **paths, int count)
{
    struct schema_file *files = mem_array(sqlc->ctx, struct schema_file, count);
    for (int i = 0; i < count; i++) {
        files[i].path = paths[i];
        files[i].name = migration_name(sqlc, paths[i]);
        files[i].text = file_read(sqlc, paths[i]);
        for (int j = 0; j < i; j++) {
            if (migration_number(files[i].name) == migration_number(files[j].name)) {
                complain(sqlc, 1, "has the same number as %s: take the next free one of your range",
                         files[j].path);
            }
        }
    }
    return files;
}

// "../src/desk/tickets/queries.sql" is guarded by STEWARD_DESK_TICKETS_QUERIES_H.
static struct str guard_of(struct sqlc *sqlc, const char *path)
{
    const char *from = path;
    for (const char *at = strstr(path, "src/"); at != NULL; at = strstr(from, "src/")) {
        from = at + 4;
    }
    struct buf guard;
    buf_init(&guard, sqlc->ctx, 4096);
    buf_put_c(&guard, "STEWARD_");
    for (; *from != '\0' && strcmp(from, ".sql") != 0; from++) {
        char c = *from;
        bool lower = c >= 'a' && c <= 'z';
        bool plain = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        buf_put_char(&guard, lower ? (char)(c - 'a' + 'A') : plain ? c : '_');
    }
    buf_put_c(&guard, "_H");
    return buf_str(&guard);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        (void)fputs(USAGE, stderr);
        return 64;
    }
    struct sqlc sqlc = {.ctx = mem_ctx_new(NULL, "sqlc")};
    struct buf header;
    struct buf source;
    buf_init(&header, sqlc.ctx, SQLC_MAX_TEXT);
    buf_init(&source, sqlc.ctx, SQLC_MAX_TEXT);
    struct schema_file *files = schema_read(&sqlc, argv + 4, argc - 4);
    if (strcmp(argv[1], "--migrations") == 0) {
        queries_check(&sqlc, files, argc - 4);
        migrations_emit(&sqlc, files, argc - 4, &header, &source);
    } else {
        bool script = strcmp(argv[1], "--prepare") == 0;
        sqlc.file = argv[script ? 2 : 1];
        queries_parse(&sqlc, file_read(&sqlc, sqlc.file));
        queries_check(&sqlc, files, argc - 4);
        if (script) {
            prepare_emit(&sqlc, files, argc - 4, &source);
        } else {
            queries_emit(&sqlc, guard_of(&sqlc, argv[1]), &header, &source);
        }
    }
    if (sqlc.complaints == 0) {
        if (header.len > 0) {
            file_write(argv[2], &header);
        }
        file_write(argv[3], &source);
    }
    int status = sqlc.complaints == 0 ? 0 : 1;
    mem_free(sqlc.ctx);
    return status;
}
