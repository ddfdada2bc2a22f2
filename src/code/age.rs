//! How old something is beside its neighbours, in steps that a page shows as colours (rows V05, V06).

use std::collections::BTreeSet;

use crate::base::time::Instant;

/// The newest is 0, the oldest [`STEPS`] − 1; `age-0` … `age-7` in the style sheet.
const STEPS: usize = 8;

/// The moments of one page in their order.
pub struct Ages(Vec<Instant>);

impl Ages {
    pub fn of(moments: impl Iterator<Item = Instant>) -> Self {
        let distinct: BTreeSet<Instant> = moments.collect();
        Self(distinct.into_iter().rev().collect())
    }

    /// By its place among the others, not by the time between: a file with one old line has more than two colours.
    pub fn step(&self, moment: Instant) -> usize {
        let newer = self.0.partition_point(|other| *other > moment);
        if self.0.len() <= STEPS { newer.min(STEPS - 1) } else { newer * STEPS / self.0.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_the_first_step_and_the_oldest_the_last() {
        let ages = Ages::of((0..100).map(Instant));
        assert_eq!([ages.step(Instant(99)), ages.step(Instant(50)), ages.step(Instant(0))], [0, 3, 7]);
        let few = Ages::of([5, 9, 5].map(Instant).into_iter());
        assert_eq!([few.step(Instant(9)), few.step(Instant(5))], [0, 1]);
        assert_eq!(Ages::of(std::iter::empty()).step(Instant(1)), 0);
    }
}
