//! Backups: one sealed file with the database, the keys and the files of a data folder, and the way back.
//!
//! Inside its seal a backup is a tar archive: `manifest.json`, `liaison.db` (a portable copy, whichever database it was
//! made of), and the folders of [`FOLDERS`] as they stand in the data folder. A restore is prepared and verified in a
//! folder of its own and moved into place at the end; the database comes last, so a restore that was interrupted is
//! seen and not mistaken for an empty server.

mod sealed;

use crate::config::Config;
use crate::files::{create_private, make_private_folder, server_key};
use anyhow::{Context, bail};
use liaison_app::{App, Settings, recovery};
use liaison_domain::{Clock, Timestamp};
use liaison_store::{Db, SCHEMA_VERSION};
use sealed::{Opened, Sealing};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// What of a data folder belongs into a backup, besides the database: keys and, once there are any, attachments.
const FOLDERS: [&str; 2] = ["keys", "files"];
const DATABASE: &str = "liaison.db";
const MANIFEST: &str = "manifest.json";
/// Where a backup is prepared and a restore is unpacked, inside the data folder: it guards both alike.
const PREPARING: &str = ".backup";
const RESTORING: &str = ".restoring";

/// What a backup says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    /// The version of the program that made it.
    pub liaison: String,
    /// When.
    pub made_at: Timestamp,
    /// The schema of the database inside.
    pub schema: i64,
    /// Where the database stood: its place in commit order.
    pub position: i64,
    /// Which database it was.
    pub generation: String,
    /// How many companies are in it.
    pub companies: usize,
}

/// Whether there is anything to back up: asked before the database is opened, which would make one.
///
/// # Errors
/// Where the data folder holds no server.
pub(crate) fn must_hold_a_server(config: &Config) -> anyhow::Result<()> {
    if config.database.is_none() && !config.data.join(DATABASE).exists() {
        bail!("there is no database in {}: name the server's data folder with --data", config.data.display());
    }
    Ok(())
}

/// Writes a backup of a running or standing server.
///
/// # Errors
/// Where the file exists already or anything cannot be read or written; no file is left then.
pub(crate) async fn write(
    app: &App,
    config: &Config,
    file: &Path,
    passphrase: String,
) -> anyhow::Result<(Manifest, u64)> {
    if file.exists() {
        bail!("{} exists already: choose another name, a backup is never written over", file.display());
    }
    remove_left_over(&config.data);
    let preparing = Scratch::make(config.data.join(format!("{PREPARING}-{}", std::process::id())))?;
    let copy = preparing.path().join(DATABASE);
    app.db.write_copy(&copy).await.context("cannot copy the database")?;
    // What the copy says of itself, and not what the database says by now.
    let db = Db::connect_sqlite(&copy).await?;
    let standing = recovery::standing(&db).await?;
    let manifest = Manifest {
        liaison: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: app.clock.now(),
        schema: db.schema_version().await?,
        position: standing.position,
        generation: standing.generation,
        companies: standing.companies,
    };
    db.close().await;
    let (target, data, described) = (file.to_owned(), config.data.clone(), manifest.clone());
    let beside = beside(file);
    let written = tokio::task::spawn_blocking(move || {
        let result = seal(&beside, &target, &copy, &data, &described, &passphrase);
        if result.is_err() {
            let _ = fs::remove_file(&beside);
        }
        result
    });
    let bytes = written.await?.with_context(|| format!("cannot write {}", file.display()))?;
    Ok((manifest, bytes))
}

/// Removes what backups left whose process was killed: a copy of the database in the clear.
fn remove_left_over(data: &Path) {
    for entry in fs::read_dir(data).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|n| n.strip_prefix(PREPARING)?.strip_prefix('-'));
        if process.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// Files come after the copy of the database: whatever it names was there before it (I-26).
