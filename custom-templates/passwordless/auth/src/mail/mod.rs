//! Mail. Differs from the built-in project: there is no outbox, since a request waits until a server has taken its mail or
//! refused.

mod connections;
mod handing;
mod message;
mod reach;
mod sender;
mod settings;
mod transport;
mod trial;
mod trouble;

pub(crate) use handing::{Mail, hand_over, pretend};
pub(crate) use message::Letter;
pub(crate) use reach::Reach;
pub use sender::{Sender, Server};
pub use settings::Settings;
pub use transport::{Tls, Transport};
pub use trial::send_test;
