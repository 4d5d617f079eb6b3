//! The limit on connections: each connection holds a slot, and frees it when it is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone)]
pub(super) struct Slots(Arc<Inner>);

struct Inner {
    most: usize,
    taken: AtomicUsize,
    /// Called when a slot becomes free after all were taken.
    on_free: Box<dyn Fn() + Send + Sync>,
}

/// A taken slot.
pub(super) struct Slot(Slots);

impl Slots {
    pub(super) fn new(most: usize, on_free: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { most, taken: AtomicUsize::new(0), on_free: Box::new(on_free) }))
    }

    /// Takes a free slot, if there is one.
    pub(super) fn take(&self) -> Option<Slot> {
        let inner = &self.0;
        let one_more = |taken| (taken < inner.most).then_some(taken + 1);
        let taken = inner.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more);
        taken.is_ok().then(|| Slot(self.clone()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Slots(inner) = &self.0;
        if inner.taken.fetch_sub(1, Ordering::AcqRel) == inner.most {
            (inner.on_free)();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_slot_that_is_free_again_is_told() {
        let told = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&told);
        let slots = Slots::new(2, move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let (one, other) = (slots.take(), slots.take());
        assert!(one.is_some() && other.is_some() && slots.take().is_none());
        drop(one);
        assert_eq!(told.load(Ordering::Relaxed), 1);
        drop(other);
        assert_eq!(told.load(Ordering::Relaxed), 1);
        assert!(slots.take().is_some());
    }
}
