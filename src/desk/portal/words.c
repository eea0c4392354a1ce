// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/portal/words.h"

struct str portal_happening(mem_ctx *ctx, const struct ticket *ticket, struct str steward)
{
    bool taken = steward.len > 0;
    switch (ticket->status) {
    case STATUS_NEW:
    case STATUS_OPEN:
    case STATUS_HOLD:
        return taken ? str_printf(ctx, STR_FMT " is working on it.", STR_ARG(steward))
                     : STR("We have received it. A person will look at it soon.");
    case STATUS_PENDING:
        return taken
                   ? str_printf(ctx, STR_FMT " has asked you something and waits for your answer.",
                                STR_ARG(steward))
                   : STR("We have asked you something and wait for your answer.");
    case STATUS_SOLVED:
        return STR("Solved. If it comes back, just write below.");
    case STATUS_CLOSED:
        return STR("Solved and put away. If you need us again, just write.");
    }
    return STR("");
}
