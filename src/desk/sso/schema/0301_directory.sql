-- Directories (LDAP) that know people's passwords.
CREATE TABLE sso_directory (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    url TEXT NOT NULL, -- ldap:// or ldaps://
    start_tls INTEGER NOT NULL CHECK (start_tls IN (0, 1)),
    insecure INTEGER NOT NULL CHECK (insecure IN (0, 1)), -- 1: passwords may travel without TLS
    ca TEXT NOT NULL, -- PEM of the authority that signed its certificate; '' for the system's
    bind_dn TEXT NOT NULL, -- '' to search without a name
    password TEXT NOT NULL, -- of bind_dn, sealed
    base TEXT NOT NULL,
    filter TEXT NOT NULL, -- with {login}
    attr_mail TEXT NOT NULL,
    attr_name TEXT NOT NULL,
    roles TEXT NOT NULL, -- lines: role: DN of a group
    staff INTEGER NOT NULL CHECK (staff IN (0, 1)), -- 1: lets staff in, and its groups give roles
    newcomers INTEGER NOT NULL CHECK (newcomers IN (0, 1)), -- 1: who is not known here becomes a requester
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Whose a directory's entries are.
CREATE TABLE sso_entry (
    directory_id BIGINT NOT NULL,
    subject TEXT NOT NULL, -- the entry's number, which stays when it is renamed
    user_id BIGINT NOT NULL,
    role TEXT NOT NULL, -- that its groups gave, so that it goes with them; '' for none
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (directory_id, subject)
);
-- Those of a person.
CREATE INDEX sso_entry_user ON sso_entry (user_id);
