//! Who is connected, and what is on its way to them.
//!
//! The hub hands events out in commit order. Several tasks of this process commit, and so do other programs on the same
//! database (the command line, another node): an event is held until every position before it was handed out, and a
//! position that stays missing was somebody else's, whereupon every connection reads from its own place in the log
//! ([`Outgoing::CatchUp`]). So what other programs write is delayed, never lost (I-23).

use crate::work::Event;
use crate::{Actor, Credential};
use bytes::Bytes;
use liaison_domain::{CompanyId, ContactId, MemberId, MessageId, Role, RoomId};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// The most that waits for one connection. Past it the connection is closed and catches up by its cursor (I-32).
const MAX_QUEUED_FRAMES: usize = 8_192;
const MAX_QUEUED_BYTES: usize = 8 * 1024 * 1024;
/// Where so many frames wait, what is not in the log is left out.
const MAX_WAITING_BEFORE_WHISPERS: usize = 256;

/// Why the server closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The session or token ended.
    SignedOut,
    /// The client does not read fast enough.
    TooSlow,
    /// The server is ending.
    GoingAway,
}

/// What waits for a connection.
#[derive(Debug, Clone)]
pub enum Outgoing {
    /// A finished frame.
    Frame {
        /// JSON text.
        frame: Bytes,
        /// The message in it, if any: what the cursor points behind.
        message: Option<MessageId>,
    },
    /// Read this room and say how it stands.
    Room(RoomId),
    /// Read this contact.
    Contact(ContactId),
    /// Read what the member may do.
    Permission,
    /// Read the member's own profile.
    Profile,
    /// Read how many reports wait for administrators.
    Reports,
    /// Read everything after this position: others have written.
    CatchUp {
        /// All up to here was handed out.
        from: i64,
    },
}

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<(i64, Outgoing)>,
    bytes: usize,
    closing: Option<Closing>,
}

/// One connected socket.
#[derive(Debug)]
pub struct Connection {
    id: u64,
    /// Whose it is.
    pub member: MemberId,
    /// Of which company.
    pub company: CompanyId,
    /// With which role; a change of it ends the connection.
    pub role: Role,
    /// By what it was opened.
    pub credential: Credential,
    queue: Mutex<Queue>,
    wake: Notify,
}

impl Connection {
    fn push(&self, position: i64, item: Outgoing) {
        let mut queue = self.queue.lock();
        if queue.closing.is_some() {
            return;
        }
        if let Outgoing::Frame { frame, .. } = &item {
            queue.bytes += frame.len();
        }
        queue.items.push_back((position, item));
        if queue.items.len() > MAX_QUEUED_FRAMES || queue.bytes > MAX_QUEUED_BYTES {
            *queue = Queue { closing: Some(Closing::TooSlow), ..Queue::default() };
            metrics::counter!("liaison_connections_too_slow_total").increment(1);
        }
    }

    /// Puts a frame that is an answer to this connection alone into its queue.
    pub fn answer(&self, position: i64, frame: Bytes) {
        self.push(position, Outgoing::Frame { frame, message: None });
        self.wake.notify_one();
    }

    fn close(&self, why: Closing) {
        let mut queue = self.queue.lock();
        *queue = Queue { closing: Some(queue.closing.unwrap_or(why)), ..Queue::default() };
        drop(queue);
        self.wake.notify_one();
    }

    /// Waits until the connection is to be closed: what is being sent to somebody who does not read must not hold it.
    pub async fn closing(&self) -> Closing {
        loop {
            if let Some(why) = self.queue.lock().closing {
                return why;
            }
            self.wake.notified().await;
        }
    }

    /// Waits until there is something to send, and takes all of it.
    ///
    /// # Errors
    /// Why the connection is to be closed.
    pub async fn next(&self) -> Result<VecDeque<(i64, Outgoing)>, Closing> {
        loop {
            {
                let mut queue = self.queue.lock();
                if let Some(why) = queue.closing {
                    return Err(why);
                }
                if !queue.items.is_empty() {
                    queue.bytes = 0;
                    return Ok(std::mem::take(&mut queue.items));
                }
            }
            self.wake.notified().await;
        }
    }
}

#[derive(Debug, Default)]
struct State {
    by_member: HashMap<MemberId, Vec<Arc<Connection>>>,
    /// All positions up to here were handed out.
    handed_out: i64,
    /// Positions that came before their turn.
    early: BTreeMap<i64, Vec<Event>>,
    /// Where handing out stood still at the last look although the log went on.
    stuck_at: Option<i64>,
    /// The server is ending: whoever connects now is sent away at once.
    ending: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Hub {
    state: Mutex<State>,
    generation: String,
    next_id: AtomicU64,
    left: Notify,
}

impl Hub {
    pub(crate) fn new(position: i64, generation: String) -> Self {
        Self {
            state: Mutex::new(State { handed_out: position, ..State::default() }),
            generation,
            next_id: AtomicU64::new(1),
            left: Notify::new(),
        }
    }

