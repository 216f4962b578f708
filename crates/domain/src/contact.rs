//! What an entry of the contact book holds beside its name: the fields, their limits, and the checks on what people type.

use crate::fold::fold_for_book;
use crate::name::{clean_name, clean_note};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Most characters of a name, nickname or company.
pub const MAX_CONTACT_NAME: usize = 100;
/// Most characters of a line of an address, an organisation or a custom field.
const MAX_LINE: usize = 300;
/// Most characters of the word that tells what kind of value it is.
const MAX_TYPE: usize = 30;
const MAX_EMAIL: usize = 254;
const MAX_PHONE: usize = 50;
const MAX_WEBSITE: usize = 2_000;

/// How much a contact book takes (L4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookLimits {
    /// Contacts of a company, those in the trash included.
    pub contacts: i64,
    /// Values in one field of a contact.
    pub values: usize,
    /// Characters of a memo.
    pub memo: usize,
    /// Characters of a tag.
    pub tag: usize,
    /// Bytes of a photo as it is uploaded.
    pub photo_bytes: usize,
}

impl BookLimits {
    /// The limits of every installation.
    pub const STANDARD: Self =
        Self { contacts: 100_000, values: 100, memo: 4_000, tag: 30, photo_bytes: 10 * 1024 * 1024 };
}

/// A field that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Which, as a JSON pointer.
    pub pointer: String,
    /// What is wrong, for programs.
    pub code: &'static str,
    /// What is wrong, for people; a sentence that begins with the field.
    pub text: String,
}

fn work() -> String {
    "work".to_owned()
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $t:ty,)+ })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name {
            $($(#[$fdoc])* pub $field: $t,)+
        }
    )*};
}

fields! {
    /// An e-mail address, phone number or website of a contact.
    ContactValue {
        /// What kind: `work`, `home`, `mobile`, or a word of one's own.
        #[serde(rename = "type", default = "work")]
        kind: String,
        /// The address or number.
        value: String,
        /// Whether it is the one to use first; at most one of a field.
        #[serde(default)]
        primary: bool,
    }

    /// Where a contact works.
    ContactOrganisation {
        /// Its name.
        name: String,
        /// The department.
        #[serde(default)]
        department: String,
        /// What they are there.
        #[serde(default)]
        title: String,
        /// Whether it is the first; at most one.
        #[serde(default)]
        primary: bool,
    }

    /// A postal address.
    ContactAddress {
        /// What kind: `work`, `home`, or a word of one's own.
        #[serde(rename = "type", default = "work")]
        kind: String,
        /// The country.
        #[serde(default)]
        country: String,
        /// The postal code.
        #[serde(default)]
        postal_code: String,
        /// State, province or prefecture.
        #[serde(default)]
        region: String,
        /// Town.
        #[serde(default)]
        locality: String,
        /// Street and house.
        #[serde(default)]
        street: String,
        /// Whether it is the first; at most one.
        #[serde(default)]
        primary: bool,
    }

    /// A day to remember.
    ContactDate {
        /// What kind: `birthday`, `anniversary`, or a word of one's own.
        #[serde(rename = "type")]
        kind: String,
        /// The day: `2026-11-05`.
        value: String,
    }

    /// A field of one's own.
    CustomField {
        /// What it is called.
        name: String,
        /// What it says.
        value: String,
    }
}

/// All that a contact holds beside name, nickname and company.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactDetails {
    /// E-mail addresses.
    pub emails: Vec<ContactValue>,
    /// Phone numbers, as typed.
    pub phones: Vec<ContactValue>,
    /// Where they work.
    pub organisations: Vec<ContactOrganisation>,
    /// Postal addresses.
    pub addresses: Vec<ContactAddress>,
    /// Days to remember.
    pub dates: Vec<ContactDate>,
    /// Websites, http or https.
    pub websites: Vec<ContactValue>,
    /// A note.
    pub memo: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Fields of one's own.
    pub custom_fields: Vec<CustomField>,
}

/// Collects what is wrong, so that all of it is told at once.
struct Checks {
    faults: Vec<FieldFault>,
}

impl Checks {
    fn fault(&mut self, pointer: String, code: &'static str, text: impl Into<String>) {
        self.faults.push(FieldFault { pointer, code, text: text.into() });
    }

    /// A line that must hold something.
    fn line(&mut self, pointer: &str, text: &mut String, max: usize) -> bool {
        match clean_name(text, max) {
            Ok(clean) => {
                *text = clean;
                true
            }
            Err(error) => {
                self.fault(pointer.to_owned(), "TEXT", error.to_string());
                false
            }
        }
    }

