//! What a server costs that nobody asks anything of: its start, its memory while empty, and each signed-in idle socket.

use crate::server::Place;
use crate::setup;
use crate::socket::Socket;
use crate::usage;
use serde_json::json;
use std::time::Instant;

/// The figures of one run.
pub(crate) struct Idle {
    sockets: u16,
    /// From the start of the process to the line that says it is ready, in milliseconds; the median of five.
    start_ms: f64,
    /// Resident memory in KiB: ready, and nobody there.
    empty_kib: f64,
    /// With every socket open.
    full_kib: f64,
}

/// Measures. The sockets belong to a hundred pairs of members, each of whom has a room.
pub(crate) fn run(place: &Place, sockets: u16) -> anyhow::Result<Idle> {
    let mut starts = Vec::new();
    let mut empty_kib = 0.0;
    // The first start makes the schema; it is not one of the five.
    for round in 0..6 {
        let begin = Instant::now();
        let server = place.start()?;
        if round > 0 {
            starts.push(begin.elapsed().as_secs_f64() * 1e3);
        }
        empty_kib = usage::rss_kib(server.id())?;
    }
    starts.sort_by(f64::total_cmp);
    let world = setup::make(place, 100)?;
    let pairs = {
        let server = place.start()?;
        world.connect_people(place, &server)?
    };
    // Anew, so that what the setting up left in memory does not count.
    let server = place.start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tokens: Vec<&str> = pairs.iter().flat_map(|p| [p.sender.as_str(), p.receiver.as_str()]).collect();
    let full_kib = runtime.block_on(async {
        let mut open = Vec::new();
        for number in 0..sockets {
            open.push(Socket::open(server.address, tokens[usize::from(number) % tokens.len()]).await?);
        }
        usage::rss_kib(server.id())
    })?;
    Ok(Idle { sockets, start_ms: starts[starts.len() / 2], empty_kib, full_kib })
}

impl Idle {
    fn socket_kib(&self) -> f64 {
        (self.full_kib - self.empty_kib) / f64::from(self.sockets)
    }

    pub(crate) fn json(&self) -> String {
        let Self { sockets, start_ms, empty_kib, full_kib } = self;
        let socket_kib = self.socket_kib();
        json!({
            "sockets": sockets, "startMs": start_ms.round(), "emptyMiB": (empty_kib / 1024.0 * 10.0).round() / 10.0,
            "fullMiB": (full_kib / 1024.0 * 10.0).round() / 10.0, "socketKiB": (socket_kib * 10.0).round() / 10.0,
        })
        .to_string()
    }

    pub(crate) fn table(&self) -> String {
        format!(
            "an idle server, {} sockets of 200 members\n  {:<36} {:>10.0} ms\n  {:<36} {:>10.1} MiB\n  {:<36} {:>10.1} MiB\n  \
             {:<36} {:>10.1} KiB",
            self.sockets,
            "start until ready, median of five",
            self.start_ms,
            "memory, nobody there",
            self.empty_kib / 1024.0,
            "memory, all sockets open",
            self.full_kib / 1024.0,
            "each idle signed-in socket",
            self.socket_kib(),
        )
    }
}
