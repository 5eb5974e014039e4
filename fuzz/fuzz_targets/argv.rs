//! Any text as a command line and as a shell script: no panic, no hang.
#![no_main]

use gatelint::repo::{Sources, Span};
use gatelint::syntax::argv::{self, Argument};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let sources = Sources::default();
    let source = sources.add_file("fuzz", bytes.to_vec());
    let span = Span::new(source.id, 0, source.text.len() as u32);
    let argument = Argument::new(&*source.text, span, false);
    let _ = argv::command_line(&argument);
    let _ = argv::shell_script(&argument);
});
