// SPDX-License-Identifier: GPL-3.0-or-later
//
// The people room: users with their addresses, passwords and mailed links; organisations; groups
// and who is in them. A person is one row whatever they may do; `role` says that. Functions that
// take an actor check what this actor may see or do with this very object; those without serve
// other rooms, which show no more of the answer than their own rules allow.
//
// Who may: everyone sees and edits their own profile (not role, groups or suspension). Staff see
// everybody. Agents create and edit end users and organisations. Administrators edit everybody;
// the last active administrator can be neither suspended nor demoted. What an actor may not see is
// NOT_FOUND; what they see but may not change is FORBIDDEN.
#ifndef STEWARD_DESK_PEOPLE_PEOPLE_H
#define STEWARD_DESK_PEOPLE_PEOPLE_H

#include "app/actor.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "db/db.h"

// --- the wired room -----------------------------------------------------------------------------

enum people_mail_kind { MAIL_SIGN_IN, MAIL_RESET, MAIL_INVITE, MAIL_VERIFY };

struct people_mail {
    enum people_mail_kind kind;
    struct user_id user;
    struct str to;
    struct str subject;
    struct str text;  // plain text; holds a secret link: never log it
};

// What the room asks of others, inside its transaction.
struct user;
struct organization;
struct group;

struct people_hooks {
    // Puts a mail into the outbox.
    bool (*send_mail)(void *env, struct db *tx, const struct people_mail *mail, struct error *err);
    // Ends all sessions and tokens of a person but the session `except` (may be absent).
    bool (*end_sessions)(void *env, struct db *tx, struct user_id user, struct str except,
                         struct error *err);
    void *env;
    // What others keep of a person, or of an organisation, becomes the other one's. May be NULL.
    bool (*person_moved)(void *env, struct db *tx, struct user_id from, struct user_id to,
                         struct error *err);
    bool (*organization_moved)(void *env, struct db *tx, struct organization_id from,
                               struct organization_id to, struct error *err);
    // Somebody or something was made (`before` is NULL), changed, or deleted (a person's `active`,
    // a group's `deleted`; `after` is NULL for organisations). May be NULL.
    bool (*person_changed)(void *env, struct db *tx, const struct actor *actor,
                           const struct user *before, const struct user *after, struct error *err);
    bool (*organization_changed)(void *env, struct db *tx, const struct actor *actor,
                                 const struct organization *before,
                                 const struct organization *after, struct error *err);
    bool (*group_changed)(void *env, struct db *tx, const struct actor *actor,
                          const struct group *before, const struct group *after, struct error *err);
};

struct people {
    struct clock *clock;
    struct str public_url;  // "https://help.example.org", from the configuration, never a request
    struct str desk_name;   // what mails call this desk
    struct people_hooks hooks;
};

// --- users --------------------------------------------------------------------------------------

struct user {
    struct user_id id;
    struct str name;
    struct str email;  // primary address, lower-cased; absent when there is none
    enum role role;
    enum access_scope scope;              // which tickets this person may see
    struct organization_id organization;  // the default one
    struct group_id default_group;
    struct str alias;      // agents: the name that requesters read; absent when none
    struct str locale;     // "en-US"
    struct str time_zone;  // IANA name
    struct str phone;      // absent when none
    struct str details;    // "" when none, as the next three
    struct str notes;
    struct str signature;
    struct str tags;         // sorted, one space between
    struct str external_id;  // absent when none
    bool verified;           // has shown to own the primary address
    bool suspended;          // signs in nowhere, their mails wait for a person
    bool active;             // false: deleted
    bool moderator;
    bool only_private_comments;
    bool shared_phone;
    int64_t created_at;
    int64_t updated_at;
    int64_t last_login_at;  // 0: never
};

