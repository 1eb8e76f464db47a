//! `SettingsService`: what login pages are told (adjacent.md sections 6.4, 8 and 10.2).

use std::time::Duration;

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Client, TestServer};

/// Every route and the permission that it asks for.
const ROUTES: [(&str, &str); 11] = [
    ("/v2/settings", "policy.read"),
    ("/v2/settings/login", "policy.read"),
    ("/v2/settings/login/idps", "policy.read"),
    ("/v2/settings/password/complexity", "policy.read"),
    ("/v2/settings/password/expiry", "policy.read"),
    ("/v2/settings/branding", "policy.read"),
    ("/v2/settings/domain", "policy.read"),
    ("/v2/settings/legal_support", "policy.read"),
    ("/v2/settings/lockout", "policy.read"),
    ("/v2/settings/security", "iam.policy.read"),
    (
        "/v2/settings/hosted_login_translation?locale=en",
        "iam.policy.read",
    ),
];

/// Routes that take a context.
const OF_CONTEXT: [&str; 8] = [
    "/v2/settings/login",
    "/v2/settings/login/idps",
    "/v2/settings/password/complexity",
    "/v2/settings/password/expiry",
    "/v2/settings/branding",
    "/v2/settings/domain",
    "/v2/settings/legal_support",
    "/v2/settings/lockout",
];

const OWNER: &str = "RESOURCE_OWNER_TYPE_INSTANCE";

/// Details of settings: the instance's, since it was set up, as the configuration was read.
fn details(server: &TestServer) -> Value {
    let core = server.core();
    json!({
        "sequence": "1",
        "changeDate": core.configured_at.to_string(),
        "resourceOwner": server.instance(),
        "creationDate": core.set_up_at.to_string(),
    })
}

#[test]
fn the_defaults_are_those_of_zitadel() {
    let server = TestServer::start();
    let client = server.login_client();
    let settings = |path: &str, settings: Value| {
        let expected = json!({ "details": details(&server), "settings": settings });
        client.get(path).ok(&expected);
    };
    settings(
        "/v2/settings/login",
        json!({
            "allowUsernamePassword": true,
            "allowRegister": true,
            "allowExternalIdp": true,
            "passkeysType": "PASSKEYS_TYPE_ALLOWED",
            "passwordCheckLifetime": "864000s",
            "externalLoginCheckLifetime": "864000s",
            "mfaInitSkipLifetime": "2592000s",
            "secondFactorCheckLifetime": "64800s",
            "multiFactorCheckLifetime": "43200s",
            "secondFactors": ["SECOND_FACTOR_TYPE_OTP", "SECOND_FACTOR_TYPE_U2F"],
            "multiFactors": ["MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION"],
            "allowDomainDiscovery": true,
            "resourceOwnerType": OWNER,
            "allowLocalAuthentication": true,
        }),
    );
    settings(
        "/v2/settings/password/complexity",
        json!({
            "minLength": "8",
            "requiresUppercase": true,
            "requiresLowercase": true,
            "requiresNumber": true,
            "requiresSymbol": true,
            "resourceOwnerType": OWNER,
        }),
    );
    let nothing_but_owner = json!({ "resourceOwnerType": OWNER });
    settings("/v2/settings/password/expiry", nothing_but_owner.clone());
    settings("/v2/settings/lockout", nothing_but_owner.clone());
    settings("/v2/settings/domain", nothing_but_owner);
    settings(
        "/v2/settings/branding",
        json!({
            "lightTheme": {
                "primaryColor": "#5469d4",
                "backgroundColor": "#fafafa",
                "warnColor": "#cd3d56",
                "fontColor": "#000000",
            },
            "darkTheme": {
                "primaryColor": "#2073c4",
                "backgroundColor": "#111827",
                "warnColor": "#ff3b5b",
                "fontColor": "#ffffff",
            },
            "resourceOwnerType": OWNER,
            "themeMode": "THEME_MODE_AUTO",
        }),
    );
    settings(
        "/v2/settings/legal_support",
        json!({ "resourceOwnerType": OWNER, "docsLink": "https://zitadel.com/docs" }),
    );
    // These two say less of themselves, as in ZITADEL.
    client
        .get("/v2/settings/security")
        .ok(&json!({ "settings": { "embeddedIframe": {} } }));
    let languages = [
        "ar", "bg", "cs", "de", "en", "es", "fr", "hu", "id", "it", "ja", "ko", "mk", "nl", "pl",
        "pt", "ro", "ru", "sv", "tr", "uk", "zh",
    ];
    client.get("/v2/settings").ok(&json!({
        "defaultOrgId": server.org(),
        "defaultLanguage": "en",
        "supportedLanguages": languages,
        "defaultOrganizationId": server.org(),
        "allowedLanguages": languages,
    }));
}

