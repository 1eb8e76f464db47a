//! `[branding]`: how login pages look.

use serde::{Deserialize, Serialize};

use crate::domain::settings::{Branding, Theme, ThemeMode};

/// How login pages look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BrandingConfig {
    /// Which theme is shown; default `auto`, as the browser says.
    pub theme_mode: ThemeModeConfig,
    /// Where the font is; default none.
    pub font_url: String,
    /// Login names are shown without the organisation's domain; default false.
    pub hide_login_name_suffix: bool,
    /// No word about who made the page; default false.
    pub disable_watermark: bool,
    /// By day.
    pub light: LightThemeConfig,
    /// By night.
    pub dark: DarkThemeConfig,
}

/// Which of two themes is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeModeConfig {
    /// As the browser says.
    #[default]
    Auto,
    /// The light one.
    Light,
    /// The dark one.
    Dark,
}

/// Declares a theme: both have the same keys and other defaults.
macro_rules! theme {
    ($(#[$doc:meta])* $name:ident = $default:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            /// Of buttons and links.
            pub primary_color: String,
            /// Of the page.
            pub background_color: String,
            /// Of warnings.
            pub warn_color: String,
            /// Of text.
            pub font_color: String,
            /// Where the logo is; default none.
            pub logo_url: String,
            /// Where the icon is; default none.
            pub icon_url: String,
        }

        impl $name {
            fn to_domain(&self) -> Theme {
                Theme {
                    primary_color: self.primary_color.clone(),
                    background_color: self.background_color.clone(),
                    warn_color: self.warn_color.clone(),
                    font_color: self.font_color.clone(),
                    logo_url: self.logo_url.clone(),
                    icon_url: self.icon_url.clone(),
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                let theme = $default();
                Self {
                    primary_color: theme.primary_color,
                    background_color: theme.background_color,
                    warn_color: theme.warn_color,
                    font_color: theme.font_color,
                    logo_url: theme.logo_url,
                    icon_url: theme.icon_url,
                }
            }
        }
    };
}

theme! {
    /// Colours and pictures by day; defaults `#5469d4`, `#fafafa`, `#cd3d56`, `#000000`.
    LightThemeConfig = Theme::light
}

theme! {
    /// Colours and pictures by night; defaults `#2073c4`, `#111827`, `#ff3b5b`, `#ffffff`.
    DarkThemeConfig = Theme::dark
}

impl BrandingConfig {
    pub(super) fn to_domain(&self) -> Branding {
        Branding {
            light: self.light.to_domain(),
            dark: self.dark.to_domain(),
            theme_mode: match self.theme_mode {
                ThemeModeConfig::Auto => ThemeMode::Auto,
                ThemeModeConfig::Light => ThemeMode::Light,
                ThemeModeConfig::Dark => ThemeMode::Dark,
            },
            font_url: self.font_url.clone(),
            hide_login_name_suffix: self.hide_login_name_suffix,
            disable_watermark: self.disable_watermark,
        }
    }
}

impl Default for BrandingConfig {
    fn default() -> Self {
        let branding = Branding::default();
        Self {
            theme_mode: ThemeModeConfig::default(),
            font_url: branding.font_url,
            hide_login_name_suffix: branding.hide_login_name_suffix,
            disable_watermark: branding.disable_watermark,
            light: LightThemeConfig::default(),
            dark: DarkThemeConfig::default(),
        }
    }
}
