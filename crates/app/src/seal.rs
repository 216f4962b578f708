//! Sealed references: opaque to their bearer, bound to one asker, short-lived, good for one purpose.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use liaison_domain::{MemberId, Timestamp};
use uuid::Uuid;

pub(crate) struct Sealer(XChaCha20Poly1305);

const PURPOSE: &[u8] = b"liaison person reference 1";

impl Sealer {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&Key::from(key)))
    }

    /// A reference to a person for one asker: authenticated against the asker's id, so in other hands it is noise.
    pub(crate) fn person(&self, target: MemberId, asker: MemberId, until: Timestamp) -> Option<String> {
        let nonce: [u8; 24] = rand::random();
        let mut plain = Vec::with_capacity(24);
        plain.extend_from_slice(target.as_uuid().as_bytes());
        plain.extend_from_slice(&until.as_millis().to_be_bytes());
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: &plain, aad: &bound_to(asker) }).ok()?;
        let mut out = nonce.to_vec();
        out.extend_from_slice(&sealed);
        Some(URL_SAFE_NO_PAD.encode(out))
    }

    /// The person a reference stands for, for this asker and while it lasts.
    pub(crate) fn open_person(&self, reference: &str, asker: MemberId, now: Timestamp) -> Option<MemberId> {
        let bytes = URL_SAFE_NO_PAD.decode(reference).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(24)?;
        let nonce: [u8; 24] = nonce.try_into().ok()?;
        let plain = self.0.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: &bound_to(asker) }).ok()?;
        let target: [u8; 16] = plain.get(..16)?.try_into().ok()?;
        let until = i64::from_be_bytes(plain.get(16..24)?.try_into().ok()?);
        (now.as_millis() < until).then(|| MemberId::from(Uuid::from_bytes(target)))
    }
}

fn bound_to(asker: MemberId) -> Vec<u8> {
    [PURPOSE, asker.as_uuid().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use liaison_domain::SystemClock;

    #[test]
    fn a_reference_serves_its_asker_until_it_ends_and_nobody_else() {
        let sealer = Sealer::new([7; 32]);
        let (leo, mina, eve) = (MemberId::new(&SystemClock), MemberId::new(&SystemClock), MemberId::new(&SystemClock));
        let at = Timestamp::from_millis;
        let reference = sealer.person(leo, mina, at(10)).unwrap();
        assert_eq!(sealer.open_person(&reference, mina, at(9)), Some(leo));
        assert_eq!(sealer.open_person(&reference, mina, at(10)), None);
        assert_eq!(sealer.open_person(&reference, eve, at(9)), None);
        assert_eq!(sealer.open_person("", mina, at(9)), None);
    }
}
