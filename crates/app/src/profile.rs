//! Faces: people's photos and a company's logo, and telling everybody who sees them that they have changed.

use crate::audit::{Act, category};
use crate::companies::CompanyView;
use crate::error::AppError;
use crate::members::MeView;
use crate::pictures::{Shape, named};
use crate::views::MemberView;
use crate::work::{Event, Work};
use crate::{Actor, App};
use bytes::Bytes;
use liaison_domain::{CompanyId, MemberId};
use liaison_policy::RoomStatus;
use liaison_store::members::{self, Member, Photo};
use liaison_store::{companies, contacts, participants, rooms};
use std::sync::Arc;

impl App {
    /// Sets one's own photo, or takes it away.
    ///
    /// # Errors
    /// Where what was sent is no picture of ours.
    pub async fn change_own_photo(&self, actor: &Actor, upload: Option<Bytes>) -> Result<MeView, AppError> {
        let photo = self.drawn(upload, Shape::Square).await?;
        let mut work = self.begin_as(actor).await?;
        let me = members::find(&mut work.tx, actor.id).await?.ok_or(AppError::SignInRequired)?;
        self.put_photo(&mut work, &me, photo).await?;
        let view = self.me_view(&mut work.tx, actor).await?;
        self.finish(work).await?;
        Ok(view)
    }

    /// Sets a colleague's photo as an administrator, or takes it away.
    ///
    /// # Errors
    /// Where the actor may not, there is no such member, or what was sent is no picture of ours.
    pub async fn change_photo(
        &self,
        actor: &Actor,
        id: MemberId,
        upload: Option<Bytes>,
    ) -> Result<MemberView, AppError> {
        actor.must_administer()?;
        // Asked first, so that nothing is decoded for an id of nobody.
        self.get_member(actor, id).await?;
        let photo = self.drawn(upload, Shape::Square).await?;
        let mut work = self.begin_as(actor).await?;
        let found = members::find(&mut work.tx, id).await?.filter(|m| m.company_id == actor.company);
        let member = found.ok_or(AppError::NotFound)?;
        let action = if photo.is_some() { "photo.changed" } else { "photo.removed" };
        if self.put_photo(&mut work, &member, photo).await? {
            let (target, details) = (Some(id.to_string()), serde_json::json!({}));
            let act = Act { category: category::MEMBERS, action, actor: Some(actor), target, details };
            work.audit(&*self.clock, actor.company, act).await?;
        }
        let after = members::find(&mut work.tx, id).await?.ok_or(AppError::NotFound)?;
        let view = self.member_view(&mut work.tx, after).await?;
        self.finish(work).await?;
        Ok(view)
    }

