// SPDX-License-Identifier: GPL-3.0-or-later
//
// The addresses that the desk answers, for tests that walk all of them and for whoever sets up a
// proxy or a filter. Needs no data folder.
#include <stdio.h>

#include "app/app.h"
#include "cmd/command.h"
#include "desk/desk.h"

static void print_route(const struct route *route)
{
    static const char *const METHODS[HTTP_METHODS] = {"GET",   "HEAD",   "POST",   "PUT",
                                                      "PATCH", "DELETE", "OPTIONS"};
    static const char *const KINDS[] = {
        [ROUTE_PAGE] = "page",
        [ROUTE_API] = "api",
        [ROUTE_PLAIN] = "plain",
        [ROUTE_STATIC] = "static",
    };
    static const char *const WHO[] = {
        [WHO_ANYONE] = "anyone", [WHO_SIGNED_IN] = "signed-in", [WHO_STAFF] = "staff",
        [WHO_AGENT] = "agent",   [WHO_LEAD] = "lead",           [WHO_ADMIN] = "admin"};
    (void)printf("%s %s %s %s %lld\n", METHODS[route->method], route->path, KINDS[route->kind],
                 WHO[route->who],
                 (long long)(route->body_limit > 0 ? route->body_limit : ROUTE_SMALL_BODY));
}

int cmd_routes(int argc, char **argv)
{
    struct given given;
    switch (
        options_read(argc, argv,
                     "Lists the addresses that the desk answers: method, path, kind (page, api,\n"
                     "plain), who may ask at least, and the largest body in bytes "
                     "(max_upload_bytes holds, too).",
                     NULL, 0, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "routes");
    const struct route_table *table = desk_routes(ctx);
    size_t count = 0;
    const struct route *const *all = route_table_all(table, &count);
    for (size_t i = 0; i < count; i++) {
        print_route(all[i]);
    }
    mem_free(ctx);
    return EX_OK;
}
