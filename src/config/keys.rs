//! Every key with its rule, in the order of `config.toml`.

use std::time::Duration;

use super::login::PASSKEY;
use super::rule::Rule;
use crate::domain::ids::MAX_NODE;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const GIB: usize = 1 << 30;

/// How long the network may keep us waiting.
const NETWORK: Rule = Rule::Span(Duration::from_millis(100), Duration::from_hours(1));
/// Failures in a row.
const FAILURES: Rule = Rule::Number(0, 1_000);
/// Failures at once, and after how long one more; the product of the two is a span of time, too.
const BUDGET: Rule = Rule::Number(0, 100_000);
const REFILL: Rule = Rule::Span(Duration::from_millis(10), Duration::from_hours(24));
/// How long something that was proven counts, up to ten years.
const LIFETIME: Rule = Rule::Span(Duration::ZERO, Duration::from_hours(87_600));
/// Days, up to a hundred years.
const DAYS: Rule = Rule::Number(0, 36_500);
/// A link, or none.
const LINK: Rule = Rule::OrEmpty(&Rule::Link);
/// Languages.
const LANGUAGES: Rule = Rule::List(&Rule::Language);
/// Names of second factors, in the order of `SecondFactor::ALL`.
const SECOND_FACTORS: Rule = Rule::List(&Rule::Word(&[
    "totp",
    "u2f",
    "otp_email",
    "otp_sms",
    "recovery_codes",
]));
/// Threads or connections, where 0 has a meaning of its own.
const THREADS: Rule = Rule::Number(0, 1_024);

/// A list of tables: below its name keys are places, and below these are its own keys.
#[derive(Debug)]
pub(super) struct List {
    /// Its key, dotted.
    pub(super) name: &'static str,
    /// The keys of one table.
    pub(super) keys: &'static [(&'static str, Rule)],
}

/// All lists of tables.
pub(super) const LISTS: [List; 2] = [
    List {
        name: EVENT_WEBHOOK,
        keys: EVENT_WEBHOOK_KEYS,
    },
    List {
        name: IDP,
        keys: IDP_KEYS,
    },
];

/// The list of identity providers.
pub(super) const IDP: &str = "idp";

/// The list of services that are told of events.
pub(super) const EVENT_WEBHOOK: &str = "events.webhook";

/// The keys of one of them.
const EVENT_WEBHOOK_KEYS: &[(&str, Rule)] = &[
    ("name", Rule::Name),
    ("endpoint", Rule::Link),
    ("signing_key", Rule::Secret),
    ("signing_key_file", Rule::Path),
    ("event_types", Rule::List(&Rule::EventType)),
    ("aggregate_types", Rule::List(&Rule::AggregateType)),
    ("start", Rule::Start),
    ("timeout", NETWORK),
    ("hold", LIFETIME),
];

/// The keys of one identity provider.
const IDP_KEYS: &[(&str, Rule)] = &[
    ("id", Rule::Text),
    ("name", Rule::Text),
    ("kind", Rule::Word(&["oidc", "oauth"])),
    ("issuer", Rule::Link),
    ("authorization_endpoint", Rule::Link),
    ("token_endpoint", Rule::Link),
    ("user_endpoint", Rule::Link),
    ("id_attribute", Rule::Text),
    ("client_id", Rule::Text),
    ("client_secret", Rule::Secret),
    ("client_secret_file", Rule::Path),
    ("timeout", NETWORK),
    ("scopes", Rule::List(&Rule::Text)),
    ("id_token_mapping", Rule::Flag),
    ("linking_allowed", Rule::Flag),
    ("creation_allowed", Rule::Flag),
    ("auto_creation", Rule::Flag),
    ("auto_update", Rule::Flag),
    ("auto_linking", Rule::Word(&["none", "username", "email"])),
];

/// Tables of a list at most.
const MAX_TABLES: usize = 100;

/// Below this, every key is the name of a role.
pub(super) const ROLES: &str = "roles";

