// SPDX-License-Identifier: GPL-3.0-or-later
#include "live/live.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096
#define PRESENCES 2048

struct place {
    struct live_subscription *sub;
    struct place *next;
    struct place **link;  // what points here
    char topic[LIVE_TOPIC_BYTES];
    bool changed;
};

struct live_subscription {
    struct live_hub *hub;
    struct live_subscription *next;
    struct live_subscription **link;
    struct place *places;
    size_t count;
    bool greeted;
    bool beat;
    bool waiting;
    void (*wake)(void *arg);
    void *arg;
};

struct present {
    int64_t ticket;  // 0: free
    struct presence who;
};

struct live_hub {
    pthread_mutex_t lock;
    struct place *buckets[BUCKETS];
    struct live_subscription *all;
    size_t count;
    bool closed;
    struct present presences[PRESENCES];
};

static void hub_destroy(void *handle)
{
    struct live_hub *hub = handle;
    (void)pthread_mutex_destroy(&hub->lock);
}

struct live_hub *live_hub_new(mem_ctx *ctx)
{
    struct live_hub *hub = mem_new(ctx, struct live_hub);
    (void)pthread_mutex_init(&hub->lock, NULL);
    mem_on_free(hub, hub_destroy, hub);
    return hub;
}

static struct place **bucket_of(struct live_hub *hub, struct str topic)
{
    return &hub->buckets[str_hash(topic) % BUCKETS];
}

static void wake_locked(struct live_subscription *sub)
{
    if (sub->waiting) {
        sub->waiting = false;
        sub->wake(sub->arg);
    }
}

void live_publish(struct live_hub *hub, struct str topic)
{
    (void)pthread_mutex_lock(&hub->lock);
    for (struct place *place = *bucket_of(hub, topic); place != NULL; place = place->next) {
        if (str_eq_c(topic, place->topic)) {
            place->changed = true;
            wake_locked(place->sub);
        }
    }
    (void)pthread_mutex_unlock(&hub->lock);
}

static void wake_all(struct live_hub *hub, bool close)
{
    (void)pthread_mutex_lock(&hub->lock);
    hub->closed = hub->closed || close;
    for (struct live_subscription *sub = hub->all; sub != NULL; sub = sub->next) {
        sub->beat = true;
        wake_locked(sub);
    }
    (void)pthread_mutex_unlock(&hub->lock);
}

void live_beat(struct live_hub *hub)
{
    wake_all(hub, false);
}

void live_close(struct live_hub *hub)
{
    wake_all(hub, true);
}

size_t live_count(struct live_hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    size_t count = hub->count;
    (void)pthread_mutex_unlock(&hub->lock);
    return count;
}

static size_t split_topics(struct str topics, struct str parts[LIVE_TOPICS_MAX])
{
    struct str part;
    size_t count = 0;
    while (count < LIVE_TOPICS_MAX && str_next(&topics, ',', &part)) {
        if (part.len > 0 && part.len < LIVE_TOPIC_BYTES) {
            parts[count++] = part;
        }
    }
    return count;
}

static void place_link_locked(struct live_hub *hub, struct place *place)
{
    struct place **bucket = bucket_of(hub, str_c(place->topic));
    place->next = *bucket;
    place->link = bucket;
    if (place->next != NULL) {
        place->next->link = &place->next;
    }
    *bucket = place;
}

struct live_subscription *live_subscribe(struct live_hub *hub, struct str topics)
{
    struct str parts[LIVE_TOPICS_MAX];
    size_t count = split_topics(topics, parts);
    struct live_subscription *sub = mem_new(NULL, struct live_subscription);
    sub->hub = hub;
    sub->places = mem_array(sub, struct place, count + 1);
    sub->count = count;
    (void)pthread_mutex_lock(&hub->lock);
    for (size_t i = 0; i < count; i++) {
        struct place *place = &sub->places[i];
        place->sub = sub;
        memcpy(place->topic, parts[i].ptr, parts[i].len);
        place_link_locked(hub, place);
    }
    sub->next = hub->all;
    sub->link = &hub->all;
    if (sub->next != NULL) {
        sub->next->link = &sub->next;
    }
    hub->all = sub;
    hub->count++;
    (void)pthread_mutex_unlock(&hub->lock);
    return sub;
}

