//! How fast files of gateways become trees, in MB a second: `cargo bench --bench parse`. HAProxy is to stay above 100.
//!
//! On two cores that others were using too, best of nine rounds: HAProxy 211, nginx 344, YAML 32.
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use gatelint::repo::{SourceId, Sources};
use gatelint::syntax::{Tree, haproxy, nginx, yaml};

const ROUNDS: usize = 9;
const BYTES: usize = 8_000_000;

const HAPROXY: &str = r#"# One shop.
defaults
    mode http
    option httplog
    option redispatch
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend shop
    bind :443 ssl crt /etc/haproxy/certs alpn h2,http/1.1
    acl is_api path_beg /api /v1 /v2
    http-request set-header X-Forwarded-Proto https if { ssl_fc }
    http-request return status 403 content-type "text/plain" string "not \"here\"" unless is_api
    use_backend %[path,map_beg(/etc/haproxy/paths.map,web)] if is_api
    default_backend web
backend web
    balance leastconn
    option httpchk GET /healthz
    default-server check inter 2s fall 3 rise 2 resolvers dns init-addr last,libc,none
    server web1 web1.shop.svc.cluster.local:8080 weight 100 # the old one
    server web2 web2.shop.svc.cluster.local:8080 weight 100
"#;

const NGINX: &str = r#"# One shop.
upstream web {
    zone web 64k;
    server web1.shop.svc.cluster.local:8080 max_fails=3 fail_timeout=10s;
    keepalive 16;
}
server {
    listen 443 ssl;
    server_name shop.example.com "www.shop.example.com";
    location ~ ^/(api|v[12])/ {
        proxy_pass http://web;
        proxy_set_header Host $host;
        proxy_read_timeout 30s; # slow reports
    }
}
"#;

const ENVOY: &str = r#"    - name: web
      type: STRICT_DNS
      connect_timeout: 1s
      load_assignment:
        cluster_name: web
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: web.shop, port_value: 8080 } } }
      circuit_breakers:
        thresholds: [{ priority: DEFAULT, max_connections: 1024 }]
"#;

fn main() {
    let whole = |text: &str| text.repeat(BYTES / text.len() + 1);
    let plain = |parse: fn(SourceId, Arc<str>) -> Tree| {
        move |sources: &Sources, text: &str| {
            let source = sources.add_file("x", text.as_bytes().to_vec());
            let start = Instant::now();
            let tree = parse(source.id, source.text.clone());
            (start.elapsed(), tree.problems.len())
        }
    };
    let yaml = |sources: &Sources, text: &str| {
        let source = sources.add_file("x.yaml", text.as_bytes().to_vec());
        let start = Instant::now();
        let tree = yaml::parse_commented(&source);
        (start.elapsed(), tree.problems.len())
    };
    report("haproxy", &whole(HAPROXY), &plain(haproxy::parse_plain));
    report("nginx", &whole(NGINX), &plain(nginx::parse_plain));
    report(
        "envoy (YAML)",
        &format!("static_resources:\n  clusters:\n{}", whole(ENVOY)),
        &yaml,
    );
}

fn report(name: &str, text: &str, parse: &dyn Fn(&Sources, &str) -> (Duration, usize)) {
    let mut times = Vec::new();
    let mut problems = 0;
    for _ in 0..ROUNDS {
        let (time, found) = parse(&Sources::default(), text);
        times.push(time);
        problems = found;
    }
    times.sort_unstable();
    let rate = |time: Duration| text.len() as f64 / 1e6 / time.as_secs_f64();
    println!(
        "{name:<14} {:>5.0} MB/s (best {:.0}), {:.1} MB, {problems} problems",
        rate(times[ROUNDS / 2]),
        rate(times[0]),
        text.len() as f64 / 1e6
    );
}
