//! Why something is refused, and how much of that each side gets to read.

use liaison_domain::{CompanyId, MemberId};

/// The rules, in the order in which they are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Code {
    /// The operator has not entitled the company to external chat (A1).
    NotEntitled,
    /// The company's external setting for the network is *do not allow* (A3, A6).
    NetworkOff,
    /// The member holds no grant in its term (A3, A6, B3).
    NotGranted,
    /// The company's partner list does not admit the other company.
    PartnerNotAllowed,
    /// The member or their company does not take part at present.
    MemberInactive,
    /// There is no live link where one is needed (B16).
    NotLinked,
    /// The member blocked the other person.
    Blocked,
    /// The first contact still waits for a yes.
    RequestPending,
    /// The room would be larger than a company present allows.
    RoomLimit,
    /// All that the other company decides, under one name and in one wording.
    OtherSide,
}

impl Code {
    /// The code as the API spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotEntitled => "NOT_ENTITLED",
            Self::NetworkOff => "NETWORK_OFF",
            Self::NotGranted => "NOT_GRANTED",
            Self::PartnerNotAllowed => "PARTNER_NOT_ALLOWED",
            Self::MemberInactive => "MEMBER_INACTIVE",
            Self::NotLinked => "NOT_LINKED",
            Self::Blocked => "BLOCKED",
            Self::RequestPending => "REQUEST_PENDING",
            Self::RoomLimit => "ROOM_LIMIT",
            Self::OtherSide => "OTHER_SIDE",
        }
    }
}

/// One rule that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason {
    /// Which rule.
    pub code: Code,
    /// The company that can mend it. Only its own people read more than [`Code::OtherSide`].
    pub company: CompanyId,
    /// The person it is about, where it is about one.
    pub person: Option<MemberId>,
}

/// Which side of the border a reason lies on, as its reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Side {
    /// The reader's own company, or the reader.
    Yours,
    /// The other company.
    Theirs,
}

/// A reason as one reader gets it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeenReason {
    /// The rule; everything of the other side is `OTHER_SIDE`.
    pub code: Code,
    /// Whose side it is.
    pub side: Side,
    /// What it means, in a sentence.
    pub text: &'static str,
    /// Who can mend it, and where.
    pub remedy: &'static str,
}

impl Reason {
    fn seen(self, company: CompanyId, reader: MemberId) -> SeenReason {
        if self.company != company {
            return SeenReason {
                code: Code::OtherSide,
                side: Side::Theirs,
                text: "The other company does not allow this at present.",
                remedy: "Only the other company can change this. Ask the person there by another way.",
            };
        }
        let own = self.person.is_none_or(|p| p == reader);
        let (text, remedy) = match self.code {
            Code::NotEntitled => (
                "Your company is not entitled to chat with external users.",
                "The operator of this server can entitle your company.",
            ),
            Code::NetworkOff => (
                "Your company does not allow chat with external users.",
                "An administrator of your company can allow it: Admin > Service > Message > Chat with external users.",
            ),
            Code::NotGranted if own => (
                "You do not hold the permission to chat with external users.",
                "An administrator of your company can give it: Admin > Security > Manage external message users.",
            ),
            Code::NotGranted => (
                "A colleague does not hold the permission to chat with external users.",
                "An administrator of your company can give it: Admin > Security > Manage external message users.",
            ),
            Code::PartnerNotAllowed => (
                "Your company's partner list does not admit the other company.",
                "An administrator of your company can change the list: Admin > Service > Message > Chat with external users.",
            ),
            Code::MemberInactive if own => (
                "Your account or your company is suspended.",
                "An administrator of your company can reactivate your account; the operator can reactivate the company.",
            ),
            Code::MemberInactive => (
                "A colleague's account is suspended.",
                "An administrator of your company can reactivate it: Admin > Members.",
            ),
            Code::NotLinked => (
                "You are not linked with this person, or one of you ended the contact.",
                "Add the person as a contact again.",
            ),
            Code::Blocked => ("You blocked this person.", "Unblock the person to write again."),
            Code::RequestPending => (
                "This person's first contact waits for your answer.",
                "Accept the request to begin the conversation, or decline it.",
            ),
            Code::RoomLimit => (
                "The room would hold more people or companies than your company allows.",
                "Invite fewer people, or split the conversation into two rooms.",
            ),
            Code::OtherSide => {
                ("The other company does not allow this at present.", "Only the other company can change this.")
            }
        };
        SeenReason { code: self.code, side: Side::Yours, text, remedy }
    }
}

/// A refusal: every rule that failed, sorted, without repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    reasons: Vec<Reason>,
}

impl Denial {
    /// `None` where there is nothing to refuse for.
    pub(crate) fn of(mut reasons: Vec<Reason>) -> Option<Self> {
        reasons.sort_unstable();
        reasons.dedup();
        (!reasons.is_empty()).then_some(Self { reasons })
    }

    /// All of it: for the audit log of the company it concerns and for nobody else.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// What a member of `company` gets to read: their own side in full, the other side in one fixed sentence.
    pub fn seen_by(&self, company: CompanyId, reader: MemberId) -> Vec<SeenReason> {
        seen_by(&self.reasons, company, reader)
    }
}

/// See [`Denial::seen_by`]; for reasons that were kept.
pub fn seen_by(reasons: &[Reason], company: CompanyId, reader: MemberId) -> Vec<SeenReason> {
    let mut seen: Vec<SeenReason> = Vec::new();
    for reason in reasons {
        let next = reason.seen(company, reader);
        if !seen.iter().any(|s| s.code == next.code && s.text == next.text) {
            seen.push(next);
        }
    }
    // One's own side first: it is the one the reader can do something about.
    seen.sort_by_key(|s| (s.side, s.code));
    seen
}