// The API's word for a role: end-user, agent or admin.
struct str role_word(enum role role);
// For settings and lists that tell more apart: end-user, light-agent, agent, lead, admin.
struct str role_name(enum role role);
MUST_CHECK bool role_parse(struct str word, enum role *ret);  // either word
// organization, groups, assigned, requested; "" for all.
struct str scope_word(enum access_scope scope);
MUST_CHECK bool scope_parse(struct str word, enum access_scope *ret);

// Reading for other rooms. user_find() also finds deleted people.
MUST_CHECK bool user_find(struct db *db, mem_ctx *ctx, struct user_id id, struct user *ret,
                          bool *ret_found, struct error *err);
// In order of their ids; unknown ids are left out.
MUST_CHECK bool users_by_ids(struct db *db, mem_ctx *ctx, const struct user_id *ids, size_t count,
                             struct user **ret, size_t *ret_count, struct error *err);
// By any of a person's addresses; the case of letters does not count.
MUST_CHECK bool user_by_email(struct db *db, mem_ctx *ctx, struct str email, struct user *ret,
                              bool *ret_found, struct error *err);
// All who may be assigned tickets (agents and up, active, not suspended), by name.
MUST_CHECK bool users_agents(struct db *db, mem_ctx *ctx, struct user **ret, size_t *ret_count,
                             struct error *err);
// NOT_FOUND unless the actor is staff or this person; deleted people are shown.
MUST_CHECK bool user_load(struct db *db, mem_ctx *ctx, const struct actor *actor, struct user_id id,
                          struct user *ret, struct error *err);

// app.load_actor: who a session or token stands for; anonymous when gone or suspended.
MUST_CHECK bool people_load_actor(struct db *db, mem_ctx *ctx, struct user_id user,
                                  struct actor *ret, struct error *err);

struct user_query {
    unsigned roles;  // bits 1 << ROLE_…; 0 for all
    struct group_id group;
    struct organization_id organization;
    struct str external_id;     // absent: any
    const struct user_id *ids;  // with id_count, only these
    size_t id_count;
    const struct str *external_ids;
    size_t external_id_count;
    struct user_id after;  // in the direction of travel: ids beyond this one
    bool descending;
    int64_t limit;
    int64_t offset;
};

// Active people in order of id. Staff only: FORBIDDEN otherwise. `ids` and `external_ids` are whole
// answers by themselves: paging does not apply to them.
MUST_CHECK bool users_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                           const struct user_query *query, struct user **ret, size_t *ret_count,
                           struct error *err);
MUST_CHECK bool users_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                            const struct user_query *query, int64_t *ret, struct error *err);
// Each word must begin a word of the name or address ("ana fin" finds "Ana Ruiz <ar@finance…>"),
// accents and case aside. Also `email:x`, `role:agent`, `external_id:x`, `organization_id:1`.
MUST_CHECK bool users_search(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             struct str words, int64_t limit, int64_t offset, struct user **ret,
                             size_t *ret_count, struct error *err);
MUST_CHECK bool users_search_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                   struct str words, int64_t *ret, struct error *err);

// In order of the last change, for exports; deleted ones are there. Administrators only.
struct changed_query {
    int64_t at;  // rows beyond this time and, at it, beyond this id
    int64_t id;
    int64_t before;
    int64_t limit;
};
MUST_CHECK bool users_changed(struct db *db, mem_ctx *ctx, const struct actor *actor,
                              const struct changed_query *query, struct user **ret,
                              size_t *ret_count, struct error *err);

// Which fields of a user_change count.
enum {
    USER_NAME = 1 << 0,
    USER_EMAIL = 1 << 1,  // create: the primary address; update: one more address
    USER_ROLE = 1 << 2,
    USER_SCOPE = 1 << 3,
    USER_ORGANIZATION = 1 << 4,  // adds the membership and makes it the default; none: leaves it
    USER_DEFAULT_GROUP = 1 << 5,
    USER_ALIAS = 1 << 6,
    USER_LOCALE = 1 << 7,
    USER_TIME_ZONE = 1 << 8,
    USER_PHONE = 1 << 9,
    USER_DETAILS = 1 << 10,
    USER_NOTES = 1 << 11,
    USER_SIGNATURE = 1 << 12,
    USER_TAGS = 1 << 13,
    USER_EXTERNAL_ID = 1 << 14,
    USER_VERIFIED = 1 << 15,
    USER_SUSPENDED = 1 << 16,
    USER_MODERATOR = 1 << 17,
    USER_PRIVATE_COMMENTS = 1 << 18,
    USER_SHARED_PHONE = 1 << 19,
};

