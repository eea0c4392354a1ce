// SPDX-License-Identifier: GPL-3.0-or-later
//
// The life of one connection to a mailbox: find the place, read what was kept and not yet read,
// then fetch, wait, fetch. Every message passes keep() and then intake_kept(), in the order of
// UIDs.
#include "desk/channels/inbox_internal.h"

#include "app/config.h"
#include "base/log.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "mail/spool.h"

#define BATCH 100
#define RENEW_MS (10 * SECONDS_MS)
#define IDLE_MS (5 * MINUTES_MS)
#define LEFT_MOST 256
#define STUCK_MOST 3
#define ATTEMPTS_MOST 3

struct fetch {
    struct inbox_run *run;
    struct desk *desk;
    mem_ctx *ctx;  // of the connection
    struct inbox_row row;
    struct inbox_state_row state;
    struct imap *imap;
    struct imap_folder folder;
    struct spill *spill;
    uint32_t left[LEFT_MOST];  // not had whole: they stay where they are
    size_t left_count;
    int64_t newest_at;
    bool over;  // settings have changed, or the lease is lost
};

static int64_t now_of(const struct fetch *f)
{
    return clock_now(f->desk->app->clock);
}

// --- the row ------------------------------------------------------------------------------------

static bool load_tx(struct db *db, void *arg, struct error *err)
{
    struct fetch *f = arg;
    bool found = false;
    bool state = false;
    if (!inbox_by_id(db, f->ctx, f->run->id, &f->row, &found, err) ||
        !inbox_state_of(db, f->ctx, f->run->id, &f->state, &state, err)) {
        return false;
    }
    return (found && state) || error_set(err, ERR_NOT_FOUND, "There is no such mailbox.");
}

struct hold {
    struct inbox_run *run;
    int64_t now;
    int64_t changes;
};

static bool hold_tx(struct db *tx, void *arg, struct error *err)
{
    struct hold *hold = arg;
    return inbox_lease(tx, hold->run->id, hold->run->owner, hold->now, hold->now + INBOX_LEASE_MS,
                       &hold->changes, err);
}

bool inbox_hold(struct inbox_run *run, bool *ret_held, struct error *err)
{
    struct hold hold = {run, clock_now(run->desk->app->clock), 0};
    if (!db_tx_run(run->desk->app->db, "inbox.lease", hold_tx, &hold, err)) {
        return false;
    }
    *ret_held = hold.changes == 1;
    run->lease_until = hold.now + INBOX_LEASE_MS;
    return true;
}

struct version {
    struct inbox_run *run;
    mem_ctx *ctx;
    int64_t version;
};

static bool version_tx(struct db *db, void *arg, struct error *err)
{
    struct version *version = arg;
    struct inbox_row row;
    bool found = false;
    if (!inbox_by_id(db, version->ctx, version->run->id, &row, &found, err)) {
        return false;
    }
    version->version = found ? row.version : 0;
    return true;
}

// Called between all that takes long: keeps the lease, hears of changed settings.
static bool still_on(struct fetch *f, struct error *err)
{
    struct version version = {f->run, f->ctx, 0};
    bool held = true;
    if (f->run->lease_until - now_of(f) > INBOX_LEASE_MS - RENEW_MS) {
        return true;
    }
    if (!inbox_hold(f->run, &held, err) || !db_read(f->desk->app->db, version_tx, &version, err)) {
        return false;
    }
    f->over = f->over || !held || version.version != f->row.version;
    return true;
}

static bool on_piece(void *arg, struct error *err)
{
    struct fetch *f = arg;
    return still_on(f, err) &&
           (!f->over || error_set(err, ERR_CONFLICT, "The mailbox is fetched elsewhere."));
}

// --- where to begin -----------------------------------------------------------------------------

