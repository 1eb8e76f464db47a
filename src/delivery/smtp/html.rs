//! A mail as a page: one column, as little as every mail program shows alike.

use crate::delivery::texts::{Look, Text};

/// The page. All that was not written here is escaped.
pub(super) fn page(text: &Text, url: &str, look: &Look) -> String {
    let colour =
        |wanted: &str, otherwise: &str| escaped(if wanted.is_empty() { otherwise } else { wanted });
    let (primary, background, font) = (
        colour(&look.primary_color, "#5469d4"),
        colour(&look.background_color, "#fafafa"),
        colour(&look.font_color, "#000000"),
    );
    let logo = if look.logo_url.is_empty() {
        String::new()
    } else {
        format!(
            "<p><img src=\"{}\" alt=\"\" height=\"48\"></p>\n",
            escaped(&look.logo_url)
        )
    };
    let button = if url.is_empty() {
        String::new()
    } else {
        let url = escaped(url);
        format!(
            "<p><a href=\"{url}\" style=\"display:inline-block;padding:12px 24px;\
             background:{primary};color:#ffffff;text-decoration:none;border-radius:4px\">{}</a></p>\n\
             <p style=\"font-size:12px;word-break:break-all\">{url}</p>\n",
            escaped(text.button)
        )
    };
    format!(
        "<!DOCTYPE html>\n\
         <html lang=\"{language}\">\n\
         <head><meta charset=\"utf-8\"><title>{subject}</title></head>\n\
         <body style=\"margin:0;padding:24px;background:{background};color:{font};\
         font-family:sans-serif\">\n\
         <div style=\"display:none\">{pre_header}</div>\n\
         <div style=\"max-width:560px;margin:0 auto\">\n\
         {logo}<h1 style=\"font-size:20px\">{subject}</h1>\n\
         <p>{greeting}</p>\n\
         <p>{words}</p>\n\
         {button}<p style=\"font-size:12px\">{footer}</p>\n\
         </div>\n\
         </body>\n\
         </html>\n",
        language = text.language,
        subject = escaped(text.subject),
        pre_header = escaped(text.pre_header),
        greeting = escaped(&text.greeting),
        words = escaped(&text.body),
        footer = escaped(text.footer),
    )
}

/// Text that is no markup, between tags and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
