-- Version 10: rows of sessions go some time after the sessions have ended.

-- Sweeping: what was terminated long ago.
CREATE INDEX sessions_by_termination ON sessions (changed_at) WHERE state = 2;

-- Sweeping: what expired long ago; the number of those that have expired.
CREATE INDEX sessions_by_expiry ON sessions (expires_at)
    WHERE state = 1 AND expires_at IS NOT NULL;

CREATE TABLE sweep (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    ended_before INTEGER NOT NULL,
    seal         BLOB NOT NULL
) STRICT;
