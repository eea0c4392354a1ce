-- Reports: what was asked in a span of time.
CREATE INDEX ticket_created ON ticket (created_at, id);
