//! External settings and the grant list: what administrators decide.

use crate::audit::{Act, Named, Names, category};
use crate::error::{AppError, FieldError};
use crate::views::MemberView;
use crate::work::{Event, Work};
use crate::{Actor, App};
use liaison_domain::{
    CompanyDomain, CompanyId, Effect, ExternalSetting, FirstContact, GrantMode, MemberId, MemberStatus, Network,
    OnRevoke, PartnerList, PartnerRule, TeamId, Term, Timestamp, has_emoji, has_word_line,
};
use liaison_policy::{Held, Source, holds_permission};
use liaison_store::grants::{self, Subject};
use liaison_store::{companies, members, rooms};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Allow or do not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// Allow.
    Allow,
    /// Do not allow.
    Deny,
}

impl From<bool> for Switch {
    fn from(allow: bool) -> Self {
        if allow { Self::Allow } else { Self::Deny }
    }
}

/// Which other companies are admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Partners {
    /// How the domains are read.
    pub rule: PartnerRule,
    /// Domains of companies.
    pub domains: Vec<String>,
}

/// A company's setting for a network.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingView {
    /// Which network.
    pub network: Network,
    /// Whether it is allowed at all.
    pub connect: Switch,
    /// Who holds the permission when nothing names them.
    pub mode: GrantMode,
    /// Whether new members are put on the list.
    pub grant_new_members: bool,
    /// Whether files may be sent.
    pub files: Switch,
    /// Which companies are admitted; on `partner` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partners: Option<Partners>,
    /// Whether an outsider's first message waits for a yes.
    pub first_contact: FirstContact,
    /// What stays visible of a room that froze.
    pub on_revoke: OnRevoke,
    /// For how many days an invitation counts at the most.
    pub max_invitation_days: i64,
    /// Rises with each change; the `ETag`.
    #[serde(skip)]
    pub version: i64,
}

impl SettingView {
    fn of(network: Network, s: ExternalSetting, version: i64) -> Self {
        let partners = Partners { rule: s.partners.rule, domains: s.partners.domains };
        Self {
            network,
            connect: s.connect.into(),
            mode: s.mode,
            grant_new_members: s.grant_new_members,
            files: s.files.into(),
            partners: (network == Network::Partner).then_some(partners),
            first_contact: s.first_contact,
            on_revoke: s.on_revoke,
            max_invitation_days: s.max_invitation_days,
            version,
        }
    }
}

/// A change of a setting: what is absent stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingChange {
    /// Whether the network is allowed at all.
    pub connect: Option<Switch>,
    /// Who holds the permission when nothing names them.
    pub mode: Option<GrantMode>,
    /// Whether new members are put on the list.
    pub grant_new_members: Option<bool>,
    /// Whether files may be sent.
    pub files: Option<Switch>,
    /// Which companies are admitted; on `partner` alone.
    pub partners: Option<Partners>,
    /// Whether an outsider's first message waits for a yes.
    pub first_contact: Option<FirstContact>,
    /// What stays visible of a room that froze.
    pub on_revoke: Option<OnRevoke>,
    /// For how many days an invitation counts at the most: 1 to 365. Counts for those already issued, too.
    pub max_invitation_days: Option<i64>,
}

/// The longest term of an invitation that a company can allow, in days.
const MAX_INVITATION_DAYS: i64 = 365;
/// The most domains of a partner list.
const MAX_DOMAINS: usize = 1_000;
/// The most people or teams of one bulk call.
const MAX_BULK: usize = 1_000;