struct user_change {
    unsigned set;
    struct user values;  // only the members named by `set`; tags in any order and case
};

// A new person. INVALID with the field: name blank, address malformed or taken (DuplicateValue),
// external_id taken, unknown role, organisation or group. Staff join the default group. A person
// whose address belongs to an organisation's domain joins it unless another was given.
MUST_CHECK bool user_create(const struct people *room, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, const struct user_change *change,
                            struct user *ret, struct error *err);
MUST_CHECK bool user_update(const struct people *room, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, struct user_id id,
                            const struct user_change *change, struct user *ret, struct error *err);
// Deletes: active becomes false, addresses, password, links, groups and sessions go; the name stays
// in the conversations.
MUST_CHECK bool user_delete(const struct people *room, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, struct user_id id, struct user *ret,
                            struct error *err);
// Two accounts of one end user become one: addresses, organisations and tickets go to the winner,
// who keeps their own data and takes what they lacked; the loser is deleted. INVALID for staff.
MUST_CHECK bool user_merge(const struct people *room, struct db *tx, mem_ctx *ctx,
                           const struct actor *actor, struct user_id loser, struct user_id winner,
                           struct user *ret, struct error *err);
// Deleted people whose data is still there, and wiping it for good (administrators). Their name in
// conversations becomes "Permanently Deleted User".
struct list_query;
MUST_CHECK bool users_deleted(struct db *db, mem_ctx *ctx, const struct actor *actor,
                              const struct list_query *query, struct user **ret, size_t *ret_count,
                              int64_t *ret_total, struct error *err);
MUST_CHECK bool user_wipe(const struct people *room, struct db *tx, mem_ctx *ctx,
                          const struct actor *actor, struct user_id id, struct user *ret,
                          struct error *err);
// Whoever a mail or form names as its sender, made when unknown: an end user, not verified, in the
// organisation of the address's domain. `name` and `locale` may be absent. INVALID when the address
// is none.
struct sender {
    struct str email;
    struct str name;
    struct str locale;
};
MUST_CHECK bool user_find_or_create(const struct people *room, struct db *tx, mem_ctx *ctx,
                                    const struct sender *sender, struct user *ret,
                                    bool *ret_created, struct error *err);

// Who leads this person; *ret_found is false where nobody does.
MUST_CHECK bool user_manager(struct db *db, mem_ctx *ctx, struct user_id user, struct user *ret,
                             bool *ret_found, struct error *err);
// By the manager's address; "": nobody leads them. For agents who may change the person. INVALID
// with the field "manager" where nobody has the address, or it is the person's own.
MUST_CHECK bool user_manager_set(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                                 struct user_id user, struct str email, struct error *err);

// When everything of a deleted person was wiped; 0: it was not.
MUST_CHECK bool user_wiped_at(struct db *db, mem_ctx *ctx, struct user_id id, int64_t *ret,
                              struct error *err);

// What is kept of them beside their row changed: exports show them again. For whoever changed it
// with permission.
MUST_CHECK bool user_touch(const struct people *room, struct db *tx, struct user_id id,
                           struct error *err);
MUST_CHECK bool organization_touched(const struct people *room, struct db *tx,
                                     struct organization_id id, struct error *err);

// Sets last_login_at.
MUST_CHECK bool user_signed_in(const struct people *room, struct db *tx, struct user_id id,
                               struct error *err);

