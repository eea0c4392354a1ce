// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mails that could not be placed, for the machine's owner.
#include <stdio.h>
#include <string.h>

#include "cmd/program.h"
#include "desk/channels/channels.h"
#include "mail/spool.h"

#define LIST_MOST 1000

static bool print_waiting(struct db *db, void *arg, struct error *err)
{
    struct program *program = arg;
    struct mail_record *records = NULL;
    size_t count = 0;
    if (!mail_spool_list(db, program->ctx, MAIL_QUARANTINED, (struct mail_id){0}, LIST_MOST,
                         &records, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        (void)printf("%lld\t%s\t%.*s\t%.*s\t%.*s\n", (long long)records[i].id.v,
                     time_iso(program->ctx, records[i].received_at).ptr, STR_ARG(records[i].sender),
                     STR_ARG(records[i].subject), STR_ARG(records[i].reason));
    }
    return true;
}

static bool release(struct program *program, const struct given *given, struct error *err)
{
    struct actor actor = program_actor();
    struct mail_id id = {0};
    if (given->word_count < 2 || !str_to_i64(str_c(given->words[1]), &id.v)) {
        return error_set(err, ERR_INVALID, "Say which: steward mail release NUMBER.");
    }
    return intake_release(program->desk, program->ctx, &actor, id, err);
}

int cmd_mail(int argc, char **argv)
{
    static const struct option OPTIONS[] = {OPTION_DATA, OPTION_DB};
    struct given given;
    struct program program;
    struct error err;
    switch (options_read(argc, argv,
                         "steward mail list            mails that wait for a decision, and why\n"
                         "steward mail release NUMBER  takes one in after all",
                         OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    const char *word = given.word_count > 0 ? given.words[0] : "";
    bool list = strcmp(word, "list") == 0;
    if ((!list && strcmp(word, "release") != 0) || given_value(&given, "data") == NULL) {
        (void)fprintf(stderr, "steward mail: say list or release, and --data DIR.\n");
        return EX_USAGE;
    }
    if (!program_open(&program, &given, PROGRAM_VISIT, &err)) {
        return fail_with(&err);
    }
    bool ok = list ? db_read(program.app.db, print_waiting, &program, &err)
                   : release(&program, &given, &err);
    int code = ok ? EX_OK : fail_with(&err);
    program_close(&program);
    return code;
}
