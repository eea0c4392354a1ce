// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the files of this room: one import under way, and one object on its way.
#ifndef STEWARD_DESK_IMPORT_RUN_H
#define STEWARD_DESK_IMPORT_RUN_H

#include <stdio.h>

#include "desk/import/folder.h"
#include "desk/import/import.h"
#include "desk/records/records.h"

// Where the comments of a ticket are: sorted by ticket.
struct import_words {
    int64_t ticket;
    struct import_place place;
};

// Numbers that were looked up lately.
#define IMPORT_KNOWN_SLOTS 4096
struct import_known {
    enum import_kind kind;
    int64_t key;
    int64_t own;
};

// What is defined here, as it was when it was first needed; all that the import brings of it came
// before that.
struct import_defined {
    bool loaded;
    struct record *list;
    size_t count;
};

struct import {
    const struct import_job *job;
    struct import_done *done;
    mem_ctx *ctx;
    struct desk *desk;
    struct app *app;
    struct import_folder *folder;
    unsigned *holds;  // by file: bits of kinds
    struct import_words *words;
    size_t word_count;
    size_t word_room;
    struct import_piece last;  // the comments read last; lives in:
    const mem_ctx *last_ctx;   // NULL when there are none
    struct import_place last_place;
    FILE *report;
    struct import_known known[IMPORT_KNOWN_SLOTS];
    struct import_defined defined[IMPORT_KIND_COUNT];
};

enum import_outcome {
    IMPORT_PENDING,
    IMPORT_MADE,
    IMPORT_UPDATED,
    IMPORT_SAME,
    IMPORT_REFUSED,
    IMPORT_GONE
};

// One comment of a ticket.
struct import_comment {
    int64_t key;
    int64_t at;
    struct jr_value object;
    bool known;  // it came with an earlier import
    struct new_file *files;
    size_t file_count;
    int64_t own;
};

struct import_note {
    struct str field;
    struct str words;
};

#define IMPORT_NOTES_MAX 12
#define IMPORT_DROPS_MAX 6

// One object. What stands behind `own` is computed anew whenever its transaction runs.
struct import_item {
    enum import_kind kind;
    struct jr_value object;
    mem_ctx *notes_ctx;  // what words of notes may live in
    int64_t key;
    int64_t stamp;
    struct import_comment *comments;
    size_t comment_count;
    bool first_known;  // the words of the ticket itself stand for its first comment already
    struct import_note lasting[IMPORT_NOTES_MAX];  // of the preparation
    size_t lasting_count;
    bool before;  // it came with an earlier import, as:
    int64_t own;
    int64_t own_stamp;
    bool own_made;
    // --- of one run of the transaction
    enum import_outcome outcome;
    int64_t became;
    bool adopted;  // was here already
    struct import_note notes[IMPORT_NOTES_MAX];
    size_t note_count;
    const char *drops[IMPORT_DROPS_MAX];  // members that did not fit and are left out
    size_t drop_count;
};

// Notes something that did not fit though the object came. `words` lives as long as the import's
// batch.
void import_note(struct import_item *item, const char *field, struct str words);
void import_note_lasting(struct import_item *item, const char *field, struct str words);
bool import_dropped(const struct import_item *item, const char *key);
// It is this now: new or changed; or was here before, and is left as it is.
void import_became(struct import_item *item, int64_t id);
void import_was_here(struct import_item *item, int64_t id);

// What a foreign number became; 0 when it is not known. 0 gives 0.
MUST_CHECK bool import_find(struct import *run, struct db *db, enum import_kind kind, int64_t key,
                            int64_t *ret, struct error *err);
// Who stands for unknown people; 0 as long as nobody does.
MUST_CHECK bool import_nobody(struct import *run, struct db *db, mem_ctx *ctx, int64_t *ret,
                              struct error *err);
// Marks the comments of the ticket that came already.
MUST_CHECK bool import_came(struct import *run, struct db *db, mem_ctx *ctx,
                            struct import_item *item, struct error *err);
MUST_CHECK bool import_put(struct import *run, struct db *tx, enum import_kind kind,
                           const struct import_comment *comment, struct error *err);
// The person, or who stands for people that the export does not have; notes it then.
MUST_CHECK bool import_person(struct import *run, struct ctx *ctx, struct import_item *item,
                              int64_t key, const char *field, struct user_id *ret,
                              struct error *err);

// Members of the object that are carried over as they are, but for the dropped ones.
void import_carry(mem_ctx *ctx, struct jw *w, const struct import_item *item,
                  const char *const *keys, size_t count);
// The object that was written, as a value.
MUST_CHECK bool import_written(mem_ctx *ctx, struct buf *out, struct jr_value *ret,
                               struct error *err);

// The objects of one of the kinds that are records here.
MUST_CHECK bool import_defined(struct import *run, struct db *db, enum import_kind kind,
                               struct record **ret, size_t *ret_count, struct error *err);
// "custom_fields" of a ticket, and what it has that is not the default one of these kinds.
MUST_CHECK bool import_ticket_fields(struct import *run, struct ctx *ctx, struct jw *w,
                                     struct import_item *item, struct error *err);
// "user_fields" and "organization_fields".
MUST_CHECK bool import_keyed_fields(struct import *run, struct ctx *ctx, struct jw *w,
                                    struct import_item *item, enum import_kind kind,
                                    struct error *err);

// One kind's way: `prepare` reads (may be NULL, may say that nothing is to do by an outcome),
// `apply` writes inside a savepoint and sets `outcome` and `became`.
struct import_way {
    bool (*prepare)(struct import *run, struct db *db, mem_ctx *ctx, struct import_item *item,
                    struct error *err);
    bool (*apply)(struct import *run, struct ctx *ctx, struct import_item *item, struct error *err);
};
extern const struct import_way IMPORT_WAY_BRAND, IMPORT_WAY_USER_FIELD,
    IMPORT_WAY_ORGANIZATION_FIELD, IMPORT_WAY_TICKET_FIELD, IMPORT_WAY_CUSTOM_STATUS,
    IMPORT_WAY_TICKET_FORM, IMPORT_WAY_VIEW, IMPORT_WAY_MACRO, IMPORT_WAY_TRIGGER,
    IMPORT_WAY_AUTOMATION, IMPORT_WAY_CATEGORY, IMPORT_WAY_SECTION, IMPORT_WAY_ARTICLE,
    IMPORT_WAY_TRANSLATION;
extern const struct import_way IMPORT_WAY_GROUP, IMPORT_WAY_ORGANIZATION, IMPORT_WAY_USER,
    IMPORT_WAY_IDENTITY, IMPORT_WAY_GROUP_MEMBERSHIP, IMPORT_WAY_ORGANIZATION_MEMBERSHIP,
    IMPORT_WAY_TICKET;
// A second time over the tickets: which problem they belong to.
extern const struct import_way IMPORT_WAY_LINKS;

// Looks through the folder: what is where, how much there is, whose the comments are.
MUST_CHECK bool import_index(struct import *run, struct error *err);
// The comments that the folder has of a ticket, by time. They live in `ctx`.
MUST_CHECK bool import_comments_of(struct import *run, mem_ctx *ctx, struct import_item *item,
                                   struct error *err);

MUST_CHECK bool import_report_open(struct import *run, struct error *err);
// Counts an object that is through, and writes down what did not fit.
void import_report(struct import *run, const struct import_item *item);
MUST_CHECK bool import_report_close(struct import *run, struct error *err);

#endif
