-- Who is signed in where. Only the hash of the cookie's token is kept, so a stolen backup opens no
-- session.
CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    user_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
-- A person's sessions, to list and to end them.
CREATE INDEX session_of_user ON session (user_id);