// Whether this is the form of a mail address (one line, one @, domain of labels); *ret is trimmed
// and lower-cased.
MUST_CHECK bool email_normalise(mem_ctx *ctx, struct str raw, struct str *ret);

// --- identities ---------------------------------------------------------------------------------

struct identity {
    struct identity_id id;
    struct user_id user;
    struct str type;  // email, phone_number, twitter, facebook, google, agent_forwarding, foreign …
    struct str value;
    bool verified;
    bool primary;
    struct str deliverable_state;  // of addresses: deliverable, undeliverable, …
    int64_t undeliverable_count;
    int64_t verified_at;
    int64_t created_at;
    int64_t updated_at;
};

// Of one person, primary first, or of many sorted by user.
MUST_CHECK bool identities_of_users(struct db *db, mem_ctx *ctx, const struct user_id *users,
                                    size_t count, struct identity **ret, size_t *ret_count,
                                    struct error *err);
MUST_CHECK bool identities_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                struct user_id user, struct identity **ret, size_t *ret_count,
                                struct error *err);
MUST_CHECK bool identity_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                              struct user_id user, struct identity_id id, struct identity *ret,
                              struct error *err);
// The first address becomes primary. DuplicateValue when somebody has it. Only staff may say that
// it is verified.
struct new_identity {
    struct user_id user;
    struct str type;
    struct str value;
    bool verified;
    bool primary;
};
MUST_CHECK bool identity_add(const struct people *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, const struct new_identity *add,
                             struct identity *ret, struct error *err);
MUST_CHECK bool identity_make_primary(const struct people *room, struct db *tx, mem_ctx *ctx,
                                      const struct actor *actor, struct user_id user,
                                      struct identity_id id, struct error *err);
MUST_CHECK bool identity_verify(const struct people *room, struct db *tx, mem_ctx *ctx,
                                const struct actor *actor, struct user_id user,
                                struct identity_id id, struct error *err);
// The last address of a person who can sign in stays: INVALID.
MUST_CHECK bool identity_remove(const struct people *room, struct db *tx, mem_ctx *ctx,
                                const struct actor *actor, struct user_id user,
                                struct identity_id id, struct error *err);
// A mail to this address came back for good; counted and shown. Unknown addresses are no error.
MUST_CHECK bool identity_undeliverable(const struct people *room, struct db *tx, struct str email,
                                       struct error *err);

// --- organisations ------------------------------------------------------------------------------

struct organization {
    struct organization_id id;
    struct str name;
    struct str external_id;  // absent when none
    struct str details;
    struct str notes;
    struct str tags;
    struct str domains;     // sorted, one space between
    struct group_id group;  // where its people's tickets go
    bool shared_tickets;    // its people see each other's tickets
    bool shared_comments;
    int64_t created_at;
    int64_t updated_at;
    int64_t deleted_at;  // 0; only organizations_changed() shows deleted ones
};

enum {
    ORGANIZATION_NAME = 1 << 0,
    ORGANIZATION_EXTERNAL_ID = 1 << 1,
    ORGANIZATION_DETAILS = 1 << 2,
    ORGANIZATION_NOTES = 1 << 3,
    ORGANIZATION_TAGS = 1 << 4,
    ORGANIZATION_DOMAINS = 1 << 5,
    ORGANIZATION_GROUP = 1 << 6,
    ORGANIZATION_SHARED_TICKETS = 1 << 7,
    ORGANIZATION_SHARED_COMMENTS = 1 << 8,
};

struct organization_change {
    unsigned set;
    struct organization values;
};

MUST_CHECK bool organization_find(struct db *db, mem_ctx *ctx, struct organization_id id,
                                  struct organization *ret, bool *ret_found, struct error *err);
MUST_CHECK bool organizations_by_ids(struct db *db, mem_ctx *ctx, const struct organization_id *ids,
                                     size_t count, struct organization **ret, size_t *ret_count,
                                     struct error *err);
// End users see those they belong to, staff all.
MUST_CHECK bool organization_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                  struct organization_id id, struct organization *ret,
                                  struct error *err);

