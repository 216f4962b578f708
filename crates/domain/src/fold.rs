//! Text as the contact book searches and sorts it, in any script.

use unicode_normalization::UnicodeNormalization;

/// Raised with every change of the rules below: what was folded by older rules is folded anew at the next start.
pub const FOLDING: i64 = 1;

/// Accents of Latin, Greek and Cyrillic. Other marks stay: the voiced mark of kana tells one syllable from another.
const fn is_accent(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}')
}

const fn to_hiragana(c: char) -> char {
    match c {
        '\u{30A1}'..='\u{30F6}' | '\u{30FD}' | '\u{30FE}' => match char::from_u32(c as u32 - 0x60) {
            Some(kana) => kana,
            None => c,
        },
        _ => c,
    }
}

/// What a Korean keyboard makes of two initials typed one after the other, taken apart again.
const fn two_initials(c: char) -> Option<[char; 2]> {
    Some(match c {
        '\u{3133}' => ['\u{1100}', '\u{1109}'],
        '\u{3135}' => ['\u{1102}', '\u{110C}'],
        '\u{3136}' => ['\u{1102}', '\u{1112}'],
        '\u{313A}' => ['\u{1105}', '\u{1100}'],
        '\u{313B}' => ['\u{1105}', '\u{1106}'],
        '\u{313C}' => ['\u{1105}', '\u{1107}'],
        '\u{313D}' => ['\u{1105}', '\u{1109}'],
        '\u{313E}' => ['\u{1105}', '\u{1110}'],
        '\u{313F}' => ['\u{1105}', '\u{1111}'],
        '\u{3140}' => ['\u{1105}', '\u{1112}'],
        '\u{3144}' => ['\u{1107}', '\u{1109}'],
        _ => return None,
    })
}

/// Folded: width, case and accents alike, katakana as hiragana, Hangul in its letters (so that a syllable which is still
/// being typed finds the one it will become), white space as one blank, without control characters.
pub fn fold_for_book(text: &str) -> String {
    let apart = text.chars().flat_map(|c| match two_initials(c) {
        Some([a, b]) => [Some(a), Some(b)],
        None => [Some(c), None],
    });
    let apart: String = apart.flatten().collect();
    // Everything comes apart, whatever form it came in; then the accents go.
    let letters: String = apart.nfkd().filter(|&c| !is_accent(c)).collect();
    let lower = letters.chars().flat_map(char::to_lowercase).filter(|&c| !is_accent(c));
    let mut folded = String::with_capacity(letters.len());
    let mut gap = false;
    for c in lower {
        if c.is_whitespace() || c.is_control() {
            gap = !folded.is_empty();
            continue;
        }
        if gap {
            folded.push(' ');
            gap = false;
        }
        match c {
            'ß' => folded.push_str("ss"),
            _ => folded.push(to_hiragana(c)),
        }
    }
    folded
}

/// The initial letters of the Hangul syllables of a text, without its spaces; empty where there is none.
pub fn initials(text: &str) -> String {
    text.chars()
        .filter_map(|c| {
            let index = u32::from(c).checked_sub(0xAC00).filter(|i| *i < 11_172)?;
            char::from_u32(0x1100 + index / 588)
        })
        .collect()
}

/// The digits of a text, without zeros in front: a national number then is the end of its international form.
pub fn digits(text: &str) -> String {
    let all: String = text.nfkc().filter(char::is_ascii_digit).collect();
    all.trim_start_matches('0').to_owned()
}

/// What sorting compares, byte by byte on both databases: folded text, whose order is that of the code points.
pub fn sort_key(text: &str) -> Vec<u8> {
    fold_for_book(text).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn finds(query: &str, text: &str) {
        assert!(fold_for_book(text).contains(&fold_for_book(query)), "{query} in {text}");
    }

    #[test]
    fn b10_search_folds_case_width_accents_and_kana() {
        finds("renee", "Renée Tremblay");
        finds("ＲＥＮＥＥ", "Renée");
        finds("strasse", "Hauptstraße");
        finds("たなか", "タナカ商事");
        finds("ﾀﾅｶ", "たなか");
        finds("がい", "ガイド");
        finds("田中", "田中 愛子");
        finds("и", "Й");
        assert!(!fold_for_book("がいど").contains(&fold_for_book("かいど")), "a voiced kana is another letter");
        assert!(!fold_for_book("佐藤").contains(&fold_for_book("左藤")));
    }

    #[test]
    fn b10_hangul_is_found_while_it_is_typed_and_by_its_initials() {
        for typed in ["ㄱ", "기", "김", "김ㅅ", "김서", "김서여", "김서연"] {
            finds(typed, "김서연");
        }
        assert_eq!(initials("김서연"), fold_for_book("ㄱㅅㅇ"));
        // Typed one after the other, the keyboard joins the first two into one letter.
        assert_eq!(initials("김서연"), fold_for_book("ㄳㅇ"));
        assert_eq!(initials("Kim 서"), fold_for_book("ㅅ"));
    }

    #[test]
    fn b10_a_number_is_found_as_it_is_dialled_at_home() {
        assert!(digits("+81 90-1234-5678").contains(&digits("090-1234")));
        assert!(digits("+82 2 555 0101").contains(&digits("02-555")));
        assert_eq!(digits("０９０"), "90");
        assert_eq!(digits("none"), "");
    }

    proptest! {
        #[test]
        fn i33_folding_is_stable_and_never_panics(text in any::<String>()) {
            let once = fold_for_book(&text);
            prop_assert_eq!(fold_for_book(&once), once.clone());
            prop_assert!(!once.chars().any(char::is_control));
        }
    }
}
