//! The public API: one file per noun, one handler per operation, all in one list.

pub(crate) mod access;
pub(crate) mod company;
pub(crate) mod contacts;
pub(crate) mod external;
pub(crate) mod invitations;
pub(crate) mod passwords;
pub(crate) mod people;
pub(crate) mod phones;
pub(crate) mod reports;
pub(crate) mod rooms;

use crate::state::AppState;
use crate::ws;
use axum::http::{Method, StatusCode};
use liaison_app::realtime::ServerFrame;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{Modify, OpenApi, ToSchema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

/// An answer without a body.
pub(crate) type Empty = StatusCode;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Items<T> {
    /// The things.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Items<T> {
    /// A list that is never longer than a page.
    pub(crate) fn all(items: Vec<T>) -> axum::Json<Self> {
        axum::Json(Self { items, next_cursor: None })
    }

    /// A page of `limit` things, from `limit + 1` that were asked for.
    pub(crate) fn page(mut items: Vec<T>, limit: i64, cursor: impl Fn(&T) -> String) -> axum::Json<Self> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(cursor) } else { None };
        axum::Json(Self { items, next_cursor })
    }
}

/// 201 with a new thing, 200 with one that was there.
pub(crate) fn created<T>(new: bool, thing: T) -> (StatusCode, axum::Json<T>) {
    (if new { StatusCode::CREATED } else { StatusCode::OK }, axum::Json(thing))
}

/// In a merge patch, null differs from absent: a field that is there is `Some`, null inside.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Deserialize::deserialize(from).map(Some)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Liaison",
        description = "The public API of Liaison, a self-hosted messenger for talking with people outside one's company. \
                       The web client uses nothing else.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/api/v1")),
    security(("cookie" = []), ("bearer" = [])),
    components(schemas(ws::ClientFrame, ServerFrame, contacts::Sort, liaison_app::contacts::Section, rooms::RoomFilter)),
    modifiers(&Security)
)]
struct Description;

struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_with(Default::default);
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("liaison_session")));
        components.add_security_scheme("cookie", cookie);
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// What holds for many operations alike, said once: the answers of the gatekeeping before a handler, and how a POST is
/// repeated.
struct Common;

impl Modify for Common {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut openapi.paths.paths {
            let operations = [
                (Method::GET, &mut item.get),
                (Method::POST, &mut item.post),
                (Method::PUT, &mut item.put),
                (Method::PATCH, &mut item.patch),
                (Method::DELETE, &mut item.delete),
            ];
            for (method, operation) in operations {
                let Some(operation) = operation else { continue };
                // An operation that names its own security is one without sign-in.
                let open = operation.security.is_some();
                let takes = |wanted: &str| match &operation.request_body {
                    Some(RefOr::T(body)) => body.content.keys().any(|kind| kind.starts_with(wanted)),
                    _ => false,
                };
                let (has_json, has_picture) = (takes("application/json"), takes("image/"));
                let repeatable = method == Method::POST && !crate::retry::SECRET.contains(&path.as_str());
                if repeatable {
                    operation.parameters.get_or_insert_default().push(idempotency_key().into());
                }
                let common = [
                    ("400", has_json, "The body is not JSON"),
                    ("401", !open, "Not signed in"),
                    ("403", method != Method::GET, "Refused, or a browser session used from another site"),
                    ("409", repeatable, "In conflict, or a used Idempotency-Key"),
                    ("413", has_json, "The body is larger than 1 MiB"),
                    ("413", has_picture, "The picture is larger than 10 MB"),
                    ("415", has_json, "The body is not application/json"),
                    ("422", has_json || repeatable || operation.parameters.is_some(), "Something sent is not valid"),
                ];
                for (status, answer) in &mut operation.responses.responses {
                    if let RefOr::T(answer) = answer {
                        as_problem_json(answer);
                        if answer.description.is_empty() {
                            meaning(status).clone_into(&mut answer.description);
                        }
                    }
                }
                for (status, applies, description) in common {
                    if applies && !operation.responses.responses.contains_key(status) {
                        operation.responses.responses.insert(status.to_owned(), problem(description));
                    }
                }
            }
        }
    }
}

/// What a status means wherever a handler says nothing more of it.
fn meaning(status: &str) -> &'static str {
    match status {
        "200" | "204" => "Done",
        "201" => "Made",
        "202" => "Taken",
        "401" => "Not signed in, or the credentials are wrong",
        "403" => "Refused: see the code, and the reasons where the rules of external chat refused",
        "404" => "Nothing is there that one may see",
        "409" => "In conflict with how things stand: see the code",
        "412" => "Changed meanwhile: If-Match names an older version",
        "422" => "Something sent is not valid: see the errors",
        "429" => "Too many attempts: see Retry-After",
        _ => "",
    }
}

/// Handlers declare a problem by its type alone; this names its media type.
fn as_problem_json(answer: &mut utoipa::openapi::Response) {
    let is_problem = |content: &RefOr<Content>| {
        let RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) = content else { return false };
        schema.ref_location == "#/components/schemas/Problem"
    };
    if answer.content.get("application/json").is_some_and(is_problem)
        && let Some(content) = answer.content.swap_remove("application/json")
    {
        answer.content.insert("application/problem+json".to_owned(), content);
    }
}

