//! What every command that reads a repository starts from: its root, its configuration, the rules.

use std::io;
use std::path::{Path, PathBuf};

use super::end::Failure;
use crate::analysis::{Analysis, Ground};
use crate::assess::Traffic;
use crate::capacity::Moment;
use crate::cli::Lint;
use crate::config::{self, Config, ConfigProblem, KnownRule, baseline};
use crate::environment::read::{self, StandIn};
use crate::finding::baseline::Entry;
use crate::finding::directive::did_you_mean;
use crate::finding::ignores::BUILT_IN;
use crate::finding::{AsOf, AsOfOrigin};
use crate::product;
use crate::repo::root::{self, Root};
use crate::repo::walk::{self, WalkOptions, Walked};
use crate::repo::{Sources, Span, date, open};
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
    /// The configuration's folder, relative to the root.
    config_folder: String,
    pub(super) traffic: Traffic,
    /// From when on schedules are walked, and why from then.
    pub(super) as_of: AsOf,
    /// What was found before and is put up with; `None` where no list is read.
    pub(super) baseline: Option<Vec<Entry>>,
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
        let path = match config {
            Some(path) => Some(path.to_path_buf()),
            None if no_config => None,
            None => usual(&root)?,
        };
        let mut found = Config::default();
        let config_folder = path.as_deref().and_then(|path| path.parent()?.canonicalize().ok());
        let config_folder = config_folder
            .and_then(|folder| {
                Some(
                    folder
                        .strip_prefix(&root.folder)
                        .ok()?
                        .to_string_lossy()
                        .replace('\\', "/"),
                )
            })
            .unwrap_or_default();
        if let Some(path) = path.filter(|_| !no_config) {
            let shown = path.strip_prefix(&root.folder).unwrap_or(&path).display().to_string();
            let bytes = policy(&root, &path, "configuration", &shown)?;
            let source = sources.add_file(&shown, bytes);
            let (read, problems) = config::read(&yaml::parse(&source), path.parent().unwrap_or(&root.folder));
            refuse(&sources, &problems, look)?;
            found = read;
        }
        let rules = RuleSet::load(&folders_of(&root, &found))
            .map_err(|errors| rule_mistakes(&root, &sources, &errors, look))?;
        refuse(&sources, &found.check_rules(&known(&rules)), look)?;
        let rules = configured(rules, &found)?;
        // A date of its own is chosen where traffic is compared; what is wrong with a schedule hardly depends on it.
        let as_of = AsOf {
            moment: today(),
            origin: AsOfOrigin::Today,
        };
        Ok(Setup {
            root,
            sources,
            config: found,
            rules,
            config_folder,
            traffic: Traffic::none(as_of.moment),
            as_of,
            baseline: None,
        })
    }

    /// Reads the traffic profiles, and settles from when on schedules are walked: from the date that was asked for, else
    /// that of HEAD's commit, else the end of the newest profile, else today.
    pub(super) fn with_traffic(mut self, as_of: Option<(Moment, AsOfOrigin)>, look: Look) -> Result<Setup, Failure> {
        let known = match as_of {
            Some(asked) => Some(asked),
            None => self.head()?.map(|moment| (moment, AsOfOrigin::Head)),
        };
        if let Some((moment, _)) = known.filter(|(moment, _)| moment.unix() >= date::LATEST) {
            return Err(Failure::new(
                format!("{moment} is beyond sense"),
                "Give --as-of a day before 2100.",
            ));
        }
        let now = known.map_or(Moment::from_unix(0), |(moment, _)| moment).max(now());
        let folder = &self.root.folder;
        let bytes = |path: &str| open::inside(folder, &folder.join(path), open::PROFILE);
        let stated = &self.config.traffic;
        let (demands, problems) = config::traffic::load(stated, &self.sources, &self.config_folder, &bytes, now);
        refuse(&self.sources, &problems, look)?;
        let newest = demands.iter().map(|demand| demand.samples.period().to).max();
        let newest = newest.map(|moment| (moment, AsOfOrigin::Profile));
        let (moment, origin) = known.or(newest).unwrap_or((today(), AsOfOrigin::Today));
        let moment = midnight(moment);
        self.as_of = AsOf { moment, origin };
        self.traffic = Traffic { demands, as_of: moment };
        Ok(self)
    }

    /// When HEAD's commit was made; `None` where there is none.
    fn head(&self) -> Result<Option<Moment>, Failure> {
        match date::of_head(&self.root) {
            Ok(date) => Ok(date.map(Moment::from_unix)),
            // What is wrong with a schedule hardly depends on the day; what traffic needs does.
            Err(_) if self.config.traffic.is_empty() => Ok(None),
            Err(reason) => Err(Failure::new(
                format!("the date of the newest commit {reason}"),
                "Traffic is compared from there on. Give the day yourself: --as-of \"$(git log -1 --format=%cs)\".",
            )),
        }
    }

    /// Reads the list of what is put up with, where there is one.
    pub(super) fn with_baseline(mut self, look: Look) -> Result<Setup, Failure> {
        let path = self.root.folder.join(baseline::FILE);
        if is_there(&path) {
            let bytes = policy(&self.root, &path, "baseline", baseline::FILE)?;
            let source = self.sources.add_file(baseline::FILE, bytes);
            let (entries, problems) = baseline::read(&yaml::parse(&source));
            refuse(&self.sources, &problems, look)?;
            self.baseline = Some(entries);
        }
        Ok(self)
    }

    /// The same for what asks for no findings.
    pub(super) fn without_rules(mut self) -> Setup {
        self.rules.select(|_| false);
        self
    }

    /// Refuses what is wrong with `traffic` that only shows once everything is read.
    pub(super) fn check_traffic(&self, analysis: &Analysis<'_>, look: Look) -> Result<(), Failure> {
        let mistakes = analysis.traffic_mistakes();
        let problems: Vec<ConfigProblem> = mistakes.into_iter().map(ConfigProblem::from).collect();
        refuse(&self.sources, &problems, look)
    }

    /// The folders of the user's own rules.
    pub(super) fn rule_folders(&self) -> Vec<PathBuf> {
        folders_of(&self.root, &self.config)
    }

    pub(super) fn ground(&self) -> Ground<'_> {
        Ground {
            versions: self.config.versions.clone().into_iter().collect(),
            facts: self.config.facts.clone(),
            traffic: self.traffic.clone(),
            ..Ground::new(&self.sources, &self.rules)
        }
    }

    /// Walks and reads the repository.
    pub(super) fn repository(&self, stand_in: Option<StandIn>, progress: &Progress) -> read::Read {
        self.read(stand_in, &|_| true, progress)
    }

    /// The same of the files whose paths take part.
    pub(super) fn read(
        &self,
        stand_in: Option<StandIn>,
        takes_part: &dyn Fn(&str) -> bool,
        progress: &Progress,
    ) -> read::Read {
        let options = WalkOptions {
            exclude: self.config.exclude.clone(),
        };
        let claimants = product::claimants();
        if stand_in.as_ref().is_some_and(|text| text.alone) {
            let (root, none) = (self.root.folder.as_path(), Walked::default());
            return read::read(root, &self.sources, claimants, none, stand_in, &|| {});
        }
        let mut walked = walk::walk(&self.root.folder, &options, &|path| claimants.by_name(path).is_some());
        walked.files.retain(|file| takes_part(&file.path));
        walked.others.retain(|path| takes_part(path));
        walked.links.retain(|link| takes_part(&link.path));
        progress.step("reading files", 0, walked.files.len());
        read::read(
            self.root.folder.as_path(),
            &self.sources,
            claimants,
            walked,
            stand_in,
            &|| progress.advance(),
        )
    }
}

