// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/portal/words.h"

#include "view/view.h"

const char *portal_happening(const struct ticket *ticket, bool taken)
{
    switch (ticket->status) {
    case STATUS_NEW:
    case STATUS_OPEN:
    case STATUS_HOLD:
        return taken ? WORDS("{steward} is working on it.")
                     : WORDS("We have received it. A person will look at it soon.");
    case STATUS_PENDING:
        return taken ? WORDS("{steward} has asked you something and waits for your answer.")
                     : WORDS("We have asked you something and wait for your answer.");
    case STATUS_SOLVED:
        return WORDS("Solved. If it comes back, just write below.");
    case STATUS_CLOSED:
        return WORDS("Solved and put away. If you need us again, just write.");
    }
    return "";
}
