// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models and handlers of second factors.
#ifndef STEWARD_DESK_DOOR_PAGES_H
#define STEWARD_DESK_DOOR_PAGES_H

#include "app/app.h"
#include "desk/door/factors.h"
#include "desk/people/people.h"
#include "view/layout.h"

// A question to a passkey. The sealed ticket comes back with the answer and says what was asked.
struct vm_passkey {
    struct str challenge;  // base64url; empty: passkeys are not offered
    struct str ticket;
    struct str rp_id;
    struct str user;         // base64url of the person's handle; registration only
    struct str credentials;  // ids in base64url, blanks between
};

struct vm_second {
    struct vm_layout layout;
    struct str error;
    bool has_app;
    struct vm_passkey passkey;
};

// A new authenticator app: the secret as a QR code and as letters.
struct vm_app_new {
    struct str sealed;  // the secret, to come back with the first code
    struct str shown;
    struct str qr;
    int qr_size;
    struct str name;
    struct str error;
    struct url action;
};

struct vm_factors {
    struct vm_layout layout;
    const struct factor *factors;
    size_t factor_count;
    int64_t codes_left;
    const struct str *codes;  // just made, to be read once
    size_t code_count;
    struct vm_app_new *app;  // NULL: not adding one
    struct vm_passkey passkey;
    struct str person;
    struct str error;
};

// app.arrives: when this person has a second factor, or must have one, the answer asks for it.
MUST_CHECK bool door_arrives(struct ctx *ctx, struct user_id user, struct str next,
                             bool *ret_answered, struct error *err);

// password_check() where no page can ask for more. UNAUTHENTICATED, too, when the right password is
// not enough, because its person has a second step or must have one.
MUST_CHECK bool door_password_alone(struct ctx *ctx, struct str email, struct str password,
                                    struct user *ret, struct error *err);

// app.passkey_ask.
void door_passkey_anyone(struct ctx *ctx, struct str *ret_challenge, struct str *ret_ticket,
                         struct str *ret_rp);

// A text that goes out sealed, for ten minutes and one place, and comes back.
struct str door_give_out(struct ctx *ctx, const char *place, struct user_id user, struct str text);
// False when it is too old or not ours.
bool door_take_back(struct ctx *ctx, const char *place, struct str sealed, struct user_id *ret_user,
                    struct str *ret);

const struct route *door_routes(size_t *ret_count);

#endif