#[test]
fn what_is_configured_is_told() {
    let server = TestServer::configured(|config| {
        let login = &mut config.policy.login;
        login.allow_username_password = false;
        login.allow_register = false;
        login.allow_external_idp = false;
        login.force_mfa = true;
        login.force_mfa_local_only = true;
        login.allow_passkeys = false;
        login.hide_password_reset = true;
        login.ignore_unknown_usernames = true;
        login.allow_domain_discovery = false;
        login.disable_login_with_email = true;
        login.disable_login_with_phone = true;
        login.default_redirect_uri = "https://app.example".to_owned();
        login.password_check_lifetime = Duration::from_millis(1_500);
        login.external_login_check_lifetime = Duration::from_secs(1);
        login.mfa_init_skip_lifetime = Duration::ZERO;
        login.second_factor_check_lifetime = Duration::from_secs(2);
        login.multi_factor_check_lifetime = Duration::from_secs(3);
        let all = ["recovery_codes", "otp_sms", "otp_email", "u2f", "totp"];
        login.second_factors = all.map(str::to_owned).to_vec();
        login.multi_factors = Vec::new();
        config.policy.complexity.min_length = 12;
        config.policy.complexity.symbol = false;
        config.policy.password_expiry.max_age_days = 90;
        config.policy.password_expiry.expire_warn_days = 7;
        config.policy.lockout.max_password_attempts = 5;
        config.policy.lockout.max_otp_attempts = 3;
        config.policy.domain.login_name_includes_domain = true;
        config.branding.dark.logo_url = "https://app.example/logo.svg".to_owned();
        config.branding.hide_login_name_suffix = true;
        config.legal.docs_link = String::new();
        config.legal.support_email = "help@app.example".to_owned();
        config.security.embedded_iframe = true;
        config.security.allowed_origins = vec!["https://app.example".to_owned()];
        config.general.default_language = "de".to_owned();
        config.general.supported_languages = ["de", "en", "gsw"].map(str::to_owned).to_vec();
        config.general.allowed_languages = ["de", "gsw"].map(str::to_owned).to_vec();
    });
    let client = server.login_client();
    let part = |path: &str, pointer: &str| client.get(path).json()[pointer].clone();
    assert_eq!(
        part("/v2/settings/login", "settings"),
        json!({
            "forceMfa": true,
            "hidePasswordReset": true,
            "ignoreUnknownUsernames": true,
            "defaultRedirectUri": "https://app.example",
            "passwordCheckLifetime": "1.500s",
            "externalLoginCheckLifetime": "1s",
            "mfaInitSkipLifetime": "0s",
            "secondFactorCheckLifetime": "2s",
            "multiFactorCheckLifetime": "3s",
            "secondFactors": [
                "SECOND_FACTOR_TYPE_OTP",
                "SECOND_FACTOR_TYPE_U2F",
                "SECOND_FACTOR_TYPE_OTP_EMAIL",
                "SECOND_FACTOR_TYPE_OTP_SMS",
                "SECOND_FACTOR_TYPE_RECOVERY_CODES",
            ],
            "disableLoginWithEmail": true,
            "disableLoginWithPhone": true,
            "resourceOwnerType": "RESOURCE_OWNER_TYPE_INSTANCE",
            "forceMfaLocalOnly": true,
        })
    );
    for (path, pointer, expected) in [
        ("password/complexity", "minLength", json!("12")),
        ("password/complexity", "requiresSymbol", Value::Null),
        ("password/expiry", "maxAgeDays", json!("90")),
        ("password/expiry", "expireWarnDays", json!("7")),
        ("lockout", "maxPasswordAttempts", json!("5")),
        ("lockout", "maxOtpAttempts", json!("3")),
        ("domain", "loginNameIncludesDomain", json!(true)),
        ("branding", "hideLoginNameSuffix", json!(true)),
        ("legal_support", "docsLink", Value::Null),
        ("legal_support", "supportEmail", json!("help@app.example")),
        (
            "security",
            "embeddedIframe",
            json!({ "enabled": true, "allowedOrigins": ["https://app.example"] }),
        ),
    ] {
        let settings = part(&format!("/v2/settings/{path}"), "settings");
        assert_eq!(settings[pointer], expected, "{path} {pointer}");
    }
    assert_eq!(
        part("/v2/settings/branding", "settings")["darkTheme"]["logoUrl"],
        "https://app.example/logo.svg"
    );
    assert_eq!(
        client.get("/v2/settings").json(),
        json!({
            "defaultOrgId": server.org(),
            "defaultLanguage": "de",
            "supportedLanguages": ["de", "en", "gsw"],
            "defaultOrganizationId": server.org(),
            "allowedLanguages": ["de", "gsw"],
        })
    );
}

