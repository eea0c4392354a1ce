-- snoozed_until: the ticket is out of the views until then, or until its requester's side writes.
ALTER TABLE ticket ADD COLUMN snoozed_until BIGINT;
-- What sleeps, the first to wake first.
CREATE INDEX ticket_snoozed ON ticket (snoozed_until) WHERE snoozed_until IS NOT NULL;
-- The queues leave out what sleeps; so their indexes hold that, too (see 0052).
DROP INDEX ticket_unsolved_assignee;
DROP INDEX ticket_unsolved;
DROP INDEX ticket_unsolved_group;
DROP INDEX ticket_cost;
-- The desk's queues: what one person, or nobody, still has to do, last changed first.
CREATE INDEX ticket_unsolved_assignee
    ON ticket (assignee_id, updated_at, id, status, deleted_at, snoozed_until)
    WHERE deleted_at IS NULL AND status < 4;
-- All that is not solved.
CREATE INDEX ticket_unsolved ON ticket (updated_at, id, status, deleted_at, snoozed_until)
    WHERE deleted_at IS NULL AND status < 4;
-- A group's queue.
CREATE INDEX ticket_unsolved_group
    ON ticket (group_id, updated_at, id, status, deleted_at, snoozed_until)
    WHERE deleted_at IS NULL AND status < 4;
-- Open tickets, the dearest first.
CREATE INDEX ticket_cost ON ticket (cost_rate, id, status, deleted_at, snoozed_until)
    WHERE deleted_at IS NULL AND status < 4;
