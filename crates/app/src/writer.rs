//! The write path of messages: a group commit.
//!
//! One task takes everything that waits, whoever sent it, and writes it in one transaction with one disk sync. Inside
//! that transaction each message is decided by the facts as they stand there. A decision is remembered per room, and
//! counts only where the versions it was made from are confirmed by the same transaction (I-02). While the commit syncs,
//! the frames are encoded, once per message, however many receive it; they are handed out only after the commit
//! returned (I-16).

use crate::audit::{Act, category};
use crate::error::{AppError, Problem};
use crate::hub::Connection;
use crate::log::{self, Author, MessageView, message_frame, sent_frame, to_json};
use crate::realtime::{Cursor, ServerFrame};
use crate::work::{Event, Work};
use crate::{Actor, App};
use bytes::Bytes;
use liaison_domain::{CompanyId, MemberId, Network, RoomId, Timestamp};
use liaison_policy::{RoomStatus, RoomVerdict, judge_room};
use liaison_store::facts::Facts;
use liaison_store::messages::{Draft, Head, Message};
use liaison_store::participants::{self, Standing};
use liaison_store::{companies, messages, rooms};
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use tokio::sync::{mpsc, oneshot};

/// The most commands of one transaction: bounds the memory and how long others wait for the line.
const MAX_BATCH: usize = 2_048;
/// Commands that may wait; beyond it senders wait too, and with them their sockets are not read (I-32).
const MAX_WAITING: usize = 16_384;
/// Remembered rooms; past it the memory is emptied and fills again with those in use.
const MAX_REMEMBERED: usize = 50_000;

/// A message to be sent.
#[derive(Debug)]
pub struct Send {
    /// By whom.
    pub actor: Actor,
    /// Into which room.
    pub room: RoomId,
    /// The author's own id for it, 1 to 100 characters.
    pub client_id: String,
    /// What it says, cleaned.
    pub text: String,
}

/// Where the outcome of a send goes.
#[derive(Debug)]
pub(crate) enum Reply {
    /// To a caller who waits.
    Caller(oneshot::Sender<Result<Sent, AppError>>),
    /// To the socket it came from, as a frame.
    Socket(Arc<Connection>),
}

/// What became of a send.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The message.
    pub message: MessageView,
    /// Whether it had been stored by an earlier try.
    pub repeated: bool,
}

#[derive(Debug)]
pub(crate) enum Command {
    Send(Send, Reply),
    Read { actor: Actor, room: RoomId, seq: i64, reply: Option<oneshot::Sender<Result<(), AppError>>> },
}

/// Where commands go in.
#[derive(Debug, Clone)]
pub(crate) struct Queue(mpsc::Sender<Command>);

/// Where they come out.
pub(crate) type Waiting = mpsc::Receiver<Command>;

pub(crate) fn queue() -> (Queue, Waiting) {
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    (Queue(sender), receiver)
}

/// Runs the writer until the queue's last sender is gone.
pub(crate) fn run(app: &Arc<App>, waiting: Waiting) {
    let app = Arc::downgrade(app);
    tokio::spawn(writer(app, waiting));
}

async fn writer(app: Weak<App>, mut waiting: Waiting) {
    let mut memory = Memory::default();
    let mut batch = Vec::with_capacity(MAX_BATCH);
    while waiting.recv_many(&mut batch, MAX_BATCH).await > 0 {
        let Some(app) = app.upgrade() else { return };
        let size = batch.len();
        if let Err(error) = write_batch(&app, &mut memory, &mut batch).await {
            tracing::error!(failure = crate::error::describe(&error), size, "a batch of messages was not written");
            // Whatever was remembered may be half of something that was rolled back.
            memory = Memory::default();
            for command in batch.drain(..) {
                if let Command::Send(send, Reply::Socket(socket)) = command
                    && let Ok(frame) = refused_frame(&send.client_id, send.room, AppError::Unavailable.problem())
                {
                    socket.answer(app.hub.handed_out(), frame);
                }
            }
            if app.has_failed() {
                return;
            }
        }
        batch.clear();
        metrics::histogram!("liaison_batch_size").record(f64::from(u32::try_from(size).unwrap_or(u32::MAX)));
    }
}

