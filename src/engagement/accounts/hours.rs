//! When copies left and when their readers first did something, hour by hour and by mail service.

/// An hour, at the readers of one mail service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Hours since 1970, UTC.
    pub hour: i64,
    /// The service, as the store names it.
    pub service: String,
}

/// What happened in it for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hour {
    /// Copies that left.
    pub sent: u64,
    /// Of these, those whose readers may be counted.
    pub counted: u64,
    /// Readers who showed the first sign of reading, by pictures or a link; all of them together are
    /// [`Wave::signs`](super::Wave::signs).
    pub opens: u64,
    /// Readers who followed their first link.
    pub clicks: u64,
}
