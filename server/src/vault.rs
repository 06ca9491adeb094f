//! Sealing of secrets: XChaCha20-Poly1305 with a key that lies in a file outside the database, so that a copy of the
//! database alone tells nothing. Each value is bound to its place (workspace and name): moved elsewhere it cannot be opened.

use crate::clock::Random;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::{
    fmt,
    fs::{self, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const ID_BYTES: usize = 4;
/// The first byte of a sealed value, so that another way of sealing can be told apart later.
const FORMAT: u8 = 1;
/// More than any number of rotated keys.
const LARGEST_KEY_FILE: u64 = 64 * 1024;
/// The longest value that is sealed, in bytes.
pub const LONGEST_SECRET: usize = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(
        "the key file {path} can be read or changed by others (mode {mode:04o}); run `chmod 600 {path}`, and replace the secrets if somebody may have read it"
    )]
    Exposed { path: String, mode: u32 },
    #[error("the key file {path} is broken: {detail}; each line must hold 64 hexadecimal digits. Restore it from a backup")]
    Broken { path: String, detail: String },
    #[error("the key file {path} cannot be used: {source}")]
    Io { path: String, source: io::Error },
    #[error("this secret was sealed with the key {key}, which is not in the key file {path}; restore that file, or set the secret again")]
    UnknownKey { key: String, path: String },
    #[error("this secret cannot be opened: it was changed, or moved from another place; set it again")]
    Tampered,
    #[error("the stored secret has an unknown format; it was written by a newer server, or it was damaged")]
    UnknownFormat,
    #[error("a secret holds at most {LONGEST_SECRET} bytes; this one has {0}")]
    TooLong(usize),
    #[error("the secret is not UTF-8 text")]
    NotText,
    #[error("the value could not be sealed")]
    Sealing,
}

/// A sealed value: safe to store and to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Which key sealed it: 8 hexadecimal digits.
    pub key: [u8; ID_BYTES],
    pub nonce: [u8; NONCE_BYTES],
    pub ciphertext: Vec<u8>,
}

impl Sealed {
    /// One byte string for the store: format, key, nonce, ciphertext.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&[FORMAT][..], &self.key, &self.nonce, &self.ciphertext].concat()
    }

    /// The inverse of [`Self::to_bytes`].
    ///
    /// # Errors
    /// [`VaultError::UnknownFormat`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let rest = bytes.strip_prefix(&[FORMAT]).ok_or(VaultError::UnknownFormat)?;
        let (key, rest) = rest.split_first_chunk().ok_or(VaultError::UnknownFormat)?;
        let (nonce, ciphertext) = rest.split_first_chunk().ok_or(VaultError::UnknownFormat)?;
        Ok(Self { key: *key, nonce: *nonce, ciphertext: ciphertext.to_vec() })
    }

    /// The key's identifier in hexadecimal digits.
    #[must_use]
    pub fn key_id(&self) -> String {
        hex::encode(self.key)
    }
}

struct Key {
    id: [u8; ID_BYTES],
    cipher: XChaCha20Poly1305,
    /// Signs; derived from the key, so that a signature says nothing about what is sealed.
    signing: Zeroizing<[u8; KEY_BYTES]>,
}

/// Seals with the first key of the file, and opens with each of them. To rotate: put a new line on top of the file,
/// restart, seal each secret again, and take the old line out.
pub struct Vault {
    path: PathBuf,
    keys: Vec<Key>,
    random: Random,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.keys.iter().map(|key| hex::encode(key.id)).collect();
        f.debug_struct("Vault").field("path", &self.path).field("keys", &ids).finish_non_exhaustive()
    }
}

impl Vault {
    /// Reads the key file; creates it, readable by its owner alone, where there is none.
    ///
    /// # Errors
    /// [`VaultError::Exposed`] where others can read the file, [`VaultError::Broken`] and [`VaultError::Io`].
    pub fn open_or_create(path: &Path, random: Random) -> Result<Self, VaultError> {
        match read_key_file(path) {
            Err(VaultError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                create_key_file(path, &random)?;
                Self::from_text(path, &read_key_file(path)?, random)
            }
            text => Self::from_text(path, &text?, random),
        }
    }

