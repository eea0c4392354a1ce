-- A ticket that was deleted for good keeps its row, emptied, so that exports can say it is gone.
ALTER TABLE ticket ADD COLUMN purged_at BIGINT;
-- Where a change comes from beside its channel: 'merge' of that ticket.
ALTER TABLE ticket_audit ADD COLUMN rel TEXT;
ALTER TABLE ticket_audit ADD COLUMN from_ticket BIGINT;