/// The keys, dotted.
pub(super) const KEYS: &[(&str, Rule)] = &[
    ("data_dir", Rule::Path),
    ("server.listen", Rule::Address),
    ("server.external_url", LINK),
    ("server.trusted_proxies", Rule::List(&Rule::Network)),
    (
        "server.forwarded_header",
        Rule::Word(&["x-forwarded-for", "forwarded"]),
    ),
    ("server.workers", THREADS),
    ("server.body_limit", Rule::Size(KIB, 64 * MIB)),
    ("server.body_memory", Rule::Size(MIB, 64 * GIB)),
    ("server.max_connections", Rule::Number(1, 1_000_000)),
    ("server.connections_per_address", Rule::Number(0, 1_000_000)),
    ("server.header_timeout", NETWORK),
    ("server.body_timeout", NETWORK),
    ("server.stall_timeout", NETWORK),
    ("server.idle_timeout", NETWORK),
    (
        "server.drain_timeout",
        Rule::Span(Duration::ZERO, Duration::from_hours(1)),
    ),
    ("server.tls.certificate", Rule::Path),
    ("server.tls.key", Rule::Path),
    ("storage.read_connections", THREADS),
    ("storage.search_threads", Rule::Number(1, 64)),
    ("storage.write_queue", Rule::Number(1, 1_000_000)),
    ("storage.batch", Rule::Number(1, 65_536)),
    ("storage.writer_cache", Rule::Size(64 * KIB, 4 * GIB)),
    ("storage.reader_cache", Rule::Size(64 * KIB, 4 * GIB)),
    ("sweep.enabled", Rule::Flag),
    ("sweep.after", LIFETIME),
    (
        "sweep.interval",
        Rule::Span(SECOND, Duration::from_hours(24)),
    ),
    ("sweep.batch", Rule::Number(1, 10_000)),
    ("tokens.memory_kib", Rule::Number(8, 64)),
    ("tokens.iterations", Rule::Number(1, 4)),
    ("tokens.memo_entries", Rule::Number(0, 16_777_216)),
    ("passwords.memory_kib", Rule::Number(8, 1_048_576)),
    ("passwords.iterations", Rule::Number(1, 32)),
    ("passwords.parallelism", Rule::Number(1, 16)),
    ("passwords.threads", THREADS),
    ("passwords.queue", Rule::Number(1, 65_536)),
    ("policy.complexity.min_length", Rule::Number(1, 200)),
    ("policy.complexity.uppercase", Rule::Flag),
    ("policy.complexity.lowercase", Rule::Flag),
    ("policy.complexity.number", Rule::Flag),
    ("policy.complexity.symbol", Rule::Flag),
    ("policy.lockout.max_password_attempts", FAILURES),
    ("policy.lockout.max_otp_attempts", FAILURES),
    ("policy.attempts.max_in_a_row", FAILURES),
    (
        "policy.attempts.pause",
        Rule::Span(SECOND, Duration::from_hours(720)),
    ),
    ("policy.failures.per_address", BUDGET),
    ("policy.failures.per_address_refill", REFILL),
    ("policy.failures.per_address_and_user", BUDGET),
    ("policy.failures.per_address_and_user_refill", REFILL),
    ("policy.failures.tokens_per_address", BUDGET),
    ("policy.failures.tokens_per_address_refill", REFILL),
    ("policy.failures.known_for", LIFETIME),
    ("policy.tarpit.min_failed_attempts", FAILURES),
    ("policy.tarpit.step_size", FAILURES),
    (
        "policy.tarpit.step_duration",
        Rule::Span(Duration::ZERO, MINUTE),
    ),
    (
        "policy.tarpit.max_duration",
        Rule::Span(Duration::ZERO, MINUTE),
    ),
    ("policy.login.allow_username_password", Rule::Flag),
    ("policy.login.allow_register", Rule::Flag),
    ("policy.login.allow_external_idp", Rule::Flag),
    ("policy.login.force_mfa", Rule::Flag),
    ("policy.login.force_mfa_local_only", Rule::Flag),
    ("policy.login.allow_passkeys", Rule::Flag),
    ("policy.login.hide_password_reset", Rule::Flag),
    ("policy.login.ignore_unknown_usernames", Rule::Flag),
    ("policy.login.allow_domain_discovery", Rule::Flag),
    ("policy.login.disable_login_with_email", Rule::Flag),
    ("policy.login.disable_login_with_phone", Rule::Flag),
    ("policy.login.default_redirect_uri", LINK),
    ("policy.login.password_check_lifetime", LIFETIME),
    ("policy.login.external_login_check_lifetime", LIFETIME),
    ("policy.login.mfa_init_skip_lifetime", LIFETIME),
    ("policy.login.second_factor_check_lifetime", LIFETIME),
    ("policy.login.multi_factor_check_lifetime", LIFETIME),
    ("policy.login.second_factors", SECOND_FACTORS),
    (
        "policy.login.multi_factors",
        Rule::List(&Rule::Word(&[PASSKEY])),
    ),
    ("policy.password_expiry.max_age_days", DAYS),
    ("policy.password_expiry.expire_warn_days", DAYS),
    ("policy.domain.login_name_includes_domain", Rule::Flag),
    ("general.default_language", Rule::Language),
    ("general.supported_languages", LANGUAGES),
    ("general.allowed_languages", LANGUAGES),
    (
        "branding.theme_mode",
        Rule::Word(&["auto", "light", "dark"]),
    ),
    ("branding.font_url", LINK),
    ("branding.hide_login_name_suffix", Rule::Flag),
    ("branding.disable_watermark", Rule::Flag),
    ("branding.light.primary_color", Rule::Color),
    ("branding.light.background_color", Rule::Color),
    ("branding.light.warn_color", Rule::Color),
    ("branding.light.font_color", Rule::Color),
    ("branding.light.logo_url", LINK),
    ("branding.light.icon_url", LINK),
    ("branding.dark.primary_color", Rule::Color),
    ("branding.dark.background_color", Rule::Color),
    ("branding.dark.warn_color", Rule::Color),
    ("branding.dark.font_color", Rule::Color),
    ("branding.dark.logo_url", LINK),
    ("branding.dark.icon_url", LINK),
    ("legal.tos_link", LINK),
    ("legal.privacy_policy_link", LINK),
    ("legal.help_link", LINK),
    ("legal.support_email", Rule::OrEmpty(&Rule::Email)),
    ("legal.docs_link", LINK),
    ("legal.custom_link", LINK),
    ("legal.custom_link_text", Rule::OrEmpty(&Rule::Text)),
    ("security.embedded_iframe", Rule::Flag),
    ("security.allowed_origins", Rule::List(&Rule::WebOrigin)),
    ("notifications.login_url", Rule::Link),
    (
        "notifications.email.kind",
        Rule::Word(&["none", "folder", "smtp", "webhook"]),
    ),
    ("notifications.email.path", Rule::Path),
    ("notifications.email.endpoint", Rule::Link),
    ("notifications.email.signing_key", Rule::Secret),
    ("notifications.email.smtp.host", Rule::OrEmpty(&Rule::Text)),
    ("notifications.email.smtp.port", Rule::Number(1, 65_535)),
    (
        "notifications.email.smtp.tls",
        Rule::Word(&["none", "starttls", "tls"]),
    ),
    ("notifications.email.smtp.ca_file", Rule::Path),
    ("notifications.email.smtp.user", Rule::OrEmpty(&Rule::Text)),
    ("notifications.email.smtp.password", Rule::Secret),
    ("notifications.email.smtp.password_file", Rule::Path),
    (
        "notifications.email.smtp.sender",
        Rule::OrEmpty(&Rule::Email),
    ),
    (
        "notifications.email.smtp.sender_name",
        Rule::OrEmpty(&Rule::Text),
    ),
    (
        "notifications.email.smtp.reply_to",
        Rule::OrEmpty(&Rule::Email),
    ),
    ("notifications.email.smtp.timeout", NETWORK),
    (
        "notifications.sms.kind",
        Rule::Word(&["none", "folder", "webhook"]),
    ),
    ("notifications.sms.path", Rule::Path),
    ("notifications.sms.endpoint", Rule::Link),
    ("notifications.sms.signing_key", Rule::Secret),
    ("notifications.webhook.timeout", NETWORK),
    ("notifications.webhook.allow_http", Rule::Flag),
    ("notifications.webhook.allow", Rule::List(&Rule::Target)),
    ("notifications.webhook.deny", Rule::List(&Rule::Target)),
    ("events.max_streams", Rule::Number(0, 10_000)),
    (
        "events.heartbeat",
        Rule::Span(SECOND, Duration::from_hours(1)),
    ),
    ("forward_auth.cookie", Rule::OrEmpty(&Rule::CookieName)),
    ("list.default_limit", Rule::Number(1, 1_000_000)),
    ("list.max_limit", Rule::Number(0, 1_000_000)),
    ("ids.node", Rule::Number(0, MAX_NODE as i64)),
    ("log.level", Rule::Directives),
    ("log.format", Rule::Word(&["text", "json"])),
    ("log.access", Rule::Flag),
    ("metrics.listen", Rule::Address),
    ("traces.endpoint", LINK),
    ("first_instance.instance_name", Rule::Text),
    ("first_instance.org_name", Rule::Text),
    ("first_instance.external_domain", Rule::Domain),
    ("first_instance.machine.username", Rule::Text),
    ("first_instance.machine.name", Rule::Text),
    ("first_instance.machine.pat_path", Rule::Path),
    ("first_instance.machine.pat_expiration", Rule::Moment),
    ("first_instance.login_client.username", Rule::Text),
    ("first_instance.login_client.name", Rule::Text),
    ("first_instance.login_client.pat_path", Rule::Path),
    ("first_instance.login_client.pat_expiration", Rule::Moment),
    ("first_instance.human.username", Rule::Text),
    ("first_instance.human.first_name", Rule::Text),
    ("first_instance.human.last_name", Rule::Text),
    ("first_instance.human.email", Rule::Email),
    ("first_instance.human.email_verified", Rule::Flag),
    ("first_instance.human.preferred_language", Rule::Language),
    ("first_instance.human.password", Rule::Secret),
    ("first_instance.human.password_change_required", Rule::Flag),
];

