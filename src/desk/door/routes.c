// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/door/pages_internal.h"

#define FORM_BYTES (64 << 10)

const struct route *door_routes(size_t *ret_count)
{
    static const struct route ROUTES[] = {
        {HTTP_GET, "/account/factors", page_factors, ROUTE_PAGE, WHO_SIGNED_IN, RATE_PAGE, 0,
         false},
        {HTTP_POST, "/account/factors/app", page_factor_app, ROUTE_PAGE, WHO_SIGNED_IN, RATE_PAGE,
         FORM_BYTES, false},
        {HTTP_POST, "/account/factors/app/add", page_factor_app_add, ROUTE_PAGE, WHO_SIGNED_IN,
         RATE_PAGE, FORM_BYTES, false},
        {HTTP_POST, "/account/factors/passkey", page_factor_passkey_add, ROUTE_PAGE, WHO_SIGNED_IN,
         RATE_PAGE, FORM_BYTES, false},
        {HTTP_POST, "/account/factors/codes", page_factor_codes, ROUTE_PAGE, WHO_SIGNED_IN,
         RATE_PAGE, FORM_BYTES, false},
        {HTTP_POST, "/account/factors/{factor:id}/remove", page_factor_remove, ROUTE_PAGE,
         WHO_SIGNED_IN, RATE_PAGE, FORM_BYTES, false},
        {HTTP_POST, "/people/{user:id}/factors/remove", page_factors_take_away, ROUTE_PAGE,
         WHO_ADMIN, RATE_PAGE, FORM_BYTES, false},
        {HTTP_GET, "/sign-in/second", page_second, ROUTE_PAGE, WHO_ANYONE, RATE_PAGE, 0, false},
        {HTTP_POST, "/sign-in/second", page_second_send, ROUTE_PAGE, WHO_ANYONE, RATE_SIGN_IN,
         FORM_BYTES, false},
        {HTTP_POST, "/sign-in/second/app", page_second_app, ROUTE_PAGE, WHO_ANYONE, RATE_SIGN_IN,
         FORM_BYTES, false},
        {HTTP_POST, "/sign-in/passkey", page_passkey_sign_in, ROUTE_PAGE, WHO_ANYONE, RATE_SIGN_IN,
         FORM_BYTES, false},
    };
    *ret_count = sizeof ROUTES / sizeof *ROUTES;
    return ROUTES;
}
