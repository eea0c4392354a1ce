// SPDX-License-Identifier: GPL-3.0-or-later
//
// One run of ticket_apply(), shared by its two halves: apply.c decides, apply_write.c writes.
#ifndef STEWARD_DESK_TICKETS_APPLY_INTERNAL_H
#define STEWARD_DESK_TICKETS_APPLY_INTERNAL_H

#include "desk/tickets/tickets_internal.h"

struct apply {
    const struct tickets *room;
    struct db *tx;
    mem_ctx *ctx;
    const struct actor *actor;
    const struct ticket_change *change;
    int64_t now;
    bool created;
    struct ticket before;
    struct ticket after;
    int64_t last_id;  // of what the ticket's history has already
    struct audit_id audit;
    struct comment_id comment;
    struct user_id speaks_for;  // the steward whose deputy writes
    struct ticket_field_change
        *fields;  // custom fields: what the change says, and what goes with tags
    size_t field_count;
    struct ticket_event *events;  // what differs, in the order of the history
    size_t event_count;
};

// `tags` plus `add` less `remove`, normalised.
struct str tags_combine(mem_ctx *ctx, struct str tags, struct str add, struct str remove);

// Gives the files of an upload to the change's comment; INVALID when the token is not the actor's
// to use.
MUST_CHECK bool upload_adopt(const struct apply *a, struct str token, struct error *err);
// The other way: the file of a comment becomes an upload of the actor's own again.
MUST_CHECK bool upload_take_back(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                                 struct attachment_id file, int64_t now, struct str *ret_token,
                                 struct error *err);

// When the change happened: now, but imports say when.
int64_t apply_time(const struct apply *a);
// Fills a->fields; once the tags are known.
MUST_CHECK bool apply_fields_derive(struct apply *a, struct error *err);
MUST_CHECK bool apply_fields_write(struct apply *a, struct error *err);
// Fills a->events from before and after, collaborators included.
MUST_CHECK bool apply_compare(struct apply *a, struct error *err);
// Ids, rows, audit, events, files, search index.
MUST_CHECK bool apply_write(struct apply *a, struct error *err);

#endif
