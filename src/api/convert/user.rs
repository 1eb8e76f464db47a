//! Users: requests in, users out.

use bartizan_proto::zitadel::object::v2::__buffa::oneof::organization::Org;
use bartizan_proto::zitadel::object::v2::Details as WireDetails;
use bartizan_proto::zitadel::user::v2 as wire;
use bartizan_proto::zitadel::user::v2::__buffa::oneof::{
    add_human_user_request::PasswordType, set_password_request, user::Type,
};

use super::user_codes::{email_delivery, phone_delivery};
use super::{details, idp_link, timestamp};
use crate::command::{AddHuman, Details, PasswordGrant, PasswordInput, SetPassword};
use crate::domain::ids::{OrgId, given_user_key};
use crate::domain::secret::{HashText, Secret};
use crate::domain::user::{Human, User, UserError, UserKind, login_name};
use crate::error::Error;
use crate::ports::UserView;

/// The command of an `AddHumanUserRequest`.
///
/// # Errors
/// An organisation that cannot exist.
pub(crate) fn add_human(request: wire::AddHumanUserRequest) -> Result<AddHuman, Error> {
    let (organization, organization_domain) =
        match request.organization.into_option().and_then(|org| org.org) {
            Some(Org::OrgId(id)) => (Some(OrgId::parse(&id).ok_or(UserError::OrgNotFound)?), None),
            Some(Org::OrgDomain(domain)) => (None, Some(domain)),
            None => (None, None),
        };
    let profile = request.profile.into_option().unwrap_or_default();
    let email = request.email.into_option().unwrap_or_default();
    // As in ZITADEL an empty number is none.
    let phone = request.phone.into_option();
    let phone = phone.filter(|phone| !phone.phone.is_empty());
    Ok(AddHuman {
        id: request.user_id,
        organization,
        organization_domain,
        username: request.username,
        given_name: profile.given_name,
        family_name: profile.family_name,
        nick_name: profile.nick_name,
        display_name: profile.display_name,
        preferred_language: profile.preferred_language,
        gender: profile
            .gender
            .map_or(0, |gender| u8::try_from(gender.to_i32()).unwrap_or(0)),
        email: email.email,
        email_delivery: email_delivery(email.verification),
        phone_delivery: phone_delivery(
            phone.as_ref().and_then(|phone| phone.verification.as_ref()),
        ),
        phone: phone.map(|phone| phone.phone),
        password: request.password_type.map(password),
        totp_secret: request.totp_secret.map(Secret::new),
        metadata: request
            .metadata
            .into_iter()
            .map(|entry| (entry.key, entry.value))
            .collect(),
        idp_links: request.idp_links.into_iter().map(idp_link).collect(),
    })
}

fn password(password: PasswordType) -> PasswordInput {
    match password {
        PasswordType::Password(plain) => PasswordInput::Plain {
            change_required: plain.change_required,
            password: Secret::new(plain.password),
        },
        PasswordType::HashedPassword(hashed) => PasswordInput::Hashed {
            change_required: hashed.change_required,
            hash: HashText::new(hashed.hash),
        },
    }
}

/// The command of a `SetPasswordRequest`.
///
/// # Errors
/// `COMMAND-Mf0sd` for an empty password.
pub(crate) fn set_password(request: wire::SetPasswordRequest) -> Result<SetPassword, Error> {
    use set_password_request::Verification::{CurrentPassword, VerificationCode};
    let new = request.new_password.into_option().unwrap_or_default();
    if new.password.is_empty() {
        return Err(UserError::NewPasswordEmpty.into());
    }
    let grant = match request.verification {
        Some(CurrentPassword(current)) => PasswordGrant::Current(Secret::new(current)),
        Some(VerificationCode(code)) => PasswordGrant::Code(Secret::new(code)),
        None => PasswordGrant::Permission,
    };
    let password = PasswordInput::Plain {
        change_required: new.change_required,
        password: Secret::new(new.password),
    };
    Ok(SetPassword {
        user: given_user_key(&request.user_id),
        password,
        grant,
    })
}

/// The user as answers show it (adjacent.md section 6.1).
pub(crate) fn user(view: UserView, includes_domain: bool) -> wire::User {
    let login_name = login_name::login_name(&view.user.username, &view.org_domain, includes_domain);
    let user = view.user;
    wire::User {
        user_id: user.public_id(),
        details: user_details(&user).into(),
        state: i32::from(user.state.code()).into(),
        username: user.username,
        login_names: vec![login_name.clone()],
        preferred_login_name: login_name,
        r#type: Some(match user.kind {
            UserKind::Human(human) => Type::Human(Box::new(wire_human(*human))),
            UserKind::Machine(machine) => Type::Machine(Box::new(wire::MachineUser {
                name: machine.name,
                description: machine.description.unwrap_or_default(),
                ..wire::MachineUser::default()
            })),
        }),
        ..wire::User::default()
    }
}

/// Details of a user that is read carry its creation date as well.
pub(crate) fn user_details(user: &User) -> WireDetails {
    WireDetails {
        creation_date: timestamp(user.created_at).into(),
        ..details(Details::of(user))
    }
}

fn wire_human(human: Human) -> wire::HumanUser {
    let phone = human.phone.map(|phone| wire::HumanPhone {
        phone: phone.address,
        is_verified: phone.verified,
        ..wire::HumanPhone::default()
    });
    wire::HumanUser {
        profile: wire::HumanProfile {
            given_name: human.given_name,
            family_name: human.family_name,
            nick_name: human.nick_name,
            display_name: Some(human.display_name),
            preferred_language: human.preferred_language,
            gender: (human.gender > 0).then(|| i32::from(human.gender).into()),
            ..wire::HumanProfile::default()
        }
        .into(),
        email: wire::HumanEmail {
            email: human.email.address,
            is_verified: human.email.verified,
            ..wire::HumanEmail::default()
        }
        .into(),
        phone: phone.into(),
        password_change_required: human
            .password
            .as_ref()
            .is_some_and(|password| password.change_required),
        password_changed: human
            .password
            .as_ref()
            .map(|password| timestamp(password.changed_at))
            .into(),
        mfa_init_skipped: human.mfa_init_skipped_at.map(timestamp).into(),
        ..wire::HumanUser::default()
    }
}
