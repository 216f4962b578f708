//! The load: who sends, who reads, what is checked and counted.

use crate::server::{Http, Server};
use crate::setup::Pair;
use crate::socket::{Field, Socket, client_frame};
use crate::usage::{self, Usage};
use anyhow::{Context, bail};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::{JoinError, JoinSet, LocalSet};

/// How long the last messages may take after the sending stopped.
const DRAIN: Duration = Duration::from_secs(15);
/// Client ids are as long as those of the web client and sort by time as they do, whoever made them: digits that say
/// which send of the whole run this is, then digits that say which of the pair.
const RUN_DIGITS: usize = 16;
const PAIR_DIGITS: usize = 20;
const CLIENT_ID: usize = RUN_DIGITS + PAIR_DIGITS;
/// About 100 bytes, as chat messages are.
const TEXT: &str = "The second container left Yokohama this morning; the papers follow by courier on Thursday, I hope.";

/// How much load, for how long.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) in_flight: u64,
    pub(crate) warmup: Duration,
    pub(crate) measured: Duration,
}

/// What all sockets share. One thread runs them all.
#[derive(Default)]
struct Counts {
    stopping: Cell<bool>,
    measuring: Cell<bool>,
    sent: Cell<u64>,
    acks: Cell<u64>,
    deliveries: Cell<u64>,
    latencies_us: RefCell<Vec<u32>>,
}

/// What one pair has done.
#[derive(Default)]
struct Progress {
    sent: Cell<u64>,
    acked: Cell<u64>,
    echoed: Cell<u64>,
    delivered: Cell<u64>,
}

/// The state at one moment.
struct Snapshot {
    at: Instant,
    acks: u64,
    deliveries: u64,
    usage: Usage,
    batches: Option<(f64, f64)>,
}

/// What a run came to.
pub(crate) struct Measured {
    pub(crate) elapsed: Duration,
    pub(crate) acks: u64,
    pub(crate) deliveries: u64,
    /// In ascending order.
    pub(crate) latencies_us: Vec<u32>,
    pub(crate) usage: Usage,
    /// Commits, and messages in them, as the server counts them.
    pub(crate) batches: Option<(f64, f64)>,
    /// Per pair, of the whole run.
    pub(crate) acked: Vec<u64>,
}

/// Runs the load and measures.
pub(crate) async fn run(server: &Server, pairs: &[Pair], plan: Plan) -> anyhow::Result<Measured> {
    LocalSet::new().run_until(run_local(server, pairs, plan)).await
}

