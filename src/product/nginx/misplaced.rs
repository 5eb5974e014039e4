//! Directives that stand where nginx refuses them.

use std::sync::Arc;

use crate::model::field::setting;
use crate::model::{Entity, Kind};
use crate::product::nginx::context::Context;
use crate::product::nginx::includes::Directive;
use crate::product::nginx::lower::Lower;
use crate::product::nginx::table::{LEVELS, MODULES, TABLE};

/// Where directives may stand that are no rows, as their modules say; nginx 1.22.1 was asked for each of them in every block
/// (`tests/nginx_live.rs` asks again).
pub static ALLOWED: &[(&[&str], &[&str])] = &[
    (&["proxy_pass"], &["location", "if", "limit_except"]),
    (
        &["fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass"],
        &["location", "if"],
    ),
    (
        &[
            "proxy_set_header",
            "proxy_hide_header",
            "proxy_pass_header",
            "proxy_redirect",
            "proxy_buffering",
            "proxy_request_buffering",
            "proxy_ignore_headers",
            "proxy_set_body",
            "proxy_method",
            "proxy_bind",
            "proxy_cache",
            "proxy_cache_valid",
            "proxy_cache_key",
            "proxy_cookie_path",
            "proxy_cookie_domain",
            "proxy_max_temp_file_size",
            "fastcgi_param",
            "fastcgi_index",
            "fastcgi_split_path_info",
            "fastcgi_buffering",
            "uwsgi_param",
            "scgi_param",
            "grpc_set_header",
            "client_max_body_size",
            "client_body_timeout",
            "client_body_buffer_size",
            "limit_req",
            "limit_conn",
            "send_timeout",
            "index",
            "resolver_timeout",
        ],
        LEVELS,
    ),
    (
        &["add_header", "error_page", "root", "expires"],
        &["http", "server", "location", "if"],
    ),
    (&["try_files"], &["server", "location"]),
    (&["alias", "internal"], &["location"]),
    (&["listen", "server_name"], &["server"]),
    (
        &[
            "client_header_buffer_size",
            "large_client_header_buffers",
            "client_header_timeout",
            "ssl_certificate",
            "ssl_certificate_key",
            "ssl_protocols",
            "ssl_ciphers",
        ],
        &["http", "server"],
    ),
    (
        &["allow", "deny", "auth_basic"],
        &["http", "server", "location", "limit_except"],
    ),
    (&["limit_req_zone", "limit_conn_zone", "map", "upstream"], &["http"]),
];

/// Where a directive may stand; `None` where that is not known here.
pub fn allowed(name: &str) -> Option<&'static [&'static str]> {
    let listed = ALLOWED.iter().find(|(names, _)| names.contains(&name));
    let row = || {
        let module = name.split_once('_').map(|(module, _)| module);
        let own = module.is_some_and(|module| MODULES.contains(&module));
        (own && TABLE.named(name).next().is_some()).then_some(LEVELS)
    };
    listed.map(|(_, blocks)| *blocks).or_else(row)
}

impl Lower<'_> {
    /// Notes what nginx refuses to find in this block. What a location is, and what stands in it, is plain whatever the
    /// file is included in; blocks further out are not judged.
    pub(super) fn misplaced(&mut self, children: &[Directive], context: Context) {
        if !matches!(context, Context::Location | Context::If | Context::LimitExcept) {
            return;
        }
        for (tree, node) in children {
            let at = tree.at(*node);
            let Some(blocks) = allowed(at.name()).filter(|blocks| !blocks.contains(&context.name())) else {
                continue;
            };
            let holder = context.name();
            let mut entity = Entity::new(Kind::Setting, format!("{holder} {}", at.name()), at.head());
            entity.set(setting::NAME, Arc::from(at.name()), at.name_span());
            entity.set(setting::PROBLEM, Arc::from("misplaced"), at.head());
            entity.set(setting::PRODUCT, Arc::from("nginx"), at.head());
            entity.set(setting::HOLDER, Arc::from(holder), at.head());
            entity.set(setting::MEANT, Arc::from(in_words(blocks)), at.head());
            self.model.add(entity);
        }
    }
}

fn in_words(blocks: &[&str]) -> String {
    match blocks {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
