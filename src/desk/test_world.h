// SPDX-License-Identifier: GPL-3.0-or-later
//
// A whole desk for tests of the rooms: a real SQLite file in a folder of its own, all rooms wired
// as in the program, a clock that stands still, no sockets and no threads but the database's.
#ifndef STEWARD_DESK_TEST_WORLD_H
#define STEWARD_DESK_TEST_WORLD_H

#include "app/config.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"

struct world {
    mem_ctx *ctx;
    char folder[64];
    struct clock clock;
    struct config config;
    struct app app;
    struct desk *desk;
    struct user admin;
    struct user tom;  // an agent
};

// As cmocka's setup and teardown.
int world_setup(void **state);
int world_teardown(void **state);

// Someone with this address and role.
struct user world_person(struct world *w, const char *email, enum role role);
struct actor world_actor(const struct user *user);
// Takes in a mail for support@desk.example; `raw` with LF lines.
enum intake_result world_mail(struct world *w, const char *recipient, const char *raw);
struct ticket world_ticket(struct world *w, int64_t id);
int64_t world_count(struct world *w);
// Runs the jobs that are due.
void world_jobs(struct world *w);
// The answer to a GET as this person, who has a session; *ret_body may be NULL.
int world_get(struct world *w, const struct user *user, const char *path, struct str *ret_body);

#endif