async fn run_local(server: &Server, pairs: &[Pair], plan: Plan) -> anyhow::Result<Measured> {
    let counts = Rc::new(Counts::default());
    let mut sockets = Vec::new();
    for pair in pairs {
        let receiver = Socket::open(server.address, &pair.receiver).await?;
        sockets.push((pair, Socket::open(server.address, &pair.sender).await?, receiver));
    }
    let (mut senders, mut receivers) = (JoinSet::new(), JoinSet::new());
    let mut all = Vec::new();
    for (pair, sender, receiver) in sockets {
        let progress = Rc::new(Progress::default());
        all.push(Rc::clone(&progress));
        let lines = || Lines::of(pair);
        receivers.spawn_local(receive(receiver, lines(), Rc::clone(&progress), Rc::clone(&counts)));
        let frames = Frames { answers: lines(), echoes: lines() };
        senders.spawn_local(send(sender, pair.room.clone(), frames, plan.in_flight, progress, Rc::clone(&counts)));
    }

    let watched = async {
        tokio::time::sleep(plan.warmup).await;
        let before = snapshot(server, &counts).await?;
        counts.measuring.set(true);
        tokio::time::sleep(plan.measured).await;
        counts.measuring.set(false);
        let after = snapshot(server, &counts).await?;
        counts.stopping.set(true);
        anyhow::Ok((before, after))
    };
    let (before, after) = tokio::select! {
        both = watched => both?,
        Some(ended) = senders.join_next() => return Err(fault(ended)),
        Some(ended) = receivers.join_next() => return Err(fault(ended)),
    };
    let drained = async {
        // A sender ends when all it sent is acknowledged and came back to itself.
        while let Some(ended) = senders.join_next().await {
            ended??;
        }
        while all.iter().any(|p| p.delivered.get() < p.sent.get()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // What comes twice would come now.
        tokio::time::sleep(Duration::from_millis(300)).await;
        anyhow::Ok(())
    };
    tokio::select! {
        drained = tokio::time::timeout(DRAIN, drained) => match drained {
            Ok(drained) => drained?,
            Err(_) => bail!("messages are missing: {}", missing(&all)),
        },
        Some(ended) = receivers.join_next() => return Err(fault(ended)),
    }
    let acked = all.iter().map(|p| p.acked.get()).collect();
    let mut latencies_us = counts.latencies_us.take();
    latencies_us.sort_unstable();
    let (acks, deliveries) = (after.acks - before.acks, after.deliveries - before.deliveries);
    if acks == 0 || deliveries == 0 || latencies_us.is_empty() {
        bail!("nothing passed: {acks} acknowledged, {deliveries} delivered");
    }
    let batches = after.batches.zip(before.batches).map(|(a, b)| (a.0 - b.0, a.1 - b.1));
    let elapsed = after.at - before.at;
    Ok(Measured { elapsed, acks, deliveries, latencies_us, usage: after.usage - before.usage, batches, acked })
}

/// Why a socket ended that should have gone on.
fn fault(ended: Result<anyhow::Result<()>, JoinError>) -> anyhow::Error {
    match ended {
        Ok(Ok(())) => anyhow::anyhow!("a socket ended before its time"),
        Ok(Err(error)) => error,
        Err(error) => error.into(),
    }
}

fn missing(all: &[Rc<Progress>]) -> String {
    let sum = |of: fn(&Progress) -> &Cell<u64>| all.iter().map(|p| of(p).get()).sum::<u64>();
    let (sent, acked) = (sum(|p| &p.sent), sum(|p| &p.acked));
    let (echoed, delivered) = (sum(|p| &p.echoed), sum(|p| &p.delivered));
    format!("{sent} sent, {acked} acknowledged, {echoed} echoed to their senders, {delivered} delivered")
}

async fn snapshot(server: &Server, counts: &Counts) -> anyhow::Result<Snapshot> {
    let address = server.address;
    // Asked for on another thread: the load goes on meanwhile.
    let page = tokio::task::spawn_blocking(move || Http::connect(address)?.text("/metrics")).await??;
    let usage = Usage::now(server.id())?;
    let batches = usage::sample(&page, "liaison_batch_size_count").zip(usage::sample(&page, "liaison_batch_size_sum"));
    Ok(Snapshot { at: Instant::now(), acks: counts.acks.get(), deliveries: counts.deliveries.get(), usage, batches })
}

/// Reads the lines of one room as they come and checks that they are the next ones.
struct Lines {
    first_seq: u64,
    room: Field,
    seq: Field,
    client_id: Field,
}

impl Lines {
    fn of(pair: &Pair) -> Self {
        Self {
            first_seq: pair.first_seq,
            room: Field::new(format!(r#""roomId":"{}""#, pair.room)),
            seq: Field::new(r#""seq":"#),
            client_id: Field::new(r#""clientId":""#),
        }
    }

    /// Checks that this is the room's message number `number`, counted from 1.
    fn check(&mut self, frame: &[u8], number: u64) -> anyhow::Result<()> {
        let right = self.room.after(frame).is_some()
            && self.seq.number(frame) == Some(self.first_seq + number)
            && self.client_id.after(frame).and_then(|rest| rest.get(RUN_DIGITS..CLIENT_ID)) == Some(&digits(number));
        if !right {
            bail!("expected message {number} after line {}, got {}", self.first_seq, String::from_utf8_lossy(frame));
        }
        Ok(())
    }
}

/// A number in base 36, of fixed width.
fn digits(mut number: u64) -> [u8; PAIR_DIGITS] {
    let mut digits = [b'0'; PAIR_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::try_from(number % 36).unwrap_or(0)];
        number /= 36;
        if number == 0 {
            break;
        }
    }
    digits
}

/// Frames that are neither answers nor messages: the news about rooms and contacts at the start, or a fault.
fn check_other(frame: &[u8]) -> anyhow::Result<()> {
    let fault = [r#"{"op":"refused""#, r#"{"op":"error""#, r#"{"op":"resync""#];
    if fault.iter().any(|op| frame.starts_with(op.as_bytes())) {
        bail!("the server answers {}", String::from_utf8_lossy(frame));
    }
    Ok(())
}

async fn receive(
    mut socket: Socket,
    mut lines: Lines,
    progress: Rc<Progress>,
    counts: Rc<Counts>,
) -> anyhow::Result<()> {
    loop {
        while let Some(frame) = socket.next_frame()? {
            if frame.starts_with(br#"{"op":"message""#) {
                let number = progress.delivered.get() + 1;
                lines.check(frame, number).context("a receiver")?;
                progress.delivered.set(number);
                counts.deliveries.set(counts.deliveries.get() + 1);
            } else {
                check_other(frame)?;
            }
        }
        socket.read().await?;
    }
}

/// What a sender gets: an answer to each send, and each message itself, as all the author's sockets do.
struct Frames {
    answers: Lines,
    echoes: Lines,
}

async fn send(
    mut socket: Socket,
    room: String,
    mut frames: Frames,
    in_flight: u64,
    progress: Rc<Progress>,
    counts: Rc<Counts>,
) -> anyhow::Result<()> {
    let blank = "_".repeat(CLIENT_ID);
    let template = client_frame(&format!(r#"{{"op":"send","roomId":"{room}","clientId":"{blank}","text":"{TEXT}"}}"#))?;
    let id_at = template.windows(CLIENT_ID).position(|w| w == blank.as_bytes()).context("no place for the id")?;
    let mut sent_at = vec![Instant::now(); usize::try_from(in_flight)?];
    let slot = |number: u64| usize::try_from(number % in_flight).unwrap_or(0);
    let mut out = Vec::with_capacity(template.len() * sent_at.len());
    loop {
        out.clear();
        let now = Instant::now();
        while !counts.stopping.get() && progress.sent.get() - progress.acked.get() < in_flight {
            let number = progress.sent.get() + 1;
            progress.sent.set(number);
            let start = out.len();
            out.extend_from_slice(&template);
            let (of_run, of_pair) = out[start + id_at..start + id_at + CLIENT_ID].split_at_mut(RUN_DIGITS);
            counts.sent.set(counts.sent.get() + 1);
            of_run.copy_from_slice(&digits(counts.sent.get())[PAIR_DIGITS - RUN_DIGITS..]);
            of_pair.copy_from_slice(&digits(number));
            sent_at[slot(number)] = now;
        }
        if !out.is_empty() {
            socket.write(&out).await?;
        } else if counts.stopping.get()
            && progress.acked.get() == progress.sent.get()
            && progress.echoed.get() == progress.sent.get()
        {
            return Ok(());
        }
        socket.read().await?;
        let now = Instant::now();
        let mut acks = 0;
        while let Some(frame) = socket.next_frame()? {
            if frame.starts_with(br#"{"op":"sent""#) {
                let number = progress.acked.get() + 1;
                frames.answers.check(frame, number).context("an answer")?;
                progress.acked.set(number);
                acks += 1;
                if counts.measuring.get() {
                    let waited = now.duration_since(sent_at[slot(number)]).as_micros();
                    counts.latencies_us.borrow_mut().push(u32::try_from(waited).unwrap_or(u32::MAX));
                }
            } else if frame.starts_with(br#"{"op":"message""#) {
                let number = progress.echoed.get() + 1;
                frames.echoes.check(frame, number).context("a sender's own message")?;
                progress.echoed.set(number);
            } else {
                check_other(frame)?;
            }
        }
        counts.acks.set(counts.acks.get() + acks);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_sort_by_their_numbers() {
        assert_eq!(digits(0), [b'0'; PAIR_DIGITS]);
        assert!(digits(36 * 36 + 35).ends_with(b"00010z"));
        assert!((1..5000).all(|n| digits(n) < digits(n + 1)));
    }

    #[test]
    fn a_gap_a_repetition_and_another_room_are_found() {
        let frame = |room: &str, seq: u64, id: u64| {
            let id = String::from_utf8(digits(id).to_vec()).unwrap();
            format!(
                r#"{{"op":"message","message":{{"roomId":"{room}","seq":{seq},"clientId":"0123456789abcdef{id}"}}}}"#
            )
        };
        let pair = Pair { sender: String::new(), receiver: String::new(), room: "room_a".into(), first_seq: 1 };
        let mut lines = Lines::of(&pair);
        lines.check(frame("room_a", 4, 3).as_bytes(), 3).unwrap();
        for wrong in [frame("room_a", 5, 3), frame("room_a", 3, 3), frame("room_b", 4, 3), frame("room_a", 4, 2)] {
            assert!(lines.check(wrong.as_bytes(), 3).is_err(), "{wrong}");
        }
    }
}
