-- Answers remembered for programs that send a key with a request: asking again with the same key
-- and body does nothing and is answered the same. Written in the transaction of the request itself;
-- the answer's text follows when it was put together.
CREATE TABLE idempotency (
    user_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    object_id BIGINT NOT NULL,
    answer TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, key)
);
-- Forgetting old ones.
CREATE INDEX idempotency_age ON idempotency (created_at);
