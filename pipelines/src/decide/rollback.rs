//! Where a roll back leads to.

use crate::ids::VersionId;

/// One deployment to an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastDeployment {
    /// What ran from then on: the environment's version.
    pub version: VersionId,
    /// It was itself a roll back.
    pub is_rollback: bool,
}

/// The last good deployment, as an index into `history` (oldest first). Where the newest attempt to deploy has failed, that is what runs
/// now: half of something else may lie over it. Else it is what ran before what runs now; what was rolled back from does not count as good,
/// so rolling back twice goes further back rather than forth again.
#[must_use]
pub fn find_rollback(history: &[PastDeployment], last_attempt_failed: bool) -> Option<usize> {
    let mut good: Vec<usize> = Vec::new();
    for (index, deployment) in history.iter().enumerate() {
        let known = good.iter().rposition(|at| history[*at].version == deployment.version);
        match known {
            Some(place) if deployment.is_rollback || place + 1 == good.len() => {
                good.truncate(place);
                good.push(index);
            }
            _ => good.push(index),
        }
    }
    let current = good.pop()?;
    if last_attempt_failed { Some(current) } else { good.pop() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a b <a`: a, then b, then back to a.
    fn told(text: &str, failed: bool) -> Option<usize> {
        let history = text.split(' ').filter(|word| !word.is_empty()).map(|word| {
            let name = word.trim_start_matches('<');
            let version = VersionId::from_number(u128::from(name.as_bytes()[0]).try_into().unwrap());
            PastDeployment { version, is_rollback: word.starts_with('<') }
        });
        find_rollback(&history.collect::<Vec<_>>(), failed)
    }

    #[test]
    fn a_roll_back_goes_to_what_ran_before() {
        assert_eq!((told("", false), told("a", false), told("a b", false), told("a b c", false)), (None, None, Some(0), Some(1)));
        assert_eq!(told("a b b", false), Some(0), "deployed again is not before");
    }

    #[test]
    fn rolling_back_twice_goes_further_back() {
        assert_eq!(told("a b c <b", false), Some(0));
        assert_eq!(told("a b c <b <a", false), None);
        assert_eq!(told("a b <a c", false), Some(2));
        assert_eq!(told("a b a", false), Some(1), "deployed anew by the line is no roll back");
    }

    #[test]
    fn after_a_failed_attempt_the_last_good_one_is_what_runs_now() {
        assert_eq!((told("a b", true), told("a", true), told("", true)), (Some(1), Some(0), None));
        assert_eq!(told("a b <a", true), Some(2));
    }
}