static bool begin_tx(struct db *tx, void *arg, struct error *err)
{
    struct fetch *f = arg;
    const struct imap_folder *folder = &f->folder;
    bool first = f->state.uidvalidity == 0;
    int64_t newest = (int64_t)folder->uid_next - 1;
    int64_t changes = 0;
    // Numbered anew: all of it is looked through, and what came before is known by its Message-ID.
    const struct inbox_begin_in in = {
        .inbox_id = f->run->id,
        .owner = f->run->owner,
        .uidvalidity = folder->uidvalidity,
        .last_uid = first ? newest : 0,
        .tidied_uid = newest,
        .recheck_until = first ? 0 : newest,
        .started_at = first ? f->newest_at : f->state.started_at,
        .import_until = newest,
    };
    return inbox_begin(tx, &in, &changes, err) &&
           (changes == 1 || error_set(err, ERR_CONFLICT, "The mailbox is fetched elsewhere."));
}

// When the newest message came, by the server's clock: should it number them anew, those that are
// not newer were there before us.
static bool find_newest(struct fetch *f, struct error *err)
{
    uint32_t *uids = NULL;
    size_t count = 0;
    struct imap_info *infos = NULL;
    size_t info_count = 0;
    if (!imap_uids(f->imap, f->ctx, 1, 0, 0, &uids, &count, err)) {
        return false;
    }
    if (count > 0 &&
        !imap_infos(f->imap, f->ctx, &uids[count - 1], 1, false, &infos, &info_count, err)) {
        return false;
    }
    f->newest_at = info_count > 0 ? infos[0].received_ms : 0;
    return true;
}

static bool find_place(struct fetch *f, struct error *err)
{
    if (f->state.uidvalidity == f->folder.uidvalidity) {
        return true;
    }
    if (f->state.uidvalidity == 0 && !find_newest(f, err)) {
        return false;
    }
    if (f->state.uidvalidity != 0) {
        LOG(LOG_LEVEL_WARN, "a mail server has numbered its messages anew",
            LOG_TEXT("mailbox", f->row.address));
    }
    return db_tx_run(f->desk->app->db, "inbox.begin", begin_tx, f, err) &&
           db_read(f->desk->app->db, load_tx, f, err);
}

// --- keeping a message --------------------------------------------------------------------------

struct keep {
    struct fetch *f;
    uint32_t uid;
    bool import;
    struct mail_arrival arrival;
    bool nothing;  // move the cursor only
    struct mail_spooled spooled;
};

static bool advance(struct db *tx, const struct keep *keep, struct error *err)
{
    const struct fetch *f = keep->f;
    const struct inbox_run *run = f->run;
    int64_t more = keep->nothing || keep->spooled.duplicate ? 0 : 1;
    int64_t changes = 0;
    bool ok = keep->import ? inbox_import_advance(tx, run->id, run->owner, f->folder.uidvalidity,
                                                  keep->uid, more, &changes, err)
                           : inbox_advance(tx, run->id, run->owner, f->folder.uidvalidity,
                                           keep->uid, more, &changes, err);
    return ok &&
           (changes == 1 || error_set(err, ERR_CONFLICT, "The mailbox is fetched elsewhere."));
}

static bool keep_tx(struct db *tx, void *arg, struct error *err)
{
    struct keep *keep = arg;
    keep->spooled = (struct mail_spooled){0};
    return (keep->nothing || mail_spool_put(tx, &keep->arrival, &keep->spooled, err)) &&
           advance(tx, keep, err);
}

static bool keep_run(struct keep *keep, struct error *err)
{
    struct fetch *f = keep->f;
    if (!db_tx_run(f->desk->app->db, "inbox.keep", keep_tx, keep, err)) {
        return false;
    }
    if (keep->import) {
        f->state.import_uid = keep->uid;
    } else {
        f->state.last_uid = keep->uid;
    }
    return true;
}

static bool skip(struct fetch *f, uint32_t uid, bool import, struct error *err)
{
    struct keep keep = {.f = f, .uid = uid, .import = import, .nothing = true};
    return keep_run(&keep, err);
}

