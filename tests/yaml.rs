//! YAML and templates: exact spans, recovery, limits, and the way back from embedded text.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;
use std::time::{Duration, Instant};

use gatelint::repo::{Edit, Source, SourceId, Sources, Span, edit::splice};
use gatelint::syntax::{At, NodeId, ProblemKind, Shape, Tree, TreeBuilder, yaml};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use proptest::prelude::*;

fn parse(text: &str) -> Tree {
    yaml::parse(&Sources::default().add_file("test.yaml", text.as_bytes().to_vec()))
}

/// Every node of a text: path, shape, tag, the text of its span, its words, and `?` where it cannot be known.
fn outline(text: &str) -> String {
    let tree = parse(text);
    let mut out = String::new();
    for document in tree.root().children() {
        describe(text, document, "", &mut out);
    }
    out
}

fn describe(text: &str, at: At<'_>, path: &str, out: &mut String) {
    let shape = match at.shape() {
        Shape::Leaf => "",
        Shape::Map => "{}",
        Shape::List => "[]",
        Shape::Alias(_) => "*",
    };
    let words: Vec<String> = at.texts().map(|word| format!("{word:?}")).collect();
    let doubt = if at.doubt().is_some() { " ?" } else { "" };
    let (tag, bytes) = (at.tag().unwrap_or_default(), &text[at.span().range()]);
    out.push_str(&format!("{path}{shape}{tag} {bytes:?} = {}{doubt}\n", words.join(" ")));
    for (index, child) in at.children().enumerate() {
        let name = if at.is_map() {
            child.name().to_owned()
        } else {
            index.to_string()
        };
        describe(text, child, &format!("{path}/{name}"), out);
    }
}

/// Words lie on character boundaries within the text, nodes within their parents.
fn check_spans(source: &Source, tree: &Tree) {
    let text = |span: Span| source.text.get(span.range());
    for at in tree.all() {
        assert!(text(at.span()).is_some(), "{:?}", at.span());
        if let Some(parent) = at.parent() {
            let (outer, span) = (parent.span(), at.span());
            assert!(
                outer.start <= span.start && span.end <= outer.end,
                "{:?} in {:?}",
                text(span),
                text(outer)
            );
        }
        for word in at.name_word().into_iter().chain(at.words()) {
            assert!(text(at.word_span(word)).is_some(), "{word:?}");
        }
    }
    for span in tree
        .comments
        .iter()
        .copied()
        .chain(tree.problems.iter().map(|problem| problem.span))
    {
        assert!(text(span).is_some(), "{span:?}");
    }
    assert!(tree.holes().is_sorted_by(|before, hole| before.end <= hole.start));
}

