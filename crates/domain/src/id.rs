//! Identifiers: one type per kind of thing, written as TypeIDs (`room_01j…`), so that an id of one kind can
//! never stand where another is meant, neither in code nor in a request.

use crate::time::Clock;
use rand::RngExt;
use std::fmt;
use uuid::Uuid;

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {prefix}_…")]
pub struct IdError {
    /// The prefix that the text should have begun with.
    pub prefix: &'static str,
}

/// Crockford's base 32 in lower case, as the TypeID specification has it: no `i`, `l`, `o`, `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_LEN: usize = 26;

fn encode(uuid: Uuid) -> [u8; SUFFIX_LEN] {
    let mut value = uuid.as_u128();
    let mut out = [0; SUFFIX_LEN];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
    out
}

fn decode(text: &str) -> Option<Uuid> {
    let bytes = text.as_bytes();
    // 26 digits hold 130 bits: the first digit may not exceed 7, or two spellings would name one id.
    if bytes.len() != SUFFIX_LEN || bytes[0] > b'7' {
        return None;
    }
    let mut value: u128 = 0;
    for byte in bytes {
        let digit = ALPHABET.iter().position(|a| a == byte)?;
        value = (value << 5) | digit as u128;
    }
    Some(Uuid::from_u128(value))
}

/// A UUIDv7 for the clock's time: ordered by creation to the millisecond, 74 random bits behind it.
fn uuid_at(clock: &dyn Clock) -> Uuid {
    let millis = u64::try_from(clock.now().as_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::rng().random()).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What every id of this kind begins with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The id that nothing has.
            pub const NONE: Self = Self(Uuid::nil());

            /// A new id, unlike any other, carrying the clock's time.
            pub fn new(clock: &dyn Clock) -> Self {
                Self(uuid_at(clock))
            }

            /// The bare UUID, as the store keeps it.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                let digits = encode(self.0);
                f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$")))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    )*};
}

ids! {
    /// A company (tenant).
    CompanyId = "company";
    /// A person of a company.
    MemberId = "member";
    /// A team of a company.
    TeamId = "team";
    /// An entry of an external contact book.
    ContactId = "contact";
    /// The tie between a member and an outsider.
    LinkId = "link";
    /// A member's block of one outsider.
    BlockId = "block";
    /// An invitation, or a member's card.
    InvitationId = "invitation";
    /// A member's report to the administrators of their own company.
    ReportId = "report";
    /// A message room.
    RoomId = "room";
    /// A message or notice of a room.
    MessageId = "message";
    /// A code sent to a phone, to prove whose it is.
    PhoneCodeId = "phonecode";
    /// A browser session.
    SessionId = "session";
    /// A bearer token for programs.
    TokenId = "token";
    /// A link by which somebody sets their password.
    PasswordLinkId = "passwordlink";
    /// A mail or text message on its way out.
    OutgoingId = "outgoing";
    /// An entry of a company's audit log.
    AuditEntryId = "event";
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_published_example_of_the_typeid_format_is_read() {
        // Known answer from the TypeID specification's valid.json ("uuidv7").
        let id = decode("01h455vb4pex5vsknk084sn02q").unwrap();
        assert_eq!(id.to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let room = RoomId::new(&crate::SystemClock).to_string();
        assert!(room.parse::<RoomId>().is_ok());
        assert!(room.parse::<MemberId>().is_err());
        assert!("room_81h455vb4pex5vsknk084sn02q".parse::<RoomId>().is_err(), "130 bits");
        assert!("room_01H455VB4PEX5VSKNK084SN02Q".parse::<RoomId>().is_err(), "upper case");
    }

    proptest! {
        #[test]
        fn every_id_survives_being_written_and_read(value in any::<u128>()) {
            let id = RoomId::from(Uuid::from_u128(value));
            prop_assert_eq!(id.to_string().parse::<RoomId>().unwrap(), id);
        }

        #[test]
        fn i33_no_text_makes_reading_an_id_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<RoomId>();
            let _ = format!("room_{text}").parse::<RoomId>();
        }
    }
}