static void fill_arrival(struct keep *keep, mem_ctx *ctx, const struct imap_info *info,
                         struct str raw)
{
    const struct fetch *f = keep->f;
    keep->arrival = (struct mail_arrival){
        .mailbox = f->row.address,
        .recipient = f->row.address,
        .envelope_from = STR(""),
        .received_at = now_of(f),
        .message_id = imap_message_id(ctx, raw),
        .sender = STR(""),
        .subject = STR(""),
        .raw = raw,
        .state = MAIL_NEW,
        .reason = STR(""),
        .inbox = f->run->id,
        .silent = keep->import || !f->row.answering || (int64_t)keep->uid <= f->state.recheck_until,
        .dated_at = keep->import ? info->received_ms : 0,
    };
}

static bool keep_and_read(struct fetch *f, mem_ctx *ctx, const struct imap_info *info, bool import,
                          struct str raw, struct error *err)
{
    struct keep keep = {.f = f, .uid = info->uid, .import = import};
    fill_arrival(&keep, ctx, info, raw);
    return mail_spool_prepare(ctx, f->desk->app->blobs, raw, &keep.arrival.blob, err) &&
           keep_run(&keep, err) &&
           (keep.spooled.state != MAIL_NEW || intake_kept(f->desk, ctx, keep.spooled.id, err));
}

// What cannot be had whole is listed for the administrator with as much of it as there is.
static bool keep_remains(struct fetch *f, mem_ctx *ctx, const struct imap_info *info, bool import,
                         const char *reason, struct error *err)
{
    struct keep keep = {.f = f, .uid = info->uid, .import = import};
    struct str header = STR("");
    struct error why;
    if (!imap_header(f->imap, ctx, info->uid, &header, &why)) {
        if (why.code == ERR_UNAVAILABLE) {
            *err = why;
            return false;
        }
        header = STR("Subject: (could not be fetched)\r\n\r\n");
    }
    fill_arrival(&keep, ctx, info, header);
    if (f->left_count < LEFT_MOST) {
        f->left[f->left_count++] = info->uid;
    }
    keep.arrival.sender = info->from;
    keep.arrival.subject = info->subject;
    keep.arrival.state = MAIL_QUARANTINED;
    keep.arrival.reason =
        str_printf(ctx, "%s It is message %u in the folder " STR_FMT " of " STR_FMT ".", reason,
                   info->uid, STR_ARG(f->row.folder), STR_ARG(f->row.address));
    return mail_spool_prepare(ctx, f->desk->app->blobs, header, &keep.arrival.blob, err) &&
           keep_run(&keep, err);
}

struct stuck {
    struct fetch *f;
    uint32_t uid;
    int64_t count;
};

static bool stuck_tx(struct db *tx, void *arg, struct error *err)
{
    const struct stuck *stuck = arg;
    return inbox_stuck(tx, stuck->f->run->id, stuck->f->run->owner, stuck->uid, stuck->count, err);
}

// The server says no to this one. It may be in trouble for a while, so only the third time counts.
static bool not_handed_over(struct fetch *f, mem_ctx *ctx, const struct imap_info *info,
                            bool import, const struct error *why, struct error *err)
{
    bool again = f->state.stuck_uid == info->uid;
    struct stuck stuck = {f, info->uid, again ? f->state.stuck_count + 1 : 1};
    if (stuck.count >= STUCK_MOST) {
        return keep_remains(f, ctx, info, import, why->message, err);
    }
    if (db_tx_run(f->desk->app->db, "inbox.stuck", stuck_tx, &stuck, err)) {
        *err = *why;
    }
    return false;
}

