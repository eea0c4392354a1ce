// SPDX-License-Identifier: GPL-3.0-or-later
//
// What changed between two texts, word by word, so that a person sees it at once.
#ifndef STEWARD_DESK_CHARTER_DIFF_H
#define STEWARD_DESK_CHARTER_DIFF_H

#include "base/str.h"

enum diff_kind { DIFF_SAME, DIFF_GONE, DIFF_NEW };

struct diff_part {
    enum diff_kind kind;
    struct str text;  // words with the blanks that follow them; borrowed from before or after
};

// The parts in reading order; those that are the same and new together are `after`, the same and
// gone ones `before`. A longest common subsequence of words [Hunt & McIlroy 1976] as long as the
// texts have up to about a thousand words each; beyond it all of before is gone and all of after is
// new.
void diff_words(mem_ctx *ctx, struct str before, struct str after, struct diff_part **ret,
                size_t *ret_count);

#endif
