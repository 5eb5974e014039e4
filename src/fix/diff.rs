//! Unified diffs that `git apply` and `patch -p1` accept, over bytes, so that every line ending and encoding stays.

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

/// Lines around each change.
const CONTEXT: usize = 3;

/// The diff of one file; empty when nothing changed. `path` is relative to the repository's root, with `/`.
pub fn unified(path: &str, old: &[u8], new: &[u8]) -> Vec<u8> {
    let (old, new) = (lines(old), lines(new));
    let ops = in_place(capture_diff_slices(Algorithm::Myers, &old, &new));
    let mut out = Vec::new();
    for hunk in group_diff_ops(ops, CONTEXT) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
            continue;
        };
        if hunk.iter().all(|op| matches!(op, DiffOp::Equal { .. })) {
            continue;
        }
        if out.is_empty() {
            out.extend(format!("--- {}\n+++ {}\n", name("a/", path), name("b/", path)).bytes());
        }
        let old_range = first.old_range().start..last.old_range().end;
        let new_range = first.new_range().start..last.new_range().end;
        out.extend(format!("@@ -{} +{} @@\n", range(&old_range), range(&new_range)).bytes());
        for op in &hunk {
            match op {
                DiffOp::Equal { .. } => write(&mut out, b' ', &old[op.old_range()]),
                _ => {
                    write(&mut out, b'-', &old[op.old_range()]);
                    write(&mut out, b'+', &new[op.new_range()]);
                }
            }
        }
    }
    out
}

/// Counts positions again: similar gives deletions and insertions that it has moved the position they had before.
fn in_place(mut ops: Vec<DiffOp>) -> Vec<DiffOp> {
    let (mut old, mut new) = (0, 0);
    for op in &mut ops {
        let (old_len, new_len) = (op.old_range().len(), op.new_range().len());
        match op {
            DiffOp::Equal {
                old_index, new_index, ..
            }
            | DiffOp::Delete {
                old_index, new_index, ..
            }
            | DiffOp::Insert {
                old_index, new_index, ..
            }
            | DiffOp::Replace {
                old_index, new_index, ..
            } => (*old_index, *new_index) = (old, new),
        }
        old += old_len;
        new += new_len;
    }
    ops
}

/// Lines with their line feeds.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

fn write(out: &mut Vec<u8>, sign: u8, lines: &[&[u8]]) {
    for line in lines {
        out.push(sign);
        out.extend_from_slice(line);
        if !line.ends_with(b"\n") {
            out.extend_from_slice(b"\n\\ No newline at end of file\n");
        }
    }
}

/// An empty range names the line before it.
fn range(lines: &std::ops::Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        len => format!("{},{len}", lines.start + 1),
    }
}

/// The path as git writes it: in quotes when it has control characters, with a tab behind it when it has a space.
fn name(side: &str, path: &str) -> String {
    if !path.contains(|c: char| c.is_control() || c == '"' || c == '\\') {
        let end = if path.contains(' ') { "\t" } else { "" };
        return format!("{side}{path}{end}");
    }
    let mut out = format!("\"{side}");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            0x20..=0x7e => out.push(char::from(byte)),
            byte => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_line_endings_and_a_missing_last_line_feed() {
        let old = b"a\r\nb\r\nc\r\nd\r\ne\r\nf";
        let new = b"a\r\nb\r\nc\r\nd\r\nE\r\nf";
        let diff = String::from_utf8_lossy(&unified("x y.conf", old, new)).into_owned();
        assert_eq!(
            diff,
            "--- a/x y.conf\t\n+++ b/x y.conf\t\n@@ -2,5 +2,5 @@\n b\r\n c\r\n d\r\n-e\r\n+E\r\n f\n\\ No newline at end of file\n"
        );
        // Found by trying random texts with git and patch.
        let (old, new) = ("\nb\n-\nc\n-\nc\n@\n", "b\nb\n-\nc\n\t\n-\nc\n@\n");
        let moved = unified("x", old.as_bytes(), new.as_bytes());
        assert!(String::from_utf8_lossy(&moved).contains("@@ -1,7 +1,8 @@"));
        assert!(unified("x", old.as_bytes(), old.as_bytes()).is_empty());
        assert!(
            unified("a\"\n", b"", b"x\n")
                .starts_with(b"--- \"a/a\\\"\\012\"\n+++ \"b/a\\\"\\012\"\n@@ -0,0 +1 @@\n+x\n")
        );
    }
}
