//! Which file of the program imports from which, read from its `use` items and paths as they are written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Each file, relative to `src`, with the files it imports from.
pub type Imports = BTreeMap<String, BTreeSet<String>>;

type Module = Vec<String>;

/// Reads the imports of every file below a folder. What only tests import does not count.
pub fn imports(source: &Path) -> Imports {
    let mut modules: BTreeMap<Module, String> = BTreeMap::new();
    let mut texts: Vec<(Module, String, String)> = Vec::new();
    for entry in walkdir::WalkDir::new(source).into_iter().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "rs") || path.ends_with("main.rs") {
            continue;
        }
        let relative = path.strip_prefix(source).unwrap().to_string_lossy().replace('\\', "/");
        let module = module_of(&relative);
        modules.insert(module.clone(), relative.clone());
        texts.push((module, relative, std::fs::read_to_string(path).unwrap()));
    }
    let mut all = Imports::new();
    for (module, file, text) in texts {
        let own = all.entry(file.clone()).or_default();
        for path in paths(&module, &words(&text), &modules) {
            let longest = (0..=path.len()).rev().find_map(|end| modules.get(&path[..end]));
            own.extend(longest.filter(|other| **other != file).cloned());
        }
    }
    all
}

/// The circles: files of which each leads to every other, largest first.
pub fn circles(imports: &Imports) -> Vec<Vec<&str>> {
    let reached = |from: &str| {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut next: Vec<&str> = imports.get(from).into_iter().flatten().map(String::as_str).collect();
        while let Some(file) = next.pop() {
            if seen.insert(file) {
                next.extend(imports.get(file).into_iter().flatten().map(String::as_str));
            }
        }
        seen
    };
    let from_each: BTreeMap<&str, BTreeSet<&str>> = imports.keys().map(|file| (&**file, reached(file))).collect();
    let mut found: BTreeSet<Vec<&str>> = BTreeSet::new();
    for (file, leads) in &from_each {
        let circle: Vec<&str> = leads
            .iter()
            .copied()
            .filter(|other| from_each[other].contains(file))
            .collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    let mut found: Vec<Vec<&str>> = found.into_iter().collect();
    found.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    found
}

fn module_of(file: &str) -> Module {
    let mut parts: Module = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// Names and punctuation of a text up to its tests, without comments and literals.
fn words(text: &str) -> Vec<&str> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let bytes = text.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(inner) = rest.strip_prefix("r#\"") {
            inner.find("\"#").map_or(rest.len(), |end| end + 5)
        } else if let Some(inner) = rest.strip_prefix('"') {
            let mut escaped = false;
            let end = inner.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |end| end + 2)
        } else if ["'\"'", "'{'", "'}'", "';'", "','"]
            .iter()
            .any(|literal| rest.starts_with(literal))
        {
            3
        } else if let Some(escape) = rest.strip_prefix("'\\") {
            escape.find('\'').map_or(rest.len(), |end| end + 3)
        } else {
            let first = rest.chars().next().unwrap();
            let length = match rest.find(|c| !is_name(c)) {
                Some(0) if rest.starts_with("::") => 2,
                Some(0) => first.len_utf8(),
                Some(end) => end,
                None => rest.len(),
            };
            if !first.is_whitespace() {
                words.push(&rest[..length]);
            }
            length
        };
        at += length;
    }
    words
}

/// Every path of a file from the crate's root: those of `use` items, and those in between.
fn paths(module: &Module, words: &[&str], modules: &BTreeMap<Module, String>) -> Vec<Module> {
    let mut found: Vec<Module> = Vec::new();
    let mut names: BTreeMap<&str, Module> = BTreeMap::new();
    let mut inline: Vec<Vec<&str>> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let starts_item = at == 0 || matches!(words[at - 1], ";" | "{" | "}" | "]" | ")" | "pub");
        if words[at] == "use" && starts_item {
            let end = at + words[at..].iter().position(|word| *word == ";").unwrap_or(0);
            for (path, name) in leaves(&words[at + 1..end]) {
                if let Some(path) = absolute(module, &path, modules) {
                    names.insert(name, path.clone());
                    found.push(path);
                }
            }
            at = end;
        } else if words.get(at + 1) == Some(&"::") && (at == 0 || !matches!(words[at - 1], "::" | "." | "in")) {
            let mut path = vec![words[at]];
            while words.get(at + 1) == Some(&"::") && words.get(at + 2).is_some() {
                path.push(words[at + 2]);
                at += 2;
            }
            inline.push(path);
        }
        at += 1;
    }
    for path in inline {
        let named = names.get(path[0]).map(|first| {
            let rest = path[1..].iter().map(|part| (*part).to_owned());
            first.iter().cloned().chain(rest).collect()
        });
        found.extend(named.or_else(|| absolute(module, &path, modules)));
    }
    found
}

/// The paths of a `use` item, each with the name it gives.
fn leaves<'w>(words: &[&'w str]) -> Vec<(Vec<&'w str>, &'w str)> {
    let mut found = Vec::new();
    let mut before: Vec<usize> = Vec::new();
    let mut path: Vec<&str> = Vec::new();
    let mut at = 0;
    let mut end = |path: &mut Vec<&'w str>, before: &[usize]| {
        let start = before.last().copied().unwrap_or(0);
        if path.len() > start {
            let is_self = path.last() == Some(&"self") && path.len() > 1;
            let whole = path[..path.len() - usize::from(is_self)].to_vec();
            found.push((whole.clone(), whole[whole.len() - 1]));
        }
        path.truncate(start);
    };
    while at < words.len() {
        match words[at] {
            "::" => {}
            "{" => before.push(path.len()),
            "," => end(&mut path, &before),
            "}" => {
                end(&mut path, &before);
                before.pop();
                path.truncate(before.last().copied().unwrap_or(0));
            }
            "as" => {
                at += 1;
            }
            word => path.push(word),
        }
        at += 1;
    }
    end(&mut path, &before);
    found
}

/// A path from the crate's root; `None` for one into another crate.
fn absolute(module: &Module, path: &[&str], modules: &BTreeMap<Module, String>) -> Option<Module> {
    let own = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Module>();
    let ups = path.iter().take_while(|part| **part == "super").count();
    match path.first()? {
        &"crate" | &"gatelint" => Some(own(&path[1..])),
        &"self" => Some([module.clone(), own(&path[1..])].concat()),
        &"super" => Some([module[..module.len().checked_sub(ups)?].to_vec(), own(&path[ups..])].concat()),
        first => {
            let child = [module.clone(), vec![(*first).to_owned()]].concat();
            modules
                .contains_key(&child)
                .then(|| [module.clone(), own(path)].concat())
        }
    }
}
