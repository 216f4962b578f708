//! Opening rooms, who is in them, and reading them.

use crate::audit::{Act, category};
use crate::error::AppError;
use crate::log::{self, MessageView, Notice, NoticeType};
use crate::views::{Access, RoomView};
use crate::work::{Event, Work};
use crate::{Actor, App};
use liaison_domain::{CompanyId, ContactId, MemberId, Network, RoomId, RoomKind, clean_name};
use liaison_policy::{judge_join, judge_opening};
use liaison_store::facts::Facts;
use liaison_store::participants::{self, Standing};
use liaison_store::rooms::{self, ListKey, NewRoom};
use liaison_store::{contacts, members, messages};
use std::sync::Arc;

/// The most characters of a group's name.
pub const MAX_ROOM_NAME: usize = 100;

/// Whom to bring together.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// Colleagues.
    pub members: Vec<MemberId>,
    /// The actor's own contacts.
    pub contacts: Vec<ContactId>,
    /// A name makes it a group, even of two.
    pub name: Option<String>,
    /// Several unrelated outsiders in one room are meant.
    pub confirmed: bool,
}

/// From where a newcomer may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum History {
    /// From joining on.
    #[default]
    FromJoin,
    /// From a line on that the host sees.
    FromSeq(i64),
}

/// A page of a room's log.
#[derive(Debug, Clone)]
pub struct Page {
    /// Lines, by number.
    pub items: Vec<MessageView>,
    /// Whether there are older ones.
    pub has_more_before: bool,
    /// Whether there are newer ones.
    pub has_more_after: bool,
}

/// Which part of a room's log.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// The newest lines.
    Newest,
    /// The newest before a number.
    Before(i64),
    /// The oldest after a number.
    After(i64),
}

fn check_name(name: &str) -> Result<String, AppError> {
    clean_name(name, MAX_ROOM_NAME).map_err(|e| AppError::field("/name", "NAME", e.to_string()))
}

impl App {
    /// Opens a room. Exactly one other person and no name: their direct room, the existing one if there is one.
    /// Answers the room and whether it is new.
    ///
    /// # Errors
    /// Where somebody named is not there for the actor, the decision refuses, or the audience needs confirming.
    pub async fn open_room(&self, actor: &Actor, opening: Opening) -> Result<(RoomView, bool), AppError> {
        let outcome = self.try_open_room(actor, opening).await;
        self.note_refusal(actor, "room.refused", None, outcome).await
    }

    async fn try_open_room(&self, actor: &Actor, opening: Opening) -> Result<(RoomView, bool), AppError> {
        let name = opening.name.as_deref().map(check_name).transpose()?;
        let mut work = self.begin_as(actor).await?;
        let people = self.named(&mut work, actor, &opening.members, &opening.contacts).await?;
        if people.is_empty() {
            return Err(AppError::field(
                "/memberIds",
                "EMPTY",
                "names at least one other person, here or in contactIds",
            ));
        }
        let (id, created) = match (people.as_slice(), &name) {
            ([other], None) => {
                let known = rooms::find_direct(&mut work.tx, actor.id, *other).await?;
                match known {
                    Some(room) => (room.id, false),
                    None => (self.direct_room(&mut work, actor, *other).await?, true),
                }
            }
            _ => (self.group(&mut work, actor, &people, name.as_deref(), opening.confirmed).await?, true),
        };
        let view = self.room_view(&mut work.tx, actor.id, actor.company, id).await?.ok_or(AppError::NotFound)?;
        if created {
            let everybody: Arc<[MemberId]> = view.participants.iter().map(|p| p.id).collect();
            work.events.push(Event::Room { to: everybody, room: id });
            self.finish(work).await?;
        }
        Ok((view, created))
    }

    /// The people behind ids of colleagues and of the actor's contacts, without the actor and without repetition.
    async fn named(
        &self,
        work: &mut Work,
        actor: &Actor,
        colleagues: &[MemberId],
        own_contacts: &[ContactId],
    ) -> Result<Vec<MemberId>, AppError> {
        let mut people = Vec::new();
        for (i, &id) in colleagues.iter().enumerate() {
            let member = members::find(&mut work.tx, id).await?.filter(|m| m.company_id == actor.company);
            if member.is_none() {
                let pointer = format!("/memberIds/{i}");
                return Err(AppError::field(pointer, "NOT_FOUND", "is not a member of your company"));
            }
            people.push(id);
        }
        for (i, &id) in own_contacts.iter().enumerate() {
            let contact = contacts::find(&mut work.tx, id).await?.filter(|c| c.owner_id == actor.id);
            let Some(outsider) = contact.and_then(|c| c.active_outsider()) else {
                return Err(AppError::field(
                    format!("/contactIds/{i}"),
                    "NOT_FOUND",
                    "is not a contact of yours with whom one can chat",
                ));
            };
            people.push(outsider);
        }
        people.retain(|id| *id != actor.id);
        people.sort_unstable();
        people.dedup();
        Ok(people)
    }

