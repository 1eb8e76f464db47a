//! The configuration as a whole: `config.toml` against the types, the order of sources, the words of
//! errors.

use bartizan::config::{Config, Overrides};

#[test]
fn nothing_at_all_gives_the_defaults() {
    let loaded = Config::load_or(None, "/nonexistent".as_ref(), [], Overrides::default()).unwrap();
    assert_eq!(format!("{loaded:#?}"), format!("{:#?}", Config::default()));
}
