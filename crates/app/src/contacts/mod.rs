//! The contact book: contacts of outsiders, their links and direct rooms.

mod add;
mod list;

pub use add::WhomToAdd;