#[test]
fn reads_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !folder.is_dir() {
        eprintln!("skipped: there is no corpus at {}", folder.display());
        return;
    }
    let (mut files, mut bytes, mut troubled) = (0, 0, 0);
    let start = Instant::now();
    for entry in walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().flatten() {
        let is_yaml = entry
            .path()
            .extension()
            .is_some_and(|name| name == "yaml" || name == "yml");
        let Some(content) = std::fs::read(entry.path()).ok().filter(|_| is_yaml) else {
            continue;
        };
        let source = Sources::default().add_file("corpus.yaml", content);
        let tree = yaml::parse(&source);
        check_spans(&source, &tree);
        (files, bytes) = (files + 1, bytes + source.text.len());
        troubled += usize::from(!tree.problems.is_empty());
        for problem in &tree.problems {
            let line = source.lines().line(problem.span.start) + 1;
            eprintln!(
                "{}:{line}: {:?}: {}",
                entry.path().display(),
                problem.kind,
                problem.message
            );
        }
    }
    eprintln!(
        "corpus: {files} files, {bytes} bytes, {troubled} with problems, {:?}",
        start.elapsed()
    );
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn spans_are_exact() {
    let table: &[(&str, &str)] = &[
        ("a: 1\n", "{} \"a: 1\" = \n/a \"a: 1\" = \"1\"\n"),
        (
            "é: \"naïve\" # c\nk: 'v'\n",
            "{} \"é: \\\"naïve\\\" # c\\nk: 'v'\" = \n/é \"é: \\\"naïve\\\"\" = \"naïve\"\n/k \"k: 'v'\" = \"v\"\n",
        ),
        (
            "\u{feff}k: v\r\nl: w\r\n",
            "{} \"k: v\\r\\nl: w\" = \n/k \"k: v\" = \"v\"\n/l \"l: w\" = \"w\"\n",
        ),
        (
            "a:\nb: ~\nc: null\n",
            "{} \"a:\\nb: ~\\nc: null\" = \n/a \"a:\" = \n/b \"b: ~\" = \n/c \"c: null\" = \n",
        ),
        (
            "a: {}\nb: []\n",
            "{} \"a: {}\\nb: []\" = \n/a{} \"a: {}\" = \n/b[] \"b: []\" = \n",
        ),
        (
            "a:\n  - 1\n  -\n\n# c\n\nb: 2\n",
            "{} \"a:\\n  - 1\\n  -\\n\\n# c\\n\\nb: 2\" = \n/a[] \"a:\\n  - 1\\n  -\" = \n/a/0 \"1\" = \"1\"\n/a/1 \"\" = \n/b \"b: 2\" = \"2\"\n",
        ),
        (
            "a: |  # c\n\n  x\n   y \n\n\nb: >-\n  q\n  r\n",
            "{} \"a: |  # c\\n\\n  x\\n   y \\n\\n\\nb: >-\\n  q\\n  r\" = \n/a \"a: |  # c\\n\\n  x\\n   y \" = \"\\nx\\n y \\n\"\n/b \"b: >-\\n  q\\n  r\" = \"q r\"\n",
        ),
        (
            "a: |\n# c\nb: |+",
            "{} \"a: |\\n# c\\nb: |+\" = \n/a \"a: |\" = \"\"\n/b \"b: |+\" = \"\"\n",
        ),
        (
            "- [a,\t{b: c,},]\n",
            "[] \"- [a,\\t{b: c,},]\" = \n/0[] \"[a,\\t{b: c,},]\" = \n/0/0 \"a\" = \"a\"\n/0/1{} \"{b: c,}\" = \n/0/1/b \"b: c\" = \"c\"\n",
        ),
        (
            "? [q, w]\n: 1\n{x: y}: 2\n: 3\n",
            "{} \"? [q, w]\\n: 1\\n{x: y}: 2\\n: 3\" = \n/[q, w] \"[q, w]\\n: 1\" = \"1\"\n/{x: y} \"{x: y}: 2\" = \"2\"\n/ \": 3\" = \"3\"\n",
        ),
        (
            "a: one\n  two\n",
            "{} \"a: one\\n  two\" = \n/a \"a: one\\n  two\" = \"one two\"\n",
        ),
        (
            "a: !Ref x\nb: !reset []\nc: !reset\nd: !!str 1\n",
            "{} \"a: !Ref x\\nb: !reset []\\nc: !reset\\nd: !!str 1\" =  ?\n/a!Ref \"a: !Ref x\" = \"x\" ?\n/b[]!reset \"b: !reset []\" = \"\"\n/c!reset \"c: !reset\" = \"\"\n/d!!str \"d: !!str 1\" = \"1\"\n",
        ),
        (
            "a: !If\n  - !Ref x\n  - 1\n",
            "{} \"a: !If\\n  - !Ref x\\n  - 1\" =  ?\n/a[]!If \"a: !If\\n  - !Ref x\\n  - 1\" = \"\" ?\n/a/0!Ref \"!Ref x\" = \"x\" ?\n/a/1 \"1\" = \"1\" ?\n",
        ),
        (
            "a: ${X}\nb: $${X}\nc: ${x}\nd: r:${T:-1}\n",
            "{} \"a: ${X}\\nb: $${X}\\nc: ${x}\\nd: r:${T:-1}\" =  ?\n/a \"a: ${X}\" = \"${X}\" ?\n/b \"b: $${X}\" = \"$${X}\"\n/c \"c: ${x}\" = \"${x}\"\n/d \"d: r:${T:-1}\" = \"r:${T:-1}\" ?\n",
        ),
        (
            "--- a\n--- # c\n...\n---\nb\n",
            " \"a\" = \"a\"\n \"\" = \n \"b\" = \"b\"\n",
        ),
        (
            "a: 1\na: 2\n<<: {b: 3}\n",
            "{} \"a: 1\\na: 2\\n<<: {b: 3}\" = \n/a \"a: 1\" = \"1\"\n/a \"a: 2\" = \"2\"\n/<<{} \"<<: {b: 3}\" = \n/<</b \"b: 3\" = \"3\"\n",
        ),
        (
            "[a: b , c]\n",
            "[] \"[a: b , c]\" = \n/0{} \"a: b\" = \n/0/a \"a: b\" = \"b\"\n/1 \"c\" = \"c\"\n",
        ),
        ("0777: yes\n", "{} \"0777: yes\" = \n/0777 \"0777: yes\" = \"yes\"\n"),
        ("", ""),
        ("# only\n", ""),
    ];
    for (text, expected) in table {
        assert_eq!(outline(text), *expected, "{text}");
        assert!(parse(text).problems.is_empty(), "{text}");
    }
}

