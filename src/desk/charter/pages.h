// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the charter's pages, and the room's routes.
#ifndef STEWARD_DESK_CHARTER_PAGES_H
#define STEWARD_DESK_CHARTER_PAGES_H

#include "app/app.h"
#include "desk/charter/charter.h"
#include "desk/charter/diff.h"
#include "view/layout.h"

struct vm_charter_comment {
    struct str author;
    struct user_id author_id;
    struct str body;
    int64_t at;
};

// One text of the charter, or its form field.
struct vm_charter_text {
    const char *word;
    const char *heading;
    const char *question;
    struct html shown;
    struct str body;
    bool empty;
    bool is_line;
    struct vm_charter_comment *comments;
    size_t comment_count;
};

struct vm_charter_signer {
    struct str name;
    struct user_id user;
    bool leader;
    bool has_signed;
    int64_t at;
    struct str hash;
};

struct vm_charter_version {
    int64_t id;
    int64_t number;
    const char *state;  // in words
    int64_t at;
    bool is_draft;
};

struct vm_charter_choice {
    struct user_id user;
    struct str name;
    bool leader;
};

// A version as it is read, and the page of all.
struct vm_charter {
    struct vm_layout layout;
    bool exists;
    int64_t id;
    int64_t number;
    const char *state;
    bool is_draft;
    bool is_signing;
    bool is_in_force;
    bool overdue;
    int64_t review_at;
    int64_t review_months;
    struct str hash;
    struct str mission;
    struct str vision;
    struct vm_charter_text *texts;  // all but mission and vision
    size_t text_count;
    struct vm_charter_text *drafted;  // mission and vision, with their comments
    size_t drafted_count;
    struct charter_value *values;
    size_t value_count;
    int64_t *shown;  // replies that show each value
    struct charter_objective *objectives;
    size_t objective_count;
    struct vm_charter_comment *comments;  // on the whole
    size_t comment_count;
    struct vm_charter_signer *signers;
    size_t signer_count;
    bool can_write;
    bool can_sign;
    bool must_acknowledge;
    bool acknowledged;
    int64_t earlier;  // the version before, for differences; 0: none
    struct vm_charter_version *versions;
    size_t version_count;
    struct vm_charter_choice *people;  // who may be named to sign
    size_t person_count;
    int64_t covered;
    int64_t staff;
    struct str greeting_call;
    struct str greeting_chat;
    struct html welcome;
    struct str error;
};

struct vm_charter_step {
    int number;
    const char *title;
    bool active;
};

struct vm_charter_edit {
    struct vm_layout layout;
    int64_t id;
    int64_t number;
    int64_t revision;
    int step;
    int next;
    bool last;
    bool is_values;
    bool is_objectives;
    const char *intro;
    struct vm_charter_step *steps;
    size_t step_count;
    struct vm_charter_text *fields;
    size_t field_count;
    struct vm_charter_text *answers;  // what was said before, to write from
    size_t answer_count;
    struct charter_value *values;
    size_t value_count;
    struct charter_objective *objectives;
    size_t objective_count;
    struct str error;
};

struct vm_charter_change {
    const char *heading;
    struct diff_part *parts;
    size_t part_count;
};

struct vm_charter_changes {
    struct vm_layout layout;
    int64_t id;
    int64_t number;
    int64_t before;
    struct vm_charter_change *changes;
    size_t change_count;
};

struct vm_charter_covered {
    struct user_id user;
    struct str name;
    const char *role;
    int64_t at;
    bool current;
};
struct vm_charter_group {
    struct str name;
    int64_t current;
    int64_t all;
};
struct vm_charter_coverage {
    struct vm_layout layout;
    bool in_force;
    int64_t current;
    int64_t all;
    struct vm_charter_covered *people;
    size_t person_count;
    struct vm_charter_group *groups;
    size_t group_count;
};

struct vm_charter_mark {
    int64_t id;
    struct ticket_id ticket;
    struct comment_id comment;
    struct str subject;
    struct str value;
    struct str author;
    struct str excerpt;
    struct str marked_by;
    struct str note;
    int64_t at;
    bool can_remove;
};
struct vm_charter_values {
    struct vm_layout layout;
    struct charter_value *values;
    size_t value_count;
    int64_t *shown;
    struct str only;  // the value that was chosen; "" for all
    struct vm_charter_mark *marks;
    size_t mark_count;
};
struct vm_charter_marking {
    struct vm_layout layout;
    struct ticket_id ticket;
    struct comment_id comment;
    struct str author;
    struct str excerpt;
    struct charter_value *values;
    size_t value_count;
    struct str error;
};

const struct route *charter_routes(size_t *ret_count);

// Pages (pages.c, pages_edit.c, pages_marks.c).
bool page_mission(struct ctx *ctx, struct error *err);
bool page_charter(struct ctx *ctx, struct error *err);
bool page_charter_welcome(struct ctx *ctx, struct error *err);
bool page_charter_version(struct ctx *ctx, struct error *err);
bool page_charter_text(struct ctx *ctx, struct error *err);
bool page_charter_changes(struct ctx *ctx, struct error *err);
bool page_charter_begin(struct ctx *ctx, struct error *err);
bool page_charter_edit(struct ctx *ctx, struct error *err);
bool page_charter_save(struct ctx *ctx, struct error *err);
bool page_charter_comment(struct ctx *ctx, struct error *err);
bool page_charter_open(struct ctx *ctx, struct error *err);
bool page_charter_withdraw(struct ctx *ctx, struct error *err);
bool page_charter_sign(struct ctx *ctx, struct error *err);
bool page_charter_acknowledge(struct ctx *ctx, struct error *err);
bool page_charter_coverage(struct ctx *ctx, struct error *err);
bool page_charter_progress(struct ctx *ctx, struct error *err);
bool page_charter_values(struct ctx *ctx, struct error *err);
bool page_charter_marking(struct ctx *ctx, struct error *err);
bool page_charter_mark(struct ctx *ctx, struct error *err);
bool page_charter_unmark(struct ctx *ctx, struct error *err);
// Shows a version again with what was wrong.
bool charter_show(struct ctx *ctx, int64_t id, struct str error, struct error *err);

// JSON handlers (api.c).
bool api_charter(struct ctx *ctx, struct error *err);
bool api_charter_versions(struct ctx *ctx, struct error *err);
bool api_charter_version(struct ctx *ctx, struct error *err);
bool api_charter_create(struct ctx *ctx, struct error *err);
bool api_charter_update(struct ctx *ctx, struct error *err);
bool api_charter_open(struct ctx *ctx, struct error *err);
bool api_charter_sign(struct ctx *ctx, struct error *err);
bool api_charter_withdraw(struct ctx *ctx, struct error *err);
bool api_charter_acknowledge(struct ctx *ctx, struct error *err);
bool api_charter_coverage(struct ctx *ctx, struct error *err);
bool api_charter_progress(struct ctx *ctx, struct error *err);
bool api_charter_marks(struct ctx *ctx, struct error *err);
bool api_charter_mark_create(struct ctx *ctx, struct error *err);
bool api_charter_mark_delete(struct ctx *ctx, struct error *err);

#endif
