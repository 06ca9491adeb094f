//! Who did what, when, and from where. A request says where it comes from ([`Origin`]); what its transactions do becomes rows of the audit
//! trail when they commit, without anybody having to think of it: every event has its words in `describe.rs`, and a person's transaction
//! that nothing there counts as an act leaves its first event. Parts that know more say so with `Tx::note` and `Tx::emit_as`; what has no
//! event, with `Tx::record`. The rows are in the same transaction, and each holds the hash of the one before it.

mod act;
mod chain;
mod describe;
mod origin;

pub(crate) use act::bound;
pub use act::{Act, Object};
pub use chain::{Entry, Fault, GENESIS, check_link};
pub(crate) use describe::{Described, describe, describe_bare};
pub use origin::Origin;
