//! Editing a contact.

use super::add::{name_field, optional_field};
use super::{ContactView, LIMITS, in_trash, invalid, may_edit, must_manage};
use crate::audit::{Act, category};
use crate::error::{AppError, FieldError};
use crate::{Actor, App};
use liaison_domain::{
    ContactAddress, ContactDate, ContactDetails, ContactId, ContactKind, ContactOrganisation, ContactValue, CustomField,
};
use liaison_store::contacts::{self, Contact};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

/// In a merge patch, null differs from absent: a field that is there is `Some`, null inside.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Deserialize::deserialize(from).map(Some)
}

/// A change of a contact (JSON merge patch): null takes away, what is absent stays, a list is given whole.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactChange {
    /// The name. Null, for an outsider: as the other side has it, and following it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Option<String>>,
    /// The nickname; that of an outsider follows the other side and refuses edits.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub nickname: Option<Option<String>>,
    /// The company; that of an outsider follows the other side and refuses edits.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub company_name: Option<Option<String>>,
    /// E-mail addresses.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<ContactValue>>)]
    pub emails: Option<Option<Vec<ContactValue>>>,
    /// Phone numbers.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<ContactValue>>)]
    pub phones: Option<Option<Vec<ContactValue>>>,
    /// Where they work.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<ContactOrganisation>>)]
    pub organisations: Option<Option<Vec<ContactOrganisation>>>,
    /// Postal addresses.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<ContactAddress>>)]
    pub addresses: Option<Option<Vec<ContactAddress>>>,
    /// Days to remember.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<ContactDate>>)]
    pub dates: Option<Option<Vec<ContactDate>>>,
    /// Websites.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<ContactValue>>)]
    pub websites: Option<Option<Vec<ContactValue>>>,
    /// A note.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub memo: Option<Option<String>>,
    /// Tags.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<String>>)]
    pub tags: Option<Option<Vec<String>>>,
    /// Fields of one's own.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<CustomField>>)]
    pub custom_fields: Option<Option<Vec<CustomField>>>,
    /// Whether those it is shared with may edit it; for its owner and administrators to say.
    pub colleagues_may_edit: Option<bool>,
}

/// Puts a given field in place; null empties it.
fn put<T: Default>(field: &mut T, given: Option<Option<T>>) {
    if let Some(given) = given {
        *field = given.unwrap_or_default();
    }
}

impl ContactChange {
    fn details(&self, details: &ContactDetails) -> ContactDetails {
        let mut after = details.clone();
        put(&mut after.emails, self.emails.clone());
        put(&mut after.phones, self.phones.clone());
        put(&mut after.organisations, self.organisations.clone());
        put(&mut after.addresses, self.addresses.clone());
        put(&mut after.dates, self.dates.clone());
        put(&mut after.websites, self.websites.clone());
        put(&mut after.tags, self.tags.clone());
        put(&mut after.custom_fields, self.custom_fields.clone());
        if let Some(memo) = &self.memo {
            after.memo.clone_from(memo);
        }
        after
    }
}

