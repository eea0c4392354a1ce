// SPDX-License-Identifier: GPL-3.0-or-later
//
// What every request passes, and what every handler is given. `struct app` is the wired program
// (built only in cmd/); `struct ctx` is one request's view of it.
#ifndef STEWARD_APP_APP_H
#define STEWARD_APP_APP_H

#include "app/actor.h"
#include "base/clock.h"
#include "db/db.h"
#include "http/http.h"

struct blob_store;
struct live_hub;
struct config;
struct route_table;
struct desk;
struct ctx;
struct limiter;
struct metrics;
struct seen;

// A place elsewhere where people sign in.
struct sign_in_place {
    struct str name;
    struct url link;
};

struct app {
    const struct config *config;
    struct clock *clock;
    struct db_store *db;
    struct blob_store *blobs;
    struct live_hub *live;
    const struct route_table *routes;
    struct desk *desk;  // the wired rooms; reached by desk/desk.h
    // Finds who a session's or token's user is; supplied by the people room so that app/ knows no
    // room. Sets *ret to the anonymous actor when the user is gone or suspended.
    bool (*load_actor)(struct db *db, mem_ctx *ctx, struct user_id user, struct actor *ret,
                       struct error *err);
    // Whom this password lets in by itself; none (v == 0) when it is nobody's or not enough.
    bool (*check_password)(struct ctx *ctx, struct str email, struct str password,
                           struct user_id *ret, struct error *err);
    // Whose address this is; none when it is nobody's.
    bool (*find_by_email)(struct db *db, mem_ctx *ctx, struct str email, struct user_id *ret,
                          struct error *err);
    // Which of the topics in ctx's parameter "topics" this actor may hear.
    struct str (*live_topics)(struct ctx *ctx, struct str topics);
    // Asked when somebody has proved who they are and before they are in: may answer with a further
    // question. NULL: nobody asks.
    bool (*arrives)(struct ctx *ctx, struct user_id user, struct str next, bool *ret_answered,
                    struct error *err);
    // A question to whoever has a passkey, for the page where people sign in. NULL: none is asked.
    void (*passkey_ask)(struct ctx *ctx, struct str *ret_challenge, struct str *ret_ticket,
                        struct str *ret_rp);
    // Other places where people sign in, as links, for the same page; *ret_names where names count
    // that are no addresses. NULL: there are none.
    bool (*sign_in_places)(struct ctx *ctx, struct str next, struct sign_in_place **ret,
                           size_t *ret_count, bool *ret_names, struct error *err);
    // Whose name and password these are elsewhere, when they are nobody's here. NOT_FOUND: nobody's
    // there either; UNAUTHENTICATED: somebody's who may not come in; UNAVAILABLE. NULL: never.
    bool (*password_elsewhere)(struct ctx *ctx, struct str name, struct str password,
                               struct user_id *ret, struct error *err);
    // Writes an error as a page.
    void (*render_error)(struct ctx *ctx, const struct error *err);
    struct view_site *site;  // zones, formats and plurals for pages; NULL: English, UTC
    struct limiter *limiter;
    struct metrics *metrics;
    struct seen *seen;  // may be NULL: uses of sessions and tokens are not noted
    struct str secret;  // 32 random bytes of this desk: keyed hashes, tokens in links
};

struct path_params {
    int64_t ids[4];       // {name:id} parts in order
    struct str texts[4];  // {name} parts in order
};

struct ctx {
    struct app *app;
    mem_ctx *mem;  // the request's memory
    const struct http_request *req;
    struct http_response *resp;
    struct db *db;  // read-only snapshot; writes go through room functions and db_tx_run
    struct actor actor;
    struct path_params path;
    struct str csrf;          // token to put into forms ("" when there is no session)
    struct str live_mark;     // of when the reading began, for pages that listen: live.h
    bool fragment;            // htmx asked for a part of the page (HX-Request)
    struct str session;       // id of the session as hex of its hash, "" without one
    uint64_t verified_epoch;  // see rate_verified_add()
    struct str scopes;        // of an OAuth token, absent for everybody else: no limit
    int64_t token;            // which token was shown, an OAuth one too; 0 without one
};

typedef bool handler_fn(struct ctx *ctx, struct error *err);

enum who {
    WHO_ANYONE,     // also without session
    WHO_SIGNED_IN,  // any person
    WHO_STAFF,      // light agent and up
    WHO_AGENT,
    WHO_LEAD,
    WHO_ADMIN
};

enum route_kind {
    ROUTE_PAGE,   // session cookie; POST needs the CSRF token; errors as pages
    ROUTE_API,    // basic, bearer or session+X-CSRF-Token; errors as JSON; path also with .json
    ROUTE_PLAIN,  // neither: health, metrics, one-click links; errors as pages
    ROUTE_STATIC  // files of the program: no session, and ctx->db is NULL
};

enum rate_class { RATE_NONE, RATE_PAGE, RATE_API, RATE_SIGN_IN, RATE_PUBLIC_FORM };

struct route {
    enum http_method method;
    const char *path;  // "/tickets/{ticket:id}/comments/{name}"
    handler_fn *handler;
    enum route_kind kind;
    enum who who;
    enum rate_class rate;
    int64_t body_limit;  // bytes; 0: ROUTE_SMALL_BODY; files and raw bodies above 1 MiB go to disk
    bool stream;         // the raw body may go to a file (request->raw)
};

// Clients send small bodies along with GET; they are read and passed over.
#define ROUTE_SMALL_BODY 65536

// Collects the rooms' routes. A path that two rooms claim, or one that is not well formed, is a
// mistake of ours and ends the program. Where several fit, literal segments win over {x:id}, and
// those over {x}, from the left. An id is a decimal number from 1, without leading zeros. The first
// segment, and below /api the third, are literal.
struct route_table *route_table_new(mem_ctx *ctx);
void route_table_add(struct route_table *table, const struct route *routes, size_t count);
// All routes, for tests that walk them.
const struct route *const *route_table_all(const struct route_table *table, size_t *ret_count);

// Dispatches one request: the server's and the tests' entry. Always fills the response.
void dispatch_run(struct app *app, const struct http_request *request,
                  struct http_response *response);
// Before the body is read: the limit for it, or -1 when no route takes this path and method.
// *ret_stream is set where a raw body must go to a file (uploads).
int64_t dispatch_body_limit(const struct app *app, enum http_method method, struct str path,
                            bool *ret_stream);
// A request that could not be read at all.
void dispatch_refuse(struct app *app, const struct http_request *request, const struct error *why,
                     struct http_response *response);

#endif