#[test]
fn comments_are_in_order_and_templates_are_none() {
    let text =
        "# a\nk: |  # b\r\n  # text\n\n# c\nl: [1, # d\n 2]\n{{ x }}\n  {{- y }}\n#{{ z }}\nm: 'a # b'\r\n#e\r\n";
    let tree = parse(text);
    let comments: Vec<&str> = tree.comments.iter().map(|span| &text[span.range()]).collect();
    assert_eq!(comments, ["# a", "# b", "# c", "# d", "#{{ z }}", "#e"]);
    assert!(tree.problems.is_empty(), "{:?}", tree.problems);
}

/// Broken documents keep what stands before the fault; what was open there is unknown; the other documents are whole.
#[test]
fn a_broken_document_harms_no_other() {
    let cases = [
        ("b: [1, {c", "unclosed", "b"),
        ("b:\n\tc: 1", "tab", "b"),
        ("b: \"x\n", "", "b"),
        ("b:\n  c: 1\n d: 2", "indentation", "b"),
        ("b: 1\n- c", "key was expected", "b"),
        ("b: *\n", "", "b"),
        ("@", "", ""),
        ("%", "", ""),
    ];
    for (broken, message, key) in cases {
        let text = format!("a: 1\n---\n{broken}\n---\nz: 2\n--- [3]\n");
        let tree = parse(&text);
        let documents: Vec<At<'_>> = tree.root().children().collect();
        assert_eq!(documents.len(), 4, "{text}");
        assert_eq!(documents[0].scalar("a"), Some("1"), "{text}");
        assert!(documents[1].doubt().is_some(), "{text}");
        if !key.is_empty() {
            assert!(documents[1].child(key).is_some(), "{text}");
        }
        assert_eq!(documents[2].scalar("z"), Some("2"), "{text}");
        assert_eq!(documents[3].items().next().unwrap().text(), Some("3"), "{text}");
        assert!(
            [0, 2, 3].iter().all(|n| documents[*n].doubt().is_none()),
            "{text} {:?}",
            tree.holes()
        );
        let [problem] = &tree.problems[..] else {
            panic!("{text}: {:?}", tree.problems)
        };
        assert!(problem.message.contains(message), "{}", problem.message);
        assert_eq!(problem.kind, ProblemKind::PartlyRead);
        assert!(
            (9..10 + broken.len() as u32 + 4).contains(&problem.span.start),
            "{text}: {problem:?}"
        );
    }
    assert_eq!(parse("\"never closed").problems[0].kind, ProblemKind::Unreadable);
}

