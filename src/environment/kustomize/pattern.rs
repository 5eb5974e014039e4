//! The few regular expressions that patch targets are written with.

enum Step {
    One(char),
    Any,
}

/// Whether a pattern matches the whole of a name; `None` when the pattern uses more than names do.
pub(super) fn matches(pattern: &str, name: &str) -> Option<bool> {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let pattern = pattern.strip_suffix('$').unwrap_or(pattern);
    if pattern.contains(['(', ')', '[', ']', '{', '}', '^', '$']) {
        return None;
    }
    let mut any = false;
    for alternative in pattern.split('|') {
        any |= alternative_matches(alternative, name)?;
    }
    Some(any)
}

fn alternative_matches(pattern: &str, name: &str) -> Option<bool> {
    // Each step with the least and the most it may repeat.
    let mut steps: Vec<(Step, bool, bool)> = Vec::new();
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        match char {
            '*' | '+' | '?' => {
                let last = steps.last_mut()?;
                last.1 = char != '+';
                last.2 = char != '?';
            }
            '.' => steps.push((Step::Any, false, false)),
            '\\' => steps.push((
                Step::One(chars.next().filter(|char| !char.is_alphanumeric())?),
                false,
                false,
            )),
            char => steps.push((Step::One(char), false, false)),
        }
    }
    // All positions a match may have reached, so that no pattern takes long.
    let mut reached = vec![false; steps.len() + 1];
    reached[0] = true;
    skip_optional(&steps, &mut reached);
    for char in name.chars() {
        let mut next = vec![false; steps.len() + 1];
        for (at, (step, _, repeats)) in steps.iter().enumerate() {
            let fits = match step {
                Step::Any => true,
                Step::One(one) => *one == char,
            };
            if reached[at] && fits {
                next[at + 1] = true;
                next[at] |= *repeats;
            }
        }
        skip_optional(&steps, &mut next);
        reached = next;
    }
    Some(reached[steps.len()])
}

fn skip_optional(steps: &[(Step, bool, bool)], reached: &mut [bool]) {
    for (at, (_, optional, _)) in steps.iter().enumerate() {
        if reached[at] && *optional {
            reached[at + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn names_match_as_a_whole() {
        assert_eq!(matches("web", "web"), Some(true));
        assert_eq!(matches("web", "web-2"), Some(false));
        assert_eq!(matches("web.*", "web-2"), Some(true));
        assert_eq!(matches("api|web.+", "web"), Some(false));
        assert_eq!(matches("a?b+", "abbb"), Some(true));
        assert_eq!(matches(".*", ""), Some(true));
        assert_eq!(matches("(a|b)", "a"), None);
    }
}
