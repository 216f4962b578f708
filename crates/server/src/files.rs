//! Files and folders that are for the server's user alone, and the server's key among them.

use anyhow::{Context, bail};
use std::fs;
use std::io;
use std::path::Path;

/// Makes a folder, and those above it, that nobody else may look into. One that exists stays as it is.
pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a file that nobody else may read. It must not exist yet.
pub(crate) fn create_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// What others than its owner may do with a file or folder: the last six bits of its mode.
#[cfg(unix)]
pub(crate) fn others_rights(path: &Path) -> io::Result<u32> {
    Ok(std::os::unix::fs::MetadataExt::mode(&fs::metadata(path)?) & 0o077)
}

/// Elsewhere rights are not a number, and are left to whoever runs the server.
#[cfg(not(unix))]
pub(crate) fn others_rights(path: &Path) -> io::Result<u32> {
    fs::metadata(path).map(|_| 0)
}

/// The server's secret: 32 random bytes in a file of its own, made at the first start.
///
/// # Errors
/// Where it cannot be read, or is no secret any more (I-58).
pub(crate) fn server_key(data: &Path) -> anyhow::Result<[u8; 32]> {
    let file = data.join("keys").join("server.key");
    if !file.exists() {
        let folder = data.join("keys");
        make_private_folder(&folder)?;
        let fresh: [u8; 32] = rand::random();
        // Written beside and renamed: a crash leaves either no key or a whole one.
        let beside = folder.join(format!("server.key.{}", std::process::id()));
        let mut handle = create_private(&beside)?;
        io::Write::write_all(&mut handle, &fresh)?;
        handle.sync_all()?;
        fs::rename(&beside, &file)?;
    }
    check_key(&file)
}

/// Reads a key and refuses one that cannot be a secret.
///
/// # Errors
/// As [`server_key`]; changes nothing.
pub(crate) fn check_key(file: &Path) -> anyhow::Result<[u8; 32]> {
    let shown = file.display();
    let bytes = fs::read(file).with_context(|| format!("cannot read {shown}"))?;
    let rest = "Put it back from a backup, or remove it and start again: a new one is made, and references handed out \
                in the last minutes have to be asked for again";
    let Ok(key) = <[u8; 32]>::try_from(bytes.as_slice()) else {
        bail!("{shown} is not a key: it has {} bytes instead of 32. {rest}", bytes.len());
    };
    let mut different = key.to_vec();
    different.sort_unstable();
    different.dedup();
    if different.len() < 8 {
        bail!("{shown} is a weak key: it is not random. {rest}");
    }
    let rights = others_rights(file)?;
    if rights != 0 {
        bail!(
            "{shown} can be read by others (mode {:o}): it may be no secret any more. Run `chmod 600 {shown}`, or remove \
             it so that a new one is made",
            0o600 | rights
        );
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i58_a_key_that_is_no_secret_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let key = server_key(folder.path()).unwrap();
        assert_eq!(server_key(folder.path()).unwrap(), key, "it is made once");
        let file = folder.path().join("keys").join("server.key");
        for (bytes, why) in [(vec![], "0 bytes"), (vec![7; 31], "31 bytes"), (vec![0; 32], "weak")] {
            fs::write(&file, bytes).unwrap();
            let error = server_key(folder.path()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        fs::write(&file, key).unwrap();
        assert_eq!(server_key(folder.path()).unwrap(), key);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
            let error = server_key(folder.path()).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }
}
