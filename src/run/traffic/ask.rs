//! The only connection gatelint ever makes: to the Prometheus, Thanos or Mimir that `gatelint traffic import` names.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use ureq::tls::{RootCerts, TlsConfig};

use super::gathered::{ASKED_STEP, Gathered, profile_of};
use crate::capacity::import::prometheus::{Answer, Fault, answer, halves, questions};
use crate::capacity::import::query;
use crate::capacity::moment::WEEK;
use crate::capacity::{Moment, Period};
use crate::cli::traffic::Import;
use crate::repo::{open, root};
use crate::report::progress::Progress;
use crate::run::end::Failure;

/// How long one answer may take; Prometheus itself gives up after two minutes.
const PATIENCE: Duration = Duration::from_secs(150);
/// How long a connection may take.
const CONNECTING: Duration = Duration::from_secs(10);
/// How often a question is asked when the server is busy.
const TRIES: u32 = 4;
/// The longest wait between two tries, whatever the server asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A week of samples as JSON is below 1 MB. What a packed answer holds counts, not what comes over the wire.
const LARGEST_ANSWER: u64 = 16 << 20;

pub(super) fn gather(url: &str, options: &Import, progress: &Progress) -> Result<Gathered, Failure> {
    let server = Server::new(url, options)?;
    let step = options.step.unwrap_or(ASKED_STEP);
    let query = match (&options.query, &options.metric) {
        (Some(query), _) => query.clone(),
        (None, Some(metric)) => query::promql(metric, step),
        (None, None) => {
            return Err(Failure::new(
                "it is not said what to ask for",
                "Name a counter of requests with --metric, such as --metric 'http_requests_total{service=\"checkout\"}', \
                 or give a query with --query.",
            ));
        }
    };
    let to = now().unix().div_euclid(step) * step;
    let period = Period::new(
        Moment::from_unix(to - i64::from(options.weeks) * WEEK),
        Moment::from_unix(to),
    );
    let mut open = questions(period, step);
    let count = open.len();
    open.reverse();
    let mut whole = Answer::default();
    while let Some(question) = open.pop() {
        progress.step("asking, weeks", count.saturating_sub(open.len() + 1), count);
        match server.ask(&query, question, step) {
            Ok(mut answer) => {
                answer.keep(question);
                whole.samples.extend(answer.samples);
                whole.not_numbers += answer.not_numbers;
                whole.outside += answer.outside;
                whole.warnings.extend(answer.warnings);
            }
            Err(Refusal::TooMuch(failure)) => {
                let [first, second] = halves(question, step).ok_or(failure)?;
                open.extend([second, first]);
            }
            Err(Refusal::Final(failure)) => return Err(failure),
        }
    }
    if whole.samples.is_empty() {
        return Err(Failure::new(
            format!(
                "{} has no sample for the query from {} to {}{}: {query}",
                server.base,
                period.from,
                period.to,
                match whole.outside {
                    0 => String::new(),
                    outside => format!(", but {outside} outside of that"),
                }
            ),
            "Try the query in the server's own page. Is the name right? Does `rate` look back over at least two scrapes? \
             Is the data older?",
        ));
    }
    Ok(Gathered {
        notes: notes(&mut whole),
        csv: profile_of(whole.samples),
    })
}

fn now() -> Moment {
    Moment::from_unix(jiff::Timestamp::now().as_second())
}

fn notes(answer: &mut Answer) -> Vec<String> {
    answer.warnings.sort_unstable();
    answer.warnings.dedup();
    let mut notes: Vec<String> = answer
        .warnings
        .iter()
        .map(|warning| format!("the server warns, so some traffic may not be counted: {warning}"))
        .collect();
    if answer.not_numbers > 0 {
        notes.push(format!(
            "{} points were NaN or infinite and are left out: missing, not zero",
            answer.not_numbers
        ));
    }
    if answer.outside > 0 {
        notes.push(format!(
            "{} points lie outside of the time that was asked for and are left out",
            answer.outside
        ));
    }
    notes
}

/// Why there is no answer.
enum Refusal {
    /// A shorter period may be answered.
    TooMuch(Failure),
    Final(Failure),
}

