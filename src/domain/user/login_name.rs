//! Login names: under which names a user is found (adjacent.md section 6.2).

/// The form in which names are compared and stored: lower case.
///
/// Unicode lower case, so that `ÄNNE` and `änne` are one user.
pub fn normalize(name: &str) -> String {
    name.to_lowercase()
}

/// The login name of a user: the username, or the username and the organisation's domain where the
/// policy asks for it.
pub fn login_name(username: &str, domain: &str, includes_domain: bool) -> String {
    if includes_domain {
        format!("{username}@{domain}")
    } else {
        username.to_owned()
    }
}

/// The key under which a username is unique: in the whole instance, or within its organisation
/// where login names end in the organisation's domain.
pub fn key(username: &str, domain: &str, includes_domain: bool) -> String {
    normalize(&login_name(username, domain, includes_domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_decides_over_the_domain() {
        assert_eq!(key("Mini", "Acme.example", false), "mini");
        assert_eq!(key("Mini", "acme.example", true), "mini@acme.example");
        assert_eq!(
            login_name("Mini", "acme.example", true),
            "Mini@acme.example"
        );
    }

    #[test]
    fn names_are_compared_without_case() {
        assert_eq!(normalize("\u{c4}NNE@Example.COM"), "\u{e4}nne@example.com");
    }
}
