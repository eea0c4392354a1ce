-- A small world that uses each feature of sqlc once.
CREATE TABLE pet (
    id INTEGER PRIMARY KEY,
    owner_id BIGINT NOT NULL,
    keeper_id BIGINT,
    name TEXT NOT NULL, -- as called
    weight REAL NOT NULL,
    picture BLOB,
    tame INTEGER NOT NULL CHECK (tame IN (0, 1)),
    born_at BIGINT,
    note TEXT DEFAULT 'an INTEGER; not a type'
);
