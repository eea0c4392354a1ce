// SPDX-License-Identifier: GPL-3.0-or-later
//
// The catalogue room: services that people can ask for, and the forms to ask with. A form has
// versions: what is published never changes, a request keeps the version that it was made with, and
// changes are made to a draft. A request is a ticket whose first comment has the answers; they
// stand nowhere else. Whoever sees a form is also offered a person.
#ifndef STEWARD_DESK_CATALOGUE_CATALOGUE_H
#define STEWARD_DESK_CATALOGUE_CATALOGUE_H

#include "desk/tickets/tickets.h"

struct desk;

enum {
    SERVICES_MOST = 100,
    FIELDS_MOST = 60,
    LABEL_MOST = 200,
    HINT_MOST = 500,
    CHOICES_MOST = 4000,  // bytes
    ANSWER_MOST = 10000,
};

enum ask_kind {
    ASK_TEXT,
    ASK_LONG,
    ASK_CHOICE,
    ASK_YES,  // answered by "yes" or nothing
    ASK_DATE,
    ASK_NUMBER,
    ASK_PERSON,  // a mail address
    ASK_FILE,    // the files are the comment's
    ASK_KINDS
};
// "text", "long" … as stored; parsing takes exactly those.
struct str ask_kind_word(enum ask_kind kind);
MUST_CHECK bool ask_kind_parse(struct str word, enum ask_kind *ret);

struct service {
    struct object_id id;
    struct str name;
    struct str summary;
    bool open;
};

struct form_field {
    int64_t mark;  // names it within its service, whatever the version
    enum ask_kind kind;
    struct str label;
    struct str hint;
    bool required;       // where it is shown
    struct str choices;  // a line each
    struct str preset;   // "", "name", "email": filled in from who asks
    int64_t when_mark;   // shown only where that earlier field is answered so; 0: always
    struct str when_value;
};

struct form {
    int64_t id;
    struct object_id service;
    int64_t number;
    bool draft;
    struct form_field *fields;
    size_t field_count;
};

// --- reading ------------------------------------------------------------------------------------

// In their order; those that are not open only for administrators.
MUST_CHECK bool services_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                              struct service **ret, size_t *ret_count, struct error *err);
// NOT_FOUND for a service that is not open, but for administrators.
MUST_CHECK bool service_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             struct object_id id, struct service *ret, struct error *err);
// A published version by its number, or the newest by 0; NOT_FOUND where there is none.
MUST_CHECK bool form_load(struct db *db, mem_ctx *ctx, struct object_id service, int64_t number,
                          struct form *ret, struct error *err);
// A version by its number, or the newest, which may be a draft, by 0. Administrators, and staff for
// versions that are published.
MUST_CHECK bool form_version(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             struct object_id service, int64_t number, struct form *ret,
                             struct error *err);

// --- asking -------------------------------------------------------------------------------------

// What was said to a field of a form: the text, "" for nothing.
struct answers {
    const struct service *service;
    const struct form *form;
    struct str *values;  // one a field, trimmed
    bool *shown;         // by the conditions, as answers_judge() finds
    struct str *errors;  // words for the person, "" where nothing is wrong
};
// Which fields count, by the conditions, and what is wrong with their answers. `files`: any came.
// True when nothing is wrong.
bool answers_judge(mem_ctx *ctx, struct answers *answers, bool files);
// The comment's text: a line or a paragraph for each answer that is shown.
struct str answers_text(mem_ctx *ctx, const struct answers *answers);
// "Equipment request: Laptop"
struct str answers_subject(mem_ctx *ctx, const struct answers *answers);
// The request with its files becomes a ticket, by the one write path. The answers were judged.
MUST_CHECK bool service_ask(struct desk *desk, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, const struct answers *answers,
                            struct new_comment *comment, struct ticket_outcome *ret,
                            struct error *err);

// Which form a ticket was asked with. For who may see the ticket.
struct asked_with {
    struct object_id service;  // none: with no form
    struct str name;
    int64_t number;
};
MUST_CHECK bool ticket_asked_with(struct db *db, mem_ctx *ctx, struct ticket_id ticket,
                                  struct asked_with *ret, struct error *err);

// --- arranging; administrators, FORBIDDEN for all others -----------------------------------------

// A new one is closed, with a draft that has one field. INVALID without a name.
MUST_CHECK bool service_make(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, struct str name, struct object_id *ret,
                             struct error *err);
// INVALID for opening one that has no published form.
MUST_CHECK bool service_store(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                              const struct service *service, struct error *err);
MUST_CHECK bool service_move(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                             struct object_id id, bool up, struct error *err);

enum field_change { QUESTION_ADD, QUESTION_SAVE, QUESTION_UP, QUESTION_DOWN, QUESTION_REMOVE };
struct field_edit {
    struct object_id service;
    enum field_change change;
    struct form_field field;  // its mark names it; the rest counts where it is written
};
// Changes the draft, which is made of the published version where there is none. INVALID where a
// condition would name a field that does not stand before, CONFLICT for a field that is gone.
MUST_CHECK bool field_change(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, const struct field_edit *edit,
                             struct error *err);
// CONFLICT when there is no draft.
MUST_CHECK bool form_publish_draft(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                   const struct actor *actor, struct object_id service,
                                   struct error *err);
// Not of a service that was never published: INVALID.
MUST_CHECK bool form_drop_draft(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                                struct object_id service, struct error *err);

// --- ends ---------------------------------------------------------------------------------------

MUST_CHECK bool catalogue_person_moved(struct db *tx, struct user_id from, struct user_id to,
                                       struct error *err);
MUST_CHECK bool catalogue_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err);

#endif
