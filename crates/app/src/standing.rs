//! Brings rooms to where the decision says they stand, in the transaction that changed a fact.
//!
//! Whoever changes a setting, grant, link, block or status calls [`App::reassess`] for the rooms concerned before
//! committing. So a revocation that was answered has already frozen what it freezes (I-03), with a notice in the log,
//! closed ranges, an audit entry on each side whose state changed, and a word to every open socket.

use crate::audit::{Act, category};
use crate::error::AppError;
use crate::log::{self, Notice, NoticeType, message_frame, to_json};
use crate::realtime::Cursor;
use crate::work::{Event, Work};
use crate::{Actor, App};
use liaison_domain::{CompanyId, MemberId, Network, OnRevoke, RoomId, RoomKind};
use liaison_policy::reason::Reason;
use liaison_policy::{RoomStatus, RoomVerdict, judge_room};
use liaison_store::facts::Facts;
use liaison_store::participants::{self, Participant, Standing};
use liaison_store::rooms::{self, Room};
use liaison_store::{companies, messages};
use std::collections::HashMap;
use std::sync::Arc;

/// What moves in one room.
struct Change {
    froze: bool,
    thawed: bool,
    paused: Vec<(MemberId, String)>,
    resumed: Vec<(MemberId, String)>,
    close: Vec<MemberId>,
    reopen: Vec<MemberId>,
}

fn compare(room: &Room, people: &[Participant], verdict: &RoomVerdict) -> Change {
    let mut change = Change {
        froze: room.status == RoomStatus::Open && verdict.status == RoomStatus::Frozen,
        thawed: room.status == RoomStatus::Frozen && verdict.status == RoomStatus::Open,
        paused: Vec::new(),
        resumed: Vec::new(),
        close: Vec::new(),
        reopen: Vec::new(),
    };
    for p in people {
        let pausing = verdict.paused.contains_key(&p.member_id);
        match (p.standing, pausing) {
            (Standing::Active, true) => change.paused.push((p.member_id, p.name.clone())),
            (Standing::Paused, false) => change.resumed.push((p.member_id, p.name.clone())),
            _ => {}
        }
        let hears = verdict.is_open_for(p.member_id) && !verdict.is_blocker(p.member_id);
        match (p.closed_seq.is_none(), hears) {
            (true, false) => change.close.push(p.member_id),
            (false, true) => change.reopen.push(p.member_id),
            _ => {}
        }
    }
    change
}

impl App {
    /// Looks at these rooms anew and writes what changed. `actor` is who caused it, none for time itself.
    pub(crate) async fn reassess(
        &self,
        work: &mut Work,
        actor: Option<&Actor>,
        rooms: &[RoomId],
    ) -> Result<(), AppError> {
        let mut facts = Facts::new(Network::Partner, work.now);
        for &room in rooms {
            self.reassess_room(work, &mut facts, actor, room).await?;
        }
        Ok(())
    }

    /// Looks anew at a direct room because one of its people blocked or unblocked the other: nobody else is told.
    pub(crate) async fn reassess_block(
        &self,
        work: &mut Work,
        blocker: MemberId,
        room: RoomId,
    ) -> Result<(), AppError> {
        let Some(room) = rooms::find(&mut work.tx, room).await? else { return Ok(()) };
        // The policy version alone: raising the room's position would show the blocked one that something moved.
        rooms::touch_policy(&mut work.tx, room.id, room.last_position).await?;
        let verdict = self.verdict(&mut work.tx, &room).await?;
        let people = participants::of_room(&mut work.tx, room.id).await?;
        let Some(me) = people.iter().find(|p| p.member_id == blocker) else { return Ok(()) };
        let hears = verdict.is_open_for(blocker) && !verdict.is_blocker(blocker);
        if me.closed_seq.is_none() && !hears {
            participants::close(&mut work.tx, room.id, blocker, room.last_seq, work.now).await?;
        } else if me.closed_seq.is_some() && hears {
            participants::reopen(&mut work.tx, room.id, blocker, room.last_seq + 1).await?;
        }
        participants::mark_since(&mut work.tx, room.id, blocker, work.now).await?;
        participants::touch(&mut work.tx, room.id, blocker, work.position).await?;
        Ok(())
    }

