// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/gmime_start.h"

#include <gmime/gmime.h>
#include <pthread.h>

static void start(void)
{
    g_mime_init();
}

void mail_gmime_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start);
}

static void unref(void *object)
{
    g_object_unref(object);
}

void *mail_gobject(mem_ctx *ctx, void *object)
{
    mem_on_free(ctx, unref, object);
    return object;
}
