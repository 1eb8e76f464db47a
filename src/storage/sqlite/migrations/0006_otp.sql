-- Version 6: recovery codes, and codes by SMS and e-mail.

ALTER TABLE users ADD COLUMN otp_sms INTEGER;
ALTER TABLE users ADD COLUMN otp_email INTEGER;
ALTER TABLE users ADD COLUMN recovery_codes TEXT;

UPDATE users SET otp_sms = 0, otp_email = 0 WHERE kind = 1;

ALTER TABLE sessions ADD COLUMN otp_sms_checked_at INTEGER;
ALTER TABLE sessions ADD COLUMN otp_email_checked_at INTEGER;
ALTER TABLE sessions ADD COLUMN recovery_code_checked_at INTEGER;
ALTER TABLE sessions ADD COLUMN otp_sms_digest TEXT;
ALTER TABLE sessions ADD COLUMN otp_sms_expires_at INTEGER;
ALTER TABLE sessions ADD COLUMN otp_email_digest TEXT;
ALTER TABLE sessions ADD COLUMN otp_email_expires_at INTEGER;

INSERT INTO event_types (code, name) VALUES
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
    (409, 'session.recoveryCode.checked'),
    (410, 'session.otp.sms.challenged'),
    (411, 'session.otp.sms.checked'),
    (412, 'session.otp.email.challenged'),
    (413, 'session.otp.email.checked');
