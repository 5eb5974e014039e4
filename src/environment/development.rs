//! Which paths are plainly for development.

/// Whether a path is plainly for development: one of its folders, or a part of its file name, says so.
pub(crate) fn is_development(path: &str) -> bool {
    any_part(path, |part| {
        matches!(
            part,
            "dev"
                | "devel"
                | "development"
                | "local"
                | "localhost"
                | "minikube"
                | "kind"
                | "test"
                | "tests"
                | "testing"
                | "ci"
                | "e2e"
                | "sandbox"
                | "playground"
        )
    })
}

/// Whether a path is plainly of a stage before production, where people try what is to go live.
pub(crate) fn is_rehearsal(path: &str) -> bool {
    let says_so = |part: &str| {
        matches!(
            part,
            "stage"
                | "staging"
                | "stg"
                | "preprod"
                | "preproduction"
                | "nonprod"
                | "nonproduction"
                | "uat"
                | "qa"
                | "acceptance"
                | "preview"
                | "previews"
                | "demo"
        )
    };
    // `shop-staging` is a folder's name as often as `staging`.
    let within = |part: &str| part.split(['-', '_']).any(says_so) || part == "pre-prod" || part == "non-prod";
    any_part(path, within)
}

fn any_part(path: &str, says_so: impl Fn(&str) -> bool) -> bool {
    let (folders, file) = match path.rsplit_once('/') {
        Some((folders, file)) if file.contains('.') => (folders, file),
        None if path.contains('.') => ("", path),
        _ => (path, ""),
    };
    folders.split('/').any(&says_so) || file.split(['.', '-', '_']).any(says_so)
}
