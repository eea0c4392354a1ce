// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/channels/inbox.h"

#include "base/seal.h"
#include "desk/channels/inbox_internal.h"
#include "desk/channels/mailbox.h"
#include "desk/desk.h"
#include "http/fetch.h"
#include "mail/address.h"
#include "mail/oauth.h"

#define NAME_MOST 255
#define SECRET_MOST 8192
#define CA_MOST 100000

static const struct str SECURITY[] = {[IMAP_TLS] = STR_INIT("tls"),
                                      [IMAP_STARTTLS] = STR_INIT("starttls"),
                                      [IMAP_CLEAR] = STR_INIT("none")};
static const struct str AFTER[] = {[INBOX_LEAVE] = STR_INIT("leave"),
                                   [INBOX_SEEN] = STR_INIT("seen"),
                                   [INBOX_MOVE] = STR_INIT("move")};

static int index_of(const struct str *words, int count, struct str word)
{
    for (int i = 0; i < count; i++) {
        if (str_eq(words[i], word)) {
            return i;
        }
    }
    return 0;
}

// --- reading ------------------------------------------------------------------------------------

static enum inbox_state state_of(const struct inbox *inbox)
{
    return inbox->switches.paused ? INBOX_PAUSED
           : inbox->failures > 0  ? INBOX_FAILING
           : inbox->ok_at == 0    ? INBOX_NEW
                                  : INBOX_WELL;
}

// A line each: when, from whom, about what.
static struct inbox_sample *samples_of(mem_ctx *ctx, struct str lines, size_t *ret_count)
{
    struct inbox_sample *samples = mem_array(ctx, struct inbox_sample, INBOX_SAMPLES);
    struct str line;
    size_t count = 0;
    while (count < INBOX_SAMPLES && str_next(&lines, '\n', &line) && line.len > 0) {
        struct str at = STR("");
        struct inbox_sample sample = {.from = STR(""), .subject = STR("")};
        (void)str_next(&line, '\t', &at);
        (void)str_next(&line, '\t', &sample.from);
        (void)str_next(&line, '\t', &sample.subject);
        sample.received_at = str_to_i64(at, &sample.received_at) ? sample.received_at : 0;
        samples[count++] = sample;
    }
    *ret_count = count;
    return samples;
}

static struct inbox_answer answer_of(mem_ctx *ctx, const struct inbox_state_row *state)
{
    struct inbox_answer answer = {.waiting = state->answered_at < state->asked_at,
                                  .asked_at = state->asked_at,
                                  .since = state->asked_since,
                                  .error = state->answer_error,
                                  .count = state->answer_count,
                                  .oldest_at = state->answer_oldest};
    answer.first = samples_of(ctx, state->answer_first, &answer.first_count);
    return answer;
}

static struct inbox inbox_of(mem_ctx *ctx, const struct inbox_row *row,
                             const struct inbox_state_row *state)
{
    struct inbox inbox = {
        .id = row->id,
        .version = row->version,
        .settings = {.address = row->address,
                     .host = row->host,
                     .port = row->port,
                     .security = (enum imap_security)index_of(SECURITY, 3, row->security),
                     .ca = row->ca,
                     .user = row->user_name,
                     .oauth = str_eq_c(row->auth, "oauth"),
                     .secret = STR(""),
                     .authorize_url = row->authorize_url,
                     .token_url = row->token_url,
                     .client = row->client,
                     .token_secret = STR(""),
                     .scope = row->scope,
                     .folder = row->folder,
                     .after = (enum inbox_after)index_of(AFTER, 3, row->after),
                     .move_to = row->move_to,
                     .poll_seconds = row->poll_seconds},
        .switches = {row->paused, row->answering, row->import_since.v},
        .fetched = state->fetched,
        .ok_at = state->ok_at.v,
        .failures = state->failures,
        .last_error = str_none(state->last_error) ? STR("") : state->last_error,
        .failed_at = state->failed_at.v,
        .next_try_at = state->next_try_at,
        .importing = row->import_since.set &&
                     (state->uidvalidity == 0 || state->import_uid < state->import_until),
        .answer = answer_of(ctx, state),
    };
    inbox.state = state_of(&inbox);
    return inbox;
}

