//! The code that opens an invitation: 160 random bits that survive being typed, and being the end of a sentence.

use sha2::{Digest, Sha256};

/// Crockford's digits: none that could be taken for another.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 32;
/// The longest text in which a code is looked for, in bytes.
const MAX_TEXT: usize = 2_048;

/// See the module. Not `Debug`, so that none gets into a log (I-53).
pub(super) struct Code(String);

impl Code {
    /// One that nobody has had.
    pub(super) fn fresh() -> Self {
        let random: [u8; LENGTH] = rand::random();
        Self(random.iter().map(|byte| char::from(DIGITS[usize::from(byte & 31)])).collect())
    }

    /// A code as such, or at the end of an invitation's address, as a scanned QR code has it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > MAX_TEXT {
            return None;
        }
        let path = text.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let code = match path.rsplit_once('/') {
            None => path,
            Some((front, code)) if front.ends_with("/i") => code,
            Some(_) => return None,
        };
        let code = code.to_ascii_lowercase();
        (code.len() == LENGTH && code.bytes().all(|b| DIGITS.contains(&b))).then_some(Self(code))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the database finds a code by; what is none is looked for like anything else.
    pub(super) fn hash(code: Option<&Self>) -> Vec<u8> {
        Sha256::digest(code.map_or("", Self::as_str)).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i46_a_code_is_160_random_bits_and_found_in_its_address() {
        let code = Code::fresh();
        assert_ne!(code.as_str(), Code::fresh().as_str());
        let text = code.as_str();
        for form in [
            text.to_owned(),
            format!(" {}\n", text.to_uppercase()),
            format!("https://chat.hana.example/i/{text}"),
            format!("http://127.0.0.1:8480/i/{text}/?from=qr#top"),
        ] {
            assert_eq!(Code::parse(&form).map(|c| c.0).as_deref(), Some(text), "{form}");
        }
        for wrong in
            ["", "/", "/i/", &text[1..], &format!("{text}0"), &format!("https://x/j/{text}"), "i".repeat(32).as_str()]
        {
            assert!(Code::parse(wrong).is_none(), "{wrong}");
        }
    }
}
