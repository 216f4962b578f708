//! People outside: lookup and blocks.

use super::Items;
use crate::api::company::photo;
use crate::error::ApiError;
use crate::extract::{Id, Json, SignedIn};
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use liaison_app::blocks::{BlockView, WhomToBlock};
use liaison_app::people::{PersonCard, Whom};
use liaison_app::{AppError, Problem};
use liaison_domain::{BlockId, ContactId, MemberId, RoomId};
use serde::Deserialize;
use utoipa::ToSchema;

/// Whom to look up, by one of these.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lookup {
    /// In full: `leo@borealis.example`.
    handle: Option<String>,
    /// In international form, or as people of one's company's country dial it.
    phone: Option<String>,
    /// Of an invitation or card: the code, or the whole address, as its QR code holds it.
    invitation: Option<String>,
}

/// Looks a person of another company up. Unknown, not permitted and suspended people answer the same, and by phone also
/// those who do not let themselves be found.
#[utoipa::path(
    post, path = "/people/lookup", tag = "people", request_body = Lookup,
    responses((status = 200, body = PersonCard), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem))
)]
pub(crate) async fn look_up_person(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<Lookup>,
) -> Result<axum::Json<PersonCard>, ApiError> {
    let card = match (&body.handle, &body.phone, &body.invitation) {
        (Some(handle), None, None) => state.app.look_up(&actor, Whom::Handle(handle)).await?,
        (None, Some(phone), None) => state.app.look_up(&actor, Whom::Phone(phone)).await?,
        (None, None, Some(text)) => state.app.look_up_invitation(&actor, text).await?,
        _ => return Err(AppError::field("/handle", "ONE_OF", "is given, or else phone, or invitation").into()),
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

/// One's blocks, oldest first.
#[utoipa::path(get, path = "/blocks", tag = "contacts", responses((status = 200, body = Items<BlockView>), (status = 401, body = Problem)))]
pub(crate) async fn list_blocks(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
) -> Result<axum::Json<Items<BlockView>>, ApiError> {
    Ok(Items::all(state.app.list_blocks(&actor).await?))
}

/// Whom to block: the person behind a contact, the outsider in a direct room, or one of those in a group.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "named as the API names them")]
pub(crate) struct NewBlock {
    /// A contact of one's own.
    contact_id: Option<ContactId>,
    /// A room one is in.
    room_id: Option<RoomId>,
    /// An outsider in that room; not needed in a direct room.
    participant_id: Option<MemberId>,
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
    let whom = match (body.contact_id, body.room_id, body.participant_id) {
        (Some(contact), None, None) => WhomToBlock::Contact(contact),
        (None, Some(room), None) => WhomToBlock::Room(room),
        (None, Some(room), Some(participant)) => WhomToBlock::Participant(room, participant),
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
