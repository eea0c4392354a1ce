// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the files of the people room only.
#ifndef STEWARD_DESK_PEOPLE_INTERNAL_H
#define STEWARD_DESK_PEOPLE_INTERNAL_H

#include "desk/people/people.h"

#define NAME_MAX_CHARS 255
#define TEXT_MAX_BYTES 65535
#define EMAIL_MAX_BYTES 254

// --- text (fold.c) ------------------------------------------------------------------------------

// Case folded and without accents, for comparing and finding: "Ána" and "ANA" are one.
struct str text_fold(mem_ctx *ctx, struct str text);
// Where the range of texts that begin so ends, for comparisons byte by byte.
struct str text_after_prefix(mem_ctx *ctx, struct str prefix);
// The searchable words of a name and an address, folded: "Ana Ruiz", "ana.ruiz@example.org" give
// ana, ruiz, ana.ruiz@example.org, example.org, org … each once.
void fold_words(mem_ctx *ctx, struct str text, struct str **ret, size_t *ret_count);
struct str email_domain(struct str email);

// --- lists that come all at once (access.c) -----------------------------------------------------

// Keeps the rows of the asked-for page, in its order, at the start of the array; returns how many.
// `rows` are in ascending order of their keys.
typedef int64_t row_key(const void *row);
size_t page_cut(const struct list_query *query, void *rows, size_t row_size, size_t count,
                row_key *key);

// --- permission (access.c) ----------------------------------------------------------------------

bool may_see_user(const struct actor *actor, struct user_id user);
// Whether the actor may change this person at all.
MUST_CHECK bool may_edit_user(const struct actor *actor, const struct user *person,
                              struct error *err);
MUST_CHECK bool need_staff(const struct actor *actor, struct error *err);
MUST_CHECK bool need_agent(const struct actor *actor, struct error *err);
MUST_CHECK bool need_admin(const struct actor *actor, struct error *err);

// Of two accounts of one person: who leads them and whom they lead goes to the one that stays.
MUST_CHECK bool managers_of_merged(struct db *tx, struct user_id from, struct user_id to,
                                   struct error *err);

// --- people -------------------------------------------------------------------------------------

// Fails with NOT_FOUND when there is no such active person.
MUST_CHECK bool user_need(struct db *db, mem_ctx *ctx, struct user_id id, struct user *ret,
                          struct error *err);
// Writes all members of `user`; sets updated_at.
MUST_CHECK bool user_store(struct db *tx, mem_ctx *ctx, struct user *user, int64_t now,
                           struct error *err);
// Renews the words by which an active person is found.
MUST_CHECK bool user_index(struct db *tx, mem_ctx *ctx, struct user_id id, struct error *err);

// --- identities ---------------------------------------------------------------------------------

// Adds an identity that was checked; for addresses that become primary, also the person's email.
MUST_CHECK bool identity_put(struct db *tx, mem_ctx *ctx, const struct new_identity *add,
                             int64_t now, struct identity_id *ret, struct error *err);

// --- organisations and groups -------------------------------------------------------------------

// The organisation of an address's domain, none when there is none.
MUST_CHECK bool organization_for_email(struct db *db, mem_ctx *ctx, struct str email,
                                       struct organization_id *ret, struct error *err);
MUST_CHECK bool organization_exists(struct db *db, mem_ctx *ctx, struct organization_id id,
                                    bool *ret, struct error *err);
// Puts a person into an organisation, or makes it their default one.
MUST_CHECK bool organization_join(struct db *tx, mem_ctx *ctx, struct user_id user,
                                  struct organization_id organization, bool is_default, int64_t now,
                                  struct error *err);
// Takes a person out of an organisation; the oldest other one becomes the default.
MUST_CHECK bool organization_leave(struct db *tx, mem_ctx *ctx, struct user_id user,
                                   struct organization_id organization, int64_t now,
                                   struct error *err);
MUST_CHECK bool group_join(struct db *tx, mem_ctx *ctx, struct user_id user, struct group_id group,
                           bool is_default, int64_t now, struct error *err);
// Puts a new member of staff into the default group.
MUST_CHECK bool group_join_default(struct db *tx, mem_ctx *ctx, struct user_id user, int64_t now,
                                   struct error *err);

#endif
