//! Companies and their external settings.

use crate::db::{StoreError, Tx};
use crate::members::Photo;
use crate::value::{json, word};
use liaison_audit::GENESIS;
use liaison_domain::{CompanyDomain, CompanyId, ExternalSetting, Network, PartnerList, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

/// A company as stored.
#[derive(Debug, Clone, FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "columns of a row")]
pub struct Company {
    /// Its id.
    #[sqlx(try_from = "Uuid")]
    pub id: CompanyId,
    /// Its display name.
    pub name: String,
    /// Its domain.
    pub domain: String,
    /// ISO 3166 country code.
    pub country: String,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Whether somebody chose the time zone, or it is what the country begins with.
    pub zone_chosen: bool,
    /// Not suspended by the operator.
    pub active: bool,
    /// Entitled to external chat (A1).
    pub entitled: bool,
    /// The digest of its logo, if it has one.
    pub logo: Option<String>,
    /// Whether its administrators have put the first steps away.
    pub steps_hidden: bool,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, domain, country, time_zone, zone_chosen, active, entitled, logo_digest AS logo,
                 steps_hidden FROM companies ",
            $rest
        )
    };
}

/// Inserts a company with the settings of a new one (A7a). `None` where the domain is taken.
///
/// # Errors
/// Where the database refuses.
pub async fn insert(
    tx: &mut Tx,
    id: CompanyId,
    name: &str,
    domain: &CompanyDomain,
    country: &str,
    time_zone: &str,
    now: Timestamp,
) -> Result<Option<CompanyId>, StoreError> {
    let inserted = tx
        .query(
            "INSERT INTO companies (id, name, domain, country, time_zone, active, entitled, created_at, policy_version,
                 permission_position, audit_seq, audit_hash)
             VALUES ($1, $2, $3, $4, $5, TRUE, TRUE, $6, 0, 0, 0, $7) ON CONFLICT DO NOTHING",
        )
        .bind(id)
        .bind(name)
        .bind(domain.as_str())
        .bind(country)
        .bind(time_zone)
        .bind(now)
        .bind(GENESIS.as_slice())
        .execute()
        .await?;
    if inserted == 0 {
        return Ok(None);
    }
    for &network in Network::ALL {
        let s = ExternalSetting::default();
        tx.query(
            "INSERT INTO external_settings (company_id, network, connect, mode, grant_new_members, files, partner_rule,
                 partner_domains, first_contact, on_revoke, max_invitation_days, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, '[]', $8, $9, $10, 1)",
        )
        .bind(id)
        .bind(network)
        .bind(s.connect)
        .bind(s.mode)
        .bind(s.grant_new_members)
        .bind(s.files)
        .bind(s.partners.rule)
        .bind(s.first_contact)
        .bind(s.on_revoke)
        .bind(s.max_invitation_days)
        .execute()
        .await?;
    }
    Ok(Some(id))
}

/// A company by id.
///
/// # Errors
/// Where the database refuses.
pub async fn find(tx: &mut Tx, id: CompanyId) -> Result<Option<Company>, StoreError> {
    tx.query(select!("WHERE id = $1")).bind(id).fetch_optional().await
}

/// A company by domain.
///
/// # Errors
/// Where the database refuses.
pub async fn find_by_domain(tx: &mut Tx, domain: &str) -> Result<Option<Company>, StoreError> {
    tx.query(select!("WHERE domain = $1")).bind(domain).fetch_optional().await
}

/// All companies, for the operator.
///
/// # Errors
/// Where the database refuses.
pub async fn list(tx: &mut Tx) -> Result<Vec<Company>, StoreError> {
    tx.query(select!("ORDER BY domain")).fetch_all().await
}

/// Whether there is any company at all.
///
/// # Errors
/// Where the database refuses.
pub async fn any(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(tx.query(select!("LIMIT 1")).fetch_optional::<Company>().await?.is_some())
}

/// Writes back name, country and time zone.
///
/// # Errors
/// Where the database refuses.
pub async fn set_profile(tx: &mut Tx, company: &Company) -> Result<(), StoreError> {
    tx.query("UPDATE companies SET name = $2, country = $3, time_zone = $4, zone_chosen = $5 WHERE id = $1")
        .bind(company.id)
        .bind(company.name.as_str())
        .bind(company.country.as_str())
        .bind(company.time_zone.as_str())
        .bind(company.zone_chosen)
        .execute()
        .await?;
    Ok(())
}

/// Sets the logo, or takes it away.
///
/// # Errors
/// Where the database refuses.
pub async fn set_logo(tx: &mut Tx, id: CompanyId, logo: Option<&Photo>) -> Result<(), StoreError> {
    tx.query("UPDATE companies SET logo = $2, logo_type = $3, logo_digest = $4 WHERE id = $1")
        .bind(id)
        .bind(logo.map(|l| l.bytes.clone()))
        .bind(logo.map(|l| l.media_type.as_str()))
        .bind(logo.map(|l| l.digest.as_str()))
        .execute()
        .await?;
    Ok(())
}