    async fn group(
        &self,
        work: &mut Work,
        actor: &Actor,
        others: &[MemberId],
        name: Option<&str>,
        confirmed: bool,
    ) -> Result<RoomId, AppError> {
        let mut everybody = vec![actor.id];
        everybody.extend(others);
        let mut facts = Facts::new(Network::Partner, work.now);
        let facts = facts.gathering(&mut work.tx, RoomKind::Group, None, &everybody).await?;
        let permit = judge_opening(&facts, actor.id).map_err(|denial| AppError::denied(&denial, actor))?;
        let outside = facts.companies.iter().filter(|c| c.id != actor.company).count();
        if outside > 1 && !confirmed {
            return Err(AppError::Conflict {
                code: "CONFIRM_AUDIENCE",
                detail: format!(
                    "People of {outside} other companies would read each other in one room. Confirm, or open separate rooms."
                ),
            });
        }
        let id = RoomId::new(&*self.clock);
        let external = facts.is_external();
        let room = NewRoom { id, kind: RoomKind::Group, name, direct_key: None, external, created_by: Some(actor.id) };
        rooms::insert(&mut work.tx, permit, room, work.now, work.position).await?;
        for person in &facts.people {
            participants::insert(&mut work.tx, id, person.id, person.company, 1, work.now).await?;
        }
        let by_name = members::find(&mut work.tx, actor.id).await?.map(|m| m.name);
        let notice = Notice { by_id: Some(actor.id), by_name, ..Notice::of(NoticeType::Created) };
        self.write_notice(work, id, &notice, everybody).await?;
        rooms::touch_policy(&mut work.tx, id, work.position).await?;
        if external {
            let companies: Vec<CompanyId> = facts.companies.iter().map(|c| c.id).collect();
            self.audit_companies(work, actor, "room.opened", id, &companies, &[]).await?;
        }
        Ok(id)
    }

    /// An entry in the log of each of these companies; only the actor's own names who acted and whom it concerned.
    async fn audit_companies(
        &self,
        work: &mut Work,
        actor: &Actor,
        action: &'static str,
        room: RoomId,
        companies: &[CompanyId],
        people: &[MemberId],
    ) -> Result<(), AppError> {
        for &company in companies {
            let own = company == actor.company;
            let act = Act {
                category: category::EXTERNAL,
                action,
                actor: own.then_some(actor),
                target: Some(room.to_string()),
                details: if own { serde_json::json!({ "memberIds": people }) } else { serde_json::json!({}) },
            };
            work.audit(&*self.clock, company, act).await?;
        }
        Ok(())
    }

