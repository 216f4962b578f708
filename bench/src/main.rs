//! Load on a real server over loopback: how many messages a second, and what each costs.
//!
//! Two companies, one external direct room per pair of members, one WebSocket per member. One side of each pair keeps a
//! number of sends in flight. While it measures it also checks: numbers without gaps, and each message at its receiver
//! once and in order. A run that finds a fault, or that passes no message, fails.

mod book;
mod idle;
mod load;
mod lookups;
mod report;
mod server;
mod setup;
mod socket;
mod usage;

use anyhow::{Context, bail};
use clap::Parser;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Measures sending through a Liaison server that it starts itself.
#[derive(Parser)]
#[command(name = "liaison-bench")]
struct Options {
    /// The program to measure (default: `liaison` beside this program)
    #[arg(long, env = "LIAISON_BIN")]
    server: Option<PathBuf>,
    /// How long to measure
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How long to run before measuring
    #[arg(long, default_value_t = 3)]
    warmup: u64,
    /// Pairs of members, one of each company
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=5000))]
    pairs: u16,
    /// Sends that each pair keeps unanswered
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    in_flight: u16,
    /// `sqlite`, or the address of a PostgreSQL database
    #[arg(long, default_value = "sqlite")]
    database: String,
    /// Where the server's folder is made: on the disk that is to be measured (default: TMPDIR)
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Instead of load: start, empty memory, and the memory of this many idle sockets
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=10000))]
    idle: Option<u16>,
    /// Instead of load: how long lookups take that find nobody, for each reason there is
    #[arg(long)]
    lookups: bool,
    /// Instead of load: how long pages of a contact book take that holds this many, and searches in it
    #[arg(long, value_parser = clap::value_parser!(u32).range(200..=100_000))]
    book: Option<u32>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(text) => {
            let _ = writeln!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("failed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Progress goes to standard error: standard output is the result's.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "liaison-bench: {text}");
}

fn run(options: &Options) -> anyhow::Result<String> {
    let program = match &options.server {
        Some(path) => path.clone(),
        None => std::env::current_exe()?.with_file_name("liaison"),
    };
    if !program.is_file() {
        bail!("{} is not there: build it, or name it with --server", program.display());
    }
    let parent = options.dir.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new()
        .prefix("liaison-bench-")
        .tempdir_in(&parent)
        .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
    let file_system = usage::file_system(folder.path())?;
    if matches!(file_system.as_str(), "tmpfs" | "ramfs") {
        say(&format!(
            "{} is {file_system}, no disk: a sync costs nothing there. Choose another --dir.",
            parent.display()
        ));
    }
    let place = server::Place::new(program, folder.path(), &options.database);

    if let Some(sockets) = options.idle {
        let idle = idle::run(&place, sockets)?;
        return Ok(if options.json { idle.json() } else { idle.table() });
    }
    if options.lookups {
        let lookups = lookups::run(&place, &folder.path().join("data/outbox"))?;
        return Ok(if options.json { lookups.json() } else { lookups.table() });
    }
    if let Some(contacts) = options.book {
        let book = book::run(&place, contacts)?;
        return Ok(if options.json { book.json() } else { book.table() });
    }
    say(&format!("making two companies and {} pairs", options.pairs));
    let world = setup::make(&place, options.pairs)?;
    let mut server = place.start()?;
    let pairs = world.connect_people(&place, &server)?;

    say(&format!("{} s to warm up, {} s measured", options.warmup, options.seconds));
    let plan = load::Plan {
        in_flight: u64::from(options.in_flight),
        warmup: Duration::from_secs(options.warmup),
        measured: Duration::from_secs(options.seconds),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(load::run(&server, &pairs, plan));
    let measured = measured.with_context(|| format!("the server's log ends with:\n{}", place.end_of_log()))?;
    let peak_rss_kib = usage::peak_rss_kib(server.id())?;

    // Acknowledged means on disk: what was acknowledged is there after the server was killed.
    server.kill()?;
    let server = place.start()?;
    setup::check_heads(&server, &pairs, &measured.acked)?;

    let report = report::Report::of(options, &file_system, &measured, peak_rss_kib);
    Ok(if options.json { report.json() } else { report.table() })
}
