// SPDX-License-Identifier: GPL-3.0-or-later
//
// raw_fts DB TABLE SECONDS LIMIT WORD...: the raw FTS5 query on a data base as it stands: the
// newest LIMIT rows that match each word in turn. Prints queries= seconds= rate= p50_us= p99_us=.
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

int main(int argc, char **argv)
{
    if (argc < 6) {
        die("raw_fts DB TABLE SECONDS LIMIT WORD...");
    }
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        die("raw_fts: %s", sqlite3_errmsg(db));
    }
    char *sql = sqlite3_mprintf("SELECT rowid FROM \"%w\" WHERE \"%w\" MATCH ?1 "
                                "ORDER BY rowid DESC LIMIT ?2",
                                argv[2], argv[2]);
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &query, NULL) != SQLITE_OK) {
        die("raw_fts: %s", sqlite3_errmsg(db));
    }
    struct samples samples = {0};
    double begun = now_s();
    double end = begun + strtod(argv[3], NULL);
    long done = 0;
    long rows = 0;
    while (now_s() < end) {
        double start = now_s();
        sqlite3_bind_text(query, 1, argv[5 + done % (argc - 5)], -1, SQLITE_STATIC);
        sqlite3_bind_int64(query, 2, strtoll(argv[4], NULL, 10));
        while (sqlite3_step(query) == SQLITE_ROW) {
            rows++;
        }
        if (sqlite3_reset(query) != SQLITE_OK) {
            die("raw_fts: %s", sqlite3_errmsg(db));
        }
        samples_add(&samples, now_s() - start);
        done++;
    }
    double seconds = now_s() - begun;
    printf("queries=%ld rows=%ld seconds=%.3f rate=%.1f p50_us=%u p99_us=%u\n", done, rows, seconds,
           (double)done / seconds, samples_percentile(&samples, 0.5),
           samples_percentile(&samples, 0.99));
    sqlite3_finalize(query);
    sqlite3_free(sql);
    sqlite3_close(db);
    return 0;
}
