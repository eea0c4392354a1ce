// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who is looking at which ticket: a chain for each of some hundred groups of tickets. Each touch
// also clears what is stale from its own chain and from one more, in turn, so nothing is swept.
#include <pthread.h>
#include <string.h>

#include "live/live_internal.h"

#define CHAINS 1024

struct present {
    int64_t ticket;
    struct presence who;
    struct present *next;
};

struct presences {
    pthread_mutex_t lock;  // guards what follows
    struct present *chains[CHAINS];
    size_t count;
    size_t turn;
};

static void presences_destroy(void *handle)
{
    struct presences *p = handle;
    for (size_t i = 0; i < CHAINS; i++) {
        while (p->chains[i] != NULL) {
            struct present *one = p->chains[i];
            p->chains[i] = one->next;
            mem_free(one);
        }
    }
    (void)pthread_mutex_destroy(&p->lock);
}

struct presences *presences_new(mem_ctx *ctx)
{
    struct presences *p = mem_new(ctx, struct presences);
    (void)pthread_mutex_init(&p->lock, NULL);
    mem_on_free(p, presences_destroy, p);
    return p;
}

static struct present **chain_of(struct presences *p, int64_t ticket)
{
    return &p->chains[(uint64_t)ticket % CHAINS];
}

static void remove_locked(struct presences *p, struct present **link)
{
    struct present *one = *link;
    *link = one->next;
    p->count--;
    mem_free(one);
}

static void clear_stale_locked(struct presences *p, struct present **chain, int64_t now_ms)
{
    for (struct present **link = chain; *link != NULL;) {
        if (now_ms - (*link)->who.seen_ms > LIVE_PRESENCE_MS) {
            remove_locked(p, link);
        } else {
            link = &(*link)->next;
        }
    }
}

static struct present **find_locked(struct presences *p, int64_t ticket, int64_t user)
{
    struct present **link = chain_of(p, ticket);
    while (*link != NULL && ((*link)->ticket != ticket || (*link)->who.user != user)) {
        link = &(*link)->next;
    }
    return link;
}

// The newest stands first in a chain, so the last of this one goes when all is full.
static void make_room_locked(struct presences *p, int64_t ticket)
{
    struct present **link = chain_of(p, ticket);
    while (*link != NULL && (*link)->next != NULL) {
        link = &(*link)->next;
    }
    if (p->count >= PRESENCES_MAX && *link != NULL) {
        remove_locked(p, link);
    }
}

static void put_text(char *out, size_t size, struct str text)
{
    struct str clipped = str_utf8_clip(text, size - 1);
    if (clipped.len > 0) {
        memcpy(out, clipped.ptr, clipped.len);
    }
    out[clipped.len] = '\0';
}

bool presence_touch(struct live_hub *hub, int64_t ticket, int64_t user, struct str name,
                    struct str doing, int64_t now_ms)
{
    struct presences *p = hub_presences(hub);
    struct present *one = mem_new(NULL, struct present);
    one->ticket = ticket;
    one->who.user = user;
    one->who.seen_ms = now_ms;
    put_text(one->who.name, sizeof one->who.name, name);
    put_text(one->who.doing, sizeof one->who.doing,
             str_eq_c(doing, "typing") ? STR("typing") : STR("viewing"));
    (void)pthread_mutex_lock(&p->lock);
    struct present **known = find_locked(p, ticket, user);
    bool news = *known == NULL || (*known)->who.seen_ms + LIVE_PRESENCE_MS < now_ms ||
                strcmp((*known)->who.doing, one->who.doing) != 0;
    if (*known != NULL) {
        remove_locked(p, known);
    }
    clear_stale_locked(p, chain_of(p, ticket), now_ms);
    clear_stale_locked(p, &p->chains[p->turn++ % CHAINS], now_ms);
    make_room_locked(p, ticket);
    bool room = p->count < PRESENCES_MAX;
    if (room) {
        one->next = *chain_of(p, ticket);
        *chain_of(p, ticket) = one;
        p->count++;
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (!room) {
        mem_free(one);
    }
    return news && room;
}

bool presence_leave(struct live_hub *hub, int64_t ticket, int64_t user)
{
    struct presences *p = hub_presences(hub);
    (void)pthread_mutex_lock(&p->lock);
    struct present **known = find_locked(p, ticket, user);
    bool was_there = *known != NULL;
    if (was_there) {
        remove_locked(p, known);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return was_there;
}

size_t presence_list(struct live_hub *hub, int64_t ticket, int64_t except, int64_t now_ms,
                     struct presence *ret, size_t room)
{
    struct presences *p = hub_presences(hub);
    size_t count = 0;
    (void)pthread_mutex_lock(&p->lock);
    for (const struct present *one = *chain_of(p, ticket); one != NULL && count < room;
         one = one->next) {
        bool fresh = now_ms - one->who.seen_ms <= LIVE_PRESENCE_MS;
        if (one->ticket == ticket && one->who.user != except && fresh) {
            ret[count++] = one->who;
        }
    }
    (void)pthread_mutex_unlock(&p->lock);
    return count;
}
