//! Every way a server may answer, from a small one of our own.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::common::{Place, Said, said};

/// A request as it came: its path with the query, and its headers.
#[derive(Clone, Debug, Default)]
struct Asked {
    path: String,
    headers: String,
}

impl Asked {
    fn number(&self, name: &str) -> i64 {
        let after = self.path.split(&format!("{name}=")).nth(1).unwrap();
        after.split(['&', ' ']).next().unwrap().parse().unwrap()
    }

    fn points(&self) -> i64 {
        (self.number("end") - self.number("start")) / self.number("step") + 1
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.headers.lines();
        let mut values = lines.filter_map(|line| line.split_once(": "));
        values
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// Status, further headers, body.
type Reply = (u16, &'static str, String);

/// Answers until the test ends; gives its address and what it was asked.
fn serve(answer: impl Fn(usize, &Asked) -> Reply + Send + 'static) -> (String, Arc<Mutex<Vec<Asked>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = request(&stream);
            let count = kept.lock().unwrap().len();
            let (status, headers, body) = answer(count, &request);
            kept.lock().unwrap().push(request);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status} Said\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
            );
        }
    });
    (url, asked)
}

fn request(stream: &TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut asked = Asked::default();
    reader.read_line(&mut asked.path).unwrap();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() <= 2 {
            return asked;
        }
        asked.headers.push_str(line.trim_end());
        asked.headers.push('\n');
    }
}

/// One series with a point for each step that was asked for.
fn matrix(asked: &Asked) -> String {
    let (start, step) = (asked.number("start"), asked.number("step"));
    let points: Vec<String> = (0..asked.points())
        .map(|n| format!("[{},\"{}\"]", start + n * step, 1.0 + (n % 7) as f64 / 3.0))
        .collect();
    let points = points.join(",");
    format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{{\"metric\":{{}},\"values\":[{points}]}}]}}}}"
    )
}

fn refusal(kind: &str, message: &str) -> String {
    format!("{{\"status\":\"error\",\"errorType\":\"{kind}\",\"error\":\"{message}\"}}")
}

fn import(url: &str, arguments: &[&str]) -> Said {
    let place = Place::without_git(&[("token", "s3cret\n")]);
    let first = [
        "traffic",
        "import",
        "--prometheus",
        url,
        "--metric",
        "hits",
        "--weeks",
        "2",
    ];
    let mut command = place.command(&[&first, arguments].concat());
    for proxy in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        command.env_remove(proxy);
    }
    said(command.env("TOKEN", "s3cret").env("EMPTY", ""))
}

