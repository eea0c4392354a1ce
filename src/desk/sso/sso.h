// SPDX-License-Identifier: GPL-3.0-or-later
//
// The single sign-on room: other places where people sign in, by OpenID Connect (oidc.h), and
// directories that know their passwords, by LDAP (directory.h). A
// provider's account is a person here by the first sign-in: by the address that the provider has
// verified, or, where newcomers are welcome, as a new requester; from then on by the provider's own
// number for it, whatever becomes of the address. A provider never makes anybody staff; a directory
// does by its groups, where an administrator said so and its word is proved.
#ifndef STEWARD_DESK_SSO_SSO_H
#define STEWARD_DESK_SSO_SSO_H

#include "app/actor.h"
#include "desk/people/people.h"
#include "desk/sso/directory.h"
#include "desk/sso/oidc.h"

struct desk;

struct sso_provider {
    struct provider_id id;
    struct str name;
    struct str issuer;
    struct str client;
    struct str secret;  // in the clear; "" for none
    struct str ca;      // PEM; "" for the system's authorities
    bool newcomers;
    bool trusts_mail;
    bool second_step;  // the provider asks for a second step, so ours is not asked for
    bool active;
    int64_t updated_at;
};

// By name. The secrets are opened: the list is not for showing.
MUST_CHECK bool sso_providers(const struct desk *desk, struct db *db, mem_ctx *ctx,
                              struct sso_provider **ret, size_t *ret_count, struct error *err);
// NOT_FOUND.
MUST_CHECK bool sso_provider_load(const struct desk *desk, struct db *db, mem_ctx *ctx,
                                  struct provider_id id, struct sso_provider *ret,
                                  struct error *err);
// Administrators (the routes say so). An id of none makes a new one and sets it. INVALID with the
// field at fault.
MUST_CHECK bool sso_provider_store(const struct desk *desk, struct db *tx,
                                   const struct actor *actor, struct sso_provider *provider,
                                   struct error *err);
// Who came by it is not known by it any more.
MUST_CHECK bool sso_provider_remove(const struct desk *desk, struct db *tx,
                                    const struct actor *actor, struct provider_id id,
                                    struct error *err);
MUST_CHECK bool sso_people_count(struct db *db, mem_ctx *ctx, struct provider_id id, int64_t *ret,
                                 struct error *err);

// --- directories --------------------------------------------------------------------------------

struct sso_directory {
    struct provider_id id;
    struct str name;
    struct directory at;  // its groups are those of `roles`
    struct str roles;     // lines: role: DN of a group
    bool staff;           // lets staff in, and its groups give roles
    bool newcomers;
    bool active;
    int64_t updated_at;
};

// By name. The passwords are opened: the list is not for showing.
MUST_CHECK bool sso_directories(const struct desk *desk, struct db *db, mem_ctx *ctx,
                                struct sso_directory **ret, size_t *ret_count, struct error *err);
// NOT_FOUND.
MUST_CHECK bool sso_directory_load(const struct desk *desk, struct db *db, mem_ctx *ctx,
                                   struct provider_id id, struct sso_directory *ret,
                                   struct error *err);
// Administrators (the routes say so). An id of none makes a new one and sets it. INVALID with the
// field at fault.
MUST_CHECK bool sso_directory_store(const struct desk *desk, struct db *tx,
                                    const struct actor *actor, struct sso_directory *directory,
                                    struct error *err);
MUST_CHECK bool sso_directory_remove(const struct desk *desk, struct db *tx,
                                     const struct actor *actor, struct provider_id id,
                                     struct error *err);
MUST_CHECK bool sso_directory_people(struct db *db, mem_ctx *ctx, struct provider_id id,
                                     int64_t *ret, struct error *err);
// The highest role that the entry's groups give; ROLE_NONE for none.
enum role sso_directory_role(mem_ctx *ctx, const struct sso_directory *directory,
                             const struct directory_entry *entry);
// Whom the entry means, with the role that its groups give. UNAUTHENTICATED, with what to do, when
// that is nobody who may come in.
MUST_CHECK bool sso_directory_person(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                                     const struct sso_directory *directory,
                                     const struct directory_entry *entry, struct user *ret,
                                     struct error *err);

// --- the wired room -----------------------------------------------------------------------------

// What providers say of themselves, kept for ten minutes. While four threads wait for slow
// providers or directories, further ones are UNAVAILABLE, so that people are answered.
struct sso_room;
struct sso_room *sso_new(mem_ctx *ctx);
MUST_CHECK bool sso_place(struct sso_room *room, mem_ctx *ctx, const struct sso_provider *provider,
                          struct oidc_place *ret, struct error *err);
// oidc_come_back(), within that limit.
MUST_CHECK bool sso_come_back(struct sso_room *room, mem_ctx *ctx, const struct oidc_return *back,
                              struct oidc_claims *ret, struct error *err);

// directory_sign_in(), within that limit; a directory that did not answer is left alone for ten
// seconds.
struct sso_asking {
    const struct sso_directory *directory;
    struct str login;
    struct str password;
};
MUST_CHECK bool sso_ask(struct sso_room *room, mem_ctx *ctx, const struct sso_asking *asking,
                        struct directory_entry *ret, struct error *err);

// Whom the claims mean. UNAUTHENTICATED, with what to do, when that is nobody who may come in.
MUST_CHECK bool sso_person(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                           const struct sso_provider *provider, const struct oidc_claims *claims,
                           struct user *ret, struct error *err);

MUST_CHECK bool sso_person_moved(struct db *tx, struct user_id from, struct user_id to,
                                 struct error *err);
// The person was deleted.
MUST_CHECK bool sso_person_gone(struct db *tx, struct user_id user, struct error *err);

#endif
