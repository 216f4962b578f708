//! Tells cargo that the web client is part of the program, so that a new client makes a new program.
fn main() {
    println!("cargo:rerun-if-changed=../../web/build");
    println!("cargo:rerun-if-changed=../../demo");
}
