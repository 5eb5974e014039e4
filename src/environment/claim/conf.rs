//! `*.conf` and its like: nginx, HAProxy, Apache, INI, or one of the many that are not read here.

use super::{Certainty, Claim, Language, Role, head, nginx};

/// All these languages show themselves early.
const LIMIT: usize = 64 * 1024;

pub(super) fn claim(path: &str, text: &str) -> Claim {
    let text = head(text, LIMIT);
    // The commonest first, and it is never sure of a text in another language.
    let nginx = nginx::recognise(path, text).map(|(context, certainty)| Claim {
        language: Language::Nginx,
        role: Role::Nginx,
        context: Some(context),
        certainty,
    });
    if let Some(claim) = nginx
        && claim.certainty == Certainty::Certain
    {
        return claim;
    }
    let lines = look(text);
    if lines.is_haproxy() {
        Claim::certain(Role::Haproxy, Language::Haproxy)
    } else if lines.apache {
        // Recognised, not read.
        Claim::certain(Role::Other, Language::Text)
    } else if lines.section_first {
        ini(path, text)
    } else {
        nginx.unwrap_or(Claim::OTHER)
    }
}

pub(super) fn claim_ini(path: &str, text: &str) -> Claim {
    ini(path, head(text, LIMIT))
}

#[derive(Default)]
struct Lines {
    /// The first line that says something is `[section]`.
    section_first: bool,
    apache: bool,
    haproxy_sections: usize,
    haproxy_keywords: usize,
}

impl Lines {
    fn is_haproxy(&self) -> bool {
        !self.section_first && self.haproxy_sections > 0 && self.haproxy_keywords > 0
    }
}

fn look(text: &str) -> Lines {
    const SECTIONS: [&str; 17] = [
        "global",
        "traces",
        "defaults",
        "frontend",
        "backend",
        "listen",
        "peers",
        "resolvers",
        "userlist",
        "mailers",
        "cache",
        "program",
        "http-errors",
        "ring",
        "fcgi-app",
        "crt-store",
        "log-forward",
    ];
    const KEYWORDS: [&str; 25] = [
        "bind",
        "trace",
        "server",
        "server-template",
        "mode",
        "timeout",
        "balance",
        "option",
        "maxconn",
        "log",
        "acl",
        "default_backend",
        "use_backend",
        "http-request",
        "http-response",
        "tcp-request",
        "stats",
        "nameserver",
        "user",
        "retries",
        "errorfile",
        "peer",
        "daemon",
        "default-server",
        "cookie",
    ];
    let mut seen = Lines::default();
    let mut is_first = true;
    for line in text.lines() {
        let content = line.trim();
        let Some(byte) = content.bytes().next() else { continue };
        if matches!(byte, b'#' | b';') {
            continue;
        }
        if std::mem::take(&mut is_first) {
            seen.section_first = byte == b'[' && content.ends_with(']');
        }
        if byte == b'<' {
            seen.apache |= is_apache_section(content);
        }
        if content.ends_with([';', '{', '}']) || byte == b'<' {
            continue;
        }
        let word = content.split_ascii_whitespace().next().unwrap_or_default();
        if matches!(
            word,
            "LoadModule" | "ServerRoot" | "DocumentRoot" | "ProxyPass" | "RewriteEngine" | "LogFormat"
        ) {
            seen.apache = true;
        } else if SECTIONS.contains(&word) && !content.contains('=') {
            seen.haproxy_sections += 1;
        } else if KEYWORDS.contains(&word) {
            seen.haproxy_keywords += 1;
        }
    }
    seen
}

fn is_apache_section(line: &str) -> bool {
    let name = line[1..].split([' ', '\t', '>']).next().unwrap_or_default();
    matches!(
        name,
        "VirtualHost"
            | "Directory"
            | "DirectoryMatch"
            | "IfModule"
            | "IfDefine"
            | "IfVersion"
            | "Location"
            | "LocationMatch"
            | "Proxy"
            | "Files"
            | "FilesMatch"
            | "Macro"
            | "Limit"
            | "LimitExcept"
    )
}

fn ini(path: &str, text: &str) -> Claim {
    let file = path.rsplit('/').next().unwrap_or(path);
    let (mut fpm, mut php, mut unit, mut entries) = (false, false, false, false);
    let (mut section, mut listens) = (false, false);
    for line in text.lines().map(str::trim_start) {
        if let Some(name) = line.strip_prefix('[') {
            section = true;
            unit |= name.starts_with("Unit]") || name.starts_with("Service]") || name.starts_with("Install]");
            continue;
        }
        let Some((key, _)) = line.split_once('=') else { continue };
        entries |= !line.starts_with([';', '#']);
        match key.trim_end() {
            "pm" | "pm.max_children" | "request_terminate_timeout" | "process.max" | "process_control_timeout" => {
                fpm = true
            }
            "listen" => listens = true,
            "max_execution_time" | "memory_limit" | "upload_max_filesize" | "post_max_size" | "display_errors" => {
                php = true
            }
            key => {
                fpm |= key.starts_with("php_admin_") || key.starts_with("php_value[") || key.starts_with("listen.");
                php |= key.starts_with("opcache.");
            }
        }
    }
    // A pool that only moves the socket: the file's name decides.
    let named_fpm = path.contains("fpm") || matches!(file, "www.conf" | "zz-docker.conf");
    if section && (fpm || (listens && named_fpm)) {
        Claim::certain(Role::Ini, Language::Ini)
    } else if unit {
        systemd(path)
    } else if php || file == "php.ini" {
        Claim::certain(Role::Other, Language::Ini)
    } else if entries {
        Claim::likely(Role::Other, Language::Ini)
    } else {
        Claim::OTHER
    }
}

/// A unit of systemd: only services start something.
pub(super) fn systemd(path: &str) -> Claim {
    let role = if path.ends_with(".service") {
        Role::Systemd
    } else {
        Role::Other
    };
    Claim::certain(role, Language::Text)
}
