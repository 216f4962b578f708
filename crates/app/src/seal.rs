//! Sealed references: opaque to their bearer, bound to one asker, short-lived, good for one purpose. And what the
//! database keeps without being able to read it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use liaison_domain::{InvitationId, MemberId, Timestamp};
use uuid::Uuid;

pub(crate) struct Sealer(XChaCha20Poly1305);

const PURPOSE: &[u8] = b"liaison person reference 1";

impl Sealer {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&Key::from(key)))
    }

    /// Bytes for the database to keep: readable by this server alone, and only as the thing they belong to (I-53).
    pub(crate) fn seal(&self, belongs_to: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let nonce: [u8; 24] = rand::random();
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &kept(belongs_to) }).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed as belonging to this thing.
    pub(crate) fn open(&self, belongs_to: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(24)?;
        let nonce: [u8; 24] = nonce.try_into().ok()?;
        self.0.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: &kept(belongs_to) }).ok()
    }

    /// A reference to a person for one asker: authenticated against the asker's id, so in other hands it is noise.
    /// Names the invitation the person was found by, if it was one.
    pub(crate) fn person(
        &self,
        target: MemberId,
        by: Option<InvitationId>,
        asker: MemberId,
        until: Timestamp,
    ) -> Option<String> {
        let nonce: [u8; 24] = rand::random();
        let mut plain = Vec::with_capacity(40);
        plain.extend_from_slice(target.as_uuid().as_bytes());
        plain.extend_from_slice(&until.as_millis().to_be_bytes());
        // Always there, so that a reference does not tell by its length how it came about.
        plain.extend_from_slice(by.unwrap_or(InvitationId::NONE).as_uuid().as_bytes());
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: &plain, aad: &bound_to(asker) }).ok()?;
        let mut out = nonce.to_vec();
        out.extend_from_slice(&sealed);
        Some(URL_SAFE_NO_PAD.encode(out))
    }

    /// The person a reference stands for, for this asker and while it lasts, and the invitation they were found by.
    pub(crate) fn open_person(
        &self,
        reference: &str,
        asker: MemberId,
        now: Timestamp,
    ) -> Option<(MemberId, Option<InvitationId>)> {
        let bytes = URL_SAFE_NO_PAD.decode(reference).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(24)?;
        let nonce: [u8; 24] = nonce.try_into().ok()?;
        let plain = self.0.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: &bound_to(asker) }).ok()?;
        let target: [u8; 16] = plain.get(..16)?.try_into().ok()?;
        let until = i64::from_be_bytes(plain.get(16..24)?.try_into().ok()?);
        let by: [u8; 16] = plain.get(24..40)?.try_into().ok()?;
        let by = Some(InvitationId::from(Uuid::from_bytes(by))).filter(|by| *by != InvitationId::NONE);
        (now.as_millis() < until).then(|| (MemberId::from(Uuid::from_bytes(target)), by))
    }
}

fn kept(belongs_to: &[u8]) -> Vec<u8> {
    [b"liaison kept 1".as_slice(), belongs_to].concat()
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
        let reference = sealer.person(leo, None, mina, at(10)).unwrap();
        assert_eq!(sealer.open_person(&reference, mina, at(9)), Some((leo, None)));
        let by = InvitationId::new(&SystemClock);
        let by_invitation = sealer.person(leo, Some(by), mina, at(10)).unwrap();
        assert_eq!(sealer.open_person(&by_invitation, mina, at(9)), Some((leo, Some(by))));
        assert_eq!(reference.len(), by_invitation.len());
        assert_eq!(sealer.open_person(&reference, mina, at(10)), None);
        assert_eq!(sealer.open_person(&reference, eve, at(9)), None);
        assert_eq!(sealer.open_person("", mina, at(9)), None);
    }

    #[test]
    fn i53_what_is_kept_sealed_opens_only_as_what_it_belongs_to() {
        let sealer = Sealer::new([7; 32]);
        let sealed = sealer.seal(b"one", b"a link").unwrap();
        assert!(!sealed.windows(6).any(|w| w == b"a link"));
        assert_eq!(sealer.open(b"one", &sealed).as_deref(), Some(b"a link".as_slice()));
        assert_eq!(sealer.open(b"another", &sealed), None);
        assert_eq!(Sealer::new([8; 32]).open(b"one", &sealed), None);
        assert_eq!(sealer.open(b"one", b"short"), None);
    }
}
