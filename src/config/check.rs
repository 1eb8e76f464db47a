//! Values that must fit each other, and those that are allowed but unwise.

use super::error::ConfigError;
use super::keys::{EVENT_WEBHOOK, IDP};
use super::layer::Origins;
use super::units::print_size;
use super::{Config, EmailKind, IdpConfig, SmsKind, SmtpConfig, SmtpTls};
use crate::domain::permission::Permission;
use crate::domain::user::login_name::normalize;

/// Tests what no single value can show, and adds warnings.
pub(super) fn check(config: &mut Config, origins: &Origins) -> Result<(), ConfigError> {
    roles(config, origins)?;
    languages(config, origins)?;
    list_limits(config, origins)?;
    body_memory(config, origins)?;
    password_memory(config, origins)?;
    usernames(config, origins)?;
    token_files(config, origins)?;
    tls_files(config, origins)?;
    notifications(config, origins)?;
    idps(config, origins)?;
    event_webhooks(config, origins)?;
    traces(config, origins)?;
    let unwise = unwise(config, origins);
    config.warnings.extend(unwise);
    Ok(())
}

/// A value that does not fit another: key, value, what is allowed instead.
type Misfit<'a> = (&'a str, String, String);

/// Blames the first that is not at its default.
fn blame<const N: usize>(origins: &Origins, misfits: [Misfit<'_>; N]) -> ConfigError {
    let mut unusable = String::new();
    for (key, value, allowed) in misfits {
        if let Some(origin) = origins.get(key) {
            return ConfigError::NotAllowed {
                key: key.to_owned(),
                value: Some(value),
                origin: origin.clone(),
                allowed,
            };
        }
        key.clone_into(&mut unusable);
    }
    ConfigError::Unusable { key: unusable }
}

fn roles(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    let Err(unknown) = config.role_table() else {
        return Ok(());
    };
    let key = format!("roles.{}", unknown.role);
    let names: Vec<_> = Permission::ALL.iter().map(|known| known.name()).collect();
    let allowed = format!("permissions out of `{}`", names.join("`, `"));
    let misfit = (key.as_str(), unknown.permission, allowed);
    Err(blame(origins, [misfit]))
}

/// Who names a collector is not to wait in vain for spans.
fn traces(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    let endpoint = &config.traces.endpoint;
    if endpoint.is_empty() || cfg!(feature = "otel") {
        return Ok(());
    }
    let allowed = "nothing, because this program was built without the feature `otel`";
    let misfit = ("traces.endpoint", endpoint.clone(), allowed.to_owned());
    Err(blame(origins, [misfit]))
}

/// The default must be among those that may be chosen, and those among the supported ones.
fn languages(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    const DEFAULT: &str = "general.default_language";
    const SUPPORTED: &str = "general.supported_languages";
    const ALLOWED: &str = "general.allowed_languages";
    let general = &config.general;
    let supported = &general.supported_languages;
    let one_of =
        |key: &str, list: &[String]| format!("one of `{key}`, which are `{}`", list.join("`, `"));
    let with = |language: &str, other: &str| {
        format!("a list with `{language}` in it, which `{other}` names")
    };
    for language in &general.allowed_languages {
        if !supported.contains(language) {
            let misfits = [
                (ALLOWED, language.clone(), one_of(SUPPORTED, supported)),
                (SUPPORTED, supported.join(", "), with(language, ALLOWED)),
            ];
            return Err(blame(origins, misfits));
        }
    }
    let (key, choosable) = if general.allowed_languages.is_empty() {
        (SUPPORTED, supported)
    } else {
        (ALLOWED, &general.allowed_languages)
    };
    if choosable.contains(&general.default_language) {
        return Ok(());
    }
    let language = &general.default_language;
    let misfits = [
        (DEFAULT, language.clone(), one_of(key, choosable)),
        (key, choosable.join(", "), with(language, DEFAULT)),
    ];
    Err(blame(origins, misfits))
}

fn list_limits(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    let (default, max) = (config.list.default_limit, config.list.max_limit);
    if max == 0 || default <= max {
        return Ok(());
    }
    let at_most = format!("at most the value of `list.max_limit`, which is {max}");
    let at_least = format!(
        "at least the value of `list.default_limit`, which is {default}, or 0 for no limit"
    );
    Err(blame(
        origins,
        [
            ("list.default_limit", default.to_string(), at_most),
            ("list.max_limit", max.to_string(), at_least),
        ],
    ))
}

/// A body that may be sent must find room.
fn body_memory(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    let (limit, memory) = (config.server.body_limit, config.server.body_memory);
    if limit <= memory {
        return Ok(());
    }
    let at_most = format!(
        "at most the value of `server.body_memory`, which is {}",
        print_size(memory)
    );
    let at_least = format!(
        "at least the value of `server.body_limit`, which is {}",
        print_size(limit)
    );
    Err(blame(
        origins,
        [
            ("server.body_limit", print_size(limit), at_most),
            ("server.body_memory", print_size(memory), at_least),
        ],
    ))
}

/// argon2 needs 8 KiB for each lane.
fn password_memory(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    let (memory, lanes) = (config.passwords.memory_kib, config.passwords.parallelism);
    let least = lanes.saturating_mul(8);
    if memory >= least {
        return Ok(());
    }
    let more = format!("at least {least}, which is 8 for each of `passwords.parallelism`");
    let fewer = format!(
        "at most {}, which is an eighth of `passwords.memory_kib`",
        memory / 8
    );
    Err(blame(
        origins,
        [
            ("passwords.memory_kib", memory.to_string(), more),
            ("passwords.parallelism", lanes.to_string(), fewer),
        ],
    ))
}

/// The users of the first start share one organisation, so their names must differ.
fn usernames(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    const MACHINE: &str = "first_instance.machine.username";
    const LOGIN_CLIENT: &str = "first_instance.login_client.username";
    const HUMAN: &str = "first_instance.human.username";
    let first = &config.first_instance;
    let mut names = vec![
        (MACHINE, &first.machine.username),
        (LOGIN_CLIENT, &first.login_client.username),
    ];
    names.extend(first.human.as_ref().map(|human| (HUMAN, &human.username)));
    for (index, (key, name)) in names.iter().enumerate() {
        for (other, other_name) in names.iter().skip(index + 1) {
            if normalize(name) == normalize(other_name) {
                let unlike = |key: &str| format!("another name than that of `{key}`");
                return Err(blame(
                    origins,
                    [
                        (key, (*name).clone(), unlike(other)),
                        (other, (*other_name).clone(), unlike(key)),
                    ],
                ));
            }
        }
    }
    Ok(())
}

fn token_files(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    const MACHINE: &str = "first_instance.machine.pat_path";
    const LOGIN_CLIENT: &str = "first_instance.login_client.pat_path";
    let path = config.admin_pat_path();
    if path != config.login_client_pat_path() {
        return Ok(());
    }
    let path = path.display().to_string();
    let unlike = |key: &str| format!("another path than that of `{key}`");
    Err(blame(
        origins,
        [
            (MACHINE, path.clone(), unlike(LOGIN_CLIENT)),
            (LOGIN_CLIENT, path, unlike(MACHINE)),
        ],
    ))
}

/// Each kind of delivery with the keys without which it cannot be.
fn notifications(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    const EMAIL: &str = "notifications.email.kind";
    const SMS: &str = "notifications.sms.kind";
    let (email, sms) = (&config.notifications.email, &config.notifications.sms);
    let needed = [
        (
            EMAIL,
            email.kind == EmailKind::Folder && email.path.is_none(),
            "notifications.email.path",
        ),
        (
            SMS,
            sms.kind == SmsKind::Folder && sms.path.is_none(),
            "notifications.sms.path",
        ),
        (
            EMAIL,
            email.kind == EmailKind::Webhook && email.endpoint.is_none(),
            "notifications.email.endpoint",
        ),
        (
            EMAIL,
            email.kind == EmailKind::Webhook && email.signing_key.is_none(),
            "notifications.email.signing_key",
        ),
        (
            SMS,
            sms.kind == SmsKind::Webhook && sms.endpoint.is_none(),
            "notifications.sms.endpoint",
        ),
        (
            SMS,
            sms.kind == SmsKind::Webhook && sms.signing_key.is_none(),
            "notifications.sms.signing_key",
        ),
    ];
    none_missing(needed, origins)?;
    match email.kind {
        EmailKind::Smtp => smtp(&email.smtp, origins),
        EmailKind::None | EmailKind::Folder | EmailKind::Webhook => Ok(()),
    }
}

/// The mail server has an address and a sender, and a login that is whole.
fn smtp(smtp: &SmtpConfig, origins: &Origins) -> Result<(), ConfigError> {
    const EMAIL: &str = "notifications.email.kind";
    const USER: &str = "notifications.email.smtp.user";
    const PASSWORD: &str = "notifications.email.smtp.password";
    const PASSWORD_FILE: &str = "notifications.email.smtp.password_file";
    let (password, file) = (smtp.password.is_some(), smtp.password_file.is_some());
    if password && file {
        return Err(twice(PASSWORD.to_owned(), origins));
    }
    let user = !smtp.user.is_empty();
    let needed = [
        (EMAIL, smtp.host.is_empty(), "notifications.email.smtp.host"),
        (
            EMAIL,
            smtp.sender.is_empty(),
            "notifications.email.smtp.sender",
        ),
        (USER, user && !password && !file, PASSWORD),
        (PASSWORD, password && !user, USER),
        (PASSWORD_FILE, file && !user, USER),
    ];
    none_missing(needed, origins)
}

/// Keys, whether they lack another one, and which.
fn none_missing<const N: usize>(
    needed: [(&str, bool, &str); N],
    origins: &Origins,
) -> Result<(), ConfigError> {
    match needed.into_iter().find(|(_, missing, _)| *missing) {
        Some((key, _, missing)) => Err(alone(key, missing, origins)),
        None => Ok(()),
    }
}

/// A secret that stands in a file as well.
fn twice(key: String, origins: &Origins) -> ConfigError {
    let Some(origin) = origins.get(&key).cloned() else {
        return ConfigError::Unusable { key };
    };
    ConfigError::NotAllowed {
        value: None,
        origin,
        allowed: format!("either this or `{key}_file`"),
        key,
    }
}

/// A key that means nothing without another one.
fn alone(key: &str, missing: &str, origins: &Origins) -> ConfigError {
    let key = key.to_owned();
    match origins.get(&key) {
        Some(origin) => ConfigError::Alone {
            origin: origin.clone(),
            missing: missing.to_owned(),
            key,
        },
        None => ConfigError::Unusable { key },
    }
}

fn tls_files(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    const CERTIFICATE: &str = "server.tls.certificate";
    const KEY: &str = "server.tls.key";
    let tls = &config.server.tls;
    let (key, missing) = match (&tls.certificate, &tls.key) {
        (Some(_), None) => (CERTIFICATE, KEY),
        (None, Some(_)) => (KEY, CERTIFICATE),
        (None, None) | (Some(_), Some(_)) => return Ok(()),
    };
    Err(alone(key, missing, origins))
}

/// Identity providers have what their kind needs, other ids, and one secret at most.
fn idps(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    for (place, idp) in config.idp.iter().enumerate() {
        let key = format!("{IDP}.{place}");
        if let Some((missing, _)) = idp.required().iter().find(|(_, value)| value.is_empty()) {
            return Err(ConfigError::Incomplete {
                key,
                missing,
                what: "an identity provider",
                needing: "`[[idp]]` of this kind",
            });
        }
        let earlier = config.idp.iter().take(place);
        if let Some((other, _)) = earlier.enumerate().find(|(_, other)| other.id == idp.id) {
            let (this, that) = (format!("{key}.id"), format!("{IDP}.{other}.id"));
            return Err(unlike(origins, [&this, &that], &idp.id, "id"));
        }
        let secret = format!("{key}.client_secret");
        if idp.client_secret.is_some() && idp.client_secret_file.is_some() {
            return Err(twice(secret, origins));
        }
    }
    Ok(())
}

/// Webhooks have what they need, other names, and one key at most.
fn event_webhooks(config: &Config, origins: &Origins) -> Result<(), ConfigError> {
    let webhooks = &config.events.webhook;
    for (place, webhook) in webhooks.iter().enumerate() {
        let key = format!("{EVENT_WEBHOOK}.{place}");
        if let Some(missing) = webhook.missing() {
            return Err(ConfigError::Incomplete {
                key,
                missing,
                what: "a webhook",
                needing: "`[[events.webhook]]`",
            });
        }
        let mut earlier = webhooks.iter().take(place);
        if let Some(other) = earlier.position(|other| other.name == webhook.name) {
            let (this, that) = (
                format!("{key}.name"),
                format!("{EVENT_WEBHOOK}.{other}.name"),
            );
            return Err(unlike(origins, [&this, &that], &webhook.name, "name"));
        }
        if webhook.signing_key.is_some() && webhook.signing_key_file.is_some() {
            return Err(twice(format!("{key}.signing_key"), origins));
        }
    }
    Ok(())
}

/// Two keys that have the same value and must not.
fn unlike(origins: &Origins, keys: [&str; 2], value: &str, what: &str) -> ConfigError {
    let allowed = |other: &str| format!("another {what} than that of `{other}`");
    let [this, that] = keys;
    blame(
        origins,
        [
            (this, value.to_owned(), allowed(that)),
            (that, value.to_owned(), allowed(this)),
        ],
    )
}

/// Addresses of identity providers that anybody on the way can read and change.
fn open_idps(config: &Config) -> Vec<String> {
    let is_open = |link: &&str| {
        let rest = link.strip_prefix("http://");
        let host = rest.and_then(|rest| rest.split(['/', ':', '?']).next());
        host.is_some_and(|host| !matches!(host, "localhost" | "127.0.0.1" | "[::1]"))
    };
    let links = |idp: &IdpConfig| {
        let links = [
            &idp.issuer,
            &idp.authorization_endpoint,
            &idp.token_endpoint,
            &idp.user_endpoint,
        ];
        links.map(String::clone)
    };
    let all: Vec<_> = config.idp.iter().flat_map(links).collect();
    all.iter()
        .map(String::as_str)
        .filter(is_open)
        .map(|link| format!("an identity provider is asked without encryption: `{link}`"))
        .collect()
}

/// What is allowed and still deserves a word.
fn unwise(config: &Config, origins: &Origins) -> Vec<String> {
    let mut warnings = open_idps(config);
    let email = &config.notifications.email;
    let local = ["localhost", "127.0.0.1", "::1"].contains(&email.smtp.host.as_str());
    if email.kind == EmailKind::Smtp && email.smtp.tls == SmtpTls::None && !local {
        warnings.push(format!(
            "codes and links go to the mail server without encryption: `{}`",
            email.smtp.host
        ));
    }
    let passwords = &config.passwords;
    // The weakest of OWASP's equivalent choices is 7168 KiB with 5 iterations.
    let work = u64::from(passwords.memory_kib) * u64::from(passwords.iterations);
    if passwords.memory_kib < 7_168 || work < 7_168 * 5 {
        warnings.push(format!(
            "password hashes are weaker than OWASP advises: \
             `passwords.memory_kib` = {}, `passwords.iterations` = {}",
            passwords.memory_kib, passwords.iterations
        ));
    }
    let password = "first_instance.human.password";
    if config.first_instance.human.is_some() && !origins.contains_key(password) {
        warnings.push(format!(
            "the first human gets ZITADEL's well-known default password, set: `{password}`"
        ));
    }
    warnings
}
