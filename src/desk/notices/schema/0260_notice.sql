-- How somebody hears of each kind of news; without a row as it is at first (notices.c).
CREATE TABLE notice_choice (
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('mention', 'assignment', 'reply', 'note')),
    mail TEXT NOT NULL CHECK (mail IN ('now', 'digest', 'never')),
    push INTEGER NOT NULL CHECK (push IN (0, 1)),
    PRIMARY KEY (user_id, kind)
);

-- At which hour of their own day somebody gets the summary; without a row at eight.
CREATE TABLE notice_hour (
    user_id BIGINT PRIMARY KEY,
    hour INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23)
);

-- News that wait for the summary; gone once it is in the outbox.
CREATE TABLE notice (
    id BIGINT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('mention', 'assignment', 'reply', 'note')),
    ticket_id BIGINT NOT NULL,
    comment_id BIGINT, -- none: it was assigned
    actor_id BIGINT, -- who did it; none: the desk itself
    created_at BIGINT NOT NULL
);
-- What one person's summary holds, in order.
CREATE INDEX notice_user ON notice (user_id, id);
-- What goes with a ticket that goes for good.
CREATE INDEX notice_ticket ON notice (ticket_id);

-- Browsers that show somebody's news (RFC 8030): where to, and how to seal it (RFC 8291).
CREATE TABLE push_browser (
    id BIGINT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    endpoint TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL, -- base64url of the browser's point on P-256
    auth TEXT NOT NULL, -- base64url of 16 bytes that only the browser and we know
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
-- One person's browsers.
CREATE INDEX push_browser_user ON push_browser (user_id, id);
