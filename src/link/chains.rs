//! Two hops in a row: what retries, timeouts and header limits of one gateway mean behind another.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::hops::Hop;
use super::reach::Reach;
use crate::estate::Estate;
use crate::model::field::{chain, container, hop, listener, process, route, socket, workload};
use crate::model::product::{self, RetryWord};
use crate::model::value::{Duration, FieldType};
use crate::model::{Entity, EntityId, Field, Held, Kind, Known, Lens, Link, Model, ProductId, weigh};

/// A request passes at most this many gateways; more are a loop.
const LONGEST: usize = 8;
/// As many different ways into one route are looked at.
const MOST: usize = 64;

/// Adds a chain for every route of a gateway and every route of another that leads to it.
pub(super) fn add(estate: &mut Estate, hops: &[Hop]) {
    let ways = Ways::new(estate, hops);
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for inner in 0..hops.len() {
        for outer in ways.leading_to(&Lens::trusting(), inner).take(MOST) {
            if seen.insert((hops[outer].route, hops[inner].route)) {
                found.push(ways.chain(outer, inner));
            }
        }
    }
    for entity in found {
        estate.model.add(entity);
    }
}

/// Which hops lead to which gateways.
struct Ways<'a> {
    estate: &'a Estate,
    hops: &'a [Hop],
    by_container: FxHashMap<usize, Vec<usize>>,
    reach: Reach<'a>,
    /// Layers up to a hop, found once.
    known: RefCell<FxHashMap<usize, Held<Vec<Retries>>>>,
}

impl<'a> Ways<'a> {
    fn new(estate: &'a Estate, hops: &'a [Hop]) -> Self {
        let mut by_container: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        for (at, hop) in hops.iter().enumerate() {
            if let (Known::Is(container), _) = hop.container.parts() {
                by_container.entry(*container).or_default().push(at);
            }
        }
        Self {
            estate,
            hops,
            by_container,
            reach: Reach::new(estate),
            known: RefCell::default(),
        }
    }

    fn model(&self) -> &Model {
        &self.estate.model
    }

    fn get<T: FieldType + Clone>(&self, lens: &Lens, id: EntityId, field: Field<T>) -> Option<T> {
        lens.see(&self.model().held(id, field)).is().cloned()
    }

    fn linked(&self, lens: &Lens, id: EntityId, link: Link) -> Option<EntityId> {
        lens.see(self.model().entity(id).linked(link)).is().copied()
    }

    /// The hops whose requests may take a hop.
    fn leading_to<'l>(&'l self, lens: &'l Lens, inner: usize) -> impl Iterator<Item = usize> + 'l {
        let own = self.estate.gateways[self.hops[inner].gateway].container;
        let ending = own.and_then(|container| self.by_container.get(&container));
        let ending = ending.into_iter().flatten().copied();
        ending.filter(move |outer| self.leads(lens, *outer, inner))
    }

    /// Whether requests of a hop may take another: they end in its gateway, on its listener, with a path it takes.
    fn leads(&self, lens: &Lens, outer: usize, inner: usize) -> bool {
        let (outer, inner) = (&self.hops[outer], &self.hops[inner]);
        outer.gateway != inner.gateway
            && lens.see(&outer.container).is().copied() == self.estate.gateways[inner.gateway].container
            && self.same_port(lens, outer, inner)
            && self.reach.reaches(lens, outer.route, inner.route)
    }

    fn same_port(&self, lens: &Lens, outer: &Hop, inner: &Hop) -> bool {
        let arrives = self.linked(lens, outer.id, hop::SOCKET);
        let arrives = arrives.and_then(|socket| self.get(lens, socket, socket::PORT));
        let takes = self.linked(lens, inner.route, route::LISTENER);
        let takes = takes.and_then(|listener| self.get(lens, listener, listener::PORT));
        match (arrives, takes) {
            (Some(arrives), Some(takes)) => arrives == takes,
            _ => true,
        }
    }