static bool fetch_one(struct fetch *f, mem_ctx *ctx, const struct imap_info *info, bool import,
                      struct error *err)
{
    struct str raw;
    struct error why;
    int64_t most = f->desk->app->config->max_mail_bytes;
    if (info->size > most) {
        return keep_remains(f, ctx, info, import,
                            "The message is larger than max_mail_bytes and stays at the server.",
                            err);
    }
    spill_reset(f->spill);
    if (!imap_message(f->imap, info->uid, info->size, f->spill, on_piece, f, &why)) {
        if (why.code == ERR_INVALID) {
            return not_handed_over(f, ctx, info, import, &why, err);
        }
        *err = why;
        return why.code == ERR_NOT_FOUND && skip(f, info->uid, import, err);
    }
    return spill_read(f->spill, &raw, err) && keep_and_read(f, ctx, info, import, raw, err);
}

// --- those that came before the server numbered them anew ---------------------------------------

struct knowing {
    struct fetch *f;
    mem_ctx *ctx;
    const struct str *message_ids;
    size_t count;
    bool *known;
};

static bool know_tx(struct db *db, void *arg, struct error *err)
{
    struct knowing *k = arg;
    return mail_spool_known(db, k->ctx, k->f->row.address, k->message_ids, k->count, &k->known,
                            err);
}

static bool find_known(struct fetch *f, mem_ctx *ctx, const struct imap_info *infos, size_t count,
                       bool **ret, struct error *err)
{
    struct str *ids = mem_array(ctx, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = infos[i].message_id;
    }
    struct knowing k = {f, ctx, ids, count, NULL};
    if (!db_read(f->desk->app->db, know_tx, &k, err)) {
        return false;
    }
    *ret = k.known;
    return true;
}

// --- fetching -----------------------------------------------------------------------------------

// What is known of a message; one that the server does not describe is asked for all the same.
static size_t info_at(const struct imap_info *infos, size_t count, uint32_t uid)
{
    size_t at = 0;
    while (at < count && infos[at].uid != uid) {
        at++;
    }
    return at;
}

static bool passed_over(const struct fetch *f, const struct imap_info *info, bool import,
                        bool known)
{
    bool renumbered = !import && info->uid <= f->state.recheck_until;
    bool before_us = info->received_ms != 0 && info->received_ms <= f->state.started_at;
    return (import && known) || (renumbered && (known || before_us));
}

// Deals with these UIDs, in their order.
static bool fetch_uids(struct fetch *f, mem_ctx *ctx, const uint32_t *uids, size_t count,
                       bool import, struct error *err)
{
    struct imap_info *infos = NULL;
    size_t info_count = 0;
    bool *known = NULL;
    if (!imap_infos(f->imap, ctx, uids, count, true, &infos, &info_count, err) ||
        !find_known(f, ctx, infos, info_count, &known, err)) {
        return false;
    }
    for (size_t i = 0; i < count && !f->over; i++) {
        mem_ctx *one = mem_ctx_new(ctx, "message");
        size_t at = info_at(infos, info_count, uids[i]);
        const struct imap_info bare = {uids[i], 0, 0, STR(""), STR(""), STR("")};
        bool pass = at < info_count && passed_over(f, &infos[at], import, known[at]);
        bool ok = pass ? skip(f, uids[i], import, err)
                       : fetch_one(f, one, at < info_count ? &infos[at] : &bare, import, err);
        mem_free(one);
        if (!ok || !still_on(f, err)) {
            return false;
        }
        f->over = f->over || inbox_stopping(f->run);
    }
    return true;
}

static bool fetch_new(struct fetch *f, struct error *err)
{
    size_t count = 1;
    while (count > 0 && !f->over) {
        mem_ctx *ctx = mem_ctx_new(f->ctx, "fetch");
        uint32_t *uids = NULL;
        bool ok =
            imap_uids(f->imap, ctx, (uint32_t)f->state.last_uid + 1, 0, 0, &uids, &count, err);
        for (size_t at = 0; ok && at < count && !f->over; at += BATCH) {
            mem_ctx *some = mem_ctx_new(ctx, "batch");
            ok =
                fetch_uids(f, some, uids + at, count - at < BATCH ? count - at : BATCH, false, err);
            mem_free(some);
        }
        mem_free(ctx);
        if (!ok) {
            return false;
        }
    }
    return true;
}

