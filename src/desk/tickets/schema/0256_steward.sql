-- for_id: whoever speaks here does so for this person, who is away.
ALTER TABLE ticket_comment ADD COLUMN for_id BIGINT;

-- How much each steward has to do.
CREATE INDEX ticket_tended ON ticket (steward_id)
    WHERE deleted_at IS NULL AND status < 4 AND steward_id IS NOT NULL;
-- Who is there for a person already.
CREATE INDEX ticket_tended_person ON ticket (requester_id, id, steward_id)
    WHERE deleted_at IS NULL AND status < 4 AND steward_id IS NOT NULL;