    /// The logo of the actor's company.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn company_logo(&self, actor: &Actor) -> Result<Photo, AppError> {
        let mut tx = self.db.read().await?;
        companies::find_logo(&mut tx, actor.company).await?.map(named).ok_or(AppError::NotFound)
    }

    /// Sets the company's logo, or takes it away.
    ///
    /// # Errors
    /// Where the actor may not, or what was sent is no picture of ours.
    pub async fn change_logo(&self, actor: &Actor, upload: Option<Bytes>) -> Result<CompanyView, AppError> {
        actor.must_administer()?;
        let logo = self.drawn(upload, Shape::Whole).await?;
        let mut work = self.begin_as(actor).await?;
        let before = companies::find(&mut work.tx, actor.company).await?.ok_or(AppError::NotFound)?;
        if before.logo != logo.as_ref().map(|l| l.digest.clone()) {
            companies::set_logo(&mut work.tx, actor.company, logo.as_ref()).await?;
            let action = if logo.is_some() { "logo.changed" } else { "logo.removed" };
            let (target, details) = (Some(actor.company.to_string()), serde_json::json!({}));
            let act = Act { category: category::COMPANY, action, actor: Some(actor), target, details };
            work.audit(&*self.clock, actor.company, act).await?;
            self.tell_company(&mut work, actor.company).await?;
        }
        let after = companies::find(&mut work.tx, actor.company).await?.ok_or(AppError::NotFound)?;
        self.finish(work).await?;
        Ok(CompanyView::of(&after))
    }

    async fn drawn(&self, upload: Option<Bytes>, shape: Shape) -> Result<Option<Photo>, AppError> {
        match upload {
            Some(upload) => Ok(Some(self.draw_anew(upload, shape).await?.into())),
            None => Ok(None),
        }
    }

    /// Answers whether that changed anything.
    async fn put_photo(&self, work: &mut Work, member: &Member, photo: Option<Photo>) -> Result<bool, AppError> {
        if member.photo == photo.as_ref().map(|p| p.digest.clone()) {
            return Ok(false);
        }
        match &photo {
            Some(photo) => members::set_photo(&mut work.tx, member.id, photo).await?,
            None => members::delete_photo(&mut work.tx, member.id).await?,
        }
        self.tell_profile(work, member.id).await?;
        Ok(true)
    }

    /// Tells a member's other screens and everybody who sees them in an open room or as a contact that name or photo
    /// have changed. Behind a freeze nothing is told anew (X-frozen).
    pub(crate) async fn tell_profile(&self, work: &mut Work, id: MemberId) -> Result<(), AppError> {
        members::touch_permission(&mut work.tx, id, work.position).await?;
        work.events.push(Event::Profile { to: id });
        let inside = rooms::of_member(&mut work.tx, id, false).await?;
        self.tell_rooms(work, &inside, |p| p.member_id == id).await?;
        for contact in contacts::standing_for(&mut work.tx, id).await? {
            let room = rooms::find_direct(&mut work.tx, contact.owner_id, id).await?;
            if room.is_some_and(|r| r.status == RoomStatus::Open) {
                contacts::touch(&mut work.tx, contact.id, work.position).await?;
                self.tell_contact(work, &contact).await?;
            }
        }
        Ok(())
    }

    /// Tells a company's members that its name, logo or time zone have changed.
    pub(crate) async fn tell_company(&self, work: &mut Work, id: CompanyId) -> Result<(), AppError> {
        companies::touch_permission(&mut work.tx, id, work.position).await?;
        work.events.push(Event::CompanyProfile { to: id });
        Ok(())
    }

    /// Tells those who hear what is said in these rooms, where the one it is about takes part. Whether that one has blocked
    /// somebody makes no difference: a picture that stood still would tell them.
    pub(crate) async fn tell_rooms(
        &self,
        work: &mut Work,
        inside: &[liaison_domain::RoomId],
        about: impl Fn(&participants::Participant) -> bool,
    ) -> Result<(), AppError> {
        for &room in inside {
            let open = rooms::find(&mut work.tx, room).await?.is_some_and(|r| r.status == RoomStatus::Open);
            let people = participants::of_room(&mut work.tx, room).await?;
            if !open || !people.iter().any(|p| about(p) && p.standing == participants::Standing::Active) {
                continue;
            }
            rooms::touch(&mut work.tx, room, work.position).await?;
            let to: Arc<[MemberId]> = people.iter().filter(|p| p.closed_seq.is_none()).map(|p| p.member_id).collect();
            work.events.push(Event::Room { to, room });
        }
        Ok(())
    }

    /// Gives a member of the demo a photo.
    ///
    /// # Errors
    /// Where the file is no picture of ours.
    pub async fn seed_photo(&self, id: MemberId, file: Bytes) -> Result<(), AppError> {
        let photo: Photo = self.draw_anew(file, Shape::Square).await?.into();
        let mut work = self.begin().await?;
        members::set_photo(&mut work.tx, id, &photo).await?;
        self.finish(work).await
    }

    /// Gives a company of the demo a logo.
    ///
    /// # Errors
    /// Where the file is no picture of ours.
    pub async fn seed_logo(&self, company: CompanyId, file: Bytes) -> Result<(), AppError> {
        let logo: Photo = self.draw_anew(file, Shape::Whole).await?.into();
        let mut work = self.begin().await?;
        companies::set_logo(&mut work.tx, company, Some(&logo)).await?;
        self.finish(work).await
    }
}
