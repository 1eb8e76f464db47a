//! No secret is ever part of an error or of anything printed; and what is unwise is told.

use super::errors::assert_refused;
use super::load;

#[test]
fn no_error_shows_a_secret() {
    const HUMAN: &str = "[first_instance.human]\n";
    for (toml, env) in [
        (format!("{HUMAN}password = \"hunter2"), vec![]),
        (format!("{HUMAN}password = hunter2"), vec![]),
        (
            format!("{HUMAN}password = \"a\"\npassword = \"hunter2\""),
            vec![],
        ),
        (format!("{HUMAN}password = \"hunter2\\q\""), vec![]),
        (format!("{HUMAN}passwort = \"hunter2\""), vec![]),
        (format!("{HUMAN}password = [\"hunter2\"]"), vec![]),
        (
            format!("{HUMAN}password = {{ value = \"hunter2\" }}"),
            vec![],
        ),
        (
            format!("{HUMAN}password = \"hunter2\"\nusername = \"admin-sa\""),
            vec![],
        ),
        ("first_instance.human = \"hunter2\"".to_owned(), vec![]),
        (
            String::new(),
            vec![("BARTIZAN_FIRST_INSTANCE__HUMAN_PASSWORD", "hunter2")],
        ),
        (
            String::new(),
            vec![(
                "BARTIZAN_FIRST_INSTANCE__HUMAN__PASSWORD",
                "hunter2\u{fffd}",
            )],
        ),
        (String::new(), vec![("BARTIZAN_PASSWORD", "hunter2")]),
    ] {
        let error = load(&toml, &env).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    assert_refused(
        "first_instance.human.password = \"\"",
        &[],
        "value of `first_instance.human.password` in file `config.toml` is not allowed",
        "write a text that is not empty",
    );
}

#[test]
fn no_output_shows_a_secret() {
    for (toml, env) in [
        ("first_instance.human.password = \"hunter2\"", vec![]),
        (
            "",
            vec![("BARTIZAN_FIRST_INSTANCE__HUMAN__PASSWORD", "hunter2")],
        ),
        (
            "",
            vec![("ZITADEL_FIRSTINSTANCE_ORG_HUMAN_PASSWORD", "hunter2")],
        ),
    ] {
        let config = load(toml, &env).unwrap();
        let shown = [
            format!("{config:?}"),
            format!("{config:#?}"),
            config.to_toml_redacted(),
            serde_json::to_string(&config).unwrap(),
        ];
        for text in shown {
            assert!(!text.contains("hunter2"), "{text}");
            assert!(text.contains("password"), "{text}");
        }
        let human = config.first_instance.human.unwrap();
        assert_eq!(human.password.expose(), "hunter2");
    }
}

#[test]
fn what_is_unwise_is_warned_about() {
    let warnings = |toml: &str, env: &[_]| load(toml, env).unwrap().warnings;
    assert_eq!(warnings("", &[]), [""; 0]);
    for (memory, iterations) in [
        (47_104, 1),
        (19_456, 2),
        (12_288, 3),
        (9_216, 4),
        (7_168, 5),
    ] {
        let toml = format!("[passwords]\nmemory_kib = {memory}\niterations = {iterations}");
        assert_eq!(warnings(&toml, &[]), [""; 0]);
    }
    assert_eq!(
        warnings("passwords.iterations = 1", &[]),
        [
            "password hashes are weaker than OWASP advises: `passwords.memory_kib` = 19456, \
             `passwords.iterations` = 1"
        ]
    );
    assert_eq!(
        warnings(
            "passwords.memory_kib = 4096\npasswords.iterations = 32",
            &[]
        )
        .len(),
        1
    );
    assert_eq!(
        warnings("[first_instance.human]", &[]),
        [
            "the first human gets ZITADEL's well-known default password, set: \
             `first_instance.human.password`"
        ]
    );
    let own = ("ZITADEL_FIRSTINSTANCE_ORG_HUMAN_PASSWORD", "hunter2");
    assert_eq!(warnings("", &[own]), [""; 0]);
}
