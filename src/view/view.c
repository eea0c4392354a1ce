// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/view.h"

void view_init(struct view *v, struct buf *out, mem_ctx *mem)
{
    *v = (struct view){
        .out = out, .mem = mem, .locale = STR("en"), .time_zone = STR("UTC"), .csrf = STR("")};
}
