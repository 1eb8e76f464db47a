//! `[[idp]]`: from files and variables, complete or refused, and never with its secret.

use bartizan::domain::idp::{AutoLinking, ProviderKind};

use super::errors::assert_refused;
use super::load;

const ACME: &str = "[[idp]]\nid = \"1\"\nname = \"Acme\"\nissuer = \"https://id.acme.example\"\n\
                    client_id = \"us\"\n";

#[test]
fn providers_come_from_tables_in_their_order() {
    let other = ACME.replace("\"1\"", "\"2\"").replace("Acme", "Other");
    let config = load(&format!("{ACME}auto_linking = \"email\"\n{other}"), &[]).unwrap();
    let names: Vec<_> = config.idp.iter().map(|idp| idp.name.as_str()).collect();
    assert_eq!(names, ["Acme", "Other"]);
    let acme = config.idp[0].to_domain();
    assert_eq!(acme.options.auto_linking, AutoLinking::Email);
    assert!(
        matches!(acme.kind, ProviderKind::Oidc { issuer, .. } if issuer == "https://id.acme.example")
    );
}

#[test]
fn variables_name_a_provider_by_its_place() {
    let secret = ("BARTIZAN_IDP__0__CLIENT_SECRET", "hunter2");
    let config = load(
        ACME,
        &[secret, ("BARTIZAN_IDP__0__SCOPES", "openid, email")],
    )
    .unwrap();
    assert_eq!(config.idp[0].scopes, ["openid", "email"]);
    assert_eq!(
        config.idp[0].client_secret.as_ref().unwrap().expose(),
        "hunter2"
    );
    let alone = [
        ("BARTIZAN_IDP__0__ID", "1"),
        ("BARTIZAN_IDP__0__NAME", "Acme"),
        ("BARTIZAN_IDP__0__ISSUER", "https://id.acme.example"),
        ("BARTIZAN_IDP__0__CLIENT_ID", "us"),
    ];
    assert_eq!(load("", &alone).unwrap().idp[0].name, "Acme");
}

#[test]
fn no_output_shows_the_secret_of_a_client() {
    let config = load(&format!("{ACME}client_secret = \"hunter2\""), &[]).unwrap();
    for text in [
        format!("{config:?}"),
        config.to_toml_redacted(),
        serde_json::to_string(&config).unwrap(),
    ] {
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("client_secret"), "{text}");
    }
    let refused = load(&format!("{ACME}client_secret = [\"hunter2\"]"), &[]).unwrap_err();
    assert!(
        !format!("{refused} {refused:?}").contains("hunter2"),
        "{refused}"
    );
}

#[test]
fn what_is_incomplete_or_does_not_fit_is_refused() {
    for (line, missing) in [
        ("id = \"1\"", "id"),
        ("name = \"Acme\"", "name"),
        ("issuer = \"https://id.acme.example\"", "issuer"),
        ("client_id = \"us\"", "client_id"),
    ] {
        let error = load(&ACME.replace(&format!("{line}\n"), ""), &[]).unwrap_err();
        let expected = format!(
            "`{missing}` of an identity provider is not set: `idp.0`\n\nhint: every `[[idp]]` of this \
             kind needs it"
        );
        assert_eq!(error.to_string(), expected);
    }
    let oauth = load(&format!("{ACME}kind = \"oauth\""), &[]).unwrap_err();
    assert!(
        oauth.to_string().contains("`authorization_endpoint`"),
        "{oauth}"
    );
    assert_refused(
        &format!("{ACME}{ACME}"),
        &[],
        "value of `idp.1.id` in file `config.toml` is not allowed: `1`",
        "write another id than that of `idp.0.id`",
    );
    assert_refused(
        &format!("{ACME}client_secret = \"hunter2\"\nclient_secret_file = \"x\""),
        &[],
        "value of `idp.0.client_secret` in file `config.toml` is not allowed",
        "write either this or `idp.0.client_secret_file`",
    );
    assert_refused(
        "[idp]\nid = \"1\"",
        &[],
        "value of `idp` in file `config.toml` is not allowed",
        "write tables, `[[idp]]`, with their keys below them",
    );
    assert_refused(
        "idp = [1]",
        &[],
        "value of `idp` in file `config.toml` is not allowed",
        "write tables, `[[idp]]`, with their keys below them",
    );
}

#[test]
fn unknown_keys_are_told() {
    let error = load(&format!("{ACME}secret = \"hunter2\""), &[]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(
            "unknown key in file `config.toml`: `idp.0.secret`\n\nhint: the keys of `[[idp]]` are `id`, "
        ) || text.contains("`idp.0.secret`\n\nhint: the keys of `[[idp]]` are `id`, `name`"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
    let error = load("", &[("BARTIZAN_IDP__0__SECRET", "hunter2")]).unwrap_err();
    assert!(
        error.to_string().contains("`BARTIZAN_IDP__0__SECRET`"),
        "{error}"
    );
}

#[test]
fn providers_without_encryption_are_warned_about_unless_they_are_here() {
    let warnings = |issuer: &str| {
        let file = ACME.replace("https://id.acme.example", issuer);
        load(&file, &[]).unwrap().warnings
    };
    assert_eq!(warnings("http://localhost:3000"), [""; 0]);
    assert_eq!(warnings("http://127.0.0.1:3000/oidc"), [""; 0]);
    assert_eq!(
        warnings("http://id.acme.example"),
        ["an identity provider is asked without encryption: `http://id.acme.example`"]
    );
}

#[test]
fn browsers_come_back_to_the_external_address() {
    let url = |file: &str| load(file, &[]).unwrap().external_url();
    assert_eq!(url(""), "http://localhost:8080");
    assert_eq!(
        url("first_instance.external_domain = \"id.example.com\"\nserver.listen = \"0.0.0.0:80\""),
        "http://id.example.com:80"
    );
    assert_eq!(
        url("server.external_url = \"https://id.example.com/\""),
        "https://id.example.com"
    );
}
