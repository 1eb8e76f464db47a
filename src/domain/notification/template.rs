//! Links with placeholders, in the form that clients of ZITADEL know: `{{.Code}}`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::Message;
use crate::domain::error::{Kind, Refusal};
use crate::domain::secret::Secret;

/// What needs no encoding in any part of a URL (RFC 3986 section 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Something that a link can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The code.
    Code,
    /// The id of a code for passkeys.
    CodeId,
    /// The user's id.
    UserId,
    /// The user's organisation.
    OrgId,
    /// What the user types to log in.
    LoginName,
    /// The name to show.
    DisplayName,
    /// BCP 47 tag.
    PreferredLanguage,
    /// The session of a challenge.
    SessionId,
}

impl Field {
    /// Its name in a template.
    const fn name(self) -> &'static str {
        match self {
            Self::Code => "Code",
            Self::CodeId => "CodeID",
            Self::UserId => "UserID",
            Self::OrgId => "OrgID",
            Self::LoginName => "LoginName",
            Self::DisplayName => "DisplayName",
            Self::PreferredLanguage => "PreferredLanguage",
            Self::SessionId => "SessionID",
        }
    }
}

/// What the fields of a link are.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// The code.
    pub code: Option<Secret>,
    /// The id of a code for passkeys.
    pub code_id: String,
    /// The user's id.
    pub user_id: String,
    /// The user's organisation.
    pub org_id: String,
    /// What the user types to log in.
    pub login_name: String,
    /// The name to show.
    pub display_name: String,
    /// BCP 47 tag.
    pub preferred_language: String,
    /// The session of a challenge.
    pub session_id: String,
}

impl Values {
    fn get(&self, field: Field) -> &str {
        match field {
            Field::Code => self.code.as_ref().map_or("", Secret::expose),
            Field::CodeId => &self.code_id,
            Field::UserId => &self.user_id,
            Field::OrgId => &self.org_id,
            Field::LoginName => &self.login_name,
            Field::DisplayName => &self.display_name,
            Field::PreferredLanguage => &self.preferred_language,
            Field::SessionId => &self.session_id,
        }
    }
}

/// Why a template is refused (spec session-service.md section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It cannot be read.
    #[error("URL Template is invalid")]
    Malformed,
    /// It asks for what a message of its kind does not have.
    #[error("URL Template is invalid")]
    UnknownField,
}

impl Refusal for TemplateError {
    fn id(&self) -> &'static str {
        match self {
            Self::Malformed => "DOMAIN-oGh5e",
            Self::UnknownField => "DOMAIN-ieYa7",
        }
    }

    fn kind(&self) -> Kind {
        Kind::InvalidArgument
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

/// A link with placeholders.
///
/// Of Go's template language, which ZITADEL has here, only fields are known: `{{.Name}}`, with white
/// space where Go allows it. Values are percent-encoded, so that no name can add to the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate(Vec<Part>);

impl UrlTemplate {
    /// Reads a template for a message.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn parse(text: &str, message: Message) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inside, after) = after.split_once("}}").ok_or(TemplateError::Malformed)?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Field(field(inside, message)?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        if parts
            .iter()
            .any(|part| matches!(part, Part::Text(text) if text.chars().any(char::is_control)))
        {
            return Err(TemplateError::Malformed);
        }
        Ok(Self(parts))
    }

    /// The link.
    #[must_use]
    pub fn render(&self, values: &Values) -> Secret {
        let mut link = Zeroizing::new(String::with_capacity(256));
        for part in &self.0 {
            match part {
                Part::Text(text) => link.push_str(text),
                Part::Field(field) => {
                    link.extend(utf8_percent_encode(values.get(*field), UNRESERVED));
                }
            }
        }
        Secret::new(std::mem::take(&mut *link))
    }
}

fn field(inside: &str, message: Message) -> Result<Field, TemplateError> {
    let name = inside
        .trim()
        .strip_prefix('.')
        .ok_or(TemplateError::Malformed)?;
    let identifier = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !identifier {
        return Err(TemplateError::Malformed);
    }
    message
        .fields()
        .iter()
        .copied()
        .find(|field| field.name() == name)
        .ok_or(TemplateError::UnknownField)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str) -> Result<String, TemplateError> {
        let values = Values {
            code: Some(Secret::new("123".to_owned())),
            user_id: "7".to_owned(),
            login_name: "mini+1@mouse.com".to_owned(),
            display_name: "Mini & Max".to_owned(),
            session_id: "9".to_owned(),
            ..Values::default()
        };
        UrlTemplate::parse(text, Message::OtpEmail)
            .map(|template| template.render(&values).expose().to_owned())
    }

    #[test]
    fn fields_are_filled_in_and_encoded() {
        for (text, expected) in [
            ("", ""),
            ("https://x/y?z=1", "https://x/y?z=1"),
            ("{{.Code}}", "123"),
            ("{{ .Code }}{{.UserID}}", "1237"),
            (
                "https://x/?c={{.Code}}&l={{.LoginName}}&d={{.DisplayName}}&p={{.PreferredLanguage}}#{{.SessionID}}",
                "https://x/?c=123&l=mini%2B1%40mouse.com&d=Mini%20%26%20Max&p=#9",
            ),
            ("https://x/}}{", "https://x/}}{"),
        ] {
            assert_eq!(render(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_and_what_does_not_exist_are_told_apart() {
        for (text, error) in [
            ("{{", TemplateError::Malformed),
            ("{{.Code}", TemplateError::Malformed),
            ("{{Code}}", TemplateError::Malformed),
            ("{{}}", TemplateError::Malformed),
            ("{{.}}", TemplateError::Malformed),
            ("{{.Code | html}}", TemplateError::Malformed),
            ("{{.Code.X}}", TemplateError::Malformed),
            ("https://x/\r\nBcc: y", TemplateError::Malformed),
            ("{{.Unknown}}", TemplateError::UnknownField),
            ("{{.code}}", TemplateError::UnknownField),
            ("{{.OrgID}}", TemplateError::UnknownField),
        ] {
            assert_eq!(render(text), Err(error), "{text}");
        }
    }
}