/// A server and what it wants to know of us. The token is never shown.
struct Server {
    agent: ureq::Agent,
    /// The address as it was given, for messages.
    base: String,
    address: String,
    authorization: Option<String>,
    tenant: Option<String>,
}

impl Server {
    fn new(url: &str, options: &Import) -> Result<Server, Failure> {
        let base = base(url)?;
        let token = token(options)?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .timeout_connect(Some(CONNECTING))
            // Only the address that was given is asked, and only it gets the token.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("gatelint/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
            .build();
        Ok(Server {
            agent: config.new_agent(),
            address: format!("{base}/api/v1/query_range"),
            base,
            authorization: token.map(|token| format!("Bearer {token}")),
            tenant: options.tenant.clone(),
        })
    }

    /// Asks for the points at the end of each step of a period, again where the server is busy.
    fn ask(&self, query: &str, question: Period, step: i64) -> Result<Answer, Refusal> {
        let mut pause = Duration::from_millis(500);
        for _ in 1..TRIES {
            match self.once(query, question, step) {
                Ok(reply) if reply.is_busy() => {
                    std::thread::sleep(reply.retry_after.unwrap_or(pause).min(LONGEST_PAUSE));
                }
                done => return self.judge(done, step),
            }
            pause *= 2;
        }
        self.judge(self.once(query, question, step), step)
    }

