//! People outside: lookup, contacts, blocks.

use super::{Items, created};
use crate::api::company::photo;
use crate::error::ApiError;
use crate::extract::{Id, Json, Params, SignedIn, bad_cursor, limit, read_cursor, write_cursor};
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use liaison_app::blocks::{BlockView, WhomToBlock};
use liaison_app::contacts::WhomToAdd;
use liaison_app::people::PersonCard;
use liaison_app::views::ContactView;
use liaison_app::{AppError, Problem};
use liaison_domain::{BlockId, ContactId, MemberId, RoomId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Whom to look up, by one of these.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lookup {
    /// In full: `leo@borealis.example`.
    handle: Option<String>,
    /// Of an invitation or card: the code, or the whole address, as its QR code holds it.
    invitation: Option<String>,
}

/// Looks a person of another company up. Unknown, not permitted and suspended people answer the same.
#[utoipa::path(
    post, path = "/people/lookup", tag = "people", request_body = Lookup,
    responses((status = 200, body = PersonCard), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn look_up_person(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<Lookup>,
) -> Result<axum::Json<PersonCard>, ApiError> {
    let card = match (body.handle, body.invitation) {
        (Some(handle), None) => state.app.look_up(&actor, &handle).await?,
        (None, Some(text)) => state.app.look_up_invitation(&actor, &text).await?,
        _ => return Err(AppError::field("/handle", "ONE_OF", "is given, or else invitation").into()),
    };
    Ok(axum::Json(card))
}

/// The photo on a person's card.
#[utoipa::path(
    get, path = "/people/{personRef}/photo", tag = "people", params(("personRef" = String, Path)),
    responses(
        (status = 200, content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))),
        (status = 304, description = "Unchanged: If-None-Match names this photo"),
        (status = 401, body = Problem), (status = 404, body = Problem)
    )
)]
pub(crate) async fn get_person_photo(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(reference): Id<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(photo(state.app.card_photo(&actor, &reference).await?, &headers))
}

/// Which contacts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContactQuery {
    /// `all` (default) or `external`.
    section: Option<Section>,
    /// Words to find in name, nickname or company.
    query: Option<String>,
    /// 1 to 200, 50 by default.
    limit: Option<i64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// A section of the contact book.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Section {
    /// All contacts.
    All,
    /// Outsiders one can chat with.
    External,
}

/// One's contacts, by name.
#[utoipa::path(
    get, path = "/contacts", tag = "contacts", params(ContactQuery),
    responses((status = 200, body = Items<ContactView>), (status = 401, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list_contacts(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Params(query): Params<ContactQuery>,
) -> Result<axum::Json<Items<ContactView>>, ApiError> {
    let limit = limit(query.limit)?;
    // Every contact so far is an outsider, so both sections hold the same.
    let (Some(Section::All | Section::External) | None) = query.section;
    let after = match read_cursor(query.cursor.as_deref(), 2)? {
        Some(parts) => Some((parts[0].clone(), parts[1].parse::<ContactId>().map_err(|_| bad_cursor())?)),
        None => None,
    };
    let words = query.query.unwrap_or_default();
    let contacts = state.app.list_contacts(&actor, &words, after, limit + 1).await?;
    Ok(Items::page(contacts, limit, |c| write_cursor(&[&c.name, &c.id.to_string()])))
}

/// Whom to add: the person of a lookup, or somebody in one of one's rooms.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewContact {
    /// From a lookup.
    person_ref: Option<String>,
    /// A room one is in, together with `participantId`.
    room_id: Option<RoomId>,
    /// A person in that room.
    participant_id: Option<MemberId>,
}

/// Adds an outsider: contact, link and direct room at once. Adding twice answers 200 with the same contact.
#[utoipa::path(
    post, path = "/contacts", tag = "contacts", request_body = NewContact,
    responses((status = 201, body = ContactView), (status = 200, body = ContactView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn add_contact(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<NewContact>,
) -> Result<(StatusCode, axum::Json<ContactView>), ApiError> {
    let whom = match (body.person_ref, body.room_id, body.participant_id) {
        (Some(reference), None, None) => WhomToAdd::Card(reference),
        (None, Some(room), Some(participant)) => WhomToAdd::Participant(room, participant),
        _ => return Err(AppError::field("/personRef", "ONE_OF", "is given, or else roomId and participantId").into()),
    };
    let (contact, new) = state.app.add_contact(&actor, &whom).await?;
    Ok(created(new, contact))
}

/// One of one's contacts.
#[utoipa::path(
    get, path = "/contacts/{id}", tag = "contacts", params(("id" = ContactId, Path)),
    responses((status = 200, body = ContactView), (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn get_contact(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<ContactId>,
) -> Result<axum::Json<ContactView>, ApiError> {
    Ok(axum::Json(state.app.get_contact(&actor, id).await?))
}

/// One's blocks, oldest first.
#[utoipa::path(get, path = "/blocks", tag = "contacts", responses((status = 200, body = Items<BlockView>), (status = 401, body = Problem)))]
pub(crate) async fn list_blocks(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<axum::Json<Items<BlockView>>, ApiError> {
    Ok(Items::all(state.app.list_blocks(&actor).await?))
}

/// Whom to block: the person behind a contact, or the outsider in a direct room.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewBlock {
    /// A contact of one's own.
    contact_id: Option<ContactId>,
    /// A direct room with an outsider.
    room_id: Option<RoomId>,
}

/// Blocks an outsider, who is not told.
#[utoipa::path(
    post, path = "/blocks", tag = "contacts", request_body = NewBlock,
    responses((status = 201, body = BlockView), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn create_block(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<NewBlock>,
) -> Result<(StatusCode, axum::Json<BlockView>), ApiError> {
    let whom = match (body.contact_id, body.room_id) {
        (Some(contact), None) => WhomToBlock::Contact(contact),
        (None, Some(room)) => WhomToBlock::Room(room),
        _ => return Err(AppError::field("/contactId", "ONE_OF", "is given, or else roomId").into()),
    };
    Ok((StatusCode::CREATED, axum::Json(state.app.block(&actor, whom).await?)))
}

/// Ends a block.
#[utoipa::path(
    delete, path = "/blocks/{id}", tag = "contacts", params(("id" = BlockId, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn delete_block(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<BlockId>,
) -> Result<StatusCode, ApiError> {
    state.app.unblock(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
