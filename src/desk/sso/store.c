// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/sso/sso.h"

#include "base/seal.h"
#include "desk/desk.h"
#include "desk/sso/queries.h"
#include "desk/sso/sso_internal.h"
#include "desk/trail/trail.h"
#include "http/fetch.h"

#define NAME_MAX 120
#define TEXT_MAX 2000
#define CA_MAX 65536

// --- providers ----------------------------------------------------------------------------------

static struct str place_of(mem_ctx *ctx, struct provider_id id)
{
    return str_printf(ctx, "sso:%lld:secret", (long long)id.v);
}

static bool from_row(const struct desk *desk, mem_ctx *ctx, const struct sso_provider_row *row,
                     struct sso_provider *ret, struct error *err)
{
    *ret = (struct sso_provider){.id = row->id,
                                 .name = row->name,
                                 .issuer = row->issuer,
                                 .client = row->client,
                                 .secret = STR(""),
                                 .ca = row->ca,
                                 .newcomers = row->newcomers,
                                 .trusts_mail = row->trusts_mail,
                                 .second_step = row->second_step,
                                 .active = row->active,
                                 .updated_at = row->updated_at};
    return row->secret.len == 0 || seal_open(ctx, desk->app->secret, place_of(ctx, row->id),
                                             row->secret, &ret->secret, err);
}

