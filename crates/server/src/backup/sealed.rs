//! A file that only its passphrase opens.
//!
//! A header in the clear (format, cost of the key, salt, check), then pieces of 64 KiB under XChaCha20-Poly1305 in the
//! STREAM construction: each piece is bound to its place, and the last one is marked as such, so none can be altered,
//! moved, left out or cut off unnoticed. The key comes from the passphrase by Argon2id. See decision 0007.

use aead_stream::{DecryptorBE32, EncryptorBE32, Nonce, StreamBE32};
use anyhow::{Context, bail};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305};
use std::io::{self, Read, Write};

/// What a file begins with. The number changes with the format.
const MAGIC: &[u8; 16] = b"liaison backup 1";
const SALT: usize = 16;
const CHECK: usize = 16;
const HEADER: usize = MAGIC.len() + 3 * 4 + SALT + CHECK;
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;

/// What a guess at the passphrase costs: 64 MiB and three passes.
const COST: Cost = Cost { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
/// What a file may ask for at the most: a made-up header must not exhaust the machine.
const MAX_COST: Cost = Cost { memory_kib: 1024 * 1024, passes: 16, lanes: 16 };

#[derive(Debug, Clone, Copy)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// The cipher, and a value by which a wrong passphrase is told from a damaged file.
fn derive(passphrase: &str, salt: &[u8], cost: Cost) -> anyhow::Result<(XChaCha20Poly1305, [u8; CHECK])> {
    let failed = |error| anyhow::anyhow!("cannot make a key of the passphrase: {error}");
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32 + CHECK)).map_err(failed)?;
    let mut bytes = [0; 32 + CHECK];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut bytes)
        .map_err(failed)?;
    let (mut key, mut check) = ([0; 32], [0; CHECK]);
    key.copy_from_slice(&bytes[..32]);
    check.copy_from_slice(&bytes[32..]);
    Ok((XChaCha20Poly1305::new(&Key::from(key)), check))
}

/// The key is used for one file only, so the pieces need no nonce beyond their place.
fn nonce() -> Nonce<XChaCha20Poly1305, StreamBE32<XChaCha20Poly1305>> {
    Nonce::<XChaCha20Poly1305, StreamBE32<XChaCha20Poly1305>>::default()
}

/// Whether a file begins like a sealed one.
pub(crate) fn is_sealed(beginning: &[u8]) -> bool {
    beginning.starts_with(&MAGIC[..15])
}

/// Seals what is written to it.
pub(crate) struct Sealing<W: Write> {
    inner: W,
    encryptor: EncryptorBE32<XChaCha20Poly1305>,
    header: Vec<u8>,
    piece: Vec<u8>,
}

