// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which addresses are the desk's: those in the settings and those that mail is fetched from. With
// no mailbox set, whatever the mail server hands over is ours; answers then come from the address
// that was written to.
#include "desk/channels/mailbox.h"

#include <pthread.h>

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

// --- those that mail is fetched from ------------------------------------------------------------

struct mailbox_known {
    pthread_rwlock_t lock;
    mem_ctx *items_ctx;
    struct str *items;
    size_t count;
};

static void known_free(void *handle)
{
    struct mailbox_known *known = handle;
    (void)pthread_rwlock_destroy(&known->lock);
    mem_free(known->items_ctx);
}

struct mailbox_known *mailbox_known_new(mem_ctx *ctx)
{
    struct mailbox_known *known = mem_new(ctx, struct mailbox_known);
    (void)pthread_rwlock_init(&known->lock, NULL);
    mem_on_free(known, known_free, known);
    return known;
}

void mailbox_known_set(struct mailbox_known *known, const struct str *addresses, size_t count)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "mailboxes");
    struct str *items = mem_array(ctx, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        items[i] = str_lower(ctx, addresses[i]);
    }
    (void)pthread_rwlock_wrlock(&known->lock);
    mem_ctx *old = known->items_ctx;
    known->items_ctx = ctx;
    known->items = items;
    known->count = count;
    (void)pthread_rwlock_unlock(&known->lock);
    mem_free(old);
}

// --- all ----------------------------------------------------------------------------------------

struct str *mailbox_list(const struct desk *desk, mem_ctx *ctx, size_t *ret_count)
{
    const struct config *config = desk->app->config;
    struct mailbox_known *known = desk->mailboxes;
    size_t count = 0;
    (void)pthread_rwlock_rdlock(&known->lock);
    struct str *list = mem_array(ctx, struct str, config->alias.count + known->count + 2);
    if (config->mailbox.len > 0) {
        list[count++] = config->mailbox;
    }
    for (size_t i = 0; i < config->alias.count; i++) {
        list[count++] = config->alias.items[i];
    }
    for (size_t i = 0; i < known->count; i++) {
        list[count++] = str_dup(ctx, known->items[i]);
    }
    (void)pthread_rwlock_unlock(&known->lock);
    *ret_count = count;
    return list;
}

bool mailbox_is_own(const struct desk *desk, mem_ctx *ctx, struct str address)
{
    size_t count = 0;
    const struct str *list = mailbox_list(desk, ctx, &count);
    struct str bare = bare_address(desk, ctx, address);
    for (size_t i = 0; i < count; i++) {
        if (str_ieq(bare, list[i])) {
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
    size_t count = 0;
    const struct str *list = mailbox_list(desk, ctx, &count);
    if (count > 0) {
        return list[0];
    }
    struct str host = config->public_url;
    ptrdiff_t scheme = str_find(host, STR("://"));
    struct str rest;
    host = scheme < 0 ? STR("localhost") : str_from(host, (size_t)scheme + 3);
    str_cut(host, '/', &host, &rest);
    str_cut(host, ':', &host, &rest);
    return str_printf(ctx, "support@" STR_FMT, STR_ARG(is_name(host) ? host : STR("localhost")));
}