void live_unsubscribe(struct live_subscription *sub)
{
    struct live_hub *hub = sub->hub;
    (void)pthread_mutex_lock(&hub->lock);
    for (size_t i = 0; i < sub->count; i++) {
        struct place *place = &sub->places[i];
        *place->link = place->next;
        if (place->next != NULL) {
            place->next->link = place->link;
        }
    }
    *sub->link = sub->next;
    if (sub->next != NULL) {
        sub->next->link = sub->link;
    }
    hub->count--;
    (void)pthread_mutex_unlock(&hub->lock);
    mem_free(sub);
}

static size_t append(char *out, size_t size, size_t len, const char *text)
{
    size_t more = strlen(text);
    if (len + more > size) {
        return len;
    }
    memcpy(out + len, text, more);
    return len + more;
}

static size_t take_locked(struct live_subscription *sub, char *out, size_t size)
{
    size_t len = 0;
    char line[LIVE_TOPIC_BYTES + 40];
    if (!sub->greeted) {
        len = append(out, size, len, "retry: 2000\n: here\n\n");
        sub->greeted = len > 0;
    }
    for (size_t i = 0; i < sub->count; i++) {
        if (sub->places[i].changed) {
            (void)snprintf(line, sizeof line, "event: change\ndata: %s\n\n", sub->places[i].topic);
            size_t before = len;
            len = append(out, size, len, line);
            sub->places[i].changed = len == before;
        }
    }
    if (sub->beat && len == 0) {
        len = append(out, size, len, ": beat\n\n");
    }
    sub->beat = false;
    return len;
}

enum live_state live_take(struct live_subscription *sub, char *out, size_t size, size_t *ret_len,
                          void (*pause)(void *arg), void (*wake)(void *arg), void *arg)
{
    struct live_hub *hub = sub->hub;
    enum live_state state = LIVE_DATA;
    (void)pthread_mutex_lock(&hub->lock);
    if (hub->closed) {
        state = LIVE_END;
    } else {
        *ret_len = take_locked(sub, out, size);
        if (*ret_len == 0) {
            state = LIVE_WAIT;
            sub->waiting = true;
            sub->wake = wake;
            sub->arg = arg;
            pause(arg);
        }
    }
    (void)pthread_mutex_unlock(&hub->lock);
    return state;
}

// --- presence -----------------------------------------------------------------------------------

static bool is_stale(const struct present *one, int64_t now_ms)
{
    return one->ticket == 0 || now_ms - one->who.seen_ms > LIVE_PRESENCE_MS;
}

void presence_touch(struct live_hub *hub, int64_t ticket, int64_t user, struct str name,
                    struct str doing, int64_t now_ms)
{
    struct present *place = NULL;
    (void)pthread_mutex_lock(&hub->lock);
    for (size_t i = 0; i < PRESENCES; i++) {
        struct present *one = &hub->presences[i];
        if (one->ticket == ticket && one->who.user == user) {
            place = one;
            break;
        }
        place = place == NULL && is_stale(one, now_ms) ? one : place;
    }
    if (place != NULL) {
        struct str short_name = str_utf8_clip(name, sizeof place->who.name - 1);
        *place = (struct present){.ticket = ticket, .who = {.user = user, .seen_ms = now_ms}};
        memcpy(place->who.name, short_name.ptr, short_name.len);
        memcpy(place->who.doing, str_eq_c(doing, "typing") ? "typing" : "viewing",
               str_eq_c(doing, "typing") ? 7 : 8);
    }
    (void)pthread_mutex_unlock(&hub->lock);
}

size_t presence_list(struct live_hub *hub, int64_t ticket, int64_t except, int64_t now_ms,
                     struct presence *ret, size_t room)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&hub->lock);
    for (size_t i = 0; i < PRESENCES && count < room; i++) {
        const struct present *one = &hub->presences[i];
        if (one->ticket == ticket && one->who.user != except && !is_stale(one, now_ms)) {
            ret[count++] = one->who;
        }
    }
    (void)pthread_mutex_unlock(&hub->lock);
    return count;
}
