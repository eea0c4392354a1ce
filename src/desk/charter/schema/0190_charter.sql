-- The charter: what the desk is for, in numbered versions. state: 'draft' while it is written,
-- 'signing' once its text is fixed and named people sign it, 'in_force' when all have, 'replaced' by
-- a later one, 'withdrawn' before it got so far. body is the very text that is signed, hash its
-- SHA-256; both from the opening for signatures on. revision counts the writings of a draft.
CREATE TABLE charter_version (
    id BIGINT PRIMARY KEY,
    number BIGINT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('draft', 'signing', 'in_force', 'replaced', 'withdrawn')),
    revision BIGINT NOT NULL,
    review_months BIGINT NOT NULL,
    body TEXT,
    hash TEXT,
    created_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    opened_at BIGINT,
    in_force_at BIGINT,
    review_at BIGINT
);
CREATE UNIQUE INDEX charter_version_number ON charter_version (number);
-- At most one is in force and one being signed; found at every page of the portal.
CREATE UNIQUE INDEX charter_version_current ON charter_version (state)
    WHERE state IN ('signing', 'in_force');

-- What a version says, field by field (fields.def).
CREATE TABLE charter_field (
    version_id BIGINT NOT NULL,
    field TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (version_id, field)
);
-- Its values and objectives. origin is the same for one value or objective in all versions, so that
-- replies marked with it and progress outlive a new version.
CREATE TABLE charter_value (
    id BIGINT PRIMARY KEY,
    version_id BIGINT NOT NULL,
    origin BIGINT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    keywords TEXT NOT NULL,
    meaning TEXT NOT NULL
);
CREATE INDEX charter_value_version ON charter_value (version_id, position);
CREATE TABLE charter_objective (
    id BIGINT PRIMARY KEY,
    version_id BIGINT NOT NULL,
    origin BIGINT NOT NULL,
    position BIGINT NOT NULL,
    horizon TEXT NOT NULL CHECK (horizon IN ('short', 'long')),
    title TEXT NOT NULL,
    measure TEXT NOT NULL,
    target TEXT NOT NULL
);
CREATE INDEX charter_objective_version ON charter_objective (version_id, position);
-- How far an objective is; the latest row counts, the others are its history.
CREATE TABLE charter_progress (
    id BIGINT PRIMARY KEY,
    origin BIGINT NOT NULL,
    percent BIGINT NOT NULL CHECK (percent BETWEEN 0 AND 100),
    note TEXT NOT NULL,
    created_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX charter_progress_origin ON charter_progress (origin, created_at, id);

-- What staff say about a field of a draft.
CREATE TABLE charter_comment (
    id BIGINT PRIMARY KEY,
    version_id BIGINT NOT NULL,
    field TEXT NOT NULL,
    author_id BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX charter_comment_version ON charter_comment (version_id, created_at, id);

-- Who is named to sign a version; with the signature their name as it was, the time, and the hash of
-- the text that they saw.
CREATE TABLE charter_signer (
    id BIGINT PRIMARY KEY,
    version_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    part TEXT NOT NULL CHECK (part IN ('leader', 'staff')),
    name TEXT NOT NULL,
    signed_at BIGINT,
    hash TEXT
);
CREATE UNIQUE INDEX charter_signer_version ON charter_signer (version_id, user_id);

-- Who has read and accepted a version, each year anew.
CREATE TABLE charter_acknowledgement (
    id BIGINT PRIMARY KEY,
    version_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX charter_acknowledgement_user
    ON charter_acknowledgement (version_id, user_id, created_at);

-- Which mails were sent, so that nobody is reminded every day.
CREATE TABLE charter_reminder (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('sign', 'acknowledge', 'review')),
    version_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX charter_reminder_user ON charter_reminder (version_id, kind, user_id, created_at);

-- A reply that shows one of the values, as a colleague saw it.
CREATE TABLE charter_mark (
    id BIGINT PRIMARY KEY,
    ticket_id BIGINT NOT NULL,
    comment_id BIGINT NOT NULL,
    value_id BIGINT NOT NULL,
    origin BIGINT NOT NULL, -- of the value
    marked_by BIGINT NOT NULL,
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX charter_mark_comment ON charter_mark (comment_id, origin);
-- The marks of a ticket, on its page; the latest, and those of one value.
CREATE INDEX charter_mark_ticket ON charter_mark (ticket_id, id);
CREATE INDEX charter_mark_origin ON charter_mark (origin, created_at, id);
CREATE INDEX charter_mark_latest ON charter_mark (created_at, id);