impl App {
    /// Sends a message; returns once it is durable.
    ///
    /// # Errors
    /// Where the room is not the actor's, the decision refuses, or the client id was used for something else.
    pub async fn send_message(&self, send: Send) -> Result<Sent, AppError> {
        let (sender, outcome) = oneshot::channel();
        self.writer.0.send(Command::Send(send, Reply::Caller(sender))).await.map_err(|_| AppError::Unavailable)?;
        outcome.await.map_err(|_| AppError::Unavailable)?
    }

    /// Sends a message whose outcome goes to a socket as a frame. Waits only while the server is full.
    pub async fn send_from_socket(&self, send: Send, socket: Arc<Connection>) {
        let _ = self.writer.0.send(Command::Send(send, Reply::Socket(socket))).await;
    }

    /// Moves the actor's read mark; returns once it is durable.
    ///
    /// # Errors
    /// Where the room is not the actor's or has no such line for them.
    pub async fn mark_read(&self, actor: Actor, room: RoomId, seq: i64) -> Result<(), AppError> {
        let (sender, outcome) = oneshot::channel();
        let command = Command::Read { actor, room, seq, reply: Some(sender) };
        self.writer.0.send(command).await.map_err(|_| AppError::Unavailable)?;
        outcome.await.map_err(|_| AppError::Unavailable)?
    }

    /// Moves the actor's read mark without an answer, as sockets do.
    pub async fn mark_read_from_socket(&self, actor: Actor, room: RoomId, seq: i64) {
        let _ = self.writer.0.send(Command::Read { actor, room, seq, reply: None }).await;
    }
}

/// Checks what a client sends as a message.
///
/// # Errors
/// Which field is wrong.
pub fn check_draft(client_id: &str, text: &str) -> Result<String, AppError> {
    let mut errors = Vec::new();
    let length = client_id.chars().count();
    if length == 0 || length > log::MAX_CLIENT_ID || client_id.contains('\0') {
        errors.push(crate::FieldError {
            pointer: "/clientId".into(),
            code: "LENGTH".into(),
            text: format!("has 1 to {} characters", log::MAX_CLIENT_ID),
        });
    }
    match liaison_domain::clean_text(text, log::MAX_TEXT) {
        Ok(text) if errors.is_empty() => return Ok(text),
        Ok(_) => {}
        Err(error) => {
            errors.push(crate::FieldError { pointer: "/text".into(), code: "TEXT".into(), text: error.to_string() });
        }
    }
    Err(AppError::Invalid(errors))
}

/// A person of a remembered room.
#[derive(Debug)]
struct Person {
    author: Author,
    /// The author as JSON, as it stands in every message of theirs.
    author_json: String,
    hears: bool,
    shows_reading: bool,
}

/// What is remembered of a room, and from which versions.
#[derive(Debug)]
struct Remembered {
    confirmed_at: i64,
    room_version: i64,
    companies: Vec<(CompanyId, i64)>,
    verdict: RoomVerdict,
    people: HashMap<MemberId, Person>,
    hearing: Arc<[MemberId]>,
}

#[derive(Debug, Default)]
struct Memory {
    rooms: HashMap<RoomId, Remembered>,
}

/// What became of one command, until the commit says that it became so.
enum Outcome {
    Stored {
        index: usize,
    },
    Repeated(Box<Message>),
    Refused(AppError),
    /// The same client id stands earlier in this batch.
    SameAs {
        index: usize,
    },
    Read,
}

