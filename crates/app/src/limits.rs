//! Bounds on attempts: sign-in counts failures, lookup counts every question.

use crate::Actor;
use crate::error::AppError;
use crate::lookups::Lookups;
use liaison_domain::Timestamp;
use parking_lot::Mutex;
use std::collections::HashMap;

const DAY_MS: i64 = 24 * 60 * 60_000;

/// At most `most` in any window of `window_ms`, per key. A fixed window: simple to explain and to publish.
#[derive(Debug)]
pub struct Budget {
    most: u32,
    window_ms: i64,
    used: Mutex<HashMap<String, (Timestamp, u32)>>,
}

impl Budget {
    /// A budget with nothing used.
    pub fn new(most: u32, window_ms: i64) -> Self {
        Self { most, window_ms, used: Mutex::default() }
    }

    /// Seconds until there is room again, or `None` where there is room.
    fn wait_s(&self, key: &str, now: Timestamp) -> Option<u64> {
        let used = self.used.lock();
        let (since, count) = used.get(key)?;
        let left = since.as_millis() + self.window_ms - now.as_millis();
        (*count >= self.most && left > 0).then(|| u64::try_from(left / 1000 + 1).unwrap_or(1))
    }

    fn count(&self, key: &str, now: Timestamp) {
        let mut used = self.used.lock();
        if used.len() > 100_000 {
            used.retain(|_, (since, _)| since.as_millis() + self.window_ms > now.as_millis());
        }
        let entry = used.entry(key.to_owned()).or_insert((now, 0));
        if entry.0.as_millis() + self.window_ms <= now.as_millis() {
            *entry = (now, 0);
        }
        entry.1 += 1;
    }

    fn forget(&self, key: &str) {
        self.used.lock().remove(key);
    }
}

/// The budgets of the server.
#[derive(Debug)]
pub struct Limits {
    by_handle: Budget,
    by_address: Budget,
    lookups: Lookups,
    invitations: Budget,
    openings: Budget,
    mails_of_member: Budget,
    mails_of_company: Budget,
    mails_to: Budget,
    resets_by_handle: Budget,
    resets_by_address: Budget,
    links: Budget,
    reports: Budget,
    /// For how many days a proven phone number counts.
    pub phone_proof_days: u32,
}

impl Default for Limits {
    /// 10 failed sign-ins per handle and 100 per address in 15 minutes. 100 invitations and new cards per member in an
    /// hour; 120 invitations opened per address, and per member, in a minute. Invitations mailed in a day: 20 per member,
    /// 200 per company, and 3 of a company to one address. In an hour 6 requests for a new password per handle, 60 per
    /// address, 10 links that administrators send one member, and 20 reports that a member makes. Phone numbers are
    /// proven anew after 180 days.
    fn default() -> Self {
        Self {
            by_handle: Budget::new(10, 15 * 60_000),
            by_address: Budget::new(100, 15 * 60_000),
            lookups: Lookups::default(),
            invitations: Budget::new(100, 60 * 60_000),
            openings: Budget::new(120, 60_000),
            mails_of_member: Budget::new(20, DAY_MS),
            mails_of_company: Budget::new(200, DAY_MS),
            mails_to: Budget::new(3, DAY_MS),
            resets_by_handle: Budget::new(6, 3_600_000),
            resets_by_address: Budget::new(60, 3_600_000),
            links: Budget::new(10, 3_600_000),
            reports: Budget::new(20, 60 * 60_000),
            phone_proof_days: 180,
        }
    }
}

impl Limits {
    /// # Errors
    /// Where this handle or address has failed too often.
    pub fn check_sign_in(&self, handle: &str, ip: Option<&str>, now: Timestamp) -> Result<(), AppError> {
        let waits = [self.by_handle.wait_s(handle, now), ip.and_then(|ip| self.by_address.wait_s(ip, now))];
        match waits.into_iter().flatten().max() {
            Some(retry_after_s) => Err(AppError::TooMany { code: "TOO_MANY_ATTEMPTS", retry_after_s }),
            None => Ok(()),
        }
    }

    /// Counts a failed sign-in.
    pub fn sign_in_failed(&self, handle: &str, ip: Option<&str>, now: Timestamp) {
        self.by_handle.count(handle, now);
        if let Some(ip) = ip {
            self.by_address.count(ip, now);
        }
    }

    /// A success wipes the handle's failures, not the address's: else one good account would pay for guessing others.
    pub fn sign_in_succeeded(&self, handle: &str) {
        self.by_handle.forget(handle);
    }

    /// Counts a lookup: by ID, by phone or by an invitation's code alike.
    ///
    /// # Errors
    /// Where the member, their company or the whole server has looked up too often.
    pub fn count_lookup(&self, actor: &Actor, now: Timestamp) -> Result<(), AppError> {
        self.lookups.count(actor, now)
    }