    /// The generation of the database: part of every cursor.
    pub fn generation(&self) -> &str {
        &self.generation
    }

    /// Enters a connection. From here on it misses nothing; what is older it reads from the log.
    pub fn connect(&self, actor: &Actor) -> Arc<Connection> {
        let member = actor.id;
        let connection = Arc::new(Connection {
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
            member,
            company: actor.company,
            role: actor.role,
            credential: actor.credential,
            queue: Mutex::default(),
            wake: Notify::new(),
        });
        let mut state = self.state.lock();
        if state.ending {
            connection.close(Closing::GoingAway);
        }
        state.by_member.entry(member).or_default().push(Arc::clone(&connection));
        drop(state);
        metrics::gauge!("liaison_connections").increment(1.0);
        connection
    }

    /// Takes a connection out.
    pub fn disconnect(&self, connection: &Connection) {
        let mut state = self.state.lock();
        if let Some(all) = state.by_member.get_mut(&connection.member) {
            all.retain(|c| c.id != connection.id);
            if all.is_empty() {
                state.by_member.remove(&connection.member);
            }
        }
        drop(state);
        self.left.notify_waiters();
        metrics::gauge!("liaison_connections").decrement(1.0);
    }

    /// Hands out what a committed transaction has to tell, in its turn.
    pub fn publish(&self, position: i64, events: Vec<Event>) {
        let mut state = self.state.lock();
        if position <= state.handed_out {
            // Its place was given up as somebody else's: the connections have read it from the log, or will.
            let from = position - 1;
            for connection in state.by_member.values().flatten() {
                connection.push(position, Outgoing::CatchUp { from });
                connection.wake.notify_one();
            }
            Self::beside_the_log(&state, position, &events);
            return;
        }
        state.early.insert(position, events);
        loop {
            let next = state.handed_out + 1;
            let Some(events) = state.early.remove(&next) else { break };
            state.handed_out = next;
            Self::hand_out(&state, next, &events);
        }
    }

    /// Tells the hub how far the log has come by a look at the database. A position that is still missing at the second
    /// look is somebody else's: everybody catches up. (At the first it may be one of ours between its commit and its
    /// being handed out.) Answers whether that was so.
    pub fn observe(&self, head: i64) -> bool {
        let mut state = self.state.lock();
        if head <= state.handed_out {
            state.stuck_at = None;
            return false;
        }
        if state.stuck_at != Some(state.handed_out) {
            state.stuck_at = Some(state.handed_out);
            return false;
        }
        let from = state.handed_out;
        state.handed_out = head;
        let late = state.early.split_off(&(head + 1));
        let early = std::mem::replace(&mut state.early, late);
        for (position, events) in &early {
            Self::beside_the_log(&state, *position, events);
        }
        for connection in state.by_member.values().flatten() {
            connection.push(head, Outgoing::CatchUp { from });
            connection.wake.notify_one();
        }
        true
    }

    /// The position up to which all was handed out.
    pub fn handed_out(&self) -> i64 {
        self.state.lock().handed_out
    }

    /// Passes a frame that is not in the log (typing) to members who are connected. Where much waits already it is left
    /// out: late it is worth nothing, and who types without end must not close the sockets of others.
    pub fn whisper(&self, to: &[MemberId], frame: &Bytes) {
        let state = self.state.lock();
        for connection in to.iter().filter_map(|m| state.by_member.get(m)).flatten() {
            if connection.queue.lock().items.len() >= MAX_WAITING_BEFORE_WHISPERS {
                continue;
            }
            connection.push(state.handed_out, Outgoing::Frame { frame: frame.clone(), message: None });
            connection.wake.notify_one();
        }
    }

    /// Every connection there is.
    pub fn connections(&self) -> Vec<Arc<Connection>> {
        self.state.lock().by_member.values().flatten().cloned().collect()
    }

    /// Closes one connection, because its session is no longer live.
    pub fn sign_out_connection(&self, connection: &Connection) {
        connection.close(Closing::SignedOut);
    }

    /// Closes all connections, because the server ends.
    pub fn close_all(&self) {
        self.state.lock().ending = true;
        for connection in self.connections() {
            connection.close(Closing::GoingAway);
        }
    }

    /// Returns when nobody is connected any more.
    pub async fn all_gone(&self) {
        loop {
            let left = self.left.notified();
            if self.state.lock().by_member.is_empty() {
                return;
            }
            left.await;
        }
    }