async fn write_batch(app: &App, memory: &mut Memory, batch: &mut Vec<Command>) -> Result<(), AppError> {
    // Most batches hold no retry: try without looking each client id up, and look only where one turns out used.
    for careful in [false, true] {
        let mut work = app.begin().await?;
        let mut attempt =
            Attempt { app, memory, drafts: Vec::new(), heads: HashMap::new(), reloaded: Vec::new(), careful };
        attempt.load(&mut work, batch).await?;
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut in_batch: HashMap<(RoomId, MemberId, String), usize> = HashMap::new();
        for command in batch.iter() {
            outcomes.push(attempt.decide(&mut work, command, &mut in_batch).await?);
        }
        let Attempt { drafts, heads, reloaded, .. } = attempt;
        if !messages::append(&mut work.tx, &drafts, work.position, work.now).await? {
            work.tx.rollback().await?;
            // Remembered from versions that were rolled back with the rest.
            memory.rooms.retain(|id, _| !reloaded.contains(id));
            continue;
        }
        let raised: Vec<Head> = heads.into_values().filter(|(_, moved)| *moved).map(|(head, _)| head).collect();
        messages::raise_heads(&mut work.tx, &raised, work.position, work.now).await?;
        return conclude(app, memory, work, drafts, outcomes, std::mem::take(batch)).await;
    }
    Err(AppError::internal("a client id was used while it was looked up"))
}

struct Attempt<'a> {
    app: &'a App,
    memory: &'a mut Memory,
    drafts: Vec<Draft>,
    /// The room's head, and whether this batch raises it.
    heads: HashMap<RoomId, (Head, bool)>,
    /// Rooms whose decision was made anew in this transaction.
    reloaded: Vec<RoomId>,
    careful: bool,
}

