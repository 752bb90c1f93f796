//! Tables for looking names up a hundred thousand times.
//!
//! The standard library's are guarded against names chosen to collide, which costs a third of the
//! ranking's time; names here are a site's own. What is walked through is sorted first, so no order comes of it.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

/// From names to what is known of them.
pub(super) type Map<K, V> = HashMap<K, V, FixedState>;

/// Names that were met.
pub(super) type Set<K> = HashSet<K, FixedState>;
