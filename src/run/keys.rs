//! One key at a time. The terminal is raw while a key is awaited and at no other time, so that whatever ends the program
//! leaves it as it was found.

use std::io::{self, Write};
#[cfg(unix)]
use std::sync::Arc;
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, poll, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

/// How soon a signal is noticed.
const TICK: Duration = Duration::from_millis(100);

/// What a person, or the terminal, did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A character was typed.
    Letter(char),
    /// The terminal has another size.
    Resized,
    /// Ctrl-C, Ctrl-D, a signal, or a terminal that went away.
    Interrupted,
}

/// The terminal as a source of keys.
pub(super) struct Keys {
    /// Set by the signals that ask a program to end.
    #[cfg(unix)]
    ended: Arc<AtomicBool>,
}

/// The terminal gives each key at once and shows none, until this is dropped.
struct Raw;

impl Raw {
    fn enter() -> io::Result<Raw> {
        enable_raw_mode()?;
        Ok(Raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
    }
}

impl Keys {
    /// Watches for signals, and mends the terminal on a panic, after which nothing may be dropped.
    pub(super) fn watch() -> io::Result<Keys> {
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let _ = disable_raw_mode();
            told(panic);
        }));
        #[cfg(unix)]
        {
            let ended = Arc::new(AtomicBool::new(false));
            for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGINT] {
                signal_hook::flag::register(signal, ended.clone())?;
            }
            Ok(Keys { ended })
        }
        #[cfg(not(unix))]
        Ok(Keys {})
    }

    fn is_ended(&self) -> bool {
        #[cfg(unix)]
        return self.ended.load(Ordering::Relaxed);
        #[cfg(not(unix))]
        false
    }

    /// Asks and waits for the next. What is typed once the question stands is a key, and another size is noticed.
    pub(super) fn next(&self, question: &str) -> io::Result<Key> {
        let _raw = Raw::enter()?;
        poll(Duration::ZERO)?;
        let mut out = io::stdout().lock();
        out.write_all(question.as_bytes())?;
        out.flush()?;
        drop(out);
        loop {
            if self.is_ended() {
                return Ok(Key::Interrupted);
            }
            if !poll(TICK)? {
                continue;
            }
            match read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => {
                    if let Some(key) = meant(key) {
                        return Ok(key);
                    }
                }
                Event::Resize(..) => {
                    // A window that is drawn larger tells of every step.
                    while poll(TICK / 2)? && matches!(read()?, Event::Resize(..)) {}
                    return Ok(Key::Resized);
                }
                _ => {}
            }
        }
    }
}

fn meant(key: KeyEvent) -> Option<Key> {
    match key.code {
        KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Interrupted),
        KeyCode::Char(letter) if !key.modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Letter(letter)),
        _ => None,
    }
}
