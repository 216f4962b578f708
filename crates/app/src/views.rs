//! Things as one reader sees them. Response shapes are written out here; a row of the database is never answered.

use crate::App;
use crate::error::AppError;
use crate::log::{self, Author, MessageView};
use crate::passwords::SignInView;
use liaison_domain::{
    BlockId, CompanyId, ContactId, MemberId, MemberStatus, Network, OnRevoke, Role, RoomId, RoomKind, TeamId, Timestamp,
};
use liaison_policy::{RoomStatus, RoomVerdict, SeenReason, own_side};
use liaison_store::facts::Facts;
use liaison_store::messages::{self, Message};
use liaison_store::participants::{self, Participant, Range, Standing};
use liaison_store::rooms::{self, Room};
use liaison_store::{Tx, companies, contacts, links, members};
use serde::Serialize;
use utoipa::ToSchema;

/// Whether a member holds the permission for a network and, if not, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = NetworkPermission)]
pub struct NetworkPermission {
    /// Whether they may meet outsiders of this network, as far as their own side goes.
    pub granted: bool,
    /// What is in the way on their own side.
    pub reasons: Vec<SeenReason>,
}

/// A team.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeamRef {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
}

/// A member as colleagues see them.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberView {
    /// Their id.
    pub id: MemberId,
    /// Their handle, the "message ID".
    pub handle: String,
    /// Their name.
    pub name: String,
    /// What they want to be called.
    pub nickname: Option<String>,
    /// Their job title.
    pub title: Option<String>,
    /// Where their photo is, if they have one.
    pub photo_url: Option<String>,
    /// What they may do in the console.
    pub role: Role,
    /// Whether they take part.
    pub status: MemberStatus,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their phone number, E.164.
    pub phone: Option<String>,
    /// Their teams.
    pub teams: Vec<TeamRef>,
    /// How they can sign in; only for owners and security administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignInView>,
}

/// The address of a member's photo, which is another for another photo.
pub(crate) fn photo_url(id: MemberId, digest: Option<&str>) -> Option<String> {
    digest.map(|digest| versioned(format!("/api/v1/members/{id}/photo"), digest))
}

/// An address that names the very picture behind it; pictures older than digests have none.
pub(crate) fn versioned(address: String, digest: &str) -> String {
    if digest.is_empty() { address } else { format!("{address}?v={digest}") }
}

/// How a room stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The reader can write.
    Open,
    /// The reader is held back; others may go on.
    Paused,
    /// Nobody can write.
    Frozen,
}

/// How a room stands for its reader, since when and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoomStateView {
    /// Open, paused or frozen.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// Why not open: the reader's own side in full, the other in one sentence.
    pub reasons: Vec<SeenReason>,
}

/// A company in a room.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoomCompany {
    /// Its id.
    pub id: CompanyId,
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: String,
    /// Whether it is the reader's own.
    pub yours: bool,
}

/// What kind of person takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParticipantKind {
    /// A member of a company.
    Member,
}

/// Whether somebody takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParticipantState {
    /// Takes part.
    Active,
    /// Held back.
    Paused,
}

/// A person in a room.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantView {
    /// Their member id.
    pub id: MemberId,
    /// What kind of person.
    pub kind: ParticipantKind,
    /// Their name.
    pub name: String,
    /// Their job title; of colleagues only.
    pub title: Option<String>,
    /// Their company.
    pub company_id: CompanyId,
    /// Its name.
    pub company_name: String,
    /// Where their photo is, if the reader may see one.
    pub photo_url: Option<String>,
    /// Whether it is the reader.
    pub you: bool,
    /// Whether they are of another company than the reader.
    pub outside: bool,
    /// Whether they take part.
    pub state: ParticipantState,
    /// How far they have read, where they let it be seen and the reader hears what is said as they do.
    pub read_seq: Option<i64>,
}

/// What ties the reader to the other person of an external direct room.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomContact {
    /// Whether the reader has saved them.
    pub saved: bool,
    /// As which contact.
    pub contact_id: Option<ContactId>,
    /// The reader's block of them, if there is one.
    pub block_id: Option<BlockId>,
}

/// A range of numbers, both ends included; null is the open end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct RangeView {
    /// The first number.
    pub from: i64,
    /// The last number.
    pub to: Option<i64>,
}

/// A room as one of its people sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomView {
    /// Its id.
    pub id: RoomId,
    /// Direct or group.
    pub kind: RoomKind,
    /// Its name; null in a direct room.
    pub name: Option<String>,
    /// Whether people of another company are in it.
    pub external: bool,
    /// Which kinds of outsiders are in it.
    pub networks: Vec<Network>,
    /// The companies in it.
    pub companies: Vec<RoomCompany>,
    /// The people in it.
    pub participants: Vec<ParticipantView>,
    /// How it stands for the reader.
    pub state: RoomStateView,
    /// The newest line that the reader may see.
    pub last_message: Option<MessageView>,
    /// Its number; 0 for none.
    pub last_seq: i64,
    /// How far the reader has read.
    pub read_seq: i64,
    /// How many messages of others the reader has not read, counted up to 1,000.
    pub unread_count: i64,
    /// What the reader may see.
    pub ranges: Vec<RangeView>,
    /// In an external direct room: what ties the reader to the other person.
    pub contact: Option<RoomContact>,
    /// When something was last said that the reader may know of.
    pub last_at: Timestamp,
}