    /// Counts an invitation issued.
    ///
    /// # Errors
    /// Where the member has issued too many.
    pub fn count_invitation(&self, member: liaison_domain::MemberId, now: Timestamp) -> Result<(), AppError> {
        let key = member.to_string();
        if let Some(retry_after_s) = self.invitations.wait_s(&key, now) {
            return Err(AppError::TooMany { code: "INVITATION_BUDGET", retry_after_s });
        }
        self.invitations.count(&key, now);
        Ok(())
    }

    /// Counts an invitation mailed. The budget of an address is one of the sender's company: another's would tell what
    /// that one sends (I-15).
    ///
    /// # Errors
    /// Where the member or company has mailed too many, or this address has got too many from it.
    pub fn count_invitation_mail(
        &self,
        member: liaison_domain::MemberId,
        company: liaison_domain::CompanyId,
        email: &str,
        now: Timestamp,
    ) -> Result<(), AppError> {
        let to = format!("{company} {}", email.to_lowercase());
        let budgets = [
            (&self.mails_of_member, member.to_string()),
            (&self.mails_of_company, company.to_string()),
            (&self.mails_to, to),
        ];
        if let Some(retry_after_s) = budgets.iter().filter_map(|(budget, key)| budget.wait_s(key, now)).max() {
            return Err(AppError::TooMany { code: "MAIL_BUDGET", retry_after_s });
        }
        for (budget, key) in budgets {
            budget.count(&key, now);
        }
        Ok(())
    }

    /// Counts a code tried, by whoever tries it: an address, or a member.
    ///
    /// # Errors
    /// Where they have tried too many.
    pub fn count_opening(&self, who: &str, now: Timestamp) -> Result<(), AppError> {
        if let Some(retry_after_s) = self.openings.wait_s(who, now) {
            return Err(AppError::TooMany { code: "INVITATION_BUDGET", retry_after_s });
        }
        self.openings.count(who, now);
        Ok(())
    }

    /// Counts a request for a new password.
    ///
    /// # Errors
    /// Where too many came for this handle, or from this address.
    pub fn count_reset(&self, handle: &str, ip: Option<&str>, now: Timestamp) -> Result<(), AppError> {
        let waits =
            [self.resets_by_handle.wait_s(handle, now), ip.and_then(|ip| self.resets_by_address.wait_s(ip, now))];
        if let Some(retry_after_s) = waits.into_iter().flatten().max() {
            return Err(AppError::TooMany { code: "RESET_BUDGET", retry_after_s });
        }
        self.resets_by_handle.count(handle, now);
        if let Some(ip) = ip {
            self.resets_by_address.count(ip, now);
        }
        Ok(())
    }

    /// Counts a link that an administrator sends a member.
    ///
    /// # Errors
    /// Where the member got too many.
    pub fn count_link(&self, member: liaison_domain::MemberId, now: Timestamp) -> Result<(), AppError> {
        let key = member.to_string();
        if let Some(retry_after_s) = self.links.wait_s(&key, now) {
            return Err(AppError::TooMany { code: "LINK_BUDGET", retry_after_s });
        }
        self.links.count(&key, now);
        Ok(())
    }

    /// # Errors
    /// Where too many links that lead nowhere, or wrong passwords, came from this address.
    pub fn check_link(&self, ip: Option<&str>, now: Timestamp) -> Result<(), AppError> {
        match ip.and_then(|ip| self.by_address.wait_s(ip, now)) {
            Some(retry_after_s) => Err(AppError::TooMany { code: "TOO_MANY_ATTEMPTS", retry_after_s }),
            None => Ok(()),
        }
    }

    /// Counts a link that leads nowhere.
    pub fn link_failed(&self, ip: Option<&str>, now: Timestamp) {
        if let Some(ip) = ip {
            self.by_address.count(ip, now);
        }
    }

    /// # Errors
    /// Where the member has reported too often.
    pub fn check_report(&self, member: liaison_domain::MemberId, now: Timestamp) -> Result<(), AppError> {
        match self.reports.wait_s(&member.to_string(), now) {
            Some(retry_after_s) => Err(AppError::TooMany { code: "REPORT_BUDGET", retry_after_s }),
            None => Ok(()),
        }
    }

    /// Counts a report that was made.
    pub fn count_report(&self, member: liaison_domain::MemberId, now: Timestamp) {
        self.reports.count(&member.to_string(), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i48_failures_are_counted_and_forgotten_after_the_window() {
        let limits = Limits::default();
        let at = Timestamp::from_millis;
        for _ in 0..10 {
            limits.check_sign_in("mina@hana.example", None, at(0)).unwrap();
            limits.sign_in_failed("mina@hana.example", None, at(0));
        }
        assert!(limits.check_sign_in("mina@hana.example", None, at(1)).is_err());
        assert!(limits.check_sign_in("leo@borealis.example", None, at(1)).is_ok());
        assert!(limits.check_sign_in("mina@hana.example", None, at(15 * 60_000)).is_ok());
    }
}
