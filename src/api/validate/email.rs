//! What counts as an e-mail address.
//!
//! ZITADEL checks an address twice: protoc-gen-validate parses it as a mail header would be and then
//! looks at its host name, and a stricter pattern follows before anything is stored. Here both are
//! one check: what the pattern would refuse later (display names, quoted and non-ASCII local parts,
//! comments) is refused at once, so that nothing but a bare address ever gets further. Where the
//! first check refuses too, the text is its text.

use std::borrow::Cow;

/// Checks an address.
///
/// # Errors
/// The reason, in the words of Go's `net/mail` and of protoc-gen-validate.
pub(super) fn check(value: &str) -> Result<(), Cow<'static, str>> {
    let (local, domain) = parse(value)?;
    // Bytes, not code points; the sign in the middle counts.
    if local.len() + 1 + domain.len() > 254 {
        return Err("email addresses cannot exceed 254 characters".into());
    }
    if local.len() > 64 {
        return Err("email address local phrase cannot exceed 64 characters".into());
    }
    host(domain)?;
    if local.is_ascii() {
        Ok(())
    } else {
        Err("mail: only ASCII characters can stand before the @".into())
    }
}

/// Splits a bare address; blanks around it do not count.
fn parse(value: &str) -> Result<(&str, &str), Cow<'static, str>> {
    let value = value.trim_start_matches(BLANKS);
    if value.is_empty() {
        return Err("mail: no address".into());
    }
    let Some((local, domain, rest)) = bare(value) else {
        return Err(not_bare(value).into());
    };
    let rest = rest.trim_start_matches(BLANKS);
    if rest.is_empty() {
        Ok((local, domain))
    } else {
        Err(format!("mail: expected single address, got {rest:?}").into())
    }
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Local part and domain at the start of a text, and what follows them.
fn bare(value: &str) -> Option<(&str, &str, &str)> {
    let (local, rest) = dot_atom(value)?;
    let (domain, rest) = dot_atom(rest.strip_prefix('@')?)?;
    Some((local, domain, rest))
}

/// Words joined by single dots.
fn dot_atom(value: &str) -> Option<(&str, &str)> {
    let (atom, rest) = atom(value)?;
    atom.split('.')
        .all(|part| !part.is_empty())
        .then_some((atom, rest))
}

/// The characters that need no quotes (RFC 5322 section 3.2.3), dots wherever they stand.
fn atom(value: &str) -> Option<(&str, &str)> {
    let end = value
        .find(|char: char| char <= ' ' || char == '\u{7f}' || "()<>[]:;@\\,\"".contains(char))
        .unwrap_or(value.len());
    value.split_at_checked(end).filter(|_| end > 0)
}

/// Why a text that does not start with a bare address is refused.
///
/// Go reads such a text as a display name, after which an address in angle brackets must come.
fn not_bare(value: &str) -> &'static str {
    let mut rest = value;
    let mut words = 0_u8;
    while let Some((_, after)) = atom(rest) {
        rest = after.trim_start_matches(BLANKS);
        words = words.saturating_add(1);
    }
    match (words, rest.chars().next()) {
        (_, Some('<' | '"' | ':' | '(')) => "mail: expected nothing but an address",
        (0, _) => "mail: missing word in phrase: mail: invalid string",
        (1, _) => "mail: missing '@' or angle-addr",
        _ => "mail: no angle-addr",
    }
}

