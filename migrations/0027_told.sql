-- Devices are told of more of what the security log holds: whatever could be a thief's doing, or ends it.
-- +goose Up

DROP TRIGGER security_events_tell ON security_events;
CREATE TRIGGER security_events_tell AFTER INSERT ON security_events FOR EACH ROW
    WHEN (NEW.kind IN ('SIGNED_IN', 'PASSWORD_CHANGED', 'PHONE_CHANGED', 'EMAIL_CHANGED', 'SECURITY_QUESTION_CHANGED', 'FROZEN', 'UNFROZEN', 'CLOSING_BEGUN',
                       'TOTP_ENABLED', 'TOTP_DISABLED', 'BACKUP_CODES_RENEWED', 'PASSKEY_ADDED', 'PASSKEY_REMOVED', 'PASSKEY_REFUSED', 'RECOVERY_STARTED', 'RECOVERED',
                       'FROZEN_BY_OPERATOR', 'UNFROZEN_BY_OPERATOR', 'SESSIONS_ENDED_BY_OPERATOR', 'CONFIRMATION_POLICY_CHANGED', 'TOKEN_REUSED', 'BACKUP_CODE_USED', 'RECOVERY_CANCELLED', 'CLOSING_CANCELLED'))
    EXECUTE FUNCTION security_events_tell();
