-- Where an administrator grants access to a mailbox (OAuth); '' where a refresh token is entered by hand.
ALTER TABLE inbox ADD COLUMN authorize_url TEXT NOT NULL DEFAULT '';

-- An administrator who is away at the provider of a mailbox, to grant access to it. What comes back
-- must bring the state, of which only the hash is here, in the same session (its hash), once, and in
-- time. verifier (RFC 7636) is sealed as the mailbox's secrets are.
CREATE TABLE inbox_grant (
    inbox_id INTEGER PRIMARY KEY,
    state_hash TEXT NOT NULL,
    session_hash TEXT NOT NULL,
    verifier TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