impl Attempt<'_> {
    /// Loads the heads of the rooms spoken in, and makes sure that what is remembered of them still holds.
    async fn load(&mut self, work: &mut Work, batch: &[Command]) -> Result<(), AppError> {
        let mut wanted: Vec<RoomId> = batch
            .iter()
            .map(|command| match command {
                Command::Send(send, _) => send.room,
                Command::Read { room, .. } => *room,
            })
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let heads = messages::heads(&mut work.tx, &wanted).await?;
        let global = work.policy_version;
        let mut versions: Option<HashMap<CompanyId, i64>> = None;
        if self.memory.rooms.len() > MAX_REMEMBERED {
            self.memory.rooms.clear();
        }
        let mut outdated = Vec::new();
        for head in heads {
            self.heads.insert(head.room_id, (head, false));
            let Some(known) = self.memory.rooms.get_mut(&head.room_id) else {
                outdated.push(head.room_id);
                continue;
            };
            let in_term = known.verdict.valid_until.is_none_or(|end| work.now < end);
            if known.confirmed_at != global {
                if versions.is_none() {
                    versions = Some(companies::policy_versions(&mut work.tx).await?.into_iter().collect());
                }
                let now = versions.as_ref().map_or_else(HashMap::new, Clone::clone);
                let same = known.room_version == head.policy_version
                    && known.companies.iter().all(|(company, version)| now.get(company) == Some(version));
                if !same {
                    outdated.push(head.room_id);
                    continue;
                }
                known.confirmed_at = global;
            }
            if !in_term {
                outdated.push(head.room_id);
            }
        }
        if !outdated.is_empty() {
            self.reload(work, &outdated).await?;
        }
        Ok(())
    }

    /// Makes the decision about rooms anew. Where a term began or ended unnoticed, the room is first brought to where
    /// it now stands.
    async fn reload(&mut self, work: &mut Work, outdated: &[RoomId]) -> Result<(), AppError> {
        let before = work.events.len();
        self.app.reassess(work, None, outdated).await?;
        if work.events.len() != before {
            for head in messages::heads(&mut work.tx, outdated).await? {
                self.heads.insert(head.room_id, (head, false));
            }
        }
        let (_, global, _) = messages::log_head(&mut work.tx).await?;
        let versions: HashMap<CompanyId, i64> = companies::policy_versions(&mut work.tx).await?.into_iter().collect();
        let mut facts = Facts::new(Network::Partner, work.now);
        for &room_id in outdated {
            let Some(room) = rooms::find(&mut work.tx, room_id).await? else { continue };
            let gathered = facts.gathering(&mut work.tx, room.kind, Some(room_id), &[]).await?;
            let verdict = judge_room(&gathered);
            let mut people = HashMap::new();
            for p in participants::of_room(&mut work.tx, room_id).await? {
                let author = Author { id: p.member_id, name: p.name, company_name: p.company_name };
                let person = Person {
                    author_json: to_json(&author)?,
                    author,
                    hears: p.closed_seq.is_none() && p.standing == Standing::Active && room.status == RoomStatus::Open,
                    shows_reading: p.read_receipts,
                };
                people.insert(p.member_id, person);
            }
            let hearing = people.iter().filter(|(_, p)| p.hears).map(|(id, _)| *id).collect();
            let room_version = self.heads.get(&room_id).map_or(0, |(head, _)| head.policy_version);
            let present =
                gathered.companies.iter().map(|c| (c.id, versions.get(&c.id).copied().unwrap_or(0))).collect();
            let remembered =
                Remembered { confirmed_at: global, room_version, companies: present, verdict, people, hearing };
            self.memory.rooms.insert(room_id, remembered);
            self.reloaded.push(room_id);
        }
        Ok(())
    }

    async fn decide(
        &mut self,
        work: &mut Work,
        command: &Command,
        in_batch: &mut HashMap<(RoomId, MemberId, String), usize>,
    ) -> Result<Outcome, AppError> {
        match command {
            Command::Send(send, _) => self.decide_send(work, send, in_batch).await,
            Command::Read { actor, room, seq, .. } => self.read(work, actor, *room, *seq).await,
        }
    }

    async fn decide_send(
        &mut self,
        work: &mut Work,
        send: &Send,
        in_batch: &mut HashMap<(RoomId, MemberId, String), usize>,
    ) -> Result<Outcome, AppError> {
        let author = send.actor.id;
        let known = self.memory.rooms.get(&send.room).filter(|room| room.people.contains_key(&author));
        let (Some(room), Some((head, moved))) = (known, self.heads.get_mut(&send.room)) else {
            return Ok(Outcome::Refused(AppError::NotFound));
        };
        let key = (send.room, author, send.client_id.clone());
        if let Some(&index) = in_batch.get(&key) {
            let same = self.drafts[index].body == send.text;
            return Ok(if same { Outcome::SameAs { index } } else { Outcome::Refused(client_id_reused()) });
        }
        let decision = room.verdict.may_send(author, work.now);
        if self.careful || decision.is_err() {
            // A retry of what was stored is answered as stored, whatever has been decided since (I-18).
            let stored = messages::find_by_client_id(&mut work.tx, send.room, author, &send.client_id).await?;
            if let Some(stored) = stored {
                let same = stored.body.as_deref() == Some(send.text.as_str());
                return Ok(if same {
                    Outcome::Repeated(Box::new(stored))
                } else {
                    Outcome::Refused(client_id_reused())
                });
            }
        }
        let permit = match decision {
            Ok(permit) => permit,
            Err(denial) => {
                let codes: Vec<&str> = denial
                    .reasons()
                    .iter()
                    .map(|r| if r.company == send.actor.company { r.code.as_str() } else { "OTHER_SIDE" })
                    .collect();
                let act = Act {
                    category: category::EXTERNAL,
                    action: "message.refused",
                    actor: Some(&send.actor),
                    target: Some(send.room.to_string()),
                    details: serde_json::json!({ "reasons": codes }),
                };
                work.audit(&*self.app.clock, send.actor.company, act).await?;
                return Ok(Outcome::Refused(AppError::denied(&denial, &send.actor)));
            }
        };
        head.last_seq += 1;
        *moved = true;
        let index = self.drafts.len();
        in_batch.insert(key, index);
        self.drafts.push(Draft {
            permit,
            room_id: send.room,
            seq: head.last_seq,
            id: work.next_message_id(&*self.app.clock),
            author_id: author,
            client_id: send.client_id.clone(),
            body: send.text.clone(),
        });
        Ok(Outcome::Stored { index })
    }

    async fn read(&mut self, work: &mut Work, actor: &Actor, room: RoomId, seq: i64) -> Result<Outcome, AppError> {
        let access = self.app.access(&mut work.tx, actor.id, actor.company, room).await?;
        let Some(access) = access else { return Ok(Outcome::Refused(AppError::NotFound)) };
        // Lines of this batch are not stored yet; nobody has read them.
        if !access.may_see(seq) {
            let error = AppError::field("/seq", "RANGE", "is the number of a line that you can see");
            return Ok(Outcome::Refused(error));
        }
        if participants::advance_read(&mut work.tx, room, actor.id, seq).await? {
            let known = self.memory.rooms.get(&room);
            let shown = known.and_then(|r| r.people.get(&actor.id)).is_some_and(|p| p.shows_reading && p.hears);
            let to: Vec<MemberId> = match known {
                Some(known) if shown => {
                    rooms::touch(&mut work.tx, room, work.position).await?;
                    known.hearing.to_vec()
                }
                _ => {
                    participants::touch(&mut work.tx, room, actor.id, work.position).await?;
                    vec![actor.id]
                }
            };
            let cursor =
                Cursor { generation: self.app.hub.generation().to_owned(), position: work.position - 1, after: None };
            let frame = ServerFrame::Read { room_id: room, member_id: actor.id, seq, cursor: cursor.to_string() };
            work.events.push(Event::Frame { to: to.into(), frame: Bytes::from(to_json(&frame)?), message: None });
        }
        Ok(Outcome::Read)
    }
}

