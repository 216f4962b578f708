//! The grant list: who of a company is given or refused a network by name or by team.

use crate::db::{StoreError, Tx};
use crate::value::word;
use liaison_domain::{CompanyId, Effect, MemberId, Network, TeamId, Term, Timestamp};
use liaison_policy::{Entry, Source};
use sqlx::FromRow;
use uuid::Uuid;

/// Whom an entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// One person.
    Person(MemberId),
    /// Everybody in a team.
    Team(TeamId),
}

impl Subject {
    const fn parts(self) -> (Uuid, &'static str) {
        match self {
            Self::Person(id) => (id.as_uuid(), "person"),
            Self::Team(id) => (id.as_uuid(), "team"),
        }
    }
}

/// Writes an entry, replacing what stood there for the subject and network.
///
/// # Errors
/// Where the database refuses.
#[expect(clippy::too_many_arguments, reason = "one argument a column")]
pub async fn put(
    tx: &mut Tx,
    company: CompanyId,
    network: Network,
    subject: Subject,
    effect: Effect,
    term: Term,
    now: Timestamp,
    by: Option<MemberId>,
) -> Result<(), StoreError> {
    let (id, kind) = subject.parts();
    tx.query(
        "INSERT INTO grants (company_id, network, subject_id, subject_kind, effect, starts_at, ends_at, granted_at, granted_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (subject_id, network) DO UPDATE SET effect = excluded.effect, starts_at = excluded.starts_at,
             ends_at = excluded.ends_at, granted_at = excluded.granted_at, granted_by = excluded.granted_by",
    )
    .bind(company)
    .bind(network)
    .bind(id)
    .bind(kind)
    .bind(effect)
    .bind(term.starts_at)
    .bind(term.ends_at)
    .bind(now)
    .bind(by)
    .execute()
    .await?;
    Ok(())
}

/// Removes the entry of a subject, if there is one.
///
/// # Errors
/// Where the database refuses.
pub async fn remove(tx: &mut Tx, network: Network, subject: Subject) -> Result<(), StoreError> {
    tx.query("DELETE FROM grants WHERE subject_id = $1 AND network = $2")
        .bind(subject.parts().0)
        .bind(network)
        .execute()
        .await?;
    Ok(())
}

/// An entry of the list with who made it and when.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Person or team.
    pub source: Source,
    /// Its effect and term.
    pub entry: Entry,
    /// When it was made.
    pub granted_at: Timestamp,
    /// By whom; none where the operator or a setting did.
    pub granted_by: Option<MemberId>,
}

#[derive(FromRow)]
struct Row {
    subject_kind: String,
    effect: String,
    starts_at: Option<i64>,
    ends_at: Option<i64>,
    granted_at: i64,
    granted_by: Option<Uuid>,
}

impl TryFrom<Row> for Listed {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let source = if row.subject_kind == "person" { Source::Person } else { Source::Team };
        let effect: Effect = word(&row.effect)?;
        let term = Term {
            starts_at: row.starts_at.map(Timestamp::from_millis),
            ends_at: row.ends_at.map(Timestamp::from_millis),
        };
        Ok(Self {
            source,
            entry: Entry { source, effect, term },
            granted_at: Timestamp::from_millis(row.granted_at),
            granted_by: row.granted_by.map(Into::into),
        })
    }
}

/// Every entry that concerns a member, by name or through a team.
///
/// # Errors
/// Where the database refuses.
pub async fn concerning(tx: &mut Tx, member: MemberId, network: Network) -> Result<Vec<Listed>, StoreError> {
    let rows: Vec<Row> = tx
        .query(
            "SELECT subject_kind, effect, starts_at, ends_at, granted_at, granted_by FROM grants
             WHERE network = $2
               AND (subject_id = $1 OR subject_id IN (SELECT team_id FROM team_members WHERE member_id = $1))",
        )
        .bind(member)
        .bind(network)
        .fetch_all()
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Members and teams whose entry begins or ends in `(after, until]`: whose rooms must be looked at anew.
///
/// # Errors
/// Where the database refuses.
pub async fn changing_between(
    tx: &mut Tx,
    after: Timestamp,
    until: Timestamp,
) -> Result<Vec<(CompanyId, Subject)>, StoreError> {
    let rows: Vec<(Uuid, Uuid, String)> = tx
        .query(
            "SELECT company_id, subject_id, subject_kind FROM grants WHERE starts_at > $1 AND starts_at <= $2
             UNION SELECT company_id, subject_id, subject_kind FROM grants WHERE ends_at > $1 AND ends_at <= $2",
        )
        .bind(after)
        .bind(until)
        .fetch_all()
        .await?;
    Ok(rows
        .into_iter()
        .map(|(company, subject, kind)| {
            let subject =
                if kind == "person" { Subject::Person(subject.into()) } else { Subject::Team(subject.into()) };
            (company.into(), subject)
        })
        .collect())
}