/// Checks a host name.
fn host(host: &str) -> Result<(), Cow<'static, str>> {
    if host.len() > 253 {
        return Err("hostname cannot exceed 253 characters".into());
    }
    for part in host.to_lowercase().split('.') {
        if part.is_empty() || part.len() > 63 {
            return Err("hostname part must be non-empty and cannot exceed 63 characters".into());
        }
        if part.starts_with('-') {
            return Err("hostname parts cannot begin with hyphens".into());
        }
        if part.ends_with('-') {
            return Err("hostname parts cannot end with hyphens".into());
        }
        let wrong = |char: &char| !matches!(char, 'a'..='z' | '0'..='9' | '-');
        if let Some(char) = part.chars().find(wrong) {
            return Err(format!(
                "hostname parts can only contain alphanumeric characters or hyphens, got {:?}",
                char.to_string()
            )
            .into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_taken() {
        for address in [
            "mini@mouse.com",
            "a@b",
            "A.B+c_d-e!#$%&'*/=?^`{|}~@Mouse.COM",
            "a@1.2.3.4",
            "a@xn--bcher-kva.example",
            "  a@b.c \t",
            &format!("{}@{}", "a".repeat(64), "b".repeat(63)),
        ] {
            assert_eq!(check(address), Ok(()), "{address}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_reason() {
        let long = "a".repeat(65);
        let part = "b".repeat(64);
        let labels = [
            "b".repeat(63),
            "c".repeat(63),
            "d".repeat(63),
            "e".repeat(60),
        ]
        .join(".");
        let missing = "mail: missing '@' or angle-addr";
        let phrase = "mail: missing word in phrase: mail: invalid string";
        let more = "mail: expected nothing but an address";
        for (address, reason) in [
            ("", "mail: no address"),
            (" \t", "mail: no address"),
            ("mini", missing),
            ("mini.mouse", missing),
            ("mini@", missing),
            (".a@b.c", missing),
            ("a.@b.c", missing),
            ("a..b@c.d", missing),
            ("a@b..c", missing),
            ("a@.b", missing),
            ("a@b.", missing),
            ("a@ b.c", missing),
            ("a@[1.2.3.4]", missing),
            ("mini mouse", "mail: no angle-addr"),
            ("mini mouse @ b.c", "mail: no angle-addr"),
            ("@b.c", phrase),
            ("\n", phrase),
            ("\u{7f}a@b.c", phrase),
            ("a@b.c d", "mail: expected single address, got \"d\""),
            ("a@b@c", "mail: expected single address, got \"@c\""),
            (
                "a@b.c,d@e.f",
                "mail: expected single address, got \",d@e.f\"",
            ),
            ("a@b.c\n", "mail: expected single address, got \"\\n\""),
            (
                "a@b.c (Mini)",
                "mail: expected single address, got \"(Mini)\"",
            ),
            ("Mini <a@b.c>", more),
            ("Mini Mouse <a@b.c>", more),
            ("<a@b.c>", more),
            ("\"a b\"@c.d", more),
            ("(Mini) a@b.c", more),
            ("all: a@b.c;", more),
            (
                "mïni@b.c",
                "mail: only ASCII characters can stand before the @",
            ),
            (
                &format!("{long}@b.c"),
                "email address local phrase cannot exceed 64 characters",
            ),
            (
                &format!("abc@{labels}"),
                "email addresses cannot exceed 254 characters",
            ),
            (
                &format!("a@{part}.c"),
                "hostname part must be non-empty and cannot exceed 63 characters",
            ),
            ("a@-b.c", "hostname parts cannot begin with hyphens"),
            ("a@b-.c", "hostname parts cannot end with hyphens"),
            (
                "a@b_C.d",
                "hostname parts can only contain alphanumeric characters or hyphens, got \"_\"",
            ),
            (
                "a@BÜcher.de",
                "hostname parts can only contain alphanumeric characters or hyphens, got \"ü\"",
            ),
        ] {
            assert_eq!(check(address).err().as_deref(), Some(reason), "{address:?}");
        }
    }

    #[test]
    fn an_address_of_254_characters_is_taken() {
        let labels = [
            "b".repeat(63),
            "c".repeat(63),
            "d".repeat(63),
            "e".repeat(60),
        ]
        .join(".");
        assert_eq!(labels.len(), 252);
        assert_eq!(check(&format!("a@{labels}")), Ok(()));
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in ".{0,80}") {
            if check(&text).is_ok() {
                let bare = text.trim();
                prop_assert!(bare.contains('@') && bare.is_ascii());
            }
        }

        #[test]
        fn texts_of_address_characters_are_judged(text in "[-a.@<>\"() :;,ü_]{0,24}") {
            if check(&text).is_ok() {
                prop_assert_eq!(text.matches('@').count(), 1);
            }
        }
    }
}