fn apply(network: Network, mut s: ExternalSetting, change: SettingChange) -> Result<ExternalSetting, AppError> {
    s.connect = change.connect.map_or(s.connect, |v| v == Switch::Allow);
    s.mode = change.mode.unwrap_or(s.mode);
    s.grant_new_members = change.grant_new_members.unwrap_or(s.grant_new_members);
    s.files = change.files.map_or(s.files, |v| v == Switch::Allow);
    s.first_contact = change.first_contact.unwrap_or(s.first_contact);
    s.on_revoke = change.on_revoke.unwrap_or(s.on_revoke);
    if let Some(days) = change.max_invitation_days {
        if !(1..=MAX_INVITATION_DAYS).contains(&days) {
            let text = format!("is between 1 and {MAX_INVITATION_DAYS}");
            return Err(AppError::field("/maxInvitationDays", "RANGE", text));
        }
        s.max_invitation_days = days;
    }
    let Some(partners) = change.partners else { return Ok(s) };
    if network != Network::Partner {
        return Err(AppError::field("/partners", "NOT_HERE", "belongs to the network partner alone"));
    }
    if partners.domains.len() > MAX_DOMAINS {
        return Err(AppError::field("/partners/domains", "TOO_MANY", format!("has at most {MAX_DOMAINS} domains")));
    }
    let (mut domains, mut errors) = (Vec::new(), Vec::new());
    for (i, text) in partners.domains.iter().enumerate() {
        match CompanyDomain::parse(text) {
            Ok(domain) => domains.push(domain.as_str().to_owned()),
            Err(error) => errors.push(FieldError {
                pointer: format!("/partners/domains/{i}"),
                code: "DOMAIN".into(),
                text: format!("is not a domain ({error})"),
            }),
        }
    }
    if !errors.is_empty() {
        return Err(AppError::Invalid(errors));
    }
    domains.sort();
    domains.dedup();
    s.partners = PartnerList { rule: partners.rule, domains };
    Ok(s)
}

/// Who holds the permission, or is excluded from it, and through what.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantView {
    /// Whom it is about.
    pub member: MemberView,
    /// Through what.
    pub source: SourceView,
    /// Holds it or is excluded.
    pub effect: Effect,
    /// Since when; null where the mode gives it.
    pub granted_at: Option<Timestamp>,
    /// By whom; null where the mode gives it.
    pub granted_by: Option<Named>,
    /// From when it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// Until when, exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
}

/// Through what somebody holds the permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceView {
    /// By name.
    Person,
    /// Through a team.
    Team,
    /// Through the mode *all members*.
    All,
}

impl From<Source> for SourceView {
    fn from(source: Source) -> Self {
        match source {
            Source::Person => Self::Person,
            Source::Team => Self::Team,
            Source::All => Self::All,
        }
    }
}

/// Somebody for whom a bulk call did nothing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Skipped {
    /// The id as given.
    pub id: String,
    /// Why, for programs.
    pub code: &'static str,
    /// Why, for people.
    pub text: String,
}

/// The outcome of granting.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Granted {
    /// Who (members and teams) now has an entry.
    pub granted: Vec<String>,
    /// Who was left out, and why.
    pub skipped: Vec<Skipped>,
}

/// The outcome of revoking.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Revoked {
    /// Who now holds nothing.
    pub revoked: Vec<String>,
    /// Who was left out, and why.
    pub skipped: Vec<Skipped>,
}

fn skipped(id: &impl ToString, code: &'static str, text: &str) -> Skipped {
    Skipped { id: id.to_string(), code, text: text.to_owned() }
}

impl App {
    /// The company's setting for a network.
    ///
    /// # Errors
    /// Where the actor may not look at the console.
    pub async fn external_setting(&self, actor: &Actor, network: Network) -> Result<SettingView, AppError> {
        actor.must_audit()?;
        let mut tx = self.db.read().await?;
        let (setting, version) = companies::setting(&mut tx, actor.company, network).await?;
        Ok(SettingView::of(network, setting, version))
    }

