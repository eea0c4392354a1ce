-- Which address a link was sent to: who uses it has shown to own that one, not another.
ALTER TABLE person_link ADD COLUMN email TEXT;
