//! Text to expression: the zone before it, descriptors, the number of fields, and each field.

use super::dialect::{Dialect, Question, Slot, Star, ZonePrefix};
use super::error::{CronError, Fault, invalid};
use super::field::{Values, Written, item, value};
use super::special::{DayRule, WeekdayRule};
use super::{Days, Expression, Weekdays};
use crate::capacity::zone::Zone;

pub(super) fn expression(text: &str, dialect: &'static Dialect) -> Result<Expression, CronError> {
    let (zone, body) = zone_prefix(text, dialect)?;
    if let Some(body) = body.text.strip_prefix('@').map(|_| body) {
        return descriptor(body, zone, dialect);
    }
    let fields: Vec<Written<'_>> = body
        .text
        .split_whitespace()
        .map(|field| Written {
            text: field,
            at: body.at + (field.as_ptr() as usize - body.text.as_ptr() as usize),
        })
        .collect();
    let most = dialect.slots.len() + usize::from(dialect.optional_year);
    if !(dialect.slots.len()..=most).contains(&fields.len()) {
        return Err(wrong_count(text, &fields, dialect));
    }
    let mut expression = Expression {
        dialect,
        zone,
        seconds: 1,
        minutes: 0,
        hours: 0,
        days: Days::default(),
        months: 0,
        weekdays: Weekdays::default(),
        years: None,
        date: 0..text.len(),
    };
    one_day_field(&fields, dialect)?;
    let slots = dialect.slots.iter().copied().chain([Slot::Year]);
    for (field, slot) in fields.iter().zip(slots) {
        expression.read(*field, slot)?;
    }
    let day = dialect.slots.iter().position(|slot| *slot == Slot::Day).unwrap_or(0);
    expression.date = fields[day].at..fields[day + 1].range().end;
    Ok(expression)
}

impl Expression {
    fn read(&mut self, field: Written<'_>, slot: Slot) -> Result<(), CronError> {
        let mut values = Values::empty();
        let dialect = self.dialect;
        if field.text == "?" && dialect.question == Question::OneDayField && matches!(slot, Slot::Day | Slot::Weekday) {
            values.star = true;
            values.bits[0] = u64::MAX;
        } else {
            for part in field.items() {
                if !(dialect.special && self.special(part, slot)?) {
                    item(part, slot, dialect, &mut values)?;
                }
            }
            if dialect.star == Star::Leading {
                values.star = field.text.starts_with('*');
            }
        }
        let bits = values.bits[0];
        match slot {
            Slot::Second => self.seconds = bits,
            Slot::Minute => self.minutes = bits,
            Slot::Hour => self.hours = bits as u32,
            // Bit 1 is the first day, and January.
            Slot::Day => (self.days.bits, self.days.star) = ((bits << 1) as u32, values.star),
            Slot::Month => self.months = (bits << 1) as u16,
            Slot::Weekday => (self.weekdays.bits, self.weekdays.star) = (bits as u8 & 0x7f, values.star),
            Slot::Year => self.years = Some(values.bits),
        }
        Ok(())
    }

