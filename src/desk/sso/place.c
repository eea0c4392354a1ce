// SPDX-License-Identifier: GPL-3.0-or-later
//
// What providers say of themselves, kept for ten minutes, so that signing in asks them once.
#include "desk/sso/sso.h"

#include <pthread.h>

#include "base/clock.h"

#define KEPT 16
#define KEEP_US (10 * MINUTES_MS * 1000)
#define WAITING_MOST 4
#define SILENT_US (10 * SECONDS_MS * 1000)

struct kept_place {
    int64_t provider;
    int64_t updated_at;  // of the provider: a changed one is asked anew
    int64_t until_us;
    mem_ctx *mem;
    struct oidc_place place;
};

// A directory that did not answer.
struct silent {
    int64_t directory;
    int64_t updated_at;  // of the directory: a changed one is asked anew
    int64_t until_us;
};

struct sso_room {
    pthread_mutex_t lock;  // guards what follows
    struct kept_place kept[KEPT];
    struct silent silent[KEPT];
    int waiting;  // threads that ask providers now
};

static void close_room(void *handle)
{
    struct sso_room *room = handle;
    for (size_t i = 0; i < KEPT; i++) {
        if (room->kept[i].mem != NULL) {
            mem_free(room->kept[i].mem);
        }
    }
    (void)pthread_mutex_destroy(&room->lock);
}

struct sso_room *sso_new(mem_ctx *ctx)
{
    struct sso_room *room = mem_new(ctx, struct sso_room);
    (void)pthread_mutex_init(&room->lock, NULL);
    directory_start();
    mem_on_free(room, close_room, room);
    return room;
}

static void copy_place(mem_ctx *ctx, const struct oidc_place *from, struct oidc_place *to)
{
    *to = (struct oidc_place){.issuer = str_dup(ctx, from->issuer),
                              .authorize_url = str_dup(ctx, from->authorize_url),
                              .token_url = str_dup(ctx, from->token_url),
                              .userinfo_url = str_dup(ctx, from->userinfo_url),
                              .keys = str_dup(ctx, from->keys),
                              .secret_in_form = from->secret_in_form};
}

static struct kept_place *slot_of(struct sso_room *room, struct provider_id id)
{
    return &room->kept[(uint64_t)id.v % KEPT];
}

static bool look(struct sso_room *room, mem_ctx *ctx, const struct sso_provider *provider,
                 struct oidc_place *ret)
{
    (void)pthread_mutex_lock(&room->lock);
    const struct kept_place *slot = slot_of(room, provider->id);
    bool good = slot->provider == provider->id.v && slot->updated_at == provider->updated_at &&
                slot->until_us > clock_monotonic_us();
    if (good) {
        copy_place(ctx, &slot->place, ret);
    }
    (void)pthread_mutex_unlock(&room->lock);
    return good;
}

static void keep(struct sso_room *room, const struct sso_provider *provider,
                 const struct oidc_place *place)
{
    (void)pthread_mutex_lock(&room->lock);
    struct kept_place *slot = slot_of(room, provider->id);
    if (slot->mem != NULL) {
        mem_free(slot->mem);
    }
    slot->mem = mem_ctx_new(NULL, "sign-in provider");
    slot->provider = provider->id.v;
    slot->updated_at = provider->updated_at;
    slot->until_us = clock_monotonic_us() + KEEP_US;
    copy_place(slot->mem, place, &slot->place);
    (void)pthread_mutex_unlock(&room->lock);
}

// A provider that does not answer must not hold all threads that answer people.
static bool begin_waiting(struct sso_room *room, struct error *err)
{
    (void)pthread_mutex_lock(&room->lock);
    bool may = room->waiting < WAITING_MOST;
    room->waiting += may ? 1 : 0;
    (void)pthread_mutex_unlock(&room->lock);
    return may || error_set(err, ERR_UNAVAILABLE,
                            "The place where you sign in is slow just now. Try again in a minute.");
}

static void end_waiting(struct sso_room *room)
{
    (void)pthread_mutex_lock(&room->lock);
    room->waiting--;
    (void)pthread_mutex_unlock(&room->lock);
}

bool sso_place(struct sso_room *room, mem_ctx *ctx, const struct sso_provider *provider,
               struct oidc_place *ret, struct error *err)
{
    if (look(room, ctx, provider, ret)) {
        return true;
    }
    if (!begin_waiting(room, err)) {
        return false;
    }
    bool found = oidc_discover(ctx, provider->issuer, provider->ca, ret, err);
    end_waiting(room);
    if (found) {
        keep(room, provider, ret);
    }
    return found;
}

bool sso_come_back(struct sso_room *room, mem_ctx *ctx, const struct oidc_return *back,
                   struct oidc_claims *ret, struct error *err)
{
    if (!begin_waiting(room, err)) {
        return false;
    }
    bool came = oidc_come_back(ctx, back, ret, err);
    end_waiting(room);
    return came;
}

static bool is_silent(struct sso_room *room, const struct sso_directory *directory)
{
    (void)pthread_mutex_lock(&room->lock);
    const struct silent *slot = &room->silent[(uint64_t)directory->id.v % KEPT];
    bool silent = slot->directory == directory->id.v && slot->updated_at == directory->updated_at &&
                  slot->until_us > clock_monotonic_us();
    (void)pthread_mutex_unlock(&room->lock);
    return silent;
}

static void keep_silent(struct sso_room *room, const struct sso_directory *directory)
{
    (void)pthread_mutex_lock(&room->lock);
    room->silent[(uint64_t)directory->id.v % KEPT] =
        (struct silent){.directory = directory->id.v,
                        .updated_at = directory->updated_at,
                        .until_us = clock_monotonic_us() + SILENT_US};
    (void)pthread_mutex_unlock(&room->lock);
}

bool sso_ask(struct sso_room *room, mem_ctx *ctx, const struct sso_asking *asking,
             struct directory_entry *ret, struct error *err)
{
    const struct sso_directory *directory = asking->directory;
    if (is_silent(room, directory)) {
        return error_set(err, ERR_UNAVAILABLE, "The directory did not answer just now.");
    }
    if (!begin_waiting(room, err)) {
        return false;
    }
    bool right = directory_sign_in(ctx, &directory->at, asking->login, asking->password, ret, err);
    end_waiting(room);
    if (!right && err->code == ERR_UNAVAILABLE) {
        keep_silent(room, directory);
    }
    return right;
}
