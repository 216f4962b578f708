//! Power cuts. `kill -9` leaves the page cache to the kernel and so proves nothing about the disk; here every write and
//! sync of the database is recorded (`dev/faults/record.c`), and from the record come disks as a cut could have left them:
//! all that was synced, and of the rest some, none, all, or halves.

mod common;

use common::{Backend, Person, TestServer, campaign};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use sqlx::sqlite::SqlitePoolOptions;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a disk writes whole.
const SECTOR: usize = 512;

fn recorder(folder: &Path) -> PathBuf {
    let library = folder.join("record.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dev/faults/record.c");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-o"])
        .arg(&library)
        .arg(source)
        .args(["-ldl", "-lpthread"])
        .status()
        .expect("a C compiler");
    assert!(compiled.success());
    library
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Write,
    Truncate,
    Synced,
}

/// One entry of the record: see record.c.
struct Entry {
    kind: Kind,
    file: usize,
    offset: usize,
    bytes: std::ops::Range<usize>,
    /// Where it ends in the record.
    end: usize,
}

fn parse(record: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut at = 0;
    while at + 16 <= record.len() {
        let length = u32::from_le_bytes(record[at + 4..at + 8].try_into().unwrap()) as usize;
        let offset = u64::from_le_bytes(record[at + 8..at + 16].try_into().unwrap());
        let kind = match record[at] {
            1 => Kind::Write,
            2 => Kind::Truncate,
            3 => Kind::Synced,
            other => panic!("no such entry: {other}"),
        };
        let end = at + 16 + length;
        if end > record.len() {
            break; // The kill came in the middle of writing it.
        }
        let offset = usize::try_from(offset).unwrap();
        entries.push(Entry { kind, file: usize::from(record[at + 1]), offset, bytes: at + 16..end, end });
        at = end;
    }
    entries
}

/// How the disk treats what was not synced when the power went.
#[derive(Debug, Clone, Copy)]
enum Fate {
    AllLost,
    AllKept,
    Mixed,
}

fn apply(disk: &mut Vec<u8>, entry: &Entry, bytes: &[u8]) {
    match entry.kind {
        Kind::Write => {
            let end = entry.offset + bytes.len();
            if disk.len() < end {
                disk.resize(end, 0);
            }
            disk[entry.offset..end].copy_from_slice(bytes);
        }
        Kind::Truncate => disk.resize(entry.offset, 0),
        Kind::Synced => {}
    }
}

/// Database and write-ahead log after a cut at this place of the record, from how they were when it began.
fn disk_after(
    mut disks: [Vec<u8>; 2],
    record: &[u8],
    entries: &[Entry],
    cut: usize,
    fate: Fate,
    random: &mut StdRng,
) -> [Vec<u8>; 2] {
    let before = || entries.iter().take_while(|e| e.end <= cut);
    let mut synced = [0, 0];
    for entry in before().filter(|e| e.kind == Kind::Synced) {
        synced[entry.file] = synced[entry.file].max(entry.offset);
    }
    for entry in before() {
        let bytes = &record[entry.bytes.clone()];
        let keep = match fate {
            _ if entry.end <= synced[entry.file] => bytes.len(),
            Fate::AllLost => continue,
            Fate::AllKept => bytes.len(),
            Fate::Mixed => match random.random_range(0..3) {
                0 => continue,
                1 if bytes.len() > SECTOR => random.random_range(1..=bytes.len() / SECTOR) * SECTOR,
                _ => bytes.len(),
            },
        };
        apply(&mut disks[entry.file], entry, &bytes[..keep]);
    }
    disks
}

/// What was acknowledged: the record's length when the answer was in hand, the number, the client id.
type Acks = Vec<(usize, i64, String)>;

