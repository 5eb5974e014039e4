//! `kubectl` commands that change a count: `scale`, `patch` and `autoscale`, out of a container's command line or script.

use crate::repo::Span;
use crate::syntax::argv::{Argument, Piece, split};

use super::evaluation::NotEvaluated;
use super::given::Given;

/// Which objects a command writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// One object.
    One(String),
    /// All of a kind, or those with a label.
    Several,
}

/// How a command writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `kubectl scale`
    Scale,
    /// `kubectl patch`
    Patch,
    /// `kubectl autoscale`
    Autoscale,
}

/// Why the API server refuses a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where the right would stand.
    pub span: Span,
    /// Which right is missing, in words.
    pub says: String,
}

/// A count that a command writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubectlWrite {
    /// How it writes.
    pub verb: Verb,
    /// The kind as written, in lower case: `deployment`, `deploy`, `hpa`, `scaledobject.keda.sh`.
    pub kind: String,
    /// Its object.
    pub name: Named,
    /// `-n` or `--namespace`.
    pub namespace: Option<String>,
    /// `spec.replicas`
    pub replicas: Option<Given<u32>>,
    /// The least count of an autoscaler.
    pub minimum: Option<Given<u32>>,
    /// The greatest count of an autoscaler.
    pub maximum: Option<Given<u32>>,
    /// Why it is refused, where its right is surely missing.
    pub refused: Option<Refusal>,
}

/// What a container's command writes; an error where that cannot be told. Commands that read are passed over.
pub fn kubectl_writes(arguments: &[Argument]) -> Result<Vec<KubectlWrite>, NotEvaluated> {
    let Some(first) = arguments.first() else {
        return Ok(Vec::new());
    };
    if let Some(script) = script(arguments) {
        return script_writes(script);
    }
    let words: Vec<Word> = arguments.iter().map(Word::of).collect();
    if first.base_name() == "kubectl" {
        return Ok(command(&words, first.span)?.into_iter().collect());
    }
    Err(NotEvaluated {
        reason: format!("what `{}` does to the count cannot be told", first.base_name()),
        span: first.span,
    })
}

struct Word {
    text: String,
    span: Span,
    unknown: bool,
}

impl Word {
    fn of(argument: &Argument) -> Self {
        Self {
            text: argument.text.clone(),
            span: argument.span,
            unknown: argument.unknown,
        }
    }
}

/// The script of `sh -c …`.
fn script(arguments: &[Argument]) -> Option<&Argument> {
    let shell = matches!(arguments.first()?.base_name(), "sh" | "bash" | "ash" | "dash");
    let flag = |argument: &&Argument| argument.text.starts_with('-') && argument.text.ends_with('c');
    let at = arguments.iter().position(|argument| flag(&argument))?;
    arguments.get(at + 1).filter(|_| shell)
}

fn script_writes(script: &Argument) -> Result<Vec<KubectlWrite>, NotEvaluated> {
    let unclear = |what: &str| NotEvaluated {
        reason: format!("what the script does to the count cannot be told: it has {what}"),
        span: script.span,
    };
    let mut writes = Vec::new();
    let text = script.text.replace("\\\n", "  ");
    let mut base = 0;
    for line in text.split('\n') {
        let mut statement: Vec<Word> = Vec::new();
        for piece in split(line) {
            match piece.text.as_str() {
                "&&" | ";" => run(&mut statement, &mut writes, script.span)?,
                "||" | "|" => return Err(unclear("a condition or a pipe")),
                "if" | "for" | "while" | "case" | "until" | "function" | "eval" if statement.is_empty() => {
                    return Err(unclear("conditions or loops"));
                }
                text if text.starts_with('#') => break,
                _ => {
                    let ends = piece.text.ends_with(';');
                    statement.push(word(script, base, &piece));
                    if ends {
                        run(&mut statement, &mut writes, script.span)?;
                    }
                }
            }
        }
        run(&mut statement, &mut writes, script.span)?;
        base += line.len() + 1;
    }
    Ok(writes)
}

fn word(script: &Argument, base: usize, piece: &Piece) -> Word {
    let verbatim = script.text.len() == script.span.len() as usize;
    let (start, end) = ((base + piece.start) as u32, (base + piece.end) as u32);
    let span = if verbatim {
        Span::new(script.span.source, script.span.start + start, script.span.start + end)
    } else {
        script.span
    };
    Word {
        text: piece.text.trim_end_matches(';').to_owned(),
        span,
        unknown: piece.has_variable,
    }
}

fn run(statement: &mut Vec<Word>, writes: &mut Vec<KubectlWrite>, script: Span) -> Result<(), NotEvaluated> {
    let words = std::mem::take(statement);
    let assigned = |word: &Word| {
        let name = word.text.split_once('=').map(|(name, _)| name);
        name.is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
    };
    let from = words
        .iter()
        .take_while(|word| assigned(word) || word.text == "exec")
        .count();
    let words = &words[from..];
    let Some(first) = words.first() else { return Ok(()) };
    match first.text.rsplit('/').next().unwrap_or_default() {
        "kubectl" => writes.extend(command(words, first.span)?),
        "set" | "echo" | "sleep" | "true" | "exit" | "date" | "export" | "printf" | "cd" | ":" => {}
        other => {
            return Err(NotEvaluated {
                reason: format!("what `{other}` does to the count cannot be told"),
                span: if first.unknown { script } else { first.span },
            });
        }
    }
    Ok(())
}

/// Options of `kubectl` that take a value in the next word.
const VALUED: [&str; 14] = [
    "-n",
    "--namespace",
    "--replicas",
    "-p",
    "--patch",
    "--type",
    "--min",
    "--max",
    "-l",
    "--selector",
    "--context",
    "--kubeconfig",
    "-s",
    "-o",
];

