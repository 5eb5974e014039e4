//! `gatelint traffic show`.

use std::path::Path;

use super::refusal::{refused, zone};
use crate::capacity::profile::{self, Columns, Source, week};
use crate::capacity::{Moment, Zone};
use crate::cli::Cli;
use crate::cli::traffic::{Description, Show};
use crate::repo::{open, root};
use crate::report::chart::Style;
use crate::report::describe::Described;
use crate::run::end::{Failure, print};
use crate::terminal::{self, Look};

pub(super) fn show(cli: &Cli, options: &Show) -> Result<u8, Failure> {
    let zone = zone(&options.zone)?;
    let name = options.file.display().to_string();
    let root = root::find(Path::new("."));
    let bytes = open::named(&root, &options.file, open::PROFILE).map_err(|error| {
        let help = "Name a CSV file; `gatelint traffic import` makes one.";
        Failure::new(format!("{name} {error}"), help)
    })?;
    let profile =
        profile::read_profile(&bytes, &source(options, &zone)).map_err(|problems| refused(&name, &problems))?;
    let week = week(&profile, &zone);
    let described = Described {
        name: terminal::escape(&name).into_owned(),
        profile: &profile,
        week: &week,
    };
    let look = Look::stdout(cli.color);
    let text = match options.format {
        Description::Text => described.text(Style {
            width: look.width,
            color: look.color,
            ascii: options.ascii || !look.unicode,
        }),
        Description::Json => format!("{:#}\n", described.json()),
        Description::Csv => described.csv(),
    };
    print(text.as_bytes())
}

fn source(options: &Show, zone: &Zone) -> Source {
    Source {
        columns: Columns {
            time: options.time_column.clone(),
            value: options.value_column.clone(),
            unit: options.unit,
        },
        zone: Some(zone.clone()),
        now: Some(Moment::from_unix(jiff::Timestamp::now().as_second())),
    }
}
