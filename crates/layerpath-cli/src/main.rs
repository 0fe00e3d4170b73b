//! The `layerpath` program; the library beside it says what it does.

use std::process::ExitCode;

/// Training allocates and frees the same large temporaries every step; this allocator keeps their pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    layerpath_cli::run(std::env::args_os())
}
