//! Loads what the decision is made from, in the transaction that acts on it (I-02).

use crate::companies;
use crate::db::{StoreError, Tx};
use crate::grants;
use crate::links;
use crate::participants;
use crate::rooms;
use liaison_domain::{CompanyId, MemberId, Network, RoomId, RoomKind, Timestamp};
use liaison_policy::{Block, CompanyFacts, PairFacts, PersonFacts, RoomFacts, RoomLimits};
use std::collections::HashMap;
use uuid::Uuid;

/// Loads facts and keeps, for as long as it lives, those of companies and people, so that looking at a thousand rooms
/// of one company asks for the company once. Make a new one after writing any of them.
#[derive(Debug)]
pub struct Facts {
    now: Timestamp,
    network: Network,
    companies: HashMap<CompanyId, CompanyFacts>,
    people: HashMap<MemberId, PersonFacts>,
}

impl Facts {
    /// Nothing loaded yet; all will be judged for this moment.
    pub fn new(network: Network, now: Timestamp) -> Self {
        Self { now, network, companies: HashMap::new(), people: HashMap::new() }
    }

    /// The facts of a company.
    ///
    /// # Errors
    /// Where the database refuses or the company is unknown.
    pub async fn company(&mut self, tx: &mut Tx, id: CompanyId) -> Result<CompanyFacts, StoreError> {
        if let Some(known) = self.companies.get(&id) {
            return Ok(known.clone());
        }
        let row = companies::find(tx, id).await?.ok_or_else(|| StoreError::broken("company of a member"))?;
        let (setting, _) = companies::setting(tx, id, self.network).await?;
        let facts = CompanyFacts {
            id,
            domain: row.domain,
            active: row.active,
            entitled: row.entitled,
            setting,
            limits: RoomLimits::default(),
        };
        self.companies.insert(id, facts.clone());
        Ok(facts)
    }

    /// The facts of a person, if there is such a member.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn person(&mut self, tx: &mut Tx, id: MemberId) -> Result<Option<PersonFacts>, StoreError> {
        if let Some(known) = self.people.get(&id) {
            return Ok(Some(known.clone()));
        }
        let row: Option<(Uuid, String)> =
            tx.query("SELECT company_id, status FROM members WHERE id = $1").bind(id).fetch_optional().await?;
        let Some((company, status)) = row else { return Ok(None) };
        let entries = grants::concerning(tx, id, self.network).await?.into_iter().map(|g| g.entry).collect();
        let facts = PersonFacts { id, company: company.into(), active: status == "active", entries };
        self.people.insert(id, facts.clone());
        Ok(Some(facts))
    }

    /// The facts of two people of different companies. `None` where one of them does not exist.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn pair(
        &mut self,
        tx: &mut Tx,
        actor: MemberId,
        target: MemberId,
    ) -> Result<Option<PairFacts>, StoreError> {
        let (Some(actor), Some(target)) = (self.person(tx, actor).await?, self.person(tx, target).await?) else {
            return Ok(None);
        };
        let blocks = blocks_between(tx, actor.id, target.id).await?;
        let have_room = !blocks.is_empty() && rooms::find_direct(tx, actor.id, target.id).await?.is_some();
        Ok(Some(PairFacts {
            now: self.now,
            actor_company: self.company(tx, actor.company).await?,
            target_company: self.company(tx, target.company).await?,
            actor,
            target,
            have_room,
            blocks,
        }))
    }

    /// The facts of a room as it would be with these people in it: those of an existing room, if one is given, and
    /// newcomers.
    ///
    /// # Errors
    /// Where the database refuses, or one of them does not exist.
    pub async fn gathering(
        &mut self,
        tx: &mut Tx,
        kind: RoomKind,
        room: Option<RoomId>,
        newcomers: &[MemberId],
    ) -> Result<RoomFacts, StoreError> {
        let mut members = match room {
            Some(room) => participants::member_ids(tx, room).await?,
            None => Vec::new(),
        };
        let present = members.len();
        members.extend(newcomers.iter().filter(|id| !members.contains(id)).copied().collect::<Vec<_>>());
        let mut people = Vec::with_capacity(members.len());
        let mut companies: Vec<CompanyFacts> = Vec::new();
        for &member in &members {
            let person =
                self.person(tx, member).await?.ok_or_else(|| StoreError::broken("participant without member"))?;
            if !companies.iter().any(|c| c.id == person.company) {
                companies.push(self.company(tx, person.company).await?);
            }
            people.push(person);
        }
        let (mut ties, mut blocks) = (Vec::new(), Vec::new());
        if companies.len() > 1 {
            if let Some(room) = room {
                // Two statements for those already there, however many they are.
                ties = links::in_room(tx, room).await?;
                blocks = links::blocks_in_room(tx, room).await?;
            }
            for (i, y) in people.iter().enumerate().skip(present) {
                for x in people[..i].iter().filter(|x| x.company != y.company) {
                    let link = links::find(tx, x.id, y.id).await?;
                    if let Some(link) = link.filter(|l| kind == RoomKind::Direct || l.counts_in_groups()) {
                        ties.extend(link.ties(x.id, y.id));
                    }
                    blocks.extend(blocks_between(tx, x.id, y.id).await?);
                }
            }
        }
        Ok(RoomFacts { now: self.now, kind, companies, people, ties, blocks })
    }
}

async fn blocks_between(tx: &mut Tx, x: MemberId, y: MemberId) -> Result<Vec<Block>, StoreError> {
    let mut blocks = Vec::new();
    for (blocker, blocked) in [(x, y), (y, x)] {
        if links::find_block(tx, blocker, blocked).await?.is_some() {
            blocks.push(Block { blocker, blocked });
        }
    }
    Ok(blocks)
}