// Some of what an import asks for; new mail goes first.
static bool fetch_old(struct fetch *f, bool *ret_more, struct error *err)
{
    int64_t until = f->state.import_until;
    *ret_more = false;
    if (!f->row.import_since.set || f->state.import_uid >= until) {
        return true;
    }
    mem_ctx *ctx = mem_ctx_new(f->ctx, "import");
    uint32_t *uids = NULL;
    size_t count = 0;
    bool ok = imap_uids(f->imap, ctx, (uint32_t)f->state.import_uid + 1, (uint32_t)until,
                        f->row.import_since.v, &uids, &count, err);
    size_t some = count < BATCH ? count : BATCH;
    ok = ok && fetch_uids(f, ctx, uids, some, true, err);
    if (ok && some == count && !f->over && f->state.import_uid < until) {
        ok = skip(f, (uint32_t)until, true, err);
    }
    mem_free(ctx);
    *ret_more = ok && count > some;
    return ok;
}

// --- what was kept and not read -----------------------------------------------------------------

struct unread {
    struct fetch *f;
    mem_ctx *ctx;
    struct mail_id *ids;
    size_t count;
    struct mail_id id;
    struct mail_record record;
};

static bool unread_tx(struct db *db, void *arg, struct error *err)
{
    struct unread *u = arg;
    return mail_spool_unread(db, u->ctx, u->f->run->id, (struct mail_id){0}, BATCH, &u->ids,
                             &u->count, err);
}

static bool attempt_tx(struct db *tx, void *arg, struct error *err)
{
    struct unread *u = arg;
    if (!mail_spool_attempt(tx, u->id, err) ||
        !mail_spool_get(tx, u->ctx, u->id, &u->record, err)) {
        return false;
    }
    return u->record.attempts <= ATTEMPTS_MOST ||
           mail_spool_quarantine(
               tx, u->id, STR("Reading this mail has ended the program several times."), err);
}

// A program that ended between keeping and reading left them. One that ends the program each time
// is put aside: attempts are counted only where a program begins.
static bool read_kept(struct fetch *f, struct error *err)
{
    struct unread u = {.f = f, .ctx = mem_ctx_new(f->ctx, "unread"), .count = 1};
    bool ok = true;
    while (ok && u.count > 0) {
        ok = db_read(f->desk->app->db, unread_tx, &u, err);
        for (size_t i = 0; ok && i < u.count; i++) {
            u.id = u.ids[i];
            u.record.attempts = 0;
            ok = (f->run->resumed ||
                  db_tx_run(f->desk->app->db, "inbox.attempt", attempt_tx, &u, err)) &&
                 (u.record.attempts > ATTEMPTS_MOST || intake_kept(f->desk, u.ctx, u.id, err)) &&
                 still_on(f, err);
        }
    }
    mem_free(u.ctx);
    return ok;
}

// --- what the server is told --------------------------------------------------------------------

static bool tidied_tx(struct db *tx, void *arg, struct error *err)
{
    const struct fetch *f = arg;
    return inbox_tidied(tx, f->run->id, f->run->owner, f->state.last_uid, err);
}

static size_t without_left(const struct fetch *f, uint32_t *uids, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool left = false;
        for (size_t k = 0; k < f->left_count; k++) {
            left = left || f->left[k] == uids[i];
        }
        if (!left) {
            uids[kept++] = uids[i];
        }
    }
    return kept;
}

