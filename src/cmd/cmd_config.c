// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "app/config.h"
#include "cmd/command.h"

int cmd_config(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"data", "DIR", false, "the data folder; without it, the defaults are shown"},
        {"db", "URL", false, "taken as by the other commands; not shown"},
    };
    struct given given;
    struct config config;
    struct error err;
    struct buf out;
    switch (options_read(argc, argv, "Shows all settings as DIR/steward.conf may have them.",
                         OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "config");
    const char *data = given_value(&given, "data");
    int code = EX_OK;
    config_init(&config);
    buf_init(&out, ctx, 1 << 20);
    if (data != NULL && !config_load(&config, ctx, str_c(data), &err)) {
        code = fail_with(&err);
    } else {
        config_print(&config, &out);
        (void)fputs(buf_str(&out).ptr, stdout);
    }
    mem_free(ctx);
    return code;
}
