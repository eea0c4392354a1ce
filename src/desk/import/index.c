// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is where in the folder.
#include <stdlib.h>

#include "desk/import/run.h"

static void add_words(struct import *run, int64_t ticket, const struct import_place *place)
{
    if (ticket == 0) {
        return;
    }
    if (run->word_count > 0) {
        const struct import_words *last = &run->words[run->word_count - 1];
        if (last->ticket == ticket && last->place.file == place->file &&
            last->place.at == place->at) {
            return;
        }
    }
    if (run->word_count == run->word_room) {
        run->word_room = run->word_room == 0 ? 1024 : 2 * run->word_room;
        run->words = mem_grow(run->ctx, run->words, struct import_words, run->word_room);
    }
    run->words[run->word_count++] = (struct import_words){ticket, *place};
}

static void index_piece(struct import *run, const struct import_piece *piece,
                        const struct import_place *place)
{
    for (size_t i = 0; i < piece->count; i++) {
        const struct import_list *list = &piece->lists[i];
        run->holds[place->file] |= 1U << list->kind;
        run->done->kinds[list->kind].found += (int64_t)list->count;
        for (size_t k = 0; list->kind == IMPORT_COMMENT && k < list->count; k++) {
            add_words(run, import_comment_ticket(list, import_list_at(list, k)), place);
        }
    }
}

static void index_failed(struct import *run, const struct import_place *place,
                         const struct error *why)
{
    struct buf line;
    struct jw w;
    mem_ctx *ctx = mem_ctx_new(NULL, "unreadable");
    run->done->unreadable++;
    buf_init(&line, ctx, 1 << 16);
    jw_init(&w, &line);
    jw_object_begin(&w);
    jw_field_str(&w, "file", import_folder_name(run->folder, place->file));
    jw_field_i64(&w, "at", (int64_t)place->at);
    jw_field_c(&w, "outcome", "unreadable");
    jw_field_c(&w, "why", why->message);
    jw_object_end(&w);
    struct str text = buf_str(&line);
    (void)fwrite(text.ptr, 1, text.len, run->report);
    (void)fputc('\n', run->report);
    mem_free(ctx);
}

static int by_ticket(const void *a, const void *b)
{
    const struct import_words *x = a;
    const struct import_words *y = b;
    if (x->ticket != y->ticket) {
        return x->ticket < y->ticket ? -1 : 1;
    }
    if (x->place.file != y->place.file) {
        return x->place.file < y->place.file ? -1 : 1;
    }
    return (x->place.at > y->place.at) - (x->place.at < y->place.at);
}

static bool index_file(struct import *run, size_t file, struct error *err)
{
    struct import_place place = {.file = file};
    struct str text;
    bool found = true;
    while (found) {
        struct import_piece piece;
        struct error why = {0};
        if (!import_folder_next(run->folder, &place, &found, &text, err)) {
            return false;
        }
        mem_ctx *ctx = mem_ctx_new(NULL, "piece");
        if (found &&
            import_piece_read(ctx, import_folder_name(run->folder, file), text, &piece, &why)) {
            index_piece(run, &piece, &place);
        } else if (found) {
            index_failed(run, &place, &why);
        }
        mem_free(ctx);
    }
    return true;
}

bool import_index(struct import *run, struct error *err)
{
    size_t files = import_folder_files(run->folder);
    run->holds = mem_array(run->ctx, unsigned, files);
    for (size_t i = 0; i < files; i++) {
        if (!index_file(run, i, err)) {
            return false;
        }
        run->job->progress(run->job->arg, "files looked through", (int64_t)i + 1, (int64_t)files);
    }
    if (run->word_count > 0) {
        qsort(run->words, run->word_count, sizeof *run->words, by_ticket);
    }
    return true;
}

// --- the comments of a ticket -------------------------------------------------------------------

static void take(mem_ctx *ctx, struct import_item *item, struct jr_value object)
{
    int64_t key = import_id(object, "id");
    for (size_t i = 0; i < item->comment_count; i++) {
        if (item->comments[i].key == key) {
            return;  // pages of two runs of an export have it twice
        }
    }
    if (key == 0) {
        return;
    }
    size_t n = item->comment_count++;
    item->comments = mem_grow(ctx, item->comments, struct import_comment, n + 1);
    item->comments[n] = (struct import_comment){
        .key = key, .at = import_time(object, "created_at"), .object = object};
}

static void take_list(mem_ctx *ctx, struct import_item *item, const struct import_list *list)
{
    for (size_t i = 0; list->kind == IMPORT_COMMENT && i < list->count; i++) {
        struct jr_value object = import_list_at(list, i);
        if (import_comment_ticket(list, object) == item->key) {
            take(ctx, item, object);
        }
    }
}

static size_t first_of(const struct import *run, int64_t ticket)
{
    size_t low = 0;
    size_t high = run->word_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (run->words[middle].ticket < ticket) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int by_time(const void *a, const void *b)
{
    const struct import_comment *x = a;
    const struct import_comment *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return (x->key > y->key) - (x->key < y->key);
}

// A page with the comments of many tickets is read once for those that are on their way together.
static bool read_words(struct import *run, mem_ctx *ctx, const struct import_place *place,
                       struct error *err)
{
    struct str text;
    if (run->last_ctx == ctx && run->last_place.file == place->file &&
        run->last_place.at == place->at) {
        return true;
    }
    run->last_ctx = NULL;
    if (!import_folder_read(run->folder, place, &text, err) ||
        !import_piece_read(ctx, import_folder_name(run->folder, place->file), text, &run->last,
                           err)) {
        return false;
    }
    run->last_ctx = ctx;
    run->last_place = *place;
    return true;
}

bool import_comments_of(struct import *run, mem_ctx *ctx, struct import_item *item,
                        struct error *err)
{
    struct jr_value inside = jr_get(item->object, "comments");
    for (size_t i = 0; i < jr_count(inside); i++) {
        take(ctx, item, jr_at(inside, i));
    }
    for (size_t i = first_of(run, item->key);
         i < run->word_count && run->words[i].ticket == item->key; i++) {
        if (!read_words(run, ctx, &run->words[i].place, err)) {
            return false;
        }
        for (size_t k = 0; k < run->last.count; k++) {
            take_list(ctx, item, &run->last.lists[k]);
        }
    }
    if (item->comment_count > 0) {
        qsort(item->comments, item->comment_count, sizeof *item->comments, by_time);
    }
    return true;
}
