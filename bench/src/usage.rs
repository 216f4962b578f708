//! What a process and the machine have used, as the kernel counts it.

use anyhow::Context;
use std::ops::Sub;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// Used up to a moment; the difference of two is what was used between them.
#[derive(Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) server_cpu_s: f64,
    pub(crate) generator_cpu_s: f64,
    /// Of all programs, these two included.
    pub(crate) machine_cpu_s: f64,
    /// What the server gave to the disk: the log and the database file.
    pub(crate) written_bytes: f64,
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            server_cpu_s: self.server_cpu_s - before.server_cpu_s,
            generator_cpu_s: self.generator_cpu_s - before.generator_cpu_s,
            machine_cpu_s: self.machine_cpu_s - before.machine_cpu_s,
            written_bytes: self.written_bytes - before.written_bytes,
        }
    }
}

impl Usage {
    pub(crate) fn now(server: u32) -> anyhow::Result<Self> {
        Ok(Self {
            server_cpu_s: process_cpu_s(&server.to_string())?,
            generator_cpu_s: process_cpu_s("self")?,
            machine_cpu_s: machine_cpu_s()?,
            written_bytes: labelled(&format!("/proc/{server}/io"), "write_bytes:")?,
        })
    }
}

fn ticks_per_s() -> anyhow::Result<f64> {
    static TICKS: OnceLock<f64> = OnceLock::new();
    if let Some(ticks) = TICKS.get() {
        return Ok(*ticks);
    }
    let output = Command::new("getconf").arg("CLK_TCK").output().context("getconf CLK_TCK")?;
    let ticks = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(*TICKS.get_or_init(|| ticks))
}

fn read(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.to_owned())
}

fn process_cpu_s(id: &str) -> anyhow::Result<f64> {
    let stat = read(&format!("/proc/{id}/stat"))?;
    // The second field, the program's name, may hold spaces; it ends with the last parenthesis.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).context("a field of stat");
    Ok((ticks(11)? + ticks(12)?) / ticks_per_s()?)
}

fn machine_cpu_s() -> anyhow::Result<f64> {
    let stat = read("/proc/stat")?;
    let all: Vec<f64> =
        stat.lines().next().unwrap_or_default().split_whitespace().skip(1).map(str::parse).collect::<Result<_, _>>()?;
    // user nice system idle iowait irq softirq steal: all but the two that wait.
    let busy: f64 = all.iter().take(8).enumerate().filter(|(at, _)| !matches!(at, 3 | 4)).map(|(_, t)| t).sum();
    Ok(busy / ticks_per_s()?)
}

fn labelled(path: &str, label: &str) -> anyhow::Result<f64> {
    let text = read(path)?;
    let value = text.lines().find_map(|line| line.strip_prefix(label));
    let value = value.and_then(|rest| rest.split_whitespace().next());
    value.and_then(|v| v.parse().ok()).with_context(|| format!("{label} in {path}"))
}

/// What the process holds in memory now, in KiB.
pub(crate) fn rss_kib(id: u32) -> anyhow::Result<f64> {
    labelled(&format!("/proc/{id}/status"), "VmRSS:")
}

/// The most it ever held, in KiB.
pub(crate) fn peak_rss_kib(id: u32) -> anyhow::Result<f64> {
    labelled(&format!("/proc/{id}/status"), "VmHWM:")
}

/// A value on a page of metrics.
pub(crate) fn sample(page: &str, name: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

/// The kind of file system that a folder lies on.
pub(crate) fn file_system(folder: &Path) -> anyhow::Result<String> {
    let folder = folder.canonicalize()?;
    let mounts = read("/proc/mounts")?;
    let mounted = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (at, kind) = (fields.next()?, fields.next()?);
        folder.starts_with(at).then_some((at.len(), kind))
    });
    // Of equal places the last mounted one is in sight.
    Ok(mounted.max_by_key(|(length, _)| *length).map_or("unknown", |(_, kind)| kind).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_read_by_its_whole_name() {
        let page = "# TYPE batch summary\nbatch{quantile=\"0.5\"} 3\nbatch_sum 120\nbatch_count 4\n";
        assert_eq!(sample(page, "batch_sum"), Some(120.0));
        assert_eq!(sample(page, "batch_count"), Some(4.0));
        assert_eq!(sample(page, "batch_c"), None);
    }

    #[test]
    fn this_process_has_used_something() {
        assert!(machine_cpu_s().unwrap() >= process_cpu_s("self").unwrap());
        assert!(peak_rss_kib(std::process::id()).unwrap() > 100.0);
    }
}
