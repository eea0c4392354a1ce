-- Mail that was fetched from a mailbox (inbox_id): it stands here as 'new' first, in the transaction
-- that moves the mailbox's cursor, and intake follows. silent: nobody gets automatic mail because of
-- it. dated_at: imported; ticket and comment get this time instead of received_at.
ALTER TABLE mail_in ADD COLUMN inbox_id BIGINT;
ALTER TABLE mail_in ADD COLUMN silent INTEGER NOT NULL DEFAULT 0 CHECK (silent IN (0, 1));
ALTER TABLE mail_in ADD COLUMN dated_at BIGINT;
