//! A product is named in its room and in the one list, `src/product/mod.rs`, and hardly anywhere else.
#![allow(clippy::unwrap_used, missing_docs, clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gatelint::product;

/// The files in which all products may be named: the list, those of it that are known by name only, and the kinds that
/// are not read.
const LIST: [&str; 3] = ["product/mod.rs", "product/named.rs", "product/unread.rs"];

/// Every other mention, and why it stands there. Whoever adds one says why, or better: asks the descriptor.
const MENTIONS: &[(&str, usize, &str)] = &[
    ("cli.rs", 2, "an example in the help names a file as people have it"),
    (
        "cli/traffic.rs",
        2,
        "examples in the help name logs as people have them",
    ),
    (
        "report/summary.rs",
        1,
        "a hint to somebody who has nothing linked says what is usually forgotten",
    ),
    (
        "product/gunicorn/mod.rs",
        2,
        "worker classes of gunicorn that are called after uvicorn",
    ),
    (
        "product/ingress_nginx/product.rs",
        2,
        "ingress-nginx is nginx where it passes requests on",
    ),
    (
        "product/nginx/descriptor.rs",
        1,
        "the format of its log is Apache's, which the help says",
    ),
    ("product/rails/mod.rs", 2, "`rails server` starts Puma"),
    (
        "product/spring/mod.rs",
        2,
        "settings of Spring Boot that are called after Tomcat",
    ),
];

/// What is called like a product and is none: a language, or a protocol.
const NAMESAKES: &[(&str, usize, &str)] = &[
    ("product/gunicorn/mod.rs", 2, "the protocol uwsgi"),
    ("product/nginx/claim.rs", 2, "directives for the protocol uwsgi"),
    ("product/nginx/includes.rs", 1, "a file for the protocol uwsgi"),
    ("product/nginx/misplaced.rs", 2, "directives for the protocol uwsgi"),
    ("product/nginx/table.rs", 5, "directives for the protocol uwsgi"),
    (
        "product/node/tools.rs",
        1,
        "bun as what installs packages and runs scripts",
    ),
    ("scaling/terraform/application.rs", 1, "a block of Terraform"),
    ("rule/explain.rs", 1, "a language of Markdown's code blocks"),
    ("syntax/caddyfile.rs", 1, "a message of the language's parser"),
    ("syntax/haproxy.rs", 1, "a message of the language's parser"),
    (
        "syntax/language.rs",
        18,
        "the languages, their parsers and who reads them",
    ),
    ("syntax/mod.rs", 3, "the parsers of the languages"),
    (
        "syntax/nginx.rs",
        4,
        "messages of the language's parser, and directives for the protocol uwsgi",
    ),
];

/// Names that are also English or Kubernetes' words: these count only as a whole literal, or in a path.
const AMBIGUOUS: [&str; 5] = ["node", "bun", "deno", "kong", "load_balancer"];
/// Other spellings, by room.
const SPELLINGS: [(&str, &str); 8] = [
    ("openresty", "nginx"),
    ("catalina", "tomcat"),
    ("httpd", "apache"),
    ("alb", "load_balancer"),
    ("clb", "load_balancer"),
    ("nlb", "load_balancer"),
    ("gce", "load_balancer"),
    ("google cloud load", "load_balancer"),
];

