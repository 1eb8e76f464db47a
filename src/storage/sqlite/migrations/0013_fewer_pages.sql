-- Version 13: to end a session touches fewer pages. See docs/decisions/0061-fewer-pages.md.

DROP INDEX sessions_by_date;
DROP INDEX sessions_by_user;
DROP INDEX sessions_by_termination;
DROP INDEX sessions_by_expiry;

-- ListSessions by user, and ending a user's sessions; by date, and the number of all: nothing else of
-- a row is needed to put all that are live in order.
CREATE INDEX sessions_by_user ON sessions (user_id, created_at) WHERE state = 1;

-- Sweeping: what was terminated long ago; how many of those have expired too.
CREATE INDEX sessions_by_termination ON sessions (changed_at, expires_at) WHERE state = 2;

-- Sweeping: what expired long ago; how many have expired. Terminated or not: ending a session leaves it.
CREATE INDEX sessions_by_expiry ON sessions (expires_at) WHERE expires_at IS NOT NULL;