    /// Looks anew at a direct room whose first contact was declined by one of its people: it stays frozen, for another
    /// reason, and only they are told.
    pub(crate) async fn reassess_declined(
        &self,
        work: &mut Work,
        asked: MemberId,
        room: RoomId,
    ) -> Result<(), AppError> {
        let Some(room) = rooms::find(&mut work.tx, room).await? else { return Ok(()) };
        rooms::touch_policy(&mut work.tx, room.id, room.last_position).await?;
        let verdict = self.verdict(&mut work.tx, &room).await?;
        rooms::set_status(&mut work.tx, room.id, &verdict.status, &verdict.reasons, room.since).await?;
        participants::touch(&mut work.tx, room.id, asked, work.position).await?;
        Ok(())
    }

    async fn reassess_room(
        &self,
        work: &mut Work,
        facts: &mut Facts,
        actor: Option<&Actor>,
        room: RoomId,
    ) -> Result<(), AppError> {
        let Some(room) = rooms::find(&mut work.tx, room).await? else { return Ok(()) };
        let people = participants::of_room(&mut work.tx, room.id).await?;
        if people.is_empty() {
            return Ok(());
        }
        let gathered = facts.gathering(&mut work.tx, room.kind, Some(room.id), &[]).await?;
        let verdict = judge_room(&gathered);
        let change = compare(&room, &people, &verdict);
        let reasons_moved = room.reasons != verdict.reasons
            || people.iter().any(|p| p.reasons != verdict.paused.get(&p.member_id).cloned().unwrap_or_default());
        let moved = change.froze || change.thawed || !change.close.is_empty() || !change.reopen.is_empty();
        if !moved && !reasons_moved && change.paused.is_empty() && change.resumed.is_empty() {
            return Ok(());
        }

        let since = if change.froze || change.thawed { work.now } else { room.since };
        rooms::set_status(&mut work.tx, room.id, &verdict.status, &verdict.reasons, since).await?;
        for p in &people {
            let reasons: &[Reason] = verdict.paused.get(&p.member_id).map_or(&[], Vec::as_slice);
            let standing = if reasons.is_empty() { Standing::Active } else { Standing::Paused };
            if standing != p.standing || reasons != p.reasons {
                let since = if standing == p.standing { p.since } else { work.now };
                participants::set_standing(&mut work.tx, room.id, p.member_id, standing, reasons, since).await?;
            }
        }

        self.move_ranges(work, &room, &people, &change).await?;
        rooms::touch_policy(&mut work.tx, room.id, work.position).await?;
        self.audit_change(work, actor, &room, &people, &verdict, &change).await?;

        let everybody: Arc<[MemberId]> = people.iter().map(|p| p.member_id).collect();
        work.events.push(Event::Room { to: everybody, room: room.id });
        if room.kind == RoomKind::Direct && room.external && (change.froze || change.thawed || reasons_moved) {
            self.tell_contacts(work, &people).await?;
        }
        Ok(())
    }

    /// Writes the notices and closes or opens ranges around them. The notice of a closing is the last line that is
    /// seen, that of an opening the first.
    async fn move_ranges(
        &self,
        work: &mut Work,
        room: &Room,
        people: &[Participant],
        change: &Change,
    ) -> Result<(), AppError> {
        let notice = |kind, who: &[(MemberId, String)]| Notice {
            member_ids: who.iter().map(|(id, _)| *id).collect(),
            names: who.iter().map(|(_, name)| name.clone()).collect(),
            ..Notice::of(kind)
        };
        let external = room.external;
        let closing = if change.froze {
            Some(notice(NoticeType::Frozen, &[]))
        } else if external && !change.paused.is_empty() && !change.close.is_empty() {
            Some(notice(NoticeType::Paused, &change.paused))
        } else {
            None
        };
        let opening = if change.thawed {
            Some(notice(NoticeType::Thawed, &[]))
        } else if external && !change.resumed.is_empty() && !change.reopen.is_empty() {
            Some(notice(NoticeType::Resumed, &change.resumed))
        } else {
            None
        };
        let mut hearing: Vec<MemberId> =
            people.iter().filter(|p| p.closed_seq.is_none()).map(|p| p.member_id).collect();
        let mut last_seq = room.last_seq;
        if let Some(notice) = closing {
            let hidden = self.who_hides(work, people, &change.close).await?;
            let to: Vec<MemberId> = hearing.iter().filter(|id| !hidden.contains(id)).copied().collect();
            last_seq = self.write_notice(work, room.id, &notice, to).await?;
        }
        for &member in &change.close {
            participants::close(&mut work.tx, room.id, member, last_seq, work.now).await?;
        }
        hearing.retain(|id| !change.close.contains(id));
        hearing.extend(&change.reopen);
        let from = last_seq + 1;
        if let Some(notice) = opening {
            self.write_notice(work, room.id, &notice, hearing).await?;
        }
        for &member in &change.reopen {
            participants::reopen(&mut work.tx, room.id, member, from).await?;
        }
        Ok(())
    }

