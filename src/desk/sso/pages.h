// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models and handlers of single sign-on.
#ifndef STEWARD_DESK_SSO_PAGES_H
#define STEWARD_DESK_SSO_PAGES_H

#include "app/app.h"
#include "desk/sso/sso.h"
#include "view/layout.h"

struct vm_sso_refused {
    struct vm_layout layout;
    struct str text;
};

struct vm_sso_row {
    struct provider_id id;
    struct str name;
    struct str issuer;
    bool active;
    int64_t people;
};

struct vm_sso_list {
    struct vm_layout layout;
    struct vm_sso_row *rows;
    size_t count;
    struct vm_sso_row *directories;
    size_t directory_count;
    struct str redirect_uri;  // "" while public_url is not set
};

struct vm_sso_form {
    struct vm_layout layout;
    struct provider_id id;
    struct url action;
    struct sso_provider p;
    bool has_secret;
    struct str redirect_uri;
    struct str tried;  // what came of trying, "" when nobody did
    bool works;
    struct str error;
    struct str error_name;
    struct str error_issuer;
    struct str error_client;
    struct str error_ca;
};

struct vm_directory_form {
    struct vm_layout layout;
    struct provider_id id;
    struct url action;
    struct sso_directory d;
    bool has_password;
    struct str other_filter;  // as Active Directory wants it
    struct str like_url;      // shown while nothing is there, as the next
    struct str like_binder;
    struct str like_base;
    struct str like_roles;
    struct str login;  // that was tried
    struct str tried;  // what came of trying, "" when nobody did
    struct str found;  // whom it found
    bool works;
    struct str error;
    struct str error_name;
    struct str error_url;
    struct str error_ca;
    struct str error_bind_dn;
    struct str error_password;
    struct str error_base;
    struct str error_filter;
    struct str error_attr_mail;
    struct str error_attr_name;
    struct str error_staff;
    struct str error_roles;
};

// app.sign_in_places: the buttons below the sign-in form.
MUST_CHECK bool sso_offer(struct ctx *ctx, struct str next, struct sign_in_place **ret,
                          size_t *ret_count, bool *ret_names, struct error *err);
// app.password_elsewhere: asks the directories, in the order of their names, until one knows it.
MUST_CHECK bool sso_password(struct ctx *ctx, struct str name, struct str password,
                             struct user_id *ret, struct error *err);

const struct route *sso_routes(size_t *ret_count);

#endif
