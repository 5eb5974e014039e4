//! What the hand-written parsers promise: odd cases, tiling, no panics, agreement with nginx itself.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gatelint::repo::{SourceId, Span};
use gatelint::syntax::argv::{self, Argument, Command, Given};
use gatelint::syntax::{At, Shape, Style, Tree, assign, caddyfile, hcl, ini, nginx};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

const SOURCE: SourceId = SourceId(0);

/// `name[word|word]{children}`; a word's style shows as its quote, a hole in it as `?`,
/// line feeds and tabs as `␤` and `⇥`.
fn show(at: At<'_>) -> String {
    let words: Vec<String> = at
        .words()
        .iter()
        .enumerate()
        .map(|(n, word)| {
            let quote = match word.style() {
                Style::Single => "'",
                Style::Double => "\"",
                Style::Raw => "%",
                _ => "",
            };
            let doubt = if at.doubt_at(n).is_some() { "?" } else { "" };
            format!(
                "{quote}{}{quote}{doubt}",
                at.text_of(word).replace('\n', "␤").replace('\t', "⇥")
            )
        })
        .collect();
    let words = if words.is_empty() {
        String::new()
    } else {
        format!("[{}]", words.join("|"))
    };
    let children: Vec<String> = at.children().map(show).collect();
    match at.shape() {
        Shape::Map => format!("{}{words}{{{}}}", at.name(), children.join(" ")),
        Shape::List => format!("{}{words}({})", at.name(), children.join(" ")),
        _ => format!("{}{words}", at.name()),
    }
}

/// The tree, and each problem as `@start-end message` in short.
fn shown(tree: &Tree) -> String {
    let children: Vec<String> = tree.root().children().map(show).collect();
    let problems = tree.problems.iter().map(|problem| {
        let first: Vec<&str> = problem.message.split(' ').take(3).collect();
        format!(" !{}-{} {}", problem.span.start, problem.span.end, first.join(" "))
    });
    children.join(" ") + &problems.collect::<String>()
}

fn table(parse: impl Fn(&str) -> Tree, rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        let tree = parse(text);
        check(&tree, text);
        assert_eq!(shown(&tree), *expected, "\n{text}");
    }
}

/// Spans lie in the text, on character boundaries, and inside their parents'; words lie inside their nodes.
fn check(tree: &Tree, text: &str) {
    let fits = |span: Span| assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
    for at in tree.all() {
        fits(at.span());
        for word in at.words().iter().chain(at.name_word()) {
            fits(at.word_span(word));
            assert!(
                at.span().start <= word.start() && word.end() <= at.span().end,
                "{word:?} in {at:?}",
                at = at.span()
            );
        }
        if let Some(parent) = at.parent() {
            assert!(
                parent.span().start <= at.span().start && at.span().end <= parent.span().end,
                "{}",
                show(parent)
            );
        }
    }
    tree.comments.iter().chain(tree.holes()).copied().for_each(fits);
    tree.problems.iter().for_each(|problem| fits(problem.span));
}

fn conf(text: &str) -> Tree {
    nginx::parse_plain(SOURCE, text.into())
}