/// One command: its words without options, and its options.
struct Read<'w> {
    plain: Vec<&'w Word>,
    options: Vec<(String, Given<String>, bool)>,
}

fn read(words: &[Word]) -> Read<'_> {
    let mut read = Read {
        plain: Vec::new(),
        options: Vec::new(),
    };
    let mut rest = words.iter().skip(1);
    while let Some(word) = rest.next() {
        if !word.text.starts_with('-') || word.text == "-" {
            read.plain.push(word);
        } else if let Some((name, value)) = word.text.split_once('=') {
            // Only a word that stands byte for byte has parts of its own.
            let mut span = word.span;
            let quotes = (span.len() as usize).checked_sub(word.text.len());
            if let Some(quotes @ (0 | 2)) = quotes {
                let quote = quotes as u32 / 2;
                span.start += quote + (name.len() + 1) as u32;
                span.end -= quote;
            }
            let given = Given::new(value.to_owned(), span);
            read.options.push((name.to_owned(), given, word.unknown));
        } else if VALUED.contains(&word.text.as_str()) {
            let Some(value) = rest.next() else { break };
            let given = Given::new(value.text.clone(), value.span);
            read.options.push((word.text.clone(), given, value.unknown));
        } else {
            let given = Given::new(String::new(), word.span);
            read.options.push((word.text.clone(), given, word.unknown));
        }
    }
    read
}

fn command(words: &[Word], span: Span) -> Result<Option<KubectlWrite>, NotEvaluated> {
    let read = read(words);
    let unclear = |reason: &str, span: Span| NotEvaluated {
        reason: reason.to_owned(),
        span,
    };
    let Some((verb, objects)) = read.plain.split_first() else {
        return Ok(None);
    };
    let how = match verb.text.as_str() {
        "scale" => Verb::Scale,
        "patch" => Verb::Patch,
        "autoscale" => Verb::Autoscale,
        "get" | "describe" | "wait" | "version" | "logs" | "top" | "rollout" | "config" | "cluster-info" | "auth"
        | "annotate" | "label" => return Ok(None),
        other => {
            return Err(unclear(
                &format!("what `kubectl {other}` does to the count cannot be told"),
                verb.span,
            ));
        }
    };
    if let Some(word) = objects.iter().find(|word| word.unknown) {
        return Err(unclear("the object's name is filled in later", word.span));
    }
    if let Some((_, given, _)) = read.options.iter().find(|(_, _, unknown)| *unknown) {
        return Err(unclear("a value is filled in later", given.span));
    }
    let option = |names: &[&str]| {
        read.options
            .iter()
            .rev()
            .find(|(name, _, _)| names.contains(&name.as_str()))
    };
    let count = |names: &[&str]| -> Result<Option<Given<u32>>, NotEvaluated> {
        let Some((_, given, _)) = option(names) else {
            return Ok(None);
        };
        let count = given.value.parse::<u32>();
        count
            .map(|count| Some(Given::new(count, given.span)))
            .map_err(|_| unclear(&format!("`{}` is not a count", given.value), given.span))
    };
    let (kind, name) = match objects {
        [] => return Err(unclear("the command names no object", span)),
        [one] => match one.text.split_once('/') {
            Some((kind, name)) => (kind.to_ascii_lowercase(), Named::One(name.to_owned())),
            None => (one.text.to_ascii_lowercase(), Named::Several),
        },
        [kind, name] if !kind.text.contains('/') => (kind.text.to_ascii_lowercase(), Named::One(name.text.clone())),
        [kind, ..] => (
            kind.text.split('/').next().unwrap_or_default().to_ascii_lowercase(),
            Named::Several,
        ),
    };
    let mut write = KubectlWrite {
        verb: how,
        refused: None,
        kind,
        name,
        namespace: option(&["-n", "--namespace"]).map(|(_, given, _)| given.value.clone()),
        replicas: count(&["--replicas"])?,
        minimum: count(&["--min"])?,
        maximum: count(&["--max"])?,
    };
    if verb.text == "patch" {
        let Some((_, patch, _)) = option(&["-p", "--patch"]) else {
            return Err(unclear("the patch is not on the command line", span));
        };
        patched(patch, &mut write).ok_or_else(|| unclear("the patch could not be read", patch.span))?;
    }
    Ok(Some(write))
}

/// Reads a merge patch or a list of operations, in JSON or YAML.
fn patched(patch: &Given<String>, write: &mut KubectlWrite) -> Option<()> {
    let value: serde_json::Value = serde_yaml::from_str(&patch.value).ok()?;
    let mut set = |key: &str, value: &serde_json::Value| {
        let field = match key {
            "replicas" => &mut write.replicas,
            "minReplicas" | "minReplicaCount" => &mut write.minimum,
            "maxReplicas" | "maxReplicaCount" => &mut write.maximum,
            _ => return Some(()),
        };
        let count = value.as_u64().and_then(|count| u32::try_from(count).ok())?;
        *field = Some(Given::new(count, patch.span));
        Some(())
    };
    if let Some(operations) = value.as_array() {
        for operation in operations {
            let key = operation.get("path")?.as_str()?.strip_prefix("/spec/");
            if let Some(key) = key.filter(|key| !key.contains('/')) {
                set(key, operation.get("value")?)?;
            }
        }
        return Some(());
    }
    if let Some(spec) = value.as_object()?.get("spec") {
        for (key, value) in spec.as_object()? {
            set(key, value)?;
        }
    }
    Some(())
}
