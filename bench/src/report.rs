//! The result: a table to read, or an object to compare.

use crate::Options;
use crate::load::Measured;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// A figure: its name in JSON, its words in the table, its value, how many decimals, its unit.
struct Figure(&'static str, &'static str, f64, usize, &'static str);

/// Everything there is to say about a run.
pub(crate) struct Report {
    run: Map<String, Value>,
    figures: Vec<Figure>,
}

#[expect(clippy::cast_precision_loss, reason = "counts of messages, far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

fn percentile(ascending: &[u32], percent: usize) -> f64 {
    let at = (ascending.len() * percent / 100).min(ascending.len() - 1);
    f64::from(ascending[at]) / 1000.0
}

impl Report {
    pub(crate) fn of(options: &Options, file_system: &str, measured: &Measured, peak_rss_kib: f64) -> Self {
        let Measured { elapsed, acks, deliveries, latencies_us, usage, batches, .. } = measured;
        let (seconds, messages) = (elapsed.as_secs_f64(), float(*acks));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let each_us = |cpu_s: f64| cpu_s * 1e6 / messages;
        let others_s = usage.machine_cpu_s - usage.server_cpu_s - usage.generator_cpu_s;
        let mut figures = vec![
            Figure("messagesPerSecond", "acknowledged", messages / seconds, 0, "messages/s"),
            Figure("deliveriesPerSecond", "delivered to the other side", float(*deliveries) / seconds, 0, "messages/s"),
            Figure("serverCpuUs", "server CPU", each_us(usage.server_cpu_s), 1, "µs/message"),
            Figure("generatorCpuUs", "generator CPU", each_us(usage.generator_cpu_s), 1, "µs/message"),
            Figure("serverCores", "server CPU", usage.server_cpu_s / seconds, 2, "cores"),
            Figure("generatorCores", "generator CPU", usage.generator_cpu_s / seconds, 2, "cores"),
            Figure("otherCores", "all other programs and the kernel", others_s / seconds, 2, "cores"),
            Figure("ackP50Ms", "acknowledged after, median", percentile(latencies_us, 50), 1, "ms"),
            Figure("ackP95Ms", "acknowledged after, 95 %", percentile(latencies_us, 95), 1, "ms"),
            Figure("ackP99Ms", "acknowledged after, 99 %", percentile(latencies_us, 99), 1, "ms"),
        ];
        let database = if options.database == "sqlite" { "sqlite" } else { "postgresql" };
        // PostgreSQL writes by itself, wherever it runs.
        if database == "sqlite" {
            let written = usage.written_bytes / messages;
            figures.push(Figure("writtenBytes", "written to disk by the server", written, 0, "bytes/message"));
        }
        if let Some((commits, in_them)) = batches.filter(|(commits, _)| *commits > 0.0) {
            figures.push(Figure("commitsPerSecond", "commits", commits / seconds, 0, "per second"));
            figures.push(Figure("batchSize", "messages in a commit", in_them / commits, 1, "on average"));
        }
        figures.push(Figure("peakRssMiB", "server's memory at its peak", peak_rss_kib / 1024.0, 0, "MiB"));
        let run = json!({
            "pairs": options.pairs, "inFlight": options.in_flight, "seconds": options.seconds,
            "warmup": options.warmup, "database": database, "fileSystem": file_system, "cores": cores,
            "messages": acks,
        });
        Self { run: run.as_object().cloned().unwrap_or_default(), figures }
    }

    pub(crate) fn json(&self) -> String {
        let mut all = self.run.clone();
        for Figure(name, _, value, ..) in &self.figures {
            all.insert((*name).to_owned(), json!((value * 1000.0).round() / 1000.0));
        }
        Value::Object(all).to_string()
    }

    pub(crate) fn table(&self) -> String {
        let run = |field: &str| self.run.get(field).map_or_else(String::new, |v| v.to_string().replace('"', ""));
        let mut text = format!(
            "{} pairs, {} in flight each, {} s after {} s of warm-up; {} on {}, {} cores shared with the generator\n",
            run("pairs"),
            run("inFlight"),
            run("seconds"),
            run("warmup"),
            run("database"),
            run("fileSystem"),
            run("cores"),
        );
        for Figure(_, words, value, decimals, unit) in &self.figures {
            let _ = writeln!(text, "  {words:<36} {value:>10.decimals$} {unit}");
        }
        text.push_str(
            "  every number without a gap, every message delivered once and in order, all there after a kill",
        );
        text
    }
}
