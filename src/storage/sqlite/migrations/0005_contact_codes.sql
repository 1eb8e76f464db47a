-- Version 5: codes for passwords and invitations, and how often codes were wrong.

ALTER TABLE users ADD COLUMN password_code_digest TEXT;
ALTER TABLE users ADD COLUMN password_code_expires_at INTEGER;
ALTER TABLE users ADD COLUMN invite_code_digest TEXT;
ALTER TABLE users ADD COLUMN invite_code_expires_at INTEGER;
ALTER TABLE users ADD COLUMN invite_returned INTEGER;
ALTER TABLE users ADD COLUMN invite_url_template TEXT;
ALTER TABLE users ADD COLUMN invite_application TEXT;
ALTER TABLE users ADD COLUMN code_failures INTEGER;
ALTER TABLE users ADD COLUMN code_failed_at INTEGER;
ALTER TABLE users ADD COLUMN mfa_init_skipped_at INTEGER;

UPDATE users SET code_failures = 0 WHERE kind = 1;

INSERT INTO event_types (code, name) VALUES
    (330, 'user.human.email.verification.failed'),
    (331, 'user.human.phone.verification.failed'),
    (332, 'user.human.password.code.added'),
    (333, 'user.human.password.code.check.failed'),
    (334, 'user.human.invite.code.added'),
    (335, 'user.human.invite.check.succeeded'),
    (336, 'user.human.invite.check.failed'),
    (337, 'user.human.mfa.init.skipped');
