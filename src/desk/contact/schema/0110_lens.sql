-- What the customer lens found in public replies that left all the same.
CREATE TABLE lens_finding (
    id BIGINT PRIMARY KEY,
    comment_id BIGINT NOT NULL,
    ticket_id BIGINT NOT NULL,
    channel TEXT NOT NULL, -- how the reply was written, the API's word
    kind TEXT NOT NULL CHECK (kind IN ('deadline', 'vendor', 'tier', 'staffing', 'blame', 'data')),
    phrase TEXT NOT NULL,
    asked INTEGER NOT NULL CHECK (asked IN (0, 1)), -- its author saw the warning and sent it anyway
    created_at BIGINT NOT NULL
);
-- The report: latest first, and sums since a day.
CREATE INDEX lens_finding_created ON lens_finding (created_at, id);
-- What was found in one ticket.
CREATE INDEX lens_finding_ticket ON lens_finding (ticket_id, id);

-- Administrators' own rules: each saving is a row, the last one counts.
CREATE TABLE lens_rules (
    id BIGINT PRIMARY KEY,
    rules TEXT NOT NULL,
    author_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