    fn once(&self, query: &str, question: Period, step: i64) -> Result<Reply, ureq::Error> {
        let first = question.from.plus(step).unix();
        let mut request = self.agent.get(&self.address);
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        if let Some(tenant) = &self.tenant {
            request = request.header("X-Scope-OrgID", tenant);
        }
        let mut response = request
            .query("query", query)
            .query("start", first.to_string())
            .query("end", question.to.unix().to_string())
            .query("step", step.to_string())
            .call()?;
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let retry_after = header("Retry-After").and_then(|value| value.parse().ok());
        let location = header("Location");
        let status = response.status().as_u16();
        let mut body = Vec::new();
        let unpacked = response.body_mut().with_config().limit(u64::MAX).reader();
        unpacked.take(LARGEST_ANSWER + 1).read_to_end(&mut body)?;
        if body.len() as u64 > LARGEST_ANSWER {
            return Err(ureq::Error::BodyExceedsLimit(LARGEST_ANSWER));
        }
        Ok(Reply {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            location,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    fn judge(&self, reply: Result<Reply, ureq::Error>, step: i64) -> Result<Answer, Refusal> {
        let reply = reply.map_err(|error| Refusal::Final(self.unreachable(&error)))?;
        if let (300..=399, Some(location)) = (reply.status, &reply.location) {
            return Err(Refusal::Final(Failure::new(
                format!(
                    "{} leads elsewhere ({}): {}",
                    self.base,
                    reply.status,
                    shortened(location)
                ),
                "If that is right, give the new address. If it is the page to log in, a token is missing.",
            )));
        }
        let fault = match answer(&reply.body, step) {
            Ok(answer) if reply.status == 200 => return Ok(answer),
            Ok(_) => Fault::Foreign,
            Err(fault) => fault,
        };
        let failure = self.refused(reply.status, &fault);
        // A gateway in front of the server that loses patience says 504.
        if fault.is_too_much() || reply.status == 504 {
            return Err(Refusal::TooMuch(failure));
        }
        Err(Refusal::Final(failure))
    }

    fn refused(&self, status: u16, fault: &Fault) -> Failure {
        let base = &self.base;
        match (status, fault) {
            (_, Fault::Refused(_, message)) if message.contains("no org id") => {
                Failure::new(format!("{base} wants to know the tenant"), "Name it with --tenant.")
            }
            (401 | 403, _) if self.authorization.is_some() => Failure::new(
                format!("{base} refuses the token ({status})"),
                "Is it the right one, has it expired, and may it read metrics?",
            ),
            (401 | 403, _) => Failure::new(
                format!("{base} asks for a token ({status})"),
                "Put it into an environment variable and name that with --token-env, or name a file that holds it with \
                 --token-file.",
            ),
            (200 | 404, Fault::Foreign) => Failure::new(
                format!("{} does not answer as a Prometheus ({status})", self.address),
                "Give the address below which /api/v1 stands, without /graph; that of a Mimir ends in /prometheus. Or is this \
                 the page to log in?",
            ),
            (_, Fault::Refused(_, message)) => Failure::new(
                format!("{base} refuses the query ({status}): {}", shortened(message)),
                "Try the query in the server's own page; with a larger --step or fewer --weeks it has less to do.",
            ),
            (_, Fault::Series(count)) => Failure::new(
                format!("the query gives {count} series"),
                "Wrap it in sum(…), so that it gives one: all requests per second.",
            ),
            (_, Fault::Negative) => Failure::new(
                "the query gives a rate below zero",
                "Ask for the rate() of a counter, which never is.",
            ),
            (_, Fault::Type(kind)) => Failure::new(
                format!("the query gives a {kind} instead of a series"),
                "Ask for requests per second, such as sum(rate(http_requests_total[5m])).",
            ),
            (_, Fault::Foreign) => Failure::new(
                format!("{base} answers with {status}"),
                "Try again later, or ask the server itself instead of what stands before it.",
            ),
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let base = &self.base;
        let why = match error {
            ureq::Error::Timeout(_) => format!("{base} does not answer in time"),
            ureq::Error::HostNotFound => format!("the host of {base} is not known"),
            ureq::Error::BodyExceedsLimit(_) => {
                format!("the answer of {base} is larger than {} MB", LARGEST_ANSWER >> 20)
            }
            other => format!("{base} cannot be reached: {other}"),
        };
        // `ureq` hands the errors of TLS on as those of reading and writing.
        if why.contains("certificate") {
            return Failure::new(
                why,
                "Certificates are those of the system; name a file of other authorities in SSL_CERT_FILE.",
            );
        }
        Failure::new(
            why,
            "Check the address. A server inside a cluster is reached with `kubectl port-forward` first.",
        )
    }
}

struct Reply {
    status: u16,
    body: String,
    retry_after: Option<Duration>,
    /// Where a redirection leads.
    location: Option<String>,
}

impl Reply {
    /// Whether the same question may be answered a moment later. A query that took too long is busy for ever.
    fn is_busy(&self) -> bool {
        let shed = matches!(self.status, 429 | 502 | 503);
        shed && !answer(&self.body, 1).is_err_and(|fault| fault.is_too_much())
    }
}

fn shortened(message: &str) -> String {
    const ENOUGH: usize = 300;
    match message.char_indices().nth(ENOUGH) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

/// The address below which `/api/v1` stands. What people copy from the browser's address line is accepted.
fn base(url: &str) -> Result<String, Failure> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(Failure::new(
            format!("{url} is no address"),
            "Write it with http:// or https://, such as http://localhost:9090.",
        ));
    };
    if rest.split('/').next().is_some_and(|host| host.contains('@')) {
        return Err(Failure::new(
            "the address holds a name or a password",
            "Leave it out, where others can read it; give a bearer token with --token-env or --token-file.",
        ));
    }
    let path = rest.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let pages = ["/api/v1/query_range", "/api/v1/query", "/api/v1", "/graph", "/query"];
    let path = pages.iter().find_map(|page| path.strip_suffix(page)).unwrap_or(path);
    Ok(format!("{scheme}://{path}"))
}

fn read_token(path: &Path) -> Result<String, String> {
    let bytes = open::named(&root::find(Path::new(".")), path, open::TOKEN).map_err(|error| format!("it {error}"))?;
    String::from_utf8(bytes).map_err(|_| "it is not text".to_owned())
}

fn token(options: &Import) -> Result<Option<String>, Failure> {
    let (found, place) = match (&options.token_env, &options.token_file) {
        (Some(name), _) => (
            std::env::var(name).map_err(|error| error.to_string()),
            format!("the environment variable {name}"),
        ),
        (None, Some(path)) => (read_token(path), path.display().to_string()),
        (None, None) => return Ok(None),
    };
    let help = "It must hold the token and nothing else.";
    let token = found.map_err(|error| Failure::new(format!("{place} cannot be read: {error}"), help))?;
    let token = token.trim();
    if token.is_empty() || token.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Failure::new(format!("{place} holds no token"), help));
    }
    Ok(Some(token.to_owned()))
}
