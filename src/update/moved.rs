//! Applies the template's changes to a file that its owner has moved, which is found by its text. Where it is not
//! certain which one it is, the template's is laid at the old place and the owner decides.

use std::collections::BTreeSet;

use super::alike::{self, Common, Text};
use super::base::Bases;
use super::change::{Change, Conflict, Outcome};
use super::look::{Both, is_migration};
use super::merge::Labels;
use super::project::{Present, Project};
use super::{both, files};
use crate::template::stamp;
use crate::tree::{File, Tree};

/// Fewer equal lines are in files that have nothing to do with each other.
const FEWEST: usize = 2;
/// From so many on a file is changed without asking.
const CERTAIN: usize = 3;

/// A file that is not where the template has it, and that the template has changed.
struct Gone<'t> {
    /// In the list of changes.
    at: usize,
    theirs: &'t File,
    stamped: &'t str,
}

/// A file of the owner's own.
struct Own {
    path: String,
    yours: Present,
}

pub(super) fn follow(project: &Project, tree: &Tree, bases: &Bases, labels: Labels, changes: &mut Vec<Change>) {
    let gone = gone(project, tree, changes);
    if gone.is_empty() {
        return;
    }
    let own = own(project, tree);
    let mut taken = BTreeSet::new();
    let mut edited = Vec::new();
    for gone in gone {
        let is_it = |at: &usize| !taken.contains(at) && own[*at].is_whole(gone.stamped);
        match (0..own.len()).filter(is_it).collect::<Vec<_>>()[..] {
            [] => edited.push(gone),
            [at] => {
                taken.insert(at);
                changes.push(own[at].replaced(&gone));
                moved(&mut changes[gone.at], &own[at], &gone);
            }
            ref several => asked(&mut changes[gone.at], several.iter().map(|at| &own[*at]), &gone),
        }
    }
    let own: Vec<Own> = own.into_iter().enumerate().filter(|(at, _)| !taken.contains(at)).map(|(_, own)| own).collect();
    follow_edited(&edited, &own, tree, bases, labels, changes);
}

fn gone<'t>(project: &'t Project, tree: &'t Tree, changes: &[Change]) -> Vec<Gone<'t>> {
    let deleted = changes.iter().enumerate().filter(|(_, change)| change.outcome == Outcome::Deleted);
    let gone = deleted.filter_map(|(at, change)| {
        Some(Gone { at, theirs: tree.get(&change.path)?, stamped: project.stamp.hash(&change.path)? })
    });
    gone.filter(|gone| gone.theirs.hash() != gone.stamped).collect()
}

fn own(project: &Project, tree: &Tree) -> Vec<Own> {
    let is_ours = |path: &str| path == stamp::PATH || path.starts_with(super::base::LEFT) || tree.get(path).is_some();
    let theirs = |path: &String| !is_ours(path) && project.stamp.hash(path).is_none();
    // An unreadable file was not moved.
    let present = |path: String| Some(Own { yours: project.read(&path).ok().flatten()?, path });
    let own = files::of(&project.root).into_iter().filter(theirs).filter_map(present);
    own.filter(|own| own.yours.text().is_some_and(|text| !text.trim().is_empty())).collect()
}