    fn retries(&self, lens: &Lens, hop: &Hop) -> Option<Retries> {
        let product = self.estate.gateways[hop.gateway].product;
        let means = &product.product().passing.as_ref()?.retries;
        let mut tries = self.get(lens, hop.route, route::TRIES)?;
        if means.once_per_pod {
            // By default there is one.
            let workload = self.linked(lens, hop.id, hop::WORKLOAD)?;
            tries = tries.min(self.get(lens, workload, workload::REPLICAS).unwrap_or(1));
        }
        let on = self.get(lens, hop.route, route::RETRY_ON);
        Some(Retries {
            on: on.unwrap_or_else(|| Arc::from("")),
            product,
            means,
            tries: tries.max(1),
            asked: self.get(lens, hop.route, route::ASKED_BY_GATEWAY) == Some(true),
        })
    }

    /// The layers whose tries multiply up to a hop, outermost first: those of the way with the largest product.
    fn layers(&self, at: usize, passed: &[usize]) -> Held<Vec<Retries>> {
        if let Some(known) = self.known.borrow().get(&at) {
            return known.clone();
        }
        let layers = weigh(|lens| self.layers_by(lens, at, passed).map_or(Known::Absent, Known::Is));
        self.known.borrow_mut().insert(at, layers.clone());
        layers
    }

    fn layers_by(&self, lens: &Lens, at: usize, passed: &[usize]) -> Option<Vec<Retries>> {
        let own = self.retries(lens, &self.hops[at])?;
        let mut best: Vec<Retries> = Vec::new();
        if passed.len() < LONGEST && !passed.contains(&at) {
            let passed = [passed, &[at]].concat();
            for outer in self.leading_to(lens, at).take(MOST) {
                let layers = self.layers(outer, &passed);
                let Known::Is(layers) = lens.see(&layers) else { continue };
                let covers = layers.last().is_some_and(|last| last.covers(&own));
                if covers && multiply(layers) > multiply(&best) {
                    best = layers.clone();
                }
            }
        }
        best.push(own);
        Some(best)
    }

    /// The chain of two hops. What would be otherwise if an assumption did not hold rests on it.
    fn chain(&self, outer: usize, inner: usize) -> Entity {
        let lens = Lens::trusting();
        let leads = self.leads(&lens, outer, inner);
        debug_assert!(leads, "a chain of hops that are none");
        let mut entity = self.entity(&lens, outer, inner);
        if let Some(assumption) = lens.assumption() {
            let lens = Lens::doubting();
            match self.leads(&lens, outer, inner) {
                true => entity.rest(&self.entity(&lens, outer, inner), &assumption),
                false => entity.unless = Some(assumption),
            }
        }
        entity
    }

    fn entity(&self, lens: &Lens, outer: usize, inner: usize) -> Entity {
        let (outer_hop, inner_hop) = (&self.hops[outer], &self.hops[inner]);
        let name = |hop: &Hop| self.model().entity(hop.route).name.clone();
        let gateway = |hop: &Hop| self.model().entity(self.estate.gateways[hop.gateway].id).name.clone();
        let words = format!(
            "{} {} to {} {}",
            gateway(outer_hop),
            name(outer_hop),
            gateway(inner_hop),
            name(inner_hop)
        );
        let span = self.model().entity(inner_hop.route).span;
        let mut entity = Entity::new(Kind::Chain, words.clone(), span);
        entity.set(chain::NAME, Arc::from(words), span);
        entity.link(chain::OUTER, Known::Is(outer_hop.id));
        entity.link(chain::INNER, Known::Is(inner_hop.id));
        if let Some((tries, arithmetic)) = self.multiplied(lens, outer, inner) {
            entity.set(chain::TRIES, tries, span);
            entity.set(chain::ARITHMETIC, Arc::from(arithmetic), span);
        }
        if let Some(wait) = self.get(lens, inner_hop.route, route::READ_TIMEOUT) {
            let process = self.linked(lens, inner_hop.id, hop::CONTAINER);
            let process = process.and_then(|container| self.linked(lens, container, container::PROCESS));
            let works = process.and_then(|process| self.get(lens, process, process::REQUEST_TIMEOUT));
            entity.set(chain::INNER_WAIT, works.map_or(wait, |works| works.min(wait)), span);
        }
        if let Some(budget) = self.budget(lens, inner_hop.route, inner_hop) {
            entity.set(chain::INNER_BUDGET, budget, span);
        }
        entity
    }

