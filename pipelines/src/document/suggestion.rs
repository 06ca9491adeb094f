//! `did you mean "source"?`

/// Longer words are compared with nothing: the comparison's cost grows with their product.
const LONGEST: usize = 64;

/// The known word nearest to what was written, if one is near enough to be meant.
pub(crate) fn find_nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if written.is_empty() || written.len() > LONGEST {
        return None;
    }
    let lower = written.to_lowercase();
    let allowed = (written.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .filter(|word| word.len() <= LONGEST)
        .map(|word| (strsim::damerau_levenshtein(&lower, word), word))
        .filter(|(distance, word)| *distance <= allowed && *distance < word.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// `did you mean "source"?`, or what there is to choose from where the list is short.
#[must_use]
pub fn suggest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(nearest) = find_nearest(written, known.iter().copied()) {
        return Some(format!("did you mean \"{nearest}\"?"));
    }
    match known.len() {
        0 => None,
        1..=16 => Some(format!("known: {}", known.join(", "))),
        _ => None,
    }
}
