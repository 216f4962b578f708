//! The contact book.

use super::company::photo;
use super::{Empty, Items, created};
use crate::error::ApiError;
use crate::extract::{Expected, Id, Json, Params, SignedIn, Upload, bad_cursor, limit, read_cursor, write_cursor};
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use liaison_app::audit::hex;
use liaison_app::contacts::{
    BookChange, BookView, ContactChange, ContactView, ListRequest, PlainContact, Section, TagView, VisibilityChange,
    WhomToAdd,
};
use liaison_app::{AppError, Problem};
use liaison_domain::{
    ContactAddress, ContactDate, ContactDetails, ContactId, ContactOrganisation, ContactValue, CustomField, MemberId,
    Network, RoomId,
};
use liaison_store::contacts::{Order, Place, PlaceKey};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

fn with_etag(status: StatusCode, contact: ContactView) -> Response {
    let etag = format!("\"{}\"", contact.version);
    (status, [(header::ETAG, etag)], axum::Json(contact)).into_response()
}

/// What contacts are sorted by.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sort {
    /// By name.
    Name,
    /// By company, then by name; those without one last.
    Company,
    /// The newest first.
    Added,
}

/// Which contacts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContactQuery {
    /// `all` (default), `external` or `trash`.
    section: Option<Section>,
    /// Only outsiders of this network.
    network: Option<Network>,
    /// Only with this tag.
    tag: Option<String>,
    /// Words that are all found in name, nickname, company, e-mails, phones or tags: in any script, while they are typed,
    /// Korean by initials too.
    query: Option<String>,
    /// `name` (default), `company` or `added`.
    sort: Option<Sort>,
    /// 1 to 200, 50 by default.
    limit: Option<i64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits = hexadecimal.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let pair = |p: &[u8]| u8::from_str_radix(std::str::from_utf8(p).ok()?, 16).ok();
    digits.chunks(2).map(pair).collect()
}

fn read_place(order: Order, cursor: Option<&str>) -> Result<Option<Place>, ApiError> {
    let Some(parts) = read_cursor(cursor, 3)? else { return Ok(None) };
    let key = match (order, parts[0].as_str()) {
        (Order::Added, "t") => parts[1].parse().ok().map(PlaceKey::Time),
        (Order::Name, "n") | (Order::Company, "c") => bytes(&parts[1]).map(PlaceKey::Text),
        _ => None,
    };
    let (Some(key), Ok(id)) = (key, parts[2].parse()) else { return Err(bad_cursor()) };
    Ok(Some(Place { key, id }))
}

fn write_place(order: Order, place: &Place) -> String {
    let key = match &place.key {
        PlaceKey::Text(key) => hex(key),
        PlaceKey::Time(at) => at.to_string(),
    };
    let sort = match order {
        Order::Name => "n",
        Order::Company => "c",
        Order::Added => "t",
    };
    write_cursor(&[sort, &key, &place.id.to_string()])
}

/// The contacts in one's sight: one's own and those that colleagues share.
#[utoipa::path(
    get, path = "/contacts", tag = "contacts", params(ContactQuery),
    responses((status = 200, body = Items<ContactView>), (status = 401, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list_contacts(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Params(query): Params<ContactQuery>,
) -> Result<axum::Json<Items<ContactView>>, ApiError> {
    let order = match query.sort {
        None | Some(Sort::Name) => Order::Name,
        Some(Sort::Company) => Order::Company,
        Some(Sort::Added) => Order::Added,
    };
    let request = ListRequest {
        section: query.section.unwrap_or_default(),
        network: query.network,
        tag: query.tag,
        query: query.query.unwrap_or_default(),
        order,
        after: read_place(order, query.cursor.as_deref())?,
        limit: limit(query.limit)?,
    };
    let (items, next) = state.app.list_contacts(&actor, &request).await?;
    Ok(axum::Json(Items { items, next_cursor: next.map(|place| write_place(order, &place)) }))
}

/// The tags of the contacts in one's sight, and how many have each.
#[utoipa::path(
    get, path = "/contacts/tags", tag = "contacts",
    responses((status = 200, body = Items<TagView>), (status = 401, body = Problem))
)]
pub(crate) async fn list_contact_tags(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<axum::Json<Items<TagView>>, ApiError> {
    Ok(Items::all(state.app.list_tags(&actor).await?))
}

/// Whom to add: the person of a lookup, or somebody in one of one's rooms, or a plain contact with a name.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewContact {
    /// An outsider from a lookup; nothing else is given then.
    person_ref: Option<String>,
    /// A room one is in, together with `participantId`; nothing else is given then.
    room_id: Option<RoomId>,
    /// An outsider in that room.
    participant_id: Option<MemberId>,
    /// The name of a plain contact.
    name: Option<String>,
    /// Its nickname.
    nickname: Option<String>,
    /// Its company.
    company_name: Option<String>,
    /// Its e-mail addresses.
    #[serde(default)]
    emails: Vec<ContactValue>,
    /// Its phone numbers.
    #[serde(default)]
    phones: Vec<ContactValue>,
    /// Where it works.
    #[serde(default)]
    organisations: Vec<ContactOrganisation>,
    /// Its postal addresses.
    #[serde(default)]
    addresses: Vec<ContactAddress>,
    /// Days to remember.
    #[serde(default)]
    dates: Vec<ContactDate>,
    /// Its websites.
    #[serde(default)]
    websites: Vec<ContactValue>,
    /// A note.
    memo: Option<String>,
    /// Its tags.
    #[serde(default)]
    tags: Vec<String>,
    /// Fields of one's own.
    #[serde(default)]
    custom_fields: Vec<CustomField>,
}

