// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <string.h>

#include "cmd/program.h"

struct task {
    struct program *program;
    struct str email;
    struct str name;
    enum role role;
    struct str hash;
    struct user user;
};

static bool add_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct task *t = arg;
    struct actor actor = program_actor();
    struct user_change change = {
        .set = USER_NAME | USER_EMAIL | USER_ROLE | USER_VERIFIED,
        .values = {.name = t->name, .email = t->email, .role = t->role, .verified = true},
    };
    const struct people *room = &t->program->desk->people;
    if (!user_create(room, tx, t->program->ctx, &actor, &change, &t->user, err)) {
        return false;
    }
    struct new_password set = {t->user.id, t->hash, STR_NONE};
    return str_empty(t->hash) || password_set(room, tx, t->program->ctx, &actor, &set, err);
}

static bool find_user(struct db *db, void *arg, struct error *err)
{
    struct task *t = arg;
    bool found = false;
    if (!user_by_email(db, t->program->ctx, t->email, &t->user, &found, err)) {
        return false;
    }
    return found ||
           error_set(err, ERR_NOT_FOUND, "Nobody here has the address %.*s.", STR_ARG(t->email));
}

static bool password_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct task *t = arg;
    struct actor actor = program_actor();
    struct new_password set = {t->user.id, t->hash, STR_NONE};
    return password_set(&t->program->desk->people, tx, t->program->ctx, &actor, &set, err);
}

static bool prepare_password(struct task *t, const struct given *given, struct error *err)
{
    const char *file = given_value(given, "password-file");
    struct str password;
    if (file == NULL) {
        return true;
    }
    return read_first_line(t->program->ctx, file, &password, err) &&
           password_prepare(t->program->ctx, password, &t->user, &t->hash, err);
}

static bool run_add(struct task *t, const struct given *given, struct error *err)
{
    const char *role = given_value(given, "role");
    const char *name = given_value(given, "name");
    t->role = ROLE_END_USER;
    t->name = name == NULL ? t->email : str_c(name);
    t->user = (struct user){.name = t->name, .email = t->email};
    if (role != NULL && !role_parse(str_c(role), &t->role)) {
        return error_set(err, ERR_INVALID,
                         "The role is one of end-user, light-agent, agent, lead, "
                         "admin.");
    }
    return prepare_password(t, given, err) &&
           db_tx_run(t->program->app.db, "user.add", add_in_tx, t, err) &&
           (printf("%.*s is user %lld.\n", STR_ARG(t->email), (long long)t->user.id.v), true);
}

static bool run_password(struct task *t, const struct given *given, struct error *err)
{
    if (given_value(given, "password-file") == NULL) {
        return error_set(err, ERR_INVALID, "Say where the new password is: --password-file FILE.");
    }
    return db_read(t->program->app.db, find_user, t, err) && prepare_password(t, given, err) &&
           db_tx_run(t->program->app.db, "user.password", password_in_tx, t, err);
}

static bool list_users(struct db *db, void *arg, struct error *err)
{
    struct task *t = arg;
    struct actor actor = program_actor();
    struct user_query query = {.limit = 100000};
    struct user *users = NULL;
    size_t count = 0;
    if (!users_list(db, t->program->ctx, &actor, &query, &users, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        (void)printf("%lld\t%.*s\t%.*s\t%.*s\n", (long long)users[i].id.v,
                     STR_ARG(role_name(users[i].role)), STR_ARG(users[i].name),
                     STR_ARG(str_none(users[i].email) ? STR("-") : users[i].email));
    }
    return true;
}

static bool run(struct task *t, const char *word, const struct given *given, struct error *err)
{
    if (strcmp(word, "list") == 0) {
        return db_read(t->program->app.db, list_users, t, err);
    }
    if (given->word_count < 2) {
        return error_set(err, ERR_INVALID, "Say whose: steward user %s MAIL.", word);
    }
    t->email = str_c(given->words[1]);
    return strcmp(word, "add") == 0 ? run_add(t, given, err) : run_password(t, given, err);
}

int cmd_user(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        {"name", "NAME", false, "for add: their name"},
        {"role", "ROLE", false, "for add: end-user, light-agent, agent, lead or admin"},
        {"password-file", "FILE", false, "a file whose first line is the password"},
    };
    struct given given;
    struct program program;
    struct error err;
    switch (
        options_read(argc, argv,
                     "steward user add MAIL      adds a person\n"
                     "steward user list          lists all people\n"
                     "steward user password MAIL sets a password and ends the person's sessions",
                     OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    const char *word = given.word_count > 0 ? given.words[0] : "";
    bool known =
        strcmp(word, "add") == 0 || strcmp(word, "list") == 0 || strcmp(word, "password") == 0;
    if (!known || given_value(&given, "data") == NULL) {
        (void)fprintf(stderr, "steward user: say add, list or password, and --data DIR.\n");
        return EX_USAGE;
    }
    if (!program_open(&program, &given, PROGRAM_VISIT, &err)) {
        return fail_with(&err);
    }
    struct task task = {.program = &program, .hash = STR("")};
    int code = run(&task, word, &given, &err) ? EX_OK : fail_with(&err);
    program_close(&program);
    return code;
}
