//! A WebSocket client that costs little: the generator shares the cores with what it measures.
//!
//! Frames are cut by hand, fields are found by their bytes where they were found the last time, and what is to be sent
//! goes out in one write. The masking key is zero, which the protocol permits; the server's work is the same.

use anyhow::{Context, bail};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BUFFER: usize = 128 * 1024;

/// An open socket.
pub(crate) struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Socket {
    /// Opens the realtime socket and waits for the frame that says nothing is missed from here on.
    pub(crate) async fn open(address: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET /api/v1/realtime HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: bGlhaXNvbi1iZW5jaC0wMQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut socket = Self { stream, buffer: vec![0; BUFFER], start: 0, end: 0 };
        let head = loop {
            socket.read().await?;
            let answer = &socket.buffer[..socket.end];
            if let Some(at) = answer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
        };
        if !socket.buffer.starts_with(b"HTTP/1.1 101") {
            bail!("the socket was refused: {}", String::from_utf8_lossy(&socket.buffer[..socket.end]));
        }
        socket.start = head;
        loop {
            if let Some(frame) = socket.next_frame()? {
                if !frame.starts_with(br#"{"op":"ready""#) {
                    bail!("the first frame is {}", String::from_utf8_lossy(frame));
                }
                return Ok(socket);
            }
            socket.read().await?;
        }
    }

    /// Waits for more bytes.
    pub(crate) async fn read(&mut self) -> anyhow::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let read = self.stream.read(&mut self.buffer[self.end..]).await?;
        if read == 0 {
            bail!("the server closed a socket");
        }
        self.end += read;
        Ok(())
    }

    /// The next whole text frame among the bytes read.
    pub(crate) fn next_frame(&mut self) -> anyhow::Result<Option<&[u8]>> {
        let bytes = &self.buffer[self.start..self.end];
        let (head, length) = match *bytes {
            [_, short, ..] if short < 126 => (2, usize::from(short)),
            [_, 126, a, b, ..] => (4, usize::from(u16::from_be_bytes([a, b]))),
            [_, 127, ..] => bail!("a frame of more than 64 KiB"),
            _ => return Ok(None),
        };
        if bytes.len() < head + length {
            return Ok(None);
        }
        let first = bytes[0];
        let from = self.start + head;
        self.start = from + length;
        let frame = &self.buffer[from..self.start];
        match first {
            0x81 => Ok(Some(frame)),
            0x88 => {
                bail!("the server closed a socket: {}", String::from_utf8_lossy(frame.get(2..).unwrap_or_default()))
            }
            other => bail!("a frame that starts with {other:#x}"),
        }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(bytes).await.context("the server does not read")
    }
}

/// A text frame of a client. Only lengths from 126 to 65,535: those we send.
pub(crate) fn client_frame(text: &str) -> anyhow::Result<Vec<u8>> {
    let length = u16::try_from(text.len())?;
    let [high, low] = length.to_be_bytes();
    // A whole text; masked, its length in the next two bytes; the mask.
    let mut frame = vec![0x81, 0xfe, high, low, 0, 0, 0, 0];
    frame.extend_from_slice(text.as_bytes());
    Ok(frame)
}

/// A field of frames that look alike.
pub(crate) struct Field {
    key: Vec<u8>,
    found_at: usize,
}

impl Field {
    pub(crate) fn new(key: impl Into<Vec<u8>>) -> Self {
        Self { key: key.into(), found_at: 0 }
    }

    /// What follows the key: it is looked for where it was last, then everywhere.
    pub(crate) fn after<'f>(&mut self, frame: &'f [u8]) -> Option<&'f [u8]> {
        if !frame.get(self.found_at..).is_some_and(|rest| rest.starts_with(&self.key)) {
            self.found_at = frame.windows(self.key.len()).position(|w| w == self.key)?;
        }
        frame.get(self.found_at + self.key.len()..)
    }

    /// The number that follows the key.
    pub(crate) fn number(&mut self, frame: &[u8]) -> Option<u64> {
        let rest = self.after(frame)?;
        let digits = rest.iter().take_while(|b| b.is_ascii_digit());
        Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_again_where_it_moved_to() {
        let mut seq = Field::new(r#""seq":"#);
        assert_eq!(seq.number(br#"{"a":1,"seq":12,"b":3}"#), Some(12));
        assert_eq!(seq.number(br#"{"a":1,"seq":13}"#), Some(13));
        assert_eq!(seq.number(br#"{"seq":7}"#), Some(7));
        assert_eq!(seq.number(br#"{"sec":7}"#), None);
    }

    #[test]
    fn a_frame_of_a_client_is_masked_and_has_its_length() {
        let frame = client_frame(&"x".repeat(300)).unwrap();
        assert_eq!(frame[..8], [0x81, 0xfe, 1, 44, 0, 0, 0, 0]);
        assert_eq!(frame.len(), 308);
    }
}
