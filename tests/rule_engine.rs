//! t
use gatelint::rule::RuleSet;
#[test]
fn embedded() {
    match RuleSet::embedded() {
        Ok(rules) => {
            let t = std::time::Instant::now();
            for _ in 0..100 {
                let _ = RuleSet::embedded();
            }
            println!("{:?} {}", t.elapsed() / 100, rules.rules().len());
        }
        Err(errors) => {
            for e in &errors {
                println!("{e} {:?} {:?}", e.span, e.text.get(e.span.clone()));
            }
            panic!()
        }
    }
}
