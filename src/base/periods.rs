//! Days put together into periods, for whatever is drawn over time: as many as fit, and no finer than can be told apart.
//! Pure.

use jiff::civil::Date;

use super::moment::days_later;

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Day,
    /// From Monday on.
    Week,
    Month,
    Quarter,
    Year,
}

impl Step {
    const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// As heads of tables call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Day => "Day",
            Self::Week => "Week of",
            Self::Month => "Month",
            Self::Quarter => "Quarter from",
            Self::Year => "Year",
        }
    }

    /// The first day of the period in which a day lies.
    pub fn begin(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Week => days_later(day, -i64::from(day.weekday().to_monday_zero_offset())),
            Self::Month => day.first_of_month(),
            Self::Quarter => Date::new(day.year(), (day.month() - 1) / 3 * 3 + 1, 1).unwrap_or(day),
            Self::Year => day.first_of_year(),
        }
    }

    /// The first day of the period after that which begins on `begin`, or the last day that there is.
    pub fn next(self, begin: Date) -> Date {
        let months = match self {
            Self::Day => return days_later(begin, 1),
            Self::Week => return days_later(begin, 7),
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        };
        begin.checked_add(jiff::Span::new().months(months)).unwrap_or(Date::MAX)
    }

    /// A period by its first day, where there is room for it: `3 Nov 2026`, `Nov 2026`, `2026`.
    pub fn written(self, begin: Date) -> String {
        let format = match self {
            Self::Day | Self::Week => "%-d %b %Y",
            Self::Month | Self::Quarter => "%b %Y",
            Self::Year => "%Y",
        };
        begin.strftime(format).to_string()
    }

    /// The same along an axis: `3 Nov`.
    pub fn short(self, begin: Date) -> String {
        match self {
            Self::Day | Self::Week => begin.strftime("%-d %b").to_string(),
            longer => longer.written(begin),
        }
    }

    fn count(self, first: Date, last: Date) -> i64 {
        let months = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
        let (first, last) = (self.begin(first), self.begin(last));
        let days = || first.until(last).map_or(0, |span| i64::from(span.get_days()));
        1 + match self {
            Self::Day => days(),
            Self::Week => days() / 7,
            Self::Month => months(last) - months(first),
            Self::Quarter => (months(last) - months(first)) / 3,
            Self::Year => i64::from(last.year()) - i64::from(first.year()),
        }
    }
}

/// Periods one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Periods {
    pub step: Step,
    /// Their first days.
    pub begins: Vec<Date>,
}

impl Periods {
    /// The shortest ones of which `most` reach from the first day to the last. Of years that are more still, the last ones.
    pub fn between(first: Date, last: Date, most: usize) -> Self {
        let fits = |step: &Step| step.count(first, last) <= most as i64;
        let step = Step::ALL.into_iter().find(fits).unwrap_or(Step::Year);
        let mut begins = Vec::new();
        let mut begin = step.begin(first);
        if step == Step::Year && !fits(&step) {
            begin = Date::new(last.year() - most as i16 + 1, 1, 1).unwrap_or(begin);
        }
        while begin <= last && begins.len() < most {
            begins.push(begin);
            let next = step.next(begin);
            if next == begin {
                break;
            }
            begin = next;
        }
        Self { step, begins }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn periods_are_as_short_as_fits() {
        for (first, last, step, count, begin) in [
            ("2026-11-03", "2026-11-03", Step::Day, 1, "2026-11-03"),
            ("2026-11-03", "2027-01-01", Step::Day, 60, "2026-11-03"),
            ("2026-11-03", "2027-01-02", Step::Week, 9, "2026-11-02"),
            ("2026-01-31", "2027-12-31", Step::Month, 24, "2026-01-01"),
            ("2020-05-05", "2026-12-31", Step::Quarter, 27, "2020-04-01"),
            ("1990-05-05", "2026-12-31", Step::Year, 37, "1990-01-01"),
            ("0001-01-01", "2026-12-31", Step::Year, 60, "1967-01-01"),
            ("9999-12-01", "9999-12-31", Step::Day, 31, "9999-12-01"),
        ] {
            let periods = Periods::between(day(first), day(last), 60);
            let told = (periods.step, periods.begins.len(), periods.begins[0]);
            assert_eq!(told, (step, count, day(begin)), "{first} to {last}");
        }
        assert_eq!(Periods::between(day("2026-11-03"), day("2026-11-02"), 60).begins, []);
    }
}