/// The rule of a key.
pub(super) fn rule_of(key: &str) -> Option<Rule> {
    if let Some((list, rest)) = LISTS.iter().find_map(|list| Some((list, list.below(key)?))) {
        let (place, key) = rest.split_once('.')?;
        return rule_in(list.keys, key).filter(|_| is_place(place));
    }
    match key.split_once('.') {
        Some((ROLES, role)) => is_role_name(role).then_some(Rule::Names),
        _ => rule_in(KEYS, key),
    }
}

fn rule_in(keys: &[(&str, Rule)], key: &str) -> Option<Rule> {
    let known = keys.iter().find(|(name, _)| *name == key);
    known.map(|(_, rule)| *rule)
}

impl List {
    /// What stands behind its name.
    fn below<'k>(&self, key: &'k str) -> Option<&'k str> {
        key.strip_prefix(self.name)?.strip_prefix('.')
    }
}

/// A place in a list, counted from 0, as one writes it.
fn is_place(text: &str) -> bool {
    let number: Option<usize> = text.parse().ok();
    number.is_some_and(|number| number < MAX_TABLES && number.to_string() == text)
}

/// The list that has a key.
pub(super) fn list_named(key: &str) -> Option<&'static List> {
    LISTS.iter().find(|list| list.name == key)
}

