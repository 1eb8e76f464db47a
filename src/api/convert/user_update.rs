//! `UpdateUser` and `UpdateHumanUser`: from their messages to the command.

use bartizan_proto::buffa::EnumValue;
use bartizan_proto::zitadel::user::v2 as wire;
use bartizan_proto::zitadel::user::v2::__buffa::oneof::{
    set_password::{PasswordType, Verification},
    update_user_request::UserType,
};

use super::user_codes::{email_delivery, phone_delivery};
use crate::command::{
    NewContact, PasswordGrant, PasswordInput, PasswordUpdate, UpdateHuman, UpdateKind, UpdateUser,
};
use crate::domain::ids::given_user_key;
use crate::domain::secret::{HashText, Secret};
use crate::domain::user::{MachineChanges, ProfileChanges, UserError};
use crate::error::Error;

/// The command of an `UpdateUserRequest`.
///
/// # Errors
/// `COMMAND-3klek4sbns` for a password that is none.
pub(crate) fn update_user(request: wire::UpdateUserRequest) -> Result<UpdateUser, Error> {
    let of_kind = match request.user_type {
        Some(UserType::Human(human)) => {
            let human = *human;
            let profile = human.profile.into_option().unwrap_or_default();
            let profile = ProfileChanges {
                given_name: profile.given_name,
                family_name: profile.family_name,
                nick_name: profile.nick_name,
                display_name: profile.display_name,
                preferred_language: profile.preferred_language,
                gender: profile.gender.map(gender),
            };
            UpdateKind::Human(Box::new(UpdateHuman {
                profile,
                email: human.email.into_option().map(email),
                phone: human.phone.into_option().map(phone),
                password: human.password.into_option().map(password).transpose()?,
            }))
        }
        Some(UserType::Machine(machine)) => UpdateKind::Machine(MachineChanges {
            name: machine.name,
            description: machine.description,
        }),
        None => UpdateKind::Neither,
    };
    Ok(UpdateUser {
        user: given_user_key(&request.user_id),
        username: request.username,
        of_kind,
    })
}

/// The command of an `UpdateHumanUserRequest`.
///
/// # Errors
/// As [`update_user`].
pub(crate) fn update_human_user(
    request: wire::UpdateHumanUserRequest,
) -> Result<UpdateUser, Error> {
    let profile = request.profile.into_option();
    let profile = profile.map_or_else(ProfileChanges::default, |profile| ProfileChanges {
        given_name: Some(profile.given_name),
        family_name: Some(profile.family_name),
        nick_name: profile.nick_name,
        display_name: profile.display_name,
        preferred_language: profile.preferred_language,
        gender: profile.gender.map(gender),
    });
    let human = UpdateHuman {
        profile,
        email: request.email.into_option().map(email),
        // As in ZITADEL only the newer operation takes an empty number for a wish to remove it.
        phone: request
            .phone
            .into_option()
            .filter(|phone| !phone.phone.is_empty())
            .map(phone),
        password: request.password.into_option().map(password).transpose()?,
    };
    Ok(UpdateUser {
        user: given_user_key(&request.user_id),
        username: request.username,
        of_kind: UpdateKind::Human(Box::new(human)),
    })
}

/// What is none of the defined numbers is unspecified.
fn gender(gender: EnumValue<wire::Gender>) -> u8 {
    gender
        .as_known()
        .and_then(|gender| u8::try_from(EnumValue::from(gender).to_i32()).ok())
        .unwrap_or(0)
}

fn email(email: wire::SetHumanEmail) -> NewContact {
    NewContact {
        delivery: email_delivery(email.verification),
        address: email.email,
    }
}

fn phone(phone: wire::SetHumanPhone) -> NewContact {
    NewContact {
        delivery: phone_delivery(phone.verification.as_ref()),
        address: phone.phone,
    }
}

fn password(update: wire::SetPassword) -> Result<PasswordUpdate, Error> {
    let password = match update.password_type {
        Some(PasswordType::Password(plain)) => PasswordInput::Plain {
            change_required: plain.change_required,
            password: Secret::new(plain.password),
        },
        Some(PasswordType::HashedPassword(hashed)) => PasswordInput::Hashed {
            change_required: hashed.change_required,
            hash: HashText::new(hashed.hash),
        },
        None => return Err(UserError::UpdatedPasswordEmpty.into()),
    };
    let grant = match update.verification {
        Some(Verification::CurrentPassword(current)) => {
            PasswordGrant::Current(Secret::new(current))
        }
        Some(Verification::VerificationCode(code)) => PasswordGrant::Code(Secret::new(code)),
        None => PasswordGrant::Permission,
    };
    Ok(PasswordUpdate { password, grant })
}
