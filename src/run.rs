//! The line the data follows: walk → read → environments → lower → link → check → settle → report or fix.

use std::collections::{HashMap, HashSet};
use std::io::{self, IsTerminal, Read as _, Write};
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use crate::analysis::{Analysis, Ground};
use crate::cli::{self, Cli, Command, Lint, Listing, Page};
use crate::config::{self, Config, ConfigProblem, KnownRule};
use crate::environment::read::{self, StandIn};
use crate::expand::ExpandCache;
use crate::finding::ignores::{BUILT_IN, Ignores, RuleIds};
use crate::finding::settle::{self, Settled};
use crate::finding::{Finding, RuleInfo, Summary};
use crate::fix::{apply, diff, prove};
use crate::model::Version;
use crate::repo::root::{self, Root};
use crate::repo::walk::{self, WalkOptions};
use crate::repo::{Edit, SourceId, Sources, Span};
use crate::report::progress::Progress;
use crate::report::{self, FileProblem, Report};
use crate::rule::{Precision, RuleError, RuleSet, Severity, explain, schema};
use crate::syntax::{ProblemKind, yaml};
use crate::terminal::{self, Look};

/// Nothing at or above `--fail-on`.
const CLEAN: u8 = 0;
/// Findings.
const FOUND: u8 = 1;
/// The tool could not do its work.
const FAILED: u8 = 2;

/// Why the tool could not do its work: text for standard error, ready to be shown.
struct Failure(String);

impl Failure {
    fn new(message: impl std::fmt::Display, next: &str) -> Self {
        Self(format!("error: {message}\n  {next}\n"))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(
            format!("the output cannot be written: {error}"),
            "Is the disk full, or the file read-only?",
        )
    }
}

/// Runs a command line and gives the exit code.
pub fn run(cli: &Cli) -> u8 {
    let done = match &cli.command {
        Command::Lint(options) => lint(cli, options),
        Command::Hops(options) => hops(options),
        Command::Rules(options) => rules(options),
        Command::Explain(options) => explain_rule(cli, options),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "gatelint", &mut text);
            print(&text)
        }
        Command::Man => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut text)
                .map_err(Failure::from)
                .and_then(|()| print(&text))
        }
        Command::Schema { of } => print(schema_of(*of).as_bytes()),
    };
    done.unwrap_or_else(|failure| {
        let _ = io::stderr().write_all(failure.0.as_bytes());
        FAILED
    })
}

fn print(text: &[u8]) -> Result<u8, Failure> {
    let mut out = io::stdout().lock();
    report::forgive_closed_pipe(out.write_all(text).and_then(|()| out.flush()))?;
    Ok(CLEAN)
}

fn schema_of(of: cli::Schema) -> String {
    match of {
        cli::Schema::Rule => include_str!("../schemas/rule.json").to_owned(),
        cli::Schema::Config => include_str!("../schemas/config.json").to_owned(),
        cli::Schema::Report => include_str!("../schemas/report.json").to_owned(),
        cli::Schema::Model => schema::model_schema(),
    }
}

/// What every command that reads a repository starts from.
struct Setup {
    root: Root,
    sources: Sources,
    config: Config,
    rules: RuleSet,
}

