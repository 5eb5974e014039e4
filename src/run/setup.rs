//! What every command that reads a repository starts from: its root, its configuration, the rules.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::analysis::Ground;
use crate::cli::Lint;
use crate::config::{self, Config, ConfigProblem, KnownRule};
use crate::environment::read::{self, StandIn};
use crate::expand::ExpandCache;
use crate::finding::directive::did_you_mean;
use crate::finding::ignores::BUILT_IN;
use crate::model::Version;
use crate::repo::root::{self, Root};
use crate::repo::walk::{self, WalkOptions};
use crate::repo::{Sources, Span};
use crate::report;
use crate::report::progress::Progress;
use crate::rule::{RuleError, RuleSet};
use crate::syntax::yaml;
use crate::terminal::Look;

/// What every command that reads a repository starts from.
pub(super) struct Setup {
    pub(super) root: Root,
    pub(super) sources: Sources,
    pub(super) config: Config,
    pub(super) rules: RuleSet,
}

impl Setup {
    pub(super) fn new(start: &Path, config: Option<&Path>, no_config: bool, look: Look) -> Result<Setup, Failure> {
        if !start.exists() {
            return Err(Failure::new(
                format!("{} does not exist", start.display()),
                "Give files and folders of the repository, or nothing for the current folder.",
            ));
        }
        let root = root::find(start);
        let sources = Sources::default();
        let named = config.is_some();
        let path = config.map_or_else(|| root.folder.join(config::FILE), Path::to_path_buf);
        let mut found = Config::default();
        if !no_config && (named || path.is_file()) {
            let bytes = std::fs::read(&path).map_err(|error| {
                Failure::new(
                    format!("the configuration {} cannot be read: {error}", path.display()),
                    "Check --config.",
                )
            })?;
            let shown = path.strip_prefix(&root.folder).unwrap_or(&path).display().to_string();
            let source = sources.add_file(&shown, bytes);
            let (read, problems) = config::read(&yaml::parse(&source), path.parent().unwrap_or(&root.folder));
            refuse(&sources, &problems, look)?;
            found = read;
        }
        let folders: Vec<PathBuf> = found.rules.iter().map(|folder| root.folder.join(folder)).collect();
        let rules = RuleSet::load(&folders).map_err(|errors| rule_mistakes(&root, &sources, &errors, look))?;
        refuse(&sources, &found.check_rules(&known(&rules)), look)?;
        let rules = configured(rules, &found)?;
        Ok(Setup {
            root,
            sources,
            config: found,
            rules,
        })
    }

    pub(super) fn ground(&self) -> Ground<'_> {
        let versions: HashMap<String, Version> = self.config.versions.clone().into_iter().collect();
        Ground {
            sources: &self.sources,
            rules: &self.rules,
            versions,
            cache: ExpandCache::default(),
        }
    }

    /// Walks and reads the repository.
    pub(super) fn read(&self, stand_in: Option<StandIn>, progress: &Progress) -> read::Read {
        let options = WalkOptions {
            exclude: self.config.exclude.clone(),
            threads: 0,
        };
        let walked = walk::walk(&self.root.folder, &options);
        progress.step("reading files", 0, walked.files.len());
        read::read(&self.root.folder, &self.sources, walked, stand_in, &|| {
            progress.advance()
        })
    }
}

pub(super) fn rule_mistakes(root: &Root, sources: &Sources, errors: &[RuleError], look: Look) -> Failure {
    let shown = errors.iter().map(|error| {
        let inside = Path::new(&*error.file).strip_prefix(&root.folder);
        let path = inside.map_or(error.file.to_string(), |path| path.display().to_string());
        let source = sources.add_file(&path, error.text.as_bytes().to_vec());
        let span = Span::new(source.id, error.span.start as u32, error.span.end as u32);
        report::mistake(sources, span, &error.message, error.help.as_deref(), look)
    });
    Failure(shown.collect())
}

pub(super) fn known(rules: &RuleSet) -> Vec<KnownRule<'_>> {
    rules
        .rules()
        .iter()
        .map(|rule| KnownRule {
            id: &rule.id,
            category: &rule.category,
            options: rule
                .options
                .iter()
                .map(|option| (&*option.name, option.value.kind()))
                .collect(),
        })
        .collect()
}

pub(super) fn refuse(sources: &Sources, problems: &[ConfigProblem], look: Look) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    let shown = problems
        .iter()
        .map(|problem| report::mistake(sources, problem.span, &problem.message, problem.help.as_deref(), look));
    Err(Failure(shown.collect()))
}

pub(super) fn configured(rules: RuleSet, config: &Config) -> Result<RuleSet, Failure> {
    let options = config.options.iter().flat_map(|(rule, options)| {
        options.iter().map(|option| {
            (
                rule.value.as_str(),
                option.name.value.as_str(),
                option.text.value.as_str(),
            )
        })
    });
    let wrong = |errors: Vec<crate::rule::SettingError>| {
        let text: Vec<String> = errors.iter().map(|error| error.message.clone()).collect();
        Failure::new(text.join("; "), "`gatelint explain RULE` lists a rule's options.")
    };
    let rules = rules.with_options(options).map_err(wrong)?;
    let severities = config
        .severity
        .iter()
        .map(|(rule, severity)| (rule.value.as_str(), severity.map_or("off", report::severity)));
    let severities: Vec<_> = severities
        .filter(|(rule, _)| !BUILT_IN.iter().any(|(id, _)| id == rule))
        .collect();
    rules.with_severities(severities).map_err(wrong)
}

/// Switches rules off that neither configuration nor command line asks for.
pub(super) fn select(rules: &mut RuleSet, config: &Config, options: &Lint) -> Result<(), Failure> {
    for name in options.select.iter().chain(&options.ignore) {
        let built_in = name == "config" || BUILT_IN.iter().any(|(id, _)| id == name);
        if !built_in
            && !rules
                .rules()
                .iter()
                .any(|rule| *rule.id == **name || *rule.category == **name)
        {
            let names = rules.rules().iter().flat_map(|rule| [&*rule.id, &*rule.category]);
            let near = did_you_mean(name, names).map_or(String::new(), |near| format!(" Did you mean {near}?"));
            return Err(Failure::new(
                format!("there is no rule or category {name}"),
                &format!("`gatelint rules` lists them.{near}"),
            ));
        }
    }
    rules.select(|rule| runs(config, options, &rule.id, &rule.category));
    Ok(())
}

pub(super) fn runs(config: &Config, options: &Lint, id: &str, category: &str) -> bool {
    let named = |names: &[String]| names.iter().any(|name| name == id || name == category);
    let wanted = if options.select.is_empty() {
        config.runs(id, category)
    } else {
        named(&options.select)
    };
    wanted && !named(&options.ignore)
}