struct list_query {
    int64_t after;  // id in the direction of travel
    bool descending;
    int64_t limit;
    int64_t offset;
    struct user_id user;                  // only theirs
    struct group_id group;                // memberships: only of this group
    struct organization_id organization;  // memberships: only of this organisation
    struct str words;                     // organisations: names that begin so, absent: all
    bool also_deleted;                    // groups
};
MUST_CHECK bool organizations_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                   const struct list_query *query, struct organization **ret,
                                   size_t *ret_count, struct error *err);
MUST_CHECK bool organizations_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                    const struct list_query *query, int64_t *ret,
                                    struct error *err);
// As users_changed().
MUST_CHECK bool organizations_changed(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                      const struct changed_query *query, struct organization **ret,
                                      size_t *ret_count, struct error *err);
MUST_CHECK bool organizations_by_external_ids(struct db *db, mem_ctx *ctx,
                                              const struct actor *actor, const struct str *ids,
                                              size_t count, struct organization **ret,
                                              size_t *ret_count, struct error *err);
// Name: needed, taken by no other (DuplicateValue). Existing people whose address is in a new
// domain join it when they have no organisation yet.
MUST_CHECK bool organization_create(const struct people *room, struct db *tx, mem_ctx *ctx,
                                    const struct actor *actor,
                                    const struct organization_change *change,
                                    struct organization *ret, struct error *err);
MUST_CHECK bool organization_update(const struct people *room, struct db *tx, mem_ctx *ctx,
                                    const struct actor *actor, struct organization_id id,
                                    const struct organization_change *change,
                                    struct organization *ret, struct error *err);
MUST_CHECK bool organization_delete(const struct people *room, struct db *tx,
                                    const struct actor *actor, struct organization_id id,
                                    struct error *err);

// One organisation becomes part of another: people, tickets, domains and tags go over.
// Administrators only.
struct organization_merge {
    struct str id;  // filled in
    struct organization_id loser;
    struct organization_id winner;
};
MUST_CHECK bool organization_merge_into(const struct people *room, struct db *tx, mem_ctx *ctx,
                                        const struct actor *actor, struct organization_merge *merge,
                                        struct error *err);
MUST_CHECK bool organization_merge_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                        struct str id, struct organization_merge *ret,
                                        struct error *err);
MUST_CHECK bool organization_merges(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                    struct organization_id winner, struct organization_merge **ret,
                                    size_t *ret_count, struct error *err);

// --- groups -------------------------------------------------------------------------------------

struct group {
    struct group_id id;
    struct str name;
    struct str description;
    bool is_public;
    bool is_default;  // new staff join it
    bool deleted;
    int64_t created_at;
    int64_t updated_at;
};

enum {
    GROUP_NAME = 1 << 0,
    GROUP_DESCRIPTION = 1 << 1,
    GROUP_PUBLIC = 1 << 2,
    GROUP_DEFAULT = 1 << 3,
};

struct group_change {
    unsigned set;
    struct group values;
};

// Not the deleted ones, by name.
MUST_CHECK bool groups_all(struct db *db, mem_ctx *ctx, struct group **ret, size_t *ret_count,
                           struct error *err);
MUST_CHECK bool group_exists(struct db *db, struct group_id id, bool *ret, struct error *err);
MUST_CHECK bool group_has_member(struct db *db, struct group_id group, struct user_id user,
                                 bool *ret, struct error *err);
MUST_CHECK bool group_members(struct db *db, mem_ctx *ctx, struct group_id group,
                              struct user_id **ret, size_t *ret_count, struct error *err);
// Staff only; a deleted one is still shown.
MUST_CHECK bool group_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                           struct group_id id, struct group *ret, struct error *err);
MUST_CHECK bool groups_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                            const struct list_query *query, struct group **ret, size_t *ret_count,
                            struct error *err);
