-- Version 3: authenticator apps.

ALTER TABLE users ADD COLUMN totp_secret TEXT;
ALTER TABLE users ADD COLUMN totp_ready INTEGER;
ALTER TABLE users ADD COLUMN totp_step INTEGER;
ALTER TABLE users ADD COLUMN otp_failures INTEGER;
ALTER TABLE users ADD COLUMN otp_failed_at INTEGER;

UPDATE users SET otp_failures = 0 WHERE kind = 1;

ALTER TABLE sessions ADD COLUMN totp_checked_at INTEGER;

INSERT INTO event_types (code, name) VALUES
    (325, 'user.human.mfa.otp.added'),
    (326, 'user.human.mfa.otp.verified'),
    (327, 'user.human.mfa.otp.removed'),
    (328, 'user.human.mfa.otp.check.succeeded'),
    (329, 'user.human.mfa.otp.check.failed'),
    (408, 'session.totp.checked');