    fn multiplied(&self, lens: &Lens, outer: usize, inner: usize) -> Option<(i64, String)> {
        let own = self.retries(lens, &self.hops[inner])?;
        let layers = self.layers(outer, &[inner]);
        let mut layers = lens.see(&layers).is()?.clone();
        if !layers.last()?.covers(&own) {
            return None;
        }
        layers.push(own);
        let counted: Vec<String> = layers
            .iter()
            .filter(|layer| layer.tries > 1)
            .map(|layer| format!("{} {}", layer.product.name, layer.tries))
            .collect();
        if counted.len() < 2 {
            return None;
        }
        let tries = multiply(&layers);
        Some((tries, format!("{} = {tries}", counted.join(" × "))))
    }

    /// The longest a gateway may take when every try times out.
    fn budget(&self, lens: &Lens, route: EntityId, hop: &Hop) -> Option<Duration> {
        let retries = self.retries(lens, hop)?;
        if retries.tries < 2 || !retries.repeats_timeouts() {
            return None;
        }
        let get = |field| self.get(lens, route, field);
        let whole = get(route::READ_TIMEOUT)?;
        let times = |one: Duration| match one.is_unlimited() {
            true => one,
            false => Duration::from_micros(one.micros().saturating_mul(retries.tries.unsigned_abs())),
        };
        let limit = get(route::RETRY_TIMEOUT).unwrap_or(Duration::UNLIMITED);
        Some(match retries.means.shares_read_timeout {
            true => times(get(route::PER_TRY_TIMEOUT).unwrap_or(whole)).min(whole),
            // After the limit no try begins; the last one still takes its time.
            false => times(whole).min(limit.plus(whole)),
        })
    }
}

fn multiply(layers: &[Retries]) -> i64 {
    layers.iter().fold(i64::from(!layers.is_empty()), |all, layer| {
        all.saturating_mul(layer.tries)
    })
}

/// What one layer does about failures.
#[derive(Clone, Debug)]
struct Retries {
    product: ProductId,
    means: &'static product::Retries,
    tries: i64,
    on: Arc<str>,
    /// Whether the answer tells the gateway whether a request may pass.
    asked: bool,
}

impl PartialEq for Retries {
    fn eq(&self, other: &Self) -> bool {
        (self.product, self.tries, &self.on) == (other.product, other.tries, &other.on)
    }
}

impl Retries {
    fn words(&self) -> impl Iterator<Item = &str> {
        self.on.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty())
    }

    /// Those of its words that say something of another gateway behind it.
    fn known(&self) -> impl Iterator<Item = &'static RetryWord> + '_ {
        self.words().filter_map(|word| self.means.word(word))
    }

    /// Statuses on which a request is sent again. A refused or broken connection is none: between gateways it stands
    /// for a gateway that is gone, not for one that answers.
    fn repeated(&self) -> BTreeSet<u16> {
        let mut found: BTreeSet<u16> = self.words().filter_map(|word| self.means.status(word)).collect();
        for (first, last) in self.known().flat_map(|word| word.repeats) {
            found.extend(*first..=*last);
        }
        found
    }

    /// The statuses a request may end with after all tries have failed in the way that is repeated. A layer that repeats
    /// nothing hands on what it gets.
    fn last_answer(&self) -> BTreeSet<u16> {
        if self.asked {
            return BTreeSet::from([500]);
        }
        if self.tries < 2 {
            return BTreeSet::from([500, 502, 503, 504]);
        }
        let mut found = self.repeated();
        found.extend(self.known().flat_map(|word| word.ends_in));
        found
    }

    /// Whether this layer sends a request again that the next one has given up.
    fn covers(&self, next: &Retries) -> bool {
        !self.repeated().is_disjoint(&next.last_answer())
    }

    fn repeats_timeouts(&self) -> bool {
        self.known().any(|word| word.timeouts)
    }
}
