//! What mail and text messages are about, and the right by which each may go: looked at again at every try (I-31).

use crate::auth::can_sign_in;
use crate::error::AppError;
use crate::phones::is_good;
use liaison_domain::{InvitationId, PasswordLinkId, PhoneCodeId, Timestamp};
use liaison_store::outgoing::Item;
use liaison_store::{Tx, members, passwords, phones};
use uuid::Uuid;

/// What something is about, with the thing its right hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A link by which a member sets their password.
    PasswordLink(PasswordLinkId),
    /// A code by which a member proves their phone number.
    PhoneCode(PhoneCodeId),
    /// An invitation.
    Invitation(InvitationId),
}

impl Purpose {
    /// As the database calls it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::PasswordLink(_) => "passwordLink",
            Self::PhoneCode(_) => "phoneCode",
            Self::Invitation(_) => "invitation",
        }
    }

    /// The thing its right hangs on.
    pub(crate) const fn subject(self) -> Uuid {
        match self {
            Self::PasswordLink(id) => id.as_uuid(),
            Self::PhoneCode(id) => id.as_uuid(),
            Self::Invitation(id) => id.as_uuid(),
        }
    }

    fn of(item: &Item) -> Option<Self> {
        match item.purpose.as_str() {
            "passwordLink" => Some(Self::PasswordLink(item.subject_id.into())),
            "phoneCode" => Some(Self::PhoneCode(item.subject_id.into())),
            "invitation" => Some(Self::Invitation(item.subject_id.into())),
            _ => None,
        }
    }
}

/// Why something must not go any more; none where it may go at this moment.
pub(crate) async fn refusal(tx: &mut Tx, item: &Item, now: Timestamp) -> Result<Option<&'static str>, AppError> {
    let Some(purpose) = Purpose::of(item) else { return Ok(Some("of a purpose this program does not know")) };
    match purpose {
        Purpose::Invitation(id) => crate::invitations::mail_refusal(tx, id, &item.recipient, now).await,
        Purpose::PasswordLink(id) => {
            let Some(link) = passwords::find(tx, id).await? else { return Ok(Some("the link is gone")) };
            if link.state != "open" || link.expires_at <= now.as_millis() {
                return Ok(Some("the link was used, replaced or has ended"));
            }
            let Some(member) = members::find(tx, link.member_id).await? else { return Ok(Some("the member is gone")) };
            if !can_sign_in(tx, &member).await? {
                return Ok(Some("the member cannot sign in"));
            }
            Ok((member.email.as_deref() != Some(&item.recipient)).then_some("the member has another address now"))
        }
        Purpose::PhoneCode(id) => {
            let code = phones::find_code_by_id(tx, id).await?.filter(|code| is_good(code, now));
            let Some(code) = code else { return Ok(Some("the code was used, replaced or has ended")) };
            let Some(member) = members::find(tx, code.member_id).await? else { return Ok(Some("the member is gone")) };
            Ok((!can_sign_in(tx, &member).await?).then_some("the member cannot sign in"))
        }
    }
}