bool inbox_list(struct db *db, mem_ctx *ctx, struct inbox **ret, size_t *ret_count,
                struct error *err)
{
    struct inbox_row *rows = NULL;
    struct inbox_state_row *states = NULL;
    size_t state_count = 0;
    if (!inbox_all(db, ctx, &rows, ret_count, err) ||
        !inbox_states(db, ctx, &states, &state_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct inbox, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        struct inbox_state_row none = {.inbox_id = rows[i].id};
        const struct inbox_state_row *state = &none;
        for (size_t k = 0; k < state_count; k++) {
            state = states[k].inbox_id.v == rows[i].id.v ? &states[k] : state;
        }
        (*ret)[i] = inbox_of(ctx, &rows[i], state);
    }
    return true;
}

static bool row_of(struct db *db, mem_ctx *ctx, struct inbox_id id, struct inbox_row *ret,
                   struct error *err)
{
    bool found = false;
    return inbox_by_id(db, ctx, id, ret, &found, err) &&
           (found || error_set(err, ERR_NOT_FOUND, "There is no such mailbox."));
}

bool inbox_get(struct db *db, mem_ctx *ctx, struct inbox_id id, struct inbox *ret,
               struct error *err)
{
    struct inbox_row row;
    struct inbox_state_row state;
    bool found = false;
    if (!row_of(db, ctx, id, &row, err) || !inbox_state_of(db, ctx, id, &state, &found, err)) {
        return false;
    }
    *ret = inbox_of(ctx, &row, &state);
    return true;
}

// --- checking -----------------------------------------------------------------------------------

// What ends up in a command of the protocol must not be able to end it.
static bool is_clean(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < ' ' || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool check_text(struct str text, size_t most, const char *field, const char *name,
                       struct error *err)
{
    if (text.len == 0) {
        return error_field(err, field, "BlankValue", "%s is missing.", name);
    }
    return (text.len <= most && is_clean(text)) ||
           error_field(err, field, "InvalidValue", "%s cannot be that.", name);
}

static bool check_server(mem_ctx *ctx, const struct inbox_settings *s, struct error *err)
{
    if (!check_text(s->host, NAME_MOST, "host", "The server's name", err) ||
        !check_text(s->user, NAME_MOST, "user", "The user name", err) ||
        !check_text(s->folder, NAME_MOST, "folder", "The folder", err)) {
        return false;
    }
    if (s->port < 1 || s->port > 65535) {
        return error_field(err, "port", "InvalidValue", "A port is a number from 1 to 65535.");
    }
    if (s->security == IMAP_CLEAR && !fetch_host_is_self(ctx, s->host)) {
        return error_field(err, "security", "InvalidValue",
                           "Without TLS the password would travel readably; that is only for a "
                           "server on this machine.");
    }
    if (s->ca.len > CA_MOST || (s->ca.len > 0 && str_find(s->ca, STR("BEGIN CERTIFICATE")) < 0)) {
        return error_field(err, "ca", "InvalidValue",
                           "The authority's certificate is a text with BEGIN CERTIFICATE.");
    }
    return true;
}

static bool check_oauth(mem_ctx *ctx, const struct inbox_settings *s, struct error *err)
{
    struct error why;
    if (s->authorize_url.len > 0 && (!oauth_url_check(ctx, s->authorize_url, &why) ||
                                     str_find_char(s->authorize_url, '#') >= 0)) {
        return error_field(err, "authorize_url", "InvalidValue",
                           "The address where access is granted begins with https://");
    }
    return !s->oauth || (oauth_url_check(ctx, s->token_url, err) &&
                         check_text(s->client, NAME_MOST, "client", "The client's id", err));
}

static bool check(mem_ctx *ctx, const struct inbox_settings *s, struct error *err)
{
    if (!address_valid(s->address)) {
        return error_field(err, "address", "InvalidValue",
                           "Give the mail address that people write to.");
    }
    if (!check_server(ctx, s, err) || !check_oauth(ctx, s, err)) {
        return false;
    }
    if (s->secret.len > SECRET_MOST || !is_clean(s->secret) || s->token_secret.len > SECRET_MOST) {
        return error_field(err, "secret", "InvalidValue", "The password cannot be that.");
    }
    if (s->poll_seconds < 10 || s->poll_seconds > 3600) {
        return error_field(err, "poll_seconds", "InvalidValue", "Look every 10 to 3600 seconds.");
    }
    return s->after != INBOX_MOVE ||
           check_text(s->move_to, NAME_MOST, "move_to", "The folder to move to", err);
}

bool inbox_admins_only(const struct actor *actor, struct error *err)
{
    return actor_is_admin(actor) ||
           error_set(err, ERR_FORBIDDEN, "Only administrators can change mailboxes.");
}

// --- changing -----------------------------------------------------------------------------------

static struct str place_of(mem_ctx *ctx, struct inbox_id id, const char *what)
{
    return str_printf(ctx, "inbox:%lld:%s", (long long)id.v, what);
}

struct str inbox_seal(struct desk *desk, mem_ctx *ctx, struct inbox_id id, const char *what,
                      struct str text)
{
    return seal_text(ctx, desk->app->secret, place_of(ctx, id, what), text);
}

bool inbox_unseal(struct desk *desk, mem_ctx *ctx, struct inbox_id id, const char *what,
                  struct str sealed, struct str *ret, struct error *err)
{
    return seal_open(ctx, desk->app->secret, place_of(ctx, id, what), sealed, ret, err);
}

bool inbox_create(struct desk *desk, struct db *tx, const struct actor *actor,
                  const struct inbox_settings *s, struct inbox_id *ret, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct inbox_id id = {db_next_id(tx)};
    if (!inbox_admins_only(actor, err) || !check(ctx, s, err)) {
        return false;
    }
    // With OAuth it may be granted afterwards.
    if (s->secret.len == 0 && !(s->oauth && s->authorize_url.len > 0)) {
        return error_field(err, "secret", "BlankValue", "The password is missing.");
    }
    const struct inbox_insert_in in = {
        .id = id,
        .address = str_lower(ctx, s->address),
        .host = s->host,
        .port = s->port,
        .security = SECURITY[s->security],
        .ca = s->ca,
        .user_name = s->user,
        .auth = s->oauth ? STR("oauth") : STR("password"),
        .secret = inbox_seal(desk, ctx, id, "secret", s->secret),
        .authorize_url = s->authorize_url,
        .token_url = s->token_url,
        .client = s->client,
        .token_secret = inbox_seal(desk, ctx, id, "client", s->token_secret),
        .scope = s->scope,
        .folder = s->folder,
        .after = AFTER[s->after],
        .move_to = s->move_to,
        .poll_seconds = s->poll_seconds,
        .created_at = clock_now(desk->app->clock),
    };
    *ret = id;
    db_notify(tx, INBOX_CHANNEL, STR(""));
    return inbox_insert(tx, &in, err) && inbox_state_insert(tx, id, err);
}

bool inbox_change(struct desk *desk, struct db *tx, const struct actor *actor, struct inbox_id id,
                  const struct inbox_settings *s, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct inbox_row row;
    int64_t changes = 0;
    if (!inbox_admins_only(actor, err) || !row_of(tx, ctx, id, &row, err) || !check(ctx, s, err)) {
        return false;
    }
    const struct inbox_update_in in = {
        .id = id,
        .address = str_lower(ctx, s->address),
        .host = s->host,
        .port = s->port,
        .security = SECURITY[s->security],
        .ca = s->ca,
        .user_name = s->user,
        .auth = s->oauth ? STR("oauth") : STR("password"),
        .secret = s->secret.len > 0 ? inbox_seal(desk, ctx, id, "secret", s->secret) : row.secret,
        .authorize_url = s->authorize_url,
        .token_url = s->token_url,
        .client = s->client,
        .token_secret = s->token_secret.len > 0
                            ? inbox_seal(desk, ctx, id, "client", s->token_secret)
                            : row.token_secret,
        .scope = s->scope,
        .folder = s->folder,
        .after = AFTER[s->after],
        .move_to = s->move_to,
        .poll_seconds = s->poll_seconds,
    };
    db_notify(tx, INBOX_CHANNEL, STR(""));
    return inbox_update(tx, &in, &changes, err) && inbox_retry(tx, id, &changes, err);
}

bool inbox_switch_to(struct db *tx, const struct actor *actor, struct inbox_id id,
                     const struct inbox_switches *to, struct error *err)
{
    int64_t changes = 0;
    struct inbox_row row;
    struct db_opt_i64 since = {to->import_since != 0, to->import_since};
    if (!inbox_admins_only(actor, err) || !row_of(tx, db_tx_ctx(tx), id, &row, err)) {
        return false;
    }
    // Another day: from the beginning. What came already is known.
    if (since.v != row.import_since.v && !inbox_import_again(tx, id, err)) {
        return false;
    }
    db_notify(tx, INBOX_CHANNEL, STR(""));
    return inbox_switch(tx, id, to->paused, to->answering, since, &changes, err);
}

bool inbox_remove(struct db *tx, const struct actor *actor, struct inbox_id id, struct error *err)
{
    int64_t changes = 0;
    db_notify(tx, INBOX_CHANNEL, STR(""));
    return inbox_admins_only(actor, err) && inbox_delete(tx, id, &changes, err) &&
           inbox_state_delete(tx, id, err) && inbox_grant_delete(tx, id, err) &&
           (changes == 1 || error_set(err, ERR_NOT_FOUND, "There is no such mailbox."));
}

bool inbox_try_now(struct db *tx, const struct actor *actor, struct inbox_id id, struct error *err)
{
    int64_t changes = 0;
    db_notify(tx, INBOX_CHANNEL, STR(""));
    return inbox_admins_only(actor, err) && inbox_retry(tx, id, &changes, err) &&
           (changes == 1 || error_set(err, ERR_NOT_FOUND, "There is no such mailbox."));
}

bool inbox_ask(struct desk *desk, struct db *tx, const struct actor *actor, struct inbox_id id,
               int64_t since, struct error *err)
{
    int64_t changes = 0;
    db_notify(tx, INBOX_CHANNEL, STR(""));
    return inbox_admins_only(actor, err) && inbox_touch(tx, id, &changes, err) &&
           (changes == 1 || error_set(err, ERR_NOT_FOUND, "There is no such mailbox.")) &&
           inbox_ask_state(tx, id, clock_now(desk->app->clock), since, err);
}

// --- connecting ---------------------------------------------------------------------------------

struct new_secret {
    struct inbox_id id;
    struct str sealed;
};

static bool keep_secret_tx(struct db *tx, void *arg, struct error *err)
{
    const struct new_secret *secret = arg;
    return inbox_new_secret(tx, secret->id, secret->sealed, err);
}

// Some providers give a new refresh token each time, and the old one ends.
static bool keep_new_token(struct desk *desk, mem_ctx *ctx, struct inbox_id id,
                           const struct oauth_answer *answer, struct error *err)
{
    if (answer->refresh_token.len == 0 || id.v == 0) {
        return true;
    }
    struct new_secret secret = {id, inbox_seal(desk, ctx, id, "secret", answer->refresh_token)};
    return db_tx_run(desk->app->db, "inbox.token", keep_secret_tx, &secret, err);
}

// `s` has open secrets.
static bool server_of(struct desk *desk, mem_ctx *ctx, struct inbox_id id,
                      const struct inbox_settings *s, struct imap_server *ret, struct error *err)
{
    struct oauth_answer answer = {.access_token = STR("")};
    *ret = (struct imap_server){.host = s->host,
                                .port = (int)s->port,
                                .security = s->security,
                                .ca = s->ca,
                                .user = s->user,
                                .password = s->oauth ? STR("") : s->secret,
                                .access_token = STR(""),
                                .folder = s->folder,
                                .writes = s->after != INBOX_LEAVE,
                                .stop_fd = -1};
    if (!s->oauth) {
        return true;
    }
    if (s->secret.len == 0) {
        return error_set(err, ERR_UNAUTHENTICATED,
                         "Access to this mailbox has not been granted yet.");
    }
    const struct oauth_request request = {.token_url = s->token_url,
                                          .client = s->client,
                                          .client_secret = s->token_secret,
                                          .refresh_token = s->secret,
                                          .scope = s->scope,
                                          .ca = s->ca};
    if (!oauth_refresh(ctx, &request, &answer, err)) {
        return false;
    }
    ret->access_token = answer.access_token;
    return keep_new_token(desk, ctx, id, &answer, err);
}

static bool open_secrets(struct desk *desk, mem_ctx *ctx, const struct inbox_row *row,
                         struct str *ret_secret, struct str *ret_client, struct error *err)
{
    return inbox_unseal(desk, ctx, row->id, "secret", row->secret, ret_secret, err) &&
           inbox_unseal(desk, ctx, row->id, "client", row->token_secret, ret_client, err);
}

bool inbox_server(struct desk *desk, mem_ctx *ctx, const struct inbox_row *row,
                  struct imap_server *ret, struct error *err)
{
    const struct inbox_state_row none = {0};
    struct inbox inbox = inbox_of(ctx, row, &none);
    struct inbox_settings s = inbox.settings;
    return open_secrets(desk, ctx, row, &s.secret, &s.token_secret, err) &&
           server_of(desk, ctx, row->id, &s, ret, err);
}
