// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/rate.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"

#define BUCKETS 8192
#define WAYS 8  // places that one key may stand in
#define GUESSES 4096
#define VERIFIED 256
#define VERIFIED_MS MINUTES_MS
#define FREE_GUESSES 5
#define LONGEST_WAIT_MS (5 * MINUTES_MS)
#define GUESS_MEMORY_MS HOURS_MS

struct bucket {
    uint64_t key;
    int64_t milli;  // thousandths of a request left
    int64_t at;
};

struct guess {
    uint64_t key;
    int64_t failures;
    int64_t at;  // of the last failure
};

struct verified {
    struct hash key;
    struct user_id user;
    int64_t at;
};

struct limiter {
    pthread_mutex_t lock;
    uint64_t seed;
    struct bucket buckets[BUCKETS];
    struct guess guesses[GUESSES];
    struct verified verified[VERIFIED];
};

static void limiter_destroy(void *handle)
{
    struct limiter *limiter = handle;
    (void)pthread_mutex_destroy(&limiter->lock);
}

struct limiter *limiter_new(mem_ctx *ctx)
{
    struct limiter *limiter = mem_new(ctx, struct limiter);
    (void)pthread_mutex_init(&limiter->lock, NULL);
    random_bytes(&limiter->seed, sizeof limiter->seed);
    mem_on_free(limiter, limiter_destroy, limiter);
    return limiter;
}

// Keyed, so that nobody can choose names that collide with another's.
static uint64_t key_of(const struct limiter *limiter, const char *kind, struct str text)
{
    struct str seed = {(const char *)&limiter->seed, sizeof limiter->seed};
    struct hash hash = hash_keyed(seed, text);
    uint64_t key = 0;
    memcpy(&key, hash.bytes, sizeof key);
    return (key ^ str_hash(str_c(kind))) | 1;
}

static struct bucket *bucket_find_locked(struct limiter *limiter, uint64_t key)
{
    size_t start = key % BUCKETS;
    struct bucket *oldest = &limiter->buckets[start];
    for (size_t i = 0; i < WAYS; i++) {
        struct bucket *one = &limiter->buckets[(start + i) % BUCKETS];
        if (one->key == key) {
            return one;
        }
        oldest = one->at < oldest->at ? one : oldest;
    }
    *oldest = (struct bucket){.key = key, .milli = -1};
    return oldest;
}

bool rate_take(struct limiter *limiter, struct str key, int64_t per_minute, int64_t now_ms,
               int64_t *ret_left, int64_t *ret_wait_s)
{
    *ret_left = per_minute;
    *ret_wait_s = 0;
    if (per_minute <= 0) {
        return true;
    }
    uint64_t hashed = key_of(limiter, "rate", key);
    (void)pthread_mutex_lock(&limiter->lock);
    struct bucket *bucket = bucket_find_locked(limiter, hashed);
    int64_t full = per_minute * 1000;
    if (bucket->milli < 0) {
        bucket->milli = full;
        bucket->at = now_ms;
    }
    int64_t passed = now_ms > bucket->at ? now_ms - bucket->at : 0;
    passed = passed > MINUTES_MS ? MINUTES_MS : passed;
    bucket->milli += passed * per_minute / 60;
    bucket->milli = bucket->milli > full ? full : bucket->milli;
    bucket->at = now_ms;
    bool ok = bucket->milli >= 1000;
    if (ok) {
        bucket->milli -= 1000;
    } else {
        *ret_wait_s = (1000 - bucket->milli) * 60 / full + 1;
    }
    *ret_left = bucket->milli / 1000;
    (void)pthread_mutex_unlock(&limiter->lock);
    return ok;
}

static struct guess *guess_find_locked(struct limiter *limiter, uint64_t key)
{
    size_t start = key % GUESSES;
    struct guess *oldest = &limiter->guesses[start];
    for (size_t i = 0; i < WAYS; i++) {
        struct guess *one = &limiter->guesses[(start + i) % GUESSES];
        if (one->key == key) {
            return one;
        }
        oldest = one->at < oldest->at ? one : oldest;
    }
    *oldest = (struct guess){.key = key};
    return oldest;
}

