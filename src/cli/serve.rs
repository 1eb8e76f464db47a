//! `serve`: what is said when the port is open.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::output::Output;

/// A service that takes requests.
#[derive(Debug)]
pub(super) struct Serving {
    /// Where.
    pub(super) address: SocketAddr,
    /// Whether it speaks TLS.
    pub(super) encrypted: bool,
    /// Its data directory.
    pub(super) data_dir: PathBuf,
    /// Whether it was set up just now.
    pub(super) first_start: bool,
    /// The file with the token of the role `IAM_OWNER`, while it is there.
    pub(super) admin_token: Option<PathBuf>,
    /// The file with the token of the role `IAM_LOGIN_CLIENT`, while it is there.
    pub(super) login_token: Option<PathBuf>,
}

/// Says that it is there, in one line, and where the tokens are; after the first start also what to
/// type next.
pub(super) fn announce(serving: &Serving, output: &mut Output<'_>) -> io::Result<()> {
    let (address, data_dir) = (serving.address, serving.data_dir.display());
    let scheme = if serving.encrypted { "https" } else { "http" };
    output.message(&format!(
        "listening on: `{scheme}://{address}` (data in `{data_dir}`)"
    ))?;
    for (role, file) in [
        ("IAM_OWNER", &serving.admin_token),
        ("IAM_LOGIN_CLIENT", &serving.login_token),
    ] {
        if let Some(file) = file {
            output.message(&format!("token with the role {role}: `{}`", file.display()))?;
        }
    }
    if let Some(token) = serving.login_token.as_ref().filter(|_| serving.first_start) {
        output.hint("open a session with")?;
        output.message(&format!(
            "curl {scheme}://{}/v2/sessions -H \"Authorization: Bearer $(cat {})\" -H 'Content-Type: application/json' -d '{{}}'",
            reachable(address),
            token.display()
        ))?;
    }
    output.flush()
}

/// Where a program on this machine finds a port that is open on all its addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Format;
    use crate::cli::fixtures::written;

    fn serving() -> Serving {
        Serving {
            address: "127.0.0.1:8080".parse().unwrap(),
            encrypted: false,
            data_dir: "./bartizan-data".into(),
            first_start: true,
            admin_token: Some("./bartizan-data/admin.pat".into()),
            login_token: Some("./bartizan-data/login-client.pat".into()),
        }
    }

    fn announced(serving: &Serving) -> String {
        let (data, messages) = written(Format::Table, |output| announce(serving, output).unwrap());
        assert_eq!(data, "", "stdout is for data");
        messages
    }

    #[test]
    fn the_first_start_says_what_to_type_next() {
        insta::assert_snapshot!(announced(&serving()));
    }

    #[test]
    fn a_port_with_tls_is_called_so() {
        let encrypted = Serving {
            encrypted: true,
            ..serving()
        };
        let expected = announced(&serving()).replace("http://", "https://");
        assert_eq!(announced(&encrypted), expected);
        assert_eq!(expected.matches("https://").count(), 2);
    }

    #[test]
    fn later_starts_say_where_things_are() {
        let later = Serving {
            first_start: false,
            admin_token: None,
            ..serving()
        };
        insta::assert_snapshot!(announced(&later));
    }

    #[test]
    fn what_is_to_be_typed_can_be_reached() {
        for (listening, typed) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "127.0.0.1:80"),
            ("[::1]:80", "[::1]:80"),
            ("192.0.2.7:80", "192.0.2.7:80"),
        ] {
            let address = listening.parse().unwrap();
            assert_eq!(reachable(address).to_string(), typed, "{listening}");
        }
    }
}
