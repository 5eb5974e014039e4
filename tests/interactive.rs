//! `gatelint fix --interactive` in a real pseudo-terminal: what is accepted is written, and the terminal stays as it was.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use common::Place;
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::tcgetattr;
use nix::unistd::Pid;

const NGINX: &str = "\
events {}
http {
    server {
        listen 80;
        location /a { proxy_pass http://127.0.0.1:8000; proxy_read_timeout 60s; proxy_buffer_size 16k; proxy_buffers 8 4k; }
    }
    server {
        listen 81;
        location /b {
            proxy_pass http://127.0.0.1:8000;
            proxy_buffer_size 16k;
            proxy_buffers 8 4k;
        }
    }
}
";

/// A review that waits for keys.
struct Review {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    seen: String,
    terminal: OwnedFd,
    before: nix::libc::termios,
}

impl Review {
    fn start(place: &Place, (columns, rows): (u16, u16), term: &str) -> Review {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pair = openpty(Some(&size), None).unwrap();
        let end = || pair.slave.try_clone().unwrap();
        let mut command = place.command(&["fix", "--interactive", "--unsafe-fixes", "--select", SELECT]);
        command.env("TERM", term).stdin(end()).stdout(end()).stderr(end());
        let before = tcgetattr(&pair.slave).unwrap().into();
        let child = command.spawn().unwrap();
        let keyboard = File::from(pair.master);
        let mut reader = keyboard.try_clone().unwrap();
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = reader.read(&mut bytes) {
                if count == 0 || sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Review {
            child,
            keyboard,
            screen,
            seen: String::new(),
            terminal: pair.slave,
            before,
        }
    }

    /// Waits for text; gives what was shown up to it.
    fn sees(&mut self, text: &str) -> String {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(at) = self.seen.find(text) {
                let rest = self.seen.split_off(at + text.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            let left = until.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.screen.recv_timeout(left) else {
                panic!("{text:?} was not shown, but:\n{}", self.seen)
            };
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    fn press(&mut self, key: &str) {
        self.keyboard.write_all(key.as_bytes()).unwrap();
    }

    /// The exit code; the terminal is as it was found.
    fn ends(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        let after: nix::libc::termios = tcgetattr(&self.terminal).unwrap().into();
        assert_eq!(after, self.before, "the terminal was left otherwise");
        while let Ok(bytes) = self.screen.recv_timeout(Duration::from_millis(300)) {
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        (code, self.seen)
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }
}

const SELECT: &str = "buffers";

fn place() -> Place {
    Place::new(&[("nginx.conf", NGINX)])
}

#[test]
fn only_what_is_accepted_is_written() {
    let place = place();
    let mut review = Review::start(&place, (80, 24), "xterm-256color");
    let first = review.sees("[y,n,a,d,q,?] ");
    assert!(first.contains("+++ b/nginx.conf"), "{first}");
    review.press("n");
    let second = review.sees("[y,n,a,d,u,q,?] ");
    assert!(second.contains("+++ b/nginx.conf"), "{second}");
    assert_eq!(place.text("nginx.conf"), NGINX, "nothing is written before the end");
    review.press("y");
    let (_, seen) = review.ends();
    assert!(seen.contains("fixed 1 finding"), "{seen}");
    let text = place.text("nginx.conf");
    let (left, changed) = (text.lines().nth(4), text.lines().skip(9).collect::<String>());
    assert_eq!(left, NGINX.lines().nth(4));
    assert_ne!(changed, NGINX.lines().skip(9).collect::<String>());
}

#[test]
fn an_answer_is_undone_and_all_the_rest_is_accepted() {
    let place = place();
    let mut review = Review::start(&place, (80, 24), "xterm");
    let first = review.sees("[y,n,a,d,q,?] ");
    review.press("?");
    review.sees("d  leave this one and all others of its rule");
    review.sees("[y,n,a,d,q,?] ");
    review.press("y");
    review.sees("[y,n,a,d,u,q,?] ");
    review.press("u");
    let again = review.sees("[y,n,a,d,q,?] ");
    let hunk = |text: &str| text[text.find("+++ b/").unwrap()..].to_owned();
    assert_eq!(hunk(&again), hunk(&first));
    review.press("a");
    let (_, seen) = review.ends();
    assert!(seen.contains("fixed 2 findings"), "{seen}");
    let left = place.run(&["lint", "--diff", "--unsafe-fixes", "--select", SELECT]);
    assert!(left.err.contains("no fix to show"), "{}", left.err);
}

#[test]
fn leaving_a_rule_and_quitting_change_nothing() {
    for keys in ["d", "q", "nn"] {
        let place = place();
        let mut review = Review::start(&place, (80, 24), "xterm");
        for key in keys.chars() {
            review.sees(",q,?] ");
            review.press(&key.to_string());
        }
        let (_, seen) = review.ends();
        assert!(seen.contains("nothing is changed"), "{keys}: {seen}");
        assert_eq!(place.text("nginx.conf"), NGINX);
    }
}

#[test]
fn an_interruption_writes_nothing_and_restores_the_terminal() {
    for by in [None, Some(Signal::SIGTERM), Some(Signal::SIGHUP)] {
        let place = place();
        let mut review = Review::start(&place, (80, 24), "xterm");
        review.sees(",q,?] ");
        review.press("y");
        review.sees(",q,?] ");
        match by {
            None => review.press("\x03"),
            Some(signal) => review.signal(signal),
        }
        let (code, seen) = review.ends();
        assert_eq!(code, Some(2), "{seen}");
        assert!(seen.contains("Nothing was changed"), "{seen}");
        assert_eq!(place.text("nginx.conf"), NGINX);
    }
}

#[test]
fn a_plain_terminal_gets_no_sequences_and_a_small_one_few_words() {
    let place = place();
    let mut review = Review::start(&place, (20, 5), "dumb");
    let shown = review.sees(",q,?] ");
    assert!(!shown.contains('\x1b'), "{shown:?}");
    let prompt = shown.lines().last().unwrap();
    assert!(prompt.len() < 20, "{prompt}");
    review.press("q");
    review.ends();
}

#[test]
fn another_size_shows_it_again() {
    let place = place();
    let mut review = Review::start(&place, (80, 24), "xterm");
    review.sees(",q,?] ");
    let mut size = Command::new("stty");
    size.args(["cols", "30", "rows", "8"]);
    size.stdin(review.terminal.try_clone().unwrap());
    assert!(size.status().unwrap().success());
    review.signal(Signal::SIGWINCH);
    let shown = review.sees(",q,?] ");
    assert!(shown.contains("+++ b/nginx.conf"), "{shown}");
    review.press("q");
    review.ends();
}

#[test]
fn without_a_terminal_it_says_what_to_use() {
    let place = place();
    let told = place.run(&["fix", "--interactive"]);
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("--diff"), "{}", told.err);
}
