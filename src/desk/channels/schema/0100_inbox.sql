-- A mailbox at another server that mail is fetched from, as an administrator set it. address is the
-- desk's address for what comes here. security: TLS from the first byte, STARTTLS, or none for a
-- server on this machine; ca is the PEM of its authority where the system's do not vouch for it.
-- secret is the password or, with auth 'oauth', the refresh token; sealed, as is token_secret
-- (base/seal.h). after: what happens on the server to a message that is durable here. answering 0:
-- what is fetched becomes tickets, but nobody gets automatic mail. import_since: mail from that day
-- on, of the time before the mailbox was added, is taken in, too, silently. version counts changes:
-- whoever fetches begins anew with the new settings.
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY,
    version BIGINT NOT NULL,
    address TEXT NOT NULL,
    host TEXT NOT NULL,
    port BIGINT NOT NULL,
    security TEXT NOT NULL CHECK (security IN ('tls', 'starttls', 'none')),
    ca TEXT NOT NULL,
    user_name TEXT NOT NULL,
    auth TEXT NOT NULL CHECK (auth IN ('password', 'oauth')),
    secret TEXT NOT NULL,
    token_url TEXT NOT NULL,
    client TEXT NOT NULL,
    token_secret TEXT NOT NULL,
    scope TEXT NOT NULL,
    folder TEXT NOT NULL,
    after TEXT NOT NULL CHECK (after IN ('leave', 'seen', 'move')),
    move_to TEXT NOT NULL,
    poll_seconds BIGINT NOT NULL,
    paused INTEGER NOT NULL CHECK (paused IN (0, 1)),
    answering INTEGER NOT NULL CHECK (answering IN (0, 1)),
    import_since BIGINT,
    created_at BIGINT NOT NULL
);

-- How far fetching has come. All messages of this uidvalidity up to last_uid are dealt with; it is
-- 0 before the first look, which begins with what comes from then on; started_at is when the newest
-- message of before came, by the server's clock. tidied_uid: up
-- to there `after` is done. recheck_until: when the server renumbered its messages, those up to
-- here are compared with what came before. import_uid: imported up to there, of those up to
-- import_until. stuck_uid is a message that could not be had stuck_count times. lease: who fetches,
-- until when; only one at a time.
CREATE TABLE inbox_state (
    inbox_id INTEGER PRIMARY KEY,
    uidvalidity BIGINT NOT NULL,
    last_uid BIGINT NOT NULL,
    tidied_uid BIGINT NOT NULL,
    recheck_until BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    import_uid BIGINT NOT NULL,
    import_until BIGINT NOT NULL,
    stuck_uid BIGINT NOT NULL,
    stuck_count BIGINT NOT NULL,
    fetched BIGINT NOT NULL,
    ok_at BIGINT,
    failures BIGINT NOT NULL,
    last_error TEXT NOT NULL,
    failed_at BIGINT,
    next_try_at BIGINT NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL
);
