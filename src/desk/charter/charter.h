// SPDX-License-Identifier: GPL-3.0-or-later
//
// The charter room: what the desk is for. A charter is written as a draft, in steps that begin with
// the company's mission and five questions; staff comment on it; then its text is fixed and named
// people sign that very text. When all have, it is in force: its mission takes the place of the
// configured one in the portal and in mails, all staff acknowledge it each year, its review falls
// due, its values can be seen in single replies and its objectives have progress.
//
// Who may: everybody reads mission, vision and values of what is in force; staff read all versions,
// comment, acknowledge, and sign where they are named; leads write. Marks of replies are as visible
// as their tickets.
#ifndef STEWARD_DESK_CHARTER_CHARTER_H
#define STEWARD_DESK_CHARTER_CHARTER_H

#include "desk/tickets/tickets.h"

struct desk;

enum charter_field {
#define FIELD(name, word, step, heading, question) CHARTER_##name,
#include "desk/charter/fields.def"
#undef FIELD
    CHARTER_FIELDS
};

enum { CHARTER_STEPS = 7, CHARTER_VALUES_MOST = 12, CHARTER_OBJECTIVES_MOST = 20 };

struct charter_field_kind {
    const char *word;  // "mission": in forms, the API and the database
    int step;          // of the guided form, from 1; values are step 4, objectives step 5
    const char *heading;
    const char *question;
};
extern const struct charter_field_kind CHARTER_FIELD_KINDS[CHARTER_FIELDS];

enum charter_state {
    CHARTER_DRAFT,
    CHARTER_SIGNING,
    CHARTER_IN_FORCE,
    CHARTER_REPLACED,
    CHARTER_WITHDRAWN
};
// "draft", "signing", "in_force", "replaced", "withdrawn"
struct str charter_state_word(enum charter_state state);

struct charter_value {
    int64_t id;
    int64_t origin;  // the same in all versions; 0: new
    struct str name;
    struct str keywords;
    struct str meaning;
};

struct charter_objective {
    int64_t id;
    int64_t origin;
    bool is_long;  // in years, not in months
    struct str title;
    struct str measure;
    struct str target;
    // Not part of the signed text.
    int64_t percent;
    struct str note;
    int64_t progress_at;  // 0: none was noted
};

struct charter {
    int64_t id;
    int64_t number;
    enum charter_state state;
    int64_t revision;
    int64_t review_months;
    struct str text;  // what is signed; absent in drafts
    struct str hash;  // its SHA-256 in hex; absent in drafts
    struct user_id created_by;
    int64_t created_at;
    int64_t updated_at;
    int64_t opened_at;    // for signatures; 0: not yet
    int64_t in_force_at;  // 0: not yet
    int64_t review_at;    // 0: not in force yet
    // Filled by charter_load() and charter_in_force(), not in lists.
    struct str fields[CHARTER_FIELDS];
    struct charter_value *values;
    size_t value_count;
    struct charter_objective *objectives;
    size_t objective_count;
};

// --- reading ------------------------------------------------------------------------------------

// The desk's mission in one sentence: of the charter in force, else the configured one. Kept in
// memory between pages as long as nothing was committed.
struct charter_room;
struct charter_room *charter_new(mem_ctx *ctx);
struct str charter_mission(const struct desk *desk, struct db *db, mem_ctx *ctx);

// What is in force, whole; for everybody (callers show no more than the reader may see).
MUST_CHECK bool charter_in_force(struct db *db, mem_ctx *ctx, struct charter *ret, bool *ret_found,
                                 struct error *err);
// Staff: others find nothing (NOT_FOUND), as in all that follows.
MUST_CHECK bool charter_load(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                             struct charter *ret, struct error *err);
// All versions, the latest first.
MUST_CHECK bool charter_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             struct charter **ret, size_t *ret_count, struct error *err);
// The text of a version as it is, or would be, signed: the same bytes for the same content.
struct str charter_text(mem_ctx *ctx, const struct charter *charter);
// The words of a greeting with {name} and {desk} filled in.
struct str charter_greeting(mem_ctx *ctx, struct str greeting, struct str name, struct str desk);
// Whether its review is due.
bool charter_overdue(const struct charter *charter, int64_t now);

// --- writing: leads -----------------------------------------------------------------------------

enum charter_start { CHARTER_BLANK, CHARTER_FROM_EXAMPLE, CHARTER_FROM_IN_FORCE };
// A new draft. From what is in force: NOT_FOUND where there is nothing.
MUST_CHECK bool charter_begin(struct desk *desk, struct db *tx, mem_ctx *ctx,
                              const struct actor *actor, enum charter_start start, int64_t *ret_id,
                              struct error *err);

struct charter_change {
    int64_t id;
    int64_t revision;  // the one that was read; CONFLICT when it is another now
    unsigned set;      // bits 1 << enum charter_field
    struct str fields[CHARTER_FIELDS];
    bool set_values;
    const struct charter_value *values;  // those without a name are left out
    size_t value_count;
    bool set_objectives;
    const struct charter_objective *objectives;  // those without a title are left out
    size_t objective_count;
};
// INVALID for what is too long; CONFLICT when it is no draft any more.
MUST_CHECK bool charter_change(struct desk *desk, struct db *tx, mem_ctx *ctx,
                               const struct actor *actor, const struct charter_change *change,
                               struct error *err);