/// The logo.
///
/// # Errors
/// Where the database refuses.
pub async fn find_logo(tx: &mut Tx, id: CompanyId) -> Result<Option<Photo>, StoreError> {
    tx.query(
        "SELECT logo_type AS media_type, logo AS bytes, logo_digest AS digest FROM companies
         WHERE id = $1 AND logo IS NOT NULL",
    )
    .bind(id)
    .fetch_optional()
    .await
}

/// Puts a company's first steps away, or shows them again.
///
/// # Errors
/// Where the database refuses.
pub async fn set_steps_hidden(tx: &mut Tx, id: CompanyId, hidden: bool) -> Result<(), StoreError> {
    tx.query("UPDATE companies SET steps_hidden = $2 WHERE id = $1").bind(id).bind(hidden).execute().await?;
    Ok(())
}

/// Sets what the operator decides: active or suspended, entitled or not.
///
/// # Errors
/// Where the database refuses.
pub async fn set_standing(tx: &mut Tx, id: CompanyId, active: bool, entitled: bool) -> Result<(), StoreError> {
    tx.query("UPDATE companies SET active = $2, entitled = $3 WHERE id = $1")
        .bind(id)
        .bind(active)
        .bind(entitled)
        .execute()
        .await?;
    Ok(())
}

/// Says that something a remembered decision about this company's people depends on has changed. Every change of
/// settings, grants, teams, names or standing must call it in its own transaction (I-02).
///
/// # Errors
/// Where the database refuses.
pub async fn touch_policy(tx: &mut Tx, id: CompanyId) -> Result<(), StoreError> {
    tx.query("UPDATE heads SET policy_version = policy_version + 1 WHERE id = 1").execute().await?;
    tx.query("UPDATE companies SET policy_version = policy_version + 1 WHERE id = $1").bind(id).execute().await?;
    Ok(())
}

/// Marks that what the company's members may do has changed at this position.
///
/// # Errors
/// Where the database refuses.
pub async fn touch_permission(tx: &mut Tx, id: CompanyId, position: i64) -> Result<(), StoreError> {
    tx.query("UPDATE companies SET permission_position = $2 WHERE id = $1").bind(id).bind(position).execute().await?;
    Ok(())
}

/// The policy version of every company.
///
/// # Errors
/// Where the database refuses.
pub async fn policy_versions(tx: &mut Tx) -> Result<Vec<(CompanyId, i64)>, StoreError> {
    let rows: Vec<(Uuid, i64)> = tx.query("SELECT id, policy_version FROM companies").fetch_all().await?;
    Ok(rows.into_iter().map(|(id, version)| (id.into(), version)).collect())
}

#[derive(FromRow)]
struct SettingRow {
    connect: bool,
    mode: String,
    grant_new_members: bool,
    files: bool,
    partner_rule: String,
    partner_domains: String,
    first_contact: String,
    on_revoke: String,
    max_invitation_days: i64,
    version: i64,
}

/// A company's setting for a network and its version.
///
/// # Errors
/// Where the company is unknown, which callers rule out first.
pub async fn setting(tx: &mut Tx, id: CompanyId, network: Network) -> Result<(ExternalSetting, i64), StoreError> {
    let row: SettingRow = tx
        .query(
            "SELECT connect, mode, grant_new_members, files, partner_rule, partner_domains, first_contact, on_revoke,
                 max_invitation_days, version
             FROM external_settings WHERE company_id = $1 AND network = $2",
        )
        .bind(id)
        .bind(network)
        .fetch_one()
        .await?;
    let setting = ExternalSetting {
        connect: row.connect,
        mode: word(&row.mode)?,
        grant_new_members: row.grant_new_members,
        files: row.files,
        partners: PartnerList { rule: word(&row.partner_rule)?, domains: json(&row.partner_domains)? },
        first_contact: word(&row.first_contact)?,
        on_revoke: word(&row.on_revoke)?,
        max_invitation_days: row.max_invitation_days,
    };
    Ok((setting, row.version))
}

/// Replaces a company's setting for a network; its version rises by one.
///
/// # Errors
/// Where the database refuses.
pub async fn set_setting(tx: &mut Tx, id: CompanyId, network: Network, s: &ExternalSetting) -> Result<(), StoreError> {
    let domains = serde_json::to_string(&s.partners.domains).map_err(StoreError::broken)?;
    tx.query(
        "UPDATE external_settings SET connect = $3, mode = $4, grant_new_members = $5, files = $6, partner_rule = $7,
             partner_domains = $8, first_contact = $9, on_revoke = $10,
             max_invitation_days = $11, version = version + 1
         WHERE company_id = $1 AND network = $2",
    )
    .bind(id)
    .bind(network)
    .bind(s.connect)
    .bind(s.mode)
    .bind(s.grant_new_members)
    .bind(s.files)
    .bind(s.partners.rule)
    .bind(domains)
    .bind(s.first_contact)
    .bind(s.on_revoke)
    .bind(s.max_invitation_days)
    .execute()
    .await?;
    Ok(())
}