#[test]
fn aliases_read_as_what_they_name() {
    let tree = parse(
        "a: &a {x: 1}\nb: *a\n&k key: 1\nd: *k\ne: *none\nf: &f\n  g: [*f]\n<<: *a\nh: &h v\ni: *h\n---\nj: *a\n",
    );
    let document = tree.root().children().next().unwrap();
    assert_eq!(document.scalar("b.x"), Some("1"));
    assert_eq!(document.scalar("d"), Some("key"));
    assert_eq!(document.scalar("x"), Some("1"), "merge key");
    assert_eq!(document.scalar("i"), Some("v"));
    for path in ["e", "f.g"] {
        assert!(document.get(path).unwrap().doubt().is_some(), "{path}");
    }
    assert_eq!(
        document.get("f.g").unwrap().items().next().unwrap().shape(),
        Shape::Leaf,
        "no cycle"
    );
    assert_eq!(tree.problems.len(), 3, "{:?}", tree.problems);
}

/// Whoever walks a tree through its aliases comes to an end, soon and without a deep stack.
#[test]
fn alias_bombs_stay_small() {
    fn walk(at: At<'_>, depth: usize) -> (usize, usize) {
        let below = at.children().map(|child| walk(child, depth + 1));
        below.fold((1, depth), |(nodes, deepest), (more, deep)| {
            (nodes + more, deepest.max(deep))
        })
    }
    let mut wide = "a0: &a0 [x, x]\n".to_owned();
    let mut deep = "a0: &a0 [x]\n".to_owned();
    for n in 1..3000 {
        let before = n - 1;
        wide.push_str(&format!("a{n}: &a{n} [*a{before}, *a{before}, *a{before}]\n"));
        deep.push_str(&format!("a{n}: &a{n} [*a{before}]\n"));
    }
    for text in [wide, deep] {
        let tree = parse(&text);
        let (nodes, depth) = walk(tree.root(), 0);
        assert!(nodes < 2_000_000 && depth < 600, "{nodes} {depth}");
        assert!(!tree.problems.is_empty());
        let mut copy = TreeBuilder::new(SourceId(0), "".into(), Vec::new(), Shape::List);
        copy.copy(tree.root(), &mut 100_000);
        assert!(copy.finish().len() > 1000);
    }
}

#[test]
fn depth_and_size_are_bounded_in_time() {
    let start = Instant::now();
    let texts = [
        "[".repeat(20_000),
        "{a: ".repeat(20_000),
        "- ".repeat(20_000),
        (0..3000).map(|n| format!("{}a:\n", " ".repeat(n))).collect(),
        "a: [1\n---\n".repeat(20_000),
        "a: 1\n---\n".repeat(20_000),
        "# c\n".repeat(100_000),
        format!("a: {}\n", "x".repeat(2_000_000)),
        format!("a: [{}]\n", "1, ".repeat(200_000)),
        "a: {{ b }}\n".repeat(50_000),
        "{{ b }}\n".repeat(50_000),
        "{{ b }} ".repeat(50_000),
        "{{ \"".repeat(50_000),
        "{{/*".repeat(50_000),
        "{{ \"}}\" ".repeat(50_000),
        "a: |\n{{ b }}\n".repeat(50_000),
        "${A".repeat(50_000),
        "${A:".repeat(50_000),
        "$".repeat(300_000) + "{A}",
        "@a".repeat(100_000),
        "a:\n".to_owned() + &"\n".repeat(300_000) + &"b:\n".repeat(1000),
        "&a ".repeat(50_000),
        "*a : ".repeat(50_000),
        "? ".repeat(20_000),
        "a: !x\n".repeat(50_000),
    ];
    for text in texts {
        let from = processor_time();
        let tree = parse(&text);
        drop(tree.clone());
        let name = &text[..20.min(text.len())];
        let took = processor_time() - from;
        assert!(took < Duration::from_secs(5), "{name:?} {took:?}");
        if took > Duration::from_millis(300) {
            eprintln!("slow: {name:?} {} bytes {took:?}", text.len());
        }
    }
    eprintln!("{:?}", start.elapsed());
}

