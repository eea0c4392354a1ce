-- A moment of truth: what one person thought of one answer of the desk.
CREATE TABLE moment (
    id BIGINT PRIMARY KEY,
    ticket_id BIGINT NOT NULL,
    comment_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL, -- who judges
    score TEXT NOT NULL CHECK (score IN ('good', 'bad')),
    word TEXT NOT NULL, -- in their own words, may be empty
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- What a bad one set going: open until the steward answers, closed once a lead noted the outcome.
    recovery TEXT NOT NULL CHECK (recovery IN ('none', 'open', 'answered', 'closed')),
    outcome TEXT NOT NULL,
    closed_by BIGINT,
    closed_at BIGINT
);
-- One verdict of a person on an answer, however often the link is pressed.
CREATE UNIQUE INDEX moment_comment ON moment (comment_id, user_id);
-- The verdicts at a ticket, the last one first.
CREATE INDEX moment_ticket ON moment (ticket_id, updated_at, id);
-- Lists by id, and sums since a day.
CREATE INDEX moment_updated ON moment (updated_at, id, score);
-- What a lead still has to look at.
CREATE INDEX moment_recovery ON moment (updated_at, id) WHERE recovery IN ('open', 'answered');
