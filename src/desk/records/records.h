// SPDX-License-Identifier: GPL-3.0-or-later
//
// The records room: what administrators define for this desk. Fields of tickets, people and
// organisations with their options and values, forms, brands, statuses. All kinds are stored and
// checked alike; kinds.c says which members each has. Everybody on the staff reads them, only
// administrators write (the routes say so).
#ifndef STEWARD_DESK_RECORDS_RECORDS_H
#define STEWARD_DESK_RECORDS_RECORDS_H

#include "base/ids.h"
#include "db/db.h"
#include "json/json.h"

enum member_type {
    MEMBER_TEXT,
    MEMBER_FLAG,
    MEMBER_NUMBER,
    MEMBER_WORD,     // one of `words`
    MEMBER_KEY,      // [a-z0-9_]+, unique in its kind
    MEMBER_LIST,     // any JSON array
    MEMBER_OPTIONS,  // options of a choice: {id, name, value}
    MEMBER_COPY      // never written: shows another member (`otherwise` names it)
};

struct member {
    const char *name;
    enum member_type type;
    bool required;
    bool fixed;             // set when it is made, never later
    size_t max;             // characters
    const char *otherwise;  // JSON shown when nothing was said; "=name": that member's value
    const char *const *words;
};

struct record_kind {
    const char *name;      // plural, also the path below /api/v2
    const char *singular;  // key of one in bodies
    const struct member *members;
    size_t count;
    const char *unique;  // a member that no two living records share, or NULL
    bool fades;          // deleting makes it inactive, it is still shown by number
    bool remains;        // deleted ones are still shown by number, unchanged
};

// NULL when there is no such kind.
const struct record_kind *record_kind(struct str name);

struct record {
    int64_t id;
    const struct record_kind *kind;
    int64_t position;
    bool system;
    struct jr_value doc;
    int64_t created_at;
    int64_t updated_at;
    int64_t deleted_at;
};

// In order of position; deleted ones only when asked for.
MUST_CHECK bool records_list(struct db *db, mem_ctx *ctx, const struct record_kind *kind,
                             bool also_deleted, struct record **ret, size_t *ret_count,
                             struct error *err);
// NOT_FOUND when there is none, or it was deleted and its kind forgets them.
MUST_CHECK bool record_load(struct db *db, mem_ctx *ctx, const struct record_kind *kind, int64_t id,
                            struct record *ret, struct error *err);
// INVALID with the member at fault.
MUST_CHECK bool record_create(struct db *tx, mem_ctx *ctx, const struct record_kind *kind,
                              struct jr_value body, int64_t now, struct record *ret,
                              struct error *err);
MUST_CHECK bool record_update(struct db *tx, mem_ctx *ctx, const struct record *before,
                              struct jr_value body, int64_t now, struct record *ret,
                              struct error *err);
// INVALID for system records and for the default one of its kind. Values of a field go with it.
MUST_CHECK bool record_delete(struct db *tx, mem_ctx *ctx, const struct record *record, int64_t now,
                              struct error *err);
MUST_CHECK bool records_reorder(struct db *tx, const struct record_kind *kind, const int64_t *ids,
                                size_t count, struct error *err);

// The members, each with its value or what stands for it, into an open object.
void record_members_write(mem_ctx *ctx, struct jw *w, const struct record *record);
bool record_flag(const struct record *record, const char *member, bool otherwise);
struct str record_text(const struct record *record, const char *member);

// --- values of fields ---------------------------------------------------------------------------

struct field_value {
    int64_t field;
    int64_t object;
    struct str value;  // several words for multiselect
};

// What a client sent for one field as the text that is stored; absent clears it. INVALID when it is
// none of the options, no number and so on; `name` is what the error calls the field.
MUST_CHECK bool field_parse(mem_ctx *ctx, const struct record *field, struct jr_value value,
                            const char *name, struct str *ret, struct error *err);
// The stored text as JSON: number, boolean, list, text or null.
void field_value_write(struct jw *w, const struct record *field, struct str value);
MUST_CHECK bool field_store(struct db *tx, int64_t field, int64_t object, struct str value,
                            struct error *err);
// The values that these objects have in these fields, sorted by object.
MUST_CHECK bool field_values(struct db *db, mem_ctx *ctx, const int64_t *objects,
                             size_t object_count, const struct record *fields, size_t field_count,
                             struct field_value **ret, size_t *ret_count, struct error *err);
// All that stands under one number: of the ticket, the person and the organisation that have it.
MUST_CHECK bool field_values_all(struct db *db, mem_ctx *ctx, int64_t object,
                                 struct field_value **ret, size_t *ret_count, struct error *err);
struct str field_value_of(const struct field_value *values, size_t count, int64_t field,
                          int64_t object);
// The tags that a value stands for: the options chosen, or the tag of a ticked box.
struct str field_tags(const struct record *field, struct str value);

// Values by key, as people and organisations have them: {"key": value}. Unknown keys are passed
// over. *ret_changed: something was stored.
MUST_CHECK bool keyed_values_store(struct db *tx, mem_ctx *ctx, const char *kind, int64_t object,
                                   struct jr_value values, bool *ret_changed, struct error *err);
// The fields of a kind with the values of many objects, for writing objects.
struct keyed_values {
    struct record *fields;
    size_t field_count;
    struct field_value *values;
    size_t value_count;
};
MUST_CHECK bool keyed_values_load(struct db *db, mem_ctx *ctx, const char *kind,
                                  const int64_t *objects, size_t count, struct keyed_values *ret,
                                  struct error *err);
void keyed_values_write(struct jw *w, const char *key, const struct keyed_values *set,
                        int64_t object);

// --- of tickets ---------------------------------------------------------------------------------

// What is defined for tickets, with one ticket's values, by one query.
struct ticket_records {
    struct record *fields;  // active ones that administrators defined
    size_t field_count;
    struct record *forms;  // active ones
    size_t form_count;
    struct record *statuses;  // active ones
    size_t status_count;
    struct field_value *values;
    size_t value_count;
};
// ticket 0: a new one, without values.
MUST_CHECK bool ticket_records_load(struct db *db, mem_ctx *ctx, int64_t ticket,
                                    struct ticket_records *ret, struct error *err);
// The fields of the ticket's form, in its order. The default form has all of them until it names
// one.
void ticket_form_fields(mem_ctx *ctx, const struct ticket_records *all, int64_t form,
                        const struct record ***ret, size_t *ret_count);
// Whether the form's conditions let a field be seen; value_of() says what the others have.
bool ticket_form_shows(const struct ticket_records *all, int64_t form, int64_t field,
                       struct str (*value_of)(const void *arg, int64_t field), const void *arg);

// A ticket was deleted for good: so are the values of its fields.
MUST_CHECK bool records_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err);

#endif
