// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/view.h"

void view_init(struct view *v, struct buf *out, mem_ctx *mem)
{
    *v = (struct view){
        .out = out, .mem = mem, .locale = STR("en"), .time_zone = STR("UTC"), .csrf = STR("")};
}

// English is the only language so far, so the words are their own translation.
struct str tr(const struct view *v, const char *words)
{
    (void)v;
    return str_c(words);
}
