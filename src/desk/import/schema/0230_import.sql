-- What was taken over from other desks: which of our records became of which of theirs. An import
-- that is run again, or goes on after it was stopped, looks here and makes nothing twice.
CREATE TABLE import_record (
    source TEXT NOT NULL, -- which desk, as the administrator called it
    kind TEXT NOT NULL, -- a word of desk/import/kinds.def
    foreign_key BIGINT NOT NULL, -- its number there; 0: the person that unknown people became
    own_id BIGINT NOT NULL,
    stamp BIGINT NOT NULL, -- when it was last changed there, as of the last import
    made INTEGER NOT NULL CHECK (made IN (0, 1)), -- 0: it was here already and is left as it is
    PRIMARY KEY (source, kind, foreign_key)
);
