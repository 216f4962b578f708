//! Invitations and cards: what opens them, how often, and who came in.

use crate::db::{StoreError, Tx};
use crate::value::word;
use liaison_domain::{CompanyId, InvitationId, InvitationKind, MemberId, Network, Timestamp};
use liaison_policy::{Invite, Permit};
use sqlx::FromRow;
use uuid::Uuid;

/// An invitation as stored.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The inviter's company.
    pub company: CompanyId,
    /// Who issued it.
    pub inviter: MemberId,
    /// For which network.
    pub network: Network,
    /// An invitation, or a card.
    pub kind: InvitationKind,
    /// The code, sealed; empty once it was revoked.
    pub sealed_code: Vec<u8>,
    /// What it is for, in the inviter's words; for their eyes alone.
    pub purpose: Option<String>,
    /// To whom it was mailed.
    pub email: Option<String>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// First moment it no longer counts; none for a card.
    pub expires_at: Option<Timestamp>,
    /// How many people may come in; none for any number.
    pub max_uses: Option<i64>,
    /// How many came in.
    pub uses: i64,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    company_id: Uuid,
    inviter_id: Uuid,
    network: String,
    kind: String,
    sealed_code: Vec<u8>,
    purpose: Option<String>,
    email: Option<String>,
    created_at: i64,
    expires_at: Option<i64>,
    max_uses: Option<i64>,
    uses: i64,
    revoked_at: Option<i64>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, company_id, inviter_id, network, kind, sealed_code, purpose, email, created_at, expires_at, \
             max_uses, uses, revoked_at FROM invitations ",
            $rest
        )
    };
}

fn read(row: Row) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: row.id.into(),
        company: row.company_id.into(),
        inviter: row.inviter_id.into(),
        network: word(&row.network)?,
        kind: word(&row.kind)?,
        sealed_code: row.sealed_code,
        purpose: row.purpose,
        email: row.email,
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: row.expires_at.map(Timestamp::from_millis),
        max_uses: row.max_uses,
        uses: row.uses,
        revoked_at: row.revoked_at.map(Timestamp::from_millis),
    })
}

/// Stores an invitation. Takes the proof that its inviter may invite.
///
/// # Errors
/// Where the database refuses.
pub async fn insert(tx: &mut Tx, permit: Permit<Invite>, new: &Invitation, code_hash: &[u8]) -> Result<(), StoreError> {
    let _ = permit;
    tx.query(
        "INSERT INTO invitations (id, company_id, inviter_id, network, kind, code_hash, sealed_code, purpose, email,
             created_at, expires_at, max_uses, uses)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)",
    )
    .bind(new.id)
    .bind(new.company)
    .bind(new.inviter)
    .bind(new.network)
    .bind(new.kind)
    .bind(code_hash)
    .bind(new.sealed_code.as_slice())
    .bind(new.purpose.as_deref())
    .bind(new.email.as_deref())
    .bind(new.created_at)
    .bind(new.expires_at)
    .bind(new.max_uses)
    .execute()
    .await?;
    Ok(())
}

/// An invitation by id.
///
/// # Errors
/// Where the database refuses.
pub async fn find(tx: &mut Tx, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
    let row: Option<Row> = tx.query(select!("WHERE id = $1")).bind(id).fetch_optional().await?;
    row.map(read).transpose()
}

/// The invitation that a code opens, alive or not.
///
/// # Errors
/// Where the database refuses.
pub async fn find_by_code(tx: &mut Tx, code_hash: &[u8]) -> Result<Option<Invitation>, StoreError> {
    let row: Option<Row> = tx.query(select!("WHERE code_hash = $1")).bind(code_hash).fetch_optional().await?;
    row.map(read).transpose()
}

/// An invitation, always the same: for work that must be the same whether a code opens anything or not.
///
/// # Errors
/// Where the database refuses.
pub async fn find_any(tx: &mut Tx) -> Result<Option<Invitation>, StoreError> {
    let row: Option<Row> = tx.query(select!("ORDER BY id LIMIT 1")).fetch_optional().await?;
    row.map(read).transpose()
}

/// A member's card.
///
/// # Errors
/// Where the database refuses.
pub async fn find_card(tx: &mut Tx, inviter: MemberId) -> Result<Option<Invitation>, StoreError> {
    let row: Option<Row> = tx
        .query(select!("WHERE inviter_id = $1 AND kind = 'card' AND revoked_at IS NULL"))
        .bind(inviter)
        .fetch_optional()
        .await?;
    row.map(read).transpose()
}

