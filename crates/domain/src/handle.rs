//! Handles (`mina@hana.example`, the "message ID") and company domains.

use std::fmt;

/// Why a text is not a handle or a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// Not of the form `name@company.example`.
    #[error("a handle has the form name@company.example")]
    Form,
    /// The part before the at sign has other characters than those allowed, or is too long.
    #[error("the part before @ has 1 to 64 of the characters a-z 0-9 . _ - and begins and ends with a letter or digit")]
    Local,
    /// The domain is not a plain dotted name in lower-case ASCII.
    #[error(
        "a domain has the form company.example: letters a-z, digits and hyphens, at least one dot, at most 190 characters"
    )]
    Domain,
}

/// A company's unique domain, in lower case: `hana.example`.
///
/// Internationalised domains are taken in their `xn--` form only, so that two domains that look alike never compare
/// equal by accident and never differ by accident either.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct CompanyDomain(String);

impl CompanyDomain {
    /// Reads a domain; case is folded, surrounding space dropped.
    ///
    /// # Errors
    /// [`HandleError::Domain`] where the text is not a plain dotted name.
    pub fn parse(text: &str) -> Result<Self, HandleError> {
        let domain = text.trim().to_ascii_lowercase();
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if domain.len() <= 190 && domain.contains('.') && domain.split('.').all(label_ok) {
            Ok(Self(domain))
        } else {
            Err(HandleError::Domain)
        }
    }

    /// The domain as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CompanyDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A member's handle: unique on the server, never given to a second person (I-12).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Handle {
    text: String,
    at: usize,
}

impl Handle {
    /// Reads a handle; case is folded, surrounding space dropped.
    ///
    /// # Errors
    /// Says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, HandleError> {
        let (local, domain) = text.trim().split_once('@').ok_or(HandleError::Form)?;
        Self::new(local, &CompanyDomain::parse(domain)?)
    }

    /// Makes a handle from its two parts.
    ///
    /// # Errors
    /// [`HandleError::Local`] where the first part has characters that a handle may not have.
    pub fn new(local: &str, domain: &CompanyDomain) -> Result<Self, HandleError> {
        let local = local.to_ascii_lowercase();
        let edge_ok = |c: Option<&u8>| c.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = local.as_bytes();
        let ok = bytes.len() <= 64
            && edge_ok(bytes.first())
            && edge_ok(bytes.last())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if ok { Ok(Self { text: format!("{local}@{domain}"), at: local.len() }) } else { Err(HandleError::Local) }
    }

    /// The whole handle.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The company's domain in it.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_fold_case_and_refuse_what_could_be_taken_for_another() {
        assert_eq!(Handle::parse(" Mina@HANA.example ").unwrap().as_str(), "mina@hana.example");
        assert_eq!(Handle::parse("mina@hana.example").unwrap().domain(), "hana.example");
        for wrong in [
            "mina",
            "mina@",
            "@hana.example",
            "mi na@hana.example",
            "mіna@hana.example",
            "-a@hana.example",
            "a@b@c.d",
            "a@localhost",
        ] {
            assert!(Handle::parse(wrong).is_err(), "{wrong}");
        }
    }
}
