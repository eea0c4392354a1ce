// SPDX-License-Identifier: GPL-3.0-or-later
//
// Backups: a folder with any number of snapshots and, once each, the files that they name.
//
//   snapshots/2026-03-01T120000Z   all rows, settings and the secret, as stream.h writes it
//   blobs/ab/abcd…                 files by their hash; sealed ones by a hash that takes the key
//
// The rows are one snapshot of the database, whichever the engine, taken while servers run; files
// are copied after that, since what a row names does not change. So all that was acknowledged
// before the backup began is in it. It can be restored to either engine.
//
// In a snapshot are records: a kind, a length (8 bytes, little endian), so many bytes.
#ifndef STEWARD_DESK_KEEP_BACKUP_H
#define STEWARD_DESK_KEEP_BACKUP_H

#include "blob/blob.h"
#include "db/rows.h"
#include "desk/keep/findings.h"
#include "desk/keep/stream.h"

enum keep_record {
    KEEP_FILE = 'F',       // name, NUL, content
    KEEP_MIGRATION = 'M',  // a name; in the order in which they were applied
    KEEP_IDS = 'N',        // db_ids_next()
    KEEP_TABLE = 'T',      // name, then for each column a space, its name, ':' and type
    KEEP_ROW = 'R',        // of the last table, db_row_put()
    KEEP_SUM = 'E',        // of the last table: number of rows, BLAKE2b-256 of all rows
    KEEP_BLOB = 'B',       // hash in hex
};

#define KEEP_SUM_BYTES 32
// Largest record: a row whose texts are at their limits is well below.
#define KEEP_RECORD_MAX ((size_t)1 << 30)

struct backup_job {
    struct db_store *db;
    struct blob_store *blobs;
    const char *data;  // the data folder
    const char *to;
    const struct keep_key *key;  // NULL: not sealed
    int64_t now;
    bool lines;  // as lines.h has it, into a new folder; without a key
    const struct db_migration *migrations;
    size_t migration_count;
    const struct findings *findings;  // files that are missing or damaged in the desk itself
};

struct backup_done {
    const char *snapshot;  // its path
    int64_t rows;
    int64_t blobs;      // named
    int64_t blobs_new;  // of these, copied this time
};

MUST_CHECK bool backup_make(mem_ctx *ctx, const struct backup_job *job, struct backup_done *ret,
                            struct error *err);

// Where a snapshot's file lies in the backup, sealed or not.
const char *backup_blob_path(mem_ctx *ctx, const char *repository, const struct keep_key *key,
                             struct hash hash, bool folder_only);
// "name column:type column:type …"
struct str backup_table_line(mem_ctx *ctx, const struct db_table *table);

// --- restoring ----------------------------------------------------------------------------------

struct restore_job {
    const char *from;  // the backup's folder (its newest snapshot) or one snapshot
    bool lines;        // the folder is as lines.h has it
    const char *data;  // the folder to make
    const char *db;    // URL of an empty database; NULL: SQLite in the folder
    // Where files go: in the folder, or in S3, where nothing may lie yet.
    struct blob_place blobs;
    bool blobs_elsewhere;  // not in the folder: the settings shall say so
    const struct keep_key *key;
    const struct db_migration *migrations;
    size_t migration_count;
    const struct findings *findings;
};

struct restore_done {
    const char *snapshot;
    int64_t rows;
    int64_t tables;
    int64_t blobs;
};

// Makes the data folder and database, compares each table with what the backup says it had, and
// each file with its name; brings the schema up to date and makes the search index anew. The file
// `secret` comes last: a folder without it does not start. CONFLICT when folder or database are
// not empty.
MUST_CHECK bool restore_run(mem_ctx *ctx, const struct restore_job *job, struct restore_done *ret,
                            struct error *err);

#endif
