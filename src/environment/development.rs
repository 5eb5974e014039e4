//! Which paths are plainly for development.

/// Whether a path is plainly for development: one of its folders, or a part of its file name, says so.
pub(crate) fn is_development(path: &str) -> bool {
    let says_so = |part: &str| {
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
    };
    let (folders, file) = match path.rsplit_once('/') {
        Some((folders, file)) if file.contains('.') => (folders, file),
        None if path.contains('.') => ("", path),
        _ => (path, ""),
    };
    folders.split('/').any(says_so) || file.split(['.', '-', '_']).any(says_so)
}
