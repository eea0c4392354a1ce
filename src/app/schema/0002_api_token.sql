-- Keys of programs. A token is long and random, so a plain hash guards it and checking costs
-- microseconds (slow hashes are for passwords that people choose).
CREATE TABLE api_token (
    id INTEGER PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    user_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
-- The tokens of a person.
CREATE INDEX api_token_user ON api_token (user_id);