#[test]
fn settings_are_asked_for_with_their_permission() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let other = server.second_org("other.example");
    let on = |org, role: &str| server.service_on(home, Resource::Org(org), &[role]).client;
    let nobody = server.service(&[]).client;
    let narrow = server.service(&["IAM_SESSION_CLIENT"]).client;
    let manager = server.service(&["IAM_ORG_MANAGER"]).client;
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    let local = on(home, "ORG_OWNER");
    let stranger = on(other, "ORG_OWNER");
    for (path, permission) in ROUTES {
        let policy = permission == "policy.read";
        let table: [(&Client, u16); 8] = [
            (&nobody, 404),
            (&narrow, 403),
            (&manager, if policy { 200 } else { 403 }),
            (&viewer, 200),
            (&server.admin(), 200),
            (&server.login_client(), 200),
            (&local, if policy { 200 } else { 403 }),
            (&stranger, 404),
        ];
        for (place, (client, status)) in table.into_iter().enumerate() {
            let answer = client.get(path);
            match status {
                200 => drop(answer.succeeds()),
                403 => answer.fails(7, "AUTH-AWfge", "No matching permissions found"),
                _ => answer.fails(5, "AUTHZ-cdgFk", "membership not found"),
            }
            assert_eq!(answer.response.status, status, "{path}: {place}");
        }
        server
            .anonymous()
            .get(path)
            .fails_plainly(16, "auth header missing");
    }
    // The organisation that a request names is the one that roles are looked for in.
    let there = stranger.with("x-zitadel-orgid", &other.to_string());
    there.get("/v2/settings/login").succeeds();
    local
        .with("x-zitadel-orgid", &other.to_string())
        .get("/v2/settings/login")
        .fails(5, "AUTHZ-cdgFk", "membership not found");
}

#[test]
fn every_organisation_has_the_settings_of_the_instance() {
    let server = TestServer::start();
    let client = server.login_client();
    let other = server.second_org("other.example");
    for path in OF_CONTEXT {
        let whole = client.get(path).succeeds().json();
        for context in [
            format!("ctx.orgId={}", server.org()),
            format!("ctx.org_id={other}"),
            format!("ctx%2EorgId={other}"),
            "ctx.orgId=unknown".to_owned(),
            "ctx.orgId=".to_owned(),
            "ctx.instance=true".to_owned(),
            "ctx.instance=1&ctx.unknown=2&x=y".to_owned(),
        ] {
            client.get(&format!("{path}?{context}")).ok(&whole);
        }
    }
}

#[test]
fn contexts_that_say_nothing_sensible_are_refused() {
    let server = TestServer::start();
    let client = server.login_client();
    for (context, text) in [
        (
            "ctx.instance=false",
            "invalid GetLoginSettingsRequest.Ctx: embedded message failed validation | caused by: \
             invalid RequestContext.Instance: value must equal true",
        ),
        (
            "ctx.instance=yes",
            "parsing field \"instance\": invalid syntax",
        ),
        (
            "ctx.orgId=1&ctx.org_id=1",
            "too many values for field \"org_id\"",
        ),
        (
            "ctx.orgId=1&ctx.instance=true",
            "field already set for oneof \"resource_owner\"",
        ),
        (
            "ctx.orgId=%zz",
            "parsing field \"org_id\": invalid URL escape",
        ),
    ] {
        client
            .get(&format!("/v2/settings/login?{context}"))
            .fails_plainly(3, text);
    }
    // Whoever may not read is not told what is wrong with the question.
    server
        .service(&[])
        .client
        .get("/v2/settings/login?ctx.instance=false")
        .fails(5, "AUTHZ-cdgFk", "membership not found");
}