/// A page of a member's invitations, newest first, with the cards they gave up but without the one in use.
///
/// # Errors
/// Where the database refuses.
pub async fn list(
    tx: &mut Tx,
    inviter: MemberId,
    before: Option<InvitationId>,
    limit: i64,
) -> Result<Vec<Invitation>, StoreError> {
    let rows: Vec<Row> = tx
        .query(select!(
            "WHERE inviter_id = $1 AND (kind <> 'card' OR revoked_at IS NOT NULL) AND id < $2 \
             ORDER BY id DESC LIMIT $3"
        ))
        .bind(inviter)
        .bind(before.map_or(Uuid::max(), InvitationId::as_uuid))
        .bind(limit)
        .fetch_all()
        .await?;
    rows.into_iter().map(read).collect()
}

/// What a member has issued and not revoked.
///
/// # Errors
/// Where the database refuses.
pub async fn unrevoked(tx: &mut Tx, inviter: MemberId) -> Result<Vec<InvitationId>, StoreError> {
    let rows: Vec<(Uuid,)> = tx
        .query("SELECT id FROM invitations WHERE inviter_id = $1 AND revoked_at IS NULL ORDER BY id")
        .bind(inviter)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id.into()).collect())
}

/// Revokes an invitation for good. False where it was revoked before.
///
/// # Errors
/// Where the database refuses.
pub async fn revoke(tx: &mut Tx, id: InvitationId, now: Timestamp) -> Result<bool, StoreError> {
    let empty: &[u8] = &[];
    let n = tx
        .query("UPDATE invitations SET revoked_at = $2, sealed_code = $3 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(now)
        .bind(empty)
        .execute()
        .await?;
    Ok(n == 1)
}

/// Somebody who came in by an invitation.
#[derive(Debug, Clone)]
pub struct Use {
    /// Who.
    pub member: MemberId,
    /// Their name then.
    pub name: String,
    /// Their company's name then.
    pub company_name: String,
    /// When.
    pub at: Timestamp,
}

/// Counts one more person in, in the one statement that also asks whether there is a use left. Somebody who came in by
/// it before is not counted again. False where no use is left (I-46).
///
/// # Errors
/// Where the database refuses.
pub async fn count_in(tx: &mut Tx, permit: Permit<Invite>, id: InvitationId, who: &Use) -> Result<bool, StoreError> {
    let _ = permit;
    let fresh = tx
        .query(
            "INSERT INTO invitation_uses (invitation_id, member_id, name, company_name, at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (invitation_id, member_id) DO NOTHING",
        )
        .bind(id)
        .bind(who.member)
        .bind(who.name.as_str())
        .bind(who.company_name.as_str())
        .bind(who.at)
        .execute()
        .await?;
    if fresh == 0 {
        return Ok(true);
    }
    let n = tx
        .query(
            "UPDATE invitations SET uses = uses + 1
             WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
               AND (max_uses IS NULL OR uses < max_uses)",
        )
        .bind(id)
        .bind(who.at)
        .execute()
        .await?;
    Ok(n == 1)
}

/// A page of those who came in by an invitation, latest first, before `(moment, member)`.
///
/// # Errors
/// Where the database refuses.
pub async fn uses(
    tx: &mut Tx,
    id: InvitationId,
    before: Option<(Timestamp, MemberId)>,
    limit: i64,
) -> Result<Vec<Use>, StoreError> {
    let (at, member) = before.map_or((i64::MAX, Uuid::max()), |(at, member)| (at.as_millis(), member.as_uuid()));
    let rows: Vec<(Uuid, String, String, i64)> = tx
        .query(
            "SELECT member_id, name, company_name, at FROM invitation_uses
             WHERE invitation_id = $1 AND (at < $2 OR (at = $2 AND member_id < $3))
             ORDER BY at DESC, member_id DESC LIMIT $4",
        )
        .bind(id)
        .bind(at)
        .bind(member)
        .bind(limit)
        .fetch_all()
        .await?;
    Ok(rows
        .into_iter()
        .map(|(member, name, company_name, at)| Use {
            member: member.into(),
            name,
            company_name,
            at: Timestamp::from_millis(at),
        })
        .collect())
}