bool sso_providers(const struct desk *desk, struct db *db, mem_ctx *ctx, struct sso_provider **ret,
                   size_t *ret_count, struct error *err)
{
    struct sso_provider_row *rows = NULL;
    if (!sso_provider_list(db, ctx, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct sso_provider, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        if (!from_row(desk, ctx, &rows[i], &(*ret)[i], err)) {
            return false;
        }
    }
    return true;
}

bool sso_provider_load(const struct desk *desk, struct db *db, mem_ctx *ctx, struct provider_id id,
                       struct sso_provider *ret, struct error *err)
{
    struct sso_provider *all = NULL;
    size_t count = 0;
    if (!sso_providers(desk, db, ctx, &all, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (all[i].id.v == id.v) {
            *ret = all[i];
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such place to sign in.");
}

static bool check(mem_ctx *ctx, const struct sso_provider *p, struct error *err)
{
    if (str_empty(str_trim(p->name)) || p->name.len > NAME_MAX) {
        return error_field(err, "name", "InvalidValue",
                           "Name: needed, and short: the button says it.");
    }
    if (!fetch_url_fine(ctx, p->issuer) || p->issuer.len > TEXT_MAX) {
        return error_field(err, "issuer", "InvalidValue",
                           "Issuer: an address that begins with https://, as the provider gives "
                           "it.");
    }
    if (str_empty(p->client) || p->client.len > TEXT_MAX || p->secret.len > TEXT_MAX) {
        return error_field(err, "client", "BlankValue",
                           "Client: needed; the provider gives it when you register this desk "
                           "there.");
    }
    return (p->ca.len <= CA_MAX && (p->ca.len == 0 || str_find(p->ca, STR("BEGIN CERT")) >= 0)) ||
           error_field(err, "ca", "InvalidValue", "Authority: a certificate in PEM.");
}

bool sso_note(struct db *tx, const struct actor *actor, const struct sso_provider *p,
              const char *action, int64_t now, struct error *err)
{
    const struct trail_note note = {.action = action,
                                    .source_type = "sign_in_provider",
                                    .source_id = p->id.v,
                                    .source_label = p->name,
                                    .change = STR_NONE};
    return trail_add(tx, actor, now, &note, err);
}

bool sso_provider_store(const struct desk *desk, struct db *tx, const struct actor *actor,
                        struct sso_provider *p, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    bool create = p->id.v == 0;
    int64_t now = clock_now(desk->app->clock);
    if (!check(ctx, p, err)) {
        return false;
    }
    p->id.v = create ? db_next_id(tx) : p->id.v;
    const struct sso_provider_put_in in = {
        .id = p->id,
        .name = p->name,
        .issuer = p->issuer,
        .client = p->client,
        .secret = seal_text(ctx, desk->app->secret, place_of(ctx, p->id), p->secret),
        .ca = p->ca,
        .newcomers = p->newcomers,
        .trusts_mail = p->trusts_mail,
        .second_step = p->second_step,
        .active = p->active,
        .now = now};
    return sso_provider_put(tx, &in, err) &&
           sso_note(tx, actor, p, create ? "create" : "update", now, err);
}

bool sso_provider_remove(const struct desk *desk, struct db *tx, const struct actor *actor,
                         struct provider_id id, struct error *err)
{
    struct sso_provider gone;
    int64_t changes = 0;
    return sso_provider_load(desk, tx, db_tx_ctx(tx), id, &gone, err) &&
           sso_identities_delete(tx, id, err) && sso_provider_delete(tx, id, &changes, err) &&
           sso_note(tx, actor, &gone, "destroy", clock_now(desk->app->clock), err);
}

bool sso_people_count(struct db *db, mem_ctx *ctx, struct provider_id id, int64_t *ret,
                      struct error *err)
{
    struct sso_identity_count_row row = {0};
    bool ok = sso_identity_count(db, ctx, id, &row, err);
    *ret = row.count;
    return ok;
}

// --- people -------------------------------------------------------------------------------------

static bool refuse(struct error *err, const char *why)
{
    return error_set(err, ERR_UNAUTHENTICATED, "%s", why);
}

bool sso_may_come(const struct user *user, struct error *err)
{
    return (user->active && !user->suspended) ||
           refuse(err, "This account cannot be used to sign in. Ask the desk's administrators.");
}

// By the address: that of somebody known, or of a newcomer.
bool sso_by_address(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                    const struct sso_provider *provider, const struct oidc_claims *claims,
                    struct user *ret, struct error *err)
{
    struct str email;
    bool found = false;
    bool created = false;
    if (claims->email.len == 0 || !email_normalise(ctx, claims->email, &email)) {
        return refuse(err, "The other side gives no mail address, and nobody is known here by this "
                           "account yet.");
    }
    if (!claims->email_verified && !provider->trusts_mail) {
        return refuse(err, "The other side has not verified your mail address. Verify it there, "
                           "then try again.");
    }
    if (!user_by_email(tx, ctx, email, ret, &found, err)) {
        return false;
    }
    if (found) {
        return sso_may_come(ret, err);
    }
    if (!provider->newcomers) {
        return refuse(err, "Nobody here has your mail address. Ask the desk's administrators to "
                           "add you.");
    }
    const struct sender sender = {.email = email,
                                  .name = claims->name.len > 0 ? claims->name : STR_NONE,
                                  .locale = claims->locale.len > 0 ? claims->locale : STR_NONE};
    return user_find_or_create(&desk->people, tx, ctx, &sender, ret, &created, err) &&
           sso_may_come(ret, err);
}

bool sso_person(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                const struct sso_provider *provider, const struct oidc_claims *claims,
                struct user *ret, struct error *err)
{
    struct sso_identity_find_row row;
    bool known = false;
    bool found = false;
    if (!sso_identity_find(tx, ctx, provider->id, claims->subject, &row, &known, err)) {
        return false;
    }
    if (known && !user_find(tx, ctx, row.user_id, ret, &found, err)) {
        return false;
    }
    bool let =
        found ? sso_may_come(ret, err) : sso_by_address(desk, tx, ctx, provider, claims, ret, err);
    return let && sso_identity_put(tx, provider->id, claims->subject, ret->id,
                                   clock_now(desk->app->clock), err);
}

bool sso_person_moved(struct db *tx, struct user_id from, struct user_id to, struct error *err)
{
    return sso_identities_move(tx, from, to, err) && sso_entries_move(tx, from, to, err);
}

bool sso_person_gone(struct db *tx, struct user_id user, struct error *err)
{
    return sso_identities_forget(tx, user, err) && sso_entries_forget(tx, user, err);
}