impl<W: Write> Sealing<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn begin(mut inner: W, passphrase: &str) -> anyhow::Result<Self> {
        let salt: [u8; SALT] = rand::random();
        let (cipher, check) = derive(passphrase, &salt, COST)?;
        let mut header = MAGIC.to_vec();
        for number in [COST.memory_kib, COST.passes, COST.lanes] {
            header.extend_from_slice(&number.to_be_bytes());
        }
        header.extend_from_slice(&salt);
        header.extend_from_slice(&check);
        inner.write_all(&header)?;
        let encryptor = EncryptorBE32::from_aead(cipher, &nonce());
        Ok(Self { inner, encryptor, header, piece: Vec::with_capacity(PIECE) })
    }

    /// Ends the file: without this it counts as cut off.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        let last = Payload { msg: &self.piece, aad: &self.header };
        let sealed = self.encryptor.encrypt_last(last).map_err(io::Error::other)?;
        self.inner.write_all(&sealed)?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.len() == PIECE {
            let piece = Payload { msg: &self.piece, aad: &self.header };
            let sealed = self.encryptor.encrypt_next(piece).map_err(io::Error::other)?;
            self.inner.write_all(&sealed)?;
            self.piece.clear();
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Reads what was sealed. An end that was cut off or any altered byte is an error of [`io::ErrorKind::InvalidData`].
pub(crate) struct Opened<R: Read> {
    inner: R,
    /// Gone after the last piece.
    decryptor: Option<DecryptorBE32<XChaCha20Poly1305>>,
    header: Vec<u8>,
    /// The next piece as it stands in the file: read ahead, since the last one is known by the end behind it.
    ahead: Vec<u8>,
    plain: Vec<u8>,
    taken: usize,
}

impl<R: Read> Opened<R> {
    /// Opens a file.
    ///
    /// # Errors
    /// Where it is not a backup, or the passphrase is not its own.
    pub(crate) fn open(mut inner: R, passphrase: &str) -> anyhow::Result<Self> {
        let mut header = vec![0; HEADER];
        inner.read_exact(&mut header).context("the file is cut off in its first bytes")?;
        if !is_sealed(&header) {
            bail!("the file is not a backup of Liaison");
        }
        let (magic, rest) = header.split_at(MAGIC.len());
        if magic != MAGIC {
            bail!("the backup has a newer format: restore it with the Liaison that made it, or a newer one");
        }
        let number = |i: usize| u32::from_be_bytes([rest[4 * i], rest[4 * i + 1], rest[4 * i + 2], rest[4 * i + 3]]);
        let cost = Cost { memory_kib: number(0), passes: number(1), lanes: number(2) };
        if cost.memory_kib > MAX_COST.memory_kib || cost.passes > MAX_COST.passes || cost.lanes > MAX_COST.lanes {
            bail!("the first bytes of the backup were altered: use another copy of the file");
        }
        let (salt, check) = rest[12..].split_at(SALT);
        let (cipher, expected) = derive(passphrase, salt, cost)?;
        if check != expected {
            bail!("the passphrase is wrong (or the first bytes of the file were altered)");
        }
        let decryptor = Some(DecryptorBE32::from_aead(cipher, &nonce()));
        let ahead = read_piece(&mut inner)?;
        Ok(Self { inner, decryptor, header, ahead, plain: Vec::new(), taken: 0 })
    }
}

fn read_piece(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut piece = Vec::with_capacity(PIECE + TAG);
    from.take((PIECE + TAG) as u64).read_to_end(&mut piece)?;
    Ok(piece)
}

impl<R: Read> Read for Opened<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.plain.len() {
            let Some(mut decryptor) = self.decryptor.take() else { return Ok(0) };
            let sealed = std::mem::replace(&mut self.ahead, read_piece(&mut self.inner)?);
            let piece = Payload { msg: &sealed, aad: &self.header };
            let plain = if self.ahead.is_empty() {
                decryptor.decrypt_last(piece)
            } else {
                let plain = decryptor.decrypt_next(piece);
                self.decryptor = Some(decryptor);
                plain
            };
            let damaged = "the backup was altered or cut off: use another copy of the file";
            self.plain = plain.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, damaged))?;
            self.taken = 0;
        }
        let count = into.len().min(self.plain.len() - self.taken);
        into[..count].copy_from_slice(&self.plain[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(bytes: &[u8]) -> Vec<u8> {
        let mut sealing = Sealing::begin(Vec::new(), "a long passphrase").unwrap();
        sealing.write_all(bytes).unwrap();
        sealing.finish().unwrap()
    }

    fn open(sealed: &[u8], passphrase: &str) -> anyhow::Result<Vec<u8>> {
        let mut plain = Vec::new();
        Opened::open(sealed, passphrase)?.read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn i53_a_sealed_file_opens_whole_with_its_passphrase_and_not_at_all_otherwise() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE] {
            let plain: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
            assert_eq!(open(&seal(&plain), "a long passphrase").unwrap(), plain, "{length}");
        }
        let plain = vec![42; 2 * PIECE + 100];
        let sealed = seal(&plain);
        assert!(!sealed.windows(16).any(|w| w == [42; 16]));
        let error = open(&sealed, "another passphrase").unwrap_err();
        assert!(error.to_string().contains("passphrase is wrong"), "{error}");
        // Cut off: in the header, in a piece, between two pieces, by one byte; and with something behind it.
        let piece = PIECE + TAG;
        for length in [0, 5, HEADER, HEADER + 1, HEADER + piece, HEADER + 2 * piece, sealed.len() - 1] {
            assert!(open(&sealed[..length], "a long passphrase").is_err(), "cut off at {length}");
        }
        assert!(open(&[sealed.as_slice(), &[0]].concat(), "a long passphrase").is_err());
        // Two pieces in the other's place, and a flipped bit here and there.
        let mut moved = sealed.clone();
        let (first, second) = moved[HEADER..].split_at_mut(piece);
        first.swap_with_slice(&mut second[..piece]);
        assert!(open(&moved, "a long passphrase").is_err());
        for at in [0, 16, 20, 30, 45, HEADER, HEADER + piece + 7, sealed.len() - 1] {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(open(&altered, "a long passphrase").is_err(), "altered at {at}");
        }
    }
}
