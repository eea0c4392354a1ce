-- Programs that people let act for them (RFC 6749). Secrets, codes and tokens are kept as hashes.
-- redirect_uris: one a line.
CREATE TABLE oauth_client (
    id INTEGER PRIMARY KEY,
    identifier TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    company TEXT,
    description TEXT,
    redirect_uris TEXT NOT NULL,
    public INTEGER NOT NULL CHECK (public IN (0, 1)),
    secret_hash TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- A code between the consent page and the program's asking for its token; used once, soon over.
-- challenge: of PKCE (RFC 7636), by SHA-256.
CREATE TABLE oauth_code (
    code_hash TEXT PRIMARY KEY,
    client_id BIGINT NOT NULL REFERENCES oauth_client (id),
    user_id BIGINT NOT NULL,
    scopes TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT,
    expires_at BIGINT NOT NULL
);

-- shown: the token's beginning, by which people tell tokens apart. scopes: space separated.
CREATE TABLE oauth_token (
    id INTEGER PRIMARY KEY,
    client_id BIGINT NOT NULL REFERENCES oauth_client (id),
    user_id BIGINT NOT NULL,
    access_hash TEXT NOT NULL UNIQUE,
    refresh_hash TEXT UNIQUE,
    shown TEXT NOT NULL,
    scopes TEXT NOT NULL,
    expires_at BIGINT,
    refresh_expires_at BIGINT,
    created_at BIGINT NOT NULL
);
-- A person's tokens, a client's.
CREATE INDEX oauth_token_user ON oauth_token (user_id, id);
CREATE INDEX oauth_token_client ON oauth_token (client_id);
