// SPDX-License-Identifier: GPL-3.0-or-later
//
// The room's rules over a real SQLite file. Each test is one function that runs inside a
// transaction, on the database's writer thread; so it reports by its error instead of jumping out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "desk/people/people.h"
#include "migrations.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return error_internal(err, "line %d: %s", __LINE__, #condition);                       \
        }                                                                                          \
    } while (0)
// The call must fail with this code.
#define REFUSED(expected, ...)                                                                     \
    do {                                                                                           \
        struct error refused = {0};                                                                \
        struct error *outer = err;                                                                 \
        err = &refused;                                                                            \
        bool passed = (__VA_ARGS__);                                                               \
        err = outer;                                                                               \
        if (passed || refused.code != (expected)) {                                                \
            return error_internal(err, "line %d: not refused so: %s (%s %s)", __LINE__,            \
                                  #__VA_ARGS__, refused.message, refused.detail);                  \
        }                                                                                          \
        last_refusal = refused;                                                                    \
    } while (0)
#define MUST(...)                                                                                  \
    do {                                                                                           \
        if (!(__VA_ARGS__)) {                                                                      \
            return error_detail(err, "line %d: %s failed: %s", __LINE__, #__VA_ARGS__,             \
                                err->message);                                                     \
        }                                                                                          \
    } while (0)

struct world {
    mem_ctx *ctx;
    char folder[64];
    struct db_store *store;
    struct clock clock;
    struct people room;
    struct actor admin, agent, light, ana;
    // What the hooks were told.
    int mails;
    struct people_mail mail;
    int sessions_ended;
};

static _Thread_local struct error last_refusal;

static bool keep_mail(void *env, struct db *tx, const struct people_mail *mail, struct error *err)
{
    struct world *w = env;
    (void)tx;
    (void)err;
    w->mails++;
    w->mail = (struct people_mail){.kind = mail->kind,
                                   .user = mail->user,
                                   .to = str_dup(w->ctx, mail->to),
                                   .subject = str_dup(w->ctx, mail->subject),
                                   .text = str_dup(w->ctx, mail->text)};
    return true;
}

static bool count_ended(void *env, struct db *tx, struct user_id user, struct str except,
                        struct error *err)
{
    struct world *w = env;
    (void)tx;
    (void)user;
    (void)except;
    (void)err;
    w->sessions_ended++;
    return true;
}

static struct user_change person(const char *name, const char *email, enum role role)
{
    return (struct user_change){
        .set = USER_NAME | USER_EMAIL | USER_ROLE,
        .values = {.name = str_c(name), .email = str_c(email), .role = role}};
}

static bool seed(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct user user;
    MUST(people_init_admin(&w->room, tx, w->ctx, STR("Ada Admin"), STR("Ada@Example.org"),
                           STR("four plain words here"), &user, err));
    MUST(people_load_actor(tx, w->ctx, user.id, &w->admin, err));
    struct user_change tom = person("Tom Berg", "tom@example.org", ROLE_AGENT);
    MUST(user_create(&w->room, tx, w->ctx, &w->admin, &tom, &user, err));
    MUST(people_load_actor(tx, w->ctx, user.id, &w->agent, err));
    struct user_change paula = person("Paula Light", "paula@example.org", ROLE_LIGHT_AGENT);
    MUST(user_create(&w->room, tx, w->ctx, &w->admin, &paula, &user, err));
    MUST(people_load_actor(tx, w->ctx, user.id, &w->light, err));
    struct user_change ana = person("Ána Ruiz", "ana@customer.example", ROLE_END_USER);
    MUST(user_create(&w->room, tx, w->ctx, &w->agent, &ana, &user, err));
    MUST(people_load_actor(tx, w->ctx, user.id, &w->ana, err));
    return true;
}

static void run(void **state, db_fn *body)
{
    struct world *w = *state;
    struct error err = {0};
    if (!db_tx_run(w->store, "test", body, w, &err)) {
        fail_msg("%s %s: %s (%s)", err.field, err.word, err.message, err.detail);
    }
}

static int set_up(void **state)
{
    struct error err;
    (void)setenv("STEWARD_TEST_FAST_HASH", "1", 1);
    random_init();
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct world *w = mem_new(ctx, struct world);
    w->ctx = ctx;
    (void)snprintf(w->folder, sizeof w->folder, "/tmp/steward-people-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    struct db_options options = {.url = mem_printf(w->ctx, "sqlite:%s/t.db", w->folder),
                                 .migrations = MIGRATIONS,
                                 .migration_count = MIGRATION_COUNT};
    if (!db_open(w->ctx, &options, &w->store, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    clock_init(&w->clock);
    clock_freeze(&w->clock, time_from_civil(2026, 11, 23, 9, 0, 0));
    w->room =
        (struct people){.clock = &w->clock,
                        .public_url = STR("https://help.example.org"),
                        .desk_name = STR("Example Help"),
                        .hooks = {.send_mail = keep_mail, .end_sessions = count_ended, .env = w}};
    *state = w;
    run(state, seed);
    w->mails = 0;
    w->sessions_ended = 0;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    char folder[64];
    (void)snprintf(folder, sizeof folder, "%s", w->folder);
    mem_free(w->ctx);
    static const char *const NAMES[] = {"t.db", "t.db-wal", "t.db-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", folder, NAMES[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
    return 0;
}

// --- people -------------------------------------------------------------------------------------

static bool creating(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct user user;
    struct user_change change = person("  Bob   Stone ", " BOB@Customer.Example ", ROLE_END_USER);
    MUST(user_create(&w->room, tx, w->ctx, &w->agent, &change, &user, err));
    CHECK(str_eq_c(user.name, "Bob Stone"));
    CHECK(str_eq_c(user.email, "bob@customer.example"));
    CHECK(user.scope == SCOPE_OWN && user.active && !user.verified);

    REFUSED(ERR_INVALID, user_create(&w->room, tx, w->ctx, &w->agent, &change, &user, err));
    CHECK(str_eq_c(str_c(last_refusal.word), "DuplicateValue"));
    CHECK(str_eq_c(str_c(last_refusal.field), "email"));
    change = person(" ", "new@customer.example", ROLE_END_USER);
    REFUSED(ERR_INVALID, user_create(&w->room, tx, w->ctx, &w->agent, &change, &user, err));
    change = person("X", "no address", ROLE_END_USER);
    REFUSED(ERR_INVALID, user_create(&w->room, tx, w->ctx, &w->agent, &change, &user, err));

    change = person("New Agent", "new@example.org", ROLE_AGENT);
    REFUSED(ERR_FORBIDDEN, user_create(&w->room, tx, w->ctx, &w->agent, &change, &user, err));
    REFUSED(ERR_FORBIDDEN, user_create(&w->room, tx, w->ctx, &w->light, &change, &user, err));
    REFUSED(ERR_FORBIDDEN, user_create(&w->room, tx, w->ctx, &w->ana, &change, &user, err));
    MUST(user_create(&w->room, tx, w->ctx, &w->admin, &change, &user, err));
    CHECK(user.default_group.v != 0 && user.scope == SCOPE_ALL);
    bool member = false;
    MUST(group_has_member(tx, user.default_group, user.id, &member, err));
    CHECK(member);
    return true;
}

static void test_creating(void **state)
{
    run(state, creating);
}

static bool changing(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct user user;
    struct user_change phone = {.set = USER_PHONE | USER_ROLE,
                                .values = {.phone = STR("+43 1 234"), .role = ROLE_END_USER}};
    // Sending back the role one has is no change of role.
    MUST(user_update(&w->room, tx, w->ctx, &w->ana, w->ana.user, &phone, &user, err));
    CHECK(str_eq_c(user.phone, "+43 1 234"));
    struct user_change rise = {.set = USER_ROLE, .values = {.role = ROLE_ADMIN}};
    REFUSED(ERR_FORBIDDEN,
            user_update(&w->room, tx, w->ctx, &w->ana, w->ana.user, &rise, &user, err));
    REFUSED(ERR_FORBIDDEN,
            user_update(&w->room, tx, w->ctx, &w->agent, w->agent.user, &rise, &user, err));
    REFUSED(ERR_FORBIDDEN,
            user_update(&w->room, tx, w->ctx, &w->agent, w->ana.user, &rise, &user, err));
    REFUSED(ERR_NOT_FOUND,
            user_update(&w->room, tx, w->ctx, &w->ana, w->agent.user, &phone, &user, err));
    REFUSED(ERR_FORBIDDEN,
            user_update(&w->room, tx, w->ctx, &w->agent, w->admin.user, &phone, &user, err));

    struct user_change second = {.set = USER_EMAIL, .values = {.email = STR("ana@home.example")}};
    MUST(user_update(&w->room, tx, w->ctx, &w->agent, w->ana.user, &second, &user, err));
    CHECK(str_eq_c(user.email, "ana@customer.example"));
    struct identity *identities;
    size_t count = 0;
    MUST(identities_list(tx, w->ctx, &w->agent, w->ana.user, &identities, &count, err));
    CHECK(count == 2 && identities[0].primary && !identities[1].primary);
    MUST(
        identity_make_primary(&w->room, tx, w->ctx, &w->agent, w->ana.user, identities[1].id, err));
    MUST(user_load(tx, w->ctx, &w->agent, w->ana.user, &user, err));
    CHECK(str_eq_c(user.email, "ana@home.example"));
    MUST(identity_remove(&w->room, tx, w->ctx, &w->agent, w->ana.user, identities[1].id, err));
    MUST(user_load(tx, w->ctx, &w->agent, w->ana.user, &user, err));
    CHECK(str_eq_c(user.email, "ana@customer.example"));
    return true;
}

static void test_changing(void **state)
{
    run(state, changing);
}

static bool last_admin(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct user user;
    struct user_change demote = {.set = USER_ROLE, .values = {.role = ROLE_AGENT}};
    REFUSED(ERR_INVALID,
            user_update(&w->room, tx, w->ctx, &w->admin, w->admin.user, &demote, &user, err));
    struct actor system = actor_system(CHANNEL_SYSTEM);
    REFUSED(ERR_INVALID, user_delete(&w->room, tx, w->ctx, &system, w->admin.user, &user, err));
    struct user_change rise = {.set = USER_ROLE, .values = {.role = ROLE_ADMIN}};
    MUST(user_update(&w->room, tx, w->ctx, &w->admin, w->agent.user, &rise, &user, err));
    MUST(user_update(&w->room, tx, w->ctx, &w->admin, w->admin.user, &demote, &user, err));
    CHECK(w->sessions_ended == 1);
    struct user_change suspend = {.set = USER_SUSPENDED, .values = {.suspended = true}};
    struct actor tom;
    MUST(people_load_actor(tx, w->ctx, w->agent.user, &tom, err));
    REFUSED(ERR_FORBIDDEN,
            user_update(&w->room, tx, w->ctx, &tom, w->agent.user, &suspend, &user, err));
    MUST(user_update(&w->room, tx, w->ctx, &tom, w->admin.user, &suspend, &user, err));
    CHECK(w->sessions_ended == 2);
    MUST(people_load_actor(tx, w->ctx, w->admin.user, &tom, err));
    CHECK(tom.role == ROLE_NONE && tom.user.v == 0);
    return true;
}

static void test_last_admin(void **state)
{
    run(state, last_admin);
}

static bool deleting(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct user user;
    bool found = true;
    REFUSED(ERR_FORBIDDEN, user_delete(&w->room, tx, w->ctx, &w->ana, w->ana.user, &user, err));
    REFUSED(ERR_FORBIDDEN, user_delete(&w->room, tx, w->ctx, &w->light, w->ana.user, &user, err));
    MUST(user_delete(&w->room, tx, w->ctx, &w->agent, w->ana.user, &user, err));
    CHECK(!user.active && w->sessions_ended == 1);
    MUST(user_by_email(tx, w->ctx, STR("ana@customer.example"), &user, &found, err));
    CHECK(!found);
    MUST(user_load(tx, w->ctx, &w->agent, w->ana.user, &user, err));
    CHECK(!user.active && str_eq_c(user.name, "Ána Ruiz"));
    struct user *list;
    size_t count = 0;
    MUST(users_search(tx, w->ctx, &w->agent, STR("ana"), 10, 0, &list, &count, err));
    CHECK(count == 0);
    // The address is free again.
    struct user_change again = person("Ana Again", "ana@customer.example", ROLE_END_USER);
    MUST(user_create(&w->room, tx, w->ctx, &w->agent, &again, &user, err));
    return true;
}

static void test_deleting(void **state)
{
    run(state, deleting);
}

static bool found_once(struct world *w, struct db *tx, const char *words, struct user_id expected,
                       struct error *err)
{
    struct user *list;
    size_t count = 0;
    int64_t total = 0;
    MUST(users_search(tx, w->ctx, &w->agent, str_c(words), 10, 0, &list, &count, err));
    MUST(users_search_count(tx, w->ctx, &w->agent, str_c(words), &total, err));
    if (count != 1 || total != 1 || list[0].id.v != expected.v) {
        return error_internal(err, "\"%s\" finds %zu (%lld)", words, count, (long long)total);
    }
    return true;
}

static bool searching(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct user *list;
    size_t count = 0;
    MUST(found_once(w, tx, "ana", w->ana.user, err));
    MUST(found_once(w, tx, "ÁNA rui", w->ana.user, err));
    MUST(found_once(w, tx, "ruiz cust", w->ana.user, err));
    MUST(found_once(w, tx, "ana@customer.example", w->ana.user, err));
    MUST(found_once(w, tx, "email:tom@example.org", w->agent.user, err));
    MUST(found_once(w, tx, "role:admin", w->admin.user, err));
    MUST(found_once(w, tx, "type:user \"Tom Berg\"", w->agent.user, err));
    MUST(users_search(tx, w->ctx, &w->agent, STR("example.org"), 10, 0, &list, &count, err));
    CHECK(count == 3);
    MUST(users_search(tx, w->ctx, &w->agent, STR("nobody"), 10, 0, &list, &count, err));
    CHECK(count == 0);
    MUST(users_search(tx, w->ctx, &w->agent, STR("  "), 10, 0, &list, &count, err));
    CHECK(count == 0);
    REFUSED(ERR_FORBIDDEN,
            users_search(tx, w->ctx, &w->ana, STR("tom"), 10, 0, &list, &count, err));
    return true;
}

static void test_searching(void **state)
{
    run(state, searching);
}

static bool listing(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct user *list;
    size_t count = 0;
    int64_t total = 0;
    struct user_query query = {.limit = 2};
    MUST(users_list(tx, w->ctx, &w->light, &query, &list, &count, err));
    CHECK(count == 2 && list[0].id.v < list[1].id.v);
    query.after = list[1].id;
    MUST(users_list(tx, w->ctx, &w->light, &query, &list, &count, err));
    CHECK(count == 2 && list[1].id.v == w->ana.user.v);
    query = (struct user_query){.limit = 10, .descending = true, .after = w->ana.user};
    MUST(users_list(tx, w->ctx, &w->light, &query, &list, &count, err));
    CHECK(count == 3 && list[0].id.v == w->light.user.v);
    query = (struct user_query){.limit = 10, .roles = 1u << ROLE_AGENT | 1u << ROLE_ADMIN};
    MUST(users_list(tx, w->ctx, &w->light, &query, &list, &count, err));
    MUST(users_count(tx, w->ctx, &w->light, &query, &total, err));
    CHECK(count == 2 && total == 2);
    query = (struct user_query){.limit = 10, .roles = 1u << ROLE_END_USER};
    MUST(users_list(tx, w->ctx, &w->light, &query, &list, &count, err));
    CHECK(count == 1);
    query = (struct user_query){.limit = 10, .group = w->admin.groups[0]};
    MUST(users_count(tx, w->ctx, &w->light, &query, &total, err));
    CHECK(total == 3);
    REFUSED(ERR_FORBIDDEN, users_list(tx, w->ctx, &w->ana, &query, &list, &count, err));
    struct user user;
    REFUSED(ERR_NOT_FOUND, user_load(tx, w->ctx, &w->ana, w->agent.user, &user, err));
    return true;
}

static void test_listing(void **state)
{
    run(state, listing);
}

static bool arriving_by_mail(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct organization organization;
    struct organization_change change = {
        .set = ORGANIZATION_NAME | ORGANIZATION_DOMAINS,
        .values = {.name = STR("Customer"), .domains = STR("Customer.Example")}};
    MUST(organization_create(&w->room, tx, w->ctx, &w->agent, &change, &organization, err));
    struct user ana;
    MUST(user_load(tx, w->ctx, &w->agent, w->ana.user, &ana, err));
    CHECK(ana.organization.v == organization.id.v);

    struct sender sender = {
        .email = STR("J.Doe@customer.example"), .name = STR_NONE, .locale = STR("de-AT")};
    struct user user;
    bool created = false;
    MUST(user_find_or_create(&w->room, tx, w->ctx, &sender, &user, &created, err));
    CHECK(created && str_eq_c(user.name, "J Doe") && !user.verified);
    CHECK(user.organization.v == organization.id.v && str_eq_c(user.locale, "de-AT"));
    MUST(user_find_or_create(&w->room, tx, w->ctx, &sender, &user, &created, err));
    CHECK(!created);
    sender.email = STR("not an address");
    REFUSED(ERR_INVALID, user_find_or_create(&w->room, tx, w->ctx, &sender, &user, &created, err));
    return true;
}

static void test_arriving_by_mail(void **state)
{
    run(state, arriving_by_mail);
}

// --- organisations and groups -------------------------------------------------------------------

static bool organizations(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct organization first;
    struct organization second;
    struct organization_change change = {.set = ORGANIZATION_NAME, .values = {.name = STR("ACME")}};
    REFUSED(ERR_FORBIDDEN,
            organization_create(&w->room, tx, w->ctx, &w->ana, &change, &first, err));
    MUST(organization_create(&w->room, tx, w->ctx, &w->agent, &change, &first, err));
    change.values.name = STR("acme");
    REFUSED(ERR_INVALID,
            organization_create(&w->room, tx, w->ctx, &w->agent, &change, &second, err));
    CHECK(str_eq_c(str_c(last_refusal.word), "DuplicateValue"));
    change.values.name = STR("Other");
    MUST(organization_create(&w->room, tx, w->ctx, &w->agent, &change, &second, err));

    struct organization_membership one;
    struct organization_membership two;
    MUST(organization_membership_add(&w->room, tx, w->ctx, &w->agent,
                                     &(struct new_membership){.user = w->ana.user,
                                                              .organization = first.id,
                                                              .is_default = false},
                                     &one, err));
    CHECK(one.is_default);
    MUST(organization_membership_add(&w->room, tx, w->ctx, &w->agent,
                                     &(struct new_membership){.user = w->ana.user,
                                                              .organization = second.id,
                                                              .is_default = true},
                                     &two, err));
    CHECK(two.is_default);
    REFUSED(ERR_INVALID,
            organization_membership_add(&w->room, tx, w->ctx, &w->agent,
                                        &(struct new_membership){.user = w->ana.user,
                                                                 .organization = second.id,
                                                                 .is_default = true},
                                        &two, err));
    struct user ana;
    MUST(user_load(tx, w->ctx, &w->agent, w->ana.user, &ana, err));
    CHECK(ana.organization.v == second.id.v);
    struct list_query query = {.limit = 10, .user = w->ana.user};
    struct organization *list;
    size_t count = 0;
    MUST(organizations_list(tx, w->ctx, &w->ana, &query, &list, &count, err));
    CHECK(count == 2);
    struct organization_membership *memberships;
    query.descending = true;
    query.limit = 1;
    MUST(organization_memberships_list(tx, w->ctx, &w->ana, &query, &memberships, &count, err));
    CHECK(count == 1 && memberships[0].organization.v == second.id.v);

    MUST(organization_delete(&w->room, tx, &w->agent, second.id, err));
    MUST(user_load(tx, w->ctx, &w->agent, w->ana.user, &ana, err));
    CHECK(ana.organization.v == 0);
    REFUSED(ERR_NOT_FOUND, organization_load(tx, w->ctx, &w->agent, second.id, &second, err));
    query = (struct list_query){.limit = 10, .words = STR("AC")};
    MUST(organizations_list(tx, w->ctx, &w->agent, &query, &list, &count, err));
    CHECK(count == 1);
    return true;
}

static void test_organizations(void **state)
{
    run(state, organizations);
}

static bool groups(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct group group;
    struct group_change change = {.set = GROUP_NAME, .values = {.name = STR("Network")}};
    REFUSED(ERR_FORBIDDEN, group_create(&w->room, tx, w->ctx, &w->agent, &change, &group, err));
    MUST(group_create(&w->room, tx, w->ctx, &w->admin, &change, &group, err));
    REFUSED(ERR_INVALID, group_create(&w->room, tx, w->ctx, &w->admin, &change, &group, err));
    REFUSED(ERR_INVALID, group_delete(&w->room, tx, w->ctx, &w->admin, w->admin.groups[0], err));

    struct group_membership membership;
    REFUSED(ERR_FORBIDDEN,
            group_membership_add(&w->room, tx, w->ctx, &w->agent,
                                 &(struct new_membership){
                                     .user = w->agent.user, .group = group.id, .is_default = false},
                                 &membership, err));
    REFUSED(ERR_INVALID,
            group_membership_add(&w->room, tx, w->ctx, &w->admin,
                                 &(struct new_membership){
                                     .user = w->ana.user, .group = group.id, .is_default = false},
                                 &membership, err));
    MUST(group_membership_add(
        &w->room, tx, w->ctx, &w->admin,
        &(struct new_membership){.user = w->agent.user, .group = group.id, .is_default = true},
        &membership, err));
    struct actor tom;
    MUST(people_load_actor(tx, w->ctx, w->agent.user, &tom, err));
    CHECK(tom.group_count == 2 && actor_in_group(&tom, group.id));
    struct user user;
    MUST(user_load(tx, w->ctx, &w->agent, w->agent.user, &user, err));
    CHECK(user.default_group.v == group.id.v);
    MUST(group_membership_remove(&w->room, tx, w->ctx, &w->admin, membership.id, err));
    MUST(user_load(tx, w->ctx, &w->agent, w->agent.user, &user, err));
    CHECK(user.default_group.v == w->agent.groups[0].v);

    MUST(group_delete(&w->room, tx, w->ctx, &w->admin, group.id, err));
    MUST(group_load(tx, w->ctx, &w->light, group.id, &group, err));
    CHECK(group.deleted);
    bool exists = true;
    MUST(group_exists(tx, group.id, &exists, err));
    CHECK(!exists);
    // Its name is free again.
    MUST(group_create(&w->room, tx, w->ctx, &w->admin, &change, &group, err));
    struct group *list;
    size_t count = 0;
    MUST(groups_all(tx, w->ctx, &list, &count, err));
    CHECK(count == 2 && str_eq_c(list[0].name, "Network"));
    return true;
}

static void test_groups(void **state)
{
    run(state, groups);
}

// --- signing in ---------------------------------------------------------------------------------

static bool passwords(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct user user = {.name = STR("Tom Berg"), .email = STR("tom@example.org")};
    struct str hash;
    REFUSED(ERR_INVALID, password_prepare(w->ctx, STR("short"), &user, &hash, err));
    CHECK(str_eq_c(str_c(last_refusal.word), "TooShort"));
    REFUSED(ERR_INVALID, password_prepare(w->ctx, STR("Password123"), &user, &hash, err));
    REFUSED(ERR_INVALID, password_prepare(w->ctx, STR("aaaaaaaaaaaa"), &user, &hash, err));
    REFUSED(ERR_INVALID, password_prepare(w->ctx, STR("TOM@example.org"), &user, &hash, err));
    MUST(password_prepare(w->ctx, STR("wind lamp river nine"), &user, &hash, err));
    REFUSED(ERR_FORBIDDEN,
            password_set(&w->room, tx, w->ctx, &w->light,
                         &(struct new_password){.user = w->agent.user, .hash = hash}, err));
    MUST(password_set(&w->room, tx, w->ctx, &w->agent,
                      &(struct new_password){.user = w->agent.user, .hash = hash}, err));
    CHECK(w->sessions_ended == 1);
    MUST(password_check(tx, w->ctx, STR("Tom@Example.org"), STR("wind lamp river nine"), &user,
                        err));
    CHECK(user.id.v == w->agent.user.v);
    REFUSED(ERR_UNAUTHENTICATED,
            password_check(tx, w->ctx, STR("tom@example.org"), STR("wrong"), &user, err));
    struct str same = str_dup(w->ctx, str_c(last_refusal.message));
    REFUSED(ERR_UNAUTHENTICATED,
            password_check(tx, w->ctx, STR("nobody@example.org"), STR("wrong"), &user, err));
    CHECK(str_eq_c(same, last_refusal.message));
    // Without a password nobody gets in by an empty one.
    REFUSED(ERR_UNAUTHENTICATED,
            password_check(tx, w->ctx, STR("ana@customer.example"), STR(""), &user, err));
    struct user_change suspend = {.set = USER_SUSPENDED, .values = {.suspended = true}};
    MUST(user_update(&w->room, tx, w->ctx, &w->admin, w->agent.user, &suspend, &user, err));
    REFUSED(ERR_UNAUTHENTICATED, password_check(tx, w->ctx, STR("tom@example.org"),
                                                STR("wind lamp river nine"), &user, err));
    return true;
}

static void test_passwords(void **state)
{
    run(state, passwords);
}

// The token in the last mail.
static struct str mailed_token(const struct world *w, const char *path)
{
    struct str url = str_printf(w->ctx, "https://help.example.org%s", path);
    ptrdiff_t at = str_find(w->mail.text, url);
    struct str token = at < 0 ? STR("") : str_from(w->mail.text, (size_t)at + url.len);
    ptrdiff_t end = str_find_char(token, '\n');
    return end < 0 ? token : str_sub(token, 0, (size_t)end);
}

static bool links(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct link link;
    MUST(link_mail(&w->room, tx, LINK_SIGN_IN, STR("nobody@customer.example"), STR_NONE, err));
    CHECK(w->mails == 0);
    MUST(link_mail(&w->room, tx, LINK_SIGN_IN, STR("Ana@customer.example"), STR("/requests/7"),
                   err));
    CHECK(w->mails == 1 && str_eq_c(w->mail.to, "ana@customer.example"));
    struct str token = mailed_token(w, "/sign-in/link?token=");
    CHECK(token.len > 40);
    // Looking does not use it up, and it is good for one thing only.
    MUST(link_peek(&w->room, tx, w->ctx, LINK_SIGN_IN, token, &link, err));
    MUST(link_peek(&w->room, tx, w->ctx, LINK_SIGN_IN, token, &link, err));
    REFUSED(ERR_GONE, link_peek(&w->room, tx, w->ctx, LINK_RESET, token, &link, err));
    MUST(link_use(&w->room, tx, w->ctx, LINK_SIGN_IN, token, &link, err));
    CHECK(link.user.v == w->ana.user.v && str_eq_c(link.next, "/requests/7"));
    REFUSED(ERR_GONE, link_use(&w->room, tx, w->ctx, LINK_SIGN_IN, token, &link, err));
    struct user ana;
    MUST(user_load(tx, w->ctx, &w->agent, w->ana.user, &ana, err));
    CHECK(ana.verified);

    MUST(link_mail(&w->room, tx, LINK_SIGN_IN, STR("ana@customer.example"), STR("//evil.example/"),
                   err));
    token = mailed_token(w, "/sign-in/link?token=");
    MUST(link_peek(&w->room, tx, w->ctx, LINK_SIGN_IN, token, &link, err));
    CHECK(str_none(link.next));
    clock_freeze(&w->clock, clock_now(&w->clock) + 31 * MINUTES_MS);
    REFUSED(ERR_GONE, link_use(&w->room, tx, w->ctx, LINK_SIGN_IN, token, &link, err));
    // Nobody's mailbox is flooded.
    for (int i = 0; i < 10; i++) {
        MUST(link_mail(&w->room, tx, LINK_RESET, STR("ana@customer.example"), STR_NONE, err));
    }
    CHECK(w->mails == LINKS_PER_HOUR);
    return true;
}

static void test_links(void **state)
{
    run(state, links);
}

static bool link_to_second_address(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct user ana;
    struct link link;
    struct user_change second = {.set = USER_EMAIL, .values = {.email = STR("ana@home.example")}};
    MUST(user_update(&w->room, tx, w->ctx, &w->agent, w->ana.user, &second, &ana, err));
    MUST(link_mail(&w->room, tx, LINK_SIGN_IN, STR("ana@home.example"), STR_NONE, err));
    CHECK(str_eq_c(w->mail.to, "ana@home.example"));
    struct str token = mailed_token(w, "/sign-in/link?token=");
    MUST(link_use(&w->room, tx, w->ctx, LINK_SIGN_IN, token, &link, err));
    struct identity *list;
    size_t count = 0;
    MUST(identities_list(tx, w->ctx, &w->agent, w->ana.user, &list, &count, err));
    // She has shown to own the second address, and nothing about the first.
    CHECK(count == 2 && !list[0].verified && list[1].verified);
    MUST(user_load(tx, w->ctx, &w->agent, w->ana.user, &ana, err));
    CHECK(!ana.verified);
    return true;
}

static void test_link_to_second_address(void **state)
{
    run(state, link_to_second_address);
}

static bool first_run(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct user user;
    bool needed = true;
    MUST(setup_needed(tx, &needed, err));
    CHECK(!needed);
    struct str code;
    MUST(setup_code_make(&w->room, tx, w->ctx, &code, err));
    struct setup setup = {.code = code,
                          .name = STR("Eve"),
                          .email = STR("eve@example.org"),
                          .password_hash = STR("x")};
    REFUSED(ERR_FORBIDDEN, setup_finish(&w->room, tx, w->ctx, &setup, &user, err));
    REFUSED(ERR_CONFLICT, people_init_admin(&w->room, tx, w->ctx, STR_NONE, STR("eve@example.org"),
                                            STR("four plain words here"), &user, err));
    return true;
}

static bool empty_desk(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    struct user user;
    struct str code;
    struct str old;
    bool needed = false;
    MUST(setup_needed(tx, &needed, err));
    CHECK(needed);
    MUST(setup_code_make(&w->room, tx, w->ctx, &old, err));
    MUST(setup_code_make(&w->room, tx, w->ctx, &code, err));
    REFUSED(ERR_INVALID, setup_code_check(&w->room, tx, old, err));
    MUST(setup_code_check(&w->room, tx, code, err));
    struct setup setup = {.code = STR("wrong"),
                          .name = STR("Eve"),
                          .email = STR("eve@example.org"),
                          .password_hash = password_hash(w->ctx, STR("four plain words here"))};
    REFUSED(ERR_INVALID, setup_finish(&w->room, tx, w->ctx, &setup, &user, err));
    setup.code = code;
    MUST(setup_finish(&w->room, tx, w->ctx, &setup, &user, err));
    CHECK(user.role == ROLE_ADMIN && user.verified && user.default_group.v != 0);
    MUST(password_check(tx, w->ctx, STR("eve@example.org"), STR("four plain words here"), &user,
                        err));
    REFUSED(ERR_FORBIDDEN, setup_finish(&w->room, tx, w->ctx, &setup, &user, err));
    return true;
}

// Takes the seeds back and begins as an empty desk.
static bool without_admin(struct db *tx, void *arg, struct error *err)
{
    static const struct db_query NO_ADMIN = {
        .name = "no_admin",
        .sqlite = "UPDATE person SET role = 1, default_group_id = NULL WHERE role > 1"};
    (void)arg;
    return db_exec(tx, &NO_ADMIN, NULL, NULL, err);
}

static void test_first_run(void **state)
{
    run(state, first_run);
    run(state, without_admin);
    run(state, empty_desk);
}

// --- text ---------------------------------------------------------------------------------------

static void test_addresses(void **state)
{
    struct world *w = *state;
    static const char *const GOOD[] = {"a@b",
                                       "first.last+tag@sub.example.org",
                                       "o'neil@example.org",
                                       "\xc3\xbc@b\xc3\xbc\x63her.example",
                                       "a@x-y.org",
                                       NULL};
    static const char *const BAD[] = {
        "",        "a",       "@b",      "a@",        "a b@c",     "a@b..c", "a@.b",
        "a@b.",    "a@-b",    "a@b-",    "a@b c",     "a@b\nBcc:", "<a@b>",  "a@b@c",
        "a\x01@b", "a@b,c@d", "\"a\"@b", "a@[1.2.3]", "a@b-.c",    "a@b_c",  NULL};
    struct str email;
    for (size_t i = 0; GOOD[i] != NULL; i++) {
        if (!email_normalise(w->ctx, str_c(GOOD[i]), &email)) {
            fail_msg("refused: %s", GOOD[i]);
        }
    }
    for (size_t i = 0; BAD[i] != NULL; i++) {
        if (email_normalise(w->ctx, str_c(BAD[i]), &email)) {
            fail_msg("taken: %s", BAD[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_creating, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_last_admin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deleting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_searching, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_listing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_arriving_by_mail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_organizations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_groups, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_passwords, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_to_second_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_first_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_addresses, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