    /// Does what no reading of the log can make up for: answers to one connection, and sign-outs.
    fn beside_the_log(state: &State, position: i64, events: &[Event]) {
        for event in events {
            if let Event::Answer { to, frame } = event {
                to.answer(position, frame.clone());
            }
        }
        Self::sign_out(state, events);
    }

    fn sign_out(state: &State, events: &[Event]) {
        let close = |wanted: &dyn Fn(&Connection) -> bool| {
            for connection in state.by_member.values().flatten().filter(|c| wanted(c)) {
                connection.close(Closing::SignedOut);
            }
        };
        for event in events {
            match event {
                Event::SessionEnded(id) => close(&|c| c.credential == Credential::Session(*id)),
                Event::TokenEnded(id) => close(&|c| c.credential == Credential::Token(*id)),
                Event::MemberSignedOut { member, keep } => {
                    close(&|c| {
                        c.member == *member && keep.is_none_or(|keep| c.credential != Credential::Session(keep))
                    });
                }
                _ => {}
            }
        }
    }

    fn hand_out(state: &State, position: i64, events: &[Event]) {
        let mut touched: Vec<&Arc<Connection>> = Vec::new();
        let push = |connection: &Connection, item: Outgoing| connection.push(position, item);
        for event in events {
            match event {
                Event::Frame { to, frame, message } => {
                    for connection in to.iter().filter_map(|m| state.by_member.get(m)).flatten() {
                        push(connection, Outgoing::Frame { frame: frame.clone(), message: *message });
                        touched.push(connection);
                    }
                }
                Event::Answer { to, frame } => {
                    push(to, Outgoing::Frame { frame: frame.clone(), message: None });
                    touched.push(to);
                }
                Event::Room { to, room } => {
                    for connection in to.iter().filter_map(|m| state.by_member.get(m)).flatten() {
                        push(connection, Outgoing::Room(*room));
                        touched.push(connection);
                    }
                }
                Event::Contact { to, contact } => {
                    for connection in to.iter().filter_map(|m| state.by_member.get(m)).flatten() {
                        push(connection, Outgoing::Contact(*contact));
                        touched.push(connection);
                    }
                }
                Event::Permission { to } => {
                    for connection in state.by_member.get(to).into_iter().flatten() {
                        push(connection, Outgoing::Permission);
                        touched.push(connection);
                    }
                }
                Event::CompanyPermission { to } => {
                    for connection in state.by_member.values().flatten().filter(|c| c.company == *to) {
                        push(connection, Outgoing::Permission);
                        touched.push(connection);
                    }
                }
                Event::Profile { to } => {
                    for connection in state.by_member.get(to).into_iter().flatten() {
                        push(connection, Outgoing::Profile);
                        touched.push(connection);
                    }
                }
                Event::CompanyProfile { to } => {
                    for connection in state.by_member.values().flatten().filter(|c| c.company == *to) {
                        push(connection, Outgoing::Profile);
                        touched.push(connection);
                    }
                }
                Event::Reports { to } => {
                    let concerned = |c: &&Arc<Connection>| c.company == *to && c.role.can_audit();
                    for connection in state.by_member.values().flatten().filter(concerned) {
                        push(connection, Outgoing::Reports);
                        touched.push(connection);
                    }
                }
                Event::SessionEnded(_) | Event::TokenEnded(_) | Event::MemberSignedOut { .. } => {}
            }
        }
        Self::sign_out(state, events);
        // One wake-up for all that a batch has for a connection.
        touched.sort_unstable_by_key(|c| c.id);
        touched.dedup_by_key(|c| c.id);
        for connection in touched {
            connection.wake.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liaison_domain::SystemClock;

    #[test]
    fn i32_who_types_without_end_closes_nobody() {
        let hub = Hub::new(0, "generation".into());
        let (id, company) = (MemberId::new(&SystemClock), CompanyId::NONE);
        let actor = Actor { id, company, role: Role::Member, credential: Credential::Operator, ip: None, retry: None };
        let connection = hub.connect(&actor);
        for _ in 0..2 * MAX_QUEUED_FRAMES {
            hub.whisper(&[id], &Bytes::from_static(b"typing"));
        }
        let queue = connection.queue.lock();
        assert_eq!((queue.closing, queue.items.len()), (None, MAX_WAITING_BEFORE_WHISPERS));
        drop(queue);
        connection.answer(0, Bytes::from_static(b"an answer"));
        assert_eq!(connection.queue.lock().items.len(), MAX_WAITING_BEFORE_WHISPERS + 1);
    }
}
