// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/rate.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "http/address.h"

#define STRIPES 64
#define BUCKETS 128  // in each stripe
#define WAYS 8       // places that one key may stand in
#define GUESSES 4096
#define VERIFIED 256
#define VERIFIED_MS MINUTES_MS
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

// Every request takes from a budget, so these have many locks.
struct stripe {
    pthread_mutex_t lock;
    struct bucket buckets[BUCKETS];
};

struct limiter {
    char seed[16];
    struct stripe stripes[STRIPES];
    _Atomic uint64_t epoch;  // changes under the lock
    pthread_mutex_t lock;    // guards what follows
    struct guess guesses[GUESSES];
    struct verified verified[VERIFIED];
};

static void limiter_destroy(void *handle)
{
    struct limiter *limiter = handle;
    for (size_t i = 0; i < STRIPES; i++) {
        (void)pthread_mutex_destroy(&limiter->stripes[i].lock);
    }
    (void)pthread_mutex_destroy(&limiter->lock);
}

struct limiter *limiter_new(mem_ctx *ctx)
{
    struct limiter *limiter = mem_new(ctx, struct limiter);
    (void)pthread_mutex_init(&limiter->lock, NULL);
    for (size_t i = 0; i < STRIPES; i++) {
        (void)pthread_mutex_init(&limiter->stripes[i].lock, NULL);
    }
    random_bytes(limiter->seed, sizeof limiter->seed);
    mem_on_free(limiter, limiter_destroy, limiter);
    return limiter;
}

// Keyed, so that nobody can choose names that collide with another's.
static uint64_t key_of(const struct limiter *limiter, const char *kind, struct str text)
{
    struct str seed = {limiter->seed, sizeof limiter->seed};
    return (hash_quick(seed, text) ^ str_hash(str_c(kind))) | 1;
}

struct str rate_address(mem_ctx *ctx, struct str address)
{
    struct address parsed;
    if (!address_parse(address, &parsed)) {
        return address;
    }
    struct address group = address_group(&parsed);
    return address_text(ctx, &group);
}

static struct bucket *bucket_find_locked(struct stripe *stripe, uint64_t key)
{
    size_t start = key / STRIPES % BUCKETS;
    struct bucket *oldest = &stripe->buckets[start];
    for (size_t i = 0; i < WAYS; i++) {
        struct bucket *one = &stripe->buckets[(start + i) % BUCKETS];
        if (one->key == key) {
            return one;
        }
        oldest = one->at < oldest->at ? one : oldest;
    }
    *oldest = (struct bucket){.key = key, .milli = -1};
    return oldest;
}

static void bucket_refill(struct bucket *bucket, int64_t per_minute, int64_t now_ms)
{
    int64_t full = per_minute * 1000;
    int64_t passed = now_ms > bucket->at ? now_ms - bucket->at : 0;
    passed = passed > MINUTES_MS ? MINUTES_MS : passed;
    bool fresh = bucket->milli < 0;
    bucket->milli = fresh ? full : bucket->milli + passed * per_minute / 60;
    bucket->milli = bucket->milli > full ? full : bucket->milli;
    bucket->at = now_ms;
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
    struct stripe *stripe = &limiter->stripes[hashed / 2 % STRIPES];
    (void)pthread_mutex_lock(&stripe->lock);
    struct bucket *bucket = bucket_find_locked(stripe, hashed);
    bucket_refill(bucket, per_minute, now_ms);
    bool ok = bucket->milli >= 1000;
    if (ok) {
        bucket->milli -= 1000;
    } else {
        *ret_wait_s = (1000 - bucket->milli) * 60 / (per_minute * 1000) + 1;
    }
    *ret_left = bucket->milli / 1000;
    (void)pthread_mutex_unlock(&stripe->lock);
    return ok;
}

// --- guessing -----------------------------------------------------------------------------------

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

// What is counted of wrong passwords: an account from one address, an account, an address.
#define COUNTED 3
static const struct {
    int64_t free;
    int64_t longest_ms;
} PATIENCE[COUNTED] = {{5, 5 * MINUTES_MS}, {100, 30 * SECONDS_MS}, {40, 5 * MINUTES_MS}};

