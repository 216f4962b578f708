//! A contact as one reader sees it.

use super::{Visibility, may_edit, may_manage, viewer};
use crate::audit::Named;
use crate::error::AppError;
use crate::views::photo_url;
use crate::{Actor, App};
use liaison_domain::{ContactDetails, ContactId, ContactKind, MemberId, RoomId, Timestamp};
use liaison_policy::{RoomStatus, SeenReason, TieState};
use liaison_store::contacts::{self, Contact};
use liaison_store::{Tx, links, members, rooms};
use serde::Serialize;
use utoipa::ToSchema;

/// An entry of the contact book, as its reader sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the API")]
pub struct ContactView {
    /// Its id.
    pub id: ContactId,
    /// What kind of entry.
    pub kind: ContactKind,
    /// Whom it stands for: their member id in rooms. For the owner alone.
    pub outside_member_id: Option<MemberId>,
    /// The name.
    pub name: String,
    /// The nickname; that of an outsider follows the other side.
    pub nickname: Option<String>,
    /// The company; that of an outsider follows the other side.
    pub company_name: Option<String>,
    /// All else that can be edited.
    #[serde(flatten)]
    pub details: ContactDetails,
    /// Where the photo is: the contact's own, else the person's where the reader may see it.
    pub photo_url: Option<String>,
    /// Whether the photo is the contact's own and can be taken away.
    pub own_photo: bool,
    /// Who added it.
    pub owner: Named,
    /// Who sees it besides the owner.
    pub visibility: Visibility,
    /// Whether those it is shared with may edit it.
    pub colleagues_may_edit: bool,
    /// Whether the reader may edit its fields.
    pub may_edit: bool,
    /// Whether the reader may share, delete and restore it.
    pub may_manage: bool,
    /// How the link between owner and outsider stands; none in a plain contact.
    pub link: Option<LinkView>,
    /// Whether the name still follows the other side: until the owner gives another.
    pub name_synced: bool,
    /// When the synced fields last followed the other side.
    pub synced_at: Option<Timestamp>,
    /// Since when they no longer do.
    pub sync_stopped_at: Option<Timestamp>,
    /// Other contacts in the reader's sight that stand for the same person.
    pub same_person_ids: Vec<ContactId>,
    /// In use or in the trash.
    pub state: ContactState,
    /// Since when in the trash.
    pub trashed_at: Option<Timestamp>,
    /// Who put it there.
    pub trashed_by: Option<Named>,
    /// When it goes for good; none while a legal hold keeps it.
    pub purge_at: Option<Timestamp>,
    /// The owner's direct room; for the owner alone.
    pub room_id: Option<RoomId>,
    /// When it was added.
    pub added_at: Timestamp,
    /// Rises with each change of what can be edited; the `ETag`, for `If-Match`.
    pub version: i64,
}

/// Whether a contact is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContactState {
    /// In use.
    Active,
    /// In the trash.
    Trashed,
}

/// How a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// Chat is possible.
    Live,
    /// A rule is in the way.
    Frozen,
    /// One of the two ended it.
    Ended,
}

/// The tie to an outsider.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LinkView {
    /// How it stands.
    pub state: LinkState,
    /// Since when.
    pub since: Timestamp,
    /// Why not live; told to the owner alone.
    pub reasons: Vec<SeenReason>,
}

/// The days of a trash in milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;

impl App {
    /// A contact for one reader; none where it is not in their sight.
    pub(crate) async fn seen_contact(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        id: ContactId,
    ) -> Result<Option<ContactView>, AppError> {
        match contacts::visible(tx, viewer(actor), id).await? {
            Some(contact) => Ok(Some(self.contact_view(tx, actor, &contact).await?)),
            None => Ok(None),
        }
    }

