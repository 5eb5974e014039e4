//! The targets without a fuzzer, on a stable compiler: files of a folder, cut and mixed at random, for some seconds.
//!
//!     cargo run --release --manifest-path fuzz/Cargo.toml --example shake -- yaml ../shared/corpus 60

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gatelint_fuzz::{File, NAMES, PARSERS, lint_tree};

/// xorshift64: enough to choose what to cut.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn part<'b>(&mut self, bytes: &'b [u8], longest: usize) -> &'b [u8] {
        let from = self.below(bytes.len());
        let len = self.below(longest.min(bytes.len() - from) + 1);
        &bytes[from..from + len]
    }

    fn mixed(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        const PIECES: [&[u8]; 16] = [
            b"{", b"}", b"\"", b"\\", b"\n", b"- ", b": ", b"&a", b"*a", b"|\n", b"\xff", b"\0", b"{{", b"${",
            b"---\n", b"\t",
        ];
        let one = self.below(seeds.len());
        let mut bytes = self.part(&seeds[one], 4000).to_vec();
        for _ in 0..self.below(6) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(20)).min(bytes.len());
            let piece = match self.below(3) {
                0 => {
                    let other = self.below(seeds.len());
                    self.part(&seeds[other], 60).to_vec()
                }
                1 => PIECES[self.below(PIECES.len())].to_vec(),
                _ => vec![self.below(256) as u8],
            };
            bytes.splice(at..end, piece);
        }
        bytes
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path(), found),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
}

fn usage() -> ! {
    let names: Vec<&str> = PARSERS.iter().map(|(name, _)| *name).collect();
    eprintln!("usage: shake lint_tree|{} FOLDER SECONDS", names.join("|"));
    std::process::exit(2);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, folder, seconds] = arguments.as_slice() else {
        usage();
    };
    let parser = PARSERS.iter().find(|(name, _)| name == target).map(|(_, parse)| parse);
    if parser.is_none() && target != "lint_tree" {
        usage();
    }
    let mut paths = Vec::new();
    files(Path::new(folder), &mut paths);
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .filter(|bytes| !bytes.is_empty())
        .collect();
    assert!(!seeds.is_empty(), "no file in {folder}");
    let limit = Duration::from_secs(seconds.parse().expect("seconds"));
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(0x9e37_79b9_7f4a_7c15);
    let mut random = Random(seed);
    // Beside this file, wherever it is run from.
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let last = &own.join("last-input");
    let (start, mut runs, mut slowest) = (Instant::now(), 0_u64, Duration::ZERO);
    while start.elapsed() < limit {
        let begun = Instant::now();
        match parser {
            None => {
                let tree: Vec<File> = (0..1 + random.below(6))
                    .map(|_| File {
                        name: random.below(NAMES.len()) as u8,
                        content: random.mixed(&seeds),
                    })
                    .collect();
                let _ = std::fs::write(last, format!("{tree:?}"));
                lint_tree(&tree);
            }
            Some(parse) => {
                let bytes = random.mixed(&seeds);
                let _ = std::fs::write(last, &bytes);
                parse(&bytes);
            }
        }
        let took = begun.elapsed();
        if took > slowest {
            slowest = took;
            if took > Duration::from_secs(2) {
                let _ = std::fs::copy(last, own.join("slow-input"));
            }
        }
        runs += 1;
    }
    println!("{target}: {runs} inputs, the slowest took {slowest:?}");
}