fn seal(
    beside: &Path,
    target: &Path,
    copy: &Path,
    data: &Path,
    manifest: &Manifest,
    passphrase: &str,
) -> anyhow::Result<u64> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let out = std::io::BufWriter::new(options.open(beside)?);
    let mut archive = tar::Builder::new(Sealing::begin(out, passphrase)?);
    archive.mode(tar::HeaderMode::Deterministic);
    let text = serde_json::to_vec_pretty(manifest)?;
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o600);
    archive.append_data(&mut header, MANIFEST, text.as_slice())?;
    archive.append_path_with_name(copy, DATABASE)?;
    for folder in FOLDERS {
        if data.join(folder).is_dir() {
            archive.append_dir_all(folder, data.join(folder))?;
        }
    }
    let mut out = archive.into_inner()?.finish()?;
    out.flush()?;
    let out = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    out.sync_all()?;
    let bytes = out.metadata()?.len();
    // A link fails where a file of that name has appeared meanwhile; a rename would replace it.
    if fs::hard_link(beside, target).is_err() {
        if target.exists() {
            bail!("it exists already");
        }
        fs::rename(beside, target)?;
    }
    let _ = fs::remove_file(beside);
    Ok(bytes)
}

/// What a restore did.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Restored {
    /// When the backup was made; unknown of the plain copy that an upgrade leaves.
    pub made_at: Option<Timestamp>,
    /// The new generation of the database.
    pub generation: String,
    /// How many companies there are.
    pub companies: usize,
}

/// Restores a backup into an empty data folder and, with PostgreSQL, an empty database.
///
/// # Errors
/// Where the target is not empty, or anything is wrong with the file or what is in it. Nothing is left behind then.
pub(crate) async fn restore(
    config: &Config,
    clock: Arc<dyn Clock>,
    file: &Path,
    passphrase: Option<String>,
) -> anyhow::Result<Restored> {
    let made_folder = !config.data.exists();
    must_be_empty(&config.data)?;
    let target = match &config.database {
        None => None,
        Some(url) => {
            let db = Db::connect_postgres(url).await.context("cannot open the database")?;
            if db.schema_version().await? > 0 && !db.is_empty().await? {
                bail!("the database is not empty: create a new one and restore into that");
            }
            Some(db)
        }
    };
    let outcome = restore_into(config, target.as_ref(), clock, file, passphrase).await;
    if outcome.is_err() && made_folder {
        let _ = fs::remove_dir(&config.data);
    }
    if let Some(db) = target {
        db.close().await;
    }
    outcome
}

async fn restore_into(
    config: &Config,
    target: Option<&Db>,
    clock: Arc<dyn Clock>,
    file: &Path,
    passphrase: Option<String>,
) -> anyhow::Result<Restored> {
    make_private_folder(&config.data)?;
    let staging = Scratch::make(config.data.join(RESTORING))?;
    let (from, into) = (file.to_owned(), staging.path().to_owned());
    let unpacking = tokio::task::spawn_blocking(move || unpack(&from, &into, passphrase.as_deref()));
    let manifest = unpacking.await?.with_context(|| format!("cannot restore {}", file.display()))?;
    let db = Db::connect_sqlite(&staging.path().join(DATABASE)).await?;
    let schema = db.schema_version().await.context("it holds no database that can be read")?;
    if schema == 0 {
        bail!("it holds no database of Liaison");
    }
    if schema > SCHEMA_VERSION {
        bail!("it has schema {schema}, this program knows up to {SCHEMA_VERSION}: restore it with a newer Liaison");
    }
    if let Some(fault) = db.faults().await?.first() {
        bail!("the database inside the backup is damaged ({fault}): use another backup");
    }
    db.upgrade(None).await?;
    let key = if staging.path().join("keys").is_dir() { server_key(staging.path())? } else { [0; 32] };
    let app = App::start(db.clone(), clock, key, Settings::default()).await?;
    if let Some((company, fault)) = app.verify_all_audits().await?.first() {
        bail!("the audit log of {company} inside the backup does not verify ({fault}): use another backup");
    }
    let made_at = manifest.as_ref().map(|m| m.made_at);
    let generation = app.record_restore(made_at).await?;
    let companies = recovery::standing(&db).await?.companies;
    drop(app);
    for folder in FOLDERS {
        if staging.path().join(folder).is_dir() {
            let place = config.data.join(folder);
            let _ = fs::remove_dir_all(&place); // what an interrupted restore left
            fs::rename(staging.path().join(folder), place)?;
        }
    }
    // Last of all: with a database there, the restore is done.
    if let Some(target) = target {
        fs::File::open(&config.data)?.sync_all()?;
        target.upgrade(None).await.context("cannot make the schema of the database")?;
        target.fill_from(&db).await.context("cannot fill the database")?;
        db.close().await;
    } else {
        db.close().await;
        fs::File::open(staging.path().join(DATABASE))?.sync_all()?;
        fs::rename(staging.path().join(DATABASE), config.data.join(DATABASE))?;
    }
    fs::File::open(&config.data)?.sync_all()?;
    Ok(Restored { made_at, generation, companies })
}