    fn from_text(path: &Path, text: &str, random: Random) -> Result<Self, VaultError> {
        let broken = |detail: String| VaultError::Broken { path: path.display().to_string(), detail };
        let mut keys = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut key = Zeroizing::new([0; KEY_BYTES]);
            hex::decode_to_slice(line, key.as_mut_slice()).map_err(|_| broken(format!("line {number} is no key")))?;
            keys.push(Key { id: identify(&key), cipher: XChaCha20Poly1305::new(&(*key).into()), signing: derive_signing_key(&key) });
        }
        if keys.is_empty() {
            return Err(broken("it holds no key".to_owned()));
        }
        Ok(Self { path: path.to_owned(), keys, random })
    }

    /// Seals a value for one place.
    ///
    /// `context` names the place, such as `workspace/name`; [`Self::open`] must be given the same.
    ///
    /// # Errors
    /// [`VaultError::TooLong`].
    pub fn seal(&self, context: &str, plaintext: &SecretString) -> Result<Sealed, VaultError> {
        let text = plaintext.expose_secret().as_bytes();
        if text.len() > LONGEST_SECRET {
            return Err(VaultError::TooLong(text.len()));
        }
        let key = self.keys.first().ok_or(VaultError::Sealing)?;
        let nonce = self.random.bytes::<NONCE_BYTES>();
        let payload = Payload { msg: text, aad: context.as_bytes() };
        let ciphertext = key.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Sealing)?;
        Ok(Sealed { key: key.id, nonce, ciphertext })
    }

    /// Opens a value that was sealed for the same place.
    ///
    /// # Errors
    /// [`VaultError::UnknownKey`] where another key sealed it, [`VaultError::Tampered`] where it, or its place, changed.
    pub fn open(&self, context: &str, sealed: &Sealed) -> Result<SecretString, VaultError> {
        let key = self
            .keys
            .iter()
            .find(|key| key.id == sealed.key)
            .ok_or_else(|| VaultError::UnknownKey { key: sealed.key_id(), path: self.path.display().to_string() })?;
        let payload = Payload { msg: &sealed.ciphertext, aad: context.as_bytes() };
        let text = key.cipher.decrypt(&XNonce::from(sealed.nonce), payload).map_err(|_| VaultError::Tampered)?;
        let text = Zeroizing::new(text);
        std::str::from_utf8(&text).map(SecretString::from).map_err(|_| VaultError::NotText)
    }

    /// Signs a message with the key that seals now. A signature for one purpose is worth nothing for another.
    #[must_use]
    pub fn sign(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        // There is a key: reading a file without one fails.
        self.keys.first().map(|key| authenticate(key, purpose, message).finalize().into_bytes().into()).unwrap_or_default()
    }

    /// Whether one of the keys signed this; takes the same time for every wrong signature.
    #[must_use]
    pub fn verify(&self, purpose: &str, message: &[u8], signature: &[u8]) -> bool {
        self.keys.iter().any(|key| authenticate(key, purpose, message).verify_slice(signature).is_ok())
    }

    /// Whether the value was sealed with the key that seals now; otherwise it should be sealed again.
    #[must_use]
    pub fn is_current(&self, sealed: &Sealed) -> bool {
        self.keys.first().is_some_and(|key| key.id == sealed.key)
    }
}

fn derive_signing_key(key: &[u8; KEY_BYTES]) -> Zeroizing<[u8; KEY_BYTES]> {
    Zeroizing::new(Sha256::new().chain_update(b"andon signing key 1").chain_update(key).finalize().into())
}

fn authenticate(key: &Key, purpose: &str, message: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.signing.as_slice()).expect("HMAC takes keys of any length");
    mac.update(&(purpose.len() as u64).to_be_bytes());
    mac.update(purpose.as_bytes());
    mac.update(message);
    mac
}

fn identify(key: &[u8; KEY_BYTES]) -> [u8; ID_BYTES] {
    let digest = Sha256::new().chain_update(b"andon key identifier 1").chain_update(key).finalize();
    let mut id = [0; ID_BYTES];
    id.copy_from_slice(&digest[..ID_BYTES]);
    id
}

fn read_key_file(path: &Path) -> Result<Zeroizing<String>, VaultError> {
    let failed = |source| VaultError::Io { path: path.display().to_string(), source };
    let file = OpenOptions::new().read(true).open(path).map_err(failed)?;
    // Asked of the open file, so that nobody can put another one there in between.
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(VaultError::Broken { path: path.display().to_string(), detail: "it is not a file".to_owned() });
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(VaultError::Exposed { path: path.display().to_string(), mode });
    }
    let mut text = Zeroizing::new(String::new());
    file.take(LARGEST_KEY_FILE).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// Writes a new key beside the place and links it there: a crash leaves no half file, and where two servers start at once