static int64_t wait_ms(const struct guess *guess, size_t kind, int64_t now_ms)
{
    if (guess->failures < PATIENCE[kind].free || now_ms - guess->at > GUESS_MEMORY_MS) {
        return 0;
    }
    int64_t over = guess->failures - PATIENCE[kind].free;
    int64_t wait = over > 20 ? PATIENCE[kind].longest_ms : SECONDS_MS << over;
    wait = wait > PATIENCE[kind].longest_ms ? PATIENCE[kind].longest_ms : wait;
    int64_t left = guess->at + wait - now_ms;
    return left > 0 ? left : 0;
}

static void guess_keys(const struct limiter *limiter, struct str account, struct str address,
                       uint64_t keys[COUNTED])
{
    mem_ctx *ctx = mem_ctx_new(NULL, "guess");
    struct str folded = str_lower(ctx, str_none(account) ? STR("") : account);
    struct str group = rate_address(ctx, address);
    keys[0] = key_of(limiter, "pair",
                     str_printf(ctx, STR_FMT "\n" STR_FMT, STR_ARG(folded), STR_ARG(group)));
    keys[1] = key_of(limiter, "account", folded);
    keys[2] = key_of(limiter, "address", group);
    mem_free(ctx);
}

bool guess_allowed(struct limiter *limiter, struct str account, struct str address, int64_t now_ms,
                   struct error *err)
{
    uint64_t keys[COUNTED];
    int64_t longest = 0;
    guess_keys(limiter, account, address, keys);
    (void)pthread_mutex_lock(&limiter->lock);
    for (size_t i = 0; i < COUNTED; i++) {
        int64_t wait = wait_ms(guess_find_locked(limiter, keys[i]), i, now_ms);
        longest = wait > longest ? wait : longest;
    }
    (void)pthread_mutex_unlock(&limiter->lock);
    int64_t wait_s = (longest + 999) / 1000;
    return longest == 0 ||
           error_wait(err, ERR_RATE_LIMITED, wait_s,
                      "Too many wrong passwords. Please wait %lld second%s and try again.",
                      (long long)wait_s, wait_s == 1 ? "" : "s");
}

void guess_failed(struct limiter *limiter, struct str account, struct str address, int64_t now_ms)
{
    uint64_t keys[COUNTED];
    guess_keys(limiter, account, address, keys);
    (void)pthread_mutex_lock(&limiter->lock);
    for (size_t i = 0; i < COUNTED; i++) {
        struct guess *guess = guess_find_locked(limiter, keys[i]);
        guess->failures = now_ms - guess->at > GUESS_MEMORY_MS ? 1 : guess->failures + 1;
        guess->at = now_ms;
    }
    (void)pthread_mutex_unlock(&limiter->lock);
}

void guess_passed(struct limiter *limiter, struct str account, struct str address)
{
    uint64_t keys[COUNTED];
    guess_keys(limiter, account, address, keys);
    (void)pthread_mutex_lock(&limiter->lock);
    guess_find_locked(limiter, keys[0])->failures = 0;
    guess_find_locked(limiter, keys[1])->failures = 0;
    (void)pthread_mutex_unlock(&limiter->lock);
}

// --- verified passwords -------------------------------------------------------------------------

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

uint64_t rate_verified_epoch(struct limiter *limiter)
{
    return atomic_load(&limiter->epoch);
}

void rate_verified_add(struct limiter *limiter, struct hash key, uint64_t epoch, int64_t now_ms,
                       struct user_id user)
{
    (void)pthread_mutex_lock(&limiter->lock);
    if (atomic_load(&limiter->epoch) == epoch) {
        *verified_place(limiter, &key) = (struct verified){key, user, now_ms};
    }
    (void)pthread_mutex_unlock(&limiter->lock);
}

void rate_forget_verified(struct limiter *limiter)
{
    (void)pthread_mutex_lock(&limiter->lock);
    (void)atomic_fetch_add(&limiter->epoch, 1);
    memset(limiter->verified, 0, sizeof limiter->verified);
    (void)pthread_mutex_unlock(&limiter->lock);
}