    /// Changes the company's setting for a network. When it returns, the change is in force everywhere (I-03).
    ///
    /// # Errors
    /// Where the actor may not, a field is wrong, or `expected` is no longer the version.
    pub async fn change_setting(
        &self,
        actor: &Actor,
        network: Network,
        change: SettingChange,
        expected: Option<i64>,
    ) -> Result<SettingView, AppError> {
        actor.must_administer()?;
        let mut work = self.begin_as(actor).await?;
        let (before, version) = companies::setting(&mut work.tx, actor.company, network).await?;
        if expected.is_some_and(|expected| expected != version) {
            return Err(AppError::Stale);
        }
        let after = apply(network, before.clone(), change)?;
        if after == before {
            return Ok(SettingView::of(network, before, version));
        }
        if before.mode == GrantMode::AllMembers && after.mode == GrantMode::SelectedMembers {
            self.keep_everyone(&mut work, actor, network).await?;
        }
        companies::set_setting(&mut work.tx, actor.company, network, &after).await?;
        work.touch_company(actor.company).await?;
        let details = serde_json::json!({
            "network": network,
            "before": SettingView::of(network, before, version),
            "after": SettingView::of(network, after.clone(), version + 1),
        });
        let target = Some(network.as_str().to_owned());
        let act = Act { category: category::EXTERNAL, action: "settings.changed", actor: Some(actor), target, details };
        work.audit(&*self.clock, actor.company, act).await?;
        self.reassess_company(&mut work, Some(actor), actor.company).await?;
        self.finish(work).await?;
        Ok(SettingView::of(network, after, version + 1))
    }

