// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/view.h"

#include "view/words.h"

void view_init(struct view *v, struct buf *out, mem_ctx *mem)
{
    *v = (struct view){
        .out = out, .mem = mem, .locale = STR("en"), .time_zone = STR("UTC"), .csrf = STR("")};
}

void view_reader(struct view *v, struct str locale, struct str time_zone)
{
    v->locale = locale;
    v->words = words_catalogue(locale);
    v->time_zone = time_zone;
}

struct str tr(const struct view *v, const char *words)
{
    return words_find(v->words, str_c(words));
}

struct str tr_str(const struct view *v, struct str words)
{
    return words_find(v->words, words);
}
