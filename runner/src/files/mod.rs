//! Files of an execution: what the job left is read with suspicion, as it may have put links and pipes anywhere.

mod beneath;
mod find;
mod pack;
mod remove;
mod unpack;

pub(crate) use beneath::{check_relative, create_folder_beneath, open_beneath, read_beneath};
pub(crate) use find::find_files;
pub(crate) use pack::compress_file;
pub use pack::{PackError, pack_folder};
pub(crate) use remove::{measure_folder, remove_folder};
pub(crate) use unpack::unpack_archive;
