-- The schema of Bartizan's database, as migrating an empty file leaves it (user_version 13).
-- A test compares the two; the steps themselves are in src/storage/sqlite/migrations.
--
-- Times are microseconds since the Unix epoch, UTC. Ids are positive 63-bit integers with the second
-- of their making in the high bits, so that new rows lie together. Every index names the query that
-- needs it: one with scattered keys costs a write as much as the rest of it.

PRAGMA application_id = 1111577172; -- 'BART'

-- The log -----------------------------------------------------------------------------------------

-- Names for the integer codes in `events`, for those who read the file by hand. Not referenced by
-- `events`: the program knows the codes, and the check would cost every insert a look-up.
CREATE TABLE event_types (
    code INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE events (
    position       INTEGER PRIMARY KEY, -- in order of commit, from 1
    aggregate_type INTEGER NOT NULL,    -- 1 instance, 2 org, 3 user, 4 session
    aggregate_id   INTEGER NOT NULL,
    sequence       INTEGER NOT NULL,    -- per aggregate, from 1, without gaps
    event_type     INTEGER NOT NULL,    -- event_types.code
    revision       INTEGER NOT NULL,    -- of the payload's form: 2 leaves out when a check was, if that is created_at
    created_at     INTEGER NOT NULL,
    creator        INTEGER NOT NULL,    -- user; 0 is the program itself
    owner          INTEGER NOT NULL,    -- organisation or instance; 0 is the instance
    payload        TEXT,                -- JSON; NULL where the type says all
    link           BLOB NOT NULL        -- 16 bytes: keyed hash of the link before and this event
) STRICT;

-- History of one aggregate, and that no two events have the same sequence.
CREATE UNIQUE INDEX events_by_aggregate ON events (aggregate_id, aggregate_type, sequence);

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;

-- But for those that were archived.
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
WHEN IFNULL(
    (SELECT first FROM archived WHERE last >= OLD.position ORDER BY last LIMIT 1) > OLD.position,
    1
)
BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;

-- Runs of consecutive events that were moved to a file.
CREATE TABLE archived (
    last  INTEGER PRIMARY KEY, -- position of the last event
    first INTEGER NOT NULL,    -- position of the first
    link  BLOB NOT NULL,       -- 16 bytes: that of the last event, from which the next one follows
    seal  BLOB NOT NULL        -- 16 bytes: keyed hash of the other columns
) STRICT;

-- State: the fold of each aggregate's events ------------------------------------------------------

CREATE TABLE instance (
    id          INTEGER PRIMARY KEY,
    sequence    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    name        TEXT NOT NULL,
    default_org INTEGER
) STRICT;

CREATE TABLE orgs (
    id             INTEGER PRIMARY KEY,
    sequence       INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    changed_at     INTEGER NOT NULL,
    name           TEXT NOT NULL,
    primary_domain TEXT NOT NULL
) STRICT;

-- Organisation by domain: x-zitadel-orgid by name, discovery at login.
CREATE INDEX orgs_by_domain ON orgs (primary_domain);

CREATE TABLE users (
    id                       INTEGER PRIMARY KEY,
    given_id                 TEXT,             -- the id that the client chose, if no decimal number
    organization             INTEGER NOT NULL,
    state                    INTEGER NOT NULL, -- 1 active, 2 inactive, 3 removed, 4 locked
    sequence                 INTEGER NOT NULL,
    created_at               INTEGER NOT NULL,
    changed_at               INTEGER NOT NULL,
    username                 TEXT NOT NULL,
    kind                     INTEGER NOT NULL, -- 1 human, 2 machine
    -- Machines.
    machine_name             TEXT,
    description              TEXT,
    -- Humans.
    given_name               TEXT,
    family_name              TEXT,
    nick_name                TEXT,
    display_name             TEXT,
    preferred_language       TEXT,
    gender                   INTEGER,
    email                    TEXT,
    email_key                TEXT,             -- the address in Unicode lower case
    email_verified           INTEGER,
    email_code_digest        TEXT,
    email_code_expires_at    INTEGER,
    phone                    TEXT,
    phone_verified           INTEGER,
    phone_code_digest        TEXT,
    phone_code_expires_at    INTEGER,
    password_hash            TEXT,
    password_changed_at      INTEGER,
    password_change_required INTEGER,
    failures                 INTEGER,          -- failed password checks in a row
    failed_at                INTEGER,
    -- Humans, since version 3.
    totp_secret              TEXT,             -- encrypted with a key from the key file
    totp_ready               INTEGER,          -- 1 once the authenticator app was verified
    totp_step                INTEGER,          -- of the last code that was taken
    otp_failures             INTEGER,          -- failed checks of one-time codes in a row
    otp_failed_at            INTEGER,
    -- Humans, since version 5.
    password_code_digest     TEXT,
    password_code_expires_at INTEGER,
    invite_code_digest       TEXT,
    invite_code_expires_at   INTEGER,
    invite_returned          INTEGER,          -- 1 if the caller got the code, so that nothing was sent
    invite_url_template      TEXT,
    invite_application       TEXT,
    code_failures            INTEGER,          -- wrong codes of those sent to addresses, within an hour
    code_failed_at           INTEGER,
    mfa_init_skipped_at      INTEGER,
    -- Humans, since version 6.
    otp_sms                  INTEGER,          -- 1 if codes by SMS are a factor
    otp_email                INTEGER,          -- 1 if codes by e-mail are a factor
    recovery_codes           TEXT,             -- JSON list of keyed digests; NULL where none is left
    -- Humans, since version 7.
    web_auth_n               TEXT,             -- JSON: passkeys, security keys, codes to register them
    u2f_ready                INTEGER,          -- 1 while a security key can be used
    -- Humans, since version 9.
    shown_sequence           INTEGER,          -- where the last event is not shown
    shown_changed_at         INTEGER
) STRICT;

-- ListUsers by e-mail address: what a login page asks when a login name is not found.
CREATE INDEX users_by_email ON users (email_key) WHERE email_key IS NOT NULL;

CREATE TABLE sessions (
    id                  INTEGER PRIMARY KEY,
    state               INTEGER NOT NULL, -- 1 active (expired or not), 2 terminated
    sequence            INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    changed_at          INTEGER NOT NULL,
    creator             INTEGER NOT NULL,
    user_id             INTEGER,
    user_organization   INTEGER,
    user_checked_at     INTEGER,
    password_checked_at INTEGER,
    metadata            TEXT,             -- JSON, values as base64; NULL where there is none
    fingerprint_id      TEXT,
    user_agent          TEXT,             -- JSON without the fingerprint; NULL where nothing was said
    expires_at          INTEGER,
    token_hash          TEXT,             -- argon2id PHC string of the token's secret; `~` is
                                          -- `$argon2id$v=19$m=8,t=1,p=1$`
    token_sequence      INTEGER,          -- of the event that made the token
    totp_checked_at     INTEGER,
    otp_sms_checked_at  INTEGER,
    otp_email_checked_at INTEGER,
    recovery_code_checked_at INTEGER,
    otp_sms_digest      TEXT,             -- of the code that is waited for: keyed
    otp_sms_expires_at  INTEGER,
    otp_email_digest    TEXT,
    otp_email_expires_at INTEGER,
    web_auth_n_checked_at    INTEGER,
    web_auth_n_user_verified INTEGER,
    web_auth_n_challenge     TEXT,        -- JSON: what a key was asked to sign
    intent_checked_at   INTEGER,
    shown_sequence      INTEGER,          -- where the last event is not shown
    shown_changed_at    INTEGER
) STRICT;

-- ListSessions by user, and ending a user's sessions; by date, and the number of all: nothing else of
-- a row is needed to put all that are live in order.
CREATE INDEX sessions_by_user ON sessions (user_id, created_at) WHERE state = 1;

-- ListSessions by device.
CREATE INDEX sessions_by_fingerprint ON sessions (fingerprint_id, created_at)
    WHERE state = 1 AND fingerprint_id IS NOT NULL;

-- Sweeping: what was terminated long ago; how many of those have expired too.
CREATE INDEX sessions_by_termination ON sessions (changed_at, expires_at) WHERE state = 2;

-- Sweeping: what expired long ago; how many have expired. Terminated or not: ending a session leaves it.
CREATE INDEX sessions_by_expiry ON sessions (expires_at) WHERE expires_at IS NOT NULL;

-- Up to which end rows of sessions have been removed: what is missing beyond was not swept.
CREATE TABLE sweep (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    ended_before INTEGER NOT NULL,
    seal         BLOB NOT NULL     -- 16 bytes: keyed hash of that moment
) STRICT;

-- What events of users and organisations add up to beside the rows --------------------------------

CREATE TABLE login_names (
    name    TEXT PRIMARY KEY, -- lower case
    user_id INTEGER NOT NULL REFERENCES users (id)
) STRICT, WITHOUT ROWID;

-- Removing a user frees its names.
CREATE INDEX login_names_by_user ON login_names (user_id);

CREATE TABLE user_metadata (
    user_id INTEGER NOT NULL REFERENCES users (id),
    key     TEXT NOT NULL,
    value   TEXT NOT NULL, -- base64
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE pats (
    id         INTEGER PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    hash       TEXT NOT NULL, -- argon2id PHC string of the token's secret
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- ListPersonalAccessTokens, and removing a user.
CREATE INDEX pats_by_user ON pats (user_id);

-- ListPersonalAccessTokens over all users: newest or oldest first.
CREATE INDEX pats_by_date ON pats (created_at);

CREATE TABLE members (
    user_id      INTEGER NOT NULL REFERENCES users (id),
    organization INTEGER NOT NULL, -- 0 is the instance
    roles        TEXT NOT NULL,    -- JSON list of names, sorted
    created_at   INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    PRIMARY KEY (user_id, organization)
) STRICT, WITHOUT ROWID;

CREATE TABLE intents (
    id            INTEGER PRIMARY KEY,
    sequence      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    phase         INTEGER NOT NULL, -- 1 started, 2 succeeded, 3 failed, 4 consumed
    idp_id        TEXT NOT NULL,
    success_url   TEXT NOT NULL,
    failure_url   TEXT NOT NULL,
    handshake     TEXT,             -- encrypted with a key from the key file; while it is started
    -- While it has succeeded and was not used.
    external_id   TEXT,
    external_name TEXT,
    user_id       INTEGER,          -- who was linked at that moment
    expires_at    INTEGER,
    identity      TEXT              -- encrypted with a key from the key file: it has tokens in it
) STRICT;

-- Who somebody is at identity providers: a user of theirs is one user here at most.
CREATE TABLE idp_links (
    idp_id      TEXT NOT NULL,
    external_id TEXT NOT NULL,
    user_id     INTEGER NOT NULL REFERENCES users (id),
    name        TEXT NOT NULL,
    PRIMARY KEY (idp_id, external_id)
) STRICT, WITHOUT ROWID;

-- ListIDPLinks, and removing a user.
CREATE INDEX idp_links_by_user ON idp_links (user_id);

-- Beside the log ----------------------------------------------------------------------------------

-- Failed checks against names that nobody has. Bounded: old rows go when new ones come.
CREATE TABLE unknown_names (
    digest  BLOB PRIMARY KEY, -- 16 bytes, keyed: no name can be read from it
    count   INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Dropping the oldest.
CREATE INDEX unknown_names_by_date ON unknown_names (last_at);

-- Messages that wait to be delivered. A row goes when its message is delivered, or when its code is
-- of no use any more.
CREATE TABLE outbox (
    id             INTEGER PRIMARY KEY, -- in order of commit
    channel        INTEGER NOT NULL,    -- 1 e-mail, 2 SMS
    message        INTEGER NOT NULL,    -- what it is about: a number of the program
    aggregate_type INTEGER NOT NULL,
    aggregate_id   INTEGER NOT NULL,    -- the user, or the session of an OTP challenge
    content        TEXT NOT NULL,       -- encrypted with a key from the key file: it has a code in it
    expires_at     INTEGER NOT NULL,
    attempts       INTEGER NOT NULL,    -- deliveries that failed
    due_at         INTEGER NOT NULL     -- when the next one is tried
) STRICT;

-- What is due.
CREATE INDEX outbox_by_due ON outbox (due_at);

-- How far each webhook has been told of events. A row stays when its webhook is taken from the
-- configuration.
CREATE TABLE webhook_cursors (
    name       TEXT PRIMARY KEY, -- as in the configuration
    position   INTEGER NOT NULL, -- of the last event that it has taken or does not want
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Codes are never given to another event.
INSERT INTO event_types (code, name) VALUES
    (101, 'instance.added'),
    (102, 'instance.default.org.set'),
    (103, 'instance.member.added'),
    (104, 'instance.member.changed'),
    (105, 'instance.member.removed'),
    (106, 'instance.member.cascade.removed'),
    (201, 'org.added'),
    (202, 'org.domain.primary.set'),
    (203, 'org.member.added'),
    (204, 'org.member.changed'),
    (205, 'org.member.removed'),
    (206, 'org.member.cascade.removed'),
    (301, 'user.human.added'),
    (302, 'user.machine.added'),
    (303, 'user.human.email.verified'),
    (304, 'user.human.email.code.added'),
    (305, 'user.human.phone.verified'),
    (306, 'user.human.phone.code.added'),
    (307, 'user.human.password.changed'),
    (308, 'user.human.password.hash.updated'),
    (309, 'user.human.password.check.succeeded'),
    (310, 'user.human.password.check.failed'),
    (311, 'user.locked'),
    (312, 'user.unlocked'),
    (313, 'user.deactivated'),
    (314, 'user.reactivated'),
    (315, 'user.removed'),
    (316, 'user.metadata.set'),
    (317, 'user.pat.added'),
    (318, 'user.pat.removed'),
    (319, 'user.username.changed'),
    (320, 'user.human.profile.changed'),
    (321, 'user.human.email.changed'),
    (322, 'user.human.phone.changed'),
    (323, 'user.human.phone.removed'),
    (324, 'user.machine.changed'),
    (325, 'user.human.mfa.otp.added'),
    (326, 'user.human.mfa.otp.verified'),
    (327, 'user.human.mfa.otp.removed'),
    (328, 'user.human.mfa.otp.check.succeeded'),
    (329, 'user.human.mfa.otp.check.failed'),
    (330, 'user.human.email.verification.failed'),
    (331, 'user.human.phone.verification.failed'),
    (332, 'user.human.password.code.added'),
    (333, 'user.human.password.code.check.failed'),
    (334, 'user.human.invite.code.added'),
    (335, 'user.human.invite.check.succeeded'),
    (336, 'user.human.invite.check.failed'),
    (337, 'user.human.mfa.init.skipped'),
    (342, 'user.human.email.code.sent'),
    (343, 'user.human.phone.code.sent'),
    (344, 'user.human.password.code.sent'),
    (345, 'user.human.invite.code.sent'),
    (346, 'user.human.passwordless.initialization.code.sent'),
    (350, 'user.human.mfa.recoverycode.added'),
    (351, 'user.human.mfa.recoverycode.removed'),
    (352, 'user.human.mfa.recoverycode.check.succeeded'),
    (353, 'user.human.mfa.recoverycode.check.failed'),
    (354, 'user.human.mfa.otp.sms.added'),
    (355, 'user.human.mfa.otp.sms.removed'),
    (356, 'user.human.mfa.otp.sms.check.succeeded'),
    (357, 'user.human.mfa.otp.sms.check.failed'),
    (358, 'user.human.mfa.otp.email.added'),
    (359, 'user.human.mfa.otp.email.removed'),
    (360, 'user.human.mfa.otp.email.check.succeeded'),
    (361, 'user.human.mfa.otp.email.check.failed'),
    (370, 'user.human.passwordless.token.added'),
    (371, 'user.human.passwordless.token.verified'),
    (372, 'user.human.passwordless.token.removed'),
    (373, 'user.human.passwordless.token.check.succeeded'),
    (374, 'user.human.passwordless.initialization.code.added'),
    (375, 'user.human.passwordless.initialization.code.requested'),
    (376, 'user.human.passwordless.initialization.code.check.succeeded'),
    (377, 'user.human.passwordless.initialization.code.check.failed'),
    (378, 'user.human.mfa.u2f.token.added'),
    (379, 'user.human.mfa.u2f.token.verified'),
    (380, 'user.human.mfa.u2f.token.removed'),
    (381, 'user.human.mfa.u2f.token.check.succeeded'),
    (385, 'user.human.externalidp.added'),
    (386, 'user.human.externalidp.removed'),
    (401, 'session.added'),
    (402, 'session.user.checked'),
    (403, 'session.password.checked'),
    (404, 'session.metadata.set'),
    (405, 'session.lifetime.set'),
    (406, 'session.token.set'),
    (407, 'session.terminated'),
    (408, 'session.totp.checked'),
    (409, 'session.recoveryCode.checked'),
    (410, 'session.otp.sms.challenged'),
    (411, 'session.otp.sms.checked'),
    (412, 'session.otp.email.challenged'),
    (413, 'session.otp.email.checked'),
    (417, 'session.webAuthN.challenged'),
    (418, 'session.webAuthN.checked'),
    (419, 'user.human.passwordless.token.signcount.changed'),
    (420, 'session.intent.checked'),
    (421, 'session.otp.email.sent'),
    (422, 'session.otp.sms.sent'),
    (423, 'user.human.mfa.u2f.token.signcount.changed'),
    (501, 'idpintent.started'),
    (502, 'idpintent.succeeded'),
    (503, 'idpintent.failed'),
    (504, 'idpintent.consumed');
