//! Sessions as they are shown. The token is not part of it: only its hash is stored anyway.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::cli::record::{Moment, Row, Sheet, listed, or_dash};
use crate::domain::ids::{OrgId, SessionId, UserId};
use crate::domain::session::{Session, SessionState, UserAgent};
use crate::domain::time::Timestamp;
use crate::ports::SessionView;
use crate::query::password_checked_at;

/// A session. What it does not have is `null`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionRecord {
    id: SessionId,
    state: &'static str,
    user_id: Option<String>,
    login_name: Option<String>,
    display_name: Option<String>,
    organization_id: Option<OrgId>,
    user_checked_at: Option<Moment>,
    password_checked_at: Option<Moment>,
    web_auth_n_checked_at: Option<Moment>,
    web_auth_n_user_verified: Option<bool>,
    totp_checked_at: Option<Moment>,
    otp_sms_checked_at: Option<Moment>,
    otp_email_checked_at: Option<Moment>,
    recovery_code_checked_at: Option<Moment>,
    intent_checked_at: Option<Moment>,
    created_at: Moment,
    changed_at: Moment,
    expires_at: Option<Moment>,
    sequence: u32,
    creator_id: UserId,
    user_agent: Option<Device>,
    metadata: BTreeMap<String, String>,
}

/// What the client said of the user's device.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    fingerprint_id: Option<String>,
    ip: Option<String>,
    description: Option<String>,
    header: BTreeMap<String, Vec<String>>,
}

impl From<&UserAgent> for Device {
    fn from(agent: &UserAgent) -> Self {
        Self {
            fingerprint_id: agent.fingerprint_id.clone(),
            ip: agent.ip.clone(),
            description: agent.description.clone(),
            header: agent.header.clone(),
        }
    }
}

impl SessionRecord {
    /// How a session looks at `now`.
    pub(super) fn new(view: &SessionView, login_name: Option<String>, now: Timestamp) -> Self {
        let session = &view.session;
        let (checked, user) = (session.user.as_ref(), view.user.as_ref());
        let web_auth_n = session.factors.web_auth_n;
        let encoded = |(key, value): (&String, &Vec<u8>)| (key.clone(), STANDARD.encode(value));
        Self {
            id: session.id,
            state: state(session, now),
            user_id: user
                .map(|user| user.public_id.clone())
                .or_else(|| checked.map(|user| user.id.to_string())),
            login_name,
            display_name: user.and_then(|user| user.display_name.clone()),
            organization_id: session.user_organization(),
            user_checked_at: checked.map(|user| Moment(user.checked_at)),
            password_checked_at: password_checked_at(view).map(Moment),
            web_auth_n_checked_at: web_auth_n.map(|factor| Moment(factor.checked_at)),
            web_auth_n_user_verified: web_auth_n.map(|factor| factor.user_verified),
            totp_checked_at: session.factors.totp.map(Moment),
            otp_sms_checked_at: session.factors.otp_sms.map(Moment),
            otp_email_checked_at: session.factors.otp_email.map(Moment),
            recovery_code_checked_at: session.factors.recovery_code.map(Moment),
            intent_checked_at: session.factors.intent.map(Moment),
            created_at: Moment(session.created_at),
            changed_at: Moment(session.changed_at),
            expires_at: session.expires_at.map(Moment),
            sequence: session.sequence.number(),
            creator_id: session.creator,
            user_agent: session.user_agent.as_ref().map(Device::from),
            metadata: session.metadata.iter().map(encoded).collect(),
        }
    }

    fn factors(&self) -> Vec<&'static str> {
        [
            (&self.user_checked_at, "user"),
            (&self.password_checked_at, "password"),
            (&self.web_auth_n_checked_at, "webAuthN"),
            (&self.totp_checked_at, "totp"),
            (&self.otp_sms_checked_at, "otp_sms"),
            (&self.otp_email_checked_at, "otp_email"),
            (&self.recovery_code_checked_at, "recovery_code"),
            (&self.intent_checked_at, "intent"),
        ]
        .into_iter()
        .filter_map(|(checked, name)| checked.is_some().then_some(name))
        .collect()
    }
}

fn state(session: &Session, now: Timestamp) -> &'static str {
    match session.state {
        SessionState::Terminated => "terminated",
        SessionState::Active if session.expired(now) => "expired",
        SessionState::Active => "active",
    }
}

