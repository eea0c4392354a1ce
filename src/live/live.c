// SPDX-License-Identifier: GPL-3.0-or-later
#include "live/live.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "live/live_internal.h"

#define BUCKETS 4096
#define RECENT 4096  // changes that are remembered for marks

// One topic that one listener hears.
struct place {
    struct live_subscription *sub;
    struct place *next;
    struct place **link;  // what points here
    bool changed;
    char topic[LIVE_TOPIC_BYTES];
};

struct live_subscription {
    struct live_hub *hub;
    struct live_subscription *next;
    struct live_subscription **link;
    void (*wake)(void *arg);
    void *arg;
    unsigned char count;
    bool greeted;
    bool refresh;
    bool beat;
    bool waiting;
    struct place places[];
};

struct live_hub {
    pthread_mutex_t lock;  // guards what follows
    struct place *buckets[BUCKETS];
    struct live_subscription *parts[LIVE_BEAT_S];  // all listeners, by when they beat
    size_t count;
    size_t joined;
    size_t beats;
    uint64_t changes;         // since the program started
    uint64_t recent[RECENT];  // hash of the topic of change n at n % RECENT
    uint64_t name;            // of this hub, in marks
    bool closed;
    struct presences *presences;  // has its own lock
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
    random_bytes(&hub->name, sizeof hub->name);
    hub->presences = presences_new(hub);
    return hub;
}

struct presences *hub_presences(struct live_hub *hub)
{
    return hub->presences;
}

static struct place **bucket_of(struct live_hub *hub, struct str topic)
{
    return &hub->buckets[str_hash(topic) % BUCKETS];
}

// --- telling ------------------------------------------------------------------------------------

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
    hub->recent[hub->changes++ % RECENT] = str_hash(topic);
    for (struct place *place = *bucket_of(hub, topic); place != NULL; place = place->next) {
        if (str_eq_c(topic, place->topic)) {
            place->changed = true;
            wake_locked(place->sub);
        }
    }
    (void)pthread_mutex_unlock(&hub->lock);
}

static void wake_part_locked(struct live_hub *hub, size_t part, bool refresh)
{
    for (struct live_subscription *sub = hub->parts[part]; sub != NULL; sub = sub->next) {
        sub->beat = true;
        sub->refresh = sub->refresh || refresh;
        wake_locked(sub);
    }
}

void live_beat(struct live_hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    wake_part_locked(hub, hub->beats++ % LIVE_BEAT_S, false);
    (void)pthread_mutex_unlock(&hub->lock);
}

static void wake_all(struct live_hub *hub, bool close)
{
    (void)pthread_mutex_lock(&hub->lock);
    hub->closed = hub->closed || close;
    hub->changes += RECENT + 1;  // no mark knows what this was
    for (size_t i = 0; i < LIVE_BEAT_S; i++) {
        wake_part_locked(hub, i, true);
    }
    (void)pthread_mutex_unlock(&hub->lock);
}

void live_publish_all(struct live_hub *hub)
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

// --- listening ----------------------------------------------------------------------------------

static size_t split_topics(struct str topics, struct str parts[LIVE_TOPICS_MAX])
{
    struct str part;
    size_t count = 0;
    while (count < LIVE_TOPICS_MAX && str_next(&topics, ',', &part)) {
        bool line_break = str_find_char(part, '\n') >= 0 || str_find_char(part, '\r') >= 0;
        if (part.len > 0 && part.len < LIVE_TOPIC_BYTES && !line_break) {
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

static void sub_link_locked(struct live_hub *hub, struct live_subscription *sub)
{
    struct live_subscription **part = &hub->parts[hub->joined++ % LIVE_BEAT_S];
    sub->next = *part;
    sub->link = part;
    if (sub->next != NULL) {
        sub->next->link = &sub->next;
    }
    *part = sub;
    hub->count++;
}

struct live_subscription *live_subscribe(struct live_hub *hub, struct str topics, bool again)
{
    struct str parts[LIVE_TOPICS_MAX];
    size_t count = split_topics(topics, parts);
    size_t size = sizeof(struct live_subscription) + count * sizeof(struct place);
    struct live_subscription *sub = mem_check_(talloc_zero_size(NULL, size));
    sub->hub = hub;
    sub->count = (unsigned char)count;
    sub->refresh = again;
    (void)pthread_mutex_lock(&hub->lock);
    for (size_t i = 0; i < count; i++) {
        struct place *place = &sub->places[i];
        place->sub = sub;
        memcpy(place->topic, parts[i].ptr, parts[i].len);
        place_link_locked(hub, place);
    }
    sub_link_locked(hub, sub);
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

struct str live_mark(struct live_hub *hub, mem_ctx *ctx)
{
    (void)pthread_mutex_lock(&hub->lock);
    uint64_t changes = hub->changes;
    (void)pthread_mutex_unlock(&hub->lock);
    return str_printf(ctx, "%016llx.%llu", (unsigned long long)hub->name,
                      (unsigned long long)changes);
}

static bool mark_read(const struct live_hub *hub, struct str mark, uint64_t *ret)
{
    char name[24];
    struct str given;
    struct str number;
    int64_t changes = 0;
    str_cut(mark, '.', &given, &number);
    (void)snprintf(name, sizeof name, "%016llx", (unsigned long long)hub->name);
    bool ok = str_eq_c(given, name) && str_to_i64(number, &changes) && changes >= 0;
    *ret = (uint64_t)changes;
    return ok;
}

void live_since(struct live_subscription *sub, struct str mark)
{
    struct live_hub *hub = sub->hub;
    uint64_t from = 0;
    if (mark.len == 0) {
        return;
    }
    bool known = mark_read(hub, mark, &from);
    (void)pthread_mutex_lock(&hub->lock);
    if (!known || from > hub->changes || hub->changes - from > RECENT) {
        sub->refresh = true;
        from = hub->changes;
    }
    for (; from < hub->changes; from++) {
        for (size_t i = 0; i < sub->count; i++) {
            struct place *place = &sub->places[i];
            place->changed =
                place->changed || hub->recent[from % RECENT] == str_hash(str_c(place->topic));
        }
    }
    (void)pthread_mutex_unlock(&hub->lock);
}

static bool append(char *out, size_t size, size_t *len, const char *text)
{
    size_t more = strlen(text);
    if (*len + more > size) {
        return false;
    }
    memcpy(out + *len, text, more);
    *len += more;
    return true;
}

static size_t take_locked(struct live_subscription *sub, char *out, size_t size)
{
    size_t len = 0;
    char line[LIVE_TOPIC_BYTES + 40];
    if (!sub->greeted) {
        // The id is what a browser sends back when it comes again after its connection was lost.
        sub->greeted = append(out, size, &len, "retry: 2000\nid: 1\n: here\n\n");
    }
    if (sub->refresh && append(out, size, &len, "event: refresh\ndata: *\n\n")) {
        sub->refresh = false;
        for (size_t i = 0; i < sub->count; i++) {
            sub->places[i].changed = false;
        }
    }
    for (size_t i = 0; i < sub->count; i++) {
        if (sub->places[i].changed) {
            (void)snprintf(line, sizeof line, "event: change\ndata: %s\n\n", sub->places[i].topic);
            sub->places[i].changed = !append(out, size, &len, line);
        }
    }
    if (sub->beat && len == 0) {
        (void)append(out, size, &len, ": beat\n\n");
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
