// SPDX-License-Identifier: GPL-3.0-or-later
//
// A desk without rooms, for this folder's tests: an app over a real SQLite file, some routes, and
// requests that go through the dispatcher without a socket.
#ifndef STEWARD_APP_TEST_APP_H
#define STEWARD_APP_TEST_APP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/config.h"
#include "app/session.h"

#define ADMIN ((struct user_id){1})
#define AGENT ((struct user_id){2})
#define CUSTOMER ((struct user_id){3})
#define SUSPENDED ((struct user_id){4})

struct world {
    mem_ctx *ctx;
    char folder[40];
    struct clock clock;
    struct config config;
    struct app app;
    int password_checks;
    // The browser's cookies.
    struct http_pairs cookies;
};

struct sent {
    enum http_method method;
    const char *path;
    const char *query;
    const char *form;            // "a=1&b=2"
    const char *const *headers;  // name, value, … NULL
    const char *scheme;
    bool bare;  // without cookies
};

int world_set_up(void **state);
int world_tear_down(void **state);

struct http_response *world_send(struct world *w, const struct sent *sent);
struct http_response *world_get(struct world *w, const char *path);
// With the token of the last page that was got, and `form` besides.
struct http_response *world_post(struct world *w, const char *path, const char *form);
// The header as text, "" when absent.
const char *world_header(struct world *w, const struct http_response *resp, const char *name);
const char *world_body(struct http_response *resp);
// The cookie of that name, "" without one.
const char *world_cookie(const struct world *w, const char *name);
void world_sign_in(struct world *w, struct user_id user);
struct str world_token(struct world *w, struct user_id user);
const char *world_basic(struct world *w, const char *name, struct str secret);

#endif