MUST_CHECK bool groups_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             const struct list_query *query, int64_t *ret, struct error *err);
// Administrators only.
MUST_CHECK bool group_create(const struct people *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, const struct group_change *change,
                             struct group *ret, struct error *err);
MUST_CHECK bool group_update(const struct people *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, struct group_id id,
                             const struct group_change *change, struct group *ret,
                             struct error *err);
// The default group cannot be deleted. Its memberships go; tickets keep its name.
MUST_CHECK bool group_delete(const struct people *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, struct group_id id, struct error *err);

// --- memberships --------------------------------------------------------------------------------

struct group_membership {
    struct membership_id id;
    struct user_id user;
    struct group_id group;
    bool is_default;
    int64_t created_at;
    int64_t updated_at;
};

struct organization_membership {
    struct membership_id id;
    struct user_id user;
    struct organization_id organization;
    struct str organization_name;
    bool is_default;
    int64_t created_at;
    int64_t updated_at;
};

struct new_membership {
    struct user_id user;
    struct group_id group;                // the one or
    struct organization_id organization;  // the other
    bool is_default;
};

MUST_CHECK bool group_memberships_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                       const struct list_query *query,
                                       struct group_membership **ret, size_t *ret_count,
                                       struct error *err);
MUST_CHECK bool group_memberships_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                        const struct list_query *query, int64_t *ret,
                                        struct error *err);
MUST_CHECK bool group_membership_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                      struct membership_id id, struct group_membership *ret,
                                      struct error *err);
// Only staff can be in groups. A person's first group becomes the default one. Administrators, and
// leads for groups they are in.
MUST_CHECK bool group_membership_add(const struct people *room, struct db *tx, mem_ctx *ctx,
                                     const struct actor *actor, const struct new_membership *add,
                                     struct group_membership *ret, struct error *err);
MUST_CHECK bool group_membership_remove(const struct people *room, struct db *tx, mem_ctx *ctx,
                                        const struct actor *actor, struct membership_id id,
                                        struct error *err);
MUST_CHECK bool group_membership_make_default(const struct people *room, struct db *tx,
                                              mem_ctx *ctx, const struct actor *actor,
                                              struct membership_id id, struct error *err);

MUST_CHECK bool organization_memberships_list(struct db *db, mem_ctx *ctx,
                                              const struct actor *actor,
                                              const struct list_query *query,
                                              struct organization_membership **ret,
                                              size_t *ret_count, struct error *err);
MUST_CHECK bool organization_memberships_count(struct db *db, mem_ctx *ctx,
                                               const struct actor *actor,
                                               const struct list_query *query, int64_t *ret,
                                               struct error *err);
MUST_CHECK bool organization_membership_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                             struct membership_id id,
                                             struct organization_membership *ret,
                                             struct error *err);
// Agents and up.
MUST_CHECK bool organization_membership_add(const struct people *room, struct db *tx, mem_ctx *ctx,
                                            const struct actor *actor,
                                            const struct new_membership *add,
                                            struct organization_membership *ret, struct error *err);
MUST_CHECK bool organization_membership_remove(const struct people *room, struct db *tx,
                                               mem_ctx *ctx, const struct actor *actor,
                                               struct membership_id id, struct error *err);
MUST_CHECK bool organization_membership_make_default(const struct people *room, struct db *tx,
                                                     mem_ctx *ctx, const struct actor *actor,
                                                     struct membership_id id, struct error *err);

// --- passwords ----------------------------------------------------------------------------------

#define PASSWORD_LEAST 10
#define PASSWORD_MOST 200

// Checks the rules (length, not among the most used, not the person's own name or address) and
// hashes. Slow on purpose: call it outside of transactions. INVALID at "password".
MUST_CHECK bool password_prepare(mem_ctx *ctx, struct str password, const struct user *person,
                                 struct str *ret_hash, struct error *err);
