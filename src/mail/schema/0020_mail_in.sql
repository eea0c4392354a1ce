-- Every mail that came, once for each mailbox it came to. It is written in the transaction that
-- makes it a ticket or comment, or by itself when that did not work, so nothing that was
-- acknowledged is ever lost. state: 'new' waits for intake, 'done' is a ticket or comment,
-- 'quarantined' waits for an admin, 'dropped' was recorded and not acted upon; reason says why.
-- mailbox is the address without "+detail", recipient the one of the envelope. message_id is '' for
-- a mail without one. dedupe_key is a hash of mailbox and message_id (or of the whole mail): the
-- same message for the same mailbox is one message however often it comes. blob names the content
-- in the blob store; small mails stand in mail_in_raw.
CREATE TABLE mail_in (
    id INTEGER PRIMARY KEY,
    mailbox TEXT NOT NULL,
    recipient TEXT NOT NULL,
    envelope_from TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('new', 'done', 'quarantined', 'dropped')),
    reason TEXT NOT NULL,
    message_id TEXT NOT NULL,
    dedupe_key TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    size BIGINT NOT NULL,
    blob TEXT,
    ticket_id BIGINT,
    comment_id BIGINT,
    attempts BIGINT NOT NULL,
    handled_at BIGINT
);
-- Has this message come before?
CREATE UNIQUE INDEX mail_in_dedupe ON mail_in (dedupe_key);
-- What waits for intake or for an admin, newest first.
CREATE INDEX mail_in_waiting ON mail_in (state, id) WHERE state IN ('new', 'quarantined');
-- Which ticket does a mail that answers this one belong to?
CREATE INDEX mail_in_message ON mail_in (message_id) WHERE ticket_id IS NOT NULL;
-- The Message-IDs of a ticket, for References; the source of a comment.
CREATE INDEX mail_in_ticket ON mail_in (ticket_id, id) WHERE ticket_id IS NOT NULL;

-- The bytes of small mails: one write for mail and ticket together instead of a file of its own.
CREATE TABLE mail_in_raw (
    mail_id INTEGER PRIMARY KEY,
    raw BLOB NOT NULL
);