struct charter_opening {
    int64_t id;
    const struct user_id *signers;
    size_t signer_count;
    int64_t review_months;  // 1…60
};
// Fixes the text and asks the signers by mail. INVALID without a mission, without a lead or
// administrator among the signers, or with somebody who is no active staff; CONFLICT when it is no
// draft or another one is being signed.
MUST_CHECK bool charter_open(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, const struct charter_opening *opening,
                             struct error *err);
// Ends a draft or one that is being signed; its text and signatures stay as they are.
MUST_CHECK bool charter_withdraw(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                 const struct actor *actor, int64_t id, struct error *err);

// How far an objective of the charter in force is. INVALID outside of 0…100.
struct charter_progress {
    int64_t objective;
    int64_t percent;
    struct str note;
};
MUST_CHECK bool charter_progress_note(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                      const struct actor *actor,
                                      const struct charter_progress *progress, struct error *err);

// --- staff --------------------------------------------------------------------------------------

struct charter_comment {
    int64_t id;
    struct str field;  // word of a field, "values", "objectives", or "" for the whole
    struct user_id author;
    struct str body;
    int64_t created_at;
};
MUST_CHECK bool charter_comments(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                                 struct charter_comment **ret, size_t *ret_count,
                                 struct error *err);
struct charter_new_comment {
    int64_t version;
    struct str field;  // what it is about, a word of charter_field_kind
    struct str body;
};
// INVALID without words; CONFLICT when it is no draft any more.
MUST_CHECK bool charter_comment_add(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                    const struct actor *actor,
                                    const struct charter_new_comment *comment, struct error *err);

struct charter_signer {
    struct user_id user;
    bool leader;
    struct str name;
    int64_t signed_at;  // 0: not yet
    struct str hash;    // of what they signed
};
MUST_CHECK bool charter_signers(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                                struct charter_signer **ret, size_t *ret_count, struct error *err);
// Signs the text of that hash. FORBIDDEN for who is not named; CONFLICT when the text is another,
// was signed by this person, or is not being signed. The last signature puts it in force.
MUST_CHECK bool charter_sign(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, int64_t id, struct str hash,
                             struct error *err);
// "I have read it and accept it": the charter in force with that hash, CONFLICT when it is another.
MUST_CHECK bool charter_acknowledge(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                    const struct actor *actor, struct str hash, struct error *err);

struct charter_covered {
    struct user_id user;
    struct str name;
    enum role role;
    struct group_id group;
    int64_t acknowledged_at;  // 0: never, of this version
    bool current;             // within the last year
};
// All staff, management too. Leads only: FORBIDDEN otherwise. Empty without a charter in force.
MUST_CHECK bool charter_coverage(struct desk *desk, struct db *db, mem_ctx *ctx,
                                 const struct actor *actor, struct charter_covered **ret,
                                 size_t *ret_count, struct error *err);

// What the charter asks of this person now, in one query.
struct charter_duty {
    int64_t sign;      // the version that waits for their signature; 0: none
    bool acknowledge;  // what is in force has no acknowledgement of this year
    bool overdue;      // its review is due
    bool in_force;     // there is one
    struct str mission;
};
MUST_CHECK bool charter_duties(struct desk *desk, struct db *db, mem_ctx *ctx,
                               const struct actor *actor, struct charter_duty *ret,
                               struct error *err);

// Timer: reminds signers each week, staff who have not acknowledged every two weeks, leads from a
// month before the review on.
#define CHARTER_REMIND_MS (6 * HOURS_MS)
bool charter_remind(void *desk, mem_ctx *ctx, struct error *err);

// --- values in the work -------------------------------------------------------------------------

struct charter_mark {
    int64_t id;
    struct ticket_id ticket;
    struct comment_id comment;
    int64_t value;
    struct str value_name;
    struct user_id marked_by;
    struct str note;
    int64_t created_at;
};
struct charter_new_mark {
    struct comment_id comment;
    int64_t value;  // of the charter in force
    struct str note;
};
// Agents, at public replies of staff in tickets that they see: NOT_FOUND otherwise. CONFLICT when
// the reply has this value already.
MUST_CHECK bool charter_mark_add(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                 const struct actor *actor, const struct charter_new_mark *mark,
                                 int64_t *ret_id, struct error *err);
// Whoever set it, and leads.
MUST_CHECK bool charter_mark_remove(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                    const struct actor *actor, int64_t id, struct error *err);
// Of a ticket that the caller may see: comments and names of values only, in one query with whether
// a charter is in force.
MUST_CHECK bool charter_marks_of(struct db *db, mem_ctx *ctx, struct ticket_id ticket,
                                 struct charter_mark **ret, size_t *ret_count, bool *ret_in_force,
                                 struct error *err);
// The latest in tickets that the actor sees, of one value (its origin) or all (0).
MUST_CHECK bool charter_marks(struct db *db, mem_ctx *ctx, const struct actor *actor,
                              int64_t origin, int64_t most, struct charter_mark **ret,
                              size_t *ret_count, struct error *err);
// How many replies since then show each value: counts beside charter->values.
MUST_CHECK bool charter_mark_counts(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                    const struct charter *charter, int64_t since, int64_t **ret,
                                    struct error *err);

// The example charter in force, signed by these people and acknowledged by the first, without mails
// (sample data).
MUST_CHECK bool charter_sample(struct desk *desk, struct db *tx, mem_ctx *ctx,
                               const struct actor *lead, const struct actor *staff, size_t count,
                               struct error *err);

// A ticket was deleted for good: so are the marks at its replies.
MUST_CHECK bool charter_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err);

#endif
