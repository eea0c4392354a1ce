// SPDX-License-Identifier: GPL-3.0-or-later
//
// Typed ids: a user's id cannot be passed where a ticket's is wanted. v == 0 means none.
#ifndef STEWARD_BASE_IDS_H
#define STEWARD_BASE_IDS_H

#include <stdint.h>

// ID(name): struct name ## _id
#define ID_KINDS                                                                                   \
    ID(ticket)                                                                                     \
    ID(user)                                                                                       \
    ID(group)                                                                                      \
    ID(organization)                                                                               \
    ID(comment)                                                                                    \
    ID(audit)                                                                                      \
    ID(event)                                                                                      \
    ID(attachment)                                                                                 \
    ID(upload)                                                                                     \
    ID(job)                                                                                        \
    ID(session)                                                                                    \
    ID(token)                                                                                      \
    ID(view)                                                                                       \
    ID(mail)                                                                                       \
    ID(outmail)                                                                                    \
    ID(identity)                                                                                   \
    ID(brand)                                                                                      \
    ID(form)                                                                                       \
    ID(field)                                                                                      \
    ID(status)                                                                                     \
    ID(membership)                                                                                 \
    ID(trigger)                                                                                    \
    ID(macro)                                                                                      \
    ID(article)                                                                                    \
    ID(section)                                                                                    \
    ID(category)                                                                                   \
    ID(webhook)                                                                                    \
    ID(suspended)                                                                                  \
    ID(moment)                                                                                     \
    ID(rule)                                                                                       \
    ID(policy)                                                                                     \
    ID(schedule)                                                                                   \
    ID(object)                                                                                     \
    ID(inbox)                                                                                      \
    ID(factor)                                                                                     \
    ID(provider)

#define ID(name)                                                                                   \
    struct name##_id {                                                                             \
        int64_t v;                                                                                 \
    };
ID_KINDS
#undef ID

#endif