static bool tidy(struct fetch *f, struct error *err)
{
    uint32_t *uids = NULL;
    size_t count = 0;
    if (str_eq_c(f->row.after, "leave") || f->state.tidied_uid >= f->state.last_uid) {
        return true;
    }
    mem_ctx *ctx = mem_ctx_new(f->ctx, "tidy");
    bool ok = imap_uids(f->imap, ctx, (uint32_t)f->state.tidied_uid + 1,
                        (uint32_t)f->state.last_uid, 0, &uids, &count, err);
    count = ok ? without_left(f, uids, count) : 0;
    for (size_t at = 0; ok && at < count; at += BATCH) {
        size_t some = count - at < BATCH ? count - at : BATCH;
        ok = str_eq_c(f->row.after, "seen")
                 ? imap_mark_seen(f->imap, uids + at, some, err)
                 : imap_move(f->imap, uids + at, some, f->row.move_to, err);
    }
    mem_free(ctx);
    if (!ok || !db_tx_run(f->desk->app->db, "inbox.tidied", tidied_tx, f, err)) {
        return false;
    }
    f->state.tidied_uid = f->state.last_uid;
    return true;
}

// --- round and round ----------------------------------------------------------------------------

static bool well_tx(struct db *tx, void *arg, struct error *err)
{
    const struct fetch *f = arg;
    inbox_publish(f->desk, tx);
    return inbox_well(tx, f->run->id, f->run->owner, now_of(f), err);
}

static bool on_tick(void *arg, bool *ret_end, struct error *err)
{
    struct fetch *f = arg;
    bool ok = still_on(f, err);
    *ret_end = f->over;
    return ok;
}

static bool wait_for_mail(struct fetch *f, struct error *err)
{
    bool changed = false;
    const struct imap_idle idle = {.ms = imap_has_idle(f->imap) ? IDLE_MS
                                                                : f->row.poll_seconds * SECONDS_MS,
                                   .slice_ms = RENEW_MS,
                                   .tick = on_tick,
                                   .arg = f};
    bool ok = imap_idle(f->imap, &idle, &changed, err);
    f->over = f->over || inbox_stopping(f->run);
    return ok;
}

static bool look(struct fetch *f, bool *ret_well, struct error *err)
{
    bool more = true;
    while (more && !f->over) {
        if (!fetch_new(f, err) || !fetch_old(f, &more, err) || !tidy(f, err) || !still_on(f, err)) {
            return false;
        }
        f->over = f->over || inbox_stopping(f->run);
    }
    *ret_well = true;
    return db_tx_run(f->desk->app->db, "inbox.well", well_tx, f, err);
}

static bool connect_to(struct fetch *f, struct error *err)
{
    struct imap_server server;
    if (!inbox_server(f->desk, f->ctx, &f->row, &server, err)) {
        return false;
    }
    server.stop_fd = f->run->stop_fd;
    return imap_open(f->ctx, &server, &f->imap, &f->folder, err);
}

// Connects and, where something was asked, answers first.
static bool open_and_answer(struct fetch *f, struct error *err)
{
    struct error why;
    bool open = connect_to(f, &why);
    if (!open && inbox_stopping(f->run)) {
        *err = why;
        return false;
    }
    if (f->state.answered_at < f->state.asked_at &&
        !inbox_answer(f->desk, &f->state, f->imap, &why, err)) {
        return false;
    }
    if (!open) {
        *err = why;
    }
    return open;
}

static bool fetch_all(struct fetch *f, bool *ret_well, struct error *err)
{
    if (!db_read(f->desk->app->db, load_tx, f, err) || !read_kept(f, err) ||
        !open_and_answer(f, err)) {
        return false;
    }
    f->over = f->row.paused;
    if (!f->over && !find_place(f, err)) {
        return false;
    }
    while (!f->over) {
        if (!look(f, ret_well, err) || (!f->over && !wait_for_mail(f, err))) {
            return false;
        }
    }
    return true;
}

bool inbox_fetch(struct inbox_run *run, bool *ret_well, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "inbox fetch");
    struct fetch f = {.run = run, .desk = run->desk, .ctx = ctx};
    f.spill =
        spill_new(ctx, str_printf(ctx, STR_FMT "/tmp", STR_ARG(run->desk->app->config->data)));
    *ret_well = false;
    bool ok = fetch_all(&f, ret_well, err);
    mem_free(ctx);
    return ok;
}