#[test]
fn templates_do_not_hide_what_is_known() {
    let text = r#"{{- if .Values.on }}
{{/* don't "care
 }} */}}
kind: Deployment {# note #}
{%- for x in y %}
metadata:
  name: {{ .Release.Name }}-web
  labels:
    {{- include "labels" . | nindent 4 }}
    é: "{{ "}}" }}é-x"
  annotations:
{{ toYaml .Values.annotations | indent 4 }}
spec:
  {{ if .tz }}timeZone: "{{ .tz }}"{{- end }}
  replicas: {{ .n
    | default 1 }}
  image: @name@:${TAG:-1}
  args: [--a={{ a }}, {{ b }}, <%= c %>]
  empty:
  {{- end }}
  port: 80
data:
  nginx.conf: |
{{- if .x }}
    listen {{ .port }};
{{- end }}
    root /é;
  other: |
{{ .Files.Get "other" | indent 4 }}
  last: 1
{%- endfor %}
{{- end }}
"#;
    let tree = parse(text);
    assert!(
        tree.problems.is_empty() && tree.comments.is_empty(),
        "{:?}",
        tree.problems
    );
    let document = tree.root().children().next().unwrap();
    let known = [("kind", "Deployment"), ("spec.port", "80"), ("data.last", "1")];
    for (path, value) in known {
        let at = document.get(path).unwrap();
        assert_eq!(at.text().unwrap().split(' ').next(), Some(value), "{path}");
    }
    for path in ["spec.port", "data.last", "spec.empty"] {
        assert!(document.get(path).unwrap().doubt().is_none(), "{path}");
    }
    for path in [
        "metadata.name",
        "metadata.labels",
        "metadata.labels.é",
        "metadata.annotations",
        "spec.replicas",
        "spec.image",
    ] {
        assert!(document.get(path).unwrap().doubt().is_some(), "{path}");
    }
    assert_eq!(document.scalar("metadata.labels.é"), Some(r#"{{ "}}" }}é-x"#));
    let args: Vec<bool> = document
        .get("spec.args")
        .unwrap()
        .items()
        .map(|item| item.doubt().is_some())
        .collect();
    assert_eq!(args, [true, true, true]);
    let conf = document.get("data").unwrap().child("nginx.conf").unwrap();
    assert_eq!(
        conf.text(),
        Some("{{- if .x }}\nlisten {{ .port }};\n{{- end }}\nroot /é;\n")
    );
    assert!(document.get("data.other").unwrap().doubt_at(0).is_some());
}

/// What prints nothing does not become part of a value, and what prints a block may stand beside its key.
#[test]
fn templates_beside_values() {
    let table: &[(&str, &str)] = &[
        (
            "a: {{ if x }}\n  b: 1\n{{ end }}\n",
            "{} \"a: {{ if x }}\\n  b: 1\" =  ?\n/a{} \"a: {{ if x }}\\n  b: 1\" =  ?\n/a/b \"b: 1\" = \"1\"\n",
        ),
        (
            "a: 1 {{/* x */}}\nb: 'y'{{ end }}\n",
            "{} \"a: 1 {{/* x */}}\\nb: 'y'{{ end }}\" =  ?\n/a \"a: 1\" = \"1\"\n/b \"b: 'y'\" = \"y\"\n",
        ),
        (
            "a: {% if x %}\nb: 1\n",
            "{} \"a: {% if x %}\\nb: 1\" =  ?\n/a \"a: {% if x %}\" =  ?\n/b \"b: 1\" = \"1\"\n",
        ),
        (
            "a:{{ x | nindent 2 }}\nb: 1\n",
            "{} \"a:{{ x | nindent 2 }}\\nb: 1\" =  ?\n/a \"a:{{ x | nindent 2 }}\" = \"{{ x | nindent 2 }}\" ?\n/b \"b: 1\" = \"1\"\n",
        ),
        (
            "a: {{ x\n }}\nb: 1\n",
            "{} \"a: {{ x\\n }}\\nb: 1\" =  ?\n/a \"a: {{ x\\n }}\" = \"{{ x\\n }}\" ?\n/b \"b: 1\" = \"1\"\n",
        ),
        (
            "- %HOST%:1\n- @x@\n",
            "[] \"- %HOST%:1\\n- @x@\" =  ?\n/0 \"%HOST%:1\" = \"%HOST%:1\" ?\n/1 \"@x@\" = \"@x@\" ?\n",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(outline(text), *expected, "{text}");
        assert!(parse(text).problems.is_empty(), "{text}");
    }
    // Only rendering could tell what this is: no mistake of its author.
    let tree = parse("a:\n{{ x }}\n  b: 1\n- c\n---\nd: 2\n");
    assert_eq!(tree.problems[0].kind, ProblemKind::Skipped);
    assert_eq!(tree.root().children().nth(1).unwrap().scalar("d"), Some("2"));
}

/// An edit in the text inside a scalar lands in the right bytes of the file, at its indentation.
#[test]
fn edits_of_embedded_text_land_in_the_file() {
    fn check(text: &str, cases: &[(&str, &str, &str)]) {
        for (old, new, expected) in cases {
            let sources = Sources::default();
            let file = sources.add_file("file.yaml", text.as_bytes().to_vec());
            let tree = yaml::parse(&file);
            let at = tree.root().children().next().unwrap().child("k").unwrap();
            let (inner, pieces) = yaml::embed(&file.text, at, &at.words()[0]);
            let derived = sources.add_derived("inner", inner, pieces);
            let start = derived.text.find(old).unwrap() as u32;
            let start = if old.is_empty() {
                derived.text.len() as u32
            } else {
                start
            };
            let span = Span::new(derived.id, start, start + old.len() as u32);
            if !old.is_empty() && !old.contains('\n') {
                assert_eq!(sources.text(sources.locate(span)), *old);
            }
            let edit = sources
                .lift(Edit {
                    span,
                    text: (*new).to_owned(),
                })
                .unwrap();
            assert_eq!(splice(text, &[edit]).unwrap(), *expected, "{old:?} -> {new:?}");
        }
    }
    check(
        "k: |\n\n    é {\n      x;\n\n    }\nl: 1\n",
        &[
            ("x;", "yy;", "k: |\n\n    é {\n      yy;\n\n    }\nl: 1\n"),
            ("x;", "x;\n  y;", "k: |\n\n    é {\n      x;\n      y;\n\n    }\nl: 1\n"),
            ("  x;\n", "", "k: |\n\n    é {\n    \n    }\nl: 1\n"),
            ("é {\n", "a {\n", "k: |\n\n    a {\n      x;\n\n    }\nl: 1\n"),
            ("é {\n  x;\n", "a {\n", "k: |\n\n    a {\n    \n    }\nl: 1\n"),
            ("}\n", "}\nz\n", "k: |\n\n    é {\n      x;\n\n    }\n    z\nl: 1\n"),
            ("", "z\n", "k: |\n\n    é {\n      x;\n\n    }\n    z\nl: 1\n"),
        ],
    );
    check(
        "\u{feff}k: |-2\r\n   a;\r\n  b;\r\n",
        &[
            ("b;", "c;", "\u{feff}k: |-2\r\n   a;\r\n  c;\r\n"),
            ("a;", "a;\r\n c;", "\u{feff}k: |-2\r\n   a;\r\n   c;\r\n  b;\r\n"),
            (" a;\r\n", "", "\u{feff}k: |-2\r\n  b;\r\n"),
        ],
    );
    check(
        "k: |\n{{ if }}\n  a {{ b }};\n{{ end }}\n  c;\n",
        &[
            ("c;", "d;", "k: |\n{{ if }}\n  a {{ b }};\n{{ end }}\n  d;\n"),
            (" {{ b }}", "", "k: |\n{{ if }}\n  a;\n{{ end }}\n  c;\n"),
        ],
    );
    check("k: 'a b'\n", &[("b", "c", "k: 'a c'\n")]);
    check("k: a b\n", &[("b", "c", "k: a c\n")]);
    for text in ["k: \"a\\n\"\n", "k: >\n  a\n  b\n", "k: a\n  b\n"] {
        let sources = Sources::default();
        let file = sources.add_file("file.yaml", text.as_bytes().to_vec());
        let tree = yaml::parse(&file);
        let at = tree.root().children().next().unwrap().child("k").unwrap();
        let (inner, pieces) = yaml::embed(&file.text, at, &at.words()[0]);
        let derived = sources.add_derived("inner", inner, pieces);
        let span = Span::new(derived.id, 0, 1);
        assert!(
            sources
                .lift(Edit {
                    span,
                    text: String::new()
                })
                .is_err(),
            "{text}"
        );
        assert_eq!(sources.locate(span).start, at.word_span_at(0).start, "{text}");
    }
}

fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "a",
        ": ",
        ":",
        "\n",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n",
        "\r",
        "- ",
        "? ",
        "|",
        ">-",
        "|2+\n",
        "# c",
        "&a ",
        "*a",
        "!Ref ",
        "!!null ",
        "!reset ",
        "<<: *a",
        "\"",
        "'",
        "\\n",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "---",
        "\n---\n",
        "\n...\n",
        "%YAML 1.2\n",
        "\t",
        "é",
        "\u{feff}",
        "{{ x }}",
        "{{- é\n y }}",
        "{{ toYaml . | nindent 4 }}",
        "{{ end }}",
        "{% if %}",
        "{#",
        "#}",
        "<%",
        "%>",
        "${A}",
        "${A:-b}",
        "$${A}",
        "@v@",
        "~",
        "null",
        "~: ",
        "  ",
        "\u{0}",
        "🦀",
        "\u{85}",
        "\u{2028}",
    ]);
    prop::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_spans_nest(text in prop_oneof![3 => fragments(), 1 => any::<String>()]) {
        let sources = Sources::default();
        let source = sources.add_file("x.yaml", text.clone().into_bytes());
        let tree = yaml::parse(&source);
        check_spans(&source, &tree);
        for at in tree.all().filter(|at| at.id() != NodeId::ROOT) {
            for word in at.words() {
                let (inner, pieces) = yaml::embed(&source.text, at, word);
                let mut end = 0;
                for piece in &pieces {
                    prop_assert_eq!(piece.at, end);
                    end += piece.len;
                    if piece.len == piece.from.len() {
                        let inner = &inner[piece.at as usize..end as usize];
                        prop_assert_eq!(inner, &source.text[piece.from.range()]);
                    }
                }
                prop_assert_eq!(end as usize, inner.len());
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_holes(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let source = Sources::default().add_file("x.yaml", bytes);
        let tree = yaml::parse(&source);
        check_spans(&source, &tree);
        prop_assert!(source.replaced.iter().all(|(start, end)| tree.hole_in(Span::new(source.id, *start, *end)).is_some()));
    }
}

/// That of this thread: what else the machine does has no part in it.
fn processor_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).unwrap();
    Duration::from_micros(usage.user_time().num_microseconds() as u64)
}