/// Which fields differ, by their names in the API.
fn changed(before: &Contact, after: &Contact) -> Vec<&'static str> {
    let (b, a) = (&before.details, &after.details);
    let fields = [
        ("name", before.name != after.name || before.name_edited != after.name_edited),
        ("nickname", before.nickname != after.nickname),
        ("companyName", before.company_name != after.company_name),
        ("emails", b.emails != a.emails),
        ("phones", b.phones != a.phones),
        ("organisations", b.organisations != a.organisations),
        ("addresses", b.addresses != a.addresses),
        ("dates", b.dates != a.dates),
        ("websites", b.websites != a.websites),
        ("memo", b.memo != a.memo),
        ("tags", b.tags != a.tags),
        ("customFields", b.custom_fields != a.custom_fields),
        ("colleaguesMayEdit", before.colleagues_may_edit != after.colleagues_may_edit),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

fn check_synced(contact: &Contact, change: &ContactChange) -> Result<(), AppError> {
    if contact.kind == ContactKind::Plain {
        return Ok(());
    }
    let edits = |given: &Option<Option<String>>, now: &Option<String>| given.as_ref().is_some_and(|g| g != now);
    let synced = [
        ("/nickname", edits(&change.nickname, &contact.nickname)),
        ("/companyName", edits(&change.company_name, &contact.company_name)),
    ];
    let errors: Vec<FieldError> = synced
        .into_iter()
        .filter(|(_, edited)| *edited)
        .map(|(pointer, _)| FieldError {
            pointer: pointer.to_owned(),
            code: "FIELD_SYNCED".to_owned(),
            text: "follows the other side and cannot be edited; give the contact another name instead".to_owned(),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(AppError::FieldSynced(errors)) }
}

impl App {
    /// Edits a contact. `expected` is the version its editor saw.
    ///
    /// # Errors
    /// Where it is not in the actor's sight, they may not edit it, a field is wrong, or somebody saved in between.
    pub async fn change_contact(
        &self,
        actor: &Actor,
        id: ContactId,
        change: ContactChange,
        expected: Option<i64>,
    ) -> Result<ContactView, AppError> {
        let mut work = self.begin_as(actor).await?;
        let before = self.seen(&mut work.tx, actor, id).await?;
        if before.trashed_at.is_some() {
            return Err(in_trash());
        }
        if change.colleagues_may_edit.is_some() {
            must_manage(actor, &before)?;
        }
        let names = change.name.is_some() || change.nickname.is_some() || change.company_name.is_some();
        let fields = names || before.details != change.details(&before.details);
        // Who may only share may turn the switch, and nothing else along with it.
        let only_switch = change.colleagues_may_edit.is_some() && !fields;
        if !only_switch && !may_edit(actor, &before) {
            return Err(AppError::Forbidden("the contact's owner, or who was allowed to edit it,"));
        }
        if expected.is_some_and(|expected| expected != before.version) {
            return Err(AppError::Stale);
        }
        check_synced(&before, &change)?;
        let mut after = before.clone();
        match &change.name {
            None => {}
            Some(Some(name)) => {
                after.name = name_field(name)?;
                // The same name again is no edit: it keeps following.
                after.name_edited |= before.kind != ContactKind::Plain && after.name != before.name;
            }
            Some(None) if before.kind == ContactKind::Plain => {
                return Err(AppError::field("/name", "EMPTY", "is given"));
            }
            Some(None) => {
                after.name_edited = false;
                after.name = before.nickname.clone().unwrap_or(after.name);
            }
        }
        if before.kind == ContactKind::Plain {
            if let Some(nickname) = &change.nickname {
                after.nickname = optional_field("/nickname", nickname.as_deref())?;
            }
            if let Some(company) = &change.company_name {
                after.company_name = optional_field("/companyName", company.as_deref())?;
            }
        }
        after.details = change.details(&before.details).clean(&LIMITS).map_err(invalid)?;
        after.colleagues_may_edit = change.colleagues_may_edit.unwrap_or(before.colleagues_may_edit);
        let fields = changed(&before, &after);
        if fields.is_empty() {
            return self.contact_view(&mut work.tx, actor, &before).await;
        }
        contacts::update(&mut work.tx, &mut after, work.position).await?;
        // Names of fields and no values: the log is kept longer than the contact may be.
        let details = serde_json::json!({ "fields": fields });
        let target = Some(id.to_string());
        let act = Act { category: category::EXTERNAL, action: "contact.changed", actor: Some(actor), target, details };
        work.audit(&*self.clock, actor.company, act).await?;
        self.tell_contact(&mut work, &after).await?;
        let view = self.contact_view(&mut work.tx, actor, &after).await?;
        self.finish(work).await?;
        Ok(view)
    }
}