    /// Those whose company shows nothing of what froze for them.
    async fn who_hides(
        &self,
        work: &mut Work,
        people: &[Participant],
        closing: &[MemberId],
    ) -> Result<Vec<MemberId>, AppError> {
        let mut by_company: HashMap<CompanyId, bool> = HashMap::new();
        let mut hidden = Vec::new();
        for p in people.iter().filter(|p| closing.contains(&p.member_id)) {
            let hides = if let Some(known) = by_company.get(&p.company_id) {
                *known
            } else {
                let (setting, _) = companies::setting(&mut work.tx, p.company_id, Network::Partner).await?;
                by_company.insert(p.company_id, setting.on_revoke == OnRevoke::Hidden);
                setting.on_revoke == OnRevoke::Hidden
            };
            if hides {
                hidden.push(p.member_id);
            }
        }
        Ok(hidden)
    }

    /// Appends a notice to a room's log and tells these people. Answers its number.
    pub(crate) async fn write_notice(
        &self,
        work: &mut Work,
        room: RoomId,
        notice: &Notice,
        to: Vec<MemberId>,
    ) -> Result<i64, AppError> {
        let id = work.next_message_id(&*self.clock);
        let text = to_json(notice)?;
        let seq = messages::append_notice(&mut work.tx, room, id, &text, work.position, work.now).await?;
        let line = messages::Message {
            room_id: room,
            seq,
            id,
            position: work.position,
            sent_at: work.now,
            author_id: None,
            client_id: None,
            body: None,
            notice: Some(text),
        };
        let cursor = Cursor { generation: self.hub.generation().to_owned(), position: work.position, after: Some(id) };
        let frame = message_frame(&to_json(&log::view(line, None)?)?, &cursor.to_string());
        work.events.push(Event::Frame { to: to.into(), frame, message: Some(id) });
        Ok(seq)
    }

    /// One entry in the log of each company whose own state changed. The other side's reason is not in it.
    async fn audit_change(
        &self,
        work: &mut Work,
        actor: Option<&Actor>,
        room: &Room,
        people: &[Participant],
        verdict: &RoomVerdict,
        change: &Change,
    ) -> Result<(), AppError> {
        if !room.external {
            return Ok(());
        }
        let mut present: Vec<CompanyId> = people.iter().map(|p| p.company_id).collect();
        present.sort_unstable();
        present.dedup();
        for company in present {
            let own =
                |(id, _): &&(MemberId, String)| people.iter().any(|p| p.member_id == *id && p.company_id == company);
            let paused: Vec<MemberId> = change.paused.iter().filter(own).map(|(id, _)| *id).collect();
            let resumed: Vec<MemberId> = change.resumed.iter().filter(own).map(|(id, _)| *id).collect();
            let codes: Vec<&str> = verdict
                .reasons
                .iter()
                .map(|r| if r.company == company { r.code.as_str() } else { "OTHER_SIDE" })
                .collect();
            // Only the side that acted names who acted; the other sees that it happened.
            let actor = actor.filter(|a| a.company == company);
            for (happened, action, details) in [
                (change.froze, "room.frozen", serde_json::json!({ "reasons": codes })),
                (change.thawed, "room.thawed", serde_json::json!({})),
                (!paused.is_empty(), "room.paused", serde_json::json!({ "memberIds": paused })),
                (!resumed.is_empty(), "room.resumed", serde_json::json!({ "memberIds": resumed })),
            ] {
                if happened {
                    let target = Some(room.id.to_string());
                    let act = Act { category: category::EXTERNAL, action, actor, target, details };
                    work.audit(&*self.clock, company, act).await?;
                }
            }
        }
        Ok(())
    }

    /// The contacts of the two people of a direct room for each other stand differently too.
    async fn tell_contacts(&self, work: &mut Work, people: &[Participant]) -> Result<(), AppError> {
        match people {
            [a, b] => self.settle_contacts(work, (a.member_id, b.member_id)).await,
            _ => Ok(()),
        }
    }
}
