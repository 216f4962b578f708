//! A folder in which each mail and text message becomes a file, for development, the demo and tests.

use crate::files;
use liaison_app::outgoing::{Content, Failure, Parcel, Sender, Sending};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes `FOLDER/outgoing_….json`; names are in the order in which things were queued.
pub(super) struct Outbox(PathBuf);

/// What a file holds. The shape is described in `docs/operate.md`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Letter<'a> {
    id: String,
    purpose: &'a str,
    to: &'a str,
    queued_at: liaison_domain::Timestamp,
    #[serde(flatten)]
    content: &'a Content,
}

impl Outbox {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }
}

impl Sender for Outbox {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(async move {
            let letter = Letter {
                id: parcel.id.to_string(),
                purpose: &parcel.purpose,
                to: &parcel.recipient,
                queued_at: parcel.created_at,
                content: &parcel.content,
            };
            let failed = |error: &dyn std::error::Error| super::unreachable("the outbox cannot be written", error);
            let json = serde_json::to_vec_pretty(&letter).map_err(|error| failed(&error))?;
            let (folder, name) = (self.0.clone(), parcel.id.to_string());
            let written = tokio::task::spawn_blocking(move || write(&folder, &name, &json)).await;
            match written {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(failed(&error)),
                Err(error) => Err(Failure::Later(error.to_string())),
            }
        })
    }
}

/// Beside first, then into its place: whoever watches the folder sees whole files only.
fn write(folder: &Path, name: &str, json: &[u8]) -> std::io::Result<()> {
    files::make_private_folder(folder)?;
    let beside = folder.join(format!(".{name}.partial"));
    let _ = std::fs::remove_file(&beside); // what a killed server left
    let mut file = files::create_private(&beside)?;
    file.write_all(json)?;
    file.sync_all()?;
    std::fs::rename(&beside, folder.join(format!("{name}.json")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use liaison_app::outgoing::{Mail, Text};
    use liaison_domain::{OutgoingId, SystemClock, Timestamp};

    #[tokio::test]
    async fn i53_letters_are_whole_and_for_this_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(folder.path().join("outbox"));
        let mail = Mail {
            name: "Mina".into(),
            subject: "Hello".into(),
            text: "Hi".into(),
            html: "<p>Hi</p>".into(),
            links: vec!["http://localhost/x".into()],
        };
        let mut parcel = Parcel {
            id: OutgoingId::new(&SystemClock),
            purpose: "passwordLink".into(),
            recipient: "mina@mail.example".into(),
            created_at: Timestamp::from_millis(0),
            content: Content::Mail(mail),
        };
        outbox.send(&parcel).await.unwrap();
        outbox.send(&parcel).await.unwrap();
        parcel.id = OutgoingId::new(&SystemClock);
        parcel.content = Content::Text(Text { text: "1234".into() });
        outbox.send(&parcel).await.unwrap();
        let mut names: Vec<_> = std::fs::read_dir(&outbox.0).unwrap().map(|e| e.unwrap().path()).collect();
        names.sort();
        assert_eq!(names.len(), 2, "the same again is the same file");
        let letters: Vec<serde_json::Value> =
            names.iter().map(|n| serde_json::from_slice(&std::fs::read(n).unwrap()).unwrap()).collect();
        assert_eq!(letters.iter().map(|l| l["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["mail", "text"]);
        assert_eq!(letters[0]["links"][0], "http://localhost/x");
        assert_eq!(letters[0]["to"], "mina@mail.example");
        for path in names.iter().chain([&outbox.0]) {
            assert_eq!(files::others_rights(path).unwrap(), 0, "{}", path.display());
        }
    }
}
