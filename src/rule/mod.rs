//! Rules as data: load, type-check, judge. The only place that knows the language of rules.

mod advice;
mod cel;
mod compile;
mod definition;
mod error;
mod eval;
pub mod explain;
mod expr;
mod file;
mod function;
mod grade;
mod hit;
mod judge;
mod literal;
mod load;
mod option;
mod remedy;
pub mod schema;
mod settings;
mod severity;
mod structure;
mod template;
mod told;
mod typing;

pub use definition::{Example, MARK, Rule};
pub use error::RuleError;
pub use function::FUNCTIONS;
pub use grade::Grade;
pub use hit::{Hit, NotEvaluated};
pub use judge::{Judgement, Verdict, Violation, decided, judge, tell, verdict_of, verdicts};
pub use load::RuleSet;
pub use option::RuleOption;
pub use remedy::{Action, Change, Proposal, Remedy};
pub use settings::SettingError;
pub use severity::{Precision, Severity};
