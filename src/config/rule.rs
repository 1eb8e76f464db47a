//! What a key may hold.
//!
//! Every value passes its rule before it reaches a typed field, so that all kinds of wrong values
//! are refused in the same words, and none is rounded or cut to fit.

use std::net::SocketAddr;
use std::time::Duration;

use ::config::ValueKind;

use super::event_webhook::StartConfig;
use super::units::{parse_moment, parse_size, parse_span, print_size, print_span};
use crate::domain::client::read_network;
use crate::domain::event::{AggregateType, kind_named, types_named};
use crate::domain::notification::Target;
use crate::domain::settings::is_language_tag;

/// What a key may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// `true` or `false`.
    Flag,
    /// A whole number, both ends included.
    Number(i64, i64),
    /// A span of time, both ends included.
    Span(Duration, Duration),
    /// A size, both ends included.
    Size(usize, usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// An IP address and a port.
    Address,
    /// One line of text.
    Text,
    /// A path.
    Path,
    /// A moment in RFC 3339.
    Moment,
    /// A DNS name.
    Domain,
    /// The name of a cookie.
    CookieName,
    /// A name that stands in tables and labels.
    Name,
    /// The name of a type of events, or of a group of them.
    EventType,
    /// The name of a type of aggregates.
    AggregateType,
    /// `newest`, or a position in the log.
    Start,
    /// An e-mail address.
    Email,
    /// A language tag.
    Language,
    /// Levels of the log.
    Directives,
    /// A password: any text that is not empty, never shown.
    Secret,
    /// Names of permissions; which ones exist is tested on the whole table.
    Names,
    /// A colour: `#` and six hexadecimal digits.
    Color,
    /// A web address.
    Link,
    /// Scheme, host and port of a web page.
    WebOrigin,
    /// A host name, an address, or a network of addresses.
    Target,
    /// An address, or a network of addresses.
    Network,
    /// What fits the rule, or an empty text for none.
    OrEmpty(&'static Self),
    /// A list of texts that fit the rule.
    List(&'static Self),
}

impl Rule {
    /// Whether values may be seen.
    pub(super) const fn is_secret(self) -> bool {
        matches!(self, Self::Secret)
    }

    /// Whether a value of the file fits.
    pub(super) fn accepts(self, value: &ValueKind) -> bool {
        match (self, value) {
            (Self::Flag, ValueKind::Boolean(_)) => true,
            (Self::Number(min, max), ValueKind::I64(number)) => (min..=max).contains(number),
            (Self::Start, ValueKind::I64(position)) => *position >= 0,
            (Self::Names, ValueKind::Array(names)) => names
                .iter()
                .all(|name| matches!(&name.kind, ValueKind::String(name) if is_line(name, LINE))),
            (Self::List(rule), ValueKind::Array(items)) => items.iter().all(
                |item| matches!(&item.kind, ValueKind::String(text) if rule.accepts_text(text)),
            ),
            (_, ValueKind::String(text)) => self.accepts_text(text),
            _ => false,
        }
    }

    fn accepts_text(self, text: &str) -> bool {
        match self {
            Self::Flag | Self::Number(..) | Self::Names | Self::List(_) => false,
            Self::Color => is_color(text),
            Self::Link => is_link(text),
            Self::WebOrigin => is_web_origin(text),
            Self::Target => Target::parse(text).is_some(),
            Self::Network => read_network(text).is_some(),
            Self::OrEmpty(rule) => text.is_empty() || rule.accepts_text(text),
            Self::Span(min, max) => {
                parse_span(text).is_some_and(|span| (min..=max).contains(&span))
            }
            Self::Size(min, max) => {
                parse_size(text).is_some_and(|size| (min..=max).contains(&size))
            }
            Self::Word(words) => words.contains(&text),
            Self::Address => text.parse::<SocketAddr>().is_ok(),
            Self::Text => is_line(text, LINE),
            Self::Path => is_line(text, 4_096),
            Self::Moment => parse_moment(text).is_some(),
            Self::Domain => is_domain(text),
            Self::CookieName | Self::Name => is_cookie_name(text),
            Self::EventType => !types_named(text).is_empty(),
            Self::AggregateType => kind_named(text).is_some(),
            Self::Start => StartConfig::parse(text).is_some(),
            Self::Email => is_email(text),
            Self::Language => is_language_tag(text),
            Self::Directives => text.split(',').all(is_directive),
            Self::Secret => !text.is_empty() && !text.contains(char::REPLACEMENT_CHARACTER),
        }
    }

    /// The value that a variable stands for, if it fits. Variables have only text.
    pub(super) fn read(self, text: &str) -> Option<ValueKind> {
        let value = match self {
            Self::Flag => ValueKind::Boolean(text.parse().ok()?),
            Self::Number(..) => ValueKind::I64(text.parse().ok()?),
            Self::Names | Self::List(_) => {
                let names = text.split([',', ' ']).filter(|name| !name.is_empty());
                ValueKind::from(names.map(str::to_owned).collect::<Vec<_>>())
            }
            Self::Span(..)
            | Self::Size(..)
            | Self::Word(_)
            | Self::Address
            | Self::Text
            | Self::Path
            | Self::Moment
            | Self::Domain
            | Self::CookieName
            | Self::Name
            | Self::EventType
            | Self::AggregateType
            | Self::Start
            | Self::Email
            | Self::Language
            | Self::Directives
            | Self::Color
            | Self::Link
            | Self::WebOrigin
            | Self::Target
            | Self::Network
            | Self::OrEmpty(_)
            | Self::Secret => ValueKind::String(text.to_owned()),
        };
        self.accepts(&value).then_some(value)
    }

    /// What is allowed, for the hint of an error: follows the word `write`.
    pub(super) fn allowed(self) -> String {
        match self {
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Number(min, max) => format!("a whole number from {min} to {max}"),
            Self::Span(min, max) => format!(
                "a span of time from {} to {} with its unit, such as `5s` or `15m`",
                print_span(min),
                print_span(max)
            ),
            Self::Size(min, max) => format!(
                "a size from {} to {} with its unit, `B`, `KiB`, `MiB` or `GiB`",
                print_size(min),
                print_size(max)
            ),
            Self::Word(words) => format!("one of `{}`", words.join("`, `")),
            Self::Address => "an IP address and a port, such as `0.0.0.0:8080`".to_owned(),
            Self::Text => format!("one line of text, at most {LINE} characters"),
            Self::Path => "a path".to_owned(),
            Self::Moment => {
                "a moment with its time zone, such as `2030-01-01T00:00:00Z`".to_owned()
            }
            Self::Domain => "a domain name, such as `login.example.com`".to_owned(),
            Self::CookieName => "the name of a cookie, such as `session`".to_owned(),
            Self::Name => "letters, digits, `-`, `_` and `.`, at most 64".to_owned(),
            Self::EventType => {
                "a type of events, such as `session.terminated` or `session.*`".to_owned()
            }
            Self::AggregateType => {
                let names = AggregateType::ALL.map(AggregateType::name);
                format!("one of `{}`", names.join("`, `"))
            }
            Self::Start => "`newest` or a position of the log".to_owned(),
            Self::Email => "an e-mail address".to_owned(),
            Self::Language => "a language tag, such as `en` or `de-CH`".to_owned(),
            Self::Directives => "`off`, `error`, `warn`, `info`, `debug` or `trace`, and \
                                 `target=level` after commas"
                .to_owned(),
            Self::Secret => "a text that is not empty".to_owned(),
            Self::Names => {
                "a list of permissions, such as `[\"session.read\", \"user.read\"]`".to_owned()
            }
            Self::Color => "a colour, such as `#5469d4`".to_owned(),
            Self::Link => "a web address, such as `https://example.com/help`".to_owned(),
            Self::WebOrigin => "an origin, such as `https://example.com`".to_owned(),
            Self::Target => {
                "a host name, an address, or a network, such as `10.0.0.0/8`".to_owned()
            }
            Self::Network => "an address or a network, such as `10.0.0.0/8`".to_owned(),
            Self::OrEmpty(rule) => format!("{}, or nothing", rule.allowed()),
            Self::List(rule) => format!("a list, each item {}", rule.allowed()),
        }
    }
}

/// Characters of a line of text, as in ZITADEL's requests.
const LINE: usize = 200;

/// Not empty, not long, nothing that moves the cursor, and no stand-in for broken UTF-8.
fn is_line(text: &str, max: usize) -> bool {
    let visible = |c: char| !c.is_control() && c != char::REPLACEMENT_CHARACTER;
    !text.trim().is_empty() && text.chars().count() <= max && text.chars().all(visible)
}

fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What comes behind the scheme of a web address, if it has one of ours.
fn without_scheme(text: &str) -> Option<&str> {
    text.strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
}

/// ZITADEL's links may hold `{{.Lang}}`, so that the path is not looked at.
fn is_link(text: &str) -> bool {
    let host = without_scheme(text).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    host && is_line(text, 2_000) && !text.contains(char::is_whitespace)
}

fn is_web_origin(text: &str) -> bool {
    is_link(text)
        && without_scheme(text).is_some_and(|rest| !rest.contains(['/', '?', '#', '@', '\\']))
}

/// RFC 6265 section 4.1.1: a token, of which the signs that cookies have in practice.
fn is_cookie_name(text: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(sign)
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    is_line(text, LINE)
        && !text.contains(char::is_whitespace)
        && parts.is_some_and(|(local, domain)| !local.is_empty() && is_domain(domain))
}

/// `level` or `target=level`. A bare target, which the logger would take too, is refused: it is a
/// level with a typing error more often, and that would switch the whole log off.
fn is_directive(text: &str) -> bool {
    let level = |text: &str| text.trim().parse::<::log::LevelFilter>().is_ok();
    text.split_once('=').map_or_else(
        || level(text),
        |(target, name)| is_target(target.trim_start()) && level(name),
    )
}

/// The logger would take a space behind the target for a part of it, and `/` for the start of a
/// filter of messages.
fn is_target(text: &str) -> bool {
    is_line(text, LINE) && !text.contains(|c: char| c.is_whitespace() || c == '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules with texts that fit them and texts that do not.
    #[track_caller]
    fn all_fit_or_not(table: &[(Rule, &[&str], &[&str])]) {
        for (rule, good, bad) in table {
            for text in *good {
                assert!(rule.read(text).is_some(), "{rule:?} {text:?}");
            }
            for text in *bad {
                assert!(rule.read(text).is_none(), "{rule:?} {text:?}");
            }
        }
    }

    #[test]
    fn texts_fit_their_rules_or_not() {
        let long = "x".repeat(201);
        let label = "x".repeat(63);
        let too_long = format!("{label}x.example");
        let levels = "warn, bartizan::storage=trace, h2= off";
        let table: [(Rule, &[&str], &[&str]); 10] = [
            (
                Rule::Text,
                &["a", "\u{c4}nne B."],
                &["", " ", "a\nb", "a\u{fffd}", &long],
            ),
            (Rule::Path, &["./a", &long], &["", "a\0b", "a\u{fffd}"]),
            (Rule::Secret, &[" ", "a\nb", &long], &["", "a\u{fffd}"]),
            (
                Rule::CookieName,
                &["session", "__Host-session", "a.b_c-1"],
                &["", "a b", "a=b", "a;b", "\u{e4}", "a\n"],
            ),
            (
                Rule::Domain,
                &["localhost", "a.b-c.Example", "10.0.0.1", &label],
                &[
                    "",
                    ".",
                    "a.",
                    "-a",
                    "a-",
                    "a b",
                    "a:80",
                    "https://a",
                    &too_long,
                ],
            ),
            (
                Rule::Email,
                &["a@b", "a@x@b.example", "a.b+c@localhost"],
                &["", "@", "a@", "@b", "a b@c", "a@b c", "a"],
            ),
            (
                Rule::Language,
                &["en", "de-CH", "zh-Hant-TW", "gsw"],
                &["", "e", "1n", "en-", "en_US", "english", "en-123456789"],
            ),
            (
                Rule::Directives,
                &["off", "INFO", levels],
                &[
                    "", "loud", "info,", "bartizan", "=info", "a/b=info", "a=b=info", "h2 =off",
                ],
            ),
            (
                Rule::Address,
                &["0.0.0.0:0", "[::1]:8080"],
                &[
                    "",
                    ":8080",
                    "127.0.0.1",
                    "127.0.0.1:65536",
                    "localhost:1",
                    "::1:80",
                ],
            ),
            (
                Rule::Moment,
                &["2030-01-01T00:00:00Z", "2030-01-01 00:00:00.5-02:00"],
                &["", "2030-01-01", "never", "1893456000"],
            ),
        ];
        all_fit_or_not(&table);
    }

    #[test]
    fn what_login_pages_are_told_fits_its_rules_or_not() {
        all_fit_or_not(&[
            (
                Rule::Color,
                &["#5469d4", "#FFFFFF"],
                &["", "#", "5469d4", "#fff", "#5469d4ff", "#5469dg", "red"],
            ),
            (
                Rule::Link,
                &[
                    "https://a",
                    "http://a.example:1/b?c#d",
                    "https://a/{{.Lang}}",
                ],
                &[
                    "",
                    "a",
                    "ftp://a",
                    "https://",
                    "https:///a",
                    "https://a b",
                    "javascript:1",
                ],
            ),
            (
                Rule::WebOrigin,
                &["https://a.example", "http://localhost:3000"],
                &[
                    "",
                    "*",
                    "a.example",
                    "https://a/",
                    "https://a?b",
                    "https://a@b",
                ],
            ),
            (Rule::OrEmpty(&Rule::Email), &["", "a@b"], &[" ", "a"]),
            (
                Rule::List(&Rule::Language),
                &["", "en", "en, de-CH", "en de"],
                &["english", "en,english"],
            ),
        ]);
    }

    #[test]
    fn variables_stand_for_values_of_every_kind() {
        let number = Rule::Number(0, 9);
        let names = |list: &[&str]| Some(ValueKind::from(list.to_vec()));
        for (rule, text, value) in [
            (Rule::Flag, "true", Some(ValueKind::Boolean(true))),
            (Rule::Flag, "false", Some(ValueKind::Boolean(false))),
            (Rule::Flag, "TRUE", None),
            (Rule::Flag, "1", None),
            (number, "9", Some(ValueKind::I64(9))),
            (number, "10", None),
            (number, "-1", None),
            (number, "1.0", None),
            (number, "", None),
            (number, "99999999999999999999", None),
            (Rule::Names, "", names(&[])),
            (Rule::Names, "a, b,c", names(&["a", "b", "c"])),
        ] {
            assert_eq!(rule.read(text), value, "{text:?}");
        }
    }

    #[test]
    fn ranges_include_their_ends() {
        let span = Rule::Span(Duration::from_secs(1), Duration::from_secs(2));
        let size = Rule::Size(1_024, 2_048);
        for (rule, text, fits) in [
            (span, "999ms", false),
            (span, "1s", true),
            (span, "2000ms", true),
            (span, "2001ms", false),
            (size, "1023B", false),
            (size, "1KiB", true),
            (size, "2KiB", true),
            (size, "2049B", false),
        ] {
            assert_eq!(rule.read(text).is_some(), fits, "{text}");
        }
    }
}
