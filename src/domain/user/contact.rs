//! E-mail addresses and phone numbers in their normal form.

use super::UserError;

/// The region that a phone number without a country code is of; ZITADEL's default.
const DEFAULT_REGION: phonenumber::country::Id = phonenumber::country::Id::CH;

/// An e-mail address without white space around it.
///
/// Whether mail arrives there is for the verification to find out; tested is only that it has the
/// form of one: one `@` with something on either side, no white space, no control characters.
///
/// # Errors
/// [`UserError::EmailEmpty`], [`UserError::EmailInvalid`].
pub fn email(text: &str) -> Result<String, UserError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(UserError::EmailEmpty);
    }
    let (local, domain) = text.rsplit_once('@').ok_or(UserError::EmailInvalid)?;
    let formed = !local.is_empty()
        && !domain.is_empty()
        && !local.contains('@')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if formed {
        Ok(text.to_owned())
    } else {
        Err(UserError::EmailInvalid)
    }
}

/// A phone number in E.164 form.
///
/// # Errors
/// [`UserError::PhoneInvalid`].
pub fn phone(text: &str) -> Result<String, UserError> {
    let number = phonenumber::parse(Some(DEFAULT_REGION), text.trim())
        .map_err(|_| UserError::PhoneInvalid)?;
    if !number.is_valid() {
        return Err(UserError::PhoneInvalid);
    }
    Ok(number.format().mode(phonenumber::Mode::E164).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_at_sign_and_no_blanks() {
        for (text, expected) in [
            ("mini@mouse.com", Some("mini@mouse.com")),
            (" mini@mouse.com ", Some("mini@mouse.com")),
            ("mini+tag@localhost", Some("mini+tag@localhost")),
            ("", None),
            ("mini", None),
            ("@mouse.com", None),
            ("mini@", None),
            ("mi@ni@mouse.com", None),
            ("mini@.com", None),
            ("mi ni@mouse.com", None),
            ("mini@mouse.com\r\nBcc: x@y", None),
        ] {
            assert_eq!(email(text).ok().as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn numbers_become_e_164() {
        for (text, expected) in [
            ("+41 79 123 45 67", Some("+41791234567")),
            ("079 123 45 67", Some("+41791234567")),
            ("+1 (650) 253-0000", Some("+16502530000")),
            ("12", None),
            ("phone", None),
            ("", None),
        ] {
            assert_eq!(phone(text).ok().as_deref(), expected, "{text:?}");
        }
    }
}
