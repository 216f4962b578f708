//! `liaison doctor`.

use super::say;
use crate::config::{Config, Given};
use crate::doctor::{self, Findings, Level};
use liaison_domain::SystemClock;
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;

/// Examines the installation; exit code 1 where something is wrong.
pub(super) async fn run(given: Given, json: bool) -> ExitCode {
    let findings = match Config::load(given) {
        Ok(config) => doctor::examine(&config, Arc::new(SystemClock)).await,
        Err(error) => {
            let mut findings = Findings::default();
            let why = "the server does not start with a setting that it does not understand or that is dangerous";
            let remedy = "mend it; docs/configuration.md describes every setting";
            findings.add("configuration", Level::Wrong, format!("{error:#}"), why, remedy);
            findings
        }
    };
    let wrong = findings.0.iter().filter(|f| f.level == Level::Wrong).count();
    if json {
        say(json!({ "ok": wrong == 0, "findings": findings.0 }));
    } else {
        for finding in &findings.0 {
            let mark = match finding.level {
                Level::Ok => "ok     ",
                Level::Warning => "warning",
                Level::Wrong => "WRONG  ",
            };
            say(format!("{mark}  {:<13}  {}", finding.check, finding.what));
            if finding.level != Level::Ok {
                say(format!("{:24} why: {}", "", finding.why));
                say(format!("{:24} do:  {}", "", finding.remedy));
            }
        }
        let summary = match wrong {
            0 => "Nothing is wrong.".to_owned(),
            1 => "One thing is wrong.".to_owned(),
            n => format!("{n} things are wrong."),
        };
        say(summary);
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
