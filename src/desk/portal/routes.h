// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_DESK_PORTAL_ROUTES_H
#define STEWARD_DESK_PORTAL_ROUTES_H

#include "app/app.h"

const struct route *portal_routes(size_t *ret_count);

// Handlers; the comment at each definition has its address.
bool portal_home(struct ctx *ctx, struct error *err);
bool portal_language(struct ctx *ctx, struct error *err);
bool portal_requests(struct ctx *ctx, struct error *err);
bool portal_ask(struct ctx *ctx, struct error *err);
bool portal_ask_send(struct ctx *ctx, struct error *err);
bool portal_asked(struct ctx *ctx, struct error *err);
bool portal_request(struct ctx *ctx, struct error *err);
bool portal_preview(struct ctx *ctx, struct error *err);
bool portal_request_reply(struct ctx *ctx, struct error *err);

#endif
