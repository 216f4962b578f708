//! The decision: who may talk with whom.
//!
//! Facts in, decision out: no I/O, no clock of its own. Every path that moves a message, profile, name or search hit
//! across a company border asks here, and a store call that crosses a border takes a [`Permit`], which nothing
//! outside this crate can make. All failing rules are returned, not only the first.
//!
//! * [`facts`]: the plain structs a caller fills from its own transaction.
//! * [`decide`]: the rules and how they combine, for a pair of people and for a room.
//! * [`reason`]: the codes, and what each side gets to read about a refusal.

pub mod decide;
pub mod facts;
pub mod reason;

pub use decide::{
    AddContact, Discover, Invite, Join, OpenRoom, Permit, RoomStatus, RoomVerdict, SendMessage, Verb, holds_permission,
    judge_inviter, judge_join, judge_opening, judge_pair, judge_room, own_side,
};
pub use facts::{
    Block, CompanyFacts, Entry, Held, PairFacts, PersonFacts, RoomFacts, RoomLimits, Source, Tie, TieState,
};
pub use reason::{Code, Denial, Reason, SeenReason, Side};
