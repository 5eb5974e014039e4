//! The range queries of Prometheus, Thanos and Mimir: which questions to ask, and what the answers say.
//!
//! Read from <https://prometheus.io/docs/prometheus/latest/querying/api/> and run against Prometheus 2.42: a value is a
//! string, a time a number; more than 11,000 points of a series are refused with 400; a `rate` over samples further apart
//! than its window is an empty answer with the status `success`.

use serde::Deserialize;

use crate::capacity::moment::{Moment, Period, WEEK};

/// Farther from 1970 than any time that is asked for, and near enough to reckon with.
const FAR: f64 = 1e12;
/// Points of one answer; Prometheus refuses more than 11,000.
const POINTS: i64 = 10_000;
/// A question about less than this is not cut further.
const SHORTEST: i64 = 2 * 3600;

/// The periods to ask about one after the other: each of at most 10,000 steps and a week, which keeps what the server
/// must hold in memory small.
pub fn questions(period: Period, step: i64) -> Vec<Period> {
    let step = step.max(1);
    let length = (POINTS * step).min((WEEK / step).max(1) * step);
    let mut questions = Vec::new();
    let mut from = period.from;
    while from < period.to {
        let to = from.plus(length).min(period.to);
        questions.push(Period::new(from, to));
        from = to;
    }
    questions
}

/// The two halves of a question that was too large for the server, or `None` when it is as small as it gets.
pub fn halves(question: Period, step: i64) -> Option<[Period; 2]> {
    let steps = question.seconds() / step.max(1);
    if question.seconds() < SHORTEST || steps < 2 {
        return None;
    }
    let middle = question.from.plus(steps / 2 * step);
    Some([Period::new(question.from, middle), Period::new(middle, question.to)])
}

/// What a server answered to a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// When each stretch of one step begins, and millionths of requests per second.
    pub samples: Vec<(Moment, u64)>,
    /// Points that were no number.
    pub not_numbers: usize,
    /// Points outside of the time that was asked for.
    pub outside: usize,
    /// What the server warns of, such as parts that did not answer.
    pub warnings: Vec<String>,
}

impl Answer {
    /// Leaves out, and counts, what lies outside of the time that was asked for.
    pub fn keep(&mut self, asked: Period) {
        let before = self.samples.len();
        self.samples.retain(|(at, _)| (asked.from..asked.to).contains(at));
        self.outside += before - self.samples.len();
    }
}

/// Why an answer is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not the JSON of this interface.
    Foreign,
    /// The server refuses: its kind of error, and its words.
    Refused(String, String),
    /// So many series instead of one.
    Series(usize),
    /// A rate below zero.
    Negative,
    /// The query gives another type than a matrix.
    Type(String),
}

impl Fault {
    /// Whether a shorter period could be answered.
    pub fn is_too_much(&self) -> bool {
        let Fault::Refused(kind, message) = self else {
            return false;
        };
        let known = [
            "too many samples",
            "maximum resolution",
            "time range exceeds",
            "maximum number of chunks",
            "max number of samples",
        ];
        kind == "timeout" || known.iter().any(|part| message.contains(part))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    status: String,
    data: Option<Data>,
    #[serde(default)]
    error_type: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
}

/// What tells whether the rest is worth keeping.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
}

#[derive(Deserialize)]
struct Matrix {
    data: Kept,
}

#[derive(Deserialize)]
struct Kept {
    #[serde(default)]
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    values: Vec<(f64, String)>,
}

/// Reads an answer. A point describes the step that ends with it, as every function over a range looks back.
pub fn answer(body: &str, step: i64) -> Result<Answer, Fault> {
    let envelope: Envelope = serde_json::from_str(body).map_err(|_| Fault::Foreign)?;
    if envelope.status != "success" {
        return Err(Fault::Refused(envelope.error_type, envelope.error));
    }
    let data = envelope.data.ok_or(Fault::Foreign)?;
    if data.result_type != "matrix" {
        return Err(Fault::Type(data.result_type));
    }
    let matrix: Matrix = serde_json::from_str(body).map_err(|_| Fault::Foreign)?;
    let series = matrix.data.result;
    if series.len() > 1 {
        return Err(Fault::Series(series.len()));
    }
    let mut answer = Answer {
        warnings: envelope.warnings,
        ..Answer::default()
    };
    for (time, value) in series.into_iter().flat_map(|series| series.values) {
        let rate = value.parse::<f64>().map_err(|_| Fault::Foreign)?;
        if !rate.is_finite() || !time.is_finite() {
            answer.not_numbers += 1;
            continue;
        }
        if rate < 0.0 {
            return Err(Fault::Negative);
        }
        let begin = Moment::from_unix(time.clamp(-FAR, FAR).floor() as i64).plus(-step);
        // To the nearest, so that 39.999999999999 is the 40 that was counted.
        answer.samples.push((begin, (rate * 1e6).round() as u64));
    }
    Ok(answer)
}
