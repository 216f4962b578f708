//! The realtime socket: one task per connection.
//!
//! What the client sends becomes commands to the use cases; what the hub has queued goes out in commit order. The task
//! holds no right of its own: recipients are decided by the transaction that commits a message, and whatever is built
//! for this reader is read anew from the database (I-04).

use crate::error::ApiError;
use crate::extract::{SignedIn, cross_site, is_same_origin};
use crate::state::AppState;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, ORIGIN};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use liaison_app::hub::{Closing, Connection, Outgoing};
use liaison_app::realtime::{Cursor, ServerFrame};
use liaison_app::writer::{self, Send, refused_frame};
use liaison_app::{Actor, App, AppError};
use liaison_domain::RoomId;
use serde::Deserialize;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// The largest frame a client may send, in bytes: a message of 8,000 characters in any script, escaped, and some room.
const MAX_FRAME: usize = 128 * 1024;

/// How often a connection is asked whether its client is still there. Proxies end what is silent for a minute.
const PING_EVERY: Duration = Duration::from_secs(30);
/// After how many unanswered pings it is taken for dead.
const MAX_SILENT_PINGS: u32 = 2;
/// How long a client may take to read why it is closed.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// Frames of the client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "op", rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum ClientFrame {
    /// Send a message.
    #[serde(rename_all = "camelCase")]
    Send {
        /// Into which room.
        room_id: RoomId,
        /// One's own id for it; sending again with the same id is safe.
        client_id: String,
        /// What it says.
        text: String,
    },
    /// Say how far one has read.
    #[serde(rename_all = "camelCase")]
    Read {
        /// In which room.
        room_id: RoomId,
        /// The number of the last line read.
        seq: i64,
    },
    /// Say that one is typing.
    #[serde(rename_all = "camelCase")]
    Typing {
        /// In which room.
        room_id: RoomId,
    },
    /// Get everything behind a cursor.
    Resume {
        /// The newest cursor received.
        cursor: String,
    },
}

/// Opens the socket.
#[utoipa::path(
    get, path = "/realtime", tag = "realtime",
    responses((status = 101, description = "The socket is open; see docs/api.md for its frames"))
)]
pub(crate) async fn open_realtime(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    // A page of another site can open a socket with our cookie; only the origin tells (I-42).
    let by_cookie = !headers.contains_key(AUTHORIZATION);
    if (by_cookie || headers.contains_key(ORIGIN)) && !is_same_origin(&headers, &state) {
        return Err(cross_site());
    }
    Ok(upgrade
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        // What is read ahead is zeroed first: no more of it than a burst of messages needs.
        .read_buffer_size(8 * 1024)
        .write_buffer_size(64 * 1024)
        .on_upgrade(move |socket| serve(state.app, actor, socket)))
}

struct Session {
    app: Arc<App>,
    actor: Actor,
    connection: Arc<Connection>,
    sink: SplitSink<WebSocket, Message>,
    /// What was sent so far: frames of the hub up to here were seen in a reading of the log already.
    read_up_to: i64,
    /// The newest cursor sent.
    cursor: Cursor,
}

async fn serve(app: Arc<App>, actor: Actor, socket: WebSocket) {
    let connection = app.hub.connect(&actor);
    let (sink, mut stream) = socket.split();
    let ended = async {
        let position = app.log_position().await.ok()?;
        let cursor = Cursor { generation: app.hub.generation().to_owned(), position, after: None };
        let mut session = Session {
            app: Arc::clone(&app),
            actor,
            connection: Arc::clone(&connection),
            sink,
            read_up_to: position,
            cursor,
        };
        let ready = ServerFrame::Ready { cursor: session.cursor.to_string() };
        session.feed(Bytes::from(serde_json::to_string(&ready).ok()?)).await.ok()?;
        session.sink.flush().await.ok()?;
        let mut pings = tokio::time::interval(PING_EVERY);
        pings.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        pings.reset();
        let mut silent = 0;
        loop {
            tokio::select! {
                biased;
                outgoing = session.connection.next() => match outgoing {
                    Ok(items) => {
                        let connection = Arc::clone(&session.connection);
                        let closing = tokio::select! {
                            biased;
                            sent = session.send_all(items) => { sent.ok()?; None }
                            why = connection.closing() => Some(why),
                        };
                        if let Some(why) = closing {
                            session.close(why).await;
                            return Some(());
                        }
                    }
                    Err(why) => {
                        session.close(why).await;
                        return Some(());
                    }
                },
                incoming = stream.next() => {
                    silent = 0;
                    match incoming {
                        Some(Ok(Message::Text(text))) => session.handle(&text).await.ok()?,
                        Some(Ok(Message::Binary(_))) => session.complain(AppError::field("", "TEXT", "frames are text")).await.ok()?,
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Some(()),
                    }
                }
                _ = pings.tick() => {
                    if silent >= MAX_SILENT_PINGS {
                        return Some(());
                    }
                    silent += 1;
                    session.sink.send(Message::Ping(Bytes::new())).await.ok()?;
                }
            }
        }
    };
    let _: Option<()> = ended.await;
    app.hub.disconnect(&connection);
}

/// The socket is gone; there is nobody to tell.
struct Gone;

impl From<axum::Error> for Gone {
    fn from(_: axum::Error) -> Self {
        Self
    }
}

impl Session {
    async fn feed(&mut self, frame: Bytes) -> Result<(), Gone> {
        let text = Utf8Bytes::try_from(frame).map_err(|_| Gone)?;
        self.sink.feed(Message::Text(text)).await?;
        Ok(())
    }

