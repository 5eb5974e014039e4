//! The declared name most like one that is not declared.

/// The nearest of some names, if one is near enough to be what was meant: the first in alphabetical order of several.
pub fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // `_` and `-` are the same to whoever mistypes them.
    let plain = |text: &str| text.to_ascii_lowercase().replace('_', "-");
    let own = plain(wrong);
    names
        .into_iter()
        .map(|name| (strsim::levenshtein(&own, &plain(name)), name))
        .filter(|(distance, name)| *distance <= 1 + name.len().max(wrong.len()) / 4)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_and_far_ones() {
        assert_eq!(nearest("service_api", ["service-api", "web"]), Some("service-api"));
        assert_eq!(nearest("aip", ["api", "web"]), None);
        assert_eq!(nearest("backend1", ["backend2", "backend3"]), Some("backend2"));
        assert_eq!(nearest("x", ["payments"]), None);
    }
}