/// Either an outsider or a plain contact.
enum Addition {
    Outsider(WhomToAdd),
    Plain(Box<PlainContact>),
}

impl NewContact {
    fn read(self) -> Result<Addition, ApiError> {
        let details = ContactDetails {
            emails: self.emails,
            phones: self.phones,
            organisations: self.organisations,
            addresses: self.addresses,
            dates: self.dates,
            websites: self.websites,
            memo: self.memo,
            tags: self.tags,
            custom_fields: self.custom_fields,
        };
        let bare = self.nickname.is_none() && self.company_name.is_none() && details == ContactDetails::default();
        match (self.person_ref, self.room_id, self.participant_id, self.name) {
            (Some(reference), None, None, None) if bare => Ok(Addition::Outsider(WhomToAdd::Card(reference))),
            (None, Some(room), Some(participant), None) if bare => {
                Ok(Addition::Outsider(WhomToAdd::Participant(room, participant)))
            }
            (None, None, None, Some(name)) => {
                let (nickname, company_name) = (self.nickname, self.company_name);
                Ok(Addition::Plain(Box::new(PlainContact { name, nickname, company_name, details })))
            }
            _ => {
                let text = "is given, or else roomId and participantId, or else name for a plain contact";
                Err(AppError::field("/personRef", "ONE_OF", text).into())
            }
        }
    }
}

