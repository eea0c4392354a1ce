-- What an administrator wants to know of a mailbox, and the answer, from the thread that talks to its
-- server: whether it can be reached, how many messages came there on the day asked_since or later, when the
-- oldest came, and the first of them, a line each (date, from, subject, parted by tabs). answer_error
-- says why there is no answer. A question waits while answered_at is before asked_at.
ALTER TABLE inbox_state ADD COLUMN asked_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE inbox_state ADD COLUMN asked_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE inbox_state ADD COLUMN answered_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE inbox_state ADD COLUMN answer_error TEXT NOT NULL DEFAULT '';
ALTER TABLE inbox_state ADD COLUMN answer_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE inbox_state ADD COLUMN answer_oldest BIGINT NOT NULL DEFAULT 0;
ALTER TABLE inbox_state ADD COLUMN answer_first TEXT NOT NULL DEFAULT '';