    /// A line that may be empty.
    fn optional_line(&mut self, pointer: &str, text: &mut String, max: usize) {
        if text.trim().is_empty() {
            text.clear();
        } else {
            self.line(pointer, text, max);
        }
    }

    fn count(&mut self, field: &str, found: usize, most: usize) {
        if found > most {
            self.fault(format!("/{field}"), "TOO_MANY", format!("holds at most {most} values"));
        }
    }

    fn one_primary(&mut self, field: &str, marks: impl Iterator<Item = bool>) {
        let second = marks.enumerate().filter(|(_, primary)| *primary).nth(1);
        if let Some((i, _)) = second {
            self.fault(format!("/{field}/{i}/primary"), "SECOND_PRIMARY", "is set for one value of the field only");
        }
    }

    fn values(&mut self, field: &str, values: &mut [ContactValue], most: usize, check: fn(&str) -> Option<Wrong>) {
        self.count(field, values.len(), most);
        self.one_primary(field, values.iter().map(|v| v.primary));
        for (i, value) in values.iter_mut().enumerate().take(most) {
            self.line(&format!("/{field}/{i}/type"), &mut value.kind, MAX_TYPE);
            let pointer = format!("/{field}/{i}/value");
            if self.line(&pointer, &mut value.value, MAX_WEBSITE)
                && let Some((code, text)) = check(&value.value)
            {
                self.fault(pointer, code, text);
            }
        }
    }
}

type Wrong = (&'static str, &'static str);

fn wrong_email(text: &str) -> Option<Wrong> {
    let label = |l: &str| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-');
    let fine = text.chars().count() <= MAX_EMAIL
        && !text.chars().any(|c| c.is_whitespace() || "<>()[],;:\\\"".contains(c))
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.chars().count() <= 64
                && domain.contains('.')
                && domain.split('.').all(label)
                && domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.')
        });
    (!fine).then_some(("EMAIL", "is an e-mail address: name@example.com"))
}

fn wrong_phone(text: &str) -> Option<Wrong> {
    // Full-width ones, too: that is how a Japanese keyboard writes them.
    let digits = text.nfkc().filter(char::is_ascii_digit).count();
    let fine = text.chars().count() <= MAX_PHONE && digits >= 2;
    (!fine).then_some(("PHONE", "is a phone number of at most 50 characters: +81 3 5555 0101"))
}

fn wrong_website(text: &str) -> Option<Wrong> {
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let fine = rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or("");
        // A name before an at sign is how a link pretends to lead elsewhere.
        !host.is_empty()
            && !host.starts_with([':', '.'])
            && !host.contains('@')
            && !text.chars().any(|c| c.is_whitespace() || "<>\"\\^`{|}".contains(c))
    });
    (!fine).then_some(("WEBSITE", "is an address that begins with https:// or http://"))
}

fn is_day(text: &str) -> bool {
    let shape = text.len() == 10 && text.bytes().enumerate().all(|(i, b)| (b == b'-') == (i == 4 || i == 7));
    shape && text.parse::<jiff::civil::Date>().is_ok()
}