/// Adds an outsider (contact, link and direct room at once) or a plain contact. Adding an outsider twice, or one who lies
/// in one's trash, answers 200 with the same contact, restored.
#[utoipa::path(
    post, path = "/contacts", tag = "contacts", request_body = NewContact,
    responses((status = 201, body = ContactView), (status = 200, body = ContactView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn add_contact(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<NewContact>,
) -> Result<(StatusCode, axum::Json<ContactView>), ApiError> {
    match body.read()? {
        Addition::Outsider(whom) => {
            let (contact, new) = state.app.add_contact(&actor, &whom).await?;
            Ok(created(new, contact))
        }
        Addition::Plain(plain) => Ok(created(true, state.app.add_plain_contact(&actor, *plain).await?)),
    }
}

/// A contact in one's sight.
#[utoipa::path(
    get, path = "/contacts/{id}", tag = "contacts", params(("id" = ContactId, Path)),
    responses((status = 200, body = ContactView), (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn get_contact(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<ContactId>,
) -> Result<Response, ApiError> {
    Ok(with_etag(StatusCode::OK, state.app.get_contact(&actor, id).await?))
}

/// Edits a contact: its owner, or those it is shared with where the owner lets them. With `If-Match`, 412 where somebody
/// saved in between.
#[utoipa::path(
    patch, path = "/contacts/{id}", tag = "contacts", params(("id" = ContactId, Path)), request_body = ContactChange,
    responses((status = 200, body = ContactView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn update_contact(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<ContactId>,
    Expected(version): Expected,
    Json(change): Json<ContactChange>,
) -> Result<Response, ApiError> {
    Ok(with_etag(StatusCode::OK, state.app.change_contact(&actor, id, change, version).await?))
}

/// How to delete.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteQuery {
    /// For good, what is in the trash already.
    permanently: Option<bool>,
}

/// Deletes a contact into its owner's trash: chat ends for both sides at once. 409 `IN_SHARED_ROOM`, with `rooms`, while
/// this person, the owner and a colleague sit in one open room.
#[utoipa::path(
    delete, path = "/contacts/{id}", tag = "contacts", params(("id" = ContactId, Path), DeleteQuery),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn delete_contact(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<ContactId>,
    Params(query): Params<DeleteQuery>,
) -> Result<Empty, ApiError> {
    if query.permanently == Some(true) {
        state.app.purge_contact(&actor, id).await?;
    } else {
        state.app.delete_contact(&actor, id).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Restores a contact from the trash with fields, tags, sharing and room. Whether the two may chat is decided afresh;
/// `link` says how that ended, and why.
#[utoipa::path(
    post, path = "/contacts/{id}/restore", tag = "contacts", params(("id" = ContactId, Path)),
    responses((status = 200, body = ContactView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn restore_contact(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<ContactId>,
) -> Result<Response, ApiError> {
    Ok(with_etag(StatusCode::OK, state.app.restore_contact(&actor, id).await?))
}

/// Sets who sees a contact. Its owner and administrators in whose sight it is.
#[utoipa::path(
    put, path = "/contacts/{id}/visibility", tag = "contacts", params(("id" = ContactId, Path)), request_body = VisibilityChange,
    responses((status = 200, body = ContactView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn share_contact(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<ContactId>,
    Expected(version): Expected,
    Json(change): Json<VisibilityChange>,
) -> Result<Response, ApiError> {
    Ok(with_etag(StatusCode::OK, state.app.share_contact(&actor, id, change, version).await?))
}

/// A contact's own photo.
#[utoipa::path(
    get, path = "/contacts/{id}/photo", tag = "contacts", params(("id" = ContactId, Path)),
    responses(
        (status = 200, content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))),
        (status = 304, description = "Unchanged: If-None-Match names this photo"),
        (status = 401, body = Problem), (status = 404, body = Problem)
    )
)]
pub(crate) async fn get_contact_photo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<ContactId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(photo(state.app.contact_photo(&actor, id).await?, &headers))
}

/// Gives a contact a photo of its own: a JPEG, PNG or WebP picture of up to 10 MB and 40 million pixels as the body. The
/// square in its middle is drawn anew, at most 512 pixels wide, without its metadata.
#[utoipa::path(
    put, path = "/contacts/{id}/photo", tag = "contacts", params(("id" = ContactId, Path)),
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))),
    responses((status = 200, body = ContactView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem))
)]
pub(crate) async fn set_contact_photo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<ContactId>,
    Expected(version): Expected,
    Upload(picture): Upload,
) -> Result<Response, ApiError> {
    let contact = state.app.change_contact_photo(&actor, id, Some(picture), version).await?;
    Ok(with_etag(StatusCode::OK, contact))
}

/// Takes a contact's own photo away; that of an outsider then is the person's own again.
#[utoipa::path(
    delete, path = "/contacts/{id}/photo", tag = "contacts", params(("id" = ContactId, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 412, body = Problem))
)]
pub(crate) async fn delete_contact_photo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<ContactId>,
    Expected(version): Expected,
) -> Result<Empty, ApiError> {
    state.app.change_contact_photo(&actor, id, None, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn book_with_etag(book: BookView) -> Response {
    let etag = format!("\"{}\"", book.version);
    ([(header::ETAG, etag)], axum::Json(book)).into_response()
}

/// The settings and limits of the company's contact book.
#[utoipa::path(
    get, path = "/company/contact-book", tag = "contacts",
    responses((status = 200, body = BookView), (status = 401, body = Problem))
)]
pub(crate) async fn get_contact_book(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<Response, ApiError> {
    Ok(book_with_etag(state.app.contact_book(&actor).await?))
}

/// Changes the settings of the company's contact book. Owners and security administrators only.
#[utoipa::path(
    patch, path = "/company/contact-book", tag = "contacts", request_body = BookChange,
    responses((status = 200, body = BookView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn update_contact_book(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Expected(version): Expected,
    Json(change): Json<BookChange>,
) -> Result<Response, ApiError> {
    Ok(book_with_etag(state.app.change_contact_book(&actor, change, version).await?))
}