    /// A page of the actor's rooms, most recently active first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list_rooms(
        &self,
        actor: &Actor,
        external_only: bool,
        after: Option<ListKey>,
        limit: i64,
    ) -> Result<(Vec<RoomView>, Option<ListKey>), AppError> {
        let mut tx = self.db.read().await?;
        let keys = rooms::list_of(&mut tx, actor.id, external_only, after, limit + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(0);
        let next = (keys.len() > limit).then(|| keys[limit - 1].0);
        let mut views = Vec::with_capacity(keys.len());
        for (_, id) in keys.into_iter().take(limit) {
            views.extend(self.room_view(&mut tx, actor.id, actor.company, id).await?);
        }
        Ok((views, next))
    }

    /// One of the actor's rooms.
    ///
    /// # Errors
    /// Where they are not in it.
    pub async fn get_room(&self, actor: &Actor, id: RoomId) -> Result<RoomView, AppError> {
        let mut tx = self.db.read().await?;
        self.room_view(&mut tx, actor.id, actor.company, id).await?.ok_or(AppError::NotFound)
    }

    /// A part of a room's log, within the actor's ranges.
    ///
    /// # Errors
    /// Where they are not in it.
    pub async fn list_messages(&self, actor: &Actor, id: RoomId, part: Part, limit: i64) -> Result<Page, AppError> {
        let mut tx = self.db.read().await?;
        let access = self.access(&mut tx, actor.id, actor.company, id).await?.ok_or(AppError::NotFound)?;
        let mut lines = Vec::new();
        let left = |lines: &Vec<messages::Message>| limit + 1 - i64::try_from(lines.len()).unwrap_or(0);
        let forward = matches!(part, Part::After(_));
        if let Part::After(after) = part {
            for range in &access.ranges {
                let (from, to) = (range.from.max(after.saturating_add(1)), range.to.unwrap_or(i64::MAX));
                if from <= to && left(&lines) > 0 {
                    let page = messages::first_of(&mut tx, id, from, to, left(&lines)).await?;
                    lines.extend(page);
                }
            }
        } else {
            let before = if let Part::Before(before) = part { before } else { i64::MAX };
            for range in access.ranges.iter().rev() {
                let (from, to) = (range.from, range.to.unwrap_or(i64::MAX).min(before.saturating_sub(1)));
                if from <= to && left(&lines) > 0 {
                    let page = messages::last_of(&mut tx, id, from, to, left(&lines)).await?;
                    lines.extend(page);
                }
            }
        }
        let more = lines.len() > usize::try_from(limit).unwrap_or(0);
        lines.truncate(usize::try_from(limit).unwrap_or(0));
        if !forward {
            lines.reverse();
        }
        let first_visible = access.ranges.first().map_or(1, |r| r.from);
        let (first, last) = (lines.first().map(|m| m.seq), lines.last().map(|m| m.seq));
        let has_more_before = if forward { first.is_some_and(|seq| seq > first_visible) } else { more };
        let has_more_after = if forward { more } else { last.is_some_and(|seq| seq < access.last_seq()) };
        let mut items = Vec::with_capacity(lines.len());
        for line in lines {
            let author = self.author_of(&mut tx, id, &line).await?;
            items.push(log::view(line, author)?);
        }
        Ok(Page { items, has_more_before, has_more_after })
    }

    /// Gives a group another name.
    ///
    /// # Errors
    /// Where it is not the actor's, is direct, or the actor may not write in it.
    pub async fn rename_room(&self, actor: &Actor, id: RoomId, name: &str) -> Result<RoomView, AppError> {
        let name = check_name(name)?;
        let mut work = self.begin_as(actor).await?;
        let access = self.group_of(&mut work, actor, id).await?;
        let verdict = self.verdict(&mut work.tx, &access.room).await?;
        let _permit = verdict.may_send(actor.id, work.now).map_err(|denial| AppError::denied(&denial, actor))?;
        rooms::set_name(&mut work.tx, id, &name).await?;
        let by_name = Some(access.me.name.clone());
        let notice = Notice { by_id: Some(actor.id), by_name, text: Some(name), ..Notice::of(NoticeType::Renamed) };
        let to = hearing(&access);
        self.write_notice(&mut work, id, &notice, to).await?;
        rooms::touch_policy(&mut work.tx, id, work.position).await?;
        tell_room(&mut work, &access);
        let view = self.room_view(&mut work.tx, actor.id, actor.company, id).await?.ok_or(AppError::NotFound)?;
        self.finish(work).await?;
        Ok(view)
    }

    async fn group_of(&self, work: &mut Work, actor: &Actor, id: RoomId) -> Result<Access, AppError> {
        let access = self.access(&mut work.tx, actor.id, actor.company, id).await?.ok_or(AppError::NotFound)?;
        if access.room.kind == RoomKind::Direct {
            return Err(AppError::Conflict {
                code: "DIRECT_ROOM",
                detail: "A direct room has two people and no name. Open a group for more.".into(),
            });
        }
        Ok(access)
    }

    /// Lets people into a group: colleagues, and outsiders the actor has a live link with.
    ///
    /// # Errors
    /// Where it is not the actor's group, somebody named is not there for them, or the decision refuses.
    pub async fn add_participants(
        &self,
        actor: &Actor,
        id: RoomId,
        colleagues: &[MemberId],
        own_contacts: &[ContactId],
        history: History,
    ) -> Result<RoomView, AppError> {
        let outcome = self.try_add_participants(actor, id, colleagues, own_contacts, history).await;
        self.note_refusal(actor, "room.refused", Some(id.to_string()), outcome).await
    }

    async fn try_add_participants(
        &self,
        actor: &Actor,
        id: RoomId,
        colleagues: &[MemberId],
        own_contacts: &[ContactId],
        history: History,
    ) -> Result<RoomView, AppError> {
        let mut work = self.begin_as(actor).await?;
        let access = self.group_of(&mut work, actor, id).await?;
        let mut newcomers = self.named(&mut work, actor, colleagues, own_contacts).await?;
        newcomers.retain(|n| !access.people.iter().any(|p| p.member_id == *n));
        if newcomers.is_empty() {
            return Err(AppError::field("/memberIds", "EMPTY", "names at least one person who is not in the room yet"));
        }
        if let History::FromSeq(seq) = history {
            // Nobody shows more of a room than they see, and nothing across a gap of their own.
            let open = access.ranges.iter().find(|r| r.to.is_none());
            if !open.is_some_and(|r| r.contains(seq)) || seq > access.room.last_seq {
                return Err(AppError::field("/history/fromSeq", "RANGE", "is the number of a line that you can see"));
            }
        }
        let mut facts = Facts::new(Network::Partner, work.now);
        let facts = facts.gathering(&mut work.tx, RoomKind::Group, Some(id), &newcomers).await?;
        let permit = judge_join(&facts, actor.id, &newcomers).map_err(|denial| AppError::denied(&denial, actor))?;
        let mut names = Vec::new();
        let mut entering = Vec::new();
        for &newcomer in &newcomers {
            let member = members::find(&mut work.tx, newcomer).await?.ok_or(AppError::NotFound)?;
            names.push(member.name);
            entering.push((newcomer, member.company_id));
        }
        let notice = Notice {
            member_ids: newcomers.clone(),
            names,
            by_id: Some(actor.id),
            by_name: Some(access.me.name.clone()),
            ..Notice::of(NoticeType::Joined)
        };
        let mut to = hearing(&access);
        to.extend(&newcomers);
        let seq = self.write_notice(&mut work, id, &notice, to).await?;
        let from = if let History::FromSeq(from) = history { from } else { seq };
        participants::admit(&mut work.tx, permit, id, &entering, from, work.now).await?;
        if facts.is_external() != access.room.external {
            rooms::set_external(&mut work.tx, id, facts.is_external()).await?;
        }
        rooms::touch_policy(&mut work.tx, id, work.position).await?;
        self.reassess(&mut work, Some(actor), &[id]).await?;
        if facts.is_external() {
            let companies: Vec<CompanyId> = facts.companies.iter().map(|c| c.id).collect();
            self.audit_companies(&mut work, actor, "room.joined", id, &companies, &newcomers).await?;
        }
        let everybody: Arc<[MemberId]> = facts.people.iter().map(|p| p.id).collect();
        work.events.push(Event::Room { to: everybody, room: id });
        let view = self.room_view(&mut work.tx, actor.id, actor.company, id).await?.ok_or(AppError::NotFound)?;
        self.finish(work).await?;
        Ok(view)
    }

    /// Takes somebody out of a group: oneself, or somebody of one's own company.
    ///
    /// # Errors
    /// Where it is not the actor's group, or the person is of another company.
    pub async fn remove_participant(&self, actor: &Actor, id: RoomId, whom: MemberId) -> Result<(), AppError> {
        let mut work = self.begin_as(actor).await?;
        let access = self.group_of(&mut work, actor, id).await?;
        let person = access.people.iter().find(|p| p.member_id == whom).ok_or(AppError::NotFound)?;
        if person.company_id != actor.company {
            return Err(AppError::Forbidden(
                "somebody of that person's company, or the person themselves, not a member",
            ));
        }
        let kind = if whom == actor.id { NoticeType::Left } else { NoticeType::Removed };
        let notice = Notice {
            member_ids: vec![whom],
            names: vec![person.name.clone()],
            by_id: Some(actor.id),
            by_name: Some(access.me.name.clone()),
            ..Notice::of(kind)
        };
        let seq = self.write_notice(&mut work, id, &notice, hearing(&access)).await?;
        participants::close(&mut work.tx, id, whom, seq, work.now).await?;
        participants::set_standing(&mut work.tx, id, whom, Standing::Left, &[], work.now).await?;
        let left: Vec<CompanyId> = access.people.iter().filter(|p| p.member_id != whom).map(|p| p.company_id).collect();
        let external = left.iter().any(|c| *c != left[0]);
        if external != access.room.external {
            rooms::set_external(&mut work.tx, id, external).await?;
        }
        rooms::touch_policy(&mut work.tx, id, work.position).await?;
        // Whose leaving made it possible again: a room that two companies froze thaws when one of them has gone.
        self.reassess(&mut work, Some(actor), &[id]).await?;
        if access.room.external {
            let mut companies: Vec<CompanyId> = access.people.iter().map(|p| p.company_id).collect();
            companies.sort_unstable();
            companies.dedup();
            self.audit_companies(&mut work, actor, "room.left", id, &companies, &[whom]).await?;
        }
        tell_room(&mut work, &access);
        self.finish(work).await
    }
}

fn tell_room(work: &mut Work, access: &Access) {
    let to: Arc<[MemberId]> = access.people.iter().map(|p| p.member_id).collect();
    work.events.push(Event::Room { to, room: access.room.id });
}

fn hearing(access: &Access) -> Vec<MemberId> {
    access.people.iter().filter(|p| p.closed_seq.is_none()).map(|p| p.member_id).collect()
}