fn problem(description: &str) -> RefOr<utoipa::openapi::Response> {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(description).content("application/problem+json", content).build().into()
}

fn idempotency_key() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Sent again with the same key and body within a day, the request happens once."))
        .schema(Some(text.pattern(Some("^[!-~]+$"))))
        .build()
}

/// What the list of all operations is gathered into.
trait Gather {
    fn routes(self, operations: UtoipaMethodRouter<AppState>) -> Self;
}

/// The doors alone. Each one's description is dropped before the next is made: all of them together would stay with
/// the allocator of a server that is never asked for them.
impl Gather for axum::Router<AppState> {
    fn routes(self, (_, paths, methods): UtoipaMethodRouter<AppState>) -> Self {
        paths.paths.keys().fold(self, |router, path| axum::Router::route(router, path, methods.clone()))
    }
}

impl Gather for OpenApiRouter<AppState> {
    fn routes(self, operations: UtoipaMethodRouter<AppState>) -> Self {
        Self::routes(self, operations)
    }
}

/// All operations.
pub(crate) fn routes() -> axum::Router<AppState> {
    gather(axum::Router::new())
}

/// What they are: made anew at every call.
pub(crate) fn description() -> utoipa::openapi::OpenApi {
    let mut openapi = gather(OpenApiRouter::with_openapi(Description::openapi())).into_openapi();
    Common.modify(&mut openapi);
    openapi
}

fn gather<G: Gather>(doors: G) -> G {
    doors
        .routes(routes!(access::get_server))
        .routes(routes!(access::create_session))
        .routes(routes!(access::delete_session))
        .routes(routes!(access::create_token, access::list_tokens))
        .routes(routes!(access::delete_token))
        .routes(routes!(access::get_me, access::update_me))
        .routes(routes!(access::change_password))
        .routes(routes!(passwords::request_password_reset))
        .routes(routes!(passwords::read_password_link))
        .routes(routes!(passwords::set_password_by_link))
        .routes(routes!(access::set_own_photo, access::delete_own_photo))
        .routes(routes!(phones::change_phone, phones::delete_phone))
        .routes(routes!(phones::verify_phone))
        .routes(routes!(phones::list_phone_finds))
        .routes(routes!(company::get_company, company::update_company))
        .routes(routes!(company::get_company_logo, company::set_company_logo, company::delete_company_logo))
        .routes(routes!(company::get_first_steps, company::update_first_steps))
        .routes(routes!(company::list_members, company::create_member))
        .routes(routes!(company::get_member, company::update_member))
        .routes(routes!(passwords::send_password_link))
        .routes(routes!(company::set_member_photo, company::delete_member_photo))
        .routes(routes!(company::list_teams, company::create_team))
        .routes(routes!(company::get_member_photo))
        .routes(routes!(external::get_external_setting, external::update_external_setting))
        .routes(routes!(external::list_grants, external::create_grants))
        .routes(routes!(external::revoke_grants))
        .routes(routes!(external::list_audit))
        .routes(routes!(external::get_audit_head))
        .routes(routes!(people::look_up_person))
        .routes(routes!(people::get_person_photo))
        .routes(routes!(contacts::list_contacts, contacts::add_contact))
        .routes(routes!(contacts::list_contact_tags))
        .routes(routes!(contacts::get_contact, contacts::update_contact, contacts::delete_contact))
        .routes(routes!(contacts::restore_contact))
        .routes(routes!(contacts::get_contact_photo, contacts::set_contact_photo, contacts::delete_contact_photo))
        .routes(routes!(contacts::share_contact))
        .routes(routes!(contacts::get_contact_book, contacts::update_contact_book))
        .routes(routes!(people::list_blocks, people::create_block))
        .routes(routes!(people::delete_block))
        .routes(routes!(invitations::get_card))
        .routes(routes!(invitations::rotate_card))
        .routes(routes!(invitations::list_invitations, invitations::create_invitation))
        .routes(routes!(invitations::get_invitation, invitations::delete_invitation))
        .routes(routes!(invitations::list_invitation_uses))
        .routes(routes!(invitations::get_invitation_qr_svg))
        .routes(routes!(invitations::get_invitation_qr_png))
        .routes(routes!(invitations::open_invitation))
        .routes(routes!(invitations::get_inviter_photo))
        .routes(routes!(invitations::accept_invitation))
        .routes(routes!(reports::create_report))
        .routes(routes!(reports::list_reports))
        .routes(routes!(reports::get_report, reports::update_report))
        .routes(routes!(rooms::list_rooms, rooms::open_room))
        .routes(routes!(rooms::get_room, rooms::update_room))
        .routes(routes!(rooms::add_participants))
        .routes(routes!(rooms::remove_participant))
        .routes(routes!(rooms::answer_request))
        .routes(routes!(rooms::list_messages, rooms::send_message))
        .routes(routes!(rooms::mark_read))
        .routes(routes!(ws::open_realtime))
}
