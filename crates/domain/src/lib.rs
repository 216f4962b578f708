//! The words of Liaison as types.
//!
//! What belongs here: ids, time, names, phone numbers and the small closed sets (network, role, settings) that every other crate
//! speaks in. What does not: anything that waits, stores or talks to the outside. The absence of such crates from
//! this manifest keeps it that way.

mod contact;
mod fold;
mod handle;
mod id;
mod name;
mod phone;
mod settings;
mod time;

pub use contact::{
    BookLimits, ContactAddress, ContactDate, ContactDetails, ContactOrganisation, ContactValue, CustomField,
    FieldFault, MAX_CONTACT_NAME,
};
pub use fold::{FOLDING, digits, fold_for_book, initials, sort_key};
pub use handle::{CompanyDomain, Handle, HandleError};
pub use id::{
    AuditEntryId, BlockId, CompanyId, ContactId, IdError, InvitationId, LinkId, MemberId, MessageId, OutgoingId,
    PasswordLinkId, PhoneCodeId, ReportId, RoomId, SessionId, TeamId, TokenId,
};
pub use name::{NameError, clean_name, clean_note, clean_text, fold_for_search, has_emoji, has_word_line};
pub use phone::{PhoneError, PhoneNumber};
pub use settings::{
    BookRange, ContactKind, Effect, ExternalSetting, FirstContact, GrantMode, InvitationKind, MemberStatus, Network,
    OnRevoke, PartnerList, PartnerRule, ReportOutcome, ReportReason, ReportState, Role, RoomKind, Term, UnknownWord,
};
pub use time::{Clock, ManualClock, SystemClock, Timestamp, time_zone_name};
