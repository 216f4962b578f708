//! How our own types go into a statement and come out of a row.

use crate::db::{Args, Param, StoreError, add_plain};
use liaison_domain::{
    AuditEntryId, BlockId, CompanyId, ContactId, InvitationId, LinkId, MemberId, MessageId, OutgoingId, PasswordLinkId,
    PhoneCodeId, ReportId, RoomId, SessionId, TeamId, Timestamp, TokenId,
};
use uuid::Uuid;

macro_rules! plain {
    ($($t:ty),+) => {$(
        impl Param for $t { fn add_to(self, args: &mut Args) { add_plain(args, self) } }
        impl Param for Option<$t> { fn add_to(self, args: &mut Args) { add_plain(args, self) } }
    )+};
}
plain!(i64, bool, String, Vec<u8>, Uuid);

impl Param for &str {
    fn add_to(self, args: &mut Args) {
        add_plain(args, self.to_owned());
    }
}

impl Param for Option<&str> {
    fn add_to(self, args: &mut Args) {
        add_plain(args, self.map(ToOwned::to_owned));
    }
}

impl Param for &[u8] {
    fn add_to(self, args: &mut Args) {
        add_plain(args, self.to_vec());
    }
}

macro_rules! ids {
    ($($t:ty),+) => {$(
        impl Param for $t { fn add_to(self, args: &mut Args) { add_plain(args, self.as_uuid()) } }
        impl Param for Option<$t> { fn add_to(self, args: &mut Args) { add_plain(args, self.map(<$t>::as_uuid)) } }
    )+};
}
ids!(
    AuditEntryId,
    BlockId,
    CompanyId,
    ContactId,
    InvitationId,
    LinkId,
    MemberId,
    MessageId,
    OutgoingId,
    PasswordLinkId,
    PhoneCodeId,
    ReportId,
    RoomId,
    SessionId,
    TeamId,
    TokenId
);

impl Param for Timestamp {
    fn add_to(self, args: &mut Args) {
        add_plain(args, self.as_millis());
    }
}

impl Param for Option<Timestamp> {
    fn add_to(self, args: &mut Args) {
        add_plain(args, self.map(Timestamp::as_millis));
    }
}

macro_rules! words {
    ($($t:ty),+) => {$(
        impl Param for $t { fn add_to(self, args: &mut Args) { add_plain(args, self.as_str()) } }
    )+};
}
words!(
    liaison_domain::Network,
    liaison_domain::Role,
    liaison_domain::MemberStatus,
    liaison_domain::GrantMode,
    liaison_domain::Effect,
    liaison_domain::PartnerRule,
    liaison_domain::FirstContact,
    liaison_domain::OnRevoke,
    liaison_domain::ReportReason,
    liaison_domain::ReportState,
    liaison_domain::RoomKind,
    liaison_domain::InvitationKind,
    liaison_domain::ContactKind,
    liaison_domain::BookRange
);

/// Reads a stored word of one of the closed sets.
pub(crate) fn word<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(StoreError::broken)
}

/// Reads stored JSON.
pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(StoreError::broken)
}

/// What a search looks for, as a `LIKE` pattern over folded text: case and width folded, wildcards taken literally.
pub(crate) fn like_pattern(query: &str) -> String {
    format!("%{}%", escape_like(&fold(query)))
}

/// Text as a part of a `LIKE` pattern that means itself.
pub(crate) fn escape_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Text as searches compare it. Done here and not in SQL, where the two databases fold differently.
pub(crate) fn fold(text: &str) -> String {
    liaison_domain::fold_for_search(text)
}