fn client_id_reused() -> AppError {
    AppError::Conflict {
        code: "CLIENT_ID_REUSED",
        detail: "This clientId was used for another message in this room. Use a new one.".into(),
    }
}

/// A message that was stored by this batch, encoded.
struct Encoded {
    json: String,
    frame: Bytes,
}

/// Commits, encoding meanwhile; then answers and tells.
async fn conclude(
    app: &App,
    memory: &Memory,
    work: Work,
    drafts: Vec<Draft>,
    outcomes: Vec<Outcome>,
    batch: Vec<Command>,
) -> Result<(), AppError> {
    let Work { tx, position, now, mut events, .. } = work;
    // A refusal by the decision has left an entry in the audit log.
    let refused = outcomes.iter().any(|o| matches!(o, Outcome::Refused(AppError::Denied(_))));
    let written = !drafts.is_empty() || !events.is_empty() || refused;
    let commit = tokio::spawn(async move { if written { tx.commit().await } else { tx.rollback().await } });
    let encoded: Vec<Encoded> =
        drafts.iter().map(|d| encode(app, memory, d, position, now)).collect::<Result<_, _>>()?;
    if let Err(error) = commit.await.map_err(AppError::internal)? {
        // Whether it is on disk is in doubt. Nothing more is written through this handle; whoever waits finds out by
        // retrying with the same client id after a restart from disk (I-24, I-25).
        tracing::error!(failure = crate::error::describe(&error), "a commit failed: the writer stops");
        app.fail();
        return Err(error.into());
    }

    let mut answers = Vec::new();
    let mut sockets: Vec<Event> = Vec::new();
    for (command, outcome) in batch.into_iter().zip(outcomes) {
        match command {
            Command::Read { reply, .. } => {
                if let Some(reply) = reply {
                    let _ = reply.send(match outcome {
                        Outcome::Refused(error) => Err(error),
                        _ => Ok(()),
                    });
                }
            }
            Command::Send(send, reply) => match reply {
                Reply::Socket(socket) => {
                    let frame = socket_answer(app, &send, outcome, &encoded).await?;
                    sockets.push(Event::Answer { to: socket, frame });
                }
                Reply::Caller(caller) => {
                    let result = caller_answer(app, memory, &drafts, position, now, outcome).await;
                    answers.push((caller, result));
                }
            },
        }
    }
    metrics::counter!("liaison_messages_stored_total").increment(drafts.len() as u64);
    if written {
        // What this work wrote before the messages (notices) has the lower ids and goes first.
        sockets.append(&mut events);
        sockets.extend(drafts.iter().zip(encoded).map(|(draft, encoded)| Event::Frame {
            to: memory.rooms.get(&draft.room_id).map_or_else(|| Arc::from([]), |r| Arc::clone(&r.hearing)),
            frame: encoded.frame,
            message: Some(draft.id),
        }));
        app.hub.publish(position, sockets);
    } else {
        for event in sockets {
            if let Event::Answer { to, frame } = event {
                to.answer(position - 1, frame);
            }
        }
    }
    for (caller, result) in answers {
        let _ = caller.send(result);
    }
    Ok(())
}

