//! Companies: the operator's calls, and a company's own profile.

use crate::audit::{Act, category};
use crate::auth::check_password;
use crate::error::AppError;
use crate::members::{MAX_NAME, MemberDraft, handle_in};
use crate::views::versioned;
use crate::{Actor, App};
use liaison_domain::{CompanyDomain, CompanyId, MemberId, Role, clean_name, time_zone_name};
use liaison_store::companies::{self, Company};
use liaison_store::rooms;
use serde::Serialize;
use utoipa::ToSchema;

/// A company, named.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompanyRef {
    /// Its id.
    pub id: CompanyId,
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: String,
    /// ISO 3166 country code: that of phone numbers in national form.
    pub country: String,
    /// Where its logo is, if it has one.
    pub logo_url: Option<String>,
    /// IANA name of its time zone.
    pub time_zone: String,
}

impl CompanyRef {
    pub(crate) fn of(company: &Company) -> Self {
        Self {
            id: company.id,
            name: company.name.clone(),
            domain: company.domain.clone(),
            country: company.country.clone(),
            logo_url: company.logo.as_deref().map(|digest| versioned("/api/v1/company/logo".to_owned(), digest)),
            time_zone: company.time_zone.clone(),
        }
    }
}

/// One's own company.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompanyView {
    /// Name, domain, logo.
    #[serde(flatten)]
    pub company: CompanyRef,
    /// Active or suspended by the operator.
    pub status: CompanyStatus,
    /// Whether it is entitled to external chat.
    pub entitled: bool,
}

/// Whether a company takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CompanyStatus {
    /// Takes part.
    Active,
    /// Held back by the operator.
    Suspended,
}

impl CompanyView {
    pub(crate) fn of(company: &Company) -> Self {
        Self {
            company: CompanyRef::of(company),
            status: if company.active { CompanyStatus::Active } else { CompanyStatus::Suspended },
            entitled: company.entitled,
        }
    }
}

/// A company that was made.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatedCompany {
    /// Its id.
    pub company_id: CompanyId,
    /// Its owner's id.
    pub owner_id: MemberId,
    /// Its owner's handle.
    pub handle: String,
}

/// What a company is made from.
#[derive(Debug, Clone)]
pub struct CompanyDraft {
    /// Its domain.
    pub domain: String,
    /// Its name.
    pub name: String,
    /// ISO 3166 country code.
    pub country: String,
    /// IANA name of its time zone; none for the country's first.
    pub time_zone: Option<String>,
    /// The owner's handle, in full or the part before the at sign.
    pub owner: String,
    /// The owner's name.
    pub owner_name: String,
    /// The owner's password.
    pub password: String,
}

/// The time zone a new company begins with; its owner can change it.
fn default_zone(country: &str) -> &'static str {
    match country {
        "JP" => "Asia/Tokyo",
        "KR" => "Asia/Seoul",
        "CA" => "America/Toronto",
        "US" => "America/New_York",
        "GB" => "Europe/London",
        "FR" => "Europe/Paris",
        "DE" => "Europe/Berlin",
        "TW" => "Asia/Taipei",
        "TH" => "Asia/Bangkok",
        "SG" => "Asia/Singapore",
        _ => "UTC",
    }
}

/// A change of the company's profile; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    /// Its name.
    pub name: Option<String>,
    /// ISO 3166 country code.
    pub country: Option<String>,
    /// IANA name of its time zone.
    pub time_zone: Option<String>,
}

/// A time zone as the database of zones writes it.
pub(crate) fn check_zone(pointer: &str, zone: &str) -> Result<String, AppError> {
    time_zone_name(zone).ok_or_else(|| AppError::field(pointer, "TIME_ZONE", "is an IANA time zone: Asia/Tokyo"))
}

fn check_country(country: &str) -> Result<String, AppError> {
    let country = country.trim().to_ascii_uppercase();
    if country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(country)
    } else {
        Err(AppError::field("/country", "COUNTRY", "is a country code of two letters: JP"))
    }
}

