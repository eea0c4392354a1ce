// SPDX-License-Identifier: GPL-3.0-or-later
//
// Answering an administrator who wants to know whether a mailbox can be reached and what an import
// from it would take in, before anything is taken in.
#include "base/buf.h"
#include "desk/channels/inbox_internal.h"
#include "desk/desk.h"
#include "live/live.h"
#include "mail/headers.h"

#define TEXT_MOST 120

struct telling {
    struct desk *desk;
    struct inbox_answer_state_in in;
};

static void publish(void *arg)
{
    live_publish(arg, STR("desk"));
}

void inbox_publish(struct desk *desk, struct db *tx)
{
    db_after_commit(tx, publish, desk->app->live);
}

static bool tell_tx(struct db *tx, void *arg, struct error *err)
{
    const struct telling *telling = arg;
    inbox_publish(telling->desk, tx);
    return inbox_answer_state(tx, &telling->in, err);
}

static void put_sample(mem_ctx *ctx, struct buf *lines, const struct imap_info *info)
{
    struct str from = str_one_line(ctx, header_decode(ctx, info->from), TEXT_MOST);
    struct str subject = str_one_line(ctx, header_decode(ctx, info->subject), TEXT_MOST);
    buf_put_i64(lines, info->received_ms);
    buf_put_char(lines, '\t');
    buf_put(lines, from);
    buf_put_char(lines, '\t');
    buf_put(lines, subject);
    buf_put_char(lines, '\n');
}

static bool count_since(mem_ctx *ctx, struct imap *imap, struct telling *telling, int64_t since,
                        struct error *err)
{
    uint32_t *uids = NULL;
    size_t count = 0;
    struct imap_info *infos = NULL;
    size_t info_count = 0;
    struct buf lines;
    if (!imap_uids(imap, ctx, 1, 0, since, &uids, &count, err) ||
        !imap_infos(imap, ctx, uids, count < INBOX_SAMPLES ? count : INBOX_SAMPLES, true, &infos,
                    &info_count, err)) {
        return false;
    }
    buf_init(&lines, ctx, 65536);
    for (size_t i = 0; i < info_count; i++) {
        int64_t at = infos[i].received_ms;
        put_sample(ctx, &lines, &infos[i]);
        telling->in.oldest =
            telling->in.oldest == 0 || at < telling->in.oldest ? at : telling->in.oldest;
    }
    telling->in.count = (int64_t)count;
    telling->in.first = buf_str(&lines);
    return true;
}

bool inbox_answer(struct desk *desk, const struct inbox_state_row *state, struct imap *imap,
                  const struct error *why, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "inbox answer");
    struct error trouble = {0};
    struct telling telling = {.desk = desk,
                              .in = {.inbox_id = state->inbox_id,
                                     .asked_at = state->asked_at,
                                     .error = STR(""),
                                     .first = STR("")}};
    bool ok = imap != NULL;
    if (!ok) {
        trouble = *why;
    } else if (state->asked_since != 0) {
        ok = count_since(ctx, imap, &telling, state->asked_since, &trouble);
    }
    if (!ok) {
        telling.in.error = str_c(trouble.message);
    }
    int64_t now = clock_now(desk->app->clock);
    telling.in.now = now > state->asked_at ? now : state->asked_at;
    ok = db_tx_run(desk->app->db, "inbox.answer", tell_tx, &telling, err);
    mem_free(ctx);
    return ok;
}
