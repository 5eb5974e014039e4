//! What is there only for speed: how much a core is handed at a time, from which size on a second core is worth its
//! waking, and who begins when. Nothing here changes what comes out.
//!
//! The figures are those of `cargo bench --bench lint` over 10,000 generated files on two cores, where a run now takes
//! about 0.25 s; each is of the build that brought it. Whoever changes a number here measures it there.

use rayon::prelude::*;

// Least: so many are done before a second thread has woken up, which takes 30 to 45 microseconds here. A list is never cut
// into pieces of fewer.

/// Texts that are read again, compose projects, findings whose fixes are written: tens of microseconds each.
pub const TEXTS: usize = 16;

/// Gateways, Services, containers, targets, budgets, files of nginx: a few microseconds each.
pub const OBJECTS: usize = 64;

/// Lines of a report.
pub const LINES: usize = 128;

/// Documents and files of which only the kind or the comments are looked for.
pub const DOCUMENTS: usize = 256;

/// Hops that are looked at and not changed.
pub const HOPS: usize = 512;

/// Entities and scopes of a model that are renumbered.
pub const ENTITIES: usize = 2_048;

/// Entities that rules look at: a model with fewer is judged by one core.
pub const JUDGED: usize = 1_000;

/// Entities of a model with fewer are taken down for a proof by one core.
pub const TAKEN_DOWN: usize = 2_000;

// At a time: what is heavy, or differs much in weight, is handed out in small pieces, since what has been handed to a
// core is not taken from it again.

/// Environments: one may be a thousand times larger than those beside it. A third of the small ones judged while the
/// large one is begun, and four at a time, brought the time in which one core works alone from 185 to 70 ms.
pub const ENVIRONMENTS: usize = 4;

/// Files that are read and parsed by one core, while their texts are in its cache.
pub const FILES: usize = 64;

/// Places of violations that are put into words.
pub const PLACES: usize = 64;

/// Findings that are drawn.
pub const DRAWN: usize = 16;

/// Entities that are asked all rules of their kind, while they and what they link to are in the cache. Those of hops
/// take far longer than others; as one list that is cut before it is known, they all fell to one core: handed out by
/// themselves they took 20 % off the run.
pub const ASKED: usize = 256;

/// Documents, containers or configurations of a large environment that are lowered as one task.
pub const TASK: usize = 64;

/// Tasks whose outcomes are held at a time: all together would take as much memory as the environment once more. Those
/// that are done are joined while the next are lowered.
pub const TASKS: usize = 12;

/// Documents and loose files from which on an environment is large: it is lowered in parts by all cores, and room is made
/// before it is read again. Of a smaller one all that is done sooner than a second thread wakes up.
pub const LARGE: usize = 500;

/// Does the same for every environment, on all cores. The last is begun first: it holds what no other deploys, and is
/// the largest.
pub fn each<I, R>(environments: I, work: impl Fn(I::Item) -> R + Sync + Send) -> Vec<R>
where
    I: IntoParallelIterator<Iter: IndexedParallelIterator>,
    R: Send,
{
    let all = environments.into_par_iter().rev().with_max_len(ENVIRONMENTS);
    let mut done: Vec<R> = all.map(work).collect();
    done.reverse();
    done
}

/// How far an environment has come in [`in_two_turns`].
enum Turn<B, D> {
    Begun(Box<B>),
    Done(Box<D>),
}

/// Does two things in turn for every environment, on all cores. What one core has to do alone for the last, which is the
/// largest, comes first in each turn; the small ones, of which nothing is done before they are finished, are left to the
/// others meanwhile: a third of them while the large one is begun, the rest while it is finished.
pub fn in_two_turns<I, B, D>(
    environments: I,
    begin: impl Fn(I::Item) -> B + Sync + Send,
    is_begun: impl Fn(&B) -> bool + Sync + Send,
    finish: impl Fn(B) -> D + Sync + Send,
) -> Vec<D>
where
    I: IntoParallelIterator<Iter: IndexedParallelIterator>,
    B: Send,
    D: Send,
{
    let all = environments.into_par_iter().enumerate().rev();
    let first = all.with_max_len(ENVIRONMENTS).map(|(nth, environment)| {
        let begun = begin(environment);
        match is_begun(&begun) || nth % 3 != 0 {
            true => Turn::Begun(Box::new(begun)),
            false => Turn::Done(Box::new(finish(begun))),
        }
    });
    let first: Vec<Turn<B, D>> = first.collect();
    let second = first.into_par_iter().with_max_len(ENVIRONMENTS);
    let second = second.map(|turn| match turn {
        Turn::Begun(begun) => finish(*begun),
        Turn::Done(done) => *done,
    });
    let mut done: Vec<D> = second.collect();
    done.reverse();
    done
}

/// In how many files it is looked, for each environment, who else speaks of a thing. In larger repositories, where that would
/// grow with the square, it counts as spoken of, and nothing is said: 2,400 compose projects took 1.3 s, 1,200 took 0.4 s.
pub const SPEAKERS: usize = 5_000;
