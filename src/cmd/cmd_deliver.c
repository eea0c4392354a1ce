// SPDX-License-Identifier: GPL-3.0-or-later
//
// Takes one mail from standard input, as mail servers pipe it: exit code 0 only when it is durable,
// EX_TEMPFAIL (75) when it should be tried again.
#include <stdio.h>
#include <stdlib.h>

#include "cmd/program.h"
#include "desk/channels/channels.h"

static bool read_all(mem_ctx *ctx, int64_t limit, struct str *ret, struct error *err)
{
    struct buf raw;
    char piece[65536];
    size_t got = 0;
    buf_init(&raw, ctx, (size_t)limit);
    while ((got = fread(piece, 1, sizeof piece, stdin)) > 0) {
        buf_put(&raw, (struct str){piece, got});
    }
    if (raw.failed) {
        return error_set(err, ERR_TOO_LARGE,
                         "The mail is larger than max_mail_bytes allows (%lld).", (long long)limit);
    }
    *ret = buf_str(&raw);
    return ret->len > 0 || error_set(err, ERR_INVALID, "There is no mail on standard input.");
}

int cmd_deliver(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        {"to", "MAIL", false, "the recipient; the desk's own address if not given"},
        {"from", "MAIL", false, "the envelope sender, if known"},
    };
    struct given given;
    struct program program;
    struct error err;
    switch (
        options_read(argc, argv,
                     "Takes in one mail from standard input. Exit code 0: it is durable; 75: try "
                     "again later.",
                     OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    if (given_value(&given, "data") == NULL || given.word_count > 0) {
        (void)fprintf(stderr, "steward deliver: --data DIR is needed.\n");
        return EX_USAGE;
    }
    if (!program_open(&program, &given, PROGRAM_VISIT, &err)) {
        (void)fail_with(&err);
        return EX_TEMPFAIL;
    }
    const char *to = given_value(&given, "to");
    const char *from = given_value(&given, "from");
    struct letter letter = {.envelope_from = str_c(from == NULL ? "" : from),
                            .recipient = to == NULL ? program.config.mailbox : str_c(to)};
    int code = EX_OK;
    if (!read_all(program.ctx, program.config.max_mail_bytes, &letter.raw, &err)) {
        code = fail_with(&err);
    } else {
        enum intake_result result = intake_letter(program.desk, program.ctx, &letter, &err);
        if (result != INTAKE_TAKEN) {
            (void)fail_with(&err);
            code = result == INTAKE_TRY_LATER ? EX_TEMPFAIL : EX_NOUSER;
        }
    }
    program_close(&program);
    return code;
}
