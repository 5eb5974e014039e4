//! Names inside sample fetches and converters: `nbsrv(backend)`, `src_http_req_rate(table)`, `http_auth(userlist)`.

use crate::product::haproxy::names::{Sort, Use, argument_of};
use crate::syntax::At;

const BACKEND: [&str; 7] = [
    "nbsrv",
    "connslots",
    "avg_queue",
    "be_conn",
    "be_conn_free",
    "be_sess_rate",
    "queue",
];
const FRONTEND: [&str; 3] = ["fe_conn", "fe_req_rate", "fe_sess_rate"];
const SERVER: [&str; 8] = [
    "srv_conn",
    "srv_conn_free",
    "srv_is_up",
    "srv_queue",
    "srv_sess_rate",
    "srv_weight",
    "srv_uweight",
    "srv_iweight",
];
/// What a table counts, as the end of `src_`, `sc_`, `sc0_` and `table_`. Those that take a number first are left out.
const COUNTERS: [&str; 22] = [
    "bytes_in_rate",
    "bytes_out_rate",
    "clr_gpc0",
    "clr_gpc1",
    "conn_cnt",
    "conn_cur",
    "conn_rate",
    "get_gpc0",
    "get_gpc1",
    "get_gpt0",
    "gpc0_rate",
    "gpc1_rate",
    "http_err_cnt",
    "http_err_rate",
    "http_req_cnt",
    "http_req_rate",
    "inc_gpc0",
    "inc_gpc1",
    "kbytes_in",
    "kbytes_out",
    "sess_cnt",
    "sess_rate",
];

/// Adds the names that calls in the words of a line ask for.
pub(super) fn names(at: At<'_>, found: &mut Vec<Option<Use>>) {
    // Texts for people, and formats that count only where something is logged.
    if matches!(
        at.name(),
        "description" | "log-format" | "log-format-sd" | "error-log-format"
    ) {
        return;
    }
    for n in 0..at.words().len() {
        let text = at.word(n).unwrap_or_default();
        for (open, _) in text.match_indices('(') {
            let called = &text[..open];
            let begin = called.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let name = &called[begin.map_or(0, |at| at + 1)..];
            let Some((sort, which)) = argument_named(name) else {
                continue;
            };
            let mut used = argument_of(sort, at, n, open + 1, which);
            if let Some(used) = &mut used
                && sort == Sort::ServerOf
                && !used.name.contains('/')
            {
                used.sort = Sort::Server;
            }
            found.push(used);
        }
    }
}

/// Which argument of a call is a name, and of what.
fn argument_named(call: &str) -> Option<(Sort, usize)> {
    let counts = |prefix: &str| call.strip_prefix(prefix).is_some_and(|end| COUNTERS.contains(&end));
    match call {
        "http_auth" | "http_auth_group" => Some((Sort::Section("userlist"), 0)),
        "table_avl" | "table_cnt" | "in_table" => Some((Sort::Table, 0)),
        _ if BACKEND.contains(&call) => Some((Sort::Backend, 0)),
        _ if FRONTEND.contains(&call) => Some((Sort::Frontend, 0)),
        _ if SERVER.contains(&call) => Some((Sort::ServerOf, 0)),
        _ if ["src_", "table_", "sc0_", "sc1_", "sc2_"]
            .iter()
            .any(|prefix| counts(prefix)) =>
        {
            Some((Sort::Table, 0))
        }
        _ if counts("sc_") => Some((Sort::Table, 1)),
        _ => None,
    }
}
