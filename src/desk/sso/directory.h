// SPDX-License-Identifier: GPL-3.0-or-later
//
// Directories that speak LDAP (RFC 4511), by libldap: the entry is found with a name and password
// of the desk's own, then bound to with the person's password (RFC 4513, section 5.1.3). Passwords
// travel by TLS, inside this machine, or not at all unless an administrator says otherwise. All of
// a call ends within DIRECTORY_SECONDS of being connected, however slowly the other side speaks.
#ifndef STEWARD_DESK_SSO_DIRECTORY_H
#define STEWARD_DESK_SSO_DIRECTORY_H

#include "base/error.h"
#include "base/str.h"

#define DIRECTORY_SECONDS 6
#define DIRECTORY_GROUPS_MOST 20

struct directory {
    struct str url;  // ldaps://…, or ldap://…
    bool start_tls;
    bool insecure;        // neither is demanded
    struct str ca;        // PEM; "" for the system's authorities
    struct str bind_dn;   // "" to search without a name
    struct str password;  // of bind_dn
    struct str base;
    struct str filter;  // with {login}
    struct str attr_mail;
    struct str attr_name;
    struct str groups[DIRECTORY_GROUPS_MOST];  // DNs of groups to be asked about
    size_t group_count;
};

struct directory_entry {
    struct str dn;
    struct str id;    // what stays when the entry is renamed
    struct str mail;  // "" for none, as the next
    struct str name;
    bool member[DIRECTORY_GROUPS_MOST];  // of directory.groups
};

// Before there are threads: libldap reads no settings of this machine or of anybody's home.
void directory_start(void);

// INVALID with the field at fault: url, bind_dn, password, base, filter, attr_mail, attr_name, ca,
// or roles for its groups.
MUST_CHECK bool directory_check(mem_ctx *ctx, const struct directory *directory, struct error *err);
// Whether what it says is its own word: by TLS, or inside this machine.
bool directory_proved(mem_ctx *ctx, const struct directory *directory);

// Whether it answers and lets the desk search. UNAVAILABLE with why, as those that follow.
MUST_CHECK bool directory_try(mem_ctx *ctx, const struct directory *directory, struct error *err);
// The entry of a login name, no password asked. NOT_FOUND for none, CONFLICT for several.
MUST_CHECK bool directory_find(mem_ctx *ctx, const struct directory *directory, struct str login,
                               struct directory_entry *ret, struct error *err);
// The same, and this is its password. UNAUTHENTICATED for a wrong one, and for an empty one, which
// directories take for an anonymous bind (RFC 4513, section 5.1.2).
MUST_CHECK bool directory_sign_in(mem_ctx *ctx, const struct directory *directory, struct str login,
                                  struct str password, struct directory_entry *ret,
                                  struct error *err);

// A filter with {login} filled in so that nothing in it is syntax (RFC 4515, section 3).
struct str directory_filter(mem_ctx *ctx, struct str filter, struct str login);

#endif
