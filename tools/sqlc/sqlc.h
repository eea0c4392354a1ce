// SPDX-License-Identifier: GPL-3.0-or-later
//
// sqlc compiles SQL at build time: queries.sql of a folder into typed C functions, and the
// migrations of the whole program into a table. What people write is described in tools/README.md.
// Three steps, a file each: parse.c reads and rewrites the text for both engines, check.c prepares
// it against the migrated schema, emit.c writes C. Every complaint is "file:line: what, what to do"
// and counted; nothing is written once there was one.
#ifndef STEWARD_TOOLS_SQLC_H
#define STEWARD_TOOLS_SQLC_H

#include "base/buf.h"
#include "base/str.h"

#define SQLC_MAX_TEXT ((size_t)16 << 20)
// More inputs than this are passed as one struct.
#define SQLC_MAX_ARGUMENTS 5

enum cardinality { CARD_ONE, CARD_OPT, CARD_MANY, CARD_EXEC, CARD_CHANGES };
enum kind { KIND_I64, KIND_F64, KIND_TEXT, KIND_BLOB, KIND_BOOL, KIND_ID };
enum engine { ENGINE_SQLITE, ENGINE_POSTGRES };

struct column {
    struct str name;
    struct str type;  // as written: "i64", "ticket_id"
    enum kind kind;
    bool nullable;
    bool array;
    bool used;
};

struct columns {
    struct column *list;
    int count;
};

struct query {
    struct str name;
    struct str row;  // name of the row struct, without "struct "
    struct str doc;  // the comment lines above, as written
    enum cardinality cardinality;
    struct columns in, out;
    bool twins;                       // the engines have a body each
    int line;                         // of "-- name:"
    struct str body[2], prepared[2];  // as written with line breaks kept; rewritten; by engine
};

struct sqlc {
    mem_ctx *ctx;
    const char *file;  // being read, for complaints
    struct query *queries;
    int query_count;
    int complaints;
};

// --- main.c -----------------------------------------------------------------------------------
void complain(struct sqlc *sqlc, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

// --- parse.c ----------------------------------------------------------------------------------
void queries_parse(struct sqlc *sqlc, struct str text);
// Fills `prepared`: for one query, once its header is known.
void query_rewrite(struct sqlc *sqlc, struct query *query);
// The statements of a migration for one engine, comments taken out, line breaks kept.
struct str migration_for(struct sqlc *sqlc, struct str text, enum engine engine);

// --- check.c ----------------------------------------------------------------------------------
struct schema_file {
    const char *path;
    struct str name;  // "tickets/0050_ticket"
    struct str text;
};
// Applies the migrations to a fresh SQLite in memory and prepares every query there.
void queries_check(struct sqlc *sqlc, const struct schema_file *files, int count);

// --- emit.c -----------------------------------------------------------------------------------
void queries_emit(struct sqlc *sqlc, struct str guard, struct buf *header, struct buf *source);
void prepare_emit(struct sqlc *sqlc, const struct schema_file *files, int count, struct buf *out);
void migrations_emit(struct sqlc *sqlc, const struct schema_file *files, int count,
                     struct buf *header, struct buf *source);

#endif
