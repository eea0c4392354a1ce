-- Which secret this desk's links, tokens and forms are made with, by its hash: a server that was
-- given another one (its data folder's file `secret`) would refuse what the others handed out. One
-- row.
CREATE TABLE desk_seal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    secret_hash TEXT NOT NULL
);
