//! The small closed sets of the model, each with the one spelling that the store and the API share.

use crate::Timestamp;

/// A stored or received word is not one of the set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not one of {allowed}")]
pub struct UnknownWord {
    /// What was found.
    pub word: String,
    /// The words of the set, joined by commas.
    pub allowed: &'static str,
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:tt),+ $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them, in the order of their definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as it is stored and sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { word: text.to_owned(), allowed: concat!($($word, ", "),+) }),
                }
            }
        }
    )*};
}

words! {
    /// Which kind of outsider.
    Network {
        /// Members of other companies.
        Partner = "partner",
        /// LINE users.
        Line = "line",
    }

    /// What a member may do in their company's console.
    Role {
        /// All, including roles; a company always has one.
        Owner = "owner",
        /// Settings, grants and members.
        Security = "security",
        /// Reads the console and the audit log, changes nothing.
        Auditor = "auditor",
        /// No access to the console.
        Member = "member",
    }

    /// Whether a member (or company) takes part.
    MemberStatus {
        /// Takes part.
        Active = "active",
        /// Held back by an administrator; can come back.
        Suspended = "suspended",
        /// Gone for good.
        Left = "left",
    }

    /// Who of a company holds the permission for a network when nothing names them.
    GrantMode {
        /// Everybody but those excluded.
        AllMembers = "allMembers",
        /// Only those on the list.
        SelectedMembers = "selectedMembers",
    }

    /// What an entry of the grant list does.
    Effect {
        /// Gives the permission.
        Grant = "grant",
        /// Withholds it, whatever a team or the mode says.
        Exclude = "exclude",
    }

    /// How a company's partner list reads its domains.
    PartnerRule {
        /// Every company is admitted.
        Any = "any",
        /// Only those listed are.
        Only = "only",
        /// All but those listed are.
        Except = "except",
    }

    /// What happens when an outsider writes to a member for the first time.
    FirstContact {
        /// They may write at once.
        Open = "open",
        /// The member accepts first.
        Request = "request",
    }

    /// What a company's members still see of a room that froze.
    OnRevoke {
        /// What was delivered stays readable.
        ReadOnly = "readOnly",
        /// Nothing but the room's name, the reason and the date.
        Hidden = "hidden",
    }

    /// What an invitation is.
    InvitationKind {
        /// Issued for a purpose, with a term.
        Invitation = "invitation",
        /// A member's own card: without term, for anybody, until another takes its place.
        Card = "card",
    }

    /// What kind of entry a contact is.
    ContactKind {
        /// Anybody; no chat.
        Plain = "plain",
        /// A member of another company.
        Partner = "partner",
    }

    /// Who sees a contact besides its owner.
    BookRange {
        /// Nobody.
        Owner = "owner",
        /// Chosen members and teams.
        Members = "members",
        /// All members of the company.
        Company = "company",
    }

    /// Why a member reports an outsider.
    ReportReason {
        /// Unwanted advertising, or the same to many.
        Spam = "spam",
        /// Insults, threats, pestering.
        Harassment = "harassment",
        /// They pass for somebody they are not.
        Impersonation = "impersonation",
        /// Something else, which the report says in words.
        Other = "other",
    }

    /// Whether administrators are done with a report.
    ReportState {
        /// It waits for an administrator.
        Open = "open",
        /// An administrator has closed it.
        Closed = "closed",
    }

    /// What came of a report.
    ReportOutcome {
        /// Nothing had to be done.
        NoAction = "noAction",
        /// The member blocked the outsider.
        Blocked = "blocked",
        /// The other company was taken off the partner list.
        PartnerRemoved = "partnerRemoved",
        /// Something else, which the note says.
        Other = "other",
    }

    /// The kind of a room.
    RoomKind {
        /// Two people.
        Direct = "direct",
        /// Any number of people.
        Group = "group",
    }
}

impl Role {
    /// May change settings, grants and members.
    pub const fn can_administer(self) -> bool {
        matches!(self, Self::Owner | Self::Security)
    }

    /// May look at the console and the audit log.
    pub const fn can_audit(self) -> bool {
        matches!(self, Self::Owner | Self::Security | Self::Auditor)
    }
}

/// From when until when something counts. The end is exclusive; an absent side is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Term {
    /// First moment that counts.
    pub starts_at: Option<Timestamp>,
    /// First moment that no longer counts.
    pub ends_at: Option<Timestamp>,
}

impl Term {
    /// No limit on either side.
    pub const ALWAYS: Self = Self { starts_at: None, ends_at: None };

    /// Whether `now` lies in the term.
    pub fn contains(self, now: Timestamp) -> bool {
        self.starts_at.is_none_or(|start| start <= now) && self.ends_at.is_none_or(|end| now < end)
    }

    /// The next moment after `now` at which [`Term::contains`] changes its answer.
    pub fn next_change(self, now: Timestamp) -> Option<Timestamp> {
        [self.starts_at, self.ends_at].into_iter().flatten().filter(|&t| t > now).min()
    }
}

/// A company's partner list: which other companies it admits (`PARTNER_NOT_ALLOWED`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerList {
    /// How the domains are read.
    pub rule: PartnerRule,
    /// Domains of companies, in lower case.
    pub domains: Vec<String>,
}

impl PartnerList {
    /// Whether the list admits a company with this domain.
    pub fn admits(&self, domain: &str) -> bool {
        let listed = self.domains.iter().any(|d| d == domain);
        match self.rule {
            PartnerRule::Any => true,
            PartnerRule::Only => listed,
            PartnerRule::Except => !listed,
        }
    }
}

/// A company's setting for one network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalSetting {
    /// Whether the network is allowed at all.
    pub connect: bool,
    /// Who holds the permission when nothing names them.
    pub mode: GrantMode,
    /// Whether a new member is put on the list when created.
    pub grant_new_members: bool,
    /// Whether files may be sent.
    pub files: bool,
    /// Which companies are admitted (network `partner` only).
    pub partners: PartnerList,
    /// Whether an outsider's first message waits for the member's yes.
    pub first_contact: FirstContact,
    /// What stays visible of a frozen room.
    pub on_revoke: OnRevoke,
    /// For how many days an invitation counts at the most, whatever was said when it was issued.
    pub max_invitation_days: i64,
}

impl Default for ExternalSetting {
    /// The setting of a new company (A7a): nothing is allowed until an administrator says so.
    fn default() -> Self {
        Self {
            connect: false,
            mode: GrantMode::SelectedMembers,
            grant_new_members: false,
            files: true,
            partners: PartnerList { rule: PartnerRule::Any, domains: Vec::new() },
            first_contact: FirstContact::Open,
            on_revoke: OnRevoke::ReadOnly,
            max_invitation_days: 365,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_ends_before_its_end() {
        let at = Timestamp::from_millis;
        let term = Term { starts_at: Some(at(10)), ends_at: Some(at(20)) };
        assert_eq!([9, 10, 19, 20].map(|t| term.contains(at(t))), [false, true, true, false]);
        assert_eq!(term.next_change(at(5)), Some(at(10)));
        assert_eq!(term.next_change(at(10)), Some(at(20)));
        assert_eq!(term.next_change(at(20)), None);
    }
}
