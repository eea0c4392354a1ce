-- held_until: a public reply that its author can still take back; requesters do not see it before the
-- job that releases it has taken the mark away.
ALTER TABLE ticket_comment ADD COLUMN held_until BIGINT;
-- Files of a reply that was taken back: tokens of uploads, one space between.
ALTER TABLE draft ADD COLUMN uploads TEXT;
