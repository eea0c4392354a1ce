-- The outbox: every mail that is to leave or has left, written in the transaction of the change it
-- tells of. One row is one mail to one address, so that each person has a reply address of their
-- own and each failure names one. kind says what the mail is ('reply', 'notification', …) and
-- payload, in JSON, what its maker needs to compose it when it leaves. state: 'waiting' until
-- send_at, 'sending' while a job holds it, 'sent' once the next server took it, 'failed' for good,
-- 'cancelled' before it left. interrupted counts the times a sender vanished while 'sending': nobody
-- knows what became of those, and the mail goes out again with the same message_id, once.
CREATE TABLE mail_out (
    id INTEGER PRIMARY KEY,
    ticket_id BIGINT,
    comment_id BIGINT,
    user_id BIGINT,
    kind TEXT NOT NULL,
    automatic INTEGER NOT NULL CHECK (automatic IN (0, 1)),
    address TEXT NOT NULL,
    envelope_from TEXT NOT NULL,
    message_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'cancelled')),
    send_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    interrupted BIGINT NOT NULL,
    last_error TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT
);
-- What waits to be sent, how much and since when: for the doctor and the metrics.
CREATE INDEX mail_out_due ON mail_out (send_at, id) WHERE state IN ('waiting', 'sending');
-- The mails of a ticket: shown at its comments, and their ids in References.
CREATE INDEX mail_out_ticket ON mail_out (ticket_id, id) WHERE ticket_id IS NOT NULL;
-- Taking back a comment's mails.
CREATE INDEX mail_out_comment ON mail_out (comment_id) WHERE comment_id IS NOT NULL;
-- How much automatic mail did this address get lately?
CREATE INDEX mail_out_automatic ON mail_out (lower(address), created_at) WHERE automatic = 1;
-- What failed for good, newest first, for the admin.
CREATE INDEX mail_out_failed ON mail_out (id) WHERE state = 'failed';
