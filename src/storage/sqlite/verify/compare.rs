//! Comparing a row with what the events of its aggregate make, column by column.
//!
//! Every field is named, so that a new one cannot be forgotten here.

use rusqlite::Connection;

use super::Tools;
use super::report::Finder;
use crate::domain::event::Aggregate;
use crate::domain::intent::{Intent, Outcome, Phase};
use crate::domain::org::{Instance, Org};
use crate::domain::session::{CheckedUser, Factors, Session, TokenState};
use crate::domain::user::{Contact, Human, Machine, Password, StoredSecret, Totp, User, UserKind};
use crate::ports::StoreError;
use crate::storage::sqlite::{intents, orgs, sessions, sweep, users};

/// The columns of what is shown where it is not the last event.
const SHOWN: &str = "shown_sequence and shown_changed_at";

/// The row of a session.
pub(super) fn session(
    connection: &Connection,
    tools: Tools<'_>,
    finder: &mut Finder<'_>,
    fold: &Session,
) -> Result<(), StoreError> {
    let place = Aggregate::Session(fold.id);
    let row = sessions::load(connection, fold.id);
    if let Ok(None) = &row
        && tools
            .swept_before
            .is_some_and(|before| sweep::had_ended(fold, before))
    {
        finder.report.swept += 1;
        return Ok(());
    }
    judge(finder, place, row, |row| session_columns(row, fold, tools))
}

/// The row of a user.
pub(super) fn user(
    connection: &Connection,
    tools: Tools<'_>,
    finder: &mut Finder<'_>,
    fold: &User,
) -> Result<(), StoreError> {
    let place = Aggregate::User(fold.id);
    let row = users::load(connection, fold.id);
    judge(finder, place, row, |row| user_columns(row, fold, tools))
}

/// The row of an organisation.
pub(super) fn org(
    connection: &Connection,
    finder: &mut Finder<'_>,
    fold: &Org,
) -> Result<(), StoreError> {
    let row = orgs::load(connection, fold.id);
    judge(finder, Aggregate::Org(fold.id), row, |row| {
        let Org {
            id: _,
            sequence,
            created_at,
            changed_at,
            name,
            primary_domain,
        } = row;
        differing([
            ("sequence", *sequence == fold.sequence),
            ("created_at", *created_at == fold.created_at),
            ("changed_at", *changed_at == fold.changed_at),
            ("name", *name == fold.name),
            ("primary_domain", *primary_domain == fold.primary_domain),
        ])
    })
}

/// The row of the instance.
pub(super) fn instance(
    connection: &Connection,
    finder: &mut Finder<'_>,
    fold: &Instance,
) -> Result<(), StoreError> {
    let row = orgs::load_instance(connection);
    judge(finder, Aggregate::Instance(fold.id), row, |row| {
        let Instance {
            id,
            sequence,
            created_at,
            changed_at,
            name,
            default_org,
        } = row;
        differing([
            ("id", *id == fold.id),
            ("sequence", *sequence == fold.sequence),
            ("created_at", *created_at == fold.created_at),
            ("changed_at", *changed_at == fold.changed_at),
            ("name", *name == fold.name),
            ("default_org", *default_org == fold.default_org),
        ])
    })
}

/// The row of an intent.
pub(super) fn intent(
    connection: &Connection,
    tools: Tools<'_>,
    finder: &mut Finder<'_>,
    fold: &Intent,
) -> Result<(), StoreError> {
    let row = intents::load(connection, fold.id);
    judge(finder, Aggregate::Intent(fold.id), row, |row| {
        let Intent {
            id: _,
            sequence,
            created_at,
            changed_at,
            idp_id,
            success_url,
            failure_url,
            phase,
        } = row;
        differing([
            ("sequence", *sequence == fold.sequence),
            ("created_at", *created_at == fold.created_at),
            ("changed_at", *changed_at == fold.changed_at),
            ("idp_id", *idp_id == fold.idp_id),
            ("success_url", *success_url == fold.success_url),
            ("failure_url", *failure_url == fold.failure_url),
            (
                "phase and what goes with it",
                same_phase(phase, &fold.phase, tools),
            ),
        ])
    })
}

fn same_phase(row: &Phase, fold: &Phase, tools: Tools<'_>) -> bool {
    let sealed = |row: &StoredSecret, fold: &StoredSecret| {
        row.fingerprint(tools.fingerprint) == fold.fingerprint(tools.fingerprint)
    };
    match (row, fold) {
        (Phase::Started { handshake: row }, Phase::Started { handshake: fold }) => {
            sealed(row, fold)
        }
        (Phase::Succeeded(row), Phase::Succeeded(fold)) => {
            let Outcome {
                external_id,
                external_name,
                user,
                expires_at,
                identity,
            } = row;
            *external_id == fold.external_id
                && *external_name == fold.external_name
                && *user == fold.user
                && *expires_at == fold.expires_at
                && sealed(identity, &fold.identity)
        }
        (Phase::Failed, Phase::Failed) | (Phase::Consumed, Phase::Consumed) => true,
        (Phase::Started { .. } | Phase::Succeeded(_) | Phase::Failed | Phase::Consumed, _) => false,
    }
}

