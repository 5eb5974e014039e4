//! When an expression fires: matching local days are found by the calendar, and turned into instants one stretch of
//! constant offset at a time, so that clock changes are edges and not special cases of a step.

use std::ops::ControlFlow;

use super::Expression;
use super::dialect::{Fold, Gap};
use super::field::YEARS;
use crate::capacity::moment::{DAY, Moment, Period, Wall, date_of, day_number, days_in_month, weekday};
use crate::capacity::zone::{Offset, Zone};

type Flow = ControlFlow<()>;

impl Expression {
    /// All firings within a period, in order. `zone` is the one beside the expression; its own wins.
    pub fn within(&self, zone: &Zone, period: Period) -> Vec<Moment> {
        let mut found = Vec::new();
        let _ = self.visit(zone, period, &mut |moment| {
            found.push(moment);
            Flow::Continue(())
        });
        found
    }

    /// The first firing after an instant; `None` when the product would give up the search.
    pub fn next(&self, zone: &Zone, after: Moment) -> Option<Moment> {
        let zone = self.zone.as_ref().unwrap_or(zone);
        let first = after.plus(1);
        let year = zone.wall(first).date().0 + self.dialect.years;
        let end = Wall(day_number(year + 1, 1, 1) * DAY);
        let end = zone.moments(end).first().copied().unwrap_or(end.moment(0));
        self.first(zone, Period::new(first, end))
    }

    /// The last firing before an instant, as far back as `next` looks ahead.
    pub fn previous(&self, zone: &Zone, before: Moment) -> Option<Moment> {
        let mut to = before;
        let mut days = 8;
        let mut past = 0;
        while past < self.dialect.years * 366 {
            let from = to.plus(-days * DAY);
            if let Some(found) = self.within(zone, Period::new(from, to)).pop() {
                return Some(found);
            }
            to = from;
            past += days;
            days = (days * 4).min(366);
        }
        None
    }

    /// Stretches of growing length, so that the common case costs a week and the rare one few passes.
    fn first(&self, zone: &Zone, period: Period) -> Option<Moment> {
        let mut from = period.from;
        let mut days = 8;
        while from < period.to {
            let to = from.plus(days * DAY).min(period.to);
            let mut found = None;
            let _ = self.visit(zone, Period::new(from, to), &mut |moment| {
                found = Some(moment);
                Flow::Break(())
            });
            if found.is_some() {
                return found;
            }
            from = to;
            days *= 4;
        }
        None
    }

    /// Gives each firing of a period to `give`, in order, until it breaks.
    pub fn visit(&self, zone: &Zone, period: Period, give: &mut dyn FnMut(Moment) -> Flow) -> Flow {
        let zone = self.zone.as_ref().unwrap_or(zone);
        for stretch in zone.offsets(period.from, period.to) {
            self.stretch(stretch, period, give)?;
        }
        Flow::Continue(())
    }

    fn stretch(&self, stretch: Offset, period: Period, give: &mut dyn FnMut(Moment) -> Flow) -> Flow {
        let offset = stretch.seconds;
        let mut from = stretch.from.max(period.from).wall(offset);
        let mut to = stretch.to.min(period.to).wall(offset);
        if !self.every_hour() {
            // The repeated readings stand at the end of the earlier stretch and at the beginning of the later one.
            match (self.dialect.daylight.fold, stretch.before, stretch.after) {
                (Fold::First, Some(before), _) if before > offset => from = from.max(stretch.from.wall(before)),
                (Fold::Second, _, Some(after)) if after < offset => to = to.min(stretch.to.wall(after)),
                _ => {}
            }
        }
        let moved = self.moved(stretch, period);
        if moved.is_empty() {
            return self.walls(from, to, &mut |wall| give(wall.moment(offset)));
        }
        let mut all = moved;
        let _ = self.walls(from, to, &mut |wall| {
            all.push(wall.moment(offset));
            Flow::Continue(())
        });
        all.sort_unstable();
        all.dedup();
        all.into_iter().try_for_each(give)
    }

    /// Firings whose time the clock skipped, where the product makes up for them.
    fn moved(&self, stretch: Offset, period: Period) -> Vec<Moment> {
        let mut moved = Vec::new();
        let gap = self.dialect.daylight.gap;
        let Some(before) = stretch.before.filter(|before| *before < stretch.seconds) else {
            return moved;
        };
        if gap == Gap::Skip || self.every_hour() {
            return moved;
        }
        let (from, to) = (stretch.from.wall(before), stretch.from.wall(stretch.seconds));
        let _ = self.walls(from, to, &mut |wall| {
            moved.push(match gap {
                Gap::AtChange => stretch.from,
                _ => wall.moment(before),
            });
            Flow::Continue(())
        });
        moved.retain(|moment| period.contains(*moment));
        moved
    }

    /// The readings of a wall clock that match, in order, without regard to clock changes.
    fn walls(&self, from: Wall, to: Wall, give: &mut dyn FnMut(Wall) -> Flow) -> Flow {
        let mut day = from.day();
        let end = Wall(to.0 - 1).day();
        while day <= end && from < to {
            let (year, month, date) = date_of(day);
            if !self.year(year) {
                if year > YEARS.1 {
                    break;
                }
                day = day_number(year + 1, 1, 1);
            } else if self.months & (1 << month) == 0 {
                day += days_in_month(year, month) - date + 1;
            } else {
                if self.day(day, year, month, date) {
                    self.times(Wall(day * DAY), from, to, give)?;
                }
                day += 1;
            }
        }
        Flow::Continue(())
    }

    fn times(&self, midnight: Wall, from: Wall, to: Wall, give: &mut dyn FnMut(Wall) -> Flow) -> Flow {
        for hour in bits(u64::from(self.hours)) {
            for minute in bits(self.minutes) {
                for second in bits(self.seconds) {
                    let wall = Wall(midnight.0 + hour * 3600 + minute * 60 + second);
                    if wall >= to {
                        return Flow::Continue(());
                    }
                    if wall >= from {
                        give(wall)?;
                    }
                }
            }
        }
        Flow::Continue(())
    }

    fn year(&self, year: i64) -> bool {
        let Some(years) = &self.years else { return true };
        let n = year - YEARS.0;
        usize::try_from(n / 64)
            .ok()
            .and_then(|word| years.get(word))
            .is_some_and(|word| n >= 0 && word & (1 << (n % 64)) != 0)
    }

    fn day(&self, day: i64, year: i64, month: i64, date: i64) -> bool {
        let in_month =
            self.days.bits & (1 << date) != 0 || self.days.rules.iter().any(|rule| rule.matches(year, month, date));
        let in_week = self.weekdays.bits & (1 << weekday(day)) != 0
            || self.weekdays.rules.iter().any(|rule| rule.matches(year, month, date));
        if self.days.star || self.weekdays.star {
            in_month && in_week
        } else {
            in_month || in_week
        }
    }
}

/// The numbers of the bits that are set, in order.
fn bits(mut set: u64) -> impl Iterator<Item = i64> {
    std::iter::from_fn(move || {
        let next = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (next < 64).then_some(i64::from(next))
    })
}
