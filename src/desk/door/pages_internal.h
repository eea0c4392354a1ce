// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the pages of the door.
#ifndef STEWARD_DESK_DOOR_PAGES_INTERNAL_H
#define STEWARD_DESK_DOOR_PAGES_INTERNAL_H

#include "desk/desk.h"
#include "desk/door/pages.h"
#include "desk/door/webauthn.h"

#define APP_PLACE "second factor: new app"

struct factors door_factors(struct ctx *ctx);
// From the commit on, passwords that were right a moment ago are looked at again.
void door_forget_passwords(struct ctx *ctx, struct db *tx);
// A new secret for an app; `account` is what the app shows beside the desk's name.
MUST_CHECK bool door_app_new(struct ctx *ctx, struct user_id user, struct str account,
                             struct vm_app_new *ret, struct error *err);
// The secret that the form brought back, checked to be this person's; INVALID when it is too old.
MUST_CHECK bool door_app_secret(struct ctx *ctx, struct user_id user, struct str *ret,
                                struct error *err);
// A new question to a passkey of this person (0: whoever has one).
void door_passkey_ask(struct ctx *ctx, struct user_id user, bool creates, struct vm_passkey *ret);
// The checked answer to it; *ret_user is whom it was asked.
struct passkey_answer {
    struct user_id user;
    struct str challenge;
    struct str client_json;
    struct str authenticator;
    struct webauthn_data data;
};
MUST_CHECK bool door_passkey_answer(struct ctx *ctx, bool creates, struct passkey_answer *ret,
                                    struct error *err);

bool page_factors(struct ctx *ctx, struct error *err);
bool page_factor_app(struct ctx *ctx, struct error *err);
bool page_factor_app_add(struct ctx *ctx, struct error *err);
bool page_factor_passkey_add(struct ctx *ctx, struct error *err);
bool page_factor_remove(struct ctx *ctx, struct error *err);
bool page_factor_codes(struct ctx *ctx, struct error *err);
bool page_factors_take_away(struct ctx *ctx, struct error *err);
bool page_second(struct ctx *ctx, struct error *err);
bool page_second_send(struct ctx *ctx, struct error *err);
bool page_second_app(struct ctx *ctx, struct error *err);
bool page_passkey_sign_in(struct ctx *ctx, struct error *err);

// The page of one's factors, with what was just made.
MUST_CHECK bool door_show_factors(struct ctx *ctx, struct vm_factors *vm, struct error *err);

#endif
