//! Rooms and messages.

use super::{Items, created};
use crate::error::ApiError;
use crate::extract::{Id, Ids, Json, Params, SignedIn, bad_cursor, limit, read_cursor, write_cursor};
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use liaison_app::log::MessageView;
use liaison_app::rooms::{History, Opening, Part};
use liaison_app::views::RoomView;
use liaison_app::writer::{Send, check_draft};
use liaison_app::{AppError, Problem};
use liaison_domain::{ContactId, MemberId, RoomId, Timestamp};
use liaison_store::rooms::ListKey;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which rooms.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RoomQuery {
    /// `all` (default) or `external`.
    filter: Option<RoomFilter>,
    /// 1 to 200, 50 by default.
    limit: Option<i64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Which rooms of the list.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RoomFilter {
    /// All.
    All,
    /// Those with people of other companies.
    External,
}

/// One's rooms, most recently active first.
#[utoipa::path(
    get, path = "/rooms", tag = "rooms", params(RoomQuery),
    responses((status = 200, body = Items<RoomView>), (status = 401, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list_rooms(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Params(query): Params<RoomQuery>,
) -> Result<axum::Json<Items<RoomView>>, ApiError> {
    let after = match read_cursor(query.cursor.as_deref(), 2)? {
        Some(parts) => Some(ListKey {
            at: Timestamp::from_millis(parts[0].parse().map_err(|_| bad_cursor())?),
            id: parts[1].parse().map_err(|_| bad_cursor())?,
        }),
        None => None,
    };
    let external_only = query.filter == Some(RoomFilter::External);
    let (items, next) = state.app.list_rooms(&actor, external_only, after, limit(query.limit)?).await?;
    let next_cursor = next.map(|k| write_cursor(&[&k.at.as_millis().to_string(), &k.id.to_string()]));
    Ok(axum::Json(Items { items, next_cursor }))
}

/// Whom to bring together.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewRoom {
    /// Colleagues.
    #[serde(default)]
    member_ids: Vec<MemberId>,
    /// Contacts of one's own.
    #[serde(default)]
    contact_ids: Vec<ContactId>,
    /// A name makes it a group, even of two.
    name: Option<String>,
    /// Several unrelated outsiders in one room are meant (409 `CONFIRM_AUDIENCE` asks).
    #[serde(default)]
    confirmed: bool,
}

/// Opens a room. Exactly one other person and no name: their direct room, 200 if it exists.
#[utoipa::path(
    post, path = "/rooms", tag = "rooms", request_body = NewRoom,
    responses((status = 201, body = RoomView), (status = 200, body = RoomView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn open_room(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Json(body): Json<NewRoom>,
) -> Result<(StatusCode, axum::Json<RoomView>), ApiError> {
    let opening =
        Opening { members: body.member_ids, contacts: body.contact_ids, name: body.name, confirmed: body.confirmed };
    let (room, new) = state.app.open_room(&actor, opening).await?;
    Ok(created(new, room))
}

/// One of one's rooms.
#[utoipa::path(
    get, path = "/rooms/{id}", tag = "rooms", params(("id" = RoomId, Path)),
    responses((status = 200, body = RoomView), (status = 401, body = Problem), (status = 404, body = Problem))
)]
pub(crate) async fn get_room(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<RoomId>,
) -> Result<axum::Json<RoomView>, ApiError> {
    Ok(axum::Json(state.app.get_room(&actor, id).await?))
}

/// A change of a group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoomChange {
    /// Its name.
    name: String,
}

/// Gives a group another name.
#[utoipa::path(
    patch, path = "/rooms/{id}", tag = "rooms", params(("id" = RoomId, Path)), request_body = RoomChange,
    responses((status = 200, body = RoomView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn update_room(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<RoomId>,
    Json(body): Json<RoomChange>,
) -> Result<axum::Json<RoomView>, ApiError> {
    Ok(axum::Json(state.app.rename_room(&actor, id, &body.name).await?))
}

/// From where a newcomer may read.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum HistoryChoice {
    /// From joining on.
    #[default]
    FromJoin,
    /// From this line on, which the host must see.
    FromSeq(i64),
}

/// Whom to let in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewParticipants {
    /// Colleagues.
    #[serde(default)]
    member_ids: Vec<MemberId>,
    /// Contacts of one's own.
    #[serde(default)]
    contact_ids: Vec<ContactId>,
    /// From where they may read.
    #[serde(default)]
    history: HistoryChoice,
}

/// Lets people into a group.
#[utoipa::path(
    post, path = "/rooms/{id}/participants", tag = "rooms", params(("id" = RoomId, Path)), request_body = NewParticipants,
    responses((status = 200, body = RoomView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn add_participants(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<RoomId>,
    Json(body): Json<NewParticipants>,
) -> Result<axum::Json<RoomView>, ApiError> {
    let history = match body.history {
        HistoryChoice::FromJoin => History::FromJoin,
        HistoryChoice::FromSeq(seq) => History::FromSeq(seq),
    };
    let room = state.app.add_participants(&actor, id, &body.member_ids, &body.contact_ids, history).await?;
    Ok(axum::Json(room))
}

/// Takes somebody out of a group: oneself (`me`), or somebody of one's own company.
#[utoipa::path(
    delete, path = "/rooms/{id}/participants/{participantId}", tag = "rooms",
    params(("id" = RoomId, Path), ("participantId" = String, Path, description = "A member id, or `me`")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(crate) async fn remove_participant(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Ids(id, whom): Ids<RoomId, String>,
) -> Result<StatusCode, ApiError> {
    let whom = if whom == "me" { actor.id } else { whom.parse().map_err(|_| AppError::NotFound)? };
    state.app.remove_participant(&actor, id, whom).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A yes or a no.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestAnswer {
    /// Yes or no.
    answer: YesOrNo,
}

/// The answer to a first contact.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum YesOrNo {
    /// Begins the conversation.
    Accept,
    /// Ends it before it began.
    Decline,
}

/// Answers a first contact that waits for oneself.
#[utoipa::path(
    post, path = "/rooms/{id}/request", tag = "rooms", params(("id" = RoomId, Path)), request_body = RequestAnswer,
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn answer_request(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<RoomId>,
    Json(body): Json<RequestAnswer>,
) -> Result<StatusCode, ApiError> {
    state.app.answer_request(&actor, id, body.answer == YesOrNo::Accept).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which part of a room's log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageQuery {
    /// Lines before this number, the newest of them.
    before: Option<i64>,
    /// Lines after this number, the oldest of them.
    after: Option<i64>,
    /// 1 to 200, 50 by default.
    limit: Option<i64>,
}

/// A part of a room's log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessagePage {
    /// Lines, by number.
    items: Vec<MessageView>,
    /// Whether there are older ones that one may see.
    has_more_before: bool,
    /// Whether there are newer ones that one may see.
    has_more_after: bool,
}

/// A part of a room's log, within what one may see; without `before` or `after` the newest.
#[utoipa::path(
    get, path = "/rooms/{id}/messages", tag = "rooms", params(("id" = RoomId, Path), MessageQuery),
    responses((status = 200, body = MessagePage), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn list_messages(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<RoomId>,
    Params(query): Params<MessageQuery>,
) -> Result<axum::Json<MessagePage>, ApiError> {
    let part = match (query.before, query.after) {
        (None, None) => Part::Newest,
        (Some(before), None) => Part::Before(before),
        (None, Some(after)) => Part::After(after),
        (Some(_), Some(_)) => {
            return Err(AppError::field("/before", "ONE_OF", "and after exclude each other").into());
        }
    };
    let page = state.app.list_messages(&actor, id, part, limit(query.limit)?).await?;
    let (has_more_before, has_more_after) = (page.has_more_before, page.has_more_after);
    Ok(axum::Json(MessagePage { items: page.items, has_more_before, has_more_after }))
}

/// A message to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewMessage {
    /// One's own id for it, 1 to 100 characters; sending again with the same id is safe.
    client_id: String,
    /// What it says, 1 to 8,000 characters.
    text: String,
}

/// Sends a message; answers once it is durable.
#[utoipa::path(
    post, path = "/rooms/{id}/messages", tag = "rooms", params(("id" = RoomId, Path)), request_body = NewMessage,
    responses((status = 201, body = MessageView), (status = 200, body = MessageView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn send_message(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(room): Id<RoomId>,
    Json(body): Json<NewMessage>,
) -> Result<(StatusCode, axum::Json<MessageView>), ApiError> {
    let text = check_draft(&body.client_id, &body.text)?;
    let sent = state.app.send_message(Send { actor, room, client_id: body.client_id, text }).await?;
    Ok(created(!sent.repeated, sent.message))
}

/// How far one has read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadMark {
    /// The number of the last line read.
    seq: i64,
}

/// Says how far one has read; never back.
#[utoipa::path(
    put, path = "/rooms/{id}/read", tag = "rooms", params(("id" = RoomId, Path)), request_body = ReadMark,
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(crate) async fn mark_read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    Id(id): Id<RoomId>,
    Json(body): Json<ReadMark>,
) -> Result<StatusCode, ApiError> {
    state.app.mark_read(actor, id, body.seq).await?;
    Ok(StatusCode::NO_CONTENT)
}
