//! Liaison's one program: the server, the demo, and the operator's commands.

mod api;
mod assets;
mod backup;
mod cli;
mod config;
mod demo;
mod docs;
mod doctor;
mod error;
mod extract;
mod files;
mod outgoing;
mod patience;
mod retry;
mod server;
mod state;
mod tls;
mod ws;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