fn judge<T>(
    finder: &mut Finder<'_>,
    place: Aggregate,
    row: Result<Option<T>, StoreError>,
    columns: impl FnOnce(&T) -> Vec<&'static str>,
) -> Result<(), StoreError> {
    match row {
        Ok(Some(row)) => {
            let columns = columns(&row);
            if !columns.is_empty() {
                let columns = columns.join("`, `");
                finder.find(
                    place,
                    format_args!("the row is not what its events make in `{columns}`"),
                );
            }
            Ok(())
        }
        Ok(None) => {
            finder.find(place, "has events, but no row");
            Ok(())
        }
        Err(error) => finder.unreadable(place, error),
    }
}

/// The columns whose comparison failed.
pub(super) fn differing<const N: usize>(columns: [(&'static str, bool); N]) -> Vec<&'static str> {
    columns
        .into_iter()
        .filter_map(|(column, same)| (!same).then_some(column))
        .collect()
}

fn session_columns(row: &Session, fold: &Session, tools: Tools<'_>) -> Vec<&'static str> {
    let Session {
        id: _,
        state,
        sequence,
        created_at,
        changed_at,
        creator,
        user,
        factors:
            Factors {
                password,
                totp,
                // See `proven_columns`.
                otp_sms: _,
                otp_email: _,
                recovery_code: _,
                intent: _,
                web_auth_n: _,
            },
        otp_challenges: _,
        web_auth_n_challenge: _,
        metadata,
        user_agent,
        expires_at,
        token,
        shown,
    } = row;
    let part = |user: &Option<CheckedUser>| {
        user.as_ref()
            .map(|user| (user.id, user.organization, user.checked_at))
            .map_or((None, None, None), |(id, organization, at)| {
                (Some(id), Some(organization), Some(at))
            })
    };
    let (user, fold_user) = (part(user), part(&fold.user));
    let proof = |token: &Option<TokenState>| {
        token
            .as_ref()
            .map(|token| token.proof.fingerprint(tools.fingerprint))
    };
    let issued = |token: &Option<TokenState>| token.as_ref().map(|token| token.issued_at);
    let fingerprint = |session: &Session| {
        session
            .user_agent
            .as_ref()
            .map(|agent| agent.fingerprint_id.clone())
    };
    let mut columns = differing([
        ("state", *state == fold.state),
        ("sequence", *sequence == fold.sequence),
        ("created_at", *created_at == fold.created_at),
        ("changed_at", *changed_at == fold.changed_at),
        ("creator", *creator == fold.creator),
        ("user_id", user.0 == fold_user.0),
        ("user_organization", user.1 == fold_user.1),
        ("user_checked_at", user.2 == fold_user.2),
        ("password_checked_at", *password == fold.factors.password),
        ("totp_checked_at", *totp == fold.factors.totp),
        ("metadata", *metadata == fold.metadata),
        ("fingerprint_id", fingerprint(row) == fingerprint(fold)),
        ("user_agent", *user_agent == fold.user_agent),
        ("expires_at", *expires_at == fold.expires_at),
        ("token_hash", proof(token) == proof(&fold.token)),
        ("token_sequence", issued(token) == issued(&fold.token)),
        (SHOWN, *shown == fold.shown),
    ]);
    columns.extend(proven_columns(row, fold));
    columns
}

/// What was proven beside the password and the authenticator app, and what is waited for.
fn proven_columns(row: &Session, fold: &Session) -> Vec<&'static str> {
    differing([
        (
            "otp_sms_checked_at",
            row.factors.otp_sms == fold.factors.otp_sms,
        ),
        (
            "otp_email_checked_at",
            row.factors.otp_email == fold.factors.otp_email,
        ),
        (
            "recovery_code_checked_at",
            row.factors.recovery_code == fold.factors.recovery_code,
        ),
        (
            "otp_sms_digest and otp_sms_expires_at",
            row.otp_challenges.sms == fold.otp_challenges.sms,
        ),
        (
            "otp_email_digest and otp_email_expires_at",
            row.otp_challenges.email == fold.otp_challenges.email,
        ),
        (
            "intent_checked_at",
            row.factors.intent == fold.factors.intent,
        ),
        (
            "web_auth_n_checked_at and web_auth_n_user_verified",
            row.factors.web_auth_n == fold.factors.web_auth_n,
        ),
        (
            "web_auth_n_challenge",
            row.web_auth_n_challenge == fold.web_auth_n_challenge,
        ),
    ])
}

fn user_columns(row: &User, fold: &User, tools: Tools<'_>) -> Vec<&'static str> {
    let User {
        id: _,
        given_id,
        organization,
        state,
        sequence,
        created_at,
        changed_at,
        username,
        kind,
    } = row;
    let mut columns = differing([
        ("given_id", *given_id == fold.given_id),
        ("organization", *organization == fold.organization),
        ("state", *state == fold.state),
        ("sequence", *sequence == fold.sequence),
        ("created_at", *created_at == fold.created_at),
        ("changed_at", *changed_at == fold.changed_at),
        ("username", *username == fold.username),
    ]);
    columns.extend(match (kind, &fold.kind) {
        (UserKind::Human(row), UserKind::Human(fold)) => human_columns(row, fold, tools),
        (UserKind::Machine(row), UserKind::Machine(fold)) => {
            let Machine { name, description } = row;
            differing([
                ("machine_name", *name == fold.name),
                ("description", *description == fold.description),
            ])
        }
        (UserKind::Human(_), UserKind::Machine(_)) | (UserKind::Machine(_), UserKind::Human(_)) => {
            vec!["kind"]
        }
    });
    columns
}

#[expect(
    clippy::too_many_lines,
    reason = "every field is named, so that none is forgotten"
)]
fn human_columns(row: &Human, fold: &Human, tools: Tools<'_>) -> Vec<&'static str> {
    let Human {
        given_name,
        family_name,
        nick_name,
        display_name,
        preferred_language,
        gender,
        email,
        phone,
        password,
        failures,
        totp,
        otp_failures,
        // See `code_columns`.
        password_code: _,
        invite: _,
        code_failures: _,
        mfa_init_skipped_at: _,
        web_auth_n,
        // See `otp_columns`.
        otp_sms: _,
        otp_email: _,
        recovery_codes: _,
        shown: _,
    } = row;
    let phone_part = |human: &Human| human.phone.as_ref().map(|phone| phone.address.clone());
    let rest_of = |phone: &Option<Contact>| {
        phone
            .as_ref()
            .map(|phone| (phone.verified, phone.code.clone()))
    };
    let proof = |password: &Option<Password>| {
        password
            .as_ref()
            .map(|password| password.proof.fingerprint(tools.fingerprint))
    };
    let sealed = |totp: &Option<Totp>| {
        totp.as_ref()
            .map(|totp| totp.secret.fingerprint(tools.fingerprint))
    };
    let rest_of_totp = |totp: &Option<Totp>| totp.as_ref().map(|totp| (totp.ready, totp.last_step));
    let changed = |password: &Option<Password>| {
        password
            .as_ref()
            .map(|password| (password.changed_at, password.change_required))
    };
    let mut columns = differing([
        ("given_name", *given_name == fold.given_name),
        ("family_name", *family_name == fold.family_name),
        ("nick_name", *nick_name == fold.nick_name),
        ("display_name", *display_name == fold.display_name),
        (
            "preferred_language",
            *preferred_language == fold.preferred_language,
        ),
        ("gender", *gender == fold.gender),
        ("email", email.address == fold.email.address),
        ("email_verified", email.verified == fold.email.verified),
        ("email_code", email.code == fold.email.code),
        ("phone", phone_part(row) == phone_part(fold)),
        (
            "phone_verified and phone_code",
            rest_of(phone) == rest_of(&fold.phone),
        ),
        ("password_hash", proof(password) == proof(&fold.password)),
        (
            "password_changed_at and password_change_required",
            changed(password) == changed(&fold.password),
        ),
        ("failures", failures.count == fold.failures.count),
        ("failed_at", failures.last_at == fold.failures.last_at),
        ("totp_secret", sealed(totp) == sealed(&fold.totp)),
        (
            "totp_ready and totp_step",
            rest_of_totp(totp) == rest_of_totp(&fold.totp),
        ),
        (
            "otp_failures",
            otp_failures.count == fold.otp_failures.count,
        ),
        (
            "otp_failed_at",
            otp_failures.last_at == fold.otp_failures.last_at,
        ),
        ("web_auth_n", *web_auth_n == fold.web_auth_n),
    ]);
    columns.extend(code_columns(row, fold));
    columns.extend(otp_columns(row, fold));
    columns
}

/// What codes that are sent to addresses made of a person.
fn code_columns(row: &Human, fold: &Human) -> Vec<&'static str> {
    differing([
        ("password_code", row.password_code == fold.password_code),
        ("invite", row.invite == fold.invite),
        (
            "code_failures",
            row.code_failures.count == fold.code_failures.count,
        ),
        (
            "code_failed_at",
            row.code_failures.last_at == fold.code_failures.last_at,
        ),
        (
            "mfa_init_skipped_at",
            row.mfa_init_skipped_at == fold.mfa_init_skipped_at,
        ),
        (SHOWN, row.shown == fold.shown),
    ])
}

/// One-time codes as factors of a person.
fn otp_columns(row: &Human, fold: &Human) -> Vec<&'static str> {
    differing([
        ("otp_sms", row.otp_sms == fold.otp_sms),
        ("otp_email", row.otp_email == fold.otp_email),
        ("recovery_codes", row.recovery_codes == fold.recovery_codes),
    ])
}
