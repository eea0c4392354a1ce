// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which addresses are the desk's. With no mailbox set, whatever the mail server hands over is ours;
// answers then come from the address that was written to.
#include "desk/channels/mailbox.h"

#include "app/config.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "mail/ids.h"

static struct str bare_address(const struct desk *desk, mem_ctx *ctx, struct str address)
{
    struct str bare = str_trim(address);
    (void)mail_address_token(ctx, desk->app->secret, str_trim(address), &bare);
    return str_lower(ctx, bare);
}

bool mailbox_is_own(const struct desk *desk, mem_ctx *ctx, struct str address)
{
    const struct config *config = desk->app->config;
    struct str bare = bare_address(desk, ctx, address);
    if (config->mailbox.len > 0 && str_ieq(bare, config->mailbox)) {
        return true;
    }
    for (size_t i = 0; i < config->alias.count; i++) {
        if (str_ieq(bare, config->alias.items[i])) {
            return true;
        }
    }
    return false;
}

bool intake_knows(const struct desk *desk, mem_ctx *ctx, struct str recipient)
{
    return desk->app->config->mailbox.len == 0 || mailbox_is_own(desk, ctx, recipient);
}

// A network address is no mail domain.
static bool is_name(struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
            return host.ptr[0] != '[';
        }
    }
    return false;
}

struct str mailbox_for(const struct desk *desk, mem_ctx *ctx, struct str recipient)
{
    const struct config *config = desk->app->config;
    if (!str_empty(recipient) && intake_knows(desk, ctx, recipient)) {
        return bare_address(desk, ctx, recipient);
    }
    if (config->mailbox.len > 0) {
        return config->mailbox;
    }
    struct str host = config->public_url;
    ptrdiff_t scheme = str_find(host, STR("://"));
    struct str rest;
    host = scheme < 0 ? STR("localhost") : str_from(host, (size_t)scheme + 3);
    str_cut(host, '/', &host, &rest);
    str_cut(host, ':', &host, &rest);
    return str_printf(ctx, "support@" STR_FMT, STR_ARG(is_name(host) ? host : STR("localhost")));
}
