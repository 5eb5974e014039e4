//! Product versions, as far as an image tag or the configuration tells them.

use std::fmt;

/// The known beginning of a version: `1.28` may be any 1.28.x.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(Vec<u32>);

impl Version {
    /// Reads the leading numbers of `1.29.7-alpine`, `v1.12.0`. Text that does not start with a number is no version.
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let parts: Option<Vec<u32>> = text[..end]
            .trim_end_matches('.')
            .split('.')
            .map(|part| part.parse().ok())
            .collect();
        parts.filter(|parts| parts.len() <= 4).map(Version)
    }

    /// The version an image's tag tells: `nginx:1.28-alpine` is 1.28, `nginx:latest` is unknown.
    pub fn of_image(image: &str) -> Option<Version> {
        let image = image.split('@').next().unwrap_or(image);
        let (_, tag) = image.rsplit_once('/').unwrap_or(("", image)).1.split_once(':')?;
        Version::parse(tag)
    }

    /// Whether the version is `other` or later; `None` when what is known of it does not decide.
    pub fn at_least(&self, other: &Version) -> Option<bool> {
        for (at, wanted) in other.0.iter().enumerate() {
            match self.0.get(at) {
                // 1.29 against 1.29.7 is open; 1.29 against 1.29.0 is not.
                None => {
                    return if other.0[at..].iter().all(|part| *part == 0) {
                        Some(true)
                    } else {
                        None
                    };
                }
                Some(own) if own != wanted => return Some(own > wanted),
                Some(_) => {}
            }
        }
        Some(true)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&parts.join("."))
    }
}