    /// Switching all → selected keeps everyone who had it (A8): each gets an entry of their own.
    async fn keep_everyone(&self, work: &mut Work, actor: &Actor, network: Network) -> Result<(), AppError> {
        let (setting, _) = companies::setting(&mut work.tx, actor.company, network).await?;
        let mut after = None;
        loop {
            let search = members::Search { after, ..members::Search::default() };
            let page = members::search(&mut work.tx, actor.company, &search, 500).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.handle.clone());
            for member in page {
                let entries = grants::concerning(&mut work.tx, member.id, network).await?;
                let entries: Vec<_> = entries.into_iter().map(|g| g.entry).collect();
                let by_mode = holds_permission(&setting, &entries, work.now) == Held::Yes(Source::All);
                if by_mode && member.status == MemberStatus::Active && !is_misleading(&member.name, network) {
                    let subject = Subject::Person(member.id);
                    let term = Term::ALWAYS;
                    let (tx, now, by) = (&mut work.tx, work.now, Some(actor.id));
                    grants::put(tx, actor.company, network, subject, Effect::Grant, term, now, by).await?;
                }
            }
        }
    }

    /// Looks anew at every external room of a company.
    pub(crate) async fn reassess_company(
        &self,
        work: &mut Work,
        actor: Option<&Actor>,
        company: CompanyId,
    ) -> Result<(), AppError> {
        let rooms = rooms::external_of_company(&mut work.tx, company).await?;
        self.reassess(work, actor, &rooms).await
    }

    /// Looks anew at the external rooms of some members, and tells each what they now may do.
    pub(crate) async fn reassess_members(
        &self,
        work: &mut Work,
        actor: Option<&Actor>,
        people: &[MemberId],
    ) -> Result<(), AppError> {
        let mut all = Vec::new();
        for &member in people {
            members::touch_permission(&mut work.tx, member, work.position).await?;
            work.events.push(Event::Permission { to: member });
            all.extend(rooms::of_member(&mut work.tx, member, true).await?);
        }
        all.sort_unstable();
        all.dedup();
        self.reassess(work, actor, &all).await
    }

    /// Gives the permission to members and teams, removing exclusions. Possible while the network is off.
    ///
    /// # Errors
    /// Where the actor may not, or a field is wrong.
    pub async fn grant(
        &self,
        actor: &Actor,
        network: Network,
        people: &[MemberId],
        teams: &[TeamId],
        term: Term,
    ) -> Result<Granted, AppError> {
        actor.must_administer()?;
        check_bulk(people.len() + teams.len())?;
        if term.starts_at.zip(term.ends_at).is_some_and(|(start, end)| end <= start) {
            return Err(AppError::field("/endsAt", "ORDER", "lies after startsAt"));
        }
        if term.ends_at.is_some_and(|end| end <= self.clock.now()) {
            return Err(AppError::field("/endsAt", "PAST", "lies in the future"));
        }
        let mut work = self.begin_as(actor).await?;
        let mut outcome = Granted { granted: Vec::new(), skipped: Vec::new() };
        let mut concerned = Vec::new();
        for &id in people {
            let found = members::find(&mut work.tx, id).await?.filter(|m| m.company_id == actor.company);
            let Some(member) = found else {
                outcome.skipped.push(skipped(&id, "NOT_FOUND", "is not a member of your company"));
                continue;
            };
            if let Some(refusal) = cannot_be_granted(&member, network) {
                outcome.skipped.push(skipped(&id, refusal.0, refusal.1));
                continue;
            }
            self.put_entry(&mut work, actor, network, Subject::Person(id), Effect::Grant, term).await?;
            concerned.push(id);
            outcome.granted.push(id.to_string());
        }
        let own_teams = members::teams(&mut work.tx, actor.company).await?;
        for &id in teams {
            if !own_teams.iter().any(|t| t.id == id) {
                outcome.skipped.push(skipped(&id, "NOT_FOUND", "is not a team of your company"));
                continue;
            }
            self.put_entry(&mut work, actor, network, Subject::Team(id), Effect::Grant, term).await?;
            concerned.extend(members::team_members(&mut work.tx, id).await?);
            outcome.granted.push(id.to_string());
        }
        if !outcome.granted.is_empty() {
            companies::touch_policy(&mut work.tx, actor.company).await?;
            self.reassess_members(&mut work, Some(actor), &concerned).await?;
        }
        self.finish(work).await?;
        Ok(outcome)
    }

    async fn put_entry(
        &self,
        work: &mut Work,
        actor: &Actor,
        network: Network,
        subject: Subject,
        effect: Effect,
        term: Term,
    ) -> Result<(), AppError> {
        let (tx, now) = (&mut work.tx, work.now);
        grants::put(tx, actor.company, network, subject, effect, term, now, Some(actor.id)).await?;
        let target = match subject {
            Subject::Person(id) => id.to_string(),
            Subject::Team(id) => id.to_string(),
        };
        let action = if effect == Effect::Grant { "grant.added" } else { "grant.revoked" };
        let details = serde_json::json!({ "network": network, "startsAt": term.starts_at, "endsAt": term.ends_at });
        let act = Act { category: category::EXTERNAL, action, actor: Some(actor), target: Some(target), details };
        work.audit(&*self.clock, actor.company, act).await
    }

    /// Takes the permission from members: afterwards nobody named holds it, through whatever. When it returns, that is
    /// in force everywhere (I-03).
    ///
    /// # Errors
    /// Where the actor may not, or a field is wrong.
    pub async fn revoke(&self, actor: &Actor, network: Network, people: &[MemberId]) -> Result<Revoked, AppError> {
        actor.must_administer()?;
        check_bulk(people.len())?;
        let mut work = self.begin_as(actor).await?;
        let (setting, _) = companies::setting(&mut work.tx, actor.company, network).await?;
        let mut outcome = Revoked { revoked: Vec::new(), skipped: Vec::new() };
        let mut concerned = Vec::new();
        for &id in people {
            let found = members::find(&mut work.tx, id).await?.filter(|m| m.company_id == actor.company);
            if found.is_none() {
                outcome.skipped.push(skipped(&id, "NOT_FOUND", "is not a member of your company"));
                continue;
            }
            grants::remove(&mut work.tx, network, Subject::Person(id)).await?;
            let left: Vec<_> = grants::concerning(&mut work.tx, id, network).await?;
            // A team's grant whose term lies ahead would give it later: that too is taken away.
            let by_team = left.iter().any(|g| g.source == Source::Team && g.entry.effect == Effect::Grant);
            if by_team || setting.mode == GrantMode::AllMembers {
                self.put_entry(&mut work, actor, network, Subject::Person(id), Effect::Exclude, Term::ALWAYS).await?;
            } else {
                let details = serde_json::json!({ "network": network });
                let target = Some(id.to_string());
                let action = "grant.revoked";
                let act = Act { category: category::EXTERNAL, action, actor: Some(actor), target, details };
                work.audit(&*self.clock, actor.company, act).await?;
            }
            concerned.push(id);
            outcome.revoked.push(id.to_string());
        }
        if !concerned.is_empty() {
            companies::touch_policy(&mut work.tx, actor.company).await?;
            self.reassess_members(&mut work, Some(actor), &concerned).await?;
        }
        self.finish(work).await?;
        Ok(outcome)
    }

    /// Who holds the permission in effect, or (with `effect` exclude) who is excluded by name; by handle.
    ///
    /// # Errors
    /// Where the actor may not look at the console.
    pub async fn list_grants(
        &self,
        actor: &Actor,
        network: Network,
        effect: Effect,
        query: Option<String>,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<GrantView>, Option<String>), AppError> {
        actor.must_audit()?;
        let mut tx = self.db.read().await?;
        let now = self.clock.now();
        let (setting, _) = companies::setting(&mut tx, actor.company, network).await?;
        let mut names = Names::default();
        let mut found: Vec<GrantView> = Vec::new();
        let mut search = members::Search { query, after, ..members::Search::default() };
        loop {
            let page = members::search(&mut tx, actor.company, &search, 200).await?;
            let Some(last) = page.last() else { return Ok((found, None)) };
            search.after = Some(last.handle.clone());
            for member in page {
                if found.len() == limit {
                    return Ok((found.clone(), found.last().map(|g| g.member.handle.clone())));
                }
                let listed = grants::concerning(&mut tx, member.id, network).await?;
                let entries: Vec<_> = listed.iter().map(|g| g.entry).collect();
                let source = match (holds_permission(&setting, &entries, now), effect) {
                    (Held::Yes(source), Effect::Grant) | (Held::No { excluded: Some(source) }, Effect::Exclude) => {
                        source
                    }
                    // An entry whose term lies ahead is listed too, or nobody could find and end it.
                    (Held::No { excluded: None }, Effect::Grant)
                        if entries.iter().any(|e| e.effect == Effect::Grant && e.term.next_change(now).is_some()) =>
                    {
                        Source::Person
                    }
                    _ => continue,
                };
                if member.status != MemberStatus::Active {
                    continue;
                }
                let entry = listed.iter().find(|g| g.source == source && g.entry.effect == effect);
                let granted_by = names.of(&mut tx, entry.and_then(|g| g.granted_by)).await?;
                found.push(GrantView {
                    source: source.into(),
                    effect,
                    granted_at: entry.map(|g| g.granted_at),
                    granted_by,
                    starts_at: entry.and_then(|g| g.entry.term.starts_at),
                    ends_at: entry.and_then(|g| g.entry.term.ends_at),
                    member: self.member_view(&mut tx, member).await?,
                });
            }
        }
    }
}

fn check_bulk(count: usize) -> Result<(), AppError> {
    if count == 0 {
        return Err(AppError::field("/memberIds", "EMPTY", "names at least one member"));
    }
    if count > MAX_BULK {
        return Err(AppError::field("/memberIds", "TOO_MANY", format!("names at most {MAX_BULK}")));
    }
    Ok(())
}

fn is_misleading(name: &str, network: Network) -> bool {
    has_emoji(name) || (network == Network::Line && has_word_line(name))
}

/// Why a member cannot be given the permission (A4).
fn cannot_be_granted(member: &members::Member, network: Network) -> Option<(&'static str, &'static str)> {
    if member.status != MemberStatus::Active {
        Some(("MEMBER_INACTIVE", "is suspended or has left; reactivate the account first"))
    } else if has_emoji(&member.name) {
        Some((
            "EMOJI_IN_NAME",
            "has an emoji in the name, which outsiders would take for a badge; change the name first",
        ))
    } else if network == Network::Line && has_word_line(&member.name) {
        Some(("LINE_IN_NAME", "has the word LINE in the name, which LINE does not allow; change the name first"))
    } else {
        None
    }
}