impl App {
    /// Whether there is any company yet.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn has_companies(&self) -> Result<bool, AppError> {
        let mut tx = self.db.read().await?;
        Ok(companies::any(&mut tx).await?)
    }

    /// All companies, for the operator.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list_companies(&self) -> Result<Vec<CompanyView>, AppError> {
        let mut tx = self.db.read().await?;
        Ok(companies::list(&mut tx).await?.iter().map(CompanyView::of).collect())
    }

    /// Makes a company and its owner, as the operator.
    ///
    /// # Errors
    /// Where a field is wrong or the domain is taken.
    pub async fn create_company(&self, draft: CompanyDraft) -> Result<CreatedCompany, AppError> {
        let domain =
            CompanyDomain::parse(&draft.domain).map_err(|e| AppError::field("/domain", "DOMAIN", e.to_string()))?;
        let name = clean_name(&draft.name, MAX_NAME).map_err(|e| AppError::field("/name", "NAME", e.to_string()))?;
        let country = check_country(&draft.country)?;
        let chosen = draft.time_zone.as_deref().map(|zone| check_zone("/timeZone", zone)).transpose()?;
        let zone_chosen = chosen.is_some();
        let zone = chosen.unwrap_or_else(|| default_zone(&country).to_owned());
        check_password("/password", &draft.password)?;
        let handle = handle_in(&domain, &draft.owner)?;
        let hash = self.hash_password(&draft.password).await?;
        let mut work = self.begin().await?;
        let id = CompanyId::new(&*self.clock);
        let inserted = companies::insert(&mut work.tx, id, &name, &domain, &country, &zone, work.now).await?;
        if inserted.is_none() {
            return Err(AppError::Conflict {
                code: "DOMAIN_TAKEN",
                detail: format!("There is a company with the domain {domain}."),
            });
        }
        if zone_chosen {
            let mut company = companies::find(&mut work.tx, id).await?.ok_or(AppError::NotFound)?;
            company.zone_chosen = true;
            companies::set_profile(&mut work.tx, &company).await?;
        }
        let details = serde_json::json!({ "domain": domain, "name": name });
        let target = Some(id.to_string());
        let act = Act { category: category::COMPANY, action: "company.created", actor: None, target, details };
        work.audit(&*self.clock, id, act).await?;
        let owner = MemberDraft {
            handle: handle.clone(),
            name: draft.owner_name,
            role: Some(Role::Owner),
            ..MemberDraft::default()
        };
        let owner = self.insert_member(&mut work, None, id, owner, Some(hash)).await?;
        companies::touch_policy(&mut work.tx, id).await?;
        self.finish(work).await?;
        Ok(CreatedCompany { company_id: id, owner_id: owner.id, handle })
    }

    /// Sets what the operator decides of a company: active, entitled. At once in force (A1).
    ///
    /// # Errors
    /// Where there is no such company.
    pub async fn set_standing(
        &self,
        domain: &str,
        active: Option<bool>,
        entitled: Option<bool>,
    ) -> Result<CompanyView, AppError> {
        let mut work = self.begin().await?;
        let mut company = companies::find_by_domain(&mut work.tx, domain).await?.ok_or(AppError::NotFound)?;
        company.active = active.unwrap_or(company.active);
        company.entitled = entitled.unwrap_or(company.entitled);
        companies::set_standing(&mut work.tx, company.id, company.active, company.entitled).await?;
        work.touch_company(company.id).await?;
        let action = match (active, entitled) {
            (Some(true), _) => "company.resumed",
            (Some(false), _) => "company.suspended",
            (None, Some(true)) => "company.entitled",
            (None, _) => "company.disentitled",
        };
        let target = Some(company.id.to_string());
        let details = serde_json::json!({});
        let act = Act { category: category::COMPANY, action, actor: None, target, details };
        work.audit(&*self.clock, company.id, act).await?;
        self.reassess_company(&mut work, None, company.id).await?;
        self.finish(work).await?;
        Ok(CompanyView::of(&company))
    }

    /// The actor's company.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn company(&self, actor: &Actor) -> Result<CompanyView, AppError> {
        let mut tx = self.db.read().await?;
        let company = companies::find(&mut tx, actor.company).await?.ok_or(AppError::NotFound)?;
        Ok(CompanyView::of(&company))
    }

    /// Changes the company's profile. Who sees its name in a room or as a contact's is told.
    ///
    /// # Errors
    /// Where the actor is no administrator or a field is wrong.
    pub async fn change_company(&self, actor: &Actor, change: ProfileChange) -> Result<CompanyView, AppError> {
        actor.must_administer()?;
        let mut work = self.begin_as(actor).await?;
        let before = companies::find(&mut work.tx, actor.company).await?.ok_or(AppError::NotFound)?;
        let mut company = before.clone();
        if let Some(name) = &change.name {
            company.name = clean_name(name, MAX_NAME).map_err(|e| AppError::field("/name", "NAME", e.to_string()))?;
        }
        if let Some(country) = &change.country {
            company.country = check_country(country)?;
        }
        if let Some(zone) = &change.time_zone {
            company.time_zone = check_zone("/timeZone", zone)?;
            company.zone_chosen = true;
        }
        companies::set_profile(&mut work.tx, &company).await?;
        companies::touch_policy(&mut work.tx, actor.company).await?;
        if company.name != before.name {
            self.company_renamed(&mut work, actor.company).await?;
        }
        let shown = |c: &Company| serde_json::json!({ "name": c.name, "country": c.country, "timeZone": c.time_zone });
        let details = serde_json::json!({ "before": shown(&before), "after": shown(&company) });
        let target = Some(actor.company.to_string());
        let act = Act { category: category::COMPANY, action: "company.changed", actor: Some(actor), target, details };
        work.audit(&*self.clock, actor.company, act).await?;
        self.tell_company(&mut work, actor.company).await?;
        if company.name != before.name {
            let shared = rooms::external_of_company(&mut work.tx, actor.company).await?;
            self.tell_rooms(&mut work, &shared, |p| p.company_id == actor.company).await?;
        }
        self.finish(work).await?;
        Ok(CompanyView::of(&company))
    }

    /// A company by its domain, for the operator.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn company_by_domain(&self, domain: &str) -> Result<CompanyId, AppError> {
        let mut tx = self.db.read().await?;
        Ok(companies::find_by_domain(&mut tx, domain).await?.ok_or(AppError::NotFound)?.id)
    }
}
