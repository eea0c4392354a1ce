// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/tickets/remarks.h"

#include "base/fold.h"

#define LINE_MAX_BYTES 4096

// Folded: no capitals, no accents. A star stands for any ending.
static const char *const WORDS[] = {
    "attached",   "attachment", "attachments", "enclosed", "anbei",      "anhang",
    "angehangt*", "beigefugt*", "adjunto*",    "adjunta*", "adjuntamos", "ci-joint",
    "ci-jointe",  "ci-joints",  "ci-jointes",  "jointe",   "jointes",
};

static bool word_fits(struct str word, const char *pattern)
{
    struct str wanted = str_c(pattern);
    if (str_ends(wanted, STR("*"))) {
        return str_starts(word, str_sub(wanted, 0, wanted.len - 1));
    }
    return str_eq(word, wanted);
}

static bool is_sign(struct str word)
{
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (word_fits(word, WORDS[i])) {
            return true;
        }
    }
    return false;
}

// Words are letters and what stands between hyphens; the rest parts them.
static bool line_names_file(struct str line)
{
    size_t begin = 0;
    for (size_t i = 0; i <= line.len; i++) {
        unsigned char c = i < line.len ? (unsigned char)line.ptr[i] : ' ';
        bool inside = c >= 0x80 || c == '-' || (c >= 'a' && c <= 'z');
        if (inside) {
            continue;
        }
        if (i > begin && is_sign(str_sub(line, begin, i - begin))) {
            return true;
        }
        begin = i + 1;
    }
    return false;
}

bool text_names_file(mem_ctx *ctx, struct str text)
{
    struct str rest = text;
    struct str line;
    while (str_next(&rest, '\n', &line)) {
        struct str folded = fold_text(ctx, str_utf8_clip(str_trim(line), LINE_MAX_BYTES));
        if (!str_starts(folded, STR(">")) && line_names_file(folded)) {
            return true;
        }
    }
    return false;
}