    /// Reads `L`, `L-3`, `15W`, `LW`, `2#1`, `6L`; gives whether the part was one of them.
    fn special(&mut self, part: Written<'_>, slot: Slot) -> Result<bool, CronError> {
        let upper = part.text.to_ascii_uppercase();
        let sub = |from: usize, to: usize| Written {
            text: part.text.get(from..to).unwrap_or_default(),
            at: part.at + from,
        };
        match slot {
            Slot::Day => {
                let rule = if upper == "L" {
                    DayRule::Last(0)
                } else if upper == "LW" {
                    DayRule::LastWeekday
                } else if upper.starts_with("L-") {
                    DayRule::Last(value(sub(2, upper.len()), Slot::Day, self.dialect)?)
                } else if upper.len() > 1 && upper.ends_with('W') {
                    DayRule::Nearest(value(sub(0, upper.len() - 1), Slot::Day, self.dialect)?)
                } else {
                    return Ok(false);
                };
                self.days.rules.push(rule);
            }
            Slot::Weekday => {
                let sunday = self.dialect.sunday;
                let rule = if upper == "L" {
                    // Alone, the last day of the week: Saturday.
                    self.weekdays.rules.push(WeekdayRule::Nth(6, 1));
                    for n in 2..=5 {
                        self.weekdays.rules.push(WeekdayRule::Nth(6, n));
                    }
                    return Ok(true);
                } else if let Some((_, n)) = upper.split_once('#') {
                    let at = upper.len() - n.len();
                    let day = value(sub(0, at - 1), slot, self.dialect)?;
                    let n: i64 = n.parse().unwrap_or(0);
                    if !(1..=5).contains(&n) {
                        let error = invalid(part.range(), "after # stands which one of the month, 1 to 5");
                        return Err(error.help("`2#1` is the first Monday"));
                    }
                    WeekdayRule::Nth(day - sunday, n)
                } else if upper.len() > 1 && upper.ends_with('L') {
                    WeekdayRule::Last(value(sub(0, upper.len() - 1), slot, self.dialect)? - sunday)
                } else {
                    return Ok(false);
                };
                self.weekdays.rules.push(rule);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn zone_prefix<'t>(text: &'t str, dialect: &Dialect) -> Result<(Option<Zone>, Written<'t>), CronError> {
    let trimmed = text.trim_start();
    let start = text.len() - trimmed.len();
    let whole = Written {
        text: trimmed.trim_end(),
        at: start,
    };
    let Some(key) = ["TZ=", "CRON_TZ="].into_iter().find(|key| whole.text.starts_with(key)) else {
        return Ok((None, whole));
    };
    let end = whole.text.find(char::is_whitespace).unwrap_or(whole.text.len());
    let name = whole.text.get(key.len()..end).unwrap_or_default();
    let at = start + key.len()..start + end;
    let refused = |message: String| {
        let error = invalid(start..start + end, message);
        error.help("name the time zone in its own field")
    };
    match dialect.zone_prefix {
        ZonePrefix::Read => {}
        ZonePrefix::Refused => {
            return Err(refused(format!("{} takes no zone inside the expression", dialect.name)));
        }
        ZonePrefix::RefusedSince(version) => {
            let name = key.trim_end_matches('=');
            return Err(CronError {
                fault: Fault::InvalidSince(version),
                ..refused(format!(
                    "{} with `{name}` in its schedule is refused when it is created, from {version} on",
                    dialect.name
                ))
            });
        }
    }
    // Go reads an empty name as UTC.
    let zone = match name {
        "" => Zone::utc(),
        name => Zone::named(name).map_err(|error| CronError {
            fault: Fault::Zone,
            at,
            message: error.message,
            help: Some(error.help),
        })?,
    };
    let rest = whole.text.get(end..).unwrap_or_default();
    let body = rest.trim_start();
    let body = Written {
        text: body,
        at: start + end + (rest.len() - body.len()),
    };
    Ok((Some(zone), body))
}

fn descriptor(body: Written<'_>, zone: Option<Zone>, dialect: &'static Dialect) -> Result<Expression, CronError> {
    let spelled = match body.text {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        text if text.starts_with("@every") && dialect.descriptors => {
            return Err(CronError {
                fault: Fault::NoPhase,
                at: body.range(),
                message: "`@every` counts from the moment the scheduler starts, which no one can know here".to_owned(),
                help: Some("write the times as five fields".to_owned()),
            });
        }
        _ => {
            let error = invalid(body.range(), format!("`{}` is not an expression", body.text));
            return Err(error.help("write five fields: minute, hour, day of month, month, day of week"));
        }
    };
    if !dialect.descriptors {
        let error = invalid(body.range(), format!("{} does not know `{}`", dialect.name, body.text));
        return Err(error.help(format!("write `{spelled}`")));
    }
    let seconds = dialect.slots.first() == Some(&Slot::Second);
    let spelled = if seconds {
        format!("0 {spelled}")
    } else {
        spelled.to_owned()
    };
    let mut expression = expression(&spelled, dialect)?;
    expression.zone = zone;
    expression.date = body.range();
    Ok(expression)
}

fn wrong_count(text: &str, fields: &[Written<'_>], dialect: &Dialect) -> CronError {
    const NUMBERS: [&str; 8] = ["no", "one", "two", "three", "four", "five", "six", "seven"];
    let word = |n: usize| NUMBERS.get(n).copied().map_or_else(|| n.to_string(), str::to_owned);
    let wanted = dialect.slots.len();
    let names: Vec<&str> = dialect.slots.iter().map(|slot| slot.name()).collect();
    let extra = fields.get(wanted + usize::from(dialect.optional_year));
    let at = match (fields.first(), extra, fields.last()) {
        (Some(first), None, Some(last)) => first.at..last.range().end,
        (_, Some(extra), Some(last)) => extra.at..last.range().end,
        _ => 0..text.len(),
    };
    let found = match fields.len() {
        1 => "this has one field".to_owned(),
        n => format!("this has {} fields", word(n)),
    };
    let error = invalid(at, format!("{} takes {} fields, {found}", dialect.name, word(wanted)));
    let help = match (wanted, fields.len()) {
        (5, 6) => "; take out the seconds or the year",
        (6, 5) if dialect.slots.first() == Some(&Slot::Second) => "; put `0` for the seconds before it",
        (6, 5) => "; put `*` for the year behind it, and `?` for one of the two day fields",
        _ => "",
    };
    error.help(format!("write {}{help}", names.join(", ")))
}

/// Application Auto Scaling wants `?` in exactly one of the two day fields.
fn one_day_field(fields: &[Written<'_>], dialect: &Dialect) -> Result<(), CronError> {
    if dialect.question != Question::OneDayField {
        return Ok(());
    }
    let place = |wanted: Slot| dialect.slots.iter().position(|slot| *slot == wanted);
    let (Some(day), Some(weekday)) = (place(Slot::Day), place(Slot::Weekday)) else {
        return Ok(());
    };
    let (day, weekday) = (fields[day], fields[weekday]);
    match (day.text == "?", weekday.text == "?") {
        (true, true) => Err(invalid(weekday.range(), "only one of the two day fields may be `?`")),
        (false, false) => {
            let at = if weekday.text == "*" { weekday } else { day };
            let error = invalid(at.range(), "one of day of month and day of week must be `?`");
            Err(error.help(if at.at == weekday.at {
                "write `?` for the day of week"
            } else {
                "write `?` for the day of month"
            }))
        }
        _ => Ok(()),
    }
}