impl Row for SessionRecord {
    const COLUMNS: &'static [&'static str] =
        &["ID", "STATE", "USER", "FACTORS", "CREATED", "EXPIRES"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.state.to_owned(),
            or_dash(self.login_name.as_ref().or(self.user_id.as_ref())),
            listed(self.factors()),
            self.created_at.to_string(),
            self.expires_at
                .map_or_else(|| "never".to_owned(), |end| end.to_string()),
        ]
    }
}

impl Sheet for SessionRecord {
    fn fields(&self) -> Vec<(&'static str, Option<String>)> {
        let text = |value: Option<Moment>| value.map(|value| value.to_string());
        let device = self.user_agent.as_ref();
        vec![
            ("id", Some(self.id.to_string())),
            ("state", Some(self.state.to_owned())),
            ("user", self.user_id.clone()),
            ("login name", self.login_name.clone()),
            ("display name", self.display_name.clone()),
            (
                "organisation",
                self.organization_id.map(|id| id.to_string()),
            ),
            ("user checked", text(self.user_checked_at)),
            ("password checked", text(self.password_checked_at)),
            ("webAuthN checked", text(self.web_auth_n_checked_at)),
            ("totp checked", text(self.totp_checked_at)),
            ("otp sms checked", text(self.otp_sms_checked_at)),
            ("otp email checked", text(self.otp_email_checked_at)),
            ("recovery code checked", text(self.recovery_code_checked_at)),
            ("intent checked", text(self.intent_checked_at)),
            ("created", Some(self.created_at.to_string())),
            ("changed", Some(self.changed_at.to_string())),
            (
                "expires",
                Some(text(self.expires_at).unwrap_or_else(|| "never".to_owned())),
            ),
            ("sequence", Some(self.sequence.to_string())),
            ("creator", Some(self.creator_id.to_string())),
            (
                "device",
                device.and_then(|device| device.fingerprint_id.clone()),
            ),
            ("address", device.and_then(|device| device.ip.clone())),
            (
                "description",
                device.and_then(|device| device.description.clone()),
            ),
            (
                "metadata",
                (!self.metadata.is_empty()).then(|| listed(self.metadata.keys())),
            ),
        ]
    }
}

/// A session after it was ended.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ended {
    id: SessionId,
    state: &'static str,
    changed_at: Moment,
}

impl Ended {
    /// Of this session; the moment is the one at which it ended first.
    pub(super) fn of(session: &Session) -> Self {
        Self {
            id: session.id,
            state: state(session, session.changed_at),
            changed_at: Moment(session.changed_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fixtures::{NOW, both, empty_session, full_session, later};

    fn record(view: &SessionView, now: Timestamp) -> SessionRecord {
        let name = view.user.as_ref().map(|user| user.username.clone());
        SessionRecord::new(view, name, now)
    }

    #[test]
    fn sessions_are_listed() {
        let rows = [
            record(&full_session(), later(70)),
            record(&empty_session(), NOW),
        ];
        insta::assert_snapshot!(both(|output| output.list(&rows, "no sessions").unwrap()));
    }

    #[test]
    fn a_session_is_shown() {
        let (full, empty) = (full_session(), empty_session());
        insta::assert_snapshot!(both(|output| {
            output.show(&record(&full, later(70))).unwrap();
            output.show(&record(&empty, NOW)).unwrap();
        }));
    }

    #[test]
    fn a_session_is_active_expired_or_terminated() {
        let mut view = full_session();
        assert_eq!(record(&view, later(3_600)).state, "active");
        assert_eq!(record(&view, later(3_601)).state, "expired");
        view.session.state = SessionState::Terminated;
        assert_eq!(record(&view, NOW).state, "terminated");
        assert_eq!(Ended::of(&view.session).state, "terminated");
    }

    #[test]
    fn a_password_that_was_changed_since_is_no_factor() {
        let mut view = full_session();
        assert_eq!(
            record(&view, NOW).factors(),
            ["user", "password", "webAuthN", "totp"]
        );
        let user = view.user.as_mut().unwrap();
        user.password_changed_at = Some(later(61));
        assert_eq!(record(&view, NOW).factors(), ["user", "webAuthN", "totp"]);
        view.session.factors.intent = Some(later(61));
        assert_eq!(
            record(&view, NOW).factors(),
            ["user", "webAuthN", "totp", "intent"]
        );
    }
}
