//! Who counts for which rule. One person counts once per gate, so people are matched to rules such that as many places as
//! possible are filled: bipartite matching with capacities, by augmenting paths.

/// For each rule, the people who count for it, in the order in which they were given.
///
/// `fits[person]` lists the rules that the person fits; `needed[rule]` is how many people it takes.
pub(super) fn assign_people(fits: &[Vec<usize>], needed: &[u32]) -> Vec<Vec<usize>> {
    let mut matching = Matching { fits, needed, taken: vec![Vec::new(); needed.len()] };
    for person in 0..fits.len() {
        let mut visited = vec![false; needed.len()];
        matching.place(person, &mut visited);
    }
    for people in &mut matching.taken {
        people.sort_unstable();
    }
    matching.taken
}

struct Matching<'a> {
    fits: &'a [Vec<usize>],
    needed: &'a [u32],
    taken: Vec<Vec<usize>>,
}

impl Matching<'_> {
    /// Finds a place for the person, moving others to another rule that they fit where that makes room. Each rule is
    /// visited once, which bounds the depth by the number of rules.
    fn place(&mut self, person: usize, visited: &mut [bool]) -> bool {
        for &rule in &self.fits[person] {
            if !visited[rule] && self.has_room(rule) {
                self.taken[rule].push(person);
                return true;
            }
        }
        for &rule in &self.fits[person] {
            if std::mem::replace(&mut visited[rule], true) {
                continue;
            }
            for place in 0..self.taken[rule].len() {
                if self.place(self.taken[rule][place], visited) {
                    self.taken[rule][place] = person;
                    return true;
                }
            }
        }
        false
    }

    fn has_room(&self, rule: usize) -> bool {
        u32::try_from(self.taken[rule].len()).is_ok_and(|taken| taken < self.needed[rule])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The most places that can be filled, by trying every assignment.
    fn fill_by_force(fits: &[Vec<usize>], left: &mut Vec<u32>) -> u32 {
        let Some((first, rest)) = fits.split_first() else { return 0 };
        let mut best = fill_by_force(rest, left);
        for &rule in first {
            if left[rule] > 0 {
                left[rule] -= 1;
                best = best.max(1 + fill_by_force(rest, left));
                left[rule] += 1;
            }
        }
        best
    }

    fn people() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<u32>)> {
        prop::collection::vec(1_u32..4, 1..5).prop_flat_map(|needed| {
            let rules: Vec<usize> = (0..needed.len()).collect();
            let fits = prop::sample::subsequence(rules.clone(), 0..=rules.len());
            (prop::collection::vec(fits, 0..7), Just(needed))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn fills_as_many_places_as_brute_force((fits, needed) in people()) {
            let taken = assign_people(&fits, &needed);
            let filled: usize = taken.iter().map(Vec::len).sum();
            prop_assert_eq!(filled, fill_by_force(&fits, &mut needed.clone()) as usize);
            let mut seen = std::collections::BTreeSet::new();
            for (rule, people) in taken.iter().enumerate() {
                prop_assert!(people.len() <= needed[rule] as usize);
                for person in people {
                    prop_assert!(fits[*person].contains(&rule));
                    prop_assert!(seen.insert(*person), "one person counts once");
                }
            }
        }
    }

    #[test]
    fn a_long_chain_of_moves_is_found() {
        // Person n fits the rules n and n + 1; the last one fits only rule 0, so everybody has to move up by one.
        let rules = 60;
        let mut fits: Vec<Vec<usize>> = (0..rules - 1).map(|person| vec![person, person + 1]).collect();
        fits.push(vec![0]);
        let taken = assign_people(&fits, &vec![1; rules]);
        assert!(taken.iter().all(|people| people.len() == 1));
    }
}