fn follow_edited(gone: &[Gone], own: &[Own], tree: &Tree, bases: &Bases, labels: Labels, changes: &mut Vec<Change>) {
    let wanted = gone.iter().map(|gone| (gone.theirs.path.clone(), gone.stamped.to_owned()));
    let (found, _) = bases.find(&wanted.collect());
    let base = |gone: &Gone| found.get(&gone.theirs.path).and_then(|base| std::str::from_utf8(base).ok());
    let bases: Vec<Option<&str>> = gone.iter().map(base).collect();
    // The template's new text still says what the file is like.
    let old = gone
        .iter()
        .zip(&bases)
        .map(|(gone, base)| Text::of(&gone.theirs.path, base.or(gone.theirs.text()).unwrap_or_default()));
    let old: Vec<Text> = old.collect();
    let new = own.iter().map(|own| Text::of(&own.path, own.yours.text().unwrap_or_default()));
    let new: Vec<Text> = new.collect();
    let candidates = alike::candidates(&old, &new);
    let pairs = alike::pairs(&candidates);
    let is_free = |at: usize| pairs.iter().all(|pair| pair.new != at);
    for (index, gone) in gone.iter().enumerate() {
        let pair = pairs.iter().find(|pair| pair.old == index && pair.lines >= FEWEST);
        let rivals = candidates.iter().filter(|one| one.old == index && one.lines >= FEWEST && is_free(one.new));
        let alike: Vec<usize> = pair.into_iter().chain(rivals).map(|one| one.new).collect();
        let is_certain = alike.len() == 1 && pair.is_some_and(|pair| pair.lines >= CERTAIN);
        if let Some(base) = bases[index].filter(|_| is_certain && !is_migration(&gone.theirs.path)) {
            let own = &own[alike[0]];
            changes.extend(own.merged(gone, base, labels));
            moved(&mut changes[gone.at], own, gone);
            continue;
        }
        let holds_it = |at: &usize| is_free(*at) && old[index].is_mostly_in(&new[*at], CERTAIN);
        let mut places = if alike.is_empty() { (0..own.len()).filter(holds_it).collect() } else { alike };
        if places.is_empty() {
            let common = common(tree, gone);
            let has_some = |at: &usize| is_free(*at) && old[index].is_partly_in(&new[*at], &common);
            places = (0..own.len()).filter(has_some).collect();
        }
        asked(&mut changes[gone.at], places.iter().map(|at| &own[*at]), gone);
    }
}

/// The lines of the template's other files.
fn common<'t>(tree: &'t Tree, gone: &Gone) -> Common<'t> {
    let others = tree.files().iter().filter(|file| file.path != gone.theirs.path);
    Common::of(others.filter_map(File::text))
}

fn moved(change: &mut Change, own: &Own, gone: &Gone) {
    change.note = Some(format!("by you, moved to `{}`", own.path));
    change.base = gone.theirs.text().map(str::to_owned);
}

/// Leaves the decision to the owner, unless there is no place at all.
fn asked<'o>(change: &mut Change, places: impl Iterator<Item = &'o Own>, gone: &Gone) {
    let places: Vec<String> = places.map(|own| format!("`{}`", own.path)).collect();
    if places.is_empty() {
        change.note = Some("by you; the template has changed it since".to_owned());
        return;
    }
    let path = format!("{}{}", change.path, both::NEW);
    let places = places.join(" or ");
    let note = format!("deleted by you, or moved to {places}; the template has changed it since: `{path}`");
    let base = gone.theirs.text().map(str::to_owned);
    let file = Some(File { path, ..gone.theirs.clone() });
    let asked = Change::of(&change.path, Outcome::Conflict).conflicting(Conflict::Beside);
    *change = Change { file, base, note: Some(note), ..asked };
}

impl Own {
    fn is_whole(&self, stamped: &str) -> bool {
        self.yours.is_as_stamped(Some(stamped))
    }

    fn replaced(&self, gone: &Gone) -> Change {
        let file = File { path: self.path.clone(), ..self.yours.with_ends(gone.theirs) };
        let change = Change::writing(Outcome::Updated, &file).noted(&from(gone));
        Change { was: Some(self.yours.hash()), ..change }
    }

    /// None if it has all of the template's changes already.
    fn merged(&self, gone: &Gone, base: &str, labels: Labels) -> Option<Change> {
        let both = Both { stamped: Some(gone.stamped), yours: self.yours.clone(), theirs: gone.theirs };
        let merged = both::merged(&both, Some(base.as_bytes()), labels);
        let places = merged.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
        let note = Some(format!("{}{places}", from(gone)));
        let file = merged.file.as_ref()?;
        let file = Some(File { path: self.path.clone(), ..file.clone() });
        Some(Change { path: self.path.clone(), file, note, base: None, ..merged })
    }
}

fn from(gone: &Gone) -> String {
    format!("`{}`, which you have moved", gone.theirs.path)
}
