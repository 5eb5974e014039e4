//! The declared name most like one that is not declared.

/// The nearest of some names, if one is near enough to be what was meant: the first in alphabetical order of several.
pub fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    names
        .into_iter()
        .map(|name| (distance(wrong, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len().max(wrong.len()) / 4)
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance in bytes, where `_` and `-` are the same.
fn distance(a: &str, b: &str) -> usize {
    let bytes = |text: &str| -> Vec<u8> {
        text.bytes()
            .map(|byte| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() })
            .collect()
    };
    let (a, b) = (bytes(a), bytes(b));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(left != right)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
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