/// What a reader may see of a room.
pub(crate) struct Access {
    pub room: Room,
    pub people: Vec<Participant>,
    pub me: Participant,
    /// Empty where their company hides rooms that froze.
    pub ranges: Vec<Range>,
}

impl Access {
    /// The newest number in the ranges; 0 for none. A range that was just opened may hold nothing yet.
    pub(crate) fn last_seq(&self) -> i64 {
        let newest = |r: &Range| Some(r.to.unwrap_or(self.room.last_seq)).filter(|&to| to >= r.from);
        self.ranges.iter().rev().find_map(newest).unwrap_or(0)
    }

    pub(crate) fn may_see(&self, seq: i64) -> bool {
        seq <= self.room.last_seq && self.ranges.iter().any(|r| r.contains(seq))
    }
}

impl App {
    /// The decision about a room as it stands in this transaction.
    pub(crate) async fn verdict(&self, tx: &mut Tx, room: &Room) -> Result<RoomVerdict, AppError> {
        let mut facts = Facts::new(Network::Partner, self.clock.now());
        let facts = facts.gathering(tx, room.kind, Some(room.id), &[]).await?;
        Ok(liaison_policy::judge_room(&facts))
    }

    /// What a member may see of a room; none where they are not in it. The decision for the verb `read`: participant,
    /// active (confirmed at sign-in), within their ranges, and as their own company has it for rooms that froze.
    pub(crate) async fn access(
        &self,
        tx: &mut Tx,
        member: MemberId,
        company: CompanyId,
        room: RoomId,
    ) -> Result<Option<Access>, AppError> {
        let Some(room) = rooms::find(tx, room).await? else { return Ok(None) };
        let people = participants::of_room(tx, room.id).await?;
        let Some(me) = people.iter().find(|p| p.member_id == member).cloned() else { return Ok(None) };
        let held = room.external && (room.status == RoomStatus::Frozen || me.standing == Standing::Paused);
        let hidden = held && companies::setting(tx, company, Network::Partner).await?.0.on_revoke == OnRevoke::Hidden;
        let ranges = if hidden { Vec::new() } else { participants::ranges(tx, room.id, member).await? };
        Ok(Some(Access { room, people, me, ranges }))
    }

    /// A room for one reader; none where they are not in it.
    pub(crate) async fn room_view(
        &self,
        tx: &mut Tx,
        member: MemberId,
        company: CompanyId,
        room: RoomId,
    ) -> Result<Option<RoomView>, AppError> {
        let Some(access) = self.access(tx, member, company, room).await? else { return Ok(None) };
        let contact = self.room_contact(tx, member, company, &access).await?;
        let blocked = contact.as_ref().is_some_and(|c| c.block_id.is_some());
        let state = state_for(&access, member, company, blocked);
        let last_seq = access.last_seq();
        let last_message =
            if access.may_see(last_seq) { messages::find(tx, access.room.id, last_seq).await? } else { None };
        let last_message = match last_message {
            Some(message) => {
                let author = self.author_of(tx, access.room.id, &message).await?;
                Some(log::view(message, author)?)
            }
            None => None,
        };
        let mut unread_count = 0;
        for range in &access.ranges {
            let from = range.from.max(access.me.read_seq + 1);
            let to = range.to.unwrap_or(access.room.last_seq);
            if from <= to {
                unread_count += messages::count_of_others(tx, access.room.id, member, from, to).await?;
            }
        }
        let open = access.room.status == RoomStatus::Open && access.me.closed_seq.is_none();
        let mut in_it: Vec<RoomCompany> = Vec::new();
        for p in &access.people {
            if !in_it.iter().any(|c| c.id == p.company_id) {
                in_it.push(RoomCompany {
                    id: p.company_id,
                    name: p.company_name.clone(),
                    domain: p.company_domain.clone(),
                    yours: p.company_id == company,
                });
            }
        }
        in_it.sort_by(|a, b| (!a.yours, &a.name).cmp(&(!b.yours, &b.name)));
        let participants =
            access.people.iter().map(|p| participant_view(p, &access, company, open, last_seq)).collect();
        Ok(Some(RoomView {
            id: access.room.id,
            kind: access.room.kind,
            name: access.room.name.clone(),
            external: access.room.external,
            networks: if access.room.external { vec![Network::Partner] } else { Vec::new() },
            companies: in_it,
            participants,
            last_at: last_message.as_ref().map_or(state.since, |m| m.sent_at),
            state,
            last_message,
            last_seq,
            read_seq: access.me.read_seq.min(last_seq),
            unread_count,
            ranges: access.ranges.iter().map(|r| RangeView { from: r.from, to: r.to }).collect(),
            contact,
        }))
    }

