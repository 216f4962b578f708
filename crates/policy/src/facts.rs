//! What the decision is made from. Plain data, loaded in the transaction that reads or writes what is decided (I-02).

use liaison_domain::{CompanyId, Effect, ExternalSetting, MemberId, RoomKind, Term, Timestamp};

/// The most a company lets into one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomLimits {
    /// People, all companies together.
    pub people: usize,
    /// Companies.
    pub companies: usize,
}

impl Default for RoomLimits {
    /// 300 people of 10 companies, the reference product's size of an external group.
    fn default() -> Self {
        Self { people: 300, companies: 10 }
    }
}

/// A company as the decision sees it, for one network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyFacts {
    /// Which.
    pub id: CompanyId,
    /// Its domain, which partner lists name.
    pub domain: String,
    /// Not suspended by the operator.
    pub active: bool,
    /// Entitled to external chat by the operator (A1).
    pub entitled: bool,
    /// The company's setting for the network asked about.
    pub setting: ExternalSetting,
    /// How large a room it joins may be.
    pub limits: RoomLimits,
}

/// Through what an entry of the grant list reaches a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The entry names the person.
    Person,
    /// It names a team the person is in.
    Team,
    /// No entry: the mode *all members*.
    All,
}

/// One entry of the grant list that concerns a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Person or team. [`Source::All`] is never stored and is ignored here.
    pub source: Source,
    /// Gives or withholds.
    pub effect: Effect,
    /// When it counts.
    pub term: Term,
}

/// Whether a member holds the permission, and through what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Holds it through this.
    Yes(Source),
    /// Does not; an entry in force excludes them, or nothing gives it.
    No {
        /// Through which kind of entry they are excluded, if through any.
        excluded: Option<Source>,
    },
}

/// A member as the decision sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFacts {
    /// Who.
    pub id: MemberId,
    /// Of which company.
    pub company: CompanyId,
    /// Not suspended and not left.
    pub active: bool,
    /// The entries of the grant list that name them or a team of theirs, for the network asked about.
    pub entries: Vec<Entry>,
}

/// What stands between two people of different companies. Absent where they never met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tie {
    /// One of the two.
    pub a: MemberId,
    /// The other.
    pub b: MemberId,
    /// What it is worth.
    pub state: TieState,
}

impl Tie {
    /// Whether it ties exactly these two.
    pub fn joins(&self, x: MemberId, y: MemberId) -> bool {
        (self.a == x && self.b == y) || (self.a == y && self.b == x)
    }
}

/// The state of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TieState {
    /// Makes direct chat possible.
    Live,
    /// Waits for this member's yes, whose company asks for it.
    Pending(MemberId),
    /// Ended by this member.
    Ended(MemberId),
}

/// One member's block of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Who blocks.
    pub blocker: MemberId,
    /// Who is blocked, and never told.
    pub blocked: MemberId,
}

/// Two people of different companies, for `discover`, `invite` and `addContact`.
#[derive(Debug, Clone)]
pub struct PairFacts {
    /// The moment decided for.
    pub now: Timestamp,
    /// Who asks.
    pub actor: PersonFacts,
    /// Their company.
    pub actor_company: CompanyFacts,
    /// Whom it is about.
    pub target: PersonFacts,
    /// That person's company.
    pub target_company: CompanyFacts,
    /// Blocks between the two.
    pub blocks: Vec<Block>,
    /// Whether they have a direct room. Only looked at where one of them blocks the other.
    pub have_room: bool,
}

/// A room, or a room about to be opened.
#[derive(Debug, Clone)]
pub struct RoomFacts {
    /// The moment decided for.
    pub now: Timestamp,
    /// Direct or group.
    pub kind: RoomKind,
    /// Every company with a person in the room.
    pub companies: Vec<CompanyFacts>,
    /// Every person in the room who has not left, newcomers included.
    pub people: Vec<PersonFacts>,
    /// Ties between those people.
    pub ties: Vec<Tie>,
    /// Blocks between those people.
    pub blocks: Vec<Block>,
}

impl RoomFacts {
    /// External: people of more than one company.
    pub fn is_external(&self) -> bool {
        self.people.first().is_some_and(|first| self.people.iter().any(|p| p.company != first.company))
    }

    /// The facts of a company of the room.
    pub fn company(&self, id: CompanyId) -> Option<&CompanyFacts> {
        self.companies.iter().find(|c| c.id == id)
    }

    /// The tie between two people, where there is one.
    pub fn tie(&self, x: MemberId, y: MemberId) -> Option<&Tie> {
        self.ties.iter().find(|t| t.joins(x, y))
    }
}
