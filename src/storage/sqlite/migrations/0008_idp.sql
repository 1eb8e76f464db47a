-- Identity providers: logins at them, and who somebody is there.

CREATE TABLE intents (
    id            INTEGER PRIMARY KEY,
    sequence      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    phase         INTEGER NOT NULL,
    idp_id        TEXT NOT NULL,
    success_url   TEXT NOT NULL,
    failure_url   TEXT NOT NULL,
    handshake     TEXT,
    external_id   TEXT,
    external_name TEXT,
    user_id       INTEGER,
    expires_at    INTEGER,
    identity      TEXT
) STRICT;

CREATE TABLE idp_links (
    idp_id      TEXT NOT NULL,
    external_id TEXT NOT NULL,
    user_id     INTEGER NOT NULL REFERENCES users (id),
    name        TEXT NOT NULL,
    PRIMARY KEY (idp_id, external_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX idp_links_by_user ON idp_links (user_id);

ALTER TABLE sessions ADD COLUMN intent_checked_at INTEGER;

INSERT INTO event_types (code, name) VALUES
    (385, 'user.human.externalidp.added'),
    (386, 'user.human.externalidp.removed'),
    (420, 'session.intent.checked'),
    (501, 'idpintent.started'),
    (502, 'idpintent.succeeded'),
    (503, 'idpintent.failed'),
    (504, 'idpintent.consumed');
