//! Which files that no container sees belong to one machine.

use super::names::is_environment;

/// How sure it is that two folders hold files of one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Together {
    /// They are of one tree `etc`.
    Tree,
    /// They are one folder.
    Folder,
    /// They lie beside each other, called after what they are for.
    Assumed,
}

/// Folders that are called after what one does with their files, not after what they are for.
const GENERAL: [&str; 13] = [
    "config",
    "configs",
    "conf",
    "deploy",
    "deployment",
    "etc",
    "infra",
    "ops",
    "scripts",
    "server",
    "setup",
    "systemd",
    "units",
];

/// Whether a folder of a gateway and one of a process, each with what runs there, are of one machine.
pub(super) fn one((left, gateway): (&str, &str), (right, process): (&str, &str)) -> Option<Together> {
    let (left, right) = (parts(left), parts(right));
    if let (Some(a), Some(b)) = (root_of_etc(&left), root_of_etc(&right)) {
        return (a == b).then_some(Together::Tree);
    }
    if left == right {
        return Some(Together::Folder);
    }
    let shared = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let (left, right) = (&left[shared..], &right[shared..]);
    let apart = left.iter().chain(right).any(|part| is_environment(part));
    let fits = is_for(left, gateway) && is_for(right, process);
    (fits && !apart).then_some(Together::Assumed)
}

/// What a tree `etc` lies in.
fn root_of_etc<'p>(parts: &'p [&'p str]) -> Option<&'p [&'p str]> {
    Some(&parts[..parts.iter().position(|part| *part == "etc")?])
}

/// Whether the rest of a path is called after a product, or after nothing: `nginx/sites-available`, `deploy`.
fn is_for(rest: &[&str], product: &str) -> bool {
    let Some(first) = rest.iter().find(|part| !GENERAL.contains(part)) else {
        return true;
    };
    product.starts_with(first)
}

fn parts(folder: &str) -> Vec<&str> {
    folder.split('/').filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Together, one};

    #[test]
    fn trees_and_siblings() {
        for (left, right, expected) in [
            ("etc/nginx/sites-enabled", "etc/systemd/system", Some(Together::Tree)),
            ("web1/etc/nginx", "web2/etc/systemd/system", None),
            ("deploy/nginx", "deploy/systemd", Some(Together::Assumed)),
            ("nginx", "systemd", Some(Together::Assumed)),
            ("", "", Some(Together::Folder)),
            ("nginx", "config", Some(Together::Assumed)),
            ("prod/nginx", "staging/systemd", None),
            ("shop", "billing", None),
            ("shop/deploy/nginx", "billing/deploy/systemd", None),
        ] {
            assert_eq!(one((left, "nginx"), (right, "gunicorn")), expected, "{left} {right}");
        }
    }
}