impl ContactDetails {
    /// Cleaned and checked.
    ///
    /// # Errors
    /// All that is wrong, each with its place.
    pub fn clean(mut self, limits: &BookLimits) -> Result<Self, Vec<FieldFault>> {
        let mut checks = Checks { faults: Vec::new() };
        let most = limits.values;
        checks.values("emails", &mut self.emails, most, wrong_email);
        checks.values("phones", &mut self.phones, most, wrong_phone);
        checks.values("websites", &mut self.websites, most, wrong_website);
        checks.count("organisations", self.organisations.len(), most);
        checks.one_primary("organisations", self.organisations.iter().map(|o| o.primary));
        for (i, o) in self.organisations.iter_mut().enumerate().take(most) {
            checks.line(&format!("/organisations/{i}/name"), &mut o.name, MAX_LINE);
            checks.optional_line(&format!("/organisations/{i}/department"), &mut o.department, MAX_LINE);
            checks.optional_line(&format!("/organisations/{i}/title"), &mut o.title, MAX_LINE);
        }
        checks.count("addresses", self.addresses.len(), most);
        checks.one_primary("addresses", self.addresses.iter().map(|a| a.primary));
        for (i, a) in self.addresses.iter_mut().enumerate().take(most) {
            checks.line(&format!("/addresses/{i}/type"), &mut a.kind, MAX_TYPE);
            for (name, text) in [
                ("country", &mut a.country),
                ("postalCode", &mut a.postal_code),
                ("region", &mut a.region),
                ("locality", &mut a.locality),
                ("street", &mut a.street),
            ] {
                checks.optional_line(&format!("/addresses/{i}/{name}"), text, MAX_LINE);
            }
            if [&a.country, &a.postal_code, &a.region, &a.locality, &a.street].iter().all(|t| t.is_empty()) {
                checks.fault(format!("/addresses/{i}"), "EMPTY", "holds at least one line");
            }
        }
        checks.count("dates", self.dates.len(), most);
        for (i, date) in self.dates.iter_mut().enumerate().take(most) {
            checks.line(&format!("/dates/{i}/type"), &mut date.kind, MAX_TYPE);
            if !is_day(&date.value) {
                checks.fault(format!("/dates/{i}/value"), "DATE", "is a day of the calendar: 2026-11-05");
            }
        }
        checks.count("customFields", self.custom_fields.len(), most);
        for (i, field) in self.custom_fields.iter_mut().enumerate().take(most) {
            checks.line(&format!("/customFields/{i}/name"), &mut field.name, MAX_TYPE);
            checks.line(&format!("/customFields/{i}/value"), &mut field.value, MAX_LINE);
        }
        self.memo = self.memo.filter(|memo| !memo.trim().is_empty());
        if let Some(memo) = &mut self.memo {
            match clean_note(memo, limits.memo) {
                Ok(clean) => *memo = clean,
                Err(error) => checks.fault("/memo".to_owned(), "TEXT", error.to_string()),
            }
        }
        checks.count("tags", self.tags.len(), most);
        for (i, tag) in self.tags.iter_mut().enumerate().take(most) {
            checks.line(&format!("/tags/{i}"), tag, limits.tag);
        }
        let mut seen = Vec::new();
        self.tags.retain(|tag| {
            let folded = fold_for_book(tag);
            let new = !seen.contains(&folded);
            seen.push(folded);
            new
        });
        if checks.faults.is_empty() { Ok(self) } else { Err(checks.faults) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value: &str) -> ContactValue {
        ContactValue { kind: "work".into(), value: value.into(), primary: false }
    }

    fn faults(details: ContactDetails) -> Vec<(String, &'static str)> {
        let result = details.clean(&BookLimits::STANDARD);
        result.err().unwrap_or_default().into_iter().map(|f| (f.pointer, f.code)).collect()
    }

    #[test]
    fn b12_what_is_wrong_is_told_with_its_place_and_all_at_once() {
        let details = ContactDetails {
            emails: vec![value("leo@borealis.example"), value("leo@"), value("a b@c.example")],
            phones: vec![value("+14165550101"), value("内線 12"), value("０９０−１２３４"), value("none")],
            websites: vec![value("https://borealis.example/x"), value("javascript:alert(1)"), value("https://a@b.c")],
            dates: ["2024-02-29", "2023-02-29", "05.11.2026"]
                .map(|v| ContactDate { kind: "birthday".into(), value: v.into() })
                .to_vec(),
            memo: Some("x".repeat(4_001)),
            tags: vec!["x".repeat(31)],
            ..ContactDetails::default()
        };
        let expected = [
            ("/emails/1/value", "EMAIL"),
            ("/emails/2/value", "EMAIL"),
            ("/phones/3/value", "PHONE"),
            ("/websites/1/value", "WEBSITE"),
            ("/websites/2/value", "WEBSITE"),
            ("/dates/1/value", "DATE"),
            ("/dates/2/value", "DATE"),
            ("/memo", "TEXT"),
            ("/tags/0", "TEXT"),
        ];
        assert_eq!(faults(details), expected.map(|(p, c)| (p.to_owned(), c)));
    }

    #[test]
    fn l4_a_field_holds_a_hundred_values_and_one_of_them_is_first() {
        let many = |n| ContactDetails { emails: vec![value("a@b.example"); n], ..ContactDetails::default() };
        assert_eq!(faults(many(100)), []);
        assert_eq!(faults(many(101)), [("/emails".to_owned(), "TOO_MANY")]);
        let mut two = many(3);
        two.emails[0].primary = true;
        two.emails[2].primary = true;
        assert_eq!(faults(two), [("/emails/2/primary".to_owned(), "SECOND_PRIMARY")]);
    }

    #[test]
    fn i56_direction_and_invisible_characters_leave_every_field() {
        let details = ContactDetails {
            emails: vec![value("\u{202E}leo@borealis.example\u{200B}")],
            memo: Some("first\u{202E}\r\nsecond\u{2066}".into()),
            tags: vec!["VIP".into(), "ｖｉｐ".into(), " Tea\u{200F} ".into()],
            ..ContactDetails::default()
        };
        let clean = details.clean(&BookLimits::STANDARD).unwrap();
        assert_eq!(clean.emails[0].value, "leo@borealis.example");
        assert_eq!(clean.memo.as_deref(), Some("first\nsecond"));
        assert_eq!(clean.tags, ["VIP", "Tea"]);
    }
}
