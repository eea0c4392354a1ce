// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the files of the rules room only.
#ifndef STEWARD_DESK_RULES_INTERNAL_H
#define STEWARD_DESK_RULES_INTERNAL_H

#include <pthread.h>

#include "desk/rules/rules.h"

#define VIEW_COUNTS 512
#define TERMS_MAX 100
#define TITLE_MAX_CHARS 255
#define POSITION_MAX 10000

struct shared_book;

// A count that is kept: of one view for one person. Good until one time whatever happens, and until
// another, later one as long as the database says that nothing was changed.
struct kept_count {
    int64_t view;
    int64_t user;
    int64_t stamp;
    int64_t count;
    int64_t until_us;
    uint64_t changes;
    int64_t unchanged_until_us;
};

struct rules {
    struct clock *clock;
    pthread_mutex_t lock;      // guards what follows
    struct shared_book *book;  // NULL until first asked for
    struct kept_count counts[VIEW_COUNTS];
};

// Reads all rules, compiled.
MUST_CHECK bool book_load(struct db *db, mem_ctx *ctx, int64_t stamp, struct rule_book *ret,
                          struct error *err);
// Lets everybody read the rules anew.
MUST_CHECK bool book_changed(struct db *tx, struct error *err);

#endif
