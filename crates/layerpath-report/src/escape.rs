//! Text from other people's models, made inert in each of the three languages of the page.
//!
//! | where | who reads it | function |
//! | --- | --- | --- |
//! | HTML text and quoted attributes | the browser's HTML parser | [`html`] |
//! | labels of figures | plotly.js, which knows some tags and entities | [`label`], then [`json`] |
//! | JSON in a `<script>` element | the HTML parser, then `JSON.parse` | [`json`] |
//!
//! [`html`] and [`label`] first replace what cannot be seen: control characters become their pictures (`U+0000` → `␀`)
//! and the characters that reorder or hide text (bidirectional controls, zero-width characters, line separators)
//! become `U+FFFD`, so that a name cannot pass for another one; so do the two that no XML may hold.

use serde_json::Value;

use crate::Error;

/// `text` for HTML text or an attribute between double or single quotes.
pub(crate) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars().map(visible) {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// `text` for a label of plotly.js: its tags (`<b>`, `<a href>`, `<br>`, …) and entities show as they are written.
///
/// At most `n_characters` are kept; an ellipsis stands for the rest. plotly.js decodes exactly one level of entities
/// and looks for tags before it does so. Templates (`%{…}`) are read in other fields only, and `$…$` only where MathJax
/// is loaded; the page uses neither.
pub(crate) fn label(text: &str, n_characters: usize) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (place, character) in text.chars().map(visible).enumerate() {
        if place == n_characters {
            escaped.push('…');
            break;
        }
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// `value` as JSON that can stand in a `<script>` element: it holds no `<`, `>`, `&`, `U+2028` or `U+2029`.
///
/// In JSON these five occur only inside strings, where `\uXXXX` means the same.
pub(crate) fn json(value: &Value) -> Result<String, Error> {
    let text = serde_json::to_string(value)?;
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other => escaped.push(other),
        }
    }
    Ok(escaped)
}

/// `character`, or what stands for it where it could not be seen.
fn visible(character: char) -> char {
    match character {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fffe}'
        | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn html_leaves_no_character_with_a_meaning() {
        assert_eq!(html(r#"a<b>&"c'"#), "a&lt;b&gt;&amp;&quot;c&#39;");
        assert_eq!(html("&lt;"), "&amp;lt;");
    }

    #[test]
    fn control_characters_become_pictures() {
        assert_eq!(html("\0\t\n\r\u{1b}\u{7f}"), "␀␉␊␍␛␡");
        assert_eq!(html("a\u{202e}b\u{85}\u{200b}\u{2028}"), "a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(html("étape 層 🧠"), "étape 層 🧠");
    }

    #[test]
    fn a_label_escapes_before_it_is_cut_and_is_cut_between_characters() {
        assert_eq!(label("<br>&amp;", 99), "&lt;br&gt;&amp;amp;");
        assert_eq!(label("層層層", 2), "層層…");
        assert_eq!(label("層層", 2), "層層");
        assert_eq!(label("<<<", 1), "&lt;…");
    }

    #[test]
    fn json_cannot_end_its_script_and_means_the_same() {
        let value = json!({ "</script><!--": "\u{2028}\u{2029}&<script>\"\\\0" });
        let text = json(&value).unwrap();
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
