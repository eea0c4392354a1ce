-- One call of a program for many changes at once, carried out in the background. name is what the
-- program calls it ("V3-" and 32 hexadecimal digits). items and common are JSON: what to do it to,
-- and what is the same for all. progress counts the items whose result is written: the two change
-- in one transaction with the item's own work, so a job that is taken up again goes on exactly
-- where it stopped.
CREATE TABLE bulk (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    items TEXT NOT NULL,
    common TEXT,
    total BIGINT NOT NULL,
    progress BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'working', 'completed', 'failed', 'killed')),
    message TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
-- How many are under way; clearing old ones.
CREATE INDEX bulk_open ON bulk (id) WHERE finished_at IS NULL;
CREATE INDEX bulk_finished ON bulk (finished_at) WHERE finished_at IS NOT NULL;
-- A person's, newest first.
CREATE INDEX bulk_user ON bulk (user_id, id);

-- What became of each item, as the JSON object that is shown.
CREATE TABLE bulk_result (
    bulk_id BIGINT NOT NULL,
    place BIGINT NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (bulk_id, place)
);
