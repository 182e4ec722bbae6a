/* A plain C insert loop into the event table's columns with the same two unique-and-time indexes: what SQLite itself costs.
   usage: insert_peer DATABASE ROWS; prints rows and CPU seconds. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    int rows = atoi(argv[2]);
    sqlite3 *db;
    if (sqlite3_open(argv[1], &db)) return 2;
    const char *schema =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -49152;"
        "CREATE TABLE event (event_id INTEGER PRIMARY KEY, id TEXT NOT NULL, fingerprint TEXT NOT NULL, occurred_at INTEGER NOT NULL,"
        " ended_at INTEGER NOT NULL, observed_at INTEGER NOT NULL, source TEXT NOT NULL, type TEXT NOT NULL, role TEXT NOT NULL,"
        " severity TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, service TEXT, component TEXT, environment TEXT, host TEXT,"
        " tags TEXT NOT NULL, attributes TEXT NOT NULL, origin TEXT NOT NULL, source_id TEXT, url TEXT, trace_id TEXT, commit_sha TEXT,"
        " derived_scope TEXT, superseded_by TEXT, deleted_at INTEGER) STRICT;"
        "CREATE UNIQUE INDEX event_id_unique ON event(id);"
        "CREATE UNIQUE INDEX event_live ON event(fingerprint) WHERE superseded_by IS NULL AND deleted_at IS NULL;"
        "CREATE INDEX event_time ON event(occurred_at);";
    if (sqlite3_exec(db, schema, 0, 0, 0)) return 2;
    sqlite3_stmt *insert;
    const char *sql =
        "INSERT INTO event (occurred_at, ended_at, observed_at, id, fingerprint, source, type, role, severity, title, body, service,"
        " tags, attributes, origin, source_id) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16) ON CONFLICT (id) DO NOTHING";
    if (sqlite3_prepare_v2(db, sql, -1, &insert, 0)) return 2;
    double before = cpu();
    sqlite3_exec(db, "BEGIN IMMEDIATE", 0, 0, 0);
    unsigned long long state = 20;
    for (int row = 0; row < rows; row++) {
        char id[32], fingerprint[32], title[64], source_id[32];
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        snprintf(id, sizeof id, "ev_%016llx", state);
        snprintf(fingerprint, sizeof fingerprint, "%016llx", state ^ 0x5555555555555555ULL);
        snprintf(title, sizeof title, "PaymentsErrorRateHigh fires for payments %d", row);
        snprintf(source_id, sizeof source_id, "alert-%d", row);
        long long at = 1700000000000LL + row * 37LL;
        sqlite3_bind_int64(insert, 1, at);
        sqlite3_bind_int64(insert, 2, at);
        sqlite3_bind_int64(insert, 3, at);
        const char *texts[] = {id, fingerprint, "alerts", "alert", "signal", "high", title, "payments fails 40 % of requests",
                               "payments", "[]", "{\"status\":\"firing\",\"strength\":0.8}", "alerts", source_id};
        for (int column = 0; column < 13; column++) sqlite3_bind_text(insert, column + 4, texts[column], -1, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE) return 2;
        sqlite3_reset(insert);
    }
    sqlite3_exec(db, "COMMIT", 0, 0, 0);
    printf("%d %.3f\n", rows, cpu() - before);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return 0;
}