async fn send_until_it_ends(mina: Person, room: String, name: usize, record: PathBuf) -> Acks {
    let mut acks = Vec::new();
    for i in 0.. {
        let id = format!("{name}-{i}");
        let request = mina.client.post(format!("{}/api/v1/rooms/{room}/messages", mina.url)).bearer_auth(&mina.token);
        let Ok(answer) = request.json(&json!({ "clientId": id, "text": id.repeat(20) })).send().await else { break };
        let Ok(message) = answer.json::<Value>().await else { break };
        let recorded = usize::try_from(std::fs::metadata(&record).unwrap().len()).unwrap();
        acks.push((recorded, message["seq"].as_i64().unwrap(), id));
    }
    acks
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_no_power_cut_loses_what_was_acknowledged() {
    let seed: u64 = std::env::var("LIAISON_SEED").map_or_else(|_| rand::random(), |s| s.parse().unwrap());
    println!("LIAISON_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let scratch = tempfile::tempdir().unwrap();
    let record = scratch.path().join("record");
    let library = recorder(scratch.path());
    // The command line writes too, and is not recorded: the record begins on a disk where all of that stands.
    let mut server = TestServer::empty(Backend::Sqlite).await;
    server.company("hana.example", "Hana Trading", "JP", "aiko", "Aiko Tanaka");
    let mut aiko = server.person("aiko@hana.example").await;
    let mut mina = server.member(&aiko, "mina@hana.example", "Mina Sato").await;
    let room =
        aiko.post("/rooms", json!({ "memberIds": [mina.id] })).await.must(201)["id"].as_str().unwrap().to_owned();
    server.kill();
    let read = |name: &str| std::fs::read(server.folder.path().join(name)).unwrap();
    let base = [read("liaison.db"), read("liaison.db-wal")];
    server.start_again_with(&[("LD_PRELOAD", library.as_os_str()), ("LIAISON_RECORD", record.as_os_str())]);
    aiko.url.clone_from(&server.url);
    mina.url.clone_from(&server.url);
    let senders: Vec<_> =
        (0..16).map(|n| tokio::spawn(send_until_it_ends(mina.clone(), room.clone(), n, record.clone()))).collect();
    while aiko.room(&room).await["lastSeq"].as_i64().unwrap() < 1_500 {}
    server.kill();
    let mut acks = Acks::new();
    for sender in senders {
        acks.extend(sender.await.unwrap());
    }
    let record = std::fs::read(&record).unwrap();
    let entries = parse(&record);
    let syncs = entries.iter().filter(|e| e.kind == Kind::Synced).count();

    let mut survived = 0;
    let cuts = 40 * campaign();
    for n in 0..cuts {
        // At the edge of an entry, in one half of the cases right behind one that was synced.
        let mut at = random.random_range(0..entries.len());
        while n % 2 == 0 && entries[at].kind != Kind::Synced {
            at = random.random_range(0..entries.len());
        }
        let cut = entries[at].end;
        let fate = [Fate::Mixed, Fate::AllLost, Fate::Mixed, Fate::AllKept][n % 4];
        let folder = scratch.path().join(format!("disk-{n}"));
        std::fs::create_dir(&folder).unwrap();
        let [database, log] = disk_after(base.clone(), &record, &entries, cut, fate, &mut random);
        std::fs::write(folder.join("liaison.db"), database).unwrap();
        std::fs::write(folder.join("liaison.db-wal"), log).unwrap();

        let file = format!("sqlite://{}", folder.join("liaison.db").display());
        let disk = SqlitePoolOptions::new().max_connections(1).connect(&file).await.unwrap();
        let (sound,): (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&disk).await.unwrap();
        assert_eq!(sound, "ok", "{fate:?} at {cut}");
        let lines: Vec<(i64, String)> =
            sqlx::query_as("SELECT seq, client_id FROM messages WHERE client_id IS NOT NULL ORDER BY seq")
                .fetch_all(&disk)
                .await
                .unwrap();
        disk.close().await;
        // I-19: no holes; I-18: no id twice.
        assert!(
            lines.iter().enumerate().all(|(i, (seq, _))| i64::try_from(i + 1).unwrap() == *seq),
            "{fate:?} at {cut}"
        );
        let stored: HashMap<&str, i64> = lines.iter().map(|(seq, id)| (id.as_str(), *seq)).collect();
        assert_eq!(stored.len(), lines.len());
        for (_, seq, id) in acks.iter().filter(|(recorded, ..)| *recorded <= cut) {
            assert_eq!(
                stored.get(id.as_str()),
                Some(seq),
                "acknowledged and lost: {fate:?} at {cut} of {}",
                record.len()
            );
            survived += 1;
        }
        // The program itself starts from such a disk, and its logs are whole.
        if n % 10 == 0 {
            let verified = TestServer::program_on(&folder, &["audit", "verify", "hana.example"]);
            assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
    println!("{} acknowledged, {syncs} syncs, {cuts} power cuts, {survived} survivals checked", acks.len());
    assert!(acks.len() > 1_000 && syncs > 20 && survived > 1_000);
}