#[test]
#[rustfmt::skip] // one case, one line
fn nginx_odd_cases() {
    table(
        conf,
        &[
            // Quotes: seven escapes, others stay; a quote inside a word is part of it.
            (
                r#"a "b;{} \" c" 'd\'e' f"g \.x \n;"#,
                r#"a["b;{} " c"|'d'e'|f"g|\.x|␤]"#,
            ),
            ("a \"\" '';", "a[\"\"|'']"),
            // `${…}` opens no block; a plain brace does, also inside a regular expression.
            ("a /x/${y}z${{q;", "a[/x/${y}z${{q]"),
            ("location ~ ^/a{2,3}$ { b; }", "location[~|^/a]{2,3}${b}} !15-20 a `{` in !14-15 this block is"),
            ("location ~ \"^/a{2,3}$\" { b; }", "location[~|\"^/a{2,3}$\"]{b}"),
            ("if ($x ~ \"\\{\"){ b; }", r#"if[($x|~|"\{"|)]{b}"#),
            ("if ($a = b) { c; } d;", "if[($a|=|b)]{c} d"),
            // Comments start at a token only.
            ("a b#c; # d; e\nf;#g\r\nh;", "a[b#c] f h"),
            ("\u{feff}a b;\r\n\tc\r\n  d;\r\n", "a[b] c[d]"),
            ("map $x $y { default 0; ~^a$ 1; \"\" 2; 'k' v; }", "map[$x|$y]{default[0] ~^a$[1] [2] k[v]}"),
            ("a\\;b c\\ d\\{e;", r"a\;b[c\ d\{e]"),
            // Lua bodies: strings, comments and long brackets hide braces.
            ("content_by_lua_block { local t = {a={}} -- }\n s = '}' .. \"\\\"}\" .. [==[ }]] ]==] --[[ } ]] } b;", r#"content_by_lua_block[% local t = {a={}} -- }␤ s = '}' .. "\"}" .. [==[ }]] ]==] --[[ } ]] %] b"#),
            ("location / { set_by_lua_block $r {} c; }", "location[/]{set_by_lua_block[$r|%%] c}"),
            ("'a_by_lua_block'{};}", "a_by_lua_block[%%] !18-19 `;` without a !19-20 `}` closes no"),
            ("access_by_lua_block { if x", "access_by_lua_block[% if x%] !20-21 this Lua block"),
            // Mistakes.
            ("a { b c\n} d", "a{b[c]} d !6-7 `;` is missing !10-11 `;` is missing"),
            // What always takes one argument ends behind it; what may take more goes on.
            ("proxy_pass http://a\nroot /b;", "proxy_pass[http://a] root[/b] !11-19 `;` is missing"),
            ("proxy_set_header A b # c\nd e;", "proxy_set_header[A|b] d[e] !19-20 `;` is missing"),
            ("proxy_pass\nhttp://a; proxy_set_header A\n b;", "proxy_pass[http://a] proxy_set_header[A|b]"),
            ("log_format x 'a'\n'b'; root /b c;", "log_format[x|'a'|'b'] root[/b|c]"),
            ("a; } b;;", "a b !3-4 `}` closes no !7-8 `;` without a"),
            ("a { b { c;", "a{b{c}} !6-7 this block is"),
            ("{ a; } b;", "{a} b !0-1 `{` without a"),
            ("a \"b c;\nd e;", "a[\"b c\"] d[e] !2-6 this quote is"),
            ("a \"b;\nd 60s;\ne \"f\";", "a[\"b\"] d[60s] e[\"f\"] !2-4 this quote is"),
            ("a 'b'c;", "a['b'|c] !5-6 nginx expects a"),
            ("a '", "a[''] !2-3 this quote is !2-3 `;` is missing"),
            ("a\0b \u{1}\u{a0};", "a\0b[\u{1}\u{a0}]"),
            ("", ""),
        ],
    );
}

#[test]
fn nginx_spans_comments_and_holes() {
    let text = "# top\nserver {\n  listen 80; # why\n}\n";
    let tree = conf(text);
    let server = tree.root().child("server").unwrap();
    assert_eq!(&text[server.span().range()], "server {\n  listen 80; # why\n}");
    assert_eq!(&text[server.child("listen").unwrap().span().range()], "listen 80;");
    let comments: Vec<&str> = tree.comments.iter().map(|span| &text[span.range()]).collect();
    assert_eq!(comments, ["# top", "# why"]);

    let text = "server { listen {{ port }}; {{ extra }} }\n{% end %}\n";
    let masked = "server { listen HHHHHHHHHH; HHHHHHHHHHH }\n#........\n";
    let hole = |start, end| Span::new(SOURCE, start, end);
    let tree = nginx::parse(
        SOURCE,
        text.into(),
        masked,
        vec![hole(16, 26), hole(28, 39), hole(42, 51)],
    );
    check(&tree, text);
    assert_eq!(shown(&tree), "server{listen[{{ port }}?] {{ extra }}}");
    assert!(tree.comments.is_empty());
}

#[test]
fn nginx_dumps() {
    let text = "nginx: ok\n# configuration file /etc/nginx/nginx.conf:\nhttp { include m; }\n\n# configuration file /m:\na b\n";
    let parts = nginx::dump_parts(text).unwrap();
    let texts: Vec<(&str, &str)> = parts
        .iter()
        .map(|(path, range)| (path.as_str(), &text[range.clone()]))
        .collect();
    assert_eq!(
        texts,
        [("/etc/nginx/nginx.conf", "http { include m; }\n\n"), ("/m", "a b\n")]
    );
    let tree = nginx::parse_part(SOURCE, text.into(), text, Vec::new(), parts[1].1.clone());
    check(&tree, text);
    assert_eq!(&text[tree.problems[0].span.range()], "b");
    assert_eq!(shown(&tree).split(' ').next(), Some("a[b]"));
    assert!(nginx::dump_parts("http {}\n# configuration file /x:\n").is_none());
}

#[test]
fn hostile_texts_are_quick() {
    let start = Instant::now();
    let n = 100_000;
    for unit in [
        "a{",
        "{",
        "}",
        "a 'b\" ",
        "\"a\n",
        "'\\\n\"",
        "x_by_lua_block{[[",
        "a \"b\" ",
        "${",
        "a_by_lua_block{'\"",
        ";",
        "\\",
    ] {
        let text = unit.repeat(n);
        check(&conf(&text), &text);
    }
    let deep = "a{".repeat(20_000) + &"}".repeat(20_000);
    let tree = conf(&deep);
    assert_eq!(tree.problems.len(), 1, "{:?}", &tree.problems[..2]);
    for unit in ["a {\n", "}\n", "\"", "`\n", "<<A\n", "\\\n", "a,\n", "a {$b} "] {
        let text = unit.repeat(n);
        check(&caddyfile::parse_plain(SOURCE, text.as_str().into()), &text);
    }
    for unit in ["[", "[a]\n", "a=\"\n", "=;", "x = [", "x=(", "'''", "x = '\\\n", "f\"{"] {
        let text = unit.repeat(n);
        check(&ini::parse_plain(SOURCE, text.as_str().into()), &text);
        check(&assign::python(SOURCE, text.as_str().into(), &text, Vec::new()), &text);
    }
    for unit in [
        "x.listen(",
        "`${",
        "=/[",
        "{keepAliveTimeout:",
        "a.keepAliveTimeout=",
        "(",
        "/*",
    ] {
        let text = unit.repeat(n) + ".listen(1)";
        if let Some(tree) = assign::javascript_settings(SOURCE, text.as_str().into()) {
            check(&tree, &text);
        }
    }
    for unit in ["nohup ", "A=b ", "$(", "`", "{{", "if ", "a;", "( ", "sh -c 'x' "] {
        let text = unit.repeat(n);
        let argument = Argument::new(text.as_str(), Span::new(SOURCE, 0, text.len() as u32), false);
        argv::command_line(&argument);
        argv::shell_script(&argument);
    }
    for unit in [
        "a {",
        "a = [",
        "a = {\n",
        "a = \"${",
        "a = <<E\n",
        "a \"b\" ",
        "}",
        "=",
        "a = 1 }\n",
        "/*",
        "\"",
        "a = \"\n",
    ] {
        let text = unit.repeat(n);
        check(&tf(&text), &text);
    }
    // Expressions are only read where one is asked for, and then no depth is too deep for a small stack.
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a=", "}"),
        ("\"${", "}\""),
        ("!", ""),
        ("f(", ")"),
        ("a?b:", ""),
        ("a.b[", "]"),
        ("1+", ""),
    ] {
        let deep = open.repeat(5_000) + "1" + &close.repeat(5_000);
        let span = Span::new(SOURCE, 0, deep.len() as u32);
        let _ = std::thread::spawn(move || hcl::expression::parse(&deep, span).is_ok())
            .join()
            .unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

fn tf(text: &str) -> Tree {
    hcl::parse(SOURCE, text.into(), Vec::new())
}

#[test]
#[rustfmt::skip] // one case, one line
fn hcl_odd_cases() {
    table(
        tf,
        &[
            // Blocks, labels with and without quotes, comments of all three kinds.
            ("resource \"a\" b {\n x = 1 # c\n y = [1, // d\n 2] /* e */\n}\n", "resource[\"a\"|b]{x[1] y[[1, // d␤ 2]]}"),
            ("a {}\nb { c = 1 }\n", "a{} b{c[1]}"),
            ("a = /* x */ 1\r\nb=2", "a[1] b[2]"),
            // Strings hide brackets, templates in strings hide quotes, escaped templates are none.
            ("a = \"}${b[\"}\"]}{\"\nc = \"$${\"\nd = \"\\\"\"\n", "a[\"}${b[\"}\"]}{\"] c[\"$${\"] d[\"\\\"\"]"),
            ("a = <<-EOT\n  } ${b}\n  EOT\nc = f(<<X\n)\nX\n)\n", "a[<<-EOT␤  } ${b}␤  EOT] c[f(<<X␤)␤X␤)]"),
            ("a = b == c ? d : e\nf = b << c\n", "a[b == c ? d : e] f[b << c]"),
            ("größe-1 = ü\n", "größe-1[ü]"),
            ("\u{feff}a = 1\n", "a[1]"),
            // Mistakes: the rest is read.
            ("a = [1\nb = 2\n", "b[2] !4-5 this is opened"),
            ("a = \"x\nb = 2\n", "b[2] !4-5 this quote is"),
            ("a = (1]\nb = 2\n", "b[2] !4-5 this is not"),
            ("a =\nb = 2\n", "b[2] !0-3 the attribute has"),
            ("a b\nc = 2\n", "c[2] !0-3 `=` or `{`"),
            ("= 1\n}\nc = 2", "c[2] !0-3 an attribute or !4-5 `}` closes no"),
            ("a {\n b = 1\n", "a{b[1]} !11-11 a block is"),
            ("a \"b {\n}\nc = 1\n", "c[1] !2-6 this quote is !7-8 `}` closes no"),
            ("", ""),
        ],
    );
    let text = "# top\na = 1 // why\nb = [ # in\n]\n";
    let tree = tf(text);
    let comments: Vec<&str> = tree.comments.iter().map(|span| &text[span.range()]).collect();
    assert_eq!(comments, ["# top", "// why", "# in"]);
}

#[test]
#[rustfmt::skip] // one case, one line
fn ini_odd_cases() {
    table(
        |text| ini::parse_plain(SOURCE, text.into()),
        &[
            ("a = b\n[www]\nlisten = /run/php.sock ; socket\npm.max_children=5\n", "a[b] www{listen[/run/php.sock] pm.max_children[5]}"),
            ("[x]\nphp_admin_value[memory_limit] = 128M\nenv[PATH] = $X\n", "x{php_admin_value[memory_limit][128M] env[PATH][$X]}"),
            ("include=/etc/php/*.conf\n;c\n#d\n [ s ] ; e\r\n k = \"a;\\\"b\" ;f\r\n", "include[/etc/php/*.conf] s{k[\"a;\"b\"]}"),
            ("a =\nb\nc = a;b # d\ne = 'x'\nf = 'x\ng = \"a\" b\n", "a b c[a;b # d] e['x'] f['x] g[\"a\" b]"),
            ("\u{feff}[a\nb = ü\n[a]\n", "a{b[ü]} a{} !3-5 the section's name"),
            ("a==b\n= c\n", "a[=b] [c]"),
        ],
    );
    let text = "[www]\nlisten = 9000 ; why\n\n[b]\n";
    let tree = ini::parse_plain(SOURCE, text.into());
    assert_eq!(
        &text[tree.root().child("www").unwrap().span().range()],
        "[www]\nlisten = 9000"
    );
    assert_eq!(&text[tree.comments[0].range()], "; why");
}

#[test]
#[rustfmt::skip] // one case, one line
fn python_assignments() {
    table(
        |text| assign::python(SOURCE, text.into(), text, Vec::new()),
        &[
            ("bind = '0.0.0.0:8000'\nworkers = 4 # four\ntimeout: int = 2 * 60\n", "bind['0.0.0.0:8000'] workers[4] timeout[120]"),
            ("bind = [\n  \"a:1\", # one\n  'unix:/b',\n]\npreload_app = True\nx = None", "bind([\"a:1\"] ['unix:/b']) preload_app[True] x[None]"),
            ("timeout = int(os.getenv('T', 30))\nw = multiprocessing.cpu_count() * 2 + 1\n", "timeout[int(os.getenv('T', 30))?] w[multiprocessing.cpu_count() * 2 + 1?]"),
            ("bind = f\"app:{port}\"\nr = r'\\d'\ns = 'a\\tb'\nf = 1.5\nn = 1_000\nm = -1\n", "bind[\"app:{port}\"?] r['\\d'] s['a⇥b'] f[1.5] n[1000] m[-1]"),
            ("timeout = 30\nif x:\n    timeout = 60\nbind = 'a'; y = 2\n", "timeout[30] timeout[60?] bind['a'] y[2]"),
            ("def f(timeout=3):\n    timeout = 5\n    g = 1\ndef h():\n    global g\n    g = 2\nx = 1\n", "g[2?] x[1]"),
            ("\"\"\"doc\ntimeout = 1\n\"\"\"\na = '''x\ny'''\nb = 1 + \\\n  2\nc += 1\nd == 2\ne.f = 3\nif z: h = 4\n", "a['x␤y'] b[1 + \\␤  2?] c[1?] h[4?]"),
            ("a = (1, 'b')\nc = [x for x in y]\nd = {'a': 1}\ne = 'a' 'b'\n", "a([1] ['b']) c[[x for x in y]?] d[{'a': 1}?] e['a' 'b'?]"),
        ],
    );
}

#[test]
#[rustfmt::skip] // one case, one line
fn javascript_servers() {
    let parse = |text: &str| assign::javascript_settings(SOURCE, text.into()).unwrap_or_else(|| conf(""));
    table(
        parse,
        &[
            ("const s = app.listen(3000, '0.0.0.0', () => {});\ns.keepAliveTimeout = 65_000; // x\ns.headersTimeout = 66 * 1000\nfoo()", "listen[3000|'0.0.0.0'] keepAliveTimeout[65000] headersTimeout[66000]"),
            ("app.listen(process.env.PORT || 3000)", "listen[process.env.PORT || 3000?]"),
            ("http.createServer({ keepAliveTimeout: 5e3, 'requestTimeout': 0 }, app).listen(port, HOST)", "keepAliveTimeout[5e3?] requestTimeout[0] listen[port?|HOST?]"),
            ("fastify.listen({ port: 80, host: '::' }); Fastify({ requestTimeout: 1 })", "listen[80|'::'] requestTimeout[1]"),
            ("// s.keepAliveTimeout = 1\n/* .listen(2) */ 'x.listen(3)'; `y.listen(4) ${`.listen(5)`}`; a = /\"/; s.listen(6)", "listen[6]"),
            ("new Client({ requestTimeout: 5 }); new Agent({keepAliveTimeout: 1}); agent.keepAliveTimeout = 3; history.listen(() => 1)", ""),
            ("server.setTimeout(120000); server.timeout = 0; x.timeout = 5; if (s.keepAliveTimeout === 1) {}", "timeout[120000] timeout[0]"),
            ("interface X { keepAliveTimeout: number }\nserver.listen('/run/a.sock')", "listen['/run/a.sock']"),
            ("nothing here", ""),
        ],
    );
}

/// `A=b program|argument?`, with `~` in front where it is not certain.
fn ran(command: Option<Command>) -> String {
    let Some(command) = command else { return "-".into() };
    let word = |argument: &Argument| format!("{}{}", argument.text, if argument.unknown { "?" } else { "" });
    let environment: String = command
        .environment
        .iter()
        .map(|given| match given {
            Given::Set(name, value) => format!("{name}={} ", word(value)),
            Given::Local(name, value) => format!("({name}={}) ", word(value)),
            Given::Default(name, value) => format!("{name}?={} ", word(value)),
            Given::Any(by) => format!("{}* ", word(by)),
            Given::Perhaps(by) => format!("{}? ", word(by)),
        })
        .collect();
    let all: Vec<String> = std::iter::once(&command.program)
        .chain(&command.arguments)
        .map(word)
        .collect();
    format!(
        "{}{environment}{}",
        if command.certain { "" } else { "~" },
        all.join("|")
    )
}

fn whole(text: &str) -> Argument {
    Argument::new(text, Span::new(SOURCE, 0, text.len() as u32), false)
}

#[test]
fn commands_behind_shells_and_wrappers() {
    for (text, expected) in [
        ("gunicorn app:app -b 0.0.0.0:8000", "gunicorn|app:app|-b|0.0.0.0:8000"),
        (
            "sh -c \"python manage.py migrate && exec gunicorn -w ${W:-4} app\"",
            "gunicorn|-w|${W:-4}?|app",
        ),
        (
            "bash -euo pipefail -lc 'cd x; A=1 B=\"2 3\" uvicorn a:b'",
            "A=1 B=2 3 uvicorn|a:b",
        ),
        (
            "/bin/sh -c 'migrate || exit 1; exec nginx -g \"daemon off;\"'",
            "nginx|-g|daemon off;",
        ),
        ("sh -c 'a || b'", "-"),
        ("sh -c 'a | tee log'", "-"),
        ("sh -c 'if x; then a; fi; exec b c > /dev/null 2>&1'", "b|c"),
        ("sh -c 'if x; then exec a; fi'", "-"),
        (
            "sh -c 'f() { exec a; }; for i in 1 2; do x; done; case $1 in a) exec b;; esac; c'",
            "c",
        ),
        ("sh -c 'export P=1 Q=$X && exec c'", "P=1 Q=$X? c"),
        ("sh -c 'nginx & exec php-fpm'", "php-fpm"),
        ("sh -c 'a & b & wait'", "-"),
        ("sh -c 'cat <<E\nx\nE\n'", "-"),
        ("env -u X A=b C=d gunicorn x", "A=b C=d gunicorn|x"),
        (
            "/sbin/tini -g -- su-exec app:app nohup poetry run gunicorn x",
            "gunicorn|x",
        ),
        (
            "dumb-init gosu app bundle exec puma -C config/puma.rb",
            "puma|-C|config/puma.rb",
        ),
        (
            "uv run --extra prod python3.12 -u -m gunicorn x -t 5",
            "gunicorn|x|-t|5",
        ),
        ("./wait-for-it.sh db:5432 -t 60 -- npx --yes next start", "next|start"),
        ("docker-entrypoint.sh node server.js", "node|server.js"),
        ("/entrypoint.sh node server.js", "~/entrypoint.sh? node|server.js"),
        ("sh -c 'P=1; Q=2; export P; exec a'", "(P=1) (Q=2) P=1 a"),
        ("sh -c 'set -a; P=1; eval x; exec a'", "P=1 eval* a"),
        ("sh -c 'P=1; if x; then export P=2; fi; exec a'", "(P=1) P=1? a"),
        ("sh -c 'export $(cat .env) && exec a'", "$(cat .env)?* a"),
        ("doppler run -p x -- node a.js", "doppler* node|a.js"),
        ("docker-entrypoint.sh -x", "docker-entrypoint.sh|-x"),
        ("$CMD a", "~$CMD?|a"),
        ("sh -c \"echo $(date); exec a\"", "a"),
        ("-c x", "~-c|x"),
        ("sh start.sh", "sh|start.sh"),
        ("python app.py", "python|app.py"),
        ("", "-"),
    ] {
        assert_eq!(ran(argv::command_line(&whole(text))), expected, "{text}");
    }
    assert_eq!(ran(argv::shell_script(&whole("set -e\n# c\nexec a \\\n  b\n"))), "a|b");
}

#[test]
fn options_and_their_places() {
    let text = "sh -c 'exec gunicorn --timeout=30 -b :80 --bind :81 -w4 --reload $MORE app -- -w 9'";
    let command = argv::command_line(&whole(text)).unwrap();
    let at = |argument: Option<Argument>| argument.map(|found| (found.text, text[found.span.range()].to_owned()));
    let both = |what: &str| Some((what.to_owned(), what.to_owned()));
    assert_eq!(at(command.option(&["--timeout", "-t"])), both("30"));
    assert_eq!(at(command.option(&["-w", "--workers"])), both("4"));
    let binds: Vec<String> = command
        .options(&["-b", "--bind"])
        .into_iter()
        .map(|bind| bind.text)
        .collect();
    assert_eq!(binds, [":80", ":81"]);
    assert_eq!(at(command.option(&["--keep-alive"])), None);
    assert!(command.has(&["--reload"]));
    assert_eq!(&text[command.program.span.range()], "gunicorn");
    let unread = |text: &str| {
        argv::command_line(&whole(text))
            .unwrap()
            .unread()
            .map(|argument| argument.text.clone())
    };
    assert_eq!(unread("gunicorn -w $N --bind=$B app"), None);
    assert_eq!(
        unread("gunicorn --reload $GUNICORN_ARGS app").as_deref(),
        Some("$GUNICORN_ARGS")
    );
    assert_eq!(unread("sh -c 'gunicorn app \"$@\"'").as_deref(), Some("$@"));

    // A script that does not stand verbatim in its source: the whole word, never a wrong place.
    let escaped = Argument::new("gunicorn -t 5", Span::new(SOURCE, 0, 40), false);
    let command = argv::shell_script(&escaped).unwrap();
    assert_eq!(command.option(&["-t"]).unwrap().span, escaped.span);

    let pieces = argv::split(r#"a "b c"d 'e'\'f $X"#);
    let found: Vec<_> = pieces
        .iter()
        .map(|piece| (piece.start, piece.end, piece.text.as_str(), piece.has_variable))
        .collect();
    assert_eq!(
        found,
        [
            (0, 1, "a", false),
            (2, 8, "b cd", false),
            (9, 15, "e'f", false),
            (16, 18, "$X", true)
        ]
    );
}

/// Text made of the pieces that matter to the grammars, so that they meet in every order.
fn grammarish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            ";",
            "\"",
            "'",
            "\\",
            "#",
            "$",
            "${",
            "\n",
            "\r\n",
            " ",
            "\t",
            "=",
            "[",
            "]",
            "(",
            ")",
            ",",
            ":",
            "`",
            "/",
            "*",
            "a",
            "server",
            "content_by_lua_block",
            "--",
            "[[",
            "]]",
            "]=]",
            "ü",
            "\u{feff}",
            "\0",
            "=\n",
            "if x:\n ",
            "'''",
            "f\"",
            ".listen(",
            ".keepAliveTimeout =",
            "keepAliveTimeout:",
            "65_000",
            "&&",
            "||",
            "|",
            "<<",
            "2>&1",
            "exec ",
            "sh -c ",
            "A=b ",
            "{{",
            "}}",
            "if",
            "fi",
            "case",
            "esac",
            "env ",
            "-",
            "location ~ ",
            "a = ",
            "<<E\n",
            "E\n",
            "var.x",
            "? 1 : ",
            "for k in ",
            "/*",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn everything_holds(text: &str) {
    let mut at = 0;
    for token in nginx::tiles(text) {
        assert!(token.start == at && token.end > at, "{token:?}");
        at = token.end;
        assert!(text.is_char_boundary(at), "{token:?}");
    }
    assert_eq!(at, text.len());
    let source: Arc<str> = text.into();
    check(&conf(text), text);
    check(&ini::parse_plain(SOURCE, source.clone()), text);
    check(&assign::python(SOURCE, source.clone(), text, Vec::new()), text);
    let tree = tf(text);
    check(&tree, text);
    for at in tree.all().filter(|at| at.shape() == Shape::Leaf) {
        if let Ok(expression) = hcl::expression::parse(at.text().unwrap_or_default(), at.word_span_at(0)) {
            assert!(text.get(expression.span.range()).is_some(), "{expression:?}");
        }
    }
    if let Some(tree) = assign::javascript_settings(SOURCE, source) {
        check(&tree, text);
    }
    for piece in argv::split(text) {
        assert!(text.get(piece.start..piece.end).is_some(), "{piece:?}");
    }
    for command in [argv::command_line(&whole(text)), argv::shell_script(&whole(text))]
        .into_iter()
        .flatten()
    {
        for argument in command.arguments.iter().chain([&command.program]) {
            assert!(text.get(argument.span.range()).is_some(), "{argument:?}");
        }
        command.option(&["-b", "--bind"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn grammar_soup(text in grammarish()) {
        everything_holds(&text);
    }

    #[test]
    fn any_text(text in any::<String>()) {
        everything_holds(&text);
    }
}

/// What nginx says about a text that starts with `include`, in a word.
fn nginx_says(binary: &str, prefix: &Path, text: &str) -> String {
    let file = prefix.join("soup.conf");
    std::fs::write(&file, text).unwrap();
    let output = Process::new(binary)
        .args(["-t", "-q", "-p"])
        .arg(prefix)
        .arg("-c")
        .arg(&file)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = errors.split("[emerg] ").nth(1).unwrap_or_default();
    let (_, line) = line.split_once(": ").unwrap_or_default();
    let prefix = format!("{}/", prefix.display());
    let opened = line
        .strip_prefix("open() \"")
        .and_then(|rest| rest.strip_prefix(&prefix)?.split("\" failed").next());
    match line {
        _ if opened.is_some_and(|name| !name.is_empty()) => format!("include {}", opened.unwrap_or_default()),
        _ if line.contains("number of arguments") => "several".into(),
        _ if line.contains("has no opening") || line.contains("is not terminated by") => "block".into(),
        _ if line.contains("unexpected") => "problem".into(),
        _ => "other".into(),
    }
}

fn we_say(text: &str) -> String {
    let tree = conf(text);
    let Some(first) = tree.root().children().next() else {
        return "nothing".into();
    };
    let early = tree
        .problems
        .iter()
        .any(|problem| problem.span.start < first.head().end);
    match first.words().len() {
        _ if early => "problem".into(),
        _ if first.is_map() => "block".into(),
        1 => format!("include {}", first.text().unwrap_or_default()),
        _ => "several".into(),
    }
}

/// nginx tells what it read: the file it cannot open is the first argument, decoded.
#[test]
fn words_are_read_as_nginx_reads_them() {
    let Some(binary) = binary() else { return };
    let prefix = tempfile::tempdir().unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let pieces = prop::sample::select(vec![
        "a", "b", " ", "\t", "\r\n", "\n", "'", "\"", "\\", "\\n", "\\'", "\\\"", "\\\\", "$", "${", "{", "}", "#",
        ";", ")", "$x", "ü",
    ]);
    let soup = prop::collection::vec(pieces, 1..9).prop_map(|pieces| format!("include {};\n", pieces.concat()));
    let mut compared = 0;
    for _ in 0..400 {
        let text = soup.new_tree(&mut runner).unwrap().current();
        let theirs = nginx_says(binary, prefix.path(), &text);
        if theirs != "other" {
            compared += 1;
            assert_eq!(we_say(&text), theirs, "{text:?}");
        }
    }
    assert!(compared > 200, "{compared}");
    eprintln!("{compared} texts compared with nginx");
}

fn binary() -> Option<&'static str> {
    let found = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"]
        .into_iter()
        .find(|path| Path::new(path).exists());
    if found.is_none() {
        eprintln!("SKIPPED: no nginx to compare with");
    }
    found
}

fn corpus() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/nginx");
    let files: Vec<(PathBuf, String)> = walk(&folder)
        .into_iter()
        .map(|path| {
            (
                path.clone(),
                String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned(),
            )
        })
        .collect();
    if files.is_empty() {
        eprintln!("SKIPPED: no corpus at {}", folder.display());
    }
    files
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let mut files: Vec<PathBuf> = Vec::new();
    for path in entries {
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn corpus_tiles_and_is_quick() {
    let files = corpus();
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    for (path, text) in &files {
        let mut at = 0;
        for token in nginx::tiles(text) {
            assert!(token.start == at && token.end > at, "{path:?} {token:?}");
            at = token.end;
        }
        assert_eq!(at, text.len(), "{path:?}");
        check(&conf(text), text);
    }
    let start = Instant::now();
    let tokens: usize = files.iter().map(|(_, text)| nginx::tiles(text).count()).sum();
    let lexed = start.elapsed();
    files.iter().for_each(|(_, text)| drop(conf(text)));
    let parsed = start.elapsed() - lexed;
    let speed = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64().max(1e-9);
    eprintln!(
        "{} files, {tokens} tokens: lexed at {:.0} MB/s, parsed at {:.0} MB/s",
        files.len(),
        speed(lexed),
        speed(parsed)
    );
    assert!(lexed + parsed < Duration::from_secs(10));
}

/// Whatever the real nginx accepts as a whole configuration is read without a problem.
#[test]
fn nginx_accepts_what_parses() {
    let Some(binary) = binary() else { return };
    let prefix = tempfile::tempdir().unwrap();
    let nginx = |file: &Path| {
        let mut process = Process::new(binary);
        process
            .args(["-t", "-q", "-g"])
            .arg(format!("pid {}/pid; error_log stderr;", prefix.path().display()));
        process
            .arg("-p")
            .arg(prefix.path())
            .arg("-c")
            .arg(file)
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    };
    let (mut wholes, mut fragments) = (0, 0);
    for (path, text) in corpus() {
        if text.contains("{{") {
            continue;
        }
        let mut fine = false;
        if text.contains("events") {
            fine = nginx(&path);
            wholes += usize::from(fine);
        } else if path
            .extension()
            .is_some_and(|end| end == "conf" || end == "vhost" || end == "sample")
        {
            // What is meant to be included is tried where it may belong.
            fine = ["http { include F; }", "http { server { include F; } }"]
                .into_iter()
                .any(|wrapper| {
                    let file = prefix.path().join("wrapper.conf");
                    let include = path.display().to_string();
                    std::fs::write(&file, format!("events {{}} {}", wrapper.replace('F', &include))).unwrap();
                    nginx(&file)
                });
            fragments += usize::from(fine);
        }
        if fine {
            let tree = conf(&text);
            assert!(tree.problems.is_empty(), "{path:?}: {:?}", tree.problems);
        }
    }
    eprintln!("nginx accepts {wholes} whole configurations and {fragments} fragments; all of them parse");
    // The comparison also has to be able to fail: what nginx's own reader refuses, we complain about.
    for text in [
        "events{}\nhttp{ a 'b'c; }",
        "events{} }",
        "events{",
        "events{} user x",
        "events{} \"x",
        ";",
        "{",
        "events{} user x }",
    ] {
        let file = prefix.path().join("bad.conf");
        std::fs::write(&file, text).unwrap();
        assert!(!nginx(&file), "{text}");
        assert!(!conf(text).problems.is_empty(), "{text}");
    }
}
