//! The program as its users see it.
#![allow(clippy::explicit_write)] // the test runner keeps what `eprintln!` says to itself; a skip must be seen
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

mod bad_input;
mod captures;
mod demo;
mod determinism;
mod embed;
mod engines;
mod evidence;
mod golden;
mod names;
mod outputs;
mod program;
mod report;
mod reproduce;
mod rows;
mod similarities;
mod snapshots;
mod study;
mod verify;
