// SPDX-License-Identifier: GPL-3.0-or-later
//
// Readers belong to threads: a thread that reads gets a connection of its own and keeps it until
// it ends.
#include "db/db_internal.h"

struct per_thread_entry {
    struct per_thread *all;
    void *handle;
    struct per_thread_entry *previous, *next;
};

static void entry_free(struct per_thread_entry *entry)
{
    entry->all->close(entry->handle);
    mem_free(entry);
}

// The destructor of the key: a thread ends while the store is open.
static void thread_ended(void *arg)
{
    struct per_thread_entry *entry = arg;
    struct per_thread *all = entry->all;
    (void)pthread_mutex_lock(&all->lock);
    if (entry->previous != NULL) {
        entry->previous->next = entry->next;
    } else {
        all->first = entry->next;
    }
    if (entry->next != NULL) {
        entry->next->previous = entry->previous;
    }
    (void)pthread_mutex_unlock(&all->lock);
    entry_free(entry);
}

bool per_thread_init(struct per_thread *all, void (*close)(void *handle), struct error *err)
{
    if (pthread_key_create(&all->key, thread_ended) != 0) {
        return error_internal(err, "no thread key left: too many databases are open");
    }
    (void)pthread_mutex_init(&all->lock, NULL);
    all->first = NULL;
    all->close = close;
    return true;
}

void *per_thread_get(struct per_thread *all)
{
    const struct per_thread_entry *entry = pthread_getspecific(all->key);
    return entry == NULL ? NULL : entry->handle;
}

void per_thread_set(struct per_thread *all, void *handle)
{
    struct per_thread_entry *entry = mem_new(NULL, struct per_thread_entry);
    entry->all = all;
    entry->handle = handle;
    (void)pthread_mutex_lock(&all->lock);
    entry->next = all->first;
    if (all->first != NULL) {
        all->first->previous = entry;
    }
    all->first = entry;
    (void)pthread_mutex_unlock(&all->lock);
    (void)pthread_setspecific(all->key, entry);
}

void per_thread_close(struct per_thread *all)
{
    // From here on ending threads leave their handles to us.
    (void)pthread_key_delete(all->key);
    for (struct per_thread_entry *entry = all->first; entry != NULL;) {
        struct per_thread_entry *next = entry->next;
        entry_free(entry);
        entry = next;
    }
    (void)pthread_mutex_destroy(&all->lock);
}
