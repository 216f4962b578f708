//! Finding people outside, and who may see a face.

use crate::error::AppError;
use crate::pictures::named;
use crate::views::Access;
use crate::{Actor, App};
use liaison_domain::{Handle, InvitationId, MemberId, Network, PhoneNumber};
use liaison_policy::{Discover, PairFacts, Permit, judge_pair};
use liaison_store::facts::Facts;
use liaison_store::members::Photo;
use liaison_store::{Tx, companies, members, phones, rooms};
use serde::Serialize;
use utoipa::ToSchema;

/// How long a person reference serves, in milliseconds: long enough to read a card and decide.
const REFERENCE_MS: i64 = 15 * 60_000;

/// What an outsider sees of a member before a link exists (B2): photo, name, company, and nothing else.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonCard {
    /// Opaque, short-lived, bound to the asker, good for adding this person and nothing else.
    pub person_ref: String,
    /// Their name.
    pub name: String,
    /// Their company's name.
    pub company_name: String,
    /// Where their photo is, if they have one.
    pub photo_url: Option<String>,
}

/// By what somebody is looked up.
#[derive(Debug, Clone, Copy)]
pub enum Whom<'a> {
    /// A handle in full.
    Handle(&'a str),
    /// A phone number, in international form or in that of the actor's country.
    Phone(&'a str),
}

impl Whom<'_> {
    const fn word(self) -> &'static str {
        match self {
            Self::Handle(_) => "handle",
            Self::Phone(_) => "phone",
        }
    }
}

impl App {
    /// Looks a person of another company up. Whoever is unknown, not permitted, suspended, a colleague, or does not let
    /// themselves be found by phone answers the same, one's own missing permission included (L1, B4, I-05).
    ///
    /// The work is the same as well: where nobody is found, the facts of somebody else are loaded and judged.
    ///
    /// # Errors
    /// [`AppError::NotFound`] in every such case; too many lookups.
    pub async fn look_up(&self, actor: &Actor, whom: Whom<'_>) -> Result<PersonCard, AppError> {
        self.limits.count_lookup(actor, self.clock.now())?;
        metrics::counter!("liaison_lookups_total", "by" => whom.word()).increment(1);
        let mut tx = self.db.read().await?;
        self.confirm(&mut tx, actor).await?;
        let found = self.find_whom(&mut tx, actor, whom).await?;
        let stand_in = members::find_outsider(&mut tx, actor.company).await?;
        let judged = found.or(stand_in).ok_or(AppError::NotFound)?;
        let verdict = self.may_discover(&mut tx, actor, judged).await;
        let target = found.ok_or(AppError::NotFound)?;
        let permit = verdict?;
        if matches!(whom, Whom::Phone(_)) && !self.is_find_noted(&mut tx, actor, target).await? {
            drop(tx);
            return self.find_on_record(actor, whom).await;
        }
        self.card(&mut tx, permit, actor, target, None).await
    }

    /// The card of whoever issued an invitation. Adding them by it accepts the invitation. Where there is none, somebody
    /// else is judged, as in [`App::look_up`].
    pub(crate) async fn card_by_invitation(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        found: Option<(MemberId, InvitationId)>,
    ) -> Result<PersonCard, AppError> {
        let stand_in = members::find_outsider(tx, actor.company).await?;
        let judged = found.map(|(inviter, _)| inviter).or(stand_in).ok_or(AppError::NotFound)?;
        let verdict = self.may_discover(tx, actor, judged).await;
        let (inviter, invitation) = found.ok_or(AppError::NotFound)?;
        self.card(tx, verdict?, actor, inviter, Some(invitation)).await
    }

    /// Finds somebody and puts it on record, decided anew in the transaction that writes.
    async fn find_on_record(&self, actor: &Actor, whom: Whom<'_>) -> Result<PersonCard, AppError> {
        let mut work = self.begin().await?;
        self.confirm(&mut work.tx, actor).await?;
        let target = self.find_whom(&mut work.tx, actor, whom).await?.ok_or(AppError::NotFound)?;
        let permit = self.may_discover(&mut work.tx, actor, target).await?;
        self.note_find(&mut work, actor, target).await?;
        let card = self.card(&mut work.tx, permit, actor, target, None).await?;
        self.finish(work).await?;
        Ok(card)
    }

