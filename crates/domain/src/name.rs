//! Names and texts that people type: cleaned before they are kept, so that they cannot lie on a screen (I-56).

use unicode_normalization::UnicodeNormalization;

/// Why a name or text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing visible is left after cleaning.
    #[error("is empty")]
    Empty,
    /// Longer than allowed, counted in characters after cleaning.
    #[error("is longer than {max} characters")]
    TooLong {
        /// The most that is allowed.
        max: usize,
    },
    /// Holds characters that steer the display instead of being displayed.
    #[error("holds characters that cannot be shown")]
    Unprintable,
}

/// Characters that change the direction or order of what stands around them. One of them inside a name could make a
/// company badge read backwards.
const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters without a picture of their own that make two names equal to the eye and different to the machine.
/// The zero-width joiners stay: some scripts and emoji need them.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180E}' | '\u{200B}'
        | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}')
}

/// A name for display: composed (NFC), without control, direction or invisible characters, white space folded.
///
/// # Errors
/// Where nothing is left, or more than `max` characters.
pub fn clean_name(text: &str, max: usize) -> Result<String, NameError> {
    let kept = text.nfc().filter(|&c| !is_bidi_control(c) && !is_invisible(c));
    let mut name = String::with_capacity(text.len());
    let mut gap = false;
    for c in kept {
        if c.is_whitespace() || c.is_control() {
            gap = !name.is_empty();
        } else {
            if gap {
                name.push(' ');
                gap = false;
            }
            name.push(c);
        }
    }
    if !name.chars().any(|c| c != '\u{200C}' && c != '\u{200D}') {
        return Err(NameError::Empty);
    }
    if name.chars().count() > max { Err(NameError::TooLong { max }) } else { Ok(name) }
}

/// A message text: kept as typed, but for a wrong line ending and for characters that no text needs. Line breaks and
/// tabs stay. Direction marks stay too (Arabic and Hebrew use them); what shows them must isolate the text.
///
/// # Errors
/// Where nothing visible is left, or more than `max` characters, or control characters stand in it.
pub fn clean_text(text: &str, max: usize) -> Result<String, NameError> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(NameError::Unprintable);
    }
    let visible =
        |c: char| !(c.is_whitespace() || is_bidi_control(c) || is_invisible(c) || matches!(c, '\u{200C}' | '\u{200D}'));
    if !text.chars().any(visible) {
        return Err(NameError::Empty);
    }
    if text.chars().count() > max { Err(NameError::TooLong { max }) } else { Ok(text) }
}

/// A note of several lines: as [`clean_text`], but without direction and invisible characters, which a note has no use for.
///
/// # Errors
/// As [`clean_text`].
pub fn clean_note(text: &str, max: usize) -> Result<String, NameError> {
    let kept: String = text.nfc().filter(|&c| !is_bidi_control(c) && !is_invisible(c)).collect();
    clean_text(&kept, max)
}

/// Whether a name holds an emoji. Such members cannot be given the permission for external chat (A4, L): outside,
/// the emoji would pass for a badge.
pub fn has_emoji(name: &str) -> bool {
    name.chars().any(|c| {
        matches!(u32::from(c),
            0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x2300..=0x23FF | 0xFE0F | 0x20E3 | 0x3030 | 0x303D
            | 0x3297 | 0x3299)
    })
}

/// Whether a name holds the whole word "LINE", which would pass for the LINE company itself (A4, L).
pub fn has_word_line(name: &str) -> bool {
    let folded: String = name.nfkc().collect();
    folded.split(|c: char| !c.is_alphanumeric()).any(|word| word.eq_ignore_ascii_case("line"))
}

/// Text as searches compare it: compatibility-composed (full and half width alike), lower case, space folded.
pub fn fold_for_search(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn i56_direction_marks_and_invisible_characters_leave_names() {
        assert_eq!(clean_name("  Mina\u{202E}\u{200B}  Sato\n", 50).unwrap(), "Mina Sato");
        assert_eq!(clean_name("e\u{301}", 50).unwrap(), "é");
        assert_eq!(clean_name("\u{202E}\u{3164} ", 50), Err(NameError::Empty));
        assert_eq!(clean_name("佐藤", 1), Err(NameError::TooLong { max: 1 }));
    }

    #[test]
    fn a4_emoji_and_the_word_line_are_found_and_ordinary_names_are_not() {
        for name in ["Mina 🌸", "☎ Support", "1\u{FE0F}\u{20E3}"] {
            assert!(has_emoji(name), "{name}");
        }
        for name in ["佐藤 美奈", "김민서", "Zoë O'Brien-Smith", "ᐊᓪᓚ", "नीरज"] {
            assert!(!has_emoji(name), "{name}");
        }
        assert!(has_word_line("LINE Support") && has_word_line("my-line") && has_word_line("ＬＩＮＥ"));
        assert!(!has_word_line("Pauline") && !has_word_line("Linen"));
    }

    proptest! {
        #[test]
        fn i33_cleaning_is_stable_and_never_panics(text in any::<String>()) {
            if let Ok(once) = clean_name(&text, 200) {
                prop_assert_eq!(clean_name(&once, 200).unwrap(), once);
            }
            let _ = clean_text(&text, 200);
        }
    }
}
