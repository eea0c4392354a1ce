-- The queues' indexes hold their own condition's columns, too: SQLite then counts a queue from the
-- index alone, and takes it rather than a person's whole history, which matches as well.
DROP INDEX ticket_unsolved_assignee;
DROP INDEX ticket_unsolved;
DROP INDEX ticket_unsolved_group;
-- The desk's queues: what one person, or nobody, still has to do, last changed first.
CREATE INDEX ticket_unsolved_assignee
    ON ticket (assignee_id, updated_at, id, status, deleted_at)
    WHERE deleted_at IS NULL AND status < 4;
-- All that is not solved.
CREATE INDEX ticket_unsolved ON ticket (updated_at, id, status, deleted_at)
    WHERE deleted_at IS NULL AND status < 4;
-- A group's queue.
CREATE INDEX ticket_unsolved_group ON ticket (group_id, updated_at, id, status, deleted_at)
    WHERE deleted_at IS NULL AND status < 4;
