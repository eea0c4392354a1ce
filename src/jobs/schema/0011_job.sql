-- Work to be done outside of the transaction that wanted it. A row is 'waiting' until it is done,
-- when it is deleted, or 'dead' after its last try. While somebody runs it, lease_by says who and
-- run_at is when the lease ends, so a job whose runner died becomes due by itself. again_at: it was
-- asked for once more while it ran.
CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'dead')),
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_by TEXT,
    again_at BIGINT,
    unique_key TEXT,
    last_error TEXT,
    created_at BIGINT NOT NULL
);
-- What is due.
CREATE INDEX job_due ON job (run_at, id) WHERE state = 'waiting';
-- One unfinished job a key.
CREATE UNIQUE INDEX job_key ON job (unique_key) WHERE state = 'waiting';
-- What an administrator has to look at.
CREATE INDEX job_dead ON job (id) WHERE state = 'dead';