    /// Who it is, if there is such a person outside; whether they may be found is decided afterwards. What cannot be
    /// read is looked for like anything else.
    async fn find_whom(&self, tx: &mut Tx, actor: &Actor, whom: Whom<'_>) -> Result<Option<MemberId>, AppError> {
        match whom {
            Whom::Handle(handle) => {
                let handle = Handle::parse(handle);
                let member = members::find_by_handle(tx, handle.as_ref().map_or("", Handle::as_str)).await?;
                Ok(member.filter(|m| m.company_id != actor.company).map(|m| m.id))
            }
            Whom::Phone(text) => {
                let company = companies::find(tx, actor.company).await?.ok_or(AppError::SignInRequired)?;
                let number = PhoneNumber::parse(text, &company.country);
                let number = number.as_ref().map_or("", PhoneNumber::as_str);
                let since = self.proofs_since(self.clock.now());
                Ok(phones::find_searchable(tx, number, since, actor.company).await?)
            }
        }
    }

    async fn may_discover(&self, tx: &mut Tx, actor: &Actor, target: MemberId) -> Result<Permit<Discover>, AppError> {
        let pair = self.pair(tx, actor, target).await?;
        judge_pair(&pair).map_err(|_| AppError::NotFound)
    }

    /// The facts of the actor and a person of another company.
    pub(crate) async fn pair(&self, tx: &mut Tx, actor: &Actor, target: MemberId) -> Result<PairFacts, AppError> {
        let mut facts = Facts::new(Network::Partner, self.clock.now());
        let pair = facts.pair(tx, actor.id, target).await?.ok_or(AppError::NotFound)?;
        if pair.actor.company == pair.target.company {
            return Err(AppError::NotFound);
        }
        Ok(pair)
    }

    async fn card(
        &self,
        tx: &mut Tx,
        permit: Permit<Discover>,
        actor: &Actor,
        target: MemberId,
        by: Option<InvitationId>,
    ) -> Result<PersonCard, AppError> {
        let _ = permit;
        let target = members::find(tx, target).await?.ok_or(AppError::NotFound)?;
        let company = companies::find(tx, target.company_id).await?.ok_or(AppError::NotFound)?;
        let until = self.clock.now().plus_millis(REFERENCE_MS);
        let person_ref = self.sealer.person(target.id, by, actor.id, until);
        let person_ref = person_ref.ok_or_else(|| AppError::internal("sealing"))?;
        let photo_url = target.photo.as_ref().map(|_| format!("/api/v1/people/{person_ref}/photo"));
        Ok(PersonCard { person_ref, name: target.name, company_name: company.name, photo_url })
    }

    /// Whom a reference stands for, for this actor, and by which invitation they were found.
    pub(crate) fn referred(
        &self,
        actor: &Actor,
        reference: &str,
    ) -> Result<(MemberId, Option<InvitationId>), AppError> {
        self.sealer.open_person(reference, actor.id, self.clock.now()).ok_or(AppError::NotFound)
    }

    /// The photo on a person's card, decided anew.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where there is none that the actor may see.
    pub async fn card_photo(&self, actor: &Actor, reference: &str) -> Result<Photo, AppError> {
        let mut tx = self.db.read().await?;
        let (target, _) = self.referred(actor, reference)?;
        let _permit = self.may_discover(&mut tx, actor, target).await?;
        members::find_photo(&mut tx, target).await?.map(named).ok_or(AppError::NotFound)
    }

    /// A member's photo: for colleagues, for people in one open room with them, and for whom they ask for a contact.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where there is none that the actor may see.
    pub async fn member_photo(&self, actor: &Actor, id: MemberId) -> Result<Photo, AppError> {
        let mut tx = self.db.read().await?;
        let member = members::find(&mut tx, id).await?.ok_or(AppError::NotFound)?;
        if member.company_id != actor.company && !rooms::share_open_room(&mut tx, actor.id, id).await? {
            let asked = rooms::find_direct(&mut tx, actor.id, id).await?.is_some_and(|room| room.asks(actor.id));
            if !asked {
                return Err(AppError::NotFound);
            }
        }
        members::find_photo(&mut tx, id).await?.map(named).ok_or(AppError::NotFound)
    }

    /// The outsider that a participant of one of the actor's rooms is.
    pub(crate) fn outsider_in_room(
        access: &Access,
        actor: &Actor,
        participant: MemberId,
    ) -> Result<MemberId, AppError> {
        access
            .people
            .iter()
            .find(|p| p.member_id == participant && p.company_id != actor.company)
            .map(|p| p.member_id)
            .ok_or(AppError::NotFound)
    }
}