impl Setup {
    fn new(start: &Path, config: Option<&Path>, no_config: bool, look: Look) -> Result<Setup, Failure> {
        if !start.exists() {
            return Err(Failure::new(
                format!("{} does not exist", terminal::escape(&start.display().to_string())),
                "Give a file or a folder of the repository, or nothing for the current folder.",
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
        let rules = RuleSet::load(&folders).map_err(|errors| rule_mistakes(&sources, &errors, look))?;
        refuse(&sources, &found.check_rules(&known(&rules)), look)?;
        let rules = configured(rules, &found)?;
        Ok(Setup {
            root,
            sources,
            config: found,
            rules,
        })
    }

    fn ground(&self) -> Ground<'_> {
        let versions: HashMap<String, Version> = self.config.versions.clone().into_iter().collect();
        Ground {
            sources: &self.sources,
            rules: &self.rules,
            versions,
            facts: self.config.facts.clone(),
            cache: ExpandCache::default(),
        }
    }

    /// Walks and reads the repository.
    fn read(&self, stand_in: Option<StandIn>, progress: &Progress) -> read::Read {
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

fn rule_mistakes(sources: &Sources, errors: &[RuleError], look: Look) -> Failure {
    let shown = errors.iter().map(|error| {
        let source = sources.add_file(&error.file, error.text.as_bytes().to_vec());
        let span = Span::new(source.id, error.span.start as u32, error.span.end as u32);
        report::mistake(sources, span, &error.message, error.help.as_deref(), look)
    });
    Failure(shown.collect())
}

fn known(rules: &RuleSet) -> Vec<KnownRule<'_>> {
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

fn refuse(sources: &Sources, problems: &[ConfigProblem], look: Look) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    let shown = problems
        .iter()
        .map(|problem| report::mistake(sources, problem.span, &problem.message, problem.help.as_deref(), look));
    Err(Failure(shown.collect()))
}

fn configured(rules: RuleSet, config: &Config) -> Result<RuleSet, Failure> {
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

fn lint(cli: &Cli, options: &Lint) -> Result<u8, Failure> {
    let look = Look::stdout(cli.color);
    let quiet = options.quiet || options.diff;
    let mut progress = Progress::start(!quiet && io::stderr().is_terminal());
    let start = options
        .paths
        .iter()
        .find(|path| path.as_os_str() != "-")
        .map_or(Path::new("."), PathBuf::as_path);
    let mut setup = Setup::new(
        start,
        options.config.as_deref(),
        options.no_config,
        Look::stderr(cli.color),
    )?;
    select(&mut setup.rules, &setup.config, options)?;
    let (scope, stand_in) = scope(&setup.root, options)?;

    let read = setup.read(stand_in, &progress);
    let problems = problems(&setup.sources, &read);
    let ground = setup.ground();
    progress.step("linking", 0, 0);
    let files = read.repository.files().len();
    let mut analysis = Analysis::new(&ground, read.repository);
    let mut settled = settle(&setup, &analysis, options);
    let mut left_out = narrow(&setup, &mut settled.1.findings, &scope, options);
    progress.step("proving fixes", 0, 0);
    if options.format != report::Format::Concise || options.fix || options.diff {
        analysis.prove(&mut settled.1.findings);
    }
    if options.diff {
        progress.finish();
        return show_diff(&setup, &settled.1.findings, options);
    }
    let mut fixed = 0;
    if options.fix {
        (fixed, settled, left_out) = fix(&setup, &mut analysis, settled, &scope, options)?;
    }
    let (silenced, settled) = settled;
    progress.finish();

    let count = |severity| {
        settled
            .findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let (hops, linked) = analysis.linked();
    let summary = Summary {
        files,
        hops,
        linked,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        infos: count(Severity::Info),
        ignored: silenced,
        fixable: settled.findings.iter().filter(|finding| finding.fix.is_some()).count(),
        left_out,
    };
    let report = Report {
        sources: &setup.sources,
        findings: &settled.findings,
        unevaluated: &settled.unevaluated,
        problems: &problems,
        summary,
    };
    let shown = report::Options {
        look,
        verbose: options.verbose,
        quiet: options.quiet,
        least: options.min_severity.unwrap_or(if options.verbose {
            Severity::Info
        } else {
            Severity::Warning
        }),
    };
    report::write(&report, options.format, shown, &mut io::stdout().lock())?;
    if fixed > 0 && !options.quiet {
        writeln!(
            io::stderr(),
            "fixed {fixed} {}",
            if fixed == 1 { "finding" } else { "findings" }
        )?;
    }
    let fails = settled
        .findings
        .iter()
        .any(|finding| options.fail_on.fails(finding.severity));
    Ok(if fails && !options.exit_zero { FOUND } else { CLEAN })
}

/// Switches rules off that neither configuration nor command line asks for.
fn select(rules: &mut RuleSet, config: &Config, options: &Lint) -> Result<(), Failure> {
    for name in options.select.iter().chain(&options.ignore) {
        let built_in = name == "config" || BUILT_IN.iter().any(|(id, _)| id == name);
        if !built_in
            && !rules
                .rules()
                .iter()
                .any(|rule| *rule.id == **name || *rule.category == **name)
        {
            let near = rules
                .nearest(name)
                .map_or(String::new(), |near| format!(" Did you mean {near}?"));
            return Err(Failure::new(
                format!("there is no rule or category {}", terminal::escape(name)),
                &format!("`gatelint rules` lists them.{near}"),
            ));
        }
    }
    rules.select(|rule| runs(config, options, &rule.id, &rule.category));
    Ok(())
}

fn runs(config: &Config, options: &Lint, id: &str, category: &str) -> bool {
    let named = |names: &[String]| names.iter().any(|name| name == id || name == category);
    let wanted = if options.select.is_empty() {
        config.runs(id, category)
    } else {
        named(&options.select)
    };
    wanted && !named(&options.ignore)
}

/// The paths that are reported on, relative to the root, and the text that stands in for a file.
fn scope(root: &Root, options: &Lint) -> Result<(Vec<String>, Option<StandIn>), Failure> {
    let relative = |path: &Path| {
        let full = std::fs::canonicalize(path)
            .or_else(|_| std::path::absolute(path))
            .unwrap_or_else(|_| path.to_path_buf());
        full.strip_prefix(&root.folder)
            .map(|path| path.to_string_lossy().replace('\\', "/"))
    };
    let mut scope = Vec::new();
    let mut stand_in = None;
    for path in &options.paths {
        if path.as_os_str() == "-" {
            let Some(name) = &options.stdin_filename else {
                return Err(Failure::new(
                    "the name of the text on standard input is not known",
                    "Say where it belongs: gatelint lint - --stdin-filename edge/nginx.conf",
                ));
            };
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes)?;
            let outside = |_| Failure::new("--stdin-filename lies outside the repository", "Give a path inside it.");
            // The file need not exist yet, but its folder tells where it lies.
            let folder = name
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or(Path::new("."));
            let folder = relative(folder).map_err(outside)?;
            let file = name
                .file_name()
                .map(|file| file.to_string_lossy().into_owned())
                .unwrap_or_default();
            let path = if folder.is_empty() {
                file
            } else {
                format!("{folder}/{file}")
            };
            scope.push(path.clone());
            stand_in = Some(StandIn { path, bytes });
            continue;
        }
        if !path.exists() {
            return Err(Failure::new(
                format!("{} does not exist", terminal::escape(&path.display().to_string())),
                "Give files and folders of the repository.",
            ));
        }
        match relative(path) {
            Ok(path) => scope.push(path),
            Err(_) => {
                return Err(Failure::new(
                    format!(
                        "{} lies outside the repository {}",
                        path.display(),
                        root.folder.display()
                    ),
                    "One run reads one repository: lint the other one by itself.",
                ));
            }
        }
    }
    Ok((scope, stand_in))
}

fn problems(sources: &Sources, read: &read::Read) -> Vec<FileProblem> {
    let files = read.failures.iter().map(FileProblem::of_file);
    let mut found: Vec<FileProblem> = files
        .chain(
            read.problems
                .iter()
                .map(|problem| FileProblem::of_text(sources, problem)),
        )
        .collect();
    for source in read
        .repository
        .files()
        .iter()
        .map(|file| &file.source)
        .filter(|source| !source.replaced.is_empty())
    {
        let line = source.lines().line(source.replaced[0].0) + 1;
        let message = "the file is not UTF-8; what is not was left out of account".to_owned();
        found.push(FileProblem {
            path: source.path.to_string(),
            line,
            kind: ProblemKind::PartlyRead,
            message,
        });
    }
    found.sort();
    found.dedup();
    found
}

/// Hits to findings, with ignores applied. Gives how many were silenced.
fn settle(setup: &Setup, analysis: &Analysis<'_>, options: &Lint) -> (usize, Settled) {
    let infos: Vec<RuleInfo> = setup
        .rules
        .rules()
        .iter()
        .map(|rule| RuleInfo {
            id: rule.id.clone(),
            category: rule.category.clone(),
            precision: rule.precision,
        })
        .collect();
    let mut settled = settle::settle(&setup.sources, &infos, &analysis.hits());
    if options.no_ignores {
        return (0, settled);
    }
    let known: Vec<&str> = infos.iter().map(|rule| &*rule.id).collect();
    let enabled = setup.rules.rules().iter().filter(|rule| rule.enabled);
    let active: HashSet<&str> = enabled.map(|rule| &*rule.id).collect();
    let ids = RuleIds {
        known: &known,
        active: &active,
    };
    let trees = analysis.trees();
    let today = jiff::Zoned::now().date();
    let ignores = Ignores::read(&setup.sources, &trees, &setup.config.ignores, ids, today);
    let ignored = ignores.apply(&setup.sources, &trees, settled.findings, ids);
    settled.findings = ignored.findings;
    settled.findings.retain_mut(|finding| {
        if let Some(severity) = setup.config.severity_of(&finding.rule) {
            finding.severity = severity;
        }
        &*finding.category != "config" || runs(&setup.config, options, &finding.rule, "config")
    });
    settle::sort(&setup.sources, &mut settled.findings);
    (ignored.silenced, settled)
}

/// Leaves out what was not asked for. Gives how many findings lie in examples and the like.
fn narrow(setup: &Setup, findings: &mut Vec<Finding>, scope: &[String], options: &Lint) -> usize {
    let least = options.min_severity.unwrap_or(Severity::Info);
    let surest: Precision = options.min_precision;
    let mut left_out = 0;
    findings.retain(|finding| {
        let path = setup.sources.get(finding.at.source).path.clone();
        let inside = |scope: &String| {
            scope.is_empty()
                || *path == **scope
                || path
                    .strip_prefix(scope.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let related = || {
            finding.related.iter().any(|(span, _)| {
                let path = setup.sources.get(span.source).path.clone();
                scope.iter().any(|scope| *path == **scope)
            })
        };
        // A file that was named is reported also where the other end is what a person would edit.
        if !scope.iter().any(inside) && !related() {
            return false;
        }
        if finding.severity < least || finding.precision < surest {
            return false;
        }
        // Examples are left out unless one of them is what was asked for.
        let asked = scope.iter().any(|scope| is_example(scope) && inside(scope));
        if is_example(&path) && !asked && !options.include_examples {
            left_out += 1;
            return false;
        }
        true
    });
    left_out
}

/// Folders whose files are not deployed, or are somebody else's.
fn is_example(path: &str) -> bool {
    const NAMES: [&str; 12] = [
        "testdata",
        "examples",
        "example",
        "fixtures",
        "fixture",
        "test-fixtures",
        "samples",
        "__tests__",
        "vendor",
        "third_party",
        "test",
        "tests",
    ];
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        if NAMES.contains(&part) || (part == "charts" && parts.clone().count() > 2 && path.contains("/charts/")) {
            return true;
        }
    }
    false
}

fn offered<'f>(findings: &'f [Finding], options: &Lint) -> Vec<&'f [Edit]> {
    let fixes = findings.iter().filter_map(|finding| finding.fix.as_ref());
    let wanted = fixes.filter(|fix| fix.because.is_none() || options.unsafe_fixes);
    prove::apart(wanted)
        .into_iter()
        .map(|fix| fix.edits.as_slice())
        .collect()
}

fn show_diff(setup: &Setup, findings: &[Finding], options: &Lint) -> Result<u8, Failure> {
    let fixes = offered(findings, options);
    let plan = apply::plan(&setup.root.folder, &setup.sources, &fixes);
    let mut patch = Vec::new();
    for file in &plan.files {
        patch.extend(diff::unified(&file.path, &file.old, &file.new));
    }
    let terminal = io::stdout().is_terminal();
    let text = String::from_utf8_lossy(&patch);
    let shown = if terminal {
        terminal::escape_lines(&text).into_bytes()
    } else {
        patch.clone()
    };
    print(&shown)?;
    let hidden = findings
        .iter()
        .filter(|finding| finding.fix.as_ref().is_some_and(|fix| fix.because.is_some()))
        .count();
    let mut err = io::stderr();
    if patch.is_empty() {
        writeln!(err, "no fix to show")?;
    }
    if hidden > 0 && !options.unsafe_fixes {
        writeln!(err, "{hidden} more with --unsafe-fixes")?;
    }
    let fails = findings.iter().any(|finding| options.fail_on.fails(finding.severity));
    Ok(if fails && !options.exit_zero { FOUND } else { CLEAN })
}

type Round = (usize, (usize, Settled), usize);

/// Applies fixes in rounds: what overlaps, or only shows when another is fixed, waits for the next.
fn fix<'a>(
    setup: &'a Setup,
    analysis: &mut Analysis<'a>,
    first: (usize, Settled),
    scope: &[String],
    options: &Lint,
) -> Result<Round, Failure> {
    const ROUNDS: usize = 10;
    let (mut fixed, mut settled, mut left_out) = (0, first, 0);
    for _ in 0..ROUNDS {
        let fixes = offered(&settled.1.findings, options);
        if fixes.is_empty() {
            break;
        }
        let plan = apply::plan(&setup.root.folder, &setup.sources, &fixes);
        let failed = apply::write(&plan);
        if let Some((path, error)) = failed.first() {
            return Err(Failure::new(
                format!("{path} cannot be written: {error}"),
                "Nothing of that file was changed.",
            ));
        }
        if plan.files.is_empty() {
            let reason = plan.refused.first().map_or("", |(_, refusal)| refusal.0.as_str());
            return Err(Failure::new(
                format!("no fix can be applied: {reason}"),
                "Run it again on the files as they are.",
            ));
        }
        fixed += fixes.len() - plan.refused.len();
        let texts: Vec<(SourceId, String)> = plan
            .files
            .iter()
            .filter_map(|file| {
                let id = analysis.repository.get(&file.path)?.source.id;
                Some((id, String::from_utf8_lossy(&file.new).into_owned()))
            })
            .collect();
        *analysis = Analysis::new(analysis.ground(), analysis.changed(&texts));
        settled = settle(setup, analysis, options);
        left_out = narrow(setup, &mut settled.1.findings, scope, options);
        analysis.prove(&mut settled.1.findings);
    }
    Ok((fixed, settled, left_out))
}

fn hops(options: &cli::Hops) -> Result<u8, Failure> {
    let setup = Setup::new(Path::new("."), None, false, Look::PLAIN)?;
    let mut progress = Progress::start(io::stderr().is_terminal());
    let read = setup.read(None, &progress);
    let ground = setup.ground();
    let analysis = Analysis::new(&ground, read.repository);
    progress.finish();
    let lines: Vec<_> = analysis
        .environments
        .iter()
        .zip(&analysis.judged)
        .flat_map(|(environment, judged)| {
            report::hops::lines(
                &setup.sources,
                &environment.name,
                &judged.estate,
                &judged.hops,
                options.name.as_deref(),
            )
        })
        .collect();
    let text = match options.format {
        Listing::Table => report::hops::table(&lines),
        Listing::Json => report::hops::json(&lines),
    };
    print(text.as_bytes())
}

fn embedded() -> Result<RuleSet, Failure> {
    let folder = Path::new(".");
    Setup::new(folder, None, false, Look::PLAIN).map(|setup| setup.rules)
}

fn rules(options: &cli::Rules) -> Result<u8, Failure> {
    let rules = embedded()?;
    let text = match options.format {
        Listing::Table => explain::table(&rules),
        Listing::Json => explain::json(&rules),
    };
    print(text.as_bytes())
}

fn explain_rule(cli: &Cli, options: &cli::Explain) -> Result<u8, Failure> {
    let rules = embedded()?;
    let Some(rule) = rules.named(&options.rule) else {
        let near = rules
            .nearest(&options.rule)
            .map_or(String::new(), |near| format!(" Did you mean {near}?"));
        return Err(Failure::new(
            format!("there is no rule {}", terminal::escape(&options.rule)),
            &format!("`gatelint rules` lists them.{near}"),
        ));
    };
    let look = Look::stdout(cli.color);
    let text = match options.format {
        Page::Terminal => explain::terminal(rule, look.color, look.width),
        Page::Markdown => explain::markdown(rule),
    };
    print(text.as_bytes())
}