#[test]
fn products_are_named_in_their_rooms_and_in_the_list() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let names = Names::new(&source);
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in walkdir::WalkDir::new(&source).into_iter().flatten() {
        let path = entry.path();
        let file = path.strip_prefix(&source).unwrap().to_string_lossy().replace('\\', "/");
        if path.extension().is_none_or(|extension| extension != "rs") || file.ends_with("tests.rs") {
            continue;
        }
        if LIST.contains(&&*file) {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let mentions = names.mentions(&file, &text);
        if !mentions.is_empty() {
            found.insert(file, mentions);
        }
    }
    let expected = |file: &str| {
        let of = |table: &[(&str, usize, &str)]| {
            let mut rows = table.iter().filter(|(own, ..)| *own == file);
            rows.next().map_or(0, |(_, count, _)| *count)
        };
        of(MENTIONS) + of(NAMESAKES)
    };
    for (file, count, reason) in MENTIONS.iter().chain(NAMESAKES) {
        println!("{count:2} {file}: {reason}");
    }
    let known: BTreeSet<&str> = MENTIONS.iter().chain(NAMESAKES).map(|(file, ..)| *file).collect();
    let files = found
        .keys()
        .map(String::as_str)
        .chain(known)
        .collect::<BTreeSet<&str>>();
    let wrong: Vec<String> = files
        .into_iter()
        .filter(|file| found.get(*file).map_or(0, Vec::len) != expected(file))
        .map(|file| {
            let lines = found.get(file).map(|lines| lines.join("\n    ")).unwrap_or_default();
            format!("  {file}, where {} are expected:\n    {lines}", expected(file))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "Products are named outside their rooms. Ask a descriptor (`src/product/descriptor.rs`) instead, or say in this\n\
         test why the name must stand there.\n{}",
        wrong.join("\n")
    );
    let all: usize = MENTIONS.iter().map(|(_, count, _)| count).sum();
    assert!(all < 20, "{all} mentions of products outside their rooms");
}

/// What products are called, and in which room.
struct Names {
    /// Spellings that are found anywhere in a word, each with its room.
    words: Vec<(String, String)>,
    /// Names that are also other words.
    ambiguous: Vec<(String, String)>,
}

impl Names {
    fn new(source: &Path) -> Names {
        let rooms = std::fs::read_dir(source.join("product")).unwrap().flatten();
        let rooms = rooms.filter(|entry| entry.path().is_dir());
        let rooms: Vec<String> = rooms
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        // Those that are known by name only have no room of their own.
        let listed = product::all().map(|product| product.product.name.to_lowercase());
        let listed = listed.filter(|name| !name.contains(' ')).map(|name| {
            let room = rooms
                .iter()
                .find(|room| plain(room) == plain(&name) || name.starts_with(room.as_str()));
            (name.clone(), room.cloned().unwrap_or(name))
        });
        let own = rooms.iter().map(|room| (room.clone(), room.clone()));
        let spelled = SPELLINGS.map(|(name, room)| (name.to_owned(), room.to_owned()));
        let all: BTreeSet<(String, String)> = own.chain(listed).chain(spelled).collect();
        let (ambiguous, words) = all
            .into_iter()
            .partition(|(name, _)| AMBIGUOUS.contains(&name.as_str()));
        Names { words, ambiguous }
    }

    /// Each mention in a file with its line.
    fn mentions(&self, file: &str, text: &str) -> Vec<String> {
        let room = file.strip_prefix("product/").and_then(|rest| rest.split_once('/'));
        let room = room.map_or("", |(room, _)| room);
        let mut found = Vec::new();
        for (number, line) in code(file, text) {
            let mut places: BTreeSet<usize> = BTreeSet::new();
            let lower = line.to_ascii_lowercase();
            for (name, own) in &self.words {
                // ingress-nginx calls itself so, and half of its settings begin like that.
                let is_named = room == "ingress_nginx" && name == "nginx";
                let counts = |at: usize| match own == room || is_named {
                    true => own != room && lower[..at].ends_with("product::"),
                    false => true,
                };
                let whole = |at: usize| name.len() > 3 || ends(line, at + name.len());
                let all = lower.match_indices(name.as_str()).map(|(at, _)| at);
                places.extend(all.filter(|at| begins(line, *at) && whole(*at) && counts(*at)));
            }
            for (name, own) in self.ambiguous.iter().filter(|(_, own)| own != room) {
                for spelling in [format!("\"{name}\""), format!("product::{own}")] {
                    places.extend(line.match_indices(&spelling).map(|(at, _)| at));
                }
            }
            found.extend(places.iter().map(|_| format!("{number}: {}", line.trim())));
        }
        found
    }
}

fn plain(name: &str) -> String {
    name.replace(['-', '_'], "")
}

/// Whether a name begins here: `is_nginx`, `IsNginx`, but not the second letter of `gunicorn`.
fn begins(line: &str, at: usize) -> bool {
    let before = line[..at].chars().next_back().filter(char::is_ascii_alphanumeric);
    let is_capital = line[at..].starts_with(|c: char| c.is_ascii_uppercase());
    before.is_none_or(|before| is_capital && before.is_ascii_lowercase())
}

fn ends(line: &str, at: usize) -> bool {
    !line[at..].starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// The lines of a file, numbered, without comments, its tests, and the sentences that document fields.
fn code<'t>(file: &str, text: &'t str) -> Vec<(usize, &'t str)> {
    let text = text.split("#[cfg(test)]").next().unwrap_or(text);
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines
        .map(|(number, line)| (number, without_comment(line)))
        .map(|(number, line)| match file.starts_with("model/field/") {
            // `NAME: Arc<str> = "name", "What it is.";`
            true => (number, line.split("\", \"").next().unwrap_or(line)),
            false => (number, line),
        })
        .collect()
}

fn without_comment(line: &str) -> &str {
    let mut inside = false;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match c {
            '"' if before != '\\' => inside = !inside,
            '/' if !inside && before == '/' => return &line[..at - 1],
            _ => {}
        }
        before = c;
    }
    line
}
