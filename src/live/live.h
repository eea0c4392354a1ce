// SPDX-License-Identifier: GPL-3.0-or-later
//
// Live pages: who listens to which topics ("ticket:42", "here:42", "desk"), and who is looking at
// or typing in which ticket. A listener is told only that a topic changed, never what: its page
// asks again, so that access is checked again. Because of that a slow listener has no queue: each
// of its topics is changed or not.
//
// Everything here is in memory and shared by all threads: subscriptions are guarded by the hub's
// own lock, presences by another. A quick change of a topic (a lock, a hash, the listeners woken)
// may be published from any thread.
#ifndef STEWARD_LIVE_LIVE_H
#define STEWARD_LIVE_LIVE_H

#include "base/str.h"

#define LIVE_TOPICS_MAX 16
#define LIVE_TOPIC_BYTES 48

struct live_hub;
struct live_subscription;

struct live_hub *live_hub_new(mem_ctx *ctx);
void live_publish(struct live_hub *hub, struct str topic);
// Tells all listeners that anything may have changed: for when changes were missed.
void live_publish_all(struct live_hub *hub);
// To be called once a second (the HTTP server does): each time another part of the listeners is
// made to say something, each of them every LIVE_BEAT_S, so that dead connections are noticed.
#define LIVE_BEAT_S 25
void live_beat(struct live_hub *hub);
// Ends all subscriptions: live_take() says so from then on. New ones are ended at once.
void live_close(struct live_hub *hub);
size_t live_count(struct live_hub *hub);

// Listens to topics "a,b,c": at most LIVE_TOPICS_MAX, longer names are left out. `again` says that
// the browser comes back after its connection was lost (it sends Last-Event-ID): it is told to
// refresh all, since it may have missed something.
struct live_subscription *live_subscribe(struct live_hub *hub, struct str topics, bool again);
void live_unsubscribe(struct live_subscription *sub);

// A mark of this moment, for a page to be written: taken before its data is read, it lets the
// page's listener hear, too, what changed before it began to listen.
struct str live_mark(struct live_hub *hub, mem_ctx *ctx);
// The listener's topics that changed since the mark was taken are changed for it. A mark of another
// server, or one too old, means to refresh all; an empty one nothing.
void live_since(struct live_subscription *sub, struct str mark);

enum live_state { LIVE_WAIT, LIVE_DATA, LIVE_END };

// What to send next, as text/event-stream, into out[size] (at least 128 bytes): "change" events
// with the topic as data, "refresh" for all of them, comment lines as heartbeat. With LIVE_WAIT
// there is nothing: pause(arg) was called under the lock, and wake(arg) will be called once there
// is, under the lock, from any thread.
enum live_state live_take(struct live_subscription *sub, char *out, size_t size, size_t *ret_len,
                          void (*pause)(void *arg), void (*wake)(void *arg), void *arg);

// Who is here. `doing` is "viewing" or "typing"; forgotten after LIVE_PRESENCE_MS. At most
// PRESENCES_MAX are kept: beyond that some are not shown.
#define LIVE_PRESENCE_MS 45000
#define PRESENCES_MAX 20000
struct presence {
    int64_t user;
    char name[64];
    char doing[12];
    int64_t seen_ms;
};
// True when that is news to others: somebody came, or does something else.
bool presence_touch(struct live_hub *hub, int64_t ticket, int64_t user, struct str name,
                    struct str doing, int64_t now_ms);
// Leaves at once, as when the page is closed; true when somebody was there.
bool presence_leave(struct live_hub *hub, int64_t ticket, int64_t user);
// Those but `except`, newest first; at most `room`.
size_t presence_list(struct live_hub *hub, int64_t ticket, int64_t except, int64_t now_ms,
                     struct presence *ret, size_t room);

#endif