// Stores what password_prepare() gave. By the person, or an administrator. Links end, and all
// sessions but `keep_session` (may be absent).
struct new_password {
    struct user_id user;
    struct str hash;
    struct str keep_session;
};
MUST_CHECK bool password_set(const struct people *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, const struct new_password *set,
                             struct error *err);
// Whose password this is. Takes as long for unknown addresses. UNAUTHENTICATED, with one message
// for every reason, when the address is unknown, the password is wrong or the person may not sign
// in. For reading handles; not inside transactions.
MUST_CHECK bool password_check(struct db *db, mem_ctx *ctx, struct str email, struct str password,
                               struct user *ret, struct error *err);
MUST_CHECK bool password_exists(struct db *db, struct user_id user, bool *ret, struct error *err);

// --- mailed links -------------------------------------------------------------------------------
//
// A link holds a random token of which only the hash is stored. It is used up by a POST of the page
// it opens, never by opening it, so that programs which follow links in mails spoil nothing.

enum link_purpose { LINK_SIGN_IN, LINK_RESET, LINK_INVITE };

// Mails a link to the person who has this address, if there is one who may sign in; otherwise does
// nothing. True in both cases: the answer must not tell. At most LINKS_PER_HOUR to one person.
// `next`: the local path to go to afterwards, or absent.
#define LINKS_PER_HOUR 5
MUST_CHECK bool link_mail(const struct people *room, struct db *tx, enum link_purpose purpose,
                          struct str email, struct str next, struct error *err);
// Administrators: invites a member of staff to choose a password. Valid for seven days.
MUST_CHECK bool link_invite(const struct people *room, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, struct user_id user, struct error *err);
// Makes a link for a person without mailing it, for mails that other rooms write. Absolute.
struct new_link {
    enum link_purpose purpose;
    struct user_id user;
    struct str email;  // where it will be sent: counts as verified once the link was used
    struct str next;   // the local path to go to afterwards, or absent
};
MUST_CHECK bool link_make(const struct people *room, struct db *tx, mem_ctx *ctx,
                          const struct new_link *make, struct str *ret_url, struct error *err);
struct link {
    struct user_id user;
    struct str next;   // absent when none
    struct str email;  // where it was sent, absent when not known
};
// Looks without using it up. GONE when it is unknown, used, expired or of another purpose.
MUST_CHECK bool link_peek(const struct people *room, struct db *db, mem_ctx *ctx,
                          enum link_purpose purpose, struct str token, struct link *ret,
                          struct error *err);
// Uses it up; the address it was sent to counts as verified from then on. GONE as above.
MUST_CHECK bool link_use(const struct people *room, struct db *tx, mem_ctx *ctx,
                         enum link_purpose purpose, struct str token, struct link *ret,
                         struct error *err);

// --- a new desk ---------------------------------------------------------------------------------

// Whether there is no administrator yet.
MUST_CHECK bool setup_needed(struct db *db, bool *ret, struct error *err);
// Makes a new one-time code for the wizard, to be printed where only the owner of the machine reads
// it; older ones end.
MUST_CHECK bool setup_code_make(const struct people *room, struct db *tx, mem_ctx *ctx,
                                struct str *ret_code, struct error *err);
struct setup {
    struct str code;
    struct str name;
    struct str email;
    struct str password_hash;  // of password_prepare()
};
MUST_CHECK bool setup_code_check(const struct people *room, struct db *db, struct str code,
                                 struct error *err);
// Makes the first administrator and the default group and uses the code up. FORBIDDEN when there is
// an administrator or the code is wrong.
MUST_CHECK bool setup_finish(const struct people *room, struct db *tx, mem_ctx *ctx,
                             const struct setup *setup, struct user *ret, struct error *err);
// The same from the command line of the machine's owner: no code. CONFLICT when there is an
// administrator. `name` may be absent.
MUST_CHECK bool people_init_admin(const struct people *room, struct db *tx, mem_ctx *ctx,
                                  struct str name, struct str email, struct str password,
                                  struct user *ret, struct error *err);

#endif
