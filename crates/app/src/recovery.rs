//! What a backup and a restore have to do with companies and their logs.

use crate::App;
use crate::audit::{Act, category};
use crate::error::AppError;
use liaison_audit::Fault;
use liaison_domain::Timestamp;
use liaison_store::{Db, StoreError, audit, companies, messages};
use serde_json::json;

/// Where a database stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its place in commit order.
    pub position: i64,
    /// Which of the databases that share this history it is.
    pub generation: String,
    /// How many companies it has.
    pub companies: usize,
}

/// Where a database stands.
///
/// # Errors
/// Where the database fails.
pub async fn standing(db: &Db) -> Result<Standing, StoreError> {
    let mut tx = db.read().await?;
    let (position, _, generation) = messages::log_head(&mut tx).await?;
    let companies = companies::list(&mut tx).await?.len();
    Ok(Standing { position, generation, companies })
}

/// When the newest thing happened that the database knows of, by the clock of then.
///
/// # Errors
/// Where the database fails.
pub async fn last_event(db: &Db) -> Result<Option<Timestamp>, StoreError> {
    let mut tx = db.read().await?;
    Ok(audit::newest(&mut tx).await?.max(messages::newest(&mut tx).await?))
}

impl App {
    /// Verifies the log of every company. Answers what is wrong, by company.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn verify_all_audits(&self) -> Result<Vec<(String, Fault)>, AppError> {
        let mut tx = self.db.read().await?;
        let all = companies::list(&mut tx).await?;
        drop(tx);
        let mut faults = Vec::new();
        for company in all {
            if let Err(fault) = self.verify_audit(company.id, None).await? {
                faults.push((company.domain, fault));
            }
        }
        Ok(faults)
    }

    /// Puts a restore on record (I-29): a new generation, so that no cursor from before fits, and an entry in every
    /// company's log that says which moment the database was set back to. Answers the new generation.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn record_restore(&self, made_at: Option<Timestamp>) -> Result<String, AppError> {
        let mut work = self.begin().await?;
        let generation = messages::renew_generation(&mut work.tx).await?;
        for company in companies::list(&mut work.tx).await? {
            let details = json!({ "madeAt": made_at, "position": work.position - 1, "generation": generation });
            let act =
                Act { category: category::COMPANY, action: "backup.restored", actor: None, target: None, details };
            work.audit(&*self.clock, company.id, act).await?;
        }
        self.finish(work).await?;
        Ok(generation)
    }
}