    async fn room_contact(
        &self,
        tx: &mut Tx,
        member: MemberId,
        company: CompanyId,
        access: &Access,
    ) -> Result<Option<RoomContact>, AppError> {
        if access.room.kind != RoomKind::Direct || !access.room.external {
            return Ok(None);
        }
        let Some(other) = access.people.iter().find(|p| p.company_id != company) else { return Ok(None) };
        let contact = contacts::find_by_outsider(tx, member, other.member_id).await?;
        // In the trash it is not saved: adding takes it out again.
        let contact = contact.filter(|c| c.trashed_at.is_none());
        let block = links::find_block(tx, member, other.member_id).await?;
        Ok(Some(RoomContact {
            saved: contact.is_some(),
            contact_id: contact.map(|c| c.id),
            block_id: block.map(|b| b.id),
        }))
    }

    /// Who wrote a line, as the room shows them: under the name kept at a freeze where the room froze for them.
    pub(crate) async fn author_of(
        &self,
        tx: &mut Tx,
        room: RoomId,
        message: &Message,
    ) -> Result<Option<Author>, AppError> {
        let Some(id) = message.author_id else { return Ok(None) };
        let author = participants::find_author(tx, room, id).await?;
        Ok(author.map(|(name, company_name)| Author { id, name, company_name }))
    }

    /// Whether a member holds the permission for a network, and why not.
    pub(crate) async fn permission(
        &self,
        tx: &mut Tx,
        member: MemberId,
        network: Network,
    ) -> Result<NetworkPermission, AppError> {
        let now = self.clock.now();
        let mut facts = Facts::new(network, now);
        let person = facts.person(tx, member).await?.ok_or(AppError::SignInRequired)?;
        let company = facts.company(tx, person.company).await?;
        let reasons = own_side(&person, &company, now).map_or_else(Vec::new, |d| d.seen_by(company.id, member));
        Ok(NetworkPermission { granted: reasons.is_empty(), reasons })
    }

    /// A member for a colleague.
    pub(crate) async fn member_view(&self, tx: &mut Tx, member: members::Member) -> Result<MemberView, AppError> {
        let teams = members::teams_of(tx, member.id).await?;
        Ok(MemberView {
            id: member.id,
            photo_url: photo_url(member.id, member.photo.as_deref()),
            handle: member.handle,
            name: member.name,
            nickname: member.nickname,
            title: member.title,
            role: member.role,
            status: member.status,
            email: member.email,
            phone: member.phone,
            teams: teams.into_iter().map(|(id, name)| TeamRef { id, name }).collect(),
            sign_in: None,
        })
    }
}

fn state_for(access: &Access, member: MemberId, company: CompanyId, blocked: bool) -> RoomStateView {
    use liaison_policy::reason::seen_by;
    let (status, since, reasons) = if access.room.status == RoomStatus::Frozen {
        (Status::Frozen, access.room.since, seen_by(&access.room.reasons, company, member))
    } else if access.me.standing == Standing::Paused {
        (Status::Paused, access.me.since, seen_by(&access.me.reasons, company, member))
    } else if blocked {
        let own = liaison_policy::Reason { code: liaison_policy::Code::Blocked, company, person: Some(member) };
        (Status::Paused, access.me.since, seen_by(&[own], company, member))
    } else {
        (Status::Open, access.room.since, Vec::new())
    };
    RoomStateView { status, since, reasons }
}

fn participant_view(
    p: &Participant,
    access: &Access,
    company: CompanyId,
    open: bool,
    last_seq: i64,
) -> ParticipantView {
    let you = p.member_id == access.me.member_id;
    let outside = p.company_id != company;
    // Behind a freeze nothing of the other side is told anew: no photo, no title. Who is asked sees who asks (B2).
    let asked = access.room.asks(access.me.member_id);
    let sees_photo = !outside || asked || (open && p.standing == Standing::Active);
    let read_seq = if you { p.read_seq } else { p.shown_read_seq };
    // Nor is who no longer hears the room told how far those who go on have read.
    let sees_reading = you || (p.read_receipts && (access.me.closed_seq.is_none() || p.closed_seq.is_some()));
    ParticipantView {
        id: p.member_id,
        kind: ParticipantKind::Member,
        name: p.name.clone(),
        title: if outside { None } else { p.title.clone() },
        company_id: p.company_id,
        company_name: p.company_name.clone(),
        photo_url: photo_url(p.member_id, p.photo.as_deref().filter(|_| sees_photo)),
        you,
        outside,
        state: if p.standing == Standing::Paused { ParticipantState::Paused } else { ParticipantState::Active },
        read_seq: sees_reading.then_some(read_seq.min(last_seq)),
    }
}