/// the first one's key stands.
fn create_key_file(path: &Path, random: &Random) -> Result<(), VaultError> {
    let failed = |source| VaultError::Io { path: path.display().to_string(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let draft = folder.join(format!(".key-{}", hex::encode(random.bytes::<8>())));
    let written = write_key(&draft, random).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    let removed = fs::remove_file(&draft);
    written.and(removed).map_err(failed)?;
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn write_key(draft: &Path, random: &Random) -> io::Result<()> {
    let key = Zeroizing::new(random.bytes::<KEY_BYTES>());
    let line = Zeroizing::new(format!("{}\n", Zeroizing::new(hex::encode(key.as_slice())).as_str()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(line.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;

    fn random() -> Random {
        Random::system(Arc::new(SystemClock))
    }

    fn vault_in(folder: &Path) -> Result<Vault, VaultError> {
        Vault::open_or_create(&folder.join("secrets.key"), random())
    }

    #[test]
    fn what_was_sealed_opens_again_also_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let sealed = vault_in(folder.path()).expect("a vault").seal("main/deploy-token", &"s3cret ü".into()).expect("sealed");
        let stored = Sealed::from_bytes(&sealed.to_bytes()).expect("readable");
        let opened = vault_in(folder.path()).expect("a vault").open("main/deploy-token", &stored).expect("opened");
        assert_eq!(opened.expose_secret(), "s3cret ü");
        let mode = fs::metadata(folder.path().join("secrets.key")).expect("a file").mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "no draft stays behind");
    }

    #[test]
    fn the_same_value_is_sealed_differently_each_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = vault_in(folder.path()).expect("a vault");
        let (one, two) = (vault.seal("a", &"x".into()).expect("sealed"), vault.seal("a", &"x".into()).expect("sealed"));
        assert_ne!(one.nonce, two.nonce);
        assert_ne!(one.ciphertext, two.ciphertext);
    }

    #[test]
    fn a_changed_or_moved_value_does_not_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = vault_in(folder.path()).expect("a vault");
        let sealed = vault.seal("main/token", &"value".into()).expect("sealed");
        assert!(matches!(vault.open("main/other", &sealed), Err(VaultError::Tampered)));
        let bytes = sealed.to_bytes();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Sealed::from_bytes(&changed).and_then(|sealed| vault.open("main/token", &sealed)).is_err(), "byte {at}");
        }
        for length in 0..bytes.len() {
            assert!(Sealed::from_bytes(&bytes[..length]).and_then(|sealed| vault.open("main/token", &sealed)).is_err());
        }
    }

    #[test]
    fn another_key_is_named_in_the_error() {
        let (one, two) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let sealed = vault_in(one.path()).expect("a vault").seal("a", &"x".into()).expect("sealed");
        let error = vault_in(two.path()).expect("a vault").open("a", &sealed).expect_err("another key").to_string();
        assert!(error.contains(&sealed.key_id()) && error.contains("secrets.key") && error.contains("restore that file"), "{error}");
    }

    #[test]
    fn a_new_key_on_top_seals_and_the_old_one_still_opens() {
        let folder = tempfile::tempdir().expect("a folder");
        let old = vault_in(folder.path()).expect("a vault").seal("a", &"x".into()).expect("sealed");
        let path = folder.path().join("secrets.key");
        let lines = fs::read_to_string(&path).expect("a key");
        fs::write(&path, format!("{}\n{lines}", "ab".repeat(32))).expect("written");
        let vault = vault_in(folder.path()).expect("a vault");
        assert_eq!(vault.open("a", &old).expect("opened").expose_secret(), "x");
        assert!(!vault.is_current(&old) && vault.is_current(&vault.seal("a", &"x".into()).expect("sealed")));
    }

    #[test]
    fn a_key_file_that_others_can_read_is_refused_with_the_cure() {
        let folder = tempfile::tempdir().expect("a folder");
        vault_in(folder.path()).expect("a vault");
        fs::set_permissions(folder.path().join("secrets.key"), fs::Permissions::from_mode(0o640)).expect("changed");
        let error = vault_in(folder.path()).expect_err("exposed").to_string();
        assert!(error.contains("mode 0640") && error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_broken_key_file_is_never_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secrets.key");
        for text in ["", "abcd", &"zz".repeat(32), &format!("{}\nshort", "ab".repeat(32))] {
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
            assert!(matches!(vault_in(folder.path()), Err(VaultError::Broken { .. })), "{text}");
            assert_eq!(fs::read_to_string(&path).expect("still there"), text);
        }
    }

    #[test]
    fn servers_that_start_at_once_agree_on_one_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let path = folder.path().to_owned();
                std::thread::spawn(move || vault_in(&path).expect("a vault").keys[0].id)
            })
            .collect();
        let ids: std::collections::BTreeSet<_> = threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
        assert_eq!(ids.len(), 1);
    }

    #[test]
    fn nothing_prints_a_key_and_lengths_are_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = vault_in(folder.path()).expect("a vault");
        let key = fs::read_to_string(folder.path().join("secrets.key")).expect("a key");
        assert!(!format!("{vault:?}").contains(key.trim()));
        assert!(matches!(vault.seal("a", &"x".repeat(LONGEST_SECRET + 1).into()), Err(VaultError::TooLong(_))));
    }
}