fn encode(app: &App, memory: &Memory, draft: &Draft, position: i64, now: Timestamp) -> Result<Encoded, AppError> {
    let author = memory
        .rooms
        .get(&draft.room_id)
        .and_then(|room| room.people.get(&draft.author_id))
        .ok_or_else(|| AppError::internal("a message without author"))?;
    let json = format!(
        r#"{{"id":"{}","roomId":"{}","seq":{},"kind":"message","clientId":{},"author":{},"text":{},"sentAt":"{}"}}"#,
        draft.id,
        draft.room_id,
        draft.seq,
        to_json(&draft.client_id)?,
        author.author_json,
        to_json(&draft.body)?,
        now,
    );
    let cursor = Cursor { generation: app.hub.generation().to_owned(), position, after: Some(draft.id) };
    let frame = message_frame(&json, &cursor.to_string());
    Ok(Encoded { json, frame })
}

fn stored_line(draft: &Draft, position: i64, now: Timestamp) -> Message {
    Message {
        room_id: draft.room_id,
        seq: draft.seq,
        id: draft.id,
        position,
        sent_at: now,
        author_id: Some(draft.author_id),
        client_id: Some(draft.client_id.clone()),
        body: Some(draft.body.clone()),
        notice: None,
    }
}

async fn caller_answer(
    app: &App,
    memory: &Memory,
    drafts: &[Draft],
    position: i64,
    now: Timestamp,
    outcome: Outcome,
) -> Result<Sent, AppError> {
    let (message, repeated) = match outcome {
        Outcome::Stored { index } => (stored_line(&drafts[index], position, now), false),
        Outcome::SameAs { index } => (stored_line(&drafts[index], position, now), true),
        Outcome::Repeated(message) => (*message, true),
        Outcome::Refused(error) => return Err(error),
        Outcome::Read => return Err(AppError::internal("a read mark is no message")),
    };
    let remembered = message.author_id.and_then(|id| memory.rooms.get(&message.room_id)?.people.get(&id));
    let author = match remembered {
        Some(person) => Some(person.author.clone()),
        None => app.author_of(&mut app.db.read().await?, message.room_id, &message).await?,
    };
    Ok(Sent { message: log::view(message, author)?, repeated })
}

async fn socket_answer(app: &App, send: &Send, outcome: Outcome, encoded: &[Encoded]) -> Result<Bytes, AppError> {
    let client_id = to_json(&send.client_id)?;
    Ok(match outcome {
        Outcome::Stored { index } | Outcome::SameAs { index } => sent_frame(&client_id, &encoded[index].json),
        Outcome::Repeated(message) => {
            let author = app.author_of(&mut app.db.read().await?, message.room_id, &message).await?;
            sent_frame(&client_id, &to_json(&log::view(*message, author)?)?)
        }
        Outcome::Refused(error) => refused_frame(&send.client_id, send.room, error.problem())?,
        Outcome::Read => return Err(AppError::internal("a read mark is no message")),
    })
}

/// `{"op":"refused",…}`.
///
/// # Errors
/// Never in practice: a problem can be written.
pub fn refused_frame(client_id: &str, room_id: RoomId, problem: Problem) -> Result<Bytes, AppError> {
    let frame = ServerFrame::Refused { client_id: client_id.to_owned(), room_id, problem: Box::new(problem) };
    Ok(Bytes::from(to_json(&frame)?))
}
