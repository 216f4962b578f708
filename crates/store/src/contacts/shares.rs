//! Who sees a contact, and who saw it before.

use super::Contact;
use crate::db::{StoreError, Tx};
use liaison_domain::{BookRange, CompanyId, ContactId, MemberId, TeamId};
use uuid::Uuid;

/// With whom a contact is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Share {
    /// A member.
    Member(MemberId),
    /// The members of a team, whoever they are.
    Team(TeamId),
}

/// With whom a contact is shared, members first.
///
/// # Errors
/// Where the database refuses.
pub async fn shares(tx: &mut Tx, id: ContactId) -> Result<Vec<Share>, StoreError> {
    let rows: Vec<(Uuid, String)> = tx
        .query("SELECT subject_id, subject_kind FROM contact_shares WHERE contact_id = $1 ORDER BY subject_kind, subject_id")
        .bind(id)
        .fetch_all()
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, kind)| if kind == "team" { Share::Team(id.into()) } else { Share::Member(id.into()) })
        .collect())
}

/// Shares a contact with these, and no others.
///
/// # Errors
/// Where the database refuses.
pub async fn set_shares(tx: &mut Tx, id: ContactId, with: &[Share]) -> Result<(), StoreError> {
    tx.query("DELETE FROM contact_shares WHERE contact_id = $1").bind(id).execute().await?;
    for share in with {
        let (subject, kind): (Uuid, &str) = match *share {
            Share::Member(id) => (id.into(), "member"),
            Share::Team(id) => (id.into(), "team"),
        };
        tx.query("INSERT INTO contact_shares (contact_id, subject_id, subject_kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(id)
            .bind(subject)
            .bind(kind)
            .execute()
            .await?;
    }
    Ok(())
}

/// Contacts shared with a team.
///
/// # Errors
/// Where the database refuses.
pub async fn shared_with_team(tx: &mut Tx, team: TeamId) -> Result<Vec<ContactId>, StoreError> {
    let rows: Vec<(Uuid,)> =
        tx.query("SELECT contact_id FROM contact_shares WHERE subject_id = $1").bind(team).fetch_all().await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// Everybody whom a contact concerns: its owner and all it is shared with, the trash not considered.
///
/// # Errors
/// Where the database refuses.
pub async fn audience(tx: &mut Tx, contact: &Contact) -> Result<Vec<MemberId>, StoreError> {
    let rows: Vec<(Uuid,)> = match contact.visibility {
        BookRange::Owner => Vec::new(),
        BookRange::Company => {
            tx.query("SELECT id FROM members WHERE company_id = $1").bind(contact.company_id).fetch_all().await?
        }
        BookRange::Members => {
            tx.query(
                "SELECT s.subject_id FROM contact_shares s WHERE s.contact_id = $1 AND s.subject_kind = 'member'
                 UNION SELECT t.member_id FROM contact_shares s JOIN team_members t ON t.team_id = s.subject_id
                 WHERE s.contact_id = $1",
            )
            .bind(contact.id)
            .fetch_all()
            .await?
        }
    };
    let mut people: Vec<MemberId> = rows.into_iter().map(|(id,)| id.into()).collect();
    people.push(contact.owner_id);
    people.sort_unstable();
    people.dedup();
    Ok(people)
}

/// Who of these are owners or security administrators.
///
/// # Errors
/// Where the database refuses.
pub async fn administrators(tx: &mut Tx, company: CompanyId) -> Result<Vec<MemberId>, StoreError> {
    let rows: Vec<(Uuid,)> = tx
        .query("SELECT id FROM members WHERE company_id = $1 AND role IN ('owner', 'security')")
        .bind(company)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// Notes that a contact came into sight, or went out of it, for a member.
///
/// # Errors
/// Where the database refuses.
pub async fn mark_sight(tx: &mut Tx, id: ContactId, member: MemberId, position: i64) -> Result<(), StoreError> {
    mark(tx, id, member.into(), position).await
}

/// Notes the same for all members of a company.
///
/// # Errors
/// Where the database refuses.
pub async fn mark_sight_of_company(
    tx: &mut Tx,
    id: ContactId,
    company: CompanyId,
    position: i64,
) -> Result<(), StoreError> {
    mark(tx, id, company.into(), position).await
}

async fn mark(tx: &mut Tx, id: ContactId, subject: Uuid, position: i64) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO contact_sights (subject_id, contact_id, position) VALUES ($1, $2, $3)
         ON CONFLICT (subject_id, contact_id) DO UPDATE SET position = excluded.position",
    )
    .bind(subject)
    .bind(id)
    .bind(position)
    .execute()
    .await?;
    Ok(())
}

/// Contacts that came into a member's sight, or went out of it, after a position.
///
/// # Errors
/// Where the database refuses.
pub async fn sights_after(
    tx: &mut Tx,
    member: MemberId,
    company: CompanyId,
    position: i64,
) -> Result<Vec<ContactId>, StoreError> {
    let rows: Vec<(Uuid,)> = tx
        .query(
            "SELECT DISTINCT contact_id FROM contact_sights WHERE position > $3 AND (subject_id = $1 OR subject_id = $2)",
        )
        .bind(member)
        .bind(company)
        .bind(position)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}