    async fn complain(&mut self, error: AppError) -> Result<(), Gone> {
        let frame = ServerFrame::Error { problem: Box::new(error.problem()) };
        self.feed(Bytes::from(serde_json::to_string(&frame).map_err(|_| Gone)?)).await?;
        self.sink.flush().await?;
        Ok(())
    }

    async fn close(&mut self, why: Closing) {
        let (code, reason) = match why {
            Closing::SignedOut => (4001, "signed out"),
            Closing::TooSlow => (4008, "reading too slowly: resume by cursor"),
            Closing::GoingAway => (1001, "the server is ending"),
        };
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let _ = tokio::time::timeout(CLOSE_WITHIN, self.sink.send(Message::Close(Some(frame)))).await;
    }

    async fn send_all(&mut self, items: VecDeque<(i64, Outgoing)>) -> Result<(), Gone> {
        let mut told: Vec<RoomId> = Vec::new();
        for (position, item) in items {
            // Answers (no message in the frame, addressed to us) are never in the log and always go out.
            match item {
                Outgoing::Frame { frame, message: None } => self.feed(frame).await?,
                _ if position <= self.read_up_to && !matches!(item, Outgoing::CatchUp { .. }) => {}
                Outgoing::Frame { frame, message } => {
                    self.feed(frame).await?;
                    self.cursor.position = position;
                    self.cursor.after = message;
                }
                Outgoing::Room(room) => {
                    // Told once per wake-up: it is read as it stands now, whatever happened in between.
                    if !told.contains(&room) {
                        told.push(room);
                        match self.app.room_frame(&self.actor, room, &self.cursor).await {
                            Ok(frame) => self.feed(frame).await?,
                            Err(error) => Self::give_up(&error)?,
                        }
                    }
                }
                Outgoing::Contact(contact) => match self.app.contact_frame(&self.actor, contact, &self.cursor).await {
                    Ok(frame) => self.feed(frame).await?,
                    Err(error) => Self::give_up(&error)?,
                },
                Outgoing::Permission => match self.app.permission_frames(self.actor.id, &self.cursor).await {
                    Ok(frames) => {
                        for frame in frames {
                            self.feed(frame).await?;
                        }
                    }
                    Err(error) => Self::give_up(&error)?,
                },
                Outgoing::Profile => match self.app.profile_frame(&self.actor, &self.cursor).await {
                    Ok(frame) => self.feed(frame).await?,
                    Err(error) => Self::give_up(&error)?,
                },
                Outgoing::Reports => match self.app.reports_frame(&self.actor, &self.cursor).await {
                    Ok(Some(frame)) => self.feed(frame).await?,
                    Ok(None) => {}
                    Err(error) => Self::give_up(&error)?,
                },
                Outgoing::CatchUp { from } => {
                    let generation = self.cursor.generation.clone();
                    let position = from.max(self.read_up_to);
                    self.catch_up(&Cursor { generation, position, after: None }).await?;
                }
            }
        }
        self.sink.flush().await?;
        Ok(())
    }

    /// A reader whom we can no longer read for is disconnected: it comes back with its cursor and misses nothing.
    fn give_up(error: &AppError) -> Result<(), Gone> {
        tracing::warn!(failure = liaison_app::error::describe(error), "a socket could not be served");
        Err(Gone)
    }

    async fn catch_up(&mut self, from: &Cursor) -> Result<(), Gone> {
        match self.app.catch_up(&self.actor, from).await {
            Ok(caught_up) => {
                for frame in caught_up.frames {
                    self.feed(frame).await?;
                }
                self.read_up_to = self.read_up_to.max(caught_up.position);
                self.cursor = caught_up.cursor;
                Ok(())
            }
            Err(error) => Self::give_up(&error),
        }
    }

    async fn handle(&mut self, text: &str) -> Result<(), Gone> {
        let frame: ClientFrame = match serde_json::from_str(text) {
            Ok(frame) => frame,
            Err(error) => return self.complain(AppError::field("", "FRAME", error.to_string())).await,
        };
        match frame {
            ClientFrame::Send { room_id, client_id, text } => match writer::check_draft(&client_id, &text) {
                Ok(text) => {
                    let send = Send { actor: self.actor.clone(), room: room_id, client_id, text };
                    self.app.send_from_socket(send, Arc::clone(&self.connection)).await;
                    Ok(())
                }
                Err(error) => {
                    let frame = refused_frame(&client_id, room_id, error.problem()).map_err(|_| Gone)?;
                    self.feed(frame).await?;
                    self.sink.flush().await?;
                    Ok(())
                }
            },
            ClientFrame::Read { room_id, seq } => {
                self.app.mark_read_from_socket(self.actor.clone(), room_id, seq).await;
                Ok(())
            }
            ClientFrame::Typing { room_id } => match self.app.typing(&self.actor, room_id).await {
                // Typing in a room that froze a moment ago is nobody's fault and nobody's news.
                Ok(()) | Err(AppError::Denied(_) | AppError::NotFound) => Ok(()),
                Err(error) => Self::give_up(&error),
            },
            ClientFrame::Resume { cursor } => match Cursor::parse(&cursor) {
                Some(cursor) => {
                    self.catch_up(&cursor).await?;
                    self.sink.flush().await?;
                    Ok(())
                }
                None => self.complain(AppError::field("/cursor", "CURSOR", "is a cursor of this server")).await,
            },
        }
    }
}