#[test]
fn the_questions_cover_the_time_once_and_stay_small() {
    let (url, asked) = serve(|_, asked| (200, "", matrix(asked)));
    let said = import(&url, &["--step", "1m"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(said.out.lines().count(), 1 + 14 * 1440);
    let asked = asked.lock().unwrap();
    assert!(asked.iter().all(|asked| asked.points() <= 10_000));
    let covered: i64 = asked.iter().map(Asked::points).sum();
    assert_eq!(covered, 14 * 1440);
    assert!(
        asked[0].path.starts_with("GET /api/v1/query_range?query=max_over_time"),
        "{}",
        asked[0].path
    );
    assert!(asked.iter().all(|asked| asked.header("Authorization").is_none()));
    // A point stands at the end of what it tells.
    let first = said.out.lines().nth(1).unwrap();
    let begin = jiff::Timestamp::from_second(asked[0].number("start") - 60).unwrap();
    assert_eq!(first, format!("{begin},1"));
}

#[test]
fn what_is_too_much_is_asked_in_halves() {
    let (url, asked) = serve(|_, asked| {
        if asked.points() > 600 {
            return (
                422,
                "",
                refusal(
                    "execution",
                    "query processing would load too many samples into memory in query execution",
                ),
            );
        }
        (200, "", matrix(asked))
    });
    let said = import(&url, &[]);
    assert_eq!(
        (said.code, said.out.lines().count()),
        (Some(0), 1 + 14 * 288),
        "{}",
        said.err
    );
    assert_eq!(asked.lock().unwrap().len(), 14);
    // What no half makes small enough ends.
    let (url, asked) = serve(|_, _| (503, "", refusal("timeout", "query timed out in expression evaluation")));
    let said = import(&url, &[]);
    assert!(said.err.contains("query timed out"), "{}", said.err);
    assert!(asked.lock().unwrap().len() < 10);
}

#[test]
fn a_busy_server_is_asked_again_but_not_for_ever() {
    let (url, asked) = serve(|count, asked| match count {
        0 | 1 => (429, "Retry-After: 0\r\n", "slow down".to_owned()),
        _ => (200, "", matrix(asked)),
    });
    assert_eq!(import(&url, &[]).code, Some(0));
    assert_eq!(asked.lock().unwrap().len(), 4);
    let (url, asked) = serve(|_, _| (502, "Retry-After: 0\r\n", "<html>".to_owned()));
    let said = import(&url, &[]);
    assert_eq!((said.code, asked.lock().unwrap().len()), (Some(2), 4));
    assert!(said.err.contains("answers with 502"), "{}", said.err);
}

#[test]
fn a_token_is_sent_and_never_shown() {
    let ways: [&[&str]; 2] = [
        &["--token-env", "TOKEN"],
        &["--token-file", "token", "--tenant", "shop"],
    ];
    for way in ways {
        let (url, asked) = serve(|_, _| (401, "", "who are you".to_owned()));
        let said = import(&url, way);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
        assert!(said.err.contains("refuses the token (401)"), "{}", said.err);
        assert!(!said.err.contains("s3cret"), "{}", said.err);
        let asked = asked.lock().unwrap();
        assert_eq!(asked[0].header("Authorization"), Some("Bearer s3cret"));
        assert_eq!(asked[0].header("X-Scope-OrgID").is_some(), way.len() > 2);
    }
    let missing = import("http://127.0.0.1:9", &["--token-env", "NO_SUCH_TOKEN"]);
    assert!(
        missing
            .err
            .contains("the environment variable NO_SUCH_TOKEN cannot be read"),
        "{}",
        missing.err
    );
    let empty = import("http://127.0.0.1:9", &["--token-env", "EMPTY"]);
    assert!(empty.err.contains("holds no token"), "{}", empty.err);
}

#[test]
fn every_other_answer_says_what_to_do() {
    let none = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}";
    let two = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[]},{\"metric\":{},\"values\":[]}]}}";
    let scalar = "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"1\"]}}";
    let negative = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[1780272000,\"-1\"]]}]}}";
    let nothing = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[1780272000,\"NaN\"]]}]}}";
    let cases = [
        (200, none.to_owned(), "has no sample for the query"),
        (200, nothing.to_owned(), "has no sample for the query"),
        (200, two.to_owned(), "the query gives 2 series"),
        (200, scalar.to_owned(), "gives a scalar instead of a series"),
        (200, negative.to_owned(), "a rate below zero"),
        (
            200,
            "<html>Log in</html>".to_owned(),
            "does not answer as a Prometheus (200)",
        ),
        (
            404,
            "404 page not found".to_owned(),
            "does not answer as a Prometheus (404)",
        ),
        (
            400,
            refusal("bad_data", "unknown position: parse error"),
            "refuses the query (400): unknown position: parse error",
        ),
        (401, "no".to_owned(), "asks for a token (401)"),
        (401, refusal("", "no org id"), "wants to know the tenant"),
        (403, String::new(), "asks for a token (403)"),
        (500, String::new(), "answers with 500"),
    ];
    for (status, body, message) in cases {
        let answered = body.clone();
        let (url, _) = serve(move |_, _| (status, "", answered.clone()));
        let said = import(&url, &[]);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{body}: {}", said.err);
        assert!(said.err.contains(message), "{body}: {}", said.err);
        assert_eq!(said.err.lines().count(), 2, "{body}: {}", said.err);
    }
}

#[test]
fn addresses_that_lead_nowhere() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cases = [
        (format!("http://{closed}"), "cannot be reached"),
        ("localhost:9090".to_owned(), "is no address"),
        (
            "http://me:s3cret@localhost:9090".to_owned(),
            "the address holds a name or a password",
        ),
        ("ftp://localhost".to_owned(), "cannot be reached"),
    ];
    for (url, message) in cases {
        let said = import(&url, &[]);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{url}: {}", said.err);
        assert!(
            said.err.contains(message) && !said.err.contains("s3cret"),
            "{url}: {}",
            said.err
        );
    }
    // What is copied from the address line of a browser is understood.
    let (url, asked) = serve(|_, asked| (200, "", matrix(asked)));
    assert_eq!(import(&format!("{url}/prometheus/graph?g0.expr=up"), &[]).code, Some(0));
    assert!(
        asked.lock().unwrap()[0]
            .path
            .starts_with("GET /prometheus/api/v1/query_range?")
    );
}

#[test]
fn a_redirection_is_not_followed() {
    let (other, asked) = serve(|_, asked| (200, "", matrix(asked)));
    let leads: &'static str = format!("Location: {other}/login\r\n").leak();
    let (url, _) = serve(move |_, _| (302, leads, String::new()));
    let said = import(&url, &["--token-env", "TOKEN"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(
        said.err.contains(&format!("leads elsewhere (302): {other}/login")),
        "{}",
        said.err
    );
    assert_eq!(asked.lock().unwrap().len(), 0);
}

#[test]
fn warnings_and_holes_are_said() {
    let (url, _) = serve(|_, asked| {
        let body = matrix(asked).replacen("\"1\"", "\"NaN\"", 1);
        let body = body.replacen(
            "{\"status\"",
            "{\"warnings\":[\"one store did not answer\"],\"status\"",
            1,
        );
        (200, "", body)
    });
    let said = import(&url, &[]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.err.contains("may not be counted: one store did not answer\n"),
        "{}",
        said.err
    );
    assert!(said.err.contains("2 points were NaN or infinite"), "{}", said.err);
}

#[test]
fn what_a_packed_answer_holds_counts() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let blank = vec![b' '; 1 << 20];
    for _ in 0..100 {
        packed.write_all(&blank).unwrap();
    }
    let body = packed.finish().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            request(&stream);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(&body);
        }
    });
    let said = import(&url, &[]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("is larger than 16 MB"), "{}", said.err);
}

/// A server may answer to more than it was asked.
#[test]
fn only_what_was_asked_for_is_kept() {
    let with = |points: &'static str| {
        let (url, _) = serve(move |_, asked| {
            let body = matrix(asked);
            (
                200,
                "",
                body.replacen("\"values\":[", &format!("\"values\":[{points}"), 1),
            )
        });
        import(&url, &["--step", "1h"])
    };
    let right = with("");
    let said = with("[0,\"9\"],[99999999999,\"9\"],[-1e300,\"9\"],[1e300,\"9\"],");
    assert_eq!((said.code, &said.out), (Some(0), &right.out), "{}", said.err);
    assert!(
        said.err.contains("lie outside of the time that was asked for"),
        "{}",
        said.err
    );
    let (url, _) = serve(|_, _| {
        let body =
            "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"values\":[[9,\"1\"]]}]}}";
        (200, "", body.to_owned())
    });
    let said = import(&url, &[]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("outside of that"), "{}", said.err);
}
