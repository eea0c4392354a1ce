-- The history of all tickets in order of time: exports and the list of all audits.
CREATE INDEX ticket_audit_time ON ticket_audit (created_at, id);
