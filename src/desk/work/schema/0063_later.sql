-- An answer that leaves later. seen: the newest comment when it was planned; what comes behind it holds
-- the answer back. status: the word that it sets, or none.
CREATE TABLE later_reply (
    id BIGINT PRIMARY KEY,
    ticket_id BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    body TEXT NOT NULL,
    html TEXT,
    status TEXT,
    seen BIGINT NOT NULL,
    send_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
-- What a ticket's page shows; what one person has planned.
CREATE INDEX later_reply_ticket ON later_reply (ticket_id, send_at);
CREATE INDEX later_reply_author ON later_reply (author_id, send_at);

-- Its files; hash names the bytes in the blob store, token what the markup names.
CREATE TABLE later_file (
    id BIGINT PRIMARY KEY,
    reply_id BIGINT NOT NULL,
    hash TEXT NOT NULL,
    file_name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    is_inline INTEGER NOT NULL CHECK (is_inline IN (0, 1)),
    content_id TEXT,
    token TEXT NOT NULL
);
-- The files of an answer.
CREATE INDEX later_file_reply ON later_file (reply_id, id);
-- Whether a blob is named (the collector).
CREATE INDEX later_file_hash ON later_file (hash);