/// Whether a restore was interrupted here: the folder is no empty server, and not yet the restored one. With PostgreSQL
/// see [`was_interrupted_into`].
pub(crate) fn was_interrupted(config: &Config) -> bool {
    config.database.is_none() && config.data.join(RESTORING).exists() && !config.data.join(DATABASE).exists()
}

/// The same of a restore into this PostgreSQL database, which is filled at once and as the last step. What one that was
/// interrupted behind that left in the data folder is taken away.
///
/// # Errors
/// Where the database does not answer, or the folder cannot be removed.
pub(crate) async fn was_interrupted_into(config: &Config, db: &Db) -> anyhow::Result<bool> {
    let staging = config.data.join(RESTORING);
    if config.database.is_none() || !staging.exists() {
        return Ok(false);
    }
    if db.schema_version().await? == 0 || db.is_empty().await? {
        return Ok(true);
    }
    fs::remove_dir_all(&staging)?;
    Ok(false)
}

fn must_be_empty(data: &Path) -> anyhow::Result<()> {
    let Ok(entries) = fs::read_dir(data) else { return Ok(()) };
    let names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    let interrupted = names.iter().any(|n| n == RESTORING);
    // What a restore that was interrupted put there is its own; anything else is somebody's.
    // And file systems have a folder of their own at their root.
    let own =
        |name: &String| name == RESTORING || name == "lost+found" || (interrupted && FOLDERS.contains(&name.as_str()));
    if let Some(name) = names.iter().find(|n| !own(n)) {
        bail!(
            "{} is not empty (it holds {name}): a restore never writes over anything. Name a new folder with --data, or \
             move this one away",
            data.display()
        );
    }
    Ok(())
}

/// Unpacks a backup into a folder; what is unpacked was authenticated to its very end when this returns.
fn unpack(file: &Path, into: &Path, passphrase: Option<&str>) -> anyhow::Result<Option<Manifest>> {
    let mut beginning = Vec::new();
    fs::File::open(file)?.take(16).read_to_end(&mut beginning)?;
    if beginning == *b"SQLite format 3\0" {
        // The copy that an upgrade leaves: not sealed, and without keys, which are made anew.
        std::io::copy(&mut fs::File::open(file)?, &mut create_private(&into.join(DATABASE))?)?;
        return Ok(None);
    }
    let Some(passphrase) = passphrase else {
        bail!("the backup is sealed: give its passphrase with --passphrase-stdin or --passphrase-file");
    };
    let source = std::io::BufReader::new(fs::File::open(file)?);
    let mut archive = tar::Archive::new(Opened::open(source, passphrase)?);
    let mut manifest = None;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if path == Path::new(MANIFEST) {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            manifest = Some(serde_json::from_str(&text).context("the manifest cannot be read")?);
            continue;
        }
        // Sealed by whoever holds the passphrase; even so nothing is written outside of the folder.
        let parts: Vec<Component<'_>> = path.components().collect();
        let plain = parts.iter().all(|part| matches!(part, Component::Normal(_)));
        let first = parts.first().and_then(|part| part.as_os_str().to_str()).unwrap_or("");
        let known = path == Path::new(DATABASE) || FOLDERS.contains(&first);
        if !plain || !known || !(entry.header().entry_type().is_file() || entry.header().entry_type().is_dir()) {
            bail!(
                "the backup holds {}, which this program does not know: restore it with a newer Liaison",
                path.display()
            );
        }
        let place = into.join(&path);
        if entry.header().entry_type().is_dir() {
            make_private_folder(&place)?;
            continue;
        }
        if let Some(folder) = place.parent() {
            make_private_folder(folder)?;
        }
        let mut out = create_private(&place)?;
        std::io::copy(&mut entry, &mut out)?;
        out.sync_all()?;
    }
    // The archive ends before the file does: only the last piece shows that nothing was cut off.
    std::io::copy(&mut archive.into_inner(), &mut std::io::sink())?;
    if manifest.is_none() || !into.join(DATABASE).exists() {
        bail!("the backup is not complete");
    }
    Ok(manifest)
}

