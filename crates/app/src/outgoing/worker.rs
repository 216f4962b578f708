//! Sends what waits: claims one thing at a time, looks at its right again, sends it outside of any transaction, and
//! records what came of it. Whoever dies in between sends the same again, under the same id.

use super::purpose::refusal;
use super::{Failure, Kind, Lane, Parcel};
use crate::App;
use crate::error::{AppError, describe};
use liaison_domain::Timestamp;
use liaison_store::{outgoing as store, passwords};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How long one try may take.
const TRY_FOR: Duration = Duration::from_mins(1);
/// How long a try keeps others away: longer than it can take.
const CLAIM_MS: i64 = 5 * 60_000;
/// How often something is tried, at most: with the pauses between it, for most of a day.
const MAX_ATTEMPTS: i64 = 24;
/// The longest pause of one thing.
const MAX_PAUSE_S: i64 = 3600;
/// The longest pause while the way is closed for everything.
const MAX_CLOSED_S: i64 = 60;
/// How long a look may be put off, whatever the clock says.
const LOOK_AFTER: Duration = Duration::from_mins(10);
/// How long the queue remembers what was settled, and links that ended.
const KEEP_MS: i64 = 30 * 24 * 3_600_000;

/// What came of looking for something to send.
enum Step {
    /// Something was settled or postponed; there may be more.
    More,
    /// The way is closed.
    Closed,
    /// Nothing is due before this, if anything waits at all.
    Until(Option<Timestamp>),
}

/// Sends until the app is gone. One server at a time works on a database: what is claimed was claimed by one that ended.
///
/// # Errors
/// Where the database fails.
pub async fn run(app: &Arc<App>) -> Result<Vec<tokio::task::JoinHandle<()>>, AppError> {
    let mut work = app.begin().await?;
    store::release_all(&mut work.tx).await?;
    let before = work.now.plus_millis(-KEEP_MS);
    store::purge(&mut work.tx, before).await?;
    passwords::purge(&mut work.tx, before).await?;
    app.finish(work).await?;
    let lanes = Kind::ALL.into_iter().filter(|kind| app.outgoing.is_set_up(*kind));
    Ok(lanes
        .map(|kind| tokio::spawn(send_all(Arc::downgrade(app), kind, Arc::clone(app.outgoing.lane(kind)))))
        .collect())
}

async fn send_all(app: Weak<App>, kind: Kind, lane: Arc<Lane>) {
    loop {
        let step = {
            let Some(app) = app.upgrade() else { return };
            let step = app.send_next(kind, &lane).await;
            app.measure(kind).await;
            step.map(|step| (step, app.clock.now()))
        };
        let wait = match step {
            Ok((Step::More, _)) => continue,
            Ok((Step::Until(next), now)) => {
                let wait = next.map_or(LOOK_AFTER, |next| until(now, next));
                // The clock of terms and the timer of this machine may differ by a moment: no look that finds nothing.
                let wait = wait.clamp(Duration::from_millis(50), LOOK_AFTER);
                let _ = tokio::time::timeout(wait, lane.wake.notified()).await;
                continue;
            }
            Ok((Step::Closed, _)) => pause_ms(i64::from(lane.failures.load(Ordering::Relaxed)), MAX_CLOSED_S),
            Err(error) => {
                tracing::warn!(kind = kind.as_str(), failure = describe(&error), "the queue could not be worked on");
                pause_ms(4, MAX_CLOSED_S)
            }
        };
        // Whatever is queued meanwhile has to wait as well: the way is closed.
        tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())).await;
    }
}

fn until(now: Timestamp, next: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(next.as_millis() - now.as_millis()).unwrap_or(0))
}

/// The pause before the next try: doubled each time, up to a bound.
fn pause_ms(failures: i64, most_s: i64) -> i64 {
    jittered((1_i64 << (failures - 1).clamp(0, 30)).min(most_s) * 1000, rand::random())
}

/// Three quarters to five quarters of it, so that what failed together is not tried together. `chance` is 0 to 255.
fn jittered(pause_ms: i64, chance: u8) -> i64 {
    pause_ms * 3 / 4 + pause_ms / 2 * i64::from(chance) / 255
}

impl App {
    async fn measure(&self, kind: Kind) {
        let Ok(mut tx) = self.db.read().await else { return };
        if let Ok(queued) = store::count_queued(&mut tx, kind.as_str()).await {
            #[expect(clippy::cast_precision_loss, reason = "a queue is shorter than 2^52")]
            metrics::gauge!("liaison_outgoing_queued", "kind" => kind.as_str()).set(queued as f64);
        }
    }

