// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/people/api_write.h"
#include "desk/tickets/api_internal.h"

bool api_ticket_sideloads_write(struct ctx *ctx, struct jw *w, const struct api_tickets *set,
                                struct error *err)
{
    if (api_includes(ctx, "users")) {
        size_t count = 0;
        struct user_id *ids =
            mem_array(ctx->mem, struct user_id, set->count * 4 + set->collaborator_count + 1);
        for (size_t i = 0; i < set->count; i++) {
            ids[count++] = set->tickets[i].requester;
            ids[count++] = set->tickets[i].submitter;
            ids[count++] = set->tickets[i].assignee;
            ids[count++] = set->tickets[i].steward;
        }
        for (size_t i = 0; i < set->collaborator_count; i++) {
            ids[count++] = set->collaborators[i].user;
        }
        if (!api_users_sideload(ctx, ctx->db, w, ids, count, err)) {
            return false;
        }
    }
    // How the desk is divided is no business of who asks it.
    if (api_includes(ctx, "groups") && actor_is_staff(&ctx->actor)) {
        struct group_id *ids = mem_array(ctx->mem, struct group_id, set->count + 1);
        for (size_t i = 0; i < set->count; i++) {
            ids[i] = set->tickets[i].group;
        }
        if (!api_groups_sideload(ctx, ctx->db, w, ids, set->count, err)) {
            return false;
        }
    }
    if (api_includes(ctx, "organizations")) {
        struct organization_id *ids = mem_array(ctx->mem, struct organization_id, set->count + 1);
        for (size_t i = 0; i < set->count; i++) {
            ids[i] = set->tickets[i].organization;
        }
        return api_organizations_sideload(ctx, ctx->db, w, ids, set->count, err);
    }
    return true;
}

bool api_author_sideloads_write(struct ctx *ctx, struct jw *w,
                                const struct ticket_comment *comments, size_t count,
                                struct error *err)
{
    if (!api_includes(ctx, "users")) {
        return true;
    }
    struct user_id *ids = mem_array(ctx->mem, struct user_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = comments[i].author;
    }
    return api_users_sideload(ctx, ctx->db, w, ids, count, err);
}
