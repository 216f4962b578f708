//! Members and teams, and oneself.

use crate::audit::{Act, category};
use crate::auth::check_password;
use crate::companies::{CompanyRef, check_zone};
use crate::error::AppError;
use crate::outgoing::Kind;
use crate::passwords::PasswordLinkPurpose;
use crate::phones::PhoneCodeView;
use crate::views::{MemberView, NetworkPermission, photo_url};
use crate::work::{Event, Work};
use crate::{Actor, App};
use liaison_domain::{
    CompanyDomain, Effect, Handle, MemberId, MemberStatus, Network, PhoneNumber, Role, TeamId, Term, Timestamp,
    clean_name,
};
use liaison_store::grants::{self, Subject};
use liaison_store::members::{self, Member, NewMember};
use liaison_store::{Tx, companies, passwords, rooms};
use serde::Serialize;
use utoipa::ToSchema;

/// The most characters of names and titles.
pub const MAX_NAME: usize = 100;

/// The languages of the programme's texts.
pub const LANGUAGES: [&str; 3] = ["en", "ja", "ko"];

/// What a member may do on each network.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Networks {
    /// Members of other companies.
    pub partner: NetworkPermission,
    /// LINE users.
    pub line: NetworkPermission,
}

/// A member's own settings.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnSettings {
    /// The language of the screens; null for the browser's.
    pub language: Option<String>,
    /// IANA name of their time zone; null for the company's.
    pub time_zone: Option<String>,
    /// Whether others see how far they have read.
    pub read_receipts: bool,
    /// Whether people outside find one by one's phone number.
    pub searchable_by_phone: bool,
}

/// A change of what is one's own to change: outer none stays, inner none takes away.
#[derive(Debug, Clone, Default)]
pub struct OwnChange {
    /// What one wants to be called.
    pub nickname: Option<Option<String>>,
    /// The language of the screens.
    pub language: Option<Option<String>>,
    /// One's time zone.
    pub time_zone: Option<Option<String>>,
    /// Whether others see how far one has read.
    pub read_receipts: Option<bool>,
    /// Whether people outside find one by one's phone number.
    pub searchable_by_phone: Option<bool>,
}

/// Oneself.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeView {
    /// One's id.
    pub id: MemberId,
    /// One's handle.
    pub handle: String,
    /// One's name.
    pub name: String,
    /// What one wants to be called.
    pub nickname: Option<String>,
    /// One's job title.
    pub title: Option<String>,
    /// One's e-mail address.
    pub email: Option<String>,
    /// One's phone number, E.164.
    pub phone: Option<String>,
    /// Whether one has proven, not too long ago, that it is one's own.
    pub phone_verified: bool,
    /// When one did last.
    pub phone_verified_at: Option<Timestamp>,
    /// First moment at which that no longer counts, or no longer did.
    pub phone_verified_until: Option<Timestamp>,
    /// The code that was sent to it and can be entered.
    pub phone_code: Option<PhoneCodeView>,
    /// Where one's photo is.
    pub photo_url: Option<String>,
    /// What one may do in the console.
    pub role: Role,
    /// Whether one takes part.
    pub status: MemberStatus,
    /// One's company.
    pub company: CompanyRef,
    /// What one may do on each network, and why not.
    pub networks: Networks,
    /// IANA name of the time zone in which one sees times: one's own, else the company's.
    pub time_zone: String,
    /// One's settings.
    pub settings: OwnSettings,
}

/// What a new member is made from.
#[derive(Debug, Clone, Default)]
pub struct MemberDraft {
    /// In full: `mina@hana.example`.
    pub handle: String,
    /// Their name.
    pub name: String,
    /// Works at once, if given.
    pub password: Option<String>,
    /// What they want to be called.
    pub nickname: Option<String>,
    /// Their job title.
    pub title: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their phone number, E.164.
    pub phone: Option<String>,
    /// What they may do in the console.
    pub role: Option<Role>,
    /// Their teams.
    pub teams: Vec<TeamId>,
}

/// A change of a member by an administrator; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct MemberChange {
    /// Their name.
    pub name: Option<String>,
    /// What they want to be called; inner none takes it away.
    pub nickname: Option<Option<String>>,
    /// Their job title; inner none takes it away.
    pub title: Option<Option<String>>,
    /// What they may do in the console.
    pub role: Option<Role>,
    /// Active, suspended or left.
    pub status: Option<MemberStatus>,
    /// Their teams, all of them.
    pub teams: Option<Vec<TeamId>>,
    /// Their e-mail address; inner none takes it away.
    pub email: Option<Option<String>>,
    /// A new password.
    pub password: Option<String>,
}

