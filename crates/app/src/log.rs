//! The room log on the wire: how a message or notice is written, once, for however many read it.

use crate::error::AppError;
use bytes::Bytes;
use liaison_domain::{MemberId, MessageId, RoomId, Timestamp};
use liaison_store::messages::Message;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most characters of a message's text.
pub const MAX_TEXT: usize = 8_000;
/// The most characters of a client id.
pub const MAX_CLIENT_ID: usize = 100;

/// A line of a room's log.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    /// Its id.
    pub id: MessageId,
    /// Which room.
    pub room_id: RoomId,
    /// Its number in the room: 1, 2, 3 … without gaps.
    pub seq: i64,
    /// Somebody's message, or a notice by the server.
    pub kind: LineKind,
    /// What a notice tells; absent in a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// The author's own id for it; absent in a notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Who wrote it; null in a notice.
    pub author: Option<Author>,
    /// What it says; empty in a notice.
    pub text: String,
    /// When the server accepted it.
    pub sent_at: Timestamp,
}

/// What a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LineKind {
    /// Written by a person.
    Message,
    /// Written by the server.
    Notice,
}

/// Who wrote a message, as a room shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Author {
    /// Who.
    pub id: MemberId,
    /// Their name.
    pub name: String,
    /// Their company's name.
    pub company_name: String,
}

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoticeType {
    /// The room was opened.
    Created,
    /// People came in.
    Joined,
    /// Somebody left.
    Left,
    /// Somebody was removed by a colleague.
    Removed,
    /// People are held back; the others go on.
    Paused,
    /// They are back.
    Resumed,
    /// Nobody can write any more.
    Frozen,
    /// Everybody can write again.
    Thawed,
    /// The group has another name.
    Renamed,
}

/// A notice: whom it is about and who caused it, with the names of that moment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// What it tells.
    #[serde(rename = "type")]
    pub kind: NoticeType,
    /// Whom it is about.
    pub member_ids: Vec<MemberId>,
    /// Their names, in the same order.
    pub names: Vec<String>,
    /// Who caused it; absent where a rule did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_id: Option<MemberId>,
    /// Their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_name: Option<String>,
    /// The new name of a renamed group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Notice {
    /// A notice that nobody in particular caused and that names nobody.
    pub fn of(kind: NoticeType) -> Self {
        Self { kind, member_ids: Vec::new(), names: Vec::new(), by_id: None, by_name: None, text: None }
    }
}

/// A line as everybody who may see it gets it.
pub(crate) fn view(message: Message, author: Option<Author>) -> Result<MessageView, AppError> {
    let notice = message.notice.as_deref().map(serde_json::from_str).transpose().map_err(AppError::internal)?;
    Ok(MessageView {
        id: message.id,
        room_id: message.room_id,
        seq: message.seq,
        kind: if notice.is_some() { LineKind::Notice } else { LineKind::Message },
        notice,
        client_id: message.client_id,
        author,
        text: message.body.unwrap_or_default(),
        sent_at: message.sent_at,
    })
}

pub(crate) fn to_json(value: &impl Serialize) -> Result<String, AppError> {
    serde_json::to_string(value).map_err(AppError::internal)
}

/// `{"op":"message",…}` around a line that is already JSON.
pub(crate) fn message_frame(message_json: &str, cursor: &str) -> Bytes {
    let mut frame = String::with_capacity(message_json.len() + cursor.len() + 40);
    frame.push_str(r#"{"op":"message","message":"#);
    frame.push_str(message_json);
    frame.push_str(r#","cursor":""#);
    frame.push_str(cursor);
    frame.push_str(r#""}"#);
    Bytes::from(frame)
}

/// `{"op":"sent",…}` around a line that is already JSON.
pub(crate) fn sent_frame(client_id_json: &str, message_json: &str) -> Bytes {
    let mut frame = String::with_capacity(message_json.len() + client_id_json.len() + 40);
    frame.push_str(r#"{"op":"sent","clientId":"#);
    frame.push_str(client_id_json);
    frame.push_str(r#","message":"#);
    frame.push_str(message_json);
    frame.push('}');
    Bytes::from(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtime::ServerFrame;
    use liaison_domain::SystemClock;

    #[test]
    fn frames_written_by_hand_are_those_of_the_description() {
        let message = MessageView {
            id: MessageId::new(&SystemClock),
            room_id: RoomId::new(&SystemClock),
            seq: 7,
            kind: LineKind::Message,
            notice: None,
            client_id: Some("a \"quoted\" \u{202e} id".into()),
            author: None,
            text: "line\nbreak \"quote\" \u{1f980}".into(),
            sent_at: Timestamp::from_millis(0),
        };
        let (json, client_id) = (to_json(&message).unwrap(), message.client_id.clone().unwrap());
        let plain = ServerFrame::Message { message: Box::new(message.clone()), cursor: "g.1".into() };
        assert_eq!(message_frame(&json, "g.1"), to_json(&plain).unwrap());
        let plain = ServerFrame::Sent { client_id: client_id.clone(), message: Box::new(message) };
        assert_eq!(sent_frame(&to_json(&client_id).unwrap(), &json), to_json(&plain).unwrap());
    }
}