static int64_t wait_ms(const struct guess *guess, int64_t free, int64_t now_ms)
{
    if (guess->failures < free || now_ms - guess->at > GUESS_MEMORY_MS) {
        return 0;
    }
    int64_t over = guess->failures - free;
    int64_t wait = over > 8 ? LONGEST_WAIT_MS : SECONDS_MS << over;
    wait = wait > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : wait;
    int64_t left = guess->at + wait - now_ms;
    return left > 0 ? left : 0;
}

// An address is shared by many people behind one router, so it is given more.
#define FREE_GUESSES_ADDRESS 40

bool guess_allowed(struct limiter *limiter, struct str account, struct str address, int64_t now_ms,
                   struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "guess");
    uint64_t by_account = key_of(limiter, "account", str_lower(ctx, account));
    uint64_t by_address = key_of(limiter, "address", address);
    mem_free(ctx);
    (void)pthread_mutex_lock(&limiter->lock);
    int64_t wait = wait_ms(guess_find_locked(limiter, by_account), FREE_GUESSES, now_ms);
    int64_t other = wait_ms(guess_find_locked(limiter, by_address), FREE_GUESSES_ADDRESS, now_ms);
    (void)pthread_mutex_unlock(&limiter->lock);
    wait = other > wait ? other : wait;
    return wait == 0 ||
           error_set(err, ERR_RATE_LIMITED,
                     "Too many wrong passwords. Please wait %lld seconds and try again.",
                     (long long)((wait + 999) / 1000));
}

void guess_failed(struct limiter *limiter, struct str account, struct str address, int64_t now_ms)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "guess");
    uint64_t keys[] = {key_of(limiter, "account", str_lower(ctx, account)),
                       key_of(limiter, "address", address)};
    mem_free(ctx);
    (void)pthread_mutex_lock(&limiter->lock);
    for (size_t i = 0; i < 2; i++) {
        struct guess *guess = guess_find_locked(limiter, keys[i]);
        guess->failures = now_ms - guess->at > GUESS_MEMORY_MS ? 1 : guess->failures + 1;
        guess->at = now_ms;
    }
    (void)pthread_mutex_unlock(&limiter->lock);
}

void guess_passed(struct limiter *limiter, struct str account)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "guess");
    uint64_t key = key_of(limiter, "account", str_lower(ctx, account));
    mem_free(ctx);
    (void)pthread_mutex_lock(&limiter->lock);
    guess_find_locked(limiter, key)->failures = 0;
    (void)pthread_mutex_unlock(&limiter->lock);
}

static struct verified *verified_place(struct limiter *limiter, const struct hash *key)
{
    return &limiter->verified[(key->bytes[0] | key->bytes[1] << 8) % VERIFIED];
}

bool rate_verified(struct limiter *limiter, struct hash key, int64_t now_ms, struct user_id *ret)
{
    (void)pthread_mutex_lock(&limiter->lock);
    const struct verified *place = verified_place(limiter, &key);
    bool known = place->user.v != 0 && now_ms - place->at < VERIFIED_MS &&
                 memcmp(place->key.bytes, key.bytes, HASH_SIZE) == 0;
    if (known) {
        *ret = place->user;
    }
    (void)pthread_mutex_unlock(&limiter->lock);
    return known;
}

void rate_verified_add(struct limiter *limiter, struct hash key, int64_t now_ms,
                       struct user_id user)
{
    (void)pthread_mutex_lock(&limiter->lock);
    *verified_place(limiter, &key) = (struct verified){key, user, now_ms};
    (void)pthread_mutex_unlock(&limiter->lock);
}

void rate_forget_verified(struct limiter *limiter)
{
    (void)pthread_mutex_lock(&limiter->lock);
    memset(limiter->verified, 0, sizeof limiter->verified);
    (void)pthread_mutex_unlock(&limiter->lock);
}