fn name_of(pointer: &str, text: &str) -> Result<String, AppError> {
    clean_name(text, MAX_NAME).map_err(|e| AppError::field(pointer, "NAME", e.to_string()))
}

fn optional_name(pointer: &str, text: Option<&str>) -> Result<Option<String>, AppError> {
    text.map(|t| name_of(pointer, t)).transpose()
}

pub(crate) fn check_email(text: &str) -> Result<String, AppError> {
    let text = text.trim();
    let ok = text.len() <= 254
        && text.split_once('@').is_some_and(|(local, domain)| {
            let dots = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
            !local.is_empty() && dots && !domain.contains('@')
        })
        // Neither a list of addresses nor a name beside one.
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || ",;:<>()[]\"\\".contains(c));
    if ok { Ok(text.to_owned()) } else { Err(AppError::field("/email", "EMAIL", "is not an e-mail address")) }
}

/// In international form, or as people of the company's country dial it (B4). Recorded is not proven: see
/// [`crate::phones`].
fn check_phone(text: &str, country: &str) -> Result<String, AppError> {
    let number = PhoneNumber::parse(text, country).map_err(|e| AppError::field("/phone", "PHONE", e.to_string()))?;
    Ok(number.as_str().to_owned())
}

impl App {
    /// Oneself.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn me(&self, actor: &Actor) -> Result<MeView, AppError> {
        let mut tx = self.db.read().await?;
        self.me_view(&mut tx, actor).await
    }

    /// Oneself, in a transaction.
    pub(crate) async fn me_view(&self, tx: &mut Tx, actor: &Actor) -> Result<MeView, AppError> {
        let me = members::find(tx, actor.id).await?.ok_or(AppError::SignInRequired)?;
        let company = companies::find(tx, actor.company).await?.ok_or(AppError::SignInRequired)?;
        let phone = self.phone_state(tx, &me, self.clock.now()).await?;
        Ok(MeView {
            id: me.id,
            photo_url: photo_url(me.id, me.photo.as_deref()),
            handle: me.handle,
            name: me.name,
            nickname: me.nickname,
            title: me.title,
            email: me.email,
            phone: me.phone,
            phone_verified: phone.verified,
            phone_verified_at: phone.verified_at,
            phone_verified_until: phone.verified_until,
            phone_code: phone.code,
            role: me.role,
            status: me.status,
            company: CompanyRef::of(&company),
            networks: Networks {
                partner: self.permission(tx, actor.id, Network::Partner).await?,
                line: self.permission(tx, actor.id, Network::Line).await?,
            },
            time_zone: me.time_zone.clone().unwrap_or_else(|| company.time_zone.clone()),
            settings: OwnSettings {
                language: me.language,
                time_zone: me.time_zone,
                read_receipts: me.read_receipts,
                searchable_by_phone: phone.searchable,
            },
        })
    }

    /// Changes what is one's own to change.
    ///
    /// # Errors
    /// Where a field is wrong.
    pub async fn change_me(&self, actor: &Actor, change: OwnChange) -> Result<MeView, AppError> {
        let mut work = self.begin_as(actor).await?;
        let mut me = members::find(&mut work.tx, actor.id).await?.ok_or(AppError::SignInRequired)?;
        if let Some(nickname) = change.nickname {
            me.nickname = optional_name("/nickname", nickname.as_deref())?;
        }
        if let Some(zone) = change.time_zone {
            me.time_zone = zone.map(|zone| check_zone("/settings/timeZone", &zone)).transpose()?;
        }
        if let Some(language) = change.language {
            if language.as_deref().is_some_and(|l| !LANGUAGES.contains(&l)) {
                return Err(AppError::field("/settings/language", "LANGUAGE", "is one of en, ja, ko"));
            }
            me.language = language;
        }
        me.read_receipts = change.read_receipts.unwrap_or(me.read_receipts);
        members::update(&mut work.tx, &me).await?;
        if let Some(on) = change.searchable_by_phone {
            self.set_searchable(&mut work, actor, &me, on).await?;
        }
        companies::touch_policy(&mut work.tx, actor.company).await?;
        members::touch_permission(&mut work.tx, me.id, work.position).await?;
        work.events.push(Event::Profile { to: me.id });
        self.finish(work).await?;
        self.me(actor).await
    }

    /// A page of the directory, by handle.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list_members(
        &self,
        actor: &Actor,
        search: &members::Search,
        limit: i64,
    ) -> Result<Vec<MemberView>, AppError> {
        let mut tx = self.db.read().await?;
        let mut views = Vec::new();
        for member in members::search(&mut tx, actor.company, search, limit).await? {
            views.push(self.member_view_for(&mut tx, actor, member).await?);
        }
        Ok(views)
    }

    /// A colleague.
    ///
    /// # Errors
    /// Where there is none of that id in the company.
    pub async fn get_member(&self, actor: &Actor, id: MemberId) -> Result<MemberView, AppError> {
        let mut tx = self.db.read().await?;
        let member = members::find(&mut tx, id).await?.filter(|m| m.company_id == actor.company);
        self.member_view_for(&mut tx, actor, member.ok_or(AppError::NotFound)?).await
    }

    /// A member as this colleague sees them: administrators also see how they can sign in.
    async fn member_view_for(&self, tx: &mut Tx, actor: &Actor, member: Member) -> Result<MemberView, AppError> {
        let id = member.id;
        let mut view = self.member_view(tx, member).await?;
        if actor.role.can_administer() {
            view.sign_in = Some(self.sign_in_view(tx, id).await?);
        }
        Ok(view)
    }

    /// Makes a member. One without a password, but with an e-mail address, is sent a link to set their first one, where
    /// mail is set up; how far that got stands in what is answered.
    ///
    /// # Errors
    /// Where the actor may not, a field is wrong, or the handle is taken.
    pub async fn create_member(&self, actor: &Actor, draft: MemberDraft) -> Result<MemberView, AppError> {
        actor.must_administer()?;
        let role = draft.role.unwrap_or(Role::Member);
        if role != Role::Member && actor.role != Role::Owner {
            return Err(AppError::Forbidden("an owner, who alone gives roles,"));
        }
        let hash = match &draft.password {
            Some(password) => {
                check_password("/password", password)?;
                Some(self.hash_password(password).await?)
            }
            None => None,
        };
        let mut work = self.begin_as(actor).await?;
        let invited = hash.is_none() && draft.email.is_some() && self.outgoing.is_set_up(Kind::Mail);
        let member = self.insert_member(&mut work, Some(actor), actor.company, draft, hash).await?;
        if invited {
            self.send_link(&mut work, &member, PasswordLinkPurpose::First).await?;
            self.audit_link(&mut work, actor, &member, PasswordLinkPurpose::First).await?;
        }
        let view = self.member_view_for(&mut work.tx, actor, member).await?;
        self.finish(work).await?;
        Ok(view)
    }

    /// Makes a member whose password was hashed before: for many members with one password, as the demo has.
    ///
    /// # Errors
    /// As [`App::create_member`].
    pub async fn create_member_hashed(
        &self,
        actor: &Actor,
        company: liaison_domain::CompanyId,
        draft: MemberDraft,
        password_hash: String,
    ) -> Result<MemberId, AppError> {
        let mut work = self.begin_as(actor).await?;
        let member = self.insert_member(&mut work, Some(actor), company, draft, Some(password_hash)).await?;
        self.finish(work).await?;
        Ok(member.id)
    }

    /// Makes a member within a unit of work, for an administrator or the operator.
    pub(crate) async fn insert_member(
        &self,
        work: &mut Work,
        actor: Option<&Actor>,
        company: liaison_domain::CompanyId,
        draft: MemberDraft,
        password_hash: Option<String>,
    ) -> Result<Member, AppError> {
        let of = companies::find(&mut work.tx, company).await?.ok_or(AppError::NotFound)?;
        let handle = Handle::parse(&draft.handle).map_err(|e| AppError::field("/handle", "HANDLE", e.to_string()))?;
        if handle.domain() != of.domain {
            return Err(AppError::field("/handle", "DOMAIN", format!("ends in @{}", of.domain)));
        }
        let member = Member {
            id: MemberId::new(&*self.clock),
            company_id: company,
            handle: handle.as_str().to_owned(),
            name: name_of("/name", &draft.name)?,
            nickname: optional_name("/nickname", draft.nickname.as_deref())?,
            title: optional_name("/title", draft.title.as_deref())?,
            email: draft.email.as_deref().map(check_email).transpose()?,
            phone: draft.phone.as_deref().map(|p| check_phone(p, &of.country)).transpose()?,
            role: draft.role.unwrap_or(Role::Member),
            status: MemberStatus::Active,
            language: None,
            time_zone: None,
            read_receipts: true,
            photo: None,
        };
        let new = NewMember { member: member.clone(), password_hash };
        if !members::insert(&mut work.tx, &new, work.now, work.position).await? {
            return Err(AppError::Conflict {
                code: "HANDLE_TAKEN",
                detail: "This handle is, or once was, somebody's. Handles are never given twice.".into(),
            });
        }
        self.set_teams(work, &member, &draft.teams).await?;
        let details = serde_json::json!({ "handle": member.handle, "role": member.role });
        self.audit_member(work, actor, "member.created", &member, details).await?;
        for &network in Network::ALL {
            let (setting, _) = companies::setting(&mut work.tx, company, network).await?;
            let misleading = liaison_domain::has_emoji(&member.name)
                || (network == Network::Line && liaison_domain::has_word_line(&member.name));
            if setting.grant_new_members && !misleading {
                let (subject, now) = (Subject::Person(member.id), work.now);
                grants::put(&mut work.tx, company, network, subject, Effect::Grant, Term::ALWAYS, now, None).await?;
                let details = serde_json::json!({ "network": network, "automatic": true });
                let target = Some(member.id.to_string());
                let act = Act { category: category::EXTERNAL, action: "grant.added", actor, target, details };
                work.audit(&*self.clock, company, act).await?;
            }
        }
        Ok(member)
    }

    async fn set_teams(&self, work: &mut Work, member: &Member, teams: &[TeamId]) -> Result<(), AppError> {
        let own = members::teams(&mut work.tx, member.company_id).await?;
        if let Some(i) = teams.iter().position(|id| !own.iter().any(|t| t.id == *id)) {
            return Err(AppError::field(format!("/teams/{i}"), "NOT_FOUND", "is not a team of your company"));
        }
        members::set_teams(&mut work.tx, member.id, teams).await?;
        Ok(())
    }

    async fn audit_member(
        &self,
        work: &mut Work,
        actor: Option<&Actor>,
        action: &'static str,
        member: &Member,
        details: serde_json::Value,
    ) -> Result<(), AppError> {
        let target = Some(member.id.to_string());
        let act = Act { category: category::MEMBERS, action, actor, target, details };
        work.audit(&*self.clock, member.company_id, act).await
    }

    /// Changes a member. Suspending signs them out and freezes or pauses what depends on them, at once.
    ///
    /// # Errors
    /// Where the actor may not, a field is wrong, or it would leave the company without an owner.
    pub async fn change_member(
        &self,
        actor: &Actor,
        id: MemberId,
        change: MemberChange,
    ) -> Result<MemberView, AppError> {
        actor.must_administer()?;
        let hash = match &change.password {
            Some(password) => {
                check_password("/password", password)?;
                Some(self.hash_password(password).await?)
            }
            None => None,
        };
        let mut work = self.begin_as(actor).await?;
        let found = members::find(&mut work.tx, id).await?.filter(|m| m.company_id == actor.company);
        let before = found.ok_or(AppError::NotFound)?;
        let mut after = before.clone();
        if let Some(name) = &change.name {
            after.name = name_of("/name", name)?;
        }
        if let Some(nickname) = &change.nickname {
            after.nickname = optional_name("/nickname", nickname.as_deref())?;
        }
        if let Some(title) = &change.title {
            after.title = optional_name("/title", title.as_deref())?;
        }
        if let Some(email) = &change.email {
            after.email = email.as_deref().map(check_email).transpose()?;
        }
        after.role = change.role.unwrap_or(after.role);
        after.status = change.status.unwrap_or(after.status);
        if before.status == MemberStatus::Left && after.status != MemberStatus::Left {
            return Err(AppError::Conflict {
                code: "MEMBER_LEFT",
                detail: "Whoever has left does not come back to what was theirs. Make a new member.".into(),
            });
        }
        // An owner is above a security administrator, who could otherwise make themselves one.
        let about_owner = before.role == Role::Owner && before.id != actor.id;
        if actor.role != Role::Owner && (after.role != before.role || about_owner) {
            return Err(AppError::Forbidden("an owner, who alone changes roles and other owners,"));
        }
        members::update(&mut work.tx, &after).await?;
        if members::count_owners(&mut work.tx, actor.company).await? == 0 {
            return Err(AppError::Conflict {
                code: "LAST_OWNER",
                detail: "The company would be left without an owner. Make somebody else an owner first.".into(),
            });
        }
        if let Some(teams) = &change.teams {
            let shared = self.shared_with_teams_of(&mut work.tx, id).await?;
            self.set_teams(&mut work, &after, teams).await?;
            self.teams_moved(&mut work, id, &shared).await?;
        }
        if let Some(hash) = &hash {
            members::set_password_hash(&mut work.tx, id, hash).await?;
        }
        // A link that was sent to the former address, or to set what is now set, serves no longer.
        if hash.is_some() || after.email != before.email {
            passwords::replace_all(&mut work.tx, id).await?;
        }
        let signs_out = hash.is_some() || after.role != before.role || after.status != before.status;
        if signs_out {
            self.end_sessions(&mut work, id, None).await?;
        }
        companies::touch_policy(&mut work.tx, actor.company).await?;
        self.audit_changes(&mut work, actor, &before, &after, change.teams.is_some(), hash.is_some()).await?;
        if after.status == MemberStatus::Left && before.status != MemberStatus::Left {
            self.revoke_invitations_of(&mut work, Some(actor), id).await?;
        }
        if after.status != before.status || change.teams.is_some() {
            self.reassess_members(&mut work, Some(actor), &[id]).await?;
            let inside = rooms::of_member(&mut work.tx, id, false).await?;
            self.reassess(&mut work, Some(actor), &inside).await?;
        }
        if after.name != before.name {
            self.member_renamed(&mut work, id).await?;
        }
        if after.name != before.name || after.nickname != before.nickname {
            self.tell_profile(&mut work, id).await?;
        }
        let view = self.member_view_for(&mut work.tx, actor, after).await?;
        self.finish(work).await?;
        Ok(view)
    }

    async fn audit_changes(
        &self,
        work: &mut Work,
        actor: &Actor,
        before: &Member,
        after: &Member,
        teams: bool,
        password: bool,
    ) -> Result<(), AppError> {
        if after.status != before.status {
            let action = match after.status {
                MemberStatus::Active => "member.reactivated",
                MemberStatus::Suspended => "member.suspended",
                MemberStatus::Left => "member.left",
            };
            self.audit_member(work, Some(actor), action, after, serde_json::json!({})).await?;
        }
        if after.role != before.role {
            let details = serde_json::json!({ "before": before.role, "after": after.role });
            self.audit_member(work, Some(actor), "role.changed", after, details).await?;
        }
        if password {
            self.audit_member(work, Some(actor), "password.reset", after, serde_json::json!({})).await?;
        }
        let profile = |m: &Member| (m.name.clone(), m.nickname.clone(), m.title.clone(), m.email.clone());
        if profile(before) != profile(after) || teams {
            let email = before.email != after.email;
            let details =
                serde_json::json!({ "teams": teams, "name": after.name, "before": before.name, "email": email });
            self.audit_member(work, Some(actor), "member.changed", after, details).await?;
        }
        Ok(())
    }

    /// The company's teams.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list_teams(&self, actor: &Actor) -> Result<Vec<members::Team>, AppError> {
        let mut tx = self.db.read().await?;
        Ok(members::teams(&mut tx, actor.company).await?)
    }

    /// Makes a team.
    ///
    /// # Errors
    /// Where the actor may not, a field is wrong, or there is one of that name.
    pub async fn create_team(&self, actor: &Actor, name: &str, people: &[MemberId]) -> Result<members::Team, AppError> {
        actor.must_administer()?;
        let name = name_of("/name", name)?;
        let mut work = self.begin_as(actor).await?;
        let id = TeamId::new(&*self.clock);
        if !members::insert_team(&mut work.tx, id, actor.company, &name).await? {
            return Err(AppError::Conflict { code: "NAME_TAKEN", detail: "There is a team of that name.".into() });
        }
        for (i, &member) in people.iter().enumerate() {
            let known = members::find(&mut work.tx, member).await?.filter(|m| m.company_id == actor.company);
            if known.is_none() {
                let pointer = format!("/memberIds/{i}");
                return Err(AppError::field(pointer, "NOT_FOUND", "is not a member of your company"));
            }
            members::add_to_team(&mut work.tx, id, member).await?;
        }
        companies::touch_policy(&mut work.tx, actor.company).await?;
        let details = serde_json::json!({ "name": name });
        let target = Some(id.to_string());
        let act = Act { category: category::MEMBERS, action: "team.created", actor: Some(actor), target, details };
        work.audit(&*self.clock, actor.company, act).await?;
        self.finish(work).await?;
        Ok(members::Team { id, name, member_count: i64::try_from(people.len()).unwrap_or(0) })
    }
}

/// A handle from its two parts, for the command line, which takes either form.
///
/// # Errors
/// Where it is not one.
pub fn handle_in(domain: &CompanyDomain, text: &str) -> Result<String, AppError> {
    let wrong = |e: liaison_domain::HandleError| AppError::field("/handle", "HANDLE", e.to_string());
    let handle = if text.contains('@') { Handle::parse(text) } else { Handle::new(text, domain) };
    Ok(handle.map_err(wrong)?.as_str().to_owned())
}
