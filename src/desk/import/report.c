// SPDX-License-Identifier: GPL-3.0-or-later
//
// What came and what did not: figures, reasons, and a file with a line for each.
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "desk/import/run.h"

bool import_report_open(struct import *run, struct error *err)
{
    // The folder may come from elsewhere: a link in it must not choose what is written over.
    int fd = open(run->job->report, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    run->report = fd < 0 ? NULL : fdopen(fd, "w");
    return run->report != NULL ||
           error_set(err, ERR_UNAVAILABLE, "Cannot write %s: %s. Name another file with --report.",
                     run->job->report, strerror(errno));
}

bool import_report_close(struct import *run, struct error *err)
{
    bool whole = ferror(run->report) == 0;
    whole = fclose(run->report) == 0 && whole;
    run->report = NULL;
    return whole || error_set(err, ERR_UNAVAILABLE, "%s could not be written whole: %s",
                              run->job->report, strerror(errno));
}

static void count_reason(struct import *run, enum import_kind kind, const struct import_note *note)
{
    struct import_done *done = run->done;
    for (size_t i = 0; i < done->reason_count; i++) {
        if (done->reasons[i].kind == kind && str_eq(done->reasons[i].words, note->words)) {
            done->reasons[i].times++;
            return;
        }
    }
    if (done->reason_count < IMPORT_REASONS_MAX) {
        done->reasons[done->reason_count++] =
            (struct import_reason){kind, str_dup(run->ctx, note->words), 1};
    }
}

static void write_note(struct import *run, const struct import_item *item,
                       const struct import_note *note)
{
    struct buf line;
    struct jw w;
    mem_ctx *ctx = mem_ctx_new(NULL, "note");
    buf_init(&line, ctx, 1 << 16);
    jw_init(&w, &line);
    jw_object_begin(&w);
    jw_field_str(&w, "kind", import_kind_word(item->kind));
    jw_field_i64(&w, "id", item->key);
    jw_field_id(&w, "became", item->outcome == IMPORT_REFUSED ? 0 : item->became);
    jw_field_c(&w, "outcome", item->outcome == IMPORT_REFUSED ? "refused" : "left out");
    jw_field_str(&w, "field", note->field);
    jw_field_str(&w, "why", note->words);
    jw_object_end(&w);
    struct str text = buf_str(&line);
    (void)fwrite(text.ptr, 1, text.len, run->report);
    (void)fputc('\n', run->report);
    mem_free(ctx);
}

static void note_all(struct import *run, const struct import_item *item,
                     const struct import_note *notes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        count_reason(run, item->kind, &notes[i]);
        write_note(run, item, &notes[i]);
    }
}

static void count_comments(struct import *run, const struct import_item *item)
{
    struct import_count *count = &run->done->kinds[IMPORT_COMMENT];
    bool came = item->outcome == IMPORT_MADE || item->outcome == IMPORT_UPDATED;
    for (size_t i = 0; i < item->comment_count; i++) {
        const struct import_comment *comment = &item->comments[i];
        bool fresh = came && !comment->known && comment->own != 0;
        count->made += fresh ? 1 : 0;
        bool same = comment->known || item->outcome == IMPORT_SAME;
        count->same += same ? 1 : 0;
        count->refused += !fresh && !same ? 1 : 0;
        for (size_t k = 0; fresh && k < comment->file_count; k++) {
            run->done->files++;
            run->done->file_bytes += comment->files[k].size;
        }
    }
}

void import_report(struct import *run, const struct import_item *item)
{
    struct import_count *count = &run->done->kinds[item->kind];
    bool came = item->outcome == IMPORT_MADE || item->outcome == IMPORT_UPDATED;
    count->made += item->outcome == IMPORT_MADE ? 1 : 0;
    count->updated += item->outcome == IMPORT_UPDATED ? 1 : 0;
    count->same += item->outcome == IMPORT_SAME ? 1 : 0;
    count->refused += item->outcome == IMPORT_REFUSED ? 1 : 0;
    count->gone += item->outcome == IMPORT_GONE ? 1 : 0;
    count->partly += came && item->note_count + item->lasting_count > 0 ? 1 : 0;
    count_comments(run, item);
    note_all(run, item, item->lasting, item->lasting_count);
    note_all(run, item, item->notes, item->note_count);
}