/// The configuration that lies where it is looked for. What is there and is no file is there all the same.
fn usual(root: &Root) -> Result<Option<PathBuf>, Failure> {
    let both = [config::FILE, config::OTHER_FILE].map(|name| root.folder.join(name));
    if both.iter().all(|path| is_there(path)) {
        return Err(Failure::new(
            format!(
                "there are two configurations, {} and {}",
                config::FILE,
                config::OTHER_FILE
            ),
            "Keep one: the other would be passed over in silence.",
        ));
    }
    Ok(both.into_iter().find(|path| is_there(path)))
}

fn is_there(path: &Path) -> bool {
    !matches!(path.symlink_metadata(), Err(error) if error.kind() == io::ErrorKind::NotFound)
}

/// The bytes of a configuration or a baseline. What is there and cannot be read ends the run: a policy must not be lost in silence.
fn policy(root: &Root, path: &Path, what: &str, shown: &str) -> Result<Vec<u8>, Failure> {
    let bytes = open::named(root, path, open::POLICY)
        .map_err(|error| Failure::new(format!("the {what} {shown} {error}"), error.help()))?;
    let wrong = |it: &str| Failure::new(format!("the {what} {shown} {it}"), "Save it as text in UTF-8.");
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(wrong("is UTF-16"));
    }
    if bytes.contains(&0) {
        return Err(wrong("is no text"));
    }
    Ok(bytes)
}

fn folders_of(root: &Root, config: &Config) -> Vec<PathBuf> {
    config.rules.iter().map(|folder| root.folder.join(folder)).collect()
}

fn now() -> Moment {
    Moment::from_unix(jiff::Timestamp::now().as_second())
}

pub(super) fn today() -> Moment {
    midnight(now())
}

/// The beginning of the day in UTC: output should not depend on the hour of a commit.
fn midnight(moment: Moment) -> Moment {
    moment.plus(-moment.unix().rem_euclid(crate::capacity::moment::DAY))
}

/// Reads `--as-of`: a day, or an instant with its offset.
pub(super) fn as_of(text: &str) -> Result<Moment, Failure> {
    let instant = text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
    let day = || {
        let date: jiff::civil::Date = text.parse().ok()?;
        let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(zoned.timestamp().as_second())
    };
    instant.or_else(day).map(Moment::from_unix).ok_or_else(|| {
        Failure::new(
            format!("--as-of {text} is not a date"),
            "Write it like 2026-11-20, or like 2026-11-20T08:00:00Z.",
        )
    })
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