    async fn send_next(&self, kind: Kind, lane: &Lane) -> Result<Step, AppError> {
        let Some(sender) = &lane.sender else { return Ok(Step::Until(None)) };
        let mut tx = self.db.read().await?;
        if store::find_due(&mut tx, kind.as_str(), self.clock.now()).await?.is_none() {
            return Ok(Step::Until(store::next_due(&mut tx, kind.as_str()).await?));
        }
        drop(tx);
        let Some((parcel, attempts)) = self.claim_next(kind).await? else { return Ok(Step::More) };
        let sent = tokio::time::timeout(TRY_FOR, sender.send(&parcel)).await;
        let sent = sent.unwrap_or_else(|_| Err(Failure::Unreachable("it took too long".into())));
        self.record(kind, lane, &parcel, attempts, sent).await
    }

    /// Takes the next thing for one try, if its right still stands; what may not go any more is dropped.
    async fn claim_next(&self, kind: Kind) -> Result<Option<(Parcel, i64)>, AppError> {
        let mut work = self.begin().await?;
        let Some(item) = store::find_due(&mut work.tx, kind.as_str(), work.now).await? else { return Ok(None) };
        let why = refusal(&mut work.tx, &item, work.now).await?;
        let plain = item.payload.as_deref().and_then(|sealed| self.sealer.open(item.id.as_uuid().as_bytes(), sealed));
        let content = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let why = why.or(content.is_none().then_some("it was sealed with another key"));
        let (Some(content), None) = (content, why) else {
            store::settle(&mut work.tx, item.id, "dropped", why, work.now).await?;
            tracing::info!(kind = kind.as_str(), id = %item.id, purpose = item.purpose, why, "dropped");
            self.finish(work).await?;
            return Ok(None);
        };
        store::claim(&mut work.tx, item.id, work.now.plus_millis(CLAIM_MS)).await?;
        self.finish(work).await?;
        let parcel = Parcel {
            id: item.id,
            purpose: item.purpose,
            recipient: item.recipient,
            created_at: Timestamp::from_millis(item.created_at),
            content,
        };
        Ok(Some((parcel, item.attempts + 1)))
    }

    async fn record(
        &self,
        kind: Kind,
        lane: &Lane,
        parcel: &Parcel,
        attempts: i64,
        sent: Result<(), Failure>,
    ) -> Result<Step, AppError> {
        let mut work = self.begin().await?;
        let step = match &sent {
            Ok(()) => {
                store::settle(&mut work.tx, parcel.id, "sent", None, work.now).await?;
                metrics::counter!("liaison_outgoing_sent_total", "kind" => kind.as_str()).increment(1);
                Step::More
            }
            Err(failure) => {
                let words = failure.words();
                let last = matches!(failure, Failure::Refused(_)) || attempts >= MAX_ATTEMPTS;
                if last {
                    store::settle(&mut work.tx, parcel.id, "refused", Some(words), work.now).await?;
                } else {
                    let next = work.now.plus_millis(pause_ms(attempts, MAX_PAUSE_S));
                    store::postpone(&mut work.tx, parcel.id, next, words).await?;
                }
                metrics::counter!("liaison_outgoing_failed_total", "kind" => kind.as_str()).increment(1);
                tracing::warn!(
                    kind = kind.as_str(), id = %parcel.id, purpose = parcel.purpose, attempts, last, failure = words,
                    "could not be sent"
                );
                if matches!(failure, Failure::Unreachable(_)) { Step::Closed } else { Step::More }
            }
        };
        // A receiver who is refused says nothing of the way.
        match &sent {
            Ok(()) | Err(Failure::Refused(_)) => lane.failures.store(0, Ordering::Relaxed),
            Err(_) => {
                lane.failures.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.finish(work).await?;
        Ok(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i31_pauses_double_up_to_a_bound_and_scatter() {
        assert_eq!([1, 2, 5].map(|n| jittered((1 << (n - 1)) * 1000, 0)), [750, 1500, 12_000]);
        assert_eq!([0, 255].map(|chance| jittered(1000, chance)), [750, 1250]);
        for failures in [-1, 0, 1, 24, 63, 64, i64::MAX / 2] {
            let pause = pause_ms(failures, MAX_PAUSE_S);
            assert!((750..=4_500_000).contains(&pause), "{failures}: {pause}");
        }
    }
}
