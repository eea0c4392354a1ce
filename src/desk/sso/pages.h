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

// app.sign_in_places: the buttons below the sign-in form.
MUST_CHECK bool sso_offer(struct ctx *ctx, struct str next, struct sign_in_place **ret,
                          size_t *ret_count, struct error *err);

const struct route *sso_routes(size_t *ret_count);

#endif