/// A folder of one's own that is gone afterwards, however it ends.
struct Scratch(PathBuf);

impl Scratch {
    fn make(path: PathBuf) -> anyhow::Result<Self> {
        let _ = fs::remove_dir_all(&path); // what somebody left who was killed
        make_private_folder(&path)?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(entries: &[(&str, &[u8])], behind: usize) -> Vec<u8> {
        let mut archive = tar::Builder::new(Sealing::begin(Vec::new(), "a long passphrase").unwrap());
        for (name, bytes) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            // Set by hand: the archive's own function refuses the names that are to be refused here.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_mode(0o777);
            header.set_entry_type(tar::EntryType::Regular);
            header.set_cksum();
            archive.append(&header, *bytes).unwrap();
        }
        let mut sealing = archive.into_inner().unwrap();
        sealing.write_all(&vec![0; behind]).unwrap();
        sealing.finish().unwrap()
    }

    fn try_unpack(sealed: &[u8]) -> (anyhow::Result<Option<Manifest>>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("backup"), sealed).unwrap();
        fs::create_dir(folder.path().join("into")).unwrap();
        let outcome = unpack(&folder.path().join("backup"), &folder.path().join("into"), Some("a long passphrase"));
        (outcome, folder)
    }

    const MANIFEST_TEXT: &[u8] = br#"{"liaison":"1","madeAt":"2026-01-01T00:00:00.000Z","schema":1,"position":1,
        "generation":"g","companies":1,"later":"fields of newer programs are no harm"}"#;
    const WHOLE: [(&str, &[u8]); 3] = [(MANIFEST, MANIFEST_TEXT), (DATABASE, b"pages"), ("keys/server.key", b"key")];

    #[test]
    fn i29_a_backup_counts_when_it_was_read_to_its_very_end() {
        let sealed = archive(&WHOLE, 200_000);
        assert!(try_unpack(&sealed).0.unwrap().is_some());
        // Altered and cut off behind the archive, in pieces that hold nothing of it.
        let mut altered = sealed.clone();
        let last = sealed.len() - 1;
        altered[last] ^= 1;
        assert!(try_unpack(&altered).0.is_err());
        assert!(try_unpack(&sealed[..sealed.len() - 1_000]).0.is_err());
        assert!(try_unpack(&archive(&WHOLE[..1], 0)).0.is_err(), "without a database");
        assert!(try_unpack(&archive(&WHOLE[1..], 0)).0.is_err(), "without a manifest");
    }

    #[test]
    fn i53_nothing_is_written_outside_and_nothing_for_others_to_read() {
        for name in ["../outside", "/tmp/outside", "keys/../../outside", "elsewhere/file", "liaison.db-wal"] {
            let mut entries = WHOLE.to_vec();
            entries.push((name, b"x"));
            let (outcome, folder) = try_unpack(&archive(&entries, 0));
            assert!(outcome.is_err(), "{name}");
            assert!(!folder.path().join("outside").exists(), "{name}");
        }
        let (outcome, folder) = try_unpack(&archive(&WHOLE, 0));
        outcome.unwrap();
        for path in ["into/liaison.db", "into/keys", "into/keys/server.key"] {
            assert_eq!(crate::files::others_rights(&folder.path().join(path)).unwrap(), 0, "{path}");
        }
    }
}