/// The list that has the table which a section names by its place.
pub(super) fn list_of(section: &str) -> Option<&'static List> {
    LISTS
        .iter()
        .find(|list| list.below(section).is_some_and(is_place))
}

/// Whether keys lie below this one.
pub(super) fn is_section(key: &str) -> bool {
    key == ROLES || list_of(key).is_some() || members(key).next().is_some()
}

/// The names directly below a section, or the top-level names below the empty one.
pub(super) fn members(section: &str) -> impl Iterator<Item = &'static str> {
    let mut last = "";
    KEYS.iter()
        .filter_map(move |(key, _)| {
            let below = if section.is_empty() {
                key
            } else {
                key.strip_prefix(section)?.strip_prefix('.')?
            };
            below.split('.').next()
        })
        .filter(move |name| std::mem::replace(&mut last, name) != *name)
}

/// The variable that sets a key.
pub(super) fn variable_of(key: &str) -> String {
    format!("BARTIZAN_{}", key.replace('.', "__").to_uppercase())
}

/// Letters, digits and `_`, as all of ZITADEL's; a variable cannot name any other.
fn is_role_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.len() <= 100 && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::units::{print_size, print_span};
    use super::super::{
        Config, ConfigError, EventWebhookConfig, HumanConfig, IdpConfig, Overrides,
    };
    use super::*;
    use crate::domain::policy::SecondFactor;

    fn complete() -> Value {
        let mut config = Config::default();
        config.first_instance.human = Some(HumanConfig::default());
        serde_json::to_value(config).unwrap()
    }

    fn leaves(prefix: &str, value: &Value) -> Vec<String> {
        let Some(table) = value.as_object() else {
            return vec![prefix.to_owned()];
        };
        let below = |(name, value): (&String, _)| leaves(&format!("{prefix}.{name}"), value);
        table.iter().flat_map(below).collect()
    }

    #[test]
    fn every_field_has_a_key_and_every_key_a_field() {
        let fields: BTreeSet<_> = leaves("", &complete())
            .into_iter()
            .map(|field| field.trim_start_matches('.').to_owned())
            .filter(|field| list_named(field).is_none())
            .collect();
        let keys: BTreeSet<_> = KEYS.iter().map(|(key, _)| (*key).to_owned()).collect();
        assert_eq!(fields, keys);
        assert_eq!(keys.len(), KEYS.len());
    }

    /// No range is wider than the field behind it: nothing is cut, and nothing turns up as our fault.
    #[test]
    fn both_ends_of_every_range_reach_the_field() {
        for (key, rule) in KEYS {
            let ends = if let Rule::Number(min, max) = *rule {
                [min.to_string(), max.to_string()]
            } else if let Rule::Span(min, max) = *rule {
                [print_span(min), print_span(max)]
            } else if let Rule::Size(min, max) = *rule {
                [print_size(min), print_size(max)]
            } else {
                continue;
            };
            for end in ends {
                let env = [(variable_of(key), end.clone())];
                match Config::load_or(None, "/nonexistent".as_ref(), env, Overrides::default()) {
                    Ok(config) => {
                        let pointer = format!("/{}", key.replace('.', "/"));
                        let config = serde_json::to_value(config).unwrap();
                        let value = config.pointer(&pointer).unwrap().to_string();
                        assert_eq!(value.trim_matches('"'), end, "{key}");
                    }
                    // It fits its field and not another value.
                    Err(ConfigError::NotAllowed { allowed, .. }) => {
                        assert!(allowed.starts_with("at "), "{key}: {allowed}");
                    }
                    Err(error) => panic!("{key} = {end}: {error}"),
                }
            }
        }
    }

    #[test]
    fn every_field_of_a_table_has_a_key_and_every_key_a_field() {
        let idp = serde_json::to_value(IdpConfig::default()).unwrap();
        let webhook = serde_json::to_value(EventWebhookConfig::default()).unwrap();
        for (fields, keys) in [(idp, IDP_KEYS), (webhook, EVENT_WEBHOOK_KEYS)] {
            let fields: BTreeSet<_> = fields.as_object().unwrap().keys().cloned().collect();
            let keys: BTreeSet<_> = keys.iter().map(|(key, _)| (*key).to_owned()).collect();
            assert_eq!(fields, keys);
        }
    }

    #[test]
    fn places_of_tables_are_numbers() {
        for key in ["idp.0.id", "idp.99.client_secret", "events.webhook.0.name"] {
            assert!(rule_of(key).is_some(), "{key}");
        }
        for key in [
            "idp",
            "idp.0",
            "idp.id",
            "idp.00.id",
            "idp.100.id",
            "idp.0.x",
            "idp.-1.id",
        ] {
            assert!(rule_of(key).is_none(), "{key}");
        }
        assert!(is_section("idp.7") && !is_section("idp") && !is_section("idp.x"));
        assert!(is_section("events.webhook.7") && !is_section("events.webhook"));
    }

    #[test]
    fn sections_have_members_and_keys_have_none() {
        assert_eq!(members("policy.lockout").count(), 2);
        assert_eq!(members("policy").count(), 8);
        assert_eq!(members("ids.node").count(), 0);
        assert_eq!(members("polic").count(), 0);
        assert!(is_section("roles") && is_section("first_instance.human"));
        assert!(!is_section("data_dir") && !is_section("server.listen"));
    }

    #[test]
    fn every_second_factor_can_be_named() {
        for factor in SecondFactor::ALL {
            assert!(SECOND_FACTORS.read(factor.name()).is_some(), "{factor:?}");
        }
    }

    #[test]
    fn variables_are_the_keys_in_capitals() {
        assert_eq!(variable_of("data_dir"), "BARTIZAN_DATA_DIR");
        assert_eq!(
            variable_of("policy.lockout.max_password_attempts"),
            "BARTIZAN_POLICY__LOCKOUT__MAX_PASSWORD_ATTEMPTS"
        );
    }
}
