//! One line on a terminal that says what a slow run is doing. Silent for the first second, gone at the end.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossterm::terminal::{Clear, ClearType};

/// How long a run stays silent.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line changes.
const TICK: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
struct Shared {
    name: Mutex<&'static str>,
    done: AtomicUsize,
    total: AtomicUsize,
    ended: Mutex<bool>,
    wake: Condvar,
}

/// The progress of a run. Ends when dropped.
#[derive(Debug)]
pub struct Progress {
    shared: Arc<Shared>,
    ticker: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts; shows nothing unless `enabled` (standard error is a terminal, and no `--quiet`).
    pub fn start(enabled: bool) -> Progress {
        let shared = Arc::new(Shared::default());
        let ticker = enabled.then(|| {
            let shared = shared.clone();
            std::thread::spawn(move || tick(&shared))
        });
        Progress { shared, ticker }
    }

    /// Enters a step, such as "reading files", or says how far it is. `total` is 0 where that is not known.
    pub fn step(&self, name: &'static str, done: usize, total: usize) {
        if self.ticker.is_none() {
            return;
        }
        *lock(&self.shared.name) = name;
        self.shared.total.store(total, Ordering::Relaxed);
        self.shared.done.store(done, Ordering::Relaxed);
    }

    /// One more is done; cheap enough for every file of a parallel step.
    pub fn advance(&self) {
        self.shared.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Clears the line. Call it before anything else is written to the terminal.
    pub fn finish(&mut self) {
        *lock(&self.shared.ended) = true;
        self.shared.wake.notify_all();
        if let Some(ticker) = self.ticker.take() {
            let _ = ticker.join();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits; whether the run has ended meanwhile.
fn ended_within(shared: &Shared, time: Duration) -> bool {
    let ended = lock(&shared.ended);
    let waited = shared.wake.wait_timeout_while(ended, time, |ended| !*ended);
    *waited.unwrap_or_else(PoisonError::into_inner).0
}

fn tick(shared: &Shared) {
    if ended_within(shared, PATIENCE) {
        return;
    }
    let mut terminal = std::io::stderr();
    loop {
        let name = *lock(&shared.name);
        let done = shared.done.load(Ordering::Relaxed);
        let line = match shared.total.load(Ordering::Relaxed) {
            _ if name.is_empty() => "working".to_owned(),
            0 if done == 0 => name.to_owned(),
            0 => format!("{name}: {done}"),
            total => format!("{name}: {done} of {total}"),
        };
        let _ = write!(terminal, "\r{}{line}", Clear(ClearType::CurrentLine));
        let _ = terminal.flush();
        if ended_within(shared, TICK) {
            let _ = write!(terminal, "\r{}", Clear(ClearType::CurrentLine));
            let _ = terminal.flush();
            return;
        }
    }
}
