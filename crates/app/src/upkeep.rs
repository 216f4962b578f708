//! What happens by itself: terms that begin and end, others' writings, checkpoints, dead sessions.

use crate::error::{AppError, describe};
use crate::{Actor, App};
use liaison_domain::{MemberId, Timestamp};
use liaison_store::grants::{self, Subject};
use liaison_store::{companies, members, messages};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How often the database is looked at for what other programs wrote. The second look makes sure: such news is at most
/// two looks late.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Every how many looks the log is checkpointed and sessions are confirmed.
const SLOW_EVERY: u32 = 5;
/// Every how many looks what is kept no longer is removed: an hour.
const TIDY_EVERY: u32 = 18_000;

/// Runs until the app is gone.
pub fn run(app: &Arc<App>, sockets: Arc<dyn Fn() -> Vec<Actor> + Send + Sync>) {
    let app = Arc::downgrade(app);
    tokio::spawn(upkeep(app, sockets));
}

async fn upkeep(app: Weak<App>, sockets: Arc<dyn Fn() -> Vec<Actor> + Send + Sync>) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // From the beginning of time: what began or ended while no server ran is caught up with at the first look.
    let mut swept = Timestamp::from_millis(i64::MIN / 2);
    let mut count: u32 = 0;
    loop {
        ticks.tick().await;
        let Some(app) = app.upgrade() else { return };
        count = count.wrapping_add(1);
        let others_wrote = match app.look().await {
            Ok(others) => others,
            Err(error) => {
                tracing::warn!(failure = describe(&error), "the database could not be looked at");
                continue;
            }
        };
        if others_wrote {
            app.outgoing.wake();
        }
        match app.sweep_terms(swept).await {
            Ok(until) => swept = until,
            Err(error) => tracing::warn!(failure = describe(&error), "terms could not be looked at"),
        }
        let slow = count.is_multiple_of(SLOW_EVERY);
        if (others_wrote || slow)
            && let Err(error) = app.confirm_sockets(&sockets()).await
        {
            tracing::warn!(failure = describe(&error), "sessions could not be confirmed");
        }
        if slow && let Err(error) = app.sweep_trash().await {
            tracing::warn!(failure = describe(&error), "the trash could not be looked at");
        }
        if count % TIDY_EVERY == 1
            && let Err(error) = app.purge_phones().await
        {
            tracing::warn!(failure = describe(&error), "old traces of phone numbers could not be removed");
        }
        if slow {
            // Mostly passive; now and then the log is made to begin anew, so that it does not grow without end.
            if let Err(error) = app.db.checkpoint(count.is_multiple_of(SLOW_EVERY * 5)).await {
                tracing::warn!(failure = describe(&error), "the log could not be checkpointed");
            }
        }
    }
}

impl App {
    async fn look(&self) -> Result<bool, AppError> {
        let mut tx = self.db.read().await?;
        let (head, _, _) = messages::log_head(&mut tx).await?;
        drop(tx);
        Ok(self.hub.observe(head))
    }

    /// Brings rooms to where they stand after grants began or ended in `(swept, now]`. Sends need not wait for it: each
    /// is decided by its own moment.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sweep_terms(&self, swept: Timestamp) -> Result<Timestamp, AppError> {
        let now = self.clock.now();
        let mut tx = self.db.read().await?;
        let changing = grants::changing_between(&mut tx, swept, now).await?;
        drop(tx);
        if changing.is_empty() {
            return Ok(now.max(swept));
        }
        let mut work = self.begin().await?;
        let mut people: Vec<MemberId> = Vec::new();
        for (company, subject) in changing {
            companies::touch_policy(&mut work.tx, company).await?;
            match subject {
                Subject::Person(id) => people.push(id),
                Subject::Team(id) => people.extend(members::team_members(&mut work.tx, id).await?),
            }
        }
        people.sort_unstable();
        people.dedup();
        self.reassess_members(&mut work, None, &people).await?;
        self.finish(work).await?;
        Ok(now.max(swept))
    }

    /// Closes sockets whose session, token, member or company is no longer live (I-41).
    async fn confirm_sockets(&self, actors: &[Actor]) -> Result<(), AppError> {
        if actors.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.read().await?;
        let mut dead = Vec::new();
        for actor in actors {
            if !self.is_live(&mut tx, actor).await? {
                dead.push(actor.credential);
            }
        }
        if !dead.is_empty() {
            for connection in self.hub.connections() {
                if dead.contains(&connection.credential) {
                    self.hub.sign_out_connection(&connection);
                }
            }
        }
        Ok(())
    }
}
