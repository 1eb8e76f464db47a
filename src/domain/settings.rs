//! What login pages ask for and nothing here decides by, with ZITADEL's defaults (adjacent.md
//! sections 6.4, 8 and 10.2).

/// How old a password may get; 0 switches a rule off. Login pages keep to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PasswordExpiry {
    /// Days after which it must be changed.
    pub max_age_days: u32,
    /// Days before that on which people are told.
    pub expire_warn_days: u32,
}

/// Which of two themes a login page shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ThemeMode {
    /// As the browser says.
    #[default]
    Auto,
    /// The light one.
    Light,
    /// The dark one.
    Dark,
}

/// Colours, written `#rrggbb`, and pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Of buttons and links.
    pub primary_color: String,
    /// Of the page.
    pub background_color: String,
    /// Of warnings.
    pub warn_color: String,
    /// Of text.
    pub font_color: String,
    /// Where the logo is; empty for none.
    pub logo_url: String,
    /// Where the icon is; empty for none.
    pub icon_url: String,
}

impl Theme {
    /// ZITADEL's light theme.
    pub fn light() -> Self {
        Self::of(["#5469d4", "#fafafa", "#cd3d56", "#000000"])
    }

    /// ZITADEL's dark theme.
    pub fn dark() -> Self {
        Self::of(["#2073c4", "#111827", "#ff3b5b", "#ffffff"])
    }

    fn of([primary, background, warn, font]: [&str; 4]) -> Self {
        Self {
            primary_color: primary.to_owned(),
            background_color: background.to_owned(),
            warn_color: warn.to_owned(),
            font_color: font.to_owned(),
            logo_url: String::new(),
            icon_url: String::new(),
        }
    }
}

/// How login pages look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branding {
    /// By day.
    pub light: Theme,
    /// By night.
    pub dark: Theme,
    /// Which of them.
    pub theme_mode: ThemeMode,
    /// Where the font is; empty for the page's own.
    pub font_url: String,
    /// Login names are shown without the organisation's domain.
    pub hide_login_name_suffix: bool,
    /// No word about who made the page.
    pub disable_watermark: bool,
}

impl Default for Branding {
    fn default() -> Self {
        Self {
            light: Theme::light(),
            dark: Theme::dark(),
            theme_mode: ThemeMode::default(),
            font_url: String::new(),
            hide_login_name_suffix: false,
            disable_watermark: false,
        }
    }
}

/// Links that login pages show; empty for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Legal {
    /// Terms of service.
    pub tos_link: String,
    /// Privacy policy.
    pub privacy_policy_link: String,
    /// Help.
    pub help_link: String,
    /// Whom to write to.
    pub support_email: String,
    /// Documentation.
    pub docs_link: String,
    /// Anything else.
    pub custom_link: String,
    /// What that is called.
    pub custom_link_text: String,
}

impl Default for Legal {
    fn default() -> Self {
        Self {
            tos_link: String::new(),
            privacy_policy_link: String::new(),
            help_link: String::new(),
            support_email: String::new(),
            docs_link: "https://zitadel.com/docs".to_owned(),
            custom_link: String::new(),
            custom_link_text: String::new(),
        }
    }
}

/// Whether login pages may be shown inside pages of others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Security {
    /// They may.
    pub embedded_iframe: bool,
    /// Inside pages of these origins.
    pub allowed_origins: Vec<String>,
}

/// Languages of login pages, as BCP 47 tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Languages {
    /// For whom no other fits.
    pub default: String,
    /// All there are.
    pub supported: Vec<String>,
    /// Those that may be chosen; empty for all.
    pub allowed: Vec<String>,
}

/// Languages that ZITADEL's login has texts in.
const SUPPORTED: [&str; 22] = [
    "ar", "bg", "cs", "de", "en", "es", "fr", "hu", "id", "it", "ja", "ko", "mk", "nl", "pl", "pt",
    "ro", "ru", "sv", "tr", "uk", "zh",
];

impl Default for Languages {
    fn default() -> Self {
        Self {
            default: "en".to_owned(),
            supported: SUPPORTED.map(str::to_owned).to_vec(),
            allowed: Vec::new(),
        }
    }
}

impl Languages {
    /// Those that may be chosen, however that was said.
    pub fn choosable(&self) -> &[String] {
        if self.allowed.is_empty() {
            &self.supported
        } else {
            &self.allowed
        }
    }
}

/// Whether a text is a language tag as BCP 47 writes them: a language of two or three letters, then
/// subtags of up to eight letters or digits.
pub fn is_language_tag(text: &str) -> bool {
    let subtag =
        |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric());
    let primary = text.split('-').next().unwrap_or_default();
    (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
        && text.split('-').all(subtag)
}

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// How old a password may get.
    pub password_expiry: PasswordExpiry,
    /// How login pages look.
    pub branding: Branding,
    /// Links that they show.
    pub legal: Legal,
    /// Where they may be shown.
    pub security: Security,
    /// Which languages they speak.
    pub languages: Languages,
}