    /// A contact for one reader who sees it.
    pub(super) async fn contact_view(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        contact: &Contact,
    ) -> Result<ContactView, AppError> {
        let mine = contact.owner_id == actor.id;
        let shares = contacts::shares(tx, contact.id).await?;
        let mut names = crate::audit::Names::default();
        let owner = names.of(tx, Some(contact.owner_id)).await?.ok_or(AppError::NotFound)?;
        let purge_at = match contact.trashed_at {
            Some(at) => {
                let book = contacts::book(tx, contact.company_id).await?;
                (!book.legal_hold).then(|| at.plus_millis(book.trash_days * DAY_MS))
            }
            None => None,
        };
        let (mut link, mut room_id, mut same_person_ids, mut directory_photo) = (None, None, Vec::new(), None);
        if let Some(outsider) = contact.outsider_id {
            let (view, room) = self.link_view(tx, actor, contact, outsider).await?;
            (link, room_id) = (Some(view), room.filter(|_| mine));
            same_person_ids = contacts::same_person(tx, viewer(actor), outsider, contact.id).await?;
            let may_see = rooms::share_open_room(tx, actor.id, outsider).await?;
            let digest = if may_see { members::photo_digest(tx, outsider).await? } else { None };
            directory_photo = photo_url(outsider, digest.as_deref());
        }
        // The version in the address: a new photo is a new picture to every cache.
        let own = contact.has_photo.then(|| format!("/api/v1/contacts/{}/photo?v={}", contact.id, contact.version));
        Ok(ContactView {
            id: contact.id,
            kind: contact.kind,
            outside_member_id: contact.outsider_id.filter(|_| mine),
            name: contact.name.clone(),
            nickname: contact.nickname.clone(),
            company_name: contact.company_name.clone(),
            details: contact.details.clone(),
            photo_url: own.or(directory_photo),
            own_photo: contact.has_photo,
            owner,
            visibility: Visibility::of(contact.visibility, &shares),
            colleagues_may_edit: contact.colleagues_may_edit,
            may_edit: may_edit(actor, contact),
            may_manage: may_manage(actor, contact),
            link,
            name_synced: contact.kind != ContactKind::Plain && !contact.name_edited,
            synced_at: contact.synced_at,
            sync_stopped_at: contact.sync_stopped_at,
            same_person_ids,
            state: if contact.trashed_at.is_some() { ContactState::Trashed } else { ContactState::Active },
            trashed_at: contact.trashed_at,
            trashed_by: names.of(tx, contact.trashed_by).await?,
            purge_at,
            room_id,
            added_at: contact.created_at,
            version: contact.version,
        })
    }

    async fn link_view(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        contact: &Contact,
        outsider: MemberId,
    ) -> Result<(LinkView, Option<RoomId>), AppError> {
        let link = links::find(tx, contact.owner_id, outsider).await?;
        let room = rooms::find_direct(tx, contact.owner_id, outsider).await?;
        let frozen = room.as_ref().filter(|r| r.status == RoomStatus::Frozen);
        let reasons = match frozen {
            Some(room) if contact.owner_id == actor.id => {
                liaison_policy::reason::seen_by(&room.reasons, actor.company, actor.id)
            }
            _ => Vec::new(),
        };
        let made = link.map_or(contact.created_at, |l| l.since);
        // To the asker a declined first contact looks like one that still waits.
        let ended_by_owner =
            |l: &links::Link| l.state == TieState::Ended(contact.owner_id) || l.also_ended_by == Some(contact.owner_id);
        let waits = link.as_ref().is_some_and(|l| !l.accepted && !ended_by_owner(l));
        let (state, since) = match (link.map(|l| l.state), frozen) {
            (Some(TieState::Ended(_)), Some(room)) if waits => (LinkState::Frozen, room.since),
            (Some(TieState::Ended(_)) | None, _) => (LinkState::Ended, made),
            (Some(_), Some(room)) => (LinkState::Frozen, room.since),
            (Some(_), None) => (LinkState::Live, made),
        };
        Ok((LinkView { state, since, reasons }, room.map(|r| r.id)))
    }
}