#[test]
fn there_are_no_identity_providers() {
    let server = TestServer::start();
    let client = server.login_client();
    let written = client
        .get("/v2/settings/login/idps")
        .str("/details/timestamp");
    let empty = json!({ "details": { "timestamp": written } });
    client.get("/v2/settings/login/idps").ok(&empty);
    client
        .get("/v2/settings/login/idps?creationAllowed=true&linking_allowed=f&autoCreation=1&autoLinking=0")
        .ok(&empty);
    client
        .get("/v2/settings/login/idps?autoLinking=maybe")
        .fails_plainly(3, "parsing field \"auto_linking\": invalid syntax");
}

#[test]
fn login_pages_keep_their_own_texts() {
    let server = TestServer::start();
    let client = server.login_client();
    let path = "/v2/settings/hosted_login_translation";
    let none = json!({ "etag": "d41d8cd98f00b204e9800998ecf8427e", "translations": {} });
    for query in [
        "locale=en".to_owned(),
        "locale=de-CH&system=true".to_owned(),
        "instance=true&locale=en&ignoreInheritance=true".to_owned(),
        format!("organizationId={}&locale=gsw", server.org()),
    ] {
        client.get(&format!("{path}?{query}")).ok(&none);
    }
    for (query, text) in [
        (
            "",
            "invalid GetHostedLoginTranslationRequest.Locale: value length must be at least 2 runes",
        ),
        (
            "locale=en&system=false",
            "invalid GetHostedLoginTranslationRequest.System: value must equal true",
        ),
        (
            "locale=en&system=true&instance=true",
            "field already set for oneof \"level\"",
        ),
    ] {
        client
            .get(&format!("{path}?{query}"))
            .fails_plainly(3, text);
    }
    client.get(&format!("{path}?locale=en_US")).fails(
        3,
        "QUERY-rZLAGi",
        "Errors.Arguments.Locale.Invalid",
    );
}

#[test]
fn what_cannot_be_set_is_not_ignored() {
    let server = TestServer::start();
    for (method, path, operation) in [
        ("PUT", "/v2/policies/security", "SetSecuritySettings"),
        (
            "PUT",
            "/v2/settings/hosted_login_translation",
            "SetHostedLoginTranslation",
        ),
    ] {
        server
            .admin()
            .send(method, path, Some(b"{}"))
            .fails_plainly(12, &format!("operation `{operation}` is not implemented"));
    }
}

#[test]
fn settings_change_with_the_configuration_alone() {
    let mut server = TestServer::start();
    let client = server.login_client();
    let before = client.get("/v2/settings/lockout").json();
    server.human("mini");
    server.clock.advance_seconds(3_600);
    client.get("/v2/settings/lockout").ok(&before);
    server.restart();
    let created = before["details"]["creationDate"].clone();
    let answer = server.login_client().get("/v2/settings/lockout");
    answer.ok(&json!({
        "details": details(&server),
        "settings": { "resourceOwnerType": "RESOURCE_OWNER_TYPE_INSTANCE" },
    }));
    let after = answer.json();
    assert_eq!(after["details"]["creationDate"], created);
    assert_ne!(
        after["details"]["changeDate"],
        before["details"]["changeDate"]
    );
}

#[test]
fn forced_second_factors_bind_sessions_that_act_as_bearers() {
    for forced in [false, true] {
        let server = TestServer::configured(|config| config.policy.login.force_mfa = forced);
        let session = server.logged_in(&server.human("mini"));
        let answer = server
            .bearer(&session.token)
            .get(&format!("/v2/sessions/{}", session.id));
        if forced {
            answer.fails(7, "AUTHZ-Kl3p0", "mfa required");
        } else {
            answer.succeeds();
        }
        let told = server.login_client().get("/v2/settings/login").json();
        assert_eq!(
            told["settings"]["forceMfa"].as_bool(),
            forced.then_some(true)
        );
    }
}
